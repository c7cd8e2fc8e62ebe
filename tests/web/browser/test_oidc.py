"""Sign-in by a provider in a real browser: from another site and back with strict cookies, and its pages to look at."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from alarm_center.identity.oidc import subject_hash
from alarm_center.identity.sealed_halves import half_hash, new_half
from alarm_center.store import oidc, sealed_accounts
from alarm_center.store.memory import now
from alarm_center.web.settings import WebSettings
from fjarrtillsyn.embedded.ports import HOST, free_port
from tests.support.night_town import NightTown
from tests.support.oidc_provider import OidcTestProvider, oidc_provider
from tests.support.site import Site, site
from tests.web.browser.conftest import BOARD, OpenPage
from tests.web.browser.test_accessible import LOOKS, broken

pytestmark = pytest.mark.browser

KEY = "k" * 40
TABLE = {
    "c1": {"org": "storstad", "roles": ["operator"], "title": "Larmcentralen"},
    "c2": {"org": "storstad", "roles": ["lead"], "areas": ["3"], "title": "Nattledare område 3"},
}


@pytest_asyncio.fixture(loop_scope="session")
async def provider() -> AsyncIterator[OidcTestProvider]:
    """A provider on another site: to a browser, localhost is not 127.0.0.1. Olle has two assignments there."""
    async with oidc_provider("localhost") as running:
        running.person["groups"] = ["c1", "c2"]
        yield running


@asynccontextmanager
async def linked(
    storstad: NightTown, provider: OidcTestProvider, table: Mapping[str, object] = TABLE
) -> AsyncIterator[Site]:
    """Yield the town's pages, where Olle is known to the provider."""
    port = free_port()
    settings = WebSettings(
        tick_s=0.05,
        public_url=f"http://{HOST}:{port}",
        providers=(provider.provider(assignment_claim="groups", assignments=table, logout=True, title="SITHS"),),
        subject_key=KEY,
    )
    await storstad.execute(
        "update memberships set roles = '{operator,lead}' where user_id = $1", storstad.users["olle"]
    )
    async with storstad.memory.transaction() as tx:
        await oidc.link_identity(tx, provider.url, subject_hash(KEY, provider.url, "olle-sub"), "olle")
    async with site(storstad, settings=settings, port=port) as running:
        yield running


async def test_a_browser_goes_to_the_provider_and_comes_back(
    storstad: NightTown, provider: OidcTestProvider, open_page: OpenPage
) -> None:
    async with linked(storstad, provider) as pages:
        page = await open_page("/login", login="", at=pages)
        await page.get_by_role("link", name="Logga in med SITHS").click()
        await page.wait_for_url("**/login/assignment")
        await page.get_by_text("Larmcentralen").click()
        await page.get_by_role("button", name="Fortsätt").click()
        await page.wait_for_url(BOARD)
        await expect(page.locator("#queue-title")).to_be_visible()
        await page.click(".menu > summary")
        await page.get_by_role("button", name="Logga ut Olle Operatör").click()
        await page.wait_for_url(f"{provider.url}/logout**")
        assert provider.left["post_logout_redirect_uri"].endswith("/login")
        assert provider.left["id_token_hint"].count(".") == 2, "the key of the hint came back with a strict cookie"
    async with linked(storstad, provider, {"c1": TABLE["c1"]}) as pages:
        page = await open_page("/login", login="", at=pages)
        await page.get_by_role("link", name="Logga in med SITHS").click()
        await page.wait_for_url(BOARD)
        before = await storstad.value("select count(*) from web_sessions")
        await page.goto("/login")
        await page.get_by_role("link", name="Logga in med SITHS").click()
        await page.wait_for_url(BOARD)
        assert await storstad.value("select count(*) from web_sessions") == before, "the one that it brought has ended"


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_the_pages_of_a_sign_in(
    storstad: NightTown, provider: OidcTestProvider, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    tried, opened = (new_half(), new_half()), (new_half(), new_half())
    async with storstad.memory.transaction() as tx:
        hashes = [(half_hash(first), half_hash(second)) for first, second in (tried, opened)]
        await sealed_accounts.make_accounts(tx, "storstad", hashes, await now(tx))
    async with linked(storstad, provider) as pages:
        page = await open_page("/login", login="", theme=theme, language=language, width=width, at=pages)
        assert await page.locator(".primary").count() == 1
        assert await broken(page) == []
        await page.goto("/login/oidc/idp")
        await page.wait_for_url("**/login/assignment")
        assert await broken(page) == []
        await page.goto("/login/oidc/callback/idp")
        assert await broken(page) == []
        await page.goto("/login/reserve?trial")
        await bring(page, (tried[0], "wrong"))
        await expect(page.locator("[role=alert]")).to_be_visible()
        assert await broken(page) == []
        await bring(page, tried)
        await expect(page.locator("code")).to_contain_text("break-glass make storstad")
        assert await broken(page) == []
        await page.goto("/login/reserve")
        assert await broken(page) == []
        await bring(page, opened)
        await page.wait_for_url(BOARD)
        await expect(page.locator(".banner.red")).to_contain_text("Anna Ek")
        assert await broken(page) == []


async def bring(page: Page, halves: tuple[str, str]) -> None:
    """Fill in what two people bring, and send it."""
    for name, half, person in zip(("first", "second"), halves, ("Anna Ek", "Bo Berg"), strict=True):
        await page.fill(f"[name={name}_half]", half)
        await page.fill(f"[name={name}_name]", person)
    await page.click(".primary")
