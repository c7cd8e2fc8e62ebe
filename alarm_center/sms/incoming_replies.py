"""Replies of carers by SMS: each is kept, understood and acted on once, in one transaction.

A reply that cannot be acted on reaches a person instead. None is lost: those that never reached us are fetched from the
provider (`missed_replies.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from alarm_center import metrics
from alarm_center.casework import cases, wording
from alarm_center.casework.wording import PlainSms
from alarm_center.core.alarm import Alarm
from alarm_center.core.alarm.alarm_events import RunsLate
from alarm_center.core.decision import Colleague
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.core.replies import (
    CarerCommand,
    EarlierReply,
    Empty,
    NoticeRef,
    Reply,
    ReplyText,
    Resolution,
    carer_actions,
    parse_reply,
    resolve,
)
from alarm_center.core.replies.carer_actions import CANNOT, HELP, NO_CAMERA, TAKE
from alarm_center.core.replies.personal_codes import split_codes
from alarm_center.core.replies.reply_parts import OPEN, TAKEN
from alarm_center.core.replies.resolve_reply import REPEATED_WITHIN, where_action
from alarm_center.sms import incident_replies, muster_replies, sms_stops, trouble_replies
from alarm_center.sms.consent_replies import end_consent
from alarm_center.sms.incident_replies import IncidentReply
from alarm_center.sms.notice_standings import notice_refs, notice_standing
from alarm_center.sms.word_order import SKEW, NewerWords, newer_words
from alarm_center.store import carers, events, replies, towns
from alarm_center.store.memory import Memory, Tx, is_retryable, now
from alarm_center.store.musters import MusteredShift, musters_of
from alarm_center.store.replies import AskedNotice, ReplyMeaning
from alarm_center.store.shifts import shift_on_duty
from schemas import timeline
from schemas.vocabulary import Heed, Priority

log = structlog.get_logger()

LATE: Final = timedelta(minutes=5)
"""A word that was written so long ago is marked late, and heard with sound: whoever wrote it has waited since."""
LONGEST: Final = 4_000
"""Characters of a reply that are kept."""
_FEW: Final = 3
_MANY: Final = 20
"""Answers that lead nowhere, at most, to one phone in an hour: to words, and to digits. Two machines may be talking."""
_HOUR: Final = timedelta(hours=1)
_NOWHERE: Final = (
    Wording.NOT_UNDERSTOOD,
    Wording.READ_BY_OPERATOR,
    Wording.NO_CASE,
    Wording.MUSTER,
    Wording.UNKNOWN_CASE,
    Wording.WHICH_CASE,
    Wording.WHICH_ANSWER,
    Wording.WHERE_AGAIN,
    Wording.NOT_YOURS,
)

_THE_DATABASES: Final = ("08", "40", "53", "55", "57")
"""Classes of errors that another try, or the sender's, can get past."""


@dataclass(frozen=True, slots=True)
class ReceivedReply:
    """One SMS from *phone* to *number*, one of our sending numbers. ``text`` is what PostgreSQL can keep of it."""

    provider: str
    provider_id: str
    phone: str
    number: str
    text: str
    age: timedelta = timedelta(0)
    """Time since it was written, as the provider says."""

    @classmethod
    def of_body(
        cls, provider: str, provider_id: str, phone: str, number: str, body: str, age: timedelta = timedelta(0)
    ) -> "ReceivedReply":
        """Return the reply with *body*, whatever its characters and its length."""
        return cls(provider, provider_id, phone, number, _storable(body), age)

    @property
    def late_minutes(self) -> int | None:
        """Minutes since it was written, where that is so long ago that whoever reads it has to know."""
        return int(self.age / timedelta(minutes=1)) if self.age >= LATE else None

    def written_at(self, at: datetime) -> datetime | None:
        """Return when it was written, of one that is received at *at*; ``None``: it came at once."""
        return at - self.age if self.age > SKEW else None


async def receive_reply(memory: Memory, reply: ReceivedReply) -> str:
    """Record and act on a reply; return its meaning, ``again`` for one that was received before.

    The meaning is a carer action's name, ``empty``, ``free_text`` or ``unknown_number``.
    """

    async def work(tx: Tx) -> str:
        # What was written to a town's second number is as if written to its own.
        number = await towns.main_number(tx, reply.phone, reply.number)
        at = await now(tx)
        if not await replies.add_once(
            tx, reply.provider, reply.provider_id, reply.phone, number, reply.text, at, reply.written_at(at)
        ):
            return "again"
        return await _IncomingReply(tx, replace(reply, number=number)).process()

    meaning = await memory.attempt(work)
    metrics.REPLIES.labels(meaning).inc()
    memory.hint()
    return meaning


