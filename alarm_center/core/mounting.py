"""A mounting as its installer goes through it: the steps in their order, where it may stop, and what fits as a bed.

What was said at each step is kept with the mounting; the page begins where it was left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final


class MountingStep(StrEnum):
    """A step of a mounting, a screen each, in their order."""

    GIVEN = "given"
    """Given by a planner; nobody is there yet."""
    CONSENT = "consent"
    CODE = "code"
    LAMP = "lamp"
    LOOK = "look"
    BED = "bed"
    SLEEPERS = "sleepers"
    EMPTY = "empty"
    TRIAL = "trial"
    WEEKEND = "weekend"
    """Only where the first night is in a weekend or before a holiday."""
    PAPER = "paper"
    DONE = "done"
    STOPPED = "stopped"


class StopReason(StrEnum):
    """A reason for which a mounting ends before its end."""

    SAID_NO = "said_no"
    """The resident says no today. Nobody asks why."""
    NOT_LET_IN = "not_let_in"
    NO_CONSENT = "no_consent"
    """There is no yes on paper."""
    SLEEPS_HERE = "sleeps_here"
    """Somebody sleeps in the bed of whom the town does not know."""
    CALLED_OFF = "called_off"
    """The planner has called an exchange off, before anybody began it."""
    HOME_ASKED = "home_asked"
    """Somebody of the home has asked those who plan."""
    WRONG_HOME = "wrong_home"
    NOT_FINISHED = "not_finished"
    """The installer has left, or does not answer."""
    OTHER_DAY = "other_day"


BY_PLANNER: Final = (StopReason.HOME_ASKED, StopReason.WRONG_HOME, StopReason.NOT_FINISHED, StopReason.OTHER_DAY)
"""Reasons for which those who plan end a mounting while an installer is there, in the order in which the page asks."""
SAID_IN_HOME: Final = frozenset(StopReason) - {StopReason.CALLED_OFF, *BY_PLANNER}
"""Reasons that an installer gives."""


class ExchangeReason(StrEnum):
    """A reason for which a camera is exchanged."""

    BROKEN = "broken"
    """Visits come instead of looks until the new one is there."""
    WARRANTY = "warranty"
    OTHER = "other"


ORDER: Final = (
    MountingStep.CONSENT, MountingStep.CODE, MountingStep.LAMP, MountingStep.LOOK, MountingStep.BED, MountingStep.SLEEPERS,
    MountingStep.EMPTY, MountingStep.TRIAL, MountingStep.WEEKEND, MountingStep.PAPER, MountingStep.DONE,
)  # fmt: skip
"""The steps of somebody who is there."""
SLEEPERS: Final = frozenset({"nobody", "same_bed", "other_room"})
"""Answers to who else sleeps here."""
_CAMERA_FROM: Final = ORDER.index(MountingStep.LAMP)


@dataclass(frozen=True, slots=True)
class MountingCourse:
    """The steps that a mounting takes: ``weekend`` where its first night is one before a day on which nobody is at the office, and
    without a test picture where the resident lets nobody see it (not ``shown``).
    """

    weekend: bool
    shown: bool = True

    @property
    def screens(self) -> tuple[MountingStep, ...]:
        """Return the steps in their order."""
        left_out = {MountingStep.WEEKEND: not self.weekend, MountingStep.LOOK: not self.shown}
        return tuple(step for step in ORDER if not left_out.get(step, False))


def next_step(step: MountingStep, course: MountingCourse) -> MountingStep:
    """Return the step after *step*."""
    at = ORDER.index(step)
    return next(each for each in course.screens if ORDER.index(each) > at)


def reachable(step: MountingStep, reached: MountingStep) -> bool:
    """Return whether a mounting that has come to *reached* may show *step*: each one before it, and itself."""
    if step not in ORDER or reached not in ORDER:
        return step is reached
    if reached is MountingStep.DONE:
        return step is MountingStep.DONE
    return ORDER.index(step) <= ORDER.index(reached)


def step_after(step: MountingStep, reached: MountingStep, course: MountingCourse) -> MountingStep:
    """Return how far a mounting has come once *step* is answered again: never back, except from a new bed.

    A bed that is drawn anew makes the empty room and the trial be taken again.
    """
    following = next_step(step, course)
    if step is MountingStep.BED or not reachable(following, reached):
        return following
    return reached


def before(step: MountingStep, course: MountingCourse) -> MountingStep | None:
    """Return the step that "back" leads to; ``None`` at the first."""
    earlier = [each for each in course.screens if ORDER.index(each) < ORDER.index(step)]
    return earlier[-1] if earlier else None


def is_tried(answer: str | None, *, shown: bool) -> bool:
    """Return whether a trial that a detector has judged is one: where nobody has seen the picture, only somebody found in the bed as drawn."""
    return shown or answer == "in_bed"


def needs_camera(step: MountingStep) -> bool:
    """Return whether the step is after the camera's code."""
    return step in ORDER and ORDER.index(step) >= _CAMERA_FROM


