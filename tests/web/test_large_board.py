"""A board of hundreds of cases and homes: as light as any, and nothing that cannot be reached from it."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from alarm_center.preparation.planning import plan_all_towns
from schemas.vocabulary import Answer, Reason
from tests.bench.many_residents import copy_alarm, copy_resident
from tests.support.board_page import BoardPage
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser

HOMES = 300
CASES = 230


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Three hundred homes and an alarm on the floor in most of them, at two in the night."""
    async with town(database, residents=5, operator_sees=()) as here:
        await copy_resident(here.memory, here.org, 1, range(100, 95 + HOMES))
        await plan_all_towns(here.memory)
        await here.set_clock(TWO + timedelta(seconds=40))
        await here.step()
        await here.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
        await copy_alarm(here.memory, CASES - 1)
        yield here


async def test_a_board_of_hundreds_is_light_and_whole(storstad: NightTown, olle: Browser) -> None:
    await a_page_is_light(olle)
    await every_case_is_on_one_of_the_queues_pages(storstad, olle)
    await every_home_of_the_night_is_listed(storstad, olle)


async def a_page_is_light(olle: Browser) -> None:
    """At a thousand homes it is no heavier: `tests/bench/bench_boards.py` weighs that."""
    page = BoardPage(olle)
    weight = await page.open()
    assert weight.read < 150_000 and weight.sent < 40_000
    plain = await olle.client.get("/", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers and len(await plain.read()) == weight.read


async def every_case_is_on_one_of_the_queues_pages(storstad: NightTown, olle: Browser) -> None:
    cases = await storstad.value("select array_agg(alarm_id::text) from alarms where state <> 'closed'")
    pages = [await olle.text(f"/?page={number}") for number in (1, 2)]
    rows = [re.findall(r'<li class="row([^"]*)" data-row="([^"]+)"', page) for page in pages]
    assert [len(each) for each in rows] == [200, CASES - 200]
    assert sorted(case for each in rows for _, case in each) == sorted(cases)
    assert all("short" in how for each in rows for how, _ in each), "where many wait each has a line"
    assert all(page.count('data-key="n"') == 1 for page in pages), "one button takes the next"
    assert "1–200 av 230" in pages[0] and 'href="/?page=2"' in pages[0] and "201–230 av 230" in pages[1]
    assert all(f"{CASES} väntar" in page for page in pages)
    assert 'data-fragment="/fragments/queue?page=2"' in pages[1]
    for asked in ("3", "0", "-1", "x", "99999999", ""):
        assert "av 230" in await olle.text(f"/fragments/queue?page={asked}"), "a page that is not there is one that is"


async def every_home_of_the_night_is_listed(storstad: NightTown, olle: Browser) -> None:
    chart = await olle.text("/fragments/night")
    assert f"40 av {HOMES} brukare" in chart and 'href="/night"' in chart
    lists = [await olle.text(f"/night?page={number}") for number in (1, 2)]
    names = [name for page in lists for name in re.findall(r'<th scope="row">([^<]+)</th>', page)]
    assert len(set(names)) == len(names) == HOMES
    alarm = await storstad.value("select alarm_id from alarms where resident_id = $1", storstad.residents[2])
    assert f'href="/alarm/{alarm}"' in lists[0]
    assert "Inga tillsyner i natt." in await olle.text("/night?area=none")
    await olle.post("/cover")
    covered = await olle.text("/fragments/night")
    assert 'href="/night"' not in covered and "Bertil Ek" not in covered and "/alarm/" not in covered
    assert (await olle.get("/night", follow=False)).status == 303
