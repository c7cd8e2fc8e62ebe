"""The limits of a check, each at its instant: how often it is looked at, and when a session or a recheck is in time."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from alarm_center.core.check.check_events import AskAgain, StaffDone, StaffOnSite
from alarm_center.core.check.state import Attempt, AttemptState, Check, CheckState
from alarm_center.core.decision import IllegalMove
from schemas.timeline import EventKind
from schemas.vocabulary import AlarmKind, Answer, Cause, GreenBy, Reason
from tests.unit.one_check import IN_BED, ONLINE, P2, CheckNight, at, found, opened, waiting

MOMENT = timedelta(microseconds=1)


def looked_at(check: Check, times: int) -> Check:
    """Return *check* after so many looks, the later ones asked for by a person."""
    asked = tuple(
        Attempt(number, Cause.ASKED, at(2), at(4), 10, AttemptState.ANSWERED, f"asked-{number}", Answer.NOT_SEEN)
        for number in range(len(check.attempts) + 1, times + 1)
    )
    return replace(check, attempts=check.attempts + asked)


def on(night: CheckNight, instant: datetime) -> float:
    """Return *instant* as the minutes that a night is told."""
    return (instant - at(0)) / timedelta(minutes=1)


# ---- twenty attempts ----


def test_a_check_is_looked_at_twenty_times() -> None:
    night = CheckNight(looked_at(waiting().check, 19))(16, ONLINE)

    assert (night.looks, night.check.attempts[-1].number) == ([Cause.RECHECK], 20)


def test_there_is_no_attempt_21() -> None:
    night = CheckNight(looked_at(waiting().check, 20))(16, ONLINE)

    assert (night.looks, night.raised) == ([], [(AlarmKind.NOT_SEEN, P2, Reason.UP)])
    assert len(night.check.attempts) == 20


def to_look() -> CheckNight:
    return opened(green_by=GreenBy.OPERATOR)(1, found(Answer.NOT_SEEN))


@pytest.mark.parametrize(
    ("night", "most"),
    [
        (to_look(), 20 - 3),  # a recheck and a retry are owed, and one look after staff are done
        (waiting(), 20 - 2),  # the recheck is on its way
        (opened()(1, found(Answer.CANNOT_TELL, Reason.STILL)), 20),  # alarmed: nothing is owed
    ],
    ids=["to look", "waiting", "alarmed"],
)
def test_asked_looks_leave_numbers_for_what_is_owed(night: CheckNight, most: int) -> None:
    for number in range(2, most + 1):
        night(2, AskAgain("olle", 10))
        assert night.check.attempts[-1].number == number
    with pytest.raises(IllegalMove, match=f"looked at {most} times"):
        night(2, AskAgain("olle", 10))


# ---- a session is in time ----


@pytest.mark.parametrize(
    ("started", "timely"),
    [
        (at(-1), True),
        (at(-1) - MOMENT, False),
        (at(11), True),
        (at(11) + MOMENT, False),
    ],
    ids=["a grace before", "earlier", "a grace after", "later"],
)
def test_a_session_is_taken_within_the_window_and_its_grace(started: datetime, timely: bool) -> None:
    night = opened()(11, found(IN_BED, started_at=started))

    assert night.state is (CheckState.SEEN if timely else CheckState.OPEN)
    assert night.check.attempts[0].state is (AttemptState.ANSWERED if timely else AttemptState.OWED)


def test_a_session_that_comes_at_the_opening_is_in_time() -> None:
    assert CheckNight()(0, found(IN_BED)).state is CheckState.SEEN


def test_a_session_that_comes_after_the_grace_is_late() -> None:
    night = opened()
    assert night(on(night, at(11) + MOMENT), found(IN_BED)).state is CheckState.OPEN


# ---- staff inside ----


def test_a_recheck_keeps_its_time_when_staff_are_done() -> None:
    night = waiting()(2, StaffOnSite())(5, StaffDone())
    assert (night.check.next_step_at, night.check.staff_inside) == (at(16), False)
    assert EventKind.CHECK_RELEASED not in night.lines

    night(on(night, at(16) - MOMENT), ONLINE)
    assert night.looks == []
    assert night(16, ONLINE).looks == [Cause.RECHECK]


def test_an_open_check_keeps_its_time_when_staff_are_done() -> None:
    night = opened()(1, StaffOnSite())(5, StaffDone())

    assert (night.state, night.check.next_step_at) == (CheckState.OPEN, at(11))


def test_staff_who_come_for_the_recheck_put_it_off() -> None:
    night = waiting()(16, replace(ONLINE, staff_on_site=True))

    assert (night.state, night.looks, night.check.staff_inside) == (CheckState.WAITING, [], True)
    assert night(20, StaffDone()).check.next_step_at == at(20)
    assert night.lines[-1] == EventKind.CHECK_RELEASED


def test_staff_are_waited_for_until_the_deadline() -> None:
    night = waiting()(2, StaffOnSite())(16, ONLINE)
    assert night.check.next_step_at == at(35)

    night(on(night, at(35) - MOMENT), ONLINE)
    assert (night.state, night.raised) == (CheckState.WAITING, [])
    assert night(35, ONLINE).raised == [(AlarmKind.NOBODY_LOOKED, P2, Reason.NOBODY_LOOKED)]
