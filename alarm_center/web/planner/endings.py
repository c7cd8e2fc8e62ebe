"""Pages that end a resident's supervision for good, and that take a device from a home or bind one: what follows is said before."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile
from alarm_center.core import resident_forms
from alarm_center.core.new_resident import people_in_view
from alarm_center.core.resident_forms import ReadForm
from alarm_center.core.resident_record import DeviceRow, PageHead
from alarm_center.core.roles import Right
from alarm_center.store import drafts, resident_ends, resident_page, residents, retirements
from alarm_center.store.memory import Tx
from alarm_center.town import endings
from alarm_center.town.endings import CannotEnd, DeviceChange, DeviceInUse
from alarm_center.town.export import resident_table
from alarm_center.town.one_resident import PartErrors
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import drawn_from, editor_of, page_context, planned_night
from alarm_center.web.planner.history import history_of
from alarm_center.web.planner.part_fields import drawn, errors_by_field, labels, sent_form, today_in, town_choices
from alarm_center.words import ending_words, part_words, resident_page_words
from alarm_center.words.catalogues import Speech
from schemas.vocabulary import EndReason

routes = web.RouteTableDef()


# ---- the end of supervision ----


@routes.get("/residents/{resident}/end")
@require(Right.DECIDE)
async def show_end(request: web.Request) -> web.StreamResponse:
    """Show what follows when supervision ends for good; nothing has happened yet."""
    return await _show_end(request)


@routes.post("/residents/{resident}/end")
@require(Right.DECIDE)
async def end_now(request: web.Request) -> web.StreamResponse:
    """End the supervision for good. A form that is sent twice ends it once."""
    resident_id, speech = path_uuid(request, "resident"), speech_of(request)
    said = str((await request.post()).get("why", ""))
    if said not in {*EndReason}:
        return await _show_end(request, speech(ending_words.SAY_WHY), status=400)
    editor = await editor_of(request, Right.DECIDE)
    try:
        await endings.end_supervision(request.app[PLANNER_MEMORY], resident_id, EndReason(said), editor=editor)
    except ChangedMeanwhile:
        return await _show_end(request, speech(part_words.CHANGED_BY_OTHER), status=409)
    except CannotEnd:
        return await _show_end(request, status=409)
    except LookupError as error:
        raise NotFound(str(error)) from error
    return redirect(f"/residents/{resident_id}")


async def _show_end(request: web.Request, wrong: str = "", *, status: int = 200) -> web.StreamResponse:
    resident_id, speech = path_uuid(request, "resident"), speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.DECIDE)) as tx:
        context = await page_context(request, tx)
        head, gone = await _gone(tx, resident_id)
        devices = await resident_page.devices(tx, resident_id)
        mate = await _companion(tx, resident_id)
        openings = [] if gone.died_at else await _openings(tx, resident_id, head, context["now"])
    hinder = ""
    if gone.ended_at is not None:
        hinder = speech(ending_words.HAS_ENDED)
    elif gone.waits_for_confirmation:
        hinder = speech(ending_words.WAITS)
    elif gone.case_no is not None:
        hinder = speech(ending_words.CASE_IS_OPEN, number=gone.case_no)
    own = {
        "head": head,
        "gone": gone,
        "zone": head.zone,
        "status": ending_words.status(gone.moved_at, gone.died_at, head.zone, speech),
        "choices": [(each.value, speech(text)) for each, text in ending_words.CHOICES.items()],
        "follows": ending_words.follows(
            devices,
            openings,
            died=gone.died_at is not None,
            companion=mate,
            now=context["now"],
            zone=head.zone,
            speech=speech,
        ),
        "hinder": hinder,
        "wrong": wrong,
    }
    return render(request, "planner/end.html", context | own, status=status)


async def _gone(tx: Tx, resident_id: UUID) -> tuple[PageHead, resident_ends.GoneResident]:
    """Return the page's head and what is open about the resident.

    Raises:
        NotFound: there is no such resident whom *tx* sees.
    """
    head, gone = await resident_page.head(tx, resident_id, living=False), await resident_ends.gone(tx, resident_id)
    if head is None or gone is None:
        raise NotFound(f"no resident {resident_id}")
    return head, gone


async def gone_context(request: web.Request, tx: Tx, resident_id: UUID) -> dict[str, Any]:
    """Return what the page of somebody who has moved or died says.

    Raises:
        NotFound: there is no such resident whom *tx* sees.
    """
    speech = speech_of(request)
    head, gone = await _gone(tx, resident_id)
    return {
        "head": head,
        "gone": gone,
        "zone": head.zone,
        "status": ending_words.status(gone.moved_at, gone.died_at, head.zone, speech),
        "devices": [
            resident_page_words.device_words(row, head.zone, speech)
            for row in await resident_page.devices(tx, resident_id)
        ],
        "may_end": endings.may_end(gone) and request[PERSON].may(Right.DECIDE, head.org),
        "history": await history_of(tx, resident_id, None, head.zone, speech),
    }


async def _openings(tx: Tx, resident_id: UUID, head: PageHead, at: Any) -> list[Any]:
    """Return when tonight's looks that are still to come open."""
    night = planned_night(at, ZoneInfo(head.zone))
    rows = await resident_page.checks_between(tx, resident_id, night, night)
    return [row.opens_at for row in rows if row.state == "planned" and row.opens_at > at]


