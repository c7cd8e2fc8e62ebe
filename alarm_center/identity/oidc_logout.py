"""Sign-out at a provider and by it: the hint that goes along, and the rules of a logout token (Back-Channel Logout 1.0).

A hint is the ID token of the sign-in, which names a person. The session's row keeps it encrypted, and only the browser has the key.
"""

import hashlib
import os
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from alarm_center.identity.oidc import (
    LEEWAY_SECONDS,
    OLDEST_SECONDS,
    SignInFault,
    SignInRefused,
    refused_claims,
    session_hash,
    signed_token,
    subject_hash,
)
from alarm_center.oidc_settings import OidcProvider

_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_LONGEST_HINT: Final = 4096
"""Characters of an ID token that fit into an address. A longer one stays away: the provider then asks the person."""
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class LogoutNotice:
    """The sessions that a provider ends, by hashes of its own names: all of a person's, or one of theirs."""

    notice: bytes
    """The hash of the token's id: one that is heard twice is refused."""
    subject: bytes | None
    session: bytes | None


def verify_logout_token(provider: OidcProvider, keys: KeySet, token: str, subject_key: str, at: int) -> LogoutNotice:
    """Return what a logout token ends that *provider* signed for us, at the second *at*.

    Raises:
        SignInRefused: it did not, or the token is one of another kind; ``KEY`` where it names a key that is not among *keys*.
    """
    claims = signed_token(provider, keys, token).claims
    registry = JWTClaimsRegistry(
        now=at,
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": provider.client_id},
        iat={"essential": True},
        exp={"essential": True},
        jti={"essential": True},
        events={"essential": True},
    )
    with refused_claims():
        registry.validate(claims)
    if claims["iat"] < at - OLDEST_SECONDS:
        raise SignInRefused(SignInFault.EXPIRED, "iat")
    # An ID token, which any page of the provider's other clients may hold, is no word to end a session.
    if "nonce" in claims:
        raise SignInRefused(SignInFault.NONCE)
    events = claims["events"]
    if not isinstance(events, dict) or not isinstance(events.get(_EVENT), dict):
        raise SignInRefused(SignInFault.CLAIMS, "events")
    subject, session = claims.get("sub"), session_hash(subject_key, provider.issuer, claims.get("sid"))
    if "sid" in claims and session is None:
        raise SignInRefused(SignInFault.CLAIMS, "sid")
    if not subject and session is None:
        raise SignInRefused(SignInFault.CLAIMS, "sub")
    return LogoutNotice(
        notice=hashlib.sha256(claims["jti"].encode()).digest(),
        subject=subject_hash(subject_key, provider.issuer, subject) if subject else None,
        session=session,
    )


def seal_hint(id_token: str, key: str) -> bytes | None:
    """Return *id_token* encrypted under the browser's *key*; ``None`` for one that is too long to go along."""
    if len(id_token) > _LONGEST_HINT:
        return None
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_bytes_of(key)).encrypt(nonce, id_token.encode(), None)


def open_hint(sealed: bytes | None, key: str | None) -> str | None:
    """Return the ID token of *sealed*; ``None`` where there is none, or another browser has its key."""
    if sealed is None or not key:
        return None
    try:
        return AESGCM(_bytes_of(key)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode()
    except InvalidTag:
        return None


def _bytes_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
