"""Phones that are lost: off duty in one act, with the night's shifts and the open cases handed to another phone, and found again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.casework import cases, shift_laying
from alarm_center.casework.editing import Editor
from alarm_center.core import calendar
from alarm_center.core.alarm import alarm_events
from alarm_center.core.shift_patterns import ShiftRow
from alarm_center.core.substitutes import SubstituteFault, SubstituteRefused, substitute_for
from alarm_center.core.temps import CarerRow
from alarm_center.preparation.substitutes import WantedSubstitute, carer_wanted
from alarm_center.store import (
    alarms,
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
from alarm_center.store.memory import Memory, Tx, Viewer, now
from alarm_center.store.open_cases import CaseOfPhone
from alarm_center.store.towns import Town
from schemas.timeline import PhoneFound, PhoneLost
from schemas.vocabulary import SubstituteReason

_MORNING: Final = timedelta(hours=5)
"""From seven in the morning until noon the night before is over, as on the planner's pages."""


@dataclass(frozen=True, slots=True)
class LosablePhone:
    """A carer whose phone may be lost, the shifts of tonight that go on or are to come, and the cases that it has or was asked about."""

    town: Town
    carer: CarerRow
    tonight: tuple[ShiftRow, ...]
    taken: tuple[CaseOfPhone, ...]


async def losable(tx: Tx, carer_id: UUID, viewer: Viewer | None) -> LosablePhone:
    """Return the carer's phone, for somebody who sees the whole town or an area in which it is on duty tonight.

    Raises:
        LookupError: they see no such carer.
    """
    at = await now(tx)
    for town in await towns.towns(tx):
        for carer in await staff.carers_of(tx, town.org):
            if carer.carer_id == carer_id:
                mine = await _tonight(tx, town, carer_id, at)
                if viewer is not None and not viewer.sees_all and not any(viewer.sees(s.post.area_id) for s in mine):
                    continue
                asked = await open_cases.of_phone(tx, town.org, carer.phone)
                return LosablePhone(town, carer, tuple(mine), tuple(each for each in asked if each.took))
    raise LookupError(f"no carer {carer_id}")


async def _tonight(tx: Tx, town: Town, carer_id: UUID, at: datetime) -> list[ShiftRow]:
    last = tonight_of(at, town.zone)
    rows = await shifts.unended(tx, town.org, at, town.zone, lock=False)
    return [row for row in rows if row.post.carer_id == carer_id and row.night <= last]


def tonight_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the night that people speak of as tonight."""
    return calendar.night_of(at + _MORNING, zone)


async def lose_phone(memory: Memory, carer_id: UUID, other: str | None, *, editor: Editor) -> None:
    """Take the carer's phone off duty now; *other* has the rest of the night and is asked first about the cases. Again it changes nothing.

    Raises:
        LookupError: the editor sees no such carer.
        SubstituteRefused: *other* is the phone itself, lost too, or of somebody who has left.
    """

    async def work(tx: Tx) -> None:
        town = (await losable(tx, carer_id, editor.viewer)).town
        await shift_patterns.lock_rota(tx, town.org)
        at = await now(tx)
        await shift_laying.lay_town(tx, town, at)
        it = await losable(tx, carer_id, editor.viewer)
        gone = await lost_phones.lost_since(tx, town.org)
        if it.carer.phone in gone:
            return
        new = await _who_takes_over(tx, it, other, gone, tonight_of(at, town.zone))
        for alarm_id in sorted({each.alarm_id for each in await open_cases.of_phone(tx, town.org, it.carer.phone)}):
            await viewer_scope.widen_to_handover(tx, alarm_id)
            await alarms.lock(tx, alarm_id)  # the alarm before its notices, as every decision has it
        await lost_phones.lose(tx, town.org, it.carer.phone)
        substitutes = [substitute_for(row, new.carer_id if new else None, at) for row in it.tonight]
        await shift_patterns.add_substitutes(tx, town.org, substitutes, SubstituteReason.PHONE, editor.actor, at)
        await shift_laying.lay_town(tx, town, at)
        asked = await open_cases.of_phone(tx, town.org, it.carer.phone)
        for case in asked:
            await viewer_scope.widen_to_handover(tx, case.alarm_id)
            await cases.lock_and_step_alarm(tx, case.alarm_id, alarm_events.Declined(case.notice_id), editor.actor)
        told = PhoneLost(carer_id, len(substitutes), len({each.alarm_id for each in asked}), new is not None)
        areas: list[UUID | None] = [*sorted({row.post.area_id for row in it.tonight})]
        for area_id in areas or [None]:
            await events.write(tx, at, NewEvent(town.org, told, area_id=area_id, actor=editor.actor))
        before = {"carer": it.carer.name, "phone": it.carer.phone}
        codes = await towns.codes_of(tx, town.org, [row.post.area_id for row in it.tonight])
        after = before | {"lost": at, "instead": new.phone if new else None, "areas": codes}
        await changes.add(tx, _change(town.org, editor, at, before, after))

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def _who_takes_over(
    tx: Tx, it: LosablePhone, other: str | None, gone: Mapping[str, datetime], tonight: date
) -> CarerRow | None:
    """Return the carer of the phone that takes over; ``None``: nobody does."""
    if other is None:
        return None
    if other == it.carer.phone or other in gone:
        raise SubstituteRefused(SubstituteFault.LOST)
    last = max((row.night for row in it.tonight), default=tonight)
    new = await carer_wanted(tx, it.town.org, it.carer, WantedSubstitute(SubstituteReason.PHONE, phone=other), last)
    if new is not None and new.ends_on is not None and it.tonight and new.ends_on < last:
        raise SubstituteRefused(SubstituteFault.LEFT)
    return new


async def find_phone(memory: Memory, carer_id: UUID, *, editor: Editor) -> None:
    """Let a phone that was lost be there again: its shifts to come are its own. Links that it was sent stay void.

    Raises:
        LookupError: the editor sees no such carer.
    """

    async def work(tx: Tx) -> None:
        it = await losable(tx, carer_id, editor.viewer)
        at = await now(tx)
        if not await lost_phones.find(tx, it.town.org, it.carer.phone, at):
            return
        told = PhoneFound(carer_id)
        await events.write(tx, at, NewEvent(it.town.org, told, actor=editor.actor))
        after = {"carer": it.carer.name, "phone": it.carer.phone, "found": at}
        await changes.add(tx, _change(it.town.org, editor, at, None, after))

    await memory.attempt(work, editor.viewer)
    memory.hint()


def _change(
    org: str, editor: Editor, at: datetime, before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> NewChange:
    return NewChange(org, None, 0, ChangedPart.STAFF, editor.actor, at, at, before, after)
