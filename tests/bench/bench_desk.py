"""The planner's desk at 2 000 residents: milliseconds of server time of each page, beside a bare transaction.

They come through the import, and their checks are planned: that takes some minutes before the first page is measured.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from alarm_center.preparation.planning import plan_all_towns
from fjarrtillsyn.embedded.postgres import running_postgres
from tests.support import town_file
from tests.support.night_town import NightTown, town
from tests.support.postgres import fresh_database, make_template
from tests.support.site import site

RESIDENTS: Final = 2000
TIMES: Final = 30
_WARM: Final = 3
_BATCH: Final = 50
"""Residents of one import, which has one transaction here."""


def run() -> list[dict[str, Any]]:
    """Return the median and the slowest, ms, of each page, beside a transaction that asks nothing."""
    with running_postgres(throwaway=True) as server:
        make_template(server)
        with fresh_database(server) as database:
            return asyncio.run(_measure(database))


async def _measure(database: Any) -> list[dict[str, Any]]:
    async with town(database, residents=5) as here, site(here) as pages:
        for first in range(100, 100 + RESIDENTS, _BATCH):
            await here.extend(residents=[_home(number) for number in range(first, first + _BATCH)])
        await plan_all_towns(here.memory)
        petra = await pages.signed_in("petra")

        async def get(path: str) -> None:
            answer = await petra.get(path)
            assert answer.status == 200, (path, answer.status)

        async def search() -> None:
            answer = await petra.post("/residents", {"asked": "storgatan 17"})
            assert answer.status == 200, answer.status

        acts: dict[str, Callable[[], Awaitable[None]]] = {
            "residents": lambda: get("/residents"),
            "residents_search": search,
            "resident_page": lambda: get(f"/residents/{here.residents[1]}"),
            "todo": lambda: get("/todo"),
            "residents_csv": lambda: get("/residents.csv"),
        }
        bare = statistics.median([await _timed(lambda: _bare(here)) for _ in range(TIMES)])
        rows = []
        for name, act in acts.items():
            for _ in range(_WARM):
                await act()
            took = [await _timed(act) for _ in range(TIMES)]
            for which, value in (("median", statistics.median(took)), ("slowest", max(took))):
                rows.append({"name": f"{name}_{which}_ms", "value": round(value, 1), "unit": "ms", "baseline": round(bare, 2), "ratio": round(value / bare, 1)})  # fmt: skip
        return rows


def _home(number: int) -> town_file.Table:
    return town_file.home(
        number,
        device=f"cam{number}",
        times=("23:00", "03:00"),
        name=f"Brukare {number}",
        address=f"Storgatan {number} A",
    )


async def _timed(act: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await act()
    return (time.perf_counter() - began) * 1000


async def _bare(here: NightTown) -> None:
    async with here.web.transaction() as tx:
        await tx.fetchval("select 1")
