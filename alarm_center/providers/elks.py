"""SMS and calls through 46elks, by its HTTP API: one try each, at most 7 s, and one of three errors.

Written from https://46elks.se/docs: overview, send-sms, sms-history, make-call, call-history, get-account. It signs nothing, so
each address that it is given carries a proof of its own (:class:`HookProof`), and it reads no text out: a call plays a sound
that we make of its words (web/hooks/elks.py).
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import aiohttp
import structlog

from alarm_center.providers import (
    TIMEOUT_SECONDS,
    DeliveryStatus,
    ProviderAccepted,
    ProviderBusy,
    ProviderMessage,
    ProviderRefused,
    ProviderReply,
    ProviderUnavailable,
    ProviderUnknown,
)

log = structlog.get_logger()

PATH: Final = "/hooks/46elks"
_API: Final = "https://api.46elks.com"
_CONNECT_SECONDS: Final = 4.0
_RING_SECONDS: Final = 30
_LISTED: Final = 100
"""The most that a list gives at once."""
_PAGES: Final = 200
"""The most pages that are read at once: twenty thousand messages would be a night of its own."""
_SAID: Final = 64
"""Characters of a refusal's words that are kept as its code."""

_OURS: Final = frozenset({401, 402, 404, 408})
"""Ours to mend (keys, credit, address): no fault of the message, and 46elks has not taken it."""
_TOO_FAST: Final = 429
_FORBIDDEN: Final = 403
_OF_ITS_FIELDS: Final = re.compile(r"\b(to|from|message|number|recipient|sender|invalid)\b", re.IGNORECASE)
"""Words of a 403 that is about the message itself. No page says which refusals there are; any other is the account's."""

STATUSES: Final[Mapping[str, DeliveryStatus]] = MappingProxyType(
    {
        # https://46elks.se/docs/sms-delivery-reports, https://46elks.se/docs/show-sms-id
        "created": DeliveryStatus.QUEUED,
        "sent": DeliveryStatus.SENT,
        "delivered": DeliveryStatus.DELIVERED,
        "failed": DeliveryStatus.FAILED,
        # calls: https://46elks.se/docs/show-call-id
        "ongoing": DeliveryStatus.SENT,
        "success": DeliveryStatus.DELIVERED,
        "busy": DeliveryStatus.FAILED,
    }
)
"""46elks' words for how far a message or a call has come."""

ENDED: Final = "success"
"""State of a call that was answered and has ended. 46elks documents no detection of machines: one is known by its pressing no key."""


@dataclass(frozen=True, slots=True)
class HookProof:
    """Proof of origin in the addresses of webhooks: a code over what an address is for and its message, by a secret of ours.

    The first of *secrets* makes codes; each of them is believed, since one may be rotated out.
    """

    secrets: Sequence[str]

    def code(self, of: str, message_id: UUID | None = None) -> str:
        """Return the code, 40 digits of hex, of the address for *of* (``status``, ``sms``, …) of one message or of none."""
        return _code(self.secrets[0], of, message_id)

    def holds(self, code: str, of: str, message_id: UUID | None = None) -> bool:
        """Tell whether *code* is one of that address, compared in constant time."""
        # All are compared, so that the time does not tell which secret came near.
        return any([hmac.compare_digest(_code(secret, of, message_id), code) for secret in self.secrets])


def _code(secret: str, of: str, message_id: UUID | None) -> str:
    said = f"{of}:{message_id or ''}".encode()
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()[:40]


