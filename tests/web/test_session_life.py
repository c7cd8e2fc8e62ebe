"""The life of a session, from outside: begun anew at each sign-in, ended everywhere at once, streams within two seconds."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import aiohttp
import pytest

from alarm_center.web.auth import COOKIE
from alarm_center.web.settings import WebSettings
from tests.support.night_town import PASSWORD, TWO, NightTown
from tests.support.site import TICK_S, Browser, Site, site
from tests.support.waiting import DEADLINE_S

NEW_PASSWORD = "kanel grus månsken"
STREAM_ENDS_S = 2.0


@pytest.fixture
async def replica(storstad: NightTown) -> AsyncIterator[Site]:
    """A second replica on the same database, with the shipped pace of streams."""
    async with site(storstad, settings=WebSettings()) as other:
        yield other


def token_of(browser: Browser) -> str:
    """Return the session's token that the browser keeps."""
    return next(cookie.value for cookie in browser.client.session.cookie_jar if cookie.key == COOKIE)


def take_along(browser: Browser, replica: Site) -> Browser:
    """Return a browser at another replica that has the same session."""
    other = replica.browser()
    other.client.session.cookie_jar.update_cookies({COOKIE: token_of(browser)}, replica.server.make_url("/"))
    return other


async def is_in(browser: Browser) -> bool:
    """Tell whether the browser's session opens the board."""
    return (await browser.get("/", follow=False)).status == 200


async def seconds_to_end(response: aiohttp.ClientResponse, act: Callable[[], Awaitable[object]]) -> float:
    """Return how long the open stream goes on after *act*."""
    await response.content.readline()
    await act()
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(DEADLINE_S):
        while await response.content.readline():
            pass
    return loop.time() - began


async def change_password(browser: Browser, old: str = PASSWORD, new: str = NEW_PASSWORD) -> aiohttp.ClientResponse:
    await browser.get("/account")
    return await browser.post("/account/password", {"old": old, "new": new, "again": new})


# ---- begun ----


async def test_signing_in_again_ends_the_session_brought(pages: Site) -> None:
    olle = await pages.signed_in("olle")
    before = take_along(olle, pages)
    assert await is_in(before)
    await olle.sign_in("siv")
    assert not await is_in(before)
    assert await is_in(olle)


async def test_a_token_that_was_planted_is_never_a_session(pages: Site) -> None:
    victim, planted = pages.browser(), "planted-by-somebody-else-0123456789abcdefgh"
    victim.client.session.cookie_jar.update_cookies({COOKIE: planted}, pages.server.make_url("/"))
    await victim.sign_in("olle")
    thief = pages.browser()
    thief.client.session.cookie_jar.update_cookies({COOKIE: planted}, pages.server.make_url("/"))
    assert not await is_in(thief)
    assert re.fullmatch(r"[\w-]{43}", token_of(victim)), "256 random bits"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {}])
async def test_no_other_site_signs_a_browser_in(pages: Site, headers: dict[str, str]) -> None:
    """Somebody who signs a victim in as themselves reads what the victim writes."""
    victim = pages.browser()
    if headers:
        await victim.get("/login")
    else:
        victim.csrf = "of-the-attackers-own-form"
    response = await victim.post("/login", {"login": "olle", "password": PASSWORD}, headers=headers)
    assert response.status == 403
    assert COOKIE not in response.cookies


# ---- ended ----


@pytest.mark.parametrize(
    "end",
    [
        "delete from web_sessions",
        "update users set disabled_at = now() where login = 'olle'",
        "update users set password_hash = 'x' where login = 'olle'",
        "update memberships set roles = '{operator,lead}' where user_id = (select user_id from users where login = 'olle')",
        "update memberships set areas = (select array_agg(area_id) from areas)",
        "update memberships set ended_at = clock.now()",
    ],
)
async def test_streams_of_every_replica_end_with_the_session(
    storstad: NightTown, pages: Site, replica: Site, end: str
) -> None:
    olle = take_along(await pages.signed_in("olle"), replica)
    async with olle.client.get("/stream") as response:
        took = await seconds_to_end(response, lambda: storstad.execute(end))
    assert took < STREAM_ENDS_S
    assert not await is_in(olle)


