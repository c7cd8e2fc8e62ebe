"""Effects of a decision over a check: each becomes a row in the decision's own transaction."""

from dataclasses import dataclass
from datetime import datetime

from alarm_center.core.check.state import Attempt, Check
from alarm_center.core.decision import Raise, Write
from schemas.vocabulary import AlarmKind


@dataclass(frozen=True, slots=True)
class CommandLook:
    """Have the device make *attempt* by command."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Visit:
    """A planned visit comes in the check's stead or beside it, at *at*."""

    at: datetime


@dataclass(frozen=True, slots=True)
class CallOff:
    """The visit that was to come in the check's stead or beside it is not needed, unless somebody has it already."""


@dataclass(frozen=True, slots=True)
class Clear:
    """The reason of an alarm holds no longer: tell the open one, if its kind is *only* that."""

    only: AlarmKind | None = None


@dataclass(frozen=True, slots=True)
class NewConfig:
    """The device's list has changed: make a new version."""


CheckEffect = Write | CommandLook | Raise | Visit | CallOff | Clear | NewConfig


@dataclass(frozen=True, slots=True)
class CheckDecision:
    """A check after one event, with the effects that its transaction has to write."""

    check: Check
    effects: tuple[CheckEffect, ...] = ()
