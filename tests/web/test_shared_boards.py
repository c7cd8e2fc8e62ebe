"""Boards that are drawn from shared reads: each shows what its own person sees alone, however many ask at once."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from alarm_center.store import board
from alarm_center.store.memory import Tx
from alarm_center.web.shared_reads import SharedReads
from schemas.vocabulary import Answer, Reason
from tests.support.board_page import BoardPage
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site
from tests.support.waiting import eventually

PARTS = ("/fragments/queue", "/fragments/night")
SCOPES = {
    "all": "roles = '{operator}'",
    "supervisor": "roles = '{supervisor}'",
    "area": "areas = array[(select area_id from areas where code = '4')]",
    "performer": "performers = '{alfa}'",
}
"""Parts of a membership that people at the board differ by."""
NAMES = ("Astrid Lund", "Bertil Ek", "Cecilia Norén", "Daga Persson", "Ebbe Sjö", "Folke Ahl")


async def two_of_each(here: NightTown) -> None:
    """Let there be two areas and two performers, with an alarm and a check to look at in each."""
    await here.extend(performers=[{"code": "alfa", "name": "Alfa Omsorg"}, {"code": "beta", "name": "Beta Hemtjänst"}])
    await here.extend(areas=[{"code": "3"}, {"code": "4"}])
    await here.execute(
        "update residents set performer = case when number % 2 = 0 then 'alfa' else 'beta' end, protected = number in (2, 5),"
        " area_id = case when number <= 3 then area_id else (select area_id from areas where code = '4') end"
    )
    await here.set_clock(TWO + timedelta(seconds=40))
    await here.step()
    for number in (2, 5):
        await here.finding(number, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    for number in (3, 6):
        await here.finding(number, Answer.IN_BED)


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Two areas and two performers; an alarm and a check to look at in each; Bertil's and Ebbe's identities are protected."""
    async with town(database, residents=6, operator_sees=(3, 6), begin=two_of_each) as here:
        yield here


async def seen(browser: Browser) -> dict[str, str]:
    """Return what the person sees of both parts of the board, without their own form token."""
    parts = await asyncio.gather(*(browser.text(path) for path in PARTS))
    return {path: text.replace(browser.csrf, "") for path, text in zip(PARTS, parts, strict=True)}


async def give_scope(storstad: NightTown, login: str, name: str) -> None:
    """Make the person's membership one of an operator of all of the town, or what *name* says."""
    user = storstad.users[login]
    await storstad.execute(
        "update memberships set roles = '{operator}', areas = null, performers = null where user_id = $1", user
    )
    await storstad.execute(f"update memberships set {SCOPES[name]} where user_id = $1", user)


async def test_each_sees_with_others_what_they_see_alone(storstad: NightTown, pages: Site) -> None:
    """Role, area and performer each make a scope of its own; a person who holds a case has it as theirs, by name."""
    alone = {}
    for name in SCOPES:
        await give_scope(storstad, "siv", name)
        browser = await pages.signed_in("siv")
        alone[name] = await seen(browser)
    named = {name: [one for one in NAMES if one in "".join(parts.values())] for name, parts in alone.items()}
    assert named == {
        "all": ["Astrid Lund", "Cecilia Norén", "Daga Persson", "Folke Ahl"],
        "supervisor": list(NAMES),
        "area": ["Daga Persson", "Folke Ahl"],
        "performer": ["Daga Persson", "Folke Ahl"],
    }
    # Olle takes one scope after the other while Siv, who is a supervisor of all, asks beside.
    await give_scope(storstad, "siv", "supervisor")
    siv = await pages.signed_in("siv")
    for name in SCOPES:
        await give_scope(storstad, "olle", name)
        browsers = [await pages.signed_in("olle") for _ in range(3)]
        together = await asyncio.gather(*(seen(each) for each in (siv, *browsers, siv, *browsers)))
        assert together == [alone["supervisor"], *[alone[name]] * 3] * 2, name


async def test_a_holders_protected_name_is_theirs_alone(storstad: NightTown, pages: Site) -> None:
    olle, siv = await pages.signed_in("olle"), await pages.signed_in("siv")
    alarm = await storstad.value("select alarm_id from alarms where resident_id = $1", storstad.residents[2])
    await olle.get(f"/alarm/{alarm}")
    await olle.post(f"/alarm/{alarm}/claim")
    queues = await asyncio.gather(*(browser.text(PARTS[0]) for browser in (siv, olle, siv, olle)))
    assert ["Bertil Ek" in queue for queue in queues] == [False, True, False, True]
    assert ["Ditt" in queue for queue in queues] == [False, True, False, True]
    assert ["Hos Olle Operatör" in queue for queue in queues] == [True, False, True, False]


