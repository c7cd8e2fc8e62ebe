"""An answer's effect on its check: each row of the reason table, looking again, and nothing at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alarm_center.core.check.check_decisions import decide
from alarm_center.core.check.check_effects import CommandLook
from alarm_center.core.check.check_events import CheckTick, PersonSaid
from alarm_center.core.check.state import AttemptState, CheckState
from alarm_center.core.plan import Plan
from alarm_center.core.reason_table import REASON_TABLE, Reaction, Rule
from schemas.timeline import EventKind
from schemas.vocabulary import AlarmKind, Answer, Cause, GreenBy, Priority, Reason
from tests.unit.one_check import (
    IN_BED,
    OFFLINE,
    ONLINE,
    P1,
    P2,
    P3,
    PLAN,
    CheckNight,
    answer_of,
    at,
    found,
    opened,
    planned,
    waiting,
)

# ---- the reason table, row by row ----

REASON_ROWS: dict[Answer | Reason, tuple[CheckState, tuple[AlarmKind, Priority] | None]] = {
    Answer.IN_BED: (CheckState.SEEN, None),
    Answer.NOT_SEEN: (CheckState.WAITING, None),
    Answer.SOMETHING_WRONG: (CheckState.ALARMED, (AlarmKind.SOMETHING_WRONG, P1)),
    Answer.CANNOT_TELL: (CheckState.ALARMED, (AlarmKind.CANNOT_TELL, P2)),
    Reason.UP: (CheckState.WAITING, None),
    Reason.AT_EDGE: (CheckState.WAITING, None),
    Reason.ON_FLOOR: (CheckState.ALARMED, (AlarmKind.SOMETHING_WRONG, P1)),
    Reason.HALF_OUT: (CheckState.ALARMED, (AlarmKind.SOMETHING_WRONG, P1)),
    Reason.VIOLENT: (CheckState.ALARMED, (AlarmKind.SOMETHING_WRONG, P1)),
    Reason.COUNT: (CheckState.OPEN, None),
    Reason.STILL: (CheckState.ALARMED, (AlarmKind.CANNOT_TELL, P2)),
    Reason.CONTRADICTORY: (CheckState.ALARMED, (AlarmKind.CANNOT_TELL, P2)),
    Reason.PERSON_UNSURE: (CheckState.ALARMED, (AlarmKind.CANNOT_TELL, P2)),
    Reason.COVERED: (CheckState.ALARMED, (AlarmKind.TECHNICAL, P3)),
    Reason.PARTLY_COVERED: (CheckState.ALARMED, (AlarmKind.TECHNICAL, P3)),
    Reason.MOVED: (CheckState.ALARMED, (AlarmKind.TECHNICAL, P3)),
    Reason.DARK: (CheckState.ALARMED, (AlarmKind.TECHNICAL, P3)),
    Reason.OVEREXPOSED: (CheckState.ALARMED, (AlarmKind.TECHNICAL, P3)),
    Reason.DEFOCUSED: (CheckState.ALARMED, (AlarmKind.TECHNICAL, P3)),
    Reason.FROZEN: (CheckState.OPEN, None),
    Reason.TOO_SHORT: (CheckState.OPEN, None),
    Reason.OUT_OF_RANGE: (CheckState.OPEN, None),
    Reason.REJECTED: (CheckState.OPEN, None),
    Reason.FAULT: (CheckState.OPEN, None),
    Reason.NO_SESSION: (CheckState.OPEN, None),
    Reason.NOBODY_LOOKED: (CheckState.ALARMED, (AlarmKind.NOBODY_LOOKED, P2)),
}


def test_every_row_of_the_reason_table_is_specified_here() -> None:
    assert set(REASON_ROWS) == set(REASON_TABLE)
    assert set(REASON_TABLE) == set(Answer) | set(Reason)


@pytest.mark.parametrize("key", REASON_ROWS, ids=str)
def test_reason(key: Answer | Reason) -> None:
    state, raises = REASON_ROWS[key]
    answer, reason = answer_of(key)

    night = opened()(0, found(answer, reason), seconds=20)

    assert night.state is state
    assert night.raised == ([(*raises, reason)] if raises else [])
    assert (night.check.next_step_at is None) == (state in (CheckState.SEEN, CheckState.ALARMED))


LOOKED_AT = [key for key, rule in REASON_TABLE.items() if rule.kind is not AlarmKind.SOMETHING_WRONG]
LOOKED_AT = [k for k in LOOKED_AT if REASON_TABLE[k].reaction not in (Reaction.RETRY, Reaction.TECHNICAL)]


@pytest.mark.parametrize("key", REASON_ROWS, ids=str)
def test_reason_while_a_person_turns_it_green(key: Answer | Reason) -> None:
    answer, reason = answer_of(key)

    night = opened(green_by=GreenBy.OPERATOR)(0, found(answer, reason), seconds=20)

    if key in LOOKED_AT:
        assert night.state is CheckState.TO_LOOK
        assert night.raised == []
        assert night.check.next_step_at == at(10, 20)
    else:
        state, raises = REASON_ROWS[key]
        assert night.state is state
        assert night.raised == ([(*raises, reason)] if raises else [])


def test_seen_says_that_the_detector_saw() -> None:
    night = opened()(0, found(IN_BED), seconds=20)

    assert (night.check.answer, night.check.seen_by) == (IN_BED, "detector")
    assert night.lines == [EventKind.CHECK_OPENED, EventKind.FINDING, EventKind.CHECK_SEEN]
    assert night.check.attempts[0].session_id == "session-1"


def test_a_session_that_no_detector_could_judge_is_for_a_person() -> None:
    night = opened()(0, found(None), seconds=20)

    assert night.state is CheckState.TO_LOOK
    assert night(1, PersonSaid(IN_BED, "olle", "session-1")).state is CheckState.SEEN


def test_a_plan_may_make_up_an_alarm_at_once() -> None:
    plan = Plan(rules={Reason.UP: Rule(Reaction.ALARM, AlarmKind.SOMETHING_WRONG, P1)})
    up = found(Answer.SOMETHING_WRONG, Reason.UP)

    assert opened(plan)(0, up, seconds=20).raised == [(AlarmKind.SOMETHING_WRONG, P1, Reason.UP)]
    assert opened(plan, green_by=GreenBy.OPERATOR)(0, up, seconds=20).state is CheckState.ALARMED


def test_no_plan_can_make_doubt_green() -> None:
    plan = Plan(rules={Reason.STILL: Rule(Reaction.SEEN), Answer.NOT_SEEN: Rule(Reaction.SEEN)})

    assert opened(plan)(0, found(Answer.CANNOT_TELL, Reason.STILL), seconds=20).state is CheckState.ALARMED
    assert opened(plan)(0, found(Answer.NOT_SEEN), seconds=20).state is CheckState.WAITING


def test_in_bed_with_a_reason_against_it_is_not_green() -> None:
    assert opened()(0, found(IN_BED, Reason.STILL), seconds=20).state is CheckState.ALARMED


# ---- a wrong number ----

COUNT = found(Answer.CANNOT_TELL, Reason.COUNT)


def test_a_wrong_number_is_looked_at_once_more_at_once() -> None:
    """One restless sleeper may look like two for ten seconds: nobody is sent, and nobody sees the picture, for the first."""
    night = opened()(0, COUNT, seconds=20)
    assert (night.state, night.looks, night.raised) == (CheckState.OPEN, [Cause.RETRY], [])
    assert night(1, found(IN_BED, attempt=2)).state is CheckState.SEEN


@pytest.mark.parametrize("green_by", GreenBy)
def test_a_wrong_number_twice_is_an_alarm(green_by: GreenBy) -> None:
    """No person is asked to look where a guest may be: a telephone comes first."""
    night = opened(green_by=green_by)(0, COUNT, seconds=20)(1, found(Answer.CANNOT_TELL, Reason.COUNT, attempt=2))
    assert night.state is CheckState.ALARMED
    assert night.raised == [(AlarmKind.CANNOT_TELL, P2, Reason.COUNT)]


@pytest.mark.parametrize("blind", [Reason.FROZEN, Reason.COVERED])
def test_a_camera_blind_after_a_wrong_number_hides_nothing(blind: Reason) -> None:
    """Somebody may be missing: that is no technical fault, which is held and joined."""
    night = opened()(0, COUNT, seconds=20)(1, found(Answer.CANNOT_TELL, blind, attempt=2))
    assert [(kind, priority) for kind, priority, _ in night.raised] == [(AlarmKind.CANNOT_TELL, P2)]


def test_a_camera_silent_after_a_wrong_number_hides_nothing() -> None:
    night = opened()(0, COUNT, seconds=20)(5, ONLINE)
    assert [(kind, priority) for kind, priority, _ in night.raised] == [(AlarmKind.CANNOT_TELL, P2)]


def test_a_wrong_number_explains_an_earlier_doubt() -> None:
    night = waiting()(16, ONLINE)(17, found(Answer.CANNOT_TELL, Reason.COUNT, attempt=2))
    assert night.state is CheckState.OPEN
    night(18, found(Answer.CANNOT_TELL, Reason.COUNT, attempt=3))
    assert night.raised == [(AlarmKind.CANNOT_TELL, P2, Reason.COUNT)]


# ---- look again ----


def test_up_is_looked_at_again_after_the_plans_minutes() -> None:
    night = waiting()
    assert (night.state, night.check.next_step_at, night.check.rechecks_left) == (CheckState.WAITING, at(16), 0)

    night(16, ONLINE)
    assert (night.state, night.looks) == (CheckState.OPEN, [Cause.RECHECK])
    assert night.check.attempts[-1].closes_at == at(21)

    assert night(16, found(IN_BED, attempt=2), seconds=20).state is CheckState.SEEN


@pytest.mark.parametrize(("own", "plans", "wanted"), [(10, 20, 20), (30, 20, 30), (5, 10, 10), (10, 10, 10)])
def test_a_recheck_may_look_longer(own: int, plans: int, wanted: int) -> None:
    plan = Plan(recheck_look=timedelta(seconds=plans))
    night = CheckNight(replace(opened().check, seconds=own), plan)(1, found(Answer.NOT_SEEN))(16, ONLINE)
    assert night.check.attempts[-1].seconds == wanted
    assert [effect.attempt.seconds for effect in night.effects if isinstance(effect, CommandLook)] == [wanted]


def test_a_longer_recheck_that_ends_too_late_is_none() -> None:
    """One immediate new attempt does not look longer; a recheck that would not be over by the deadline is not promised."""
    retried = opened(Plan(recheck_look=timedelta(seconds=60)))(1, found(Answer.CANNOT_TELL, Reason.FROZEN))
    assert retried.check.attempts[-1].seconds == 10
    for seconds, again in (10, True), (60, False):
        plan = Plan(recheck=timedelta(minutes=32, seconds=50), recheck_look=timedelta(seconds=seconds))
        night = CheckNight(opened().check, plan)(1, found(Answer.NOT_SEEN))
        assert night.state is (CheckState.WAITING if again else CheckState.ALARMED)


def test_the_same_again_is_an_alarm() -> None:
    night = waiting()(16, ONLINE)(17, found(Answer.NOT_SEEN, attempt=2))

    assert night.state is CheckState.ALARMED
    assert night.raised == [(AlarmKind.NOT_SEEN, P2, None)]


def test_a_fall_at_the_recheck_is_an_alarm_at_once() -> None:
    night = waiting()(16, ONLINE)(17, found(Answer.SOMETHING_WRONG, Reason.ON_FLOOR, attempt=2))

    assert night.raised == [(AlarmKind.SOMETHING_WRONG, P1, Reason.ON_FLOOR)]


def test_a_plan_without_rechecks_alarms_at_once() -> None:
    night = opened(Plan(rechecks=0))(1, found(Answer.NOT_SEEN))

    assert night.raised == [(AlarmKind.NOT_SEEN, P2, None)]


def test_a_plan_with_two_rechecks_looks_twice_again() -> None:
    night = opened(Plan(rechecks=2))(1, found(Answer.NOT_SEEN))
    night(16, ONLINE)(17, found(Answer.NOT_SEEN, attempt=2))
    assert night.state is CheckState.WAITING

    night(32, ONLINE)(33, found(Answer.NOT_SEEN, attempt=3))
    assert night.raised == [(AlarmKind.NOT_SEEN, P2, None)]


def test_recheck_minutes_are_elapsed_time_over_the_autumn_hour() -> None:
    before = datetime(2026, 10, 25, 0, 55, tzinfo=UTC)
    check = replace(planned(), opens_at=before, closes_at=before + timedelta(minutes=10), next_step_at=before)
    check = replace(check, attempts=(replace(check.attempts[0], opens_at=before, closes_at=check.closes_at),))
    check = decide(check, ONLINE, PLAN, before).check

    check = decide(check, found(Answer.NOT_SEEN), PLAN, before + timedelta(minutes=1)).check

    assert check.next_step_at == before + timedelta(minutes=16)


def test_a_blind_camera_after_up_is_not_only_technical() -> None:
    covered = waiting()(16, ONLINE)(17, found(Answer.CANNOT_TELL, Reason.COVERED, attempt=2))
    silent = waiting()(16, ONLINE)(22, OFFLINE)

    assert covered.raised == [(AlarmKind.NOT_SEEN, P2, Reason.COVERED)]
    assert silent.raised == [(AlarmKind.NOT_SEEN, P2, Reason.NO_SESSION)]
    assert silent.check.reason is Reason.UP


# ---- nothing came, or nothing to trust ----


def test_no_session_gets_one_immediate_attempt_then_technical() -> None:
    night = opened()
    assert night(10, ONLINE).effects == ()
    night(11, ONLINE)
    assert (night.state, night.looks) == (CheckState.OPEN, [Cause.RETRY])
    assert night.check.attempts[0].state is AttemptState.MISSED
    assert night.check.next_step_at == at(14)

    night(14, ONLINE)
    assert night.raised == [(AlarmKind.TECHNICAL, P3, Reason.NO_SESSION)]
    assert night.check.next_step_at is None


def test_the_retry_can_see() -> None:
    assert opened()(11, ONLINE)(11, found(IN_BED, attempt=2), seconds=20).state is CheckState.SEEN


def test_an_offline_device_is_technical_at_once() -> None:
    night = opened()(11, OFFLINE)

    assert (night.looks, night.raised) == ([], [(AlarmKind.TECHNICAL, P3, Reason.NO_SESSION)])


def test_technical_on_the_nights_last_check_is_more_urgent() -> None:
    silent = opened()(11, CheckTick(device_online=False, more_tonight=False))
    covered = opened()(1, found(Answer.CANNOT_TELL, Reason.COVERED, more_tonight=False))

    assert silent.raised == [(AlarmKind.TECHNICAL, P2, Reason.NO_SESSION)]
    assert covered.raised == [(AlarmKind.TECHNICAL, P2, Reason.COVERED)]


def test_a_frozen_session_twice_is_technical() -> None:
    night = opened()(1, found(Answer.CANNOT_TELL, Reason.FROZEN))(2, found(Answer.CANNOT_TELL, Reason.FROZEN, 2))

    assert (night.looks, night.raised) == ([Cause.RETRY], [(AlarmKind.TECHNICAL, P3, Reason.FROZEN)])


def test_a_fault_and_then_silence_is_technical() -> None:
    night = opened()(1, found(Answer.CANNOT_TELL, Reason.FAULT))
    assert night.check.next_step_at == at(4)

    assert night(4, ONLINE).raised == [(AlarmKind.TECHNICAL, P3, Reason.NO_SESSION)]


def test_without_detectors_a_silent_check_is_for_a_person() -> None:
    night = opened()(11, CheckTick(device_online=True, detectors_alive=False))
    assert (night.state, night.check.next_step_at) == (CheckState.TO_LOOK, at(21))

    assert night(21, ONLINE).raised == [(AlarmKind.NOBODY_LOOKED, P2, Reason.NOBODY_LOOKED)]


def test_no_person_is_asked_to_look_at_the_deadline_itself() -> None:
    night = opened()(35, CheckTick(device_online=True, detectors_alive=False))
    assert (night.check.deadline, night.state) == (at(35), CheckState.ALARMED)


def test_without_a_device_it_is_technical() -> None:
    night = CheckNight(planned(device_id=None))(0, OFFLINE)(11, OFFLINE)

    assert night.raised == [(AlarmKind.TECHNICAL, P3, Reason.NO_SESSION)]


@pytest.mark.parametrize("more_tonight", [True, False])
def test_a_check_found_past_its_end_is_the_services_own_alarm(more_tonight: bool) -> None:
    """The service was away: no device is to blame, and its own alarm is as urgent on the last check as on any."""
    night = CheckNight()(30, CheckTick(device_online=False, more_tonight=more_tonight))
    assert night.raised == [(AlarmKind.SERVICE, P3, Reason.NO_SESSION)]
