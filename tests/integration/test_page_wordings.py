"""A page may write a message in each wording: what a tick on it says is refused by none."""

from collections.abc import AsyncIterator

import pytest

from alarm_center.core.plan import Wording
from alarm_center.store.memory import Memory
from tests.support.postgres import Database
from tests.support.town import rows


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    memory = await Memory.open(database.worker)
    yield memory
    await memory.close()


async def test_a_page_may_say_every_wording(memory: Memory) -> None:
    known = {row["wording"] for row in await rows(memory, "select wording from wordings")}
    assert known == {wording.value for wording in Wording}
