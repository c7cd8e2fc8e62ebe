"""Patterns of shifts changed by a person: foreseen in a transaction that writes nothing, and made, kept and laid in one that does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from alarm_center.casework import shift_laying
from alarm_center.casework.editing import ChangedMeanwhile, Editor
from alarm_center.core import calendar
from alarm_center.core.pattern_form import PatternFault, PatternRefused, fit_pattern, replaced_by
from alarm_center.core.roster import DutyShift
from alarm_center.core.shift_patterns import ShiftPattern, wanted_shifts
from alarm_center.store import changes, shift_patterns, staff, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.towns import Town


@dataclass(frozen=True, slots=True)
class RotaChange:
    """One edit of a rota: a pattern that ends, one that begins, or both; ``from_night`` is the first night without the old one."""

    org: str
    before: ShiftPattern | None
    after: ShiftPattern | None
    from_night: date

    def applied_to(self, patterns: Sequence[ShiftPattern]) -> list[ShiftPattern]:
        """Return the patterns as they are after it."""
        old = self.before
        left = [
            replaced_by(old, self.after, self.from_night)
            if old is not None and each.pattern_id == old.pattern_id
            else each
            for each in patterns
        ]
        return [*left, self.after] if self.after is not None else left


async def foresee_shifts(
    tx: Tx, town: Town, patterns: Sequence[ShiftPattern], nights: Sequence[date]
) -> list[DutyShift]:
    """Return the shifts of *nights* that *patterns* and the substitutes want, as the warnings read them."""
    substitutes = await shift_patterns.substitutes_from(tx, town.org, min(nights))
    return [
        DutyShift(each.line_id, each.post.area_id, each.post.patrol, each.post.duty, str(each.post.carer_id), each.starts_at, each.ends_at)
        for each in wanted_shifts(patterns, substitutes, nights, town.zone)
    ]  # fmt: skip


async def change_rota(memory: Memory, change: RotaChange, *, editor: Editor) -> None:
    """Make the change, and lay the nights.

    Raises:
        ChangedMeanwhile: the pattern that ends, or the carer's last night, is not as the form was drawn from; nothing has changed.
        PatternRefused: by now the carer is on duty then already, or has left, or the area is closed.
    """

    async def work(tx: Tx) -> None:
        await shift_patterns.lock_rota(tx, change.org)
        town, at = await towns.town(tx, change.org), await now(tx)
        await shift_laying.lay_town(tx, town, at)
        stored = await shift_laying.stored_patterns(tx, town, at)
        if change.before is not None and change.before not in stored:
            raise ChangedMeanwhile
        if change.after is not None:
            await _refuse_unfit(tx, town, change, change.after, stored, at)
        if change.before is not None:
            until = change.after.from_night if change.after is not None else change.from_night
            await shift_patterns.end_pattern(tx, change.before.pattern_id, until)
        if change.after is not None:
            await shift_patterns.add_patterns(tx, town.org, [change.after])
        await shift_laying.lay_town(tx, town, at)
        before, after = await _said(tx, town.org, change.before), await _said(tx, town.org, change.after)
        first = change.after.from_night if change.after is not None else change.from_night
        from_at = max(at, calendar.night_bounds(first, town.zone)[0])
        kept = NewChange(town.org, None, 0, ChangedPart.STAFF, editor.actor, at, from_at, before, after)
        await changes.add(tx, kept)

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def _refuse_unfit(
    tx: Tx, town: Town, change: RotaChange, wanted: ShiftPattern, stored: Sequence[ShiftPattern], at: datetime
) -> None:
    """Refuse a pattern that fitted when its form was shown, and does not beside what others have saved since.

    Only here, in the rota's turn, is that known: the areas of one town share their carers.
    """
    if wanted.post.area_id not in (await towns.area_ids(tx, town.org)).values():
        raise PatternRefused(PatternFault.NO_AREA)
    carers = {each.carer_id: each for each in await staff.carers_of(tx, town.org)}
    ends_on = carers[wanted.post.carer_id].ends_on
    tonight = calendar.night_of(at, town.zone)
    if fit_pattern(wanted, change.applied_to(stored), ends_on, tonight, town.zone) != wanted:
        raise ChangedMeanwhile


async def _said(tx: Tx, org: str, pattern: ShiftPattern | None) -> dict[str, Any] | None:
    """Return a pattern as the history keeps it."""
    if pattern is None:
        return None
    codes = {area_id: code for code, area_id in (await towns.area_ids(tx, org)).items()}
    names: dict[UUID, str] = {each.carer_id: each.name for each in await staff.carers_of(tx, org)}
    return {
        "line": pattern.line_id, "area": codes[pattern.post.area_id], "carer": names[pattern.post.carer_id],
        "patrol": pattern.post.patrol, "role": pattern.post.duty, "starts": pattern.starts, "ends": pattern.ends,
        "weekdays": pattern.weekdays, "every_weeks": pattern.every_weeks, "from_night": pattern.from_night,
        "until_night": pattern.until_night,
    }  # fmt: skip
