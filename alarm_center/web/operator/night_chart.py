"""Chart of the night: a line a resident, a shape a check, with the place of each in the drawing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from alarm_center.store.board import NightCheck
from alarm_center.words import page_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.code_words import CANCELLED, CHECK_STATES, reason_words

_LEFT: Final = 168
_RIGHT: Final = 20
_TOP: Final = 44
_ROW: Final = 28
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
    dots: list[Dot] = field(default_factory=list)


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
    residents: list[NightLine]
    begins: datetime
    """The instant at ``left``."""
    scale: float
    """Units a second."""
    now_x: float | None
    now_name: str
    summary: str


def chart(checks: Iterable[NightCheck], zones: Mapping[str, str], now: datetime, speech: Speech) -> Chart:
    """Return the drawing of *checks*, which are by area, resident and time."""
    owed = list(checks)
    zone = zones[owed[0].org] if owed else next(iter(zones.values()), "UTC")
    begins, ends = _span(owed, now)
    scale = (_WIDTH - _LEFT - _RIGHT) / (ends - begins).total_seconds()

    def x(at: datetime) -> float:
        return round(_LEFT + (at - begins).total_seconds() * scale, 1)

    lines: dict[object, NightLine] = {}
    for check in owed:
        line = lines.get(check.resident_id)
        if line is None:
            name = check.resident or speech(page_words.PROTECTED_NUMBER, number=check.number)
            line = NightLine(name, check.area, _TOP + _ROW // 2 + _ROW * len(lines))
            lines[check.resident_id] = line
        line.dots.append(Dot(x(check.opens_at), *_dot_of(check, zones[check.org], speech)))
    step = _HOUR * (1 if ends - begins <= 12 * _HOUR else 2)
    hours = [begins + step * n for n in range(int((ends - begins) / step) + 1)]
    return Chart(
        width=_WIDTH,
        height=_TOP + _ROW * len(lines) + 6,
        left=_LEFT,
        top=_TOP,
        hours=[Hour(x(hour), speech.clock(hour, zone)[:2]) for hour in hours],
        residents=list(lines.values()),
        begins=begins,
        scale=scale,
        now_x=x(now) if begins <= now <= ends else None,
        now_name=speech.clock(now, zone),
        summary=_summary(owed, speech),
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


def _dot_of(check: NightCheck, zone: str, speech: Speech) -> tuple[str, str, str]:
    """Return the shape, the words and the link of one check."""
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
