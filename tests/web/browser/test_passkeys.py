"""Passkeys in a real browser with a virtual authenticator: made, shown, and refused where they are not this person's or page's.

docs/adr/0028-second-factors.md
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

import pytest
import pytest_asyncio
from playwright.async_api import Browser, CDPSession, Page, expect

from alarm_center.identity.passkeys import RelyingParty
from alarm_center.web.app_keys import SETTINGS
from alarm_center.web.settings import WebSettings
from fjarrtillsyn.embedded.ports import free_port
from schemas import timeline
from tests.support.night_town import PASSWORD, NightTown
from tests.support.site import TICK_S, Site, site
from tests.support.waiting import DEADLINE_S
from tests.web.browser.conftest import BOARD, launched_chromium
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser

SIGN: Final = """
async ([options, answer]) => {
  const csrf = document.querySelector("[name=csrf]").content;
  const asked = await fetch(options, { method: "POST", body: new URLSearchParams({ csrf }) });
  const given = { ...await asked.json(), allowCredentials: [] };
  const made = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(given) });
  const credential = JSON.stringify(made.toJSON());
  const sent = await fetch(answer, { method: "POST", body: new URLSearchParams({ csrf, credential }), redirect: "manual" });
  return sent.type === "opaqueredirect" ? 303 : sent.status;
}
"""
"""Sign a page's challenge with whatever passkey the authenticator has, as no page of ours asks for."""


DEVICE: Final = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip
"""A phone or a computer that verifies its owner, and says yes at once."""


@dataclass
class Person:
    """A person's own device: a page of a browser, and the authenticator in it."""

    page: Page
    session: CDPSession
    authenticator: str

    async def verified(self, isUserVerified: bool) -> None:
        """Let the person pass, or fail, at the authenticator."""
        await self._send("WebAuthn.setUserVerified", isUserVerified=isUserVerified)

    async def roll_back(self) -> None:
        """Give the authenticator's passkeys the count that they began with, as a copy of a key has."""
        for credential in (await self._send("WebAuthn.getCredentials"))["credentials"]:
            await self._send("WebAuthn.removeCredential", credentialId=credential["credentialId"])
            await self._send("WebAuthn.addCredential", credential={**credential, "signCount": 0})

    async def change_device(self) -> None:
        """Put the device and its passkeys away, and take another."""
        await self._send("WebAuthn.removeVirtualAuthenticator")
        made = await self.session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        self.authenticator = made["authenticatorId"]

    async def _send(self, method: str, **fields: Any) -> Any:
        return await self.session.send(method, {"authenticatorId": self.authenticator, **fields})

    async def give_password(self, login: str) -> None:
        await self._forget()
        await self.page.fill("[name=login]", login)
        await self.page.fill("[name=password]", PASSWORD)
        await self.page.click(".sign-in .primary")

    async def _forget(self) -> None:
        # The board is left first: its requests on the way would bring themselves to the sign-in.
        await self.page.goto("about:blank")
        await self.page.context.clear_cookies()
        await self.page.goto("/login")

    async def enrol(self, login: str) -> None:
        """Make a passkey at the first sign-in, and go on to the board."""
        await self.give_password(login)
        await self.page.click("text=Skapa passkey")
        await self.page.wait_for_selector(".recovery-codes")
        await self.page.click("text=Jag har sparat dem")
        await self.page.wait_for_url(BOARD)

    async def leave(self) -> None:
        """Forget every cookie, and open the sign-in."""
        await self._forget()


OpenPerson = Callable[..., Awaitable[Person]]


@pytest_asyncio.fixture(loop_scope="session")
async def strict(storstad: NightTown) -> AsyncIterator[Site]:
    """The town's pages under a name that passkeys can be bound to; a second factor is required."""
    port = free_port()
    party = RelyingParty("localhost", f"http://localhost:{port}")
    settings = WebSettings(tick_s=TICK_S, second_factor=True, party=party)
    async with site(storstad, settings=settings, port=port) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """A Chromium of the test's own: an authenticator asks which window is in front."""
    async with launched_chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def open_person(chromium: Browser, strict: Site) -> OpenPerson:
    """Open a browser with an authenticator of its own."""

    async def open_(at: Site = strict) -> Person:
        context = await chromium.new_context(base_url=f"http://localhost:{at.server.port}", locale="sv-SE")
        page = await context.new_page()
        page.set_default_timeout(DEADLINE_S * 1000)
        session = await context.new_cdp_session(page)
        await session.send("WebAuthn.enable")
        made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        return Person(page, session, made["authenticatorId"])

    return open_


async def test_it_is_enrolled_first_and_signs_in_alone(storstad: NightTown, open_person: OpenPerson) -> None:
    olle = await open_person()
    await olle.enrol("olle")
    added = "select data from events where kind = 'second_factor_added'"
    assert timeline.decode("second_factor_added", await storstad.value(added)) == timeline.SecondFactorAdded(
        storstad.users["olle"], "passkey"
    )
    await olle.leave()
    await olle.page.click("text=Logga in med passkey")
    await olle.page.wait_for_url(BOARD)
    await olle.give_password("olle")
    await olle.page.click("text=Använd passkey")
    await olle.page.wait_for_url(BOARD)


