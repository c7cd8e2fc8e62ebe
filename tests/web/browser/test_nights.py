"""Nights walked in each role, in a browser: what the operator, the carer, the lead, the planner and the auditor read of one night.

Which test walks which night: docs/screens.md#nights-that-are-walked.
"""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from schemas.vocabulary import Answer, Reason
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown, at_two, drawn, town
from tests.support.postgres import Database
from tests.web.browser.conftest import BOARD, OpenPage

pytestmark = pytest.mark.browser

MORNING = TWO + timedelta(hours=7)
AFTERNOON = TWO + timedelta(hours=13, minutes=5)
"""After 15:00, when whoever is paused until 16:00 is asked about."""


async def at_two_with_everybody(here: NightTown) -> None:
    """Let the checks of two o'clock have just opened, in a town that has a lead and an auditor too."""
    people = (("lena", "Lena Ledare", "lead"), ("axel", "Axel Granskare", "auditor"))
    await here.extend(
        users=[
            {"login": login, "name": name, "roles": [role], "password_hash": PASSWORD_HASH}
            for login, name, role in people
        ]
    )
    await at_two(here)


@pytest_asyncio.fixture(loop_scope="session")
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Six homes at two in the night; an operator looks at the third."""
    async with town(database, residents=6, begin=at_two_with_everybody) as here:
        yield here


async def send_patrol(storstad: NightTown, operator: Page, row: str) -> None:
    """Take the alarm of that *row* of the board, and send a patrol."""
    await operator.click(f"{row} [data-key=c]")
    await operator.wait_for_url("**/alarm/*")
    await operator.keyboard.press("s")
    await expect(operator.locator(".now-box .state")).to_contain_text("Söker patrull")


async def open_link(storstad: NightTown, open_page: OpenPage, patrol: str = "Patrull 1") -> Page:
    """Open the link of the newest SMS that asked *patrol*, on a phone."""
    asked = "select token from notices where patrol = $1 order by asked_at desc, notice_id limit 1"
    return await open_page(f"/u/{await storstad.value(asked, patrol)}", login="", width=360)


async def drive(carer: Page) -> None:
    """Take the case on the link's page, drive, and be there."""
    await carer.click("text=10 min")
    await expect(carer.locator(".where .address")).to_be_visible()
    await carer.click("[value=on_site]")
    await expect(carer.locator(".thumb .at-site button")).to_be_visible()


async def end_with(carer: Page, outcome: str) -> None:
    """Be done, and say how it ended."""
    await carer.click(".thumb .at-site button")
    await carer.click(f".close [value={outcome}]")
    await expect(carer.locator(".lead")).to_contain_text("Klart.")


async def test_a_fall_is_reached_and_stands_in_the_log(storstad: NightTown, open_page: OpenPage) -> None:
    operator = await open_page()
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=drawn("fallen", 5))
    await operator.click(".row-p1 [data-key=c]")
    await operator.wait_for_selector(".has-picture")
    await operator.keyboard.press("s")
    await expect(operator.locator(".now-box .state")).to_contain_text("Söker patrull")
    carer = await open_link(storstad, open_page)
    await expect(carer.locator("main")).not_to_contain_text("Storgatan")
    await drive(carer)
    await expect(operator.locator(".now-box .state")).to_contain_text("Patrull 1 framme")
    await expect(operator.locator(".seeing [data-key=l]")).to_have_count(0)
    assert await storstad.value("select count(*) from looks") == 1, (
        "the picture went on while the page changed around it"
    )
    await end_with(carer, "helped_up")
    await expect(operator.locator(".dark-room")).to_contain_text("Larmet är avslutat. Bilden är borta.")
    auditor = await open_page("/looks/log", login="axel")
    look = auditor.locator(".ledger > li").first
    await expect(look).to_contain_text("Olle Operatör operatör → Bertil Ek nr 2, område 3")
    await expect(look).to_contain_text("Larm 4801, som kom av sig självt. Bild")


async def test_up_in_the_bathroom_at_both_attempts(storstad: NightTown, open_page: OpenPage) -> None:
    operator = await open_page("/night")
    await storstad.finding(1, Answer.SOMETHING_WRONG, Reason.UP)
    for number in (2, 4, 5, 6):
        await storstad.finding(number, Answer.IN_BED)
    await operator.reload()
    night = operator.locator("tr:has-text('Astrid Lund')")
    await expect(night).to_contain_text("02:00 Syns inte – tittar igen")
    await storstad.set_clock(TWO + timedelta(minutes=15, seconds=40))
    await storstad.step()
    await operator.goto("/")
    await storstad.finding(1, Answer.SOMETHING_WRONG, Reason.UP, attempt=2)
    await expect(operator.locator(".row-p2 h3")).to_have_text("Inte i sängen – uppe båda gångerna")
    await send_patrol(storstad, operator, ".row-p2")
    carer = await open_link(storstad, open_page)
    await drive(carer)
    await end_with(carer, "well_elsewhere")
    await storstad.set_clock(MORNING)
    planner = await open_page(f"/residents/{storstad.residents[1]}/nights", login="petra")
    await expect(planner.locator(".past-nights")).to_contain_text(
        re.compile(r"02:00 Tillsyn: uppe ur sängen, larm 480\d, var uppe eller i annat rum")
    )


