"""From what a carer answered, by SMS or by the key of a call, to the decision: once each, and never lost.

A reply is kept, understood and acted on in one transaction. Whatever cannot be acted on reaches a person instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from alarm_center import metrics
from alarm_center.casework import cases, wording
from alarm_center.core import carer_actions
from alarm_center.core.carer_actions import CANNOT, HELP, TAKE
from alarm_center.core.case import Alarm, AlarmState, NoticeState
from alarm_center.core.plan import Wording
from alarm_center.core.replies import Command, Empty, Reply, parse_reply
from alarm_center.core.resolve import REPEATED_WITHIN, Before, NoticeRef, Resolution, Say, Standing, resolve
from alarm_center.core.sms_text import Facts, UnfitText
from alarm_center.providers import Provider
from alarm_center.store import events, replies, towns
from alarm_center.store.memory import Memory, Tx, can_be_tried_again, now, real_now
from alarm_center.store.replies import Asked, Mustered
from schemas import timeline
from schemas.vocabulary import Heed, Priority

log = structlog.get_logger()

LONGEST: Final = 4_000
"""Characters of a reply that are kept."""
CATCH_UP: Final = timedelta(minutes=15)
"""How far back the provider is asked for replies that never reached us, of real time."""
_FEW: Final = 3
_MANY: Final = 20
"""How many answers that lead nowhere a phone gets in an hour: to words, and to digits. Two machines may be talking."""
_HOUR: Final = timedelta(hours=1)
_NOWHERE: Final = (
    Wording.NOT_UNDERSTOOD,
    Wording.NO_CASE,
    Wording.MUSTER,
    Wording.UNKNOWN_CASE,
    Wording.WHICH_CASE,
    Wording.NOT_YOURS,
)

_THE_DATABASES: Final = ("08", "40", "53", "55", "57")
"""Classes of errors that another try, or the sender's, can get past."""


class Pressed(StrEnum):
    """What a key pressed in a call came to; the call says so and ends."""

    TAKEN = "taken"
    TOO_LATE = "too_late"
    DECLINED = "declined"
    NOTED = "noted"
    AGAIN = "again"
    """Not one of the keys: the words are read once more."""
    UNKNOWN = "unknown"


async def receive(memory: Memory, provider: str, provider_id: str, phone: str, sender: str, body: str) -> str:
    """Take a reply from *phone* to our number *sender*; return what it was taken to mean. The same one again does nothing."""
    text = _clean(body)

    async def work(tx: "Tx[Any]") -> str:
        if not await replies.take(tx, provider, provider_id, phone, sender, text, await now(tx)):
            return "again"
        return await _Reply(tx, provider, provider_id, phone, sender, text).take()

    meaning = await memory.attempt(work)
    metrics.REPLIES.labels(meaning).inc()
    memory.hint()
    return meaning


async def catch_up(memory: Memory, provider: Provider, back: timedelta = CATCH_UP) -> int:
    """Take replies that the provider has and that never reached us; return how many there were.

    A provider tells of a reply once; while we are being restarted there is nobody to tell.
    """
    async with memory.transaction() as tx:
        numbers, at = await replies.numbers(tx), await real_now(tx)
    count = 0
    for number in numbers:
        heard = await provider.replies(number, at - back)
        if not heard:
            continue
        async with memory.transaction() as tx:
            missed = await replies.untaken(tx, provider.name, [reply.provider_id for reply in heard])
        for reply in heard:
            if reply.provider_id in missed:
                log.warning("reply_caught_up", reply=reply.provider_id)
                await receive(memory, provider.name, reply.provider_id, reply.phone, number, reply.body)
                count += 1
    return count


async def press(memory: Memory, provider: str, call_id: str, message_id: UUID, digit: str) -> Pressed:
    """Take a key that was pressed in a call; the call's own notice says which case it means."""

    async def work(tx: "Tx[Any]") -> Pressed:
        found = await replies.notice_of(tx, message_id)
        if found is None:
            return Pressed.UNKNOWN
        org, phone, sender, alarm_id, notice_id, words = found
        action = carer_actions.TABLE.by_digit.get(digit)
        if action is None or words not in action.counts_in:
            return Pressed.AGAIN
        at = await now(tx)
        if not await replies.take(tx, provider, f"{call_id}:{digit}", phone, sender, digit, at):
            took = await replies.took(tx, notice_id)
            return Pressed.TAKEN if action is TAKE and took else Pressed.NOTED
        alarm = await cases.step_alarm_of(tx, alarm_id, action.event(notice_id), str(notice_id))
        await replies.means(
            tx, provider, f"{call_id}:{digit}", action.name, org=org, alarm_id=alarm_id, notice_id=notice_id, seen_at=at
        )
        heed = Heed.SOUND if action.sounds else Heed.NOTHING
        pressed = timeline.ReplyTaken(action.name, heed, digit, notice_id=notice_id, call=True)
        await events.write(tx, at, events.about_alarm(alarm, pressed, str(notice_id)))
        if action is TAKE:
            return Pressed.TAKEN if alarm.taken_by(phone) else Pressed.TOO_LATE
        return Pressed.DECLINED if action is CANNOT else Pressed.NOTED

    pressed = await memory.attempt(work)
    metrics.REPLIES.labels(f"key_{pressed}").inc()
    memory.hint()
    return pressed


