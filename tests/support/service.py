"""One replica as it is shipped: ``fjarrtillsyn alarm-center`` as a process with settings of its own, and nobody at its broker."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp

from fjarrtillsyn.embedded.ports import HOST, free_port
from tests.support.parts import ServiceProcess
from tests.support.postgres import Database
from tests.support.waiting import eventually

COMMAND: Final = (sys.executable, "-m", "fjarrtillsyn.cli", "alarm-center")


def settings(database: Database, **given: str) -> dict[str, str]:
    """Return complete settings, and *given* beside or instead of them; its broker and its provider are nowhere."""
    nowhere = free_port()
    return {
        "PATH": os.environ["PATH"],
        "FJT_DATABASE_URL": database.worker,
        "FJT_DATABASE_URL_WEB": database.web,
        "FJT_DATABASE_URL_SIGN_IN": database.sign_in,
        "FJT_DATABASE_URL_PLANNER": database.planner,
        "FJT_MQTT_PORT": str(nowhere),
        "FJT_HTTP_PORT": "0",
        "FJT_PROVIDER": "twilio",
        "FJT_TWILIO_ACCOUNT_SID": "AC1",
        "FJT_TWILIO_AUTH_TOKEN": "t",
        "FJT_TWILIO_BASE_URL": f"http://{HOST}:{nowhere}",
        **given,
    }


@asynccontextmanager
async def served(database: Database, folder: Path, **given: str) -> AsyncIterator[str]:
    """Yield the address of a replica that answers."""
    url = f"http://{HOST}:{(port := free_port())}"
    own = settings(database, FJT_HTTP_PORT=str(port), FJT_PUBLIC_URL=url)
    part = ServiceProcess(COMMAND, {**own, **given}, folder / "centre.log")
    part.start()
    try:
        async with aiohttp.ClientSession() as http:

            async def answers() -> bool:
                assert part.running, part.wrote()
                try:
                    async with http.get(f"{url}/healthz") as response:
                        return response.status == 200
                except aiohttp.ClientError:
                    return False

            await eventually(answers)
        yield url
        part.stop()
    finally:
        part.kill()
