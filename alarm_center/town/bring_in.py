"""A town's file brought in a few residents at a time, so that nobody waits for it; broken off, it goes on when it is run again."""

import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from alarm_center.store import devices, events, overlong, residents
from alarm_center.store.memory import AWAY, Memory, Tx, now
from alarm_center.town.apply import (
    apply_residents,
    apply_town,
    begin_import,
    note_absent_residents,
    take_turn,
)
from alarm_center.town.beds import pairs_in
from alarm_center.town.model import ResidentEntry, TownFile
from alarm_center.town.town_import import ImportedChange, Importer, TownImport
from alarm_center.town.undoing import UndoneChange, WouldUndo, undone_changes

_BATCH_SECONDS: Final = 0.25
"""A transaction begins no more residents after this: while it lasts, nothing that is committed beside it is read on a board."""
_AT_ONCE: Final = 50
"""Residents of one transaction at most."""


class BrokenOff(Exception):
    """The import ended before its last resident; running it again goes on. ``done`` of ``everybody`` are as in the file."""

    def __init__(self, changes: list[ImportedChange], done: int, everybody: int) -> None:
        super().__init__(f"{done} of {everybody} residents")
        self.changes = changes
        self.done = done
        self.everybody = everybody


@dataclass(frozen=True, slots=True)
class ForeseenImport:
    """The changes that an import would make, and those of others that it would undo."""

    changes: list[ImportedChange]
    undone: list[UndoneChange]


Progress = Callable[[int, int], Awaitable[None]]
"""Told how many of all residents are as in the file, after each batch."""


async def foresee(
    memory: Memory, town: TownFile, importer: Importer, edited_within: timedelta | None = None
) -> ForeseenImport:
    """Return what :func:`bring_in` would change now; nothing is written, locked or waited for.

    Of a file that was not exported, what people have changed on pages within *edited_within* counts as undone.

    Raises:
        TownErrors: the file cannot be brought in.
    """
    async with memory.snapshot() as tx:
        await overlong.lift_limit(tx)  # nobody waits for it
        run = begin_import(tx, town, await now(tx), importer, writes=False)
        since = run.now - edited_within if edited_within is not None else None
        await apply_town(run, town)
        for group in await _groups(tx, town):
            await apply_residents(run, town, group)
        await note_absent_residents(run, town)
        return ForeseenImport(run.changes, await undone_changes(run, town, since))


async def bring_in(
    memory: Memory, town: TownFile, importer: Importer, undo: Collection[str] = ()
) -> list[ImportedChange]:
    """Bring *town* in, checked whole before; return the changes made. A resident is changed whole or not at all.

    *undo* names the parts that an exported file may change back, though somebody has changed them since.

    Raises:
        WouldUndo: the file would change back what *undo* does not name; nothing has changed.
        TownErrors: the file cannot be brought in; nothing has changed.
        BrokenOff: the database went away in between.
    """
    return await bring_in_foreseen(memory, town, importer, await foresee(memory, town, importer), undo)


async def bring_in_foreseen(
    memory: Memory,
    town: TownFile,
    importer: Importer,
    foreseen: ForeseenImport,
    undo: Collection[str] = (),
    progress: Progress | None = None,
) -> list[ImportedChange]:
    """Bring *town* in as :func:`bring_in` does, after what was *foreseen* a moment ago."""

    async def whole_town(tx: Tx) -> TownImport:
        run = begin_import(tx, town, await now(tx), importer, writes=True)
        await take_turn(run)
        await apply_town(run, town)
        return run

    undone = [each for each in foreseen.undone if each.part not in undo]
    if undone:
        raise WouldUndo(undone)
    run = await memory.attempt(whole_town)
    changes = list(run.changes)
    async with memory.snapshot() as tx:
        groups = await _groups(tx, town)
    done = 0
    while done < len(groups):
        ahead = groups[done : done + _AT_ONCE]

        async def some_residents(tx: Tx, ahead: Sequence[Sequence[ResidentEntry]] = ahead) -> tuple[TownImport, int]:
            batch = run.in_transaction(tx, await now(tx))
            await take_turn(batch)
            begun = time.monotonic()
            count = 0
            for group in ahead:
                await apply_residents(batch, town, group)
                count += 1
                if time.monotonic() - begun > _BATCH_SECONDS:
                    break
            # Boards have waited for this commit: what was committed beside it is read only now.
            await events.notify(tx)
            return batch, count

        try:
            batch, count = await memory.attempt(some_residents)
        except AWAY as error:
            raise BrokenOff(changes, sum(map(len, groups[:done])), sum(map(len, groups))) from error
        changes += batch.changes
        done += count
        if progress is not None:
            await progress(sum(map(len, groups[:done])), sum(map(len, groups)))

    async with memory.snapshot() as tx:
        last = run.in_transaction(tx, await now(tx))
        last.writes = False
        await note_absent_residents(last, town)
    return changes + last.changes


async def _groups(tx: Tx, town: TownFile) -> list[list[ResidentEntry]]:
    """Return the file's residents, those together who hand a device on to each other, or share one: neither is without one in between."""
    wanted = {device.id: one.number for one in town.residents or () for device in one.devices}
    held = await devices.bindings(tx, town.organisation.id, list(wanted), (), lock=False)
    numbers = await residents.numbers(tx, town.organisation.id)
    leader: dict[int, int] = {one.number: one.number for one in town.residents or ()}

    def first_of(number: int) -> int:
        while leader[number] != number:
            number = leader[number]
        return number

    for device_id, holder in held.items():
        giver, taker = numbers[holder], wanted[device_id]
        if giver in leader:
            leader[first_of(taker)] = first_of(giver)
    for number, other in pairs_in(town).items():
        if number in leader and other in leader and first_of(number) != first_of(other):
            leader[first_of(number)] = first_of(other)
    groups: dict[int, list[ResidentEntry]] = {}
    for one in town.residents or ():
        groups.setdefault(first_of(one.number), []).append(one)
    return list(groups.values())
