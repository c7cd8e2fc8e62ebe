"""Hundreds of residents are planned by a few statements; rubbish, a planner's edit and another replica beside harm nobody else's night."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs

from alarm_center.casework import configs
from alarm_center.casework.editing import Editor
from alarm_center.preparation import pauses, planning
from alarm_center.store.memory import Memory, Tx
from alarm_center.store.plans import Pause
from schemas.vocabulary import CancelReason, Instead
from tests.bench.many_residents import copy_resident
from tests.support.postgres import Database
from tests.support.town import a_town, move, rows, run, value
from tests.support.waiting import eventually

ORG: Final = "vik"
EVENING: Final = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def _a_town_of(memory: Memory, residents: int, *, at: datetime = EVENING) -> list[UUID]:
    """A town that has never been planned, two looks a night; return its residents in the order in which they are planned."""
    await a_town(memory, residents=1, times=("22:30", "02:30"), at=at)
    for left in ("attempts", "checks", "jobs"):
        await run(memory, f"delete from {left}")
    await run(memory, "update devices set config = null")
    if residents > 1:
        await copy_resident(memory, ORG, 1, range(100, 99 + residents))
    return [row["resident_id"] for row in await rows(memory, "select resident_id from residents order by resident_id")]


_PLANNED: Final = "select count(*) from events join checks using (check_id) where kind = 'check_planned'"
"""Lines of the checks that are there, without those of before the town was as if it had never been planned."""


class Statements:
    """Statements that a round of planning sends, counted."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count = 0
        for name in ("fetch", "fetchrow", "fetchval", "execute", "executemany"):
            patch.setattr(asyncpg.Connection, name, self._counting(getattr(asyncpg.Connection, name)))

    def _counting(self, original: Any) -> Any:
        async def counted(*said: Any, **named: Any) -> Any:
            self.count += 1
            return await original(*said, **named)

        return counted

    async def of_round(self, memory: Memory) -> int:
        before = self.count
        await planning.plan_town(memory, ORG)
        return self.count - before