async def test_who_is_not_verified_by_the_device_stays_out(open_person: OpenPerson) -> None:
    olle = await open_person()
    await olle.enrol("olle")
    await olle.leave()
    await olle.verified(False)
    await olle.page.click("text=Logga in med passkey")
    await expect(olle.page.locator("#passkey-refused")).to_be_visible()
    assert "/login" in olle.page.url


@pytest.mark.parametrize(("theme", "language", "width"), [("dark", "sv", 360), ("light", "en", 1280)])
async def test_its_pages_are_for_everybody(open_person: OpenPerson, theme: str, language: str, width: int) -> None:
    """WCAG by axe, in the order in which somebody new meets them."""
    olle = await open_person()
    page = olle.page
    await page.set_viewport_size({"width": width, "height": 900})

    async def look() -> None:
        cookies = (("fjt_theme", theme), ("fjt_language", language))
        await page.context.add_cookies(
            [{"name": name, "value": value, "url": "http://localhost"} for name, value in cookies]
        )
        await page.reload()
        assert await broken(page) == [], page.url

    await page.goto("/login")
    await look()
    await olle.give_password("olle")
    await look()
    await page.goto("/login/enrol/app")
    await look()
    await page.goto("/login/enrol")
    await page.click("[data-passkey] button")
    await page.wait_for_selector(".recovery-codes")
    assert await broken(page) == [], "the recovery codes"
    await page.click(".primary")
    await page.wait_for_url(BOARD)
    for path in ("/account/factors", "/account/confirm"):
        await page.goto(path)
        await look()


async def test_an_answer_counts_once(open_person: OpenPerson) -> None:
    olle = await open_person()
    await olle.enrol("olle")
    await olle.leave()
    async with olle.page.expect_request("**/login/passkey") as sent:
        await olle.page.click("text=Logga in med passkey")
    await olle.page.wait_for_url(BOARD)
    [answer] = parse_qs((await sent.value).post_data or "")["credential"]
    await olle.leave()
    replay = """
    async ([credential, fresh]) => {
      const csrf = document.querySelector("[name=csrf]").content;
      if (fresh) await fetch("/login/passkey/options", { method: "POST", body: new URLSearchParams({ csrf }) });
      return (await fetch("/login/passkey", { method: "POST", body: new URLSearchParams({ csrf, credential }) })).status;
    }
    """
    assert await olle.page.evaluate(replay, [answer, False]) == 403, "without a challenge"
    assert await olle.page.evaluate(replay, [answer, True]) == 403, "with a new one"


async def test_a_copied_key_is_refused(open_person: OpenPerson) -> None:
    olle = await open_person()
    await olle.enrol("olle")
    await olle.leave()
    await olle.page.click("text=Logga in med passkey")
    await olle.page.wait_for_url(BOARD)
    await olle.roll_back()
    await olle.leave()
    await olle.page.click("text=Logga in med passkey")
    await expect(olle.page.locator(".sign-in .wrong")).to_have_text(re.compile("Det gick inte att använda"))


async def test_another_pages_answer_is_refused(storstad: NightTown, strict: Site, open_person: OpenPerson) -> None:
    """A page at another address of the same host passes a challenge of ours on, and brings the answer."""
    party = strict.app[SETTINGS].party
    async with site(storstad, settings=WebSettings(tick_s=TICK_S, second_factor=True, party=party)) as elsewhere:
        olle = await open_person(elsewhere)
        await olle.give_password("olle")
        await olle.page.click("text=Skapa passkey")
        await expect(olle.page.locator(".sign-in .wrong").first).to_have_text(re.compile("Det gick inte att använda"))


async def test_nobody_signs_with_anothers_passkey(strict: Site, open_person: OpenPerson) -> None:
    siv = await open_person()
    await siv.enrol("siv")
    await strict.browser().sign_in("olle")
    await siv.give_password("olle")
    await siv.page.wait_for_selector("text=Kod från appen")
    assert await siv.page.evaluate(SIGN, ["/login/second/options", "/login/second/passkey"]) == 403
    await siv.leave()
    assert await siv.page.evaluate(SIGN, ["/login/passkey/options", "/login/passkey"]) == 303, "she is herself"


async def test_a_removed_passkey_opens_nothing(open_person: OpenPerson) -> None:
    olle = await open_person()
    await olle.enrol("olle")
    await olle.page.goto("/account/factors")
    assert not await olle.page.get_by_role("button", name="Ta bort").count(), "the last one stays"
    await olle.change_device()
    await olle.page.click("text=Lägg till passkey")
    await olle.page.get_by_role("button", name="Ta bort").nth(1).click()
    await expect(olle.page.get_by_role("button", name="Ta bort")).to_have_count(0)
    await olle.leave()
    await olle.page.click("text=Logga in med passkey")
    await expect(olle.page.locator(".sign-in .wrong")).to_have_text(re.compile("Det gick inte att använda"))
