"""What SQL says of a case is what the value says."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from alarm_center.core.lease import Lease
from alarm_center.store.memory import Memory
from tests.support.postgres import Database
from tests.support.town import value

END = datetime(2026, 1, 15, 1, tzinfo=UTC)
JUST = timedelta(microseconds=1)


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    memory = await Memory.open(database.worker)
    yield memory
    await memory.close()


@pytest.mark.parametrize("lease", [Lease(), Lease(UUID(int=1), END)])
async def test_a_lease_is_held_alike_in_sql_and_in_the_core(memory: Memory, lease: Lease) -> None:
    for now in (END - JUST, END, END + JUST):
        held = await value(memory, "select is_held($1, $2, $3)", lease.holder, lease.until, now)
        assert held is lease.is_held(now), now