@dataclass(frozen=True, slots=True)
class _PhoneContext:
    """The towns of a phone, and the notices and shifts that it was asked about, as they stand at *at*."""

    orgs: Sequence[str]
    asked: Mapping[UUID, AskedNotice]
    musters: Sequence[MusteredShift]
    at: datetime
    newer: NewerWords
    """Matters that the phone has spoken of since the reply was written."""
    asked_by: datetime
    """The reply answers nothing that was sent later."""

    @property
    def unanswered(self) -> list[MusteredShift]:
        """Shifts whose phone has not said that its carer has it."""
        return [muster for muster in self.musters if not muster.holds]

    def notice(self, ref: NoticeRef | None) -> AskedNotice | None:
        """Return the notice that *ref* refers to."""
        return self.asked[ref.notice_id] if ref is not None else None


@dataclass(frozen=True, slots=True)
class _IncomingReply:
    """A reply that has just been recorded, in the transaction that acts on it."""

    tx: Tx
    reply: ReceivedReply

    async def process(self) -> str:
        orgs = await replies.towns_of(self.tx, self.reply.phone, self.reply.number)
        if not orgs:
            return await self._forget_stranger()
        said = parse_reply(self.reply.text)
        try:
            async with self.tx.transaction():
                await self._act_on(said, await self._read_context(orgs))
        except (OSError, asyncpg.InterfaceError):
            raise
        except Exception as error:
            if is_retryable(error) or (getattr(error, "sqlstate", None) or "").startswith(_THE_DATABASES):
                raise
            log.exception("reply_failed", reply=self.reply.provider_id)
            await self._hand_to_person(said, await self._read_context(orgs))
        return _meaning(said)

    async def _forget_stranger(self) -> str:
        """Answer nothing to a number that is no carer's, and keep no words of it."""
        meaning = "unknown_number"
        await replies.set_meaning(
            self.tx,
            self.reply.provider,
            self.reply.provider_id,
            ReplyMeaning(meaning, seen_at=await now(self.tx), forget=True),
        )
        log.info("unknown_number_ignored")
        return meaning

    async def _read_context(self, orgs: Sequence[str]) -> _PhoneContext:
        at = await now(self.tx)
        # A late word answers nothing that was asked after it had been written; a cry for help is never too old.
        phone, number, written_at = self.reply.phone, self.reply.number, self.reply.written_at(at)
        asked_by = at if written_at is None else written_at + SKEW
        newer = await newer_words(self.tx, phone, number, written_at)
        asked = await replies.notices_to(self.tx, phone, number)
        musters = [] if newer.muster else await musters_of(self.tx, phone, number)
        if written_at is not None:
            asked = [notice for notice in asked if notice.asked_at <= asked_by]
            musters = [muster for muster in musters if muster.asked_at <= asked_by]
        return _PhoneContext(orgs, {a.notice_id: a for a in asked}, musters, at, newer, asked_by)

    async def _hand_to_person(self, said: Reply, context: _PhoneContext) -> None:
        """Have a person read a reply that could not be acted on, and tell the carer so."""
        about = resolve(Empty(), notice_refs(context.asked), context.at).notice
        await self._write_meaning(said, Resolution(None, about, heed=Heed.SOUND), context)
        help_wanted = isinstance(said, CarerCommand) and said.action is HELP
        text = Wording.HELP_COMING if help_wanted else Wording.NOT_UNDERSTOOD
        answer = ReplyText(text, about, TextFacts(case_no=about.case_no if about else None))
        await self._queue_answer(said, answer, context, context.musters)

    async def _act_on(self, said: Reply, context: _PhoneContext) -> None:
        unanswered = context.unanswered
        if await self._chooses_sms(said, context):
            return
        if await self._names_people(context):
            return
        if await self._answers_test(said, context) or await self._answers_incident(context):
            await self._write_meaning(
                said if isinstance(said, CarerCommand) else CarerCommand(TAKE), Resolution(), context
            )
            return
        before = await self._repeated_command(said)
        resolution = resolve(
            said, notice_refs(context.asked, unanswered), context.at, muster=bool(unanswered), before=before,
            answered_where=await self._answered_where(said),
        )  # fmt: skip
        if self.reply.late_minutes is not None:
            resolution = replace(resolution, heed=Heed.SOUND)
        about = context.notice(resolution.notice)
        if about is not None and about.alarm_id in context.newer.alarms and resolution.action not in (None, HELP):
            # The newer word stands: a person hears what the older one was.
            text = ReplyText(Wording.READ_BY_OPERATOR, resolution.notice)
            resolution = Resolution(None, resolution.notice, text, heed=Heed.SOUND)
        action = resolution.action
        opened: Alarm | None = None
        answer = resolution.answer
        if action is not None and about is not None:
            if action is NO_CAMERA and notice_standing(about)[0] in TAKEN:
                await end_consent(self.tx, about)
            alarm_id, notice_id, late = about.alarm_id, about.notice_id, None
            if action is TAKE:
                late = await trouble_replies.alarm_of_late(self.tx, alarm_id, notice_id)
            if late is not None:
                answer = ReplyText(Wording.SEEN_TO, resolution.notice, TextFacts(case_no=about.case_no))
            else:
                minutes = said.minutes if isinstance(said, CarerCommand) else None
                event = action.event(notice_id) if minutes is None else RunsLate(notice_id, minutes)
                alarm = await cases.lock_and_step_alarm(self.tx, alarm_id, event, str(notice_id))
                answer = resolution.beside if action is not TAKE or alarm.taken_by(self.reply.phone) else None
        elif action is HELP:
            opened = await self._open_alarm(context)
            if answer is not None:
                answer = replace(answer, facts=replace(answer.facts, case_no=opened.case_no))
        if resolution.holds_phone is not None and unanswered:
            await muster_replies.record_muster(self.tx, unanswered, resolution.holds_phone, context.at)
        await self._write_meaning(said, resolution, context, opened)
        if answer is not None:
            await self._queue_answer(said, answer, context, unanswered or context.musters)

    async def _chooses_sms(self, said: Reply, context: _PhoneContext) -> bool:
        """Tell whether the reply says STOP or START, and write it; a person hears of a STOP."""
        wanted = sms_stops.choice_of(self.reply.text)
        if wanted is None:
            return False
        for org in () if context.newer.sms else context.orgs:
            if wanted:
                await sms_stops.record_start(self.tx, org, self.reply.phone, context.at)
            else:
                await sms_stops.record_stop(self.tx, org, self.reply.phone, context.at, by_provider=False)
        about = resolve(Empty(), notice_refs(context.asked), context.at).notice
        await self._write_meaning(said, Resolution(None, about, heed=Heed.SHOW if wanted else Heed.SOUND), context)
        return True

    async def _names_people(self, context: _PhoneContext) -> bool:
        """Tell whether the reply says by personal codes who has the phone of a shift, and write it. An unknown code blocks nothing."""
        codes, rest = split_codes(self.reply.text, {asked.case_no for asked in context.asked.values()})
        said = parse_reply(rest)
        is_yes = isinstance(said, Empty) or (isinstance(said, CarerCommand) and said == CarerCommand(TAKE))
        if not codes or not context.musters or not is_yes:
            return False
        answer = ReplyText(await muster_replies.record_codes(self.tx, context.musters, codes, context.at))
        await self._write_meaning(CarerCommand(TAKE), Resolution(holds_phone=True), context)
        await self._queue_answer(CarerCommand(TAKE), answer, context, context.musters)
        return True

    async def _answers_test(self, said: Reply, context: _PhoneContext) -> bool:
        """Tell whether the reply is a yes to a test SMS, and write it. Whoever was asked about a case or a shift answers that."""
        is_yes = isinstance(said, CarerCommand) and said.action is TAKE
        if not is_yes or context.asked or context.unanswered:
            return False
        return await carers.answer_test(self.tx, self.reply.phone, self.reply.number, context.at, context.asked_by)

    async def _answers_incident(self, context: _PhoneContext) -> bool:
        """Tell whether the reply says that its lead sees to an incident, and write it."""
        alone = not context.unanswered and all(ref.standing not in OPEN for ref in notice_refs(context.asked))
        reply = IncidentReply(self.reply.phone, self.reply.number, self.reply.text, context.asked_by, alone)
        return await incident_replies.acknowledge(self.tx, reply, context.at)

    async def _repeated_command(self, said: Reply) -> EarlierReply | None:
        """Return the last bare word, where *said* repeats it within minutes. Help is never a repeat: twice is louder."""
        if not isinstance(said, CarerCommand) or said.action is HELP:
            return None
        action, actions = said.action, [row.name for row in carer_actions.TABLE]
        found = await replies.last_said(
            self.tx, self.reply.phone, self.reply.number, action.name, actions, list(action.asked_by), REPEATED_WITHIN
        )
        return EarlierReply(*found) if found is not None else None

    async def _answered_where(self, said: Reply) -> int | None:
        """Return the case of which the phone's last "Vet du var?" was answered by the same digit within minutes."""
        action = where_action(said) if isinstance(said, CarerCommand) else None
        if action is None:
            return None
        found = await replies.last_said(
            self.tx, self.reply.phone, self.reply.number, action.name, [], list(CANNOT.asked_by), REPEATED_WITHIN
        )
        return found.case_no if found is not None else None

    async def _open_alarm(self, context: _PhoneContext) -> Alarm:
        """Open an alarm of no resident for a carer without a case who needs help: somebody must act on it."""
        for org in context.orgs:
            duty = await shift_on_duty(self.tx, self.reply.phone, org)
            if duty is not None:
                break
        else:
            org, duty = context.orgs[0], None
        area_id = duty.area_id if duty else await towns.first_area(self.tx, org)
        actor = f"shift:{duty.shift_id}" if duty else "carer"
        shift_id, patrol = (duty.shift_id, duty.patrol) if duty else (None, "")
        return await cases.raise_area_alarm(
            self.tx, org, area_id, Priority.FIRST, at=context.at, actor=actor,
            in_need=(Colleague(self.reply.phone, patrol, shift_id),),
        )  # fmt: skip

    async def _write_meaning(
        self, said: Reply, resolution: Resolution, context: _PhoneContext, opened: Alarm | None = None
    ) -> None:
        """Write the reply's meaning and who has to notice; its words stay in their own table."""
        about = context.notice(resolution.notice)
        org = about.org if about else opened.org if opened else context.orgs[0]
        alarm_id = about.alarm_id if about else opened.alarm_id if opened else None
        notice_id = about.notice_id if about else None
        meaning = _meaning(said) if resolution.action is None else resolution.action.name
        meant = ReplyMeaning(
            meaning, org=org, alarm_id=alarm_id, notice_id=notice_id,
            seen_at=context.at if resolution.heed is Heed.NOTHING else None, holds_phone=resolution.holds_phone,
        )  # fmt: skip
        await replies.set_meaning(self.tx, self.reply.provider, self.reply.provider_id, meant)
        duty = None if about else await shift_on_duty(self.tx, self.reply.phone, org)
        late = self.reply.late_minutes
        payload: timeline.Payload = timeline.ReplyUnread(meaning, resolution.heed, notice_id, late)
        if isinstance(said, CarerCommand):
            payload = timeline.ReplyTaken(
                meaning, resolution.heed, said.action.digit, said.case_no, notice_id, late_minutes=late
            )
        event = events.NewEvent(
            org, payload, area_id=about.area_id if about else duty.area_id if duty else None, alarm_id=alarm_id,
            resident_id=about.resident_id if about else None,
            actor=str(notice_id) if about else f"shift:{duty.shift_id}" if duty else "carer",
        )  # fmt: skip
        await events.write(self.tx, context.at, event)

    async def _queue_answer(
        self, said: Reply, answer: ReplyText, context: _PhoneContext, musters: Sequence[MusteredShift]
    ) -> None:
        """Queue the SMS that answers a reply, with the facts of its notice, or else of the first of *musters*."""
        phone, facts = self.reply.phone, answer.facts
        limit = _MANY if isinstance(said, CarerCommand) else _FEW
        if answer.text in _NOWHERE and await replies.count_sent(self.tx, phone, _NOWHERE, _HOUR) >= limit:
            return
        about, shift = context.notice(answer.about), musters[0] if musters else None
        org = context.orgs[0]
        if about is not None:
            org, facts = about.org, replace(facts, token=about.token, area=about.area, patrol=about.patrol)
        elif shift is not None:
            org = shift.org
            facts = replace(facts, area=shift.area, starts_at=shift.starts_at, ends_at=shift.ends_at)
        town = await towns.town(self.tx, org)
        if about is not None and about.training:
            town = replace(town, training=True)
        await wording.queue_sms(self.tx, town, PlainSms(phone, answer.text, facts), context.at)


def _meaning(said: Reply) -> str:
    if isinstance(said, CarerCommand):
        return said.action.name
    return "empty" if isinstance(said, Empty) else "free_text"


def _storable(body: str) -> str:
    """Return what PostgreSQL can keep of *body*: no NUL, no half of a surrogate pair, and no endless text."""
    return body[:LONGEST].replace("\x00", "").encode("utf-8", "replace").decode()
