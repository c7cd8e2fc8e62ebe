"""Lists to print: an incident's, and the reserve list that a town can drive by without us."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
import pytest_asyncio

from alarm_center.casework import cases, steps
from alarm_center.casework.steps import AlarmToRaise
from alarm_center.core.alarm import disruption
from alarm_center.core.alarm.alarm_events import Close, IntoIncident
from alarm_center.core.calendar import night_of
from alarm_center.core.check.check_events import FaultKnown
from alarm_center.preparation import reserve_lists
from alarm_center.store import towns
from schemas.vocabulary import AlarmKind, Outcome, Priority, Reason
from tests.support import town_file
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Site
from tests.support.town_file import STOCKHOLM

NIGHT = night_of(TWO, STOCKHOLM)


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Three homes at ten to two, their checks of two o'clock still to come."""
    async with town(database, residents=3) as here:
        yield here


async def test_fetching_a_reserve_list_is_logged(storstad: NightTown, pages: Site) -> None:
    await reserve_lists.make_reserve_list(storstad.memory, storstad.area, NIGHT, actor="evening")
    olle = await pages.signed_in()
    assert "inte hämtad" in await olle.text("/reserve")
    listed = await olle.text(f"/reserve/{storstad.area}/{NIGHT}")
    assert "Storgatan 1 B" in listed
    assert "inte hämtad" not in await olle.text("/reserve")
    assert await storstad.value("select count(*) from events where kind = 'reserve_list_fetched'") == 1


async def test_who_neither_drives_nor_answers_has_no_list(storstad: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    for path in ("/reserve", f"/reserve/{storstad.area}/{NIGHT}", "/d/1"):
        assert (await petra.get(path)).status == 403, path


async def test_nobody_who_is_not_signed_in_sees_an_incident(pages: Site) -> None:
    response = await pages.browser().get("/d/1", follow=False)
    assert (response.status, response.headers["Location"]) == (303, "/login?next=/d/1")


async def test_many_alike_are_offered_as_a_list(
    storstad: NightTown, pages: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disruption, "MOST_BY_ONE", 2)
    raised = AlarmToRaise(AlarmKind.TECHNICAL, Priority.SECOND, None, "test", await storstad.memory.now())
    async with storstad.memory.transaction() as tx:
        for resident_id in storstad.residents.values():
            await steps.raise_or_join(tx, await towns.of_resident(tx, resident_id), raised)
    olle = await pages.signed_in()
    offered = re.search(
        r'href="([^"]+)" data-key="d"><kbd>d</kbd> Ser ut som en störning i omr 3 – visa som lista',
        await olle.text("/"),
    )
    assert offered and offered[1] == f"/alike?town={storstad.org}&amp;kind=technical&amp;area=3"
    listed = await olle.text(unescape(offered[1]))
    assert "3 att kontrollera." in listed and "Storgatan 1 B" in listed and "CSV" not in listed
    assert "0 att kontrollera." in await olle.text(f"/alike?town={storstad.org}&kind=not_seen")
    assert (await olle.get("/alike?town=vast&kind=technical")).status == 404


async def test_a_list_that_is_not_there_is_not_there(pages: Site, storstad: NightTown) -> None:
    olle = await pages.signed_in()
    for path in ("/d/17", f"/reserve/{storstad.area}/{NIGHT + timedelta(days=9)}", "/reserve/x/2026-13-45"):
        assert (await olle.get(path)).status == 404, path


async def an_incident(here: NightTown, at: str) -> str:
    """Let the first home of a town fail in incident 17; return the address of its list. *at* is its street."""
    async with here.memory.transaction() as tx:
        made = await tx.fetchrow(
            "insert into incidents (org, area_id, number, kind, opened_at) values ($1, $2, 17, 'technical', $3) returning incident_id, link",
            here.org, here.area, TWO,
        )  # fmt: skip
        assert made is not None
        await tx.execute("update residents set address = $2 where resident_id = $1", here.residents[1], at)
    await cases.apply_to_check(here.memory, await here.check_of(1), FaultKnown(Reason.FAULT), actor="test")
    alarm_id = await here.value("select alarm_id from alarms where org = $1", here.org)
    await cases.apply_to_alarm(here.memory, alarm_id, IntoIncident(made["incident_id"]), actor="test")
    return f"/d/{made['link']}"


async def test_an_incidents_list_names_the_places_that_are_left(storstad: NightTown, pages: Site) -> None:
    olle = await pages.signed_in()  # while somebody sits there, an alarm waits for them first
    listed = await olle.text(await an_incident(storstad, "Storgatan 1 B"))
    assert "Storgatan 1 B" in listed
    assert "1 av 1 kvar" in listed


async def test_a_number_leads_to_the_one_incident_that_one_sees(storstad: NightTown, pages: Site) -> None:
    olle = await pages.signed_in()
    link = await an_incident(storstad, "Storgatan 1 B")
    response = await olle.get("/d/17", follow=False)
    assert (response.status, response.headers["Location"]) == (303, link)


async def test_a_number_of_two_towns_is_a_choice(storstad: NightTown, pages: Site, database: Database) -> None:
    async with town(database, org="berg", residents=1) as berg:
        links = [await an_incident(storstad, "Storgatan 1 B"), await an_incident(berg, "Bergsvägen 1")]
        first = await pages.signed_in()
        assert (await first.get("/d/17", follow=False)).headers["Location"] == links[0], "she sees one of them"
        assert (await first.get(links[1])).status == 404
        async with berg.memory.transaction() as tx:
            user = {"login": "olle", "name": "Olle Operatör", "roles": ["operator"]}
            await town_file.extend(tx, "berg", TWO, users=[user])
        both = await pages.signed_in()
        choice = await both.text("/d/17")
        assert all(f'href="{link}"' in choice for link in links)
        assert "Storstad" in choice and "Berg" in choice
        for link, street, other in ((links[0], "Storgatan", "Bergsvägen"), (links[1], "Bergsvägen", "Storgatan")):
            listed = await both.text(link)
            assert street in listed and other not in listed


async def test_who_ends_an_incident_gives_a_name_and_a_reason(storstad: NightTown, pages: Site) -> None:
    olle = await pages.signed_in()
    link = await an_incident(storstad, "Storgatan 1 B")
    assert "Avsluta störningen" not in await olle.text(link), "a place is left"
    incident = await storstad.value("select incident_id from incidents")
    assert (await olle.post(f"/incident/{incident}/close", {"reason": "felanmält"})).status == 409
    alarm_id = await storstad.value("select alarm_id from alarms where incident_id is not null")
    await cases.apply_to_alarm(storstad.memory, alarm_id, Close(uuid4(), Outcome.WELL_IN_BED), actor="test")
    assert f'action="/incident/{incident}/close"' in await olle.text(link)
    assert (await olle.post(f"/incident/{incident}/close", {"reason": " "})).status == 400
    for status in (303, 409):
        assert (await olle.post(f"/incident/{incident}/close", {"reason": "routern är bytt"})).status == status
    listed = await olle.text(link)
    assert "av Olle Operatör: routern är bytt" in listed
    assert "Avsluta störningen" not in listed
