"""Routes of the operator's board: page, fragments of queue and night, a reply marked read; the towns a person watches.

Rows of the queue are made in `queue`, the chart in `night_chart`; changes are streamed by `web.stream`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, Final
from uuid import UUID

import jinja2
from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core.alarm.disruption import Disruption, likely_disruptions
from alarm_center.core.exercises import is_heard
from alarm_center.core.roles import Right
from alarm_center.core.town_stop import CONFIRM_WITHIN, TownStop
from alarm_center.store import (
    board,
    deaths,
    detectors,
    duty_patrols,
    events,
    health,
    incidents,
    looks,
    provider_states,
    sealed_accounts,
    shadow_nights,
    town_stops,
)
from alarm_center.store.memory import Tx, now
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.audit_banners import audit_banners
from alarm_center.web.operator.disruption_rows import disruption_rows
from alarm_center.web.operator.drawn_part import REVISIONS, DrawnPart, DrawnRow, answer_part
from alarm_center.web.operator.night_chart import chart
from alarm_center.web.operator.patrol_places import patrol_places
from alarm_center.web.operator.queue import SECTIONS, BoardReader, QueueRow, queue, rows_held
from alarm_center.web.operator.signed_in import signed_in_context
from alarm_center.web.operator.since_sign_in import since_sign_in_context
from alarm_center.web.operator.trouble_rows import alarm_sound, look_sound, trouble_rows
from alarm_center.web.operator.watched_towns import WatchedTowns, nights, watched_towns
from alarm_center.web.page import PERSON, environment_of, page_number, redirect_or_tell, render, speech_of
from alarm_center.web.shared_html import TOKEN_PLACE, compress
from alarm_center.web.shared_reads import read_shared
from alarm_center.words import page_words
from alarm_center.words.catalogues import Speech

routes = web.RouteTableDef()

_NOBODY: Final = UUID(int=0)
"""A person who holds no case."""
_ROWS_KEPT: Final = 2000
"""Rows whose HTML is kept, 0.4 to 1 kB each: those of two hundred open cases in two languages, with room for a night of many."""
_FEW: Final = 5
"""Rows that are drawn large, with a button each, where no more wait; else all are a line each, and the night is a strip."""
_ON_A_PAGE: Final = 200
"""Rows of the queue on one page, about 100 kB: those that need somebody most are on the first."""


@dataclass(frozen=True)
class QueueRead:
    """All that queue and banners are drawn from, read at one time in the scope of everybody of the same memberships."""

    watched: WatchedTowns
    alarms: list[board.AlarmLine]
    red_incidents: list[incidents.RedIncident]
    phones: Mapping[UUID, board.AskedPhone]
    """Of the carers in trouble, by their notice."""
    looks: list[board.LookLine]
    tally: board.Tally
    loose: list[board.LooseReply]
    deaths: list[deaths.Death]
    detectors_missed: bool
    unjudged: list[detectors.HomeWithoutJudge]
    bare_areas: list[str]
    patrols: list[duty_patrols.DutyPatrol]
    unknown_codes: list[board.UnknownCode]
    sealed_in_use: list[sealed_accounts.AccountInUse]
    waiting_stops: list[TownStop]
    without_provider: list[provider_states.TownWithoutProvider]
    audit: list[health.AuditFinding]
    disruptions: list[Disruption]
    incident_links: Mapping[UUID, str]
    """Links of the lists of open incidents; none are read where nothing looks like a disruption."""
    _rows: dict[tuple[str, bool], tuple[list[QueueRow], list[QueueRow]]] = field(default_factory=dict)
    parts: dict[tuple[str, bool, int], DrawnPart] = field(default_factory=dict)
    """The queue as everybody sees it who holds no case, by language, whether it is covered, and page."""

    @cached_property
    def holders(self) -> frozenset[UUID | None]:
        """Everybody who may hold a case or look at a check."""
        return frozenset((*(line.alarm.lease.holder for line in self.alarms), *(line.looker for line in self.looks)))

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
    _parts: dict[tuple[str, bool], DrawnPart] = field(default_factory=dict)

    def drawn(self, environment: jinja2.Environment, speech: Speech, *, covered: bool) -> DrawnPart:
        """Return the chart in that language; made once. Covered, it names nobody."""
        key = (speech.language, covered)
        if key not in self._parts:
            checks = self.checks
            if covered:
                checks = [replace(check, resident=speech(page_words.COVERED_NAME)) for check in checks]
            drawing = chart(checks, self.watched.zones, self.watched.now, speech)
            html = environment.get_template("parts/night.html").render(chart=drawing, person={"covered": covered})
            self._parts[key] = DrawnPart(lambda _: html, (), says=f"{key} {drawing.without_now}")
        return self._parts[key]


@routes.get("/")
@require(Right.WATCH, covered=True)
async def show_board(request: web.Request) -> web.StreamResponse:
    """Show the whole board. The cursor is read first, so that no line between page and stream is lost."""
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        cursor = await events.newest_cursor(tx)
        answered, here = await _answered(request, tx), await signed_in_context(request, tx)
        here |= await since_sign_in_context(tx)
    watched, waiting = await _drawn_queue(request)
    night, person = await _drawn_night(request), request[PERSON]
    for part in (waiting, night):
        request.app[REVISIONS].remember(part.revision, part.rows)
    shown = {
        "cursor": cursor,
        "wrong_pin": _wrong_pin(request),
        "queue": waiting.html.replace(TOKEN_PLACE, person.csrf),
        "night": night.html,
        "revisions": {"queue": waiting.revision, "night": night.revision},
        "page": page_number(request),
        "answered": answered,
    }
    return compress(request, render(request, "board.html", _head_context(watched) | here | shown), person.csrf)


async def _answered(request: web.Request, tx: Tx) -> list[shadow_nights.BlindAnswer]:
    """Return the answers that the person has just given blind, with the detector's beside them; none at a covered board."""
    person = request[PERSON]
    try:
        check_id = UUID(request.query.get("answered", ""))
    except ValueError:
        return []
    return [] if person.covered else await shadow_nights.blind_answers(tx, check_id, person.user_id)


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
    _, part = await _drawn_queue(request)
    return answer_part(request, part)


