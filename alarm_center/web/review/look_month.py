"""Supervisor's pages: each person's looks of a month, hints, the looks without a due check, and the tick on a reviewed one."""

from uuid import UUID

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core import look_review
from alarm_center.core.decision import IllegalMove
from alarm_center.core.roles import Right
from alarm_center.store import look_log, look_samples
from alarm_center.store.look_log import PAGE, LogFilter
from alarm_center.web import csv_file
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.review.review_pages import (
    address,
    month_context,
    month_of,
    note_of,
    place_of,
    place_text,
    reviewed_town,
)
from alarm_center.words import list_words
from alarm_center.words.look_words import hint_words

routes = web.RouteTableDef()


@routes.get("/looks")
@require(Right.SUPERVISE)
async def show_month(request: web.Request) -> web.StreamResponse:
    """Show each person's looks of a month, those without a due check first, with hints and their reasons."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.SUPERVISE)) as tx:
        reviewed = await reviewed_town(request, tx)
        month = month_of(request, reviewed)
        since, until = look_review.month_span(month, reviewed.zone)
        tallies = await look_log.read_tallies(tx, reviewed.town.org, since, until)
        samples = await look_samples.samples_of(tx, reviewed.town.org)
    speech = speech_of(request)
    people = [(each, [hint_words(hint, each, speech) for hint in look_review.hints(each, tallies)]) for each in tallies]
    overdue = [sample for sample in samples if sample.is_overdue(reviewed.now)]
    context = reviewed.context() | month_context(month, reviewed) | {"people": people, "overdue": overdue}
    return render(request, "review/month.html", context)


@routes.get("/looks.csv")
@require(Right.SUPERVISE)
async def export_month(request: web.Request) -> web.StreamResponse:
    """Return each person's looks of a month as a file; that they were read is written."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.SUPERVISE)) as tx:
        reviewed = await reviewed_town(request, tx)
        month = month_of(request, reviewed)
        tallies = await look_log.read_tallies(tx, reviewed.town.org, *look_review.month_span(month, reviewed.zone))
    request.app[MEMORY].hint()
    speech = speech_of(request)
    lines = [
        [each.who or "", *map(str, (each.looks, each.without_check, each.own_alarm, each.unreviewed, each.clear, each.long_ones))]
        for each in tallies
    ]  # fmt: skip
    return csv_file.answer("tittar", f"{month:%Y-%m}", [[speech(each) for each in list_words.TALLIES], *lines])


@routes.get("/looks/person/{user}")
@require(Right.SUPERVISE)
async def show_person(request: web.Request) -> web.StreamResponse:
    """Show one person's looks of a month: those without a due check, or with ``?all=1`` every one."""
    user = path_uuid(request, "user")
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.SUPERVISE)) as tx:
        reviewed = await reviewed_town(request, tx)
        month = month_of(request, reviewed)
        since, until = look_review.month_span(month, reviewed.zone)
        tallies = await look_log.read_tallies(tx, reviewed.town.org, since, until)
        tally = next((each for each in tallies if each.user_id == user), None)
        if tally is None:
            raise NotFound(f"looks of {user}")
        every = "all" in request.query
        asked = LogFilter(person=user, since=since, until=until, without_check=not every)
        lines = await look_log.read_log(tx, reviewed.town.org, asked, place_of(request))
    more = {"town": reviewed.town.org, "month": f"{month:%Y-%m}", "all": "1" if every else None}
    last = place_text(lines[-1].began_at, lines[-1].look_id) if len(lines) == PAGE else None
    speech = speech_of(request)
    context = {
        "tally": tally,
        "hints": [hint_words(hint, tally, speech) for hint in look_review.hints(tally, tallies)],
        "lines": lines,
        "every": every,
        "own": user == request[PERSON].user_id,
        "more": address(request.path, before=last, **more) if last else None,
    }
    return render(request, "review/person.html", reviewed.context() | month_context(month, reviewed) | context)


@routes.post("/looks/reviewed/{look}")
@require(Right.SUPERVISE)
async def tick_look(request: web.Request) -> web.StreamResponse:
    """Write that the supervisor has reviewed a look, with their note.

    Raises:
        IllegalMove: it is their own, or somebody has reviewed it.
    """
    look, form = path_uuid(request, "look"), await request.post()
    memory = request.app[MEMORY]
    async with memory.transaction(request[PERSON].viewer(Right.SUPERVISE)) as tx:
        reviewed = await reviewed_town(request, tx, str(form.get("town", "")) or None)
        done = await look_log.review_look(tx, reviewed.town.org, look, note_of(form.get("note", "")))
    if done is None:
        raise NotFound(f"look {look}")
    if not done:
        raise IllegalMove(f"look {look}: one's own, or reviewed already")
    memory.hint()
    return redirect(_back_to(str(form.get("user", "")), reviewed.town.org, str(form.get("month", ""))))


def _back_to(user: str, org: str, month: str) -> str:
    """Return the page that the tick was on; the month's where the form does not say."""
    try:
        path = f"/looks/person/{UUID(user)}"
    except ValueError:
        path = "/looks"
    return address(path, town=org, month=month)
