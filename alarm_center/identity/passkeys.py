"""Passkeys (WebAuthn level 2): options for a browser, and verification of its answers.

The authenticator has to verify its owner, by a fingerprint, a face or a PIN, so that a passkey is both factors. No attestation is
asked for: whose make it is decides nothing here.
"""

import ipaddress
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from alarm_center.words import page_words

_ANSWER_BYTES: Final = 20_000
"""A browser's answer is about 1 kB."""
_TIMEOUT_MS: Final = 120_000
"""Limit of the browser's own question, in milliseconds: somebody fetches their key."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The service as passkeys know it: the host that they are bound to, and the address of its pages."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey as the database keeps it."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


class PasskeyRefused(Exception):
    """The browser's answer is not one to this challenge, of this page, signed by this passkey."""


def relying_party(public_url: str) -> RelyingParty | None:
    """Return the relying party of the service at *public_url*; ``None`` where no passkey can be bound: an IP address, or plain http."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        safe = parts.scheme == "https" or (parts.scheme == "http" and host == "localhost")
        return RelyingParty(host, f"{parts.scheme}://{parts.netloc}") if safe else None
    return None


def new_challenge() -> bytes:
    """Return a challenge that nobody can foresee."""
    return secrets.token_bytes(32)


def options_to_add(party: RelyingParty, user_id: UUID, login: str, has: Sequence[bytes], challenge: bytes) -> str:
    """Return the options, as JSON, by which a browser makes a passkey for the user; none on an authenticator that *has* one."""
    options = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name=page_words.SERVICE,
        user_id=user_id.bytes,
        user_name=login,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in has],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return webauthn.options_to_json(options)


def options_to_prove(party: RelyingParty, challenge: bytes, has: Sequence[bytes] = ()) -> str:
    """Return the options, as JSON, by which a browser signs *challenge* with one of these passkeys; without any, with one it finds."""
    options = webauthn.generate_authentication_options(
        rp_id=party.host,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in has],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def verify_new(party: RelyingParty, answer: str, challenge: bytes) -> NewPasskey:
    """Return the passkey that the browser has made.

    Raises:
        PasskeyRefused: the answer does not hold.
    """
    try:
        made = webauthn.verify_registration_response(
            credential=_parsed(answer),
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except PasskeyRefused:
        raise
    except Exception as error:
        # The library's parsers raise whatever broken CBOR and keys make them raise.
        raise PasskeyRefused(type(error).__name__) from error
    return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)


def credential_of(answer: str) -> bytes:
    """Return the id of the passkey that the browser says it has signed with; nothing is verified yet.

    Raises:
        PasskeyRefused: it says none.
    """
    try:
        return base64url_to_bytes(_parsed(answer)["rawId"])
    except (KeyError, TypeError, ValueError, WebAuthnException) as error:
        raise PasskeyRefused("no credential") from error


def verify_signed(party: RelyingParty, answer: str, challenge: bytes, kept: NewPasskey, user_id: UUID) -> int:
    """Return the authenticator's new count of signatures, if the answer signs *challenge* with the passkey that is *kept*.

    Raises:
        PasskeyRefused: it does not; or the count has gone back, as a copied key's does; or it names another user.
    """
    try:
        parsed = _parsed(answer)
        handle = parsed["response"].get("userHandle")
        if handle and base64url_to_bytes(handle) != user_id.bytes:
            raise PasskeyRefused("another user's")
        signed = webauthn.verify_authentication_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=kept.public_key,
            credential_current_sign_count=kept.sign_count,
            require_user_verification=True,
        )
    except PasskeyRefused:
        raise
    except Exception as error:
        raise PasskeyRefused(type(error).__name__) from error
    return signed.new_sign_count


def _parsed(answer: str) -> dict[str, Any]:
    if len(answer) > _ANSWER_BYTES:
        raise PasskeyRefused("too long")
    try:
        parsed = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise PasskeyRefused("no JSON") from error
    if not isinstance(parsed, dict):
        raise PasskeyRefused("no object")
    return parsed
