"""Effects of a person at a screen on a dispatch in progress: another carer sent, the carers asked again, the carers called back.

Each may come twice, or from two people at once: what has been done already is not done again.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.alarm import dispatch as dispatching
from alarm_center.core.alarm.alarm_change import AlarmChange
from alarm_center.core.alarm.alarm_effects import Tell
from alarm_center.core.alarm.alarm_events import AskCarersAgain, CancelDispatch, ReplaceCarer
from alarm_center.core.alarm.state import NoticeState
from alarm_center.core.decision import IllegalMove
from alarm_center.core.plan import Wording
from schemas import timeline
from schemas.vocabulary import TroubleKind

AGAIN_AT_SOONEST: Final = timedelta(seconds=60)
"""Carers who were asked so lately are not asked again: two who tap at once ask once."""

ScreenDispatch = ReplaceCarer | AskCarersAgain | CancelDispatch


def apply_screen_dispatch(change: AlarmChange, event: ScreenDispatch) -> None:
    """Apply what a person at a screen wants of the dispatch, and tell each carer whom it concerns.

    Raises:
        IllegalMove: a carer has cried for help there, or nobody is sought who could be asked again; or the notice is not
            one of this alarm's.
    """
    match event:
        case ReplaceCarer():
            _replace_carer(change, event.user, event.notice_id)
        case AskCarersAgain():
            _ask_again(change, event.user)
        case CancelDispatch():
            _cancel_dispatch(change, event.user)


def _replace_carer(change: AlarmChange, user: UUID, notice_id: UUID) -> None:
    notice = change.notice(notice_id)
    if notice.phone in change.alarm.phones_in_need():
        raise IllegalMove(f"alarm {change.alarm.alarm_id}: that carer needs help: somebody is sought for them")
    has_it = change.alarm.taken_by(notice.phone)
    if not has_it and (notice.state is not NoticeState.ASKED or not change.alarm.seeks):
        return  # done already, or answered in the meantime
    change.add_line(timeline.CarerReplaced(user, notice_id))
    change.effects.append(Tell(Wording.SEEN_TO, notice))
    change.dispatch = replace(change.dispatch, replaced=(*change.dispatch.replaced, notice_id))
    if has_it:
        change.drop_carer(notice, NoticeState.STOOD_DOWN)
        return
    change.dispatch = dispatching.record_refusal(change.dispatch, notice, change.now, NoticeState.STOOD_DOWN)
    change.advance_dispatch(hasten=True)


def _ask_again(change: AlarmChange, user: UUID) -> None:
    if not change.alarm.seeks:
        raise IllegalMove(f"alarm {change.alarm.alarm_id}: nobody is sought: there is nobody to ask again")
    asked = max((notice.asked_at for notice in change.dispatch.notices), default=None)
    if asked is not None and asked > change.now - AGAIN_AT_SOONEST:
        return
    change.add_line(timeline.CarersAskedAgain(user))
    change.restart_dispatch(change.dispatch.seeking)


def _cancel_dispatch(change: AlarmChange, user: UUID) -> None:
    alarm = change.alarm
    if alarm.phones_in_need():
        raise IllegalMove(f"alarm {alarm.alarm_id}: a carer needs help there: nobody is called back")
    change.add_line(timeline.DispatchCancelled(user))
    for taker in alarm.takers:
        change.effects.append(Tell(Wording.STOOD_DOWN, taker))
    notices = tuple(
        replace(notice, state=NoticeState.STOOD_DOWN) if notice.state is NoticeState.TOOK else notice
        for notice in change.dispatch.notices
    )
    change.dispatch = replace(change.dispatch, notices=notices)
    change.drop_acceptance()
    change.call_off_dispatch()
    change.end_troubles(*TroubleKind)
