"""A check when time, devices and staff do not keep to the plan: late, twice, held, faulty, and after an outage."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from alarm_center.core.check.check_decisions import TRANSITIONS, deadline
from alarm_center.core.check.check_effects import Clear, NewConfig
from alarm_center.core.check.check_events import (
    AskAgain,
    Cancel,
    CheckTick,
    FaultGone,
    FaultKnown,
    PersonSaid,
    Restore,
    SessionJudged,
    StaffDone,
    StaffOnSite,
)
from alarm_center.core.check.late_sessions import LATE, Circumstance, LateEffect, SessionSays
from alarm_center.core.check.state import AttemptState, CheckState
from alarm_center.core.decision import IllegalMove, Raise, Write
from alarm_center.core.plan import Plan
from schemas.timeline import EventKind
from schemas.vocabulary import AlarmKind, Answer, CancelReason, Cause, GreenBy, Instead, Reason
from tests.unit.one_check import (
    IN_BED,
    OFFLINE,
    ONLINE,
    P1,
    P2,
    P3,
    PLAN,
    TWO,
    CheckNight,
    at,
    found,
    opened,
    planned,
    waiting,
)

# ---- late and concurrent, row by row ----

SAYS: dict[SessionSays, tuple[Answer, Reason | None]] = {
    SessionSays.IN_BED: (IN_BED, None),
    SessionSays.WRONG: (Answer.SOMETHING_WRONG, Reason.ON_FLOOR),
    SessionSays.OTHER: (Answer.NOT_SEEN, None),
}


def circumstance(when: Circumstance) -> tuple[CheckNight, dict[str, Any]]:
    """A check in that circumstance at 30 minutes past, and what to say of the session that comes then."""
    late_session = {"attempt": 1, "session": "late"}
    match when:
        case Circumstance.CONSENT_REVOKED:
            return waiting(), {**late_session, "consented": False}
        case Circumstance.SAME_SESSION:
            return waiting(), {"attempt": 1, "session": "session-1"}
        case Circumstance.SEEN:
            return opened()(1, found(IN_BED)), late_session
        case Circumstance.CANCELLED:
            cancel = Cancel(CancelReason.PAUSE_AWAY, Instead.NOTHING, "planner-3")
            return CheckNight()(-5, cancel), late_session
        case Circumstance.ALARMED_SINCE:
            return waiting()(16, ONLINE)(17, found(Answer.NOT_SEEN, attempt=2)), late_session
        case Circumstance.ALARMED:
            return opened()(11, OFFLINE), late_session
        case Circumstance.ANSWERED:
            return waiting(), late_session
        case Circumstance.TOO_LATE:
            return opened()(11, ONLINE), late_session


@pytest.mark.parametrize(("when", "comes"), LATE, ids=lambda value: value.name.lower())
def test_late(when: Circumstance, comes: SessionSays) -> None:
    night, session = circumstance(when)
    before = night.check
    answer, reason = SAYS[comes]
    already = len(night.raised)

    night(13, found(answer, reason, **session))

    then = LATE[when, comes]
    raised = night.raised[already:]
    assert raised == (
        [(AlarmKind.SOMETHING_WRONG, P1, reason)] if then in (LateEffect.RAISED, LateEffect.ALARMED) else []
    )
    assert (Clear() in night.effects) == (then is LateEffect.CLEARED)
    assert night.state is (CheckState.ALARMED if then is LateEffect.ALARMED else before.state)
    written = [e.payload.kind for e in night.effects if isinstance(e, Write)]
    match then:
        case LateEffect.NOTHING:
            assert (night.check, night.effects) == (before, ())
        case LateEffect.DROPPED:
            assert (night.check, written) == (before, [EventKind.FINDING_DROPPED])
            assert all(not hasattr(e.payload, "answer") for e in night.effects if isinstance(e, Write))
        case _:
            assert written[0] == EventKind.EVIDENCE
            assert night.check.seen_by == before.seen_by


def test_the_late_table_is_whole_and_never_green() -> None:
    assert set(LATE) == {(when, comes) for when in Circumstance for comes in SessionSays}
    assert "seen" not in {then.name.lower() for then in LATE.values()}


def test_a_late_session_is_never_seen_and_the_owed_one_can_be() -> None:
    night = opened()(11, ONLINE)(11, found(IN_BED, session="late"), seconds=5)
    assert (night.state, night.check.attempts[0].state) == (CheckState.OPEN, AttemptState.MISSED)

    assert night(11, found(IN_BED, attempt=2), seconds=20).state is CheckState.SEEN


def unjudged() -> CheckNight:
    """No detector was alive, so people were given the session itself."""
    night = opened()(1, found(None))
    assert night.state is CheckState.TO_LOOK
    return night


def test_a_fall_judged_late_waits_for_no_person() -> None:
    fallen = found(Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    night = unjudged()(1, fallen, seconds=2)
    assert (night.state, night.raised) == (CheckState.ALARMED, [(AlarmKind.SOMETHING_WRONG, P1, Reason.ON_FLOOR)])
    assert night(1, fallen, seconds=4).effects == ()


def test_in_bed_judged_late_leaves_the_look_with_people() -> None:
    """Evidence may raise, never lower: they were asked for their eyes, and may be looking now."""
    night = unjudged()(1, found(IN_BED), seconds=2)
    assert (night.state, night.lines[-1], night.raised) == (CheckState.TO_LOOK, EventKind.EVIDENCE, [])
    assert night.check.attempts[0].answer is IN_BED
    assert night(1, found(IN_BED), seconds=4).effects == ()
    assert night(2, PersonSaid(IN_BED, "olle", "session-1")).state is CheckState.SEEN


def test_a_late_finding_limits_what_people_may_confirm() -> None:
    night = unjudged()(1, found(Answer.CANNOT_TELL, Reason.FROZEN), seconds=2)
    assert night.state is CheckState.TO_LOOK
    with pytest.raises(IllegalMove, match="look again"):
        night(2, PersonSaid(IN_BED, "olle", "session-1"))


def test_two_replicas_that_stand_in_give_people_a_session_once() -> None:
    assert unjudged()(1, found(None), seconds=1).effects == ()


def test_a_fall_judged_after_a_persons_green_opens_an_alarm() -> None:
    night = unjudged()(2, PersonSaid(IN_BED, "olle", "session-1"))
    night(2, found(Answer.SOMETHING_WRONG, Reason.ON_FLOOR), seconds=1)
    assert (night.state, night.raised) == (CheckState.SEEN, [(AlarmKind.SOMETHING_WRONG, P1, Reason.ON_FLOOR)])


def test_a_session_taken_outside_its_window_is_late() -> None:
    night = opened()(1, found(IN_BED, session="old", started_at=at(-30)))

    assert night.state is CheckState.OPEN
    assert night(2, found(IN_BED, started_at=at(1, 30))).state is CheckState.SEEN


def test_a_session_within_the_grace_is_in_time() -> None:
    assert opened()(11, found(IN_BED)).state is CheckState.SEEN
    assert opened()(11, found(IN_BED), seconds=1).state is CheckState.OPEN


def test_a_session_before_the_tick_opens_its_check() -> None:
    night = CheckNight()(0, found(IN_BED), seconds=20)

    assert night.lines == [EventKind.CHECK_OPENED, EventKind.FINDING, EventKind.CHECK_SEEN]
    assert night.check.deadline == deadline(planned(), PLAN)


def test_a_fall_just_after_an_outage_is_an_alarm() -> None:
    night = CheckNight()(30, found(Answer.SOMETHING_WRONG, Reason.ON_FLOOR))

    assert night.raised == [(AlarmKind.SOMETHING_WRONG, P1, Reason.ON_FLOOR)]


@pytest.mark.parametrize(("minutes", "attempt"), [(-1, 1), (1, 2), (1, 0)])
def test_a_session_for_an_attempt_that_is_not_there_is_refused(minutes: float, attempt: int) -> None:
    night = CheckNight() if minutes < 0 else opened()

    with pytest.raises(IllegalMove, match="attempt"):
        night(minutes, found(IN_BED, attempt=attempt))


def test_an_asked_look_clears_the_alarm_not_the_check() -> None:
    night = opened()(1, found(Answer.CANNOT_TELL, Reason.STILL))(3, AskAgain("olle", 10))
    assert night.looks == [Cause.ASKED]

    night(3, found(IN_BED, attempt=2), seconds=20)
    assert Clear() in night.effects
    assert (night.state, night.check.next_step_at) == (CheckState.ALARMED, None)


def test_a_person_speaks_to_the_alarm() -> None:
    alarmed = opened()(1, found(Answer.CANNOT_TELL, Reason.STILL))

    assert Clear() in alarmed(2, PersonSaid(IN_BED, "olle", "session-1")).effects
    assert [type(effect) for effect in alarmed(3, PersonSaid(Answer.NOT_SEEN, "olle")).effects] == [Write]
    alarmed(4, PersonSaid(Answer.SOMETHING_WRONG, "olle"))
    assert alarmed.raised[-1] == (AlarmKind.SOMETHING_WRONG, P1, None)
    assert alarmed.state is CheckState.ALARMED


def test_an_answer_about_an_older_picture_clears_nothing() -> None:
    night = opened()(1, found(Answer.CANNOT_TELL, Reason.STILL))(3, AskAgain("olle", 10))
    night(3, found(Answer.SOMETHING_WRONG, Reason.ON_FLOOR, attempt=2), seconds=20)
    newest = night.check.attempts[-1].session_id

    with pytest.raises(IllegalMove, match="older than the newest look"):
        night(4, PersonSaid(IN_BED, "olle", "session-1"))
    assert Clear() in night(5, PersonSaid(IN_BED, "olle", newest)).effects


def test_a_later_look_of_a_broken_camera_is_no_newer_picture() -> None:
    night = opened()(1, found(Answer.CANNOT_TELL, Reason.STILL))(3, AskAgain("olle", 10))
    night(3, found(Answer.CANNOT_TELL, Reason.FAULT, attempt=2), seconds=20)

    assert Clear() in night(4, PersonSaid(IN_BED, "olle", "session-1")).effects


# ---- the service was away ----


def test_back_within_the_window_it_opens_as_usual() -> None:
    night = CheckNight()(9, ONLINE)

    assert (night.state, night.check.late, night.looks) == (CheckState.OPEN, False, [])


def test_back_after_the_window_it_makes_one_immediate_attempt() -> None:
    night = CheckNight()(15, ONLINE)

    assert (night.state, night.check.late, night.looks) == (CheckState.OPEN, True, [Cause.CATCH_UP])
    assert EventKind.CHECK_LATE in night.lines
    assert night(15, found(IN_BED, attempt=2), seconds=20).state is CheckState.SEEN


def test_a_catch_up_that_brings_nothing_is_not_tried_again() -> None:
    night = CheckNight()(15, ONLINE)(18, ONLINE)

    assert night.raised == [(AlarmKind.TECHNICAL, P3, Reason.NO_SESSION)]


@pytest.mark.parametrize(("minutes", "tick"), [(15, OFFLINE), (36, ONLINE), (600, ONLINE), (60 * 24 * 90, ONLINE)])
def test_too_late_to_look_is_a_service_alarm_at_the_first_tick(minutes: float, tick: CheckTick) -> None:
    night = CheckNight()(minutes, tick)

    assert night.raised == [(AlarmKind.SERVICE, P3, Reason.NO_SESSION)]
    assert [e.late for e in night.effects if isinstance(e, Raise)] == [True]


def test_an_outage_while_open_leads_to_one_more_attempt() -> None:
    assert opened()(13, ONLINE).looks == [Cause.RETRY]
    assert opened()(300, ONLINE).raised == [(AlarmKind.SERVICE, P3, Reason.NO_SESSION)]


def test_an_outage_while_waiting_leads_to_a_late_look_or_alarm() -> None:
    late = waiting()(20, ONLINE)
    assert (late.looks, late.check.late) == ([Cause.RECHECK], True)

    assert waiting()(300, ONLINE).raised == [(AlarmKind.NOT_SEEN, P2, Reason.UP)]


# ---- a fault is known before ----


def test_a_fault_that_is_known_in_time_is_alarmed_an_hour_before() -> None:
    night = CheckNight()(-300, FaultKnown())
    assert (night.raised, night.check.next_step_at) == ([], at(-60))

    night(-60, ONLINE)
    assert night.raised == [(AlarmKind.TECHNICAL, P3, Reason.FAULT)]
    assert (night.state, night.check.next_step_at) == (CheckState.PLANNED, TWO)

    night(0, ONLINE)(1, found(IN_BED))
    assert night.state is CheckState.SEEN
    assert len(night.raised) == 1


def test_a_district_far_out_is_told_earlier() -> None:
    night = CheckNight(plan=Plan(arrive_within=timedelta(minutes=90)))(-300, FaultKnown())

    assert night.check.next_step_at == at(-90)


@pytest.mark.parametrize("minutes", [-60, -10, -2])
def test_a_fault_at_the_pre_flight_is_alarmed_now_and_once(minutes: float) -> None:
    night = CheckNight()(minutes, FaultKnown(Reason.COVERED))(minutes, FaultKnown(Reason.COVERED), seconds=60)

    assert night.raised == [(AlarmKind.TECHNICAL, P3, Reason.COVERED)]
    assert night.check.next_step_at == TWO


def test_a_fault_that_goes_in_time_is_never_alarmed() -> None:
    night = CheckNight()(-300, FaultKnown())(-200, FaultGone())

    assert (night.check.next_step_at, night.raised, night.check.fault_known) == (TWO, [], False)


def test_a_fault_that_comes_back_is_alarmed_again() -> None:
    night = CheckNight()(-10, FaultKnown())(-8, FaultGone())(-2, FaultKnown())

    assert len(night.raised) == 2


# ---- staff are with the resident ----


def test_staff_on_site_make_a_planned_check_wait() -> None:
    night = CheckNight()(-5, StaffOnSite())
    assert NewConfig() in night.effects
    assert night(-4, StaffOnSite()).effects == (), "the device has been told"

    night(0, ONLINE)
    assert (night.state, night.check.next_step_at) == (CheckState.PLANNED, deadline(planned(), PLAN))


def test_done_within_the_window_it_goes_back_on_the_list() -> None:
    night = CheckNight()(-5, StaffOnSite())(0, ONLINE)(5, StaffDone())
    assert NewConfig() in night.effects

    night(5, ONLINE)
    assert (night.state, night.looks, night.check.late) == (CheckState.OPEN, [], False)


def test_done_after_the_window_it_is_looked_at_by_command() -> None:
    night = CheckNight()(-5, StaffOnSite())(0, ONLINE)(20, StaffDone())(20, ONLINE)

    assert (night.state, night.looks, night.check.late) == (CheckState.OPEN, [Cause.CATCH_UP], False)


def test_a_mended_fault_does_not_send_the_look_in_on_staff() -> None:
    night = CheckNight()(-9, FaultKnown())(-5, StaffOnSite())(0, ONLINE)(1, FaultGone())
    assert (night.state, night.check.next_step_at) == (CheckState.PLANNED, deadline(planned(), PLAN))


def test_staff_arriving_while_it_is_open_make_it_wait() -> None:
    night = opened()(1, StaffOnSite())(11, ONLINE)
    assert (night.state, night.looks, night.raised) == (CheckState.WAITING, [], [])

    night(15, StaffDone())(15, ONLINE)
    assert (night.state, night.looks) == (CheckState.OPEN, [Cause.CATCH_UP])


def test_a_recheck_waits_for_done() -> None:
    night = waiting()(2, StaffOnSite())(16, ONLINE)
    assert (night.state, night.looks) == (CheckState.WAITING, [])

    assert night(20, StaffDone())(20, ONLINE).looks == [Cause.RECHECK]


def test_a_broken_session_is_not_retried_with_staff_on_site() -> None:
    night = opened()(1, StaffOnSite())(1, found(Answer.CANNOT_TELL, Reason.FROZEN), seconds=5)
    assert (night.state, night.looks) == (CheckState.WAITING, [])

    assert night(6, StaffDone())(6, ONLINE).looks == [Cause.CATCH_UP]


@pytest.mark.parametrize("start", [CheckNight, opened, waiting])
def test_staff_who_are_never_done_do_not_make_it_green(start: Callable[[], CheckNight]) -> None:
    night = start()
    night(2, StaffOnSite())
    ends = deadline(planned(), PLAN)
    while night.state not in (CheckState.ALARMED, CheckState.SEEN):
        assert night.check.next_step_at is not None and night.check.next_step_at <= ends
        night((night.check.next_step_at - TWO) / timedelta(minutes=1), ONLINE)

    assert night.raised == [(AlarmKind.NOBODY_LOOKED, P2, Reason.NOBODY_LOOKED)]


def test_nobody_asks_for_a_look_while_staff_are_there() -> None:
    with pytest.raises(IllegalMove, match="staff are with the resident"):
        waiting()(2, StaffOnSite())(3, AskAgain("olle", 10))


# ---- the machine ----


def test_the_deadline_is_the_end_of_the_last_possible_attempt() -> None:
    assert deadline(planned(), PLAN) == at(11 + 3 + 21)
    assert deadline(planned(plan=Plan(rechecks=0)), Plan(rechecks=0)) == at(14)
    assert deadline(planned(GreenBy.OPERATOR), PLAN) == at(11 + 3 + 10 + 21 + 10)
    assert opened().check.deadline == at(35)


def test_facts_are_never_refused() -> None:
    facts = (CheckTick, SessionJudged, FaultKnown, FaultGone, StaffOnSite, StaffDone)

    assert all((state, fact) in TRANSITIONS for state in CheckState for fact in facts)


def test_only_a_check_cancelled_ahead_of_time_comes_back() -> None:
    for (state, event), becomes in TRANSITIONS.items():
        if (state, event) == (CheckState.CANCELLED, Restore):
            assert becomes == {CheckState.PLANNED}
        elif state in (CheckState.SEEN, CheckState.ALARMED, CheckState.CANCELLED):
            assert becomes == {state}


def test_somebody_up_in_a_late_session_is_evidence_and_no_alarm() -> None:
    """The plan's row of the reason counts: by its answer alone it would be a fall."""
    night = opened()(1, found(IN_BED))(15, found(Answer.SOMETHING_WRONG, Reason.UP, session="late"))
    assert (night.state, night.lines[-1], night.raised) == (CheckState.SEEN, EventKind.EVIDENCE, [])


def test_a_fall_found_after_a_late_look_says_that_it_was_late() -> None:
    night = CheckNight()(30, ONLINE)(30, found(IN_BED, attempt=2), seconds=20)
    assert (night.state, night.check.late) == (CheckState.SEEN, True)
    night(31, found(Answer.SOMETHING_WRONG, Reason.ON_FLOOR, session="old"))
    assert [effect.late for effect in night.effects if isinstance(effect, Raise)] == [True]
