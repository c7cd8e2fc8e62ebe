"""A night laid for a town of 10 000: seconds and memory of its first and last batches, and how late a line beside it is read.

The baseline of the last tenth of the batches is the first tenth; that of a line is one second, which is what a board may be behind.
"""

import asyncio
import resource
import statistics
import time
from contextlib import suppress
from typing import Any, Final
from unittest import mock

from alarm_center.preparation import planning
from fjarrtillsyn.embedded.postgres import running_postgres
from tests.bench.bench_import import probe_lines
from tests.bench.many_residents import copy_resident
from tests.support.postgres import fresh_database, make_template
from tests.support.town import a_town

RESIDENTS: Final = 10_000
_BOARD_SECONDS: Final = 1.0
_KIB_A_MIB: Final = 1024


def run() -> list[dict[str, Any]]:
    """Return the whole night's seconds, its batches' beside each other, the memory that grew, and the line that was read last."""
    with running_postgres(throwaway=True) as server:
        make_template(server)
        with fresh_database(server) as database:
            return asyncio.run(_measure(database.worker))


async def _measure(worker: str) -> list[dict[str, Any]]:
    from alarm_center.store.memory import Memory

    memory = await Memory.open(worker, size=4, limit_seconds=None)
    took: list[float] = []
    grown: list[int] = []
    lay = planning._plan_residents

    async def timed(*said: Any) -> Any:
        began = time.perf_counter()
        made = await lay(*said)
        took.append(time.perf_counter() - began)
        grown.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return made

    try:
        await a_town(memory, residents=1, times=("22:30", "02:00"))
        # A town that has had nights before: of empty tables the server believes for a while that they stay so.
        await copy_resident(memory, "vik", 1, range(100, 100 + RESIDENTS // 10))
        await planning.plan_town(memory, "vik")
        async with memory.transaction() as tx:
            await tx.execute("analyze")
        await copy_resident(memory, "vik", 1, range(100 + RESIDENTS // 10, 100 + RESIDENTS))
        async with memory.transaction() as tx:
            await tx.execute("analyze")
            before = await tx.fetchval("select count(*) from checks")
        latest = [0.0]
        probing = asyncio.create_task(probe_lines(memory, latest))
        began = time.perf_counter()
        with mock.patch.object(planning, "_plan_residents", timed):
            await planning.plan_town(memory, "vik")
        whole = time.perf_counter() - began
        probing.cancel()
        with suppress(asyncio.CancelledError):
            await probing
        async with memory.transaction() as tx:
            made = await tx.fetchval("select count(*) from checks") - before
    finally:
        await memory.close()
    tenth = len(took) // 10
    first, last = statistics.median(took[:tenth]) * 1000, statistics.median(took[-tenth:]) * 1000
    grew = (grown[-1] - grown[tenth]) / _KIB_A_MIB
    return [
        {"name": "night_of_10000", "value": round(whole, 1), "unit": "s", "baseline": made, "ratio": round(whole / made, 5)},
        {"name": "night_last_batches", "value": round(last, 1), "unit": "ms", "baseline": round(first, 1), "ratio": round(last / first, 2)},
        {"name": "night_slowest_batch", "value": round(max(took) * 1000), "unit": "ms", "baseline": round(first, 1), "ratio": round(max(took) * 1000 / first, 1)},
        {"name": "night_memory_grown", "value": round(grew, 1), "unit": "MiB", "baseline": round(grown[tenth] / _KIB_A_MIB), "ratio": round(grew / (grown[tenth] / _KIB_A_MIB), 3)},
        {"name": "line_beside_the_night", "value": round(latest[0], 3), "unit": "s", "baseline": _BOARD_SECONDS, "ratio": round(latest[0], 3)},
    ]  # fmt: skip
