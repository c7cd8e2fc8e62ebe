"""No order of replies, claims, evidence and time leaves an alarm without an owner with a limit or a next step."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alarm_center.core.alarm.alarm_decisions import decide, open_alarm
from alarm_center.core.alarm.alarm_effects import AlarmDecision, Notify, Tell
from alarm_center.core.alarm.alarm_events import (
    CARER_REPLIES,
    AcknowledgeTrouble,
    AlarmEvent,
    AlarmTick,
    AskCarersAgain,
    CancelDispatch,
    ClaimCase,
    Close,
    ColleagueInNeed,
    ConditionReported,
    Done,
    InCall,
    IntoIncident,
    Joined,
    NeedsHelp,
    ReleaseCase,
    Renew,
    ReplaceCarer,
    SendPatrol,
    SiteReply,
    Staying,
    TakeOver,
    Took,
)
from alarm_center.core.alarm.alarm_table import next_states
from alarm_center.core.alarm.dispatch import next_step_at
from alarm_center.core.alarm.state import Alarm, AlarmState, DispatchState, NewAlarm, Notice, NoticeState
from alarm_center.core.alarm.trouble import SAID_AGAIN, asked_of, next_louder_at, of_kind
from alarm_center.core.alarm.trouble_ladders import LADDERS, OF_NOBODY
from alarm_center.core.decision import Colleague, IllegalMove
from alarm_center.core.plan import Plan, Wording
from alarm_center.core.replies import carer_actions
from alarm_center.core.roster import DutyShift, Roster
from schemas.vocabulary import AlarmKind, Condition, HandledBy, Outcome, Priority, Reason, TroubleKind
from tests.support.alarm_story import CARER_WORDS, FIXED, HERE, ON_DUTY, OPERATORS, START, fresh_ids

SITE_WORDS: tuple[Callable[[UUID], AlarmEvent], ...] = tuple(
    word for word in CARER_REPLIES if issubclass(word, SiteReply)
)


class AlarmLife(RuleBasedStateMachine):
    """One alarm among a roster that changes, carers who say anything at any time, and a clock that jumps."""

    alarm: Alarm

    @initialize(
        kind=st.sampled_from(AlarmKind),
        priority=st.sampled_from(Priority),
        visit=st.booleans(),
        signed_in=st.booleans(),
        two_carers=st.booleans(),
        home_care=st.booleans(),
        rounds=st.integers(0, 3),
        on_duty=st.sets(st.integers(0, 3)),
        fixed=st.booleans(),
    )
    def opens(
        self,
        kind: AlarmKind,
        priority: Priority,
        visit: bool,
        signed_in: bool,
        two_carers: bool,
        home_care: bool,
        rounds: int,
        on_duty: set[int],
        fixed: bool,
    ) -> None:
        if kind is AlarmKind.SOMETHING_WRONG:
            priority = Priority.FIRST
        if kind is AlarmKind.SERVICE:
            kind = AlarmKind.NOT_SEEN  # the likeliest, drawn more often
        visit = visit and kind is AlarmKind.MANUAL
        handled_by = HandledBy.HOME_CARE if home_care else HandledBy.ALARM_CENTRE
        self.plan = Plan(two_carers=two_carers, rounds=rounds, handled_by=handled_by)
        self.now = START
        self.ids = fresh_ids()
        self.fixed = FIXED if fixed else None
        self.signed_in = signed_in
        self.roster = Roster(tuple(ON_DUTY[i] for i in sorted(on_duty)), self.fixed)
        new = NewAlarm(
            alarm_id=UUID(int=1), org="nordby", area_id=HERE, resident_id=UUID(int=7), device_id="b27", case_no=4821,
            kind=kind, priority=priority, visit=visit, arrive_by=START + timedelta(hours=3) if visit else None,
        )  # fmt: skip
        decision = open_alarm(new, self.plan, self.now, somebody_signed_in=signed_in)
        self.alarm = decision.alarm
        self.fell = kind is AlarmKind.SOMETHING_WRONG
        self.opened_first = self.alarm.priority is Priority.FIRST and not visit

    # ---- what may happen ----

    @rule(seconds=st.one_of(st.integers(0, 400), st.integers(0, 30_000)))
    def time_passes(self, seconds: int) -> None:
        """The clock moves, and the clockwork comes back late or just in time."""
        self.now += timedelta(seconds=seconds)
        self.tick()

    @rule()
    def the_next_step_comes(self) -> None:
        if self.alarm.next_step_at is not None:
            self.now = max(self.now, self.alarm.next_step_at)
            self.tick()

    @rule(signed_in=st.booleans())
    def somebody_signs_in_or_out(self, signed_in: bool) -> None:
        self.signed_in = signed_in

    @rule(on_duty=st.sets(st.integers(0, 3)), busy=st.sets(st.integers(0, 3)))
    def the_roster_changes(self, on_duty: set[int], busy: set[int]) -> None:
        shifts = tuple(ON_DUTY[i] for i in sorted(on_duty))
        self.roster = Roster(shifts, self.fixed, frozenset(ON_DUTY[i].shift_id for i in busy))

    @rule(user=st.sampled_from(OPERATORS), reason=st.just("shift_end"))
    def an_operator_takes_over(self, user: UUID, reason: str) -> None:
        self.try_event(TakeOver(user, reason))

    @rule(
        user=st.sampled_from(OPERATORS),
        event=st.sampled_from([ClaimCase, Renew, ReleaseCase, SendPatrol, AskCarersAgain, CancelDispatch]),
    )
    def an_operator_acts(self, user: UUID, event: Callable[[UUID], AlarmEvent]) -> None:
        held_by_another = self.alarm.is_held_by_other(user, self.now)
        done = self.try_event(event(user))
        if held_by_another and event is ClaimCase:
            assert not done
        if done and event is ClaimCase:
            assert self.alarm.lease.holder == user

    @precondition(lambda self: self.notices)
    @rule(data=st.data(), user=st.sampled_from(OPERATORS))
    def an_operator_sends_another(self, data: st.DataObject, user: UUID) -> None:
        """A carer who was sent away has it no longer."""
        notice = data.draw(st.sampled_from(self.notices))
        done = self.try_event(ReplaceCarer(user, notice.notice_id))
        assert not (done and self.has_it(notice.phone))

    @rule(user=st.sampled_from(OPERATORS), on=st.booleans())
    def an_operator_calls(self, user: UUID, on: bool) -> None:
        self.try_event(InCall(user, on))

    @rule(user=st.sampled_from(OPERATORS), kind=st.sampled_from(TroubleKind))
    def an_operator_acknowledges(self, user: UUID, kind: TroubleKind) -> None:
        self.try_event(AcknowledgeTrouble(user, kind))
        assert kind not in {trouble.kind for trouble in self.alarm.unacknowledged}

    @precondition(lambda self: self.alarm.unacknowledged)
    @rule(data=st.data(), user=st.sampled_from(OPERATORS))
    def an_operator_sees_an_open_trouble(self, data: st.DataObject, user: UUID) -> None:
        kind = data.draw(st.sampled_from(self.alarm.unacknowledged)).kind
        self.event(AcknowledgeTrouble(user, kind))
        assert kind not in {trouble.kind for trouble in self.alarm.unacknowledged}

    @precondition(lambda self: self.notices)
    @rule(data=st.data())
    def a_carer_cries_for_help(self, data: st.DataObject) -> None:
        """A new cry is open whoever has seen to another; only the same carer's of a moment ago is one with it."""
        notice = data.draw(st.sampled_from(self.notices))
        before = of_kind(self.alarm.troubles, TroubleKind.HELP)
        phones = {n.notice_id: n.phone for n in self.notices}
        said = [w.said_at for w in before.words if phones[w.notice_id] == notice.phone] if before else []
        self.event(NeedsHelp(notice.notice_id))
        if self.alarm.state is AlarmState.CLOSED:
            return
        assert notice.phone in self.alarm.phones_in_need()
        if not said or self.now - max(said) >= SAID_AGAIN:
            assert TroubleKind.HELP in {trouble.kind for trouble in self.alarm.unacknowledged}

    @rule(shift=st.sampled_from(ON_DUTY))
    def a_colleague_without_the_case_cries(self, shift: DutyShift) -> None:
        """A carer with no case, or with another's that is over: from then on nobody asks that phone."""
        if self.try_event(ColleagueInNeed(Colleague(shift.phone, shift.patrol, shift.shift_id))):
            assert shift.phone in self.alarm.phones_in_need()

    @precondition(lambda self: any(trouble.told for trouble in self.alarm.unacknowledged))
    @rule(data=st.data())
    def whoever_was_told_says_1(self, data: st.DataObject) -> None:
        """Their 1 is to what they were told of; a trouble that they were not told of stays open."""
        told = st.sampled_from([trouble for trouble in self.alarm.unacknowledged if trouble.told])
        notice_id = data.draw(st.sampled_from(data.draw(told).told))
        unheard = {t.kind for t in self.alarm.unacknowledged if notice_id not in t.told} - set(OF_NOBODY)
        before = self.alarm.acceptance
        self.event(Took(notice_id))
        if before is not None and self.alarm.acceptance != before:
            unheard -= {TroubleKind.LATE}  # handed over: the carer who was late has it no longer
        assert unheard <= {trouble.kind for trouble in self.alarm.unacknowledged}

    @precondition(lambda self: self.notices)
    @rule(data=st.data(), word=st.sampled_from(CARER_WORDS))
    def a_carer_speaks(self, data: st.DataObject, word: Callable[[UUID], AlarmEvent]) -> None:
        """Any word to any notice, old ones too. It is never refused."""
        self.event(word(data.draw(st.sampled_from(self.notices)).notice_id))

    @precondition(lambda self: self.notices)
    @rule(data=st.data(), eta=st.none() | st.integers(-5, 10_000))
    def a_carer_takes_it(self, data: st.DataObject, eta: int | None) -> None:
        notice = data.draw(st.sampled_from(self.notices))
        before = self.alarm
        decision = self.event(Took(notice.notice_id, eta))
        if before.seeks:
            asked_to_see_to = asked_of(before, notice) is not None
            assert self.has_it(notice.phone) or asked_to_see_to, "an acceptance was lost"
        told = [e for e in decision.effects if isinstance(e, Tell) and e.notice.phone == notice.phone]
        assert told, "a carer who says 1 always hears what came of it"

    @precondition(lambda self: self.notices and self.alarm.state is not AlarmState.CLOSED)
    @rule(data=st.data(), word=st.sampled_from(SITE_WORDS))
    def the_owner_speaks(self, data: st.DataObject, word: Callable[[UUID], AlarmEvent]) -> None:
        """Somebody who has it says a word: it is believed. Where a person is who is not missed, and that they stay after
        their shift when asked on the way, tell of no arrival."""
        owners = [n for n in self.notices if n.state is NoticeState.TOOK]
        if not owners:
            return
        on_the_way, held = self.alarm.state is AlarmState.ACCEPTED, self.alarm.hand_over
        unasked = on_the_way and not self.alarm.has_nobody_home
        notice = data.draw(st.sampled_from(owners))
        asked = next((n.phone for n in self.notices if held and held.asked and n.notice_id == held.notice_id), None)
        stays = on_the_way and word is Staying and asked == notice.phone
        self.event(word(notice.notice_id))
        no_arrival = stays or (unasked and word in {row.event for row in carer_actions.SAY_WHERE})
        assert self.alarm.state is (AlarmState.ACCEPTED if no_arrival else AlarmState.ON_SITE)

    @precondition(lambda self: self.notices and self.alarm.state is not AlarmState.CLOSED)
    @rule(data=st.data(), outcome=st.sampled_from(Outcome), note=st.booleans(), often=st.integers(0, 5))
    def a_carer_says_how_it_ended(self, data: st.DataObject, outcome: Outcome, note: bool, often: int) -> None:
        if often:
            return
        notice = data.draw(st.sampled_from(self.notices))
        if outcome is Outcome.OTHER and not note:
            self.try_event(Done(notice.notice_id, outcome, note))
        else:
            self.event(Done(notice.notice_id, outcome, note))

    @rule(condition=st.sampled_from(Condition))
    def evidence_comes(self, condition: Condition) -> None:
        before = self.alarm
        if not self.try_event(ConditionReported(condition, Reason.ON_FLOOR)):
            return
        if before.kind is AlarmKind.SOMETHING_WRONG:
            assert self.alarm.dispatch == before.dispatch or condition is Condition.ACTIVE
            assert self.alarm.limits.self_dispatch_at == before.limits.self_dispatch_at or condition is Condition.ACTIVE

    @rule(
        kind=st.sampled_from([AlarmKind.SOMETHING_WRONG, AlarmKind.NOT_SEEN, AlarmKind.TECHNICAL]),
        priority=st.sampled_from(Priority),
    )
    def another_raise_joins(self, kind: AlarmKind, priority: Priority) -> None:
        self.try_event(Joined(kind, priority))

    @rule()
    def it_is_part_of_an_incident(self) -> None:
        kind = self.alarm.kind
        assert not (self.try_event(IntoIncident(UUID(int=99))) and kind is AlarmKind.SOMETHING_WRONG)

    @rule(user=st.sampled_from(OPERATORS), outcome=st.sampled_from(Outcome), often=st.integers(0, 5))
    def an_operator_closes(self, user: UUID, outcome: Outcome, often: int) -> None:
        if often == 0:
            self.try_event(Close(user, outcome, note=True))

    # ---- what always holds ----

    @invariant()
    def it_waits_for_somebody(self) -> None:
        alarm = self.alarm
        assert (alarm.next_step_at is None) == (alarm.state is AlarmState.CLOSED)
        limits = (
            alarm.lease.until,
            alarm.limits.self_dispatch_at,
            alarm.limits.limit_at,
            next_step_at(alarm.dispatch),
            next_louder_at(alarm.troubles),
            None if alarm.hand_over is None else alarm.hand_over.at,
            self.visit_due_at(),
        )
        known = [at for at in limits if at is not None]
        assert alarm.next_step_at == (min(known) if alarm.state is not AlarmState.CLOSED else None)

    @invariant()
    def every_trouble_is_acknowledged_or_gets_louder(self) -> None:
        """And soon: no unacknowledged trouble is further from its next step than its ladder is long."""
        assert not (self.alarm.troubles and self.alarm.state is AlarmState.CLOSED)
        for trouble in self.alarm.unacknowledged:
            assert self.alarm.next_step_at is not None and self.alarm.next_step_at <= trouble.louder_at
            assert trouble.louder_at <= self.now + max(LADDERS[trouble.kind].loud_after, self.plan.exhausted_repeat)
        kinds = [trouble.kind for trouble in self.alarm.troubles]
        assert len(kinds) == len(set(kinds))

    @invariant()
    def whoever_cries_is_not_asked_to_come(self) -> None:
        crying = of_kind(self.alarm.troubles, TroubleKind.HELP)
        phones = {n.notice_id: n.phone for n in self.notices}
        since = {phones[word.notice_id]: word.said_at for word in crying.words} if crying is not None else {}
        assert since.keys() == self.alarm.phones_in_need()
        later = [n for n in self.notices if n.phone in since and n.asked_at > since[n.phone]]
        assert all(n.wording is Wording.ON_SITE_CHECK or n.wording is Wording.OUTCOME for n in later)

    @invariant()
    def a_case_that_nobody_has_is_sought_for(self) -> None:
        """Sent, and not called off: until a carer has it somebody is sought, whatever a person has acknowledged."""
        assert self.alarm.state is not AlarmState.DISPATCHED or self.alarm.seeks

    @invariant()
    def it_ends_with_an_outcome_and_a_name(self) -> None:
        if self.alarm.state is AlarmState.CLOSED:
            assert self.alarm.outcome is not None and self.alarm.closed_by and self.alarm.closed_at
            assert all(n.state is not NoticeState.ASKED for n in self.notices)

    @invariant()
    def one_owns_it(self) -> None:
        owned = self.alarm.state in (AlarmState.ACCEPTED, AlarmState.ON_SITE)
        if self.alarm.state is not AlarmState.CLOSED:
            assert (self.alarm.acceptance is not None) == owned
        if owned:
            assert self.alarm.acceptance is not None
            owner = next(n for n in self.notices if n.notice_id == self.alarm.acceptance.notice_id)
            assert owner.state is NoticeState.TOOK

    @invariant()
    def staff_are_inside_only_while_on_site(self) -> None:
        """SQL asks the one column, as the device's list does."""
        assert not self.alarm.staff_inside or self.alarm.state is AlarmState.ON_SITE

    @invariant()
    def nobody_is_sought_for_a_closed_alarm(self) -> None:
        assert not (self.alarm.seeks and self.alarm.state is AlarmState.CLOSED)

    @invariant()
    def a_phone_has_one_open_question(self) -> None:
        open_to = [n.phone for n in self.notices if n.state is NoticeState.ASKED]
        assert len(open_to) == len(set(open_to))

    @invariant()
    def a_test_asks_nobody(self) -> None:
        if self.alarm.kind is AlarmKind.TEST:
            assert self.alarm.dispatch is None

    @invariant()
    def priority_1_is_sent_soon(self) -> None:
        """Nothing holds it longer than a claim in a call can."""
        if self.opened_first and self.alarm.limits.self_dispatch_at is not None and self.alarm.incident_id is None:
            assert self.alarm.limits.self_dispatch_at <= max(self.alarm.opened_at, self.now) + self.plan.call_extends

    # ---- how ----

    @property
    def notices(self) -> tuple[Notice, ...]:
        return () if self.alarm.dispatch is None else self.alarm.dispatch.notices

    def visit_due_at(self) -> datetime | None:
        """A visit that is sought for is an alarm by its latest time."""
        alarm = self.alarm
        sought = alarm.seeks or alarm.limits.self_dispatch_at is not None
        waits = alarm.state in (AlarmState.OPEN, AlarmState.CLAIMED, AlarmState.DISPATCHED)
        due = alarm.limits.arrive_by
        return (
            max(due, alarm.opened_at + self.plan.answer_within) if due and alarm.is_calm and waits and sought else None
        )

    def has_it(self, phone: str) -> bool:
        return any(n.phone == phone and n.state is NoticeState.TOOK for n in self.notices)

    def tick(self) -> None:
        if self.alarm.state is AlarmState.CLOSED:
            return
        exhausted = self.alarm.dispatch is not None and self.alarm.dispatch.state is DispatchState.EXHAUSTED
        due = self.alarm.dispatch.repeat_at if self.alarm.dispatch is not None else None
        decision = self.event(AlarmTick(self.signed_in))
        assert decision.alarm.next_step_at is not None and decision.alarm.next_step_at > self.now
        assert all(trouble.louder_at > self.now for trouble in decision.alarm.unacknowledged)
        if self.fell and self.now >= self.alarm.opened_at + self.plan.call_extends:
            assert self.alarm.dispatch is not None, "nothing holds a fall back for longer than a call"
        if exhausted and due is not None and due <= self.now and self.fixed is not None:
            asked = [e.notice.phone for e in decision.effects if isinstance(e, Notify)]
            out = self.has_it(self.fixed) or self.fixed in self.alarm.phones_in_need()
            assert self.fixed in asked or out, "exhausted, and nobody was asked again"

    def try_event(self, event: AlarmEvent) -> bool:
        before = self.alarm
        try:
            self.event(event)
        except IllegalMove:
            assert self.alarm is before
            return False
        return True

    def event(self, event: AlarmEvent) -> AlarmDecision:
        before = self.alarm
        decision = decide(before, event, self.plan, self.roster, self.now, lambda: next(self.ids))
        assert decision.alarm.state in next_states(before.state, type(event))
        asked = [e for e in decision.effects if isinstance(e, Notify)]
        assert not (asked and decision.alarm.state is AlarmState.CLOSED), "asked after it was closed"
        known = {n.notice_id for n in self.notices}
        assert known.isdisjoint(e.notice.notice_id for e in asked), "a notice is new each time"
        self.alarm = decision.alarm
        return decision


TestAlarmLife: Any = AlarmLife.TestCase
TestAlarmLife.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
