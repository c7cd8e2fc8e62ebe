"""Routes of the operator's board: page, fragments of queue and night, a reply marked read; the towns a person watches.

Rows of the queue are made in `queue`, the chart in `night_chart`; changes are streamed by `web.stream`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core.calendar import night_of
from alarm_center.core.roles import Right
from alarm_center.core.town_stop import CONFIRM_WITHIN
from alarm_center.store import board, deaths, detectors, events, looks, sealed_accounts, town_stops
from alarm_center.store.memory import Tx, now
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.night_chart import chart
from alarm_center.web.operator.queue import BoardReader, queue
from alarm_center.web.page import PERSON, redirect_or_tell, render, speech_of
from alarm_center.words import page_words

routes = web.RouteTableDef()

_FALLBACK_ZONE: Final = "Europe/Stockholm"


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


@routes.get("/")
@require(Right.WATCH, covered=True)
async def show_board(request: web.Request) -> web.StreamResponse:
    """Show the whole board. The cursor is read first, so that no line between page and stream is lost."""
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        cursor = await events.newest_cursor(tx)
        watched = await watched_towns(tx)
        context = await _queue_context(request, tx, watched) | await _night_context(request, tx, watched)
    shown = {"cursor": cursor, "wrong_pin": _wrong_pin(request)}
    return render(request, "board.html", context | _head_context(watched) | shown)


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
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        watched = await watched_towns(tx)
        context = await _queue_context(request, tx, watched)
    return render(request, "parts/queue.html", context | _head_context(watched))


@routes.get("/fragments/night")
@require(Right.WATCH, covered=True)
async def show_night(request: web.Request) -> web.StreamResponse:
    """Show the chart of the night."""
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        watched = await watched_towns(tx)
        context = await _night_context(request, tx, watched)
    return render(request, "parts/night.html", context | _head_context(watched))


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


async def _queue_context(request: web.Request, tx: Tx, watched: WatchedTowns) -> dict[str, Any]:
    person = request[PERSON]
    names, speech = {town.org: town.name for town in watched.towns}, speech_of(request)
    reader = BoardReader(person.user_id, watched.zones, watched.now, speech, person.covered)
    todo, in_hand = queue(
        await board.open_alarms(tx, watched.now),
        await board.checks_to_look_at(tx, watched.now, looks.CHECK_LEASE),
        reader,
    )
    return {
        "todo": todo,
        "in_hand": in_hand,
        "tally": await board.tally(tx, _nights(watched), watched.now),
        "red": any(row.red for row in todo),
        "urgent": [str(row.row_id) for row in todo if row.mark == "p1" and row.claimable],
        "unread": sum(row.unread for row in (*todo, *in_hand)),
        "loose": await board.loose_replies(tx),
        "deaths": [each for each in await deaths.unconfirmed(tx) if each.overdue_at is not None],
        "detectors": not await detectors.are_missed(tx),
        "unjudged": [
            speech(page_words.HOME_OF, number=home.number, area=home.area)
            for home in await detectors.homes_without_judge(tx)
        ],
        "bare_areas": await board.areas_without_patrol(tx, watched.now),
        "unknown_codes": await board.unknown_codes(tx, watched.now),
        "sealed_in_use": await sealed_accounts.accounts_in_use(tx, watched.now),
        "to_confirm_stop": [
            names[each.org] for each in await town_stops.waiting(tx, CONFIRM_WITHIN) if each.org in names
        ],
        "stopped": [town.name for town in watched.towns if town.stopped_at],
    }


async def _night_context(request: web.Request, tx: Tx, watched: WatchedTowns) -> dict[str, Any]:
    checks = await board.night_checks(tx, _nights(watched))
    speech = speech_of(request)
    if request[PERSON].covered:
        checks = [replace(check, resident=speech(page_words.COVERED_NAME)) for check in checks]
    return {"chart": chart(checks, watched.zones, watched.now, speech)}


def _nights(watched: WatchedTowns) -> dict[str, Any]:
    return {town.org: night_of(watched.now, ZoneInfo(town.zone)) for town in watched.towns}
