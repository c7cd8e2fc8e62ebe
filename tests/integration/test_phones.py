"""The demo's phones: what arrives on them, and answers that go the way of real ones."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from alarm_center.chosen_provider import make_providers, provider_hooks
from alarm_center.core.alarm.state import AlarmState
from alarm_center.outbox import Outbox
from alarm_center.providers.simulated_phones import SimulatedMessage, SimulatedPhones
from alarm_center.providers.twilio import Twilio
from alarm_center.settings import ServiceSettings
from alarm_center.web import app_keys
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, NUMBER, SECOND, SmsCentre, sms_centre
from tests.support.waiting import DEADLINE_S

SERVICE = {
    "database_url": "postgresql://",
    "database_url_web": "postgresql://",
    "database_url_sign_in": "postgresql://",
    "database_url_planner": "postgresql://",
    "provider": "twilio",
    "twilio_account_sid": "AC1",
    "twilio_auth_token": "t",
}


@dataclass(slots=True)
class Demo:
    centre: SmsCentre
    phones: SimulatedPhones

    async def comes(self, phone: str, text: str, channel: str = "sms") -> SimulatedMessage:
        """Return the first message that says *text*, once it has come."""

        def there() -> SimulatedMessage | None:
            return next((m for m in self.phones.messages(phone) if text in m.body and m.channel == channel), None)

        async with asyncio.timeout(DEADLINE_S), self.phones.changed:
            await self.phones.changed.wait_for(there)
        found = there()
        assert found is not None
        return found


@pytest.fixture
async def demo(database: Database) -> AsyncIterator[Demo]:
    async with sms_centre(database) as centre:
        await centre.stop()
        phones = SimulatedPhones(centre.memory)
        centre.start(Outbox(centre.memory, phones))
        yield Demo(centre, phones)
        await centre.stop()
        await phones.close()


async def test_an_sms_arrives_at_once_and_is_answered(demo: Demo) -> None:
    page: app_keys.Phones = demo.phones
    alarm = await demo.centre.alarm(1)
    sms = await demo.comes(FIRST, "PRIO 1")
    assert (sms.sender, sms.outgoing, sms.ringing) == (NUMBER, False, False)
    await demo.centre.until_message_is("delivered")
    await page.reply(FIRST, NUMBER, "1")
    await demo.comes(FIRST, f"{alarm.case_no} är ditt")
    assert [m.body for m in demo.phones.messages(FIRST) if m.outgoing] == ["1"]
    assert demo.phones.phones() == [FIRST]


async def test_a_ringing_phone_is_answered_with_a_key(demo: Demo) -> None:
    alarm = await demo.centre.alarm(1)
    await demo.centre.until_message_is("delivered")
    await demo.centre.pass_time(90)
    call = await demo.comes(FIRST, "Tryck 1 om du tar det", "call")
    assert call.ringing
    await demo.phones.reply(FIRST, NUMBER, "1")
    await demo.comes(FIRST, f"{alarm.case_no} är ditt")
    assert not call.ringing
    assert (await demo.centre.now_is(alarm.alarm_id)).state is AlarmState.ACCEPTED
    await demo.phones.press_key(FIRST, "no-such-call", "1")


async def test_an_unanswered_call_ends_and_the_next_carer_is_asked(demo: Demo) -> None:
    await demo.centre.alarm(1)
    await demo.centre.until_message_is("delivered")
    await demo.centre.pass_time(90)
    call = await demo.comes(FIRST, "Tryck 1 om du tar det", "call")
    await demo.centre.move_clock(31)
    await demo.comes(SECOND, "PRIO 1")
    assert (call.ringing, call.missed) == (False, True)
    await demo.phones.press_key(FIRST, call.message_id, "1")
    assert (await demo.centre.rows("select state from alarms"))[0]["state"] == AlarmState.DISPATCHED


async def test_after_a_crash_its_own_list_says_what_came(demo: Demo) -> None:
    centre = demo.centre
    real = demo.phones.send_sms
    arrived = asyncio.Event()

    async def arrives_and_dies(*args: object) -> object:
        await real(*args)  # type: ignore[arg-type]  # passed on as they came
        arrived.set()
        return await asyncio.Event().wait()

    demo.phones.send_sms = arrives_and_dies  # type: ignore[method-assign, assignment]  # this once
    await centre.alarm(1)
    await arrived.wait()
    await centre.crash()
    demo.phones.send_sms = real  # type: ignore[method-assign]  # as it was
    centre.start(Outbox(centre.memory, demo.phones))
    await centre.until_message_is("delivered")
    assert len(demo.phones.messages(FIRST)) == 1


async def test_a_phone_keeps_its_last_messages(demo: Demo) -> None:
    for number in range(205):
        await demo.phones._add("+46700000055", NUMBER, str(number), "sms")
    kept = demo.phones.messages("+46700000055")
    assert (len(kept), kept[-1].body) == (200, "204")


async def test_the_settings_choose_the_provider() -> None:
    twilio, second = make_providers(ServiceSettings.model_validate({**SERVICE, "sms_per_second": 2}))
    assert isinstance(twilio, Twilio)
    assert twilio.per_second == 2
    assert second is None
    await twilio.close()


async def test_the_settings_choose_the_webhooks(demo: Demo) -> None:
    assert len(provider_hooks(ServiceSettings.model_validate(SERVICE), demo.centre.memory)) == 8
