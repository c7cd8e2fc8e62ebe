"""Pages of run-in nights and of a new resident in one form: read by axe in both themes, languages and widths."""

import os
from pathlib import Path
from typing import Final

import pytest

from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import EVERY_LOOK, broken

pytestmark = pytest.mark.browser

SHOTS: Final = os.environ.get("FJT_SHOTS")


@pytest.mark.parametrize(("theme", "language", "width"), EVERY_LOOK)
async def test_run_in_and_short_form(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    person = {"login": "hanna", "name": "Hanna Handläggare", "roles": ["coordinator", "case_officer"]}
    await storstad.extend(users=[{**person, "password_hash": PASSWORD_HASH}])
    await storstad.execute("update residents set run_in_from = '2026-11-21', run_in_nights = 3 where number = 4")
    path = f"/residents/{storstad.residents[4]}/run-in"
    page = await open_page(path, login="hanna", theme=theme, language=language, width=width)

    async def looks_right(name: str) -> None:
        assert await broken(page) == [], name
        if SHOTS:
            await page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{theme}-{language}.png", full_page=True)

    await looks_right("run-in")
    await page.fill("[name=nights]", "")
    await page.evaluate("document.querySelector('[name=nights]').removeAttribute('required')")
    await page.click(".moves .primary")
    await page.wait_for_selector("#wrong")
    await looks_right("run-in-wrong")
    await page.fill("[name=nights]", "0")
    await page.click(".moves .primary")
    await page.wait_for_selector(".sentence")
    await looks_right("run-in-said")
    await page.goto(f"/residents/{storstad.residents[4]}")
    await looks_right("resident")
    await page.goto("/drafts/short")
    await looks_right("short")
    await page.click(".moves .primary")
    await page.wait_for_selector("#wrong-name")
    await looks_right("short-wrong")
