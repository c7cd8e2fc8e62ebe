"""Pages of a file that a planner brings in: the upload, what it would change, and how far it has come."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core import calendar
from alarm_center.core.roles import Right
from alarm_center.core.uploaded_file import FileKind, FileState
from alarm_center.store import file_imports
from alarm_center.store.file_imports import FileImport
from alarm_center.store.memory import Tx, now
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context
from alarm_center.web.route_access import Handler, access_of, register
from alarm_center.words import file_words
from alarm_center.words.catalogues import Speech

routes = web.RouteTableDef()

FILE_BYTES: Final = 8 * 1024 * 1024
"""Some 4 000 residents in a town's file, or 40 000 lines of a table."""
_FORM_BYTES: Final = FILE_BYTES + 64 * 1024
_LISTED: Final = 20
PAGE: Final = 200
"""Residents, or mistakes, on one page of a review: it stays under 150 kB."""


def takes_files(handler: Handler) -> Handler:
    """Let a guarded *handler* read a form with a file in it; every other form of the service is small."""

    async def wide(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request.clone(client_max_size=_FORM_BYTES))
        except web.HTTPRequestEntityTooLarge:
            raise web.HTTPBadRequest(text=speech_of(request)(file_words.TOO_LARGE)) from None

    access = access_of(handler)
    assert access is not None, "it is guarded"
    register(wide, access)
    return wide


@routes.get("/files")
@require(Right.BRING_IN)
async def show_files(request: web.Request) -> web.StreamResponse:
    """Show the form, and the person's own files."""
    return await _show_form(request, "")


@routes.post("/files")
@takes_files
@require(Right.BRING_IN)
async def upload(request: web.Request) -> web.StreamResponse:
    """Keep the file for the service to read; nothing of the town has changed."""
    form, person = await request.post(), request[PERSON]
    sent, viewer = form.get("file"), person.viewer(Right.BRING_IN)
    org = str(form.get("town", "")) or viewer.orgs[0]
    if not isinstance(sent, web.FileField):
        return await _show_form(request, file_words.NO_FILE)
    with sent.file as read:
        body = read.read()
    if org not in viewer.orgs:
        raise NotFound(f"no town {org}")
    if not sent.filename:
        return await _show_form(request, file_words.NO_FILE)
    if len(body) > FILE_BYTES:
        return await _show_form(request, file_words.TOO_LARGE)
    if not body.strip():
        return await _show_form(request, file_words.EMPTY)
    name = "".join(each for each in PurePath(sent.filename.replace("\\", "/")).name if each.isprintable())[-120:]
    kind = FileKind.TOWN if name.lower().endswith(".toml") else FileKind.TABLE
    kind = FileKind.DECISIONS if form.get("what") == FileKind.DECISIONS else kind
    async with request.app[PLANNER_MEMORY].transaction(viewer) as tx:
        kept = await file_imports.upload(tx, org, name or "csv", kind, body, person.user_id, await now(tx))
    return redirect(f"/files/{kept}")


@routes.get("/files/{file_import}")
@require(Right.BRING_IN)
async def show_file(request: web.Request) -> web.StreamResponse:
    """Show what is wrong in the file, what it would change, or how far it has come."""
    return await _show_file(request)


@routes.get("/fragments/files/{file_import}")
@require(Right.BRING_IN)
async def show_progress(request: web.Request) -> web.StreamResponse:
    """Show how far the file has come; a script whose file has got there is told to draw the page anew."""
    async with _reading(request) as tx:
        file = await _file(request, tx)
    response = render(request, "planner/file_progress.html", _progress(file, speech_of(request)))
    if not file.waits:
        response.headers["X-Go"] = f"/files/{file.import_id}"
    return response


