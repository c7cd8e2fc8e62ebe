"""Rows that must not exist stand on the boards of their town, in words that say what to do, until it is over."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site, site


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """A fall that a patrol is asked about."""
    async with town(database, residents=3) as here:
        await here.set_clock(TWO + timedelta(seconds=40))
        await here.step()
        await here.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
        await here.set_clock(TWO + timedelta(minutes=4))
        await here.step()
        yield here


async def told(browser: Browser) -> list[str]:
    """Return what the board says of what must not exist, as one reads it."""
    found = re.findall(
        r'<p class="banner red audit" role="alert">(.*?)</p>', await browser.text("/fragments/queue"), re.DOTALL
    )
    return [" ".join(re.sub("<[^>]*>", "", one).split()) for one in found]


_FALL = "from alarms where priority = 1"
_LONG_AGO = "clock.now() - interval '125 s'"
WRONG = (
    (
        f"update alarms set next_step_at = {_LONG_AGO} where priority = 1",
        "update alarms set next_step_at = clock.now() + interval '1 h' where priority = 1",
        "Storstad: 1 larm står stilla sedan 02:01. Ring patrullen själv, och teknikern i beredskap.",
    ),
    (
        f"update checks set deadline = {_LONG_AGO}, next_step_at = clock.now() where night = '2026-11-21' and opens_at > clock.now()",
        "update checks set deadline = opens_at + interval '1 h', next_step_at = opens_at where opens_at > clock.now()",
        "Storstad: 3 tillsyner skulle ha varit klara, den första 02:01. Se vilka i natten. Skicka patrull, och ring teknikern i beredskap.",
    ),
    (
        f"update messages set state = 'sending', lease_until = {_LONG_AGO} where message_id = (select message_id from messages limit 1)",
        "update messages set state = 'failed', lease_until = null where state = 'sending'",
        "Storstad: 1 SMS eller samtal har fastnat sedan 02:01. Ring patrullerna själv, och teknikern i beredskap.",
    ),
    (
        f"insert into incidents (org, area_id, number, kind, opened_at, next_at) select org, area_id, 1, 'technical', clock.now(), {_LONG_AGO} {_FALL}",
        "update incidents set next_at = null",
        "Storstad: 1 störning står stilla sedan 02:01. Ring dem som ska kontrollera platserna, och teknikern i beredskap.",
    ),
    (
        f"update alarms set red_at = {_LONG_AGO} where priority = 1",
        "update alarms set red_at = null",
        "Storstad: 1 rött larm är inte kvitterat, sedan 02:01. Ta det eller kvittera det nu.",
    ),
)
"""Statements that make each row wrong and that end it, and the words in between."""


async def test_each_finding_stands_on_its_towns_board(storstad: NightTown, olle: Browser) -> None:
    assert await told(olle) == []
    for wrong, right, words in WRONG:
        await storstad.execute(wrong)
        assert await told(olle) == [words]
        await storstad.execute(right)
    assert await told(olle) == []


async def test_a_finding_is_told_to_those_who_see_its_rows(
    database: Database, storstad: NightTown, pages: Site, olle: Browser
) -> None:
    await storstad.execute(WRONG[-1][0])
    await storstad.extend(areas=[{"code": "9"}])
    await storstad.execute(
        "update memberships set areas = array(select area_id from areas where code = '9') where user_id = $1",
        storstad.users["siv"],
    )
    async with town(database, org="granby", residents=1, operator_sees=()) as granby, site(granby) as others:
        await storstad.set_clock(TWO + timedelta(minutes=4))
        stranger = await others.signed_in("olle-granby")
        boards = [await told(browser) for browser in (olle, await pages.signed_in("siv"), stranger)]
    assert [sum(each.startswith("Storstad:") for each in said) for said in boards] == [1, 0, 0]


async def test_an_open_board_asks_again_by_the_stream(olle: Browser) -> None:
    assert re.search(r'data-fragment="/fragments/queue[^"]*" data-every="30"', await olle.text("/"))
