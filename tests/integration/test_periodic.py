"""Periodic jobs: each in its time, by one replica, whatever the others do; the heartbeat stops with the work."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from alarm_center import metrics
from alarm_center.app import Centre, open_centre
from alarm_center.heartbeat import Heartbeat, WithheldReason
from alarm_center.periodic import JOBS, Job, PeriodicJobs
from alarm_center.preparation import planning
from alarm_center.settings import CentreSettings
from alarm_center.store import jobs, verification
from alarm_center.store.memory import Memory
from alarm_center.store.verification import Fault
from tests.support.no_provider import NoProvider
from tests.support.postgres import Database
from tests.support.town import a_town, at_local, freeze, heard, move, rows, run, value
from tests.support.waiting import eventually

NOON = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
NIGHT = "2026-11-22"
HOUR = timedelta(hours=1)


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    memory = await Memory.open(database.worker)
    yield memory
    await memory.close()


@pytest.fixture
def settings(database: Database) -> CentreSettings:
    return CentreSettings.model_validate(
        {
            "database_url": database.worker,
            "database_url_web": database.web,
            "database_url_sign_in": database.sign_in,
            "database_url_planner": database.planner,
        }
    )


@asynccontextmanager
async def running(rounds: PeriodicJobs) -> AsyncIterator[PeriodicJobs]:
    task = asyncio.create_task(rounds.run())
    try:
        yield rounds
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def looks_now(rounds: PeriodicJobs) -> bool:
    rounds.wake()
    return True


class Counted:
    """A job's work that counts how often it was done, and fails as often as it is told to."""

    def __init__(self, fails: int = 0) -> None:
        self.done = 0
        self.fails = fails

    async def __call__(self, rounds: PeriodicJobs) -> None:
        self.done += 1
        if self.done <= self.fails:
            raise RuntimeError("as told")


# ---- the runner ----


async def test_a_job_of_the_whole_service_is_run_by_one_replica(memory: Memory, settings: CentreSettings) -> None:
    await freeze(memory, NOON)
    work = Counted()
    job = Job("sweep", HOUR, work)
    one, other = PeriodicJobs(memory, settings, table=(job,)), PeriodicJobs(memory, settings, table=(job,))
    assert [await one.run_job(job), await other.run_job(job), await one.run_job(job)] == [True, False, False]
    await move(memory, HOUR)
    assert [await other.run_job(job), await one.run_job(job)] == [True, False]
    assert work.done == 2


async def test_replicas_that_come_at_the_same_moment_do_it_once(memory: Memory, settings: CentreSettings) -> None:
    await freeze(memory, NOON)
    work = Counted()
    job = Job("sweep", HOUR, work)
    await asyncio.gather(*(PeriodicJobs(memory, settings, table=(job,)).run_job(job) for _ in range(6)))
    assert work.done == 1


async def test_a_failing_job_is_counted_retried_and_stops_no_other(memory: Memory, settings: CentreSettings) -> None:
    await freeze(memory, NOON)
    bad, good = Counted(fails=1), Counted()
    table = (Job("bad", HOUR, bad), Job("good", timedelta(seconds=1), good, once=False))
    before = metrics.JOB_FAILED.labels("bad")._value.get()
    rounds = PeriodicJobs(memory, settings, table=table)
    async with running(rounds):
        await eventually(lambda: bad.done == 1 and good.done >= 1)
        # Time waits until its next turn is written: written later, that would be counted from the moved clock.
        put_off = "select last_at < $1 from jobs where job = 'rounds:bad' and last_at <> 'epoch'"
        await eventually(lambda: value(memory, put_off, NOON))
        await move(memory, timedelta(seconds=30))
        await eventually(lambda: looks_now(rounds) and bad.done == 2)
        await eventually(lambda: good.done >= 3)
    assert metrics.JOB_FAILED.labels("bad")._value.get() == before + 1


async def test_one_that_hangs_stops_no_other(memory: Memory, settings: CentreSettings) -> None:
    async def hang(rounds: PeriodicJobs) -> None:
        await asyncio.Event().wait()

    good = Counted()
    rounds = PeriodicJobs(memory, settings, table=(Job("hangs", HOUR, hang), Job("good", timedelta(seconds=1), good)))
    async with running(rounds):
        await eventually(lambda: good.done == 1)


