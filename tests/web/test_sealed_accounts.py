"""Sealed accounts, from outside: two halves, two people, one town, one shift, and everybody told."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
import structlog

from alarm_center.core.roles import Right
from alarm_center.identity.sealed_halves import half_hash, new_half
from alarm_center.preparation import sealed_trials
from alarm_center.preparation.sealed_trials import TRIAL_EACH, SealedLack
from alarm_center.store import readiness, sealed_accounts
from alarm_center.store.memory import now
from alarm_center.web.auth import COOKIE
from alarm_center.web.settings import WebSettings
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site, site
from tests.support.viewers import viewer_in

Halves = tuple[str, str]


async def seal(here: NightTown, count: int = 1) -> list[Halves]:
    """Make sealed accounts of the town; return their halves as they are printed."""
    made = [(new_half(), new_half()) for _ in range(count)]
    async with here.memory.transaction() as tx:
        await sealed_accounts.make_accounts(
            tx, here.org, [(half_hash(a), half_hash(b)) for a, b in made], await now(tx)
        )
    return made


async def bring(
    browser: Browser, halves: Halves, names: tuple[str, str] = ("Anna Ek", "Bo Berg"), *, trial: bool = False
) -> int:
    """Bring two halves to the page; return the answer's status."""
    page = await browser.text("/login/reserve" + ("?trial" if trial else ""))
    assert page.count('class="primary"') == 1
    fields = {"first_half": halves[0], "second_half": halves[1], "first_name": names[0], "second_name": names[1]}
    answer = await browser.post("/login/reserve", {**fields, **({"trial": "1"} if trial else {})})
    assert (COOKIE in answer.cookies) == (answer.status == 303)
    return answer.status


async def test_two_halves_open_one_town_for_one_shift(storstad: NightTown, pages: Site, database: Database) -> None:
    [halves] = await seal(storstad)
    async with town(database, org="granby", residents=1) as granby:
        anna = pages.browser()
        with structlog.testing.capture_logs() as logs:
            assert await bring(anna, (halves[1].lower().replace("-", " "), halves[0])) == 303
        assert [line["log_level"] for line in logs if line["event"] == "sealed_account_opened"] == ["critical"]
        assert "Anna" not in str(logs) and halves[0] not in str(logs)
        assert "Stor" in await anna.text("/") and (await anna.get("/people")).status in (403, 404)
        seen = await storstad.value("select only_org || method from web_sessions")
        assert seen == "storstadsealed"
        assert (await anna.get(f"/check/{await granby.check_of(1)}")).status == 404
    assert await bring(pages.browser(), halves) == 403, "it is used up"
    await storstad.set_clock(TWO + timedelta(hours=11))
    assert (await anna.get("/", follow=False)).status == 200
    await storstad.set_clock(TWO + timedelta(hours=12, minutes=2))
    assert (await anna.get("/", follow=False)).status == 303, "the shift is over"


async def test_the_nights_papers_open_under_a_sealed_account(storstad: NightTown) -> None:
    [halves] = await seal(storstad)
    async with site(storstad, settings=WebSettings(tick_s=0.05, second_factor=True)) as pages:
        anna = pages.browser()
        await bring(anna, halves)
        await storstad.set_clock(TWO + timedelta(hours=2))
        papers = await anna.get(f"/reserve/{storstad.area}/2026-11-21", follow=False)
        assert papers.status == 404, "no list is made yet; nobody is asked for what they cannot show again"


async def test_a_replica_starts_while_a_sealed_account_is_open(storstad: NightTown, pages: Site) -> None:
    [halves] = await seal(storstad)
    await bring(pages.browser(), halves)
    async with storstad.memory.transaction() as tx:
        alone = await readiness.people_by_password_alone(tx)
    assert {each.login for each in alone} == {"olle", "siv", "petra"}, "nobody of a sealed account has a password"
    assert not any(each.signed_in for each in alone)


