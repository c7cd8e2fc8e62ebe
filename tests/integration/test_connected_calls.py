"""An operator's phone is called, asked for a key and connected with the resident's: Twilio's dialect and 46elks', and who is never called."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.alarm.state import Alarm
from alarm_center.core.plan import Wording
from alarm_center.outbox import Outbox
from alarm_center.store import messages
from alarm_center.store.memory import now
from fjarrtillsyn.embedded.twilio_api import Item
from schemas.vocabulary import Channel, Outcome
from tests.support.postgres import Database
from tests.support.sms_centre import NUMBER, SECOND, SmsCentre, sms_centre

RESIDENT = "+46901230077"


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        await running.rows("update residents set phone = $1 returning 1", RESIDENT)
        yield running


@dataclass(slots=True)
class OperatorsCall:
    """A call to the operator's phone (the second patrol's, which the test watches), in a case that they hold and are in a call of."""

    centre: SmsCentre
    alarm: Alarm
    operator: UUID
    item: Item

    async def ended(self) -> tuple[str, int]:
        """Return the answer and the rings of its line, once; the case is in no call any more."""
        (line,) = [data for _, data in await self.centre.lines(self.alarm.alarm_id, ["resident_called"])]
        assert not (await self.centre.now_is(self.alarm.alarm_id)).claim.in_call
        return line["answer"], line["rings"]


async def calls_operator(centre: SmsCentre, rings: int = 12) -> OperatorsCall:
    await centre.rows("update plans set answers = $1 returning 1", {"phone_rings": rings})
    alarm, operator = await centre.alarm(3), uuid4()
    await centre.first.receives(f"Larm {alarm.case_no}")
    for event in (alarm_events.ClaimCase(operator), alarm_events.InCall(operator, True)):
        await cases.apply_to_alarm(centre.memory, alarm.alarm_id, event, actor=str(operator))
    async with centre.memory.transaction() as tx:
        at = await now(tx)
        draft = messages.MessageDraft(
            org=alarm.org, channel=Channel.CALL, wording=Wording.VOICE_CONNECT, sender=NUMBER, phone=SECOND, created_at=at,
            valid_until=at + timedelta(minutes=1), rank=1, alarm_id=alarm.alarm_id,
        )  # fmt: skip
        message_id = await messages.queue(tx, draft, "Larm")
        await tx.execute("update messages set connects_user = $2 where message_id = $1", message_id, operator)
    centre.memory.hint()
    return OperatorsCall(centre, alarm, operator, await centre.second.is_called())


async def test_the_operator_answers_and_the_resident_is_called(centre: SmsCentre) -> None:
    call = await calls_operator(centre)
    asked = await centre.api.pick_up(call.item)
    assert ("<Dial" in asked, "<Gather" in asked) == (False, True), "a machine may have answered"
    assert "<Dial" not in await centre.api.press(call.item, asked, "5")
    twiml = await centre.api.press(call.item, asked, "1")
    assert "Vi ringer upp brukaren nu." in twiml
    assert (f"<Number>{RESIDENT}</Number>" in twiml, 'timeout="60"' in twiml, f'callerId="{NUMBER}"' in twiml) == (
        True,
    ) * 3
    url = f"{centre.public_url}/hooks/twilio/connected/{call.item.form['Url'].rpartition('/')[2]}"
    for _ in range(2):
        form = {"CallSid": call.item.sid, "DialCallStatus": "no-answer", "From": NUMBER, "To": SECOND}
        assert (await centre.api.post(url, form))[0] == 200
    assert await call.ended() == ("no_answer", 12)
    await centre.api.status(call.item, "completed")
    assert await centre.lines(call.alarm.alarm_id, ["call_failed"]) == [], "a key was pressed"


async def test_a_machine_at_the_operators_is_not_connected(centre: SmsCentre) -> None:
    call = await calls_operator(centre)
    assert "<Dial" not in await centre.api.pick_up(call.item)
    await centre.api.status(call.item, "completed")
    kinds = [kind for kind, _ in await centre.lines(call.alarm.alarm_id, ["resident_called", "call_failed"])]
    assert (kinds, (await centre.now_is(call.alarm.alarm_id)).claim.in_call) == (["call_failed"], False)


async def test_an_operator_who_hangs_up_ends_the_call(centre: SmsCentre) -> None:
    call = await calls_operator(centre)
    await centre.api.press(call.item, await centre.api.pick_up(call.item), "1")
    await centre.api.status(call.item, "completed")
    assert not (await centre.now_is(call.alarm.alarm_id)).claim.in_call, "its outcome may never come"


@pytest.mark.parametrize("why", ["rings", "number", "closed"])
async def test_whoever_cannot_hear_it_is_never_called(centre: SmsCentre, why: str) -> None:
    call = await calls_operator(centre, 0 if why == "rings" else 8)
    asked = await centre.api.pick_up(call.item) if why == "number" else ""
    if why == "number":
        await centre.rows("update residents set phone = null returning 1")
    if why == "closed":
        over = alarm_events.Close(call.operator, Outcome.FALSE_ALARM)
        await cases.apply_to_alarm(centre.memory, call.alarm.alarm_id, over, actor=str(call.operator))
        await centre.first.receives(f"{call.alarm.case_no} är")
    twiml = await (centre.api.press(call.item, asked, "1") if asked else centre.api.pick_up(call.item))
    assert ("Brukaren ska inte ringas upp" in twiml, "<Dial" in twiml) == (True, False)


async def test_46elks_connects_the_resident_too(centre: SmsCentre) -> None:
    await centre.stop()
    centre.start(Outbox(centre.memory, centre.elks_provider()))
    call = await calls_operator(centre, 6)
    asked = json.loads(await centre.elks.pick_up(call.item))
    assert ("connect" in asked, asked["digits"]) == (False, 1)
    key = {"callid": call.item.sid, "result": "1", "from": NUMBER, "to": SECOND}
    action = json.loads((await centre.elks.post(asked["next"], key))[1])
    assert (action["connect"], action["callerid"], action["timeout"]) == (RESIDENT, NUMBER, 30)
    form = {"callid": call.item.sid, "result": "success", "from": NUMBER, "to": SECOND}
    assert (await centre.elks.post(action["next"], form))[0] == 200
    assert await call.ended() == ("answered", 6)


@pytest.mark.parametrize("status", ["no-answer", "busy", "failed"])
async def test_an_unanswered_phone_ends_the_call(centre: SmsCentre, status: str) -> None:
    call = await calls_operator(centre)
    for _ in range(2):
        await centre.api.status(call.item, status)
    ended = [data["on"] for _, data in await centre.lines(call.alarm.alarm_id, ["in_call"])]
    assert (ended, (await centre.now_is(call.alarm.alarm_id)).claim.in_call) == ([True, False], False)


async def test_the_call_of_the_next_holder_goes_on(centre: SmsCentre) -> None:
    call, other = await calls_operator(centre), uuid4()
    for event in (alarm_events.TakeOver(other, "no_contact"), alarm_events.InCall(other, True)):
        await cases.apply_to_alarm(centre.memory, call.alarm.alarm_id, event, actor=str(other))
    await centre.api.status(call.item, "no-answer")
    assert (await centre.now_is(call.alarm.alarm_id)).claim.in_call