async def test_what_is_done_at_the_start_is_done_by_each_that_starts(memory: Memory, settings: CentreSettings) -> None:
    work = Counted()
    table = (Job("plan", HOUR, work, at_start=True),)
    for number in (1, 2):
        async with running(PeriodicJobs(memory, settings, table=table)):
            await eventually(lambda number=number: work.done == number)  # type: ignore[misc]


async def test_every_job_has_a_name_of_its_own() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)


# ---- the jobs ----


async def test_a_night_of_rounds(memory: Memory, settings: CentreSettings) -> None:
    """From the afternoon to the shift's start: planned, listed, reconciled, mustered, sealed, and nothing twice."""
    town = await a_town(memory, residents=2, at=NOON)
    await run(memory, "delete from attempts")
    await run(memory, "delete from checks")
    failed = {job.name: metrics.JOB_FAILED.labels(job.name)._value.get() for job in JOBS}

    async def kinds(*wanted: str) -> dict[str, int]:
        found = await rows(
            memory, "select kind, count(*) as n from events where kind = any ($1) group by kind", list(wanted)
        )
        return {r["kind"]: r["n"] for r in found}

    async with running(PeriodicJobs(memory, settings)) as rounds:
        await eventually(lambda: value(memory, "select count(*) = 6 from checks"))
        for clock in ("15:00", "20:00", "20:30", "21:30"):
            await freeze(memory, at_local(town.town, NIGHT, clock))
            await heard(memory)
            rounds.wake()

            async def settled(clock: str = clock) -> bool:
                rounds.wake()
                # A job that was under way when the clock was set notes its turn by the new time: its next one has to come as well.
                await move(memory, timedelta(seconds=1))
                found = await kinds("reserve_list_made", "reconciled", "muster_asked")
                return (
                    found
                    == {
                        "15:00": {"reconciled": 1},
                        "20:00": {"reconciled": 1, "reserve_list_made": 1},
                        "20:30": {"reconciled": 2, "reserve_list_made": 1},
                        "21:30": {"reconciled": 2, "reserve_list_made": 1, "muster_asked": 2},
                    }[clock]
                )

            await eventually(settled)

        async def all_sealed() -> bool:
            rounds.wake()
            await move(memory, timedelta(seconds=1))
            counted = await value(
                memory,
                "select (select count(*) from events) + (select count(*) from fact_log) = (select count(*) from seals)",
            )
            return bool(counted)

        await eventually(all_sealed)
    with capture_logs() as logged:
        await rounds.record_chain_heads()
    (head,) = [line["head"] for line in logged if line["event"] == "chain_head_recorded"]
    report = await verification.verify(memory, "vik", [head])
    assert {found.fault for found in report.faults} == {Fault.DELETED}, "the plan that this test took away"
    assert {job.name: metrics.JOB_FAILED.labels(job.name)._value.get() for job in JOBS} == failed
    assert await value(memory, "select count(*) from events where kind = 'service_gap'") == 0


async def test_the_months_of_the_timeline_are_made_ahead(memory: Memory, settings: CentreSettings) -> None:
    await freeze(memory, datetime(2030, 12, 31, 23, 59, tzinfo=UTC))
    rounds = PeriodicJobs(memory, settings)
    both = await asyncio.gather(rounds.make_event_months(), rounds.make_event_months())
    assert list(both) == [["events_2030_12", "events_2031_01", "events_2031_02"]] * 2
    assert await rounds.make_event_months() == both[0]
    there = await value(memory, "select count(*) from pg_tables where tablename like 'events\\_203%'")
    assert there == 3


async def test_commands_whose_time_is_out_end_without_a_broker(memory: Memory, settings: CentreSettings) -> None:
    await a_town(memory, residents=1, at=NOON)
    await run(
        memory,
        "insert into commands (command_id, org, device_id, kind, case_id, seconds, show, asked_by, created_at, opens_at,"
        " expires_at) select gen_random_uuid(), 'vik', 'vik-cam1', 'live', gen_random_uuid(), 10, 'always', 'u', clock.now(),"
        " clock.now(), clock.now() + interval '1 minute'",
    )
    rounds = PeriodicJobs(memory, settings)
    assert await rounds.expire_commands() == 0
    await move(memory, timedelta(minutes=1))
    assert await rounds.expire_commands() == 1
    assert await value(memory, "select ended from commands") == "expired"


