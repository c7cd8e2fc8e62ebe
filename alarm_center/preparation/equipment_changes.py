"""Changes of the register of equipment by a person: a piece added, described anew or moved, and a whole table of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from alarm_center.casework.editing import ChangedMeanwhile, Editor
from alarm_center.core.decision import IllegalMove
from alarm_center.core.equipment import (
    EquipmentFault,
    EquipmentKind,
    EquipmentPiece,
    EquipmentState,
    NumberTaken,
    ReadEquipment,
    check_move,
)
from alarm_center.core.equipment_table import EquipmentLine, EquipmentProblem
from alarm_center.store import equipment
from alarm_center.store.memory import Memory, Tx, now


async def add_piece(memory: Memory, org: str, read: ReadEquipment, state: EquipmentState, *, editor: Editor) -> UUID:
    """Add a piece to the town's register; return its id.

    Raises:
        IllegalMove: a new piece is in no home.
        NumberTaken: the number is another's.
    """
    _check_first(read.kind, state)

    async def work(tx: Tx) -> UUID:
        await equipment.lock_register(tx, org)
        if read.number.casefold() in await equipment.ids_by_number(tx, org):
            raise NumberTaken
        return await _add(tx, org, read, state, editor)

    return await memory.attempt(work, editor.viewer)


async def edit_piece(memory: Memory, equipment_id: UUID, read: ReadEquipment, *, editor: Editor) -> None:
    """Describe a piece anew. A form that says nothing new changes nothing.

    Raises:
        ChangedMeanwhile: somebody else has changed it since the form was drawn.
        LookupError: the editor sees no such piece.
        NumberTaken: the number is another's.
    """

    async def work(tx: Tx) -> None:
        found = await _piece(tx, equipment_id)
        await equipment.lock_register(tx, found.org)
        other = (await equipment.ids_by_number(tx, found.org)).get(read.number.casefold())
        if other is not None and other[0] != equipment_id:
            raise NumberTaken
        if editor.revision != found.revision:
            raise ChangedMeanwhile
        await _edit(tx, found, read.values, editor)

    await memory.attempt(work, editor.viewer)


async def move_piece(memory: Memory, equipment_id: UUID, goal: EquipmentState, *, editor: Editor) -> None:
    """Move a piece to its next state. A form that is sent twice moves it once.

    Raises:
        ChangedMeanwhile: somebody else has changed it since the form was drawn.
        IllegalMove: the state does not follow its own.
        LookupError: the editor sees no such piece.
    """

    async def work(tx: Tx) -> None:
        found = await _piece(tx, equipment_id)
        if editor.revision != found.revision:
            raise ChangedMeanwhile
        check_move(found.kind, found.state, goal)
        await _move(tx, found, goal, editor)

    await memory.attempt(work, editor.viewer)


@dataclass(frozen=True, slots=True)
class RegisterChange:
    """A table's meaning for the register: pieces that are new, and known ones with what is new of them."""

    added: Sequence[tuple[ReadEquipment, EquipmentState]]
    edited: Sequence[tuple[EquipmentPiece, Mapping[str, Any]]]
    moved: Sequence[tuple[EquipmentPiece, EquipmentState]]
    problems: Sequence[EquipmentProblem]

    @property
    def is_nothing(self) -> bool:
        """True where the register has it all already."""
        return not (self.added or self.edited or self.moved)


def compare_table(lines: Sequence[EquipmentLine], pieces: Sequence[EquipmentPiece]) -> RegisterChange:
    """Return what the table changes of the register. An empty cell changes nothing."""
    known = {piece.number.casefold(): piece for piece in pieces}
    added, edited, moved, problems = [], [], [], []
    for each in lines:
        piece = known.get(each.piece.number.casefold())
        goal = each.state or (piece.state if piece else EquipmentState.STOCK)
        try:
            if piece is None:
                _check_first(each.piece.kind, goal)
                added.append((each.piece, goal))
                continue
            if goal is not piece.state:
                check_move(piece.kind, piece.state, goal)
                moved.append((piece, goal))
        except IllegalMove:
            problems.append(EquipmentProblem(each.line, "state", EquipmentFault.NO_MOVE, goal.value))
            continue
        new = {name: value for name, value in each.piece.values.items() if value and value != getattr(piece, name)}
        if new:
            edited.append((piece, new))
    return RegisterChange(added, edited, moved, problems)


async def bring_in_table(memory: Memory, org: str, lines: Sequence[EquipmentLine], *, editor: Editor) -> RegisterChange:
    """Bring a table into the register, whole or not at all; return what it has changed.

    Raises:
        ChangedMeanwhile: it does not fit any more what the register has come to be.
        NumberTaken: a number is that of a piece that the editor does not see.
    """

    async def work(tx: Tx) -> RegisterChange:
        await equipment.lock_register(tx, org)
        change = compare_table(lines, await equipment.pieces(tx, [org]))
        if change.problems:
            raise ChangedMeanwhile
        for read, state in change.added:
            await _add(tx, org, read, state, editor)
        for piece, new in change.edited:
            await _edit(tx, piece, _values(piece) | dict(new), editor)
        for piece, goal in change.moved:
            await _move(tx, piece, goal, editor)
        return change

    return await memory.attempt(work, editor.viewer)


def _check_first(kind: EquipmentKind, state: EquipmentState) -> None:
    if state is EquipmentState.MOUNTED and kind is not EquipmentKind.PHONE:
        raise IllegalMove(f"a new {kind} is mounted by its installer")


def _values(piece: EquipmentPiece) -> dict[str, str | date | None]:
    names = ("number", "serial", "model", "sim_iccid", "sim_number", "warranty_until", "phone", "note")
    return {name: getattr(piece, name) for name in names}


async def _piece(tx: Tx, equipment_id: UUID) -> EquipmentPiece:
    found = await equipment.piece(tx, equipment_id)
    if found is None:
        raise LookupError(f"no piece of equipment {equipment_id}")
    return found


async def _add(tx: Tx, org: str, read: ReadEquipment, state: EquipmentState, editor: Editor) -> UUID:
    equipment_id = await equipment.add(tx, org, read.kind, state, read.values)
    after = {"kind": read.kind, "state": state, **_told(read.values)}
    await equipment.add_change(tx, (org, equipment_id), editor.actor, await now(tx), None, after)
    return equipment_id


async def _edit(tx: Tx, piece: EquipmentPiece, values: Mapping[str, Any], editor: Editor) -> None:
    before = _values(piece)
    new = {name: value for name, value in values.items() if (value or None) != (before[name] or None)}
    if not new:
        return
    if not await equipment.edit(tx, piece.equipment_id, piece.revision, values):
        raise ChangedMeanwhile
    was = _told({name: before[name] for name in new})
    await equipment.add_change(tx, (piece.org, piece.equipment_id), editor.actor, await now(tx), was, _told(new))


async def _move(tx: Tx, piece: EquipmentPiece, goal: EquipmentState, editor: Editor) -> None:
    if not await equipment.move(tx, piece.equipment_id, piece.state, goal):
        raise ChangedMeanwhile
    before, after = {"state": piece.state}, {"state": goal}
    await equipment.add_change(tx, (piece.org, piece.equipment_id), editor.actor, await now(tx), before, after)


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, date) else value for name, value in values.items()}
