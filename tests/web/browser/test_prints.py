"""Papers as Chromium prints them: one A4 for the resident, pages that are accessible before they are printed."""

import re

import pytest
from playwright.async_api import Page

from schemas.vocabulary import Answer, Reason
from tests.support import town_file
from tests.support.night_town import NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import LOOKS, broken

pytestmark = pytest.mark.browser

DECIDED = {"reference": "B99", "starts_on": town_file.LONG_AGO}
LONG_NAME = "Anna-Margareta Wilhelmina von Oxenstierna-Silfverhielm af Klint"


async def sheets(page: Page) -> int:
    """Return how many sheets the page takes, by its own print styles."""
    made = await page.pdf(prefer_css_page_size=True)
    assert re.search(rb"/MediaBox \[0 0 59[45][.\d]* 84[12]", made), "A4"
    return len(re.findall(rb"/Type\s*/Page\b", made))


async def test_the_residents_own_paper_is_one_a4(storstad: NightTown, open_page: OpenPage) -> None:
    slots = [
        *({"time": time} for time in ("22:00", "23:30", "02:00")),
        {"time": "00:30", "weekdays": ["mon", "wed", "fri"]},
        {"time": "03:00", "weekdays": ["sat", "sun"], "window_minutes": 60},
        {"time": "04:00", "weekdays": ["tue", "thu"], "by_visit": True},
    ]
    home = town_file.home(99, name=LONG_NAME, device="cam99", slots=slots) | {"decision": DECIDED}
    await storstad.extend(residents=[home])
    resident = await storstad.value("select resident_id from residents where number = 99")
    await storstad.execute("update organisations set fixed_number = '+4684650040'")
    for language, words in (("sv", "Du behöver inte säga varför."), ("en", "You do not have to say why.")):
        page = await open_page(f"/residents/{resident}/leaflet", login="petra", language=language)
        assert await sheets(page) == 1, language
        text = await page.inner_text("article")
        assert words in text and LONG_NAME in text and "04:00" in text and "08-465 00 40" in text
        await page.emulate_media(media="print")
        await page.set_viewport_size({"width": 673, "height": 1001})
        sizes = await page.evaluate(
            "[...document.querySelectorAll('article *')].map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) >= 23.9, "18 points are 24 px"


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_each_paper_is_accessible(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    await storstad.finding(1, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    resident = storstad.residents[1]
    page = await open_page(f"/residents/{resident}", login="petra", theme=theme, language=language, width=width)
    root = page.url.partition("/residents")[0]
    paths = [f"/residents/{resident}/{each}" for each in ("plan", "leaflet", "nights?from=2026-11-21&to=2026-11-21")]
    for path in (*paths, f"/looks/resident/{resident}/letter"):
        await page.goto(f"{root}{path}")
        assert await broken(page) == [], path