@routes.get("/fragments/night")
@require(Right.WATCH, covered=True)
async def show_night(request: web.Request) -> web.StreamResponse:
    """Show the chart of the night."""
    return answer_part(request, await _drawn_night(request))


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


async def _drawn_queue(request: web.Request) -> tuple[WatchedTowns, DrawnPart]:
    """Return the queue as the person sees it, and the towns that it was read from: the same drawing for all who hold no case."""
    person, speech = request[PERSON], speech_of(request)
    read = await read_shared(request, "queue", _read_queue)
    reader = BoardReader(person.user_id, read.watched.zones, read.watched.now, speech, person.covered)
    own: Mapping[UUID, QueueRow] = {}
    if person.user_id in read.holders:
        own = rows_held(await _with_own_names(request, read), read.looks, reader)
    most = len(read.alarms) + len(read.looks)
    page = min(page_number(request), max(1, -(-most // _ON_A_PAGE)))
    if own:
        return read.watched, _queue_part(request, read, reader, page, own)
    key = (speech.language, person.covered, page)
    if key not in read.parts:
        read.parts[key] = _queue_part(request, read, reader, page, {})
    return read.watched, read.parts[key]


def _queue_part(
    request: web.Request, read: QueueRead, reader: BoardReader, page: int, own: Mapping[UUID, QueueRow]
) -> DrawnPart:
    """Return the queue with its banners. But for the rows of *own* cases it depends on memberships, language and covering alone."""
    environment, person, speech = environment_of(request), request[PERSON], reader.speech
    todo, in_hand = ([own.get(row.row_id, row) for row in rows] for rows in read.rows_of_nobody(reader))
    waiting = sum(row.waits for row in todo)
    real = [line for line in read.alarms if not line.training]
    heard = (line.alarm for line in read.alarms if is_heard(line.alarm, training=line.training))
    troubles = trouble_rows(heard, read.phones, speech)
    names = {town.org: town.name for town in read.watched.towns}
    first, last = (page - 1) * _ON_A_PAGE, page * _ON_A_PAGE
    context = _head_context(read.watched) | {
        "csrf": TOKEN_PLACE,
        "person": {"covered": reader.covered, "may": person.may},
        "todo": todo,
        "tally": read.tally,
        "heads": page_words.SECTIONS,
        "waiting": waiting,
        "many": waiting > _FEW,
        "top": next((row for row in todo if row.is_real and not row.held_by_me and not row.holder), None),
        "new_p1": sorted(
            (row for row in todo if row.is_real and row.mark == "p1" and row.claimable),
            key=lambda row: row.since,
            reverse=True,
        ),
        "counts": {
            "alarms": sum(not line.alarm.is_calm for line in real),
            "troubles": len(troubles),
            "oldest": min((row.since for row in todo if row.waits), default=None),
        },
        "troubles": troubles,
        "red_incidents": read.red_incidents,
        "red": any(row.red for row in todo),
        "urgent": [
            *(trouble.sound for trouble in troubles),
            *(alarm_sound(one.incident_id) for one in read.red_incidents),
            *(alarm_sound(row.row_id) for row in todo if row.is_real and row.mark == "p1" and row.claimable),
        ],
        "looks": [*map(look_sound, read.looks)],
        "unread": sum(row.unread for row in (*todo, *in_hand)),
        "loose": read.loose,
        "deaths": read.deaths,
        "detectors": not read.detectors_missed,
        "unjudged": [speech(page_words.HOME_OF, number=home.number, area=home.area) for home in read.unjudged],
        "bare_areas": read.bare_areas,
        "patrols": patrol_places(read.patrols, [line.alarm for line in read.alarms]),
        "unknown_codes": read.unknown_codes,
        "sealed_in_use": read.sealed_in_use,
        "without_provider": read.without_provider,
        "audit": audit_banners(read.audit, read.watched, speech),
        "to_confirm_stop": [names[each.org] for each in read.waiting_stops if each.org in names],
        "disruptions": disruption_rows(read.disruptions, read.alarms, read.incident_links, names, speech),
        "stopped": [town.name for town in read.watched.towns if town.stopped_at],
        "page": page,
        "first": first + 1,
        "last": min(last, len(todo) + len(in_hand)),
        "all_rows": len(todo) + len(in_hand),
    }
    template, draw = environment.get_template("parts/queue.html"), request.app[DRAWN_ROWS].draw

    in_sections = [[row for row in todo if row.section == name] for name in SECTIONS]

    def frame(lists: Sequence[str]) -> str:
        *todo_rows, in_hand_rows = lists
        sections = [
            {
                "name": name,
                "count": len(rows),
                "rows": html,
                "until": max((row.due for row in rows if row.due), default=None),
            }
            for name, rows, html in zip(SECTIONS, in_sections, todo_rows, strict=True)
            if html
        ]
        return template.render(context, sections=sections, in_hand_rows=in_hand_rows)

    def drawn(rows: Sequence[QueueRow], before: int) -> list[DrawnRow]:
        """Draw those of *rows* that are on this page; *before* them stand so many others."""
        here = list(enumerate(rows, before))[max(0, first - before) : max(0, last - before)]
        return [draw(environment, reader.covered, _size(place, waiting, row), row) for place, row in here]

    befores = accumulate((len(rows) for rows in in_sections), initial=0)
    lists = [drawn(rows, before) for rows, before in zip((*in_sections, in_hand), befores, strict=True)]
    return DrawnPart(frame, lists)


def _size(place: int, waiting: int, row: QueueRow) -> str:
    """Return how a row is drawn: as a line where many are *waiting* or it is due later; else the first of those that wait is the largest."""
    return "short" if waiting > _FEW or row.section == "later" else "first" if place == 0 and waiting else ""


async def _read_queue(tx: Tx) -> QueueRead:
    watched = await watched_towns(tx)
    alarms = await board.open_alarms(tx)
    alike = likely_disruptions(line.alarm for line in alarms if not line.training)
    return QueueRead(
        watched,
        alarms,
        await incidents.red_incidents(tx),
        await board.phones_in_trouble(tx, (line.alarm for line in alarms)),
        await board.checks_to_look_at(tx, watched.now, looks.CHECK_LEASE),
        await board.tally(tx, nights(watched), watched.now),
        await board.loose_replies(tx),
        [each for each in await deaths.unconfirmed(tx) if each.overdue_at is not None],
        await detectors.are_missed(tx),
        await detectors.homes_without_judge(tx),
        await board.areas_without_patrol(tx, watched.now),
        await duty_patrols.patrols_on_duty(tx, watched.now),
        await board.unknown_codes(tx, watched.now),
        await sealed_accounts.accounts_in_use(tx, watched.now),
        await town_stops.waiting(tx, CONFIRM_WITHIN),
        await provider_states.towns_without_own(tx),
        await health.self_audit(tx, watched.now - health.AUDIT_AFTER),
        alike,
        await incidents.links_of_open(tx) if alike else {},
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


class DrawnRows:
    """The HTML of the rows that were drawn last, for every board of this replica."""

    def __init__(self) -> None:
        self.draw = lru_cache(maxsize=_ROWS_KEPT)(_row_for_anybody)


DRAWN_ROWS: Final = web.AppKey("drawn_rows", DrawnRows)


def _row_for_anybody(environment: jinja2.Environment, covered: bool, size: str, row: QueueRow) -> DrawnRow:
    """Return a row's HTML. Most rows of a queue are the same as before the last change, and the same for every board."""
    context = {"csrf": TOKEN_PLACE, "person": {"covered": covered}}
    html = str(environment.get_template("parts/row.html").make_module(context).line(row, size))  # type: ignore[attr-defined]
    return DrawnRow.of(html.strip())


async def _drawn_night(request: web.Request) -> DrawnPart:
    """Return the night's chart, which names nobody's token and is drawn once for all who share the read."""
    speech, covered = speech_of(request), request[PERSON].covered
    read = await read_shared(request, "night", _read_night)
    return read.drawn(environment_of(request), speech, covered=covered)


async def _read_night(tx: Tx) -> NightRead:
    watched = await watched_towns(tx)
    return NightRead(watched, await board.night_checks(tx, nights(watched)))
