"""Sounds and banners that call for an operator on a page beside the board, by the same names as there."""

from datetime import datetime
from typing import Any

from aiohttp import web

from alarm_center.store import board, events, incidents, looks
from alarm_center.store.memory import Tx
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.operator.trouble_rows import alarm_sound, look_sound, trouble_rows
from alarm_center.web.operator.watched_towns import watched_towns
from alarm_center.web.page import PERSON, speech_of
from alarm_center.words.catalogues import Speech
from schemas.vocabulary import Priority


async def calling_context(tx: Tx, now: datetime, speech: Speech) -> dict[str, Any]:
    """Return the sounds to ring by, and to tick by, the number of alarms of priority 1 that nobody holds, the troubles, and unread replies."""
    heard = await board.to_be_heard(tx, now)
    troubles = trouble_rows(heard.troubled, await board.phones_in_trouble(tx, heard.troubled), speech)
    # As on the board: one that staff have waits for a person while somebody of theirs is in trouble.
    unheld = (a for a in heard.troubled if a.priority is Priority.FIRST and not a.is_held(now))
    waiting = dict.fromkeys([*heard.urgent, *(alarm.alarm_id for alarm in unheld if not alarm.is_calm)])
    red = [incident.incident_id for incident in await incidents.red_incidents(tx)]
    return {
        "urgent": [*(one.sound for one in troubles), *map(alarm_sound, [*red, *waiting])],
        "waiting": len(waiting),
        "troubles": troubles,
        "looks": list(map(look_sound, await board.checks_to_look_at(tx, now, looks.CHECK_LEASE))),
        "unread": heard.unread,
    }


async def beside_context(request: web.Request) -> dict[str, Any]:
    """Return the context of a page that is drawn by ``beside.html``: at a board it has the clock and what calls its operator."""
    person = request[PERSON]
    if not person.board_viewer.orgs:
        return {"watching": False}
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        watched = await watched_towns(tx)
        return {
            "watching": True,
            "now": watched.now,
            "zone": watched.zone,
            "cursor": await events.newest_cursor(tx),
            "calling": await calling_context(tx, watched.now, speech_of(request)),
        }