# ---- was the service away? ----


async def gaps(memory: Memory) -> list[int]:
    return [
        r["s"] for r in await rows(memory, "select (data->>'seconds')::int as s from events where kind = 'service_gap'")
    ]


async def test_a_start_after_silence_is_a_gap_and_a_first_is_none(memory: Memory, settings: CentreSettings) -> None:
    await a_town(memory, residents=1, at=NOON)
    assert await PeriodicJobs(memory, settings).record_alive() == timedelta(0)
    await move(memory, timedelta(minutes=20))
    told: list[datetime] = []
    rounds = PeriodicJobs(memory, settings, on_return=told.append)
    assert await rounds.record_alive() == timedelta(minutes=20)
    assert await gaps(memory) == [1200]
    assert told == [rounds.since] == [await memory.now()]


async def test_a_clock_that_is_moved_under_a_living_process_is_no_gap(memory: Memory, settings: CentreSettings) -> None:
    await a_town(memory, residents=1, at=NOON)
    rounds = PeriodicJobs(memory, settings)
    await rounds.record_alive()
    await move(memory, timedelta(hours=3))
    assert await rounds.record_alive() == timedelta(0)
    assert await gaps(memory) == []


async def test_a_process_that_stood_still_itself_has_been_away(memory: Memory, settings: CentreSettings) -> None:
    await a_town(memory, residents=1, at=NOON)
    real = [1000.0]
    rounds = PeriodicJobs(memory, settings, monotonic=lambda: real[0])
    await rounds.record_alive()
    real[0] += 1500
    await move(memory, timedelta(seconds=1500))
    assert await rounds.record_alive() == timedelta(seconds=1500)
    assert await gaps(memory) == [1500]


async def test_another_replica_that_lived_on_leaves_no_gap(memory: Memory, settings: CentreSettings) -> None:
    await a_town(memory, residents=1, at=NOON)
    await PeriodicJobs(memory, settings).record_alive()
    await move(memory, timedelta(minutes=20))
    async with memory.transaction() as tx:
        await jobs.record_run(tx, "alive", await tx.fetchval("select clock.now() - interval '1 second'"))
    await PeriodicJobs(memory, settings).record_alive()
    assert await gaps(memory) == []


# ---- the sign of life ----


@pytest.fixture
async def outside() -> AsyncIterator[tuple[str, list[str], list[int]]]:
    """An outside watch: its address, what it heard, and what it is to answer next."""
    heard_there: list[str] = []
    answers: list[int] = []

    async def hear(request: web.Request) -> web.Response:
        heard_there.append(request.path)
        return web.Response(status=answers.pop() if answers else 200)

    app = web.Application()
    app.router.add_get("/{tail:.*}", hear)
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("/ping/secret")), heard_there, answers
    await server.close()


def well() -> list[str]:
    return []


async def test_it_is_sent_while_all_is_well(memory: Memory, outside: tuple[str, list[str], list[int]]) -> None:
    url, there, _ = outside
    await a_town(memory, residents=1, at=NOON)
    assert await Heartbeat(memory, url, well).send()
    assert there == ["/ping/secret"]
    assert metrics.UNHEALTHY.labels(WithheldReason.RED)._value.get() == 0


Break = Callable[[Memory], Awaitable[None]]


async def overdue(memory: Memory) -> None:
    await freeze(memory, NOON + timedelta(hours=10, minutes=2))


async def red(memory: Memory) -> None:
    await planning.plan_all_towns(memory)
    await run(
        memory,
        "insert into alarms (alarm_id, org, area_id, case_no, kind, priority, state, opened_at, body, next_step_at, red_at)"
        " select gen_random_uuid(), 'vik', area_id, 1, 'not_seen', 2, 'dispatched', clock.now(), '{}',"
        " clock.now() + interval '5 minutes', clock.now() from areas",
    )


