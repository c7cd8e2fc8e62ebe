"""Hand-over of a board, to be read or printed in two minutes; the next operator takes over by name, and that is kept."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from alarm_center.core import hand_over as rules
from alarm_center.core.hand_over import BoardHandOver, CameCase
from alarm_center.core.roles import Right
from alarm_center.store import board, hand_overs, looks, pause_questions, todo
from alarm_center.store.memory import Tx, now
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.calling import beside_context
from alarm_center.web.operator.queue import BoardReader, QueueRow, queue
from alarm_center.web.operator.trouble_rows import TroubleRow, trouble_rows
from alarm_center.web.operator.watched_towns import WatchedTowns, nights, watched_towns
from alarm_center.web.page import PERSON, redirect, render, speech_of
from alarm_center.words import hand_over_words
from alarm_center.words.catalogues import Speech

routes = web.RouteTableDef()

_PATH: Final = "/hand-over"


@dataclass(frozen=True, slots=True)
class _OpenBoard:
    """Open cases as rows of the queue, and the troubles that nobody has acknowledged."""

    rows: list[QueueRow]
    troubles: list[TroubleRow]


@routes.get(_PATH)
@require(Right.WATCH)
async def show_hand_over(request: web.Request) -> web.StreamResponse:
    """Show what the next one has to know: what is open and who has it, and what came since somebody else last took over."""
    person, speech = request[PERSON], speech_of(request)
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        watched = await watched_towns(tx)
        others = [await hand_overs.last_hand_over(tx, org, but_by=person.user_id) for org in watched.zones]
        handed_over_at = min((each.taken_at for each in others if each), default=None) if all(others) else None
        since = rules.news_since(await hand_overs.signed_in_at(tx), handed_over_at, watched.now)
        opened = await _open(request, tx, watched)
        came = await hand_overs.came_since(tx, list(watched.zones), since)
        pauses = await _pauses(tx, watched, speech)
        silent = await _silent(tx, watched, speech)
        last = [each for org in watched.zones if (each := await hand_overs.last_hand_over(tx, org)) is not None]
    context = await beside_context(request) | {
        "now": watched.now,
        "zone": watched.zone,
        "place": watched.names,
        "since": since,
        "rows": opened.rows,
        "troubles": opened.troubles,
        "came": [hand_over_words.came_words(case, watched.zone, speech) for case in came],
        "ended": _ended(came),
        "pauses": pauses,
        "silent": silent,
        "last": _last_words(last, watched, speech),
        "taken": "taken" in request.query and any(each.taken_by == person.user_id for each in last),
    }
    return render(request, "reports/hand_over.html", context)


@routes.post(_PATH)
@require(Right.WATCH)
async def take_over_board(request: web.Request) -> web.StreamResponse:
    """Keep that the person has taken over the boards that they watch; a form that is sent twice is one hand-over."""
    person = request[PERSON]
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        at, open_alarms = await now(tx), await board.open_alarms(tx)
        for head in await board.town_heads(tx):
            await hand_overs.lock_hand_overs(tx, head.org)
            if rules.is_said_again(await hand_overs.last_hand_over(tx, head.org), person.user_id, at):
                continue
            count = sum(line.alarm.org == head.org and not line.training for line in open_alarms)
            await hand_overs.keep_hand_over(tx, head.org, person.user_id, at, count)
    return redirect(f"{_PATH}?taken")


async def _open(request: web.Request, tx: Tx, watched: WatchedTowns) -> _OpenBoard:
    person, speech = request[PERSON], speech_of(request)
    alarms = [line for line in await board.open_alarms(tx) if not line.training]
    to_look = await board.checks_to_look_at(tx, watched.now, looks.CHECK_LEASE)
    reader = BoardReader(person.user_id, watched.zones, watched.now, speech, covered=person.covered)
    waiting, in_hand = queue(alarms, to_look, reader)
    phones = await board.phones_in_trouble(tx, (line.alarm for line in alarms))
    return _OpenBoard([*waiting, *in_hand], trouble_rows((line.alarm for line in alarms), phones, speech))


async def _pauses(tx: Tx, watched: WatchedTowns, speech: Speech) -> list[str]:
    until = watched.now + rules.PAUSES_WITHIN
    return [
        hand_over_words.pause_end_words(
            each.resident, each.area, each.asked.reason, each.instead, each.asked.to_at, each.zone, speech
        )
        for org in watched.zones
        for each in await pause_questions.unanswered(tx, org, watched.now, until)
    ]


async def _silent(tx: Tx, watched: WatchedTowns, speech: Speech) -> list[str]:
    silent = await todo.silent_before_looks(tx, nights(watched), todo.SILENT_FOR)
    names = await hand_overs.shown_names(tx, {each.resident_id for each in silent})
    return [
        hand_over_words.silent_words(each, names.get(each.resident_id, ""), watched.zones[each.org], speech)
        for each in silent
    ]


def _ended(came: list[CameCase]) -> int:
    return sum(case.closed_at is not None for case in came)


def _last_words(last: list[BoardHandOver], watched: WatchedTowns, speech: Speech) -> list[str]:
    return [hand_over_words.taken_words(each, watched.zones[each.org], speech) for each in last]
