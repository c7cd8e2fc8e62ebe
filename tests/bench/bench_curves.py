"""Growth over two decades of size, in processor time of all processes: a town's planning by its homes, an alarm by the boards that are open, and
a quiet town's second by the lines of another. Writes the curves to ``build/growth.svg``.

Wall time of a shared machine says little; processor time is that of this process and of the server's together. The baseline is the smallest size.
"""

import asyncio
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg

from alarm_center.preparation import planning
from alarm_center.store import seals
from alarm_center.store.memory import Memory, Viewer
from alarm_center.web.settings import WebSettings
from alarm_center.web.stream import HINTS
from fjarrtillsyn.embedded.postgres import Postgres, running_postgres
from schemas.vocabulary import Answer, Reason
from tests.bench import bench_boards, bench_history
from tests.bench.growth_picture import Curve, drawn
from tests.bench.many_residents import copy_alarm, copy_resident
from tests.support.night_town import TWO, town
from tests.support.postgres import Database, fresh_database, make_template
from tests.support.site import site
from tests.support.town import a_town

HOMES: Final = (100, 300, 1_000, 3_000, 10_000)
BOARDS: Final = (1, 5, 15, 50)
LINES: Final = (0, 50_000, 500_000, 5_000_000)
_HOMES_OF_BOARDS: Final = 300
_OPEN_OF_BOARDS: Final = 50
_ASKED: Final = 50
_PARTS: Final = 7
PICTURE: Final = Path("build/growth.svg")


def run() -> list[dict[str, Any]]:
    """Return the processor time at each size, ms, beside that of the smallest."""
    curves = [
        *_of_homes(),
        Curve("An alarm on the boards", "boards open", "ms a change, all boards together", _measured(_boards)),
        Curve("A quiet town's second", "lines of another town", "ms: stream, sealer", _measured(_lines)),
    ]
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(drawn(curves), encoding="utf-8")
    return [
        {"name": f"{curve.name} at {size}", "value": round(value, 3), "unit": curve.unit, "baseline": round(curve.points[0][1], 3),
         "ratio": round(value / curve.points[0][1], 2)}
        for curve in curves
        for size, value in curve.points
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Machine:
    """The server of a measurement, whose processor time is told together with ours."""

    server: Postgres
    database: Database

    def spent(self) -> float:
        """Return the milliseconds of processor time that this process and the server's have taken so far."""
        first = int((self.server.socket_folder / "postmaster.pid").read_text().split("\n", 1)[0])
        ticks = 0
        for each in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = each.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if first in (int(each.parent.name), int(fields[1])):
                # A process that has ended is told among its parent's.
                ticks += sum(map(int, fields[11:15]))
        own = os.times()
        return (ticks / os.sysconf("SC_CLK_TCK") + own.user + own.system) * 1000


Points = list[tuple[int, float]]


def _measured(measure: Callable[[Machine], Any]) -> Any:
    with running_postgres(throwaway=True) as server:
        make_template(server)
        with fresh_database(server) as database:
            return asyncio.run(measure(Machine(server, database)))


def _told(what: str, size: int, value: float) -> tuple[int, float]:
    print(f"{what} {size}: {value:.3f} ms", file=sys.stderr, flush=True)
    return size, value


# ---- homes ----


def _of_homes() -> Sequence[Curve]:
    first, again = _measured(_homes)
    return (
        Curve("Planning a night", "homes", "ms a home", first),
        Curve("Planning when nothing is new", "homes", "ms a home", again),
    )


async def _homes(here: Machine) -> tuple[Points, Points]:
    superuser = await asyncpg.connect(here.server.superuser_dsn(here.database.name))
    # Processor time is what is measured: a machine that others use takes longer than the server has patience.
    await superuser.execute("alter role fjt_worker set transaction_timeout = 0")
    await superuser.close()
    memory = await Memory.open(here.database.worker, size=4, limit_seconds=None)
    first: Points = []
    again: Points = []
    try:
        await a_town(memory, residents=1, times=("22:30", "02:00"))
        await planning.plan_town(memory, "vik")
        there = 0
        for homes in HOMES:
            await copy_resident(memory, "vik", 1, range(1_000 + there, 1_000 + homes))
            async with memory.transaction() as tx:
                await tx.execute("analyze")
            before = here.spent()
            assert await planning.plan_town(memory, "vik")
            first.append(_told("homes, new", homes, (here.spent() - before) / (homes - there)))
            # The first round after it knows no list yet (docs/adr/0072-a-round-asks-of-every-home.md).
            await planning.plan_town(memory, "vik")
            before = here.spent()
            assert await planning.plan_town(memory, "vik") == 0
            again.append(_told("homes, nothing new", homes, (here.spent() - before) / homes))
            there = homes
    finally:
        await memory.close()
    return first, again


# ---- boards ----


async def _boards(here: Machine) -> Points:
    points: Points = []
    async with (
        town(here.database, residents=5, operator_sees=()) as played,
        site(played, settings=WebSettings()) as pages,
    ):
        await copy_resident(played.memory, played.org, 1, range(100, 100 + _HOMES_OF_BOARDS))
        await planning.plan_all_towns(played.memory)
        await played.set_clock(TWO + timedelta(seconds=40))
        await played.step()
        await played.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
        await copy_alarm(played.memory, _OPEN_OF_BOARDS)
        browsers = [await pages.signed_in() for _ in range(max(BOARDS))]
        for boards in BOARDS:
            costs: list[float] = []
            await bench_boards.redrawn(
                played, pages.app[HINTS], browsers[:boards], cost=bench_boards.Cost(here.spent, costs)
            )
            points.append(_told("boards", boards, statistics.median(costs)))
    return points


# ---- lines ----


async def _lines(here: Machine) -> Points:
    points: Points = []
    async with town(here.database, residents=5) as played, site(played) as pages:
        await played.set_clock(TWO)
        await played.step()
        while (await seals.seal(played.memory, played.org)).count:
            pass
        olle = await pages.signed_in()
        token = next(cookie.value for cookie in olle.client.session.cookie_jar if cookie.key == "fjt_session")
        asks = bench_history.asks(played, Viewer(token, "watch", (played.org,)))
        there = 0
        for lines in LINES:
            if lines:
                await bench_history.write_history(here.database, lines - there, (lines - there) // 5)
                there = lines
                for name in ("stream", "sealer"):
                    await asks[name]()
            took = []
            for _ in range(_PARTS):
                before = here.spent()
                for _ in range(_ASKED):
                    await asks["stream"]()
                    await asks["sealer"]()
                took.append((here.spent() - before) / _ASKED)
            # The middle one: the server tidies up by itself meanwhile.
            points.append(_told("lines", lines, statistics.median(took)))
    return points
