"""Requests to one identity provider: its documents, kept for an hour, and tokens for codes; each has a limit in time and size."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus

import aiohttp
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from joserfc.jwk import KeySet

from alarm_center.identity.oidc import ProviderDocument, SignInFault, SignInRefused, read_document, read_keys
from alarm_center.oidc_settings import OidcProvider

_BYTES: Final = 256 * 1024
_FRESH_SECONDS: Final = 3600.0
_AWAY_SECONDS: Final = 5.0
"""A provider that has failed is not asked again for so long: who comes then gets the answer at once."""
_NEW_KEYS_SECONDS: Final = 30.0
"""An unknown key has the keys fetched anew at most so often: anybody can name a key that nobody has."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A provider's answer to a code."""

    id_token: str
    access_token: str | None


class ProviderClient:
    """One provider as this replica reaches it."""

    def __init__(self, provider: OidcProvider, http: aiohttp.ClientSession, monotonic: Callable[[], float]) -> None:
        self.provider = provider
        self._http, self._monotonic = http, monotonic
        self._asking = asyncio.Lock()
        self._document: ProviderDocument | None = None
        self._document_until = self._away_until = -1.0
        self._keys: KeySet | None = None
        self._keys_at = 0.0
        self._renewed_at: float | None = None

    async def document(self) -> ProviderDocument:
        """Return the discovery document, fetched anew when it is older than an hour.

        Raises:
            SignInRefused: the provider does not answer with one.
        """
        async with self._asking:
            if self._document is None or self._monotonic() > self._document_until:
                address = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
                self._document = read_document(self.provider, await self._get(address))
                self._document_until = self._monotonic() + _FRESH_SECONDS
            return self._document

    async def keys(self, *, unknown: bool = False) -> KeySet:
        """Return the provider's keys; *unknown*: a token named one that is not among those of before.

        Raises:
            SignInRefused: the provider does not answer with any.
        """
        address = (await self.document()).jwks_uri
        async with self._asking:
            at = self._monotonic()
            renew = unknown and (self._renewed_at is None or at - self._renewed_at > _NEW_KEYS_SECONDS)
            if renew:
                self._renewed_at = at
            if self._keys is None or renew or at - self._keys_at > _FRESH_SECONDS:
                self._keys = read_keys(await self._get(address))
                self._keys_at = at
            return self._keys

    async def tokens(self, code: str, verifier: str, redirect: str) -> Tokens:
        """Exchange *code* for tokens.

        Raises:
            SignInRefused: ``CODE`` where the provider takes it for none, ``UNREACHABLE`` where it does not answer.
        """
        provider, document = self.provider, await self.document()
        secret = provider.secret
        if provider.client_auth == "client_secret_basic":
            # RFC 6749, 2.3.1: both are form-encoded before they are joined.
            client = ClientAuth(quote_plus(provider.client_id), quote_plus(secret), provider.client_auth)
        else:
            client = ClientAuth(provider.client_id, secret, provider.client_auth)
        body = prepare_token_request("authorization_code", code=code, redirect_uri=redirect, code_verifier=verifier)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        uri, headers, body = client.prepare("POST", document.token_endpoint, headers, body)
        status, answer = await self._ask("POST", uri, headers, body)
        if status >= 500:
            raise SignInRefused(SignInFault.UNREACHABLE, f"token endpoint {status}")
        id_token, access_token = answer.get("id_token"), answer.get("access_token")
        if status != 200 or not isinstance(id_token, str):
            raise SignInRefused(SignInFault.CODE, f"token endpoint {status}")
        return Tokens(id_token, access_token if isinstance(access_token, str) else None)

    async def _get(self, address: str) -> Mapping[str, Any]:
        if self._monotonic() < self._away_until:
            raise SignInRefused(SignInFault.UNREACHABLE, "a moment ago")
        try:
            status, answer = await self._ask("GET", address, {"Accept": "application/json"}, None)
            if status != 200:
                raise SignInRefused(SignInFault.UNREACHABLE, f"document {status}")
        except SignInRefused:
            self._away_until = self._monotonic() + _AWAY_SECONDS
            raise
        return answer

    async def _ask(
        self, method: str, address: str, headers: Mapping[str, str], body: str | None
    ) -> tuple[int, Mapping[str, Any]]:
        """Return the answer's status and its JSON object, empty if it is none. A redirect is not followed."""
        try:
            async with self._http.request(
                method, address, headers=headers, data=body, allow_redirects=False
            ) as response:
                read = bytearray()
                async for part in response.content.iter_chunked(16 * 1024):
                    read += part
                    if len(read) > _BYTES:
                        raise SignInRefused(SignInFault.UNREACHABLE, "document too large")
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SignInRefused(SignInFault.UNREACHABLE, type(error).__name__) from None
        try:
            answer = json.loads(read)
        except (ValueError, RecursionError):
            answer = None
        return status, answer if isinstance(answer, dict) else {}


class ProviderClients:
    """The providers of the service, by name, in the order of the settings; opened with the application."""

    def __init__(
        self, providers: tuple[OidcProvider, ...], seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Keep each answer of a provider to *seconds*: a person waits at the button for so long."""
        self._providers = providers
        self._seconds, self._monotonic = seconds, monotonic
        self._clients: dict[str, ProviderClient] = {}
        self._http: aiohttp.ClientSession | None = None

    def find(self, name: str) -> ProviderClient | None:
        """Return the provider of that name; ``None`` if there is none."""
        if not self._clients and self._providers:
            limit = aiohttp.ClientTimeout(total=self._seconds)
            self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=limit)
            self._clients = {each.name: ProviderClient(each, self._http, self._monotonic) for each in self._providers}
        return self._clients.get(name)

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()
