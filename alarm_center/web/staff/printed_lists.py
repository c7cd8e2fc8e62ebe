"""Pages of lists to print: ``/d/i5f3a0c1e`` is an incident's, as its SMS links to it, ``/reserve`` the night's by area.

Both hold names and addresses, so they are for those who drive, answer or lead, each for their own areas; that somebody
has fetched a reserve list is written (docs/check.md#before-the-night). They hold many doors' codes, so a second factor is asked for again.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from aiohttp import web

from alarm_center.casework import incident_list
from alarm_center.casework.cases import NotFound
from alarm_center.core import phone_numbers
from alarm_center.core.reserve_list import Entry, ReserveList
from alarm_center.core.roles import Right
from alarm_center.preparation import reserve_lists
from alarm_center.store import reserve_lists as rows
from alarm_center.store.memory import now
from alarm_center.web import csv_file
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require, require_fresh_factor
from alarm_center.web.operator.calling import beside_context
from alarm_center.web.page import PERSON, redirect, render, speech_of
from alarm_center.words import list_words, page_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.incident_paper import alike_text, incident_text
from alarm_center.words.reserve_paper import reserve_text
from alarm_center.words.supervision_words import RISKS

routes = web.RouteTableDef()


@routes.get("/d/{link:[a-z][a-z0-9]{5,23}}")
@require(Right.PAPERS)
@require_fresh_factor
async def show_incident(request: web.Request) -> web.StreamResponse:
    """Show an incident's list, what is left to check first."""
    link = request.match_info["link"]
    made = await incident_list.incident_list(request.app[MEMORY], link, request[PERSON].paper_viewer)
    if made is None:
        raise NotFound(f"incident {link}")
    ends = made.incident_id if made.can_be_closed and request[PERSON].may(Right.WATCH) else None
    return await _show_paper(request, incident_text(made), f"/d/{link}.csv", ends)


@routes.get("/d/{link:[a-z][a-z0-9]{5,23}}.csv")
@require(Right.PAPERS)
@require_fresh_factor
async def export_incident(request: web.Request) -> web.StreamResponse:
    """Return an incident's list as a file; protected identities are masked as on paper."""
    link = request.match_info["link"]
    made = await incident_list.incident_list(request.app[MEMORY], link, request[PERSON].paper_viewer)
    if made is None:
        raise NotFound(f"incident {link}")
    speech = speech_of(request)
    lines = [
        _place_cells(each.entry, each.area, [speech.clock(at, made.zone) for at in each.times], each.ticked, str(each.case_no), speech)
        for each in made.places
    ]  # fmt: skip
    return csv_file.answer(
        f"storning-{made.number}", made.opened_at.date(), [_headings(list_words.PLACES, speech), *lines]
    )


@routes.get("/d/{number:\\d{1,9}}")
@require(Right.PAPERS)
async def show_numbered_incident(request: web.Request) -> web.StreamResponse:
    """Send the reader to the list of incident *number*; each town counts its own, so there may be several to choose from."""
    number = int(request.match_info["number"])
    found = await incident_list.incidents_of_number(request.app[MEMORY], number, request[PERSON].paper_viewer)
    if not found:
        raise NotFound(f"incident {number}")
    if len(found) == 1:
        return redirect(f"/d/{found[0].link}")
    return render(request, "incidents.html", {"number": number, "incidents": found})


@routes.get("/alike")
@require(Right.WATCH)
@require_fresh_factor
async def show_alike(request: web.Request) -> web.StreamResponse:
    """Show the waiting alarms of one kind in a town or an area as a list: the board offers it where they are many."""
    town, kind, area = (request.query.get(name, "") for name in ("town", "kind", "area"))
    made = await incident_list.alike_list(request.app[MEMORY], town, kind, area, request[PERSON].paper_viewer)
    if made is None:
        raise NotFound(f"town {town}")
    return await _show_paper(request, alike_text(made))


@routes.get("/reserve")
@require(Right.PAPERS)
async def show_reserve_lists(request: web.Request) -> web.StreamResponse:
    """Show which reserve lists there are, tonight's first."""
    async with request.app[MEMORY].transaction(request[PERSON].paper_viewer) as tx:
        made = await rows.recent_lists(tx, await now(tx))
    return render(request, "reserve.html", {"lists": made})


@routes.get("/reserve.csv")
@require(Right.PAPERS)
async def export_reserve_lists(request: web.Request) -> web.StreamResponse:
    """Return which reserve lists there are, as a file."""
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].paper_viewer) as tx:
        at = await now(tx)
        made = await rows.recent_lists(tx, at)
    lines = [[one.town, one.code, str(one.night), speech.clock(one.fetched_at, one.zone)] for one in made]
    return csv_file.answer("reservlistor", at.date(), [_headings(list_words.RESERVE_LISTS, speech), *lines])


@routes.get("/reserve/{area}/{night:\\d{4}-\\d\\d-\\d\\d}")
@require(Right.PAPERS)
@require_fresh_factor
async def show_reserve_list(request: web.Request) -> web.StreamResponse:
    """Show one area's list of a night, and note that this person has fetched it, once there is a page to read."""
    return await _show_paper(request, reserve_text(await _fetched_list(request)), f"{request.path}.csv")


@routes.get("/reserve/{area}/{night:\\d{4}-\\d\\d-\\d\\d}.csv")
@require(Right.PAPERS)
@require_fresh_factor
async def export_reserve_list(request: web.Request) -> web.StreamResponse:
    """Return one area's list of a night as a file; it is fetched by that as by the page."""
    made, speech = await _fetched_list(request), speech_of(request)
    lines = [
        _place_cells(each, made.area, [speech.clock(stop.at, made.zone) for stop in each.stops], all(stop.done for stop in each.stops), "", speech)
        for each in made.people
    ]  # fmt: skip
    return csv_file.answer(f"reservlista-{made.area}", made.night, [_headings(list_words.PLACES, speech), *lines])


async def _fetched_list(request: web.Request) -> ReserveList:
    person = request[PERSON]
    reader = None if request.method == "HEAD" else str(person.user_id)
    try:
        area_id, night = UUID(request.match_info["area"]), date.fromisoformat(request.match_info["night"])
    except ValueError as error:
        raise NotFound("reserve list") from error
    made = await reserve_lists.fetch_reserve_list(
        request.app[MEMORY], area_id, night, fetched_by=reader, viewer=person.paper_viewer
    )
    if made is None:
        raise NotFound("reserve list")
    return made


def _headings(columns: Sequence[str], speech: Speech) -> list[str]:
    return [speech(each) for each in columns]


def _place_cells(entry: Entry, area: str, times: Sequence[str], done: bool, case: str, speech: Speech) -> list[str]:
    card = entry.card
    return [
        str(card.number), card.name or speech(page_words.PROTECTED), card.address, phone_numbers.national(card.phone) if card.phone else "", area, speech(RISKS[card.risk]),
        ", ".join(times), speech(list_words.YES if done else list_words.NO), case,
    ]  # fmt: skip


async def _show_paper(request: web.Request, text: str, file: str = "", ends: UUID | None = None) -> web.StreamResponse:
    """Show a list as text, with the address of its *file* where it has one; *ends* is the incident that the reader may end.

    It does not cover itself: it is also read in a car, where nobody touches it for long.
    """
    beside = await beside_context(request)
    return render(request, "paper.html", beside | {"text": text, "file": file, "ends": ends, "cover_after": 0})
