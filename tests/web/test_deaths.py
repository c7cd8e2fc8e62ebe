"""A death on a case: the camera is dark at once, nobody looks again, a lead confirms by voice, and a mistake is somebody else's to correct."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from alarm_center.preparation import deaths, planning
from schemas.vocabulary import Priority
from tests.support.by_hand import raise_manual_alarm
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site

TEN_PAST_THREE = TWO + timedelta(minutes=70)


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Three homes at ten past three: the look of five o'clock is still to come."""
    async with town(database, residents=3, operator_sees=()) as here:
        await here.set_clock(TEN_PAST_THREE)
        yield here


async def an_alarm(town: NightTown, resident: int = 1) -> str:
    alarm = await raise_manual_alarm(town.memory, town.residents[resident], Priority.SECOND, actor="test")
    return f"/alarm/{alarm.alarm_id}"


async def died(town: NightTown, browser: Browser, resident: int = 1) -> None:
    """Let an operator register that a resident has died."""
    alarm = await an_alarm(town, resident)
    await browser.get(f"{alarm}/died")
    assert (await browser.post(f"{alarm}/died")).headers["Location"] == "/"


async def coming(town: NightTown, resident: int = 1) -> set[str]:
    """Return what became of the resident's looks from five o'clock on, with reason and what comes instead."""
    found: list[str] = await town.value(
        "select array_agg(concat_ws(' ', state, cancel_reason, instead)) from checks where resident_id = $1 and opens_at > $2",
        town.residents[resident], TEN_PAST_THREE,
    )  # fmt: skip
    return set(found)


async def sms(town: NightTown) -> list[str]:
    said: list[str] | None = await town.value(
        "select array_agg(phone || ' ' || body order by created_at, phone) from messages where wording like 'confirm%'"
    )
    return said or []


async def test_it_says_first_what_follows(storstad: NightTown, olle: Browser) -> None:
    alarm = await an_alarm(storstad)
    assert f'href="{alarm}/died"' in await olle.text(alarm)
    page = await olle.text(f"{alarm}/died")
    assert "Kameran släcks direkt." in page and "i natt 05:00" in page and "Det går inte att ångra" in page
    await olle.get(alarm)
    answer = await olle.post(f"{alarm}/close", {"outcome": "died"})
    assert answer.headers["Location"] == f"{alarm}/died"
    assert await storstad.value("select count(*) from deaths") == 0


async def test_the_camera_is_dark_and_no_look_is_left(storstad: NightTown, olle: Browser) -> None:
    await died(storstad, olle)
    assert await storstad.value("select outcome from alarms") == "died"
    assert await coming(storstad) == {"cancelled died nothing"}
    assert await storstad.value("select config -> 'attempts' from devices where device_id = 'cam1'") in ([], "[]")
    await planning.plan_all_towns(storstad.memory)
    await storstad.set_clock(TEN_PAST_THREE + timedelta(hours=30))
    await planning.plan_all_towns(storstad.memory)
    await storstad.step()
    assert (
        await storstad.value(
            "select count(*) from alarms where resident_id = $1 and state <> 'closed'", storstad.residents[1]
        )
        == 0
    )


async def test_visits_to_come_are_called_off(storstad: NightTown, pages: Site, olle: Browser) -> None:
    petra = await pages.signed_in("petra")
    await petra.post(f"/stop-camera/{storstad.residents[1]}", {"said_by": "staff", "how": "phone"})
    visits = "select array_agg(distinct state) from alarms where visit"
    assert "closed" not in await storstad.value(visits)
    await died(storstad, olle)
    assert await storstad.value(visits) == ["closed"]


async def test_the_lead_is_asked_and_confirms_by_voice(storstad: NightTown, pages: Site, olle: Browser) -> None:
    await died(storstad, olle)
    number = await storstad.value("select case_no from alarms")
    assert await deaths.tell_of_deaths(storstad.memory) == 1
    assert await deaths.tell_of_deaths(storstad.memory) == 0
    assert await sms(storstad) == [
        f"+46700000102 {number} omr 3: ring nu och bekräfta utfallet. Skriv det sedan på sidan: https://natt.kommun.se/pause"
    ]
    siv = await pages.signed_in("siv")
    page = await siv.text("/pause")
    assert "Astrid Lund" in page and "Avliden, registrerat 03:10 av Olle Operatör." in page
    death = await storstad.value("select death_id from deaths")
    assert (await siv.post(f"/death/{death}/confirm")).status == 303
    assert "Avliden, registrerat" not in await siv.text("/pause")
    await storstad.set_clock(TEN_PAST_THREE + timedelta(minutes=11))
    assert await deaths.tell_of_deaths(storstad.memory) == 0
    assert await storstad.value("select confirmed_by from deaths") == str(storstad.users["siv"])


