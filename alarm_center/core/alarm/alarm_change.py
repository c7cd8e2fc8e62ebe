"""Draft of one alarm during a decision: the steps that change it, its effects so far, and its next deadline.

A step that both the clock and people can cause (send, seek help, accept, stand down, close) stands here once;
`alarm_decisions` and `carer_replies` say when each is made.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.alarm import dispatch as dispatching
from alarm_center.core.alarm import trouble
from alarm_center.core.alarm.alarm_effects import AlarmEffect, CalmBoard, Notify, RedBoard, StaffPresence
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
from alarm_center.core.alarm.trouble_ladders import CHAINS as TROUBLE_CHAINS
from alarm_center.core.alarm.trouble_ladders import LADDERS, OF_NOBODY
from alarm_center.core.decision import IllegalMove, Write
from alarm_center.core.plan import Plan, Step, Wording
from alarm_center.core.roster import Responder, Roster
from schemas import timeline
from schemas.vocabulary import Channel, TroubleKind

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
    closing: bool = False
    """The decision ends with the alarm closed: a search that is over is followed by no other, and nobody is asked."""

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
        for effect in effects:
            if isinstance(effect, Notify) and effect.trouble is not None:
                told = trouble.record_told(self.alarm.troubles, effect.trouble, effect.notice.notice_id)
                self.set_troubles(told)

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
        self.set_troubles(trouble.end(self.alarm.troubles, OF_NOBODY))
        self.add_line(timeline.DispatchStarted(dispatch.dispatch_id, self.alarm.priority))
        self.advance_dispatch()

    def advance_dispatch(self, *, hasten: bool = False) -> None:
        """Take the dispatch's due steps; with *hasten* its next one now. After its last round the trouble is loud."""
        before = self.dispatch.state
        self.adopt(dispatching.advance(self.dispatch, self.context, hasten=hasten))
        if self.dispatch.state is not DispatchState.EXHAUSTED or before is DispatchState.EXHAUSTED:
            return
        purpose = self.dispatch.seeking
        if purpose in TROUBLE_CHAINS and trouble.is_seen_to(self.alarm, purpose):
            # A person sees to it: it gets no louder.
            self.end_search()
            return
        if purpose is DispatchPurpose.CALL_OUT:
            self.set_troubles(trouble.begin(self.alarm, TroubleKind.NOT_TAKEN, None, self.plan, self.now))
        for each in self.alarm.unacknowledged:
            if LADDERS[each.kind].purpose is purpose:
                self.get_louder(each.kind)
        # Also of a search whose trouble a release before has left out.
        self.effects.append(RedBoard())

    def restart_dispatch(self, purpose: DispatchPurpose) -> None:
        """Restart the search with the chain that fits the alarm now."""
        self.dispatch = self._restarted_dispatch(purpose)
        self.advance_dispatch()

    def _restarted_dispatch(self, purpose: DispatchPurpose) -> Dispatch:
        return dispatching.restart_search(self.dispatch, self.context, purpose)

    # ---- trouble ----

    def begin_trouble(self, kind: TroubleKind, notice: Notice, *, ends: tuple[TroubleKind, ...] = ()) -> None:
        """Begin a trouble of the carer of *notice*: seek one more carer, unless the search is for something graver.

        Whoever cries for help is not asked to help. *ends* are over with it.
        """
        before = trouble.of_kind(self.alarm.troubles, kind)
        troubles = trouble.end(trouble.begin(self.alarm, kind, notice, self.plan, self.now), ends)
        if kind is TroubleKind.NOBODY_HOME:
            troubles = trouble.ask_where(troubles, self.plan, self.now)
        self.set_troubles(troubles)
        purpose = LADDERS[kind].purpose
        after = trouble.of_kind(self.alarm.troubles, kind)
        anew = trouble.is_news(before, after)
        if after is not None and after.acknowledged and not anew:
            return  # the word of a moment ago, twice: somebody sees to it
        if not dispatching.is_graver(self.dispatch, purpose) and not (anew and purpose is self.dispatch.seeking):
            return
        dispatch = self._restarted_dispatch(purpose)
        asked = notice.state is NoticeState.ASKED and not self.alarm.taken_by(notice.phone)  # who has it keeps it
        if kind is TroubleKind.HELP and asked:
            dispatch = dispatching.record_refusal(dispatch, notice, self.now)
        self.dispatch = dispatch
        self.advance_dispatch()

    def end_troubles(self, *kinds: TroubleKind) -> None:
        """End the troubles of *kinds*, and the search for them; a lesser trouble that is left is sought for then.

        Where the plan has two carers and only one has accepted, the second is sought again.
        """
        self._leave(trouble.end(self.alarm.troubles, kinds), kinds)

    def end_what_is_done(self, notice: Notice) -> None:
        """End the troubles of a case whose carer is done. Another carer's cry for help goes on."""
        self._leave(trouble.without_what_is_done(self.alarm, notice.phone), TroubleKind)

    def _leave(self, troubles: trouble.Troubles, over: Iterable[TroubleKind]) -> None:
        purposes = {LADDERS[kind].purpose for kind in over}
        self.set_troubles(troubles)
        if not self.alarm.seeks or self.dispatch.seeking not in purposes:
            return
        if trouble.sought_for(self.alarm, self.dispatch.seeking) is None:
            self.end_search()

    def acknowledge(self, kind: TroubleKind, by: UUID) -> None:
        """Record that a person, by user or notice, sees to the trouble of *kind*: it gets no louder."""
        open_one = trouble.of_kind(self.alarm.troubles, kind)
        if open_one is None or open_one.acknowledged:
            return
        self.set_troubles(trouble.acknowledge(self.alarm.troubles, kind, str(by), self.now))
        self.add_line(timeline.TroubleAcknowledged(kind, str(by)))
        ladder = LADDERS[kind]
        if kind is TroubleKind.LATE and self.alarm.state is AlarmState.ACCEPTED and self.limits.limit_at is None:
            self.limits = replace(self.limits, limit_at=self.now + trouble.LATE_AGAIN)
        if not self.alarm.seeks or self.dispatch.seeking is not ladder.purpose:
            return
        last_round = self.dispatch.state is DispatchState.EXHAUSTED and bool(ladder.steps)
        if (last_round or not ladder.seeks_on) and trouble.is_seen_to(self.alarm, ladder.purpose):
            self.end_search()

    def get_louder(self, kind: TroubleKind, *, calls: bool = True) -> None:
        """Turn the board red for the trouble of *kind*, and with *calls* ring the fixed number if the search does not do so."""
        before = trouble.of_kind(self.alarm.troubles, kind)
        assert before is not None, f"alarm {self.alarm.alarm_id}: no trouble {kind}"
        self.set_troubles(trouble.louder(self.alarm.troubles, kind, self.now, self.plan.exhausted_repeat))
        if not before.loud:
            self.add_line(timeline.TroubleLoud(kind))
            self.effects.append(RedBoard())
        graver = self.alarm.dispatch is not None and LADDERS[kind].purpose.rank > self.dispatch.seeking.rank
        if calls and self.alarm.dispatch is not None and (graver or self.dispatch.state is not DispatchState.EXHAUSTED):
            self.adopt(dispatching.call_fixed(self.dispatch, self.context, kind))

    def set_troubles(self, troubles: trouble.Troubles) -> None:
        """Set the alarm's troubles; the board is calm once none of them is loud."""
        was_loud = any(each.loud for each in self.alarm.troubles)
        self.alarm = replace(self.alarm, troubles=troubles)
        if was_loud and not any(each.loud for each in troubles):
            self.effects.append(CalmBoard())

    def end_search(self) -> None:
        """End a search for help, or for one carer in another's stead. Next comes the gravest trouble that nobody sees to, then the case that nobody has taken."""
        left = trouble.gravest(t for t in self.alarm.unacknowledged if LADDERS[t.kind].steps)
        if self.closing:
            self.adopt(dispatching.end_search(self.dispatch))
        elif left is not None:
            self.restart_dispatch(LADDERS[left.kind].purpose)
        elif not self.alarm.takers and self.alarm.state in WAITING:
            # The cry came before anybody had taken it: whoever it was that the case is about waits.
            self.restart_dispatch(DispatchPurpose.CALL_OUT)
        elif self.plan.two_carers and len(self.alarm.takers) < 2 and self.alarm.done_at is None:
            self.restart_dispatch(DispatchPurpose.CALL_OUT)
        else:
            self.adopt(dispatching.end_search(self.dispatch))

    def call_off_dispatch(self) -> None:
        """Stop a dispatch that nobody has accepted; a person closes the alarm."""
        if self.alarm.dispatch is not None:
            off = replace(self.alarm.dispatch, state=DispatchState.STOOD_DOWN, repeat_at=None)
            self.adopt(dispatching.stand_down(off, Wording.STOOD_DOWN))
            self.add_line(timeline.DispatchCalledOff(off.dispatch_id))
        self.set_troubles(trouble.end(self.alarm.troubles, (TroubleKind.NOT_TAKEN,)))
        self.alarm = replace(
            self.alarm, state=AlarmState.OPEN if self.alarm.lease.holder is None else AlarmState.CLAIMED
        )
        self.limits = replace(self.limits, self_dispatch_at=None, limit_at=self.now + self.plan.outcome_within)

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
        now, purpose = self.now, self.dispatch.seeking
        in_need = notice.phone in self.alarm.phones_in_need()
        told = () if in_need else trouble.told_of(self.alarm, notice)
        sought = trouble.sought_for(self.alarm, purpose)
        unheard = sought is not None and not sought.acknowledged and sought not in told and purpose in TROUBLE_CHAINS
        if (unheard or (in_need and purpose is DispatchPurpose.HELP)) and not self.alarm.taken_by(notice.phone):
            # Whoever cries for help does not come to their own help; who was not told of a trouble does not see to it.
            self.dispatch = replace(self.dispatch, needed=self.dispatch.needed + 1)
        self.adopt(dispatching.record_acceptance(self.dispatch, notice, now))
        self.add_line(timeline.CarerAccepted(notice.notice_id, eta_minutes))
        if self.alarm.state in WAITING:
            self.alarm = replace(self.alarm, state=AlarmState.ACCEPTED, acceptance=Acceptance(notice.notice_id, now))
            self.limits = replace(self.limits, self_dispatch_at=None, limit_at=None)
        if self.alarm.state is AlarmState.ACCEPTED and self.alarm.limits.limit_at is None:
            self.limits = replace(self.limits, limit_at=self.arrival_deadline(eta_minutes))
        self.set_troubles(trouble.end(self.alarm.troubles, OF_NOBODY))
        for each in told:
            self.set_troubles(trouble.acknowledge(self.alarm.troubles, each.kind, str(notice.notice_id), now))
            self.add_line(timeline.TroubleAcknowledged(each.kind, str(notice.notice_id)))
        if self.dispatch.state is DispatchState.ACCEPTED and self.alarm.unacknowledged:
            self.end_search()

    def arrival_deadline(self, eta_minutes: int | None) -> datetime:
        """Return when a carer who accepts now has to be on site."""
        alarm, soonest = self.alarm, self.now + self.plan.least_drive
        arrive_by = alarm.limits.arrive_by
        if eta_minutes is not None and not alarm.is_calm:
            return self.now + timedelta(minutes=min(max(eta_minutes, 1), _LONGEST_ETA))
        return soonest if arrive_by is None else max(arrive_by, soonest)

    def drop_carer(
        self, notice: Notice, state: NoticeState = NoticeState.DECLINED, *, shift_ends_at: datetime | None = None
    ) -> None:
        """Take the alarm from a carer who had taken it, and seek somebody else at once.

        *shift_ends_at* is the end of the shift of a carer who does not stay: whoever is on duty then is asked first.
        """
        before = self.alarm.state
        refused = dispatching.record_refusal(self.dispatch, notice, self.now, state)
        self.set_troubles(trouble.without_carer(self.alarm, notice, self.plan, self.now))
        helped = trouble.gravest(t for t in self.alarm.unacknowledged if t.kind is TroubleKind.HELP)
        purpose = DispatchPurpose.HELP if helped is not None and refused.takers else DispatchPurpose.CALL_OUT
        sought = dispatching.restart_search(refused, self.context, purpose, shift_ends_at)
        # Said no in the new round too: it must not begin with the one who cannot.
        self.dispatch = dispatching.record_refusal(sought, notice, self.now, state)
        left = self.alarm.takers
        if left:
            self.acceptance = replace(self.acceptance, notice_id=left[0].notice_id)
        else:
            self.alarm = replace(self.alarm, state=AlarmState.DISPATCHED)
            self.drop_acceptance()
            if before is AlarmState.ON_SITE:
                self.record_staff_inside(False)
        self.advance_dispatch()

    def leave_trouble(self, notice: Notice) -> None:
        """Record that the lead of *notice*, who saw to a trouble, cannot after all: it is sought for anew, or at once the next."""
        self.set_troubles(trouble.reopened_by(self.alarm, notice.phone, self.plan, self.now))
        self.dispatch = dispatching.record_refusal(self.dispatch, notice, self.now)
        left = trouble.gravest(each for each in self.alarm.unacknowledged if LADDERS[each.kind].steps)
        if left is not None and dispatching.is_graver(self.dispatch, LADDERS[left.kind].purpose):
            sought = self._restarted_dispatch(LADDERS[left.kind].purpose)
            self.dispatch = dispatching.record_refusal(sought, notice, self.now)
            self.advance_dispatch()
        elif self.dispatch.state is DispatchState.RUNNING:
            self.advance_dispatch(hasten=not dispatching.is_waiting_for_reply(self.dispatch, self.alarm))

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
