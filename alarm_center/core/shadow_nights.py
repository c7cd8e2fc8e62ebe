"""From shadow to green: when a machine alone may be offered to answer that all is well, and what takes that back by itself.

A shadow night is one on which people said of looks what they saw, beside the detector's answer to the same looks. Fourteen of
them since the room was taken empty, the resident's own yes and a look in the dark make an offer; a planner signs. A share of the looks
stays with people afterwards, and one of them on which the detector saw somebody in bed and the person did not takes it back.
The people who judge such a look are told what the detector found after their own answer (docs/adr/0063-looks-are-judged-blind.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import asin, cos, degrees, pi, radians, sin
from typing import Final, TypeVar

from schemas import timeline
from schemas.drift import Drift
from schemas.vocabulary import Answer

NIGHTS: Final = 14
"""Two weeks: each weekday twice, with who visits on it."""
FORGETS: Final = timedelta(days=60)
"""Older nights are another season's light and another room."""
DOUBTS: Final = 2
"""Looks of the share that a person could not tell, where the detector was sure: one may be the person's, two are not."""

_LATITUDE: Final = radians(62.0)
_LONGITUDE: Final = 16.0
_DUSK: Final = -6.0
"""Degrees of the sun at the end of civil dusk, in the middle of Sweden; before it a room is not dark."""


Line = TypeVar("Line", bound=timeline.Payload | timeline.Unknown)


@dataclass(frozen=True, slots=True)
class ShadowState:
    """The resident's standing beside the detector while a person is asked to look."""

    agreed: bool
    """Everybody in the home has said yes to a machine that answers alone."""
    room_known: bool


def is_judged_blind(state: ShadowState) -> bool:
    """Return whether a look that waits for a person is judged without the detector's word.

    Nights that may count are such looks, and so are those of the share that people see afterwards. Elsewhere nothing is compared, and the word
    helps. It says nothing of alarms: what the detector raises at once is told at once.
    """
    return state.agreed and state.room_known


def without_word(line: Line) -> Line:
    """Return a line of a session without what the detector found in it."""
    match line:
        case timeline.FindingTaken() | timeline.EvidenceTaken():
            return replace(line, answer=None, reason=None)
        case timeline.SessionCommitted():
            return replace(line, answer=None)
    return line


@dataclass(frozen=True, slots=True)
class ComparedLook:
    """One look of a night with both answers: the detector's (*found*) and a person's (*said*)."""

    night: date
    looked_at: datetime
    found: Answer
    said: Answer
    blind: bool | None = None
    """The person answered without the detector's word; ``None``: before that was kept."""

    @property
    def counts(self) -> bool:
        """The two answers are each other's: the person did not read the detector's first."""
        return self.blind is not False

    @property
    def alike(self) -> bool:
        """Both saw the same."""
        return self.found is self.said

    @property
    def contradicted(self) -> bool:
        """The detector saw somebody in bed, and the person saw that it was otherwise."""
        return self.found is Answer.IN_BED and self.said in (Answer.NOT_SEEN, Answer.SOMETHING_WRONG)

    @property
    def doubted(self) -> bool:
        """The detector saw somebody in bed, and the person could not tell."""
        return self.found is Answer.IN_BED and self.said is Answer.CANNOT_TELL

    @property
    def in_the_dark(self) -> bool:
        """The sun was so far down that a bedroom in the middle of Sweden is dark."""
        return is_dark(self.looked_at)


class Lack(StrEnum):
    """A thing that is missing for the offer, in the order in which a planner would put it right."""

    NOT_ASKED = "not_asked"
    """Not everybody in the home has said yes to a machine that answers alone."""
    ROOM_UNKNOWN = "room_unknown"
    NO_SHARE = "no_share"
    """The town lets people look at none of the looks afterwards: nobody would see it drift."""
    NOT_IN_THE_DARK = "not_in_the_dark"
    TOO_FEW_NIGHTS = "too_few_nights"


@dataclass(frozen=True, slots=True)
class ShadowFacts:
    """Facts about a resident whose checks a person turns green."""

    agreed: bool
    room_known: bool
    people_of_ten: int
    since: datetime | None
    """The newest of: the room was taken empty, it was taken back; ``None``: neither is known."""
    looks: Sequence[ComparedLook]


