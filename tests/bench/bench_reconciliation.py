"""Milliseconds of reconciliation's questions in a town of 500 homes, with 300 000 old checks and 100 000 old discrepancies beside the same without.

The town is asked first as it is after one planning; then the years are written, and the same is asked again. The baseline is the first.
Plans that read a table of history from end to end are counted, and printed.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

import asyncpg

from alarm_center.core import calendar
from alarm_center.preparation import planning
from alarm_center.store import discrepancies, musters, reconciliation, towns
from alarm_center.store.memory import Memory, Tx, now
from fjarrtillsyn.embedded.postgres import running_postgres
from tests.bench.many_residents import copy_resident
from tests.support.postgres import Database, fresh_database, make_template
from tests.support.town import a_town

HOMES: Final = 500
NIGHTS: Final = 300
TIMES: Final = 5
_HISTORY: Final = frozenset(
    {"alarms", "attempts", "checks", "commands", "discrepancies", "events", "looks", "sessions", "shifts"}
)
"""Tables that grow with the years, whatever the number of homes."""
_WRITTEN: Final = (
    # Each hundredth check raised an alarm, which was closed.
    f"""
    insert into alarms (alarm_id, org, area_id, resident_id, device_id, case_no, kind, priority, reason, state, opened_at, body, outcome, closed_by, closed_at)
    select gen_random_uuid(), r.org, r.area_id, r.resident_id, 'cam', n, 'technical', 2, 'covered', 'closed', clock.now() - n * interval '1 day', '{{}}',
        'all_well', 'p', clock.now() - n * interval '1 day'
    from residents r cross join generate_series(2, {NIGHTS}) n where (r.number + n) % 50 = 0
    """,
    f"""
    insert into checks (check_id, org, resident_id, device_id, night, slot_id, opens_at, closes_at, seconds, green_by, show, state,
        rechecks_left, retries_left, answer, reason, seen_by, ended_at, alarm_id)
    select gen_random_uuid(), s.org, s.resident_id, d.device_id, clock.now()::date - n, s.slot_id, clock.now() - n * interval '1 day',
        clock.now() - n * interval '1 day' + interval '10 minutes', 10, 'detector', 'always', case when a.alarm_id is null then 'seen' else 'alarmed' end, 1, 1,
        case when a.alarm_id is null then 'in_bed' end, case when a.alarm_id is not null then 'covered' end, 'detector', clock.now() - n * interval '1 day',
        a.alarm_id
    from slots s join devices d using (resident_id) cross join generate_series(2, {NIGHTS} + 1) n
        left join alarms a on a.resident_id = s.resident_id and a.case_no = n
    """,
    """
    insert into discrepancies (org, code, subject, area_id, resident_id, endangers, data, night, found_at, last_found_at, resolved_at)
    select r.org, 'device_silent', r.resident_id || ':' || n, r.area_id, r.resident_id, false, '{}', clock.now()::date - n,
        clock.now() - n * interval '1 day', clock.now() - n * interval '1 day', clock.now() - n * interval '1 day'
    from residents r cross join generate_series(1, 200) n
    """,
    """
    insert into shifts (org, area_id, carer_id, patrol, role, starts_at, ends_at)
    select s.org, s.area_id, s.carer_id, s.patrol, s.role, s.starts_at - n * interval '1 day', s.ends_at - n * interval '1 day'
    from shifts s cross join generate_series(10, 1000) n where s.starts_at > clock.now() - interval '2 days' and s.starts_at < clock.now() + interval '1 day'
    """,
)


def run() -> list[dict[str, Any]]:
    """Return the median of all questions together and of the slowest one, ms, beside the same without history; and the number of plans."""
    with running_postgres(throwaway=True) as server:
        make_template(server)
        with fresh_database(server) as database:
            return asyncio.run(_measure(database))


async def _measure(database: Database) -> list[dict[str, Any]]:
    memory = await Memory.open(database.worker, size=4, limit_seconds=None)
    superuser = await asyncpg.connect(database.server.superuser_dsn(database.name))
    try:
        town = await a_town(memory, residents=1, times=("22:30", "02:00"))
        await copy_resident(memory, town.org, 1, range(1_000, 1_000 + HOMES))
        await planning.plan_town(memory, town.org)
        await superuser.execute(
            "set session_replication_role = replica; set search_path = fjt; set synchronous_commit = off; analyze"
        )
        alone = await _all_asked(memory, town.org)
        for statement in _WRITTEN:
            await superuser.execute(statement)
        await superuser.execute("analyze")
        beside = await _all_asked(memory, town.org)
        whole = await _plans(memory, town.org)
        checks = await superuser.fetchval("select count(*) from checks")
    finally:
        await superuser.close()
        await memory.close()
    assert checks >= HOMES * NIGHTS, "the history is there"
    for code, told in whole.items():
        print(f"{code} reads {', '.join(sorted(told))} from end to end", file=sys.stderr)
    grown = max(beside, key=lambda name: beside[name] - alone[name])
    return [
        _row("reconciliation_with_history", sum(beside.values()), sum(alone.values()), "ms"),
        _row("reconciliation_grown_most", beside[grown], alone[grown], "ms"),
        {"name": "reconciliation_plans_over_history", "value": len(whole), "unit": "plans", "baseline": 0},
    ]


def _row(name: str, value: float, baseline: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": round(value, 1), "unit": unit, "baseline": round(baseline, 1), "ratio": round(value / baseline, 2)}  # fmt: skip


async def _all_asked(memory: Memory, org: str) -> dict[str, float]:
    """Return each question's median, in ms; what a round writes is rolled back."""
    took: dict[str, list[float]] = {}
    for _ in range(TIMES):
        async with memory.transaction() as tx:
            night, at = await _tonight(tx, org)
            asks = {code: reconciliation.answers(tx, code, org, night, at) for code in reconciliation.QUESTIONS} | {
                "staffed_areas": reconciliation.staffed_areas(tx, org, night),
                "shifts_tonight": musters.shifts_between(tx, org, *calendar.night_bounds(night, (await towns.town(tx, org)).zone)),
                "slots_without_check": reconciliation.slots_without_check(tx, org, night, at),
                "checks_without_device": reconciliation.checks_without_device(tx, org, night),
                "reassign_checks": reconciliation.reassign_checks(tx, org),
                "open_discrepancies": discrepancies.open_ones(tx, org),
                "resolve_missing": discrepancies.resolve_missing(tx, org, at),
            }  # fmt: skip
            for name, ask in asks.items():
                began = time.perf_counter()
                await ask
                took.setdefault(name, []).append((time.perf_counter() - began) * 1000)
    return {name: statistics.median(each) for name, each in took.items()}


