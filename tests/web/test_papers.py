"""Lists to print: an incident's, and the reserve list that a town can drive by without us."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from alarm_center.casework import cases
from alarm_center.core.alarm_events import IntoIncident
from alarm_center.core.calendar import night_of
from alarm_center.core.happenings import FaultKnown
from alarm_center.preparation import evening
from schemas.vocabulary import Reason
from tests.support.night_town import TWO, Town, town
from tests.support.postgres import Database
from tests.support.site import Site
from tests.support.town_file import STOCKHOLM

NIGHT = night_of(TWO, STOCKHOLM)


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[Town]:
    """Three homes at ten to two, their checks of two o'clock still to come."""
    async with town(database, residents=3) as here:
        yield here


async def test_the_reserve_list_is_there_and_that_it_was_fetched_is_written(storstad: Town, pages: Site) -> None:
    await evening.make_reserve_list(storstad.memory, storstad.area, NIGHT, actor="evening")
    olle = await pages.signed_in()
    assert "inte hämtad" in await olle.text("/reserve")
    listed = await olle.text(f"/reserve/{storstad.area}/{NIGHT}")
    assert "Storgatan 1 B" in listed
    assert "inte hämtad" not in await olle.text("/reserve")
    assert await storstad.value("select count(*) from events where kind = 'reserve_list_fetched'") == 1


async def test_who_neither_drives_nor_answers_has_no_list(storstad: Town, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    for path in ("/reserve", f"/reserve/{storstad.area}/{NIGHT}", "/d/1"):
        assert (await petra.get(path)).status == 403, path


async def test_nobody_who_is_not_signed_in_sees_an_incident(pages: Site) -> None:
    response = await pages.browser().get("/d/1", follow=False)
    assert (response.status, response.headers["Location"]) == (303, "/login?next=/d/1")


async def test_a_list_that_is_not_there_is_not_there(pages: Site, storstad: Town) -> None:
    olle = await pages.signed_in()
    for path in ("/d/17", f"/reserve/{storstad.area}/{NIGHT + timedelta(days=9)}", "/reserve/x/2026-13-45"):
        assert (await olle.get(path)).status == 404, path


async def test_an_incidents_list_names_the_places_that_are_left(storstad: Town, pages: Site) -> None:
    olle = await pages.signed_in()  # while somebody sits there, an alarm waits for them first
    async with storstad.memory.transaction() as tx:
        incident = await tx.fetchval(
            "insert into incidents (org, area_id, number, kind, opened_at) values ('storstad', $1, 17, 'technical', $2) returning incident_id",
            storstad.area,
            TWO,
        )
    await cases.on_check(storstad.memory, await storstad.check_of(1), FaultKnown(Reason.FAULT), actor="test")
    alarm_id = await storstad.value("select alarm_id from alarms")
    await cases.on_alarm(storstad.memory, alarm_id, IntoIncident(incident), actor="test")
    listed = await olle.text("/d/17")
    assert "Storgatan 1 B" in listed
    assert "1 av 1 kvar" in listed
