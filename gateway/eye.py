"""The device's one eye: a source read in a thread with a limit in time, and the lamp that shows when it is open."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Final, TypeVar

import structlog

from gateway.sources import CannotCapture, Source, Taken
from schemas.messages import Capture, Frame

SLACK_S: Final = 20.0
"""How much longer than the look itself a source may take to open, warm up and be packed."""

FREE_S: Final = 5.0
"""How long a look waits for the one before it to let go of the source."""

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
    """Opens the source, one look at a time. The lamp is lit as long as it may be open for pictures."""

    def __init__(self, source: Source, lamp: Lamp) -> None:
        self.source = source
        self._lamp = lamp
        self._free = asyncio.Event()
        self._free.set()

    async def take(self, seconds: int, capture: Capture, stop: threading.Event) -> Taken:
        """Return a session's frames or samples; *stop* ends the look early.

        Raises:
            CannotCapture: the source failed, is still busy with a look that hangs, or took too long.
        """
        source = self.source
        try:
            return await self._in_thread(lambda: source.take(seconds, capture, stop.is_set), seconds + SLACK_S)
        finally:
            stop.set()

    async def fault(self) -> str | None:
        """Return why the source does not open, or None; no picture is taken."""
        try:
            return await self._in_thread(self.source.fault, SLACK_S, pictures=False)
        except CannotCapture as error:
            return str(error)

    async def live(self, seconds: int, capture: Capture, stop: threading.Event) -> AsyncGenerator[Frame]:
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

        watching = asyncio.create_task(self._in_thread(watch, seconds + SLACK_S))
        coming = asyncio.create_task(newest.get())
        try:
            while not watching.done() or coming.done() or not newest.empty():
                await asyncio.wait({coming, watching}, return_when=asyncio.FIRST_COMPLETED)
                if coming.done():
                    frame, coming = coming.result(), asyncio.create_task(newest.get())
                    yield frame
                elif not newest.empty():
                    await asyncio.sleep(0)  # the frame is put, and its turn to be taken comes next
            await watching
        finally:
            stop.set()
            watching.cancel()
            coming.cancel()

    async def _in_thread(self, work: Callable[[], T], limit_s: float, *, pictures: bool = True) -> T:
        """Return what *work* returns. A thread that hangs is left behind, and holds the eye until it lets go."""
        try:
            async with asyncio.timeout(FREE_S):
                await self._free.wait()
        except TimeoutError:
            raise CannotCapture("camera is still busy") from None
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def end(value: T | None, error: Exception | None) -> None:
            self._free.set()
            if pictures:
                self._lamp(False)
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
            try:
                loop.call_soon_threadsafe(end, value, error)
            except RuntimeError:  # the loop is closed: the program ends, and leaves the lamp dark
                self._lamp(False)

        self._free.clear()
        if pictures:
            self._lamp(True)
        threading.Thread(target=run, name="eye", daemon=True).start()
        try:
            async with asyncio.timeout(limit_s):
                return await done
        except TimeoutError:
            raise CannotCapture("camera does not answer") from None
