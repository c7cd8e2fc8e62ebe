"""Life of a session that a provider began: its idle limit, its account's page, and the sign-out, ours and the provider's."""

import time
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import pytest_asyncio
import structlog
from joserfc import jwt

from alarm_center.store.memory import Memory
from tests.support import oidc_provider as idp
from tests.support.night_town import NightTown
from tests.support.oidc_provider import OidcTestProvider
from tests.support.postgres import Database
from tests.support.site import Browser, Site
from tests.web.test_oidc import COMMISSIONS, assignments, choose, go, link, with_providers
from tests.web.test_session_life import STREAM_ENDS_S, is_in, seconds_to_end

WORD = "/login/oidc/logout/idp"


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[OidcTestProvider]:
    """A provider at which Olle signs in."""
    async with idp.oidc_provider() as running:
        yield running


@pytest.mark.parametrize(("title", "status"), [("Larmcentralen", 200), ("Nattledare", 303)])
async def test_the_assignment_says_how_long_it_may_idle(
    storstad: NightTown, provider: OidcTestProvider, title: str, status: int
) -> None:
    """A lead idles out after 20 minutes, an operator's board never; the roles that were not chosen do not count."""
    await link(storstad, provider)
    await storstad.execute(
        "update memberships set roles = '{operator,lead}' where user_id = $1", storstad.users["olle"]
    )
    provider.person["commissions"] = COMMISSIONS
    async with with_providers(storstad, provider.provider(**assignments())) as pages:
        olle = pages.browser()
        await go(olle, provider)
        await choose(olle, title)
        await storstad.set_clock(await storstad.memory.now() + timedelta(minutes=19))
        assert (await olle.get("/account", follow=False)).status == 200
        await storstad.set_clock(await storstad.memory.now() + timedelta(minutes=21))
        assert (await olle.get("/account", follow=False)).status == status


async def test_who_has_no_password_is_offered_no_other(storstad: NightTown, provider: OidcTestProvider) -> None:
    provider.person.update(sub="new", name="Nora Ny", commissions=[{"id": "c-all"}])
    await link(storstad, provider, subject="linked")
    async with with_providers(storstad, provider.provider(**assignments(accounts="made"))) as pages:
        nora, olle = pages.browser(), pages.browser()
        assert (await go(nora, provider)).status == 303
        page = await nora.text("/account")
        assert 'action="/account/password"' not in page and "Här finns inget lösenord" in page
        form = {"old": "!", "new": "fyra ord som inte hör ihop", "again": "fyra ord som inte hör ihop"}
        assert (await nora.post("/account/password", form)).status == 403
        provider.person.update(sub="linked")
        assert (await go(olle, provider)).status == 303
        assert 'action="/account/password"' in await olle.text("/account"), "a linked person has their own beside it"


# ---- signed out here, and at the provider ----


async def left(browser: Browser) -> Mapping[str, str] | None:
    """Sign out; return what the browser brings to the provider, ``None`` where it is not sent there."""
    await browser.get("/")
    out = await browser.post("/logout")
    assert not await is_in(browser)
    if out.status == 303:
        assert out.headers["Location"] == "/login"
        return None
    goal = unescape((await out.text()).split('content="0; url=')[1].split('"')[0])
    return {name: values[0] for name, values in parse_qs(urlsplit(goal).query).items()}


async def test_signing_out_goes_on_to_the_provider(storstad: NightTown, provider: OidcTestProvider) -> None:
    await link(storstad, provider)
    async with with_providers(storstad, provider.provider()) as pages:
        olle, siv = pages.browser(), pages.browser()
        await go(olle, provider)
        brought = await left(olle)
        assert brought is not None and brought["client_id"] == "fjarrtillsyn"
        assert brought["post_logout_redirect_uri"].endswith("/login")
        hint = jwt.decode(brought["id_token_hint"], provider.key_of("k1")).claims
        assert hint["sub"] == "olle-sub", "the provider knows whom to sign out, and asks nothing"
        await siv.sign_in("siv")
        assert await left(siv) is None, "who came by password leaves as before"


async def test_without_an_address_for_it_the_sign_out_is_ours(storstad: NightTown, provider: OidcTestProvider) -> None:
    await link(storstad, provider)
    provider.signs_out = False
    async with with_providers(storstad, provider.provider()) as pages:
        olle = pages.browser()
        await go(olle, provider)
        assert await left(olle) is None


async def test_no_row_holds_the_hint_in_the_clear(
    storstad: NightTown, provider: OidcTestProvider, database: Database
) -> None:
    await link(storstad, provider)
    owner = await Memory.open(database.owner, size=1)
    try:
        async with with_providers(storstad, provider.provider()) as pages:
            olle = pages.browser()
            await go(olle, provider)
            async with owner.transaction() as tx:
                kept: bytes = await tx.fetchval("select logout_hint from fjt.web_sessions")
            assert len(kept) > 300 and b"eyJ" not in kept and b"olle-sub" not in kept
            # A key that another sign-in at the same desk has brought opens no other's hint.
            jar = olle.client.session.cookie_jar
            jar.update_cookies({"fjt_hint": "of-a-colleague"}, pages.server.make_url("/"))
            brought = await left(olle)
            assert brought is not None and "id_token_hint" not in brought
    finally:
        await owner.close()


# ---- signed out by the provider ----


async def say(pages: Site, token: str, path: str = WORD) -> int:
    """Bring the provider's word as a machine does, without a cookie or a form's token; return the status."""
    address, form = pages.server.make_url(path), {"logout_token": token}
    async with aiohttp.ClientSession() as machine, machine.post(address, data=form) as answer:
        return answer.status


