"""Calls to a town's number by a carer without data: their personal code, and then the address and the door of the case that is theirs.

What is heard is a disclosure, with a line of its own on the case. Three wrong codes in an hour end it, and the lead is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from alarm_center import metrics
from alarm_center.casework import wording
from alarm_center.casework.wording import PlainSms
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.core.replies.ring_in import MOST_WRONG, WITHIN, CodeAnswer, is_shut_out, judge_code
from alarm_center.store import events, replies, ring_in, towns
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.replies import ReplyMeaning
from alarm_center.store.ring_in import OwnCase, RungTown
from schemas import timeline

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A call from *caller* (as the provider says it, perhaps withheld) to *number*, one of ours."""

    provider: str
    call_id: str
    caller: str
    number: str


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """The answer to a call or to a code in it, in the town's language; *answer* is ``None`` where a code is asked for."""

    language: str
    answer: CodeAnswer | None
    cases: Sequence[OwnCase] = ()


async def begin_call(memory: Memory, call: IncomingCall) -> CallAnswer | None:
    """Return whether a code is asked for; ``None`` where no town has the number."""

    async def read(tx: Tx) -> CallAnswer | None:
        rung = await ring_in.towns_of_number(tx, call.number, call.caller)
        if not rung:
            return None
        phone = _counted_as(call, rung)
        wrong = await ring_in.count_wrong(tx, rung, phone, WITHIN)
        return CallAnswer(rung[0].language, CodeAnswer.REFUSED if is_shut_out(wrong, is_stranger=not phone) else None)

    return await memory.attempt(read)


async def enter_code(memory: Memory, call: IncomingCall, attempt: int, code: str) -> CallAnswer | None:
    """Judge the code of the call's *attempt*, once whatever is repeated; return its answer, with the cases where it is right."""

    async def work(tx: Tx) -> CallAnswer | None:
        rung = await ring_in.towns_of_number(tx, call.number, call.caller)
        return await _judge(tx, call, rung, attempt, code) if rung else None

    answered = await memory.attempt(work)
    if answered is not None and answered.answer is not None:
        metrics.REPLIES.labels(answered.answer).inc()
        memory.hint()
    return answered


async def heard_case(memory: Memory, notice_id: UUID, within: timedelta) -> CallAnswer | None:
    """Return the case of a notice whose address was asked for by its carer's code *within*, while it is theirs; else ``None``."""

    async def read(tx: Tx) -> CallAnswer | None:
        found = await ring_in.case_heard(tx, notice_id, within)
        return CallAnswer(found[1], CodeAnswer.RIGHT, (found[0],)) if found else None

    return await memory.attempt(read)


async def _judge(tx: Tx, call: IncomingCall, rung: Sequence[RungTown], attempt: int, code: str) -> CallAnswer:
    at, reply_id, phone = await now(tx), f"{call.call_id}:code{attempt}", _counted_as(call, rung)
    await ring_in.lock_codes(tx, rung)
    is_new = await replies.add_of_call(tx, call.provider, reply_id, at, phone=phone, sender=call.number)
    known = [town.org for town in rung if town.knows_caller]
    carer = await ring_in.carer_of_code(tx, known or [town.org for town in rung], code, phone or None)
    wrong = await ring_in.count_wrong(tx, rung, phone, WITHIN)
    before = None if is_new else await ring_in.answer_before(tx, call.provider, reply_id)
    answer = before or judge_code(wrong, is_right=carer is not None, is_stranger=not phone)
    cases = await ring_in.own_cases(tx, carer, phone or None) if carer and answer is CodeAnswer.RIGHT else []
    if is_new:
        org = carer.org if carer else rung[0].org
        await replies.set_meaning(tx, call.provider, reply_id, _meant(answer, org, cases[0] if cases else None, at))
        for case in cases[1:]:  # a row for each, which says for a while that its address may be heard
            beside = f"{reply_id}:{case.case_no}"
            await replies.add_of_call(tx, call.provider, beside, at, phone=phone, sender=call.number)
            await replies.set_meaning(tx, call.provider, beside, _meant(answer, org, case, at))
        for case in cases:
            heard = timeline.AddressHeard(case.notice_id, carer.carer_id if carer else None)
            resident_id = case.card.resident_id if case.card else None
            event = events.NewEvent(
                org, heard, area_id=case.area_id, alarm_id=case.alarm_id,
                resident_id=resident_id, actor=str(case.notice_id),
            )  # fmt: skip
            await events.write(tx, at, event)
        if answer is CodeAnswer.LAST_WRONG:
            for org in known or [town.org for town in rung]:
                await _tell_leads(tx, org, phone)
    return CallAnswer(rung[0].language, answer, cases)


def _meant(answer: CodeAnswer, org: str, case: ring_in.OwnCase | None, at: datetime) -> ReplyMeaning:
    return ReplyMeaning(
        answer, org=org, alarm_id=case.alarm_id if case else None, notice_id=case.notice_id if case else None, seen_at=at,
        forget=True,
    )  # fmt: skip


async def _tell_leads(tx: Tx, org: str, phone: str) -> None:
    at, town = await now(tx), await towns.town(tx, org)
    phones = [each for each in await ring_in.leads_on_duty(tx, org) if each != phone]
    for each in phones:
        await wording.queue_sms(tx, town, PlainSms(each, Wording.CODES_REFUSED, TextFacts(phone=phone or None)), at)
    line = timeline.CodesRefused(MOST_WRONG, bool(phone), len(phones))
    await events.write(tx, at, events.NewEvent(org, line, actor="carer"))
    log.warning("codes_refused", org=org, known=bool(phone), told=len(phones))


def _counted_as(call: IncomingCall, rung: Sequence[RungTown]) -> str:
    """Return the number that wrong codes are counted of: the caller's if a town knows it, and empty for all strangers together.

    A stranger's number is not kept.
    """
    return call.caller if any(town.knows_caller for town in rung) else ""
