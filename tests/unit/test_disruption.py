"""More than ten waiting alarms of one cause look like a disruption: of an incident, an area, or the town."""

from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

from alarm_center.core.alarm import Alarm, AlarmState
from alarm_center.core.alarm.disruption import Disruption, likely_disruptions
from schemas.vocabulary import AlarmKind, Priority
from tests.support.alarm_story import HERE, THERE, Story

NUMBERS = count(1)
INCIDENT = UUID(int=99)


def many(how_many: int, kind: AlarmKind = AlarmKind.TECHNICAL, **values: Any) -> list[Alarm]:
    """Return so many alarms of *kind*, each of its own."""
    one = Story(kind).alarm
    return [replace(one, alarm_id=UUID(int=next(NUMBERS)), **values) for _ in range(how_many)]


def told(alarms: list[Alarm]) -> list[tuple[AlarmKind, UUID | None, UUID | None, int]]:
    """Return what looks like a disruption: its kind, area, incident and places."""
    return [(one.kind, one.area_id, one.incident_id, one.places) for one in likely_disruptions(alarms)]


def test_eleven_of_one_kind_in_an_area_are_one_disruption() -> None:
    assert told(many(10)) == []
    alarms = many(11) + many(3, area_id=THERE)
    assert told(alarms) == [(AlarmKind.TECHNICAL, HERE, None, 11)]
    assert likely_disruptions(alarms) == [Disruption(alarms[0].org, AlarmKind.TECHNICAL, HERE, None, 11)]


def test_few_in_each_area_are_the_towns_where_they_are_many() -> None:
    assert told(many(6) + many(6, area_id=THERE)) == [(AlarmKind.TECHNICAL, None, None, 12)]
    assert told(many(6) + many(6, AlarmKind.NOT_SEEN)) == [], "two causes"
    assert told(many(6) + many(6, org="vast")) == [], "two towns"


def test_an_incident_is_one_cause_whatever_its_kinds() -> None:
    joined = many(6, incident_id=INCIDENT) + many(6, AlarmKind.NOT_SEEN, area_id=THERE, incident_id=INCIDENT)
    assert [(area, incident, places) for _, area, incident, places in told(joined + many(2))] == [(None, INCIDENT, 12)]


def test_who_may_be_in_danger_or_is_seen_to_is_not_counted() -> None:
    assert told(many(11, AlarmKind.SOMETHING_WRONG)) == []
    assert told(many(11, priority=Priority.FIRST)) == []
    assert told(many(11, visit=True)) == []
    assert told(many(10) + many(1, state=AlarmState.ACCEPTED)) == []
    assert told(many(10) + many(1, state=AlarmState.DISPATCHED)) != []
