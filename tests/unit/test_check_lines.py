"""All that comes of a check: each line with its fields, each look, raise and config, in their order."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from alarm_center.core.check.check_effects import CheckEffect, Clear, CommandLook, NewConfig, Visit
from alarm_center.core.check.check_events import (
    AskAgain,
    Cancel,
    CheckTick,
    FaultGone,
    FaultKnown,
    PersonSaid,
    Restore,
    StaffDone,
    StaffOnSite,
)
from alarm_center.core.check.state import Attempt, AttemptState, Check, CheckState
from alarm_center.core.decision import Raise, Write
from alarm_center.core.plan import Plan
from alarm_center.core.reason_table import Reaction, Rule
from schemas import timeline
from schemas.vocabulary import AlarmKind, Answer, CancelReason, Cause, GreenBy, Instead, Priority, Reason, Show
from tests.unit.one_check import (
    IN_BED,
    OFFLINE,
    ONLINE,
    P1,
    P2,
    P3,
    TWO,
    CheckNight,
    at,
    found,
    opened,
    planned,
    waiting,
)

UP = (Answer.SOMETHING_WRONG, Reason.UP)
FALL = (Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
OPENED = Write(timeline.CheckOpened(1))
CONSENT_GONE = Cancel(CancelReason.CONSENT_REVOKED, Instead.NOTHING, "resident")


def look(number: int, cause: Cause, opens: float, closes: float, seconds: int = 10) -> CommandLook:
    return CommandLook(Attempt(number, cause, at(opens), at(closes), seconds))


def shown() -> CheckNight:
    """A check that waits for a person's eyes."""
    return opened(green_by=GreenBy.OPERATOR)(1, found(Answer.NOT_SEEN))


def alarmed() -> CheckNight:
    """A check that is alarmed, since nobody could tell."""
    return opened()(1, found(Answer.CANNOT_TELL, Reason.STILL))