async def test_every_board_of_the_town_says_who_opened_it(storstad: NightTown, pages: Site, olle: Browser) -> None:
    [halves] = await seal(storstad)
    await bring(pages.browser(), halves)
    board = await olle.text("/fragments/queue")
    assert 'class="banner red"' in board and "av Anna Ek och Bo Berg" in board
    line = "select data->>'number' || ' ' || name from events join users on user_id::text = actor where kind = 'sealed_account_opened'"
    assert await storstad.value(line) == "1 Anna Ek + Bo Berg"
    other = await viewer_in(storstad.memory, "nowhere", right=Right.WATCH)
    async with storstad.web.transaction(other) as tx:
        assert await sealed_accounts.accounts_in_use(tx, TWO) == [], "no other town's board says it"
    await storstad.set_clock(TWO + timedelta(hours=13))
    siv = await pages.signed_in("siv")
    assert "Anna Ek" not in await siv.text("/fragments/queue")


async def test_half_a_secret_or_one_person_opens_nothing(storstad: NightTown, pages: Site) -> None:
    one, two = await seal(storstad, 2)
    browser = pages.browser()
    for halves in ((one[0], two[1]), (one[0], one[0]), (one[0], ""), ("", ""), ("x" * 500, one[1])):
        assert await bring(browser, halves) == 403, halves
    for names in (("Anna Ek", "anna ek"), ("Anna Ek", ""), ("A", "Bo Berg"), ("  ", "Bo Berg")):
        assert await bring(browser, one, names) == 422, names
    assert await storstad.value("select count(*) from web_sessions") == 0
    assert await bring(browser, one) == 303, "the account is still sealed"


async def test_wrong_halves_wait_and_keep_nobody_out(storstad: NightTown, pages: Site) -> None:
    [halves] = await seal(storstad)
    browser = pages.browser()
    statuses = [await bring(browser, (new_half(), new_half())) for _ in range(22)]
    assert statuses == [403] * 20 + [429] * 2
    assert await bring(pages.browser(), halves) == 303, "the right ones open from that address all the same"


async def test_one_pair_opens_once_also_at_the_same_time(storstad: NightTown, pages: Site) -> None:
    [halves] = await seal(storstad)
    statuses = await asyncio.gather(*(bring(pages.browser(), halves) for _ in range(5)))
    assert sorted(statuses) == [303, 403, 403, 403, 403]


async def test_a_trial_signs_nobody_in_and_uses_it_up(storstad: NightTown, pages: Site, olle: Browser) -> None:
    [halves] = await seal(storstad)
    browser = pages.browser()
    assert await bring(browser, halves, trial=True) == 200
    assert (await browser.get("/", follow=False)).status == 303
    assert "Anna Ek" not in await olle.text("/fragments/queue"), "no banner for a trial"
    assert await storstad.value("select count(*) from events where kind = 'sealed_account_tried'") == 1
    assert await bring(browser, halves) == 403


async def test_a_trial_that_is_missed_is_told(storstad: NightTown, pages: Site) -> None:
    async def lacks(*, has_provider: bool = True) -> dict[str, SealedLack]:
        return await sealed_trials.report_lacks(storstad.memory, has_provider=has_provider)

    assert await lacks(has_provider=False) == {}
    assert await lacks() == {"storstad": SealedLack.NONE_SEALED}
    one, _ = await seal(storstad, 2)
    assert await lacks() == {}
    await storstad.set_clock(TWO + TRIAL_EACH + timedelta(minutes=5))
    with structlog.testing.capture_logs() as logs:
        assert await lacks() == {"storstad": SealedLack.TRIAL_DUE}
    assert [line["event"] for line in logs] == ["sealed_trial_missed"]
    await bring(pages.browser(), one, trial=True)
    assert await lacks() == {}


async def test_no_role_of_pages_reads_or_changes_the_halves(storstad: NightTown) -> None:
    await seal(storstad)
    for memory in (storstad.web, storstad.memory, storstad.sign_in):
        for statement in (
            "select first_hash from sealed_accounts",
            "update sealed_accounts set opened_at = null",
            "delete from sealed_accounts",
            "insert into sealed_tries values ('x')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with memory.transaction() as tx:
                    await tx.execute(statement)
