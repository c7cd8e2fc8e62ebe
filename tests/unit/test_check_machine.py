"""A check under any events in any order ends once, by its deadline, and is never green without evidence."""

import random
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alarm_center.core.check.check_decisions import TRANSITIONS, deadline, decide
from alarm_center.core.check.check_effects import CommandLook
from alarm_center.core.check.check_events import (
    AskAgain,
    Cancel,
    CheckEvent,
    CheckTick,
    FaultGone,
    FaultKnown,
    PersonSaid,
    Restore,
    SessionJudged,
    StaffDone,
    StaffOnSite,
    VisitBeside,
)
from alarm_center.core.check.state import ENDED, AttemptState, Check, CheckState
from alarm_center.core.check.transitions import ATTEMPTS
from alarm_center.core.decision import IllegalMove, Raise, Write
from alarm_center.core.plan import Plan
from alarm_center.core.reason_table import Reaction, Rule
from schemas.timeline import EventKind
from schemas.vocabulary import REASONS, AlarmKind, Answer, CancelReason, Cause, GreenBy, Instead, Priority, Reason
from tests.unit.one_check import TWO, planned

ANSWERS: list[tuple[Answer | None, Reason | None]] = [
    (None, None),
    (Answer.IN_BED, None),
    (Answer.IN_BED, None),
    (Answer.NOT_SEEN, None),
    *((answer, reason) for answer in Answer for reason in sorted(REASONS[answer])),
]
MINUTES = [timedelta(minutes=m) for m in (0, 1, 2, 5, 15, 30)]
PLANS = st.builds(
    Plan,
    recheck=st.sampled_from(MINUTES),
    rechecks=st.integers(0, 3),
    grace=st.sampled_from(MINUTES[:3]),
    retry_window=st.sampled_from(MINUTES),
    recheck_window=st.sampled_from(MINUTES),
    look_within=st.sampled_from(MINUTES),
    arrive_within=st.sampled_from([timedelta(minutes=20), timedelta(minutes=90)]),
    rules=st.sampled_from(
        [
            {},
            {Reason.UP: Rule(Reaction.ALARM, AlarmKind.SOMETHING_WRONG, Priority.FIRST)},
            {Reason.STILL: Rule(Reaction.SEEN), Answer.NOT_SEEN: Rule(Reaction.SEEN)},
            {Reason.NO_SESSION: Rule(Reaction.RECHECK, AlarmKind.NOBODY_LOOKED, Priority.SECOND)},
        ]
    ),
)
TAKEN_BACK = {
    CancelReason.CONSENT_REVOKED,
    CancelReason.DECISION_ENDED,
    CancelReason.DIED,
    CancelReason.TOWN_STOP,
    *(reason for reason in CancelReason if reason.startswith("pause_")),
}
TICKS = st.builds(CheckTick, st.booleans(), st.sampled_from([False, False, False, True]), st.booleans(), st.booleans())


