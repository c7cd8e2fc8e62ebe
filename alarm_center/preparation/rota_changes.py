"""Patterns of shifts changed by a person: foreseen in a transaction that writes nothing, and made, kept and laid in one that does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from alarm_center.casework import shift_laying
from alarm_center.casework.editing import ChangedMeanwhile, Editor
from alarm_center.core.pattern_form import replaced_by
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
        ChangedMeanwhile: the pattern that ends is not as the form was drawn from; nothing has changed.
    """

    async def work(tx: Tx) -> None:
        await shift_patterns.lock_rota(tx, change.org)
        town, at = await towns.town(tx, change.org), await now(tx)
        await shift_laying.lay_town(tx, town, at)
        if change.before is not None:
            if change.before not in await shift_laying.stored_patterns(tx, town, at):
                raise ChangedMeanwhile
            until = change.after.from_night if change.after is not None else change.from_night
            await shift_patterns.end_pattern(tx, change.before.pattern_id, until)
        if change.after is not None:
            await shift_patterns.add_patterns(tx, town.org, [change.after])
        await shift_laying.lay_town(tx, town, at)
        before, after = await _said(tx, town.org, change.before), await _said(tx, town.org, change.after)
        kept = NewChange(town.org, None, 0, ChangedPart.STAFF, editor.actor, at, at, before, after)
        await changes.add(tx, kept)

    await memory.attempt(work, editor.viewer)
    memory.hint()


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
