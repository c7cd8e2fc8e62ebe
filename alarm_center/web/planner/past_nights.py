"""Nights of a resident afterwards ("Natten i efterhand"): all that the ledger has, to print, and the hold that keeps it past its time."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile, Editor, parse_revision
from alarm_center.core import calendar, past_night
from alarm_center.core.past_night import HOLD_YEARS_MOST, NIGHTS_MOST
from alarm_center.core.resident_record import PageHead
from alarm_center.core.roles import Right
from alarm_center.preparation import night_holds
from alarm_center.store import events, past_nights, resident_page, residents
from alarm_center.store import night_holds as holds
from alarm_center.store.memory import Tx
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context, planned_night
from alarm_center.web.review.review_pages import day_of
from alarm_center.words import past_night_words as words_of
from alarm_center.words import pause_words
from alarm_center.words.past_night_words import HoldFault
from schemas.timeline import NightsShown

routes = web.RouteTableDef()

_PATH = "/residents/{resident}/nights"


@routes.get(_PATH)
@require(Right.PLAN)
async def show_nights(request: web.Request) -> web.StreamResponse:
    """Show the nights that the address names as ``?from=`` and ``?to=``, or the last one; that they were shown is written."""
    response = await _show(request, {}, None)
    request.app[MEMORY].hint()
    return response


@routes.post("/residents/{resident}/nights/hold")
@require(Right.PLAN)
async def hold(request: web.Request) -> web.StreamResponse:
    """Hold the nights of the form against retention."""
    form = {name: str(value).replace("\0", "").strip() for name, value in (await request.post()).items()}
    resident_id, person = path_uuid(request, "resident"), request[PERSON]
    async with request.app[MEMORY].transaction(person.viewer(Right.PLAN)) as tx:
        context = await _head_context(request, tx, resident_id)
    nights, until = _nights_of(form, context["night"]), day_of(form.get("until", ""))
    today = context["now"].astimezone(ZoneInfo(context["zone"])).date()
    reason = form.get("reason", "")[:500]
    if not reason:
        return await _show(request, form, HoldFault.REASON)
    if nights is None or until is None or not today < until <= today + timedelta(days=366 * HOLD_YEARS_MOST):
        return await _show(request, form, HoldFault.UNTIL)
    editor = Editor(str(person.user_id), person.viewer(Right.PLAN), parse_revision(form.get("revision", "")))
    try:
        await night_holds.hold_nights(request.app[PLANNER_MEMORY], resident_id, nights, reason, until, editor=editor)
    except ChangedMeanwhile:
        return await _show(request, form, None, changed=True)
    return redirect(f"/residents/{resident_id}/nights?from={nights[0]}&to={nights[1]}")


@routes.post("/residents/{resident}/nights/release/{hold}")
@require(Right.PLAN)
async def release(request: web.Request) -> web.StreamResponse:
    """End a hold of the resident's nights."""
    form, resident_id, person = await request.post(), path_uuid(request, "resident"), request[PERSON]
    async with request.app[MEMORY].transaction(person.viewer(Right.PLAN)) as tx:
        await _head_context(request, tx, resident_id)
    editor = Editor(str(person.user_id), person.viewer(Right.PLAN), parse_revision(str(form.get("revision", ""))))
    try:
        await night_holds.release_nights(
            request.app[PLANNER_MEMORY], resident_id, path_uuid(request, "hold"), editor=editor
        )
    except ChangedMeanwhile:
        return await _show(request, {}, None, changed=True)
    return redirect(f"/residents/{resident_id}/nights")


async def _show(
    request: web.Request, filled: Mapping[str, str], fault: HoldFault | None, *, changed: bool = False
) -> web.StreamResponse:
    resident_id, speech = path_uuid(request, "resident"), speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        context = await _head_context(request, tx, resident_id)
        head, at, zone = context["head"], context["now"], context["zone"]
        asked = _nights_of(filled or request.query, context["night"])
        first, last = asked or (context["night"], context["night"])
        told = await _nights(tx, head, first, last)
        software = await past_nights.software(tx, resident_id)
        held = await holds.of_resident(tx, resident_id)
        if request.method == "GET":
            await _write_line(tx, request, head, at, (first, last))
    own = {
        "first": first,
        "last": last,
        "sections": [words_of.night_section(each, zone, speech) for each in told],
        "detectors": words_of.detector_names(told),
        "software": software,
        "holds": [
            (
                each,
                words_of.hold_words(
                    each.first_night, each.last_night, each.until_on, each.by, each.held_at, zone, speech
                ),
            )
            for each in held
        ],
        "unreadable": "" if asked else speech(words_of.NIGHTS_UNREADABLE, nights=NIGHTS_MOST),
        "filled": {"reason": "", "until": ""} | dict(filled),
        "fault": "" if fault is None else words_of.fault_words(fault, speech),
        "changed": speech(pause_words.CHANGED_BY_OTHER) if changed else "",
        "nights_most": NIGHTS_MOST,
    }
    return render(request, "planner/past_nights.html", context | own, status=409 if changed else 400 if fault else 200)


async def _head_context(request: web.Request, tx: Tx, resident_id: UUID) -> dict[str, Any]:
    """Return the page's head, and the night that was over last; also of somebody who has moved or died.

    Raises:
        NotFound: there is no such resident whom *tx* sees.
    """
    context = await page_context(request, tx)
    head, card = await resident_page.head(tx, resident_id, living=False), await residents.card(tx, resident_id)
    if head is None or card is None:
        raise NotFound(f"no resident {resident_id}")
    night = planned_night(context["now"], ZoneInfo(head.zone)) - timedelta(days=1)
    living = await resident_page.head(tx, resident_id) is not None
    return context | {"head": head, "card": card, "zone": head.zone, "night": night, "living": living}


def _nights_of(said: Mapping[str, str], night: date) -> tuple[date, date] | None:
    """Return the first and the last night that were asked for, *night* where nothing was; ``None`` where that cannot be read."""
    first, last = (day_of(said[name]) if said.get(name) else night for name in ("from", "to"))
    if first is None or last is None or not first <= last < first + timedelta(days=NIGHTS_MOST):
        return None
    return first, last


async def _nights(tx: Tx, head: PageHead, first: date, last: date) -> list[past_night.PastNight]:
    zone = ZoneInfo(head.zone)
    since, until = calendar.night_bounds(first, zone)[0], calendar.night_bounds(last, zone)[1]
    checks = await past_nights.checks(tx, head.resident_id, first, last)
    named = [each.alarm_id for each in checks if each.alarm_id is not None]
    alarms = await past_nights.alarms(tx, head.resident_id, since, until, named)
    moments = await past_nights.moments(tx, [each.check_id for each in checks], [each.alarm_id for each in alarms])
    on_duty = await past_nights.on_duty(tx, head.area_id, since, until)
    return past_night.past_nights(past_night.nights_between(first, last), zone, checks, alarms, moments, on_duty)


async def _write_line(tx: Tx, request: web.Request, head: PageHead, at: datetime, nights: tuple[date, date]) -> None:
    line = events.NewEvent(
        head.org, NightsShown(*nights), area_id=head.area_id, resident_id=head.resident_id, actor=str(request[PERSON].user_id)
    )  # fmt: skip
    await events.write(tx, at, line)