async def gone(memory: Memory) -> None:
    await memory.close()


@pytest.mark.parametrize(
    ("why", "breaks", "trouble"),
    [
        (WithheldReason.OVERDUE, overdue, well),
        (WithheldReason.RED, red, well),
        (WithheldReason.DATABASE, gone, well),
        (WithheldReason.REPLICA, heard, lambda: ["no broker"]),
        (WithheldReason.REPLICA, heard, None),
    ],
)
async def test_it_is_withheld_and_the_numbers_say_why(
    database: Database,
    outside: tuple[str, list[str], list[int]],
    why: WithheldReason,
    breaks: Break,
    trouble: Callable[[], list[str]] | None,
) -> None:
    url, there, _ = outside
    memory = await Memory.open(database.worker)
    try:
        await a_town(memory, residents=1, at=NOON)
        await breaks(memory)
        heartbeat = Heartbeat(memory, url, trouble)
        assert list(await heartbeat.find_trouble()) == [why]
        assert not await heartbeat.send()
        assert there == []
        assert {w: metrics.UNHEALTHY.labels(w)._value.get() for w in WithheldReason} == {
            w: float(w is why) for w in WithheldReason
        }
    finally:
        await memory.close()


@pytest.fixture
async def centre(settings: CentreSettings) -> AsyncIterator[Centre]:
    """One that has just been opened, and whose broker is not there yet."""
    centre = await open_centre(settings, NoProvider())
    centre.clockwork.last_cycle = centre.outbox.last_cycle = time.monotonic()
    yield centre
    await centre.web_memory.close()
    await centre.sign_in_memory.close()
    await centre.planner_memory.close()
    await centre.memory.close()


async def beats(centre: Centre, url: str) -> list[tuple[str, str]]:
    """Let it beat once; return the level and the trouble of each line that is logged of it."""
    with capture_logs() as lines:
        await PeriodicJobs(
            centre.memory,
            centre.settings.model_copy(update={"heartbeat_url": url}),
            trouble=centre.jobs.trouble,
            starting=centre.jobs.starting,
        ).send_heartbeat()
    return [(line["log_level"], line["replica"]) for line in lines]


async def test_a_start_is_no_error_and_sends_nothing(centre: Centre, outside: tuple[str, list[str], list[int]]) -> None:
    url, there, _ = outside
    assert await beats(centre, url) == [("info", "no broker")]
    assert there == []
    centre.broker.connections += 1
    centre.broker.connected.set()
    assert await beats(centre, url) == []
    assert there == ["/ping/secret"]


async def too_long(centre: Centre) -> None:
    centre.began -= 61


async def lost_again(centre: Centre) -> None:
    centre.broker.connections += 1


async def a_loop_ended(centre: Centre) -> None:
    centre.broken = "outbox"


@pytest.mark.parametrize("breaks", [too_long, lost_again, a_loop_ended])
async def test_what_is_no_mere_start_is_an_error(
    centre: Centre, outside: tuple[str, list[str], list[int]], breaks: Callable[[Centre], Awaitable[None]]
) -> None:
    url, there, _ = outside
    await breaks(centre)
    assert [(level, "no broker" in why) for level, why in await beats(centre, url)] == [("error", True)]
    assert there == []


async def test_a_failing_watch_is_logged_without_its_address(
    memory: Memory, outside: tuple[str, list[str], list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    url, there, answers = outside
    answers.append(500)
    assert not await Heartbeat(memory, url, well).send()
    assert await Heartbeat(memory, url, well).send()
    assert not await Heartbeat(memory, "http://127.0.0.1:9/secret", well).send()
    assert len(there) == 2
    assert "secret" not in capsys.readouterr().out


async def test_without_a_heartbeat_address_only_metrics_are_kept(memory: Memory) -> None:
    assert not await Heartbeat(memory, None, lambda: ["no broker"]).send()
    assert metrics.UNHEALTHY.labels(WithheldReason.REPLICA)._value.get() == 1
    assert not await Heartbeat(memory, None, well).send()
    assert metrics.UNHEALTHY.labels(WithheldReason.REPLICA)._value.get() == 0
