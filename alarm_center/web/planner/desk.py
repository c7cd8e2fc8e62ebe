"""Context of the planner's pages: the clock, the person's towns and their nights, and at a board what calls its operator."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.editing import Editor, parse_revision
from alarm_center.core import calendar
from alarm_center.core.roles import Right
from alarm_center.store import board, events
from alarm_center.store.board import TownHead
from alarm_center.store.memory import Tx, now
from alarm_center.web.operator.calling import calling_context
from alarm_center.web.page import PERSON, speech_of

_MORNING: Final = timedelta(hours=5)
"""From seven in the morning until noon the night before is over (core/calendar.py lets it last until noon)."""


async def page_context(request: web.Request, tx: Tx) -> dict[str, Any]:
    """Return the context of every such page; at a board, also the cases that call for its operator meanwhile."""
    heads = await board.town_heads(tx)
    at = await now(tx)
    watching = bool(request[PERSON].board_viewer.orgs)
    return (await calling_context(tx, at, speech_of(request)) if watching else {}) | {
        "now": at,
        "zone": heads[0].zone if heads else "UTC",
        "heads": heads,
        "cursor": await events.newest_cursor(tx),
        "towns": len(heads),
        "watching": watching,
    }


async def editor_of(request: web.Request, right: Right) -> Editor:
    """Return the person, who changes something by *right*, with the revision that the form was drawn from."""
    person, said = request[PERSON], str((await request.post()).get("revision", ""))
    return Editor(str(person.user_id), person.viewer(right), parse_revision(said))


async def drawn_from(request: web.Request, revision: int) -> int:
    """Return the revision that the form was drawn from which was sent; *revision*, the one that holds, where none was."""
    said = (await request.post()).get("revision")
    return revision if said is None else parse_revision(str(said))


def nights_of(heads: Sequence[TownHead], at: datetime) -> Mapping[str, date]:
    """Return the night of each town that is planned for at *at*."""
    return {head.org: planned_night(at, ZoneInfo(head.zone)) for head in heads}


def planned_night(at: datetime, zone: ZoneInfo) -> date:
    """Return the night that people by day speak of as tonight: from seven in the morning, the one that comes."""
    return calendar.night_of(at + _MORNING, zone)
