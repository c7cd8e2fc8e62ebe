"""SMS and calls through Twilio, by its own SDK with its async client: one try each, at most 7 s, and one of three errors.

https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/voice/api/call-resource
"""

import base64
import logging
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
import structlog
from twilio.base.exceptions import (  # type: ignore[import-untyped]  # the SDK ships no types
    TwilioException,
    TwilioRestException,
)
from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped]  # as above
from twilio.http.response import Response  # type: ignore[import-untyped]  # as above
from twilio.rest import Client  # type: ignore[import-untyped]  # as above

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
T = TypeVar("T")

_CONNECT_SECONDS: Final = 4.0
_LONGEST_VALIDITY: Final = 36_000
_SHORTEST_VALIDITY: Final = 6
"""Twilio advises against five seconds or less."""
_RING_SECONDS: Final = 30
_LISTED: Final = 100

_TRY_AGAIN: Final = frozenset({401, 403, 404, 408})
"""Ours to mend (keys, address): no fault of the message, and Twilio has not processed it."""
_TOO_FAST: Final = 429

STATUSES: Final[Mapping[str, DeliveryStatus]] = MappingProxyType(
    {
        "accepted": DeliveryStatus.QUEUED,
        "scheduled": DeliveryStatus.QUEUED,
        "queued": DeliveryStatus.QUEUED,
        "sending": DeliveryStatus.SENDING,
        "sent": DeliveryStatus.SENT,
        "delivered": DeliveryStatus.DELIVERED,
        "read": DeliveryStatus.DELIVERED,
        "undelivered": DeliveryStatus.FAILED,
        "failed": DeliveryStatus.FAILED,
        "canceled": DeliveryStatus.FAILED,
        # calls
        "initiated": DeliveryStatus.SENDING,
        "ringing": DeliveryStatus.SENT,
        "in-progress": DeliveryStatus.DELIVERED,
        "completed": DeliveryStatus.DELIVERED,
        "busy": DeliveryStatus.FAILED,
        "no-answer": DeliveryStatus.FAILED,
    }
)
"""Twilio's words for how far a message or a call has come."""

COMPLETED: Final = "completed"
"""A call that was answered and has ended."""
_MACHINES: Final = ("machine", "fax")


def is_machine(answered_by: str) -> bool:
    """Tell whether ``AnsweredBy`` says that no person answered; a doubt (``unknown``) does not.

    https://www.twilio.com/docs/voice/answering-machine-detection
    """
    return answered_by.startswith(_MACHINES)