NIGHTS: dict[str, tuple[CheckNight, list[CheckEffect]]] = {
    "seen": (
        opened()(1, found(IN_BED)),
        [OPENED, Write(timeline.FindingTaken("session-1", 1, IN_BED)), Write(timeline.CheckSeen("detector"))],
    ),
    "up, and not seen again": (
        waiting()(16, ONLINE)(17, found(Answer.NOT_SEEN, attempt=2)),
        [
            OPENED,
            Write(timeline.FindingTaken("session-1", 1, *UP)),
            Write(timeline.CheckWaiting(*UP)),
            Write(timeline.CheckAttempt(2, Cause.RECHECK)),
            look(2, Cause.RECHECK, 16, 21),
            Write(timeline.FindingTaken("session-2", 2, Answer.NOT_SEEN)),
            Write(timeline.CheckAlarmed(AlarmKind.NOT_SEEN, P2)),
            Raise(AlarmKind.NOT_SEEN, P2, None),
        ],
    ),
    "silent twice": (
        opened()(11, ONLINE)(14, ONLINE),
        [
            OPENED,
            Write(timeline.CheckMissed(1)),
            Write(timeline.CheckAttempt(2, Cause.RETRY)),
            look(2, Cause.RETRY, 11, 13),
            Write(timeline.CheckMissed(2)),
            Write(timeline.CheckAlarmed(AlarmKind.TECHNICAL, P3, Reason.NO_SESSION)),
            Raise(AlarmKind.TECHNICAL, P3, Reason.NO_SESSION),
        ],
    ),
    "opened after its window": (
        CheckNight()(15, ONLINE, seconds=59),
        [
            Write(timeline.CheckLate(15)),
            Write(timeline.CheckAttempt(2, Cause.CATCH_UP)),
            CommandLook(Attempt(2, Cause.CATCH_UP, at(15, 59), at(17, 59), 10)),
        ],
    ),
    "opened after its window, without a device": (
        CheckNight()(15, OFFLINE),
        [
            Write(timeline.CheckLate(15)),
            Write(timeline.CheckAlarmed(AlarmKind.SERVICE, P3, Reason.NO_SESSION, late=True)),
            Raise(AlarmKind.SERVICE, P3, Reason.NO_SESSION, late=True),
        ],
    ),
    "confirmed by a person": (
        shown()(2, PersonSaid(IN_BED, "olle", "session-1")),
        [
            OPENED,
            Write(timeline.FindingTaken("session-1", 1, Answer.NOT_SEEN)),
            Write(timeline.CheckToLook(1)),
            Write(timeline.PersonAnswered(IN_BED, "olle", "session-1")),
            Write(timeline.CheckSeen("olle")),
        ],
    ),
    "a person sees a fall": (
        shown()(2, PersonSaid(*FALL[:1], "olle", "session-1", FALL[1])),
        [
            OPENED,
            Write(timeline.FindingTaken("session-1", 1, Answer.NOT_SEEN)),
            Write(timeline.CheckToLook(1)),
            Write(timeline.PersonAnswered(FALL[0], "olle", "session-1", FALL[1])),
            Write(timeline.CheckAlarmed(AlarmKind.SOMETHING_WRONG, P1, FALL[1])),
            Raise(AlarmKind.SOMETHING_WRONG, P1, FALL[1]),
        ],
    ),
    "a person asks for a look": (
        CheckNight(alarmed().check)(3, AskAgain("olle", 20)),
        [Write(timeline.CheckAttempt(2, Cause.ASKED, "olle")), look(2, Cause.ASKED, 3, 5, 20)],
    ),
    "a person sees it wrong after the alarm": (
        CheckNight(alarmed().check)(3, PersonSaid(*FALL[:1], "olle", None, FALL[1])),
        [
            Write(timeline.PersonAnswered(FALL[0], "olle", None, FALL[1])),
            Raise(AlarmKind.SOMETHING_WRONG, P1, FALL[1]),
        ],
    ),
    "staff came and went": (
        CheckNight()(-5, StaffOnSite())(0, ONLINE)(5, StaffDone()),
        [NewConfig(), Write(timeline.CheckHeld()), Write(timeline.CheckReleased()), NewConfig()],
    ),
    "staff came once it was open": (CheckNight(waiting().check)(2, StaffOnSite()), []),
    "staff came where there is no device": (CheckNight(planned(device_id=None))(-5, StaffOnSite()), []),
    "a second session": (
        CheckNight(waiting().check)(2, found(Answer.CANNOT_TELL, Reason.STILL, session="late")),
        [Write(timeline.EvidenceTaken("answered", "late", 1, Answer.CANNOT_TELL, Reason.STILL))],
    ),
    "a second session shows a fall": (
        CheckNight(waiting().check)(2, found(*FALL, session="late")),
        [
            Write(timeline.EvidenceTaken("answered", "late", 1, *FALL)),
            Write(timeline.CheckAlarmed(AlarmKind.SOMETHING_WRONG, P1, FALL[1])),
            Raise(AlarmKind.SOMETHING_WRONG, P1, FALL[1]),
        ],
    ),
    "a session without consent": (
        CheckNight(waiting().check)(2, found(IN_BED, session="late", consented=False)),
        [Write(timeline.FindingDropped("late", 1))],
    ),
    "a fault that came and went": (
        CheckNight()(-10, FaultKnown(Reason.COVERED))(-8, FaultGone()),
        [
            Write(timeline.FaultAlarmed(Reason.COVERED)),
            Raise(AlarmKind.TECHNICAL, P3, Reason.COVERED),
            Write(timeline.FaultMended()),
            Clear(AlarmKind.TECHNICAL),
        ],
    ),
    "cancelled for a visit": (
        CheckNight()(-60, Cancel(CancelReason.PAUSE_GUESTS, Instead.VISIT, "planner-3")),
        [Write(timeline.CheckCancelled(CancelReason.PAUSE_GUESTS, Instead.VISIT)), NewConfig(), Visit(TWO)],
    ),
    "cancelled where there is no device": (
        CheckNight(planned(device_id=None))(-60, CONSENT_GONE)(-50, Restore()),
        [
            Write(timeline.CheckCancelled(CancelReason.CONSENT_REVOKED, Instead.NOTHING)),
            Write(timeline.CheckRestored(CancelReason.CONSENT_REVOKED, Instead.NOTHING)),
        ],
    ),
    "consent gone while alarmed": (CheckNight(alarmed().check)(3, CONSENT_GONE), [Write(timeline.CheckConsentRevoked())]),
}  # fmt: skip


