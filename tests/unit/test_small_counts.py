"""Suppression of small counts: none is shown, and none can be reckoned from the cells and sums that are."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.small_counts import LEAST, Cell, hidden_cells, is_small, with_sums

SMALL_TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.one_of(st.integers(0, 6), st.integers(0, 300)), min_size=width, max_size=width),
        min_size=1,
        max_size=5,
    )
)


def told(height: int, width: int, hidden: frozenset[Cell]) -> set[Cell]:
    """Hidden cells that the sums determine: those whose unit row stands in the reduced system by itself."""
    cells = sorted(hidden)
    lines = [[(r, c) for c in range(width)] for r in range(height)]
    lines += [[(r, c) for r in range(height)] for c in range(width)]
    system = []
    for line in lines:
        sign = {cell: Fraction(1) for cell in line[:-1]} | {line[-1]: Fraction(-1)}
        system.append([sign.get(cell, Fraction(0)) for cell in cells])
    at = 0
    for column in range(len(cells)):
        pivot = next((row for row in range(at, len(system)) if system[row][column]), None)
        if pivot is None:
            continue
        system[at], system[pivot] = system[pivot], system[at]
        system[at] = [each / system[at][column] for each in system[at]]
        for row in range(len(system)):
            if row != at and system[row][column]:
                factor = system[row][column]
                system[row] = [a - factor * b for a, b in zip(system[row], system[at], strict=True)]
        at += 1
    return {cells[row.index(Fraction(1))] for row in system if sum(map(bool, row)) == 1 and 1 in row}


@given(SMALL_TABLES)
def test_no_small_count_is_shown_or_reckoned(counts: list[list[int]]) -> None:
    table, hidden = with_sums(counts), hidden_cells(counts)
    height, width = len(table), len(table[0])
    shown = {(r, c) for r in range(height) for c in range(width)} - hidden
    assert not [cell for cell in shown if is_small(table[cell[0]][cell[1]])]
    assert not told(height, width, hidden)
    lines = [[(r, c) for c in range(width)] for r in range(height)]
    lines += [[(r, c) for r in range(height)] for c in range(width)]
    for line in lines:
        parts = [table[r][c] for r, c in line[:-1] if (r, c) in hidden]
        assert line[-1] in hidden or not parts or sum(parts) >= LEAST


@given(SMALL_TABLES)
def test_a_table_without_small_counts_is_whole(counts: list[list[int]]) -> None:
    if not any(is_small(count) for row in with_sums(counts) for count in row):
        assert hidden_cells(counts) == frozenset()


def test_a_neighbour_is_hidden_with_a_small_count() -> None:
    assert hidden_cells([]) == frozenset()
    assert hidden_cells([[0, 0]]) == frozenset()
    assert hidden_cells([[60, 30, 8, 2]]) == {(0, 2), (0, 3), (1, 2), (1, 3)}
    assert hidden_cells([[40, 3], [30, 9], [20, 50]]) == {(0, 0), (0, 1), (2, 0), (2, 1)}
    assert (0, 0) in hidden_cells([[2, 0]]) and (0, 2) in hidden_cells([[2, 0]])
