"""Pages that exchange a resident's camera and that take a device down: whose it is, the decision and tonight's looks are said first.

Where somebody's checks hang on the device, one person asks and another confirms what both have read.
"""

from collections.abc import Mapping
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile, Editor
from alarm_center.core.mounting import ExchangeReason
from alarm_center.core.resident_record import DeviceRow
from alarm_center.core.retirement import takes_two
from alarm_center.core.roles import Right
from alarm_center.preparation import mounting_jobs
from alarm_center.store import equipment, mountings, resident_page, residents, retirements
from alarm_center.store.memory import Tx
from alarm_center.town import retirements as retiring
from alarm_center.town.retirements import CannotConfirm
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import drawn_from, editor_of, page_context, planned_night
from alarm_center.words import mounting_words, resident_page_words, retire_words

routes = web.RouteTableDef()


# ---- exchange ----


@routes.get("/residents/{resident}/exchange")
@require(Right.ARRANGE)
async def show_exchange(request: web.Request) -> web.StreamResponse:
    """Show whose camera is exchanged, and ask why and on which day."""
    return await _show_exchange(request, {})


@routes.post("/residents/{resident}/exchange")
@require(Right.ARRANGE)
async def give_exchange(request: web.Request) -> web.StreamResponse:
    """Give installers the exchange, or call it off before one has begun it. A form that is sent twice does so once."""
    person, resident_id, speech = request[PERSON], path_uuid(request, "resident"), speech_of(request)
    form = {name: str(value).strip()[:40] for name, value in (await request.post()).items()}
    if form.get("deed") == "call_off":
        return await _call_off(request)
    if form.get("why") not in set(ExchangeReason):
        return await _show_exchange(request, form, {"why": speech(retire_words.SAY_WHY)}, status=400)
    try:
        day = date.fromisoformat(form.get("due_on", ""))
        hour = time.fromisoformat(form["due_time"]) if form.get("due_time") else None
    except ValueError:
        return await _show_exchange(request, form, {"due_on": speech(mounting_words.NO_DAY)}, status=400)
    async with request.app[MEMORY].transaction(person.viewer(Right.ARRANGE)) as tx:
        context = await page_context(request, tx)
    if day < context["now"].astimezone(ZoneInfo(context["zone"])).date():
        return await _show_exchange(request, form, {"due_on": speech(mounting_words.DAY_PAST)}, status=400)
    editor, why = Editor(str(person.user_id), person.viewer(Right.ARRANGE)), ExchangeReason(form["why"])
    try:
        given = await mounting_jobs.give_mounting(
            request.app[PLANNER_MEMORY], resident_id, day, hour, editor=editor, exchange=why
        )
    except LookupError as error:
        raise NotFound(str(error)) from error
    if not given:
        return await _show_exchange(request, form, {"due_on": speech(mounting_words.UNDER_WAY)}, status=409)
    return redirect(f"/residents/{resident_id}")


async def _call_off(request: web.Request) -> web.StreamResponse:
    person, resident_id = request[PERSON], path_uuid(request, "resident")
    editor = Editor(str(person.user_id), person.viewer(Right.ARRANGE))
    if await mounting_jobs.call_off_exchange(request.app[PLANNER_MEMORY], resident_id, editor=editor):
        return redirect(f"/residents/{resident_id}")
    faults = {"call_off": speech_of(request)(retire_words.NOT_CALLED_OFF)}
    return await _show_exchange(request, {}, faults, status=409)


async def _show_exchange(
    request: web.Request, form: Mapping[str, str], faults: Mapping[str, str] | None = None, *, status: int = 200
) -> web.StreamResponse:
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE)) as tx:
        context, devices = await _home_context(request, tx)
        newest = await mountings.of_home(tx, path_uuid(request, "resident"))
        cameras = [each for each in devices if each.kind == "camera"]
        device = await _named(tx, context["head"].org, cameras[0], request) if cameras else ""
    own = {
        "device": device, "form": form, "faults": faults or {}, "mounting": mounting_words.of_home(newest, speech),
        "undo": retire_words.called_off_follows(newest, device, speech) if newest and device else [],
        "choices": [(each.value, speech(text)) for each, text in retire_words.EXCHANGES.items()],
    }  # fmt: skip
    return render(request, "planner/exchange.html", context | own, status=status)


# ---- taken down ----


