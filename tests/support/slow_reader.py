"""A newcomer who does what README says of the demo, in a real Chromium, and reads for a minute before each click."""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from playwright.async_api import Locator, Page, expect

from fjarrtillsyn.demo.driver import Driver
from fjarrtillsyn.demo.pacing import REAL
from fjarrtillsyn.demo.stage import DemoStage
from tests.support.real_time import RealTime
from tests.support.said_steps import Verbs, do_as_said
from tests.support.waiting import eventually

READS_S: Final = 60.0
"""Real seconds of reading before each click."""

BOARD: Final = re.compile(r"//[^/]+/$")
FALL: Final = "Something is wrong: person on the floor"
_README: Final = Path(__file__).parents[2] / "README.md"
_WALK: Final = re.compile(r"The clock stands until .*? with the outcome\.", re.DOTALL)
_FALLS_WITHIN_MS: Final = 180_000


@dataclass(slots=True)
class MovedMinute:
    """A minute of reading that the demo on *on* believes in: *real* is moved, and the service is waited for until it has passed."""

    on: DemoStage
    driver: Driver
    real: RealTime

    async def __call__(self) -> None:
        """Let it pass; it is a minute of the service, no more.

        Raises:
            AssertionError: the service's clock went further.
        """
        # The page may show a case sooner than the night has slowed down for it: a minute that passes before is not counted.
        await eventually(lambda: self.driver.pacing is not None and self.driver.pacing._pace == REAL)
        before = await self.on.clock.now()
        self.real.s += READS_S

        async def has_passed() -> bool:
            return await self._seconds_since(before) >= READS_S

        started = time.monotonic()
        await eventually(has_passed)
        assert await self._seconds_since(before) < READS_S + 2 + time.monotonic() - started

    async def _seconds_since(self, instant: datetime) -> float:
        return (await self.on.clock.now() - instant).total_seconds()


@dataclass(slots=True)
class SlowReader:
    """One person at *page*, whose browser speaks English as README does. *wait* lets :data:`READS_S` pass for the service."""

    page: Page
    url: str
    password: str
    wait: Callable[[], Awaitable[None]]
    _has_case: bool = field(default=False, init=False)

    async def walk(self) -> None:
        """Do what README says of the demo, each step of it in its order and once.

        Raises:
            AssertionError: something on the way is not as README says, or the case slipped away during a reading.
        """
        verbs: Verbs = {
            r"sign in as \*(\w+)\*": self.sign_in,
            "somebody falls": self._see_the_fall,
            "Take the alarm": self._take,
            r"\blook\b": self._look,
            "send the patrol": self._send,
            r"open \*(\w+)\* and answer its SMS \(([^)]+)\)": self._answer_on_the_phone,
            "close with the outcome": self._close,
        }
        said = _WALK.search(_README.read_text(encoding="utf-8"))
        assert said is not None, "README tells of no walk"
        assert await do_as_said(" ".join(said[0].split()), verbs) == len(verbs)

    async def sign_in(self, login: str) -> None:
        """Sign in at the address that the demo printed."""
        await self.page.goto(f"{self.url}/login?login={login}")
        await self.page.fill("[name=password]", self.password)
        await self.page.click(".sign-in .primary")
        await self.page.wait_for_url(BOARD)

    async def _see_the_fall(self) -> None:
        await expect(self.page.locator(".row.row-p1 h3")).to_have_text(FALL, timeout=_FALLS_WITHIN_MS)

    async def _take(self) -> None:
        await self._click(self.page.locator(".row.row-p1 [data-key=c]"))
        self._has_case = True

    async def _look(self) -> None:
        await self.page.wait_for_selector(".has-picture")
        await self._click(self.page.locator("[data-play]"))

    async def _send(self) -> None:
        await self._click(self.page.locator("[data-key=s]"))
        await expect(self.page.locator(".asked")).to_contain_text("Patrull 1")

    async def _answer_on_the_phone(self, phones_by_name: str, answers: str) -> None:
        await self._read()
        async with self.page.context.expect_page() as opened:
            await self.page.get_by_role("link", name=phones_by_name, exact=True).click()
        phones = await opened.value
        phone = phones.get_by_role("region", name="Patrull 1")
        for label, receipt in zip(answers.split(", "), ("är ditt", "framme", "klar"), strict=True):
            await self._click(phone.get_by_role("button", name=label, exact=True))
            await expect(phone.locator(".sms li.in").last).to_contain_text(receipt)
        await phones.close()

    async def _close(self) -> None:
        await self._read()
        await self._click(self.page.locator("[name=outcome][value=helped_up]"))
        try:
            await expect(self.page).to_have_url(BOARD)
        except AssertionError as stays:
            said = await self.page.locator("#said").text_content()
            page = await self.page.locator("body").get_attribute("class")
            raise AssertionError(f"the page stays: it says {said!r}, body {page!r}") from stays

    async def _read(self) -> None:
        await self.wait()
        if self._has_case:
            await expect(self.page.locator(".now-box .tag.mine")).to_be_visible()

    async def _click(self, what: Locator) -> None:
        await expect(what).to_be_visible()
        await self._read()
        await what.click()
