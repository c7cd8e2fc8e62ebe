"""Trouble of a case: when it gets louder, who has acknowledged it, and what is over.

A trouble stands beside the alarm's state and condition. From the moment it begins the board shows it with sound; the
ladder (`trouble_ladders`) says who is told by which text, and when the board turns red and the outside heartbeat fails. It climbs until a
person acknowledges it: an operator at the board, a lead who says "1=jag ordnar", a carer who goes there.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.alarm.alarm_parts import Trouble, TroubleWord
from alarm_center.core.alarm.state import Alarm, DispatchPurpose, Notice
from alarm_center.core.alarm.trouble_ladders import LADDERS
from alarm_center.core.plan import Plan
from schemas.vocabulary import Outcome, TroubleKind, Who

Troubles = tuple[Trouble, ...]

SAID_AGAIN: Final = timedelta(seconds=60)
"""A carer's word that comes again so soon is the network's; later it is a new cry, and an acknowledgement of before is void."""

LATE_AGAIN: Final = timedelta(minutes=15)
"""An operator has seen that a carer is late: not there by then either, it begins anew."""

_GRAVITY: Final = {kind: place for place, kind in enumerate(LADDERS)}


def begin(alarm: Alarm, kind: TroubleKind, notice: Notice | None, plan: Plan, now: datetime) -> Troubles:
    """Return the alarm's troubles with one of *kind*, as the carer of *notice* says, or the clock.

    One that was acknowledged begins anew, unless the same carer's word of a moment ago comes twice. One that nobody has
    acknowledged gets louder when it would have.
    """
    before = of_kind(alarm.troubles, kind)
    words = () if before is None else before.words
    theirs = frozenset() if notice is None else _notices_of(alarm, notice.phone)
    if any(word.notice_id in theirs and word.said_at > now - SAID_AGAIN for word in words):
        return alarm.troubles
    if notice is not None:
        words = (*(word for word in words if word.notice_id not in theirs), TroubleWord(notice.notice_id, now))
    notice_id = None if notice is None else notice.notice_id
    if before is None or before.acknowledged:
        told, search_at = ((), None) if before is None else (before.told, before.search_at)
        louder_at = now + _loud_after(kind, plan)
        return _put(alarm.troubles, Trouble(kind, now, louder_at, notice_id, told, words=words, search_at=search_at))
    if kind is not TroubleKind.HELP:
        notice_id = before.notice_id
    return _put(alarm.troubles, replace(before, notice_id=notice_id, words=words))


def ask_where(troubles: Troubles, plan: Plan, now: datetime) -> Troubles:
    """Return *troubles* once the carer who finds nobody home has been asked where the person is.

    From then on the time runs until 112 is rung: it is none for a person who may go out at night. Said again it goes on.
    """
    nobody = of_kind(troubles, TroubleKind.NOBODY_HOME)
    if nobody is None:
        return troubles
    search_at = nobody.search_at or (now if plan.may_go_out else now + plan.nobody_home_within)
    louder_at = nobody.louder_at if nobody.acknowledged else min(nobody.louder_at, max(search_at, now))
    return _put(troubles, replace(nobody, search_at=search_at, louder_at=louder_at, where_asked=True))


def where_unknown(troubles: Troubles) -> Troubles:
    """Return *troubles* once the carer has said that they do not know where the person is."""
    nobody = of_kind(troubles, TroubleKind.NOBODY_HOME)
    return troubles if nobody is None else _put(troubles, replace(nobody, where_asked=False))


ENDS_NOBODY_HOME: Final = frozenset(
    {
        Outcome.HELPED_UP,
        Outcome.WELL_IN_BED,
        Outcome.WELL_ELSEWHERE,
        Outcome.MOVED_TO_HOSPITAL,
        Outcome.NOT_AT_HOME_KNOWN,
        Outcome.DIED,
    }
)
"""The outcomes that say of a person who was not at home that they are found, or where they are."""


def keeps_open(troubles: Troubles, outcome: Outcome, *, note: bool) -> bool:
    """Tell whether a home with nobody in it keeps the case open: no person is found, and nobody has written a reason."""
    nobody = of_kind(troubles, TroubleKind.NOBODY_HOME)
    return nobody is not None and outcome not in ENDS_NOBODY_HOME and not note


def is_news(before: Trouble | None, after: Trouble | None) -> bool:
    """Tell whether a trouble that was *before* has to be told anew: nobody sees to it any more, or one more carer cries for help."""
    if before is None or after is None or (before.acknowledged and not after.acknowledged):
        return True
    return after.kind is TroubleKind.HELP and len(after.words) > len(before.words)


def cry_of_others(alarm: Alarm, phone: str) -> Trouble | None:
    """Return the cry for help of carers other than the one with *phone*, who is out of it.

    ``None`` if no other cries, or if the one with *phone* came to help: they know how it ended.
    """
    cry = of_kind(alarm.troubles, TroubleKind.HELP)
    theirs = _notices_of(alarm, phone)
    if cry is None or cry.acknowledged_by in {str(notice_id) for notice_id in theirs}:
        return None
    words = tuple(word for word in cry.words if word.notice_id not in theirs)
    return replace(cry, words=words, notice_id=words[-1].notice_id) if words else None


def without_what_is_done(alarm: Alarm, phone: str) -> Troubles:
    """Return the alarm's troubles once the carer with *phone* is done: another's cry for help is not over with that, and who was
    not at home is not found."""
    cry, nobody = cry_of_others(alarm, phone), of_kind(alarm.troubles, TroubleKind.NOBODY_HOME)
    return tuple(trouble for trouble in (cry, nobody) if trouble is not None)


def end(troubles: Troubles, kinds: Iterable[TroubleKind]) -> Troubles:
    """Return *troubles* without those of *kinds*."""
    over = frozenset(kinds)
    return tuple(trouble for trouble in troubles if trouble.kind not in over)


def acknowledge(troubles: Troubles, kind: TroubleKind, by: str, now: datetime) -> Troubles:
    """Return *troubles* as they are once *by* has acknowledged the one of *kind*; the first to do so stays."""
    trouble = of_kind(troubles, kind)
    if trouble is None or trouble.acknowledged:
        return troubles
    lasts = LADDERS[kind].acknowledged_for
    until = trouble.louder_at if lasts is None else now + lasts
    if trouble.search_at is not None and trouble.search_at > now:
        until = min(until, trouble.search_at)
    return _put(troubles, replace(trouble, acknowledged_at=now, acknowledged_by=by, louder_at=until, loud=False))


def renew(troubles: Troubles, now: datetime) -> Troubles:
    """Return *troubles* once a carer has said a word from the address: what somebody sees to comes back no sooner than if seen to now.

    *Nobody home* is not renewed: the person is not found by that.
    """
    for trouble in troubles:
        lasts = LADDERS[trouble.kind].acknowledged_for
        if trouble.acknowledged and lasts is not None and trouble.kind is not TroubleKind.NOBODY_HOME:
            troubles = _put(troubles, replace(trouble, louder_at=now + lasts))
    return troubles


def reopen(troubles: Troubles, by: str, plan: Plan, now: datetime) -> Troubles:
    """Return *troubles* without the acknowledgements of *by*, who cannot after all."""
    for trouble in troubles:
        if trouble.acknowledged_by == by:
            troubles = _put(troubles, _unacknowledged(trouble, now + _loud_after(trouble.kind, plan)))
    return troubles


def reopened_by(alarm: Alarm, phone: str, plan: Plan, now: datetime) -> Troubles:
    """Return the alarm's troubles without the acknowledgements of whoever has *phone*, by whichever notice they said it."""
    left = alarm.troubles
    for notice_id in _notices_of(alarm, phone):
        left = reopen(left, str(notice_id), plan, now)
    return left


