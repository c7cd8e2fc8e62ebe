"""A door that does not open and a silent site, as dialogues: who is told, what the page says to do first, and what ends it."""

from collections.abc import AsyncIterator
from typing import Final
from uuid import uuid4

import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import Alarm, alarm_events
from alarm_center.store import health, residents
from alarm_center.web.operator.trouble_rows import next_moves
from alarm_center.words.catalogues import Speech
from schemas.vocabulary import TroubleKind
from tests.support.carer import Carer
from tests.support.postgres import Database
from tests.support.sms_centre import NUMBER, SmsCentre, sms_centre

FIXED: Final = "+46101112233"


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        running.carers[FIXED] = Carer(running.api, FIXED, NUMBER, (running.elks,))
        await running.rows("update organisations set fixed_number = $1 returning 1", FIXED)
        await running.hold_clock()
        yield running


async def on_site(centre: SmsCentre, priority: int = 2) -> Alarm:
    """Return an alarm at whose address the first patrol is."""
    alarm = await centre.alarm(priority)
    await centre.first.receives(f"PRIO {priority}").and_replies("1")
    await centre.first.receives("är ditt").and_replies("3")
    await centre.first.receives("framme, noterat")
    return alarm


async def locked_out(centre: SmsCentre, priority: int = 2) -> Alarm:
    """Return an alarm before whose door the first patrol stands with a key that does not fit."""
    alarm = await on_site(centre, priority)
    await centre.first.writes("kommer inte in")
    await centre.first.receives(f"{alarm.case_no}: kommer inte in, noterat. Vi ringer dig. Fara för liv: ring 112.")
    await centre.lead.receives(f"{alarm.case_no}: Patrull 1 kommer inte in. Ring 070-000 00 01. Svara 1=jag ordnar")
    return alarm


async def moves(centre: SmsCentre, alarm: Alarm) -> list[str]:
    """Return what the case's page says to do next."""
    async with centre.memory.transaction() as tx:
        home = await residents.card(tx, centre.residents[0])
    shown = next_moves(await centre.now_is(alarm.alarm_id), home, Speech("sv"), await centre.memory.now())
    return [move.words for move in shown]


async def red(centre: SmsCentre) -> int:
    async with centre.memory.transaction() as tx:
        return await health.count_red(tx)


async def troubles(centre: SmsCentre, alarm: Alarm) -> list[TroubleKind]:
    return [trouble.kind for trouble in (await centre.now_is(alarm.alarm_id)).troubles]


@pytest.mark.parametrize("priority", [1, 2])
async def test_a_key_that_does_not_fit_says_what_to_do(centre: SmsCentre, priority: int) -> None:
    """With priority 1 behind a locked door 112 comes first; then the second way in, the key, the neighbour who has one."""
    async with centre.memory.transaction() as tx:
        await tx.execute("update residents set second_way = 'altanen', key_place = 'skåp 4'")
        await tx.execute(
            "insert into contacts (org, resident_id, name, phone, has_key)"
            " select org, resident_id, 'Granne', '+46700000088', true from residents"
        )
    alarm = await locked_out(centre, priority)
    first = ["Ring 112 först: prioritet 1 bakom låst dörr."] if priority == 1 else []
    assert await moves(centre, alarm) == [*first, "Andra vägen in: altanen", "Nyckel: skåp 4", "Granne har nyckel"]
    await centre.lead.writes("1")
    await centre.lead.receives("tack, du ordnar. Patrull 1 har 070-000 00 01.")
    await centre.first.writes("3")
    await centre.first.receives("framme, noterat")
    assert await troubles(centre, alarm) == []


async def test_a_door_that_nobody_sees_to_gets_louder(centre: SmsCentre) -> None:
    alarm = await locked_out(centre)
    await centre.all_arrive()
    await centre.pass_time(90)
    await centre.lead.is_called()
    await centre.all_arrive()
    await centre.pass_time(90)
    await centre.second.receives(f"{alarm.case_no}: Patrull 1 kommer inte in.")
    await centre.all_arrive()
    await centre.pass_time(120)
    await centre.carers[FIXED].is_called()
    await centre.lead.receives(f"{alarm.case_no}: Patrull 1 kommer inte in.")
    assert await red(centre) == 1, "the board is red, and the outside heartbeat fails"
    acknowledged = alarm_events.AcknowledgeTrouble(uuid4(), TroubleKind.CANNOT_GET_IN)
    await cases.apply_to_alarm(centre.memory, alarm.alarm_id, acknowledged, actor="test")
    assert await red(centre) == 0
    centre.memory.hint()
    for carer in (centre.lead, centre.second, centre.carers[FIXED]):
        await carer.receives(f"{alarm.case_no}: någon annan ordnar det")


