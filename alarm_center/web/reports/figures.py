"""Figures of a month or a span of nights, by town: a picture, a table and a file for each count, and none of them under five."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.core import calendar
from alarm_center.core import figures as rules
from alarm_center.core.exercises import ExerciseTally
from alarm_center.core.figures import CountTable, FigureName, TownTariff
from alarm_center.core.night_report import ReportGroup
from alarm_center.core.roles import Right
from alarm_center.core.small_counts import is_small
from alarm_center.store import board, exercises
from alarm_center.store import figures as store
from alarm_center.store.board import TownHead
from alarm_center.store.memory import Tx, now
from alarm_center.web import csv_file
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.calling import beside_context
from alarm_center.web.page import PERSON, render, speech_of
from alarm_center.web.review.review_pages import day_of
from alarm_center.words import exercise_words, figure_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.figure_words import FigureLine

routes = web.RouteTableDef()

_LOOKS: Final = ("seen", "alarmed", "cancelled")
_DAY: Final = timedelta(days=1)
Key = TypeVar("Key", str, ReportGroup)


@dataclass(frozen=True, slots=True)
class _Span:
    """Nights of the page, and the town's clock at which it is made."""

    first: date
    last: date

    @property
    def query(self) -> str:
        return f"from={self.first}&to={self.last}"


@dataclass(frozen=True, slots=True)
class _TownTables:
    """A town's tables with their rows in words."""

    name: str
    tables: Mapping[FigureName, CountTable[str]]
    tariff: TownTariff
    stops: int
    exercises: ExerciseTally

    def lines(self, name: FigureName, speech: Speech) -> list[FigureLine]:
        """Return the rows, and the sums where there are several."""
        table = self.tables[name]
        rows = len(table.keys) + (len(table.keys) > 1)
        return [figure_words.line_of(name, table, row, self.tariff, speech) for row in range(rows)]


@routes.get("/figures")
@require(Right.REPORT)
async def show_figures(request: web.Request) -> web.StreamResponse:
    """Show the figures of the nights ``?from=`` to ``?to=``, or of the month before this one."""
    person, speech = request[PERSON], speech_of(request)
    async with request.app[MEMORY].transaction(person.viewer(Right.REPORT)) as tx:
        heads, at = await board.town_heads(tx), await now(tx)
        span = _span(request, heads, calendar.night_of(at, _zone(heads)))
        towns = [await _town(tx, head, span, speech) for head in heads]
    month = span.first.replace(day=1)
    after = (month + 31 * _DAY).replace(day=1)
    context = await beside_context(request) | {
        "now": at,
        "zone": heads[0].zone if heads else "UTC",
        "span": span,
        "today": calendar.night_of(at, _zone(heads)),
        "heading": figure_words.nights_words(span.first, span.last, speech),
        "months": [_month(each, speech) for each in ((month - _DAY).replace(day=1), after) if each <= at.date()],
        "towns": [_shown(town, span, speech) for town in towns],
        "plans": bool(person.viewer(Right.PLAN).orgs),
        "most": rules.NIGHTS_MOST,
    }
    return render(request, "reports/figures.html", context)


@routes.get("/figures.csv")
@require(Right.REPORT)
async def export_figures(request: web.Request) -> web.StreamResponse:
    """Return the table that ``?figure=`` names, of each town, as the page shows it."""
    speech = speech_of(request)
    try:
        name = FigureName(request.query.get("figure", ""))
    except ValueError:
        raise web.HTTPNotFound from None
    lines: list[list[str]] = []
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.REPORT)) as tx:
        heads, at = await board.town_heads(tx), await now(tx)
        span = _span(request, heads, calendar.night_of(at, _zone(heads)))
        for head in heads:
            town = await _town(tx, head, span, speech)
            columns = figure_words.columns(name, town.tariff, speech)
            title = speech(figure_words.TITLES[name])
            lines += figure_words.file_lines(town.name, title, columns, town.lines(name, speech), speech)
    return csv_file.answer(f"{name}-{span.first}", span.last, lines)


def _zone(heads: list[TownHead]) -> ZoneInfo:
    return ZoneInfo(heads[0].zone if heads else "UTC")


def _span(request: web.Request, heads: list[TownHead], today: date) -> _Span:
    first, last = (day_of(request.query.get(name, "")) for name in ("from", "to"))
    return _Span(*rules.nights_asked(first, last, today))


