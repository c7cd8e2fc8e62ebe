"""The stream: a tick each second, what changed and nothing more, and nothing lost in between."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import aiohttp
import asyncpg
import pytest

from alarm_center.store import events
from alarm_center.store.memory import Tx
from alarm_center.web import stream as streams
from alarm_center.web.settings import WebSettings
from alarm_center.web.stream import HINTS, MANY
from schemas.timeline import CallSent, Payload, ReplyUnread, ServiceGap
from schemas.vocabulary import Answer, Heed, Reason
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site, site
from tests.support.waiting import DEADLINE_S


@dataclass(frozen=True)
class StreamedEvent:
    """One event as a browser gets it."""

    event: str
    data: str
    id: str


class Stream:
    """A page's stream, read one event at a time."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self, *wanted: str) -> StreamedEvent:
        """Return the next event of a *wanted* kind (any when none is named).

        Raises:
            AssertionError: none came in time.
        """
        async with asyncio.timeout(DEADLINE_S):
            while True:
                fields = {"event": "message", "data": "", "id": ""}
                while line := (await self.response.content.readline()).decode().rstrip("\r\n"):
                    name, _, value = line.partition(": ")
                    fields[name] = value
                sent = StreamedEvent(fields["event"], fields["data"], fields["id"])
                if not fields.keys() >= {"event"} or (wanted and sent.event not in wanted):
                    continue
                return sent

    async def changes(self, count: int) -> list[StreamedEvent]:
        """Return the next *count* changes."""
        return [await self.next("change") for _ in range(count)]


