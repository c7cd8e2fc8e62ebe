"""The night's checks as a list: every resident of the board, by area, a page at a time. The board draws those who need somebody first."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from alarm_center.core.roles import Right
from alarm_center.store import board
from alarm_center.store.board import NightCheck
from alarm_center.store.memory import Tx
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.calling import beside_context
from alarm_center.web.operator.night_chart import dot_of, name_of
from alarm_center.web.operator.watched_towns import WatchedTowns, nights, watched_towns
from alarm_center.web.page import PERSON, page_number, render, speech_of
from alarm_center.web.shared_html import compress
from alarm_center.words.catalogues import Speech

ON_A_PAGE: Final = 200
"""Residents on one page: about 40 kB."""

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class ListedHome:
    """One resident's checks of the night: each in words, with the address of its case while that is open."""

    name: str
    area: str
    checks: list[tuple[str, str]]


@routes.get("/night")
@require(Right.WATCH)
async def show_list(request: web.Request) -> web.StreamResponse:
    """Show a page of the night's residents; of one area if one is chosen."""
    person = request[PERSON]
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        watched, checks = await _read(tx)
    homes = _homes(checks, watched, speech_of(request))
    area = request.query.get("area", "")
    chosen = [home for home in homes if area in ("", home.area)]
    pages = max(1, -(-len(chosen) // ON_A_PAGE))
    page = min(pages, page_number(request))
    first = (page - 1) * ON_A_PAGE
    shown = await beside_context(request) | {
        "now": watched.now,
        "zone": watched.zone,
        "place": watched.names,
        "homes": chosen[first : first + ON_A_PAGE],
        "areas": sorted(Counter(home.area for home in homes).items()),
        "area": area,
        "first": first + 1,
        "chosen": len(chosen),
        "everybody": len(homes),
        "page": page,
        "pages": pages,
    }
    return compress(request, render(request, "night.html", shown), person.csrf)


async def _read(tx: Tx) -> tuple[WatchedTowns, list[NightCheck]]:
    watched = await watched_towns(tx)
    return watched, await board.night_checks(tx, nights(watched))


def _homes(checks: list[NightCheck], watched: WatchedTowns, speech: Speech) -> list[ListedHome]:
    homes: dict[object, ListedHome] = {}
    for check in checks:
        home = homes.setdefault(check.resident_id, ListedHome(name_of(check, speech), check.area, []))
        _, words, href = dot_of(check, watched.zones[check.org], speech)
        home.checks.append((words, href))
    return list(homes.values())
