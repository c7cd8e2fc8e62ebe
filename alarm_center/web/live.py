"""The stream to each open page: the parts that a change concerns, its tone, and the server's clock each second.

A hint says that there is something to read; the poll at each tick is the truth. A page that comes back says the last
cursor that it saw and gets what it missed; an unknown or too old cursor gets ``fresh``: draw everything anew.
"""

import asyncio
import json
from datetime import timedelta
from typing import Final

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from alarm_center.store import events, users
from alarm_center.store.events import Cursor
from alarm_center.store.memory import AWAY, now
from alarm_center.web.auth import COOKIE, token_hash, watches
from alarm_center.web.keys import MEMORY, SETTINGS
from alarm_center.web.page import PERSON
from alarm_center.web.timeline_words import row_of

MANY: Final = 500
"""So many lines behind, a page is better drawn anew."""
_STILL_THERE: Final = timedelta(seconds=60)

routes = web.RouteTableDef()


class Hints:
    """Wakes every open stream when something has been written."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()
        self.over = False
        """The server stops: every stream ends, and its page looks for another replica."""

    def wake(self, *_: object) -> None:
        """Let every stream look now."""
        for event in self._waiting:
            event.set()

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Return when *event* is set, or after *seconds*."""
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            pass
        event.clear()

    def join(self) -> asyncio.Event:
        """Return what one stream is woken by."""
        event = asyncio.Event()
        self._waiting.add(event)
        return event

    async def end(self, _app: web.Application) -> None:
        """End every stream, so that a server that stops need not wait for them."""
        self.over = True
        self.wake()

    def leave(self, event: asyncio.Event) -> None:
        """Forget a stream that has ended."""
        self._waiting.discard(event)


HINTS: Final = web.AppKey("hints", Hints)


@routes.get("/stream")
@watches
async def stream(request: web.Request) -> web.StreamResponse:
    """Send what changes and the time, until the page goes away, the session ends or the server stops."""
    asked = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    hints = request.app[HINTS]
    woken = hints.join()
    try:
        async with sse_response(request) as response:
            await _send(request, response, Cursor.parse(asked), woken)
    except AWAY:
        # The head of the answer is sent, so there is no other answer: it ends, and the page asks for the next.
        pass
    finally:
        hints.leave(woken)
    return response


async def _send(
    request: web.Request, response: EventSourceResponse, cursor: Cursor | None, woken: asyncio.Event
) -> None:
    memory, viewer = request.app[MEMORY], request[PERSON].watching
    hash_ = token_hash(request.cookies[COOKIE])
    tick = request.app[SETTINGS].tick_s
    loop = asyncio.get_running_loop()
    next_tick, seen_at = loop.time(), None
    first = True
    while response.is_connected() and not request.app[HINTS].over:
        async with memory.transaction(viewer) as tx:
            newest = await events.newest(tx)
            missed: list[events.Event] | None = None
            if cursor is not None and cursor <= newest:
                missed = await events.after(tx, cursor, MANY)
            clock = await now(tx)
        if missed is None or (first and len(missed) >= MANY):
            cursor = newest
            await response.send("", event="fresh", id=str(cursor))
        else:
            for event in missed:
                cursor = event.cursor
                await response.send(_hint(event), event="change", id=str(cursor))
        first = False
        if loop.time() >= next_tick:
            await response.send(clock.isoformat(), event="tick")
            next_tick = max(next_tick + tick, loop.time() + tick / 2)
        if seen_at is None or clock - seen_at > _STILL_THERE or clock < seen_at:
            async with memory.transaction() as tx:
                if await users.of_session(tx, hash_, clock) is None:
                    return
            seen_at = clock
        await request.app[HINTS].wait(woken, max(0.0, next_tick - loop.time()))


def _hint(event: events.Event) -> str:
    """Return the parts of a page that the line changes, and the tone it may call for; the page asks for the rest itself."""
    payload = event.payload
    row = row_of(payload)
    tone = row.tone(payload)
    return json.dumps({"redraws": sorted(row.redraws), **({} if tone is None else {"tone": tone})})
