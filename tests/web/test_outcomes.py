"""An outcome that changes the nights to come: what follows is said first, and no camera looks at an empty bed."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from schemas.vocabulary import Priority
from tests.support.by_hand import raise_manual_alarm
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site

HOSPITAL = {
    "reason": "pause_hospital",
    "until": "tomorrow",
    "said_by": "staff",
    "instead": "nothing",
    "note": "Ambulans 1",
}


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Three homes at ten to two: the look of two o'clock is still to come."""
    async with town(database, residents=3, operator_sees=()) as here:
        yield here


async def an_alarm(town: NightTown, resident: int = 1) -> str:
    alarm = await raise_manual_alarm(town.memory, town.residents[resident], Priority.SECOND, actor="test")
    return f"/alarm/{alarm.alarm_id}"


async def looks(town: NightTown, resident: int = 1) -> list[str]:
    """Return the state of tonight's looks from two o'clock on, with the reason and who said so."""
    found: list[str] = await town.value(
        "select array_agg(concat_ws(' ', state, cancel_reason, instead, agreed_by) order by opens_at) from checks"
        " where resident_id = $1 and opens_at between $2 and $2::timestamptz + interval '4 h'",
        town.residents[resident], TWO - timedelta(minutes=1),
    )  # fmt: skip
    return found


async def form_of(browser: Browser, path: str) -> dict[str, str]:
    page = await browser.text(path)
    return {"revision": re.findall(r'name="revision" value="(\d+)"', page)[0]}


async def test_to_hospital_says_first_what_it_means(storstad: NightTown, olle: Browser) -> None:
    alarm = await an_alarm(storstad)
    page = await olle.text(alarm)
    assert f'href="{alarm}/outcome/moved_to_hospital"' in page and 'value="moved_to_hospital"' not in page
    page = await olle.text(f"{alarm}/outcome/moved_to_hospital")
    assert "Larmet avslutas och tillsynen pausas." in page
    assert "Ingen titt i natt 02:00 och 05:00." in page
    assert await storstad.value("select count(*) from pauses") == 0, "nothing has happened yet"


async def test_after_to_hospital_no_camera_looks_and_nobody_drives(storstad: NightTown, olle: Browser) -> None:
    alarm = await an_alarm(storstad)
    path = f"{alarm}/outcome/moved_to_hospital"
    assert (await olle.post(path, HOSPITAL | await form_of(olle, path))).headers["Location"] == "/"
    assert await storstad.value("select outcome || ' ' || note from alarms") == "moved_to_hospital Ambulans 1"
    assert await looks(storstad) == ["cancelled pause_hospital nothing staff"] * 2
    first = await storstad.value(
        "select min((each ->> 'opens_at')::timestamptz) from devices, jsonb_array_elements(config::jsonb -> 'attempts') each"
        " where device_id = 'cam1'"
    )
    assert first > TWO + timedelta(hours=14), "the camera's own list begins after four in the afternoon"
    drives = await storstad.value("select count(*) from notices")
    await storstad.set_clock(TWO + timedelta(minutes=40))
    await storstad.step()
    assert await storstad.value("select count(*) from alarms where resident_id = $1", storstad.residents[1]) == 1
    assert (
        await storstad.value(
            "select count(*) from notices n join alarms a using (alarm_id) where a.resident_id = $1",
            storstad.residents[1],
        )
        == drives
    )


async def test_the_plain_form_leads_to_what_follows(storstad: NightTown, olle: Browser) -> None:
    alarm = await an_alarm(storstad)
    await olle.get(alarm)
    answer = await olle.post(f"{alarm}/close", {"outcome": "moved_to_hospital"})
    assert answer.headers["Location"] == f"{alarm}/outcome/moved_to_hospital"
    assert await storstad.value("select state from alarms") == "open"


async def test_back_again_tonight_closes_without_a_pause(storstad: NightTown, olle: Browser) -> None:
    alarm = await an_alarm(storstad)
    path = f"{alarm}/outcome/moved_to_hospital"
    await olle.post(path, await form_of(olle, path) | {"no_pause": "1"})
    assert await storstad.value("select state || ' ' || outcome from alarms") == "closed moved_to_hospital"
    assert await looks(storstad) == ["planned", "planned"]