@pytest.mark.parametrize("path", ["/logout", "/account/sign-out"])
async def test_signing_out_ends_the_streams_of_other_replicas(pages: Site, replica: Site, path: str) -> None:
    olle = await pages.signed_in("olle")
    async with take_along(olle, replica).client.get("/stream") as response:
        assert await seconds_to_end(response, lambda: olle.post(path)) < STREAM_ENDS_S
    assert not await is_in(olle)


async def test_signing_out_ends_that_session_and_no_other(pages: Site) -> None:
    here, there = await pages.signed_in("olle"), await pages.signed_in("olle")
    await here.post("/logout")
    assert not await is_in(here)
    assert await is_in(there)


async def test_signing_out_everywhere_ends_ones_own_alone(pages: Site) -> None:
    here, there, siv = [await pages.signed_in(login) for login in ("olle", "olle", "siv")]
    account = await here.text("/account")
    assert account.count("<li><span>") == 2
    assert account.count("den här webbläsaren") == 1
    assert (await here.post("/account/sign-out")).headers["Location"] == "/login"
    assert [await is_in(browser) for browser in (here, there, siv)] == [False, False, True]


async def test_what_changes_no_role_ends_no_session(storstad: NightTown, pages: Site) -> None:
    olle = await pages.signed_in("olle")
    await storstad.execute("update memberships set roles = roles, areas = areas")
    await storstad.execute("update users set password_hash = password_hash, disabled_at = null")
    assert await is_in(olle)


async def test_a_last_day_to_come_ends_no_session_yet(storstad: NightTown, pages: Site) -> None:
    olle = await pages.signed_in("olle")
    await storstad.execute("update memberships set ended_at = clock.now() + interval '2 hours'")
    assert await is_in(olle)
    await storstad.set_clock(TWO + timedelta(hours=3))
    assert not await is_in(olle)


async def test_a_stream_ends_when_its_last_day_is_over(storstad: NightTown, pages: Site, replica: Site) -> None:
    olle = take_along(await pages.signed_in("olle"), replica)
    await storstad.execute("update memberships set ended_at = clock.now() + interval '2 hours'")
    async with olle.client.get("/stream") as response:
        later = TWO + timedelta(hours=3)
        assert await seconds_to_end(response, lambda: storstad.set_clock(later)) < STREAM_ENDS_S


async def test_a_roles_new_name_ends_no_session(storstad: NightTown, pages: Site) -> None:
    await storstad.execute("update memberships set roles = '{planner}' where user_id = $1", storstad.users["petra"])
    petra = await pages.signed_in("petra")
    await storstad.execute("update memberships set roles = '{coordinator}' where user_id = $1", storstad.users["petra"])
    assert (await petra.get("/account", follow=False)).status == 200


# ---- another password ----


async def test_another_password_ends_every_other_session(pages: Site) -> None:
    here, there = await pages.signed_in("olle"), await pages.signed_in("olle")
    stolen = take_along(here, pages)
    changed = await change_password(here)
    assert (changed.status, changed.headers["Location"]) == (303, "/account?changed=1")
    assert [await is_in(browser) for browser in (here, there, stolen)] == [True, False, False]
    assert (await pages.browser().sign_in("olle")).status == 403
    assert (await pages.browser().sign_in("olle", NEW_PASSWORD)).status == 303


async def test_another_password_makes_other_browsers_unknown(pages: Site) -> None:
    here, there = await pages.signed_in("olle"), await pages.signed_in("olle")
    await change_password(here)
    await there.get("/login")
    guesses = [await there.post("/login", {"login": "olle", "password": "wrong"}) for _ in range(6)]
    assert guesses[5].status == 429, "it has only a stranger's tries"
    await here.post("/logout")
    assert (await here.sign_in("olle", NEW_PASSWORD)).status == 303


async def test_another_password_needs_the_old_one_and_counts(pages: Site) -> None:
    olle = await pages.signed_in("olle")
    wrong = [await change_password(olle, old="wrong") for _ in range(11)]
    assert [answer.status for answer in wrong] == [403] * 10 + [429]
    assert "Det är inte ditt nuvarande lösenord" in await wrong[0].text()
    assert await is_in(olle)