# ---- a device ----


@routes.get("/residents/{resident}/device")
@require(Right.ARRANGE)
async def show_device(request: web.Request) -> web.StreamResponse:
    """Show the devices of the home, each with a way to take it down, and a form that binds another."""
    return await _show_device(request, {"kind": "camera"})


@routes.post("/residents/{resident}/device")
@require(Right.ARRANGE)
async def save_device(request: web.Request) -> web.StreamResponse:
    """Show what the change will mean, or carry it out once that was read."""
    form, posted, speech = await sent_form(request), await request.post(), speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE)) as tx:
        context, bound = await _device_context(request, tx)
        choices = await town_choices(tx, request, context["head"].org, Right.ARRANGE, context["today"])
    read = resident_forms.read_device(form, choices, people=people_in_view(context["table"]))
    table = next(iter(read.values.get("devices", [])), None)
    if "change" in posted or read.faults or table is None:
        nameless = {} if read.faults or "change" in posted else {"device": speech(ending_words.SAY_WHICH)}
        return await _show_device(request, form, read, beside=nameless, status=200 if "change" in posted else 400)
    taken = next((row for row in bound if row.kind == table["kind"]), None)
    if taken is not None and taken.device_id in context["in_use"]:
        return await _show_device(request, form, others=[_in_use_words(taken, speech)], status=409)
    if "sure" not in posted:
        if context["revision"] != context["head"].revision:
            return await _show_device(request, form, changed=speech(part_words.CHANGED_BY_OTHER), status=409)
        left = [row for row in bound if row is not taken]
        sentences = ending_words.device_sentences(
            taken, (table["id"], str(table["kind"])), left, context["openings"], name=context["resident"].name,
            companion=context["mate"], now=context["now"], zone=context["zone"], speech=speech,
        )  # fmt: skip
        told = {"form": form, "sentences": sentences, "unchanged": False}
        return render(request, "planner/part_confirm.html", context | told)
    change = DeviceChange(taken.device_id if taken else None, table)
    try:
        editor = await editor_of(request, Right.ARRANGE)
        await endings.change_device(request.app[PLANNER_MEMORY], path_uuid(request, "resident"), change, editor=editor)
    except DeviceInUse:
        return await _show_device(request, form, others=[_in_use_words(taken, speech)] if taken else [], status=409)
    except PartErrors as errors:
        beside, others = errors_by_field(errors.found, speech)
        return await _show_device(request, form, beside=beside, others=others, status=400)
    except ChangedMeanwhile:
        return await _show_device(request, form, changed=speech(part_words.CHANGED_BY_OTHER), status=409)
    return redirect(f"/residents/{path_uuid(request, 'resident')}")


async def _show_device(
    request: web.Request, form: dict[str, str], read: ReadForm | None = None, *, beside: dict[str, str] | None = None,
    others: list[str] | None = None, changed: str = "", status: int = 200,
) -> web.StreamResponse:  # fmt: skip
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE)) as tx:
        context, bound = await _device_context(request, tx)
        choices = await town_choices(tx, request, context["head"].org, Right.ARRANGE, context["today"])
        words = await labels(tx, request, context["head"].org, choices)
    async with request.app[PLANNER_MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE)) as tx:
        free = await drafts.free_devices(tx, context["head"].org)
    faults = (part_words.fault_texts(read.faults, speech) if read else {}) | (beside or {})
    own = {
        "free": free,
        "people": people_in_view(context["table"]),
        "bound": [(row, resident_page_words.device_words(row, context["zone"], speech)) for row in bound],
        "changed": changed,
    } | ({"revision": context["head"].revision} if changed else {})
    return render(
        request, "planner/device.html", context | words | drawn(form, faults, {}, others or []) | own, status=status
    )


async def _device_context(request: web.Request, tx: Tx) -> tuple[dict[str, Any], list[DeviceRow]]:
    resident_id = path_uuid(request, "resident")
    context = await page_context(request, tx)
    head, resident = await resident_page.head(tx, resident_id), await residents.hit(tx, resident_id)
    if head is None or resident is None:
        raise NotFound(f"no resident {resident_id}")
    zone = ZoneInfo(head.zone)
    own: dict[str, Any] = {
        "head": head,
        "resident": resident,
        "revision": await drawn_from(request, head.revision),
        "zone": head.zone,
        "today": today_in(head.zone, context["now"]),
        "table": await resident_table(tx, head.org, resident_id, planned_night(context["now"], zone), zone),
        "openings": await _openings(tx, resident_id, head, context["now"]),
        "action": request.path,
    }
    ids = {each["id"] for each in own["table"].get("devices", [])}
    bound = [row for row in await resident_page.devices(tx, resident_id) if row.device_id in ids]
    own["in_use"] = {row.device_id for row in bound if await retirements.is_in_use(tx, resident_id, row.device_id)}
    return context | own | {"mate": await _companion(tx, resident_id)}, bound


def _in_use_words(row: DeviceRow, speech: Speech) -> str:
    return speech(ending_words.IN_USE, device=speech(ending_words.KINDS[row.kind], name=row.label or row.device_id))


async def _companion(tx: Tx, resident_id: UUID) -> str:
    """Return the name of the resident who shares the bed; empty if nobody does."""
    companion = await residents.companion(tx, resident_id)
    found = None if companion is None else await residents.hit(tx, companion)
    return found.name if found else ""
