"""Settings of the centre and its SMS provider, from ``FJT_…`` variables or files of secrets; all errors at once.

A replica that serves people has both (:class:`ServiceSettings`). The demo has no provider's: it brings its own phones.
"""

import json
import os
import re
import socket
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from alarm_center.oidc_settings import OidcProvider
from runtime.http_limits import HttpLimits
from runtime.settings import EnvironmentSettings, PartSettings
from schemas.limits import PULSE_SECONDS

_SEAL_KEY: Final = re.compile(r"[0-9a-fA-F]{64}")


class ProviderName(StrEnum):
    """A way for SMS and calls to go out. Each has its class in ``providers/``."""

    TWILIO = "twilio"
    ELKS = "46elks"


NEEDED_BY: Final[Mapping[ProviderName, tuple[str, ...]]] = MappingProxyType(
    {
        ProviderName.TWILIO: ("twilio_account_sid", "twilio_auth_token"),
        ProviderName.ELKS: ("elks_username", "elks_password", "elks_hook_secret"),
    }
)
"""The settings that a provider cannot be without."""


_KEY_CHARACTERS: Final = 32
"""The fewest of a key that hashes are made with: as many as a random key of 24 bytes has in base64."""
_SIMULATOR: Final = "phone"
"""The name of the demo's phones, which release 0.2.0 took from the environment."""


class ProviderSettings(EnvironmentSettings):
    """Settings of the provider that reaches carers: one that is real, and has all that it needs."""

    provider: ProviderName
    second_provider: ProviderName | None = Field(
        default=None, description="also set up: for towns that choose it, and where a town's own one is away"
    )
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_auth_token_old: SecretStr | None = Field(default=None, description="also accepted while tokens rotate")
    twilio_base_url: str | None = Field(default=None, description="another host that speaks the same API")
    elks_username: str | None = None
    elks_password: SecretStr | None = None
    elks_hook_secret: SecretStr | None = Field(
        default=None, description="makes the proofs in the addresses that 46elks calls us at"
    )
    elks_hook_secret_old: SecretStr | None = Field(default=None, description="also believed while secrets rotate")
    elks_addresses: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(), description="addresses or networks, by commas, that alone may call as 46elks; empty: any with proof"
    )
    elks_base_url: str | None = Field(default=None, description="another host that speaks the same API")
    speech_url: str | None = Field(
        default=None,
        description="a server that makes speech of text, for calls through 46elks; without it none is made",
    )
    sms_per_second: float = Field(default=1.0, gt=0)

    @field_validator("provider", "second_provider", mode="before")
    @classmethod
    def _real(cls, given: object) -> object:
        if given == _SIMULATOR:
            raise ValueError(
                "the phone simulator is in `fjarrtillsyn demo` alone, it reaches nobody; "
                f"write one of: {', '.join(ProviderName)}"
            )
        return given

    @field_validator("elks_addresses", mode="before")
    @classmethod
    def _read_addresses(cls, given: object) -> object:
        return _networks(given) if isinstance(given, str) else given

    def conflicts(self) -> list[str]:
        """Return what is wrong between fields that are right alone, each beginning with its variable's name."""
        wrong = super().conflicts() + [
            f"FJT_{name.upper()}: needed by FJT_PROVIDER={self.provider}"
            for name in NEEDED_BY[self.provider]
            if not _said(getattr(self, name))
        ]
        if self.second_provider is not None:
            wrong += [
                f"FJT_{name.upper()}: needed by FJT_SECOND_PROVIDER={self.second_provider}"
                for name in NEEDED_BY[self.second_provider]
                if not _said(getattr(self, name))
            ]
        if self.second_provider == self.provider:
            wrong.append("FJT_SECOND_PROVIDER: is the first one too; leave it out where there is one provider")
        if any(0 < len(secret) < _KEY_CHARACTERS for secret in self.hook_secrets):
            wrong.append(f"FJT_ELKS_HOOK_SECRET: write at least {_KEY_CHARACTERS} random characters")
        return wrong

    @property
    def hook_secrets(self) -> tuple[str, ...]:
        """The secrets of 46elks' webhooks, the one in use first."""
        given = (self.elks_hook_secret, self.elks_hook_secret_old)
        return tuple(secret.get_secret_value() for secret in given if secret and secret.get_secret_value())