@routes.post("/files/{file_import}/bring-in")
@require(Right.BRING_IN)
async def confirm(request: web.Request) -> web.StreamResponse:
    """Have the service bring the file in. What it would undo is ticked, each by itself, or nothing happens."""
    form = await request.post()
    ticked = {str(each) for each in form.getall("undo", [])}
    said = str(form.get("review", ""))
    reviews = int(said) if said.isascii() and said.isdigit() and len(said) < 9 else -1
    async with _reading(request) as tx:
        file = await _file(request, tx)
    if file.waits or file.state is FileState.DONE:
        return redirect(f"/files/{file.import_id}")  # the form was sent twice
    asked = {each["key"] for each in (file.review or {}).get("undone", ())}
    if file.state is not FileState.REVIEWED or file.reviews != reviews:
        return await _show_file(request, file_words.CHANGED_SINCE, status=409)
    if asked - ticked:
        return await _show_file(request, file_words.TICK_ALL, status=400, ticked=ticked)
    async with request.app[PLANNER_MEMORY].transaction(request[PERSON].viewer(Right.BRING_IN)) as tx:
        if not await file_imports.confirm(tx, file.import_id, reviews, sorted(asked)):
            return redirect(f"/files/{file.import_id}")
    return redirect(f"/files/{file.import_id}")


@routes.post("/files/{file_import}/withdraw")
@require(Right.BRING_IN)
async def withdraw(request: web.Request) -> web.StreamResponse:
    """Forget a file that was not brought in."""
    async with _reading(request) as tx:
        file = await _file(request, tx)
    async with request.app[PLANNER_MEMORY].transaction(request[PERSON].viewer(Right.BRING_IN)) as tx:
        await file_imports.withdraw(tx, file.import_id)
    return redirect("/files")


# ---- drawn ----


def _reading(request: web.Request) -> Any:
    return request.app[MEMORY].transaction(request[PERSON].viewer(Right.BRING_IN))


async def _file(request: web.Request, tx: Tx) -> FileImport:
    file = await file_imports.own_file(tx, path_uuid(request, "file_import"))
    if file is None:
        raise NotFound("no such file of this person")
    return file


async def _show_form(request: web.Request, wrong: str) -> web.StreamResponse:
    speech = speech_of(request)
    async with _reading(request) as tx:
        context = await page_context(request, tx)
        files = await file_imports.own_files(tx, _LISTED)
    own = {"files": files, "states": file_words.STATES, "wrong": speech(wrong) if wrong else ""}
    return render(request, "planner/files.html", context | own, status=400 if wrong else 200)


async def _show_file(
    request: web.Request, wrong: str = "", *, status: int = 200, ticked: set[str] | None = None
) -> web.StreamResponse:
    speech = speech_of(request)
    async with _reading(request) as tx:
        context = await page_context(request, tx)
        file = await _file(request, tx)
    zone = next((head.zone for head in context["heads"] if head.org == file.org), context["zone"])
    tonight = calendar.night_of(context["now"], ZoneInfo(zone))
    own = {
        "zone": zone,
        "file": file,
        "wrong": speech(wrong) if wrong else "",
        "ticked": ticked or set(),
        **_progress(file, speech),
        **_review(request, file.review or {}, tonight, zone, speech),
    }
    return render(request, "planner/file.html", context | own, status=status)


def _progress(file: FileImport, speech: Speech) -> dict[str, Any]:
    done, everybody = file.residents_done, file.residents_all
    return {"file": file, "sentence": file_words.state_sentence(file.state, done, everybody, speech)}


def _review(request: web.Request, review: Mapping[str, Any], tonight: Any, zone: str, speech: Speech) -> dict[str, Any]:
    """Return the review's page: mistakes or residents, so many at a time, and everything that would be undone."""
    problems, residents = review.get("problems", []), review.get("residents", [])
    pages = max(1, -(-max(len(problems), len(residents)) // PAGE))
    asked = request.query.get("page", "")
    page = min(max(int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1, 1), pages)
    shown = slice((page - 1) * PAGE, page * PAGE)
    return {
        "problems": [
            (each["line"], file_words.place_words(each["path"]), file_words.said_words(each["said"], speech))
            for each in problems[shown]
        ],
        "notes": [
            (each["line"], file_words.said_words(each["said"], speech)) for each in review.get("notes", [])[:PAGE]
        ],
        "lines": [
            (each["number"], each["name"], file_words.resident_sentence(each["changes"], tonight, speech))
            for each in residents[shown]
        ],
        "of_town": [file_words.town_sentence(each, speech) for each in review.get("town", [])[:PAGE]],
        "undone": [(each["key"], file_words.undone_sentence(each, zone, speech)) for each in review.get("undone", [])],
        "mistakes": len(problems),
        "residents": len(residents),
        "count": review.get("count", 0),
        "again": review.get("again", False),
        "page": page,
        "pages": pages,
    }
