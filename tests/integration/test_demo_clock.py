"""The demo's clock: it stands still for a whole lunch, and goes on as if there had been none."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from alarm_center.store.memory import Memory
from fjarrtillsyn.demo.clock import ServiceClock
from tests.support.postgres import Database
from tests.support.real_time import RealTime

EVENING = datetime(2026, 11, 22, 20, 45, tzinfo=UTC)
LUNCH = timedelta(hours=24)
SOON = timedelta(seconds=10)
"""Longer than these few statements take."""


@pytest_asyncio.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker, size=1)
    yield opened
    await opened.close()


@pytest.fixture
def real() -> RealTime:
    return RealTime()


async def test_a_clock_that_stands_does_not_notice_a_lunch(memory: Memory, real: RealTime) -> None:
    clock = ServiceClock(memory, real)
    await clock.begin_at(EVENING)
    await clock.stop()
    stands_at, t = await clock.now(), clock.monotonic()
    real.s += LUNCH.total_seconds()
    assert clock.stands_at == stands_at == await clock.now()
    assert stands_at - EVENING < SOON
    assert clock.monotonic() == t


async def test_after_a_lunch_time_goes_on_from_where_it_stood(
    memory: Memory, database: Database, real: RealTime
) -> None:
    clock = ServiceClock(memory, real)
    await clock.begin_at(EVENING)
    await clock.stop()
    t = clock.monotonic()
    real.s += LUNCH.total_seconds()
    owner = await asyncpg.connect(database.owner)
    # What the shift says after a day of real time is a day too much.
    await owner.execute("update clock.shift set by_interval = by_interval + $1", LUNCH)
    await owner.close()
    await clock.resume()
    assert clock.stands_at is None
    assert timedelta(0) <= await clock.now() - EVENING < SOON
    assert clock.monotonic() == t
    real.s += 5
    await clock.move(timedelta(seconds=60))
    assert clock.monotonic() == t + 65
    assert await clock.now() - EVENING >= timedelta(seconds=60)