async def test_each_board_has_its_own_form_token(storstad: NightTown, pages: Site) -> None:
    browsers = [await pages.signed_in("olle") for _ in range(2)]
    queues = await asyncio.gather(*(browser.text(PARTS[0]) for browser in browsers))
    tokens = [browser.csrf for browser in browsers]
    assert tokens[0] != tokens[1]
    assert [[token in queue for token in tokens] for queue in queues] == [[True, False], [False, True]]


@pytest.mark.parametrize("gone", range(2))
async def test_who_signs_out_meanwhile_sees_no_rows_and_others_do(
    storstad: NightTown, pages: Site, monkeypatch: pytest.MonkeyPatch, gone: int
) -> None:
    """A read runs in the scope of one of those who share it: that one's session may end as well as another's."""
    first, *two = [await pages.signed_in("olle") for _ in range(3)]
    begun, may_go_on = asyncio.Event(), asyncio.Event()
    read = board.open_alarms

    async def held(tx: Tx) -> Any:
        begun.set()
        await may_go_on.wait()
        return await read(tx)

    asked: list[Hashable] = []
    get = SharedReads.get

    async def counted(reads: SharedReads, key: Hashable, work: Callable[[], Awaitable[Any]]) -> Any:
        if key != "sessions":
            asked.append(key)
        return await get(reads, key, work)

    monkeypatch.setattr(board, "open_alarms", held)
    monkeypatch.setattr(SharedReads, "get", counted)
    running = asyncio.create_task(first.text(PARTS[0]))
    await begun.wait()
    waiting = []
    for browser in two:
        waiting.append(asyncio.create_task(browser.get(PARTS[0])))
        await eventually(lambda: len(asked) == 1 + len(waiting))
    await storstad.execute("delete from web_sessions where csrf = $1", two[gone].csrf)
    may_go_on.set()
    assert "Cecilia Norén" in await running
    seen_by = ["Cecilia Norén" in await (await each).text() for each in waiting]
    assert seen_by == [number != gone for number in range(2)]


async def something_happens(storstad: NightTown, draw: random.Random, browsers: list[Browser]) -> None:
    """Have one thing happen that a board shows: a finding, a claim, a release, a name, a reply, a red board."""
    match draw.choice(["finding", "claim", "claim", "release", "name", "reply", "red"]):
        case "finding":
            number = await storstad.value(
                "select min(r.number) from residents r join checks c using (resident_id) where c.state = 'open'"
            )
            if number is not None:
                answer = draw.choice([(Answer.IN_BED, None), (Answer.CANNOT_TELL, Reason.COVERED)])
                await storstad.finding(number, *answer)
        case "claim" | "release" as act:
            alarms = await storstad.value(
                "select array_agg(alarm_id order by alarm_id) from alarms where state <> 'closed'"
            )
            await draw.choice(browsers).post(f"/alarm/{draw.choice(alarms)}/{act}")
        case "name":
            await storstad.execute("update residents set name = name || '!' where number = $1", draw.randint(1, 6))
        case "reply":
            await storstad.execute(
                """
                insert into replies (provider, provider_id, org, phone, sender, body, received_at, meaning)
                values ('phone', gen_random_uuid()::text, 'storstad', '+46700000100', '+46701234500', 'Bilen står',
                    clock.now(), 'free_text')
                """
            )
        case "red":
            await storstad.execute("update alarms set red_at = case when red_at is null then clock.now() end")


@pytest.mark.parametrize("seed", range(2))
async def test_changes_add_up_to_what_a_new_page_shows(storstad: NightTown, pages: Site, seed: int) -> None:
    """Things happen in between, and a person may see less or more than when they opened their board."""
    draw = random.Random(seed)
    browsers = [await pages.signed_in(login) for login in ("olle", "olle", "siv")]
    boards = [BoardPage(browser) for browser in browsers]
    for one in boards:
        await one.open()
    for scope in draw.sample(sorted(SCOPES), len(SCOPES)):
        await give_scope(storstad, "olle", scope)
        # That ended Olle's sessions; what his boards show is still theirs to name.
        for number in range(2):
            browsers[number] = boards[number].browser = await pages.signed_in("olle")
        for _ in range(4):
            await something_happens(storstad, draw, browsers)
            await asyncio.gather(*(one.fetch(part) for one in draw.sample(boards, 2) for part in ("queue", "night")))
        for one in boards:
            for part in ("queue", "night"):
                await one.fetch(part)
                whole = await one.browser.text(f"/fragments/{part}")
                assert without_now(one.shown(part)) == without_now(whole), (seed, scope)
                assert (await one.fetch(part)).read == 0, "nothing has changed"
    await browsers[0].post("/cover")
    for part in ("queue", "night"):
        await boards[0].fetch(part)
        assert not [name for name in NAMES if name in boards[0].shown(part)]


def without_now(html: str) -> str:
    """Return a part without the line that the page itself moves."""
    return re.sub(r'<g class="now".*?</g>', "", html, flags=re.DOTALL)
