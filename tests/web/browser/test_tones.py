"""The board's tones: an alarm of priority 1 that nobody holds, a carer's words, and a soft tick for a new look; nothing else."""

from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from alarm_center.providers.simulated_phones import SimulatedPhones
from alarm_center.store import events
from schemas.timeline import Payload, ReplyTaken, ServiceGap
from schemas.vocabulary import Answer, Heed, Reason
from tests.support.night_town import TWO, NightTown
from tests.support.site import site
from tests.support.waiting import eventually
from tests.web.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

_LISTEN = """
    window.heard = [];
    const start = OscillatorNode.prototype.start, every = setInterval;
    OscillatorNode.prototype.start = function (...at) { heard.push(this.frequency.value); return start.apply(this, at); };
    window.setInterval = (work, ms) => ms === 10000 ? 0 : every(work, ms);
"""
"""Note each tone, and leave out the reminder each ten seconds: what is heard is called for by a line."""
URGENT, WORDS, TICK = [880, 660, 880, 660], [520, 700], [392]


async def listening(open_page: OpenPage) -> Page:
    """Return the board with its sound on, which notes each tone that it plays."""
    page = await open_page()
    await page.add_init_script(_LISTEN)
    await page.reload()
    await page.click("#mute")
    await expect(page.locator("#mute")).to_be_hidden()
    return page


async def line(storstad: NightTown, payload: Payload) -> None:
    async with storstad.memory.transaction() as tx:
        await events.write(tx, TWO, events.NewEvent("storstad", payload))


async def unread(storstad: NightTown) -> None:
    """A carer's reply to the open alarm is there, which nobody has read."""
    await storstad.value(
        """
        insert into replies (provider, provider_id, org, alarm_id, phone, sender, body, received_at, meaning)
        select 'test', gen_random_uuid()::text, org, alarm_id, '+46701740601', '+46766861004', '9', clock.now(), 'help'
        from alarms returning 1
        """
    )


async def heard(page: Page, *tones: int) -> bool:
    played: list[float] = await page.evaluate("() => window.heard")
    return played[: len(tones)] == list(tones)


async def test_a_new_alarm_of_priority_1_is_heard(storstad: NightTown, open_page: OpenPage) -> None:
    page = await listening(open_page)
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    assert await eventually(lambda: heard(page, *URGENT))


async def test_a_new_look_ticks_softly_once_a_minute(storstad: NightTown, open_page: OpenPage) -> None:
    page = await listening(open_page)
    await storstad.finding(3, Answer.IN_BED)
    assert await eventually(lambda: heard(page, *TICK))
    await storstad.finding(6, Answer.IN_BED)
    await expect(page.locator("[data-looks*=',']")).to_be_attached()
    await page.reload()
    await page.click("#mute")
    await expect(page.locator("#mute")).to_be_hidden()
    await expect(page.locator("[data-looks*=',']")).to_be_attached()
    assert await page.evaluate("() => window.heard") == [], "it has ticked within the minute, in this tab"
    await storstad.set_clock(TWO + timedelta(minutes=5))
    assert await eventually(lambda: heard(page, *TICK))


async def test_words_are_heard_by_the_line_that_calls_for_them(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.finding(5, Answer.CANNOT_TELL, Reason.COVERED)
    page = await listening(open_page)
    await unread(storstad)
    await line(storstad, ServiceGap(seconds=1))
    await expect(page.locator("[data-unread='1']").first).to_be_attached()
    assert await page.evaluate("() => window.heard") == [], "that line calls for no tone, whatever is drawn with it"
    await line(storstad, ReplyTaken("help", Heed.SOUND))
    assert await eventually(lambda: heard(page, *WORDS))


async def test_a_call_to_the_demos_phone_is_heard(storstad: NightTown, open_page: OpenPage) -> None:
    phones, words = SimulatedPhones(storstad.memory), "Larm fyra åtta noll ett. Tryck 1 om du tar det."
    await phones.call("+46701740601", "+46766861004", words, 60, uuid4())
    async with site(storstad, phones) as demo:
        page = await open_page("/phone", login="", at=demo, language="en")
        await page.add_init_script(_LISTEN + "speechSynthesis.speak = (one) => heard.push(`${one.lang}: ${one.text}`);")
        await page.reload()
        await page.click("h1")
        await expect(page.locator("#silent")).to_be_hidden()
        assert await eventually(lambda: heard(page, 425, 425))
        await page.click("[data-answer]")
        assert f"sv: {words}" in await page.evaluate("() => window.heard")
    await phones.close()
