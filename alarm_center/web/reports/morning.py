"""Morning report of a night: counts by town, area and performer, suggestions, and the file for the care record."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.core import calendar
from alarm_center.core.night_report import counted, night_to_report, often_empty, report_rows
from alarm_center.core.roles import Right
from alarm_center.store import board, exercises, night_reports
from alarm_center.store.board import TownHead
from alarm_center.store.memory import Tx, now
from alarm_center.web import csv_file
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.calling import beside_context
from alarm_center.web.page import PERSON, render, speech_of
from alarm_center.web.review.review_pages import day_of
from alarm_center.words import exercise_words, report_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.past_night_words import night_words

routes = web.RouteTableDef()

_DAY: Final = timedelta(days=1)


@routes.get("/report")
@require(Right.REPORT)
async def show_report(request: web.Request) -> web.StreamResponse:
    """Show the night that the address names as ``?night=``, or this morning's."""
    person, speech = request[PERSON], speech_of(request)
    async with request.app[MEMORY].transaction(person.viewer(Right.REPORT)) as tx:
        heads, at = await board.town_heads(tx), await now(tx)
        night = _night(request, heads, at)
        towns = [await _town(tx, head, night, at, speech) for head in heads]
    by_name: list[dict[str, Any]] = []
    if person.viewer(Right.PLAN).orgs:
        async with request.app[MEMORY].transaction(person.viewer(Right.PLAN)) as tx:
            by_name = [
                each for head in await board.town_heads(tx) for each in await _suggestions(tx, head, night, speech)
            ]
    context = await beside_context(request) | {
        "now": at,
        "zone": heads[0].zone if heads else "UTC",
        "night": night,
        "last": _last_night(heads, at),
        "day": _DAY,
        "heading": night_words(night, speech),
        "columns": report_words.headings(report_words.COLUMNS, speech),
        "towns": towns,
        "suggestions": by_name,
        "plans": bool(person.viewer(Right.PLAN).orgs),
    }
    return render(request, "reports/morning.html", context)


@routes.get("/report.csv")
@require(Right.PLAN)
async def export_report(request: web.Request) -> web.StreamResponse:
    """Return how each owed look, alarm and visit of the night ended, a line each, for the care record."""
    speech = speech_of(request)
    lines = [report_words.headings(report_words.RECORD, speech)]
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        heads, at = await board.town_heads(tx), await now(tx)
        night = _night(request, heads, at)
        for head in heads:
            told = await night_reports.reported_night(
                tx, head.org, night, calendar.night_bounds(night, ZoneInfo(head.zone))
            )
            lines += report_words.record_lines(head.name, night, head.zone, told, speech)
    return csv_file.answer("natten", night, lines)


def _last_night(heads: list[TownHead], at: datetime) -> date:
    """Return the night of this morning, from five o'clock on; before that the one before it."""
    return night_to_report(at, ZoneInfo(heads[0].zone if heads else "UTC"))


def _night(request: web.Request, heads: list[TownHead], at: datetime) -> date:
    """Return the night that the address names; this morning's, where it names none or one to come."""
    asked = day_of(request.query.get("night", ""))
    tonight = calendar.night_of(at, ZoneInfo(heads[0].zone if heads else "UTC"))
    return asked if asked is not None and asked <= tonight else _last_night(heads, at)


async def _town(tx: Tx, head: TownHead, night: date, at: datetime, speech: Speech) -> Mapping[str, Any]:
    told = await night_reports.reported_night(tx, head.org, night, calendar.night_bounds(night, ZoneInfo(head.zone)))
    looks, cases = [look.counted for look in told.looks], [case.counted for case in told.cases]
    every = counted(looks, cases, at)
    apart = await exercises.tally(tx, head.org, *calendar.night_bounds(night, ZoneInfo(head.zone)))
    lasts = bool(every.unfinished) or any(case.closed_at is None for case in cases)
    return {
        "name": head.name,
        "rows": report_words.table(report_rows(looks, cases, at), every, speech),
        "lasts": lasts,
        "exercises": exercise_words.tally_words(apart, speech),
    }


async def _suggestions(tx: Tx, head: TownHead, night: date, speech: Speech) -> list[dict[str, Any]]:
    found = often_empty(await night_reports.past_times(tx, head.org, night))
    people = await night_reports.report_residents(tx, head.org, {each.resident_id for each in found})
    return [
        {"resident_id": each.resident_id, "text": report_words.empty_words(each, people[each.resident_id].name, speech)}
        for each in found
        if each.resident_id in people
    ]