@dataclass(frozen=True, slots=True)
class HomeMounting:
    """The newest mounting of a home, as the planner's page says it."""

    due_on: date
    due_time: time | None
    step: str
    stopped_for: str | None
    ended_at: datetime | None
    weekend_name: str | None
    weekend_phone: str | None
    exchange: str | None = None
    """The reason for a camera in the place of another; ``None``: there was none."""
    begun_at: datetime | None = None
    ends_at: datetime | None = None
    installer: str | None = None
    """The name of whoever is there, or was there last."""
    has_camera: bool = False
    replaces: bool = False
    """The new camera has come by its code, and the old one waits."""
    replaced: bool = False
    """The new camera has been tried, and the old one is nobody's."""
    halted_by: str | None = None
    """The name of whoever ended it while an installer was there."""
    halted_for: str | None = None

    @property
    def may_be_ended(self) -> bool:
        """Return whether an installer has begun it, and it is neither over nor ended by those who plan."""
        return self.begun_at is not None and self.ended_at is None and self.halted_for is None

    @property
    def keeps_camera(self) -> bool:
        """Return whether the camera has been tried: it stays when the mounting is ended, but for a wrong home (fjt.end_mounting)."""
        return self.replaced or (not self.replaces and self.step in (MountingStep.WEEKEND, MountingStep.PAPER))

    @property
    def may_be_called_off(self) -> bool:
        """Return whether it is an exchange that nobody has begun."""
        return self.exchange is not None and self.ended_at is None and self.begun_at is None


# ---- the code ----

CODE_LETTERS: Final = 10
"""Letters and digits of the code that a camera shows (gateway/enrolment.py)."""


def read_code(text: str) -> str | None:
    """Return the camera's code as it is kept, however it was typed; ``None``: it is none."""
    code = "".join(each for each in text.upper() if each.isalnum())
    return code if len(code) == CODE_LETTERS and code.isascii() else None


# ---- the bed ----

Corner = tuple[float, float]
"""Across and down, fractions of the picture."""


class BedFault(StrEnum):
    """A reason why four corners are no bed in this picture."""

    UNREADABLE = "unreadable"
    CUT_OFF = "cut_off"
    """A corner is at the picture's edge: the bed goes on outside."""
    TOO_SMALL = "too_small"
    CROSSED = "crossed"


_EDGE: Final = 0.01
"""Share of the width or height within which a corner is at the edge: five pixels of 480."""
_LEAST_AREA: Final = 0.04
"""Share of the picture below which a bed is too far away: 110 x 110 of 640 x 480 pixels; a sleeper's breath is not seen in less."""


def read_corners(form: Mapping[str, str]) -> tuple[Corner, ...] | None:
    """Return the four corners that a form says as ``x0`` … ``y3``, each in per cent of the picture; ``None``: unreadable."""
    corners = []
    for n in range(4):
        try:
            corner = (float(form.get(f"x{n}", "")) / 100, float(form.get(f"y{n}", "")) / 100)
        except ValueError:
            return None
        if not all(0.0 <= each <= 1.0 for each in corner):
            return None
        corners.append(corner)
    return tuple(corners)


def bed_fault(corners: Sequence[Corner] | None) -> BedFault | None:
    """Return why *corners*, in their order around the bed, do not fit as one; ``None``: they do."""
    if corners is None or len(corners) != 4:
        return BedFault.UNREADABLE
    turns = [_turn(corners[n - 1], corners[n], corners[(n + 1) % 4]) for n in range(4)]
    if not (all(turn > 0 for turn in turns) or all(turn < 0 for turn in turns)):
        return BedFault.CROSSED
    if any(each <= _EDGE or each >= 1 - _EDGE for corner in corners for each in corner):
        return BedFault.CUT_OFF
    return BedFault.TOO_SMALL if _area(corners) < _LEAST_AREA else None


