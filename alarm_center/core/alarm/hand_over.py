"""Hand-over of an alarm when its owner's shift ends: the owner is asked, and without an answer somebody on duty is sought.

The owner keeps it until somebody else has said 1: it is nobody's at no instant.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from alarm_center.core.alarm import dispatch as dispatching
from alarm_center.core.alarm import trouble
from alarm_center.core.alarm.alarm_change import AlarmChange
from alarm_center.core.alarm.alarm_effects import Tell
from alarm_center.core.alarm.alarm_parts import Acceptance, ShiftHandOver
from alarm_center.core.alarm.state import AlarmState, DispatchPurpose, Notice, NoticeState
from alarm_center.core.plan import Step, Wording
from schemas import timeline
from schemas.vocabulary import TroubleKind, Who

ASK_BEFORE: Final = timedelta(minutes=20)
ANSWER_WITHIN: Final = timedelta(minutes=5)
"""The least time that the owner has to answer, also where they took it just before the end."""
_OWNED: Final = (AlarmState.ACCEPTED, AlarmState.ON_SITE)


def watch_shift(change: AlarmChange) -> None:
    """Begin the watch over the shift of a new owner, and end it where nobody has the alarm any more or is done with it.

    Nothing is concluded from a roster without the owner: a page sees the shifts of its own areas.
    """
    alarm, now = change.alarm, change.now
    if alarm.acceptance is None or alarm.state not in _OWNED or alarm.done_at is not None:
        change.alarm = replace(alarm, hand_over=None)
        return
    if alarm.hand_over is not None and alarm.hand_over.notice_id == alarm.acceptance.notice_id:
        return
    owner = change.notice(alarm.acceptance.notice_id)
    until = None if owner.shift_id is None else change.roster.on_duty_until(owner.phone, now)
    ends = None
    if until is not None:
        ends = ShiftHandOver(owner.notice_id, max(until - ASK_BEFORE, min(now + ANSWER_WITHIN, until)))
    elif _is_off_duty(change, owner):
        # A release before 0.3.0 has written the alarm after the shift's end, and left the watch out; or they took it so late.
        ends = ShiftHandOver(owner.notice_id, max(now, alarm.acceptance.accepted_at + ANSWER_WITHIN))
    change.alarm = replace(alarm, hand_over=ends)


def apply_shift_end(change: AlarmChange) -> None:
    """Ask the owner whether they stay, or seek somebody on duty in their stead, if that is due."""
    held, now = change.alarm.hand_over, change.now
    if held is None or held.at is None or held.at > now:
        return
    if held.searching:
        _seek(change, held)
        return
    owner = change.notice(held.notice_id)
    until = change.roster.on_duty_until(owner.phone, now)
    if until is not None and (held.asked or until - ASK_BEFORE > now):
        # Their shift was made longer, or the next one has the same phone.
        later = replace(held, at=max(until - ASK_BEFORE, now + ANSWER_WITHIN), asked=False)
        change.alarm = replace(change.alarm, hand_over=later)
    elif until is not None:
        change.add_line(timeline.ShiftEnding(owner.notice_id))
        change.effects.append(Tell(Wording.SHIFT_ENDS, owner))
        asked = replace(held, at=max(until, now + ANSWER_WITHIN), ends_at=until, asked=True)
        change.alarm = replace(change.alarm, hand_over=asked)
    else:
        change.add_line(timeline.HandOverSought(owner.notice_id))
        _seek(change, held)
        _ask_lead(change)


def record_owners_word(change: AlarmChange, notice: Notice) -> None:
    """Record that the owner has said a word that they stay by: somebody else is sought no more."""
    held = change.alarm.hand_over
    if held is None or not (held.asked or held.searching) or change.notice(held.notice_id).phone != notice.phone:
        return
    change.alarm = replace(change.alarm, hand_over=replace(held, at=None, asked=True, searching=False))
    if held.searching and change.alarm.seeks and change.dispatch.seeking is DispatchPurpose.CALL_OUT:
        change.end_search()
        change.set_troubles(trouble.end(change.alarm.troubles, (TroubleKind.NOT_TAKEN,)))


def is_asked(change: AlarmChange, notice: Notice) -> bool:
    """Tell whether the carer of *notice*, still on the way, was asked whether they stay after their shift."""
    held = change.alarm.hand_over
    asked = held is not None and held.asked and change.notice(held.notice_id).phone == notice.phone
    return asked and change.alarm.state is AlarmState.ACCEPTED


def end_of_asked_shift(change: AlarmChange, notice: Notice) -> datetime | None:
    """Return the end of the shift of *notice*'s carer where they were asked whether they stay after it, else ``None``."""
    held = change.alarm.hand_over
    asked = held is not None and held.asked and not held.searching
    return held.ends_at if held and asked and change.notice(held.notice_id).phone == notice.phone else None