async def test_a_second_patrol_that_gets_in_ends_it(centre: SmsCentre) -> None:
    alarm = await locked_out(centre)
    await centre.lead.writes("2")
    await centre.lead.receives("du har sagt nej")
    await centre.second.receives(f"{alarm.case_no}: Patrull 1 kommer inte in. Ring … Svara 1=åker").and_replies("1")
    await centre.second.receives("är ditt").and_replies("3")
    await centre.second.receives("framme, noterat")
    assert await troubles(centre, alarm) == []


async def test_the_door_opens_and_the_lead_is_told(centre: SmsCentre) -> None:
    alarm = await locked_out(centre)
    await centre.first.writes("3")
    await centre.first.receives("framme, noterat")
    await centre.lead.receives(f"{alarm.case_no}: någon annan ordnar det")
    assert await troubles(centre, alarm) == []
    await centre.pass_time(300)


async def test_a_door_said_twice_is_one_trouble(centre: SmsCentre) -> None:
    alarm = await locked_out(centre)
    await centre.first.writes("5")
    await centre.first.receives("kommer inte in, noterat")
    assert await troubles(centre, alarm) == [TroubleKind.CANNOT_GET_IN]
    assert len(await centre.rows("select 1 from messages where wording = 'trouble_cannot_get_in'")) == 1


async def test_nobody_home_that_nobody_answers_gets_louder(centre: SmsCentre) -> None:
    """−12 °C, and neither the carer nor the lead says a word more: fixed number after 5 min, 112 after 15."""
    alarm = await on_site(centre)
    await centre.first.writes("ingen hemma")
    await centre.first.receives("ingen hemma, noterat. Vet du var?")
    await centre.lead.receives("ingen hemma enligt Patrull 1")
    await centre.all_arrive()
    await centre.pass_time(90)
    await centre.lead.is_called()
    await centre.all_arrive()
    await centre.pass_time(90)
    await centre.second.receives("ingen hemma enligt Patrull 1")
    await centre.all_arrive()
    await centre.pass_time(120)
    await centre.carers[FIXED].is_called()
    assert await red(centre) == 1
    assert (await moves(centre, alarm))[0].startswith("Ring 112 om ingen har hittat personen")
    await centre.rows("update organisations set fixed_number = null returning 1")
    await centre.pass_time(600)
    assert (await moves(centre, alarm))[0] == "Ring 112: ingen har hittat personen. Läs upp texten här under."
    await centre.finish_sending()
    for carer in (centre.lead, centre.second):
        for item in carer.unread():
            await (carer.is_called() if item.body is None else carer.receives("4801: ingen hemma enligt Patrull 1"))


async def test_silent_on_site_is_asked_called_and_told_on(centre: SmsCentre) -> None:
    alarm = await on_site(centre)
    await centre.all_arrive()
    await centre.pass_time(30 * 60)
    await centre.first.receives(f"{alarm.case_no}: du har varit på plats 30 min. Svara 4=klar 6=stannar 9=hjälp")
    await centre.all_arrive()
    await centre.pass_time(300)
    await centre.first.is_called()
    await centre.lead.receives(f"{alarm.case_no}: Patrull 1 har inte hörts på 35 min. Ring 070-000 00 01")
    await centre.first.writes("6")
    await centre.first.receives("du stannar, noterat")
    await centre.lead.receives("någon annan ordnar det")
    assert await troubles(centre, alarm) == []


async def test_whoever_stays_is_asked_half_an_hour_later(centre: SmsCentre) -> None:
    alarm = await on_site(centre)
    await centre.all_arrive()
    await centre.pass_time(30 * 60)
    await centre.first.receives("på plats 30 min").and_replies("stannar")
    await centre.first.receives(f"{alarm.case_no}: du stannar, noterat")
    await centre.all_arrive()
    await centre.pass_time(29 * 60)
    await centre.finish_sending()
    assert not centre.first.unread()
    await centre.pass_time(61)
    await centre.first.receives(f"{alarm.case_no}: du har varit på plats")