class _TwilioHttp(AsyncTwilioHttpClient):  # type: ignore[misc]  # its base has no types
    """The SDK's async client with a timeout that holds, nothing personal in its log, and a host that can be another.

    A connection is not kept: a POST on one that the other end has just closed cannot be told from one that was taken,
    and would cost an alarm the ten seconds of asking. The SDK builds https://api.twilio.com/… itself.
    """

    def __init__(self, base_url: str | None, timeout_seconds: float) -> None:
        super().__init__(pool_connections=False, logger=_QUIET)
        self._base = urlsplit(base_url) if base_url else None
        self._session: aiohttp.ClientSession | None = None
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=_CONNECT_SECONDS)

    async def request(
        self,
        method: str,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 -- the SDK's own signature
        allow_redirects: bool = False,
    ) -> Any:
        if self._base is not None:
            url = urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc).geturl()
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True), timeout=self._timeout
            )
        if auth is not None:
            key = base64.b64encode(":".join(auth).encode()).decode()
            headers = {**(headers or {}), "Authorization": f"Basic {key}"}
        async with self._session.request(
            method.upper(),
            url,
            params=params,
            data=data,
            headers=headers,
            allow_redirects=allow_redirects,
        ) as answer:
            return Response(answer.status, await answer.text(), answer.headers)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class Twilio:
    """A :class:`~alarm_center.providers.Provider`. *public_url* is where its callbacks reach us."""

    name = "twilio"

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        public_url: str,
        *,
        base_url: str | None = None,
        per_second: float | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self.per_second = per_second
        self._account_sid = account_sid
        self._http = _TwilioHttp(base_url, timeout_seconds)
        self._client = Client(account_sid, auth_token, http_client=self._http, environment={"": ""})
        self._hooks = f"{public_url.rstrip('/')}/hooks/twilio"

    async def send_sms(self, to: str, sender: str, body: str, valid_seconds: int, message_id: UUID) -> ProviderAccepted:
        """Hand over one SMS."""
        made = await _post(
            self._client.messages.create_async(
                to=to,
                from_=sender,
                body=body,
                validity_period=min(max(valid_seconds, _SHORTEST_VALIDITY), _LONGEST_VALIDITY),
                status_callback=f"{self._hooks}/status/{message_id}",
            )
        )
        return _accepted(made)

    async def call(self, to: str, sender: str, words: str, valid_seconds: int, message_id: UUID) -> ProviderAccepted:
        """Start a call; Twilio fetches its *words* from us when it is answered, so they are not sent along."""
        made = await _post(
            self._client.calls.create_async(
                to=to,
                from_=sender,
                url=f"{self._hooks}/voice/{message_id}",
                method="POST",
                timeout=_RING_SECONDS,
                status_callback=f"{self._hooks}/status/{message_id}",
                status_callback_event=["ringing", "answered", "completed"],
                status_callback_method="POST",
                # Beside the call: whoever answers hears it at once, and no silence while a machine is looked for.
                machine_detection="Enable",
                async_amd="true",
                async_amd_status_callback=f"{self._hooks}/answered/{message_id}",
                async_amd_status_callback_method="POST",
            )
        )
        return _accepted(made)

    async def recent_sms(self, to: str, since: datetime) -> Sequence[ProviderMessage]:
        """Return Twilio's messages to a number. By when they were made: one in Twilio's queue has no date of sending."""
        listed = await _get(self._client.messages.list_async(to=to, limit=_LISTED))
        return [
            ProviderMessage(m.sid, m.from_ or "", m.body or "", m.date_created)
            for m in listed
            if m.date_created is None or m.date_created >= since
        ]

    async def recent_calls(self, to: str, since: datetime) -> Sequence[ProviderMessage]:
        """Return Twilio's calls to a number."""
        listed = await _get(self._client.calls.list_async(to=to, limit=_LISTED))
        return [
            ProviderMessage(c.sid, c._from or "", None, c.date_created)
            for c in listed
            if c.date_created is None or c.date_created >= since
        ]

    async def recent_replies(self, number: str, since: datetime) -> Sequence[ProviderReply]:
        """Return what was written to our number: Twilio tells of a reply once, and not again if we were away."""
        listed = await _get(self._written_since(number, since))
        return [ProviderReply(m.sid, m.from_ or "", m.body or "", m.date_created) for m in reversed(listed)]

    async def _written_since(self, number: str, since: datetime) -> list[Any]:
        """Return what was written to *number*, newest first, page by page as far back as *since*."""
        pages = await self._client.messages.stream_async(to=number, date_sent_after=since, page_size=_LISTED)
        found: list[Any] = []
        async for message in pages:
            if message.date_created is not None and message.date_created < since.replace(microsecond=0):
                break
            if message.direction == "inbound":
                found.append(message)
        return found

    async def probe(self) -> None:
        """Ask for the account."""
        await _get(self._client.api.v2010.accounts(self._account_sid).fetch_async())

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


_QUIET: Final = logging.Logger("twilio.quiet", level=logging.CRITICAL + 1)
"""The SDK logs numbers and bodies; this logger, below no other, writes nothing."""


def _accepted(made: Any) -> ProviderAccepted:
    if not made.sid:
        raise ProviderUnknown("Twilio answered without a sid")
    return ProviderAccepted(str(made.sid))


async def _post(work: Awaitable[T]) -> T:
    """Return the answer to a POST; a failure is one of the three errors of a provider."""
    try:
        return await work
    except TwilioRestException as error:
        code = str(error.code or error.status)
        if error.status == _TOO_FAST:
            raise ProviderBusy(f"Twilio {error.status} {code}") from error
        if error.status in _TRY_AGAIN:
            log.warning("twilio_refused", status=error.status, code=code)
            raise ProviderUnavailable(f"Twilio {error.status} {code}") from error
        if 400 <= error.status < 500:
            raise ProviderRefused(code) from error
        raise ProviderUnknown(f"Twilio {error.status} {code}") from error
    except (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError) as error:
        if isinstance(error, aiohttp.ServerTimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError):
            raise ProviderUnknown(f"no answer from Twilio: {type(error).__name__}") from error
        raise ProviderUnavailable(f"no way to Twilio: {type(error).__name__}") from error
    except (TimeoutError, aiohttp.ClientError, TwilioException, OSError, ValueError, TypeError) as error:
        # Broken off, too late, or an answer that is none: it may have been taken.
        raise ProviderUnknown(f"no answer from Twilio: {type(error).__name__}") from error


async def _get(work: Awaitable[T]) -> T:
    """Return the answer to a GET."""
    try:
        return await _post(work)
    except ProviderRefused as error:
        raise ProviderUnavailable(f"Twilio would not list: {error.code}") from error
