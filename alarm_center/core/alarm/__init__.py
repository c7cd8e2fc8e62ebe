"""An alarm: its values, the events that it takes, the decision over it, and its dispatch."""

from alarm_center.core.alarm.alarm_decisions import decide, open_alarm
from alarm_center.core.alarm.alarm_effects import (
    AlarmDecision,
    AlarmEffect,
    CalmBoard,
    Notify,
    RedBoard,
    StaffPresence,
    Tell,
    TellLead,
)
from alarm_center.core.alarm.alarm_events import AlarmEvent
from alarm_center.core.alarm.state import (
    Alarm,
    AlarmState,
    Dispatch,
    DispatchPurpose,
    DispatchState,
    NewAlarm,
    Notice,
    NoticeState,
)

__all__ = [
    "Alarm",
    "AlarmDecision",
    "AlarmEffect",
    "AlarmEvent",
    "AlarmState",
    "CalmBoard",
    "Dispatch",
    "DispatchPurpose",
    "DispatchState",
    "NewAlarm",
    "Notice",
    "NoticeState",
    "Notify",
    "RedBoard",
    "StaffPresence",
    "Tell",
    "TellLead",
    "decide",
    "open_alarm",
]
