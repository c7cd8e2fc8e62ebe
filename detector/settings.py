"""One detector's settings, from the environment (``FJT_…``) or from files of secrets; all errors at once."""

import os
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def secrets_dir() -> Path | None:
    """Return the folder whose files are secrets (``fjt_mqtt_password`` …), if there is one."""
    folder = Path(os.environ.get("FJT_SECRETS_DIR", "/run/secrets"))
    return folder if folder.is_dir() else None


class Settings(BaseSettings):
    """Which broker it hears, and how much it takes on at once."""

    model_config = SettingsConfigDict(env_prefix="FJT_", extra="ignore", secrets_dir=secrets_dir())

    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = Field(default=1883, ge=1, le=65535)
    mqtt_user: str = "detector"
    mqtt_password: SecretStr | None = None
    mqtt_password_file: Path | None = None
    mqtt_tls: bool = False
    mqtt_ca: Path | None = Field(default=None, description="certificates to trust instead of the machine's own")
    mqtt_shared: bool = Field(default=False, description="the broker has shared subscriptions: share the sessions")

    detector_id: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="tells detectors apart; drawn by chance when not said",
    )
    detector_workers: int = Field(default=1, ge=1, le=64, description="sessions judged at the same time")
    detector_seconds: float = Field(
        default=5.0, gt=0, le=60, description="a session that takes longer to judge is cannot_tell"
    )
    person_model: Path | None = Field(
        default=None, description="a YOLOX-style ONNX network, .onnx: adds evidence of a person; none when not said"
    )
    person_model_side: int = Field(
        default=416, ge=32, le=2048, multiple_of=32, description="pixels of its input's side"
    )
    detector_http_host: str = "127.0.0.1"
    detector_http_port: int | None = Field(
        default=None, ge=0, le=65535, description="serves /healthz and /metrics there; not said: no port is opened"
    )

    live: bool = Field(default=False, description="real people: refuses to start without what a real town must have")
    log: Literal["json", "console"] = "json"

    @model_validator(mode="after")
    def _what_belongs_together(self) -> Self:
        wrong: list[str] = []
        for name in ("mqtt_password_file", "mqtt_ca", "person_model"):
            path = getattr(self, name)
            if path is not None and not path.is_file():
                wrong.append(f"FJT_{name.upper()}: no file {path}")
        if self.mqtt_ca and not self.mqtt_tls:
            wrong.append("FJT_MQTT_CA: has no use without FJT_MQTT_TLS=1")
        if self.live:
            if not self.mqtt_tls:
                wrong.append("FJT_MQTT_TLS: with FJT_LIVE=1 pictures only travel encrypted")
            if self.password is None:
                wrong.append("FJT_MQTT_PASSWORD: with FJT_LIVE=1 a detector signs in")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def password(self) -> str | None:
        """The broker's password: set, else from its file."""
        if self.mqtt_password is not None:
            return self.mqtt_password.get_secret_value()
        if self.mqtt_password_file is not None and self.mqtt_password_file.is_file():
            return self.mqtt_password_file.read_text(encoding="utf-8").strip()
        return None
