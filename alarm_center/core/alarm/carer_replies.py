"""Effects of a carer's reply, or of a failed delivery, on an alarm: taken, declined, on site, done, locked out, in need.

A reply is a fact. It is never refused for coming late, twice or out of order: the alarm believes it, or answers it.
"""

import math
from dataclasses import replace
from datetime import timedelta

from alarm_center.core.alarm import dispatch as dispatching
from alarm_center.core.alarm import hand_over, trouble
from alarm_center.core.alarm.alarm_change import WAITING, AlarmChange
from alarm_center.core.alarm.alarm_effects import AlarmEffect, Tell, TellLead
from alarm_center.core.alarm.alarm_ending import close_alarm, raise_for_colleagues
from alarm_center.core.alarm.alarm_events import (
    STORED_REPLIES,
    AddressLost,
    CarerReply,
    Declined,
    Done,
    NeedsHelp,
    RunsLate,
    SiteReply,
    Staying,
    Took,
    Undelivered,
    WhereUnknown,
)
from alarm_center.core.alarm.alarm_parts import Trouble
from alarm_center.core.alarm.due_troubles import apply_due_troubles
from alarm_center.core.alarm.state import AlarmState, DispatchState, Notice, NoticeState
from alarm_center.core.decision import Colleague
from alarm_center.core.plan import Wording
from alarm_center.core.replies import carer_actions
from schemas import timeline
from schemas.vocabulary import Channel, Priority, TroubleKind, Who

AnyReply = CarerReply | Undelivered | AddressLost
"""A carer's own reply, or the provider's in their stead: the notice, or the address, did not reach them."""


def apply_reply(change: AlarmChange, word: AnyReply) -> None:
    """Apply a carer's reply to the alarm and queue the SMS that answers it, unless the link's page has shown as much.

    Raises:
        IllegalMove: the notice is not one of this alarm's, or `done` is said with `other` and without a note.
    """
    _apply_word(change, word)
    if isinstance(word, CarerReply) and word.on_page:
        change.effects = [each for each in change.effects if not _is_shown(each, word)]


def _is_shown(effect: AlarmEffect, word: CarerReply) -> bool:
    match effect:
        case Tell(wording, notice):
            return wording in carer_actions.SHOWN_ON_PAGE and notice.notice_id == word.notice_id
        case _:
            return False


def _apply_word(change: AlarmChange, word: AnyReply) -> None:
    notice = change.notice(word.notice_id)
    if change.alarm.state is AlarmState.CLOSED:
        _apply_after_close(change, word, notice)
        return
    change.closing = isinstance(word, Done) and _will_close(change, word, notice)
    if isinstance(word, CarerReply) and not isinstance(word, Declined | NeedsHelp):
        hand_over.record_owners_word(change, notice)
    match word:
        case Staying() if hand_over.is_asked(change, notice):
            # On the way, and asked about the end of the shift: they are not there by that.
            change.add_line(timeline.StaysAfterShift(notice.notice_id))
            _queue_answer(change, notice, Wording.GRANTED)
        case Took():
            _apply_took(change, notice, word.eta_minutes)
        case Declined():
            _apply_declined(change, notice)
        case Undelivered():
            _apply_undelivered(change, notice)
        case AddressLost():
            _apply_address_lost(change, notice)
        case NeedsHelp():
            _apply_needs_help(change, notice)
        case Done(outcome=outcome, note=note) if _asks_for_outcome(change, notice):
            if outcome is not None and change.closing:
                close_alarm(change, notice.notice_id, outcome, note, phone=notice.phone)
            else:
                _queue_answer(change, notice, Wording.DONE)
        case SiteReply() if _tells_where_unasked(change, word):
            if _require_taken(change, notice):
                _queue_answer(change, notice, Wording.NOT_UNDERSTOOD)
        case SiteReply():
            if change.alarm.state in WAITING:
                # On site without having said 1: the word counts for both.
                change.accept(notice)
            if _require_taken(change, notice):
                _apply_site_reply(change, word, notice)
        case RunsLate(minutes=minutes):
            if _require_taken(change, notice):
                _apply_runs_late(change, notice, minutes)
        case CarerReply():
            # A word of a new row, said from anywhere: it does what its row says.
            if _require_taken(change, notice):
                _apply_row(change, word, notice)


