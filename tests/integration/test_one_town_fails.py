"""A town in which a job's work fails: the others' is done, it is logged and counted, and the heartbeat does not say that all is well."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs

from alarm_center import metrics
from alarm_center.casework import incidents
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.heartbeat import Heartbeat, WithheldReason
from alarm_center.periodic import JOBS, Job, PeriodicJobs
from alarm_center.preparation import carer_changes, deaths, muster, planning, reconciliation, reserve_lists
from alarm_center.settings import CentreSettings
from alarm_center.store import incidents as incident_rows
from alarm_center.store import jobs, seals
from alarm_center.store.memory import Memory, Tx
from alarm_center.store.seals import Sealed
from tests.support.postgres import Database
from tests.support.town import a_town, at_local, freeze, move, rows, run

NOON = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
NIGHT = "2026-11-22"
FIRST, OTHER = "ost", "vik"
"""The town that fails comes first."""


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    memory = await Memory.open(database.worker)
    yield memory
    await memory.close()


@pytest.fixture
def settings(database: Database) -> CentreSettings:
    return CentreSettings.model_validate(
        {"database_url": database.worker}
        | {f"database_url_{role}": getattr(database, role) for role in ("web", "sign_in", "planner")}
    )


async def refuse(database: Database, kind: str) -> None:
    """Let the database refuse each line of this kind in the first town."""
    owner = await asyncpg.connect(database.owner)
    await owner.execute(
        f"alter table fjt.events add constraint told check (org <> '{FIRST}' or kind <> '{kind}') not valid"
    )
    await owner.close()


async def lines(memory: Memory, kind: str) -> dict[str, int]:
    found = await rows(
        memory, "select org, count(*)::int as lines from events where kind = $1 group by org order by org", kind
    )
    return {row["org"]: row["lines"] for row in found}


Work = Callable[[Memory], Awaitable[int]]


@pytest.mark.parametrize(
    ("job", "work", "clock", "kind"),
    [
        ("plan", planning.plan_all_towns, "12:30", "check_planned"),
        ("changed times", planning.plan_changed, "12:30", "check_planned"),
        ("muster", muster.muster_shifts, "21:30", "muster_asked"),
        ("reserve", reserve_lists.make_reserve_lists, "20:00", "reserve_list_made"),
        ("reconcile", reconciliation.reconcile_due_towns, "20:30", "reconciled"),
        ("deaths", deaths.tell_of_deaths, "22:00", "death_asked"),
    ],
)
async def test_a_towns_failure_leaves_no_other_without(
    database: Database, memory: Memory, job: str, work: Work, clock: str, kind: str
) -> None:
    for org in (FIRST, OTHER):
        town = await a_town(memory, org=org, residents=2, at=NOON)
    await freeze(memory, at_local(town.town, NIGHT, clock))
    if kind == "check_planned":
        await run(memory, "delete from attempts")
        await run(memory, "delete from checks")
        await run(memory, "update residents set unplanned_since = clock.now()")
    if job == "deaths":
        await run(
            memory,
            "insert into deaths (org, area_id, resident_id, registered_by, registered_at)"
            " select org, area_id, resident_id, 'x', clock.now() from residents where number = 1",
        )
    before, counted = await lines(memory, kind), metrics.TOWN_FAILED.labels(job, FIRST)._value.get()
    await refuse(database, kind)
    with capture_logs() as logged, pytest.raises(ExceptionGroup):
        await work(memory)
    after = await lines(memory, kind)
    assert after.get(FIRST, 0) == before.get(FIRST, 0)
    assert after.get(OTHER, 0) > before.get(OTHER, 0)
    assert [each["org"] for each in logged if each["event"] == "town_failed"] == [FIRST]
    assert metrics.TOWN_FAILED.labels(job, FIRST)._value.get() == counted + 1


async def test_one_towns_times_take_no_others_turn(database: Database, memory: Memory) -> None:
    """As many residents as are planned at once, in a town that fails, come before another town's."""
    await a_town(memory, org=FIRST, residents=12, at=NOON)
    await a_town(memory, org=OTHER, residents=1, at=NOON)
    await run(memory, "delete from attempts")
    await run(memory, "delete from checks")
    late = f"case org when '{OTHER}' then clock.now() else clock.now() - interval '1 hour' end"
    await run(memory, f"update residents set unplanned_since = {late}")
    before = await lines(memory, "check_planned")
    await refuse(database, "check_planned")
    with pytest.raises(ExceptionGroup):
        await planning.plan_changed(memory)
    assert (await lines(memory, "check_planned"))[OTHER] > before[OTHER]


