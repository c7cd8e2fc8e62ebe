"""An alarm's SMS and calls as queued: a second phone is asked too, and a text that is spoilt stops none."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from alarm_center.casework import cases
from alarm_center.clockwork import Clockwork
from alarm_center.core.alarm import alarm_events
from alarm_center.store.memory import Memory
from schemas.vocabulary import Priority
from tests.support import busy_town
from tests.support.by_hand import raise_manual_alarm
from tests.support.postgres import Database

ORG = "ost"


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def _rows(memory: Memory, question: str, *values: object) -> list[dict[str, Any]]:
    async with memory.transaction() as tx:
        return [dict(row) for row in await tx.fetch(question, *values)]


async def test_a_busy_patrols_second_phone_is_asked_like_any_other(memory: Memory) -> None:
    first = await busy_town.found(memory, ORG)
    async with memory.transaction() as tx:
        area = await tx.fetchval("select area_id from areas")
        second = await busy_town.resident(tx, ORG, area, number=2, due_in=timedelta(minutes=30))
        await busy_town.on_duty(tx, ORG, "Kollega", "+46701110009", patrol="Patrull 1")
    taken = await raise_manual_alarm(memory, first, Priority.SECOND, actor="test")
    await busy_town.move(memory, timedelta(minutes=3))
    await Clockwork(memory).cycle()
    (asked,) = await _rows(memory, "select notice_id, phone from notices")
    await cases.apply_to_alarm(memory, taken.alarm_id, alarm_events.Took(asked["notice_id"]), actor="test")

    other = await raise_manual_alarm(memory, second, Priority.SECOND, actor="test")
    await busy_town.move(memory, timedelta(minutes=3))
    await Clockwork(memory).cycle()
    question = "select notice_id, phone from notices where alarm_id = $1 order by asked_at"
    (also,) = await _rows(memory, question, other.alarm_id)
    assert also["phone"] != asked["phone"], "the phone that is out is not asked while another is free"
    said = await _rows(
        memory, "select phone, body from messages where alarm_id = $1 and phone = '+46701110009'", other.alarm_id
    )
    assert [message["body"].split()[:2] for message in said] == [["Larm", str(other.case_no)]]


@pytest.mark.parametrize(
    "spoilt", ["link_host = 'Natt.Kommun.se/'", "data_number = 'växeln'", f"link_host = '{'x' * 120}.se'"]
)
async def test_a_setting_that_spoils_the_text_does_not_stop_the_sms(memory: Memory, spoilt: str) -> None:
    resident_id = await busy_town.found(memory, ORG)
    await _rows(memory, f"update organisations set {spoilt} returning 1")
    alarm = await raise_manual_alarm(memory, resident_id, Priority.FIRST, actor="test")
    await busy_town.move(memory, timedelta(minutes=3))
    await Clockwork(memory).cycle()
    sent = await _rows(memory, "select body from messages where alarm_id = $1", alarm.alarm_id)
    assert sent
    assert all(f"Larm {alarm.case_no} PRIO 1" in message["body"] or "Prioritet" in message["body"] for message in sent)


async def test_who_owes_only_the_outcome_is_free(memory: Memory) -> None:
    first = await busy_town.found(memory, ORG)
    async with memory.transaction() as tx:
        area = await tx.fetchval("select area_id from areas")
        second = await busy_town.resident(tx, ORG, area, number=2, due_in=timedelta(minutes=30))
    taken = await raise_manual_alarm(memory, first, Priority.SECOND, actor="test")
    await busy_town.move(memory, timedelta(minutes=3))
    await Clockwork(memory).cycle()
    (asked,) = await _rows(memory, "select notice_id, phone from notices")
    for said in (alarm_events.Took, alarm_events.Done):
        await cases.apply_to_alarm(memory, taken.alarm_id, said(asked["notice_id"]), actor="test")
    other = await raise_manual_alarm(memory, second, Priority.FIRST, actor="test")
    await busy_town.move(memory, timedelta(minutes=3))
    await Clockwork(memory).cycle()
    also = await _rows(memory, "select phone, wording from notices where alarm_id = $1", other.alarm_id)
    assert {"phone": asked["phone"], "wording": "call_out"} in also
    assert "also_seeks" not in [one["wording"] for one in also]
