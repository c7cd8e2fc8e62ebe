"""What can happen to one alarm: the events that `alarm.decide` takes, and what may come of each in which state.

What a carer says (`Took` … `NeedsHelp`) is never refused for coming late or twice: it is answered. What a person at a
screen wishes is refused where it makes no sense.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from alarm_center.core.case import AlarmState
from schemas.vocabulary import AlarmKind, Condition, Outcome, Priority, Reason


class AlarmLine(StrEnum):
    """The kinds of the timeline's lines that come of an alarm."""

    OPENED = "alarm_opened"
    CLAIMED = "claimed"
    TAKEN_OVER = "taken_over"
    RELEASED = "released"
    LEASE_LAPSED = "lease_lapsed"
    IN_CALL = "in_call"
    SENT_BY = "sent_by"
    DISPATCHED = "dispatched"
    ASKED = "asked"
    NOBODY_ON_DUTY = "nobody_on_duty"
    EXHAUSTED = "exhausted"
    UNDELIVERED = "undelivered"
    DECLINED = "declined"
    ACCEPTED = "accepted"
    ETA = "eta"
    TOOK_TOO_LATE = "took_too_late"
    NOT_THEIRS = "not_theirs"
    LATE = "late"
    ON_SITE = "on_site"
    STAYING = "staying"
    SILENT = "silent"
    CANNOT_GET_IN = "cannot_get_in"
    NOBODY_HOME = "nobody_home"
    NEEDS_HELP = "needs_help"
    DONE = "done"
    OUTCOME_MISSING = "outcome_missing"
    CLEARED = "cleared"
    RAISED = "raised"
    JOINED = "joined"
    INTO_INCIDENT = "into_incident"
    CALLED_OFF = "called_off"
    CLOSED = "closed"
    WORD_AFTER_CLOSE = "word_after_close"


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: do whatever is due. ``signed_in`` says whether anybody sits at a screen for the town."""

    signed_in: bool


# ---- what a person at a screen does ----


@dataclass(frozen=True, slots=True)
class Claim:
    """*user* takes the case, with a lease that activity renews."""

    user: UUID


@dataclass(frozen=True, slots=True)
class TakeOver:
    """*user* takes the case from whoever holds it, for the reason in *reason_code*."""

    user: UUID
    reason_code: str


@dataclass(frozen=True, slots=True)
class Renew:
    """The holder is still at it."""

    user: UUID


@dataclass(frozen=True, slots=True)
class InCall:
    """The holder begins (*on*) or ends a call with the resident: that may hold the dispatch up a little longer."""

    user: UUID
    on: bool


@dataclass(frozen=True, slots=True)
class Release:
    """The holder lets go of the case."""

    user: UUID


@dataclass(frozen=True, slots=True)
class SendPatrol:
    """*user* wants somebody sent now."""

    user: UUID


@dataclass(frozen=True, slots=True)
class Close:
    """*user* says how it ended. ``note`` says that a note was written, which `other` needs; the store keeps its words."""

    user: UUID
    outcome: Outcome
    note: bool = False


# ---- what a carer says: a reply to a notice, by SMS, by phone key or on the page (each has its row in `carer_actions`) ----


@dataclass(frozen=True, slots=True)
class CarerWord:
    """A carer's reply to a notice. It is believed or answered in every state, and never refused."""

    notice_id: UUID


@dataclass(frozen=True, slots=True)
class SiteWord(CarerWord):
    """A word from the address. Its row says who is inside after it, which trouble it settles or seeks help for."""


@dataclass(frozen=True, slots=True)
class Took(CarerWord):
    """1: I take it, and am there in *eta_minutes* if that was said."""

    eta_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Declined(CarerWord):
    """2: I cannot; also from somebody who had taken it."""


@dataclass(frozen=True, slots=True)
class Arrived(SiteWord):
    """3: I am on site."""


@dataclass(frozen=True, slots=True)
class Done(SiteWord):
    """4: I am done. Without an outcome the alarm stays open until a person gives one."""

    outcome: Outcome | None = None
    note: bool = False


@dataclass(frozen=True, slots=True)
class CannotGetIn(SiteWord):
    """5: I am at the door and cannot get in."""


@dataclass(frozen=True, slots=True)
class NobodyHome(SiteWord):
    """I am in, and nobody is here."""


@dataclass(frozen=True, slots=True)
class Staying(SiteWord):
    """6: I am still here, and all is as it should be."""


@dataclass(frozen=True, slots=True)
class NeedsHelp(CarerWord):
    """9: I need help. Counts from anybody who was ever asked, also after the alarm was closed."""


# ---- facts ----


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A notice failed, or was not delivered within its step's wait."""

    notice_id: UUID


