"""Plays one alarm as a dialogue: a town with patrols, a clock that ticks when something is due, inboxes that must be emptied."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from alarm_center.core.alarm.alarm_decisions import decide, open_alarm
from alarm_center.core.alarm.alarm_effects import AlarmDecision, AlarmEffect, Notify, Tell
from alarm_center.core.alarm.alarm_events import (
    CARER_REPLIES,
    AcknowledgeTrouble,
    AddressLost,
    AlarmEvent,
    AlarmTick,
    Arrived,
    AskCarersAgain,
    CancelDispatch,
    CannotGetIn,
    ClaimCase,
    Close,
    Declined,
    Done,
    InCall,
    NeedsHelp,
    NobodyHome,
    ReleaseCase,
    Renew,
    ReplaceCarer,
    SendPatrol,
    Staying,
    TakeOver,
    Took,
    Undelivered,
)
from alarm_center.core.alarm.alarm_kinds import POLICY
from alarm_center.core.alarm.state import Alarm, AlarmState, NewAlarm, Notice
from alarm_center.core.decision import Colleague, Write
from alarm_center.core.plan import Plan, Wording
from alarm_center.core.roster import DutyShift, Roster
from schemas.vocabulary import AlarmKind, Channel, Duty, Outcome, Priority, TroubleKind

START = datetime(2026, 1, 15, 1, 0, tzinfo=UTC)
HERE, THERE = UUID(int=0xA3), UUID(int=0xA4)
FIXED = "+4610"
FIRST, SECOND, NEAR, LEAD = "+461", "+462", "+463", "+469"
OPERATORS = (UUID(int=0x51), UUID(int=0x52))
CARER_WORDS: tuple[Callable[[UUID], AlarmEvent], ...] = (*CARER_REPLIES, Undelivered, AddressLost)
"""Every word that a carer, or the provider in a carer's stead, can say to a notice."""


def fresh_ids() -> Iterator[UUID]:
    """Yield ids that differ from each other and are the same in every run."""
    number = 0x1000
    while True:
        number += 1
        yield UUID(int=number)


def shift(number: int, area: UUID, patrol: str, phone: str, duty: Duty = Duty.PATROL) -> DutyShift:
    """Return a shift that lasts all night."""
    return DutyShift(
        UUID(int=number), area, patrol, duty, phone, START - timedelta(hours=4), START + timedelta(hours=6), True
    )


ON_DUTY = (
    shift(1, HERE, "Patrull 1", FIRST),
    shift(2, HERE, "Patrull 2", SECOND),
    shift(3, THERE, "Patrull 3", NEAR),
    shift(9, HERE, "Ledning", LEAD, Duty.LEAD),
)


def colleague(phone: str) -> Colleague:
    """Return the carer on duty with *phone*, as one in need."""
    shift = next(each for each in ON_DUTY if each.phone == phone)
    return Colleague(phone, shift.patrol, shift.shift_id)


def town(*phones: str, fixed: str | None = FIXED, busy: frozenset[UUID] = frozenset()) -> Roster:
    """Return a roster with these *phones* on duty, everybody when none is named."""
    shifts = tuple(s for s in ON_DUTY if not phones or s.phone in phones)
    return Roster(shifts, fixed, busy)


def _heard(asked: Notify) -> Wording:
    """Return the question as a story names it: a call has its notice's wording, unless it is of a trouble."""
    return asked.text if asked.trouble is not None else asked.notice.wording


class AskedCarer:
    """One phone, and what its carer answers to the notice that it was last asked."""

    def __init__(self, story: "Story", phone: str) -> None:
        self.story = story
        self.phone = phone
        self.inbox: list[tuple[Wording, Channel]] = []

    def receives(self, wording: Wording, channel: Channel = Channel.SMS) -> "AskedCarer":
        """Take the oldest message from the inbox; it has to be this one."""
        assert self.inbox, f"{self.phone} has received nothing, expected {wording} by {channel}"
        assert self.inbox.pop(0) == (wording, channel)
        return self

    @property
    def notice(self) -> Notice:
        """The notice that this phone was last asked."""
        dispatch = self.story.alarm.dispatch
        assert dispatch is not None
        return [n for n in dispatch.notices if n.phone == self.phone][-1]

    def takes(self, eta_minutes: int | None = None) -> None:
        self.story.happens(Took(self.notice.notice_id, eta_minutes))

    def declines(self) -> None:
        self.story.happens(Declined(self.notice.notice_id))

    def arrives(self) -> None:
        self.story.happens(Arrived(self.notice.notice_id))

    def is_done(self, outcome: Outcome | None = None, *, note: bool = False) -> None:
        self.story.happens(Done(self.notice.notice_id, outcome, note))

    def cannot_get_in(self) -> None:
        self.story.happens(CannotGetIn(self.notice.notice_id))

    def finds_nobody(self) -> None:
        self.story.happens(NobodyHome(self.notice.notice_id))

    def stays(self) -> None:
        self.story.happens(Staying(self.notice.notice_id))

    def needs_help(self) -> None:
        self.story.happens(NeedsHelp(self.notice.notice_id))

    def is_not_reached(self) -> None:
        self.story.happens(Undelivered(self.notice.notice_id))


