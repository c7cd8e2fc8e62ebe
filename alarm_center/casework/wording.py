"""From what a decision wants said to the words that go out: the town's language, host, zone and numbers laid in."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from alarm_center.core import carer_actions
from alarm_center.core import dispatch as dispatch_core
from alarm_center.core.carer_actions import CANNOT, QUESTIONS, TAKE
from alarm_center.core.case import Alarm, Notice
from alarm_center.core.plan import Wording
from alarm_center.core.sms_text import Facts, Language, Texts, UnfitText
from alarm_center.store import alarms, messages, towns
from alarm_center.store.memory import Tx
from schemas.vocabulary import Channel, Priority

log = structlog.get_logger()

_VALID: Final = timedelta(minutes=15)
"""How long an SMS that nothing waits for is worth delivering."""
_VALID_AT_LEAST: Final = timedelta(seconds=60)

FIRST, CALL_OUT, ANSWER, REMINDER = 1, 2, 3, 5
"""Ranks in the outbox: the first SMS of an alarm goes before all else, reminders last."""

_SPOKEN: Final = {Wording.ON_SITE_CHECK: Wording.VOICE_ON_SITE_CHECK}


def texts(town: towns.Town) -> Texts:
    """Return the town's texts."""
    return Texts(
        language=Language(town.language),
        zone=town.zone,
        host=town.link_host,
        number=_number_of(town),
    )


def _number_of(town: towns.Town) -> str:
    return town.data_number or town.fixed_number or town.sending_number


_OWED_AGAIN: Final = {
    Language.SV: "Besöket behövs inte: tillsynen görs som vanligt igen.",
    Language.EN: "The visit is not needed: the check is made as usual again.",
}


def owed_again(town: towns.Town) -> str:
    """Return the note with which a visit is called off."""
    return _OWED_AGAIN[Language(town.language)]


async def ask(
    tx: "Tx[Any]", town: towns.Town, alarm: Alarm, notice: Notice, at: datetime, *, first: bool = False
) -> None:
    """Queue the SMS or call that asks a carer; its link token is the notice's own."""
    token = await alarms.token_of(tx, notice.notice_id)
    text = _SPOKEN.get(notice.wording, Wording.VOICE_CALL_OUT) if notice.channel is Channel.CALL else notice.wording
    facts = await _facts(tx, alarm, notice, token, text)
    if text is Wording.ALSO_SEEKS and facts.other_no is None:
        # Its patrol is out, and this phone has taken nothing: to it, it is a call-out like any other.
        text = Wording.CALL_OUT
    reminder = notice.wording is Wording.REMINDER
    rank = FIRST if first and alarm.priority is not Priority.THIRD else REMINDER if reminder else CALL_OUT
    await messages.add(tx, _draft(town, alarm, notice, text, facts, token, _until(alarm, at), at, rank))


async def tell(tx: "Tx[Any]", town: towns.Town, alarm: Alarm, words: Wording, notice: Notice, at: datetime) -> None:
    """Queue an SMS that asks for nothing new, to the phone of *notice*."""
    token = await alarms.token_of(tx, notice.notice_id)
    facts = await _facts(tx, alarm, notice, token, words)
    await messages.add(tx, _draft(town, alarm, notice, words, facts, token, at + _VALID, at, ANSWER, sms=True))


async def say(tx: "Tx[Any]", town: towns.Town, phone: str, text: Wording, facts: Facts, at: datetime) -> None:
    """Queue an SMS that belongs to no notice: the answer to a reply that fits no case, or a muster.

    A text that a setting has spoiled is logged and left out: nobody waits for it, and others come after it.
    """
    try:
        body = texts(town).say(text, facts)
    except UnfitText as error:
        log.error("text_unfit", org=town.org, text=text, why=str(error))
        return
    await messages.add(
        tx,
        messages.Draft(
            org=town.org, channel=Channel.SMS, wording=text, sender=town.sending_number, phone=phone,
            body=body, token=secrets.token_urlsafe(6), created_at=at, valid_until=at + _VALID, rank=ANSWER,
        ),
    )  # fmt: skip


