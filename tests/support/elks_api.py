"""A local server that speaks 46elks' API for messages and calls, written from 46elks' documentation.

https://46elks.se/docs: overview, send-sms, sms-delivery-reports, receive-sms, sms-history, make-call, call-actions, voice-ivr,
voice-play, call-history, get-account
"""

import asyncio
import json
import re
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp
from aiohttp import web

from alarm_center.providers.elks import PATH, HookProof
from fjarrtillsyn.embedded.twilio_api import Item

_E164: Final = re.compile(r"\+[1-9][0-9]{7,14}")
HOOK_SECRET: Final = "secret-of-the-hooks-of-46elks-in-tests"


@dataclass(slots=True)
class ElksApi:
    """An account of one; ``messages`` and ``calls`` are what it has taken, oldest first.

    ``next_posts`` is what becomes of the next POSTs, in order, before it serves as usual: a status as 429 or 500, ``drop``
    (taken, and the connection is cut before the answer), ``lose`` (cut before it is taken), ``hang`` (taken, and never
    answered), ``early`` (taken, and reported as delivered before the answer). ``lists`` false: it cannot say what it has.
    """

    username: str = "u" + "0" * 32
    password: str = "test-password"
    messages: list[Item] = field(default_factory=list)
    calls: list[Item] = field(default_factory=list)
    written: list[Item] = field(default_factory=list)
    """Messages that phones have written to the account's numbers."""
    bad_numbers: set[str] = field(default_factory=set)
    next_posts: list[int | str] = field(default_factory=list)
    broken: int = 0
    """A status, as 500, that everything is answered with, taken nothing; 0 while it works."""
    lists: bool = True
    keeps_texts: bool = True
    asked: int = 0
    """The number of times that it was asked for a phone's messages, or for calls."""
    numbers: set[str] = field(default_factory=set)
    """The account's own numbers."""
    url: str = ""
    hooks: str = ""
    """The base address of the service under test."""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ElksApi"]:
        """Serve on a free port."""
        app = web.Application()
        app.router.add_post("/a1/sms", self._post_message)
        app.router.add_get("/a1/sms", self._list_messages)
        app.router.add_post("/a1/calls", self._post_call)
        app.router.add_get("/a1/calls", self._list_calls)
        app.router.add_get("/a1/me", self._account)
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

    async def status(self, item: Item, status: str) -> int:
        """Report how far a message has come, or that a call has ended; return what that was answered."""
        item.status = status
        if item in self.calls:
            form = {**_of_call(item), "id": item.sid, "state": status, "duration": "12", "actions": "[]"}
            return (await self.post(item.form["whenhangup"], form))[0]
        delivered = {"delivered": datetime.now(UTC).isoformat()} if status == "delivered" else {}
        return (await self.post(item.form["whendelivered"], {"id": item.sid, "status": status, **delivered}))[0]

    async def reply(self, phone: str, number: str, body: str, *, sid: str | None = None, minutes_ago: float = 0) -> str:
        """Let *phone* write to *number*, whose ``sms_url`` is ours; return the id of what it wrote."""
        item = self.writes(phone, number, body, sid=sid)
        item.made_at -= timedelta(minutes=minutes_ago)
        form = {
            "direction": "incoming",
            "id": item.sid,
            "from": phone,
            "to": number,
            "created": _shown_at(item.made_at),
            "message": body,
        }
        status, answer = await self.post(self.sms_url(), form)
        assert (status, answer) == (204, ""), f"the webhook answered {status} {answer!r}, which is sent on as an SMS"
        return item.sid

    def sms_url(self, secret: str = HOOK_SECRET) -> str:
        """Return the address that the account's owner has written as the number's ``sms_url``."""
        return f"{self.hooks}{PATH}/sms/{HookProof([secret]).code('sms')}"

    def writes(self, phone: str, number: str, body: str, *, sid: str | None = None) -> Item:
        """Let *phone* write to *number* while the webhook cannot be reached: it is only in the list."""
        item = Item(sid or f"s{secrets.token_hex(16)}", number, phone, body, {}, status="received")
        self.written.append(item)
        return item

    async def pick_up(self, call: Item) -> str:
        """Answer *call*; return the action, in JSON, that its ``voice_start`` is answered with."""
        call.status = "ongoing"
        return (await self.post(call.form["voice_start"], _of_call(call)))[1]

    async def calls_in(self, phone: str, number: str) -> tuple[Item, str]:
        """Let *phone* call *number*, whose ``voice_start`` is ours; return the call, and the action that it is answered with."""
        call = Item(f"c{secrets.token_hex(16)}", number, phone, None, {}, status="ongoing")
        url = f"{self.hooks}{PATH}/call/{HookProof([HOOK_SECRET]).code('call')}"
        status, action = await self.post(url, {**_of_call(call), "direction": "incoming"})
        assert status == 200, f"the webhook answered {status}"
        return call, action

    async def press(self, call: Item, action: str, digit: str) -> str:
        """Press a key where *action* waits for one (``failed``: none is pressed); return the action that follows."""
        asked = json.loads(action)
        assert asked.get("ivr"), f"no key is waited for in {action}"
        return (await self.post(asked["next"], {**_of_call(call), "result": digit}))[1]

    async def hear(self, action: str) -> tuple[int, bytes]:
        """Fetch the sound that *action* plays; return status and body."""
        said = json.loads(action)
        async with aiohttp.ClientSession() as session, session.get(said.get("ivr") or said["play"]) as answer:
            return answer.status, await answer.read()

    async def post(self, url: str, form: Mapping[str, str]) -> tuple[int, str]:
        """Post *form*; return status and body."""
        async with aiohttp.ClientSession() as session, session.post(url, data=form) as answer:
            return answer.status, await answer.text()

    # ---- what it serves ----

    async def _post_message(self, request: web.Request) -> web.StreamResponse:
        return await self._take(request, self.messages, "s", ("from", "to", "message"))

    async def _post_call(self, request: web.Request) -> web.StreamResponse:
        return await self._take(request, self.calls, "c", ("from", "to", "voice_start"))

    async def _take(
        self, request: web.Request, into: list[Item], prefix: str, needed: Sequence[str]
    ) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        fate = self.broken or (self.next_posts.pop(0) if self.next_posts else None)
        if fate == "lose":
            return _cut(request)
        if not self._signed_in(request):
            return web.Response(status=401, text="API access requires Basic HTTP authentication")
        if isinstance(fate, int):
            return web.Response(status=fate, text="Not now")
        for name in needed:
            if not form.get(name):
                return web.Response(status=403, text=f"Missing key {name}")
        to = form["to"]
        if not _E164.fullmatch(to) or to in self.bad_numbers:
            return web.Response(status=403, text="Invalid to number")
        item = Item(f"{prefix}{secrets.token_hex(16)}", to, form["from"], form.get("message"), form, status="created")
        into.append(item)
        async with self.changed:
            self.changed.notify_all()
        if fate == "drop":
            return _cut(request)
        if fate == "hang":
            await asyncio.Event().wait()
        if fate == "early":
            await self.status(item, "delivered")
        return web.json_response(self._shown(item))

    async def _account(self, request: web.Request) -> web.Response:
        if self.broken or not self._signed_in(request):
            return web.Response(status=self.broken or 401)
        return web.json_response({"id": self.username, "currency": "SEK", "balance": 9_670_500})

    async def _list_messages(self, request: web.Request) -> web.Response:
        return self._list(request, sorted([*self.messages, *self.written], key=lambda item: item.made_at))

    async def _list_calls(self, request: web.Request) -> web.Response:
        return self._list(request, self.calls)

    def _list(self, request: web.Request, items: list[Item]) -> web.Response:
        self.asked += request.query.get("to") not in self.numbers
        if not self._signed_in(request):
            return web.Response(status=401, text="API access requires Basic HTTP authentication")
        if self.broken or not self.lists:
            return web.Response(status=503, text="Service unavailable")
        to, limit = request.query.get("to"), min(int(request.query.get("limit", 100)), 100)
        newest, oldest = request.query.get("start"), request.query.get("end")
        found = [
            item
            for item in reversed(items)
            if to in (None, item.to)
            and (newest is None or _shown_at(item.made_at) < newest)
            and (oldest is None or _shown_at(item.made_at) >= oldest)
        ]
        page = found[:limit]
        more = {"next": _shown_at(page[-1].made_at)} if len(found) > limit else {}
        return web.json_response({"data": [self._shown(item) for item in page], **more})

    def _shown(self, item: Item) -> dict[str, Any]:
        shown = {
            "id": item.sid,
            "direction": "incoming" if item in self.written else "outgoing",
            "from": item.sender,
            "to": item.to,
            "created": _shown_at(item.made_at),
            "cost": 3500,
        }
        if item in self.calls:
            return {**shown, "state": item.status, "actions": [], "legs": []}
        texts = {"message": item.body} if self.keeps_texts else {}
        return {**shown, "status": item.status, "parts": 1, **texts}

    def _signed_in(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "")
        return given == "Basic " + b64encode(f"{self.username}:{self.password}".encode()).decode()


class SpokenText:
    """A :class:`~alarm_center.web.hooks.speech.SpeechMaker` whose sounds are files that hold their words."""

    async def wav(self, text: str, language: str) -> bytes:
        """Return the words in the clothes of a WAV file."""
        return b"RIFF" + f"{language}: {text}".encode()


def _of_call(call: Item) -> dict[str, str]:
    return {"callid": call.sid, "direction": "outgoing", "from": call.sender, "to": call.to}


def _shown_at(at: datetime) -> str:
    """Return an instant as 46elks writes it: UTC without a zone, to the microsecond."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _cut(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
