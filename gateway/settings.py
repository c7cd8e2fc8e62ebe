"""Settings of a gateway: its name, sources, lamp and broker, and which of them conflict.

Variables and secret files are read by `runtime.settings`; a source's name is opened by `gateway.sources`.
"""

from pathlib import Path

from pydantic import Field, field_validator

from gateway.sources import BESIDE, DRAWN, open_sources
from runtime.settings import PartSettings
from schemas import topics
from schemas.vocabulary import JudgePlace


class GatewaySettings(PartSettings):
    """The device's own name, its sources of pictures and samples, its lamp and its broker."""

    gateway_org: str = Field(description="the town's short name, as in its topics")
    gateway_device: str = Field(description="the device's name, as the centre knows it")
    gateway_source: str = Field(
        description="camera:N, rtsp://…, http://…, file:PATH, scene:NAME, serial:PATH, samples:PATH, sensor:NAME; "
        "a camera and sensors with ' + ' between them"
    )
    gateway_seed: int = Field(default=0, ge=0, description="tells drawn homes apart")
    judge: JudgePlace = Field(default=JudgePlace.CENTRE, description="home: a judge runs beside the gateway")
    gateway_lamp: Path | None = Field(default=None, description="a LED's brightness file, lit while somebody looks")

    @field_validator("gateway_source")
    @classmethod
    def _a_known_source(cls, value: str) -> str:
        open_sources(value)
        return value

    def conflicts(self) -> list[str]:
        """Return what is wrong between fields that are right alone, each beginning with its variable's name."""
        wrong = super().conflicts()
        try:
            topics.of(self.gateway_org, self.gateway_device, "status")
        except topics.BadTopic as error:
            wrong.append(f"FJT_GATEWAY_ORG, FJT_GATEWAY_DEVICE: {error}")
        if self.live:
            if self.password is None:
                wrong.append("FJT_MQTT_PASSWORD: with FJT_LIVE=1 a device signs in")
            kinds = {part.strip().split(":")[0] for part in self.gateway_source.split(BESIDE)}
            if kinds & {*DRAWN, "file", "samples"}:
                wrong.append("FJT_GATEWAY_SOURCE: with FJT_LIVE=1 nothing drawn or recorded may stand for a person")
        return wrong

    @property
    def user(self) -> str:
        """The name to sign in to the broker with: ``ORG/DEVICE`` when none is set."""
        return self.mqtt_user or f"{self.gateway_org}/{self.gateway_device}"