def record_silence(change: AlarmChange) -> None:
    """Record that an owner who stayed after their shift does not answer: somebody on duty is sought soon."""
    held = change.alarm.hand_over
    if held is not None and held.asked and held.at is None:
        change.alarm = replace(change.alarm, hand_over=replace(held, at=change.now + ANSWER_WITHIN))


def pass_on(change: AlarmChange, notice: Notice, eta_minutes: int | None) -> None:
    """Pass the alarm on to the carer of *notice*, who has said 1, from an owner whose shift is over, and from every other carer who is off duty.

    Nothing more goes to those. Where the plan has two carers and one is left, the second is sought.
    """
    held = change.alarm.hand_over
    if held is None or not held.searching or not change.alarm.taken_by(notice.phone):
        return
    before = change.notice(held.notice_id)
    if before.phone == notice.phone:
        return
    others = [taker for taker in change.alarm.takers if taker.phone != notice.phone]
    for taker in others:
        if taker.phone == before.phone or _is_off_duty(change, taker):
            change.set_troubles(trouble.without_carer(change.alarm, taker, change.plan, change.now))
            change.dispatch = dispatching.record_refusal(change.dispatch, taker, change.now, NoticeState.STOOD_DOWN)
            change.effects.append(Tell(Wording.TAKEN, taker))
    change.add_line(timeline.HandedOver(notice.notice_id))
    left = [taker for taker in change.alarm.takers if taker.phone != notice.phone]
    if left:
        on_duty = (taker for taker in left if change.roster.on_duty_until(taker.phone, change.now) is not None)
        change.acceptance = replace(change.acceptance, notice_id=next(on_duty, notice).notice_id)
    else:
        if change.alarm.staff_inside:
            change.record_staff_inside(False)
        change.alarm = replace(
            change.alarm, state=AlarmState.ACCEPTED, acceptance=Acceptance(notice.notice_id, change.now), hand_over=None
        )
        change.limits = replace(change.limits, limit_at=change.arrival_deadline(eta_minutes))
    if not change.alarm.seeks or change.dispatch.seeking is DispatchPurpose.CALL_OUT:
        change.end_search()


def _is_off_duty(change: AlarmChange, owner: Notice) -> bool:
    # The fixed number has no shift, and never ends.
    return owner.shift_id is not None and change.roster.has_left(owner.phone, change.now)


def _seek(change: AlarmChange, held: ShiftHandOver) -> None:
    # Until somebody has it: a search for a trouble may have gone before this one.
    again_at = change.now + change.plan.exhausted_repeat
    change.alarm = replace(change.alarm, hand_over=replace(held, at=again_at, searching=True))
    if not change.alarm.seeks:
        change.restart_dispatch(DispatchPurpose.CALL_OUT)


def _ask_lead(change: AlarmChange) -> None:
    """Ask the lead at once: a case that has no patrol on duty."""
    leads = change.roster.responders(Who.LEAD, change.alarm.area_id, change.now)
    took = {taker.phone for taker in change.alarm.takers} | change.alarm.phones_in_need()
    asked = {n.phone for n in change.dispatch.notices if n.state is NoticeState.ASKED}
    for lead in leads[:1]:
        if lead.phone not in took | asked:
            step = Step(timedelta(0), Who.LEAD, wording=Wording.ESCALATION)
            change.adopt(dispatching.ask_carer(change.dispatch, change.context, lead, step))
