"""People's requests to a check: answer, one more look, cancel."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from alarm_center.core.check.check_effects import CallOff, NewConfig, Visit
from alarm_center.core.check.check_events import (
    AskAgain,
    Cancel,
    CheckEvent,
    FaultKnown,
    PersonSaid,
    Restore,
    SessionJudged,
    StaffOnSite,
)
from alarm_center.core.check.state import Attempt, AttemptState, CheckState
from alarm_center.core.check.transitions import ATTEMPTS
from alarm_center.core.decision import IllegalMove, Raise, Write
from schemas.messages import ScheduledAttempt as ListedAttempt
from schemas.timeline import CheckRestored
from schemas.vocabulary import REASONS, AlarmKind, Answer, CancelReason, Cause, GreenBy, Instead, Reason, Show
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


def to_look(answer: Answer = IN_BED, reason: Reason | None = None) -> CheckNight:
    return opened(green_by=GreenBy.OPERATOR)(1, found(answer, reason))


def test_a_check_that_a_person_turns_green_is_always_shown() -> None:
    assert planned(GreenBy.OPERATOR).show is Show.ALWAYS
    assert planned(GreenBy.DETECTOR).show is Show.DEVIATION


def test_a_person_confirms() -> None:
    night = to_look()(2, PersonSaid(IN_BED, "olle", "session-1"))

    assert (night.state, night.check.seen_by, night.raised) == (CheckState.SEEN, "olle", [])


def test_an_older_picture_turns_nothing_green() -> None:
    night = to_look()(3, AskAgain("olle", 10))
    night(3, found(Answer.NOT_SEEN, attempt=2), seconds=20)

    with pytest.raises(IllegalMove, match="older than the newest look"):
        night(4, PersonSaid(IN_BED, "olle", "session-1"))
    assert night.state is CheckState.TO_LOOK


def test_a_person_sees_nobody() -> None:
    night = to_look()(2, PersonSaid(Answer.NOT_SEEN, "olle", "session-1"))
    assert (night.state, night.check.next_step_at) == (CheckState.WAITING, at(17))

    night(17, ONLINE)(18, found(IN_BED, attempt=2))
    assert night.state is CheckState.TO_LOOK
    assert night(19, PersonSaid(Answer.NOT_SEEN, "olle")).raised == [(AlarmKind.NOT_SEEN, P2, None)]


@pytest.mark.parametrize("reason", [None, *sorted(REASONS[Answer.SOMETHING_WRONG])], ids=str)
def test_something_wrong_by_a_person_alarms_at_once(reason: Reason | None) -> None:
    night = to_look()(2, PersonSaid(Answer.SOMETHING_WRONG, "olle", "session-1", reason))

    assert night.raised == [(AlarmKind.SOMETHING_WRONG, P1, reason)]


def test_a_person_cannot_tell() -> None:
    night = to_look()(2, PersonSaid(Answer.CANNOT_TELL, "olle", "session-1"))

    assert night.raised == [(AlarmKind.CANNOT_TELL, P2, Reason.PERSON_UNSURE)]


def test_a_person_sees_that_the_camera_is_covered() -> None:
    night = to_look()(2, PersonSaid(Answer.CANNOT_TELL, "olle", "session-1", Reason.COVERED))

    assert night.raised == [(AlarmKind.TECHNICAL, P3, Reason.COVERED)]


def test_a_persons_frozen_picture_leads_to_a_new_attempt() -> None:
    night = to_look()(2, PersonSaid(Answer.CANNOT_TELL, "olle", "session-1", Reason.FROZEN))

    assert (night.state, night.looks) == (CheckState.OPEN, [Cause.RETRY])


def test_nobody_looks() -> None:
    night = to_look()
    assert night(10, ONLINE).effects == ()
    night(11, ONLINE)

    assert night.raised == [(AlarmKind.NOBODY_LOOKED, P2, Reason.NOBODY_LOOKED)]


@pytest.mark.parametrize("session", [None, "another"])
def test_a_person_cannot_turn_it_green_without_its_session(session: str | None) -> None:
    night = to_look()

    with pytest.raises(IllegalMove, match="look again first"):
        night(2, PersonSaid(IN_BED, "olle", session))
    assert night.state is CheckState.TO_LOOK


def test_a_person_confirms_only_the_newest_sound_session() -> None:
    broken = opened(green_by=GreenBy.OPERATOR)(1, found(Answer.CANNOT_TELL, Reason.FROZEN))(2, found(IN_BED, attempt=2))
    older = to_look()(2, PersonSaid(Answer.NOT_SEEN, "olle"))(17, ONLINE)(18, found(Answer.NOT_SEEN, attempt=2))

    for night in (broken, older):
        assert night.state is CheckState.TO_LOOK
        with pytest.raises(IllegalMove, match="cannot turn it green"):
            night(19 if night is older else 3, PersonSaid(IN_BED, "olle", "session-1"))
        assert night(19 if night is older else 3, PersonSaid(IN_BED, "olle", "session-2")).state is CheckState.SEEN


def test_a_reason_has_to_fit_its_answer() -> None:
    with pytest.raises(IllegalMove, match="covered is no reason for not_seen"):
        to_look()(2, PersonSaid(Answer.NOT_SEEN, "olle", "session-1", Reason.COVERED))


def test_looking_again_shows_a_new_session_and_gives_time_for_it() -> None:
    night = to_look(Answer.CANNOT_TELL, Reason.STILL)(10, AskAgain("olle", 20))
    assert night.looks == [Cause.ASKED]
    assert (night.check.attempts[-1].seconds, night.check.next_step_at) == (20, at(13))

    night(10, found(IN_BED, attempt=2), seconds=40)
    assert night.state is CheckState.TO_LOOK
    assert night(11, PersonSaid(IN_BED, "olle", "session-2")).state is CheckState.SEEN


def test_looking_again_can_show_a_fall() -> None:
    night = to_look()(2, AskAgain("olle", 10))(2, found(Answer.SOMETHING_WRONG, Reason.ON_FLOOR, 2), seconds=30)

    assert night.raised == [(AlarmKind.SOMETHING_WRONG, P1, Reason.ON_FLOOR)]


@pytest.mark.parametrize("green_by", GreenBy)
def test_a_look_while_waiting_spends_no_recheck(green_by: GreenBy) -> None:
    night = opened(green_by=green_by)(1, found(Answer.NOT_SEEN))
    if green_by is GreenBy.OPERATOR:
        night(1, PersonSaid(Answer.NOT_SEEN, "olle", "session-1"))
    night(5, AskAgain("olle", 10))(5, found(Answer.NOT_SEEN, attempt=2), seconds=20)
    assert (night.state, night.check.next_step_at) == (CheckState.WAITING, at(16))

    night(8, AskAgain("olle", 10))(8, found(IN_BED, attempt=3), seconds=20)
    assert night.state is (CheckState.SEEN if green_by is GreenBy.DETECTOR else CheckState.TO_LOOK)


@pytest.mark.parametrize("seconds", [0, 4, 61])
def test_a_look_has_its_limits(seconds: int) -> None:
    with pytest.raises(IllegalMove, match=f"cannot look for {seconds} s"):
        to_look()(2, AskAgain("olle", seconds))


def test_asking_again_leaves_numbers_for_what_is_owed() -> None:
    night = to_look()
    with pytest.raises(IllegalMove, match="times"):
        for _ in range(ATTEMPTS + 1):
            night(2, AskAgain("olle", 5))

    night(3, PersonSaid(Answer.NOT_SEEN, "olle"))(18, ONLINE)
    assert night.check.attempts[-1].cause is Cause.RECHECK
    assert len(night.check.attempts) <= ATTEMPTS


def test_the_contract_numbers_attempts_just_so_far() -> None:
    listed: dict[str, Any] = {"check_id": UUID(int=1), "opens_at": TWO, "closes_at": at(1), "seconds": 10}
    ListedAttempt(attempt=ATTEMPTS, show=Show.ALWAYS, **listed)
    with pytest.raises(ValueError, match="less than or equal"):
        ListedAttempt(attempt=ATTEMPTS + 1, show=Show.ALWAYS, **listed)


# ---- cancelled ----

PAUSES = [reason for reason in CancelReason if reason.startswith("pause_")]


@pytest.mark.parametrize("reason", CancelReason, ids=str)
def test_before_the_look_everything_can_cancel(reason: CancelReason) -> None:
    night = CheckNight()(-60, Cancel(reason, Instead.NOTHING, "rule"))

    check = night.check
    assert (check.state, check.next_step_at) == (CheckState.CANCELLED, None)
    assert (check.cancel_reason, check.instead, check.agreed_by) == (reason, Instead.NOTHING, "rule")
    assert NewConfig() in night.effects
    assert not any(isinstance(effect, Visit) for effect in night.effects)


@pytest.mark.parametrize(("minutes", "comes_at"), [(-60, TWO), (5, at(5))])
def test_a_visit_comes_in_its_stead_at_its_time_or_now(minutes: float, comes_at: datetime) -> None:
    night = CheckNight() if minutes < 0 else opened()

    night(minutes, Cancel(CancelReason.PAUSE_OWN_WISH, Instead.VISIT, "planner-3", person=True))

    assert Visit(comes_at) in night.effects


def after_a_look() -> list[CheckNight]:
    retrying = opened()(11, ONLINE)
    return [waiting(), to_look(), retrying, waiting()(16, ONLINE)]


@pytest.mark.parametrize("reason", PAUSES, ids=str)
def test_a_pause_after_a_look_needs_a_persons_name(reason: CancelReason) -> None:
    for night in after_a_look():
        before = night.check
        with pytest.raises(IllegalMove, match="needs a person's name"):
            night(17, Cancel(reason, Instead.NOTHING, "import"))
        with pytest.raises(IllegalMove, match="needs a person's name"):
            night(17, Cancel(reason, Instead.NOTHING, "", person=True))
        assert night.check == before

        assert night(17, Cancel(reason, Instead.NOTHING, "olle", person=True)).state is CheckState.CANCELLED


def test_consent_ends_every_look_at_once() -> None:
    for night in after_a_look():
        assert night(17, Cancel(CancelReason.CONSENT_REVOKED, Instead.VISIT, "resident")).state is CheckState.CANCELLED
        assert Visit(at(17)) in night.effects


def test_consent_revoked_while_alarmed_stops_nobody() -> None:
    night = opened()(11, OFFLINE)
    before = night.check

    night(12, Cancel(CancelReason.CONSENT_REVOKED, Instead.NOTHING, "resident"))

    assert night.check == before
    assert [type(effect) for effect in night.effects] == [Write]


@pytest.mark.parametrize("reason", [r for r in CancelReason if r is not CancelReason.CONSENT_REVOKED], ids=str)
def test_an_alarm_is_not_cancelled_away(reason: CancelReason) -> None:
    with pytest.raises(IllegalMove, match="it ends with the alarm's outcome"):
        opened()(11, OFFLINE)(12, Cancel(reason, Instead.NOTHING, "olle", person=True))


def test_what_people_cannot_do_changes_nothing() -> None:
    seen = opened()(1, found(IN_BED))
    cancelled = CheckNight()(-5, Cancel(CancelReason.MOVED, Instead.NOTHING, "planner-3"))
    wishes: list[CheckEvent] = [
        PersonSaid(IN_BED, "olle", "session-1"),
        AskAgain("olle", 10),
        Cancel(CancelReason.CONSENT_REVOKED, Instead.NOTHING, "resident", person=True),
    ]
    for night in (seen, cancelled):
        for wish in wishes:
            before = night.check
            with pytest.raises(IllegalMove, match=f"is {before.state}: {type(wish).__name__} cannot happen"):
                night(20, wish)
            assert night.check == before
    for early in (CheckNight(), opened()):
        for wish in wishes[:2]:
            with pytest.raises(IllegalMove, match="cannot happen"):
                early(5, wish)


TAKEN_BACK = [
    CancelReason.CONSENT_REVOKED,
    CancelReason.DECISION_ENDED,
    CancelReason.DIED,
    CancelReason.TOWN_STOP,
    *(reason for reason in CancelReason if reason.startswith("pause_")),
]


@pytest.mark.parametrize("reason", TAKEN_BACK)
def test_a_restored_check_is_as_it_was_planned(reason: CancelReason) -> None:
    night = CheckNight()(-90, Cancel(reason, Instead.NOTHING, "planner-3"))(-60, Restore())
    assert night.check == planned()
    assert night.effects == (Write(CheckRestored(reason, Instead.NOTHING)), NewConfig())
    assert night(0, ONLINE).state is CheckState.OPEN


def test_a_restored_check_calls_off_its_visit() -> None:
    night = CheckNight()(-90, Cancel(CancelReason.CONSENT_REVOKED, Instead.VISIT, "planner-3"))(-60, Restore())
    assert CallOff() in night.effects


@pytest.mark.parametrize("reason", sorted(set(CancelReason) - set(TAKEN_BACK)))
def test_other_reasons_end_a_check_for_good(reason: CancelReason) -> None:
    night = CheckNight()(-90, Cancel(reason, Instead.NOTHING, "planner-3"))
    with pytest.raises(IllegalMove, match="not taken back"):
        night(-60, Restore())
    assert night.state is CheckState.CANCELLED


@pytest.mark.parametrize("reason", sorted(set(CancelReason) - set(TAKEN_BACK)))
def test_a_visit_is_taken_back_where_it_was_planned_so(reason: CancelReason) -> None:
    """A pause may begin in which nobody is at home; every other end stays one, whatever came in its stead."""
    night = CheckNight()(-90, Cancel(reason, Instead.VISIT, "planner-3"))
    if reason is CancelReason.REPLANNED:
        assert CallOff() in night(-60, Restore()).effects
        return
    with pytest.raises(IllegalMove, match="not taken back"):
        night(-60, Restore())


def test_a_check_that_would_have_opened_does_not_come_back() -> None:
    night = CheckNight()(-1, Cancel(CancelReason.CONSENT_REVOKED, Instead.NOTHING, "planner-3"))
    with pytest.raises(IllegalMove, match="opened already"):
        night(0, Restore())


def test_a_check_that_somebody_has_looked_at_does_not_come_back() -> None:
    night = waiting()(2, Cancel(CancelReason.CONSENT_REVOKED, Instead.NOTHING, "planner-3"))
    with pytest.raises(IllegalMove, match="looked at"):
        night(-5, Restore())


@pytest.mark.parametrize(
    "looked",
    [
        {"attempts": (*planned().attempts, Attempt(2, Cause.ASKED, at(-30), at(-20), 10))},
        {"attempts": (replace(planned().attempts[0], session_id="early"),)},
        {"attempts": (replace(planned().attempts[0], state=AttemptState.ANSWERED),)},
    ],
    ids=["asked for", "by an early session", "answered"],
)
def test_any_look_keeps_a_check_from_coming_back(looked: dict[str, Any]) -> None:
    night = CheckNight(planned(state=CheckState.CANCELLED, cancel_reason=CancelReason.CONSENT_REVOKED, **looked))
    with pytest.raises(IllegalMove, match="looked at"):
        night(-5, Restore())


def test_what_was_known_of_faults_and_staff_is_told_again() -> None:
    night = CheckNight()(-80, FaultKnown())(-50, ONLINE)(-45, StaffOnSite())
    assert night.check.fault_known and night.check.staff_inside
    night(-40, Cancel(CancelReason.CONSENT_REVOKED, Instead.NOTHING, "planner-3"))(-30, Restore())
    assert not night.check.fault_known and not night.check.staff_inside


@pytest.mark.parametrize("night", [CheckNight(), opened(), waiting()], ids=["planned", "open", "waiting"])
def test_only_a_cancelled_check_comes_back(night: CheckNight) -> None:
    with pytest.raises(IllegalMove):
        night(2, Restore())


@pytest.mark.parametrize(
    ("answer", "reason", "ends"),
    [
        (Answer.IN_BED, None, AlarmKind.NOBODY_LOOKED),
        (None, None, AlarmKind.NOBODY_LOOKED),
        (Answer.CANNOT_TELL, Reason.STILL, AlarmKind.CANNOT_TELL),
        (Answer.SOMETHING_WRONG, Reason.ON_FLOOR, AlarmKind.SOMETHING_WRONG),
        (Answer.NOT_SEEN, None, None),
    ],
)
def test_what_nobody_may_see_waits_for_nobodys_eyes(
    answer: Answer | None, reason: Reason | None, ends: AlarmKind | None
) -> None:
    """A person has to confirm, and none may: somebody goes there, and the detector's own doubt counts as ever."""
    night = CheckNight(green_by=GreenBy.OPERATOR)
    night(0, ONLINE)
    night(1, SessionJudged("s1", 1, answer, reason, shown=False))
    if ends is None:
        assert night.check.state is CheckState.WAITING
    else:
        assert night.check.state is CheckState.ALARMED
        assert [effect.kind for effect in night.effects if isinstance(effect, Raise)] == [ends]


def test_a_person_who_is_asked_is_told_why_the_detector_doubts() -> None:
    night = to_look(Answer.CANNOT_TELL, Reason.PERSON_UNSURE)
    assert (night.state, night.check.answer, night.check.reason) == (
        CheckState.TO_LOOK, Answer.CANNOT_TELL, Reason.PERSON_UNSURE,
    )  # fmt: skip
