"""Rules of a pause and of a camera that is stopped by hand: until when, on whose word, and what comes instead.

A pause always ends. What a planner, a lead or an operator has filled in is judged here, with every fault at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from schemas.vocabulary import CancelReason, Instead, Outcome

LONGEST: Final = timedelta(days=14)
"""A pause is at most so long; a longer absence is another pause, said anew."""
ENDS_AT: Final = time(16)
"""Local time at which a pause ends that somebody set by its day: before the evening, while a planner is there to be asked."""
ASKED_FROM: Final = time(15)
"""Local time from which it is asked whether whoever is paused will be at home when the pause ends."""
NAME_MOST: Final = 80
PHONE_MOST: Final = 30

REASONS: Final = (
    CancelReason.PAUSE_HOSPITAL, CancelReason.PAUSE_AWAY, CancelReason.PAUSE_GUESTS, CancelReason.PAUSE_OWN_WISH,
)  # fmt: skip
"""Reasons in the order of the form, where the keys 1 to 4 choose them."""


class SaidBy(StrEnum):
    """The person on whose word supervision is paused or stopped."""

    RESIDENT = "resident"
    COHABITANT = "cohabitant"
    RELATIVE = "relative"
    HOSPITAL = "hospital"
    STAFF = "staff"


class HowSaid(StrEnum):
    """The way in which a word about the camera came."""

    ON_SITE = "on_site"
    PHONE = "phone"
    ALARM = "alarm"
    """Through the resident's own alarm button."""


