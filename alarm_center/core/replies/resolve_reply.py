"""The case that a carer's reply is about and the action on it, or the answer where nothing is done.

A word that does something is answered by the alarm, which alone knows what came of it (`carer_replies`). What only the
resolver knows is worded here: the doubts, and what is to be said of a second case. In doubt nothing is taken, arrived
at or closed: the carer gets a clear answer and a person sees the reply.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from alarm_center.core.messages.text_facts import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.core.replies import carer_actions
from alarm_center.core.replies.carer_actions import CANNOT, DONE, HELP, ON_SITE, TAKE, CarerAction
from alarm_center.core.replies.parse_reply import CarerCommand, Empty, Reply, reads_as_clock
from alarm_center.core.replies.reply_parts import TAKEN, EarlierReply, NoticeRef, ReplyText, Resolution, Standing
from schemas.vocabulary import Heed

RECENT: Final = timedelta(minutes=30)
"""Time after its end during which a case can still be meant by a bare digit (docs/sms.md#the-way-back)."""

REPEATED_WITHIN: Final = timedelta(minutes=5)
"""A word that comes again within this is taken for the same word (ADR 0012). Longer than a network delays or doubles
an SMS and than a carer waits for an answer before writing again; shorter than the way from one address to the next."""


_OVER: Final = {
    Standing.TAKEN: Wording.TAKEN,
    Standing.STOOD_DOWN: Wording.STOOD_DOWN,
    Standing.DONE: Wording.CASE_CLOSED,
}


def resolve(
    reply: Reply,
    notices: Iterable[NoticeRef],
    now: datetime,
    *,
    muster: bool = False,
    before: EarlierReply | None = None,
    answered_where: int | None = None,
) -> Resolution:
    """Return what *reply* means to a phone that got *notices* in the last 24 hours. Total.

    *muster* says that the question of who holds the phone is unanswered; *before* that the same word came just now, and
    *answered_where* that it answered "Vet du var?" just now, in the case of that number.
    Only for a known phone: an unknown number gets no answer. The caller answers a phone that only ever sends free text a
    few times an hour at most, so that two machines do not write to each other all night. What a carer in the dark
    would do:

    - *1*: takes the one case that seeks. Of two, the most urgent (then the oldest), and says which and that the
      other still seeks. With a case of one's own at least as urgent, another is taken only by its number.
    - *1 after 2*: takes it, if it still seeks. *1 too late*: who has it, or that nobody is needed.
    - *2*: declines the one that asks; without such a one, hands back one's own case, with sound, or a trouble that one has
      said "jag ordnar" to: it sounds itself then.
    - *3 4 5 6*: only on a case of one's own. On one that is not taken, nothing counts as arrival or help: "not
      yours yet", with sound, for somebody may be at the door. *4 without 3* counts, and no arrival is made up.
    - two own cases that fit equally: "which one?"; a wrong guess would close or arrive at the wrong one. So are *4* and
      *6* of a case where no arrival was told, while another of one's own has ended within minutes.
    - *the same word again*: means the same case, whatever else it would fit by now; only a number acts on another.
      Where the carer has said something else in between, and the word would fit another case: "which one?".
    - *1 2 3* and *nej* after "Vet du var?": say where the person is who is not at home, once; with another open case they are
      asked what they mean, in the words of both. What is none of them is asked for again, by words that no other question has.
    - a digit that also answers what was asked after "Vet du var?" (the shift's end, the muster), and a word of where a
      person is of whom nobody has said "ingen hemma": a person reads it, with sound.
    - *9*: is heard with sound, always: with no case, a wrong number, or a case that is closed; twice is louder.
    - an unknown case number: says so, and names the one that is open; nothing is guessed. One that reads as a time
      of day ("klar 2230") is a time, unless a case's own number does.
    - *1* or *2* to the muster: when no case asks. Taking a case answers the muster too.
    - free text: a person reads it, with sound, and the carer is told so; nothing counts as a yes. So is nothing at all, with
      sound while a case is open.
    """
    cases = _Cases(notices, now)
    if isinstance(reply, CarerCommand):
        where = _resolve_where(reply, cases, answered_where, muster)
        if where is not None:
            return where
        if before is None and _tells_where_unasked(reply, cases):
            return _resolve_unread(reply, cases)
    match reply:
        case CarerCommand(action, case_no) if action is HELP:
            return _resolve_help(cases.numbered(case_no) or cases.nearest)
        case CarerCommand(action, int(case_no)) if (
            cases.numbered(case_no) or cases.like_times or not reply.reads_as_clock
        ):
            return _resolve_numbered(action, case_no, cases, muster)
        case CarerCommand() as said:
            return (
                _resolve_bare(said, cases, muster) if before is None else _resolve_repeat(said, before, cases, muster)
            )
        case _:
            return _resolve_unread(reply, cases)


class _Cases:
    """The cases behind a phone's notices: one a case, its own before the latest; each list most urgent first."""

    def __init__(self, notices: Iterable[NoticeRef], now: datetime) -> None:
        by_case: dict[int, NoticeRef] = {}
        seen_to: dict[int, NoticeRef] = {}
        for notice in sorted(notices, key=lambda n: (n.standing in TAKEN, n.sent_at)):
            by_case[notice.case_no] = notice
            if notice.standing is Standing.SEES_TO:
                seen_to[notice.case_no] = notice
        for case_no, notice in seen_to.items():
            # A later question in the case is answered for itself.
            if by_case[case_no].standing not in {Standing.ASKED, *TAKEN}:
                by_case[case_no] = notice
        self._seen_to = seen_to
        self._by_case, self._now = by_case, now
        urgent = sorted(by_case.values(), key=lambda n: (n.priority, n.sent_at, n.case_no))
        self.asked = [n for n in urgent if n.standing is Standing.ASKED]
        self.declined = [n for n in urgent if n.standing is Standing.DECLINED]
        self.taken = [n for n in urgent if n.standing in TAKEN]
        self.seen_to = [n for n in urgent if n.standing is Standing.SEES_TO]
        self.recent = sorted(
            (n for n in urgent if n.closed_at is not None and n.standing in _OVER and n.closed_at >= now - RECENT),
            key=lambda n: n.closed_at or now,
            reverse=True,
        )
        """Those that ended lately, the last to end first."""

    @property
    def like_times(self) -> bool:
        """Tell whether a case's number could be a time itself: then a number that is nearly one is a slip of the thumb."""
        return any(reads_as_clock(case_no) for case_no in self._by_case)

    @property
    def just_over(self) -> NoticeRef | None:
        """One's own that ended so lately that a word from its address may still be under way."""
        last = next((n for n in self.recent if n.standing is Standing.DONE), None)
        return last if last is not None and last.closed_at and last.closed_at >= self._now - REPEATED_WITHIN else None

    @property
    def open(self) -> list[NoticeRef]:
        """The open ones, those most likely meant first."""
        on_site = [n for n in self.taken if n.standing is Standing.ON_SITE]
        return on_site + [n for n in self.taken if n not in on_site] + self.asked + self.seen_to + self.declined

    @property
    def nearest(self) -> NoticeRef | None:
        return next(iter(self.open + self.recent), None)

    def numbered(self, case_no: int | None) -> NoticeRef | None:
        return None if case_no is None else self._by_case.get(case_no)

    def to_leave(self, notice: NoticeRef) -> NoticeRef:
        """Return the notice that a no to the case of *notice* is about: whoever sees to something of it leaves that too."""
        return notice if notice.standing in TAKEN else self._seen_to.get(notice.case_no, notice)


def _text_about(
    text: Wording, about: NoticeRef | None = None, other: NoticeRef | None = None, digit: str | None = None
) -> ReplyText:
    return ReplyText(
        text,
        about,
        TextFacts(
            case_no=about.case_no if about else None,
            priority=about.priority if about else None,
            other_no=other.case_no if other else None,
            other_priority=other.priority if other else None,
            digit=digit,
        ),
    )


_WHERE_UNKNOWN_TOO: Final = ("nej", "no")
_NO_ANSWER_TO_WHERE: Final = ("ja", "japp", "yes")


def where_action(said: CarerCommand) -> CarerAction | None:
    """Return what *said* is as the answer to "Vet du var?", ``None`` if it is none."""
    if said.phrase in _WHERE_UNKNOWN_TOO:
        return carer_actions.WHERE_UNKNOWN
    return None if said.phrase is None else carer_actions.TABLE.by_digit_after.get(said.phrase)


def _resolve_where(said: CarerCommand, cases: _Cases, answered: int | None, muster: bool) -> Resolution | None:
    """Return what an answer to "Vet du var?" leads to; ``None`` where nobody was asked, or it answers something else."""
    asking = next((n for n in cases.taken if n.asks_where), None)
    action = where_action(said)
    if action is None:
        unclear = asking is not None and said.phrase in _NO_ANSWER_TO_WHERE and said.case_no in (None, asking.case_no)
        return _resolve_unread(said, cases) if unclear else None
    if asking is None:
        same = cases.numbered(answered)
        asked_anew = any(n is not same for n in cases.asked)
        repeats = same is not None and same.standing in TAKEN and said.case_no in (None, same.case_no)
        return Resolution(action, same, heed=Heed.SHOW) if repeats and not asked_anew else None
    if _answers_more(said, asking, muster) and said.case_no in (None, asking.case_no):
        return _resolve_unread(said, cases)
    if said.case_no == asking.case_no:
        return Resolution(action, asking, heed=Heed.SHOW)
    if said.case_no is not None and cases.numbered(said.case_no):
        return None
    other = next((n for n in cases.asked + cases.taken if n is not asking), None)
    if other is None:
        return Resolution(action, asking, heed=Heed.SHOW)
    answer = _text_about(Wording.WHICH_ANSWER, asking, other, action.digit_after)
    facts = replace(answer.facts, other_digit=said.action.digit)
    return Resolution(answer=replace(answer, facts=facts), heed=_heed_in_doubt(said.action))


def _answers_more(said: CarerCommand, asking: NoticeRef, muster: bool) -> bool:
    """Tell whether *said* is an answer also to what the phone was asked after "Vet du var?": a search is not ended by that."""
    stays = asking.asks_staying and Wording.SHIFT_ENDS in said.action.asked_by
    mustered = muster and asking.muster_since and said.case_no is None and Wording.MUSTER in said.action.asked_by
    return stays or mustered


def _tells_where_unasked(said: CarerCommand, cases: _Cases) -> bool:
    """Tell whether *said* is about a person of whom nobody has said that they are not at home: whoever drives is not there by it."""
    own = [n for n in cases.taken if said.case_no in (None, n.case_no)]
    return said.action in carer_actions.SAY_WHERE and bool(own) and not any(n.nobody_home for n in own)


def _resolve_help(about: NoticeRef | None) -> Resolution:
    return Resolution(HELP, about, None if about else _text_about(Wording.HELP_COMING), heed=Heed.SOUND)


def _resolve_bare(said: CarerCommand, cases: _Cases, muster: bool) -> Resolution:
    action = said.action
    if action is TAKE:
        return _resolve_bare_take(cases, muster)
    if action is CANNOT:
        return _resolve_bare_cannot(cases, muster)
    # Who arrives, or speaks from elsewhere, means the case that they drive to.
    wanted = Standing.TOOK if action is ON_SITE or not action.from_the_site else Standing.ON_SITE
    fits = [n for n in cases.taken if n.standing is wanted] or cases.taken
    if len(fits) > 1:
        return _ask_which(said, fits[0], fits[1])
    if fits:
        just_over = cases.just_over if wanted is not fits[0].standing and action.begins is None else None
        return _act_on_own(action, fits[0]) if just_over is None else _ask_which(said, fits[0], just_over)
    seeking = cases.asked + cases.seen_to + cases.declined
    if seeking:
        return Resolution(None, seeking[0], _text_about(Wording.NOT_YOURS, seeking[0]), heed=Heed.SOUND)
    return _resolve_ended(action, cases.recent)


def _resolve_bare_take(cases: _Cases, muster: bool) -> Resolution:
    holds = muster or None
    own = cases.taken + cases.seen_to
    seeking = cases.asked or ([] if own else cases.declined)
    if not seeking:
        if own:
            return Resolution(TAKE, own[0], holds_phone=holds)
        if muster:
            return Resolution(answer=_text_about(Wording.MUSTER_YES), holds_phone=True)
        return _resolve_ended(TAKE, cases.recent)
    best = seeking[0]
    if cases.taken and cases.taken[0].priority <= best.priority:
        first = cases.taken[0]
        return Resolution(None, first, _text_about(Wording.ALSO_SEEKS, first, best), holds_phone=holds)
    beside = None
    if cases.taken:
        beside = _text_about(Wording.HAVE_BOTH, best, cases.taken[0])
    elif len(seeking) > 1:
        beside = _text_about(Wording.ALSO_SEEKS, best, seeking[1])
    elif cases.recent and cases.recent[0].standing is not Standing.DONE:  # it may have been meant for that one
        beside = _ended_text(cases.recent[0])
    return Resolution(TAKE, best, beside=beside, holds_phone=holds)


def _resolve_bare_cannot(cases: _Cases, muster: bool) -> Resolution:
    if len(cases.asked) > 1:
        best, other = cases.asked[:2]
        return replace(_decline_case(best, cases), beside=_text_about(Wording.DECLINED_ONE, best, other))
    if cases.asked:
        return _decline_case(cases.asked[0], cases)
    own = cases.taken + cases.seen_to
    if len(own) > 1:
        return _ask_which(CarerCommand(CANNOT), own[0], own[1])
    if own:
        return _decline_case(own[0], cases)
    if muster:
        return Resolution(answer=_text_about(Wording.MUSTER_NO), heed=Heed.SHOW, holds_phone=False)
    if cases.declined:
        return _decline_case(cases.declined[0], cases)
    return _resolve_ended(CANNOT, cases.recent)


def _resolve_repeat(said: CarerCommand, before: EarlierReply, cases: _Cases, muster: bool) -> Resolution:
    """Resolve a repeated word: it is about the same case as before, and not about the one that is left."""
    action = said.action
    if before.case_no is None:
        return Resolution(answer=_text_about(Wording.MUSTER_YES if action is TAKE else Wording.MUSTER_NO))
    same = cases.numbered(before.case_no)
    if same is None:
        return _resolve_bare(said, cases, muster)
    if before.moved_on:
        left = _resolve_bare(said, cases, muster)
        other = left.notice if left.action is not None else None
        return left if other is None or other is same else _ask_which(said, other, same)
    resolution = _resolve_numbered(action, same.case_no, cases, muster)
    others = [n for n in cases.asked if n is not same]
    if others and action is TAKE and same.standing in TAKEN:
        return replace(resolution, beside=_text_about(Wording.ALSO_SEEKS, same, others[0]))
    if others and action is CANNOT and same.standing is Standing.DECLINED:
        return replace(resolution, beside=_text_about(Wording.DECLINED_ONE, same, others[0]))
    return resolution


def _resolve_numbered(action: CarerAction, case_no: int, cases: _Cases, muster: bool) -> Resolution:
    notice = cases.numbered(case_no)
    if notice is None:
        other = next(iter(cases.open), None)
        facts = TextFacts(case_no=case_no, other_no=other.case_no if other else None)
        return Resolution(answer=ReplyText(Wording.UNKNOWN_CASE, None, facts), heed=_heed_in_doubt(action))
    if notice.standing in _OVER:
        return _resolve_ended(action, [notice])
    if action is TAKE:
        return Resolution(TAKE, notice, holds_phone=muster or None)
    if action is CANNOT:
        return _decline_case(notice, cases)
    if notice.standing in TAKEN:
        return _act_on_own(action, notice)
    return Resolution(None, notice, _text_about(Wording.NOT_YOURS, notice), heed=Heed.SOUND)


def _decline_case(notice: NoticeRef, cases: _Cases) -> Resolution:
    return Resolution(CANNOT, cases.to_leave(notice), heed=Heed.SOUND if notice.standing in TAKEN else Heed.NOTHING)


def _act_on_own(action: CarerAction, notice: NoticeRef) -> Resolution:
    heed = Heed.NOTHING
    if action.sounds:
        heed = Heed.SOUND
    elif action.shown or (notice.standing is not Standing.ON_SITE and action.from_the_site and action is not ON_SITE):
        heed = Heed.SHOW  # the arrival was never told
    return Resolution(action, notice, heed=heed)


def _ask_which(said: CarerCommand, one: NoticeRef, other: NoticeRef) -> Resolution:
    return Resolution(answer=_text_about(Wording.WHICH_CASE, one, other, said.said), heed=_heed_in_doubt(said.action))


def _resolve_ended(action: CarerAction, ended: Sequence[NoticeRef]) -> Resolution:
    """Return what a reply leads to for which nothing is open any more."""
    heed = Heed.NOTHING if action in (TAKE, CANNOT) else _heed_in_doubt(action)
    if not ended:
        return Resolution(answer=_text_about(Wording.NO_CASE), heed=heed)
    last = ended[0]
    if last.standing is Standing.DONE and action.from_the_site:
        # A second word after done: the alarm knows what it still means.
        return Resolution(action, last, heed=Heed.NOTHING if action is DONE else heed)
    return Resolution(None, last, _ended_text(last), heed=heed)


def _ended_text(notice: NoticeRef) -> ReplyText:
    return _text_about(_OVER[notice.standing], notice)


def _resolve_unread(reply: Reply, cases: _Cases) -> Resolution:
    """Have a person read what is in no table, and tell the carer that one does."""
    asking = next((n for n in cases.taken if n.asks_where), None)
    if asking is not None:
        return Resolution(None, asking, _text_about(Wording.WHERE_AGAIN, asking), heed=Heed.SOUND)
    about = next(iter(cases.open), None)
    if about is not None:
        return Resolution(None, about, _text_about(Wording.NOT_UNDERSTOOD, about), heed=Heed.SOUND)
    heed = Heed.SHOW if isinstance(reply, Empty) else Heed.SOUND
    return Resolution(None, cases.nearest, _text_about(Wording.READ_BY_OPERATOR), heed=heed)


def _heed_in_doubt(action: CarerAction) -> Heed:
    """Somebody who cannot get in stands at a door: that is heard even where the case is unclear."""
    return Heed.SOUND if action.sounds else Heed.SHOW
