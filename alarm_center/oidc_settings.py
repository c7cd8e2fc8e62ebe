"""Settings of the identity providers (OpenID Connect) that people sign in by, as ``FJT_OIDC`` lists them in JSON.

A provider is the town's own, or the one behind which SITHS, Freja or BankID stand. ``assignments`` is the table that turns
a claim's value into roles in a town: a value that is not in the table gives no role.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from schemas.vocabulary import Role

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class Accounts(StrEnum):
    """The people who may sign in through a provider."""

    LINKED = "linked"
    """People whose identity was linked to their account. Their town gave them their roles; a claim only narrows these."""
    MADE = "made"
    """Anybody with a claim in the table: the account is created at the first sign-in, and its roles end with the claim."""


class OidcAssignment(BaseModel):
    """The roles in one town that a value of the assignment claim stands for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    org: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    roles: tuple[Role, ...] = Field(min_length=1)
    areas: tuple[str, ...] | None = Field(default=None, description="codes of the town's areas; without it all")
    performers: tuple[str, ...] | None = Field(
        default=None, description='codes of the town\'s performers, or "town" for its own care; without it all'
    )
    title: str = Field(default="", max_length=100, description="shown where a person chooses; else the value itself")


class OidcProvider(BaseModel):
    """One provider: its address and client, the demands on its tokens, and the roles that its claims stand for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$", description="stands in our addresses and logs")
    title: str = Field(min_length=1, max_length=40, description="on the button, such as SITHS")
    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    client_auth: Literal["client_secret_basic", "client_secret_post", "none"] = "client_secret_basic"
    scopes: tuple[str, ...] = ("openid",)
    algorithms: tuple[Literal["RS256", "PS256", "ES256"], ...] = Field(
        default=("RS256", "PS256", "ES256"), min_length=1
    )
    acr: tuple[str, ...] = Field(
        default=(), description="levels of assurance that are enough; asked for, and demanded of each token"
    )
    subject_claim: str = Field(
        default="sub", description="the claim that stays the same person's, such as employeeHsaId"
    )
    name_claim: str = "name"
    accounts: Accounts = Accounts.LINKED
    assignment_claim: str = Field(default="", description="a value, a list of values, or a list of objects")
    assignment_key: str = Field(default="", description="the field of such an object that stands in the table")
    assignments: Mapping[str, OidcAssignment] = Field(default_factory=dict)
    logout: bool = Field(default=True, description="signing out here signs out at the provider, where it can")

    @field_validator("assignments", mode="after")
    @classmethod
    def _fixed(cls, given: Mapping[str, OidcAssignment]) -> Mapping[str, OidcAssignment]:
        return MappingProxyType(dict(given))

    @field_validator("issuer")
    @classmethod
    def _reachable_in_safety(cls, given: str) -> str:
        if not is_safe_address(given) or "?" in given or "#" in given:
            raise ValueError(f"{given} is no issuer; write its https address without ? and #")
        return given

    @model_validator(mode="after")
    def _complete(self) -> "OidcProvider":
        if self.client_secret and self.client_secret_file:
            raise ValueError(f"{self.name}: client_secret and client_secret_file are the same thing; write one of them")
        if self.client_secret_file and not self.client_secret_file.is_file():
            raise ValueError(f"{self.name}: no file {self.client_secret_file}")
        if (self.client_auth == "none") == bool(self.secret):
            raise ValueError(
                f"{self.name}: client_secret goes with client_secret_basic or client_secret_post, not none"
            )
        if "openid" not in self.scopes:
            raise ValueError(f"{self.name}: scopes lacks openid, without which a provider gives no ID token")
        if bool(self.assignments) != bool(self.assignment_claim):
            raise ValueError(f"{self.name}: assignment_claim and assignments go together")
        if self.accounts is Accounts.MADE and not self.assignments:
            raise ValueError(f"{self.name}: accounts are made from assignments; write their table")
        return self

    @property
    def secret(self) -> str:
        """The client's secret; empty for a client that has none."""
        if self.client_secret_file is not None:
            return self.client_secret_file.read_text(encoding="utf-8").strip()
        return self.client_secret.get_secret_value() if self.client_secret is not None else ""


def is_safe_address(address: str) -> bool:
    """Tell whether nobody can read the traffic to *address* on its way: https, or a host that is this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if not host or parts.username is not None or not re.fullmatch(r"[\x21-\x7e]+", address):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