class Until(StrEnum):
    """The end of a pause, as it is chosen."""

    TONIGHT = "tonight"
    """Until the night is over."""
    TOMORROW = "tomorrow"
    """Until 16:00 on the day that this night ends."""
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Word:
    """Somebody's word: who says it, how, and whom to ring about it."""

    said_by: SaidBy
    name: str = ""
    phone: str = ""
    how: HowSaid | None = None
    note: str = ""

    def as_said(self) -> dict[str, str]:
        """Return it as it is kept with a change, without what was not said."""
        said = {
            "said_by": self.said_by,
            "name": self.name,
            "phone": self.phone,
            "how": self.how or "",
            "note": self.note,
        }
        return {field: str(value) for field, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class PauseWish:
    """A pause as somebody wants it, within the rules."""

    reason: CancelReason
    to_at: datetime
    instead: Instead
    word: Word


class PauseFault(StrEnum):
    """A fault of a pause's form, by the field that it stands at."""

    REASON = "reason"
    UNTIL = "until"
    DATE_UNREADABLE = "date_unreadable"
    DATE_PAST = "date_past"
    TOO_LONG = "too_long"
    HOSPITAL_TOO_LONG = "hospital_too_long"
    SAID_BY = "said_by"
    NAME = "name"
    INSTEAD = "instead"
    NOTHING_UNSAID = "nothing_unsaid"
    """Nobody comes in the look's stead only where the resident said so, or nobody is at home."""


def tomorrow_end(at: datetime, zone: ZoneInfo) -> datetime:
    """Return 16:00 on the day that the present night ends: the last end of a stay at hospital, which is renewed by name."""
    return datetime.combine(calendar.night_of(at, zone) + timedelta(days=1), ENDS_AT, zone)


def parse_pause(form: Mapping[str, str], at: datetime, zone: ZoneInfo) -> PauseWish | tuple[PauseFault, ...]:
    """Return the pause that *form* asks for at the instant *at*, or every fault of it.

    Its fields: ``reason``, ``until``, ``date`` (ISO 8601), ``said_by``, ``name``, ``phone``, ``instead``.
    """
    faults: list[PauseFault] = []
    reason = CancelReason(form["reason"]) if form.get("reason") in REASONS else None
    if reason is None:
        faults.append(PauseFault.REASON)
    to_at = _end_of(form, at, zone, faults)
    if reason is CancelReason.PAUSE_HOSPITAL and to_at is not None and to_at > tomorrow_end(at, zone):
        faults.append(PauseFault.HOSPITAL_TOO_LONG)
    word = _word_of(form, faults)
    instead = Instead(form["instead"]) if form.get("instead") in set(Instead) else None
    if instead is None:
        faults.append(PauseFault.INSTEAD)
    elif (
        instead is Instead.NOTHING
        and reason is not None
        and word is not None
        and not may_be_nothing(reason, word.said_by)
    ):
        faults.append(PauseFault.NOTHING_UNSAID)
    if faults or reason is None or to_at is None or word is None or instead is None:
        return tuple(faults)
    return PauseWish(reason, to_at, instead, word)


def may_be_nothing(reason: CancelReason, said_by: SaidBy) -> bool:
    """Return whether nobody at all may come instead of the look."""
    away = reason in (CancelReason.PAUSE_HOSPITAL, CancelReason.PAUSE_AWAY)
    return away or said_by is SaidBy.RESIDENT


def ends_to_ask(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Return between which ends of pauses it is asked at *at* whether the resident is at home; ``None`` before 15:00.

    Those that end in the night that *at* is in. One that ends with a night, at noon, has said so from its start.
    """
    night = calendar.night_of(at, zone)
    return calendar.night_bounds(night, zone) if at >= calendar.instant_of(night, ASKED_FROM, zone) else None


# ---- what an outcome means for the looks that are still to come ----

AWAY_BY: Final = {
    Outcome.MOVED_TO_HOSPITAL: (CancelReason.PAUSE_HOSPITAL,),
    Outcome.NOT_AT_HOME_KNOWN: (CancelReason.PAUSE_HOSPITAL, CancelReason.PAUSE_AWAY),
}
"""Outcomes after which nobody is at home, with the reasons that a pause may then have: a camera would look at an empty bed."""


def away_after(outcome: Outcome, reason: CancelReason, at: datetime, zone: ZoneInfo) -> PauseWish:
    """Return the pause that a carer's *outcome* makes by itself: until it is asked again tomorrow, and nobody comes meanwhile.

    Raises:
        ValueError: after *outcome* no pause has that *reason*.
    """
    if reason not in AWAY_BY.get(outcome, ()):
        raise ValueError(f"no pause by {reason} after {outcome}")
    return PauseWish(reason, tomorrow_end(at, zone), Instead.NOTHING, Word(SaidBy.STAFF, how=HowSaid.ON_SITE))


# ---- asked before it ends ----


@dataclass(frozen=True, slots=True)
class AskedPause:
    """A pause that ends, with whom to ask about it: whoever wanted it, by name and phone where they were said and are kept."""

    reason: CancelReason
    to_at: datetime
    said_by: str
    word_name: str | None
    word_phone: str | None


@dataclass(frozen=True, slots=True)
class StillAway:
    """Somebody's word, when a pause ends, that the resident is not at home yet; *name* is whoever says so."""

    name: str
    phone: str = ""


class Home(StrEnum):
    """The answer to whether a resident is at home when a pause ends."""

    HOME = "home"
    AWAY = "away"


def parse_home(form: Mapping[str, str]) -> Home | StillAway | None:
    """Return the answer that *form* gives by ``answer``, ``name`` and ``phone``; ``None`` where it, or a name, is missing.

    A pause is renewed by name: there has to be somebody to ask the next day.
    """
    name = form.get("name", "").strip()[:NAME_MOST]
    match form.get("answer"):
        case Home.HOME:
            return Home.HOME
        case Home.AWAY if name:
            return StillAway(name, form.get("phone", "").strip()[:PHONE_MOST])
        case _:
            return None


def _end_of(form: Mapping[str, str], at: datetime, zone: ZoneInfo, faults: list[PauseFault]) -> datetime | None:
    match form.get("until"):
        case Until.TONIGHT:
            return calendar.night_bounds(calendar.night_of(at, zone), zone)[1]
        case Until.TOMORROW:
            return tomorrow_end(at, zone)
        case Until.DATE:
            pass
        case _:
            faults.append(PauseFault.UNTIL)
            return None
    try:
        to_at = datetime.combine(date.fromisoformat(form.get("date", "").strip()), ENDS_AT, zone)
    except ValueError:
        faults.append(PauseFault.DATE_UNREADABLE)
        return None
    if to_at <= at:
        faults.append(PauseFault.DATE_PAST)
    elif to_at > at + LONGEST:
        faults.append(PauseFault.TOO_LONG)
    return to_at


def _word_of(form: Mapping[str, str], faults: list[PauseFault]) -> Word | None:
    if form.get("said_by") not in set(SaidBy):
        faults.append(PauseFault.SAID_BY)
        return None
    said_by = SaidBy(form["said_by"])
    name = form.get("name", "").strip()[:NAME_MOST]
    if said_by in (SaidBy.RELATIVE, SaidBy.HOSPITAL) and not name:
        # They are asked tomorrow whether it still holds.
        faults.append(PauseFault.NAME)
    return Word(said_by, name, form.get("phone", "").strip()[:PHONE_MOST])


# ---- a camera that is stopped ----


def parse_stop(form: Mapping[str, str]) -> Word | None:
    """Return on whose word the camera is stopped; ``None`` where that, or how it was said, is missing. Nobody has to say why."""
    if form.get("said_by") not in set(SaidBy) or form.get("how") not in set(HowSaid):
        return None
    note = form.get("note", "").strip()[:500]
    return Word(SaidBy(form["said_by"]), form.get("name", "").strip()[:NAME_MOST], how=HowSaid(form["how"]), note=note)


def is_withdrawal(said_by: SaidBy) -> bool:
    """Return whether the word is that of a person who lives there: then their consent is withdrawn."""
    return said_by in (SaidBy.RESIDENT, SaidBy.COHABITANT)


def until_spoken_with(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the end of a pause that somebody else asked for: 16:00 on the next working day, when a planner has asked the resident.

    Working days are Monday to Friday. A holiday makes it shorter than it might be: the camera then looks again, and visits end.
    """
    day = calendar.night_of(at, zone) + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime.combine(day, ENDS_AT, zone)
