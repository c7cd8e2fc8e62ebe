"""SMS and calls put into the outbox: text in the town's language, sender and validity; a bare text where that fails.

A page writes no text: it leaves the wording and its facts, and the outbox has them worded here (`word_messages`). The
texts themselves stand in `core.messages.sms_words`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from alarm_center.core.alarm import Alarm, Notice, Notify, Tell, TellLead
from alarm_center.core.alarm import dispatch as dispatch_core
from alarm_center.core.alarm import trouble as trouble_core
from alarm_center.core.alarm.trouble_ladders import LADDERS
from alarm_center.core.messages import Language, TextFacts, Texts, UnfitText, marked_as_exercise, neutral_patrol
from alarm_center.core.plan import Wording
from alarm_center.core.replies import carer_actions
from alarm_center.core.replies.carer_actions import CANNOT, QUESTIONS, TAKE
from alarm_center.store import alarms, messages, towns
from alarm_center.store.memory import Memory, Tx, is_page
from alarm_center.words import page_words
from alarm_center.words.catalogues import SPEECHES
from schemas.vocabulary import Channel, Priority, TroubleKind, Who

log = structlog.get_logger()

_VALID: Final = timedelta(minutes=15)
"""An SMS that nothing waits for is worth delivering for so long."""
_VALID_AT_LEAST: Final = timedelta(seconds=60)

FIRST, CALL_OUT, ANSWER, REMINDER = 1, 2, 3, 5
"""Ranks in the outbox: the first SMS of an alarm goes before all else, reminders last."""


def town_texts(town: towns.Town, *, several_towns: bool = False) -> Texts:
    """Return the town's texts; to a phone that works for *several_towns* each names the town beside the area.

    Raises:
        UnfitText: a setting of the town spoils every text; who queues an SMS must send something all the same.
    """
    return Texts(
        language=Language(town.language),
        zone=town.zone,
        host=town.link_host,
        number=_number_of(town),
        town=town.name if several_towns else None,
        training=town.training,
    )


def _number_of(town: towns.Town) -> str:
    return town.data_number or town.fixed_number or town.sending_number


def owed_again_note(town: towns.Town) -> str:
    """Return the note with which a visit is called off."""
    return SPEECHES[town.language](page_words.VISIT_NOT_NEEDED)


def not_needed_note(town: towns.Town) -> str:
    """Return the note with which a visit is called off for good."""
    return SPEECHES[town.language](page_words.VISIT_NOT_NEEDED_AT_ALL)


@dataclass(frozen=True, slots=True)
class PlainSms:
    """An SMS to *phone* that belongs to no notice; in words that are read out, a call."""

    phone: str
    text: Wording
    facts: TextFacts
    incident_id: UUID | None = None
    """The incident that it tells of, and that an answer to it is about."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The town that sends, with what is known already of its areas' codes and of its notices' links; what is missing is asked for."""

    town: towns.Town
    area_codes: Mapping[UUID, str] = field(default_factory=dict)
    links: Mapping[UUID, alarms.NoticeLink] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _NoticeText:
    """A text with the facts of its notice's alarm."""

    text: Wording
    facts: TextFacts
    several_towns: bool = False
    """The phone works for more than one town, and reads which one an area is in."""


async def queue_question(tx: Tx, sender: Sender, alarm: Alarm, asked: Notify, at: datetime) -> None:
    """Queue the SMS or call that asks a carer."""
    notice = asked.notice
    said = await _notice_text(tx, sender, alarm, notice, asked.text, at)
    if said.text is Wording.ALSO_SEEKS and said.facts.other_no is None:
        # Its patrol is out, and this phone has taken nothing: to it, it is a call-out like any other.
        said = replace(said, text=Wording.CALL_OUT)
    reminder = notice.wording is Wording.REMINDER
    urgent = asked.first and alarm.priority is not Priority.THIRD
    rank = FIRST if urgent else REMINDER if reminder else CALL_OUT
    question = replace(
        _draft_sms(sender.town, alarm, notice, said, at),
        channel=notice.channel,
        valid_until=_question_valid_until(alarm, at),
        rank=rank,
    )
    await _queue_of_notice(tx, sender, alarm, said, question)


async def queue_notice_sms(tx: Tx, sender: Sender, alarm: Alarm, told: Tell, at: datetime) -> None:
    """Queue an SMS that asks for nothing new, to the phone of a notice."""
    said = await _notice_text(tx, sender, alarm, told.notice, told.wording, at)
    said = replace(said, facts=replace(said.facts, digit=told.digit))
    await _queue_of_notice(tx, sender, alarm, said, _draft_sms(sender.town, alarm, told.notice, said, at))


