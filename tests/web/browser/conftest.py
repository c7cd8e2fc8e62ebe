"""Fixtures for tests that drive Debian's Chromium as an operator or a carer would.

These tests share one event loop a process, and so one Chromium: to start it takes a second of a core. What a test opens is
closed behind it.
"""

import os
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from tests.support.night_town import PASSWORD, NightTown, at_two, town
from tests.support.postgres import Database
from tests.support.site import Site, site
from tests.support.waiting import DEADLINE_S

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
expect.set_options(timeout=DEADLINE_S * 1000)
BOARD = re.compile(r"//[^/]+/(\?answered=.*)?$")
OpenPage = Callable[..., Awaitable[Page]]
_FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the browser's tests run on one event loop."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed until its fixtures are put away."""
    report = yield
    item.stash[_FAILED] = report.failed or item.stash.get(_FAILED, False)
    return report


async def _print_pages(browser: Browser, request: pytest.FixtureRequest) -> None:
    """Print what each page shows, where the test failed."""
    if not request.node.stash.get(_FAILED, False):
        return
    for page in [page for context in browser.contexts for page in context.pages]:
        print(f"---- {page.url}")
        print(await page.evaluate("document.body.innerText"))


@pytest_asyncio.fixture(loop_scope="session")
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Twelve homes at two in the night, their checks just opened; two of them need eyes."""
    async with town(database, operator_sees=(3, 6), begin=at_two) as here:
        yield here


@asynccontextmanager
async def launched_chromium() -> AsyncIterator[Browser]:
    """Run Debian's Chromium; without one the test is skipped."""
    path = os.environ.get("FJT_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium here; make setup installs Debian's, or set FJT_CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def running_chromium() -> AsyncIterator[Browser]:
    """A running Chromium, for all of the process's tests."""
    async with launched_chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def chromium(running_chromium: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    """Chromium with nothing open; where the test fails, what its pages show stands in the report."""
    yield running_chromium
    await _print_pages(running_chromium, request)
    for context in running_chromium.contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def pages(storstad: NightTown) -> AsyncIterator[Site]:
    """The town's pages, on a free port."""
    async with site(storstad) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(chromium: Browser, pages: Site, request: pytest.FixtureRequest) -> AsyncIterator[OpenPage]:
    """Open a page in a browser of its own; whatever the browser refused or broke on fails the test."""
    trouble: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            trouble.append(message.text)

    async def open_(
        path: str = "/",
        *,
        login: str = "olle",
        width: int = 1440,
        theme: str = "dark",
        language: str = "sv",
        at: Site = pages,
    ) -> Page:
        root = str(at.server.make_url(""))
        context = await chromium.new_context(
            viewport={"width": width, "height": 900}, base_url=root, reduced_motion="reduce"
        )
        await context.add_cookies(
            [
                {"name": "fjt_theme", "value": theme, "url": root},
                {"name": "fjt_language", "value": language, "url": root},
            ]
        )
        page = await context.new_page()
        page.set_default_timeout(DEADLINE_S * 1000)
        page.on("console", heard)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        if login:
            await page.goto("/login")
            await page.fill("[name=login]", login)
            await page.fill("[name=password]", PASSWORD)
            await page.click(".sign-in .primary")
            await page.wait_for_url(lambda url: "/login" not in url)
        if not login or path != "/":
            await page.goto(path)
        return page

    yield open_
    await _print_pages(chromium, request)
    for context in chromium.contexts:
        await context.close()  # A page's last words are heard before they are counted.
    assert trouble == []
