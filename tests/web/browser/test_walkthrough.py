"""Walkthrough of the document, line by line, on the demo's own parts: a resident, a camera in its box, and a look that night.

Whoever walks it reads for a minute before each click.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from drawn_homes import profile
from fjarrtillsyn.demo.pacing import Paces
from fjarrtillsyn.demo.play import watched_driver
from fjarrtillsyn.demo.stage import DemoStage, stage
from tests.support.real_time import RealTime
from tests.support.said_steps import Verbs, do_as_said
from tests.support.slow_reader import MovedMinute
from tests.support.waiting import DEADLINE_S, eventually

pytestmark = [pytest.mark.browser, pytest.mark.long]  # most of its four minutes is the night that passes

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "walkthrough.md"
LOOKED_AT_WITHIN_S: Final = 400.0
"""Of real time, for at most an hour of this night, as fast as it goes."""
BED: Final = next(zone for zone in profile("asleep")["zones"] if zone["name"] == "bed")["polygon"]
FORM_S, TAP_S, WITHIN_S, FORMS = 60, 3, 300, 4
"""Seconds of a page that is filled in, of a tap, and of all; and the pages."""
LINE: Final = re.compile(r"^\d+\. (.*)$", re.MULTILINE)


class Walker:
    """Somebody at *page* who does what a line says, and nothing else. *read* lets the minute before a click pass."""

    def __init__(self, page: Page, on: DemoStage, read: Callable[[], Awaitable[None]]) -> None:
        self.page, self.on, self.read = page, on, read
        self.presses, self.pages_filled, self.taps = 0, 0, 0
        self._is_filled = self._counts = False
        self.verbs: Verbs = {
            r"Sign in as `(\w+)`": self.sign_in,
            r"[Pp]ress \*\*([^*]+)\*\*": self.press,
            r"[Ww]rite `([^`]+)` at \*\*([^*]+)\*\*": self.write,
            r"Pick `([^`]+)` at \*\*([^*]+)\*\*": self.pick,
            r"Choose \*\*([^*]+)\*\* under \*\*([^*]+)\*\*": self.choose,
            r"Choose \*\*([^*]+)\*\*": self.choose,
            r"Wait for \*\*([^*]+)\*\*": self.wait,
            r"Wait for the picture": self.wait_for_picture,
            r"Type the camera's code": self.type_code,
            r"Drag the corners to the mattress": self.drag_corners,
        }

    async def do(self, line: str) -> None:
        """Do each sentence of *line*, in its order."""
        if line.startswith("Where the night is one of a weekend"):
            await expect(self.page.locator("main")).to_contain_text(re.compile("Vem svarar i helgen|Lämna papperet"))
            if not await self.page.get_by_text("Vem svarar i helgen?").count():
                return
        await do_as_said(line, self.verbs)

    async def sign_in(self, login: str) -> None:
        await self.page.goto(f"{self.on.url}/login?login={login}")
        await self.page.fill("[name=password]", self.on.password)
        self._is_filled = True
        self._sends()
        await self.page.click(".sign-in .primary")
        await self.page.wait_for_url(lambda url: "/login" not in url)

    @property
    def seconds(self) -> int:
        """Seconds by the document's count, from *Ny brukare* on."""
        return FORM_S * self.pages_filled + TAP_S * self.taps

    def _sends(self) -> None:
        """Count the page that is sent now: one that was filled in, or a tap."""
        self.presses += 1
        if self._counts:
            self.pages_filled += self._is_filled
            self.taps += not self._is_filled
        self._is_filled = False

    async def press(self, text: str) -> None:
        page = self.page
        self._counts = self._counts or text == "Ny brukare"
        self._sends()
        either = page.get_by_role("button", name=text, exact=True).or_(page.get_by_role("link", name=text, exact=True))
        button = either.locator("visible=true").first
        await expect(button).to_be_visible()
        await self.read()
        await button.click()

    async def write(self, value: str, label: str) -> None:
        self._is_filled = True
        await self._field(label).fill(value)

    async def pick(self, value: str, label: str) -> None:
        self._is_filled = True
        label_of = self.page.locator("label").filter(has_text=re.compile(rf"^\s*{label}"))
        await label_of.locator("select").select_option(label=value)

    async def choose(self, label: str, under: str = "") -> None:
        self._is_filled = True
        within: Page | Locator = self.page
        if under:
            within = self.page.locator("fieldset", has=self.page.locator("legend", has_text=under)).last
        await within.get_by_label(label, exact=True).first.check()

    async def wait(self, text: str) -> None:
        await expect(self.page.locator("main")).to_contain_text(text)

    async def wait_for_picture(self) -> None:
        await self.page.wait_for_selector(".seen.has-picture")

    async def type_code(self) -> None:
        self._is_filled = True
        await self.page.fill("[name=code]", await self.page.inner_text(".box-screen b"))

    async def drag_corners(self) -> None:
        self._is_filled = True
        box = await self.page.locator(".drawing").bounding_box()
        assert box is not None
        for n, (across, down) in enumerate(BED):
            await self.page.locator(f"[data-corner='{n}']").hover()
            await self.page.mouse.down()
            await self.page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"], steps=3)
            await self.page.mouse.up()

    def _field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True).locator("visible=true").first


async def test_the_walkthrough_leads_to_a_look_that_night(chromium: Browser) -> None:
    async with stage() as on:
        page = await (await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="sv-SE")).new_page()
        page.set_default_timeout(DEADLINE_S * 1000)
        real = RealTime(0.0, runs=True)
        driver = await watched_driver(on, alone=False, real=real)

        async def play() -> None:
            await driver.wait_for_newcomer()
            await driver.play_night()

        night = asyncio.create_task(play())
        try:
            walker, began = Walker(page, on, MovedMinute(on, driver, real)), time.monotonic()
            lines = LINE.findall(DOCUMENT.read_text(encoding="utf-8"))
            for line in lines[:-1]:
                await walker.do(line)
            seconds = time.monotonic() - began
            print(
                f"the walkthrough: {len(lines)} lines, {walker.presses} buttons, {seconds:.0f} s of this machine; from the new"
                f" resident on {walker.pages_filled} pages filled in and {walker.taps} taps: {walker.seconds} s by the count"
            )
            assert walker.pages_filled == FORMS and walker.seconds < WITHIN_S

            assert driver.pacing is not None
            driver.pacing._paces = Paces(waiting=600.0, driving=600.0, quiet=600.0)  # nobody reads any more

            async def state() -> str | None:
                async with on.memory.transaction() as tx:
                    found: str | None = await tx.fetchval(
                        "select state from checks join residents using (resident_id) where name = 'Nils Ny' order by opens_at limit 1"
                    )
                return found if found in {"to_look", "seen"} else None

            assert await eventually(state, deadline_s=LOOKED_AT_WITHIN_S)
            async with on.memory.transaction() as tx:
                looked = await tx.fetchrow(
                    "select s.device_id, s.answer, s.needs_human from sessions s join checks c using (check_id)"
                    " join residents r on r.resident_id = c.resident_id where r.name = 'Nils Ny'"
                )
            assert looked is not None
            assert looked["device_id"].startswith("cam-") and looked["needs_human"]
            assert looked["answer"] == "in_bed"
        finally:
            night.cancel()
            await asyncio.gather(night, return_exceptions=True)
