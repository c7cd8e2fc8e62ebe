"""Routes of the operator's board: page, fragments of queue and night, a reply marked read; the towns a person watches.

Rows of the queue are made in `queue`, the chart in `night_chart`; changes are streamed by `web.stream`.
"""

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core.calendar import night_of
from alarm_center.core.roles import Right
from alarm_center.core.town_stop import CONFIRM_WITHIN, TownStop
from alarm_center.store import board, deaths, detectors, events, looks, sealed_accounts, town_stops
from alarm_center.store.memory import Tx, now
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.night_chart import chart
from alarm_center.web.operator.queue import BoardReader, QueueRow, queue, rows_of_reader
from alarm_center.web.page import PERSON, environment_of, redirect_or_tell, render, speech_of
from alarm_center.web.shared_reads import read_shared
from alarm_center.words import page_words
from alarm_center.words.catalogues import Speech

routes = web.RouteTableDef()

_FALLBACK_ZONE: Final = "Europe/Stockholm"
_NOBODY: Final = UUID(int=0)
"""A person who holds no case."""
_ROWS_KEPT: Final = 2000
"""Rows whose HTML is kept, about 1 kB each: those of forty open cases in two languages, with room for a night of many."""


@dataclass(frozen=True, slots=True)
class WatchedTowns:
    """The towns that a person watches, and the service's time."""

    towns: list[board.TownHead]
    now: datetime

    @property
    def zones(self) -> dict[str, str]:
        """Each town's zone."""
        return {town.org: town.zone for town in self.towns}

    @property
    def zone(self) -> str:
        """The zone of the big clock."""
        return self.towns[0].zone if self.towns else _FALLBACK_ZONE

    @property
    def blurred(self) -> frozenset[str]:
        """The towns that show pictures blurred first."""
        return frozenset(town.org for town in self.towns if town.first_view == "blurred")

    @property
    def names(self) -> str:
        """The towns' names."""
        return ", ".join(town.name for town in self.towns)


async def watched_towns(tx: Tx) -> WatchedTowns:
    """Return the towns that the viewer watches."""
    return WatchedTowns(await board.town_heads(tx), await now(tx))


@dataclass(frozen=True)
class QueueRead:
    """All that queue and banners are drawn from, read at one time in the scope of everybody of the same memberships."""

    watched: WatchedTowns
    alarms: list[board.AlarmLine]
    looks: list[board.LookLine]
    tally: board.Tally
    loose: list[board.LooseReply]
    deaths: list[deaths.Death]
    detectors_missed: bool
    unjudged: list[detectors.HomeWithoutJudge]
    bare_areas: list[str]
    unknown_codes: list[board.UnknownCode]
    sealed_in_use: list[sealed_accounts.AccountInUse]
    waiting_stops: list[TownStop]
    _rows: dict[tuple[str, bool], tuple[list[QueueRow], list[QueueRow]]] = field(default_factory=dict)

    def rows_of_nobody(self, reader: BoardReader) -> tuple[list[QueueRow], list[QueueRow]]:
        """Return the queue's rows in the *reader*'s language as somebody sees them who holds no case; made once."""
        key = (reader.speech.language, reader.covered)
        if key not in self._rows:
            self._rows[key] = queue(self.alarms, self.looks, replace(reader, user_id=_NOBODY))
        return self._rows[key]


@dataclass(frozen=True)
class NightRead:
    """The night's checks, read at one time in the scope of everybody of the same memberships."""

    watched: WatchedTowns
    checks: list[board.NightCheck]
    _drawings: dict[tuple[str, bool], str] = field(default_factory=dict)

    def drawn(self, environment: jinja2.Environment, speech: Speech, *, covered: bool) -> str:
        """Return the chart's HTML in that language; made once. Covered, it names nobody."""
        key = (speech.language, covered)
        if key not in self._drawings:
            checks = self.checks
            if covered:
                checks = [replace(check, resident=speech(page_words.COVERED_NAME)) for check in checks]
            drawing = chart(checks, self.watched.zones, self.watched.now, speech)
            html = environment.get_template("parts/night.html").render(chart=drawing, person={"covered": covered})
            self._drawings[key] = html
        return self._drawings[key]


@routes.get("/")
@require(Right.WATCH, covered=True)
async def show_board(request: web.Request) -> web.StreamResponse:
    """Show the whole board. The cursor is read first, so that no line between page and stream is lost."""
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        cursor = await events.newest_cursor(tx)
    read, context = await _queue_context(request)
    shown = {"cursor": cursor, "wrong_pin": _wrong_pin(request), "night": await _drawn_night(request)}
    return render(request, "board.html", context | _head_context(read.watched) | shown)


def _wrong_pin(request: web.Request) -> str:
    """Return the words for a wrong PIN that has just been tried at a covered board; empty for none."""
    left = request.query.get("left", "")
    return (
        speech_of(request)(page_words.PIN_WRONG, left=left)
        if left.isascii() and left.isdigit() and len(left) == 1
        else ""
    )


@routes.get("/fragments/queue")
@require(Right.WATCH, covered=True)
async def show_queue(request: web.Request) -> web.StreamResponse:
    """Show the queue with its banners."""
    read, context = await _queue_context(request)
    return render(request, "parts/queue.html", context | _head_context(read.watched))


@routes.get("/fragments/night")
@require(Right.WATCH, covered=True)
async def show_night(request: web.Request) -> web.StreamResponse:
    """Show the chart of the night."""
    return web.Response(text=await _drawn_night(request), content_type="text/html")