class Elks:
    """A :class:`~alarm_center.providers.Provider`. *public_url* is where its callbacks reach us.

    Without *speaks* there is nothing that could say a call's words, and each call is refused as ``no_speech``.
    """

    name = "46elks"

    def __init__(
        self,
        username: str,
        password: str,
        public_url: str,
        proof: HookProof,
        *,
        base_url: str | None = None,
        per_second: float | None = None,
        speaks: bool = False,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self.per_second = per_second
        key = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {key}"}
        self._api = f"{(base_url or _API).rstrip('/')}/a1"
        self._hooks = f"{public_url.rstrip('/')}{PATH}"
        self._proof = proof
        self._speaks = speaks
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=_CONNECT_SECONDS)
        self._session: aiohttp.ClientSession | None = None

    async def send_sms(self, to: str, sender: str, body: str, valid_seconds: int, message_id: UUID) -> ProviderAccepted:
        """Hand over one SMS. 46elks takes no time after which it is not worth delivering.

        ``dontlog`` is not asked for: a message whose text is not kept could not be found again after a crash.
        """
        made = await self._post(
            "sms",
            {
                "from": sender,
                "to": to,
                "message": body,
                "whendelivered": f"{self._hooks}/status/{message_id}/{self._proof.code('status', message_id)}",
            },
        )
        return _accepted(made)

    async def call(self, to: str, sender: str, words: str, valid_seconds: int, message_id: UUID) -> ProviderAccepted:
        """Start a call; 46elks asks us what to play when it is answered, so its *words* are not sent along."""
        if not self._speaks:
            raise ProviderRefused("no_speech")
        made = await self._post(
            "calls",
            {
                "from": sender,
                "to": to,
                "voice_start": f"{self._hooks}/voice/{message_id}/{self._proof.code('voice', message_id)}",
                "whenhangup": f"{self._hooks}/status/{message_id}/{self._proof.code('status', message_id)}",
                "timeout": str(_RING_SECONDS),
            },
        )
        return _accepted(made)

    async def recent_sms(self, to: str, since: datetime) -> Sequence[ProviderMessage]:
        """Return 46elks' messages to a number. Of an account that keeps no texts it cannot say which of ours they are."""
        ours = [item for item in await self._list("sms", since, to) if _text(item, "direction") != "incoming"]
        if not all(_text(item, "message") for item in ours):
            raise ProviderUnknown("46elks lists messages without their texts")
        return [_message(item, _text(item, "message")) for item in ours]

    async def recent_calls(self, to: str, since: datetime) -> Sequence[ProviderMessage]:
        """Return 46elks' calls to a number; its list has no filter for it."""
        listed = await self._list("calls", since, None)
        return [
            _message(item, None)
            for item in listed
            if _text(item, "to") == to and _text(item, "direction") != "incoming"
        ]

    async def recent_replies(self, number: str, since: datetime) -> Sequence[ProviderReply]:
        """Return what was written to our number: after hours of failures 46elks no longer tells us of it."""
        listed = await self._list("sms", since, number)
        return [
            ProviderReply(_text(item, "id"), _text(item, "from"), _text(item, "message"), made_at(item))
            for item in reversed(listed)
            if _text(item, "direction") == "incoming"
        ]

    async def probe(self) -> None:
        """Ask for the account: https://46elks.se/docs/get-account."""
        await self._get("me", {})

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    # ---- its API ----

    async def _list(self, of: str, since: datetime, to: str | None) -> list[dict[str, Any]]:
        """Return what it has made since *since*, newest first: page by page, each of which says where the next begins.

        Its ``start`` is the newest that is wanted, and ``end`` the oldest.
        """
        end = since.astimezone(UTC).replace(tzinfo=None).isoformat()
        asked = {"end": end, "limit": str(_LISTED), **({"to": to} if to else {})}
        found: list[dict[str, Any]] = []
        for _ in range(_PAGES):
            page = await self._get(of, asked)
            items = page.get("data")
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise ProviderUnknown("46elks gave a list that is none")
            made = [(item, made_at(item)) for item in items]
            found += [item for item, at in made if at is None or at >= since]
            start = page.get("next")
            if not start or any(at is not None and at < since for _, at in made):
                break
            asked["start"] = str(start)
        return found

    async def _post(self, path: str, form: Mapping[str, str]) -> dict[str, Any]:
        return await self._ask("POST", path, data=dict(form))

    async def _get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        try:
            return await self._ask("GET", path, params=dict(query))
        except ProviderRefused as error:
            raise ProviderUnavailable(f"46elks would not say: {error.code}") from error

    async def _ask(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        """Return the answer's object; a failure is one of the three errors of a provider."""
        if self._session is None:
            # A connection is not kept: a POST on one that the other end has just closed cannot be told from one that was taken.
            connector = aiohttp.TCPConnector(force_close=True)
            self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout)
        try:
            async with self._session.request(
                method, f"{self._api}/{path}", headers=self._headers, allow_redirects=False, **given
            ) as answer:
                body, status = await answer.read(), answer.status
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise ProviderUnavailable(f"no way to 46elks: {type(error).__name__}") from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            # Broken off, or too late: it may have been taken.
            raise ProviderUnknown(f"no answer from 46elks: {type(error).__name__}") from error
        if 200 <= status < 300:
            return _object(body)
        raise _error(status, body)


def _error(status: int, body: bytes) -> Exception:
    """Return the error of an answer that is no yes. Its words may hold a number, so they are in no log."""
    said = body[:400].decode("utf-8", "replace").strip()
    if status == _TOO_FAST:
        return ProviderBusy(f"46elks {status}")
    if status in _OURS or (status == _FORBIDDEN and not _OF_ITS_FIELDS.search(said)):
        log.warning("elks_refused", status=status)
        return ProviderUnavailable(f"46elks {status}")
    if 400 <= status < 500:
        words = re.sub(r"[^a-z]+", "_", said.lower()).strip("_")[:_SAID]
        return ProviderRefused(words or str(status))
    return ProviderUnknown(f"46elks {status}")


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise ProviderUnknown("46elks gave an answer that is none") from error
    if not isinstance(found, dict):
        raise ProviderUnknown("46elks gave an answer that is none")
    return found


def _accepted(made: Mapping[str, Any]) -> ProviderAccepted:
    if not _text(made, "id"):
        raise ProviderUnknown("46elks answered without an id")
    return ProviderAccepted(_text(made, "id"))


def _message(item: Mapping[str, Any], body: str | None) -> ProviderMessage:
    return ProviderMessage(_text(item, "id"), _text(item, "from"), body, made_at(item))


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


def made_at(item: Mapping[str, Any]) -> datetime | None:
    """Return when an SMS was made: 46elks writes UTC without a zone. ``None``: it does not say."""
    try:
        at = datetime.fromisoformat(_text(item, "created"))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