def _asks_for_outcome(change: AlarmChange, notice: Notice) -> bool:
    """Tell whether *notice* asked a lead for the outcome, not to go there; a lead who took it since speaks from the site."""
    return notice.wording is Wording.OUTCOME and not change.alarm.taken_by(notice.phone)


def _will_close(change: AlarmChange, word: Done, notice: Notice) -> bool:
    """Tell whether *word* closes the alarm: it says how it ended, and its carer has the alarm, takes it by that, or was asked."""
    if word.outcome is None or trouble.keeps_open(change.alarm.troubles, word.outcome, note=word.note):
        return False
    alarm = change.alarm
    return alarm.state in WAITING or alarm.taken_by(notice.phone) or _asks_for_outcome(change, notice)


def _tells_where_unasked(change: AlarmChange, word: SiteReply) -> bool:
    """Tell whether *word* says where a person is of whom no carer there has said that they are not at home: it is no arrival."""
    alarm = change.alarm
    says_where = carer_actions.TABLE.of(word) in carer_actions.SAY_WHERE
    return says_where and alarm.state is AlarmState.ACCEPTED and not alarm.has_nobody_home


def _require_taken(change: AlarmChange, notice: Notice) -> bool:
    """Tell whether the carer has the case, and answer a carer who has not."""
    if change.alarm.taken_by(notice.phone):
        return True
    change.add_line(timeline.CaseNotTheirs(notice.notice_id))
    _queue_answer(change, notice, Wording.NOT_YOURS)
    return False


def _apply_site_reply(change: AlarmChange, word: SiteReply, notice: Notice) -> None:
    _record_site_word(change, notice)
    if isinstance(word, Done):
        change.add_line(carer_actions.TABLE.of(word).line(notice.notice_id))
        _apply_done(change, word, notice)
        return
    _apply_row(change, word, notice)


def _apply_row(change: AlarmChange, word: CarerReply, notice: Notice) -> None:
    row = carer_actions.TABLE.of(word)
    change.add_line(row.line(notice.notice_id))
    if row.staff_inside is not None:
        change.record_staff_inside(row.staff_inside)
    if row.begins is not None:
        change.begin_trouble(row.begins, notice, ends=row.ends)
    if row.ends:
        change.end_troubles(*row.ends)
    if isinstance(word, WhereUnknown):
        change.set_troubles(trouble.where_unknown(change.alarm.troubles))
    apply_due_troubles(change)
    if row.answer is not None:
        _queue_answer(change, notice, row.answer, row.digit_after)


def _apply_done(change: AlarmChange, word: Done, notice: Notice) -> None:
    if word.outcome is not None and change.closing:
        close_alarm(change, notice.notice_id, word.outcome, word.note, phone=notice.phone)
        return
    change.acceptance = replace(change.acceptance, done_at=change.now)
    change.dispatch = dispatching.record_done(change.dispatch, notice.phone, change.now)
    change.limits = replace(change.limits, limit_at=change.now + change.plan.outcome_within)
    change.record_staff_inside(False)
    change.end_what_is_done(notice)
    _queue_answer(change, notice, Wording.DONE)


def _apply_took(change: AlarmChange, notice: Notice, eta_minutes: int | None) -> None:
    if change.alarm.taken_by(notice.phone):
        if eta_minutes is not None and change.alarm.state is AlarmState.ACCEPTED:
            change.add_line(timeline.EtaChanged(notice.notice_id, eta_minutes))
            change.limits = replace(change.limits, limit_at=change.arrival_deadline(eta_minutes))
        _queue_answer(change, notice, Wording.GRANTED)
        return
    asked = trouble.asked_of(change.alarm, notice)
    if asked is not None:
        _apply_sees_to(change, notice, asked)
        return
    if not change.alarm.seeks:
        called_off = change.alarm.state in WAITING
        if notice.state in (NoticeState.ASKED, NoticeState.EXPIRED):
            change.dispatch = dispatching.replace_notice(change.dispatch, replace(notice, state=NoticeState.STOOD_DOWN))
        change.add_line(timeline.TookTooLate(notice.notice_id))
        _queue_answer(change, notice, Wording.STOOD_DOWN if called_off else Wording.TAKEN)
        return
    change.accept(notice, eta_minutes)
    hand_over.pass_on(change, notice, eta_minutes)
    _queue_answer(change, notice, Wording.GRANTED)
    if change.dispatch.state is DispatchState.RUNNING and not dispatching.is_waiting_for_reply(
        change.dispatch, change.alarm
    ):
        # Two were agreed on: the second is asked now, not when the first would have been called.
        change.advance_dispatch(hasten=True)