async def test_a_towns_chain_that_fails_keeps_no_other_unsealed(
    memory: Memory, settings: CentreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for org in (FIRST, OTHER):
        await a_town(memory, org=org, residents=1, at=NOON)
    seal = seals.seal

    async def badly(memory: Memory, org: str) -> Sealed:
        if org == FIRST:
            raise ValueError("as told")
        return await seal(memory, org)

    monkeypatch.setattr(seals, "seal", badly)
    with pytest.raises(ExceptionGroup):
        await PeriodicJobs(memory, settings).seal_chains()
    assert [row["org"] for row in await rows(memory, "select distinct org from seals")] == [OTHER]


async def test_incidents_are_formed_beside_a_town_that_fails(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    areas = {org: (await a_town(memory, org=org, residents=1, at=NOON)).areas["3"] for org in (FIRST, OTHER)}
    seen: list[UUID] = []

    async def restless(tx: Tx, since: datetime) -> dict[str, list[UUID]]:
        return {org: [area] for org, area in areas.items()}

    async def badly(tx: Tx, org: str) -> None:
        seen.append(areas[org])
        if org == FIRST:
            raise ValueError("as told")

    monkeypatch.setattr(incident_rows, "areas_with_new_alarms", restless)
    monkeypatch.setattr(incident_rows, "lock_town", badly)
    with pytest.raises(ExceptionGroup):
        await incidents.form_incidents(memory)
    assert seen == list(areas.values())


async def test_a_number_that_another_has_keeps_no_other_towns(memory: Memory) -> None:
    for org in (FIRST, OTHER):
        await a_town(memory, org=org, residents=1, at=NOON)
    new = f"case org when '{FIRST}' then (select phone from carers c where c.org = carers.org and c.name <> carers.name limit 1) else '+46701740688' end"
    await run(memory, f"update carers set next_phone = {new}, next_phone_at = clock.now() where name = 'Nattledare'")
    with pytest.raises(ExceptionGroup):
        await carer_changes.apply_due_numbers(memory)
    changed = await rows(memory, "select org from carers where phone = '+46701740688'")
    assert [row["org"] for row in changed] == [OTHER]


async def test_a_database_that_is_away_is_asked_for_one_town(database: Database) -> None:
    memory, asked = await Memory.open(database.worker, size=1), []
    await memory.close()

    async def work(org: str) -> int:
        asked.append(org)
        return await memory.attempt(lambda tx: tx.fetchval("select 1"))

    with pytest.raises(ExceptionGroup):
        await do_in_towns(memory, "plan", (FIRST, OTHER), work)
    assert asked == [FIRST]


async def test_no_heartbeat_while_a_vital_job_fails(memory: Memory, settings: CentreSettings) -> None:
    """Whichever replica fails, each withholds it; a failure that passes does not."""
    await freeze(memory, NOON)
    fails = [True]

    async def work(rounds: PeriodicJobs) -> None:
        if fails:
            raise RuntimeError("as told")

    table = (Job("plan", timedelta(hours=1), work, vital=True), Job("idle", timedelta(hours=1), work))
    one, two = (PeriodicJobs(memory, settings, table=table) for _ in range(2))
    heartbeat = Heartbeat(memory, None, list, vital=("rounds:plan",))

    async def trouble() -> list[WithheldReason]:
        return list(await heartbeat.find_trouble())

    found = []
    for n in range(11):
        for job in table:
            await (one, two)[n % 2].run_job(job)
        found.append(await trouble())
        await move(memory, timedelta(seconds=30))
    assert found == [[]] * 10 + [[WithheldReason.JOBS]]
    fails.clear()
    assert await one.run_job(table[0])
    await move(memory, timedelta(minutes=5))
    assert await trouble() == []
    async with memory.transaction() as tx:
        await jobs.note_failure(tx, "rounds:plan", NOON + timedelta(hours=1), timedelta(minutes=5))
    assert await trouble() == [], "it begins anew"


async def test_two_failures_that_pass_withhold_nothing(memory: Memory) -> None:
    """Four minutes apart, and none since: it takes a third one to know that the job fails on."""
    await freeze(memory, NOON)
    heartbeat = Heartbeat(memory, None, list, vital=("rounds:plan",))
    for minutes in (0, 4):
        async with memory.transaction() as tx:
            at = NOON + timedelta(minutes=minutes)
            await jobs.note_failure(tx, "rounds:plan", at, timedelta(minutes=5))
    await move(memory, timedelta(minutes=8))
    assert await heartbeat.find_trouble() == {}


def test_what_prepares_a_night_is_vital() -> None:
    assert {"plan", "shifts", "muster", "reserve", "reconcile"} <= {job.name for job in JOBS if job.vital}
