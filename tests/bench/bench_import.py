"""A town of 2 000 residents brought in: how long, and how late a line that is committed meanwhile is read on a board.

The baseline of an import is its own dry run; that of a line is one second, which is what a board may be behind.
"""

import asyncio
import time
from contextlib import suppress
from typing import Any, Final

from alarm_center.store import events
from alarm_center.store.memory import AWAY, Memory, now
from alarm_center.town.apply import FILE
from alarm_center.town.bring_in import bring_in, foresee
from alarm_center.town.model import TownFile
from alarm_center.town.reader import read_town
from fjarrtillsyn.embedded.postgres import running_postgres
from schemas import timeline
from tests.support.postgres import fresh_database, make_template
from tests.support.town import a_file
from tests.support.town_file import text_of

RESIDENTS: Final = 2_000
_BOARD_SECONDS: Final = 1.0
_TIMES: Final = ("22:30", "02:00", "05:00")
_OTHER_TIMES: Final = ("22:30", "02:30", "05:00")


def run() -> list[dict[str, Any]]:
    """Return the seconds of each import and dry run, and of the line that was read last."""
    with running_postgres(throwaway=True) as server:
        make_template(server)
        with fresh_database(server) as database:
            return asyncio.run(_measure(database.worker))


async def _measure(worker: str) -> list[dict[str, Any]]:
    memory = await Memory.open(worker, size=4, limit_seconds=None)
    rows: list[dict[str, Any]] = []
    try:
        for name, times in (("new", _TIMES), ("same", _TIMES), ("a_time_each", _OTHER_TIMES)):
            town = _town(times)
            dry, dry_late = await _timed(memory, foresee(memory, town, FILE))
            whole, late = await _timed(memory, bring_in(memory, town, FILE))
            rows += [
                {"name": f"import_{name}", "value": round(whole, 1), "unit": "s", "baseline": round(dry, 1), "ratio": round(whole / dry, 1)},
                {"name": f"line_beside_import_{name}", "value": round(late, 3), "unit": "s", "baseline": _BOARD_SECONDS, "ratio": round(late, 3)},
                {"name": f"line_beside_dry_run_{name}", "value": round(dry_late, 3), "unit": "s", "baseline": _BOARD_SECONDS, "ratio": round(dry_late, 3)},
            ]  # fmt: skip
        return rows
    finally:
        await memory.close()


def _town(times: tuple[str, ...]) -> TownFile:
    areas = ("3", "4", "5", "6")
    file = a_file(
        "vik", residents=RESIDENTS, areas=areas, times=times, handled_by="alarm_centre", green_by="detector", change={}
    )
    return read_town(text_of(file))


async def _timed(memory: Memory, work: Any) -> tuple[float, float]:
    """Return the seconds that *work* takes, and the longest that a line committed meanwhile could not be read."""
    latest: list[float] = [0.0]
    probing = asyncio.create_task(probe_lines(memory, latest))
    began = time.perf_counter()
    try:
        await work
        return time.perf_counter() - began, latest[0]
    finally:
        probing.cancel()
        with suppress(asyncio.CancelledError):
            await probing


async def probe_lines(memory: Memory, latest: list[float]) -> None:
    """Commit a line again and again, and wait until a board would read it."""
    while True:
        try:
            async with memory.transaction() as tx:
                cursor = await events.newest_cursor(tx)
                line = events.NewEvent("vik", timeline.ChecksBroughtHome(), actor="probe")
                await events.write(tx, await now(tx), line)
        except AWAY:  # the town is not there yet
            continue
        began = time.perf_counter()
        while not await _is_read(memory, cursor):
            pass  # asked again at once: it is measured how late the database says yes
        latest[0] = max(latest[0], time.perf_counter() - began)


async def _is_read(memory: Memory, cursor: events.Cursor) -> bool:
    async with memory.transaction() as tx:
        return any(line.actor == "probe" for line in await events.lines_after(tx, cursor, 100_000))