async def test_a_covered_camera_is_uncovered_by_the_patrol(storstad: NightTown, open_page: OpenPage) -> None:
    operator = await open_page()
    await storstad.finding(5, Answer.CANNOT_TELL, Reason.COVERED, frames=drawn("covered", 5))
    await expect(operator.locator(".row h3")).to_have_text("Går inte att bedöma: kameran är täckt")
    await send_patrol(storstad, operator, ".row")
    carer = await open_link(storstad, open_page)
    await drive(carer)
    await carer.click(".deviation summary")
    await carer.fill(".deviation [name=note]", "En filt hängde över kameran")
    await carer.click(".deviation button")
    await expect(carer.locator("main")).to_contain_text("Skickat till planeraren: Avvikelse 02:00.")
    await end_with(carer, "well_in_bed")
    await storstad.set_clock(MORNING)
    planner = await open_page("/todo?all=1", login="petra")
    row = planner.locator(".matters li:has-text('En filt hängde över kameran')")
    await expect(row).to_contain_text("Avvikelse hos Ebbe Sjö, larm 4801, enligt Patrull 1.")
    await row.get_by_role("button", name="Åtgärdat").click()
    await expect(row).to_have_count(0)


async def test_two_falls_one_patrol_and_the_lead_takes_one(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.execute("update shifts set ends_at = clock.now() where patrol = 'Patrull 2'")
    operator = await open_page()
    await storstad.finding(1, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await send_patrol(storstad, operator, ".row.first")
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    carer = await open_link(storstad, open_page)
    await drive(carer)
    await operator.goto("/")
    await send_patrol(storstad, operator, ".row-p1:not(.mine)")
    await storstad.step()
    await carer.reload()
    await expect(carer.locator(".card.mine")).to_contain_text("4802 PRIO 1 · väntar på svar")
    lead = await open_link(storstad, open_page, "Nattansvarig")
    await lead.click("text=20 min")
    await expect(lead.locator(".where .who")).to_contain_text("Bertil Ek")
    await operator.goto("/")
    await expect(operator.locator(".patrols")).to_contain_text("Patrull 1 omr 3 framme 4801")
    await carer.reload()
    await expect(carer.locator(".card.mine")).to_contain_text("Inget annat larm.")


async def test_a_stay_at_hospital_that_nobody_reported(storstad: NightTown, open_page: OpenPage) -> None:
    operator = await open_page()
    await storstad.finding(4, Answer.CANNOT_TELL, Reason.STILL)
    await send_patrol(storstad, operator, ".row-p2")
    carer = await open_link(storstad, open_page)
    await drive(carer)
    await carer.click(".nobody summary")
    await carer.click(".nobody [value=where_unknown]")
    await expect(carer.locator(".where-now")).to_contain_text("Leta runt huset och fråga grannar.")
    await expect(operator.locator(".troubles")).to_contain_text("Ingen hemma enligt Patrull 1.")
    await expect(operator.locator(".next-moves a.primary")).to_have_attribute("href", "tel:112")
    await operator.click(".outcomes >> text=Till sjukhus")
    await expect(operator.locator(".sentence")).to_contain_text("Ingen titt i natt 05:00.")
    await operator.click(".why .primary")
    await operator.wait_for_url(BOARD)
    await expect(operator.locator(".trouble")).to_have_count(0)
    await storstad.set_clock(AFTERNOON)
    lead = await open_page("/todo", login="lena")
    question = lead.locator("li:has-text('Daga Persson')")
    await expect(question).to_contain_text("Sjukhus, pausen slutar i dag 16:00. Hemma i natt?")


async def test_the_night_is_handed_over_and_read_in_the_morning(storstad: NightTown, open_page: OpenPage) -> None:
    evening = await open_page()
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await send_patrol(storstad, evening, ".row-p1")
    morning = await open_page("/hand-over", login="siv")
    await expect(morning.locator(".handing")).to_contain_text(
        "4801 Något är fel: person syns på golvet, Bertil Ek, område 3."
    )
    await expect(morning.locator(".handing")).to_contain_text("Olle Operatör har det.")
    await morning.click("text=Jag tar över, Siv Operatör")
    await expect(morning.locator(".banner[role=status]")).to_contain_text("Sparat. Du har tagit över.")
    await morning.goto("/")
    await morning.click(".row-p1 [data-open]")
    await morning.select_option("[name=reason]", index=1)
    await morning.click("text=Ta över från Olle Operatör")
    await expect(evening.locator(".now-box .tag")).to_have_text("Hos Siv Operatör")
    carer = await open_link(storstad, open_page)
    await drive(carer)
    await end_with(carer, "helped_up")
    await storstad.set_clock(MORNING)
    lead = await open_page("/report", login="lena")
    await expect(lead.locator(".report tbody tr").first).to_contain_text("3")


async def test_a_relative_asks_who_looked(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.finding(3, Answer.IN_BED, frames=drawn("asleep", 5))
    operator = await open_page(f"/check/{await storstad.check_of(3)}")
    await operator.wait_for_selector(".has-picture")
    await operator.keyboard.press("1")
    await operator.wait_for_url(BOARD)
    await storstad.set_clock(MORNING)
    planner = await open_page(f"/residents/{storstad.residents[3]}", login="petra")
    await planner.click("text=Vem har tittat")
    listed = planner.locator(".handout")
    await expect(listed).to_contain_text("Cecilia Norén, november 2026")
    await expect(listed).to_contain_text("tittade Olle O. på dig i")
    await expect(listed).to_contain_text("för tillsynen kl 02:00.")
    auditor = await open_page("/looks/readings", login="axel")
    await expect(auditor.locator(".ledger")).to_contain_text("Petra Planerare visade brukarens lista.")
    await expect(auditor.locator(".ledger")).to_contain_text("bara om Cecilia Norén")