@dataclass(frozen=True, slots=True)
class Evidence:
    """A later session says that the person is in bed (`cleared`), or that something is wrong after all (`active`)."""

    condition: Condition
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Another raise for the same resident joins this alarm; its priority can only rise."""

    kind: AlarmKind
    priority: Priority
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class IntoIncident:
    """It has one cause with many others, and is handled with them for as long as the area's target allows."""

    incident_id: UUID


@dataclass(frozen=True, slots=True)
class CalledOff:
    """What a visit stood in for is owed again: nobody has to go. ``by`` is the rule's name or a user's id."""

    by: str


Event = (
    Tick
    | Claim
    | TakeOver
    | Renew
    | InCall
    | Release
    | SendPatrol
    | Close
    | CarerWord
    | Undelivered
    | Evidence
    | Joined
    | IntoIncident
    | CalledOff
)

_OPEN, _CLAIMED, _DISPATCHED = AlarmState.OPEN, AlarmState.CLAIMED, AlarmState.DISPATCHED
_ACCEPTED, _ON_SITE, _CLOSED = AlarmState.ACCEPTED, AlarmState.ON_SITE, AlarmState.CLOSED

TRANSITIONS: Final[Mapping[tuple[AlarmState, type], frozenset[AlarmState]]] = MappingProxyType(
    {
        (_OPEN, Tick): frozenset({_OPEN, _DISPATCHED}),
        (_OPEN, Claim): frozenset({_CLAIMED}),
        (_OPEN, TakeOver): frozenset({_CLAIMED}),
        (_OPEN, SendPatrol): frozenset({_DISPATCHED}),
        (_OPEN, Evidence): frozenset({_OPEN, _DISPATCHED}),
        (_OPEN, Joined): frozenset({_OPEN, _DISPATCHED}),
        (_OPEN, IntoIncident): frozenset({_OPEN}),
        # A carer can still speak after a dispatch that was called off.
        (_OPEN, Took): frozenset({_OPEN}),
        (_OPEN, Declined): frozenset({_OPEN}),
        (_OPEN, Undelivered): frozenset({_OPEN}),
        (_OPEN, Arrived): frozenset({_ON_SITE}),
        (_OPEN, Done): frozenset({_OPEN, _ON_SITE, _CLOSED}),
        (_OPEN, CannotGetIn): frozenset({_ON_SITE}),
        (_OPEN, NobodyHome): frozenset({_ON_SITE}),
        (_OPEN, Staying): frozenset({_ON_SITE}),
        (_OPEN, NeedsHelp): frozenset({_DISPATCHED}),
        (_OPEN, Close): frozenset({_CLOSED}),
        (_OPEN, CalledOff): frozenset({_CLOSED}),
        (_CLAIMED, Tick): frozenset({_OPEN, _CLAIMED, _DISPATCHED}),
        (_CLAIMED, Claim): frozenset({_CLAIMED}),
        (_CLAIMED, TakeOver): frozenset({_CLAIMED}),
        (_CLAIMED, Renew): frozenset({_CLAIMED}),
        (_CLAIMED, InCall): frozenset({_CLAIMED}),
        (_CLAIMED, Release): frozenset({_OPEN}),
        (_CLAIMED, SendPatrol): frozenset({_DISPATCHED}),
        (_CLAIMED, Evidence): frozenset({_CLAIMED, _DISPATCHED}),
        (_CLAIMED, Joined): frozenset({_CLAIMED, _DISPATCHED}),
        (_CLAIMED, IntoIncident): frozenset({_CLAIMED}),
        (_CLAIMED, Took): frozenset({_CLAIMED}),
        (_CLAIMED, Declined): frozenset({_CLAIMED}),
        (_CLAIMED, Undelivered): frozenset({_CLAIMED}),
        (_CLAIMED, Arrived): frozenset({_ON_SITE}),
        (_CLAIMED, Done): frozenset({_CLAIMED, _ON_SITE, _CLOSED}),
        (_CLAIMED, CannotGetIn): frozenset({_ON_SITE}),
        (_CLAIMED, NobodyHome): frozenset({_ON_SITE}),
        (_CLAIMED, Staying): frozenset({_ON_SITE}),
        (_CLAIMED, NeedsHelp): frozenset({_DISPATCHED}),
        (_CLAIMED, Close): frozenset({_CLOSED}),
        (_DISPATCHED, Tick): frozenset({_DISPATCHED}),
        (_DISPATCHED, Claim): frozenset({_DISPATCHED}),
        (_DISPATCHED, TakeOver): frozenset({_DISPATCHED}),
        (_DISPATCHED, Renew): frozenset({_DISPATCHED}),
        (_DISPATCHED, InCall): frozenset({_DISPATCHED}),
        (_DISPATCHED, Release): frozenset({_DISPATCHED}),
        (_DISPATCHED, SendPatrol): frozenset({_DISPATCHED}),
        # It was only the evidence that sent somebody: a person closes.
        (_DISPATCHED, Evidence): frozenset({_OPEN, _CLAIMED, _DISPATCHED}),
        (_DISPATCHED, Joined): frozenset({_DISPATCHED}),
        (_DISPATCHED, Took): frozenset({_ACCEPTED}),
        (_DISPATCHED, Declined): frozenset({_DISPATCHED}),
        (_DISPATCHED, Undelivered): frozenset({_DISPATCHED}),
        (_DISPATCHED, Arrived): frozenset({_ON_SITE}),
        (_DISPATCHED, Done): frozenset({_DISPATCHED, _ON_SITE, _CLOSED}),
        (_DISPATCHED, CannotGetIn): frozenset({_ON_SITE}),
        (_DISPATCHED, NobodyHome): frozenset({_ON_SITE}),
        (_DISPATCHED, Staying): frozenset({_ON_SITE}),
        (_DISPATCHED, NeedsHelp): frozenset({_DISPATCHED}),
        (_DISPATCHED, Close): frozenset({_CLOSED}),
        (_DISPATCHED, CalledOff): frozenset({_CLOSED}),
        (_ACCEPTED, Tick): frozenset({_ACCEPTED}),
        (_ACCEPTED, Claim): frozenset({_ACCEPTED}),
        (_ACCEPTED, TakeOver): frozenset({_ACCEPTED}),
        (_ACCEPTED, Renew): frozenset({_ACCEPTED}),
        (_ACCEPTED, InCall): frozenset({_ACCEPTED}),
        (_ACCEPTED, Release): frozenset({_ACCEPTED}),
        (_ACCEPTED, Evidence): frozenset({_ACCEPTED}),
        (_ACCEPTED, Joined): frozenset({_ACCEPTED}),
        (_ACCEPTED, Took): frozenset({_ACCEPTED}),
        # Cannot after all: somebody else is sought.
        (_ACCEPTED, Declined): frozenset({_ACCEPTED, _DISPATCHED}),
        (_ACCEPTED, Undelivered): frozenset({_ACCEPTED}),
        (_ACCEPTED, Arrived): frozenset({_ACCEPTED, _ON_SITE}),
        (_ACCEPTED, Done): frozenset({_ACCEPTED, _ON_SITE, _CLOSED}),
        (_ACCEPTED, CannotGetIn): frozenset({_ACCEPTED, _ON_SITE}),
        (_ACCEPTED, NobodyHome): frozenset({_ACCEPTED, _ON_SITE}),
        (_ACCEPTED, Staying): frozenset({_ACCEPTED, _ON_SITE}),
        (_ACCEPTED, NeedsHelp): frozenset({_ACCEPTED}),
        (_ACCEPTED, Close): frozenset({_CLOSED}),
        (_ON_SITE, Tick): frozenset({_ON_SITE}),
        (_ON_SITE, Claim): frozenset({_ON_SITE}),
        (_ON_SITE, TakeOver): frozenset({_ON_SITE}),
        (_ON_SITE, Renew): frozenset({_ON_SITE}),
        (_ON_SITE, InCall): frozenset({_ON_SITE}),
        (_ON_SITE, Release): frozenset({_ON_SITE}),
        # Something new after the carer was done: somebody has to go again.
        (_ON_SITE, Evidence): frozenset({_ON_SITE, _DISPATCHED}),
        (_ON_SITE, Joined): frozenset({_ON_SITE, _DISPATCHED}),
        (_ON_SITE, Took): frozenset({_ON_SITE}),
        (_ON_SITE, Declined): frozenset({_ON_SITE, _DISPATCHED}),
        (_ON_SITE, Undelivered): frozenset({_ON_SITE}),
        (_ON_SITE, Arrived): frozenset({_ON_SITE}),
        (_ON_SITE, Done): frozenset({_ON_SITE, _CLOSED}),
        (_ON_SITE, CannotGetIn): frozenset({_ON_SITE}),
        (_ON_SITE, NobodyHome): frozenset({_ON_SITE}),
        (_ON_SITE, Staying): frozenset({_ON_SITE}),
        (_ON_SITE, NeedsHelp): frozenset({_ON_SITE}),
        (_ON_SITE, Close): frozenset({_CLOSED}),
        # What a carer says is answered for ever.
        (_CLOSED, Took): frozenset({_CLOSED}),
        (_CLOSED, Declined): frozenset({_CLOSED}),
        (_CLOSED, Undelivered): frozenset({_CLOSED}),
        (_CLOSED, Arrived): frozenset({_CLOSED}),
        (_CLOSED, Done): frozenset({_CLOSED}),
        (_CLOSED, CannotGetIn): frozenset({_CLOSED}),
        (_CLOSED, NobodyHome): frozenset({_CLOSED}),
        (_CLOSED, Staying): frozenset({_CLOSED}),
        (_CLOSED, NeedsHelp): frozenset({_CLOSED}),
    }
)
"""What can come of which event in which state; what is not here is an illegal move."""