class ScreenOperator:
    """A person at a screen."""

    def __init__(self, story: "Story", number: int) -> None:
        self.story = story
        self.user = UUID(int=number)

    def claims(self) -> None:
        self.story.happens(ClaimCase(self.user))

    def takes_over(self, reason_code: str) -> None:
        self.story.happens(TakeOver(self.user, reason_code))

    def is_active(self) -> None:
        self.story.happens(Renew(self.user))

    def is_in_call(self, on: bool = True) -> None:
        self.story.happens(InCall(self.user, on))

    def lets_go(self) -> None:
        self.story.happens(ReleaseCase(self.user))

    def sends_patrol(self) -> None:
        self.story.happens(SendPatrol(self.user))

    def replaces(self, phone: str) -> None:
        self.story.happens(ReplaceCarer(self.user, self.story.carer(phone).notice.notice_id))

    def asks_again(self) -> None:
        self.story.happens(AskCarersAgain(self.user))

    def calls_back(self) -> None:
        self.story.happens(CancelDispatch(self.user))

    def acknowledges(self, kind: TroubleKind) -> None:
        self.story.happens(AcknowledgeTrouble(self.user, kind))

    def closes(self, outcome: Outcome, *, note: bool = False) -> None:
        self.story.happens(Close(self.user, outcome, note))


class Story:
    """One alarm from its opening. Messages that nobody has received are found by `nobody_hears_more`."""

    def __init__(
        self,
        kind: AlarmKind = AlarmKind.NOT_SEEN,
        priority: Priority | None = None,
        *,
        plan: Plan | None = None,
        roster: Roster | None = None,
        signed_in: bool = True,
        visit: bool = False,
        arrive_by: datetime | None = None,
    ) -> None:
        self.plan = plan or Plan()
        self.roster = roster or town()
        self.signed_in = signed_in
        self.now = START
        self.effects: list[AlarmEffect] = []
        self.carers: dict[str, AskedCarer] = {}
        self._ids = fresh_ids()
        self.alarm: Alarm
        new = NewAlarm(
            alarm_id=UUID(int=0xABCD), org="nordby", area_id=HERE, resident_id=UUID(int=7), device_id="b27", case_no=4821,
            kind=kind, priority=priority or POLICY[kind].priority, visit=visit, arrive_by=arrive_by,
        )  # fmt: skip
        self._apply(open_alarm(new, self.plan, self.now, somebody_signed_in=signed_in))

    def happens(self, event: AlarmEvent) -> None:
        """Let *event* happen now."""
        self._apply(decide(self.alarm, event, self.plan, self.roster, self.now, lambda: next(self._ids)))

    def ticks(self) -> None:
        self.happens(AlarmTick(self.signed_in))

    def passes(self, *, minutes: float = 0, seconds: float = 0) -> None:
        """Let time pass, with a tick at every instant when something is due."""
        until = self.now + timedelta(minutes=minutes, seconds=seconds)
        while self.alarm.next_step_at is not None and self.alarm.next_step_at <= until:
            self.now = max(self.now, self.alarm.next_step_at)
            self.ticks()
            assert self.alarm.next_step_at is None or self.alarm.next_step_at > self.now
        self.now = until

    def carer(self, phone: str) -> AskedCarer:
        return self.carers.setdefault(phone, AskedCarer(self, phone))

    def operator(self, number: int = 0x51) -> ScreenOperator:
        return ScreenOperator(self, number)

    @property
    def owner(self) -> UUID | None:
        """The notice of the carer who owns it."""
        return None if self.alarm.acceptance is None else self.alarm.acceptance.notice_id

    def state(self) -> AlarmState:
        return self.alarm.state

    def lines(self, kind: str) -> int:
        """Return how many lines of *kind* the timeline has."""
        return sum(isinstance(e, Write) and e.payload.kind == kind for e in self.effects)

    def has(self, effect: type) -> bool:
        return any(isinstance(e, effect) for e in self.effects)

    def nobody_hears_more(self) -> None:
        """Fail if a message has gone to anybody who was not expected to hear it."""
        unread = {c.phone: c.inbox for c in self.carers.values() if c.inbox}
        assert not unread

    def _apply(self, decision: AlarmDecision) -> None:
        self.alarm = decision.alarm
        self.effects += decision.effects
        for effect in decision.effects:
            if isinstance(effect, Notify):
                notice = effect.notice
                self.carer(notice.phone).inbox.append((_heard(effect), notice.channel))
            elif isinstance(effect, Tell):
                self.carer(effect.notice.phone).inbox.append((effect.wording, Channel.SMS))


def accepted(kind: AlarmKind = AlarmKind.NOT_SEEN, eta_minutes: int | None = None, plan: Plan | None = None) -> Story:
    """A story in which the first patrol has just taken it."""
    story = Story(kind, signed_in=False, plan=plan)
    story.passes(seconds=120)
    story.carer(FIRST).takes(eta_minutes)
    story.carer(FIRST).inbox.clear()
    return story


def on_site(kind: AlarmKind = AlarmKind.NOT_SEEN, plan: Plan | None = None) -> Story:
    """A story in which the first patrol is on site."""
    story = accepted(kind, plan=plan)
    story.passes(minutes=12)
    story.carer(FIRST).arrives()
    story.carer(FIRST).inbox.clear()
    return story
