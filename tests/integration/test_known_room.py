"""A camera that does not know its room as it is: a person looks at each check, whatever the plan says."""

from collections.abc import AsyncIterator
from typing import Final

import pytest

from alarm_center.preparation import planning
from alarm_center.store import checks
from alarm_center.store.memory import Memory
from tests.support import busy_town
from tests.support.postgres import Database

KNOWN: Final = "select room_known from devices"
RULE: Final = "select distinct green_by || ' ' || show from checks where state = 'planned'"


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    await busy_town.found(opened, "ost")
    yield opened
    await opened.close()


async def after(memory: Memory, change: str) -> tuple[object, object]:
    """Return whether the room is known after *change*, and by whom the planned checks turn green."""
    async with memory.transaction() as tx:
        resident_id = await tx.fetchval("select resident_id from plans where green_by = 'detector' limit 1")
        await tx.execute(change)
        await checks.refresh_planned_rule(tx, resident_id)
        return await tx.fetchval(KNOWN), await tx.fetchval(RULE)


@pytest.mark.parametrize(
    "change",
    [
        "update devices set profile = profile - 'signature'",
        "update devices set profile = jsonb_set(profile, '{zones,0,polygon,0,0}', '0.123')",
        "update devices set profile = '{}'",
    ],
    ids=["no signature", "a bed elsewhere", "another home"],
)
async def test_an_unknown_room_is_looked_at_by_people(memory: Memory, change: str) -> None:
    await planning.plan_all_towns(memory)
    assert await after(memory, "select 1") == (True, "detector deviation")
    assert await after(memory, change) == (False, "operator always")
    assert await after(memory, "update devices set label = 'x', profile = profile") == (False, "operator always")
    taken = "update devices set profile = jsonb_set(profile, '{signature}', '[[1]]')"
    assert await after(memory, taken) == (True, "detector deviation"), "a new take of the empty room brings it back"


async def test_what_does_not_move_the_room_keeps_it_known(memory: Memory) -> None:
    for change in (
        'update devices set profile = profile || \'{"expected_people": 2, "version": 9}\'',
        "update devices set profile = profile || '{\"thresholds\": {\"dark\": 5}}', label = 'x', capture = '{}'",
    ):
        assert (await after(memory, change))[0] is True
    assert (await after(memory, "update devices set kind = 'sensors', profile = '{}'"))[0] is True, "nothing to know"
