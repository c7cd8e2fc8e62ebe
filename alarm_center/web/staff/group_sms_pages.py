"""Page on which a lead, a planner or an admin writes an SMS to many carers, and sees who has not got theirs."""

from typing import Any, Final
from uuid import UUID

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core.group_sms import Audience, GroupSmsFault, check_text
from alarm_center.core.roles import Right
from alarm_center.preparation import group_sms as sending
from alarm_center.preparation.group_sms import GroupSmsRefused
from alarm_center.store import group_sms, towns
from alarm_center.store.group_sms import GroupSms
from alarm_center.store.memory import Tx, Viewer
from alarm_center.store.towns import Town
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context
from alarm_center.words import group_sms_words

routes = web.RouteTableDef()

_LONGEST: Final = 500
"""Characters of a text that are shown again, with what is wrong with it."""


@routes.get("/staff/sms")
@require(Right.GROUP_SMS)
async def show_group_sms(request: web.Request) -> web.StreamResponse:
    """Show the form, with a text to begin with where one is chosen, and the SMS that were sent."""
    template = group_sms_words.TEMPLATES.get(request.query.get("text", ""))
    return await _show(request, speech_of(request)(template[1]) if template else "")


@routes.post("/staff/sms")
@require(Right.GROUP_SMS)
async def send_group_sms(request: web.Request) -> web.StreamResponse:
    """Show to how many it goes; once that is confirmed, send it. A form that is sent twice sends once."""
    person, form = request[PERSON], await request.post()
    viewer = person.viewer(Right.GROUP_SMS)
    text = str(form.get("text", ""))[:_LONGEST]
    if not form.get("to"):
        return await _show(request, text, "", GroupSmsFault.NOBODY)
    async with request.app[MEMORY].transaction(viewer) as tx:
        town = await _town(tx, str(form.get("town", "")))
        choice = str(form.get("to", ""))
        audience, area_id = await _audience(tx, town, viewer, choice)
        sms = GroupSms(town.org, audience, area_id, check_text(text).text, str(person.user_id))
        fault = await sending.find_fault(tx, sms)
        to = await group_sms.receivers(tx, town.org, audience, area_id)
    if fault is not None or "change" in form:
        return await _show(request, text, choice, None if "change" in form else fault)
    if "sure" not in form:
        return await _show(request, sms.body, choice, to=[each.name for each in to])
    try:
        await sending.send(request.app[PLANNER_MEMORY], sms, viewer=viewer)
    except GroupSmsRefused as refused:
        return await _show(request, text, choice, refused.fault)
    return redirect("/staff/sms#sent")


async def _town(tx: Tx, asked: str) -> Town:
    mine = [town for town in await towns.towns(tx) if not asked or town.org == asked]
    if not mine:
        raise NotFound(f"no town {asked}")
    return mine[0]


async def _audience(tx: Tx, town: Town, viewer: Viewer, choice: str) -> tuple[Audience, UUID | None]:
    """Return the audience that was chosen, as ``area:3``; whoever sees some areas alone reaches the carers of those.

    Raises:
        NotFound: there is none such that the person may write to.
    """
    kind, _, code = choice.partition(":")
    areas = await towns.area_ids(tx, town.org)
    area_id = areas.get(code)
    if kind not in set(Audience) or (code and (area_id is None or not viewer.sees(area_id))):
        raise NotFound("no such audience")
    if (area_id is None and not viewer.sees_all) or (
        (kind == Audience.AREA) != bool(code) and kind != Audience.OMBUDSMEN
    ):
        raise NotFound("an audience beyond the person's areas")
    return Audience(kind), area_id


async def _show(
    request: web.Request,
    text: str,
    choice: str = "",
    fault: GroupSmsFault | None = None,
    *,
    to: list[str] | None = None,
) -> web.StreamResponse:
    viewer, speech, form = request[PERSON].viewer(Right.GROUP_SMS), speech_of(request), await request.post()
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        town = await _town(tx, str(form.get("town", request.query.get("town", ""))))
        mine = await towns.towns(tx)
        areas = [code for code, area_id in (await towns.area_ids(tx, town.org)).items() if viewer.sees(area_id)]
        sent = await group_sms.newest(tx, town.org) if viewer.sees_all else []
    whole = [(each.value, speech(group_sms_words.AUDIENCES[each])) for each in (Audience.STAFF, Audience.ON_DUTY)]
    of_all = (Audience.OMBUDSMEN.value, speech(group_sms_words.AUDIENCES[Audience.OMBUDSMEN]))
    per_area = [
        (f"{each}:{code}", f"{speech(group_sms_words.AUDIENCES[each])}, {speech(group_sms_words.OF_AREA, area=code)}")
        for code in areas
        for each in (Audience.AREA, Audience.OMBUDSMEN)
    ]
    own: dict[str, Any] = {
        "town": town, "text": text, "choice": choice, "fault": speech(group_sms_words.FAULTS[fault]) if fault else "",
        "choices": ([*whole, of_all] if viewer.sees_all else []) + per_area, "to": to, "sent": sent, "mine": mine,
        "texts": [(name, speech(label)) for name, (label, _) in group_sms_words.TEMPLATES.items()],
        "states": {state: speech(words) for state, words in group_sms_words.STATES.items()},
        "audiences": {each.value: speech(words) for each, words in group_sms_words.AUDIENCES.items()},
    }  # fmt: skip
    return render(request, "staff/group_sms.html", context | own, status=400 if fault else 200)
