"""The gateway as a program: how it ends, what it leaves on disk and what it leaves in memory."""

import asyncio
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from drawn_homes import draw
from gateway.service import Gateway
from gateway.taken import Taken
from schemas.messages import Capture, Frame
from schemas.vocabulary import DeviceKind, LinkState
from tests.integration.test_gateway import DEVICE, ORG, CentreSide, attempt, centre, ready, running, settings
from tests.support.mosquitto import Mosquitto
from tests.support.waiting import eventually

__all__ = ["centre"]  # a fixture, used by name


@contextmanager
def program(mosquitto: Mosquitto) -> Iterator["subprocess.Popen[bytes]"]:
    """Yield ``python -m gateway`` that looks at a drawn sleeper."""
    environment = os.environ | {
        "FJT_GATEWAY_ORG": ORG,
        "FJT_GATEWAY_DEVICE": DEVICE,
        "FJT_GATEWAY_SOURCE": "scene:asleep",
        "FJT_MQTT_HOST": mosquitto.host,
        "FJT_MQTT_PORT": str(mosquitto.port),
        "FJT_MQTT_PASSWORD": mosquitto.allow(f"{ORG}/{DEVICE}"),
    }
    process = subprocess.Popen([sys.executable, "-m", "gateway"], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_however_it_ends_the_centre_hears_that_it_is_gone(
    mosquitto: Mosquitto, centre: CentreSide, how: signal.Signals
) -> None:
    with program(mosquitto) as process:
        await ready(centre, attempt())
        await eventually(lambda: centre.sessions)
        process.send_signal(how)
        await eventually(lambda: centre.statuses[-1].link is LinkState.GONE)
        status = await asyncio.to_thread(process.wait, 10)
        assert status == (0 if how is signal.SIGTERM else -signal.SIGKILL)


@contextmanager
def watched_writes() -> Iterator[list[str]]:
    """Yield the paths that are opened for writing meanwhile, in this process."""
    written: list[str] = []
    on = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if on and event == "open" and isinstance(arguments[0], str):
            mode, flags = arguments[1] or "", arguments[2] or 0
            if set(mode) & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                written.append(arguments[0])

    sys.addaudithook(watch)
    try:
        yield written
    finally:
        on = False


class Traced:
    """A camera that remembers its frames weakly, to see them gone."""

    kind = DeviceKind.CAMERA

    def __init__(self) -> None:
        self.frames: list[weakref.ref[Frame]] = []

    def take(self, seconds: int, capture: Capture, stopped: Callable[[], bool]) -> Taken:
        frames = tuple(Frame(ms=n, jpeg=data) for n, data in enumerate(draw("asleep", 1, 2, 5)))
        self.frames = [weakref.ref(frame) for frame in frames]
        return Taken(frames=frames)

    def fault(self) -> str | None:
        return None

    def live(self, seconds: int, capture: Capture) -> Iterator[Frame]:
        return iter(())


async def test_frames_are_never_written_and_end_with_the_receipt(mosquitto: Mosquitto, centre: CentreSide) -> None:
    camera = Traced()
    with watched_writes() as written:
        async with running(Gateway(settings(mosquitto), camera, tick_s=0.02)) as gateway:
            before = list(written)
            await ready(centre, attempt())
            await eventually(lambda: centre.sessions and gateway.counts["sent"])
            assert len(gateway.state.pending[0].payload) > 100_000
            await centre.receipts(centre.sessions[0])
            await eventually(lambda: not gateway.state.pending)
            await eventually(lambda: camera.frames and all(frame() is None for frame in camera.frames))
            assert written == before


async def test_a_last_will_says_no_more_than_gone(mosquitto: Mosquitto, centre: CentreSide) -> None:
    with program(mosquitto) as process:
        await eventually(lambda: centre.statuses)
        process.kill()
        await eventually(lambda: centre.statuses[-1].link is LinkState.GONE)
    gone = centre.statuses[-1]
    assert gone.preflight == () and gone.config_version is None and gone.camera_ok is None
