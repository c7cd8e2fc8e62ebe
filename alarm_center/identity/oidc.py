"""Sign-in by a provider (OpenID Connect, authorization code with PKCE): the request, the ID token's rules, and its claims.

Nothing is fetched here, and no clock is read: `web/sign_in/provider_client.py` brings documents and tokens.
"""

import base64
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import (
    ClaimError,
    ExpiredTokenError,
    InvalidKeyIdError,
    InvalidKeyTypeError,
    JoseError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import ECKey, Key, KeySet, RSAKey
from joserfc.jws import JWSRegistry

from alarm_center.oidc_settings import OidcAssignment, OidcProvider, is_safe_address

LEEWAY_SECONDS: Final = 60
"""Seconds that the provider's clock may be off from ours."""
OLDEST_SECONDS: Final = 600
"""A token was issued for this sign-in, which a person has ten minutes for."""
_NAME_CHARACTERS: Final = 100
_HEADER_BYTES: Final = 4096
"""The largest header of a token: some carry the certificate of their key."""


class SignInFault(StrEnum):
    """Reasons why a sign-in by a provider is refused, as the log and the metric name them."""

    STATE = "state"
    """No sign-in is under way with that state in that browser, or it was used."""
    CANCELLED = "cancelled"
    """The person broke it off at the provider."""
    PROVIDER = "provider"
    """The provider says that it failed."""
    UNREACHABLE = "unreachable"
    """The provider does not answer in time, or not with a document that can be used."""
    CODE = "code"
    """The provider takes the code for no token: it was used, or is another client's."""
    ISSUER = "issuer"
    AUDIENCE = "audience"
    SIGNATURE = "signature"
    ALGORITHM = "algorithm"
    KEY = "key"
    """The key that a token names is none of the provider's."""
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    NONCE = "nonce"
    ACR = "acr"
    """The level of assurance is none of those that are enough."""
    REPLAYED = "replayed"
    """A logout token that was heard before."""
    CLAIMS = "claims"
    """Another claim is missing, or is not what it has to be."""
    UNKNOWN = "unknown"
    """Nobody here has that identity, and the provider's people are not let in by their claims alone."""
    NO_ASSIGNMENT = "no_assignment"
    """No claim stands in the table of assignments, or what it stands for is no longer the person's."""


class SignInRefused(Exception):
    """A sign-in by a provider that is not let in. ``detail`` is a claim's name or a library's word, never a value."""

    def __init__(self, fault: SignInFault, detail: str = "") -> None:
        super().__init__(f"{fault}: {detail}" if detail else str(fault))
        self.fault, self.detail = fault, detail


@dataclass(frozen=True, slots=True)
class ProviderDocument:
    """The parts of a provider's discovery document that a sign-in uses."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    says_issuer: bool
    """Its answers name their issuer (RFC 9207)."""


@dataclass(frozen=True, slots=True)
class SignInSecrets:
    """Secrets of one sign-in under way, made from the browser's cookie and the state: no row and no log has them."""

    nonce: str
    verifier: str

    @classmethod
    def of(cls, browser: str, state: str) -> "SignInSecrets":
        """Return those of the sign-in that *browser* began with *state*."""
        return cls(_derived(browser, f"nonce {state}"), _derived(browser, f"verifier {state}"))


@dataclass(frozen=True, slots=True)
class Offer:
    """An assignment that a token gives, by the table: its roles in a town, which a person may choose."""

    value: str
    """The claim's value."""
    assignment: OidcAssignment

    @property
    def title(self) -> str:
        """Its name where a person chooses."""
        return self.assignment.title or self.value


@dataclass(frozen=True, slots=True)
class OidcIdentity:
    """A person as a provider's token says them."""

    issuer: str
    subject_hash: bytes
    """A keyed hash of the subject: who reads the table cannot tell which personal number or HSA id it is."""
    provider_subject: bytes
    """The hash of the provider's own name of the person (``sub``), by which it ends their sessions."""
    provider_session: bytes | None
    """The hash of its session with the person (``sid``), where it says one."""
    name: str
    acr: str | None
    verified_at: int | None
    """The second at which the provider verified the person, if it says so; a session of its own may be hours old."""
    offers: tuple[Offer, ...]


def read_document(provider: OidcProvider, document: object) -> ProviderDocument:
    """Return what *provider*'s discovery document says.

    Raises:
        SignInRefused: it is another issuer's, or names an address that is missing or not safe.
    """
    if not isinstance(document, dict) or document.get("issuer") != provider.issuer:
        raise SignInRefused(SignInFault.UNREACHABLE, "discovery issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        address = document.get(name)
        if not isinstance(address, str) or not is_safe_address(address):
            raise SignInRefused(SignInFault.UNREACHABLE, f"discovery {name}")
    end = document.get("end_session_endpoint")
    return ProviderDocument(
        issuer=provider.issuer,
        authorization_endpoint=document["authorization_endpoint"],
        token_endpoint=document["token_endpoint"],
        jwks_uri=document["jwks_uri"],
        end_session_endpoint=end if isinstance(end, str) and is_safe_address(end) else None,
        says_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def read_keys(document: object) -> KeySet:
    """Return the RSA and EC keys of a provider's key document; one that cannot be read is passed by.

    A symmetric key is never one: a token "signed" with what everybody may read would be anybody's.

    Raises:
        SignInRefused: it is no such document, or has no key that can be used.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    keys: list[Key] = []
    for entry in listed if isinstance(listed, list) else ():
        key = _public_key(entry)
        if key is not None:
            keys.append(key)
    if not keys:
        raise SignInRefused(SignInFault.UNREACHABLE, "keys")
    return KeySet(keys)


def authorization_address(
    provider: OidcProvider,
    document: ProviderDocument,
    redirect: str,
    state: str,
    secrets: SignInSecrets,
    *,
    again: bool = False,
    login_hint: str | None = None,
) -> str:
    """Return the provider's address at which the browser goes on, with all that the answer will be held against.

    *again*: the person is to be verified anew, also where the provider has a session of theirs.
    """
    client = OAuth2Client(
        None, provider.client_id, scope=provider.scopes, redirect_uri=redirect, code_challenge_method="S256"
    )
    address, _ = client.create_authorization_url(
        document.authorization_endpoint,
        state=state,
        code_verifier=secrets.verifier,
        nonce=secrets.nonce,
        acr_values=" ".join(provider.acr) or None,
        prompt="login" if again else None,
        login_hint=login_hint or None,
    )
    return str(address)


def check_answer_issuer(document: ProviderDocument, said: str | None) -> None:
    """Hold the issuer that an answer names (RFC 9207) against the provider that was asked.

    Raises:
        SignInRefused: it is another's, or the provider names it always and this answer does not.
    """
    if said is None and not document.says_issuer:
        return
    if said != document.issuer:
        raise SignInRefused(SignInFault.ISSUER, "answer")


def verify_id_token(
    provider: OidcProvider, keys: KeySet, token: str, nonce: str, access_token: str | None, at: int
) -> Mapping[str, Any]:
    """Return the claims of an ID token that *provider* signed for us, for this sign-in, at the second *at*.

    Raises:
        SignInRefused: it did not; ``KEY`` where the token names a key that is not among *keys*.
    """
    decoded = signed_token(provider, keys, token)
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
            "sub": {"essential": True},
        },
        params={"nonce": nonce, "client_id": provider.client_id, "access_token": access_token},
    )
    with refused_claims():
        claims.validate(now=at, leeway=LEEWAY_SECONDS)
    if claims["iat"] < at - OLDEST_SECONDS:
        raise SignInRefused(SignInFault.EXPIRED, "iat")
    if provider.acr and claims.get("acr") not in provider.acr:
        raise SignInRefused(SignInFault.ACR)
    return dict(claims)


def signed_token(provider: OidcProvider, keys: KeySet, token: str) -> jwt.Token:
    """Return header and claims of a token that *provider* signed; no claim is looked at.

    Raises:
        SignInRefused: it did not; ``KEY`` where the token names a key that is not among *keys*.
    """
    registry = JWSRegistry(algorithms=provider.algorithms, strict_check_header=False)
    registry.max_header_length = _HEADER_BYTES
    try:
        return jwt.decode(token, keys, provider.algorithms, registry)
    except InvalidKeyIdError:
        raise SignInRefused(SignInFault.KEY) from None
    except UnsupportedAlgorithmError:
        raise SignInRefused(SignInFault.ALGORITHM) from None
    except InvalidKeyTypeError:
        raise SignInRefused(SignInFault.SIGNATURE, "key type") from None
    except JoseError as error:
        raise SignInRefused(SignInFault.SIGNATURE, error.error) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SignInRefused(SignInFault.SIGNATURE, type(error).__name__) from None


@contextmanager
def refused_claims() -> Iterator[None]:
    """Turn what the libraries say of wrong claims into a refusal.

    Raises:
        SignInRefused: in place of their errors.
    """
    try:
        yield
    except ExpiredTokenError:
        raise SignInRefused(SignInFault.EXPIRED) from None
    except ClaimError as error:
        raise SignInRefused(_FAULT_OF_CLAIM.get(error.claim, SignInFault.CLAIMS), error.claim) from None
    except JoseError as error:
        raise SignInRefused(SignInFault.CLAIMS, error.error) from None


_FAULT_OF_CLAIM: Final[Mapping[str, SignInFault]] = {
    "iss": SignInFault.ISSUER,
    "aud": SignInFault.AUDIENCE,
    "azp": SignInFault.AUDIENCE,
    "nonce": SignInFault.NONCE,
    "nbf": SignInFault.NOT_YET,
    "iat": SignInFault.NOT_YET,
}


def identity_of(provider: OidcProvider, claims: Mapping[str, Any], subject_key: str) -> OidcIdentity:
    """Return the person of verified *claims*, by the provider's table.

    Raises:
        SignInRefused: the claim that says who it is, is missing.
    """
    subject = claims.get(provider.subject_claim)
    if not isinstance(subject, str) or not subject.strip():
        raise SignInRefused(SignInFault.CLAIMS, provider.subject_claim)
    acr, verified_at = claims.get("acr"), claims.get("auth_time")
    return OidcIdentity(
        issuer=provider.issuer,
        subject_hash=subject_hash(subject_key, provider.issuer, subject),
        provider_subject=subject_hash(subject_key, provider.issuer, str(claims["sub"])),
        provider_session=session_hash(subject_key, provider.issuer, claims.get("sid")),
        name=_shown(claims.get(provider.name_claim)),
        acr=acr if isinstance(acr, str) else None,
        verified_at=int(verified_at) if isinstance(verified_at, int | float) and verified_at >= 0 else None,
        offers=_offers(provider, claims.get(provider.assignment_claim) if provider.assignment_claim else None),
    )


def subject_hash(key: str, issuer: str, subject: str) -> bytes:
    """Return the hash under which a provider's subject is known here."""
    said = json.dumps([issuer, subject.strip()]).encode()
    return hmac.new(key.encode(), said, hashlib.sha256).digest()


def session_hash(key: str, issuer: str, sid: object) -> bytes | None:
    """Return the hash of a provider's name for its session with a person; ``None`` where it says none."""
    if not isinstance(sid, str) or not sid:
        return None
    return hmac.new(key.encode(), json.dumps([issuer, "sid", sid]).encode(), hashlib.sha256).digest()


def _offers(provider: OidcProvider, said: object) -> tuple[Offer, ...]:
    """Return the assignments of the claim that stand in the table, in the claim's order, each once."""
    values: dict[str, None] = {}
    for entry in said if isinstance(said, list) else [said]:
        value = entry.get(provider.assignment_key) if isinstance(entry, dict) else entry
        if isinstance(value, str):
            values[value] = None
    return tuple(Offer(value, provider.assignments[value]) for value in values if value in provider.assignments)


def _shown(name: object) -> str:
    """Return a name that may stand on a page: one line, and no longer than names are."""
    text = name if isinstance(name, str) else ""
    kept = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join(kept.split())[:_NAME_CHARACTERS]


def _public_key(entry: object) -> Key | None:
    """Return the key of one entry that signs by RSA or on an elliptic curve, and only its public half."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or entry.get("kty") not in ("RSA", "EC"):
        return None
    try:
        return RSAKey.import_key(entry) if entry["kty"] == "RSA" else ECKey.import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _derived(browser: str, what: str) -> str:
    digest = hmac.new(browser.encode(), what.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
