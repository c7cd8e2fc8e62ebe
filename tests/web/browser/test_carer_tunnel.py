"""A carer's phone in Chromium: taps without a network are kept, shown as not sent, and sent in order when it is back."""

import pytest
from playwright.async_api import expect

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from schemas.vocabulary import Answer, Outcome, Reason
from tests.support.night_town import NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser

STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}])"


async def test_taps_in_a_tunnel_are_sent_in_order(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.step()
    token = await storstad.value("select token from notices limit 1")
    page = await open_page(f"/u/{token}", login="", width=360)
    strip = page.locator("#strip")
    await page.context.set_offline(True)
    await page.click("text=20 min")
    await expect(strip).to_have_text("Inte skickat – larmet är inte ditt än: Jag åker – framme om 20 min")
    await page.context.set_offline(False)
    await expect(page.locator(".where .address")).to_have_text("Storgatan 2 B")
    await expect(strip).to_have_text("Skickat 02:00")

    await page.context.set_offline(True)
    await page.click("[value=on_site]")
    await page.click(".thumb .at-site button")
    await expect(strip).to_have_text("Inte skickat – ring 010-123 45 67: Jag är framme · Klar")
    await expect(page.locator(".where .address")).to_be_visible()
    assert await broken(page) == []
    stored = await page.evaluate(STORED)
    assert "on_site" in stored and not any(
        secret in stored for secret in ("Storgatan", "Bertil", "Nyckelgömma", "4690")
    )
    assert await storstad.value("select state from alarms") == "accepted"
    await page.context.set_offline(False)
    await expect(strip).to_have_text("Skickat 02:00")
    await expect(page.locator(".close h2")).to_have_text("Hur slutade det?")
    said = "select string_agg(meaning, ' ' order by arrival) from replies"
    assert await storstad.value(said) == "take on_site done"
    assert await page.evaluate(STORED) == "[{},{}]"

    short = page.locator("[value=help]")
    await short.click()  # a pocket's touch: it is to be held
    await expect(short).to_have_text("Håll kvar en sekund")
    assert await storstad.value(said) == "take on_site done"
    alarm, olle = await storstad.value("select alarm_id from alarms"), storstad.users["olle"]
    await cases.apply_to_alarm(storstad.memory, alarm, alarm_events.Close(olle, Outcome.HELPED_UP), actor=str(olle))
    await expect(page.locator(".lead")).to_contain_text("Klart.")
    assert "Storgatan" not in await page.content(), "the card is gone with the case"
