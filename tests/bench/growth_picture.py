"""Picture of growth curves: a small panel a curve, sizes by decades, values from zero."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final


@dataclass(frozen=True, slots=True)
class Curve:
    """Values of one measure by size."""

    name: str
    sizes: str
    """Word for what the sizes count."""
    unit: str
    points: Sequence[tuple[int, float]]


_WIDTH: Final = 400
_HEIGHT: Final = 240
_LEFT: Final = 52
_RIGHT: Final = 28
_TOP: Final = 48
_BOTTOM: Final = 44
_A_ROW: Final = 2


def drawn(curves: Sequence[Curve]) -> str:
    """Return the curves as SVG, two panels in a row."""
    rows = math.ceil(len(curves) / _A_ROW)
    panels = "".join(
        f'<g transform="translate({place % _A_ROW * _WIDTH} {place // _A_ROW * _HEIGHT})">{_panel(each)}</g>\n'
        for place, each in enumerate(curves)
    )
    width, height = _WIDTH * _A_ROW, _HEIGHT * rows
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"'
        ' font-family="sans-serif" font-size="11" fill="#222">\n'
        f"<title>{escape('; '.join(each.name for each in curves))}</title>\n"
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n{panels}</svg>\n'
    )


def _panel(curve: Curve) -> str:
    most = _round_up(max(value for _, value in curve.points))
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    places = [
        (_across([size for size, _ in curve.points], size), _up(value, most), size, value)
        for size, value in curve.points
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in places)
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#1f5f99"/>'
        f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle">{_short(value)}</text>'
        f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{_counted(size)}</text>'
        for x, y, size, value in places
    )
    return (
        f'<text x="{_LEFT - 36}" y="20" font-size="13" font-weight="bold">{escape(curve.name)}</text>'
        f'<text x="{_LEFT - 36}" y="36">{escape(curve.unit)}</text>'
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" stroke="#888"/>'
        f'<text x="{_LEFT - 6}" y="{_TOP + 4}" text-anchor="end">{_short(most)}</text>'
        f'<text x="{_LEFT - 6}" y="{bottom}" text-anchor="end">0</text>'
        f'<polyline points="{line}" fill="none" stroke="#1f5f99" stroke-width="2"/>{marks}'
        f'<text x="{right}" y="{bottom + 34}" text-anchor="end">{escape(curve.sizes)}</text>'
    )


def _across(sizes: Sequence[int], size: int) -> float:
    """Return the place of a size between the smallest and the largest, by decades; that of none is the left end."""
    known = [math.log10(each) for each in sizes if each]
    first = known[0] - (1 if 0 in sizes else 0)
    share = (math.log10(size) - first) / (known[-1] - first) if size else 0.0
    return _LEFT + 16 + share * (_WIDTH - _LEFT - _RIGHT - 32)


def _up(value: float, most: float) -> float:
    return _HEIGHT - _BOTTOM - value / most * (_HEIGHT - _TOP - _BOTTOM)


def _round_up(value: float) -> float:
    """Return the next number of one digit that leaves room above *value*."""
    step = 10.0 ** math.floor(math.log10(value))
    return math.ceil(value * 1.15 / step) * step


def _short(value: float) -> str:
    return f"{value:.3g}"


def _counted(size: int) -> str:
    return f"{size:,}".replace(",", " ")