async def test_the_statements_of_a_round_do_not_grow_with_the_homes(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = Statements(monkeypatch)
    await _a_town_of(memory, 1)
    for _ in range(2):  # the driver asks what types there are, once; and which list each device has is known
        await statements.of_round(memory)
    await copy_resident(memory, ORG, 1, range(200, 205))
    few, nothing_new = await statements.of_round(memory), await statements.of_round(memory)
    await copy_resident(memory, ORG, 1, range(500, 590))
    assert await statements.of_round(memory) == few and await statements.of_round(memory) == nothing_new
    assert await value(memory, "select count(*) from checks") == 96 * 4
    assert await value(memory, _PLANNED) == 96 * 4
    assert await value(memory, "select min(jsonb_array_length(config->'attempts')) from devices") == 4


async def test_two_replicas_that_plan_at_once_double_no_check(memory: Memory, database: Database) -> None:
    await _a_town_of(memory, 30)
    other = await Memory.open(database.worker)
    try:
        made = await asyncio.gather(*(planning.plan_town(each, ORG) for each in (memory, other, memory, other)))
    finally:
        await other.close()
    assert sum(made) == 120 == await value(memory, "select count(*) from checks")
    assert await value(memory, _PLANNED) == 120
    assert await value(memory, "select count(*) from attempts") == 120
    assert await value(memory, "select count(distinct wanted_version) from devices") == 1, "each list is written once"


async def test_rubbish_of_one_resident_leaves_out_nobody_else(memory: Memory) -> None:
    everybody = await _a_town_of(memory, 20)
    for each in (everybody[3], everybody[11]):
        await run(memory, "update slots set local_time = '24:00' where resident_id = $1", each)
    assert await planning.plan_town(memory, ORG) == 18 * 4
    assert await planning.plan_town(memory, ORG) == 0


async def test_whom_a_planner_edits_is_planned_once_that_is_over(memory: Memory) -> None:
    everybody = await _a_town_of(memory, 20)
    async with memory.transaction() as held:
        await held.execute("select from residents where resident_id = $1 for update", everybody[0])
        planned = asyncio.create_task(planning.plan_town(memory, ORG))

        async def all_the_others_are() -> bool:
            return bool(await value(memory, "select count(*) from checks") == 19 * 4)

        await eventually(all_the_others_are)
    assert await planned == 20 * 4


async def test_a_held_check_delays_its_own_home_alone(memory: Memory) -> None:
    everybody = await _a_town_of(memory, 12)
    await planning.plan_town(memory, ORG)
    await run(memory, "update slots set by_visit = true")
    async with memory.transaction() as held:
        await held.execute(
            "select from checks where resident_id = $1 order by opens_at desc limit 1 for update", everybody[0]
        )
        planned = asyncio.create_task(planning.plan_town(memory, ORG))

        async def all_the_others_are() -> bool:
            return bool(await value(memory, "select count(*) from checks where state = 'cancelled'") == 11 * 4)

        await eventually(all_the_others_are)
    await planned
    assert await value(memory, "select count(*) from checks where state = 'cancelled'") == 12 * 4


async def test_a_row_held_for_ever_fails_its_own_home_alone(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = await _a_town_of(memory, 12)
    refresh = configs.refresh_of_residents

    async def device_is_held(tx: Tx, residents: Sequence[UUID], at: datetime, *, whole: bool = False) -> None:
        if everybody[3] in residents:
            raise asyncpg.LockNotAvailableError("canceling statement due to lock timeout")
        await refresh(tx, residents, at, whole=whole)

    monkeypatch.setattr(configs, "refresh_of_residents", device_is_held)
    with capture_logs() as logs:
        assert await planning.plan_town(memory, ORG) == 11 * 4
    assert [each["resident_id"] for each in logs if each["event"] == "planning_failed"] == [str(everybody[3])]
    monkeypatch.undo()
    assert await planning.plan_town(memory, ORG) == 4


async def test_a_pause_set_beside_a_round_cancels_what_is_in_it(memory: Memory) -> None:
    everybody = await _a_town_of(memory, 12)
    away = Pause(CancelReason.PAUSE_HOSPITAL, EVENING, EVENING + timedelta(days=9), "p", Instead.NOTHING)
    setting = [pauses.pause_checks(memory, each, away, editor=Editor("p")) for each in everybody[:4]]
    await asyncio.gather(planning.plan_town(memory, ORG), *setting)
    await planning.plan_town(memory, ORG)
    paused = await rows(
        memory, "select distinct state, cancel_reason from checks where resident_id = any ($1)", everybody[:4]
    )
    assert paused == [{"state": "cancelled", "cancel_reason": "pause_hospital"}]
    others = await value(
        memory, "select array_agg(distinct state) from checks where resident_id <> all ($1)", everybody[:4]
    )
    assert others == ["planned"]
    assert (
        await value(
            memory,
            "select max(jsonb_array_length(d.config->'attempts')) from devices d where resident_id = any ($1)",
            everybody[:4],
        )
        == 0
    )


async def test_times_that_are_visits_are_stepped_home_by_home(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "_BATCH_SECONDS", 0.0)
    await _a_town_of(memory, 6)
    await run(memory, "update slots set by_visit = true")
    assert await planning.plan_town(memory, ORG) == 6 * 4
    planned = "select distinct state, cancel_reason, instead from checks"
    assert await rows(memory, planned) == [{"state": "cancelled", "cancel_reason": "replanned", "instead": "visit"}]
    assert await value(memory, "select count(*) from alarms where visit") == 6 * 4
    assert await value(memory, "select max(jsonb_array_length(config->'attempts')) from devices") == 0
    assert await planning.plan_town(memory, ORG) == 0


@pytest.mark.parametrize(
    ("noon", "opens"),
    [
        # 02:30 does not exist in the night to 29 March 2026, and comes twice in the night to 25 October.
        (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
async def test_a_night_of_a_moved_clock_has_each_look_once(memory: Memory, noon: datetime, opens: datetime) -> None:
    await _a_town_of(memory, 8, at=noon)
    for _ in range(20):
        await planning.plan_town(memory, ORG)
        await move(memory, timedelta(hours=1))
    night = noon.date()
    found = await rows(
        memory,
        """
        select count(*) as looks, count(*) filter (where opens_at >= $2 and opens_at < $2::timestamptz + interval '1 minute') as moved
        from checks where night = $1
        """,
        night, opens,
    )  # fmt: skip
    assert found == [{"looks": 16, "moved": 8}]