def is_seen_to_from(alarm: Alarm, phone: str) -> bool:
    """Tell whether whoever has *phone* has acknowledged a trouble, by whichever notice."""
    return any(alarm.is_seen_to_by(notice_id) for notice_id in _notices_of(alarm, phone))


def without_carer(alarm: Alarm, notice: Notice, plan: Plan, now: datetime) -> Troubles:
    """Return the alarm's troubles once the carer of *notice* has given the case back: those on the way and at the door are over.

    A cry for help is not, nor what another carer has said too, and what they saw to nobody sees to.
    """
    theirs = _notices_of(alarm, notice.phone)
    left = reopened_by(alarm, notice.phone, plan, now)
    for each in alarm.troubles:
        if each.notice_id not in theirs or each.kind is TroubleKind.HELP:
            continue
        words = tuple(word for word in each.words if word.notice_id not in theirs)
        kept = of_kind(left, each.kind)
        assert kept is not None, "it was reopened, not ended"
        others = replace(kept, words=words, notice_id=words[-1].notice_id) if words else None
        left = _put(left, others) if others is not None else end(left, (each.kind,))
    return left


def louder(troubles: Troubles, kind: TroubleKind, now: datetime, repeat: timedelta) -> Troubles:
    """Return *troubles* once the one of *kind* has got louder: it is so again after *repeat*."""
    trouble = of_kind(troubles, kind)
    if trouble is None:
        return troubles
    return _put(troubles, replace(_unacknowledged(trouble, now + repeat), loud=True))


