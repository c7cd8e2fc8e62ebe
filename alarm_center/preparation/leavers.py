"""A carer who leaves: last night, shifts, larmombud, open cases and sign-in end in one change, with what has been handed in."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from alarm_center.casework import cases, shift_laying
from alarm_center.casework.editing import Editor
from alarm_center.core import calendar
from alarm_center.core.alarm import alarm_events
from alarm_center.core.shift_patterns import ShiftPattern
from alarm_center.core.substitutes import substitute_for
from alarm_center.core.temps import CarerRow
from alarm_center.preparation.lost_phones import tonight_of
from alarm_center.store import (
    carers,
    changes,
    ombudsmen,
    open_cases,
    shift_patterns,
    shifts,
    staff,
    towns,
    viewer_scope,
)
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.towns import Town
from schemas.vocabulary import SubstituteReason

_DAY = timedelta(days=1)


class StillBusy(Exception):
    """The carer has open cases, and nobody has said that they are handed over. Nothing has changed."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """A carer's leaving as a person has said it: the last night, and what is handed in and over."""

    carer_id: UUID
    last: date
    handed_in: Collection[str] = ()
    hands_over: bool = False
    """The open cases seek other patrols now, and the shift that goes on ends."""
    signs_out: bool = False
    """The sign-in ends now, and not with the last night."""


def patterns_after(patterns: Collection[ShiftPattern], carer_id: UUID, last: date) -> list[ShiftPattern]:
    """Return the patterns as they are once the carer has left."""
    until = last + _DAY
    return [
        replace(each, until_night=max(until, each.from_night)) if _ends(each, carer_id, until) else each
        for each in patterns
    ]


def _ends(pattern: ShiftPattern, carer_id: UUID, until: date) -> bool:
    return pattern.post.carer_id == carer_id and (pattern.until_night is None or pattern.until_night > until)


async def end_carer(memory: Memory, org: str, leaving: Leaving, *, editor: Editor) -> None:
    """Let the carer leave; the same again changes nothing more.

    Raises:
        LookupError: the town has no such carer.
        StillBusy: open cases are the carer's, and are not handed over.
    """

    async def work(tx: Tx) -> None:
        await shift_patterns.lock_rota(tx, org)
        town, at = await towns.town(tx, org), await now(tx)
        carer = next((each for each in await staff.carers_of(tx, org) if each.carer_id == leaving.carer_id), None)
        if carer is None:
            raise LookupError(f"no carer {leaving.carer_id}")
        await shift_laying.lay_town(tx, town, at)
        if any(each.took for each in await open_cases.of_phone(tx, org, carer.phone)):
            if not leaving.hands_over:
                raise StillBusy
            await _hand_over(tx, town, carer, editor)
        stored = await shift_laying.stored_patterns(tx, town, at)
        ending = [each for each in stored if _ends(each, carer.carer_id, leaving.last + _DAY)]
        for pattern in ending:
            await shift_patterns.end_pattern(tx, pattern.pattern_id, leaving.last + _DAY)
        is_over = leaving.last < tonight_of(at, town.zone)
        await carers.set_last_night(tx, carer.carer_id, leaving.last, leaving.handed_in, is_over=is_over)
        await ombudsmen.end_of_carer(tx, carer.carer_id, leaving.last)
        await shift_laying.lay_town(tx, town, at)
        over = calendar.night_bounds(leaving.last, town.zone)[1]
        signed_out = await carers.end_sign_in(tx, carer.carer_id, at if leaving.signs_out else over)
        before = {"carer": carer.name, "ends_on": carer.ends_on, "handed_in": sorted(carer.handed_in)}
        after = {
            "carer": carer.name,
            "ends_on": leaving.last,
            "handed_in": sorted(leaving.handed_in),
            "sign_in": signed_out,
            "areas": await towns.codes_of(tx, org, [each.post.area_id for each in ending]),
        }
        await changes.add(tx, NewChange(org, None, 0, ChangedPart.STAFF, editor.actor, at, at, before, after))

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def _hand_over(tx: Tx, town: Town, carer: CarerRow, editor: Editor) -> None:
    """End the carer's shift that goes on, and say no for them in their open cases: these seek the patrols on duty at once."""
    at = await now(tx)
    rows = await shifts.unended(tx, town.org, at, town.zone, lock=True)
    begun = [row for row in rows if row.post.carer_id == carer.carer_id and row.starts_at <= at]
    gone = [substitute_for(row, None, at) for row in begun]
    await shift_patterns.add_substitutes(tx, town.org, gone, SubstituteReason.SICK, editor.actor, at)
    await shift_laying.lay_town(tx, town, at)
    for case in await open_cases.of_phone(tx, town.org, carer.phone):
        await viewer_scope.widen_to_handover(tx, case.alarm_id)
        await cases.lock_and_step_alarm(tx, case.alarm_id, alarm_events.Declined(case.notice_id), editor.actor)
