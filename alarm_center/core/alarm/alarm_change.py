"""Draft of one alarm during a decision: the steps that change it, its effects so far, and its next deadline.

A step that both the clock and people can cause (send, seek help, accept, stand down, close) stands here once;
`alarm_decisions` and `carer_replies` say when each is made.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.alarm import dispatch as dispatching
from alarm_center.core.alarm.alarm_effects import AlarmEffect, StaffPresence, Tell
from alarm_center.core.alarm.alarm_parts import Acceptance, Limits, ScreenClaim
from alarm_center.core.alarm.dispatch import DispatchContext
from alarm_center.core.alarm.state import (
    Alarm,
    AlarmState,
    Dispatch,
    DispatchPurpose,
    DispatchState,
    Notice,
    NoticeState,
)
from alarm_center.core.decision import IllegalMove, Write
from alarm_center.core.plan import Plan, Step, Wording
from alarm_center.core.roster import Responder, Roster
from schemas import timeline
from schemas.vocabulary import Channel, Outcome, Who

_LONGEST_ETA: Final = 240
"""Minutes. A slip of the thumb lets no carer off for longer."""

WAITING: Final = frozenset({AlarmState.OPEN, AlarmState.CLAIMED, AlarmState.DISPATCHED})
"""Nobody has accepted it yet."""


@dataclass(slots=True)
class AlarmChange:
    """The alarm as decided so far. It lives for one decision; the alarm and the effects in it are frozen."""

    alarm: Alarm
    plan: Plan
    roster: Roster
    now: datetime
    new_id: dispatching.NewId
    effects: list[AlarmEffect] = field(default_factory=list)

    @property
    def limits(self) -> Limits:
        """The instants by which something must have happened; set to change them."""
        return self.alarm.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self.alarm = replace(self.alarm, limits=limits)

    @property
    def acceptance(self) -> Acceptance:
        """The acceptance; ask only once there is one. Set to change it."""
        assert self.alarm.acceptance is not None, f"alarm {self.alarm.alarm_id}: nobody has accepted it"
        return self.alarm.acceptance

    @acceptance.setter
    def acceptance(self, acceptance: Acceptance) -> None:
        self.alarm = replace(self.alarm, acceptance=acceptance)

    @property
    def dispatch(self) -> Dispatch:
        """The alarm's dispatch; ask only once there is one. Set to change it."""
        assert self.alarm.dispatch is not None, f"alarm {self.alarm.alarm_id}: nobody was ever sent"
        return self.alarm.dispatch

    @dispatch.setter
    def dispatch(self, dispatch: Dispatch) -> None:
        self.alarm = replace(self.alarm, dispatch=dispatch)

    @property
    def context(self) -> DispatchContext:
        """The facts that decisions about the dispatch rest on, as they are now."""
        return DispatchContext(self.alarm, self.plan, self.roster, self.now, self.new_id)

    def drop_acceptance(self) -> None:
        """Take the acceptance away: the carer who had accepted no longer has it."""
        self.alarm = replace(self.alarm, acceptance=None)
        self.limits = replace(self.limits, limit_at=None)

    def add_line(self, line: timeline.Payload) -> None:
        """Add a line to the timeline."""
        self.effects.append(Write(line))

    def adopt(self, result: dispatching.DispatchResult) -> None:
        """Apply the outcome of a decision about the dispatch."""
        dispatch, effects = result
        self.dispatch = dispatch
        self.effects += effects

    def notice(self, notice_id: UUID) -> Notice:
        """Return the notice.

        Raises:
            IllegalMove: it is not one of this alarm's.
        """
        for notice in () if self.alarm.dispatch is None else self.alarm.dispatch.notices:
            if notice.notice_id == notice_id:
                return notice
        raise IllegalMove(f"alarm {self.alarm.alarm_id}: notice {notice_id} is not one of its own")

    # ---- sending ----

    def start_dispatch(self) -> None:
        """Start the dispatch, or start it anew after it was called off."""
        if self.alarm.dispatch is None:
            dispatch = dispatching.new_dispatch(self.context)
        else:
            dispatch = self._restarted_dispatch(DispatchPurpose.CALL_OUT)
        self.alarm = replace(self.alarm, dispatch=dispatch, state=AlarmState.DISPATCHED)
        self.limits = replace(self.limits, self_dispatch_at=None, limit_at=None)
        self.add_line(timeline.DispatchStarted(dispatch.dispatch_id, self.alarm.priority))
        self.advance_dispatch()

    def advance_dispatch(self, *, hasten: bool = False) -> None:
        """Take the dispatch's due steps; with *hasten* its next one now."""
        self.adopt(dispatching.advance(self.dispatch, self.context, hasten=hasten))

    def restart_dispatch(self, purpose: DispatchPurpose) -> None:
        """Restart the search with the chain that fits the alarm now."""
        self.dispatch = self._restarted_dispatch(purpose)
        self.advance_dispatch()

    def _restarted_dispatch(self, purpose: DispatchPurpose) -> Dispatch:
        return dispatching.restart_search(self.dispatch, self.context, purpose)

    def seek_help(self, purpose: DispatchPurpose, *, besides: Notice | None = None) -> None:
        """Seek one more carer for a trouble of the one who has it, unless the search is for something as grave.

        The carer of *besides* is the one in trouble, and is not asked to help.
        """
        if not dispatching.is_graver(self.dispatch, purpose):
            return
        dispatch = self._restarted_dispatch(purpose)
        if besides is not None and not self.alarm.taken_by(besides.phone):
            dispatch = dispatching.record_refusal(dispatch, besides, self.now)
        self.dispatch = dispatch
        self.advance_dispatch()

    def end_search(self, *troubles: DispatchPurpose) -> None:
        """End the search for help if it is for one of *troubles*, which are over.

        Where the plan has two carers and only one has accepted, the second is sought again.
        """
        if not self.alarm.seeks or self.dispatch.seeking not in troubles:
            return
        if self.plan.two_carers and len(self.alarm.takers) < 2 and self.alarm.done_at is None:
            self.restart_dispatch(DispatchPurpose.CALL_OUT)
            return
        over = replace(self.dispatch, state=DispatchState.ACCEPTED, repeat_at=None)
        self.adopt(dispatching.stand_down(over, Wording.TAKEN))

    def call_off_dispatch(self) -> None:
        """Stop a dispatch that nobody has accepted; a person closes the alarm."""
        if self.alarm.dispatch is not None:
            off = replace(self.alarm.dispatch, state=DispatchState.STOOD_DOWN, repeat_at=None)
            self.adopt(dispatching.stand_down(off, Wording.STOOD_DOWN))
            self.add_line(timeline.DispatchCalledOff(off.dispatch_id))
        self.alarm = replace(
            self.alarm, state=AlarmState.OPEN if self.alarm.lease.holder is None else AlarmState.CLAIMED
        )
        self.limits = replace(self.limits, self_dispatch_at=None, limit_at=self.now + self.plan.outcome_within)

    def ask_lead_for_outcome(self) -> None:
        """Ask the lead on duty how the alarm ended. Nobody needs to go, so nothing waits for a reply."""
        alarm = self.alarm
        people = self.roster.responders(Who.LEAD, alarm.area_id, self.now)
        if not people:
            return
        if alarm.dispatch is None:
            resting = dispatching.new_dispatch(self.context)
            self.dispatch = replace(resting, state=DispatchState.STOOD_DOWN)
        step = Step(timedelta(0), Who.LEAD, Channel.SMS, Wording.OUTCOME)
        self.adopt(dispatching.ask_carer(self.dispatch, self.context, people[0], step))
        self.dispatch = dispatching.expire_notice(self.dispatch, self.dispatch.notices[-1])

    # ---- somebody has it ----

    def record_staff_inside(self, inside: bool) -> None:
        """Record whether staff are with the resident: the device stays dark, or may look."""
        if self.alarm.acceptance is not None:
            self.acceptance = replace(self.acceptance, staff_inside=inside)
        self.effects.append(StaffPresence(inside))

    def accept(self, notice: Notice, eta_minutes: int | None = None) -> None:
        """Record that the carer of *notice* takes the alarm. The first owns it.

        The carer has to arrive by the area's target, or within the time that they gave.
        """
        now = self.now
        self.adopt(dispatching.record_acceptance(self.dispatch, notice, now))
        self.add_line(timeline.CarerAccepted(notice.notice_id, eta_minutes))
        if self.alarm.state in WAITING:
            self.alarm = replace(self.alarm, state=AlarmState.ACCEPTED, acceptance=Acceptance(notice.notice_id, now))
            self.limits = replace(self.limits, self_dispatch_at=None, limit_at=None)
        if self.alarm.state is AlarmState.ACCEPTED and self.alarm.limits.limit_at is None:
            self.limits = replace(self.limits, limit_at=self.arrival_deadline(eta_minutes))

    def arrival_deadline(self, eta_minutes: int | None) -> datetime:
        """Return when a carer who accepts now has to be on site."""
        alarm, soonest = self.alarm, self.now + self.plan.least_drive
        arrive_by = alarm.limits.arrive_by
        if eta_minutes is not None and not alarm.visit:
            return self.now + timedelta(minutes=min(max(eta_minutes, 1), _LONGEST_ETA))
        return soonest if arrive_by is None else max(arrive_by, soonest)

    def drop_carer(self, notice: Notice) -> None:
        """Take the alarm from a carer who had taken it, and seek somebody else at once."""
        before = self.alarm.state
        refused = dispatching.record_refusal(self.dispatch, notice, self.now)
        sought = dispatching.restart_search(refused, self.context, DispatchPurpose.CALL_OUT)
        # Said no in the new round too: it must not begin with the one who cannot.
        self.dispatch = dispatching.record_refusal(sought, notice, self.now)
        left = self.alarm.takers
        if left:
            self.acceptance = replace(self.acceptance, notice_id=left[0].notice_id)
        else:
            self.alarm = replace(self.alarm, state=AlarmState.DISPATCHED)
            self.drop_acceptance()
            if before is AlarmState.ON_SITE:
                self.record_staff_inside(False)
        self.advance_dispatch()

    def dispatch_again(self) -> None:
        """Send somebody again: the carers were done and have left, and something new has happened."""
        gone = tuple(
            replace(n, state=NoticeState.STOOD_DOWN) if n.state is NoticeState.TOOK else n
            for n in self.dispatch.notices
        )
        self.dispatch = replace(self.dispatch, notices=gone)
        self.drop_acceptance()
        self.start_dispatch()

    def call_owner(self) -> None:
        """Call the carer who is on site and has not answered."""
        owner = self.alarm.takers[0]
        step = Step(timedelta(0), owner.who, Channel.CALL, Wording.ON_SITE_CHECK)
        person = Responder(owner.phone, owner.patrol, owner.shift_id)
        self.adopt(dispatching.ask_carer(self.dispatch, self.context, person, step))
        called = replace(self.dispatch.notices[-1], state=NoticeState.TOOK, answered_at=self.now)
        self.dispatch = dispatching.replace_notice(self.dispatch, called)

    # ---- holding and ending it ----

    def release_claim(self) -> None:
        """End the claim; unless staff were sent, the alarm goes back to the top of the queue."""
        state = AlarmState.OPEN if self.alarm.state is AlarmState.CLAIMED else self.alarm.state
        self.alarm = replace(self.alarm, state=state, claim=ScreenClaim(moved=self.alarm.claim.moved))

    def close(self, by: UUID | str, outcome: Outcome, note: bool, phone: str | None = None) -> None:
        """Close the alarm with *outcome*, and tell every carer but the one with *phone*, who said so.

        Raises:
            IllegalMove: the outcome is `other`, and there is no note.
        """
        alarm = self.alarm
        if outcome is Outcome.OTHER and not note:
            raise IllegalMove(f"alarm {alarm.alarm_id}: outcome other needs a note that says what happened")
        if alarm.dispatch is not None:
            there = alarm.state is AlarmState.ON_SITE
            for taker in alarm.takers if alarm.done_at is None else ():
                if taker.phone != phone:
                    wording = Wording.CASE_CLOSED if there else Wording.STOOD_DOWN
                    self.effects.append(Tell(wording, taker))
            over = replace(alarm.dispatch, state=DispatchState.STOOD_DOWN, repeat_at=None)
            if alarm.seeks or not alarm.takers:
                self.adopt(dispatching.stand_down(over, Wording.STOOD_DOWN))
        if alarm.state is AlarmState.ON_SITE:
            self.record_staff_inside(False)
        self.alarm = replace(
            self.alarm,
            state=AlarmState.CLOSED,
            outcome=outcome,
            closed_by=str(by),
            closed_at=self.now,
            claim=ScreenClaim(moved=alarm.claim.moved),
        )
        self.limits = replace(self.limits, self_dispatch_at=None, limit_at=None)
        self.add_line(timeline.AlarmClosed(outcome, str(by)))

    def next_deadline(self) -> datetime | None:
        """Return the earliest instant that the alarm waits for, ``None`` once it is closed."""
        alarm = self.alarm
        if alarm.state is AlarmState.CLOSED:
            return None
        limits = (
            alarm.lease.until,
            alarm.limits.self_dispatch_at,
            alarm.limits.limit_at,
            dispatching.next_step_at(alarm.dispatch),
        )
        # Whatever happens, the clockwork comes back.
        return min((at for at in limits if at is not None), default=self.now + self.plan.exhausted_repeat)
