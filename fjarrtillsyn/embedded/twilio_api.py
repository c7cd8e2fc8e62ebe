"""A local server that speaks Twilio's REST API for messages and calls, written from Twilio's documentation.

https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/voice/api/call-resource,
https://www.twilio.com/docs/usage/security, https://www.twilio.com/docs/api/errors
"""

import asyncio
import re
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from aiohttp import web
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # the SDK ships no types

_AGAIN_S: Final = 0.1
_E164: Final = re.compile(r"\+[1-9][0-9]{7,14}")


@dataclass(slots=True)
class Item:
    """One message or call, as Twilio keeps it."""

    sid: str
    to: str
    sender: str
    body: str | None
    form: Mapping[str, str]
    status: str = "queued"
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(slots=True)
class TwilioApi:
    """Accounts of one; ``messages`` and ``calls`` are what it has taken, oldest first.

    ``next_posts`` is what becomes of the next POSTs, in order, before it serves as usual: a status as 429 or 503,
    ``drop`` (taken, and the connection is cut before the answer), ``lose`` (cut before it is taken), ``hang`` (taken,
    and never answered), ``early`` (taken, and reported as delivered before the answer). ``lists`` false: it cannot say
    what it has.
    """

    account_sid: str = "AC" + "0" * 32
    auth_token: str = "test-token"  # noqa: S105 - an account that is nobody's
    messages: list[Item] = field(default_factory=list)
    calls: list[Item] = field(default_factory=list)
    written: list[Item] = field(default_factory=list)
    """Messages that phones have written to the account's numbers."""
    bad_numbers: set[str] = field(default_factory=set)
    opted_out: set[str] = field(default_factory=set)
    """Phones that have written STOP, and not START since: an SMS to one is refused."""
    next_posts: list[int | str] = field(default_factory=list)
    broken: int = 0
    """A status, as 500, that everything is answered with, taken nothing; 0 while it works."""
    lists: bool = True
    asked: int = 0
    """The number of times that it was asked for a phone's messages."""
    numbers: set[str] = field(default_factory=set)
    """The account's own numbers."""
    url: str = ""
    hooks: str = ""
    """The address to which the account's numbers send replies: the base address of the service under test."""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["TwilioApi"]:
        """Serve on a free port."""
        app = web.Application()
        account = f"/2010-04-01/Accounts/{self.account_sid}"
        app.router.add_post(f"{account}/Messages.json", self._post_message)
        app.router.add_get(f"{account}/Messages.json", self._list_messages)
        app.router.add_get(f"{account}.json", self._account)
        app.router.add_post(f"{account}/Calls.json", self._post_call)
        app.router.add_get(f"{account}/Calls.json", self._list_calls)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server = site._server
        assert isinstance(server, asyncio.Server)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    # ---- what it does on demand ----

    async def status(self, item: Item, status: str, *, error: str | None = None, token: str | None = None) -> int:
        """Post a status callback, signed; return what it was answered."""
        item.status = status
        call = item.sid.startswith("CA")
        form = {
            "AccountSid": self.account_sid,
            "From": item.sender,
            "To": item.to,
            ("CallSid" if call else "MessageSid"): item.sid,
            ("CallStatus" if call else "MessageStatus"): status,
            **({"ErrorCode": error} if error else {}),
        }
        return (await self.post(item.form["StatusCallback"], form, token=token))[0]

    async def reply(self, phone: str, number: str, body: str, *, sid: str | None = None) -> str:
        """Let *phone* write to *number*; return the sid of what it wrote."""
        sid = self.writes(phone, number, body, sid=sid).sid
        form = {"AccountSid": self.account_sid, "MessageSid": sid, "From": phone, "To": number, "Body": body}
        status, _ = await self.post(f"{self.hooks}/hooks/twilio/sms", form)
        assert status == 200, f"the webhook answered {status}"
        return sid

    def writes(self, phone: str, number: str, body: str, *, sid: str | None = None) -> Item:
        """Let *phone* write to *number* while the webhook cannot be reached: it is only in the list."""
        if body.strip().upper() == "STOP":
            self.opted_out.add(phone)
        elif body.strip().upper() == "START":
            self.opted_out.discard(phone)
        item = Item(sid or f"SM{secrets.token_hex(16)}", number, phone, body, {}, status="received")
        self.written.append(item)
        return item

    async def pick_up(self, call: Item) -> str:
        """Answer *call*; return the TwiML that is read."""
        await self.status(call, "in-progress")
        return (await self.post(call.form["Url"], self._of_call(call)))[1]

    async def answered_by(self, call: Item, who: str) -> int:
        """Say what answered *call*, as ``machine_start`` or ``human``, where its maker has asked for that; return what it was answered."""
        assert call.form.get("MachineDetection") == "Enable", "nobody has asked"
        assert call.form.get("AsyncAmd") == "true"
        form = {
            "AccountSid": self.account_sid,
            "CallSid": call.sid,
            "AnsweredBy": who,
            "MachineDetectionDuration": "2400",
        }
        return (await self.post(call.form["AsyncAmdStatusCallback"], form))[0]

    async def press(self, call: Item, twiml: str, digit: str) -> str:
        """Press a key where *twiml* waits for one; return the TwiML that follows."""
        action = re.search(r'action="([^"]+)"', twiml)
        assert action is not None, f"no key is waited for in {twiml}"
        return (await self.post(action[1], {**self._of_call(call), "Digits": digit}))[1]

    async def post(
        self, url: str, form: Mapping[str, str], *, token: str | None = None, signature: str | None = None
    ) -> tuple[int, str]:
        """Post *form* with Twilio's signature, or with *signature*; return status and body."""
        if signature is None:
            signature = RequestValidator(token or self.auth_token).compute_signature(url, dict(form))
        headers = {"X-Twilio-Signature": signature} if signature else {}
        async with aiohttp.ClientSession() as session, session.post(url, data=form, headers=headers) as answer:
            return answer.status, await answer.text()

    def _of_call(self, call: Item) -> dict[str, str]:
        return {
            "AccountSid": self.account_sid,
            "CallSid": call.sid,
            "CallStatus": "in-progress",
            "Direction": "outbound-api",
            "From": call.sender,
            "To": call.to,
        }

    async def delivered(self, item: Item) -> None:
        """Report that *item* was delivered, again until the service has heard it."""
        while True:
            with suppress(aiohttp.ClientError):
                if await self.status(item, "delivered") == 204:
                    return
            await asyncio.sleep(_AGAIN_S)

    async def took(self, item: Item) -> None:
        """Go on with a message or call that was taken, before its sender is answered."""
        async with self.changed:
            self.changed.notify_all()

    # ---- what it serves ----

    async def _post_message(self, request: web.Request) -> web.StreamResponse:
        return await self._take(request, self.messages, "SM")

    async def _post_call(self, request: web.Request) -> web.StreamResponse:
        return await self._take(request, self.calls, "CA")

    async def _take(self, request: web.Request, into: list[Item], prefix: str) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        fate = self.broken or (self.next_posts.pop(0) if self.next_posts else None)
        if fate == "lose":
            return _cut(request)
        if not self._signed_in(request):
            return _error(401, 20003, "Authenticate")
        if isinstance(fate, int):
            return _error(fate, 20429 if fate == 429 else 20500, "Not now")
        to, sender = form.get("To", ""), form.get("From", "")
        if not _E164.fullmatch(to) or to in self.bad_numbers:
            return _error(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if prefix == "SM" and to in self.opted_out:
            return _error(400, 21610, "Attempt to send to unsubscribed recipient")
        if prefix == "SM" and not form.get("Body"):
            return _error(400, 21602, "Message body is required.")
        item = Item(f"{prefix}{secrets.token_hex(16)}", to, sender, form.get("Body"), form)
        into.append(item)
        await self.took(item)
        if fate == "drop":
            return _cut(request)
        if fate == "hang":
            await asyncio.Event().wait()
        if fate == "early":
            await self.status(item, "delivered")
        return web.json_response(self._shown(item), status=201)

    async def _account(self, request: web.Request) -> web.Response:
        if self.broken:
            return _error(self.broken, 20500, "Internal Server Error")
        return web.json_response({"sid": self.account_sid, "status": "active", "type": "Full"})

    async def _list_messages(self, request: web.Request) -> web.Response:
        return self._list(request, "messages", sorted([*self.messages, *self.written], key=lambda item: item.made_at))

    async def _list_calls(self, request: web.Request) -> web.Response:
        return self._list(request, "calls", self.calls)

    def _list(self, request: web.Request, name: str, items: list[Item]) -> web.Response:
        self.asked += request.query.get("To") not in self.numbers
        if not self._signed_in(request):
            return _error(401, 20003, "Authenticate")
        if self.broken or not self.lists:
            return _error(503, 20503, "Service unavailable")
        to, size, page = request.query.get("To"), int(request.query.get("PageSize", 50)), request.query.get("Page", "0")
        found = [self._shown(item) for item in reversed(items) if to in (None, item.to)]
        start = int(page) * size
        more = start + size < len(found)
        uri = f"{request.path}?To={quote(to or '')}&PageSize={size}&Page="
        return web.json_response(
            {
                name: found[start : start + size],
                "page": int(page),
                "page_size": size,
                "start": start,
                "end": min(start + size, len(found)) - 1,
                "uri": f"{uri}{page}",
                "first_page_uri": f"{uri}0",
                "previous_page_uri": None,
                "next_page_uri": f"{uri}{int(page) + 1}" if more else None,
            }
        )

    def _shown(self, item: Item) -> dict[str, Any]:
        at = format_datetime(item.made_at)
        sent = item.status not in ("accepted", "queued", "sending")
        return {
            "sid": item.sid,
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "to": item.to,
            "from": item.sender,
            "body": item.body,
            "status": item.status,
            "direction": "inbound" if item in self.written else "outbound-api",
            "date_created": at,
            "date_updated": at,
            "date_sent": at if sent else None,
            "num_segments": "1",
            "num_media": "0",
            "error_code": None,
            "error_message": None,
        }

    def _signed_in(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "")
        return given == "Basic " + b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()


def _error(status: int, code: int, message: str) -> web.Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return web.json_response({"code": code, "message": message, "more_info": more, "status": status}, status=status)


def _cut(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
