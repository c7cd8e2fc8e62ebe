"""Substitutes put in by a person: the rest of a shift, its open cases and its muster pass to another carer in one act."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

from alarm_center.casework import cases, shift_laying
from alarm_center.casework.editing import Editor
from alarm_center.core import phone_numbers
from alarm_center.core.alarm import alarm_events
from alarm_center.core.substitutes import SubstituteFault, SubstituteRefused, is_given_up_now, substitute_for
from alarm_center.core.temps import CarerRow
from alarm_center.store import (
    changes,
    events,
    lost_phones,
    open_cases,
    shift_patterns,
    shifts,
    staff,
    towns,
    viewer_scope,
)
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.staff import NamedShift
from schemas.timeline import ShiftSubstituted
from schemas.vocabulary import SubstituteReason


@dataclass(frozen=True, slots=True)
class WantedSubstitute:
    """The carer who is to stand in, or a phone number that nobody has yet; neither: nobody."""

    why: SubstituteReason
    carer_id: UUID | None = None
    phone: str | None = None


async def put_in(memory: Memory, shift_id: UUID, wanted: WantedSubstitute, *, editor: Editor) -> None:
    """Let another carer have the rest of the shift. A case that it was asked about or has taken seeks a patrol at once, the new one first.

    Raises:
        LookupError: the editor sees no such shift.
        SubstituteRefused: it is over, or has been changed; nothing has changed.
    """

    async def work(tx: Tx) -> None:
        named = await _find(tx, shift_id, editor)
        await shift_patterns.lock_rota(tx, named.org)
        at, town = await now(tx), await towns.town(tx, named.org)
        await shift_laying.lay_town(tx, town, at)
        row = next(
            (row for row in await shifts.unended(tx, town.org, at, town.zone, lock=True) if row.shift_id == shift_id),
            None,
        )
        if row is None:
            raise SubstituteRefused(SubstituteFault.OVER)
        carer = await carer_wanted(tx, town.org, named.carer, wanted, row.night)
        if carer is not None and carer.carer_id == row.post.carer_id:
            raise SubstituteRefused(SubstituteFault.SAME)
        if carer is not None and carer.phone in await lost_phones.lost_since(tx, town.org):
            raise SubstituteRefused(SubstituteFault.LOST)
        if carer is not None and carer.ends_on is not None and carer.ends_on < row.night:
            raise SubstituteRefused(SubstituteFault.LEFT)
        substitute = substitute_for(row, carer.carer_id if carer else None, at)
        await shift_patterns.add_substitutes(tx, town.org, [substitute], wanted.why, editor.actor, at)
        asked = await open_cases.of_phone(tx, town.org, named.shift.phone)
        at_once = is_given_up_now(row.starts_at, wanted.why, at)
        handed = [each for each in asked if each.goes_with(shift_id, at_once=at_once)]
        await shift_laying.lay_town(tx, town, at)
        for case in handed:
            await viewer_scope.widen_to_handover(tx, case.alarm_id)
            declined = alarm_events.Declined(case.notice_id)
            await cases.lock_and_step_alarm(tx, case.alarm_id, declined, editor.actor)
        told = ShiftSubstituted(shift_id, wanted.why, carer is not None, len({each.alarm_id for each in handed}))
        await events.write(tx, at, NewEvent(town.org, told, area_id=row.post.area_id, actor=editor.actor))
        place = {"night": row.night, "area": named.area, "patrol": row.post.patrol}
        before = {**place, "carer": named.carer.name}
        after = {**place, "carer": carer.name if carer else None, "why": wanted.why, "from": substitute.from_at}
        change = NewChange(town.org, None, 0, ChangedPart.STAFF, editor.actor, at, substitute.from_at, before, after)
        await changes.add(tx, change)

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def _find(tx: Tx, shift_id: UUID, editor: Editor) -> NamedShift:
    named = await staff.shift(tx, shift_id)
    if named is None or (editor.viewer is not None and not editor.viewer.sees(named.shift.area_id)):
        raise LookupError(f"no shift {shift_id}")
    return named


async def carer_wanted(tx: Tx, org: str, carer: CarerRow, wanted: WantedSubstitute, last: date) -> CarerRow | None:
    """Return who stands in for *carer*; a number that nobody has is a phone that is borrowed until the night *last*."""
    if wanted.phone is not None:
        known = await staff.carer_with_phone(tx, org, wanted.phone)
        if known is not None and known.in_place_of is None:
            return known
        name = f"{carer.name} ({phone_numbers.national(wanted.phone)})"
        if known is None:
            new = CarerRow(uuid4(), name, wanted.phone, ends_on=last, in_place_of=carer.carer_id)
            await staff.add_borrowed(tx, org, new)
            return new
        if known.ends_on is not None and known.ends_on >= last:
            return known
        again = replace(known, name=name, ends_on=last, in_place_of=carer.carer_id)
        await staff.borrow_again(tx, org, again)
        return again
    if wanted.carer_id is None:
        return None
    found = next((each for each in await staff.carers_of(tx, org) if each.carer_id == wanted.carer_id), None)
    if found is None:
        raise LookupError(f"no carer {wanted.carer_id}")
    return found