async def test_an_unfit_password_is_refused_in_words(pages: Site) -> None:
    olle = await pages.signed_in("olle")
    for new, why in (("kort", "tolv tecken"), ("Sommaren2026!", "för vanligt"), ("storstad olle", "kommunens")):
        refused = await change_password(olle, new=new)
        assert refused.status == 400
        assert why in await refused.text()
    await olle.get("/account")
    unlike = await olle.post("/account/password", {"old": PASSWORD, "new": NEW_PASSWORD, "again": "another one"})
    assert unlike.status == 400
    assert (await pages.browser().sign_in("olle")).status == 303


# ---- time ----


@pytest.mark.parametrize(("role", "unused"), [("lead", 20), ("auditor", 15), ("admin", 15), ("operator", None)])
async def test_an_unused_session_ends_after_its_roles_time(
    storstad: NightTown, pages: Site, role: str, unused: int | None
) -> None:
    await storstad.execute("update memberships set roles = array[$1] where user_id = $2", role, storstad.users["siv"])
    siv = await pages.signed_in("siv")
    for _ in range(3):
        await storstad.set_clock(await storstad.memory.now() + timedelta(minutes=(unused or 60) - 1))
        assert (await siv.get("/account", follow=False)).status == 200, "each page is use"
    await storstad.set_clock(await storstad.memory.now() + timedelta(minutes=(unused or 60) + 1))
    assert (await siv.get("/account", follow=False)).status == (303 if unused else 200)


async def test_of_several_roles_the_shortest_time_counts(storstad: NightTown, pages: Site) -> None:
    await storstad.execute(
        "update memberships set roles = '{operator,admin}' where user_id = $1", storstad.users["siv"]
    )
    siv = await pages.signed_in("siv")
    await storstad.set_clock(await storstad.memory.now() + timedelta(minutes=16))
    assert not await is_in(siv)


async def test_an_open_board_is_use(storstad: NightTown, pages: Site) -> None:
    """A lead where the home care answers itself sits at a board, and is not signed out in the night."""
    await storstad.execute("update organisations set handled_by = 'home_care'")
    await storstad.execute("update memberships set roles = '{lead}' where user_id = $1", storstad.users["siv"])
    siv = await pages.signed_in("siv")
    async with siv.client.get("/stream") as response:
        for minutes in range(19, 200, 19):
            await storstad.set_clock(TWO + timedelta(minutes=minutes))
            touched = "select seen_at = $1 from web_sessions where user_id = $2"
            async with asyncio.timeout(DEADLINE_S):
                while not await storstad.value(touched, TWO + timedelta(minutes=minutes), storstad.users["siv"]):
                    await response.content.readline()


async def test_however_used_a_session_ends_after_its_hours(storstad: NightTown, pages: Site) -> None:
    olle = await pages.signed_in("olle")
    for hour in range(1, 12):
        await storstad.set_clock(TWO + timedelta(hours=hour))
        assert await is_in(olle)
    await storstad.set_clock(TWO + timedelta(hours=12, minutes=1))
    assert not await is_in(olle)


async def test_a_session_that_is_over_comes_back_by_no_use(storstad: NightTown, pages: Site) -> None:
    await storstad.execute("update memberships set roles = '{lead}' where user_id = $1", storstad.users["siv"])
    siv = await pages.signed_in("siv")
    await storstad.set_clock(TWO + timedelta(minutes=30))
    await storstad.execute("update web_sessions set seen_at = clock.now()")
    assert (await siv.get("/account", follow=False)).status == 303


async def test_nobody_idles_out_of_the_demo(storstad: NightTown) -> None:
    """Its clock runs fast: twenty minutes may be seconds."""
    await storstad.execute("update memberships set roles = '{lead}' where user_id = $1", storstad.users["siv"])
    async with site(storstad, settings=WebSettings(tick_s=TICK_S).of_demo()) as pages:
        siv = await pages.signed_in("siv")
        await storstad.set_clock(TWO + timedelta(hours=30))
        assert (await siv.get("/account", follow=False)).status == 200
