"""Device statuses, a town at a time: unchanged ones are written in batches, all others at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from structlog.testing import capture_logs

from alarm_center.app import make_app, open_centre
from alarm_center.devices.last_heard import LastHeard
from alarm_center.inbox import Inbox
from alarm_center.settings import CentreSettings
from alarm_center.store.memory import Memory
from fjarrtillsyn.embedded.ports import free_port
from schemas import topics, wire
from schemas.messages import Status
from schemas.vocabulary import LinkState
from tests.support import town
from tests.support.no_provider import NoProvider
from tests.support.postgres import Database
from tests.support.town import ATown
from tests.support.waiting import eventually

AS_IT_WAS = Status(link=LinkState.UP, camera_ok=True, config_version=1, software="1.0", wall_offset_s=0.5)


@dataclass
class Vik:
    """A town of ten homes whose devices have just said all that there is to say."""

    memory: Memory
    town: ATown
    hearing: LastHeard
    inbox: Inbox

    async def says(self, number: int, status: Status) -> None:
        topic = topics.of(self.town.org, self.town.device(number), "status")
        await self.inbox.on_status(topic, wire.encode(status))

    async def silent_for(self, number: int) -> float:
        """Return the seconds since the device was heard, as the memory has it."""
        seconds: float = await town.value(
            self.memory,
            "select extract(epoch from clock.now() - last_heard_at)::float8 from devices where device_id = $1",
            self.town.device(number),
        )
        return seconds


@pytest.fixture
async def vik(database: Database) -> AsyncIterator[Vik]:
    memory = await Memory.open(database.worker)
    there = await town.a_town(memory, residents=10, at=datetime(2026, 11, 22, 20, 0, tzinfo=UTC))
    await town.run(memory, "update devices set wanted_version = 1, reported_version = 1, camera_ok = true")
    hearing = LastHeard(memory)
    yield Vik(memory, there, hearing, Inbox(memory, hearing))
    await memory.close()


async def test_unchanged_statuses_are_written_in_one_statement(vik: Vik) -> None:
    await town.move(vik.memory, timedelta(seconds=60))
    before = await town.rows(vik.memory, "select xmin::text from devices")
    for number in range(1, 11):
        await vik.says(number, AS_IT_WAS)
    assert await town.rows(vik.memory, "select xmin::text from devices") == before, "no status wrote anything by itself"
    assert await vik.hearing.flush() == 10
    assert await town.value(vik.memory, "select count(distinct xmin::text) from devices") == 1
    assert await town.value(vik.memory, "select bool_and(last_heard_at = clock.now()) from devices")
    assert await town.value(vik.memory, "select bool_and(wall_offset_s = 0.5 and software = '1.0') from devices")
    assert await vik.hearing.flush() == 0


@pytest.mark.parametrize(
    ("status", "holds"),
    [
        (Status(link=LinkState.GONE), "link = 'gone' and gone_at is not null"),
        (AS_IT_WAS.model_copy(update={"camera_ok": False}), "camera_ok is false"),
        (AS_IT_WAS.model_copy(update={"fault": "no light"}), "fault = 'no light'"),
        (AS_IT_WAS.model_copy(update={"config_version": 2}), "reported_version = 2"),
    ],
    ids=["link", "camera", "fault", "config"],
)
async def test_what_a_decision_may_rest_on_is_written_at_once(vik: Vik, status: Status, holds: str) -> None:
    await vik.says(1, status)
    assert await town.value(vik.memory, f"select {holds} from devices where device_id = $1", vik.town.device(1))


async def test_who_is_back_before_counting_as_lost_is_written_at_once(vik: Vik) -> None:
    await town.move(vik.memory, timedelta(seconds=120))
    await vik.says(1, AS_IT_WAS)
    assert await vik.silent_for(1) == 0
    assert await vik.silent_for(2) == 120


async def test_a_locked_device_row_delays_no_other_and_is_not_lost(vik: Vik) -> None:
    await town.move(vik.memory, timedelta(seconds=20))
    for number in (1, 2):
        await vik.says(number, AS_IT_WAS)
    async with vik.memory.transaction() as tx:
        await tx.execute("select from devices where device_id = $1 for update", vik.town.device(1))
        assert await vik.hearing.flush() == 1
    assert (await vik.silent_for(1), await vik.silent_for(2)) == (20, 0)
    await town.move(vik.memory, timedelta(seconds=20))
    await vik.says(1, AS_IT_WAS)
    assert await vik.hearing.flush() == 1
    assert await vik.silent_for(1) == 0


async def test_statuses_heard_in_an_outage_are_written_after_it(vik: Vik, database: Database) -> None:
    away = await Memory.open(database.worker)
    await town.move(vik.memory, timedelta(seconds=20))
    await vik.says(1, AS_IT_WAS)
    vik.hearing.memory = away
    await away.close()
    with pytest.raises(asyncpg.InterfaceError):
        await vik.hearing.flush()
    vik.hearing.memory = vik.memory
    assert await vik.hearing.flush() == 1
    assert await vik.silent_for(1) == 0


async def test_it_goes_on_by_itself_over_a_database_that_was_away(vik: Vik, database: Database) -> None:
    away = await Memory.open(database.worker)
    await away.close()
    hearing = LastHeard(away, seconds=0.01)
    await town.move(vik.memory, timedelta(seconds=20))
    hearing.record(vik.town.org, vik.town.device(1), AS_IT_WAS, await vik.memory.now())
    with capture_logs() as logged:
        running = asyncio.create_task(hearing.run())
        await eventually(lambda: [line for line in logged if line["event"] == "last_heard_delayed"])
        hearing.memory = vik.memory
        await eventually(lambda: _is_heard(vik))
    running.cancel()


async def _is_heard(vik: Vik) -> bool:
    return await vik.silent_for(1) == 0


async def test_a_running_centre_writes_it(vik: Vik, database: Database) -> None:
    settings = CentreSettings(
        database_url=SecretStr(database.worker), database_url_web=SecretStr(database.web),
        database_url_sign_in=SecretStr(database.sign_in), database_url_planner=SecretStr(database.planner), mqtt_port=free_port(),
        http_port=free_port(),
    )  # fmt: skip
    centre = await open_centre(settings, NoProvider())
    async with TestServer(make_app(centre)):
        await town.move(vik.memory, timedelta(seconds=20))
        topic = topics.of(vik.town.org, vik.town.device(1), "status")
        await centre.inbox.on_status(topic, wire.encode(AS_IT_WAS))
        await eventually(lambda: _is_heard(vik))


async def test_a_device_that_is_ours_no_longer_is_waited_for_once(vik: Vik) -> None:
    await vik.says(1, AS_IT_WAS)
    await town.run(vik.memory, "delete from devices where device_id = $1", vik.town.device(1))
    await vik.hearing.flush()
    assert await vik.hearing.flush() == 0
