"""Many alarms with one cause are one incident; a person in trouble is never part of it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from alarm_center.core.alarm.incident import (
    INCIDENT_LADDER,
    IncidentProgress,
    alarms_to_join,
    can_join,
    has_grown,
    kind_of_incident,
    phones_of_first_list,
    phones_of_rung,
    phones_to_call,
    tell_on,
    tell_on_at_once,
)
from alarm_center.core.alarm.state import Alarm, AlarmState
from schemas.vocabulary import AlarmKind, Priority
from tests.support.alarm_story import FIRST, FIXED, HERE, LEAD, NEAR, SECOND, START, Story, town


def alarm(number: int, kind: AlarmKind = AlarmKind.TECHNICAL, seconds_ago: int = 30) -> Alarm:
    one = Story(kind).alarm
    opened_at = START - timedelta(seconds=seconds_ago)
    return replace(one, alarm_id=UUID(int=number), device_id=f"b{number}", case_no=4000 + number, opened_at=opened_at)


def test_5_devices_and_a_fifth_of_an_area_are_one_incident() -> None:
    alarms = [alarm(n, seconds_ago=60 * n) for n in range(1, 6)]
    assert [a.case_no for a in alarms_to_join(alarms, 25, START)] == [4005, 4004, 4003, 4002, 4001]


@pytest.mark.parametrize(
    ("alarms", "devices"),
    [
        ([alarm(n) for n in range(1, 5)], 10),
        ([alarm(n) for n in range(1, 6)], 26),
        ([alarm(n) for n in range(1, 5)] + [alarm(5, seconds_ago=301)], 10),
        ([alarm(1) for _ in range(6)], 10),
    ],
    ids=["four devices", "less than a fifth", "spread out in time", "one device many times"],
)
def test_fewer_than_that_go_each_by_itself(alarms: list[Alarm], devices: int) -> None:
    assert alarms_to_join(alarms, devices, START) == ()


def test_alarms_in_an_incident_count_and_do_not_join_again() -> None:
    joined = [replace(alarm(n), incident_id=UUID(int=99)) for n in range(1, 6)]
    assert [a.case_no for a in alarms_to_join([*joined, alarm(6)], 20, START)] == [4006]


def test_somebody_who_fell_among_forty_lost_links_is_not_joined() -> None:
    fall = alarm(50, AlarmKind.SOMETHING_WRONG)
    gathered = alarms_to_join([*(alarm(n) for n in range(1, 41)), fall], 60, START)
    assert len(gathered) == 40
    assert fall not in gathered
    assert not can_join(fall)


def test_another_kind_far_above_its_usual_rate_is_an_incident() -> None:
    alarms = [alarm(n, AlarmKind.NOT_SEEN) for n in range(1, 8)]
    assert len(alarms_to_join(alarms, 100, START, usual={AlarmKind.NOT_SEEN: 0.5})) == 7
    assert alarms_to_join(alarms, 100, START, usual={AlarmKind.NOT_SEEN: 1.0}) == ()
    assert alarms_to_join(alarms, 100, START) == ()


@pytest.mark.parametrize(
    "one",
    [
        replace(alarm(1), state=AlarmState.DISPATCHED),
        replace(alarm(1), state=AlarmState.ON_SITE),
        replace(alarm(1), priority=Priority.FIRST),
        replace(alarm(1), visit=True),
        alarm(1, AlarmKind.MANUAL),
        alarm(1, AlarmKind.TEST),
    ],
)
def test_what_has_been_sent_or_is_a_persons_own_is_left_alone(one: Alarm) -> None:
    assert not can_join(one)


def test_an_incident_is_named_after_a_fault_of_devices() -> None:
    unseen, fault = alarm(1, AlarmKind.NOT_SEEN), alarm(2, AlarmKind.TECHNICAL)
    assert kind_of_incident([unseen, fault]) == kind_of_incident([fault, unseen]) == AlarmKind.TECHNICAL
    assert kind_of_incident([unseen, alarm(3, AlarmKind.SERVICE)]) is AlarmKind.NOT_SEEN


def test_an_alarm_that_opened_just_within_the_window_counts() -> None:
    edge = [alarm(n, seconds_ago=300) for n in range(1, 6)]
    assert len(alarms_to_join(edge, 25, START)) == 5
    assert alarms_to_join([replace(a, opened_at=START + timedelta(seconds=1)) for a in edge], 25, START) == ()


def test_ten_times_the_usual_is_far_above_it() -> None:
    alarms = [alarm(n, AlarmKind.NOT_SEEN) for n in range(1, 6)]
    assert len(alarms_to_join(alarms, 100, START, usual={AlarmKind.NOT_SEEN: 0.5})) == 5
    assert alarms_to_join(alarms, 100, START, usual={AlarmKind.NOT_SEEN: 0.51}) == ()
    assert alarms_to_join(alarms[:4], 100, START, usual={AlarmKind.NOT_SEEN: 0.1}) == ()


def test_what_joins_comes_the_oldest_first() -> None:
    alarms = [alarm(n, seconds_ago=10 * (6 - n)) for n in range(1, 6)]
    twins = [replace(a, opened_at=START) for a in reversed(alarms)]
    assert [a.case_no for a in alarms_to_join(reversed(alarms), 25, START)] == [4001, 4002, 4003, 4004, 4005]
    assert [a.case_no for a in alarms_to_join(twins, 25, START)] == [4001, 4002, 4003, 4004, 4005]


# ---- a list that is not ticked in time ----

TARGET = timedelta(minutes=45)


def steps_until(progress: IncidentProgress, minutes: int) -> tuple[IncidentProgress, list[int]]:
    """Return the progress after as many minutes from the start, and the minutes at which a step was due."""
    due = []
    for minute in range(minutes):
        progress, rung = tell_on(progress, START + timedelta(minutes=minute), TARGET, waits=True)
        if rung is not None:
            due.append(minute)
    return progress, due


def test_an_incident_gets_louder_until_it_is_acknowledged() -> None:
    progress, due = steps_until(IncidentProgress(), 90)
    assert due == [45, 50, 55, 70, 85]
    assert progress.asks_lead and progress.red_at == START + timedelta(minutes=55)
    seen = replace(progress, acknowledged_at=START + timedelta(minutes=90))
    assert not seen.asks_lead
    calm, rung = tell_on(seen, START + timedelta(minutes=91), TARGET, waits=True)
    assert (calm.step, calm.next_at, rung) == (1, START + timedelta(minutes=135), None)
    assert tell_on(calm, START + timedelta(minutes=135), TARGET, waits=True)[1] is INCIDENT_LADDER[1]


def test_a_lead_sees_to_it_before_it_is_red() -> None:
    asked, due = steps_until(IncidentProgress(), 51)
    assert due == [45, 50] and asked.asks_lead and asked.red_at is None
    seen = replace(asked, acknowledged_at=START + timedelta(minutes=50))
    assert not seen.asks_lead
    calm, rung = tell_on(seen, START + timedelta(minutes=51), TARGET, waits=True)
    assert (calm.next_at, rung) == (START + timedelta(minutes=95), None)
    assert not calm.asks_lead
    again, _ = tell_on(calm, START + timedelta(minutes=95), TARGET, waits=True)
    assert again.asks_lead


def test_a_step_that_nobody_hears_is_not_acknowledged() -> None:
    seen = IncidentProgress(1, START + timedelta(minutes=2), None, START)
    target = timedelta(minutes=2)
    at = START + timedelta(minutes=2)
    progress, rung = tell_on(seen, at, target, waits=True)
    assert rung is INCIDENT_LADDER[1]
    progress, rung = tell_on_at_once(progress, at, target)
    assert rung is INCIDENT_LADDER[2] and progress.asks_lead
    assert (progress.red_at, progress.acknowledged_at) == (at, START)


def test_before_the_leads_step_nobody_is_asked_to_see_to_it() -> None:
    progress, due = steps_until(IncidentProgress(), 46)
    assert due == [45]
    assert not progress.asks_lead


def test_a_late_clock_takes_one_step_at_a_time() -> None:
    progress, _ = tell_on(IncidentProgress(), START, TARGET, waits=True)
    late, rung = tell_on(progress, START + timedelta(hours=9), TARGET, waits=True)
    assert rung is INCIDENT_LADDER[0]
    assert late.next_at == START + timedelta(hours=9, minutes=5)


def test_an_incident_without_a_waiting_place_asks_nobody() -> None:
    progress, _ = steps_until(IncidentProgress(), 60)
    assert tell_on(progress, START + timedelta(hours=2), TARGET, waits=False) == (IncidentProgress(), None)


def test_the_list_goes_to_who_has_not_had_it() -> None:
    first, lead, red = INCIDENT_LADDER
    assert phones_of_first_list(town(), HERE, START) == (FIRST, SECOND, LEAD)
    assert phones_of_rung(first, town(), HERE, START, START) == (NEAR,)
    assert phones_of_rung(first, town(FIRST), HERE, START, START) == ()
    assert phones_of_first_list(town(NEAR), HERE, START) == (NEAR,)
    assert phones_of_rung(first, town(NEAR), HERE, START, START) == ()
    assert phones_of_rung(lead, town(), HERE, START, START) == (LEAD,)
    assert phones_of_rung(red, town(), HERE, START, START) == (LEAD, FIXED)
    assert phones_of_rung(red, town(fixed=None), HERE, START, START) == (LEAD,)


def test_a_patrol_that_came_since_goes_before_a_neighbour() -> None:
    roster = town()
    fresh = replace(roster.shifts[1], starts_at=START + timedelta(minutes=10))
    changed = replace(roster, shifts=(roster.shifts[0], fresh, *roster.shifts[2:]))
    later = START + timedelta(minutes=45)
    assert phones_of_rung(INCIDENT_LADDER[0], changed, HERE, later, START) == (SECOND,)


def test_ticked_places_make_room_for_none() -> None:
    assert has_grown(8, 5, 5) and not has_grown(7, 5, 5)
    assert has_grown(20, 20, 0), "a second wave, as large as the first that was ticked"
    assert has_grown(1, 20, 0) and not has_grown(20, 20, 20)
    assert has_grown(40, 20, 40), "those of the same minute that were joined later"


def test_a_list_goes_to_who_takes_sms_and_red_calls_the_lead() -> None:
    lead = INCIDENT_LADDER[1]
    on_duty = town()
    stopped = replace(on_duty, shifts=tuple(replace(s, takes_sms=s.phone not in (FIRST, LEAD)) for s in on_duty.shifts))
    assert phones_of_first_list(stopped, HERE, START) == (SECOND,)
    assert phones_of_rung(lead, stopped, HERE, START, START) == ()
    assert phones_to_call(INCIDENT_LADDER[2], stopped, HERE, START) == (LEAD, FIXED)
    assert phones_to_call(lead, stopped, HERE, START) == ()
