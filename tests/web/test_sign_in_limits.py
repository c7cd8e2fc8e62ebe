"""Limits of sign-in, from outside: few of many wrong passwords are compared, and nobody's guessing keeps others out."""

import asyncio
import threading
from collections import Counter
from contextlib import AsyncExitStack

import aiohttp
import asyncpg
import pytest

from alarm_center.identity import passwords
from alarm_center.web.app_keys import PASSWORDS
from tests.support.night_town import NightTown
from tests.support.postgres import Database
from tests.support.site import Browser, Site, site
from tests.support.waiting import eventually


async def as_owner(database: Database, statement: str, *values: object) -> str:
    """Do something that no role of the service may."""
    owner = await asyncpg.connect(database.owner)
    try:
        return await owner.execute(statement, *values)
    finally:
        await owner.close()


async def guess(browser: Browser, login: str, times: int) -> list[int]:
    """Try that many wrong passwords, one after the other; return the answers' statuses."""
    await browser.get("/login")
    return [(await browser.post("/login", {"login": login, "password": "wrong"})).status for _ in range(times)]


def said(page: str) -> str:
    """Return the sentence of a refusal."""
    return page.split('class="wrong"')[1].split("</p>")[0]


async def test_of_60_parallel_wrong_passwords_5_are_compared(
    storstad: NightTown, pages: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two replicas count together."""
    compared = Counter[str]()
    matches = passwords._matches

    def counted(kept: str, password: str) -> bool:
        compared[password] += 1
        return matches(kept, password)

    monkeypatch.setattr(passwords, "_matches", counted)
    async with AsyncExitStack() as up:
        replicas = [pages, await up.enter_async_context(site(storstad))]
        guessers = [replica.browser() for replica in replicas]
        for guesser in guessers:
            await guesser.get("/login")
        wrong = {"login": "olle", "password": "wrong"}
        answers = await asyncio.gather(*(guessers[n % 2].post("/login", wrong) for n in range(60)))
    assert Counter(answer.status for answer in answers) == {403: 5, 429: 55}
    assert compared == {"wrong": 5}


async def test_the_sixth_wrong_try_waits_even_with_the_right_password(pages: Site) -> None:
    browser = pages.browser()
    assert await guess(browser, "olle", 5) == [403] * 5
    refused = await browser.sign_in("olle")
    assert refused.status == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 300
    assert "Vänta 5 min" in said(await refused.text())
    assert (await pages.browser().sign_in("siv")).status == 303


async def test_a_known_browser_gets_in_while_others_guess(pages: Site) -> None:
    olle = await pages.signed_in("olle")
    await olle.post("/logout")
    assert (await guess(pages.browser(), "olle", 6))[5] == 429
    assert (await olle.sign_in("olle")).status == 303


async def test_a_known_browser_has_ten_tries_of_its_own(pages: Site) -> None:
    olle = await pages.signed_in("olle")
    await olle.post("/logout")
    assert await guess(olle, "olle", 11) == [403] * 10 + [429]
    assert (await pages.browser().sign_in("olle")).status == 303, "another browser's are its own"


async def test_a_browser_is_known_only_to_those_who_signed_in(pages: Site) -> None:
    siv = await pages.signed_in("siv")
    await siv.post("/logout")
    assert (await guess(siv, "olle", 6))[5] == 429


async def test_a_browsers_token_is_another_after_each_sign_in(pages: Site) -> None:
    """Somebody who saw the token, or planted it, is known by it no more."""
    olle = await pages.signed_in("olle")
    seen = next(cookie.value for cookie in olle.client.session.cookie_jar if cookie.key == "fjt_browser")
    await olle.post("/logout")
    await olle.sign_in("olle")
    thief = pages.browser()
    thief.client.session.cookie_jar.update_cookies({"fjt_browser": seen}, pages.server.make_url("/"))
    assert (await guess(thief, "olle", 6))[5] == 429


async def test_a_login_that_nobody_has_is_refused_alike(pages: Site) -> None:
    told: list[list[tuple[int, str]]] = []
    for login in ("olle", "nobody"):
        browser = pages.browser()
        await browser.get("/login")
        answers = [await browser.post("/login", {"login": login, "password": "wrong"}) for _ in range(6)]
        told.append([(answer.status, said(await answer.text())) for answer in answers])
    assert told[0] == told[1]


async def test_a_login_that_nobody_has_costs_no_hash(pages: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer takes as long: as one of those that were compared did."""
    await guess(pages.browser(), "olle", 1)

    def never(*_: object) -> bool:
        raise AssertionError("nothing is hashed")

    monkeypatch.setattr(passwords, "_matches", never)
    monkeypatch.setattr(passwords, "hash_password", never)
    pages.app[PASSWORDS]._took.clear()
    pages.app[PASSWORDS]._took.append(0.3)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await guess(pages.browser(), "nobody", 1) == [403]
    assert loop.time() - began > 0.3


async def test_logins_that_nobody_has_use_up_nobodys_budget(pages: Site) -> None:
    guesser = pages.browser()
    await guesser.get("/login")
    tries = ({"login": f"nobody-{n}", "password": "wrong"} for n in range(40))
    answers = await asyncio.gather(*(guesser.post("/login", one) for one in tries))
    assert {answer.status for answer in answers} == {403}
    assert (await guesser.sign_in("olle")).status == 303


async def test_an_address_that_guesses_at_many_people_waits(database: Database, pages: Site) -> None:
    olle = await pages.signed_in("olle")
    await olle.post("/logout")
    await as_owner(
        database,
        "insert into fjt.sign_in_tries (login_hash, is_known, address)"
        " select sha256(n::text::bytea), true, '127.0.0.1' from generate_series(1, 29) n",
    )
    assert await guess(pages.browser(), "siv", 2) == [403, 429]
    assert (await pages.browser().sign_in("petra")).status == 429
    assert (await pages.browser().sign_in("nobody")).status == 429, "or it would say that nobody has it"
    assert (await olle.sign_in("olle")).status == 303, "a known browser is under no address's limit"


async def test_a_right_password_clears_its_logins_count(pages: Site) -> None:
    browser = pages.browser()
    for _ in range(2):
        assert await guess(browser, "olle", 4) == [403] * 4
        browser.client.session.cookie_jar.clear()
        assert (await browser.sign_in("olle")).status == 303
        browser.client.session.cookie_jar.clear()


async def test_tries_are_forgotten_after_five_real_minutes(
    database: Database, storstad: NightTown, pages: Site
) -> None:
    browser = pages.browser()
    await guess(browser, "olle", 5)
    await storstad.set_clock(await storstad.value("select clock.now() + interval '1 day'"))
    assert (await browser.sign_in("olle")).status == 429, "the service's clock is not asked"
    assert await as_owner(database, "update fjt.sign_in_tries set at = at - interval '301 seconds'") == "UPDATE 5"
    assert (await browser.sign_in("olle")).status == 303
    assert await as_owner(database, "delete from fjt.sign_in_tries") == "DELETE 0", "old tries are deleted"


async def test_too_many_at_once_are_told_to_come_again(pages: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A known browser goes ahead of those who wait, and a refused one has lost no try."""
    olle, others = await pages.signed_in("olle"), [pages.browser() for _ in range(3)]
    await olle.post("/logout")
    checks = passwords.PasswordCheck(at_once=1, most_waiting=1)
    pages.app[PASSWORDS]._turns = checks._turns
    go_on, order, matches = threading.Event(), list[str](), passwords._matches

    def slow(kept: str, password: str) -> bool:
        order.append(password)
        go_on.wait(30)
        return matches(kept, password)

    monkeypatch.setattr(passwords, "_matches", slow)
    for browser in (olle, *others):
        await browser.get("/login")

    def trying(browser: Browser, password: str) -> "asyncio.Task[aiohttp.ClientResponse]":
        return asyncio.create_task(browser.post("/login", {"login": "olle", "password": password}))

    at_work = trying(others[0], "at work")
    await eventually(lambda: order == ["at work"])
    waiting = trying(others[1], "waiting")
    await eventually(lambda: checks.is_full)
    refused = await others[2].post("/login", {"login": "siv", "password": "refused"})
    nobody = await others[2].post("/login", {"login": "nobody", "password": "refused"})
    ahead = trying(olle, "ahead")
    await eventually(lambda: bool(checks._turns._ahead))
    go_on.set()
    assert [answer.status for answer in await asyncio.gather(at_work, waiting, ahead)] == [403, 403, 403]
    assert order == ["at work", "ahead", "waiting"]
    assert refused.status == nobody.status == 503
    assert refused.headers["Retry-After"] == "2"
    assert "Många försöker just nu" in said(await refused.text())
    assert await guess(others[2], "siv", 5) == [403] * 5, "its try was taken back"
