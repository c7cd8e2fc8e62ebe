"""Carers who are threatened or need help on site, as dialogues: heard with sound, helped by the others, and louder until a person sees to it."""

from collections.abc import AsyncIterator
from typing import Final
from uuid import uuid4

import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import Alarm, alarm_events
from alarm_center.store import board, health
from schemas.vocabulary import TroubleKind
from tests.support.carer import Carer
from tests.support.postgres import Database
from tests.support.sms_centre import NUMBER, SmsCentre, sms_centre

FIXED: Final = "+46101112233"
THREAT: Final = "Jag blir hotad, ring polisen"


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        running.carers[FIXED] = Carer(running.api, FIXED, NUMBER, (running.elks,))
        await running.rows("update organisations set fixed_number = $1 returning 1", FIXED)
        await running.hold_clock()
        yield running


async def on_site(centre: SmsCentre) -> Alarm:
    """Return an alarm at whose address the first patrol is."""
    alarm = await centre.alarm(1)
    await centre.first.receives("PRIO 1").and_replies("1")
    await centre.first.receives("är ditt").and_replies("3")
    await centre.first.receives("framme, noterat")
    return alarm


async def cries(centre: SmsCentre) -> Alarm:
    """Return an alarm at whose address the first patrol has cried for help, and everybody else has been asked."""
    alarm = await on_site(centre)
    await centre.first.writes("9")
    await centre.first.receives(f"{alarm.case_no}: Vi har fått att du behöver hjälp och ringer dig nu.")
    await asked_to_help(centre, alarm)
    return alarm


async def asked_to_help(centre: SmsCentre, alarm: Alarm) -> None:
    for carer, answers in ((centre.second, "1=åker"), (centre.lead, "1=jag ordnar")):
        await carer.receives(f"Patrull 1 behöver hjälp vid {alarm.case_no}. Ring 070-000 00 01. Svara {answers}")


async def unacknowledged(centre: SmsCentre, alarm: Alarm) -> list[TroubleKind]:
    return [trouble.kind for trouble in (await centre.now_is(alarm.alarm_id)).unacknowledged]


async def test_a_threat_in_free_words_is_heard_with_sound(centre: SmsCentre) -> None:
    alarm = await on_site(centre)
    await centre.first.writes(THREAT)
    await centre.first.receives(f"{alarm.case_no}: en operatör läser det nu. Fara för liv: ring 112.")
    ((_, line),) = await centre.lines(alarm.alarm_id, ["reply_text"])
    assert line["heed"] == "sound" and THREAT not in str(line)
    async with centre.memory.transaction() as tx:
        assert (await board.to_be_heard(tx, await centre.memory.now())).unread == 1
    assert (await centre.now_is(alarm.alarm_id)).takers, "the case stays theirs"


async def test_a_threat_and_then_a_9_sends_everybody(centre: SmsCentre) -> None:
    alarm = await on_site(centre)
    await centre.first.writes(THREAT)
    await centre.first.receives("en operatör läser det nu")
    await centre.first.writes("9")
    await centre.first.receives("Vi har fått att du behöver hjälp")
    await asked_to_help(centre, alarm)
    assert await unacknowledged(centre, alarm) == [TroubleKind.HELP]


async def test_a_cry_gets_louder_until_a_person_sees_to_it(centre: SmsCentre) -> None:
    alarm = await cries(centre)
    await centre.all_arrive()
    await centre.pass_time(90)
    for carer in (centre.second, centre.lead):
        await carer.is_called()
    await centre.all_arrive()
    await centre.pass_time(90)
    await centre.carers[FIXED].is_called()
    await centre.finish_sending()
    for carer in (centre.second, centre.lead):
        for _ in carer.unread():
            await carer.receives(f"behöver hjälp vid {alarm.case_no}")
    async with centre.memory.transaction() as tx:
        assert await health.count_red(tx) == 1, "the outside heartbeat fails"
    seen = alarm_events.AcknowledgeTrouble(uuid4(), TroubleKind.HELP)
    await cases.apply_to_alarm(centre.memory, alarm.alarm_id, seen, actor="test")
    async with centre.memory.transaction() as tx:
        assert await health.count_red(tx) == 0
    assert not centre.first.unread(), "whoever cries is asked by no round"


async def test_a_second_cry_voids_what_was_acknowledged(centre: SmsCentre) -> None:
    alarm = await cries(centre)
    seen = alarm_events.AcknowledgeTrouble(uuid4(), TroubleKind.HELP)
    await cases.apply_to_alarm(centre.memory, alarm.alarm_id, seen, actor="test")
    assert await unacknowledged(centre, alarm) == []
    await centre.all_arrive()
    await centre.pass_time(61)
    await centre.first.writes("9")
    await centre.first.receives("Vi har fått att du behöver hjälp")
    assert await unacknowledged(centre, alarm) == [TroubleKind.HELP]
    await centre.finish_sending()
    for carer in (centre.second, centre.lead):
        for item in carer.unread():
            await (carer.is_called() if item.body is None else carer.receives(f"hjälp vid {alarm.case_no}"))


async def test_a_helper_who_comes_is_believed(centre: SmsCentre) -> None:
    alarm = await cries(centre)
    await centre.second.writes("1")
    await centre.second.receives(f"{alarm.case_no} är ditt")
    await centre.lead.receives(f"{alarm.case_no}: någon annan ordnar det")
    await centre.second.writes("3")
    await centre.second.receives("framme, noterat")
    takers = (await centre.now_is(alarm.alarm_id)).takers
    assert len(takers) == 2


async def test_two_who_cry_at_one_case_are_both_seen(centre: SmsCentre) -> None:
    alarm = await cries(centre)
    await centre.second.writes("1")
    await centre.second.receives("är ditt")
    await centre.lead.receives("någon annan ordnar det")
    await centre.second.writes("9")
    await centre.second.receives(f"{alarm.case_no}: Vi har fått att du behöver hjälp")
    await centre.lead.receives(f"behöver hjälp vid {alarm.case_no}")
    (trouble,) = (await centre.now_is(alarm.alarm_id)).unacknowledged
    assert (trouble.kind, len(trouble.carers)) == (TroubleKind.HELP, 2)