@dataclass(frozen=True, slots=True)
class ShadowNights:
    """The nights that count, in order, with their looks; without ``lacks`` it is offered."""

    looks: tuple[ComparedLook, ...]
    lacks: tuple[Lack, ...]
    seen_first: int = 0
    """Other nights on which a person answered, having read the detector's word: they make no offer."""

    @property
    def nights(self) -> tuple[date, ...]:
        """The nights on which a person answered beside the detector."""
        return tuple(sorted({look.night for look in self.looks}))

    @property
    def alike(self) -> int:
        """Looks on which both saw the same."""
        return sum(look.alike for look in self.looks)

    @property
    def offered(self) -> bool:
        return not self.lacks


def shadow_nights(facts: ShadowFacts, now: datetime) -> ShadowNights:
    """Return the nights that count towards the offer at *now*, and what is missing for it.

    Nights count from the room's own day on, for 60 days, and begin anew after one on which the detector saw somebody in bed
    and the person did not, blind or not. Only looks that were judged blind make a night.
    """
    begin = max((each for each in (facts.since, now - FORGETS) if each is not None), default=now - FORGETS)
    counted = sorted((look for look in facts.looks if begin < look.looked_at <= now), key=lambda look: look.looked_at)
    wrong = [look.night for look in counted if look.contradicted]
    if wrong:
        counted = [look for look in counted if look.night > max(wrong)]
    answered = {look.night for look in counted}
    counted = [look for look in counted if look.counts]
    found = ShadowNights(tuple(counted), ())
    missing = {
        Lack.NOT_ASKED: not facts.agreed,
        Lack.ROOM_UNKNOWN: not facts.room_known,
        Lack.NO_SHARE: facts.people_of_ten < 1,
        Lack.NOT_IN_THE_DARK: not any(look.in_the_dark for look in counted),
        Lack.TOO_FEW_NIGHTS: len(found.nights) < NIGHTS,
    }
    lacks = tuple(lack for lack, holds in missing.items() if holds)
    return ShadowNights(tuple(counted), lacks, len(answered - set(found.nights)))


@dataclass(frozen=True, slots=True)
class GreenFacts:
    """Facts about a resident whose checks turn green by themselves, since that was signed."""

    agreed: bool
    room_known: bool
    moved: bool
    """A look has shown another view than the room's own."""
    looks: Sequence[ComparedLook]


@dataclass(frozen=True, slots=True)
class GreenEnd:
    """Green by the detector that was taken back by itself."""

    ended_at: datetime
    why: Drift


def drift(facts: GreenFacts) -> Drift | None:
    """Return why green by the detector ends now, ``None`` while it may go on."""
    holds = {
        Drift.CONTRADICTED: any(look.contradicted for look in facts.looks),
        Drift.DOUBTED: sum(look.doubted for look in facts.looks) >= DOUBTS,
        Drift.CAMERA_MOVED: facts.moved,
        Drift.ROOM_UNKNOWN: not facts.room_known,
        Drift.NOT_AGREED: not facts.agreed,
    }
    return next((why for why, found in holds.items() if found), None)


def is_dark(at: datetime) -> bool:
    """Return whether civil dusk has passed in the middle of Sweden at *at*, in UTC."""
    return sun_height(at) <= _DUSK


def sun_height(at: datetime) -> float:
    """Return the sun's height over the horizon, in degrees, in the middle of Sweden (62° N, 16° E) at *at*, in UTC.

    The declination of P. I. Cooper (*Solar Energy* 12, 1969) and the mean sun: within a degree or two.
    """
    day = at.timetuple().tm_yday
    declination = radians(23.45) * sin(2 * pi * (284 + day) / 365)
    hours = at.hour + at.minute / 60 + _LONGITUDE / 15 - 12
    turned = radians(15 * hours)
    height = sin(_LATITUDE) * sin(declination) + cos(_LATITUDE) * cos(declination) * cos(turned)
    return degrees(asin(height))
