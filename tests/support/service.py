"""One replica as it is shipped: ``fjarrtillsyn alarm-center`` as a process with settings of its own, and nobody at its broker."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from alarm_center.web.auth import COOKIE
from fjarrtillsyn.embedded.ports import HOST, free_port
from tests.support.parts import ServiceProcess
from tests.support.postgres import Database
from tests.support.waiting import eventually

COLD: Final = True
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


@dataclass(slots=True)
class Replica:
    """A replica that can be killed and started again, at the same address."""

    url: str
    part: ServiceProcess

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        self.part.start()
        await eventually(self._answers)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.part.kill()

    async def _answers(self) -> bool:
        assert self.part.running, self.part.wrote()
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self.url}/healthz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False


@dataclass(frozen=True, slots=True)
class FormSender:
    """Somebody signed in by *token* (``tests.support.viewers``) who sends forms to a replica."""

    url: str
    token: str

    async def send(self, path: str, **fields: str) -> str:
        """Send a form; return where it leads. The field ``file`` is sent as a table of Excel's."""
        form = aiohttp.FormData({"csrf": "csrf"})
        for name, value in fields.items():
            if name == "file":
                form.add_field("file", value.encode("cp1252"), filename="brukare.csv", content_type="text/csv")
            else:
                form.add_field(name, value)
        async with self.opened() as http, http.post(path, data=form, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            return answer.headers["Location"]

    async def text(self, path: str) -> str:
        """Return a page."""
        async with self.opened() as http, http.get(path) as answer:
            return await answer.text()

    def opened(self) -> aiohttp.ClientSession:
        """Return a session of the person's, for the caller to close."""
        return aiohttp.ClientSession(self.url, headers={"Cookie": f"{COOKIE}={self.token}"})


@asynccontextmanager
async def replica(database: Database, folder: Path, cold: bool = False, /, **given: str) -> AsyncIterator[Replica]:
    """Yield a replica that answers; whoever kills it starts it again, since it is stopped in good order in the end.

    A *cold* one imports all by itself, as the one that is shipped does.
    """
    url = f"http://{HOST}:{(port := free_port())}"
    own = settings(database, FJT_HTTP_PORT=str(port), FJT_PUBLIC_URL=url)
    made = Replica(url, ServiceProcess(COMMAND, {**own, **given}, folder / "centre.log", cold=cold))
    try:
        await made.start()
        yield made
        made.part.stop()
    finally:
        made.kill()


@asynccontextmanager
async def served(database: Database, folder: Path, cold: bool = False, /, **given: str) -> AsyncIterator[str]:
    """Yield the address of a replica that answers."""
    async with replica(database, folder, cold, **given) as made:
        yield made.url
