"""The demo's pace: real time while the newcomer is in the middle of something, and who is let act meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

import pytest

from alarm_center.store.events import Cursor, Event
from alarm_center.store.memory import Memory
from fjarrtillsyn.demo.newcomer import GLANCE_S, PATIENCE_S, Newcomer
from fjarrtillsyn.demo.pacing import Paces, Pacing
from schemas import timeline
from schemas.vocabulary import AlarmKind, Outcome, Priority
from tests.support.real_time import RealTime

AT = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
LONGEST = timedelta(seconds=40)
ANNA, SIMULATED, ALARM = uuid4(), uuid4(), uuid4()
CASE = 4801


@pytest.fixture
def real() -> RealTime:
    return RealTime()


@pytest.fixture
def newcomer(real: RealTime) -> Newcomer:
    return Newcomer(cast("Memory", None), frozenset({ANNA}), real)


def line(payload: timeline.Payload, actor: UUID | None = None, *, alarm: UUID = ALARM) -> Event:
    data, by = timeline.encode(payload), str(actor) if actor else None
    return Event(Cursor(1, 1), AT, "granby", payload.kind, None, None, alarm, None, None, None, by, data)


OPENED = timeline.AlarmOpened(AlarmKind.SOMETHING_WRONG, Priority.FIRST, CASE)
ACCEPTED = timeline.CarerAccepted(uuid4())
ON_SITE = timeline.CarerOnSite(uuid4())


# ---- what is left to the newcomer ----


def test_an_alarm_waits_a_glance_for_somebody_who_only_watches(newcomer: Newcomer, real: RealTime) -> None:
    newcomer.note_event(line(OPENED))
    real.s += GLANCE_S - 1
    assert newcomer.is_awaited(ALARM)
    real.s += 2
    assert not newcomer.is_awaited(ALARM)


def test_an_alarm_waits_longer_for_somebody_who_has_just_clicked(newcomer: Newcomer, real: RealTime) -> None:
    newcomer.note_event(line(timeline.CaseReleased(ANNA), ANNA, alarm=uuid4()))
    newcomer.note_event(line(OPENED))
    real.s += PATIENCE_S - 1
    assert newcomer.is_awaited(ALARM)
    real.s += 2
    assert not newcomer.is_awaited(ALARM)


def test_a_click_begins_the_wait_anew(newcomer: Newcomer, real: RealTime) -> None:
    newcomer.note_event(line(OPENED))
    real.s += GLANCE_S - 1
    newcomer.note_event(line(timeline.PatrolSent(ANNA), ANNA))
    real.s += PATIENCE_S - 1
    assert newcomer.has_hands_on(ALARM)


def test_what_the_simulated_colleague_does_is_no_click(newcomer: Newcomer, real: RealTime) -> None:
    newcomer.note_event(line(OPENED))
    real.s += GLANCE_S + 1
    newcomer.note_event(line(timeline.PatrolSent(SIMULATED), SIMULATED))
    assert not newcomer.is_awaited(ALARM)


def test_what_is_held_is_left_alone_without_a_click(newcomer: Newcomer, real: RealTime) -> None:
    newcomer.held = frozenset({ALARM})
    assert newcomer.has_hands_on(ALARM)
    assert newcomer.is_busy()


def test_a_phone_is_left_to_the_newcomer_to_take_the_case(newcomer: Newcomer, real: RealTime) -> None:
    newcomer.note_event(line(OPENED))
    assert newcomer.is_to_answer(CASE, takes=True)
    assert not newcomer.is_to_answer(CASE, takes=False)
    assert not newcomer.is_to_answer(CASE + 1, takes=True)


def test_a_case_taken_on_a_phone_is_the_newcomers_to_go_on(newcomer: Newcomer, real: RealTime) -> None:
    newcomer.note_event(line(OPENED))
    newcomer.note_event(line(ACCEPTED))
    real.s += PATIENCE_S - 1
    assert newcomer.is_to_answer(CASE, takes=False)
    assert newcomer.is_busy()
    newcomer.note_event(line(ON_SITE))
    real.s += PATIENCE_S - 1
    assert newcomer.is_to_answer(CASE, takes=False)
    real.s += 2
    assert not newcomer.is_to_answer(CASE, takes=False)


def test_a_case_that_a_simulated_carer_took_is_theirs(newcomer: Newcomer, real: RealTime) -> None:
    newcomer.note_event(line(OPENED))
    real.s += GLANCE_S + 1
    newcomer.leave_to_simulated(CASE)
    newcomer.note_event(line(ACCEPTED))
    assert not newcomer.is_to_answer(CASE, takes=False)
    assert not newcomer.is_busy()


def test_a_closed_case_occupies_nobody(newcomer: Newcomer, real: RealTime) -> None:
    newcomer.note_event(line(OPENED))
    newcomer.note_event(line(ACCEPTED))
    assert newcomer.is_busy()
    newcomer.note_event(line(timeline.AlarmClosed(Outcome.HELPED_UP, str(ANNA)), ANNA))
    assert not newcomer.is_busy()


# ---- the pace ----


class NightClock:
    """The service's clock as the driver moves it: real time passes on it by itself, and it is moved by what it lacks."""

    def __init__(self, pacing: Pacing, real: RealTime) -> None:
        self.pacing, self.real, self.at = pacing, real, AT

    def tick(self, seconds: float = 0.25, longest: timedelta = LONGEST, *, open_alarms: bool = False) -> timedelta:
        """Let *seconds* of real time pass; return how far the clock was moved besides."""
        self.real.s += seconds
        self.at += timedelta(seconds=seconds)
        step = self.pacing.step(self.at, longest, open_alarms=open_alarms)
        self.at += step
        return step


