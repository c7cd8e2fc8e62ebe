"""A town's stop on the database: two people, dark devices, visits, what the patrols cannot do, and the looks again."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from alarm_center.casework import incidents
from alarm_center.casework.editing import Editor
from alarm_center.core.town_stop import StopFault
from alarm_center.preparation import pauses, planning, town_stops
from alarm_center.preparation.town_stops import StopRefused
from alarm_center.store import changes
from alarm_center.store.plans import Pause
from schemas.vocabulary import CancelReason, Instead
from tests.support.night_town import TWO, NightTown, at_two, town
from tests.support.postgres import Database

OLLE, SIV = Editor("olle"), Editor("siv")


@pytest.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Five homes at two in the night, one check of each under way and one to come; one patrol of the area."""
    async with town(database, residents=5, begin=at_two) as here:
        yield here


async def stop(here: NightTown) -> None:
    await town_stops.propose_stop(here.memory, here.org, "fel bild", editor=OLLE)
    await town_stops.confirm_stop(here.memory, here.org, editor=SIV)


async def go_back(here: NightTown) -> None:
    await town_stops.propose_return(here.memory, here.org, editor=SIV)
    await town_stops.confirm_return(here.memory, here.org, editor=OLLE)


async def states(here: NightTown) -> list[str]:
    """Return what the looks from two o'clock to the next evening are, with how many of each."""
    found = await here.value(
        """
        select array_agg(what || ' ' || count order by what) from (
            select concat_ws(' ', state, cancel_reason, instead) as what, count(*) from checks
            where opens_at between $1::timestamptz and $1::timestamptz + interval '12 hours' group by 1) w
        """,
        TWO - timedelta(minutes=5),
    )
    return list(found)


async def test_from_the_second_word_no_device_may_look(storstad: NightTown) -> None:
    await town_stops.propose_stop(storstad.memory, storstad.org, "fel bild", editor=OLLE)
    assert await storstad.value("select bool_and(may_look(resident_id, kind, true)) from devices")
    with pytest.raises(StopRefused) as refused:
        await town_stops.confirm_stop(storstad.memory, storstad.org, editor=OLLE)
    assert refused.value.fault is StopFault.SAME_PERSON
    await town_stops.confirm_stop(storstad.memory, storstad.org, editor=SIV)
    assert not await storstad.value("select bool_or(may_look(resident_id, kind, false)) from devices")


async def test_every_look_of_the_stop_is_a_visit(storstad: NightTown) -> None:
    await stop(storstad)
    await town_stops.carry_out_stops(storstad.memory)
    assert await states(storstad) == ["cancelled town_stop visit 10"]
    assert await storstad.value("select count(*) from alarms where visit and state <> 'closed'") == 10
    assert await storstad.value('select bool_and(config @> \'{"withdrawn": true, "attempts": []}\') from devices')
    await planning.plan_town(storstad.memory, storstad.org)
    assert await states(storstad) == ["cancelled town_stop visit 10"]
    assert await storstad.value("select string_agg(kind, ' ' order by id) from events where kind like 'town%'") == (
        "town_stop_proposed town_stop_began town_stop_done"
    )


async def test_visits_without_a_patrols_time_are_an_incident(storstad: NightTown) -> None:
    await stop(storstad)
    await town_stops.carry_out_stops(storstad.memory)
    # Two patrols: each begins one of the five at two o'clock, and one more within 45 minutes; the same at five.
    told = await storstad.value("select data::text from events where kind = 'town_stop_done'")
    assert told == '{"beyond": 2, "visits": 10, "devices": 5}'
    assert await storstad.value("select count(*) from incidents where closed_at is null and kind = 'manual'") == 1
    assert await storstad.value("select count(*) from alarms where incident_id is not null and visit") == 2
    await incidents.form_incidents(storstad.memory)
    assert await storstad.value("select sum((data ->> 'places')::int) from events where kind = 'incident_told'") == 2
    await storstad.step()
    assert (
        await storstad.value("select count(*) from alarms where incident_id is not null and state = 'dispatched'") == 1
    )


async def test_two_people_bring_the_looks_back(storstad: NightTown) -> None:
    await stop(storstad)
    await town_stops.carry_out_stops(storstad.memory)
    await go_back(storstad)
    assert await storstad.value("select bool_and(may_look(resident_id, kind, true)) from devices")
    await town_stops.carry_out_stops(storstad.memory)
    assert await states(storstad) == ["cancelled town_stop visit 5", "planned 5"]
    assert await storstad.value("select min(jsonb_array_length(config -> 'attempts')) from devices") >= 1
    assert await storstad.value("select data::text from events where kind = 'town_looks_back'") == '{"looks": 5}'
    assert await storstad.value("select stopped_at from organisations") is None
    async with storstad.memory.transaction() as tx:
        history = await changes.of_resident(tx, storstad.residents[1])
    said = {((row.after or {}).get("stop"), row.made_by) for row in history if row.part == "town_stop"}
    assert said == {("began", SIV.actor), ("ended", OLLE.actor)}, "everybody's history has it"


async def test_a_stop_that_was_broken_off_goes_on(storstad: NightTown) -> None:
    await stop(storstad)
    # Killed after the devices were told and one resident's looks were made into visits.
    found = await storstad.value("select stop_id from town_stops")
    await storstad.execute("update town_stops set dark_at = clock.now()")
    async with storstad.memory.transaction() as tx:
        await town_stops.visit_instead(found, storstad.residents[1], tx)
    assert await town_stops.carry_out_stops(storstad.memory) == 1
    assert await states(storstad) == ["cancelled town_stop visit 10"]
    assert await storstad.value("select count(*) from alarms where visit") == 10
    assert await town_stops.carry_out_stops(storstad.memory) == 0


async def test_a_stop_ends_by_itself_at_its_last_hour(storstad: NightTown) -> None:
    await stop(storstad)
    await town_stops.carry_out_stops(storstad.memory)
    await storstad.set_clock(TWO + timedelta(hours=14))
    for _ in range(2):
        await town_stops.carry_out_stops(storstad.memory)
    assert await storstad.value("select ended_by from town_stops") == "stops"
    assert await storstad.value("select bool_and(may_look(resident_id, kind, true)) from devices")
    assert await storstad.value("select bool_and(not (config -> 'withdrawn')::bool) from devices")


async def test_a_stay_at_hospital_calls_a_stops_visit_off(storstad: NightTown) -> None:
    await stop(storstad)
    await town_stops.carry_out_stops(storstad.memory)
    at = await storstad.memory.now()
    pause = Pause(CancelReason.PAUSE_HOSPITAL, at, at + timedelta(hours=9), "staff", Instead.NOTHING)
    await pauses.pause_checks(storstad.memory, storstad.residents[1], pause, editor=OLLE)
    await planning.plan_changed(storstad.memory)
    assert await states(storstad) == ["cancelled pause_hospital nothing 1", "cancelled town_stop visit 9"]


async def test_nobody_ends_a_pause_by_going_back(storstad: NightTown) -> None:
    at = await storstad.memory.now()
    pause = Pause(CancelReason.PAUSE_HOSPITAL, at, at + timedelta(hours=9), "staff", Instead.NOTHING)
    await pauses.pause_checks(storstad.memory, storstad.residents[1], pause, editor=OLLE)
    await stop(storstad)
    await town_stops.carry_out_stops(storstad.memory)
    await go_back(storstad)
    await town_stops.carry_out_stops(storstad.memory)
    assert await states(storstad) == ["cancelled pause_hospital nothing 1", "cancelled town_stop visit 5", "planned 4"]
