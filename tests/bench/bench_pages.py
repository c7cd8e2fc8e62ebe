"""Pages and their decisions: milliseconds and statements of each, one request after the other, beside a bare transaction.

To compare two versions, run it in the tree of each, turn by turn, and take the medians of several pairs: it uses nothing that
release 0.2.0 lacks.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import cycle
from typing import Any, Final

import asyncpg

from alarm_center.store import memory as store
from alarm_center.web.settings import WebSettings
from fjarrtillsyn.embedded.postgres import running_postgres
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import fresh_database, make_template
from tests.support.site import Browser, site

TIMES: Final = 60
_WARM: Final = 5

Act = Callable[[], Awaitable[None]]


class StatementCount:
    """The statements that the pages' connections have run."""

    def __init__(self) -> None:
        self.count = 0
        self._set_codecs = store._set_codecs

    async def watch(self, connection: "asyncpg.Connection[Any]") -> None:
        """Set a new connection up as the store does, and count what it runs from now on."""
        await self._set_codecs(connection)
        connection.add_query_logger(self._counted)

    def _counted(self, record: Any) -> None:
        self.count += 1


def run() -> list[dict[str, Any]]:
    """Return the median, ms, and the statements of each page, beside a transaction that asks nothing."""
    statements = StatementCount()
    store._set_codecs = statements.watch
    with running_postgres(throwaway=True) as server:
        make_template(server)
        with fresh_database(server) as database:
            return asyncio.run(_measure(database, statements))


async def _measure(database: Any, statements: StatementCount) -> list[dict[str, Any]]:
    async with town(database, residents=5) as here, site(here, settings=WebSettings()) as pages:
        await here.set_clock(TWO + timedelta(seconds=40))
        await here.step()
        await here.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
        await here.step()
        alarm = await here.value("select alarm_id from alarms")
        link = await here.value("select token from notices order by asked_at limit 1")
        olle, carer = await pages.signed_in(), pages.browser()
        held = cycle(("claim", "release"))

        async def decide() -> None:
            await olle.post(f"/alarm/{alarm}/{next(held)}")

        acts: dict[str, Act] = {
            "board": lambda: _get(olle, "/"),
            "case_page": lambda: _get(olle, f"/alarm/{alarm}"),
            "stream_first_tick": lambda: _first_event(olle),
            "link_page": lambda: _get(carer, f"/u/{link}"),
            "decision": decide,
        }
        bare, _ = await _timed(lambda: _bare(here), statements)
        rows = []
        for name, act in acts.items():
            value, count = await _timed(act, statements)
            rows.append(_row(f"{name}_ms", value, "ms", bare))
            rows.append(_row(f"{name}_statements", count, "each", 1))
        return rows


def _row(name: str, value: float, unit: str, baseline: float) -> dict[str, Any]:
    return {"name": name, "value": round(value, 2), "unit": unit, "baseline": round(baseline, 2), "ratio": round(value / baseline, 1)}  # fmt: skip


async def _timed(act: Act, statements: StatementCount) -> tuple[float, float]:
    """Return the median milliseconds of *act*, and how many statements the service ran for it."""
    for _ in range(_WARM):
        await act()
    before, took = statements.count, []
    for _ in range(TIMES):
        began = time.perf_counter()
        await act()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), (statements.count - before) / TIMES


async def _get(browser: Browser, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status == 200, (path, answer.status)


async def _first_event(browser: Browser) -> None:
    async with browser.client.get("/stream", headers={"Last-Event-ID": "0-0"}) as answer:
        assert answer.status == 200, answer.status
        await answer.content.readline()


async def _bare(here: NightTown) -> None:
    async with here.web.transaction() as tx:
        await tx.fetchval("select 1")