class BedDoubt(StrEnum):
    """A reason to ask whether four corners that fit are the bed: what lies beside it would pass for somebody in bed."""

    TOO_LARGE = "too_large"
    TOO_WIDE = "too_wide"


_MOST_AREA: Final[Mapping[bool, float]] = {False: 0.45, True: 0.6}
"""Share of the picture from which a bed is doubted, by whether it is for two. Recorded rooms 0.02–0.38, drawn ones 0.13–0.20; with the
camera as near as the whole bed is still seen 0.35 for one and 0.52 for two (docs/mounting.md)."""
_MOST_WIDTH: Final = 0.9
"""Share of the picture's width from which it is doubted: recorded and drawn rooms 0.08–0.64, as near as can be 0.83."""


def bed_doubt(corners: Sequence[Corner], people: int) -> BedDoubt | None:
    """Return why *corners*, which fit as a bed for so many *people*, are asked about once more; ``None``: they are not."""
    across = [x for x, _ in corners]
    if max(across) - min(across) >= _MOST_WIDTH:
        return BedDoubt.TOO_WIDE
    return BedDoubt.TOO_LARGE if _area(corners) >= _MOST_AREA[people > 1] else None


def bed_zones(corners: Sequence[Corner], head: int, people: int) -> list[dict[str, Any]]:
    """Return the zones of a profile with this bed. *head* is the side of its head end: between corner *head* and the next.

    A bed for two *people* is two zones beside each other, from its head end to its foot.
    """
    a, b, c, d = (corners[(head + n) % 4] for n in range(4))
    if people < 2:
        return [_zone("bed", (a, b, c, d))]
    top, foot = _between(a, b), _between(d, c)
    return [_zone("bed_left", (a, top, foot, d)), _zone("bed_right", (top, b, c, foot))]


def _zone(name: str, corners: Sequence[Corner]) -> dict[str, Any]:
    """Return a bed's zone, whose head end is between its first two corners, with a place on the pillow."""
    a, b, c, d = corners
    pillow = _between(_between(a, b), _between(d, c), 0.1)
    polygon = [[round(x, 4), round(y, 4)] for x, y in corners]
    return {"name": name, "kind": "bed", "polygon": polygon, "head": [round(each, 4) for each in pillow]}


def _between(a: Corner, b: Corner, share: float = 0.5) -> Corner:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _turn(a: Corner, b: Corner, c: Corner) -> float:
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def _area(corners: Sequence[Corner]) -> float:
    pairs = zip(corners, [*corners[1:], corners[0]], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


# ---- the first night ----

_FRIDAY: Final = 4


@dataclass(frozen=True, slots=True)
class Easter:
    """The day of Easter in a year, on which the movable holidays hang."""

    year: int

    @property
    def sunday(self) -> date:
        """Return Easter Sunday (Gregorian; J. Meeus, *Astronomical Algorithms*, 2nd ed. 1998, chapter 8)."""
        a, b, c = self.year % 19, self.year // 100, self.year % 100
        d, e = divmod(b, 4)
        f = (b + 8) // 25
        g = (b - f + 1) // 3
        h = (19 * a + b - d - g + 15) % 30
        i, k = divmod(c, 4)
        m = (32 + 2 * e + 2 * i - h - k) % 7
        n = (a + 11 * h + 22 * m) // 451
        month, day = divmod(h + m - 7 * n + 114, 31)
        return date(self.year, month, day + 1)


def is_holiday(day: date) -> bool:
    """Return whether *day* is a Swedish public holiday or one of the eves on which offices are closed."""
    if (day.month, day.day) in {(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)}:
        return True
    from_easter = (day - Easter(day.year).sunday).days
    midsummer_eve = day.month == 6 and 19 <= day.day <= 25 and day.weekday() == _FRIDAY
    return from_easter in (-2, 0, 1, 39) or midsummer_eve


def starts_in_weekend(first_night: date) -> bool:
    """Return whether a first night from Friday to Sunday, or before a holiday, has nobody at the office on the day after."""
    return first_night.weekday() >= _FRIDAY or is_holiday(first_night) or is_holiday(first_night + timedelta(days=1))
