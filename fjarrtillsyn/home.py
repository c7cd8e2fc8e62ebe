"""Gateway of a home as it is run: alone, or with a judge beside it (``FJT_JUDGE=home``, ADR 0051).

The judge is a process of its own: what a picture does to a decoder must not end the gateway, which then sends the session.
"""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from fjarrtillsyn.judge_pipe import LENGTH
from gateway.service import Gateway
from gateway.service import run as run_gateway
from gateway.settings import GatewaySettings
from runtime.process import run_part
from schemas.limits import MESSAGE_BYTES
from schemas.vocabulary import JudgePlace

JUDGE_S: Final = 30.0
"""A session that is not judged in so long is sent; a Raspberry Pi 4 needs about a second."""
READY_S: Final = 60.0
"""The time that the judge may take to start."""
AGAIN_S: Final = 10.0
"""The wait before a judge that has died is started again."""
COMMAND: Final = (sys.executable, "-m", "fjarrtillsyn.judge_child")

_log = structlog.get_logger()


class JudgeProcess:
    """The judge beside a gateway, started again when it has died. One session is with it at a time."""

    def __init__(
        self, command: tuple[str, ...] = COMMAND, *, judge_s: float = JUDGE_S, again_s: float = AGAIN_S
    ) -> None:
        self._command, self._judge_s, self._again_s = command, judge_s, again_s
        self._child: Process | None = None
        self._asking = asyncio.Lock()
        self._asked: set[asyncio.Task[bytes | None]] = set()

    @property
    def alive(self) -> bool:
        """It has said that it is ready, and has not ended since."""
        return self._child is not None and self._child.returncode is None

    @property
    def pid(self) -> int | None:
        """Its process, while it is alive."""
        return self._child.pid if self._child is not None else None

    async def run(self) -> None:
        """Keep a judge running until cancelled."""
        while True:
            child = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE)
            try:
                async with asyncio.timeout(READY_S):
                    if await _read(child) == b"":
                        self._child = child
                        _log.info("judge_started", pid=child.pid)
                await child.wait()
            except (TimeoutError, asyncio.IncompleteReadError):
                pass  # told below
            finally:
                self._child = None
                if child.returncode is None:
                    child.kill()
                    await child.wait()
            _log.error("judge_ended", status=_status(child.returncode), again_in_s=self._again_s)
            await asyncio.sleep(self._again_s)

    async def judge(self, payload: bytes) -> bytes | None:
        """Return the finding of the session in *payload*; None when there is no judge, or it gives none in time."""
        # The answer belongs to its question: a caller that is cancelled must not leave it to the next one.
        asking = asyncio.create_task(self._ask(payload))
        self._asked.add(asking)
        asking.add_done_callback(self._asked.discard)
        return await asyncio.shield(asking)

    async def _ask(self, payload: bytes) -> bytes | None:
        async with self._asking:
            child = self._child
            if child is None or child.returncode is not None:
                return None
            try:
                async with asyncio.timeout(self._judge_s):
                    assert child.stdin is not None, "it was started with a pipe"
                    child.stdin.write(len(payload).to_bytes(LENGTH, "big") + payload)
                    await child.stdin.drain()
                    return await _read(child) or None
            except (TimeoutError, ConnectionError, asyncio.IncompleteReadError) as error:
                _log.error("judging_failed", error=type(error).__name__)
                if child.returncode is None:
                    child.kill()  # or its late answer would be the next session's
                return None


async def _read(child: Process) -> bytes:
    """Return the child's next message.

    Raises:
        asyncio.IncompleteReadError: it has ended, or says what is no message.
    """
    assert child.stdout is not None, "it was started with a pipe"
    length = int.from_bytes(await child.stdout.readexactly(LENGTH), "big")
    if length > MESSAGE_BYTES:
        raise asyncio.IncompleteReadError(b"", length)
    return await child.stdout.readexactly(length)


def _status(code: int | None) -> str:
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return str(code)


@asynccontextmanager
async def judge_running() -> AsyncIterator[JudgeProcess]:
    """Yield a judge that is being started; leaving ends it."""
    judge = JudgeProcess()
    keeping = asyncio.create_task(judge.run())
    try:
        yield judge
    finally:
        keeping.cancel()
        await asyncio.wait({keeping})


async def run(settings: GatewaySettings) -> None:
    """Run the gateway until cancelled, with a judge beside it where *settings* say so."""
    if settings.judge is not JudgePlace.HOME:
        await run_gateway(settings)
        return
    async with judge_running() as judge:
        await Gateway(settings, judge=judge).run()


def main() -> int:
    """Run; return 2 and say all that is wrong when the settings are."""
    return run_part(GatewaySettings, run)
