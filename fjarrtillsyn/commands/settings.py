"""The settings of the commands that run once: database addresses, from the environment or from files of secrets."""

import re
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import typer
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from alarm_center.settings import secrets_dir

S = TypeVar("S", bound=BaseSettings)

BAD_SETTINGS = 2
"""The exit status of a command whose settings or file are wrong."""

_ROLES: Mapping[str, str] = {
    "database_url_owner": "fjt_owner",
    "database_url": "fjt_worker",
    "database_url_web": "fjt_web",
}


class WorkerSettings(BaseSettings):
    """What a command has to know that works on the memory as the service does."""

    model_config = SettingsConfigDict(env_prefix="FJT_", extra="ignore", secrets_dir=secrets_dir())

    database_url: SecretStr = Field(description="PostgreSQL as fjt_worker")


class MigrateSettings(BaseSettings):
    """Whom ``migrate`` connects as. With the superuser's address it makes the roles and the database first."""

    model_config = SettingsConfigDict(env_prefix="FJT_", extra="ignore", secrets_dir=secrets_dir())

    database_url_owner: SecretStr = Field(description="PostgreSQL as fjt_owner")
    database_url_superuser: SecretStr | None = Field(default=None, description="makes the roles and the database")
    database_url: SecretStr | None = Field(default=None, description="whose password fjt_worker gets")
    database_url_web: SecretStr | None = Field(default=None, description="whose password fjt_web gets")

    @model_validator(mode="after")
    def _what_belongs_together(self) -> "MigrateSettings":
        wrong: list[str] = []
        for name, role in _ROLES.items():
            secret: SecretStr | None = getattr(self, name)
            if secret is None:
                if self.database_url_superuser is not None:
                    wrong.append(f"FJT_{name.upper()}: needed with FJT_DATABASE_URL_SUPERUSER, for {role}'s password")
                continue
            try:
                user, password, _ = address(secret)
            except ValueError:
                wrong.append(
                    f"FJT_{name.upper()}: is no address, which looks like postgresql://{role}:PASSWORD@HOST/DATABASE"
                )
                continue
            if self.database_url_superuser is not None and (user != role or not password):
                wrong.append(f"FJT_{name.upper()}: has to name {role} and its password")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def database(self) -> str:
        """The database's name."""
        return address(self.database_url_owner)[2]

    @property
    def passwords(self) -> dict[str, str]:
        """The roles' passwords, by role."""
        found = {}
        for name, role in _ROLES.items():
            secret: SecretStr | None = getattr(self, name)
            if secret is not None:
                found[role] = address(secret)[1]
        return found


def address(url: SecretStr) -> tuple[str, str, str]:
    """Return user, password and database of a PostgreSQL address.

    Raises:
        ValueError: it is none, or names no database.
    """
    parts = urlsplit(url.get_secret_value())
    database = unquote(parts.path.removeprefix("/"))
    if not parts.scheme.startswith("postgres") or not parts.netloc or not database:
        raise ValueError("no address of a PostgreSQL database")
    return unquote(parts.username or ""), unquote(parts.password or ""), database


def settings(of: type[S]) -> S:
    """Return the settings.

    Raises:
        typer.Exit: they are wrong; everything that is has been said on stderr.
    """
    try:
        return of()
    except ValidationError as errors:
        for problem in problems(errors):
            typer.echo(problem, err=True)
        raise typer.Exit(BAD_SETTINGS) from None


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
