"""Supervision that ends for good by page, and a device that a coordinator takes from a home or binds to it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from alarm_center.preparation import planning
from alarm_center.preparation.reconciliation import reconcile_town
from schemas.vocabulary import Priority
from tests.support.by_hand import raise_manual_alarm
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site

AFTERNOON = TWO + timedelta(hours=38)


async def by_day(here: NightTown) -> None:
    """Let it be day, with Hanna, who decides, and one more planner."""
    person = {"login": "hanna", "name": "Hanna Handläggare", "roles": ["case_officer"]}
    other = {"login": "paul", "name": "Paul Planerare", "roles": ["coordinator"]}
    await here.extend(users=[{**each, "password_hash": PASSWORD_HASH} for each in (person, other)])
    await here.set_clock(AFTERNOON)
    await planning.plan_all_towns(here.memory)


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Three homes by day; Hanna decides and Petra arranges."""
    async with town(database, residents=3, operator_sees=(), begin=by_day) as here:
        yield here


async def revision(town: NightTown, number: int = 1) -> str:
    return str(await town.value("select revision from residents where resident_id = $1", town.residents[number]))


async def owed(town: NightTown, number: int = 1) -> list[str]:
    """Return what is still planned of the resident's checks, and what has become visits."""
    found: list[str] | None = await town.value(
        """
        select array_agg(distinct concat_ws(' ', state, cancel_reason, instead)) from checks where resident_id = $1 and opens_at > clock.now()
        """,
        town.residents[number],
    )
    return sorted(found or [])


async def end(town: NightTown, browser: Browser, why: str, number: int = 1) -> int:
    path = f"/residents/{town.residents[number]}/end"
    await browser.get(path)
    return (await browser.post(path, {"why": why, "revision": await revision(town, number)})).status


async def test_who_has_moved_is_ended_with_what_follows_said(storstad: NightTown, pages: Site) -> None:
    hanna, resident = await pages.signed_in("hanna"), storstad.residents[1]
    page = await hanna.text(f"/residents/{resident}/end")
    assert "Kameran cam1 släcks direkt och blir ledig." in page and "Ingen titt i natt 23:00, 02:00 och 05:00" in page
    assert "Det går inte att ångra" in page and "efter 90 dagar" in page
    assert (await hanna.post(f"/residents/{resident}/end", {"revision": await revision(storstad)})).status == 400
    assert await end(storstad, hanna, "moved") == 303
    assert await owed(storstad) == ["cancelled moved nothing"]
    device = "select concat_ws(' ', resident_id, profile, config -> 'withdrawn') from devices where device_id = 'cam1'"
    assert await storstad.value(device) == "{} true"
    by = "select u.login from changes c join users u on u.user_id::text = c.made_by where c.part = 'end'"
    assert await storstad.value(by) == "hanna"
    page = await hanna.text(f"/residents/{resident}")
    assert "Tillsynen slutade 23 november 2026." in page and "Avslutade tillsynen: har flyttat" in page
    assert "Tillsynen är redan avslutad." in await hanna.text(f"/residents/{resident}/end")
    assert await end(storstad, hanna, "not_needed") == 409, "there is no way back"
    await planning.plan_all_towns(storstad.memory)
    assert await owed(storstad) == ["cancelled moved nothing"]


async def test_a_confirmed_death_is_a_task_by_day(storstad: NightTown, pages: Site) -> None:
    olle, siv, hanna = [await pages.signed_in(login) for login in ("olle", "siv", "hanna")]
    resident = storstad.residents[1]
    alarm = await raise_manual_alarm(storstad.memory, resident, Priority.SECOND, actor="test")
    assert f"Larm {await storstad.value('select case_no from alarms')} pågår" in await hanna.text(
        f"/residents/{resident}/end"
    )
    assert await end(storstad, hanna, "moved") == 409, "a case is open"
    await olle.get(f"/alarm/{alarm.alarm_id}/died")
    await olle.post(f"/alarm/{alarm.alarm_id}/died")
    assert "inte bekräftat på telefon än" in await hanna.text(f"/residents/{resident}")
    assert await end(storstad, hanna, "died") == 409, "nobody has confirmed it"
    await reconcile_town(storstad.memory, storstad.org)
    assert "har avlidit" not in await hanna.text("/todo")
    await siv.get("/pause")
    await siv.post(f"/death/{await storstad.value('select death_id from deaths')}/confirm")
    await reconcile_town(storstad.memory, storstad.org)
    page = await hanna.text("/todo")
    assert "Astrid Lund har avlidit, och det är bekräftat." in page and f'href="/residents/{resident}/end"' in page
    assert await end(storstad, hanna, "died") == 303
    assert await storstad.value("select resident_id from devices where device_id = 'cam1'") is None
    assert "har avlidit" not in await hanna.text("/todo"), "at once, before the next round"
    assert await storstad.value("select moved_at from residents where died_at is not null") is None


async def change_device(town: NightTown, browser: Browser, number: int = 1, **form: str) -> tuple[str, int]:
    """Send the form, read what it will mean, and confirm it; return the sentences and the last status."""
    path = f"/residents/{town.residents[number]}/device"
    await browser.get(path)
    answer = await browser.post(path, form | {"revision": await revision(town, number)})
    said = await answer.text()
    if answer.status != 200:
        return said, answer.status
    sure = await browser.post(path, form | {"revision": await revision(town, number), "sure": "1"})
    return said, sure.status


async def take_down(town: NightTown, first: Browser, second: Browser, number: int = 1) -> str:
    """Let the first ask for the home's camera to be taken down, and the second confirm it; return what the page said."""
    path = f"/residents/{town.residents[number]}/retire"
    said = await first.text(f"{path}?device=cam{number}")
    form = {"device": f"cam{number}", "revision": await revision(town, number)}
    assert (await first.post(path, form | {"deed": "ask"})).status == 303
    await second.get(path)
    assert (await second.post(path, form | {"deed": "confirm"})).status == 303
    return said


async def test_a_device_is_taken_back_and_another_bound(storstad: NightTown, pages: Site) -> None:
    petra, paul = await pages.signed_in("petra"), await pages.signed_in("paul")
    said = await take_down(storstad, petra, paul)
    assert "Kameran cam1 släcks direkt och blir ledig." in said
    assert "I natt 23:00, 02:00 och 05:00 blir det besök i stället." in said
    assert "cancelled replanned visit" in await owed(storstad)
    assert "Tog bort utrustningen cam1" in await petra.text(f"/residents/{storstad.residents[1]}")
    said, status = await change_device(storstad, petra, 2, device="cam1", kind="camera")
    assert status == 409 and "Kameran cam2 ger tillsyn här" in said and "Byt kamera" in said
    bound = "select string_agg(device_id, ' ' order by device_id) from devices where resident_id = $1"
    assert await storstad.value(bound, storstad.residents[2]) == "cam2", "it is no way around two people"
    await storstad.execute("update devices set last_heard_at = null where device_id = 'cam2'")
    said, status = await change_device(storstad, petra, 2, device="cam1", kind="camera")
    assert "Kameran cam2 släcks direkt" in said and "Kameran cam1 kopplas till Bertil Ek." in said and status == 303
    assert await storstad.value(bound, storstad.residents[2]) == "cam1"
    by = "select distinct device_id from checks where resident_id = $1 and state = 'planned'"
    assert await storstad.value(by, storstad.residents[2]) == "cam1"
    said, status = await change_device(storstad, petra, 2, device="cam3", kind="camera")
    assert status == 400, "it is somebody else's"
    assert (await change_device(storstad, petra, 2, device="", kind="camera"))[1] == 400