async def test_a_word_of_the_provider_ends_every_session(storstad: NightTown, provider: OidcTestProvider) -> None:
    """In all replicas, with their streams; one that began by password is none of the provider's."""
    await link(storstad, provider)
    async with (
        with_providers(storstad, provider.provider()) as pages,
        with_providers(storstad, provider.provider()) as replica,
    ):
        here, there, password, late = pages.browser(), replica.browser(), await pages.signed_in("olle"), pages.browser()
        for browser in (here, there):
            assert (await go(browser, provider)).status == 303
        sent = await late.get("/login/oidc/idp", follow=False)
        assert (await late.get(provider.authorize(sent.headers["Location"]), follow=False)).status == 200
        async with there.client.get("/stream") as response:
            assert await seconds_to_end(response, lambda: say(pages, provider.logout_token())) < STREAM_ENDS_S
        assert [await is_in(browser) for browser in (here, there, password)] == [False, False, True]
        begun = await late.get("/login/assignment", follow=False)
        assert begun.headers["Location"] == "/login", "nor does a sign-in go on that was under way"


async def test_a_word_about_one_session_ends_that_one(storstad: NightTown, provider: OidcTestProvider) -> None:
    await link(storstad, provider)
    async with with_providers(storstad, provider.provider()) as pages:
        browsers = [pages.browser() for _ in range(3)]
        for browser, sid in zip(browsers, ("one", "two", None), strict=True):
            provider.person["sid"] = sid
            if sid is None:
                del provider.person["sid"]
            await go(browser, provider)
        assert await say(pages, provider.logout_token(sid="one", sub=None)) == 200
        assert [await is_in(browser) for browser in browsers] == [False, True, True]
        assert await say(pages, provider.logout_token(sid="two", sub="somebody-else")) == 200
        assert await say(pages, provider.logout_token(sid="gone")) == 200
        assert [await is_in(browser) for browser in browsers] == [False, True, False], "one whose sid nobody knows"
        assert await say(pages, provider.logout_token(sid="two")) == 200
        assert not await is_in(browsers[1])


def wrong_words() -> Mapping[str, tuple[str, Mapping[str, Any], idp.Sign]]:
    """Return each way in which a logout token is wrong: the fault, its claims, and how it is signed."""
    now, right = int(time.time()), idp.sign_rs256
    return {
        "another issuer": ("issuer", {"iss": "https://elsewhere.example"}, right),
        "no issuer": ("issuer", {"iss": None}, right),
        "another audience": ("audience", {"aud": "another-client"}, right),
        "no audience": ("audience", {"aud": None}, right),
        "with a nonce": ("nonce", {"nonce": "n"}, right),
        "expired": ("expired", {"exp": now - 120}, right),
        "no expiry": ("claims", {"exp": None}, right),
        "of yesterday": ("expired", {"iat": now - 86400}, right),
        "of tomorrow": ("not_yet", {"iat": now + 600}, right),
        "no id": ("claims", {"jti": None}, right),
        "an id that is a number": ("claims", {"jti": 7}, right),
        "no event": ("claims", {"events": None}, right),
        "another event": ("claims", {"events": {"http://schemas.openid.net/event/other": {}}}, right),
        "an event that is a word": ("claims", {"events": "http://schemas.openid.net/event/backchannel-logout"}, right),
        "about nobody": ("claims", {"sub": None}, right),
        "a session that is a number": ("claims", {"sid": 7}, right),
        "signed by nobody": ("algorithm", {}, idp.sign_nothing),
        "signed with the public key": ("algorithm", {}, idp.sign_with_public_key),
        "tampered with": ("signature", {}, idp.tamper),
        "no token": ("signature", {}, lambda *_: ""),
        "too long": ("claims", {}, lambda *_: "x" * 20_000),
        "an unknown key": ("key", {}, lambda claims, key, kid: right(claims, key, "nobody-has-it")),
    }


async def test_every_wrong_word_ends_nothing(storstad: NightTown, provider: OidcTestProvider) -> None:
    await link(storstad, provider)
    found = {}
    async with with_providers(storstad, provider.provider()) as pages:
        olle = pages.browser()
        await go(olle, provider)
        for name, (_, claims, sign) in wrong_words().items():
            provider.sign = sign
            token = provider.logout_token(**claims)
            with structlog.testing.capture_logs() as logs:
                assert await say(pages, token) == 400, name
            found[name] = next(line["fault"] for line in logs if line["event"] == "oidc_logout_refused")
        provider.sign = idp.sign_rs256
        assert await is_in(olle)
        assert await say(pages, provider.logout_token(), "/login/oidc/logout/another") == 404
        assert await is_in(olle)
    assert found == {name: fault for name, (fault, _, _) in wrong_words().items()}


async def test_a_word_is_good_once_in_all_replicas(storstad: NightTown, provider: OidcTestProvider) -> None:
    await link(storstad, provider)
    async with (
        with_providers(storstad, provider.provider()) as pages,
        with_providers(storstad, provider.provider()) as replica,
    ):
        word = provider.logout_token()
        assert await say(pages, word) == 200
        olle = pages.browser()
        await go(olle, provider)
        assert await say(replica, word) == await say(pages, word) == 400, "who kept it signs nobody out again"
        assert await is_in(olle)


async def test_a_provider_that_is_away_may_say_it_again(storstad: NightTown, provider: OidcTestProvider) -> None:
    provider.refuses = True
    async with with_providers(storstad, provider.provider()) as pages:
        assert await say(pages, provider.logout_token()) == 503
