"""A small identity provider of the tests' own: it asks nobody anything, signs real tokens, and can be told to do it wrong.

A test says how the next token is wrong (:attr:`OidcTestProvider.alter`, :attr:`OidcTestProvider.sign`), and acts as the
browser that is sent there and back.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web
from cryptography.hazmat.primitives import serialization
from joserfc import jwt
from joserfc.jwk import RSAKey

from alarm_center.oidc_settings import OidcProvider
from fjarrtillsyn.embedded.ports import HOST

CLIENT: Final = "fjarrtillsyn"
SECRET: Final = "klient hemlighet+1"
LOA3: Final = "http://id.sambi.se/loa/loa3"

Claims = dict[str, Any]
Sign = Callable[[Claims, RSAKey, str], str]


def sign_rs256(claims: Claims, key: RSAKey, kid: str) -> str:
    """Return the token as it should be."""
    return jwt.encode({"alg": "RS256", "kid": kid}, claims, key)


def sign_nothing(claims: Claims, key: RSAKey, kid: str) -> str:
    """Return a token that says that nobody signed it."""
    return f"{_b64({'alg': 'none', 'kid': kid})}.{_b64(claims)}."


def sign_with_public_key(claims: Claims, key: RSAKey, kid: str) -> str:
    """Return a token "signed" by HMAC, with the public key, which everybody has, for its secret."""
    public = key.public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signing = f"{_b64({'alg': 'HS256', 'kid': kid})}.{_b64(claims)}"
    digest = hmac.new(public, signing.encode(), hashlib.sha256).digest()
    return f"{signing}.{_text(digest)}"


def tamper(claims: Claims, key: RSAKey, kid: str) -> str:
    """Return a token whose subject was changed after it was signed."""
    head, _, signature = sign_rs256(claims, key, kid).split(".")
    return f"{head}.{_b64({**claims, 'sub': 'somebody-else', 'employeeHsaId': 'SE-other'})}.{signature}"


@dataclass
class OidcTestProvider:
    """A running provider. ``person`` is who signs in next, as claims beside the protocol's own."""

    url: str
    person: Claims = field(default_factory=lambda: {"sub": "olle-sub", "name": "Olle vid IdP"})
    acr: str | None = LOA3
    alter: Callable[[Claims], None] | None = None
    sign: Sign = sign_rs256
    kid: str = "k1"
    asked: Mapping[str, str] = field(default_factory=dict)
    """The last request, as the browser brought it."""
    says_issuer: bool = True
    signs_out: bool = True
    """It has an address to sign out at."""
    answers_issuer: str | None = None
    """The issuer that answers name; by default its own."""
    error: str | None = None
    hangs: bool = False
    refuses: bool = False
    fetched: dict[str, int] = field(default_factory=dict)
    """The number of times that each document was asked for."""
    keys: dict[str, RSAKey] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)
    """The last sign-out, as the browser brought it."""
    released: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the provider goes: nobody waits for it any longer."""
    _codes: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def provider(self, **given: Any) -> OidcProvider:
        """Return the settings of the service for this provider."""
        said = {
            "name": "idp",
            "title": "Testlegitimation",
            "issuer": self.url,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "acr": (LOA3,),
        }
        return OidcProvider.model_validate({**said, **given})

    def key_of(self, kid: str) -> RSAKey:
        """Return the key of that name, made when it is first asked for."""
        if kid not in self.keys:
            self.keys[kid] = RSAKey.generate_key(2048)
        return self.keys[kid]

    def authorize(self, address: str) -> str:
        """Act as the sign-in page to which the browser was sent: return our path that it sends the browser back to."""
        back = urlsplit(self._answer(address))
        return f"{back.path}?{back.query}"

    def _answer(self, address: str) -> str:
        """Return the address that the browser is sent back to."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        answer = {"state": self.asked["state"]}
        if self.says_issuer:
            answer["iss"] = self.answers_issuer or self.url
        if self.error is not None:
            answer["error"] = self.error
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self._codes[answer["code"]] = self.asked
        return f"{self.asked['redirect_uri']}?{urlencode(answer)}"

    def logout_token(self, **given: Any) -> str:
        """Return its word that the person's sessions have ended, signed as :attr:`sign` says; a claim given as ``None`` is left out."""
        now = int(time.time())
        claims: Claims = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": secrets.token_urlsafe(8),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}}, "sub": self.person["sub"], **given,
        }  # fmt: skip
        said = {name: value for name, value in claims.items() if value is not None}
        return self.sign(said, self.key_of(self.kid), self.kid)

    async def _authorize(self, request: web.Request) -> web.Response:
        """Send a real browser back at once."""
        return web.Response(status=302, headers={"Location": self._answer(str(request.url))})

    async def _log_out(self, request: web.Request) -> web.Response:
        self.left = dict(request.query)
        return web.Response(text="out")

    async def _document(self, request: web.Request) -> web.Response:
        self._count("document")
        if self.hangs:
            await self.released.wait()
        if self.refuses:
            raise web.HTTPBadGateway
        return web.json_response(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                **({"end_session_endpoint": f"{self.url}/logout"} if self.signs_out else {}),
                "authorization_response_iss_parameter_supported": self.says_issuer,
            }
        )

    async def _jwks(self, request: web.Request) -> web.Response:
        self._count("keys")
        keys = [{**key.as_dict(private=False), "kid": kid, "use": "sig"} for kid, key in self.keys.items()]
        return web.json_response({"keys": keys})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        basic = base64.b64encode(f"{CLIENT}:klient+hemlighet%2B1".encode()).decode()
        asked = self._codes.pop(str(form["code"]), None)
        challenge = _text(hashlib.sha256(str(form["code_verifier"]).encode()).digest())
        if (
            request.headers.get("Authorization") != f"Basic {basic}"
            or asked is None
            or asked["code_challenge"] != challenge
            or asked["code_challenge_method"] != "S256"
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        access = secrets.token_urlsafe(16)
        claims: Claims = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
            "at_hash": _text(hashlib.sha256(access.encode()).digest()[:16]), **self.person,
        }  # fmt: skip
        if self.acr is not None:
            claims["acr"] = self.acr
        if self.alter is not None:
            self.alter(claims)
        token = self.sign(claims, self.key_of(self.kid), self.kid)
        return web.json_response({"access_token": access, "token_type": "Bearer", "id_token": token})

    def _count(self, what: str) -> None:
        self.fetched[what] = self.fetched.get(what, 0) + 1


@asynccontextmanager
async def oidc_provider(host: str = HOST) -> AsyncIterator[OidcTestProvider]:
    """Yield a provider that answers on a free port; by another name of this machine it is another site to a browser."""
    app = web.Application()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    made = OidcTestProvider("")
    made.key_of("k1")
    app.router.add_get("/.well-known/openid-configuration", made._document)
    app.router.add_get("/authorize", made._authorize)
    app.router.add_get("/logout", made._log_out)
    app.router.add_get("/jwks", made._jwks)
    app.router.add_post("/token", made._token)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    made.url = f"http://{host}:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        made.released.set()
        await runner.cleanup()


def _b64(value: Mapping[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