def standing(asked: Asked) -> tuple[Standing, datetime | None]:
    """Return where a notice's case stands for its phone, and since when it is over for it."""
    closed = asked.alarm_state == AlarmState.CLOSED
    if asked.state == NoticeState.TOOK:
        if closed or asked.done_at is not None:
            return Standing.DONE, asked.closed_at or asked.done_at
        return (Standing.ON_SITE if asked.alarm_state == AlarmState.ON_SITE else Standing.TOOK), None
    if asked.seeks and not closed:
        # Stood down and sought again: not asked anew, so only a clear word takes it.
        waits = asked.state in (NoticeState.ASKED, NoticeState.EXPIRED)
        return (Standing.ASKED if waits else Standing.DECLINED), None
    ended = asked.told_at or asked.closed_at or asked.accepted_at or asked.asked_at
    return (Standing.STOOD_DOWN if asked.patrol is None else Standing.TAKEN), ended


@dataclass(slots=True)
class _Reply:
    """One reply that has just been kept, in the transaction that will have acted on it."""

    tx: "Tx[Any]"
    provider: str
    provider_id: str
    phone: str
    sender: str
    text: str

    async def take(self) -> str:
        orgs = await replies.towns_of(self.tx, self.phone, self.sender)
        if not orgs:
            # A stranger: no answer, and no words of theirs kept.
            at = await now(self.tx)
            await replies.means(self.tx, self.provider, self.provider_id, "unknown_number", seen_at=at, forget=True)
            log.info("reply_from_unknown_number")
            return "unknown_number"
        said = parse_reply(self.text)
        try:
            async with self.tx.transaction():
                return await self._act(said, orgs)
        except (OSError, asyncpg.InterfaceError):
            raise
        except Exception as error:
            if can_be_tried_again(error) or (getattr(error, "sqlstate", None) or "").startswith(_THE_DATABASES):
                raise
            log.exception("reply_not_acted_on", reply=self.provider_id)
            return await self._hand_on(said, orgs)

    async def _hand_on(self, said: Reply, orgs: Sequence[str]) -> str:
        """It was not possible, or is a fault of ours: either way somebody reads it, and the carer hears that."""
        asked, musters = await self._known()
        at = await now(self.tx)
        about = resolve(Empty(), _refs(asked), at).notice
        await self._tell(said, Resolution(None, about, heed=Heed.SOUND), asked, orgs, at)
        help_wanted = isinstance(said, Command) and said.action is HELP
        text = Wording.HELP_COMING if help_wanted else Wording.NOT_UNDERSTOOD
        answer = Say(text, about, Facts(case_no=about.case_no if about else None))
        await self._answer(said, (answer,), asked, musters, orgs, at)
        return _meaning(said)

    async def _known(self) -> tuple[dict[UUID, Asked], list[Mustered]]:
        asked = await replies.asked(self.tx, self.phone, self.sender)
        return {a.notice_id: a for a in asked}, await replies.musters(self.tx, self.phone, self.sender)

    async def _act(self, said: Reply, orgs: Sequence[str]) -> str:
        asked, musters = await self._known()
        unanswered = [m for m in musters if not m.holds]
        at = await now(self.tx)
        before = await self._before(said)
        resolution = resolve(said, _refs(asked), at, muster=bool(unanswered), before=before)
        action, about = resolution.action, resolution.notice
        opened: Alarm | None = None
        answer = resolution.answer
        if action is not None and about is not None:
            event = action.event(about.notice_id)
            alarm = await cases.step_alarm_of(self.tx, asked[about.notice_id].alarm_id, event, str(about.notice_id))
            answer = resolution.beside if action is not TAKE or alarm.taken_by(self.phone) else None
        elif action is HELP:
            opened = await self._open_alarm(orgs, at)
        if resolution.holds_phone is not None and unanswered:
            await replies.muster(self.tx, [m.shift_id for m in unanswered], resolution.holds_phone)
            for m in unanswered:
                mustered = timeline.Mustered(m.shift_id, resolution.holds_phone)
                line = events.NewEvent(m.org, mustered, area_id=m.area_id, actor=f"shift:{m.shift_id}")
                await events.write(self.tx, at, line)
        await self._tell(said, resolution, asked, orgs, at, opened)
        await self._answer(said, (answer,) if answer else (), asked, unanswered or musters, orgs, at)
        return _meaning(said)

    async def _before(self, said: Reply) -> Before | None:
        """Return the same bare word of a few minutes ago. Help is never a repeat: twice is louder."""
        if not isinstance(said, Command) or said.action is HELP:
            return None
        action, actions = said.action, [row.name for row in carer_actions.TABLE]
        found = await replies.before(
            self.tx, self.phone, self.sender, action.name, actions, list(action.asked_by), REPEATED_WITHIN
        )
        return Before(*found) if found is not None else None

    async def _open_alarm(self, orgs: Sequence[str], at: datetime) -> Alarm:
        """A carer without a case needs help: somebody must act on it, so it is an alarm, of no resident."""
        for org in orgs:
            duty = await replies.duty(self.tx, self.phone, org)
            if duty is not None:
                break
        else:
            org, duty = orgs[0], None
        area_id = duty[1] if duty else await replies.any_area(self.tx, org)
        actor = f"shift:{duty[0]}" if duty else "carer"
        return await cases.raise_at_large(self.tx, org, area_id, Priority.FIRST, at, actor)

    async def _tell(
        self,
        said: Reply,
        resolution: Resolution,
        asked: dict[UUID, Asked],
        orgs: Sequence[str],
        at: datetime,
        opened: Alarm | None = None,
    ) -> None:
        """Write what it means, and who has to notice: never the words themselves, which stay in their own table."""
        about = asked[resolution.notice.notice_id] if resolution.notice is not None else None
        org = about.org if about else opened.org if opened else orgs[0]
        alarm_id = about.alarm_id if about else opened.alarm_id if opened else None
        notice_id = about.notice_id if about else None
        command = said if isinstance(said, Command) else None
        meaning = _meaning(said)
        await replies.means(
            self.tx, self.provider, self.provider_id, meaning, org=org, alarm_id=alarm_id, notice_id=notice_id,
            seen_at=at if resolution.heed is Heed.NOTHING else None, holds_phone=resolution.holds_phone,
        )  # fmt: skip
        duty = None if about else await replies.duty(self.tx, self.phone, org)
        payload: timeline.Payload = timeline.ReplyUnread(meaning, resolution.heed, notice_id)
        if command is not None:
            payload = timeline.ReplyTaken(meaning, resolution.heed, command.action.digit, command.case_no, notice_id)
        event = events.NewEvent(
            org, payload, area_id=about.area_id if about else duty[1] if duty else None, alarm_id=alarm_id,
            resident_id=about.resident_id if about else None,
            actor=str(notice_id) if about else f"shift:{duty[0]}" if duty else "carer",
        )  # fmt: skip
        await events.write(self.tx, at, event)

    async def _answer(
        self,
        said: Reply,
        answers: Sequence[Say],
        asked: dict[UUID, Asked],
        musters: Sequence[Mustered],
        orgs: Sequence[str],
        at: datetime,
    ) -> None:
        limit = _MANY if isinstance(said, Command) else _FEW
        for say in answers:
            if say.text in _NOWHERE and await replies.answered(self.tx, self.phone, _NOWHERE, _HOUR) >= limit:
                continue
            about = asked[say.about.notice_id] if say.about is not None else None
            shift = musters[0] if musters else None
            facts = say.facts
            if about is not None:
                facts = replace(facts, token=about.token, area=about.area, patrol=about.patrol)
            elif shift is not None:
                facts = replace(facts, area=shift.area, starts_at=shift.starts_at, ends_at=shift.ends_at)
            town = await towns.town(self.tx, about.org if about is not None else shift.org if shift else orgs[0])
            try:
                await wording.say(self.tx, town, self.phone, say.text, facts, at)
            except UnfitText as error:
                log.error("answer_unfit", text=say.text, why=str(error))


def _refs(asked: dict[UUID, Asked]) -> list[NoticeRef]:
    refs = []
    for notice in asked.values():
        where, since = standing(notice)
        refs.append(
            NoticeRef(notice.notice_id, notice.case_no, Priority(notice.priority), where, notice.asked_at, since)
        )
    return refs


def _meaning(said: Reply) -> str:
    if isinstance(said, Command):
        return said.action.name
    return "empty" if isinstance(said, Empty) else "free_text"


def _clean(body: str) -> str:
    """Return what PostgreSQL can keep of *body*: no NUL, no half of a surrogate pair, and no endless text."""
    return body[:LONGEST].replace("\x00", "").encode("utf-8", "replace").decode()
