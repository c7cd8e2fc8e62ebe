"""The alarm centre's settings, from the environment (``FJT_…``) or from files of secrets; all errors at once."""

import os
import socket
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.limits import PULSE_SECONDS


def secrets_dir() -> Path | None:
    """Return the folder whose files are secrets (``fjt_database_url`` …), if there is one."""
    folder = Path(os.environ.get("FJT_SECRETS_DIR", "/run/secrets"))
    return folder if folder.is_dir() else None


class ProviderName(StrEnum):
    """A way for SMS and calls to go out. Each has its class in ``providers/``."""

    TWILIO = "twilio"
    PHONE = "phone"
    """The demo's phones in the browser: reaches nobody."""


NEEDED_BY: Final[Mapping[ProviderName, tuple[str, ...]]] = MappingProxyType(
    {
        ProviderName.TWILIO: ("twilio_account_sid", "twilio_auth_token"),
        ProviderName.PHONE: (),
    }
)
"""The settings that a provider cannot be without."""


class Settings(BaseSettings):
    """What one replica of the alarm centre has to know. Towns' own settings are rows, not these."""

    model_config = SettingsConfigDict(env_prefix="FJT_", extra="ignore", secrets_dir=secrets_dir())

    database_url: SecretStr = Field(description="PostgreSQL as fjt_worker")
    database_url_web: SecretStr = Field(description="PostgreSQL as fjt_web")
    database_pool: int = Field(default=10, ge=2, le=100)

    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = Field(default=1883, ge=1, le=65535)
    mqtt_user: str | None = None
    mqtt_password: SecretStr | None = None
    mqtt_tls: bool = False
    mqtt_shared: bool = Field(default=True, description="the broker has $share; without it run one replica")

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = Field(default="http://127.0.0.1:8080", description="where browsers and the SMS provider reach us")
    behind_proxy: bool = False

    provider: ProviderName = ProviderName.PHONE
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_auth_token_old: SecretStr | None = Field(default=None, description="also accepted while tokens rotate")
    twilio_base_url: str | None = Field(default=None, description="another host that speaks the same API")
    sms_per_second: float = Field(default=1.0, gt=0)

    heartbeat_url: str | None = Field(default=None, description="an outside watch that rings when we fall silent")
    live: bool = Field(default=False, description="real people: refuses to start without what a real town must have")
    picture_bytes: int = Field(default=256 * 1024 * 1024, ge=1024 * 1024)
    replica: str = Field(default_factory=lambda: f"{socket.gethostname().lower()[:40]}-{os.getpid()}")
    log: Literal["json", "console"] = "json"
    pulse_seconds: float = Field(
        default=PULSE_SECONDS, gt=0, le=PULSE_SECONDS, description="how often devices hear the clock"
    )
    tick_seconds: float = Field(default=0.25, gt=0, le=5, description="how often the clockwork asks what is due")
    heard_seconds: float = Field(
        default=1.0, gt=0, le=10, description="how often it is written which devices were heard"
    )

    @model_validator(mode="after")
    def _what_belongs_together(self) -> "Settings":
        missing = [
            f"FJT_{name.upper()}: needed by FJT_PROVIDER={self.provider}"
            for name in NEEDED_BY[self.provider]
            if not _said(getattr(self, name))
        ]
        if self.live:
            if self.training:
                missing.append("FJT_PROVIDER: the phone simulator reaches nobody; FJT_LIVE=1 needs one that does")
            if not self.heartbeat_url:
                missing.append("FJT_HEARTBEAT_URL: with FJT_LIVE=1 somebody outside has to notice our silence")
            if not self.public_url.startswith("https://"):
                missing.append("FJT_PUBLIC_URL: with FJT_LIVE=1 it has to be https")
            if not self.mqtt_tls:
                missing.append("FJT_MQTT_TLS: with FJT_LIVE=1 pictures only travel encrypted")
        if missing:
            raise ValueError("; ".join(missing))
        return self

    @property
    def training(self) -> bool:
        """Whether the SMS reach nobody: nobody who is looked after may then be real."""
        return self.provider is ProviderName.PHONE


def _said(value: str | SecretStr | None) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def problems(errors: ValidationError) -> list[str]:
    """Return every error of a bad configuration, each with the name of its variable."""
    return [
        f"{'_'.join(['FJT', *map(str, error['loc'])]).upper() if error['loc'] else 'settings'}: {error['msg']}"
        for error in errors.errors()
    ]
