"""Events that `alarm.decide` takes, and the machine: what may come of each in which state.

Three tables, each with its own rule. A carer's word is answered in every state. What a person at a screen wishes is
refused where it makes no sense. Facts are taken while they can concern the alarm. `alarm.decide` asks `becomes` before and
after: it refuses what is in no table, and leads nowhere else. docs/alarm.md is drawn from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from alarm_center.core.case import AlarmState
from schemas.vocabulary import AlarmKind, Condition, Outcome, Priority, Reason


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
_WAITING = (_OPEN, _CLAIMED, _DISPATCHED)
_OPEN_STATES = (*_WAITING, _ACCEPTED, _ON_SITE)

Row = Mapping[AlarmState, frozenset[AlarmState]]
"""One event: the states in which it can happen, and which states can come of each."""


def _stays(*states: AlarmState) -> Row:
    return {state: frozenset({state}) for state in states}


def _leads(states: tuple[AlarmState, ...], *to: AlarmState) -> Row:
    return {state: frozenset(to) for state in states}


def _or_leads(states: tuple[AlarmState, ...], *to: AlarmState) -> Row:
    """It stays as it is, or becomes one of *to*."""
    return {state: frozenset({state, *to}) for state in states}


def _in_every_state(*changes: Row) -> Row:
    """Never refused: where none of *changes* says otherwise, it changes nothing of the state."""
    row = dict(_stays(*AlarmState))
    for change in changes:
        row.update(change)
    return row


_TAKES = {**_leads((_OPEN,), _CLAIMED), **_stays(_CLAIMED, _DISPATCHED, _ACCEPTED, _ON_SITE)}
_IN_HAND = _stays(_CLAIMED, _DISPATCHED, _ACCEPTED, _ON_SITE)

AT_A_SCREEN: Final[Mapping[type, Row]] = MappingProxyType(
    {
        Claim: _TAKES,
        TakeOver: _TAKES,
        Renew: _IN_HAND,
        InCall: _IN_HAND,
        Release: {**_IN_HAND, **_leads((_CLAIMED,), _OPEN)},
        SendPatrol: _leads(_WAITING, _DISPATCHED),
        Close: _leads(_OPEN_STATES, _CLOSED),
    }
)
"""Acts of a person at a screen, and the states in which each may be done."""

CARERS_WORDS: Final[Mapping[type, Row]] = MappingProxyType(
    {
        CarerWord: _in_every_state(),
        SiteWord: _in_every_state(_leads(_WAITING, _ON_SITE), _or_leads((_ACCEPTED,), _ON_SITE)),
        # After a dispatch that was called off a carer is answered, and nobody owns it.
        Took: _in_every_state(_leads((_DISPATCHED,), _ACCEPTED)),
        # Cannot after all: somebody else is sought, unless another carer has it too.
        Declined: _in_every_state(_or_leads((_ACCEPTED, _ON_SITE), _DISPATCHED)),
        # The lead may say how it ended without going there.
        Done: _in_every_state(_or_leads(_OPEN_STATES, _ON_SITE, _CLOSED)),
        NeedsHelp: _in_every_state(_leads((_OPEN, _CLAIMED), _DISPATCHED)),
    }
)
"""A carer's word is answered in every state, for ever; the rows say where it changes the state. A word without a row of
its own has that of its class, so that a new one is never refused."""

FACTS: Final[Mapping[type, Row]] = MappingProxyType(
    {
        Undelivered: _in_every_state(),
        Tick: {
            **_or_leads((_OPEN,), _DISPATCHED),
            **_or_leads((_CLAIMED,), _OPEN, _DISPATCHED),
            **_stays(_DISPATCHED, _ACCEPTED, _ON_SITE),
        },
        Evidence: {
            **_or_leads((_OPEN, _CLAIMED), _DISPATCHED),
            # It was only the evidence that sent somebody: a person closes.
            **_or_leads((_DISPATCHED,), _OPEN, _CLAIMED),
            **_stays(_ACCEPTED),
            # Something new after the carer was done: somebody has to go again.
            **_or_leads((_ON_SITE,), _DISPATCHED),
        },
        Joined: {**_or_leads((_OPEN, _CLAIMED, _ON_SITE), _DISPATCHED), **_stays(_DISPATCHED, _ACCEPTED)},
        IntoIncident: _stays(_OPEN, _CLAIMED),
        CalledOff: _leads((_OPEN, _DISPATCHED), _CLOSED),
    }
)
"""Facts: they happen without anybody's wish. An undelivered notice is one in every state."""

_ROWS: Final = {**AT_A_SCREEN, **CARERS_WORDS, **FACTS}


def becomes(state: AlarmState, event: type) -> frozenset[AlarmState]:
    """Return what can come of an *event* of this class in *state*; nothing: it is an illegal move."""
    row = next((_ROWS[kind] for kind in event.__mro__ if kind in _ROWS), {})
    return row.get(state, frozenset())


WORDS: Final = (Took, Declined, Arrived, Done, CannotGetIn, NobodyHome, Staying, NeedsHelp)

TRANSITIONS: Final[Mapping[tuple[AlarmState, type], frozenset[AlarmState]]] = MappingProxyType(
    {
        (state, event): becomes(state, event)
        for event in (*AT_A_SCREEN, *WORDS, *FACTS)
        for state in AlarmState
        if becomes(state, event)
    }
)
"""The whole machine, to be drawn and tested."""