class Life:
    """One check and its clock. Every event goes through `happens`, which holds what must always hold."""

    def __init__(self, check: Check, plan: Plan) -> None:
        self.check, self.plan = check, plan
        self.now: datetime = check.opens_at - timedelta(hours=3)
        self.alarms = 0
        self.timely: set[str] = set()
        """Sessions that were taken, judged sound and had come within their attempt's window and grace."""
        self.edges: set[tuple[CheckState, type, CheckState]] = set()

    @property
    def over(self) -> bool:
        return self.check.state in ENDED

    def happens(self, event: CheckEvent) -> None:
        before, due = self.check, self.check.next_step_at
        timely = isinstance(event, SessionJudged) and self._is_timely(event)
        try:
            decision = decide(before, event, self.plan, self.now)
        except IllegalMove:
            assert isinstance(event, PersonSaid | AskAgain | Cancel | Restore | VisitBeside | SessionJudged), (
                "a fact was refused"
            )
            return
        after = self.check = decision.check
        self.edges.add((before.state, type(event), after.state))
        if isinstance(event, SessionJudged) and timely:
            self.timely.add(event.session_id)

        lines = [e.payload.kind for e in decision.effects if isinstance(e, Write)]
        raised = [e for e in decision.effects if isinstance(e, Raise)]
        looks = [e.attempt for e in decision.effects if isinstance(e, CommandLook)]
        self.alarms += lines.count(EventKind.CHECK_ALARMED)
        if isinstance(event, Restore):
            planned_visit = before.cancel_reason is CancelReason.REPLANNED and before.instead is Instead.VISIT
            assert before.state is CheckState.CANCELLED, "an end was undone"
            assert before.cancel_reason in TAKEN_BACK or planned_visit, "an end was undone"
            assert self.now < after.opens_at and not any(a.session_id for a in after.attempts), "brought back too late"
            assert len(after.attempts) == 1 and not raised and not looks
        elif before.state in ENDED:
            assert after.state is before.state and after.seen_by == before.seen_by, "an end was undone"
            assert (after.answer, after.reason, after.next_step_at) == (before.answer, before.reason, None)
        elif after.state is CheckState.ALARMED:
            assert len(raised) == 1, "an alarm raises once"
        elif raised:
            assert isinstance(event, CheckTick | FaultKnown) and after.state is CheckState.PLANNED
        if after.state is CheckState.SEEN and before.state is not CheckState.SEEN:
            self._is_green_by_evidence(event, timely)
        if looks:
            assert not after.staff_inside, "the device was woken while staff were there"
            assert after.attempts[-1:] == tuple(looks)
            assert after.device_id is not None
        if isinstance(event, CheckTick):
            if due is not None and self.now < due:
                assert (after, decision.effects) == (before, ()), "a tick before its time did something"
            elif before.state not in ENDED and self.now >= deadline(before, self.plan):
                assert after.state is CheckState.ALARMED, "one tick past the deadline it had not ended"

    def _is_timely(self, found: SessionJudged) -> bool:
        grace = self.plan.grace
        for attempt in self.check.attempts:
            if attempt.number == found.attempt and attempt.state is not AttemptState.ANSWERED:
                first, last = attempt.opens_at, attempt.closes_at + grace
                taken = found.started_at is None or first - grace <= found.started_at <= last
                return found.consented and taken and first <= self.now <= last
        return False

    def _is_green_by_evidence(self, event: CheckEvent, timely: bool) -> None:
        assert self.check.answer is Answer.IN_BED
        if isinstance(event, SessionJudged):
            assert timely and event.answer is Answer.IN_BED
            assert self.check.green_by is GreenBy.DETECTOR and self.check.seen_by == "detector"
        else:
            assert isinstance(event, PersonSaid) and event.answer is Answer.IN_BED
            assert event.session_id in self.timely and self.check.seen_by == event.user

    def holds(self) -> None:
        check = self.check
        assert (check.next_step_at is None) == (check.state in ENDED), "a check without a next step"
        assert self.alarms == (check.state is CheckState.ALARMED)
        if check.next_step_at is not None:
            assert check.next_step_at <= deadline(check, self.plan), "it comes back after its deadline"
        assert [a.number for a in check.attempts] == list(range(1, len(check.attempts) + 1))
        assert len(check.attempts) <= ATTEMPTS
        owed = [a for a in check.attempts if a.cause is not Cause.ASKED]
        for attempt in owed:
            assert attempt.opens_at < attempt.closes_at
            assert attempt.closes_at + self.plan.grace <= deadline(check, self.plan)
        # At most: the list's own, the rechecks, one retry or catch-up, and those that staff made it wait for.
        assert sum(a.cause is Cause.RETRY for a in owed) <= 1

    def runs_out(self, tick: CheckTick) -> None:
        """Nothing more happens but time, each tick when it is due."""
        for _ in range(40):
            if self.check.next_step_at is None:
                break
            self.now = max(self.now, self.check.next_step_at)
            self.happens(tick)
            self.holds()
        assert self.over, "nothing ended it"


def session_time(life: Life, ago: timedelta | None) -> datetime | None:
    return None if ago is None else life.now - ago


