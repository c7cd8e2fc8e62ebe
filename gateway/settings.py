"""One gateway's settings, from the environment (``FJT_…``) or from files of secrets; all errors at once."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.sources import BESIDE, open_sources
from schemas import topics


def secrets_dir() -> Path | None:
    """Return the folder whose files are secrets (``fjt_mqtt_password`` …), if there is one."""
    folder = Path(os.environ.get("FJT_SECRETS_DIR", "/run/secrets"))
    return folder if folder.is_dir() else None


class Settings(BaseSettings):
    """Who this device is, what it looks through, and which broker it speaks to."""

    model_config = SettingsConfigDict(env_prefix="FJT_", extra="ignore", secrets_dir=secrets_dir())

    gateway_org: str = Field(description="the town's short name, as in its topics")
    gateway_device: str = Field(description="the device's name, as the centre knows it")
    gateway_source: str = Field(
        description="camera:N, rtsp://…, http://…, file:PATH, scene:NAME, serial:PATH, samples:PATH, sensor:NAME; "
        "a camera and sensors with ' + ' between them"
    )
    gateway_seed: int = Field(default=0, ge=0, description="tells drawn homes apart")
    gateway_lamp: Path | None = Field(default=None, description="a LED's brightness file, lit while somebody looks")

    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = Field(default=1883, ge=1, le=65535)
    mqtt_user: str | None = Field(default=None, description="ORG/DEVICE when not said")
    mqtt_password: SecretStr | None = None
    mqtt_password_file: Path | None = None
    mqtt_tls: bool = False
    mqtt_ca: Path | None = Field(default=None, description="certificates to trust instead of the machine's own")

    live: bool = Field(default=False, description="real people: refuses to start without what a real home must have")
    log: Literal["json", "console"] = "json"

    @field_validator("gateway_source")
    @classmethod
    def _a_known_source(cls, value: str) -> str:
        open_sources(value)
        return value

    @model_validator(mode="after")
    def _what_belongs_together(self) -> "Settings":
        wrong: list[str] = []
        try:
            topics.of(self.gateway_org, self.gateway_device, "status")
        except topics.BadTopic as error:
            wrong.append(f"FJT_GATEWAY_ORG, FJT_GATEWAY_DEVICE: {error}")
        for name in ("mqtt_password_file", "mqtt_ca"):
            path = getattr(self, name)
            if path is not None and not path.is_file():
                wrong.append(f"FJT_{name.upper()}: no file {path}")
        if self.mqtt_ca and not self.mqtt_tls:
            wrong.append("FJT_MQTT_CA: has no use without FJT_MQTT_TLS=1")
        if self.live:
            if not self.mqtt_tls:
                wrong.append("FJT_MQTT_TLS: with FJT_LIVE=1 pictures only travel encrypted")
            if self.password is None:
                wrong.append("FJT_MQTT_PASSWORD: with FJT_LIVE=1 a device signs in")
            kinds = {part.strip().split(":")[0] for part in self.gateway_source.split(BESIDE)}
            if kinds & {"scene", "sensor", "file", "samples"}:
                wrong.append("FJT_GATEWAY_SOURCE: with FJT_LIVE=1 nothing drawn or recorded may stand for a person")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def user(self) -> str:
        """The name to sign in to the broker with."""
        return self.mqtt_user or f"{self.gateway_org}/{self.gateway_device}"

    @property
    def password(self) -> str | None:
        """The broker's password: set, else from its file."""
        if self.mqtt_password is not None:
            return self.mqtt_password.get_secret_value()
        if self.mqtt_password_file is not None and self.mqtt_password_file.is_file():
            return self.mqtt_password_file.read_text(encoding="utf-8").strip()
        return None
