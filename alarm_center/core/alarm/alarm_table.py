"""The state machine of an alarm: the states that each event may lead to from each state.

The machine is three tables, each with its own rule. A carer's reply is answered in every state. An act of a person at a
screen is refused where it makes no sense. A fact is taken while it can concern the alarm. `alarm.decide` asks
`next_states` before and after: it refuses what is in no table, and leads nowhere else. docs/alarm.md is drawn from them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from alarm_center.core.alarm.alarm_events import (
    CARER_REPLIES,
    AcknowledgeTrouble,
    AddressLost,
    AlarmTick,
    AskCarersAgain,
    CalledOff,
    CancelDispatch,
    CarerReply,
    ClaimCase,
    Close,
    ColleagueInNeed,
    ConditionReported,
    Declined,
    Done,
    InCall,
    IntoIncident,
    Joined,
    NeedsHelp,
    ReleaseCase,
    Renew,
    ReplaceCarer,
    SendPatrol,
    SiteReply,
    TakeOver,
    Took,
    Undelivered,
)
from alarm_center.core.alarm.state import AlarmState

_OPEN, _CLAIMED, _DISPATCHED = AlarmState.OPEN, AlarmState.CLAIMED, AlarmState.DISPATCHED
_ACCEPTED, _ON_SITE, _CLOSED = AlarmState.ACCEPTED, AlarmState.ON_SITE, AlarmState.CLOSED
_WAITING = (_OPEN, _CLAIMED, _DISPATCHED)
_OPEN_STATES = (*_WAITING, _ACCEPTED, _ON_SITE)

StateRow = Mapping[AlarmState, frozenset[AlarmState]]
"""One event: the states in which it can happen, and which states can come of each."""


def _no_change(*states: AlarmState) -> StateRow:
    return {state: frozenset({state}) for state in states}


def _change_to(states: tuple[AlarmState, ...], *to: AlarmState) -> StateRow:
    return {state: frozenset(to) for state in states}


def _maybe_change_to(states: tuple[AlarmState, ...], *to: AlarmState) -> StateRow:
    """Return a row in which each state stays or becomes one of *to*."""
    return {state: frozenset({state, *to}) for state in states}


def _in_every_state(*changes: StateRow) -> StateRow:
    """Return a row that refuses in no state; the state stays where none of *changes* says otherwise."""
    row = dict(_no_change(*AlarmState))
    for change in changes:
        row.update(change)
    return row


_TAKES = {**_change_to((_OPEN,), _CLAIMED), **_no_change(_CLAIMED, _DISPATCHED, _ACCEPTED, _ON_SITE)}
_IN_HAND = _no_change(_CLAIMED, _DISPATCHED, _ACCEPTED, _ON_SITE)

SCREEN_TABLE: Final[Mapping[type, StateRow]] = MappingProxyType(
    {
        ClaimCase: _TAKES,
        TakeOver: _TAKES,
        Renew: _IN_HAND,
        InCall: _IN_HAND,
        ReleaseCase: {**_IN_HAND, **_change_to((_CLAIMED,), _OPEN)},
        SendPatrol: _change_to(_WAITING, _DISPATCHED),
        # Whoever is on site is sent away by nobody at a screen.
        ReplaceCarer: {**_no_change(_DISPATCHED), **_maybe_change_to((_ACCEPTED,), _DISPATCHED)},
        AskCarersAgain: _no_change(_DISPATCHED, _ACCEPTED, _ON_SITE),
        CancelDispatch: _change_to((_DISPATCHED, _ACCEPTED), _OPEN, _CLAIMED),
        # What is over, or seen to by another, is refused nowhere: two may tap at once.
        AcknowledgeTrouble: _no_change(*_OPEN_STATES),
        Close: _change_to(_OPEN_STATES, _CLOSED),
    }
)
"""Acts of a person at a screen, and the states in which each may be done."""

REPLY_TABLE: Final[Mapping[type, StateRow]] = MappingProxyType(
    {
        CarerReply: _in_every_state(),
        SiteReply: _in_every_state(_change_to(_WAITING, _ON_SITE), _maybe_change_to((_ACCEPTED,), _ON_SITE)),
        # Called off, or a lead's "jag ordnar" to a cry for help: the carer is answered, and nobody owns it.
        # On site, and their shift is over: whoever takes it then drives there.
        Took: _in_every_state(_maybe_change_to((_DISPATCHED, _ON_SITE), _ACCEPTED)),
        # Cannot after all: somebody else is sought, unless another carer has it too.
        Declined: _in_every_state(_maybe_change_to((_ACCEPTED, _ON_SITE), _DISPATCHED)),
        # The lead may say how it ended without going there.
        Done: _in_every_state(_maybe_change_to(_OPEN_STATES, _ON_SITE, _CLOSED)),
        NeedsHelp: _in_every_state(_change_to((_OPEN, _CLAIMED), _DISPATCHED)),
    }
)
"""A carer's word is answered in every state, for ever; the rows say where it changes the state. A word without a row of
its own has that of its class, so that a new one is never refused."""

FACT_TABLE: Final[Mapping[type, StateRow]] = MappingProxyType(
    {
        Undelivered: _in_every_state(),
        AddressLost: _in_every_state(),
        AlarmTick: {
            **_maybe_change_to((_OPEN,), _DISPATCHED),
            **_maybe_change_to((_CLAIMED,), _OPEN, _DISPATCHED),
            **_no_change(_DISPATCHED, _ACCEPTED, _ON_SITE),
        },
        ConditionReported: {
            **_maybe_change_to((_OPEN, _CLAIMED), _DISPATCHED),
            # It was only the evidence that sent somebody: a person closes.
            **_maybe_change_to((_DISPATCHED,), _OPEN, _CLAIMED),
            **_no_change(_ACCEPTED),
            # Something new after the carer was done: somebody has to go again.
            **_maybe_change_to((_ON_SITE,), _DISPATCHED),
        },
        Joined: {**_maybe_change_to((_OPEN, _CLAIMED, _ON_SITE), _DISPATCHED), **_no_change(_DISPATCHED, _ACCEPTED)},
        # A visit also while somebody is sought for it.
        IntoIncident: _no_change(_OPEN, _CLAIMED, _DISPATCHED),
        ColleagueInNeed: {**_change_to((_OPEN, _CLAIMED), _DISPATCHED), **_no_change(_DISPATCHED, _ACCEPTED, _ON_SITE)},
        CalledOff: _change_to((_OPEN, _DISPATCHED), _CLOSED),
    }
)
"""Facts: they happen without anybody's wish. An undelivered notice is one in every state."""

_ROWS: Final = {**SCREEN_TABLE, **REPLY_TABLE, **FACT_TABLE}


def next_states(state: AlarmState, event: type) -> frozenset[AlarmState]:
    """Return the states that an *event* of this class can lead to from *state*; none makes it an illegal move."""
    row = next((_ROWS[kind] for kind in event.__mro__ if kind in _ROWS), {})
    return row.get(state, frozenset())


TRANSITIONS: Final[Mapping[tuple[AlarmState, type], frozenset[AlarmState]]] = MappingProxyType(
    {
        (state, event): next_states(state, event)
        for event in (*SCREEN_TABLE, *CARER_REPLIES, *FACT_TABLE)
        for state in AlarmState
        if next_states(state, event)
    }
)
"""The whole machine, to be drawn and tested."""
