"""Boards that are drawn from shared reads: each shows what its own person sees alone, however many ask at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from alarm_center.store import board
from alarm_center.store.memory import Tx
from alarm_center.web.shared_reads import SharedReads
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site
from tests.support.waiting import eventually

PARTS = ("/fragments/queue", "/fragments/night")
NAMES = ("Astrid Lund", "Bertil Ek", "Cecilia Norén", "Daga Persson", "Ebbe Sjö", "Folke Ahl")


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Two areas and two performers; an alarm and a check to look at in each; Bertil's and Ebbe's identities are protected."""
    async with town(database, residents=6, operator_sees=(3, 6)) as here:
        await here.extend(
            performers=[{"code": "alfa", "name": "Alfa Omsorg"}, {"code": "beta", "name": "Beta Hemtjänst"}]
        )
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
        yield here


async def seen(browser: Browser) -> dict[str, str]:
    """Return what the person sees of both parts of the board, without their own form token."""
    parts = await asyncio.gather(*(browser.text(path) for path in PARTS))
    return {path: text.replace(browser.csrf, "") for path, text in zip(PARTS, parts, strict=True)}


async def test_each_sees_with_others_what_they_see_alone(storstad: NightTown, pages: Site) -> None:
    """Role, area and performer each make a scope of its own; a person who holds a case has it as theirs, by name."""
    scopes = {
        "all": "roles = '{operator}'",
        "supervisor": "roles = '{supervisor}'",
        "area": "areas = array[(select area_id from areas where code = '4')]",
        "performer": "performers = '{alfa}'",
    }
    alone = {}
    for name, scope in scopes.items():
        await storstad.execute(
            "update memberships set roles = '{operator}', areas = null, performers = null where user_id = $1",
            storstad.users["siv"],
        )
        await storstad.execute(f"update memberships set {scope} where user_id = $1", storstad.users["siv"])
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
    await storstad.execute(
        "update memberships set roles = '{supervisor}', areas = null, performers = null where user_id = $1",
        storstad.users["siv"],
    )
    siv = await pages.signed_in("siv")
    for name, scope in scopes.items():
        await storstad.execute(
            "update memberships set roles = '{operator}', areas = null, performers = null where user_id = $1",
            storstad.users["olle"],
        )
        await storstad.execute(f"update memberships set {scope} where user_id = $1", storstad.users["olle"])
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


async def test_who_signs_out_meanwhile_leaves_nobody_without_rows(
    storstad: NightTown, pages: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read runs in the scope of one of those who share it. Where that one's session ends, the others read for themselves."""
    first, second, third = [await pages.signed_in("olle") for _ in range(3)]
    begun, may_go_on = asyncio.Event(), asyncio.Event()
    read = board.open_alarms

    async def held(tx: Tx) -> Any:
        begun.set()
        await may_go_on.wait()
        return await read(tx)

    asked: list[Hashable] = []
    get = SharedReads.get

    async def counted(reads: SharedReads, key: Hashable, work: Callable[[], Awaitable[Any]]) -> Any:
        asked.append(key)
        return await get(reads, key, work)

    monkeypatch.setattr(board, "open_alarms", held)
    monkeypatch.setattr(SharedReads, "get", counted)
    running = asyncio.create_task(first.text(PARTS[0]))
    await begun.wait()
    waiting = []
    for browser in (second, third):
        waiting.append(asyncio.create_task(browser.get(PARTS[0])))
        await eventually(lambda: len(asked) == 1 + len(waiting))
    await storstad.execute("delete from web_sessions where csrf = $1", second.csrf)
    may_go_on.set()
    assert "Cecilia Norén" in await running
    await waiting[0]
    assert "Cecilia Norén" in await (await waiting[1]).text()