async def test_unconfirmed_for_ten_minutes_it_is_red(storstad: NightTown, olle: Browser) -> None:
    await storstad.execute("update organisations set fixed_number = '+46701112233'")
    await died(storstad, olle)
    await deaths.tell_of_deaths(storstad.memory)
    await storstad.set_clock(TEN_PAST_THREE + timedelta(minutes=9, seconds=59))
    assert await deaths.tell_of_deaths(storstad.memory) == 0
    assert "dödsfallet är inte bekräftat" not in await olle.text("/")
    await storstad.set_clock(TEN_PAST_THREE + timedelta(minutes=10))
    assert await deaths.tell_of_deaths(storstad.memory) == 2
    told = [each.partition(" ")[0] for each in await sms(storstad) if "efter 10 min" in each]
    assert told == ["+46700000102", "+46701112233"]
    assert "dödsfallet är inte bekräftat" in await olle.text("/")
    assert await deaths.tell_of_deaths(storstad.memory) == 0


async def test_a_mistake_is_corrected_by_somebody_else(storstad: NightTown, pages: Site, olle: Browser) -> None:
    await died(storstad, olle)
    death = await storstad.value("select death_id from deaths")
    await olle.get("/pause")
    answer = await olle.post(f"/death/{death}/correct")
    assert answer.status == 409 and "Någon annan än den som registrerade" in await answer.text()
    assert (await olle.post(f"/death/{death}/confirm")).status == 409
    siv = await pages.signed_in("siv")
    await siv.get("/pause")
    assert (await siv.post(f"/death/{death}/correct")).status == 303
    assert await coming(storstad) == {"planned"}
    assert await storstad.value("select died_at from residents where resident_id = $1", storstad.residents[1]) is None
    assert await storstad.value("select count(*) from deaths where corrected_at is not null") == 1, "its line stays"
    assert (await siv.post(f"/death/{death}/confirm")).status == 409


async def test_the_patrol_says_it_twice_and_the_lead_rings_it(storstad: NightTown, pages: Site) -> None:
    await an_alarm(storstad)
    await storstad.step()
    link = "/u/" + str(
        await storstad.value(
            "select token from notices join alarms using (alarm_id) where resident_id = $1 order by asked_at limit 1",
            storstad.residents[1],
        )
    )
    patrol = pages.browser()
    await patrol.get(link)
    await patrol.post(f"{link}/take", {"minutes": "10"})
    await patrol.get(link)
    await patrol.post(f"{link}/say", {"word": "on_site"})
    page = await (await patrol.post(f"{link}/done", {"outcome": "died"})).text()
    assert "Kameran släcks direkt, och ingen mer tillsyn görs." in page
    assert await storstad.value("select count(*) from deaths") == 0
    assert (await patrol.post(f"{link}/done", {"outcome": "died", "sure": "1"})).status == 303
    assert await coming(storstad) == {"cancelled died nothing"}
    assert (
        await storstad.value("select state || ' ' || outcome from alarms where resident_id = $1", storstad.residents[1])
        == "closed died"
    )
    await deaths.tell_of_deaths(storstad.memory)
    assert " omr 3: ring Patrull 1 nu och bekräfta utfallet." in (await sms(storstad))[0]
    page = await (await pages.signed_in("petra")).text("/pause")
    assert "av Patrull 1." in page and 'href="tel:+46700000100"' in page


async def test_a_second_time_changes_nothing(storstad: NightTown, olle: Browser) -> None:
    alarm = await an_alarm(storstad)
    await olle.get(f"{alarm}/died")
    first, second = await olle.post(f"{alarm}/died"), await olle.post(f"{alarm}/died")
    assert (first.status, second.status) == (303, 409)
    assert await storstad.value("select count(*) from deaths") == 1
