"""A newcomer who walks the demo as README says, in a real Chromium, and reads for a minute before each click."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from playwright.async_api import Locator, Page, expect

READS_S = 60.0
"""Real seconds of reading before each click."""

BOARD = re.compile(r"//[^/]+/$")
FALL = "Något är fel: person syns på golvet"


@dataclass(slots=True)
class SlowReader:
    """One person at *page*. *wait* lets :data:`READS_S` pass for the service."""

    page: Page
    url: str
    password: str
    wait: Callable[[], Awaitable[None]]
    _has_case: bool = field(default=False, init=False)

    async def walk(self) -> None:
        """Sign in, take the alarm, look, send the patrol, answer its SMS in a second tab, and close.

        Raises:
            AssertionError: something on the way is not as README says, or the case slipped away during a reading.
        """
        await self.sign_in()
        row = self.page.locator(".row.row-p1")
        await expect(row.locator("h3")).to_have_text(FALL, timeout=180_000)
        await self._click(row.locator("[data-key=c]"))
        self._has_case = True
        await self.page.wait_for_selector(".has-picture")
        await self._click(self.page.locator("[data-play]"))
        await self._click(self.page.locator("[data-key=s]"))
        await expect(self.page.locator(".asked")).to_contain_text("Patrull 1")
        await self._answer_on_the_phone()
        await self._close()

    async def sign_in(self) -> None:
        """Sign in at the address that the demo printed."""
        await self.page.goto(f"{self.url}/login?login=operator")
        await self.page.fill("[name=password]", self.password)
        await self.page.click(".sign-in .primary")
        await self.page.wait_for_url(BOARD)

    async def _answer_on_the_phone(self) -> None:
        await self._read()
        async with self.page.context.expect_page() as opened:
            await self.page.get_by_role("link", name="Telefoner").click()
        phones = await opened.value
        phone = phones.get_by_role("region", name="Patrull 1")
        for digit, answer in (("1", "är ditt"), ("3", "framme"), ("4", "klar")):
            await self._click(phone.locator(f".quick [value='{digit}']"))
            await expect(phone.locator(".sms li.in").last).to_contain_text(answer)
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
