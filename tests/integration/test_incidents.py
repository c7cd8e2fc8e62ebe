"""Many alarms with one cause: one list, one SMS, and nobody who is in danger is made to wait with the others."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from alarm_center.casework import cases, incident_list, incidents
from alarm_center.clockwork import Clockwork
from alarm_center.core.alarm import alarm_events
from alarm_center.core.check.check_events import FaultKnown
from alarm_center.core.decision import IllegalMove
from alarm_center.devices import presence
from alarm_center.sms.incoming_replies import ReceivedReply, receive_reply
from alarm_center.store import health
from alarm_center.store import incidents as incident_rows
from alarm_center.store.memory import Memory
from alarm_center.words.incident_paper import incident_text
from schemas.vocabulary import AlarmKind, Outcome, Priority, Reason
from tests.support.postgres import Database
from tests.support.town import ATown, a_town, at_local, freeze, heard, move, rows, run, value
from tests.support.viewers import viewer_in

NOON = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
NIGHT = "2026-11-22"


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    memory = await Memory.open(database.worker)
    yield memory
    await memory.close()


async def a_night(memory: Memory, clock: str, **town: object) -> ATown:
    """A town at that time of the night, everybody on duty and every device there."""
    made = await a_town(memory, at=NOON, **town)  # type: ignore[arg-type]
    await freeze(memory, at_local(made.town, NIGHT, clock))
    await run(memory, "update shifts set mustered = true, muster_asked_at = clock.now()")
    await heard(memory)
    return made


async def fails(memory: Memory, town: ATown, *numbers: int) -> None:
    """The devices of these residents are known not to work, shortly before their check at two."""
    for number in numbers:
        check_id = await value(
            memory,
            "select check_id from checks where resident_id = $1 and opens_at = $2",
            town.residents[number],
            at_local(town.town, NIGHT, "02:00"),
        )
        await cases.apply_to_check(memory, check_id, FaultKnown(Reason.FAULT), actor="test")


async def in_incident(memory: Memory) -> int:
    found: int = await value(memory, "select count(*) from alarms where incident_id is not null")
    return found


async def sms(memory: Memory) -> list[tuple[str, str]]:
    return [
        (r["phone"], r["body"])
        for r in await rows(memory, "select phone, body from messages where channel = 'sms' order by created_at, phone")
    ]


async def sms_of(memory: Memory, wording: str) -> list[str]:
    return [
        r["phone"] for r in await rows(memory, "select phone from messages where wording = $1 order by phone", wording)
    ]


# ---- one cause in one area ----


async def test_the_fifth_silent_device_makes_an_incident(memory: Memory) -> None:
    town = await a_night(memory, "01:30", residents=6)
    await fails(memory, town, 1, 2, 3, 4)
    assert await incidents.form_incidents(memory) == 0
    await move(memory, timedelta(seconds=60))
    await fails(memory, town, 5)
    assert await incidents.form_incidents(memory) == 5
    assert await incidents.form_incidents(memory) == 0
    (incident,) = await rows(memory, "select area_id, number, kind, closed_at from incidents")
    assert incident == {"area_id": town.areas["3"], "number": 1, "kind": "technical", "closed_at": None}
    link = await value(memory, "select link from incidents")
    told = (
        f"Störning omr 3: 5 platser ska kontrolleras. Lista: https://natt.kommun.se/d/{link} "
        "Inget nät: reservlistan i bilen."
    )
    assert sorted(await sms(memory)) == [(town.phone("3"), told), (town.lead_phone, told)]
    kinds = [r["kind"] for r in await rows(memory, "select kind from events where kind like '%incident%' order by id")]
    assert kinds == ["incident_opened", *["into_incident"] * 5, "incident_told"]


async def nothing_else_is_due(memory: Memory) -> None:
    """No check of the night asks for anything any more."""
    await run(memory, "update checks set next_step_at = null, state = 'seen', answer = 'in_bed', seen_by = 'x', ended_at = clock.now()"
                      " where next_step_at is not null")  # fmt: skip


async def minutes_pass(memory: Memory, count: int) -> None:
    """Let as many minutes pass, then the clockwork's cycle and the incidents' job."""
    await move(memory, timedelta(minutes=count))
    await Clockwork(memory).cycle()
    await incidents.form_incidents(memory)


async def test_an_unticked_incident_is_told_on_as_one(memory: Memory, database: Database) -> None:
    town = await a_night(
        memory, "01:30", residents=38, areas=("3", "4"), change={n: {"area": "3"} for n in range(1, 39)}
    )
    await fails(memory, town, *range(1, 39))
    assert await incidents.form_incidents(memory) == 38
    await nothing_else_is_due(memory)
    await minutes_pass(memory, 44)
    assert len(await sms(memory)) == 2
    await outcome(memory, await value(memory, "select alarm_id from alarms where resident_id = $1", town.residents[1]))
    await minutes_pass(memory, 2)
    link = await value(memory, "select link from incidents")
    late = (town.phone("4"), "Störning omr 3: 37 platser är inte kontrollerade i tid. Fler behöver åka. "
                             f"Lista: https://natt.kommun.se/d/{link}")  # fmt: skip
    assert (await sms(memory))[2:] == [late], "the nearest patrol that has not had the list"
    await minutes_pass(memory, 5)
    assert await sms_of(memory, "incident_late") == [town.phone("4")]
    assert await sms_of(memory, "incident_lead") == [town.lead_phone]
    async with memory.transaction() as tx:
        assert await health.count_red(tx) == 0
    await minutes_pass(memory, 5)
    assert len(await sms_of(memory, "incident_lead")) == 3, "the lead again, and the fixed number"
    calls = await rows(memory, "select phone, body from messages where channel = 'call'")
    assert len(calls) == 2 and town.lead_phone in [call["phone"] for call in calls], "both are called as well"
    assert {call["body"].split(".")[0] for call in calls} == {
        "Störning i område tre: 37 platser är inte kontrollerade i tid"
    }
    async with memory.transaction() as tx:
        assert await health.count_red(tx) == 1
        assert [one.places for one in await incident_rows.red_incidents(tx)] == [37]
    assert {r["state"] for r in await rows(memory, "select state from alarms where incident_id is not null")} == {
        "open",
        "closed",
    }
    assert await sms_of(memory, "call_out") == await sms_of(memory, "also_seeks") == []
    web = await Memory.open(database.web)
    try:
        user = uuid4()
        theirs, elsewhere = await viewer_in(memory, "vik", user=user), await viewer_in(memory, "berg")
        incident_id = await value(memory, "select incident_id from incidents")
        for _ in range(2):
            await incidents.acknowledge_incident(web, incident_id, by=str(user), viewer=theirs)
        with pytest.raises(cases.NotFound):
            await incidents.acknowledge_incident(web, incident_id, by=str(user), viewer=elsewhere)
    finally:
        await web.close()
    async with memory.transaction() as tx:
        assert await health.count_red(tx) == 0
    assert await value(memory, "select count(*) from events where kind = 'incident_acknowledged'") == 1
    await minutes_pass(memory, 44)
    assert len(await sms(memory)) == 6, "somebody at the board sees to it for a target's time"
    await minutes_pass(memory, 2)
    assert len(await sms(memory)) == 7


async def test_a_lead_sees_to_an_incident_by_sms(memory: Memory) -> None:
    town = await a_night(memory, "01:30", residents=5)
    await fails(memory, town, 1, 2, 3, 4, 5)
    await incidents.form_incidents(memory)
    await nothing_else_is_due(memory)
    for _ in range(2):
        await minutes_pass(memory, 46)
        if await sms_of(memory, "incident_lead"):
            break
    link = await value(memory, "select link from incidents")
    asked = "Störning omr 3: 5 platser är inte kontrollerade i tid."
    where = f"Lista: https://natt.kommun.se/d/{link}"
    assert (await sms(memory))[-1] == (town.lead_phone, f"{asked} {where} Svara störning=jag ordnar.")
    for number, text in enumerate(("2 störning", "Störning?")):
        reply = ReceivedReply("twilio", f"R{number}", town.lead_phone, town.town.sending_number, text)
        assert await receive_reply(memory, reply) == "free_text"
    assert await value(memory, "select acknowledged_at from incidents") is None
    reply = ReceivedReply("twilio", "R9", town.lead_phone, town.town.sending_number, "1")
    await receive_reply(memory, reply)
    yours = f"Störning omr 3: tack, du ordnar. 5 platser är kvar. {where}"
    assert (await sms(memory))[-1] == (town.lead_phone, yours)
    await minutes_pass(memory, 44)
    assert len(await sms_of(memory, "incident_lead")) == 1, "somebody sees to it for a target's time"
    async with memory.transaction() as tx:
        assert await health.count_red(tx) == 0
    await minutes_pass(memory, 2)
    assert len(await sms_of(memory, "incident_lead")) == 2
    assert await value(memory, "select count(*) from events where kind = 'incident_acknowledged'") == 1


async def test_a_ticked_incident_is_told_on_to_nobody(memory: Memory) -> None:
    town = await a_night(memory, "01:30", residents=5)
    await fails(memory, town, 1, 2, 3, 4, 5)
    await incidents.form_incidents(memory)
    await nothing_else_is_due(memory)
    for row in await rows(memory, "select alarm_id from alarms"):
        await outcome(memory, row["alarm_id"])
    await minutes_pass(memory, 60)
    assert len(await sms(memory)) == 2


async def test_who_is_not_seen_leaves_an_incident_of_cameras(memory: Memory) -> None:
    town = await a_night(memory, "01:30", residents=5)
    await fails(memory, town, 1, 2, 3, 4, 5)
    await incidents.form_incidents(memory)
    of_one = await value(memory, "select alarm_id from alarms where resident_id = $1", town.residents[1])
    seen_nowhere = alarm_events.Joined(AlarmKind.NOT_SEEN, Priority.SECOND, Reason.UP)
    await cases.apply_to_alarm(memory, of_one, seen_nowhere, actor="test")
    assert await in_incident(memory) == 4
    await minutes_pass(memory, 3)
    assert await sms_of(memory, "call_out") == [town.phone("3")]


async def test_five_in_a_large_area_are_too_few(memory: Memory) -> None:
    town = await a_night(memory, "01:30", residents=26)
    await fails(memory, town, 1, 2, 3, 4, 5)
    assert await incidents.form_incidents(memory) == 0
    await fails(memory, town, 6)
    assert await incidents.form_incidents(memory) == 6


async def test_staff_are_told_again_when_an_incident_has_grown(memory: Memory) -> None:
    town = await a_night(memory, "01:30", residents=10)
    await fails(memory, town, 1, 2, 3, 4, 5)
    await incidents.form_incidents(memory)
    await move(memory, timedelta(seconds=30))
    await fails(memory, town, 6, 7, 8)
    assert await incidents.form_incidents(memory) == 3
    assert len(await sms_of(memory, "incident")) == 2
    await move(memory, timedelta(seconds=31))
    await incidents.form_incidents(memory)
    assert [body.split(":")[1] for _, body in (await sms(memory))[2:]] == [" 8 platser ska kontrolleras. Lista"] * 2
    assert await value(memory, "select count(*) from incidents") == 1


async def test_a_second_wave_is_told_of_at_once(memory: Memory) -> None:
    town = await a_night(memory, "01:30", residents=20)
    await fails(memory, town, *range(1, 11))
    assert await incidents.form_incidents(memory) == 10
    for n in range(1, 11):
        await outcome(
            memory, await value(memory, "select alarm_id from alarms where resident_id = $1", town.residents[n])
        )
    await move(memory, timedelta(minutes=4))
    await fails(memory, town, *range(11, 21))
    for _ in range(2):
        await incidents.form_incidents(memory)
    assert await value(memory, "select count(*) from incidents") == 1
    assert [body.split(":")[1] for _, body in (await sms(memory))[2:]] == [" 10 platser ska kontrolleras. Lista"] * 2


async def test_two_areas_are_two_incidents(memory: Memory) -> None:
    town = await a_night(memory, "01:30", residents=10, areas=("3", "4"))
    await fails(memory, town, *range(1, 11))
    assert await incidents.form_incidents(memory) == 10
    areas = await rows(memory, "select area_id, number from incidents order by number")
    assert {a["area_id"] for a in areas} == set(town.areas.values())
    assert await sms_of(memory, "incident") == sorted(
        [town.phone("3"), town.phone("4"), town.lead_phone, town.lead_phone]
    )


async def test_something_wrong_never_joins_and_leaves_an_incident(memory: Memory) -> None:
    town = await a_night(memory, "01:30", residents=6)
    await fails(memory, town, 1, 2, 3, 4, 5, 6)
    worse = await value(memory, "select alarm_id from alarms where resident_id = $1", town.residents[6])
    wrong = alarm_events.Joined(AlarmKind.SOMETHING_WRONG, Priority.FIRST, Reason.ON_FLOOR)
    await cases.apply_to_alarm(memory, worse, wrong, actor="test")
    assert await incidents.form_incidents(memory) == 5
    assert await value(memory, "select incident_id from alarms where alarm_id = $1", worse) is None
    later = await value(memory, "select alarm_id from alarms where resident_id = $1", town.residents[1])
    await cases.apply_to_alarm(memory, later, wrong, actor="test")
    assert await value(memory, "select incident_id from alarms where alarm_id = $1", later) is None
    assert await in_incident(memory) == 4


async def test_who_has_been_sent_for_is_handled_alone(memory: Memory) -> None:
    town = await a_night(memory, "01:30", residents=6)
    await fails(memory, town, 1, 2, 3, 4, 5)
    sent = await value(memory, "select alarm_id from alarms where resident_id = $1", town.residents[1])
    await cases.apply_to_alarm(memory, sent, alarm_events.SendPatrol(uuid4()), actor="test")
    assert await incidents.form_incidents(memory) == 4


# ---- the list, and its end ----


async def outcome(memory: Memory, alarm_id: UUID) -> None:
    await cases.apply_to_alarm(memory, alarm_id, alarm_events.Close(uuid4(), Outcome.WELL_IN_BED), actor="test")


async def test_it_is_closed_only_when_every_resident_is_ticked(memory: Memory, database: Database) -> None:
    town = await a_night(memory, "01:30", residents=5)
    await fails(memory, town, 1, 2, 3, 4, 5)
    await incidents.form_incidents(memory)
    incident_id = await value(memory, "select incident_id from incidents")
    alarms = [r["alarm_id"] for r in await rows(memory, "select alarm_id from alarms order by case_no")]
    for alarm_id in alarms[:-1]:
        await outcome(memory, alarm_id)
    web, user = await Memory.open(database.web), uuid4()
    anna = str(user)
    try:
        elsewhere = await viewer_in(memory, "vik", areas=(uuid4(),))
        theirs = await viewer_in(memory, "vik", user=user)
        with pytest.raises(IllegalMove, match="incident 1: 1 places are not ticked"):
            await incidents.close_incident(web, incident_id, by=anna, reason="alla sedda", viewer=theirs)
        for viewer in (await viewer_in(memory, "berg"), elsewhere):
            with pytest.raises(cases.NotFound):
                await incidents.close_incident(web, incident_id, by=anna, reason="alla sedda", viewer=viewer)
        # One that is in every area is seen from each, and is not empty to somebody who sees none of its places.
        await run(memory, "update incidents set area_id = null")
        with pytest.raises(IllegalMove, match="incident 1: 1 places are not ticked"):
            await incidents.close_incident(web, incident_id, by=anna, reason="alla sedda", viewer=elsewhere)
        await outcome(memory, alarms[-1])
        await incidents.close_incident(web, incident_id, by=anna, reason="alla sedda", viewer=theirs)
        with pytest.raises(IllegalMove, match=f"closed already, by {anna}"):
            await incidents.close_incident(
                web, incident_id, by="bo", reason="dubbelt", viewer=await viewer_in(memory, "vik")
            )
    finally:
        await web.close()
    assert await value(memory, "select closed_by from incidents") == anna


async def test_an_incident_that_is_ticked_through_ends(memory: Memory) -> None:
    town = await a_night(memory, "01:30", residents=6)
    await fails(memory, town, 1, 2, 3, 4, 5)
    await incidents.form_incidents(memory)
    alarms = [r["alarm_id"] for r in await rows(memory, "select alarm_id from alarms order by case_no")]
    for alarm_id in alarms:
        await outcome(memory, alarm_id)
    await incidents.form_incidents(memory)
    assert await value(memory, "select closed_at from incidents") is None, "a sixth may still be joined to them"
    await run(memory, "select clock.move(interval '6 minutes')")
    await incidents.form_incidents(memory)
    assert await value(memory, "select closed_by from incidents") == incidents.ACTOR
    assert await value(memory, "select count(*) from events where kind = 'incident_closed'") == 1
    # One that joined it as it ended would be told on by nobody.
    await fails(memory, town, 6)
    await run(memory, "update alarms set incident_id = (select incident_id from incidents) where state <> 'closed'")
    await incidents.form_incidents(memory)
    assert await value(memory, "select closed_at from incidents") is None


async def test_the_printed_list_is_sorted_by_left_area_and_risk(memory: Memory, database: Database) -> None:
    town = await a_night(memory, "01:30", residents=5, change={3: {"risk": 1}, 2: {"risk": 1, "phone": "+4684650041"}})
    await fails(memory, town, 1, 2, 3, 4, 5)
    await incidents.form_incidents(memory)
    await outcome(memory, await value(memory, "select alarm_id from alarms where resident_id = $1", town.residents[2]))
    assert await incident_list.incident_list(memory, "i0") is None
    (named,) = await incident_list.incidents_of_number(memory, 1)
    found = await incident_list.incident_list(memory, named.link)
    assert found is not None
    text = incident_text(found).splitlines()
    assert text[:2] == ["STÖRNING 1  Vik kommun", "Började 01:30. Läst 01:30. 4 av 5 kvar att kontrollera."]
    assert text[4] == "OMRÅDE 3: 4 av 5 kvar"
    people = [line.split(": ")[1] for line in text if line.startswith("[")]
    assert people == [
        "3 Person 3 (risk hög)",
        *(f"{n} Person {n} (risk mellan)" for n in (1, 4, 5)),
        "2 Person 2 (risk hög)",
    ]
    assert "    Tel: +4684650041" in text
    web = await Memory.open(database.web)
    try:
        assert await incident_list.incident_list(web, named.link, await viewer_in(memory, "berg")) is None
        assert await incident_list.incidents_of_number(web, 1, await viewer_in(memory, "berg")) == []
    finally:
        await web.close()


async def test_towns_count_their_own_incidents_and_share_no_link(memory: Memory) -> None:
    for org in ("vik", "berg"):
        town = await a_night(memory, "01:30", org=org, residents=5)
        await fails(memory, town, 1, 2, 3, 4, 5)
        await incidents.form_incidents(memory)
    made = await rows(memory, "select org, number, link from incidents order by org")
    assert [(one["org"], one["number"]) for one in made] == [("berg", 1), ("vik", 1)]
    assert len({one["link"] for one in made}) == 2
    assert not any(one["org"] in one["link"] for one in made), "an SMS names no town"


# ---- the service itself was away ----


async def away(memory: Memory, by: timedelta) -> None:
    """The whole service stands still while time goes on, and is back; no device has been heard since."""
    await presence.record_service_alive(memory)
    at = await move(memory, by)
    await run(memory, "update devices set link = 'gone', gone_at = clock.now() - interval '10 minutes'")
    await incidents.record_absence(memory, at, await presence.record_service_alive(memory))


@pytest.mark.parametrize("handled_by", ["alarm_centre", "home_care"])
async def test_after_a_long_outage_missed_checks_are_one_incident(memory: Memory, handled_by: str) -> None:
    town = await a_night(memory, "01:50", residents=4, areas=("3", "4"), handled_by=handled_by)
    await away(memory, timedelta(minutes=40))
    await Clockwork(memory).cycle()
    assert await incidents.form_incidents(memory) == 4
    assert await rows(memory, "select area_id, kind from incidents") == [{"area_id": None, "kind": "service"}]
    assert {(r["kind"], r["state"]) for r in await rows(memory, "select kind, state from alarms")} == {
        ("service", "open")
    }
    assert await sms_of(memory, "call_out") == []
    assert await sms_of(memory, "incident") == sorted(
        [town.phone("3"), town.phone("4"), town.lead_phone, town.lead_phone]
    )
    assert await value(memory, "select data->>'seconds' from events where kind = 'service_gap'") == "2400"


async def test_a_short_absence_is_no_incident(memory: Memory) -> None:
    await a_night(memory, "01:50", residents=4)
    await away(memory, timedelta(minutes=9))
    assert await value(memory, "select count(*) from events where kind = 'service_gap'") == 0
    await Clockwork(memory).cycle()
    await incidents.form_incidents(memory)
    assert await value(memory, "select count(*) from incidents") == 0