@routes.get("/residents/{resident}/retire")
@require(Right.ARRANGE)
async def show_retire(request: web.Request) -> web.StreamResponse:
    """Show whose device it is, what hangs on it, and what follows; and that it is asked for, if it is."""
    return await _show_retire(request)


@routes.post("/residents/{resident}/retire")
@require(Right.ARRANGE)
async def retire(request: web.Request) -> web.StreamResponse:
    """Ask for it, confirm what another has asked for, or withdraw it. Where nothing hangs on the device it is taken down at once."""
    resident_id, speech, form = path_uuid(request, "resident"), speech_of(request), await request.post()
    device_id, deed = str(form.get("device", ""))[:63], str(form.get("deed", ""))
    editor, memory = await editor_of(request, Right.ARRANGE), request.app[PLANNER_MEMORY]
    try:
        match deed:
            case "ask":
                if not await retiring.ask_to_retire(memory, resident_id, device_id, editor=editor):
                    return redirect(f"/residents/{resident_id}/retire?device={device_id}")
            case "confirm":
                await retiring.confirm_retirement(memory, resident_id, device_id, editor=editor)
            case "withdraw":
                await retiring.withdraw_retirement(memory, resident_id, device_id, editor=editor)
            case _:
                return await _show_retire(request, status=400)
    except CannotConfirm as refused:
        return await _show_retire(request, speech(retire_words.FAULTS[refused.fault]), status=409)
    except ChangedMeanwhile:
        return await _show_retire(request, speech(retire_words.CHANGED), status=409)
    except LookupError as error:
        raise NotFound(str(error)) from error
    return redirect(f"/residents/{resident_id}")


async def _show_retire(request: web.Request, wrong: str = "", *, status: int = 200) -> web.StreamResponse:
    resident_id, speech, person = path_uuid(request, "resident"), speech_of(request), request[PERSON]
    asked = str((await request.post()).get("device", request.query.get("device", "")))
    async with request.app[MEMORY].transaction(person.viewer(Right.ARRANGE)) as tx:
        context, devices = await _home_context(request, tx)
        taken = next((each for each in devices if each.device_id == asked), devices[0] if devices else None)
        head, zone = context["head"], context["zone"]
        two = takes_two(await retirements.dependent(tx, resident_id))
        waiting = await retirements.waiting(tx, resident_id, taken.device_id) if taken else None
        device = await _named(tx, head.org, taken, request) if taken else ""
    left = [each for each in devices if each is not taken]
    own = {
        "taken": taken, "device": device, "two": two, "wrong": wrong, "mine": waiting is not None and waiting.asked_by == str(person.user_id),
        "waiting": retire_words.waiting_sentence(waiting, zone, speech) if waiting else "",
        "follows": retire_words.retire_follows(device, left, context["openings"], two=two, zone=zone, speech=speech) if taken else [],
        "revision": head.revision if wrong else await drawn_from(request, head.revision),
    }  # fmt: skip
    return render(request, "planner/retire.html", context | own, status=status)


# ---- both ----


async def _home_context(request: web.Request, tx: Tx) -> tuple[dict[str, Any], list[DeviceRow]]:
    """Return whose home it is, what hangs on its devices, and the devices.

    Raises:
        NotFound: there is no such resident whom the person may see.
    """
    resident_id, speech = path_uuid(request, "resident"), speech_of(request)
    context = await page_context(request, tx)
    head, resident = await resident_page.head(tx, resident_id), await residents.hit(tx, resident_id)
    if head is None or resident is None:
        raise NotFound(f"no resident {resident_id}")
    zone, at = ZoneInfo(head.zone), context["now"]
    night = planned_night(at, zone)
    rows = await resident_page.checks_between(tx, resident_id, night, night)
    openings = [row.opens_at for row in rows if row.state == "planned" and row.opens_at > at]
    running = [
        resident_page_words.decision_words(each, speech)
        for each in await resident_page.decisions(tx, resident_id)
        if each.ends_on is None or each.ends_on >= night
    ]
    own = {
        "head": head, "resident": resident, "zone": head.zone, "openings": openings, "today": at.astimezone(zone).date(),
        "depends": retire_words.dependence(running, openings, head.zone, speech),
    }  # fmt: skip
    return context | own, await resident_page.devices(tx, resident_id)


async def _named(tx: Tx, org: str, device: DeviceRow, request: web.Request) -> str:
    piece = await equipment.of_device(tx, org, device.device_id)
    return retire_words.name_of(device, piece.number if piece else None, speech_of(request))