async def _tonight(tx: Tx, org: str) -> tuple[date, datetime]:
    at = await now(tx)
    return calendar.night_of(at, (await towns.town(tx, org)).zone), at


class _Explained:
    """A transaction in which each question is explained instead of asked, and its tables of history read from end to end are kept."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.whole: set[str] = set()

    async def fetch(self, statement: str, *values: object) -> list[Any]:
        rows = await self._tx.fetch(f"explain (format json) {statement}", *values)
        plan = rows[0][0]
        self.whole |= _read_whole((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]) & _HISTORY
        return []


async def _plans(memory: Memory, org: str) -> Mapping[str, set[str]]:
    """Return by question the tables of history that its plan reads from end to end."""
    found: dict[str, set[str]] = {}
    async with memory.transaction() as tx:
        night, at = await _tonight(tx, org)
        for code in reconciliation.QUESTIONS:
            explained = _Explained(tx)
            await reconciliation.answers(explained, code, org, night, at)  # type: ignore[arg-type]
            found[code] = explained.whole
        others: dict[str, Callable[[Any], Awaitable[object]]] = {
            "staffed_areas": lambda tx: reconciliation.staffed_areas(tx, org, night),
            "slots_without_check": lambda tx: reconciliation.slots_without_check(tx, org, night, at),
            "checks_without_device": lambda tx: reconciliation.checks_without_device(tx, org, night),
            "reassign_checks": lambda tx: reconciliation.reassign_checks(tx, org),
            "open_discrepancies": lambda tx: discrepancies.open_ones(tx, org),
            "resolve_missing": lambda tx: discrepancies.resolve_missing(tx, org, at),
        }
        for name, ask in others.items():
            explained = _Explained(tx)
            await ask(explained)
            found[name] = explained.whole
    return {name: each for name, each in found.items() if each}


def _read_whole(plan: Mapping[str, Any]) -> set[str]:
    """Return the tables that a plan reads from end to end."""
    own = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return own.union(*(_read_whole(each) for each in plan.get("Plans", ())))