@pytest.fixture
def clock(newcomer: Newcomer, real: RealTime) -> NightClock:
    return NightClock(Pacing(newcomer, Paces(waiting=3, driving=10, quiet=60), real), real)


@pytest.mark.parametrize(
    ("waiting", "open_alarms", "pace"),
    [
        pytest.param({ALARM}, True, 3, id="a-case-waits-for-somebody-simulated"),
        pytest.param(set(), True, 10, id="carers-drive"),
        pytest.param(set(), False, 60, id="all-is-quiet"),
    ],
)
def test_time_is_fast_while_the_newcomer_does_nothing(
    newcomer: Newcomer, clock: NightClock, waiting: set[UUID], open_alarms: bool, pace: float
) -> None:
    newcomer.waiting = frozenset(waiting)
    clock.tick(open_alarms=open_alarms)
    assert clock.tick(open_alarms=open_alarms) == timedelta(seconds=(pace - 1) * 0.25)


def test_time_is_real_while_a_case_is_in_the_newcomers_hands(newcomer: Newcomer, clock: NightClock) -> None:
    newcomer.held = frozenset({ALARM})
    assert [clock.tick(open_alarms=True) for _ in range(4)] == [timedelta(0)] * 4


def test_time_is_real_while_an_alarm_waits_for_a_click(newcomer: Newcomer, clock: NightClock) -> None:
    newcomer.waiting = frozenset({ALARM})
    newcomer.note_event(line(OPENED))
    assert [clock.tick(open_alarms=True) for _ in range(4)] == [timedelta(0)] * 4


def test_each_second_of_real_time_is_owed_in_steps(newcomer: Newcomer, clock: NightClock, real: RealTime) -> None:
    newcomer.held = frozenset({ALARM})
    clock.tick()
    real.s += 60  # passes for the newcomer, and not on the service's clock
    steps = [clock.tick(longest=timedelta(seconds=25)) for _ in range(4)]
    assert steps == [timedelta(seconds=s) for s in (25, 25, 10, 0)]


def test_fast_time_that_a_slow_machine_lost_is_not_owed(clock: NightClock) -> None:
    clock.tick()
    assert clock.tick(seconds=10) == LONGEST
    assert clock.tick() == timedelta(seconds=59 * 0.25)


def test_what_was_lacking_before_a_click_is_not_owed(newcomer: Newcomer, clock: NightClock, real: RealTime) -> None:
    clock.tick()
    real.s += 10
    newcomer.held = frozenset({ALARM})
    assert clock.tick() == timedelta(0)
