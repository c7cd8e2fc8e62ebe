"""Seconds of right sign-ins, and of boards, while somebody guesses: beside the same in a quiet minute.

250 random logins and 60 passwords of one login come at once, from the address that everybody shares.
"""

import asyncio
import statistics
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from alarm_center.identity.passwords import hash_password
from fjarrtillsyn.embedded.postgres import running_postgres
from tests.support.code_app import CodeApp
from tests.support.night_town import PASSWORD, town
from tests.support.postgres import Database, fresh_database, make_template
from tests.support.service import served
from tests.support.sign_in_flood import GuessFlood, RightSignIn, remote_browser

_QUIET_BOARDS: Final = 60


def run() -> list[dict[str, Any]]:
    """Return the seconds of both sign-ins, and the 95th percentile of the board's milliseconds."""
    with running_postgres(throwaway=True) as server, TemporaryDirectory() as folder:
        make_template(server)
        with fresh_database(server) as database:
            return asyncio.run(_measure(database, Path(folder)))


async def _measure(database: Database, folder: Path) -> list[dict[str, Any]]:
    async with AsyncExitStack() as up:
        await up.enter_async_context(town(database, password_hash=hash_password(PASSWORD)))
        url = await up.enter_async_context(served(database, folder, FJT_PROXIES="127.0.0.1"))
        board, fresh, known = [await up.enter_async_context(remote_browser(url)) for _ in range(3)]
        siv, olle = CodeApp(), CodeApp()
        await board.sign_in("siv", PASSWORD, siv)
        quiet = await known.sign_in("olle", PASSWORD, olle)
        boards = [await board.board_seconds() for _ in range(_QUIET_BOARDS)]
        right = {
            "sign-in, new browser": RightSignIn(fresh, "siv", PASSWORD, siv),
            "sign-in, known browser": RightSignIn(known, "olle", PASSWORD, olle),
        }
        seen = await GuessFlood(url, "olle").run(board, right)
    before = statistics.quantiles(boards, n=20)[-1]
    rows = [_row(name, took, quiet, "s") for name, took in seen.sign_ins.items()]
    return [*rows, _row("board, 95th percentile", 1000 * seen.board_p95, 1000 * before, "ms")]


def _row(name: str, value: float, baseline: float, unit: str) -> dict[str, Any]:
    return {
        "name": f"{name}, 310 wrong tries at once",
        "value": round(value, 3),
        "baseline": round(baseline, 3),
        "ratio": round(value / baseline, 2),
        "unit": unit,
    }
