"""The settings of the commands that run once: database addresses, from the environment or from files of secrets."""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import typer
from pydantic import Field, SecretStr

from alarm_center.settings import OidcSettings
from runtime.process import BAD_SETTINGS
from runtime.settings import BadSettings, EnvironmentSettings, read_settings

S = TypeVar("S", bound=EnvironmentSettings)

_ROLES: Mapping[str, str] = {
    "database_url_owner": "fjt_owner",
    "database_url": "fjt_worker",
    "database_url_web": "fjt_web",
    "database_url_sign_in": "fjt_sign_in",
    "database_url_planner": "fjt_planner",
}


class WorkerSettings(EnvironmentSettings):
    """Settings of a command that works on the database as the service does."""

    database_url: SecretStr = Field(description="PostgreSQL as fjt_worker")


class IdentitySettings(WorkerSettings, OidcSettings):
    """Settings of a command that links people to their identities at a provider."""


class ChainSettings(WorkerSettings):
    """Settings of a command that tells a chain's head."""

    seal_key: SecretStr | None = Field(default=None, description="signs the head: 32 bytes in hex")


class SealedSettings(WorkerSettings):
    """Settings of the command that makes sealed accounts: their papers say where they are opened."""

    public_url: str = "http://127.0.0.1:8080"


class MigrateSettings(EnvironmentSettings):
    """Addresses that ``migrate`` connects to. With the superuser's address it makes the roles and the database first."""

    database_url_owner: SecretStr = Field(description="PostgreSQL as fjt_owner")
    database_url_superuser: SecretStr | None = Field(default=None, description="makes the roles and the database")
    database_url: SecretStr | None = Field(default=None, description="whose password fjt_worker gets")
    database_url_web: SecretStr | None = Field(default=None, description="whose password fjt_web gets")
    database_url_sign_in: SecretStr | None = Field(default=None, description="whose password fjt_sign_in gets")
    database_url_planner: SecretStr | None = Field(default=None, description="whose password fjt_planner gets")

    def conflicts(self) -> list[str]:
        """Return what is wrong between fields that are right alone, each beginning with its variable's name."""
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
        return wrong

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
        return read_settings(of)
    except BadSettings as bad:
        typer.echo(str(bad), err=True)
        raise typer.Exit(BAD_SETTINGS) from None