def _apply_runs_late(change: AlarmChange, notice: Notice, minutes: int) -> None:
    """Move the carer's arrival, once, and tell the lead; whoever is there already is not late."""
    if change.alarm.state is not AlarmState.ACCEPTED:
        _queue_answer(change, notice, Wording.ARRIVED)
        return
    if change.acceptance.late_until is not None:
        _queue_answer(change, notice, Wording.LATE_AGAIN)
        return
    until = max(change.limits.limit_at or change.now, change.now) + timedelta(minutes=minutes)
    change.limits = replace(change.limits, limit_at=until)
    change.acceptance = replace(change.acceptance, late_until=until)
    left = math.ceil((until - change.now) / timedelta(minutes=1))
    change.add_line(timeline.EtaChanged(notice.notice_id, left))
    change.end_troubles(TroubleKind.LATE)
    lead = change.roster.lead_by_sms(change.alarm.area_id, change.now)
    if lead is not None:
        change.effects.append(TellLead(Wording.CARER_LATE, lead.phone, notice, minutes))
    _queue_answer(change, notice, Wording.LATE_NOTED)


def _apply_sees_to(change: AlarmChange, notice: Notice, asked: Trouble) -> None:
    """Apply a lead's 1 to a trouble: they see to it, and nobody has got the case by that."""
    if notice.state in (NoticeState.ASKED, NoticeState.EXPIRED):
        seen = replace(notice, state=NoticeState.STOOD_DOWN, answered_at=change.now)
        change.dispatch = dispatching.replace_notice(change.dispatch, seen)
    for each in change.alarm.unacknowledged:
        if notice.notice_id in each.told:
            change.acknowledge(each.kind, notice.notice_id)
    mine = trouble.is_seen_to_from(change.alarm, notice.phone) or not asked.acknowledged
    _queue_answer(change, notice, Wording.YOU_SEE_TO_IT if mine else Wording.SEEN_TO)


def _apply_declined(change: AlarmChange, notice: Notice) -> None:
    had_it = change.alarm.taken_by(notice.phone)
    if not had_it and trouble.is_seen_to_from(change.alarm, notice.phone):
        # By whichever of its notices: what they saw to is sought for anew.
        change.add_line(timeline.CarerDeclined(notice.notice_id))
        change.leave_trouble(notice)
        _queue_answer(change, notice, Wording.DECLINED)
        return
    if notice.state is NoticeState.DECLINED and notice.round == change.dispatch.round and not had_it:
        # Said again: it must not hasten the next step a second time.
        _queue_answer(change, notice, Wording.DECLINED)
        return
    change.add_line(timeline.CarerDeclined(notice.notice_id))
    if had_it:
        change.drop_carer(notice, shift_ends_at=hand_over.end_of_asked_shift(change, notice))
    else:
        change.dispatch = dispatching.record_refusal(change.dispatch, notice, change.now)
        if change.dispatch.state is DispatchState.RUNNING:
            change.advance_dispatch(hasten=not dispatching.is_waiting_for_reply(change.dispatch, change.alarm))
    _queue_answer(change, notice, Wording.DECLINED)


def _apply_undelivered(change: AlarmChange, notice: Notice) -> None:
    change.add_line(timeline.NoticeUndelivered(notice.notice_id))
    if notice.state is not NoticeState.ASKED:
        return
    change.dispatch = dispatching.expire_notice(change.dispatch, notice)
    if change.dispatch.state is DispatchState.RUNNING and notice.round == change.dispatch.round:
        change.advance_dispatch(hasten=True)


