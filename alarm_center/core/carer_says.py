"""Decides what a carer's word does to an alarm: taken, declined, on site, done, locked out, staying, in need.

A carer's word is a fact and is never refused for coming late, twice or out of order: it is believed, or answered.
"""

from dataclasses import replace

from alarm_center.core import carer_actions
from alarm_center.core import dispatch as dispatching
from alarm_center.core.alarm_draft import WAITING, Draft
from alarm_center.core.alarm_events import (
    CarerWord,
    Declined,
    Done,
    NeedsHelp,
    SiteWord,
    Took,
    Undelivered,
)
from alarm_center.core.case import (
    AlarmState,
    DispatchState,
    Notice,
    NoticeState,
    Raise,
    Seeking,
    Tell,
)
from alarm_center.core.plan import Wording
from schemas import timeline
from schemas.vocabulary import AlarmKind, Priority

Word = CarerWord | Undelivered
"""Besides a carer's own word, the provider's in their stead: it did not reach them."""


def hear(draft: Draft, word: Word) -> None:
    """Let *word* do what it does.

    Raises:
        IllegalMove: the notice is not one of this alarm's, or `done` is said with `other` and without a note.
    """
    notice = draft.notice(word.notice_id)
    if draft.alarm.state is AlarmState.CLOSED:
        _after_close(draft, word, notice)
        return
    match word:
        case Took():
            _took(draft, notice, word.eta_minutes)
        case Declined():
            _declined(draft, notice)
        case Undelivered():
            _undelivered(draft, notice)
        case NeedsHelp():
            _needs_help(draft, notice)
        case Done(outcome=outcome, note=note) if _asked_how_it_ended(draft, notice):
            if outcome is None:
                _answer(draft, notice, Wording.DONE)
            else:
                draft.close(notice.notice_id, outcome, note, phone=notice.phone)
        case SiteWord():
            if draft.alarm.state in WAITING:
                # On site without having said 1: the word counts for both.
                draft.accept(notice)
            if _is_theirs(draft, notice):
                _from_the_site(draft, word, notice)
        case CarerWord():
            # A word of a new row, said from anywhere: it does what its row says.
            if _is_theirs(draft, notice):
                _as_its_row_says(draft, word, notice)


def _asked_how_it_ended(draft: Draft, notice: Notice) -> bool:
    """Whether *notice* asked a lead for the outcome, not to go there; a lead who took it since speaks from the site."""
    return notice.wording is Wording.OUTCOME and not draft.alarm.taken_by(notice.phone)


def _is_theirs(draft: Draft, notice: Notice) -> bool:
    """Tell whether the carer has the case; one who has not is answered so."""
    if draft.alarm.taken_by(notice.phone):
        return True
    draft.write(timeline.CaseNotTheirs(notice.notice_id))
    _answer(draft, notice, Wording.NOT_YOURS)
    return False


def _from_the_site(draft: Draft, word: SiteWord, notice: Notice) -> None:
    _at_the_address(draft)
    if isinstance(word, Done):
        draft.write(carer_actions.TABLE.of(word).line(notice.notice_id))
        _done(draft, word, notice)
        return
    _as_its_row_says(draft, word, notice)


def _as_its_row_says(draft: Draft, word: CarerWord, notice: Notice) -> None:
    row = carer_actions.TABLE.of(word)
    draft.write(row.line(notice.notice_id))
    if row.staff_inside is not None:
        draft.hold(on=row.staff_inside)
    if row.settles:
        draft.settle(*row.settles)
    if row.seeks is not None:
        draft.seek(row.seeks)
    if row.answer is not None:
        _answer(draft, notice, row.answer)


def _done(draft: Draft, word: Done, notice: Notice) -> None:
    if word.outcome is not None:
        draft.close(notice.notice_id, word.outcome, word.note, phone=notice.phone)
        return
    draft.set_acceptance(done_at=draft.now)
    draft.set_limits(limit_at=draft.now + draft.plan.outcome_within)
    draft.hold(on=False)
    draft.settle(*Seeking)
    _answer(draft, notice, Wording.DONE)