async def test_a_known_absence_is_asked_where_and_until_when(storstad: NightTown, olle: Browser) -> None:
    alarm = await an_alarm(storstad)
    path = f"{alarm}/outcome/not_at_home_known"
    form = await form_of(olle, path) | {"until": "date", "date": "2026-11-29", "said_by": "staff", "instead": "nothing"}
    answer = await olle.post(path, form)
    assert answer.status == 400 and "Välj varför" in await answer.text()
    assert await storstad.value("select state from alarms") == "open"
    assert (await olle.post(path, form | {"reason": "pause_away"})).status == 303
    assert await storstad.value("select reason || ' ' || (to_at at time zone 'Europe/Stockholm') from pauses") == (
        "pause_away 2026-11-29 16:00:00"
    )


async def test_a_colleagues_case_is_not_closed_with_a_pause(storstad: NightTown, pages: Site, olle: Browser) -> None:
    alarm = await an_alarm(storstad)
    siv = await pages.signed_in("siv")
    await siv.get(alarm)
    await siv.post(f"{alarm}/claim")
    assert (await olle.post(f"{alarm}/outcome/moved_to_hospital", HOSPITAL)).status == 409
    assert await storstad.value("select count(*) from pauses") == 0


async def test_two_at_once_pause_once(storstad: NightTown, olle: Browser) -> None:
    alarm = await an_alarm(storstad)
    path = f"{alarm}/outcome/moved_to_hospital"
    form = HOSPITAL | await form_of(olle, path)
    await storstad.execute("update residents set revision = revision + 1")
    answer = await olle.post(path, form)
    assert answer.status == 409 and "Någon annan har ändrat" in await answer.text()
    assert await storstad.value("select state from alarms") == "open"


async def at_the_home(storstad: NightTown, pages: Site) -> tuple[Browser, str]:
    """Let a patrol take the case of the first resident and be there; return its browser and link."""
    await an_alarm(storstad)
    await storstad.step()
    link = "/u/" + str(await storstad.value("select token from notices order by asked_at limit 1"))
    patrol = pages.browser()
    await patrol.get(link)
    await patrol.post(f"{link}/take", {"minutes": "10"})
    await patrol.get(link)
    await patrol.post(f"{link}/say", {"word": "on_site"})
    return patrol, link


async def test_the_patrols_to_hospital_pauses_by_itself(storstad: NightTown, pages: Site) -> None:
    patrol, link = await at_the_home(storstad, pages)
    assert "Till sjukhus pausar tillsynen till i dag 16:00" in await patrol.text(link)
    assert (await patrol.post(f"{link}/done", {"outcome": "moved_to_hospital"})).status == 303
    assert await looks(storstad) == ["cancelled pause_hospital nothing staff"] * 2
    notice = await storstad.value("select notice_id::text from notices where state = 'took'")
    assert await storstad.value("select made_by from changes where made_by <> 'import'") == notice
    await storstad.set_clock(TWO + timedelta(minutes=40))
    await storstad.step()
    assert await storstad.value("select count(*) from alarms where resident_id = $1", storstad.residents[1]) == 1


async def test_the_patrols_known_absence_asks_one_question(storstad: NightTown, pages: Site) -> None:
    patrol, link = await at_the_home(storstad, pages)
    absent = {"outcome": "not_at_home_known", "note": "Lapp på dörren"}
    page = await (await patrol.post(f"{link}/done", absent)).text()
    assert "Vet du var?" in page and "Lapp på dörren" in page
    assert await storstad.value("select state from alarms") == "on_site"
    assert (await patrol.post(f"{link}/done", absent | {"where": "pause_away"})).status == 303
    assert await storstad.value("select note from alarms") == "Lapp på dörren"
    assert await looks(storstad) == ["cancelled pause_away nothing staff"] * 2


async def test_an_absence_that_nobody_can_place_pauses_nothing(storstad: NightTown, pages: Site) -> None:
    patrol, link = await at_the_home(storstad, pages)
    await patrol.post(f"{link}/done", {"outcome": "not_at_home_known", "where": "unknown"})
    assert await storstad.value("select state from alarms") == "closed"
    assert await looks(storstad) == ["planned", "planned"]
