"""A table of equipment as a spreadsheet saves it: a piece a line, with every fault of every line at once."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from alarm_center.core.equipment import (
    EquipmentFault,
    EquipmentFields,
    EquipmentKind,
    EquipmentState,
    ReadEquipment,
    read_equipment,
)

MOST_PIECES: Final = 2000

COLUMNS: Final = (
    "number", "kind", "state", "serial", "model", "sim_iccid", "sim_number", "warranty_until", "phone", "note",
)  # fmt: skip
"""Columns of the table, in order. A file that goes out has these first, and so comes in again."""


@dataclass(frozen=True, slots=True)
class EquipmentLine:
    """A line without a fault; ``state`` is ``None`` where its cell is empty: a new piece is in stock, another stays as it is."""

    line: int
    piece: ReadEquipment
    state: EquipmentState | None


@dataclass(frozen=True, slots=True)
class EquipmentProblem:
    """A fault with the number of its line, from 1, the column, and what stood there."""

    line: int
    column: str
    fault: EquipmentFault
    said: str = ""


class TableFault(Exception):
    """A table that cannot be read at all: it has no line, or too many."""

    def __init__(self, lines: int) -> None:
        super().__init__(f"{lines} lines")
        self.lines = lines


def read_table(
    text: str, headings: Mapping[str, str], kinds: Mapping[str, str], states: Mapping[str, str], known: Mapping[str, EquipmentKind]
) -> tuple[list[EquipmentLine], list[EquipmentProblem]]:  # fmt: skip
    """Return the lines of the table, and what is wrong with it.

    *headings*, *kinds* and *states* are words in small letters with the names that they mean; *known* has the kind of each piece that the
    town has, by its number in small letters. A table without headings has all columns, in their order.

    Raises:
        TableFault: there is no line, or there are more than :data:`MOST_PIECES`.
    """
    mark = next((each for each in (";", "\t") if each in text), ",")
    rows = [
        (number, [cell.strip() for cell in row])
        for number, row in enumerate(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=mark), start=1)
    ]
    rows = [(number, cells) for number, cells in rows if any(cells)]
    columns: list[str | None] = list(COLUMNS)
    if rows and any(cell.casefold() in headings for cell in rows[0][1][:1]):
        columns = [headings.get(cell.casefold()) for cell in rows[0][1]]
        rows = rows[1:]
    if not rows or len(rows) > MOST_PIECES:
        raise TableFault(len(rows))
    lines: list[EquipmentLine] = []
    problems: list[EquipmentProblem] = []
    seen: set[str] = set()
    for number, cells in rows:
        said = {name: _plain(cell) for name, cell in zip(columns, cells, strict=False) if name is not None}
        state_said, kind_said = said.pop("state", ""), said.pop("kind", "")
        kind = kinds.get(kind_said.casefold(), kind_said.casefold())
        fields = EquipmentFields(**said | {"kind": kind})
        key = " ".join(fields.number.split()).casefold()
        read = read_equipment(fields, known.get(key))
        faults = dict(read.faults)
        if key in seen:
            faults["number"] = EquipmentFault.TWICE
        seen.add(key)
        state = states.get(state_said.casefold(), state_said.casefold())
        if state and state not in set(EquipmentState):
            faults["state"] = EquipmentFault.NO_STATE
        said |= {"kind": kind_said, "state": state_said}
        problems += [EquipmentProblem(number, name, fault, said.get(name, "")) for name, fault in faults.items()]
        if not faults:
            lines.append(EquipmentLine(number, read, EquipmentState(state) if state else None))
    return lines, problems


def _plain(cell: str) -> str:
    """Return a cell without the mark that keeps a spreadsheet from taking it for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell
