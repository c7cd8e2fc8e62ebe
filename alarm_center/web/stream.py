"""Event stream to each open page: the parts that a change concerns, its tone, and the server's clock each second.

A hint says that there is something to read; the poll at each tick is the truth. A page that comes back says the last
cursor that it saw and gets what it missed; an unknown or too old cursor gets ``fresh``: draw everything anew.
The parts and tone of each kind of line stand in `words/timeline_words.py`.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from alarm_center.core.roles import Right
from alarm_center.store import events, web_sessions
from alarm_center.store.events import Cursor
from alarm_center.store.memory import AWAY, Tx, now
from alarm_center.web.app_keys import MEMORY, SETTINGS
from alarm_center.web.asked_sessions import SESSIONS
from alarm_center.web.auth import TOUCHED_EACH, require
from alarm_center.web.page import PERSON
from alarm_center.web.shared_reads import read_shared
from alarm_center.words.timeline_words import row_of

MANY: Final = 500
"""Lines that a page may be behind; further behind, it is drawn anew."""

_FAR: Final = 1000
"""Transactions of others after which a stream goes on to the horizon without a line of its own."""
_OLD: Final = 20_000
"""Transactions that a page may be behind. Further behind, it is drawn anew, and nothing is read for it: among the lines of all towns
those of its own can be few, and a read that takes too long is begun again at the page's next try. An open page is at most *_FAR* behind."""

routes = web.RouteTableDef()


class Hints:
    """The open streams, which are woken when the timeline has a new line."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()
        self.over = False
        """Set when the server stops: every stream ends, and its page looks for another replica."""

    def wake(self, *_: object) -> None:
        """Wake every stream."""
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
        """Add a stream and return the event that wakes it."""
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
@require(Right.WATCH, covered=True)
async def stream(request: web.Request) -> web.StreamResponse:
    """Send changes and the time until the page goes away, the session ends or the server stops."""
    if request.method == "HEAD":
        return web.Response(content_type="text/event-stream")
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
    ticks = Ticks(request.app[SETTINGS].tick_s)
    first = True
    while response.is_connected() and not request.app[HINTS].over:
        # Once a tick, not at each change: for so long a session that was ended still hears which parts have changed, and no more.
        ticking = ticks.is_due()
        if ticking and not await _is_still_open(request):
            # What the person may see is another now, perhaps with an alarm that no later line tells of: all is asked for anew.
            await response.send("", event="fresh", id=str(cursor or ""))
            return
        news = await read_shared(request, "lines", partial(_read_news, cursor=cursor), cursor, each=False)
        if news.missed is None or (first and len(news.missed) >= MANY):
            cursor = news.newest
            await response.send("", event="fresh", id=str(cursor))
        else:
            for change, place in news.changes:
                await response.send(change, event="change", id=place)
            cursor = news.place_after(cursor or news.newest)
        first = False
        if ticking:
            # The place goes with it: a page of a quiet town that comes back need not be looked for behind a loud town's lines.
            await response.send(news.clock.isoformat(), event="tick", id=str(cursor))
        await request.app[HINTS].wait(woken, ticks.seconds_left())


class Ticks:
    """The instants at which a stream tells the clock: the same for all streams of this process, so that they share what they read."""

    def __init__(self, every: float) -> None:
        self._every, self._loop = every, asyncio.get_running_loop()
        self._told = -1

    def is_due(self) -> bool:
        """Return whether a tick has begun that was not told, and count it as told."""
        now = int(self._loop.time() / self._every)
        due, self._told = now != self._told, now
        return due

    def seconds_left(self) -> float:
        """Return the seconds until the next tick."""
        return max(0.0, (self._told + 1) * self._every - self._loop.time())


@dataclass(frozen=True, slots=True)
class News:
    """The lines that a page has missed, ``None`` where it is to be drawn anew; the horizon and the time they were read at."""

    newest: Cursor
    missed: list[events.Event] | None
    clock: datetime
    changes: tuple[tuple[str, str], ...]
    """Missed lines as they are sent, each with its place: the same for all streams that share the read."""

    def place_after(self, cursor: Cursor) -> Cursor:
        """Return the place of a page that was at *cursor* and has got these lines.

        Streams that share what they read stay at one place, which is their last line's; one whose own lines are far behind others'
        goes on to the horizon, so that those are not passed over again each second.
        """
        if self.missed:
            return self.missed[-1].cursor
        return self.newest if self.newest.tx > cursor.tx + _FAR else cursor


async def _read_news(tx: Tx, cursor: Cursor | None) -> News:
    newest = await events.newest_cursor(tx)
    is_known = cursor is not None and newest.tx - _OLD <= cursor.tx and cursor <= newest
    missed = await events.lines_after(tx, cursor, MANY) if cursor is not None and is_known else None
    changes = tuple((_change(event), str(event.cursor)) for event in missed or ())
    return News(newest, missed, await now(tx), changes)


async def _is_still_open(request: web.Request) -> bool:
    """Return whether the session goes on with the memberships that it had, and have it count as used at most once a minute."""
    person, memory = request[PERSON], request.app[MEMORY]
    still = await request.app[SESSIONS].person_of(person.token)
    if still is None or still.memberships_key != person.memberships_key:
        return False
    if abs(still.unused_for) > TOUCHED_EACH:
        async with memory.transaction(person.board_viewer) as tx:
            await web_sessions.touch_session(tx)
    return True


def _change(event: events.Event) -> str:
    """Return the parts of a page that the line changes, and the tone it may call for; the page asks for the rest itself."""
    payload = event.payload
    row = row_of(payload)
    tone = row.tone(payload)
    return json.dumps({"redraws": sorted(row.redraws), **({} if tone is None else {"tone": tone})})
