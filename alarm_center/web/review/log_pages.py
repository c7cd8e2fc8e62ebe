"""Auditor's pages of the log: filtered, page by page; its export as a file; and who has read it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from aiohttp import web

from alarm_center.core.logged_looks import LookCause
from alarm_center.core.roles import Right
from alarm_center.store import look_log
from alarm_center.store.look_log import PAGE, LogFilter, LogLine, LogPlace
from alarm_center.web import csv_file
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require, require_fresh_factor
from alarm_center.web.page import PERSON, redirect, render, speech_of
from alarm_center.web.review.review_pages import (
    ReviewContext,
    address,
    beginning_of,
    place_of,
    place_text,
    reviewed_town,
    reviews_whole_town,
)
from alarm_center.words import look_words, page_words
from alarm_center.words.catalogues import Speech

routes = web.RouteTableDef()

_BATCH: Final = 5000
"""Looks that an export reads in one transaction: none may stay open for long (docs/database.md#nothing-waits-for-ever)."""
_FIELDS: Final = ("person", "resident", "from", "until", "shown", "without")
"""Fields of the filter, as they stand in the address and in the export's form."""


@routes.get("/looks/log")
@require(Right.REVIEW)
async def show_log(request: web.Request) -> web.StreamResponse:
    """Show who looked at whom, the newest first, as far as the address limits it."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.REVIEW)) as tx:
        reviewed = await reviewed_town(request, tx)
        asked = _filter_of(request.query, reviewed, speech_of(request))
        lines = await look_log.read_log(tx, reviewed.town.org, asked, place_of(request))
    filled = {name: request.query.get(name, "") for name in _FIELDS}
    last = place_text(lines[-1].began_at, lines[-1].look_id) if len(lines) == PAGE else None
    context = {
        "lines": lines,
        "filled": filled,
        "shown_kinds": look_words.SHOWN.items(),
        "only": next((line.who for line in lines if asked.person is not None), None),
        "limited": any(filled.values()),
        "more": address("/looks/log", town=reviewed.town.org, before=last, **filled) if last else None,
        "without": address("/looks/log", town=reviewed.town.org, **(filled | {"person": ""})),
    }
    return render(request, "review/log.html", reviewed.context() | context)


@routes.get("/looks/readings")
@require(Right.REVIEW)
async def show_readings(request: web.Request) -> web.StreamResponse:
    """Show who has read the log, exported it or shown a resident's list.

    Raises:
        web.HTTPForbidden: the person reviews some areas alone.
    """
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.REVIEW)) as tx:
        reviewed = await reviewed_town(request, tx)
        if not reviews_whole_town(request, reviewed.town.org, Right.REVIEW):
            raise web.HTTPForbidden(text=speech_of(request)(look_words.NOT_OF_ALL_AREAS))
        found = await look_log.readings(tx, reviewed.town.org, place_of(request))
    last = place_text(found[-1].at, found[-1].read_id) if len(found) == PAGE else None
    more = address("/looks/readings", town=reviewed.town.org, before=last) if last else None
    return render(
        request,
        "review/readings.html",
        reviewed.context() | {"readings": found, "more": more, "read_words": look_words.READ},
    )


@routes.get("/looks/log/export")
@require(Right.REVIEW)
async def return_to_log(request: web.Request) -> web.StreamResponse:
    """Send the browser to the log, from whose form an export is asked for; a second factor that was shown leads back here."""
    return redirect("/looks/log")


@routes.post("/looks/log/export")
@require(Right.REVIEW)
@require_fresh_factor
async def export_log(request: web.Request) -> web.StreamResponse:
    """Send the log as far as the form limits it, as a file that a spreadsheet opens; that it was taken is written."""
    form, memory, viewer = await request.post(), request.app[MEMORY], request[PERSON].viewer(Right.REVIEW)
    speech = speech_of(request)
    async with memory.transaction(viewer) as tx:
        reviewed = await reviewed_town(request, tx, str(form.get("town", "")) or None)
        asked = _filter_of({name: str(form.get(name, "")) for name in _FIELDS}, reviewed, speech)
        lines = await look_log.read_log(tx, reviewed.town.org, asked, most=_BATCH, export=True)
    name = f"fjarrtillsyn-{reviewed.town.org}-{reviewed.now.astimezone(reviewed.zone):%Y-%m-%d}.csv"
    response = web.StreamResponse(
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "text/csv; charset=utf-8"}
    )
    await response.prepare(request)
    await response.write(csv_file.MARK + csv_file.lines([[speech(column) for column in look_words.CSV_COLUMNS]]))
    while lines:
        await response.write(csv_file.lines(_cells(line, reviewed, speech) for line in lines))
        if len(lines) < _BATCH:
            break
        place = LogPlace(lines[-1].began_at, lines[-1].look_id)
        async with memory.transaction(viewer) as tx:
            lines = await look_log.read_log(tx, reviewed.town.org, asked, place, _BATCH, export=True)
    memory.hint()
    await response.write_eof()
    return response


def _filter_of(fields: Mapping[str, str], reviewed: ReviewContext, speech: Speech) -> LogFilter:
    """Return the filter that *fields* say.

    Raises:
        web.HTTPBadRequest: one cannot be read: it limits to nothing, and everything was not asked for.
    """
    said = {name: fields.get(name, "").strip() for name in _FIELDS}
    try:
        last = date.fromisoformat(said["until"]) + timedelta(days=1) if said["until"] else None
        return LogFilter(
            person=UUID(said["person"]) if said["person"] else None,
            resident_no=_number(said["resident"]) if said["resident"] else None,
            since=beginning_of(date.fromisoformat(said["from"]), reviewed.zone) if said["from"] else None,
            until=beginning_of(last, reviewed.zone) if last else None,
            shown=said["shown"] if said["shown"] in look_words.SHOWN else None,
            without_check=bool(said["without"]),
        )
    except (ValueError, OverflowError) as error:
        raise web.HTTPBadRequest(text=speech(page_words.UNREADABLE)) from error


def _number(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**31:
        raise ValueError(f"no resident has number {number}")
    return number


def _cells(line: LogLine, reviewed: ReviewContext, speech: Speech) -> list[str]:
    def wall(at: datetime | None) -> str:
        return "" if at is None else f"{at.astimezone(reviewed.zone):%Y-%m-%d %H:%M:%S%z}"

    cells = [
        wall(line.began_at),
        wall(line.ended_at),
        "" if line.lasted is None else str(round(line.lasted.total_seconds())),
        line.who or "",
        look_words.role_words(line.roles, speech),
        "" if line.resident_no is None else str(line.resident_no),
        speech(page_words.PROTECTED) if line.resident == "" else line.resident or "",
        line.area or "",
        look_words.view_words(line, speech),
        look_words.cause_words(line, reviewed.town.zone, speech),
        speech(look_words.YES if line.due or line.cause is LookCause.TRIAL else look_words.NO),
        "" if line.raised_for is None else look_words.raised_words(line.raised_for, speech),
    ]
    return cells