class OidcSettings(EnvironmentSettings):
    """Settings of the providers that people sign in by, and of the hashes under which these people are known."""

    oidc: Annotated[tuple[OidcProvider, ...], NoDecode] = Field(
        default=(), description="providers that people sign in by, as a list in JSON"
    )
    oidc_subject_key: SecretStr | None = Field(
        default=None, description="key of the hashes under which a provider's people are known; never changed"
    )

    @field_validator("oidc", mode="before")
    @classmethod
    def _read_list(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        try:
            return json.loads(given or "[]")
        except ValueError:
            # Not the library's own words: they may quote a secret.
            raise ValueError("is no list in JSON; see deploy/README.md#sign-in-by-a-provider") from None

    @property
    def subject_key(self) -> str:
        """The key of the hashes; empty where there is none."""
        return self.oidc_subject_key.get_secret_value() if self.oidc_subject_key is not None else ""

    def conflicts(self) -> list[str]:
        """Return what is wrong between fields that are right alone, each beginning with its variable's name."""
        wrong = super().conflicts()
        names = {provider.name for provider in self.oidc}
        issuers = {provider.issuer for provider in self.oidc}
        if min(len(names), len(issuers)) < len(self.oidc):
            wrong.append("FJT_OIDC: two providers have the same name or issuer")
        if self.oidc and len(self.subject_key) < _KEY_CHARACTERS:
            wrong.append(
                f"FJT_OIDC_SUBJECT_KEY: goes with FJT_OIDC; write at least {_KEY_CHARACTERS} random characters"
            )
        return wrong


class CentreSettings(PartSettings, OidcSettings):
    """Settings of one replica of the alarm centre but its provider's. Towns' own settings are rows, not these."""

    database_url: SecretStr = Field(description="PostgreSQL as fjt_worker")
    database_url_web: SecretStr = Field(description="PostgreSQL as fjt_web")
    database_url_sign_in: SecretStr = Field(description="PostgreSQL as fjt_sign_in")
    database_url_planner: SecretStr = Field(description="PostgreSQL as fjt_planner")
    database_pool: int = Field(default=10, ge=2, le=100)

    mqtt_shared: bool = Field(default=True, description="the broker has $share; without it run one replica")

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    http_head_seconds: float = Field(default=10.0, gt=0, le=60, description="for a request's head to come")
    http_body_seconds: float = Field(default=30.0, gt=0, le=300, description="for a request's body to come")
    http_connections: int = Field(default=1000, ge=10, description="at once, in all")
    http_per_address: int = Field(
        default=200, ge=4, description="connections of one address that is no proxy's, at once"
    )
    public_url: str = Field(default="http://127.0.0.1:8080", description="where browsers and the SMS provider reach us")
    proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(),
        description="addresses or networks, by commas, of the proxies in front whose X-Forwarded-For is believed",
    )
    behind_proxy: bool = Field(
        default=False, description="release 0.2.0's, which believed anybody; FJT_PROXIES instead"
    )

    rollout: bool = Field(
        default=False,
        description="replicas of the release before still run: FJT_LIVE=1 bears it, and cookies keep their names",
    )
    seal_key: SecretStr | None = Field(
        default=None, description="signs the heads of the chains: 32 bytes in hex, random"
    )
    seal_heads_file: Path | None = Field(
        default=None, description="heads are also added to this file, which belongs on another machine"
    )

    session_hours: float = Field(
        default=12.0, gt=0, le=16, description="how long a sign-in lasts: a shift and a margin"
    )

    heartbeat_url: str | None = Field(default=None, description="an outside watch that rings when we fall silent")
    picture_bytes: int = Field(default=256 * 1024 * 1024, ge=1024 * 1024)
    replica: str = Field(default_factory=lambda: f"{socket.gethostname().lower()[:40]}-{os.getpid()}")
    pulse_seconds: float = Field(
        default=PULSE_SECONDS, gt=0, le=PULSE_SECONDS, description="how often devices hear the clock"
    )
    tick_seconds: float = Field(default=0.25, gt=0, le=5, description="how often the clockwork asks what is due")
    heard_seconds: float = Field(
        default=1.0, gt=0, le=10, description="how often it is written which devices were heard"
    )

    @field_validator("proxies", mode="before")
    @classmethod
    def _read_networks(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        networks = _networks(given)
        if everybody := [str(network) for network in networks if not network.prefixlen]:
            raise ValueError(f"{everybody[0]} is everybody; write the addresses of your own proxies")
        return networks

    def conflicts(self) -> list[str]:
        """Return what is wrong between fields that are right alone, each beginning with its variable's name."""
        missing = super().conflicts()
        if self.behind_proxy and not self.proxies:
            # Replicas of release 0.2.0 may need it beside FJT_PROXIES while a town is upgraded.
            missing.append(
                "FJT_BEHIND_PROXY: does not say which proxy, and anybody could claim any address; "
                "write the addresses of your proxies, such as FJT_PROXIES=10.1.2.3,172.30.77.0/24"
            )
        if self.seal_key is not None and not _SEAL_KEY.fullmatch(self.seal_key.get_secret_value()):
            missing.append("FJT_SEAL_KEY: has to be 32 bytes in hex, as of `openssl rand -hex 32`")
        if self.live:
            missing += [
                f"FJT_OIDC: with FJT_LIVE=1 {provider.name} has to say its acr, the levels of assurance that are enough"
                for provider in self.oidc
                if not provider.acr
            ]
            missing += [
                f"FJT_OIDC: with FJT_LIVE=1 the issuer of {provider.name} has to be https"
                for provider in self.oidc
                if not provider.issuer.startswith("https://")
            ]
            if self.seal_key is None:
                missing.append(
                    "FJT_SEAL_KEY: with FJT_LIVE=1 heads of the log are signed; see docs/database.md#the-seals"
                )
            if not self.proxies:
                missing.append("FJT_PROXIES: with FJT_LIVE=1 it names the proxy in front, which speaks https for us")
            if not self.heartbeat_url:
                missing.append("FJT_HEARTBEAT_URL: with FJT_LIVE=1 somebody outside has to notice our silence")
            if not self.public_url.startswith("https://"):
                missing.append("FJT_PUBLIC_URL: with FJT_LIVE=1 it has to be https")
        return missing

    @property
    def http_limits(self) -> HttpLimits:
        """The limits of the pages' connections."""
        return HttpLimits(
            head_seconds=self.http_head_seconds,
            body_seconds=self.http_body_seconds,
            connections=self.http_connections,
            per_address=self.http_per_address,
            proxies=self.proxies,
        )


class ServiceSettings(CentreSettings, ProviderSettings):
    """Settings of a replica that serves people."""


def _networks(given: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part) for part in re.split(r"[\s,]+", given) if part)
    except ValueError as error:
        raise ValueError(f"{error}; write addresses or networks, such as 10.1.2.3,172.30.77.0/24") from None


def _said(value: str | SecretStr | None) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
