"""Rule of incidents: which of an area's alarms have one cause and join, and the kind that an incident is named after.

Something wrong with a person is never joined, held or throttled; neither is what a person raised.
`casework/incidents.py` opens and closes incidents.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alarm_center.core.alarm.alarm_kinds import POLICY, Flood
from alarm_center.core.alarm.state import Alarm, AlarmState
from schemas.vocabulary import AlarmKind, Priority

JOINED_KINDS: tuple[AlarmKind, ...] = tuple(kind for kind, policy in POLICY.items() if policy.flood is not None)
"""Kinds that machines raise about themselves, or about a look that showed nothing."""
OUR_ABSENCE: tuple[AlarmKind, ...] = tuple(kind for kind, policy in POLICY.items() if policy.of_our_absence)


@dataclass(frozen=True, slots=True)
class IncidentRule:
    """Limits from which many alarms are one incident (docs/alarm.md#incidents); a town may set each otherwise."""

    devices: int = 5
    share: float = 0.2
    """Of the area's devices."""
    within: timedelta = timedelta(minutes=5)
    times_usual: float = 10.0
    """So many times its usual rate is *far above* it, for a kind other than technical."""


def can_join(alarm: Alarm) -> bool:
    """Tell whether *alarm* may still join an incident: nobody has been sent for it, and nothing forbids it."""
    return (
        alarm.policy.flood is not None
        and alarm.priority is not Priority.FIRST
        and not alarm.visit
        and alarm.incident_id is None
        and alarm.state in (AlarmState.OPEN, AlarmState.CLAIMED)
    )


def can_be_listed(alarm: Alarm) -> bool:
    """Tell whether *alarm* is a visit that may stand on an incident's list: nobody has taken it. It goes out by itself all the same."""
    untaken = (AlarmState.OPEN, AlarmState.CLAIMED, AlarmState.DISPATCHED)
    return alarm.visit and alarm.incident_id is None and alarm.state in untaken


def alarms_to_join(
    alarms: Iterable[Alarm],
    devices_in_area: int,
    now: datetime,
    rule: IncidentRule = IncidentRule(),
    usual: Mapping[AlarmKind, float] | None = None,
) -> tuple[Alarm, ...]:
    """Return those of one area's *alarms* that are to join one incident now, the oldest first; empty means none.

    Technical alarms of the last ``rule.within`` count by device, the ones in an incident already included. Other
    kinds join where *usual* (expected alarms of that kind per ``rule.within`` in the area) is far exceeded.
    """
    recent = [
        a for a in alarms if now - rule.within <= a.opened_at <= now and a.policy.flood is not None and not a.visit
    ]
    found: list[Alarm] = []
    for kind in JOINED_KINDS:
        alike = [a for a in recent if a.kind is kind]
        devices = {a.device_id for a in alike if a.device_id is not None}
        enough = len(devices) >= rule.devices
        if POLICY[kind].flood is Flood.SHARE_OF_DEVICES:
            flood = enough and len(devices) >= rule.share * devices_in_area
        else:
            rate = (usual or {}).get(kind)
            flood = enough and rate is not None and len(alike) >= rule.times_usual * rate
        if flood:
            found += [a for a in alike if can_join(a)]
    return tuple(sorted(found, key=lambda a: (a.opened_at, a.case_no)))


def kind_of_incident(joining: Iterable[Alarm]) -> AlarmKind:
    """Return the kind that an incident of *joining* is named after: a fault of devices before what comes of it."""
    return min((a.kind for a in joining), key=lambda kind: POLICY[kind].flood is not Flood.SHARE_OF_DEVICES)
