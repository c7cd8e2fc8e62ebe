"""Replicas of a faulty night: processes of the alarm centre that are killed with SIGKILL and started again."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

_POLL_S: Final = 0.1
_SETTLED_S: Final = 2.0
"""So long after it is ready a replica has to take each step in time."""


@dataclass(slots=True)
class NightReplica:
    """One process; ``ready_since`` is the monotonic second since when it is ready, ``None`` while it is not."""

    name: str
    url: str
    env: Mapping[str, str]
    log: Path
    ready_since: float | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it has been ready."""
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "alarm_center"], env={**os.environ, **self.env}, stdout=log, stderr=log
            )

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.ready_since = None
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(self._process.wait)
            self._process = None

    async def watch(self) -> None:
        """Keep ``ready_since``, until cancelled."""
        async with aiohttp.ClientSession() as session:
            while True:
                ready = await self._is_ready(session)
                self.ready_since = (self.ready_since or time.monotonic()) if ready else None
                if ready:
                    self.ready.set()
                await asyncio.sleep(_POLL_S)

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/readyz") as answer:
                return answer.status == 200 and self._process is not None
        except aiohttp.ClientError:
            return False


def is_any_settled(replicas: Sequence[NightReplica]) -> bool:
    """Tell whether one of them has been ready for long enough to take each step in time."""
    now = time.monotonic()
    return any(each.ready_since is not None and now - each.ready_since >= _SETTLED_S for each in replicas)


@asynccontextmanager
async def running(replicas: Sequence[NightReplica]) -> AsyncIterator[None]:
    """Run them; return when each is ready."""
    watching = [asyncio.create_task(each.watch()) for each in replicas]
    try:
        for each in replicas:
            each.start()
        await asyncio.gather(*(each.ready.wait() for each in replicas))
        yield
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        for each in replicas:
            await each.kill()