async def say_bare(tx: "Tx[Any]", town: towns.Town, phone: str, text: Wording, facts: Facts, at: datetime) -> None:
    """Queue an SMS before all others, of a case that cannot be stepped: what is wrong may be the town's own texts."""
    try:
        body = texts(town).say(text, facts)
    except UnfitText as error:
        log.error("text_unfit", org=town.org, text=text, why=str(error))
        body = f"Larm {facts.case_no or '?'} omr {facts.area}: systemfel"
    await messages.add(
        tx,
        messages.Draft(
            org=town.org, channel=Channel.SMS, wording=text, sender=town.sending_number, phone=phone, body=body,
            token=secrets.token_urlsafe(6), created_at=at, valid_until=at + _VALID, rank=FIRST,
        ),
    )  # fmt: skip


def _draft(
    town: towns.Town, alarm: Alarm, notice: Notice, text: Wording, facts: Facts, token: str, until: datetime, at: datetime,
    rank: int, *, sms: bool = False,
) -> messages.Draft:  # fmt: skip
    return messages.Draft(
        org=town.org, channel=Channel.SMS if sms else notice.channel, wording=text, sender=town.sending_number,
        phone=notice.phone, body=_said(town, alarm, text, facts), token=token, created_at=at, valid_until=until, rank=rank,
        alarm_id=alarm.alarm_id, notice_id=notice.notice_id,
    )  # fmt: skip


def _said(town: towns.Town, alarm: Alarm, text: Wording, facts: Facts) -> str:
    """Return *text*, or the bare case number: a setting that spoils a text must not keep an alarm from going out."""
    try:
        return texts(town).say(text, facts)
    except UnfitText as error:
        log.error("text_unfit", org=town.org, text=text, why=str(error))
        return bare(Language(town.language), alarm.case_no, alarm.priority, text, _number_of(town))


_BARE: Final = {Language.SV: ("Larm", "ring"), Language.EN: ("Alarm", "call")}


def bare(language: Language, case_no: int, priority: Priority, text: Wording, number: str) -> str:
    """Return what is left of *text* when it cannot be made: the case's number, whom to call, and the digits it offers."""
    alarm, call = _BARE[language]
    digits = [row.digit for row in carer_actions.TABLE if row.digit and text in row.offered_in]
    if text is Wording.ALSO_SEEKS:
        # A bare digit would be of the case that the phone has.
        digits = [f"{TAKE.digit} {case_no}", f"{CANNOT.digit} {case_no}"]
    asks = text in QUESTIONS or text is Wording.ALSO_SEEKS
    parts = [f"{alarm} {case_no} PRIO {int(priority)}" if asks else f"{alarm} {case_no}: {call} {number}"]
    return ": ".join([*parts, " / ".join(digits)] if digits else parts)


def _until(alarm: Alarm, at: datetime) -> datetime:
    """A question is worth delivering until the next step is taken."""
    due = dispatch_core.due_at(alarm.dispatch)
    return at + max(_VALID_AT_LEAST, due - at if due is not None else _VALID)


async def _facts(tx: "Tx[Any]", alarm: Alarm, notice: Notice, token: str, text: Wording) -> Facts:
    code, _ = await towns.area(tx, alarm.area_id)
    case_no, other_no, priority = alarm.case_no, None, alarm.priority
    if text is Wording.ALSO_SEEKS:
        # "You took {case}. {other} seeks another patrol": this alarm is the other one, in this text and in no later one.
        taken = await alarms.taken_by(tx, notice.phone, alarm.alarm_id)
        if taken is not None:
            case_no, priority, other_no = taken[0], Priority(taken[1]), alarm.case_no
    took = next((n.patrol for n in alarm.takers), None)
    on_site = alarm.acceptance is not None and alarm.acceptance.on_site_at is not None
    return Facts(
        case_no=case_no,
        other_no=other_no,
        priority=priority,
        area=code,
        by=alarm.limits.arrive_by,
        token=token,
        patrol=took,
        minutes=30 if on_site else None,
    )
