"""A carer's phone in Chromium: taps without a network are kept, shown as not sent, and sent in order when it is back."""

import pytest
from playwright.async_api import Route, expect

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from schemas.vocabulary import Answer, Outcome, Reason
from tests.support.night_town import NightTown
from tests.support.waiting import eventually
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser


async def _a_net_that_wants_a_sign_in(route: Route) -> None:
    """Answer everything but a cry for help, as a hotel's network does."""
    if "word=help" in (route.request.post_data or ""):
        await route.continue_()
    else:
        await route.fulfill(status=200, body="Logga in på nätet")


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

    said = "select string_agg(meaning, ' ' order by arrival) from replies"
    say = "**/u/*/say"
    await page.route(say, _a_net_that_wants_a_sign_in)
    await page.click("[value=on_site]")
    await expect(strip).to_have_text("Inte skickat – ring 010-123 45 67: Jag är framme")
    for _ in range(2):  # a screen reader's press, which nobody can hold
        await page.locator("[value=help]").evaluate("button => button.click()")
    await eventually(lambda: storstad.value(said + " having string_agg(meaning, ' ' order by arrival) = 'take help'"))
    await page.unroute(say)
    await expect(strip).to_have_text("Skickat 02:00")
    await page.context.set_offline(True)
    await page.click(".thumb .at-site button")
    await expect(strip).to_have_text("Inte skickat – ring 010-123 45 67: Klar")
    await expect(page.locator(".where .address")).to_be_visible()
    assert await broken(page) == []
    stored = await page.evaluate(STORED)
    assert "/done" in stored and not any(secret in stored for secret in ("Storgatan", "Bertil", "Nyckelgömma", "4690"))
    assert await storstad.value("select state from alarms") == "on_site"
    await page.context.set_offline(False)
    await expect(strip).to_have_text("Skickat 02:00")
    await expect(page.locator(".close h2")).to_have_text("Hur slutade det?")
    everything = "take help on_site done"
    assert await storstad.value(said) == everything
    assert await page.evaluate(STORED) == "[{},{}]"

    short = page.locator("[value=help]")
    await short.click()  # a pocket's touch: it is to be held
    await expect(short).to_have_text("Håll kvar en sekund")
    assert await storstad.value(said) == everything
    alarm, olle = await storstad.value("select alarm_id from alarms"), storstad.users["olle"]
    await cases.apply_to_alarm(storstad.memory, alarm, alarm_events.Close(olle, Outcome.HELPED_UP), actor=str(olle))
    await expect(page.locator(".lead")).to_contain_text("Klart.")
    assert "Storgatan" not in await page.content(), "the card is gone with the case"