@asynccontextmanager
async def stream(browser: Browser, after: str = "", last: str = "") -> AsyncIterator[Stream]:
    headers = {"Last-Event-ID": last} if last else {}
    async with browser.client.get("/stream", params={"after": after}, headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        yield Stream(response)


async def newest(storstad: NightTown) -> str:
    async with storstad.memory.transaction() as tx:
        return str(await events.newest_cursor(tx))


GAP = ServiceGap(seconds=1)
"""A line that is about the whole town."""


async def line(tx: Tx, payload: Payload = GAP, *, org: str = "storstad") -> None:
    await events.write(tx, TWO, events.NewEvent(org, payload))


async def test_the_clock_comes_from_the_server_and_goes_on(storstad: NightTown, olle: Browser) -> None:
    async with stream(olle, after=await newest(storstad)) as page:
        assert datetime.fromisoformat((await page.next("tick")).data) == TWO + timedelta(seconds=40)
        await storstad.set_clock(TWO + timedelta(minutes=5))
        while datetime.fromisoformat((await page.next("tick")).data) < TWO + timedelta(minutes=5):
            pass


async def test_a_change_says_only_its_parts_and_its_tone(storstad: NightTown, olle: Browser) -> None:
    start = await newest(storstad)
    async with stream(olle, after=start) as page:
        await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
        async with storstad.memory.transaction() as tx:
            cursor = events.Cursor.parse(start)
            assert cursor is not None
            count = len(await events.lines_after(tx, cursor))
        seen = [json.loads(change.data) for change in await page.changes(count)]
    assert all(set(change) <= {"redraws", "tone"} for change in seen)
    urgent = [change["redraws"] for change in seen if change.get("tone") == "urgent"]
    assert urgent[0] == ["case", "night", "queue"], "the alarm is new"


async def test_who_comes_back_gets_what_they_missed_and_nothing_twice(storstad: NightTown, olle: Browser) -> None:
    async with stream(olle, after=await newest(storstad)) as page:
        await storstad.finding(1, Answer.IN_BED)
        first = await page.next("change")
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    async with storstad.memory.transaction() as tx:
        cursor = events.Cursor.parse(first.id)
        assert cursor is not None
        owed = [str(event.cursor) for event in await events.lines_after(tx, cursor)]
    async with stream(olle, after="0-0", last=first.id) as page:
        assert [change.id for change in await page.changes(len(owed))] == owed


async def test_an_unknown_or_old_cursor_gets_a_fresh_board(storstad: NightTown, olle: Browser) -> None:
    for cursor in ("", "what", "9999999999-1", "-1-1"):
        async with stream(olle, last=cursor) as page:
            assert (await page.next("fresh", "change")).event == "fresh"
    old = await newest(storstad)
    async with storstad.memory.transaction() as tx:
        for _ in range(MANY):
            await line(tx)
    async with stream(olle, last=old) as page:
        fresh = await page.next("fresh", "change")
        assert (fresh.event, fresh.id) == ("fresh", await newest(storstad))


async def test_after_a_long_absence_no_lines_are_looked_for(
    storstad: NightTown, olle: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = await newest(storstad)
    for _ in range(5):
        async with storstad.memory.transaction() as tx:
            await line(tx)
    monkeypatch.setattr(streams, "_OLD", 3)
    async with stream(olle, last=old) as page:
        assert (await page.next("fresh", "change")).event == "fresh"


async def test_whose_rights_change_draws_all_anew(storstad: NightTown, olle: Browser) -> None:
    """The stream ends with it: no later line may tell of an alarm that is open where somebody sees more from now on, or less."""
    async with stream(olle, after=await newest(storstad)) as page:
        await page.next("tick")
        await storstad.execute(
            "update memberships set ended_at = clock.now() + interval '1 minute' where user_id = $1",
            storstad.users["olle"],
        )
        await storstad.set_clock(TWO + timedelta(minutes=5))
        async with asyncio.timeout(DEADLINE_S):
            rest = await page.response.content.read()
    assert rest.count(b"event: fresh") == 1


async def test_a_stream_that_cannot_read_ends_without_an_answer(
    storstad: NightTown, olle: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_: object) -> events.Cursor:
        raise asyncpg.InvalidCachedStatementError("a schema revision came in between")

    async with stream(olle, after=await newest(storstad)) as page:
        await page.next("tick")
        monkeypatch.setattr(events, "newest_cursor", fails)
        async with asyncio.timeout(DEADLINE_S):
            rest = await page.response.content.read()
    assert b"HTTP/1.1" not in rest


async def test_of_two_writers_who_commit_out_of_order_none_is_missed(storstad: NightTown, olle: Browser) -> None:
    start = await newest(storstad)
    async with stream(olle, after=start) as page:
        async with storstad.memory.transaction() as slow:
            await line(slow, CallSent(uuid4(), "x", 1, 0.5))
            async with storstad.memory.transaction() as quick:
                await line(quick, ReplyUnread("free_text", Heed.SOUND))
            # The quick one is committed with the higher number, and waits for the slow one.
            await page.next("tick")
            assert (await page.next()).event == "tick"
        tones = [json.loads(change.data).get("tone") for change in await page.changes(2)]
    assert tones == [None, "words"]


async def test_a_hint_brings_it_at_once(storstad: NightTown) -> None:
    async with site(storstad, settings=WebSettings(tick_s=30)) as pages:
        olle = await pages.signed_in()
        async with stream(olle, after=await newest(storstad)) as page:
            await page.next("tick")
            async with storstad.memory.transaction() as tx:
                await line(tx)
            pages.app[HINTS].wake()
            assert json.loads((await page.next("change")).data) == {"redraws": ["case", "queue"]}


async def test_the_stream_of_another_town_is_silent(database: Database, storstad: NightTown) -> None:
    async with town(database, org="granby", residents=1, operator_sees=()) as granby, site(granby) as pages:
        stranger = await pages.signed_in("olle-granby")
        async with stream(stranger, after=await newest(granby)) as page:
            await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
            async with granby.memory.transaction() as tx:
                await line(tx, org="granby")
            assert json.loads((await page.next("change")).data) == {"redraws": ["case", "queue"]}


async def test_a_session_that_ends_ends_its_stream(storstad: NightTown, pages: Site, olle: Browser) -> None:
    async with stream(olle, after=await newest(storstad)) as page:
        await page.next("tick")
        await olle.post("/logout")
        await storstad.set_clock(TWO + timedelta(minutes=5))
        async with asyncio.timeout(DEADLINE_S):
            while await page.response.content.readline():
                pass
    assert (await olle.get("/stream", headers={"X-Fragment": "1"})).status == 401


async def test_whoever_has_the_board_open_counts_as_signed_in(storstad: NightTown, olle: Browser) -> None:
    async with stream(olle, after=await newest(storstad)) as page:
        await storstad.set_clock(TWO + timedelta(hours=1))
        while datetime.fromisoformat((await page.next("tick")).data) < TWO + timedelta(hours=1):
            pass
        await page.next("tick")
        assert await storstad.value("select somebody_signed_in('storstad', clock.now())")
