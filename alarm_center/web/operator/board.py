"""The operator's board: the queue and the night, whole and as the fragments that the stream asks for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.core.calendar import night_of
from alarm_center.store import board, detectors, events, looks
from alarm_center.store.memory import Tx, now
from alarm_center.web.auth import watches
from alarm_center.web.keys import MEMORY
from alarm_center.web.operator.night import chart
from alarm_center.web.operator.queue import queue
from alarm_center.web.page import PERSON, after, render, speech_of

routes = web.RouteTableDef()

_FALLBACK_ZONE: Final = "Europe/Stockholm"


@dataclass(frozen=True, slots=True)
class Here:
    """The towns that a person watches, and what the clock says there."""

    towns: list[board.Town]
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
    def place(self) -> str:
        """The towns' names."""
        return ", ".join(town.name for town in self.towns)


async def here(tx: "Tx[Any]") -> Here:
    """Return where and when the viewer is."""
    return Here(await board.towns(tx), await now(tx))


@routes.get("/")
@watches
async def show_board(request: web.Request) -> web.StreamResponse:
    """Show the whole board. Its cursor is read first, so that nothing between page and stream is lost."""
    async with request.app[MEMORY].transaction(request[PERSON].watching) as tx:
        cursor = await events.newest(tx)
        place = await here(tx)
        context = await _queue(request, tx, place) | await _night(request, tx, place)
    return render(request, "board.html", context | _head(place) | {"cursor": cursor})


@routes.get("/fragments/queue")
@watches
async def show_queue(request: web.Request) -> web.StreamResponse:
    """Show the queue with its banners."""
    async with request.app[MEMORY].transaction(request[PERSON].watching) as tx:
        place = await here(tx)
        context = await _queue(request, tx, place)
    return render(request, "parts/queue.html", context | _head(place))


@routes.get("/fragments/night")
@watches
async def show_night(request: web.Request) -> web.StreamResponse:
    """Show the night as a picture."""
    async with request.app[MEMORY].transaction(request[PERSON].watching) as tx:
        place = await here(tx)
        context = await _night(request, tx, place)
    return render(request, "parts/night.html", context | _head(place))


@routes.post("/reply/read")
@watches
async def read(request: web.Request) -> web.StreamResponse:
    """Note that words about no open alarm have been read."""
    form, person = await request.post(), request[PERSON]
    async with request.app[MEMORY].transaction(person.watching) as tx:
        await board.loose_reply_read(
            tx, str(form.get("provider", "")), str(form.get("id", "")), str(person.user_id), await now(tx)
        )
    return after(request, "/")


def _head(place: Here) -> dict[str, Any]:
    return {"now": place.now, "zone": place.zone, "place": place.place}


async def _queue(request: web.Request, tx: "Tx[Any]", place: Here) -> dict[str, Any]:
    todo, in_hand = queue(
        await board.open_alarms(tx),
        await board.to_look(tx, place.now, looks.CHECK_HOLD),
        place.zones,
        request[PERSON].user_id,
        place.now,
        speech_of(request),
    )
    return {
        "todo": todo,
        "in_hand": in_hand,
        "tally": await board.tally(tx, _nights(place), place.now),
        "red": any(row.red for row in todo),
        "urgent": [str(row.row_id) for row in todo if row.mark == "p1" and row.claimable],
        "unread": sum(row.unread for row in (*todo, *in_hand)),
        "loose": await board.loose_replies(tx),
        "detectors": await detectors.alive(tx),
        "bare_areas": await board.areas_without_patrol(tx, place.now),
        "stopped": [town.name for town in place.towns if town.stopped_at],
    }


async def _night(request: web.Request, tx: "Tx[Any]", place: Here) -> dict[str, Any]:
    checks = await board.night(tx, _nights(place))
    return {"chart": chart(checks, place.zones, place.now, speech_of(request))}


def _nights(place: Here) -> dict[str, Any]:
    return {town.org: night_of(place.now, ZoneInfo(town.zone)) for town in place.towns}