async def queue_lead_sms(tx: Tx, sender: Sender, alarm: Alarm, told: TellLead, at: datetime) -> None:
    """Queue an SMS about a carer to a lead; one who is the carer themselves knows."""
    if told.phone == told.carer.phone:
        return
    code = sender.area_codes.get(alarm.area_id) or (await towns.area(tx, alarm.area_id)).code
    until = None if alarm.acceptance is None else alarm.acceptance.late_until
    facts = TextFacts(case_no=alarm.case_no, area=code, patrol=told.carer.patrol, minutes=told.minutes, by=until)
    await queue_sms(tx, sender.town, PlainSms(told.phone, told.wording, facts), at)


async def _queue_of_notice(
    tx: Tx, sender: Sender, alarm: Alarm, said: _NoticeText, draft: messages.MessageDraft
) -> None:
    """Queue a message to the phone of a notice: with its text, or of a page with the facts for it."""
    if is_page(tx):
        facts = replace(said.facts, patrol=neutral_patrol(said.facts.patrol))
        await messages.queue_unworded(tx, draft, facts)
        return
    assert draft.notice_id is not None, "its draft is of a notice"
    link = sender.links.get(draft.notice_id) or await alarms.link_of(tx, draft.notice_id)
    said = _NoticeText(said.text, replace(said.facts, token=link.token), several_towns=link.several_towns)
    await messages.queue(tx, draft, _text_body(sender.town, said, alarm.case_no, alarm.priority))


async def word_messages(memory: Memory) -> None:
    """Make the text of each message that a page has queued, so that it can be sent. Two replicas make the same text."""
    waiting = await memory.run_statement(messages.unworded)
    if not waiting:
        return
    known = {
        (town.org, training): replace(town, training=training)
        for town in await memory.run_statement(towns.towns)
        for training in (False, True)
    }
    bodies = {
        each.message_id: _text_body(
            known[each.org, each.training],
            _NoticeText(each.wording, each.facts, several_towns=each.several_towns),
            each.case_no,
            each.priority,
        )
        for each in waiting
    }
    await memory.run_statement(lambda tx: messages.set_bodies(tx, bodies))


async def queue_sms(tx: Tx, town: towns.Town, sms: PlainSms, at: datetime) -> None:
    """Queue an SMS that belongs to no notice: the answer to a reply that fits no case, or a muster.

    A text that a setting has spoiled is logged and left out: nobody waits for it, and others come after it.
    """
    try:
        body = (await _texts_to(tx, town, sms)).say(sms.text, sms.facts)
    except UnfitText as error:
        log.error("text_refused", org=town.org, wording=sms.text, flaw=error.flaw)
        return
    await messages.queue(tx, _draft_plain(town, sms, at), body)


async def queue_bare_sms(tx: Tx, town: towns.Town, sms: PlainSms, at: datetime) -> None:
    """Queue an SMS before all others, of a case that cannot be stepped: the fault may be in the town's own texts."""
    try:
        body = (await _texts_to(tx, town, sms)).say(sms.text, sms.facts)
    except UnfitText as error:
        log.error("text_refused", org=town.org, wording=sms.text, flaw=error.flaw)
        body = f"Larm {sms.facts.case_no or '?'} omr {sms.facts.area}: systemfel"
    await messages.queue(tx, replace(_draft_plain(town, sms, at), rank=FIRST), body)


async def _texts_to(tx: Tx, town: towns.Town, sms: PlainSms) -> Texts:
    names_area = sms.facts.area is not None
    return town_texts(town, several_towns=names_area and await towns.serves_several(tx, sms.phone))


def _draft_plain(town: towns.Town, sms: PlainSms, at: datetime) -> messages.MessageDraft:
    channel = Channel.CALL if sms.text in carer_actions.VOICE else Channel.SMS
    return messages.MessageDraft(
        org=town.org, channel=channel, wording=sms.text, sender=town.sending_number, phone=sms.phone, created_at=at,
        valid_until=at + _VALID, rank=ANSWER, incident_id=sms.incident_id,
    )  # fmt: skip


def _draft_sms(
    town: towns.Town, alarm: Alarm, notice: Notice, said: _NoticeText, at: datetime
) -> messages.MessageDraft:
    return messages.MessageDraft(
        org=town.org, channel=Channel.SMS, wording=said.text, sender=town.sending_number, phone=notice.phone,
        created_at=at, valid_until=at + _VALID, rank=ANSWER, alarm_id=alarm.alarm_id, notice_id=notice.notice_id,
    )  # fmt: skip