@pytest.mark.parametrize("name", NIGHTS)
def test_all_that_comes_of_it(name: str) -> None:
    night, effects = NIGHTS[name]
    assert night.everything == effects


# ---- the check itself ----


def test_a_planned_check_says_what_its_slot_says() -> None:
    assert planned(plan=Plan(rechecks=3)) == Check(
        check_id=UUID(int=1),
        org="nordby",
        resident_id=UUID(int=2),
        device_id="cam-7",
        night=date(2026, 11, 21),
        slot_id=UUID(int=3),
        opens_at=TWO,
        closes_at=at(10),
        seconds=10,
        green_by=GreenBy.DETECTOR,
        show=Show.DEVIATION,
        state=CheckState.PLANNED,
        next_step_at=TWO,
        attempts=(Attempt(1, Cause.SCHEDULED, TWO, at(10), 10, AttemptState.OWED),),
        rechecks_left=3,
        retries_left=1,
    )
    assert planned(GreenBy.OPERATOR).show is Show.ALWAYS


def test_a_check_takes_its_rechecks_from_the_plan_that_opens_it() -> None:
    night = CheckNight(planned(plan=Plan(rechecks=1)), Plan(rechecks=2))(0, ONLINE)
    assert (night.check.rechecks_left, night.check.deadline) == (2, at(11 + 3 + 21 + 21))


def test_a_seen_check_keeps_no_doubt() -> None:
    by_a_person = opened(green_by=GreenBy.OPERATOR)(1, found(*UP))(2, PersonSaid(IN_BED, "olle", "session-1")).check
    assert (by_a_person.answer, by_a_person.reason, by_a_person.seen_by) == (IN_BED, None, "olle")
    check = waiting()(16, ONLINE)(17, found(IN_BED, attempt=2)).check
    assert (check.answer, check.reason, check.seen_by, check.next_step_at) == (IN_BED, None, "detector", None)


def test_an_alarmed_check_keeps_the_answer_that_alarmed_it() -> None:
    for night in (waiting()(2, found(*FALL, session="late")), opened()(1, found(*FALL))):
        assert (night.check.answer, night.check.reason, night.check.deadline) == (*FALL, at(35))


def test_a_late_attempt_keeps_what_came_and_that_it_was_late() -> None:
    check = opened()(11, ONLINE)(12, found(IN_BED, session="late")).check
    assert check.attempts[0] == Attempt(1, Cause.SCHEDULED, TWO, at(10), 10, AttemptState.MISSED, "late", IN_BED, None)


# ---- looks that still fit ----


@pytest.mark.parametrize(("moment", "made"), [(0, True), (1e-6, False)])
def test_a_catch_up_is_made_while_its_session_fits(moment: float, made: bool) -> None:
    night = CheckNight()(34, ONLINE, seconds=-10 + moment)
    assert bool(night.looks) is made
    if made:
        assert (night.check.attempts[-1].closes_at, night.check.next_step_at) == (at(34), at(35))


@pytest.mark.parametrize(("moment", "again"), [(0, True), (1e-6, False)])
def test_a_recheck_is_promised_while_its_session_fits(moment: float, again: bool) -> None:
    retried = opened()(11, ONLINE)(14, found(Answer.CANNOT_TELL, Reason.FROZEN, attempt=2))
    assert retried.state is CheckState.ALARMED
    plan = Plan(recheck=timedelta(minutes=32, seconds=50 + moment))
    night = CheckNight(opened().check, plan)(1, found(Answer.NOT_SEEN))
    assert night.state is (CheckState.WAITING if again else CheckState.ALARMED)


# ---- sessions that do not decide ----


def test_an_asked_look_does_not_decide_the_recheck() -> None:
    night = waiting()(15, AskAgain("olle", 10))(16, ONLINE)(16, found(Answer.NOT_SEEN, attempt=2), seconds=30)
    assert (night.state, night.raised) == (CheckState.OPEN, [])
    assert night(17, found(IN_BED, attempt=3)).state is CheckState.SEEN