class CheckMachine(RuleBasedStateMachine):
    life: Life

    @initialize(plan=PLANS, green_by=st.sampled_from(GreenBy), device=st.sampled_from(["cam-7", "cam-7", None]))
    def a_check_is_planned(self, plan: Plan, green_by: GreenBy, device: str | None) -> None:
        self.life = Life(planned(green_by, plan, device_id=device), plan)
        self.sessions = 0

    @rule(tick=TICKS, seconds=st.integers(0, 3))
    def the_clockwork_comes_when_it_is_due(self, tick: CheckTick, seconds: int) -> None:
        if self.life.check.next_step_at is not None:
            self.life.now = max(self.life.now, self.life.check.next_step_at + timedelta(seconds=seconds))
        self.life.happens(tick)

    @rule(tick=TICKS, seconds=st.integers(0, 900))
    def a_tick(self, tick: CheckTick, seconds: int) -> None:
        self.life.now += timedelta(seconds=seconds)
        self.life.happens(tick)

    @rule(seconds=st.integers(0, 600))
    def time_passes(self, seconds: int) -> None:
        self.life.now += timedelta(seconds=seconds)

    @rule(hours=st.sampled_from([1, 2, 8, 24 * 90]))
    def the_service_is_away(self, hours: int) -> None:
        self.life.now += timedelta(hours=hours)

    @rule(
        said=st.sampled_from(ANSWERS),
        back=st.sampled_from([0, 0, 0, 1, 2, -1]),
        ago=st.sampled_from([None, timedelta(seconds=20), timedelta(hours=1), timedelta(minutes=-20)]),
        again=st.sampled_from([False, False, False, True]),
        consented=st.sampled_from([True, True, True, False]),
    )
    def a_session_is_judged(
        self, said: tuple[Answer | None, Reason | None], back: int, ago: timedelta | None, again: bool, consented: bool
    ) -> None:
        self.sessions += not again
        number = len(self.life.check.attempts) - back
        taken = session_time(self.life, ago)
        self.life.happens(SessionJudged(f"s{self.sessions}", number, *said, started_at=taken, consented=consented))

    @precondition(lambda self: self.life.check.state in (CheckState.TO_LOOK, CheckState.ALARMED))
    @rule(said=st.sampled_from(ANSWERS[1:]), session=st.integers(0, 6), last=st.booleans())
    def a_person_says(self, said: tuple[Answer, Reason | None], session: int, last: bool) -> None:
        shown = f"s{self.sessions if last else session}"
        self.life.happens(PersonSaid(said[0], "olle", shown, said[1]))

    @rule(seconds=st.sampled_from([5, 10, 60, 61]))
    def a_person_wants_to_look_again(self, seconds: int) -> None:
        self.life.happens(AskAgain("olle", seconds))

    @rule(reason=st.sampled_from(CancelReason), person=st.booleans(), often=st.integers(0, 5))
    def it_is_cancelled(self, reason: CancelReason, person: bool, often: int) -> None:
        if often == 0:
            failed = self.life.check.state in (CheckState.WAITING, CheckState.TO_LOOK)
            self.life.happens(Cancel(reason, Instead.VISIT, "planner-3", person))
            if failed and not person and reason is not CancelReason.CONSENT_REVOKED:
                assert self.life.check.state is not CheckState.CANCELLED

    @rule()
    def what_cancelled_it_holds_no_longer(self) -> None:
        self.life.happens(Restore())

    @rule(wanted=st.booleans())
    def a_patrol_goes_too_or_not(self, wanted: bool) -> None:
        self.life.happens(VisitBeside(wanted))

    @rule(event=st.sampled_from([FaultKnown(), FaultGone(), StaffOnSite(), StaffDone()]))
    def the_world_changes(self, event: CheckEvent) -> None:
        self.life.happens(event)

    @invariant()
    def always(self) -> None:
        self.life.holds()

    def teardown(self) -> None:
        if hasattr(self, "life"):
            self.life.runs_out(CheckTick(device_online=True))


TestCheckMachine = CheckMachine.TestCase
TestCheckMachine.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


def test_every_arrow_of_the_machine_can_be_taken() -> None:
    chance = random.Random(2)
    taken: set[tuple[CheckState, type, CheckState]] = set()
    drawn = {(state, event, to) for (state, event), becomes in TRANSITIONS.items() for to in becomes}
    for _ in range(20000):
        taken |= wander(chance)
        if taken == drawn:
            break

    assert taken == drawn


def wander(chance: random.Random) -> set[tuple[CheckState, type, CheckState]]:
    """Live one check at random, and return the arrows that it took."""
    life = Life(planned(chance.choice(list(GreenBy))), Plan(rechecks=chance.randint(0, 2)))
    world: list[CheckEvent] = [FaultKnown(), FaultGone(), StaffOnSite(), StaffDone()]
    chance.shuffle(world)
    life.now = TWO - timedelta(minutes=chance.choice([200, 1, 0]))
    for number in range(chance.randint(2, 14)):
        if life.check.next_step_at is not None and chance.random() < 0.4:
            life.now = max(life.now, life.check.next_step_at)
        life.now += timedelta(seconds=chance.choice([0, 20, 90, 600]))
        said: Any = chance.choice(ANSWERS)
        attempt = len(life.check.attempts) - chance.choice([0, 0, 1])
        events: list[CheckEvent] = [
            CheckTick(chance.random() < 0.8, chance.random() < 0.1, chance.random() < 0.8),
            CheckTick(device_online=True),
            SessionJudged(f"s{number}", attempt, *said),
            SessionJudged(f"s{number}", attempt, *said),
            PersonSaid(said[0] or Answer.IN_BED, "olle", f"s{number - chance.choice([1, 2])}", said[1]),
            AskAgain("olle", 10),
            world[number % len(world)],
        ]
        if life.check.state is CheckState.TO_LOOK:
            events += [PersonSaid(Answer.NOT_SEEN, "olle")] * 4
        if life.check.state is CheckState.WAITING:
            events += [AskAgain("olle", 10)] * 4
        if chance.random() < 0.2:
            events.append(Cancel(chance.choice(list(CancelReason)), Instead.NOTHING, "olle", person=True))
        if life.check.state is CheckState.CANCELLED:
            events += [Restore()] * 4
        if life.check.state is CheckState.PLANNED:
            events.append(VisitBeside(chance.random() < 0.5))
        life.happens(chance.choice(events))
        life.holds()
    life.runs_out(CheckTick(device_online=True, more_tonight=False))
    return life.edges