@routes.post("/reply/read")
@require(Right.WATCH)
async def mark_reply_read(request: web.Request) -> web.StreamResponse:
    """Note that a carer's words about no open alarm have been read."""
    form, person = await request.post(), request[PERSON]
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        provider, provider_id = str(form.get("provider", "")), str(form.get("id", ""))
        if not await board.mark_loose_reply_read(tx, provider, provider_id, str(person.user_id), await now(tx)):
            raise NotFound(provider_id)
    return redirect_or_tell(request, "/")


def _head_context(watched: WatchedTowns) -> dict[str, Any]:
    return {"now": watched.now, "zone": watched.zone, "place": watched.names}


async def _queue_context(request: web.Request) -> tuple[QueueRead, dict[str, Any]]:
    """Return the queue's rows as the person sees them, its banners, and what they were read from."""
    person, speech = request[PERSON], speech_of(request)
    read = await read_shared(request, "queue", _read_queue)
    reader = BoardReader(person.user_id, read.watched.zones, read.watched.now, speech, person.covered)
    alarms = await _with_own_names(request, read)
    todo, in_hand = (rows_of_reader(rows, alarms, read.looks, reader) for rows in read.rows_of_nobody(reader))
    names = {town.org: town.name for town in read.watched.towns}
    return read, {
        "todo": todo,
        "in_hand": in_hand,
        "todo_rows": _drawn_rows(request, todo, has_first=True),
        "in_hand_rows": _drawn_rows(request, in_hand, has_first=False),
        "tally": read.tally,
        "red": any(row.red for row in todo),
        "urgent": [str(row.row_id) for row in todo if row.mark == "p1" and row.claimable],
        "unread": sum(row.unread for row in (*todo, *in_hand)),
        "loose": read.loose,
        "deaths": read.deaths,
        "detectors": not read.detectors_missed,
        "unjudged": [speech(page_words.HOME_OF, number=home.number, area=home.area) for home in read.unjudged],
        "bare_areas": read.bare_areas,
        "unknown_codes": read.unknown_codes,
        "sealed_in_use": read.sealed_in_use,
        "to_confirm_stop": [names[each.org] for each in read.waiting_stops if each.org in names],
        "stopped": [town.name for town in read.watched.towns if town.stopped_at],
    }


async def _read_queue(tx: Tx) -> QueueRead:
    watched = await watched_towns(tx)
    return QueueRead(
        watched,
        await board.open_alarms(tx),
        await board.checks_to_look_at(tx, watched.now, looks.CHECK_LEASE),
        await board.tally(tx, _nights(watched), watched.now),
        await board.loose_replies(tx),
        [each for each in await deaths.unconfirmed(tx) if each.overdue_at is not None],
        await detectors.are_missed(tx),
        await detectors.homes_without_judge(tx),
        await board.areas_without_patrol(tx, watched.now),
        await board.unknown_codes(tx, watched.now),
        await sealed_accounts.accounts_in_use(tx, watched.now),
        await town_stops.waiting(tx, CONFIRM_WITHIN),
    )


async def _with_own_names(request: web.Request, read: QueueRead) -> list[board.AlarmLine]:
    """Return the alarms with the names that their holder alone sees: the read was for everybody of these memberships."""
    person, at = request[PERSON], read.watched.now
    hidden = [line for line in read.alarms if line.resident == "" and line.alarm.is_held_by(person.user_id, at)]
    if not hidden or person.covered:
        return read.alarms
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        names = await board.names_of_held(tx, at)
    return [
        replace(line, resident=names.get(line.alarm.alarm_id, "")) if line in hidden else line for line in read.alarms
    ]


_NO_TOKEN: Final = secrets.token_urlsafe(24)
"""The form token in a row that is kept; each person's own takes its place. Nobody knows it outside of this process."""


def _drawn_rows(request: web.Request, rows: list[QueueRow], *, has_first: bool) -> str:
    """Return the HTML of rows, of which the first is the one to take if there *has_first*."""
    person, environment, draw = request[PERSON], environment_of(request), request.app[DRAWN_ROWS].draw
    drawn = [draw(environment, person.covered, has_first and n == 0, row) for n, row in enumerate(rows)]
    return "".join(drawn).replace(_NO_TOKEN, person.csrf)


class DrawnRows:
    """The HTML of the rows that were drawn last, for every board of this replica."""

    def __init__(self) -> None:
        self.draw = lru_cache(maxsize=_ROWS_KEPT)(_row_for_anybody)


DRAWN_ROWS: Final = web.AppKey("drawn_rows", DrawnRows)


def _row_for_anybody(environment: jinja2.Environment, covered: bool, first: bool, row: QueueRow) -> str:
    """Return a row's HTML. Most rows of a queue are the same as before the last change, and the same for every board."""
    context = {"csrf": _NO_TOKEN, "person": {"covered": covered}}
    return str(environment.get_template("parts/row.html").make_module(context).line(row, first))  # type: ignore[attr-defined]


async def _drawn_night(request: web.Request) -> str:
    """Return the HTML of the night's chart, which names nobody's token and is drawn once for all who share the read."""
    speech, covered = speech_of(request), request[PERSON].covered
    read = await read_shared(request, "night", _read_night)
    return read.drawn(environment_of(request), speech, covered=covered)


async def _read_night(tx: Tx) -> NightRead:
    watched = await watched_towns(tx)
    return NightRead(watched, await board.night_checks(tx, _nights(watched)))


def _nights(watched: WatchedTowns) -> dict[str, Any]:
    return {town.org: night_of(watched.now, ZoneInfo(town.zone)) for town in watched.towns}
