"""The device's one eye: its sources, each read in a thread with a limit in time, and the lamp that shows when it is open."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Final, TypeVar

import structlog

from gateway.sources import Source, joined_faults
from gateway.taken import CannotCapture, Taken
from schemas.messages import Capture, Frame
from schemas.vocabulary import DeviceKind

SLACK_S: Final = 20.0
"""The time beyond the look itself that a source may take to open, warm up and be packed."""

FREE_S: Final = 5.0
"""A look's longest wait for the one before it to let go of the source."""

Lamp = Callable[[bool], None]
T = TypeVar("T")

_log = structlog.get_logger()


def lamp(path: Path | None) -> Lamp:
    """Return a switch for the LED whose brightness file is *path* (Linux: ``/sys/class/leds/…/brightness``)."""

    def show(looking: bool) -> None:
        _log.info("lamp_switched", looking=looking)
        if path is not None:
            try:
                path.write_text("1" if looking else "0", encoding="ascii")
            except OSError as error:
                _log.error("lamp_failed", error=type(error).__name__)

    return show


class Eye:
    """Opens the sources, one look at a time. The lamp is lit as long as one of them may be open for pictures or samples."""

    def __init__(self, sources: tuple[Source, ...], lamp: Lamp) -> None:
        self.sources = sources
        self._lamp = lamp
        self._open = 0
        self._free = {kind: asyncio.Event() for kind in DeviceKind}
        for free in self._free.values():
            free.set()

    @property
    def camera(self) -> Source | None:
        """The source that gives pictures, if there is one."""
        return next((source for source in self.sources if source.kind is DeviceKind.CAMERA), None)

    async def take(self, seconds: int, capture: Capture, stop: threading.Event) -> Taken:
        """Return a session's frames, samples or both, of the same seconds; *stop* ends the look early.

        A source that fails, gives nothing, hangs or still hangs from the look before is named in ``fault``; it does
        not keep what another gave from being sent.
        """
        try:
            halves = await asyncio.gather(*(self._half(source, seconds, capture, stop) for source in self.sources))
        finally:
            stop.set()
        return Taken(
            frames=tuple(frame for half in halves for frame in half.frames),
            channels=tuple(channel for half in halves for channel in half.channels),
            fault=joined_faults([half.fault for half in halves if half.fault]),
            replayed=any(half.replayed for half in halves),
            broken=sum(half.broken for half in halves),
        )

    async def show_lamp(self, seconds: int, stop: threading.Event) -> None:
        """Light the lamp for so long, or until *stop*, and open no source: somebody is shown what it looks like."""
        self._light(+1)
        try:
            await asyncio.to_thread(stop.wait, seconds)
        finally:
            stop.set()
            self._light(-1)

    async def faults(self) -> dict[DeviceKind, str]:
        """Return why a source does not open, by its kind, for each that does not; no picture is taken."""
        said = await asyncio.gather(*(self._fault(source) for source in self.sources))
        return {source.kind: why for source, why in zip(self.sources, said, strict=True) if why is not None}

    async def _half(self, source: Source, seconds: int, capture: Capture, stop: threading.Event) -> Taken:
        try:
            taken = await self._in_thread(
                source.kind, lambda: source.take(seconds, capture, stop.is_set), seconds + SLACK_S
            )
        except CannotCapture as error:
            return Taken(fault=self._named(source, str(error)))
        if taken.frames or any(channel.ms for channel in taken.channels):
            return taken
        return Taken(fault=f"{source.kind} gave nothing")

    async def _fault(self, source: Source) -> str | None:
        try:
            why = await self._in_thread(source.kind, source.fault, SLACK_S, pictures=False)
        except CannotCapture as error:
            why = str(error)
        return None if why is None else self._named(source, why)

    def _named(self, source: Source, why: str) -> str:
        """Return *why* so that it says of which source it is, where there are two."""
        told = len(self.sources) == 1 or why.startswith(source.kind)
        return why if told else f"{source.kind}: {why}"

    async def live(self, seconds: int, capture: Capture, stop: threading.Event) -> AsyncGenerator[Frame]:
        """Yield the camera's frames as they come, only ever the newest, until the seconds are over or *stop* is set.

        Raises:
            CannotCapture: the camera failed, hung, or still hangs from the look before.
        """
        source = self.camera
        if source is None:
            return
        loop = asyncio.get_running_loop()
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

        watching = asyncio.create_task(self._in_thread(source.kind, watch, seconds + SLACK_S))
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

    async def _in_thread(self, kind: DeviceKind, work: Callable[[], T], limit_s: float, *, pictures: bool = True) -> T:
        """Return what *work* returns. A thread that hangs is left behind, and holds its source until it lets go."""
        free = self._free[kind]
        try:
            async with asyncio.timeout(FREE_S):
                await free.wait()
        except TimeoutError:
            raise CannotCapture(f"{kind} still busy") from None
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def end(value: T | None, error: Exception | None) -> None:
            free.set()
            if pictures:
                self._light(-1)
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
                error = CannotCapture(f"{kind} failed: {type(failed).__name__}")
            try:
                loop.call_soon_threadsafe(end, value, error)
            except RuntimeError:  # the loop is closed: the program ends, and leaves the lamp dark
                self._lamp(False)

        free.clear()
        if pictures:
            self._light(+1)
        threading.Thread(target=run, name=f"eye {kind}", daemon=True).start()
        try:
            async with asyncio.timeout(limit_s):
                return await done
        except TimeoutError:
            raise CannotCapture(f"{kind} gave no answer") from None

    def _light(self, change: int) -> None:
        """Count who is open; light the lamp with the first, put it out with the last."""
        before, self._open = self._open, self._open + change
        if (before > 0) != (self._open > 0):
            self._lamp(self._open > 0)
