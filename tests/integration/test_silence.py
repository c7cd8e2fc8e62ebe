"""A device that is silent for a while: in time somebody drives, and nobody drives for one that is back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from alarm_center.clockwork import Clockwork
from alarm_center.devices import presence
from alarm_center.store.memory import Memory
from schemas.messages import Status
from schemas.vocabulary import LinkState
from tests.support import town
from tests.support.postgres import Database
from tests.support.town import ATown

EVENING = datetime(2026, 11, 22, 20, 40, tzinfo=UTC)
"""21:40 on the wall: the one check, at 23:20, is an hour and forty minutes ahead, its fault's alarm forty."""


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


@pytest.fixture
async def vik(memory: Memory) -> ATown:
    return await town.a_town(memory, residents=1, times=("23:20",), at=EVENING)


async def falls_silent(memory: Memory) -> None:
    await town.move(memory, timedelta(minutes=4))
    assert await presence.report_silent_devices(memory, None) >= 1


async def an_hour_before(memory: Memory) -> None:
    """Let the time come at which a fault is alarmed; devices that are there have said so."""
    await town.move(memory, timedelta(minutes=40))
    await Clockwork(memory).cycle()


async def test_a_device_that_stays_silent_is_an_alarm_in_time(memory: Memory, vik: ATown) -> None:
    await falls_silent(memory)
    await Clockwork(memory).cycle()
    assert await town.value(memory, "select count(*) from alarms") == 0
    await an_hour_before(memory)
    assert await town.value(memory, "select kind from alarms") == "technical"


async def test_a_device_that_is_back_before_its_alarm_is_none(memory: Memory, vik: ATown) -> None:
    await falls_silent(memory)
    await town.heard(memory)
    await presence.report_faults(memory, vik.org, vik.device(1), Status(link=LinkState.UP, camera_ok=True))
    await an_hour_before(memory)
    assert await town.value(memory, "select count(*) from alarms") == 0
    assert await town.value(memory, "select next_step_at = opens_at from checks order by opens_at limit 1")


async def test_nobody_is_silent_while_nobody_has_listened_long_enough(memory: Memory, vik: ATown) -> None:
    back = await town.move(memory, timedelta(hours=1))
    assert await presence.report_silent_devices(memory, back) == 0
    await town.move(memory, timedelta(minutes=4))
    assert await presence.report_silent_devices(memory, back) >= 1
