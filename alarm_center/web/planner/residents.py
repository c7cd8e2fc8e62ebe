"""Pages of the residents: the list with its search, filters and CSV file."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from alarm_center.core.roles import Right
from alarm_center.core.supervision import SupervisionKind, SupervisionStatus, supervision_of
from alarm_center.store import drafts, resident_list, residents
from alarm_center.store.board import TownHead
from alarm_center.store.memory import Tx
from alarm_center.store.resident_list import ResidentLine
from alarm_center.web import csv_file
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, render, speech_of
from alarm_center.web.planner.desk import nights_of, page_context
from alarm_center.words import supervision_words
from alarm_center.words.catalogues import Speech

routes = web.RouteTableDef()

PAGE: Final = 100
"""Residents on one page of the list."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One resident of the list, with their supervision tonight in words."""

    it: ResidentLine
    supervision: SupervisionStatus
    why: str


@routes.get("/residents")
@require(Right.PLAN)
async def show_residents(request: web.Request) -> web.StreamResponse:
    """Show a page of the residents, of one area or status where that is asked for."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        context = await page_context(request, tx) | await _drafts(request, tx)
        lines = await _lines(tx, context, speech_of(request))
    area, status = request.query.get("area", ""), request.query.get("status", "")
    chosen = [line for line in lines if area in ("", line.it.area) and status in ("", line.supervision.kind)]
    pages = max(1, -(-len(chosen) // PAGE))
    page = min(max(_number(request.query.get("page", "")), 1), pages)
    first = (page - 1) * PAGE
    shown = chosen[first : first + PAGE]
    limits = {"area": area, "status": status, "page": page, "pages": pages, "first": first + 1, "asked": ""}
    return render(request, "planner/residents.html", context | _counts(lines) | limits | _shown(shown, len(chosen)))


@routes.post("/residents")
@require(Right.PLAN)
async def search_residents(request: web.Request) -> web.StreamResponse:
    """Show the residents who match. A search stands in no address, since addresses are written to logs."""
    asked = str((await request.post()).get("asked", "")).replace("\0", "").strip()[:100]
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        context = await page_context(request, tx) | await _drafts(request, tx)
        hits = await residents.search(tx, asked, PAGE + 1)
        lines = await _lines(tx, context, speech_of(request))
    matching = {hit.resident_id for hit in hits}
    shown = [line for line in lines if line.it.resident_id in matching]
    limits = {"area": "", "status": "", "page": 1, "pages": 1, "first": 1, "asked": asked}
    found = _shown(shown[:PAGE], len(shown)) | {"more": len(hits) > PAGE}
    return render(request, "planner/residents.html", context | _counts(lines) | limits | found)


@routes.get("/residents.csv")
@require(Right.PLAN)
async def export_residents(request: web.Request) -> web.StreamResponse:
    """Return the whole list as a CSV file, in the reader's language."""
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        context = await page_context(request, tx)
        lines = await _lines(tx, context, speech)
    rows = [[speech(column) for column in supervision_words.CSV_COLUMNS]]
    rows += [
        [
            str(line.it.number), *_identity(line.it, speech), line.it.area, speech(supervision_words.RISKS[line.it.risk]),
            speech(supervision_words.KINDS[line.supervision.kind]), line.why, supervision_words.clocks(line.it.times),
        ]
        for line in lines
    ]  # fmt: skip
    night = next(iter(nights_of(context["heads"], context["now"]).values()))
    return csv_file.answer("brukare", night, rows)


async def _drafts(request: web.Request, tx: Tx) -> dict[str, Any]:
    """Return the new residents who are not finished, for whoever may go on with them."""
    may = request[PERSON].may(Right.ENROL)
    whole = all(request[PERSON].may(right) for right in (Right.DECIDE, Right.ARRANGE))
    return {
        "may_enrol": may,
        "new_path": "/drafts/short" if whole else "/drafts/new",
        "drafts": await drafts.drafts(tx) if may else [],
    }


def _identity(resident: ResidentLine, speech: Speech) -> tuple[str, str]:
    """Return name and address for a file; of a protected identity neither."""
    return (speech(supervision_words.PROTECTED), "") if resident.protected else (resident.name, resident.address)


async def _lines(tx: Tx, context: Mapping[str, Any], speech: Speech) -> list[_Line]:
    heads: Sequence[TownHead] = context["heads"]
    at, nights = context["now"], nights_of(heads, context["now"])
    zones = {head.org: head.zone for head in heads}
    lines = []
    for each in await resident_list.listed_residents(tx, nights):
        supervision = supervision_of(each.facts)
        if supervision.kind is SupervisionKind.PAUSED:
            why = supervision_words.pause_words_of(each.facts, at, zones[each.org], speech)
        else:
            why = supervision_words.fault_words(supervision, each.facts, each.name, each.cohabitant, speech)
        lines.append(_Line(each, supervision, why))
    return lines


def _counts(lines: Sequence[_Line]) -> dict[str, Any]:
    """Return how many residents there are of each status and in each area."""
    kinds, areas = Counter(line.supervision.kind for line in lines), Counter(line.it.area for line in lines)
    return {
        "everybody": len(lines),
        "kinds": [(kind, kinds[kind]) for kind in SupervisionKind if kinds[kind]],
        "areas": sorted(areas.items()),
    }


def _shown(lines: Sequence[_Line], chosen: int) -> dict[str, Any]:
    return {"lines": lines, "chosen": chosen, "more": False, "words_of": supervision_words}


def _number(said: str) -> int:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 1
