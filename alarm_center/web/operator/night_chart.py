"""Chart of the night: a line a resident, a shape a check, with the place of each in the drawing.

Beyond forty residents only those who need somebody first have a line, below bars that count all checks by the hour. `night_page` lists everybody.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.store.board import NightCheck
from alarm_center.words import page_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.code_words import CANCELLED, CHECK_STATES, reason_words

_LEFT: Final = 168
_RIGHT: Final = 20
_TOP: Final = 44
_ROW: Final = 28
_BARS: Final = 72
"""Height of the bars, with the room below them."""
_BAR: Final = 56
"""Height of the highest bar."""
LINES: Final = 40
"""Residents who have a line of their own: about as many as are read at a glance (shared with the queue's large rows)."""
_WIDTH: Final = 640
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Dot:
    """One check: its place, its shape, and the same in words. ``href`` leads to its case while that is open."""

    x: float
    shape: str
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class NightLine:
    """One resident's line; ``y`` is its middle."""

    name: str
    area: str
    y: int
    dots: list[Dot]


@dataclass(frozen=True, slots=True)
class BarPart:
    """The checks of one hour that are drawn alike: where in the bar, and how many in words."""

    shape: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """All checks of one hour, one part above the other; ``y`` is where its count stands."""

    x: float
    width: float
    y: float
    count: int
    name: str
    words: str
    parts: list[BarPart]


@dataclass(frozen=True, slots=True)
class StripPart:
    """All checks of the night that are drawn alike, as one part of a strip of a hundred units."""

    shape: str
    x: float
    width: float
    count: int
    words: str


@dataclass(frozen=True, slots=True)
class Hour:
    """A full hour on the wall."""

    x: float
    name: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing, in its own units; origin top left."""

    width: int
    height: int
    left: int
    top: int
    hours: list[Hour]
    bars: list[Bar]
    """Empty where each resident has a line."""
    residents: list[NightLine]
    everybody: int
    """Count of the residents who have a check."""
    begins: datetime
    """The instant at ``left``."""
    scale: float
    """Units a second."""
    now_x: float | None
    now_name: str
    summary: str
    strip: list[StripPart]
    """The whole night in one strip, for a board on which many wait."""

    @property
    def without_now(self) -> "Chart":
        """Drawing without the line of now, which the page itself moves."""
        return replace(self, now_x=None if self.now_x is None else 0.0, now_name="")


def chart(checks: Iterable[NightCheck], zones: Mapping[str, str], now: datetime, speech: Speech) -> Chart:
    """Return the drawing of *checks*, which are by area, resident and time."""
    owed = list(checks)
    zone = zones[owed[0].org] if owed else next(iter(zones.values()), "UTC")
    begins, ends = _span(owed, now)
    scale = (_WIDTH - _LEFT - _RIGHT) / (ends - begins).total_seconds()

    def x(at: datetime) -> float:
        return round(_LEFT + (at - begins).total_seconds() * scale, 1)

    homes: dict[UUID, list[NightCheck]] = {}
    for check in owed:
        homes.setdefault(check.resident_id, []).append(check)
    is_many = len(homes) > LINES
    first = sorted(homes.values(), key=_need)[:LINES] if is_many else homes.values()
    top = _TOP + (_BARS if is_many else 0)
    lines = [
        NightLine(
            name_of(of_home[0], speech),
            of_home[0].area,
            top + _ROW // 2 + _ROW * place,
            [Dot(x(check.opens_at), *dot_of(check, zones[check.org], speech)) for check in of_home],
        )
        for place, of_home in enumerate(first)
    ]
    step = _HOUR * (1 if ends - begins <= 12 * _HOUR else 2)
    hours = [begins + step * n for n in range(int((ends - begins) / step) + 1)]
    return Chart(
        width=_WIDTH,
        height=top + _ROW * len(lines) + 6,
        left=_LEFT,
        top=_TOP,
        hours=[Hour(x(hour), speech.clock(hour, zone)[:2]) for hour in hours],
        bars=_bars(owed, zone, x, speech) if is_many else [],
        residents=lines,
        everybody=len(homes),
        begins=begins,
        scale=scale,
        now_x=x(now) if begins <= now <= ends else None,
        now_name=speech.clock(now, zone),
        summary=_summary(owed, speech),
        strip=_strip(owed, speech),
    )


def _span(owed: list[NightCheck], now: datetime) -> tuple[datetime, datetime]:
    """Return whole hours around every check, and around now when that is near."""
    times = [check.opens_at for check in owed] or [now]
    first, last = min(times), max(times)
    if first - 2 * _HOUR <= now <= last + 2 * _HOUR:
        first, last = min(first, now), max(last, now)
    begins = (first - timedelta(minutes=20)).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    ends = (last + timedelta(minutes=20)).astimezone(UTC).replace(minute=0, second=0, microsecond=0) + _HOUR
    return begins, ends


def name_of(check: NightCheck, speech: Speech) -> str:
    """Return whose check it is, in words: a number where the name is protected."""
    return check.resident or speech(page_words.PROTECTED_NUMBER, number=check.number)


def _need(checks: list[NightCheck]) -> tuple[int, datetime]:
    """Return how soon a home needs somebody: an open case first, by priority, then what goes on, then what comes."""
    return min((_NEEDS[_shape(check)], check.opens_at) for check in checks)


_PILED: Final = ("seen", "over", "cancelled", "visit", "planned", "open", "waiting", "look", "p3", "p2", "p1")
"""Shapes in the order in which they are piled: what needs somebody is on top."""
_NEEDS: Final = {
    shape: place
    for place, shape in enumerate(
        ("p1", "look", "p2", "p3", "waiting", "open", "visit", "planned", "cancelled", "over", "seen")
    )
}


def _shape(check: NightCheck) -> str:
    """Return which shape a check has."""
    return _shape_of(check.state, check.instead, check.alarm_state, check.priority)


def _shape_of(state: str, instead: str | None, alarm_state: str | None, priority: int | None) -> str:
    match state:
        case "to_look":
            return "look"
        case "cancelled":
            return "visit" if instead == "visit" else "cancelled"
        case "alarmed":
            return "over" if alarm_state == "closed" else f"p{priority or 2}"
    return state


def _bars(owed: list[NightCheck], zone: str, x: Callable[[datetime], float], speech: Speech) -> list[Bar]:
    """Return a bar for each hour in which a check begins."""
    hours: dict[datetime, Counter[str]] = {}
    alike = Counter((check.opens_at, check.state, check.instead, check.alarm_state, check.priority) for check in owed)
    for (opens_at, state, instead, alarm_state, priority), count in alike.items():
        hour = opens_at.replace(minute=0, second=0, microsecond=0)
        hours.setdefault(hour, Counter())[_shape_of(state, instead, alarm_state, priority)] += count
    scale = _BAR / max(count.total() for count in hours.values())
    return [_bar(hour, hours[hour], scale, x, speech.clock(hour, zone), speech) for hour in sorted(hours)]


def _strip(owed: list[NightCheck], speech: Speech) -> list[StripPart]:
    """Return the whole night in one strip, what needs somebody first."""
    count = Counter(map(_shape, owed))
    parts: list[StripPart] = []
    x = 0.0
    for shape in (each for each in reversed(_PILED) if count[each]):
        width = round(100 * count[shape] / len(owed), 2)
        parts.append(StripPart(shape, round(x, 2), width, count[shape], speech(page_words.NIGHT_SHAPES[shape])))
        x += width
    return parts


def _bar(
    hour: datetime, count: Counter[str], scale: float, x: Callable[[datetime], float], name: str, speech: Speech
) -> Bar:
    y = _TOP + _BAR + 4.0
    left, right = x(hour) + 3, x(hour + _HOUR) - 3
    parts = []
    for shape in (each for each in _PILED if count[each]):
        height = max(1.0, round(count[shape] * scale, 1))
        y = round(y - height, 1)
        parts.append(BarPart(shape, y, height))
    words = ", ".join(
        f"{speech(page_words.NIGHT_SHAPES[shape])}: {count[shape]}" for shape in reversed(_PILED) if count[shape]
    )
    return Bar(left, round(right - left, 1), y - 3, count.total(), name, words, parts)


def dot_of(check: NightCheck, zone: str, speech: Speech) -> tuple[str, str, str]:
    """Return the shape, the words and the link of one check; ``over`` beside the shape where its alarm has ended."""
    clock = speech.clock(check.opens_at, zone)
    match check.state:
        case "planned":
            return "planned", speech(page_words.PLANNED_AT, time=clock), ""
        case "open" | "waiting" | "seen":
            return check.state, f"{clock} {speech(CHECK_STATES[check.state])}", ""
        case "to_look":
            return "look", f"{clock} {speech(CHECK_STATES[check.state])}", f"/check/{check.check_id}"
        case "cancelled":
            why = speech(CANCELLED.get(check.cancel_reason or "", ""))
            said = speech(page_words.CANCELLED_WHY, why=why)
            if check.instead == "visit":
                said += ", " + speech(page_words.VISIT_INSTEAD)
            return "visit" if check.instead == "visit" else "cancelled", f"{clock} {said}", ""
    said = f"{clock} {speech(reason_words(check.answer, check.reason))}"
    ended = check.alarm_state == "closed"
    if ended:
        said += ", " + speech(page_words.ENDED)
    shape = f"p{check.priority or 2}" + (" over" if ended else "")
    return shape, said, f"/alarm/{check.alarm_id}" if check.alarm_id else ""


def _summary(owed: list[NightCheck], speech: Speech) -> str:
    count: dict[str, int] = {}
    for check in owed:
        count[check.state] = count.get(check.state, 0) + 1
    return ", ".join(f"{speech(CHECK_STATES[state])}: {number}" for state, number in count.items())