def test_a_silent_check_that_people_look_at_says_why() -> None:
    check = opened()(11, replace(ONLINE, detectors_alive=False)).check
    assert (check.state, check.answer, check.reason) == (CheckState.TO_LOOK, None, Reason.NO_SESSION)


def test_an_unjudged_session_is_given_to_people_once() -> None:
    night = opened()(11, replace(ONLINE, detectors_alive=False))(11, found(None))
    assert night.effects == (Write(timeline.FindingTaken("session-1", 1)),)


# ---- how urgent what cannot be seen is ----


@pytest.mark.parametrize(
    ("priority", "more_tonight", "raised"),
    [(None, True, P3), (None, False, P2), (P1, True, P1), (P1, False, P1), (P3, False, P2)],
)
def test_the_last_check_of_a_night_is_at_least_priority_2(
    priority: Priority | None, more_tonight: bool, raised: Priority
) -> None:
    plan = Plan(rules={Reason.COVERED: Rule(Reaction.TECHNICAL, AlarmKind.TECHNICAL, priority)})
    night = opened(plan)(1, found(Answer.CANNOT_TELL, Reason.COVERED, more_tonight=more_tonight))
    assert night.raised == [(AlarmKind.TECHNICAL, raised, Reason.COVERED)]


@pytest.mark.parametrize(("more_tonight", "raised"), [(True, P3), (False, P2)])
def test_a_person_who_sees_a_covered_camera_is_as_urgent(more_tonight: bool, raised: Priority) -> None:
    said = PersonSaid(Answer.CANNOT_TELL, "olle", "session-1", Reason.COVERED, more_tonight=more_tonight)
    night = opened(green_by=GreenBy.OPERATOR)(1, found(Answer.CANNOT_TELL, Reason.STILL))(2, said)
    assert night.raised == [(AlarmKind.TECHNICAL, raised, Reason.COVERED)]


def test_a_late_session_raises_what_the_plan_says_of_its_reason() -> None:
    plan = Plan(rules={Reason.UP: Rule(Reaction.ALARM, AlarmKind.NOT_SEEN, P1)})
    night = CheckNight(opened()(1, found(IN_BED)).check, plan)(2, found(*UP, session="late"))
    assert night.raised == [(AlarmKind.NOT_SEEN, P1, Reason.UP)]


def test_a_rule_without_a_kind_is_of_what_cannot_be_told() -> None:
    plan = Plan(rules={Reason.STILL: Rule(Reaction.ALARM)})
    night = opened(plan)(1, found(Answer.CANNOT_TELL, Reason.STILL))
    assert night.raised == [(AlarmKind.CANNOT_TELL, P2, Reason.STILL)]


def test_a_check_opened_late_goes_on_to_say_so() -> None:
    night = CheckNight()(15, ONLINE)(16, found(Answer.CANNOT_TELL, Reason.STILL, attempt=2))
    assert night.effects[-2:] == (
        Write(timeline.CheckAlarmed(AlarmKind.CANNOT_TELL, P2, Reason.STILL, late=True)),
        Raise(AlarmKind.CANNOT_TELL, P2, Reason.STILL, late=True),
    )


@pytest.mark.parametrize(("seconds", "late"), [(0, False), (1, True)])
def test_the_service_was_away_when_it_comes_a_grace_too_late(seconds: float, late: bool) -> None:
    for night, due in ((waiting(), 16), (shown(), 11)):
        assert night(due + 1, ONLINE, seconds=seconds).check.late is late


@pytest.mark.parametrize("tick", [ONLINE, OFFLINE], ids=["looked at", "without a device"])
def test_a_check_opened_after_its_window_has_a_deadline(tick: CheckTick) -> None:
    assert CheckNight()(15, tick).check.deadline == at(35)


def test_an_answer_without_a_reason_is_ruled_by_the_answer() -> None:
    retry = Rule(Reaction.RETRY, AlarmKind.TECHNICAL, P3)
    plan = Plan(rules={Answer.CANNOT_TELL: retry})
    night = opened(plan)(1, found(*UP))(16, ONLINE)(17, found(Answer.SOMETHING_WRONG, attempt=2))
    assert (night.state, night.check.answer, night.check.reason) == (
        CheckState.ALARMED,
        Answer.SOMETHING_WRONG,
        None,
    )
