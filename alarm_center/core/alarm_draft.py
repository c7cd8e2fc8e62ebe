"""One alarm while a decision is being made over it: what it will be, and what will have to happen.

Everything that both the clock and people can cause (send, seek help, accept, stand down, close) is here once.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from alarm_center.core import dispatch as dispatching
from alarm_center.core.alarm_parts import Acceptance, ScreenClaim
from alarm_center.core.case import (
    Alarm,
    AlarmState,
    Dispatch,
    DispatchState,
    Effect,
    Hold,
    IllegalMove,
    Notice,
    NoticeState,
    Seeking,
    Tell,
    Write,
)
from alarm_center.core.plan import Plan, Step, Wording
from alarm_center.core.roster import Person, Roster
from schemas import timeline
from schemas.vocabulary import Channel, Outcome, Who

_LONGEST_ETA: Final = 240
"""Minutes. Nobody is let off for longer by a slip of the thumb."""

WAITING: Final = frozenset({AlarmState.OPEN, AlarmState.CLAIMED, AlarmState.DISPATCHED})
"""Nobody has accepted it yet."""


@dataclass(slots=True)
class Draft:
    """The alarm as decided so far. Lives for one decision; what comes out of it is frozen."""

    alarm: Alarm
    plan: Plan
    roster: Roster
    now: datetime
    ids: dispatching.Ids
    effects: list[Effect] = field(default_factory=list)

    def set(self, **fields: Any) -> None:
        """Change fields of the alarm."""
        self.alarm = replace(self.alarm, **fields)

    def set_limits(self, **instants: datetime | None) -> None:
        """Change instants by which something must have happened."""
        self.set(limits=replace(self.alarm.limits, **instants))

    def set_acceptance(self, **fields: Any) -> None:
        """Change fields of the acceptance that there is."""
        assert self.alarm.acceptance is not None, f"alarm {self.alarm.alarm_id}: nobody has accepted it"
        self.set(acceptance=replace(self.alarm.acceptance, **fields))

    def no_acceptance(self) -> None:
        """Nobody has accepted it, or no longer."""
        self.set(acceptance=None)
        self.set_limits(limit_at=None)

    def write(self, line: timeline.Payload) -> None:
        """Add a line to the timeline."""
        self.effects.append(Write(line))

    def carry(self, result: dispatching.Result) -> None:
        """Take over what a decision about the dispatch came to."""
        dispatch, effects = result
        self.set(dispatch=dispatch)
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

    @property
    def dispatch(self) -> Dispatch:
        """The alarm's dispatch; ask only once there is one."""
        assert self.alarm.dispatch is not None
        return self.alarm.dispatch

    # ---- sending ----

    def send(self) -> None:
        """Start the dispatch, or start it anew after it was called off."""
        if self.alarm.dispatch is None:
            dispatch = dispatching.begin(self.alarm, self.plan, self.now, self.ids())
        else:
            dispatch = self._again(Seeking.CALL_OUT)
        self.set(dispatch=dispatch, state=AlarmState.DISPATCHED)
        self.set_limits(self_dispatch_at=None, limit_at=None)
        self.write(timeline.DispatchStarted(dispatch.dispatch_id, self.alarm.priority))
        self.go_on()

    def go_on(self, *, hasten: bool = False) -> None:
        """Take the dispatch's due steps; with *hasten* its next one now."""
        self.carry(
            dispatching.advance(self.dispatch, self.alarm, self.plan, self.roster, self.now, self.ids, hasten=hasten)
        )

    def restart(self, seeking: Seeking) -> None:
        """Begin a new round of seeking with the chain that is right now."""
        self.set(dispatch=self._again(seeking))
        self.go_on()

    def _again(self, seeking: Seeking) -> Dispatch:
        return dispatching.again(self.dispatch, self.alarm, self.plan, self.now, seeking)

    def seek(self, seeking: Seeking, *, besides: Notice | None = None) -> None:
        """Seek one more carer for a carer's trouble, unless the same or something graver is sought already.

        *besides*: the one in trouble, who is not asked to help.
        """
        if not dispatching.graver(self.dispatch, seeking):
            return
        dispatch = self._again(seeking)
        if besides is not None and not self.alarm.taken_by(besides.phone):
            dispatch = dispatching.refuse(dispatch, besides, self.now)
        self.set(dispatch=dispatch)
        self.go_on()

    def settle(self, *troubles: Seeking) -> None:
        """Stop seeking help for *troubles*: they are over. A second carer who was agreed on is sought again."""
        if not self.alarm.seeks or self.dispatch.seeking not in troubles:
            return
        if self.plan.two_carers and len(self.alarm.takers) < 2 and self.alarm.done_at is None:
            self.restart(Seeking.CALL_OUT)
            return
        over = replace(self.dispatch, state=DispatchState.ACCEPTED, repeat_at=None)
        self.carry(dispatching.stand_down(over, Wording.TAKEN))

    def call_off(self) -> None:
        """Stop a dispatch that nobody has accepted: evidence says that nobody needs to go. A person closes."""
        if self.alarm.dispatch is not None:
            off = replace(self.alarm.dispatch, state=DispatchState.STOOD_DOWN, repeat_at=None)
            self.carry(dispatching.stand_down(off, Wording.STOOD_DOWN))
            self.write(timeline.DispatchCalledOff(off.dispatch_id))
        self.set(state=AlarmState.OPEN if self.alarm.lease.holder is None else AlarmState.CLAIMED)
        self.set_limits(self_dispatch_at=None, limit_at=self.now + self.plan.outcome_within)

    def ask_lead(self) -> None:
        """Ask the lead on duty how it ended; nobody needs to go, so nothing waits for a reply."""
        alarm = self.alarm
        people = self.roster.people(Who.LEAD, alarm.area_id, self.now)
        if not people:
            return
        if alarm.dispatch is None:
            resting = dispatching.begin(alarm, self.plan, self.now, self.ids())
            self.set(dispatch=replace(resting, state=DispatchState.STOOD_DOWN))
        step = Step(timedelta(0), Who.LEAD, Channel.SMS, Wording.OUTCOME)
        self.carry(dispatching.ask(self.dispatch, self.alarm, people[0], step, self.now, self.ids))
        self.set(dispatch=dispatching.expire(self.dispatch, self.dispatch.notices[-1]))

    # ---- somebody has it ----

    def hold(self, *, on: bool) -> None:
        """Somebody is with the resident, or no longer: the device stays dark, or may look."""
        if self.alarm.acceptance is not None:
            self.set_acceptance(staff_inside=on)
        self.effects.append(Hold(on=on))

    def accept(self, notice: Notice, eta_minutes: int | None = None) -> None:
        """Let *notice* take it. The first owns it; each has until the area's target, or as long as was said."""
        now = self.now
        self.carry(dispatching.accept(self.dispatch, notice, now))
        self.write(timeline.CarerAccepted(notice.notice_id, eta_minutes))
        if self.alarm.state in WAITING:
            self.set(state=AlarmState.ACCEPTED, acceptance=Acceptance(notice.notice_id, now))
            self.set_limits(self_dispatch_at=None, limit_at=None)
        if self.alarm.state is AlarmState.ACCEPTED and self.alarm.limits.limit_at is None:
            self.set_limits(limit_at=self.arrive_limit(eta_minutes))

    def arrive_limit(self, eta_minutes: int | None) -> datetime:
        """Return when a carer who accepts now has to be on site."""
        alarm, soonest = self.alarm, self.now + self.plan.least_drive
        arrive_by = alarm.limits.arrive_by
        if eta_minutes is not None and not alarm.visit:
            return self.now + timedelta(minutes=min(max(eta_minutes, 1), _LONGEST_ETA))
        return soonest if arrive_by is None else max(arrive_by, soonest)

    def lose(self, notice: Notice) -> None:
        """Let a carer who had taken it be without it again: somebody else is sought at once."""
        before = self.alarm.state
        refused = dispatching.refuse(self.dispatch, notice, self.now)
        sought = dispatching.again(refused, self.alarm, self.plan, self.now, Seeking.CALL_OUT)
        # Said no in the new round too: it must not begin with the one who cannot.
        self.set(dispatch=dispatching.refuse(sought, notice, self.now))
        left = self.alarm.takers
        if left:
            self.set_acceptance(notice_id=left[0].notice_id)
        else:
            self.set(state=AlarmState.DISPATCHED)
            self.no_acceptance()
            if before is AlarmState.ON_SITE:
                self.hold(on=False)
        self.go_on()

    def back_to_sending(self) -> None:
        """The carers were done and have gone, and something new has happened: somebody has to go again."""
        gone = tuple(
            replace(n, state=NoticeState.STOOD_DOWN) if n.state is NoticeState.TOOK else n
            for n in self.dispatch.notices
        )
        self.set(dispatch=replace(self.dispatch, notices=gone))
        self.no_acceptance()
        self.send()

    def call_owner(self) -> None:
        """Call the carer who is on site and has not answered."""
        owner = self.alarm.takers[0]
        step = Step(timedelta(0), owner.who, Channel.CALL, Wording.ON_SITE_CHECK)
        person = Person(owner.phone, owner.patrol, owner.shift_id)
        self.carry(dispatching.ask(self.dispatch, self.alarm, person, step, self.now, self.ids))
        called = replace(self.dispatch.notices[-1], state=NoticeState.TOOK, answered_at=self.now)
        self.set(dispatch=dispatching.put(self.dispatch, called))

    # ---- holding and ending it ----

    def let_go(self) -> None:
        """Let nobody hold it; unless staff were sent, it goes back to the top of the queue."""
        state = AlarmState.OPEN if self.alarm.state is AlarmState.CLAIMED else self.alarm.state
        self.set(state=state, claim=ScreenClaim(moved=self.alarm.claim.moved))

    def close(self, by: UUID | str, outcome: Outcome, note: bool, phone: str | None = None) -> None:
        """End it with *outcome*; everybody but the *phone* that said so is told.

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
                self.carry(dispatching.stand_down(over, Wording.STOOD_DOWN))
        if alarm.state is AlarmState.ON_SITE:
            self.hold(on=False)
        self.set(
            state=AlarmState.CLOSED,
            outcome=outcome,
            closed_by=str(by),
            closed_at=self.now,
            claim=ScreenClaim(moved=alarm.claim.moved),
        )
        self.set_limits(self_dispatch_at=None, limit_at=None)
        self.write(timeline.AlarmClosed(outcome, str(by)))

    def limits(self) -> datetime | None:
        """Return the earliest of all that the alarm waits for, ``None`` once it is closed."""
        alarm = self.alarm
        if alarm.state is AlarmState.CLOSED:
            return None
        limits = (
            alarm.lease.until,
            alarm.limits.self_dispatch_at,
            alarm.limits.limit_at,
            dispatching.due_at(alarm.dispatch),
        )
        # Whatever happens, the clockwork comes back.
        return min((at for at in limits if at is not None), default=self.now + self.plan.exhausted_repeat)
