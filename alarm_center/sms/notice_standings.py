"""Standing of a phone's notices: how far each case has come, as seen from that phone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from alarm_center.core.alarm import AlarmState, NoticeState
from alarm_center.core.replies import NoticeRef, Standing
from alarm_center.store.musters import MusteredShift
from alarm_center.store.replies import AskedNotice
from schemas.vocabulary import Priority


def notice_standing(asked: AskedNotice) -> tuple[Standing, datetime | None]:
    """Return the standing of a notice's case for its phone, and the time since when the case is over for the phone."""
    closed = asked.alarm_state == AlarmState.CLOSED
    if asked.state == NoticeState.TOOK:
        if closed or asked.done_at is not None:
            return Standing.DONE, asked.closed_at or asked.done_at
        return (Standing.ON_SITE if asked.alarm_state == AlarmState.ON_SITE else Standing.TOOK), None
    if asked.sees_to and not closed:
        return Standing.SEES_TO, None
    if asked.seeks and not closed:
        # Stood down and sought again: not asked anew, so only a clear word takes it.
        waits = asked.state in (NoticeState.ASKED, NoticeState.EXPIRED)
        return (Standing.ASKED if waits else Standing.DECLINED), None
    ended = asked.told_at or asked.closed_at or asked.accepted_at or asked.asked_at
    return (Standing.STOOD_DOWN if asked.patrol is None else Standing.TAKEN), ended


def notice_refs(asked: Mapping[UUID, AskedNotice], musters: Sequence[MusteredShift] = ()) -> list[NoticeRef]:
    """Return a phone's notices as a reply is resolved by them, beside the *musters* that it was sent."""
    refs = []
    for notice in asked.values():
        where, since = notice_standing(notice)
        where_asked_at = notice.where_asked_at
        refs.append(
            NoticeRef(
                notice.notice_id,
                notice.case_no,
                Priority(notice.priority),
                where,
                notice.asked_at,
                since,
                where_asked_at is not None,
                notice.asks_staying,
                where_asked_at is not None and any(each.asked_at >= where_asked_at for each in musters),
                notice.nobody_home,
            )
        )
    return refs