def _apply_address_lost(change: AlarmChange, notice: Notice) -> None:
    """Have a person ring the carer and read the address out. Whoever is at the address has it."""
    change.add_line(timeline.AddressUndelivered(notice.notice_id))
    if change.alarm.state is AlarmState.ACCEPTED and change.alarm.taken_by(notice.phone):
        change.begin_trouble(TroubleKind.UNDELIVERED, notice)


def _apply_needs_help(change: AlarmChange, notice: Notice) -> None:
    if change.alarm.state is AlarmState.ON_SITE and change.alarm.taken_by(notice.phone):
        _record_site_word(change, notice)
    _seek_help(change, notice)
    if change.alarm.state is AlarmState.ON_SITE and change.alarm.taken_by(notice.phone):
        change.end_troubles(TroubleKind.SILENT)
    _queue_answer(change, notice, Wording.HELP_COMING)


def apply_colleague(change: AlarmChange, colleague: Colleague) -> None:
    """Seek help for a carer who was asked nothing in this case. Their notice is kept as one that has been stood down: nobody
    asks that phone, its number is told to those who come, and a word of it is about this case."""
    if change.alarm.dispatch is None:
        change.dispatch = dispatching.new_dispatch(change.context)
        change.add_line(timeline.DispatchStarted(change.dispatch.dispatch_id, Priority.FIRST))
    asked = [notice for notice in change.dispatch.notices if notice.phone == colleague.phone]
    if not asked:
        asked = [
            Notice(
                change.new_id(), change.dispatch.round, 0, Who.PATROL, Channel.SMS, Wording.CALL_OUT, colleague.phone,
                colleague.shift_id, colleague.patrol, change.now, NoticeState.STOOD_DOWN,
            )
        ]  # fmt: skip
        change.dispatch = replace(change.dispatch, notices=(*change.dispatch.notices, *asked))
    _seek_help(change, asked[-1])


def _seek_help(change: AlarmChange, notice: Notice) -> None:
    change.add_line(timeline.CarerNeedsHelp(notice.notice_id))
    change.alarm = replace(change.alarm, priority=Priority.FIRST)
    if change.alarm.state in WAITING:
        change.alarm = replace(change.alarm, state=AlarmState.DISPATCHED)
        change.limits = replace(change.limits, self_dispatch_at=None, limit_at=None)
    change.begin_trouble(TroubleKind.HELP, notice)


def _apply_after_close(change: AlarmChange, word: AnyReply, notice: Notice) -> None:
    code = STORED_REPLIES.get(type(word), "addresslost")
    if type(word) not in STORED_REPLIES and not isinstance(word, AddressLost):
        assert isinstance(word, CarerReply), f"{word} has no code in STORED_REPLIES"
        code = carer_actions.TABLE.of(word).name
    if not isinstance(word, AddressLost):
        change.add_line(timeline.WordAfterClose(notice.notice_id, code))
    match word:
        case NeedsHelp():
            # The case is over, the carer's trouble is not.
            raise_for_colleagues(change, [notice])
            _queue_answer(change, notice, Wording.HELP_COMING)
        case Took():
            _queue_answer(change, notice, Wording.STOOD_DOWN)
        case Declined() | Undelivered() | AddressLost():
            pass
        case CarerReply():
            _queue_answer(change, notice, Wording.CASE_CLOSED)


def _record_site_word(change: AlarmChange, notice: Notice) -> None:
    """Record a word of the carer of *notice* from the site: the limit of silence begins anew."""
    change.dispatch = dispatching.record_done(change.dispatch, notice.phone, None)
    acceptance = change.alarm.acceptance
    since = None if acceptance is None else acceptance.on_site_at
    change.alarm = replace(change.alarm, state=AlarmState.ON_SITE)
    change.acceptance = replace(
        change.acceptance, on_site_at=since or change.now, on_site_word_at=change.now, on_site_asked=False, done_at=None
    )
    change.limits = replace(change.limits, limit_at=change.now + change.plan.on_site_silence)
    # Who is there can be asked how it went.
    left = trouble.end(change.alarm.troubles, (TroubleKind.OUTCOME_MISSING,))
    change.set_troubles(trouble.renew(left, change.now))


def _queue_answer(change: AlarmChange, notice: Notice, wording: Wording, digit: str | None = None) -> None:
    change.effects.append(Tell(wording, change.notice(notice.notice_id), digit))
