"""The device's one eye: a source read in a thread with a limit in time, and the lamp that shows when it is open."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import structlog

from gateway.sources import CannotCapture, Source, Taken
from schemas.messages import Capture, Frame

SLACK_S: Final = 20.0
"""How much longer than the look itself a source may take to open, warm up and be packed."""

Lamp = Callable[[bool], None]
T = TypeVar("T")

_log = structlog.get_logger()


def lamp(path: Path | None) -> Lamp:
    """Return what lights the LED whose brightness file is *path* (Linux: ``/sys/class/leds/…/brightness``)."""

    def show(looking: bool) -> None:
        _log.info("lamp", looking=looking)
        if path is not None:
            try:
                path.write_text("1" if looking else "0", encoding="ascii")
            except OSError as error:
                _log.error("lamp does not answer", error=type(error).__name__)

    return show


class Eye:
    """Opens the source, one look at a time. The lamp is lit exactly while it is open for pictures."""

    def __init__(self, source: Source, lamp: Lamp) -> None:
        self.source = source
        self._lamp = lamp
        self._busy: threading.Thread | None = None

    async def take(self, seconds: int, capture: Capture, stop: threading.Event) -> Taken:
        """Return a session's frames or samples; *stop* ends the look early.

        Raises:
            CannotCapture: the source failed, is still busy with a look that hangs, or took too long.
        """
        source = self.source
        self._lamp(True)
        try:
            return await self._in_thread(lambda: source.take(seconds, capture, stop.is_set), seconds + SLACK_S)
        finally:
            stop.set()
            self._lamp(False)

    async def fault(self) -> str | None:
        """Return why the source does not open, or None; no picture is taken."""
        try:
            return await self._in_thread(self.source.fault, SLACK_S)
        except CannotCapture as error:
            return str(error)

    async def live(self, seconds: int, capture: Capture, stop: threading.Event) -> AsyncIterator[Frame]:
        """Yield frames as they come, only ever the newest, until the seconds are over or *stop* is set.

        Raises:
            CannotCapture: as for ``take``.
        """
        loop, source = asyncio.get_running_loop(), self.source
        newest: asyncio.Queue[Frame] = asyncio.Queue(maxsize=1)

        def put(frame: Frame) -> None:
            if newest.full():
                newest.get_nowait()
            newest.put_nowait(frame)

        def watch() -> None:
            start = time.monotonic()
            for frame in source.live(seconds, capture):
                if stop.wait(max(0.0, start + frame.ms / 1000 - time.monotonic())):
                    return
                loop.call_soon_threadsafe(put, frame)

        self._lamp(True)
        watching = asyncio.create_task(self._in_thread(watch, seconds + SLACK_S))
        try:
            while not watching.done() or not newest.empty():
                coming = asyncio.create_task(newest.get())
                await asyncio.wait({coming, watching}, return_when=asyncio.FIRST_COMPLETED)
                if coming.done():
                    yield coming.result()
                else:
                    coming.cancel()
            await watching
        finally:
            stop.set()
            self._lamp(False)
            watching.cancel()
            with suppress(asyncio.CancelledError, CannotCapture):
                await watching

    async def _in_thread(self, work: Callable[[], T], limit_s: float) -> T:
        """Return what *work* returns. A thread that hangs is left behind, and holds the eye until it lets go."""
        if self._busy is not None and self._busy.is_alive():
            raise CannotCapture("camera is still busy")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(value: T | None, error: Exception | None) -> None:
            if done.done():
                return
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(value)  # type: ignore[arg-type]  # None only where T is None

        def run() -> None:
            value, error = None, None
            try:
                value = work()
            except CannotCapture as cannot:
                error = cannot
            except Exception as failed:  # a driver may raise anything, and the check must still get its session
                error = CannotCapture(f"camera failed: {type(failed).__name__}")
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, value, error)

        self._busy = threading.Thread(target=run, name="eye", daemon=True)
        self._busy.start()
        try:
            async with asyncio.timeout(limit_s):
                return await done
        except TimeoutError:
            raise CannotCapture("camera does not answer") from None