def _month(first: date, speech: Speech) -> dict[str, str]:
    last = (first + 31 * _DAY).replace(day=1) - _DAY
    return {"query": _Span(first, last).query, "name": speech.month(first)}


async def _town(tx: Tx, head: TownHead, span: _Span, speech: Speech) -> _TownTables:
    zone = ZoneInfo(head.zone)
    bounds = calendar.night_bounds(span.first, zone)[0], calendar.night_bounds(span.last, zone)[1]
    told, at = await store.town_figures(tx, head.org, (span.first, span.last), bounds), await now(tx)
    groups: dict[ReportGroup, list[rules.FigureCase]] = {}
    for case in sorted(told.cases, key=lambda each: (each.counted.group.area, each.counted.group.performer)):
        groups.setdefault(case.counted.group, []).append(case)
    cases = {group: [case.counted for case in each] for group, each in groups.items()}
    looks = rules.by_key(((look.group, _look_row(look)) for look in sorted(told.looks, key=_place)), len(_LOOKS) + 2)
    replies = rules.by_key(
        ((group.area, [case.took, case.declined]) for group, each in groups.items() for case in each), 2
    )
    sent = rules.by_key(
        (
            (each.area, [each.count * (each.channel == channel) for channel in ("sms", "call")])
            for each in told.messages
        ),
        2,
    )
    tables = {
        FigureName.ANSWERED: _table(((group, rules.answered_row(each, at)) for group, each in cases.items()), figure_words.group_words, speech),
        FigureName.ARRIVED: _table(((group, rules.arrived_row(each, at)) for group, each in cases.items()), figure_words.group_words, speech),
        FigureName.DEVICES: _table(rules.device_rows(told.cases).items(), figure_words.device_words, speech),
        FigureName.LOOKS: _table(looks.items(), figure_words.group_words, speech),
        FigureName.REPLIES: _table(replies.items(), figure_words.area_words, speech),
        FigureName.MESSAGES: _table(sent.items(), figure_words.area_words, speech),
    }  # fmt: skip
    apart = await exercises.tally(tx, head.org, *bounds)
    return _TownTables(head.name, tables, told.tariff, told.stops, apart)


def _place(look: store.LookCount) -> tuple[str, str]:
    return look.group.area, look.group.performer


def _look_row(look: store.LookCount) -> list[int]:
    """Return the count in its column: as a look ended, not finished, or a visit from the start."""
    row = [0] * (len(_LOOKS) + 2)
    row[-1 if look.by_visit else _LOOKS.index(look.state) if look.state in _LOOKS else -2] = look.count
    return row


def _table(
    rows: Iterable[tuple[Key, list[int]]], words: Callable[[Key, Speech], str], speech: Speech
) -> CountTable[str]:
    return rules.count_table({words(key, speech): row for key, row in rows})


def _shown(town: _TownTables, span: _Span, speech: Speech) -> dict[str, Any]:
    visits = town.tables[FigureName.LOOKS]
    total = visits.shown(len(visits.keys), 0) if visits.keys else None
    notes = {
        FigureName.LOOKS: figure_words.kilometre_words(total, town.tariff, speech),
        FigureName.REPLIES: figure_words.stop_words(town.stops, is_small(town.stops), speech),
    }
    figures = []
    for name, table in town.tables.items():
        lines = town.lines(name, speech)
        figures.append(
            {
                "id": name,
                "title": speech(figure_words.TITLES[name]),
                "parts": [speech(each) for each in figure_words.PARTS[name]],
                "columns": figure_words.columns(name, town.tariff, speech),
                "rows": [{"line": line, "bars": _bars(table, row)} for row, line in enumerate(lines)],
                "note": notes.get(name, ""),
                "file": f"/figures.csv?figure={name}&{span.query}",
            }
        )
    return {"name": town.name, "figures": figures, "exercises": exercise_words.tally_words(town.exercises, speech)}


def _bars(table: CountTable[str], row: int) -> list[dict[str, Any]]:
    """Return the parts of a row as they lie in a bar of 100; what is not shown is one part at the end. Without the sum: no bar."""
    whole = table.sum_shown(row)
    if not whole:
        return []
    bars, x = [], 0.0
    for column in range(len(table.counts[row]) - 1):
        if count := table.shown(row, column):
            width = 100 * count / whole
            bars.append({"shape": str(column), "x": round(x, 2), "width": round(width, 2)})
            x += width
    return bars if x > 99.99 else [*bars, {"shape": "hidden", "x": round(x, 2), "width": round(100 - x, 2)}]
