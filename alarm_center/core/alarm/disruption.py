"""Many waiting alarms with one cause, which a board offers as one list: those of an incident, of one area, or of the whole town.

`incident` decides which alarms are joined and told of as one; here nothing is joined.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from alarm_center.core.alarm.state import Alarm, AlarmState
from schemas.vocabulary import AlarmKind, Priority

MOST_BY_ONE: Final = 10
"""Alarms of one cause that a person still takes one by one; of more it looks like a disruption (docs/screens.md)."""
LISTED: Final = (AlarmState.OPEN, AlarmState.CLAIMED, AlarmState.DISPATCHED)
"""States of an alarm that nobody has accepted: its place is still to be checked."""


@dataclass(frozen=True, slots=True)
class Disruption:
    """Alarms of one cause. ``area_id`` is ``None`` where they lie in several areas, ``incident_id`` where they are no one incident's."""

    org: str
    kind: AlarmKind
    area_id: UUID | None
    incident_id: UUID | None
    places: int


def likely_disruptions(alarms: Iterable[Alarm]) -> list[Disruption]:
    """Return what more than :data:`MOST_BY_ONE` of *alarms* have in common, most places first; each alarm is counted in one."""
    left = [
        a
        for a in alarms
        if a.policy.flood is not None and not a.visit and a.priority is not Priority.FIRST and a.state in LISTED
    ]
    found = []
    for cause in (_of_incident, _of_area, _of_town):
        groups: defaultdict[Hashable, list[Alarm]] = defaultdict(list)
        for alarm in left:
            groups[cause(alarm)].append(alarm)
        many = [group for key, group in groups.items() if key is not None and len(group) > MOST_BY_ONE]
        found += [_disruption(group) for group in many]
        counted = {alarm.alarm_id for group in many for alarm in group}
        left = [alarm for alarm in left if alarm.alarm_id not in counted]
    return sorted(found, key=lambda one: (-one.places, one.org, one.kind, str(one.area_id)))


def _of_incident(alarm: Alarm) -> Hashable:
    return alarm.incident_id


def _of_area(alarm: Alarm) -> Hashable:
    return alarm.org, alarm.kind, alarm.area_id


def _of_town(alarm: Alarm) -> Hashable:
    return alarm.org, alarm.kind


def _disruption(group: list[Alarm]) -> Disruption:
    first = group[0]
    areas, incidents = {a.area_id for a in group}, {a.incident_id for a in group}
    return Disruption(
        first.org,
        first.kind,
        first.area_id if len(areas) == 1 else None,
        first.incident_id if len(incidents) == 1 else None,
        len(group),
    )