def record_told(troubles: Troubles, kind: TroubleKind, notice_id: UUID) -> Troubles:
    """Return *troubles*, with *notice_id* among those that were asked because of the one of *kind*."""
    trouble = of_kind(troubles, kind)
    return troubles if trouble is None else _put(troubles, replace(trouble, told=(*trouble.told, notice_id)))


def next_louder_at(troubles: Troubles) -> datetime | None:
    """Return when the first of them gets louder, ``None`` while a person has acknowledged each for good."""
    return min((t.louder_at for t in troubles if _climbs(t)), default=None)


def due(troubles: Troubles, now: datetime) -> tuple[TroubleKind, ...]:
    """Return the kinds that get louder at *now*, the gravest first."""
    return tuple(sorted((t.kind for t in troubles if _climbs(t) and t.louder_at <= now), key=_GRAVITY.__getitem__))


def of_kind(troubles: Troubles, kind: TroubleKind) -> Trouble | None:
    """Return the trouble of *kind*."""
    return next((trouble for trouble in troubles if trouble.kind is kind), None)


def gravest(troubles: Iterable[Trouble]) -> Trouble | None:
    """Return the gravest of *troubles*."""
    return min(troubles, key=lambda trouble: _GRAVITY[trouble.kind], default=None)


def sought_for(alarm: Alarm, purpose: DispatchPurpose) -> Trouble | None:
    """Return the trouble that a search for *purpose* is made for: one that nobody has acknowledged goes before."""
    mine = [trouble for trouble in alarm.troubles if LADDERS[trouble.kind].purpose is purpose]
    return gravest(t for t in mine if not t.acknowledged) or gravest(mine)


def is_seen_to(alarm: Alarm, purpose: DispatchPurpose) -> bool:
    """Tell whether a person has acknowledged every trouble that a search for *purpose* is made for."""
    trouble = sought_for(alarm, purpose)
    return trouble is not None and trouble.acknowledged


def asked_of(alarm: Alarm, notice: Notice) -> Trouble | None:
    """Return the trouble that *notice* asked a lead to see to, ``None`` if it asked for something else."""
    if notice.who not in (Who.LEAD, Who.FIXED):
        return None
    asked = (t for t in alarm.troubles if notice.notice_id in t.told and LADDERS[t.kind].lead_sees_to_it)
    return gravest(asked)


def told_of(alarm: Alarm, notice: Notice) -> Troubles:
    """Return the unacknowledged troubles that *notice* was asked because of; *not taken* is the alarm's own question."""
    return tuple(t for t in alarm.unacknowledged if notice.notice_id in t.told and LADDERS[t.kind].steps)


def because_of(alarm: Alarm, notice: Notice) -> TroubleKind | None:
    """Return the kind of the trouble that *notice* was asked because of; ``None`` if it was asked for the alarm itself."""
    told = gravest(t for t in alarm.troubles if notice.notice_id in t.told and LADDERS[t.kind].steps)
    return None if told is None else told.kind


def carer_of(alarm: Alarm, trouble: Trouble) -> Notice | None:
    """Return the notice of the carer in trouble."""
    notices = () if alarm.dispatch is None else alarm.dispatch.notices
    return next((notice for notice in notices if notice.notice_id == trouble.notice_id), None)


def _notices_of(alarm: Alarm, phone: str) -> frozenset[UUID]:
    notices = () if alarm.dispatch is None else alarm.dispatch.notices
    return frozenset(notice.notice_id for notice in notices if notice.phone == phone)


def _loud_after(kind: TroubleKind, plan: Plan) -> timedelta:
    """Return the time from the beginning of a trouble to its loud step: the town's, where its carer is told that somebody rings."""
    ladder = LADDERS[kind]
    return min(ladder.loud_after, plan.ring_back_within) if ladder.rings_back else ladder.loud_after


def _climbs(trouble: Trouble) -> bool:
    return not trouble.acknowledged or LADDERS[trouble.kind].acknowledged_for is not None


def _unacknowledged(trouble: Trouble, louder_at: datetime) -> Trouble:
    return replace(trouble, louder_at=louder_at, acknowledged_at=None, acknowledged_by=None)


def _put(troubles: Troubles, trouble: Trouble) -> Troubles:
    """Return *troubles* with *trouble* in the place of the one of its kind, or last."""
    if of_kind(troubles, trouble.kind) is None:
        return (*troubles, trouble)
    return tuple(trouble if each.kind is trouble.kind else each for each in troubles)
