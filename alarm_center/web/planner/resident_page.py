"""A resident's page: supervision in a sentence, agreement, times, plan, the last nights, devices and history."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core.resident_record import NightRow
from alarm_center.core.roles import Right
from alarm_center.core.shadow_nights import shadow_nights as nights_of
from alarm_center.core.supervision import SupervisionKind, supervision_of
from alarm_center.store import (
    case_pages,
    consents,
    follow_ups,
    look_log,
    mountings,
    resident_list,
    resident_page,
    residents,
    run_ins,
    shadow_nights,
    towns,
)
from alarm_center.store.memory import Tx
from alarm_center.town import follow_up_talks
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context, planned_night
from alarm_center.web.planner.endings import gone_context
from alarm_center.web.planner.history import history_of
from alarm_center.words import follow_up_words, mounting_words, resident_words, run_in_words, shadow_words
from alarm_center.words import resident_page_words as words_of
from alarm_center.words.catalogues import Speech
from alarm_center.words.letter_words import letter_language

routes = web.RouteTableDef()

NIGHTS: Final = 14
"""Nights in the strip, before the one that is planned now."""


@routes.get("/residents/{resident}")
@require(Right.PLAN)
async def show_resident(request: web.Request) -> web.StreamResponse:
    """Show a resident's page, or that of somebody who has moved or died.

    Raises:
        NotFound: there is no such resident whom the person may see.
    """
    resident_id = path_uuid(request, "resident")
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        context = await page_context(request, tx)
        if await resident_page.head(tx, resident_id) is None:
            own = await gone_context(request, tx, resident_id)
            return render(request, "planner/gone.html", context | own)
        own = await resident_context(tx, resident_id, context["now"], speech_of(request))
    return render(request, "planner/resident.html", context | own)


@routes.post("/residents/{resident}/door-code")
@require(Right.PLAN)
async def show_door_code(request: web.Request) -> web.StreamResponse:
    """Show the page with the code of the port, once; that this person was shown it is written."""
    resident_id = path_uuid(request, "resident")
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        context = await page_context(request, tx)
        own = await resident_context(tx, resident_id, context["now"], speech_of(request))
        if not await look_log.note_door_code(tx, resident_id):
            raise NotFound(f"no resident {resident_id}")
    request.app[MEMORY].hint()
    return render(request, "planner/resident.html", context | own | {"shows_code": True})


@routes.post("/residents/{resident}/task-done")
@require(Right.PLAN)
async def end_task(request: web.Request) -> web.StreamResponse:
    """Write that the task of missing company is done; one that is done already stays as it is."""
    resident_id, person = path_uuid(request, "resident"), request[PERSON]

    async def work(tx: Tx) -> None:
        if await resident_page.head(tx, resident_id) is None:
            raise NotFound(f"no resident {resident_id}")
        await follow_up_talks.end_task(tx, resident_id, str(person.user_id))

    await request.app[PLANNER_MEMORY].attempt(work, person.viewer(Right.PLAN))
    return redirect(f"/residents/{resident_id}")


async def resident_context(tx: Tx, resident_id: UUID, at: datetime, speech: Speech) -> dict[str, Any]:
    """Return what the page, and the plan on paper, say of a resident.

    Raises:
        NotFound: there is no such resident who lives there and whom *tx* sees.
    """
    head = await resident_page.head(tx, resident_id)
    if head is None:
        raise NotFound(f"no resident {resident_id}")
    zone, night = head.zone, planned_night(at, ZoneInfo(head.zone))
    facts = (await resident_list.listed_residents(tx, {head.org: night}, [resident_id]))[0].facts
    supervision = supervision_of(facts)
    first = night - timedelta(days=NIGHTS)
    checks = await resident_page.checks_between(tx, resident_id, first, night)
    past = [first + timedelta(days=n) for n in range(NIGHTS)]
    home = await towns.of_resident(tx, resident_id)
    of_town = (await towns.of_area(tx, head.org, head.area_id)).plan
    card = await residents.card(tx, resident_id)
    assert card is not None, "the head is of the same row"
    beside = await case_pages.companion(tx, resident_id)
    names = (card.name, beside.name if beside else card.cohabitant)
    devices, run_in = await resident_page.devices(tx, resident_id), await run_ins.of_resident(tx, resident_id)
    agreed = await consents.papers(tx, resident_id)
    kind = devices[0].kind if devices else "camera"
    coming = [row.opens_at for row in checks if row.night == night and _is_coming(row, at)]
    return {
        "head": head,
        "card": card,
        "beside": beside,
        "other_name": names[1] or speech(words_of.OTHER_THERE),
        "shows_code": False,
        "door": resident_words.door(replace(card, port_code=""), speech, known=bool(card.port_code)),
        "door_known": bool(card.access or card.port_code or card.key_place or card.second_way),
        "zone": zone,
        "status": words_of.status_sentence(
            supervision, facts, names, None if head.unplanned and not coming else coming, at, zone, speech
        ),
        "runs": supervision.fault is None,
        "paused": supervision.kind is SupervisionKind.PAUSED,
        "withdrawn": any(each.withdrawn_at for each in facts.lacking),
        "decisions": [words_of.decision_words(row, speech) for row in await resident_page.decisions(tx, resident_id)],
        "consents": [words_of.consent_words(each, names, zone, speech) for each in agreed],
        "letter_language": letter_language([each.language for each in agreed if each.who == "resident"]),
        "missing": [each.who for each in facts.lacking if each.withdrawn_at is None],
        "rule": words_of.rule_words(
            head.green_by,
            head.signed_by,
            head.signed_at and head.signed_at.astimezone(ZoneInfo(zone)).date(),
            speech,
            room_known=head.room_known,
        ),
        "unjudged": speech(words_of.NOBODY_JUDGES) if head.nobody_judges else "",
        **await _automatic(tx, resident_id, at, zone, speech),
        **await _follow_up(tx, resident_id, zone, speech),
        "times": words_of.time_lines(await resident_page.times(tx, resident_id, night), night, kind, speech),
        "plan": words_of.plan_parts(home.plan, of_town, speech),
        "cells": words_of.night_cells([row for row in checks if row.night < night], past, speech),
        "shapes": words_of.SHAPES,
        "weekdays": words_of.WEEKDAYS,
        "devices": [words_of.device_words(row, zone, speech) for row in devices],
        "mounting": mounting_words.of_home(mounted := await mountings.of_home(tx, resident_id), speech),
        "mounting_begun": mounted is not None and mounted.may_be_ended,
        "had_run_in": run_in is not None,
        "run_in": run_in_words.state_sentence(run_in, night, speech),
        "history": await history_of(tx, resident_id, of_town, zone, speech),
        "know": resident_words.facts(card, speech),
        "contacts": [(each, resident_words.contact(each, speech)) for each in card.contacts],
    }


async def _automatic(tx: Tx, resident_id: UUID, at: datetime, zone: str, speech: Speech) -> dict[str, str]:
    """Return that green by the detector is offered, or was taken back by itself; nothing where neither is so."""
    found = await shadow_nights.shadow(tx, resident_id, at)
    said = {"offered": "", "taken_back": ""}
    if found is None or found.by_detector:
        return said
    if nights_of(found.facts, at).offered:
        return said | {"offered": speech(shadow_words.OFFERED)}
    return said | {"taken_back": shadow_words.end_sentence(found.ended, zone, speech) if found.ended else ""}


async def _follow_up(tx: Tx, resident_id: UUID, zone: str, speech: Speech) -> dict[str, str]:
    """Return what was said at the newest follow-up, and the task that came of it; nothing where there was none."""
    held = await follow_ups.newest(tx, resident_id)
    if held is None:
        return {"followed_up": "", "task": ""}
    day = speech.short_day(held.recorded_at.astimezone(ZoneInfo(zone)).date())
    said = follow_up_words.answers_sentence(held.answers, day, speech)
    if held.task_owner is None or held.task_due_on is None:
        return {"followed_up": said, "task": ""}
    due = speech.short_day(held.task_due_on)
    return {"followed_up": said, "task": follow_up_words.task_sentence(held.task_owner, due, speech)}


def _is_coming(row: NightRow, at: datetime) -> bool:
    """Return whether somebody or something still looks at that time."""
    return row.opens_at > at and (row.state != "cancelled" or row.instead == "visit")
