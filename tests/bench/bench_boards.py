"""Milliseconds from the commit of an alarm until open boards show it, in a town of many homes with many open alarms.

Each board is signed in by itself, listens to its stream, and fetches what it lacks of the parts that a change concerns, as the page's script does.
Browsers, server and database share this machine, and one process stands for a replica. Beside it: the same for one board, the processor time of
a second in which nothing happens, and the bytes of a whole page and of a change, read and on the wire. The baseline of the first is a bare request by each browser.
"""

import asyncio
import gc
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from alarm_center.preparation.planning import plan_all_towns
from alarm_center.web.settings import WebSettings
from alarm_center.web.stream import HINTS, Hints
from fjarrtillsyn.embedded.postgres import running_postgres
from schemas.vocabulary import Answer, Reason
from tests.bench.many_residents import copy_alarm, copy_resident
from tests.support.board_page import BoardPage, CentreTooBusy, Fetched
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database, fresh_database, make_template
from tests.support.site import Browser, site

BOARDS: Final = 50
HOMES: Final = 1000
OPEN: Final = 200
CHANGES: Final = 5
_SOON_SECONDS: Final = 0.04
"""The page's script waits so long for further changes before it fetches (static/live.js)."""
_IDLE_SECONDS: Final = 5.0


def run(boards: int = BOARDS, homes: int = HOMES, alarms: int = OPEN) -> list[dict[str, Any]]:
    """Return p50 and p95 until the boards are redrawn, the cost of an idle second, and a page's weight."""
    with running_postgres(throwaway=True) as server:
        make_template(server)
        with fresh_database(server) as database:
            return asyncio.run(_measure(database, boards, homes, alarms))


async def _measure(database: Database, boards: int, homes: int, alarms: int) -> list[dict[str, Any]]:
    async with town(database, residents=5, operator_sees=()) as here, site(here, settings=WebSettings()) as pages:
        await copy_resident(here.memory, here.org, 1, range(100, 100 + homes))
        await plan_all_towns(here.memory)
        await here.set_clock(TWO + timedelta(seconds=40))
        await here.step()
        await here.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
        await copy_alarm(here.memory, alarms)
        assert await here.value("select count(*) from alarms where state <> 'closed'") == alarms + 1
        browsers = [await pages.signed_in() for _ in range(boards)]
        page = await BoardPage(browsers[0]).open()
        # As the service does once it has started: what is there by then is looked through no more (alarm_center/service.py).
        gc.collect()
        gc.freeze()
        bare = await _bare(browsers)
        first = await redrawn(here, pages.app[HINTS], browsers[:1])
        weights: list[Fetched] = []
        many = await redrawn(here, pages.app[HINTS], browsers, weights)
        idle = await _idle(browsers)
        ordered = sorted(many)
        return [
            _row(f"boards_{boards}_p50", statistics.median(many), "ms", bare),
            _row(f"boards_{boards}_p95", ordered[int(len(ordered) * 0.95) - 1], "ms", bare),
            _row("boards_1_p50", statistics.median(first), "ms", bare),
            _row("board_idle", idle, "ms/s", 1.0),
            _row("board_page", page.read / 1000, "kB", 1.0),
            _row("board_page_wire", page.sent / 1000, "kB", 1.0),
            _row("board_change", max(each.read for each in weights) / 1000, "kB", 1.0),
            _row("board_change_wire", max(each.sent for each in weights) / 1000, "kB", 1.0),
        ]


def _row(name: str, value: float, unit: str, baseline: float) -> dict[str, Any]:
    return {"name": name, "value": round(value, 1), "unit": unit, "baseline": round(baseline, 1), "ratio": round(value / baseline, 1)}  # fmt: skip


async def _bare(browsers: list[Browser]) -> float:
    """Return the milliseconds in which every browser has had one small answer."""
    began = time.perf_counter()
    await asyncio.gather(*(browser.get("/static/base.css") for browser in browsers))
    return (time.perf_counter() - began) * 1000


async def _passing_of(seconds: float) -> None:
    """Return when the time has passed that a script waits, or that is measured."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    await over.wait()


async def _until_answered(ask: Callable[[], Awaitable[Fetched]]) -> Fetched:
    """Ask again each second while the centre is too busy, as static/live.js does: code of before answers fifty boards at once with 500."""
    while True:
        try:
            return await ask()
        except CentreTooBusy:
            await _passing_of(1.0)


@dataclass(frozen=True, slots=True)
class Cost:
    """Meter of processor time, ms, and where each change's is put."""

    spent: Callable[[], float]
    costs: list[float]


