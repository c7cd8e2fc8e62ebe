"""A body that is tried again leaves one trace of its two runs: in the memory, and outside of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from alarm_center import metrics
from alarm_center.clockwork import Clockwork
from alarm_center.devices.last_heard import LastHeard
from alarm_center.inbox import Inbox
from alarm_center.outbox import Outbox
from schemas import topics, wire
from schemas.messages import Status
from schemas.vocabulary import LinkState
from tests.support import town
from tests.support.postgres import Database
from tests.support.rerun import Rerun
from tests.support.sms_centre import SmsCentre, sms_centre

AS_IT_WAS = Status(link=LinkState.UP, camera_ok=True, config_version=1, software="1.0", wall_offset_s=0.5)


@pytest.fixture
async def rerun(database: Database) -> AsyncIterator[Rerun]:
    memory = await Rerun.open(database.worker)
    yield memory
    await memory.close()


@pytest.fixture
async def centre(database: Database, rerun: Rerun) -> AsyncIterator[SmsCentre]:
    """The part that talks to carers, with the outbox and the hooks on a memory that runs everything twice."""
    async with sms_centre(database, memory=rerun) as running:
        yield running


def counted(state: str) -> float:
    value: float = metrics.SMS.labels(state)._value.get()
    return value


async def test_an_sms_goes_once_and_is_counted_once(centre: SmsCentre) -> None:
    before = counted("sent"), counted("delivered")
    alarm = await centre.alarm(1)
    sms = await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    assert await centre.api.status(sms, "delivered") == 204
    assert (counted("sent"), counted("delivered")) == (before[0] + 1, before[1] + 1)
    lines = await centre.lines(alarm.alarm_id, ["sms_sent", "sms_delivered"])
    assert [kind for kind, _ in lines] == ["sms_sent", "sms_delivered"]


async def test_a_status_that_was_parked_is_counted_once(centre: SmsCentre) -> None:
    before = counted("delivered")
    await centre.stop()
    await centre.alarm(1)
    provider = centre.provider()
    send = provider.send_sms

    async def delivered_first(*of: object) -> object:
        sent = await send(*of)  # type: ignore[arg-type]
        assert await centre.api.status(centre.api.messages[-1], "delivered") == 204
        return sent

    provider.send_sms = delivered_first  # type: ignore[method-assign,assignment]
    centre.start(Outbox(centre.memory, provider))
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("delivered")
    assert counted("delivered") == before + 1


async def test_a_reply_acts_once(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    before = metrics.REPLIES.labels("take")._value.get()
    await centre.first.receives("Larm … PRIO 1").and_replies("1")
    await centre.first.receives(f"{alarm.case_no} är ditt")
    assert metrics.REPLIES.labels("take")._value.get() == before + 1
    assert len(await centre.lines(alarm.alarm_id, ["reply"])) == 1


async def test_a_step_is_taken_and_timed_once(rerun: Rerun) -> None:
    await town.a_town(rerun, residents=1, at=datetime(2026, 11, 22, 20, 0, tzinfo=UTC))
    before, stepped = observed(), 0
    async with rerun.transaction() as tx:
        await tx.execute("select clock.move(interval '1 day')")
    clockwork = Clockwork(rerun)
    while done := await clockwork.cycle():
        stepped += done
    assert stepped > 0
    assert observed() - before == stepped


def observed() -> float:
    return sum(
        sample.value
        for metric in metrics.LATENESS.collect()
        for sample in metric.samples
        if sample.name.endswith("_count")
    )


async def test_a_device_that_is_there_is_noted_when_that_is_committed(rerun: Rerun) -> None:
    there = await town.a_town(rerun, residents=1, at=datetime(2026, 11, 22, 20, 0, tzinfo=UTC))
    await town.run(rerun, "update devices set wanted_version = 1, reported_version = 1, camera_ok = true")
    noted: list[str] = []

    class Notes(LastHeard):
        def record(self, org: str, device_id: str, said: Status, at: datetime) -> None:
            noted.append(device_id)

    inbox = Inbox(rerun, Notes(rerun))
    topic = topics.of(there.org, there.device(1), "status")
    await inbox.on_status(topic, wire.encode(AS_IT_WAS))
    await inbox.on_status(topic, wire.encode(AS_IT_WAS))
    assert noted == [there.device(1)] * 2
    refused = metrics.REFUSED.labels("status", "unknown_device")._value.get()
    await inbox.on_status(topics.of(there.org, "stranger", "status"), wire.encode(AS_IT_WAS))
    assert metrics.REFUSED.labels("status", "unknown_device")._value.get() == refused + 1
