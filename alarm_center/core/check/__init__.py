"""A check: its values, the events and requests that it takes, and the decision over it."""

from alarm_center.core.check.check_decisions import TRANSITIONS, decide, plan_check
from alarm_center.core.check.check_effects import (
    CallOff,
    CheckDecision,
    CheckEffect,
    Clear,
    CommandLook,
    NewConfig,
    Visit,
)
from alarm_center.core.check.check_events import (
    AskAgain,
    Cancel,
    CheckEvent,
    CheckTick,
    FaultGone,
    FaultKnown,
    PersonSaid,
    Restore,
    SessionJudged,
    StaffDone,
    StaffOnSite,
    VisitBeside,
)
from alarm_center.core.check.state import ENDED, Attempt, AttemptState, Check, CheckState, NewCheck

__all__ = [
    "ENDED",
    "TRANSITIONS",
    "AskAgain",
    "Attempt",
    "AttemptState",
    "CallOff",
    "Cancel",
    "Check",
    "CheckDecision",
    "CheckEffect",
    "CheckEvent",
    "CheckState",
    "CheckTick",
    "Clear",
    "CommandLook",
    "FaultGone",
    "FaultKnown",
    "NewCheck",
    "NewConfig",
    "PersonSaid",
    "Restore",
    "SessionJudged",
    "StaffDone",
    "StaffOnSite",
    "Visit",
    "VisitBeside",
    "decide",
    "plan_check",
]