@dataclass(eq=False)
class _Board:
    """A browser with a board open, which does as static/live.js does."""

    page: BoardPage
    fetched: dict[str, Fetched] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    redrawn: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def stay_open(self) -> None:
        """Listen, and fetch what changes, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._fetch())

    async def _listen(self) -> None:
        await _until_answered(self.page.open)
        async with self.page.browser.client.get(f"/stream?after={self.page.cursor}") as answer:
            event = ""
            async for line in answer.content:
                name, _, said = line.decode().rstrip("\r\n").partition(": ")
                if name == "event":
                    event = said
                    self.ready.set()
                elif name == "data" and event == "change":
                    self.changed |= {"queue", "night"} & set(json.loads(said)["redraws"])
                    self.told.set()

    async def _fetch(self) -> None:
        while True:
            await self.told.wait()
            await _passing_of(_SOON_SECONDS)
            parts, self.changed = self.changed, set()
            self.told.clear()
            await asyncio.gather(*map(self._fetch_part, parts))

    async def _fetch_part(self, part: str) -> None:
        self.fetched[part] = await _until_answered(partial(self.page.fetch, part))
        self.redrawn.set()

    def shows(self, case: UUID) -> bool:
        """Tell whether a row of the queue is that case's."""
        return f'data-row="{case}"' in self.page.shown("queue")

    @property
    def last_change(self) -> Fetched:
        """Weight of all that the board fetched for the last change."""
        return Fetched(
            sum(each.read for each in self.fetched.values()), sum(each.sent for each in self.fetched.values())
        )


async def redrawn(
    here: NightTown,
    hints: Hints,
    browsers: list[Browser],
    weights: list[Fetched] | None = None,
    cost: Cost | None = None,
) -> list[float]:
    """Return the milliseconds of each board and change; add to *weights* what each board fetched for the last one, and to *cost* each change's."""
    boards = [_Board(BoardPage(browser)) for browser in browsers]
    tasks = [asyncio.create_task(board.stay_open()) for board in boards]
    await asyncio.gather(*(board.ready.wait() for board in boards))
    took: list[float] = []
    for _ in range(CHANGES):
        before = cost.spent() if cost else 0.0
        took += await _one_change(here, hints, boards)
        if cost:
            cost.costs.append(cost.spent() - before)
        await _passing_of(1.0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if weights is not None:
        weights += [board.last_change for board in boards]
    return took


async def _one_change(here: NightTown, hints: Hints, boards: list[_Board]) -> list[float]:
    """Have a new alarm committed; return the milliseconds until each board's queue shows it."""
    number = await here.value(
        "select min(number) from residents r where number > 99 and not exists (select from alarms a where a.resident_id = r.resident_id and a.state <> 'closed')"
    )
    here.residents[number] = await here.value(
        "select resident_id from residents where number = $1 and org = $2", number, here.org
    )
    alarm = await _raise(here, number)
    began = time.perf_counter()
    hints.wake()

    async def until_shown(board: _Board) -> float:
        while not board.shows(alarm):
            board.redrawn.clear()
            await board.redrawn.wait()
        return (time.perf_counter() - began) * 1000

    return list(await asyncio.gather(*map(until_shown, boards)))


async def _raise(here: NightTown, number: int) -> UUID:
    await here.step()
    await here.finding(number, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm: UUID = await here.value(
        "select alarm_id from alarms where resident_id = $1 and state <> 'closed'", here.residents[number]
    )
    assert alarm is not None, await here.value(
        "select json_agg(s) from sessions s where device_id = $1", f"cam{number}"
    )
    return alarm


async def _idle(browsers: list[Browser]) -> float:
    """Return the milliseconds of this process's time that a board costs in a second in which nothing happens."""
    tasks = [asyncio.create_task(_Board(BoardPage(browser)).stay_open()) for browser in browsers]
    await _passing_of(1.0)
    before = time.process_time()
    await _passing_of(_IDLE_SECONDS)
    spent = (time.process_time() - before) * 1000
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return spent / _IDLE_SECONDS / len(browsers)