def _took(draft: Draft, notice: Notice, eta_minutes: int | None) -> None:
    if draft.alarm.taken_by(notice.phone):
        if eta_minutes is not None and draft.alarm.state is AlarmState.ACCEPTED:
            draft.write(timeline.EtaChanged(notice.notice_id, eta_minutes))
            draft.set_limits(limit_at=draft.arrive_limit(eta_minutes))
        _answer(draft, notice, Wording.GRANTED)
        return
    if not draft.alarm.seeks:
        called_off = draft.alarm.state in WAITING
        if notice.state in (NoticeState.ASKED, NoticeState.EXPIRED):
            draft.set(dispatch=dispatching.put(draft.dispatch, replace(notice, state=NoticeState.STOOD_DOWN)))
        draft.write(timeline.TookTooLate(notice.notice_id))
        _answer(draft, notice, Wording.STOOD_DOWN if called_off else Wording.TAKEN)
        return
    draft.accept(notice, eta_minutes)
    _answer(draft, notice, Wording.GRANTED)
    if draft.dispatch.state is DispatchState.RUNNING and not dispatching.waits(draft.dispatch, draft.alarm):
        # Two were agreed on: the second is asked now, not when the first would have been called.
        draft.go_on(hasten=True)


def _declined(draft: Draft, notice: Notice) -> None:
    had_it = draft.alarm.taken_by(notice.phone)
    if notice.state is NoticeState.DECLINED and notice.round == draft.dispatch.round and not had_it:
        # Said again: it must not hasten the next step a second time.
        _answer(draft, notice, Wording.DECLINED)
        return
    draft.write(timeline.CarerDeclined(notice.notice_id))
    if had_it:
        draft.lose(notice)
    else:
        draft.set(dispatch=dispatching.refuse(draft.dispatch, notice, draft.now))
        if draft.dispatch.state is DispatchState.RUNNING:
            draft.go_on(hasten=not dispatching.waits(draft.dispatch, draft.alarm))
    _answer(draft, notice, Wording.DECLINED)


def _undelivered(draft: Draft, notice: Notice) -> None:
    draft.write(timeline.NoticeUndelivered(notice.notice_id))
    if notice.state is not NoticeState.ASKED:
        return
    draft.set(dispatch=dispatching.expire(draft.dispatch, notice))
    if draft.dispatch.state is DispatchState.RUNNING and notice.round == draft.dispatch.round:
        draft.go_on(hasten=True)


def _needs_help(draft: Draft, notice: Notice) -> None:
    draft.write(timeline.CarerNeedsHelp(notice.notice_id))
    draft.set(priority=Priority.FIRST)
    if draft.alarm.state is AlarmState.ON_SITE and draft.alarm.taken_by(notice.phone):
        _at_the_address(draft)
    if draft.alarm.state in WAITING:
        draft.set(state=AlarmState.DISPATCHED)
        draft.set_limits(self_dispatch_at=None, limit_at=None)
    draft.seek(Seeking.HELP, besides=notice)
    _answer(draft, notice, Wording.HELP_COMING)


def _after_close(draft: Draft, word: Word, notice: Notice) -> None:
    draft.write(timeline.WordAfterClose(notice.notice_id, type(word).__name__.lower()))
    match word:
        case NeedsHelp():
            # The case is over, the carer's trouble is not.
            draft.effects.append(Raise(AlarmKind.MANUAL, Priority.FIRST, None))
            _answer(draft, notice, Wording.HELP_COMING)
        case Took():
            _answer(draft, notice, Wording.STOOD_DOWN)
        case Declined() | Undelivered():
            pass
        case CarerWord():
            _answer(draft, notice, Wording.CASE_CLOSED)


def _at_the_address(draft: Draft) -> None:
    """A word from the site: the silence is broken, and its limit begins anew."""
    acceptance = draft.alarm.acceptance
    since = None if acceptance is None else acceptance.on_site_at
    draft.set(state=AlarmState.ON_SITE)
    draft.set_acceptance(on_site_at=since or draft.now, on_site_word_at=draft.now, on_site_asked=False, done_at=None)
    draft.set_limits(limit_at=draft.now + draft.plan.on_site_silence)


def _answer(draft: Draft, notice: Notice, wording: Wording) -> None:
    draft.effects.append(Tell(wording, draft.notice(notice.notice_id)))
