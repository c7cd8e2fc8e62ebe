"""Settings from ``FJT_…`` variables or files of secrets, all errors at once; the fields that every part has."""

import os
import re
from pathlib import Path
from typing import ClassVar, Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.mqtt import BrokerAddress

S = TypeVar("S", bound="EnvironmentSettings")


class BadSettings(Exception):
    """Settings that a process cannot run with; ``problems`` names each variable and what is wrong with it."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def secrets_dir() -> Path | None:
    """Return the folder whose files are secrets (``fjt_mqtt_password`` …), if there is one."""
    folder = Path(os.environ.get("FJT_SECRETS_DIR", "/run/secrets"))
    return folder if folder.is_dir() else None


class EnvironmentSettings(BaseSettings):
    """Settings of one process. A field ``name`` is the variable ``FJT_NAME``, or a file ``fjt_name`` among the secrets."""

    model_config = SettingsConfigDict(env_prefix="FJT_", extra="ignore", secrets_dir=secrets_dir())

    def conflicts(self) -> list[str]:
        """Return what is wrong between fields that are right alone, each beginning with its variable's name."""
        return []

    @model_validator(mode="after")
    def _without_conflicts(self) -> Self:
        if wrong := self.conflicts():
            raise ValueError("; ".join(wrong))
        return self


class PartSettings(EnvironmentSettings):
    """Settings of every part that runs for long: its broker, its logs, and whether it serves real people."""

    files: ClassVar[tuple[str, ...]] = ("mqtt_password_file", "mqtt_ca")
    """Fields that name a file; it has to be there."""

    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = Field(default=1883, ge=1, le=65535)
    mqtt_user: str | None = None
    mqtt_password: SecretStr | None = None
    mqtt_password_file: Path | None = None
    mqtt_tls: bool = False
    mqtt_ca: Path | None = Field(default=None, description="certificates to trust instead of the machine's own")

    live: bool = Field(default=False, description="real people: refuses to start without what a real town must have")
    log: Literal["json", "console"] = "json"

    def conflicts(self) -> list[str]:
        """Return what is wrong between fields that are right alone, each beginning with its variable's name."""
        wrong = super().conflicts()
        for name in self.files:
            path = getattr(self, name)
            if path is not None and not path.is_file():
                wrong.append(f"FJT_{name.upper()}: no file {path}")
        if self.mqtt_ca and not self.mqtt_tls:
            wrong.append("FJT_MQTT_CA: has no use without FJT_MQTT_TLS=1")
        if self.live and not self.mqtt_tls:
            wrong.append("FJT_MQTT_TLS: with FJT_LIVE=1 pictures only travel encrypted")
        return wrong

    @property
    def user(self) -> str | None:
        """The name to sign in to the broker with."""
        return self.mqtt_user

    @property
    def password(self) -> str | None:
        """The broker's password: set, else from its file."""
        if self.mqtt_password is not None:
            return self.mqtt_password.get_secret_value()
        if self.mqtt_password_file is not None and self.mqtt_password_file.is_file():
            return self.mqtt_password_file.read_text(encoding="utf-8").strip()
        return None

    @property
    def broker(self) -> BrokerAddress:
        """The broker's address, with the name and the password to sign in with."""
        return BrokerAddress(self.mqtt_host, self.mqtt_port, self.user, self.password, self.mqtt_tls, self.mqtt_ca)


def read_settings(of: type[S]) -> S:
    """Return the settings *of* this process.

    Raises:
        BadSettings: they are wrong; it names everything that is.
    """
    try:
        return of()
    except ValidationError as errors:
        raise BadSettings(*problems(errors)) from None


def problems(errors: ValidationError) -> list[str]:
    """Return everything that is wrong, a line each, under the name of its variable."""
    found = []
    for error in errors.errors():
        said = error["msg"].removeprefix("Value error, ")
        if not error["loc"]:
            found += re.split(r"; (?=FJT_)", said)
            continue
        name = "_".join(["FJT", *map(str, error["loc"])])
        missing = f"is not set, and there is no file {name.lower()} among the secrets"
        found.append(f"{name.upper()}: {missing if error['type'] == 'missing' else said}")
    return found
