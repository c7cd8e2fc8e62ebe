"""The demo's camera in its box: it shows a code, waits until an installer types it, and then looks at whoever it was mounted for."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pydantic import SecretStr

from gateway import enrolment
from gateway.service import Gateway
from gateway.settings import GatewaySettings
from gateway.sources import Source, open_source
from gateway.taken import Stopped, Taken
from schemas.messages import Capture, Frame
from schemas.vocabulary import DeviceKind

_SEED: Final = 13
_EVERY_S: Final = 1.0


@dataclass(slots=True)
class BoxedCamera:
    """A drawn bedroom: everybody leaves it while it is taken empty, and somebody sleeps in it otherwise."""

    is_left: Callable[[], bool]
    kind: DeviceKind = DeviceKind.CAMERA

    def take(self, seconds: int, capture: Capture, stopped: Stopped) -> Taken:
        return self._drawn().take(seconds, capture, stopped)

    def fault(self) -> str | None:
        return None

    def live(self, seconds: int, capture: Capture) -> Iterator[Frame]:
        return self._drawn().live(seconds, capture)

    def _drawn(self) -> Source:
        return open_source("scene:empty" if self.is_left() else "scene:asleep", _SEED)


@dataclass(slots=True)
class WaitingCamera:
    """A camera in its box, with its code on the screen; ``gateway`` runs once it has been claimed."""

    url: str
    mqtt_port: int
    monotonic: Callable[[], float]
    code: str | None = field(default_factory=enrolment.new_code)
    gateway: Gateway | None = None
    device: str | None = None
    _ends: threading.Event = field(default_factory=threading.Event)

    async def run(self) -> None:
        """Ask with the code until it is claimed; a camera that is let go again shows another."""
        try:
            await self._be_mounted()
        finally:
            self._ends.set()

    def _wait(self, seconds: float) -> None:
        if self._ends.wait(min(seconds, _EVERY_S)):
            raise enrolment.NotEnrolled("the demo ends")

    async def _be_mounted(self) -> None:
        while True:
            self.code, self.gateway, self.device = enrolment.new_code(), None, None
            made = await asyncio.to_thread(enrolment.ask_until_claimed, self.url, self.code, self._wait)
            self.code, self.device = None, made.device
            self.gateway = gateway = self._gateway_of(made)
            running = asyncio.create_task(gateway.run())
            try:
                await self._is_let_go(gateway)
            finally:
                running.cancel()
                await asyncio.wait({running})

    async def _is_let_go(self, gateway: Gateway) -> None:
        """Return once the camera is nobody's again."""
        while True:
            if gateway.state.config is not None and gateway.state.config.withdrawn:
                return
            await asyncio.sleep(_EVERY_S)

    def nudge(self) -> None:
        """Have the gateway ask at once what is to be done: the clock was moved."""
        if self.gateway is not None:
            self.gateway.nudge()

    def _gateway_of(self, made: enrolment.Enrolment) -> Gateway:
        settings = GatewaySettings(
            _env_prefix="FJT_DEMO_READS_NO_ENVIRONMENT_",
            _secrets_dir=None,
            gateway_org=made.org,
            gateway_device=made.device,
            gateway_source="scene:empty",
            mqtt_port=self.mqtt_port,
            mqtt_password=SecretStr(made.password),
        )
        return Gateway(settings, BoxedCamera(self._is_left), monotonic=self.monotonic)

    def _is_left(self) -> bool:
        look = self.gateway.state.waking if self.gateway is not None else None
        return look is not None and look.purpose == "empty"
