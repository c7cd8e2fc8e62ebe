"""Sentences of a day and a night, each played in a browser: guests, times, papers, and two at once."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from alarm_center.preparation import planning
from alarm_center.preparation.reconciliation import reconcile_town
from schemas.vocabulary import Priority
from tests.support.by_hand import raise_manual_alarm
from tests.support.night_town import TWO, NightTown
from tests.web.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

AT_23 = TWO + timedelta(hours=21)
"""Eleven in the evening of the next night."""


async def looks(town: NightTown, resident: int) -> str:
    """Return what the resident's looks of the next night are, in order of their hours."""
    found = await town.value(
        """
        select string_agg(concat_ws(' ', to_char(opens_at at time zone 'Europe/Stockholm', 'HH24:MI'), state, instead), ', ' order by opens_at)
        from checks where resident_id = $1 and opens_at between $2 and $2::timestamptz + interval '12 hours'
        """,
        town.residents[resident], AT_23 - timedelta(minutes=5),
    )  # fmt: skip
    return str(found)


async def pause(page: Page, reason: str, said_by: str, instead: str) -> None:
    """Fill in the form of a pause, and pause."""
    await page.check(f"[value={reason}]")
    await page.check(f"[name=said_by][value={said_by}]")
    if said_by != "resident":
        await page.fill("[name=name]", "Lena")
    await page.check(f"[name=instead][value={instead}]")
    await page.click(".why .primary")
    await page.click(".sure .primary")
    await page.wait_for_selector("text=Pausad till")


async def test_guests_tonight(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page(f"/pause/{storstad.residents[1]}", login="petra")
    await pause(page, "pause_guests", "resident", "visit")
    await expect(page.locator("dl")).to_contain_text("Besök på samma tider")
    assert await storstad.value("select count(*) from alarms where visit and resident_id = $1", storstad.residents[1])


async def test_a_pause_that_runs_out_unanswered(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.set_clock(TWO + timedelta(minutes=5))
    page = await open_page(f"/pause/{storstad.residents[1]}")
    await pause(page, "pause_hospital", "relative", "nothing")
    await page.context.close()  # By eleven its person is signed out.
    await storstad.set_clock(AT_23)
    await planning.plan_town(storstad.memory, storstad.org)
    assert "23:00 planned" in (await looks(storstad, 1)).replace("open", "planned")
    alarm = await raise_manual_alarm(storstad.memory, storstad.residents[1], Priority.SECOND, actor="test")
    page = await open_page(f"/alarm/{alarm.alarm_id}")
    await expect(page.locator("body")).to_contain_text("tog slut i dag 16:00 och ingen har svarat. Ring först Lena")


async def test_decision_ended_on_a_saturday(storstad: NightTown, open_page: OpenPage) -> None:
    """Twenty-first of November is a Saturday: on Sunday evening the looks are visits, red, until a person says what comes next."""
    await storstad.execute("update decisions set ends_on = '2026-11-21' where resident_id = $1", storstad.residents[1])
    await storstad.set_clock(AT_23 - timedelta(hours=2))
    await planning.plan_town(storstad.memory, storstad.org)
    await reconcile_town(storstad.memory, storstad.org)
    assert await looks(storstad, 1) == "23:00 cancelled visit, 02:00 cancelled visit, 05:00 cancelled visit"
    page = await open_page("/todo", login="petra")
    await expect(page.locator(".threat")).to_contain_text("Astrid Lund")


async def test_times_changed_at_0150_for_0200(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.set_clock(AT_23 + timedelta(hours=2, minutes=50))
    await planning.plan_town(storstad.memory, storstad.org)
    page = await open_page(f"/residents/{storstad.residents[1]}/times", login="petra")
    await page.fill("[name=at-1]", "0230")
    await page.click(".why .primary")
    await expect(page.locator("main")).to_contain_text("tillsynen 02:00 har varit eller är på väg.")
    await page.click(".primary")
    await page.wait_for_url(f"**/residents/{storstad.residents[1]}")
    await planning.plan_changed(storstad.memory)
    assert "02:00 planned" in (await looks(storstad, 1)).replace("open", "planned")


async def test_two_planners_at_once(storstad: NightTown, open_page: OpenPage) -> None:
    path = f"/residents/{storstad.residents[1]}/times"
    first, second = await open_page(path, login="petra"), await open_page(path, login="petra")
    for page, at in ((first, "05:30"), (second, "04:45")):
        await page.fill("[name=at-2]", at)
        await page.click(".why .primary")
    await first.click(".primary")
    await first.wait_for_url(f"**/residents/{storstad.residents[1]}")
    await second.click(".primary")
    await expect(second.locator("[role=alert]")).to_contain_text("Någon annan har ändrat medan du skrev.")
    await expect(second.locator("[name=at-2]")).to_have_value("04:45")
    await expect(second.locator(".sentence")).to_contain_text("05:30")