def _text_body(town: towns.Town, said: _NoticeText, case_no: int, priority: Priority) -> str:
    """Return the text, or the bare case number: a setting that spoils a text must not keep an alarm from going out."""
    try:
        return town_texts(town, several_towns=said.several_towns).say(said.text, said.facts)
    except UnfitText as error:
        log.error("text_refused", org=town.org, wording=said.text, flaw=error.flaw)
        language = Language(town.language)
        bare = bare_text(language, case_no, priority, said.text, _number_of(town))
        return marked_as_exercise(bare, language, said.text) if town.training else bare


_BARE: Final = {Language.SV: ("Larm", "ring"), Language.EN: ("Alarm", "call")}


def bare_text(language: Language, case_no: int, priority: Priority, text: Wording, number: str) -> str:
    """Return what is left of *text* when it cannot be made: the case's number, whom to call, and the digits it offers."""
    alarm, call = _BARE[language]
    digits = [row.digit for row in carer_actions.TABLE if row.digit and text in row.offered_in]
    if text is Wording.ALSO_SEEKS:
        # A bare digit would be of the case that the phone has.
        digits = [f"{TAKE.digit} {case_no}", f"{CANNOT.digit} {case_no}"]
    asks = text in QUESTIONS or text is Wording.ALSO_SEEKS
    parts = [f"{alarm} {case_no} PRIO {int(priority)}" if asks else f"{alarm} {case_no}: {call} {number}"]
    return ": ".join([*parts, " / ".join(digits)] if digits else parts)


def _question_valid_until(alarm: Alarm, at: datetime) -> datetime:
    """Return the time until which a question is worth delivering: the next step of its dispatch."""
    due = dispatch_core.next_step_at(alarm.dispatch)
    return at + max(_VALID_AT_LEAST, due - at if due is not None else _VALID)


async def _notice_text(
    tx: Tx, sender: Sender, alarm: Alarm, notice: Notice, text: Wording, at: datetime
) -> _NoticeText:
    code = sender.area_codes.get(alarm.area_id) or (await towns.area(tx, alarm.area_id)).code
    case_no, other_no, priority = alarm.case_no, None, alarm.priority
    if text is Wording.ALSO_SEEKS:
        # "You took {case}. {other} seeks another patrol": this alarm is the other one, in this text and in no later one.
        taken = await alarms.last_taken_by(tx, notice.phone, alarm.alarm_id)
        if taken is not None:
            case_no, priority, other_no = taken[0], Priority(taken[1]), alarm.case_no
    took = next((n.patrol for n in alarm.takers), None)
    arrive_by = alarm.limits.arrive_by
    facts = TextFacts(
        case_no=case_no,
        other_no=other_no,
        priority=priority,
        area=code,
        # A time that has passed helps nobody.
        by=arrive_by if alarm.is_calm or arrive_by is None or arrive_by > at else None,
        patrol=took,
        ends_at=None if alarm.hand_over is None else alarm.hand_over.ends_at,
        minutes=_minutes(alarm.acceptance.on_site_at if alarm.acceptance else None, at),
    )
    if text in (Wording.LATE_NOTED, Wording.LATE_AGAIN) and alarm.acceptance is not None:
        facts = replace(facts, by=alarm.acceptance.late_until)
    if text is Wording.WHERE_UNKNOWN:
        nobody = trouble_core.of_kind(alarm.troubles, TroubleKind.NOBODY_HOME)
        search_at = None if nobody is None else nobody.search_at
        facts = replace(facts, by=search_at if search_at is not None and search_at > at else None)
    return _NoticeText(text, _facts_of_trouble(facts, alarm, notice, text, at))


def _facts_of_trouble(facts: TextFacts, alarm: Alarm, notice: Notice, text: Wording, at: datetime) -> TextFacts:
    """Return *facts* with the carer in trouble, where *text* is about one."""
    if text is Wording.YOU_SEE_TO_IT:
        about = trouble_core.gravest(t for t in alarm.troubles if t.acknowledged_by == str(notice.notice_id))
    else:
        about = next((t for t in alarm.troubles if text in LADDERS[t.kind].texts), None)
    carer = None if about is None else trouble_core.carer_of(alarm, about)
    if about is None or carer is None:
        return facts
    silent = about.kind is TroubleKind.SILENT and alarm.acceptance is not None
    return replace(
        facts,
        patrol=carer.patrol,
        phone=carer.phone,
        minutes=_minutes(alarm.acceptance.on_site_word_at, at) if silent and alarm.acceptance else facts.minutes,
        sees_to=notice.who in (Who.LEAD, Who.FIXED) or None,
        numbered=notice.wording is Wording.ALSO_SEEKS or None,
    )


def _minutes(since: datetime | None, at: datetime) -> int | None:
    # The service's clock may have been set back since.
    return None if since is None else max(0, int((at - since) / timedelta(minutes=1)))
