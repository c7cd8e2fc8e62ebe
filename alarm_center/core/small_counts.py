"""Suppression of small counts: which cells of a table are not shown, so that no count under five is read off it or reckoned from its sums.

What a table's reader knows is its shape, its shown cells and that rows and columns add up (docs/adr/0079-figures-hide-small-counts.md).
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

LEAST: Final = 5
"""The least count that is shown; nought is shown too, since it is about nobody."""

Cell: TypeAlias = tuple[int, int]
"""Row and column. The row after the last one holds the columns' sums, the column after the last one the rows'."""


def is_small(count: int) -> bool:
    """Tell whether *count* is of somebody, and of fewer than :data:`LEAST`."""
    return 0 < count < LEAST


def with_sums(counts: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the table with its sums: a column and a row more."""
    rows = [[*row, sum(row)] for row in counts]
    return [*rows, [sum(column) for column in zip(*rows, strict=True)]]


def hidden_cells(counts: Sequence[Sequence[int]]) -> frozenset[Cell]:
    """Return the cells of the table with its sums that are not shown.

    *counts* has a row or more, all of one length; what is counted stands in one cell. Of every sum that is shown, what is hidden
    is together five or more; no hidden cell can be worked out from shown ones.
    """
    if not counts:
        return frozenset()
    table = with_sums(counts)
    hidden = {(r, c) for r, row in enumerate(table) for c, count in enumerate(row) if is_small(count)}
    while (open_cell := next(_told_by_a_sum(table, hidden), None) or _told_by_many(table, hidden)) is not None:
        hidden.add(open_cell)
    return frozenset(hidden)


def _lines(table: list[list[int]]) -> Iterator[list[Cell]]:
    """Yield each row and each column; its sum is the last cell."""
    for r, row in enumerate(table):
        yield [(r, c) for c in range(len(row))]
    for c in range(len(table[0])):
        yield [(r, c) for r in range(len(table))]


def _told_by_a_sum(table: list[list[int]], hidden: set[Cell]) -> Iterator[Cell]:
    """Yield a cell to hide for each line whose other cells tell a hidden one, or hidden ones that are together small."""
    for line in _lines(table):
        parts = [cell for cell in line[:-1] if cell in hidden]
        if line[-1] in hidden:
            told = not parts
        else:
            told = bool(parts) and (len(parts) == 1 or sum(table[r][c] for r, c in parts) < LEAST)
        if told:
            yield _next_to_hide(table, line, hidden)


def _next_to_hide(table: list[list[int]], line: list[Cell], hidden: set[Cell]) -> Cell:
    """Return the cell that costs the reader least: a part that a crossing line needs too, then the smallest, then the sum, then a nought."""
    across = hidden - set(line)

    def cost(cell: Cell) -> tuple[bool, bool, bool, int, Cell]:
        count = table[cell[0]][cell[1]]
        alone = not any(other[0] == cell[0] or other[1] == cell[1] for other in across)
        return count == 0, cell == line[-1], alone, count, cell

    return min((cell for cell in line if cell not in hidden), key=cost)


def _told_by_many(table: list[list[int]], hidden: set[Cell]) -> Cell | None:
    """Return a cell to hide where several lines together tell a hidden one; ``None``: they tell none.

    With a node for each line and an edge for each hidden cell, a cell is told where its edge lies on no circle.
    """
    for r, c in sorted(hidden):
        if not _on_a_circle((r, c), hidden):
            row, column = ([cell for cell in line if cell not in hidden] for line in _lines_of(table, r, c))
            return _next_to_hide(table, row or column, hidden)
    return None


def _lines_of(table: list[list[int]], r: int, c: int) -> tuple[list[Cell], list[Cell]]:
    return [(r, each) for each in range(len(table[0]))], [(each, c) for each in range(len(table))]


def _on_a_circle(cell: Cell, hidden: set[Cell]) -> bool:
    """Tell whether the cell's row and column are connected by other hidden cells."""
    rows, columns, edges = {cell[0]}, set[int](), hidden - {cell}
    while True:
        reached = {edge for edge in edges if edge[0] in rows or edge[1] in columns}
        if cell[1] in columns:
            return True
        if not reached:
            return False
        rows |= {edge[0] for edge in reached}
        columns |= {edge[1] for edge in reached}
        edges -= reached
