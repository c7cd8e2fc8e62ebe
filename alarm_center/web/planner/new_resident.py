"""Pages of a new resident: a step a page, each saved as it goes, what will follow in one sentence, and the resident."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile, parse_revision
from alarm_center.core import filled_forms, resident_forms
from alarm_center.core.new_resident import (
    STEPS,
    ReadDraft,
    first_instant,
    foreseen_facts,
    form_lines,
    lines_form,
    people_in_view,
    read_draft,
)
from alarm_center.core.resident_forms import TownChoices
from alarm_center.core.roles import Right
from alarm_center.core.supervision import SupervisionFault, supervision_of
from alarm_center.core.times_form import MOST_TIMES, TimesLine
from alarm_center.store import drafts, looks_ahead, towns
from alarm_center.store.drafts import Draft, DraftHome
from alarm_center.store.memory import Tx, now
from alarm_center.town import one_resident
from alarm_center.town.one_resident import NewResident, PartErrors
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import editor_of, page_context, planned_night
from alarm_center.web.planner.part_fields import (
    area_id_of,
    drawn,
    errors_by_field,
    labels,
    sent_form,
    today_in,
    town_choices,
    town_plan_values,
)
from alarm_center.web.planner.times import busy_words, sent_lines
from alarm_center.words import part_words, supervision_words, times_words

routes = web.RouteTableDef()

_STEP_OF: Final = {
    "contacts": "door", "decision": "decision", "consent": "consents", "cohabitant_consent": "consents",
    "slots": "times", "plan": "plan", "devices": "device",
}  # fmt: skip
"""The step in which each part of a resident's table is filled in; the rest is who and where."""
_STEP = "{step:" + "|".join(STEPS) + "}"


@routes.get("/drafts/new")
@require(Right.ENROL)
async def show_new(request: web.Request) -> web.StreamResponse:
    """Show the first step; nothing is kept before it is sent."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ENROL)) as tx:
        context, choices = await new_context(request, tx)
    area = next(iter(choices.areas)) if len(choices.areas) == 1 else ""
    return render(request, "planner/part.html", context | drawn({"risk": "2", "area": area}, {}, {}))


@routes.post("/drafts/new")
@require(Right.ENROL)
async def begin(request: web.Request) -> web.StreamResponse:
    """Begin a draft with who and where, and go on to the next step."""
    form, person = await sent_form(request), request[PERSON]
    async with request.app[MEMORY].transaction(person.viewer(Right.ENROL)) as tx:
        context, choices = await new_context(request, tx, form.pop("org", ""))
    read = resident_forms.read_home(form, choices)
    if read.faults:
        faults = part_words.fault_texts(read.faults, speech_of(request))
        return render(request, "planner/part.html", context | drawn(form, faults, {}), status=400)
    org: str = context["org"]

    async def work(tx: Tx) -> UUID:
        home = DraftHome(await area_id_of(tx, org, read.values["area"]), read.values["performer"])
        return await drafts.begin(tx, org, home, str(person.user_id), await now(tx), {"home": form})

    draft_id = await request.app[PLANNER_MEMORY].attempt(work, person.viewer(Right.ENROL))
    return redirect(f"/drafts/{draft_id}/door")


@routes.get("/drafts/{draft}")
@require(Right.ENROL)
async def show_draft(request: web.Request) -> web.StreamResponse:
    """Show what the draft has, what it lacks, and what will follow."""
    return await _show_end(request)


@routes.get("/drafts/{draft}/" + _STEP)
@require(Right.ENROL)
async def show_step(request: web.Request) -> web.StreamResponse:
    """Show one step as it was filled in."""
    step = request.match_info["step"]
    context, draft, read = await _draft_context(request, step)
    if not context["mine"]:
        return redirect(f"/drafts/{draft.draft_id}")
    form = draft.filled.get(step) or first_form(step, context["choices"])
    return await _show_step(request, context, read, form)


@routes.post("/drafts/{draft}/" + _STEP)
@require(Right.ENROL)
async def save_step(request: web.Request) -> web.StreamResponse:
    """Save one step as it was filled in, whatever it lacks, and go on where it lacks nothing."""
    step, person, posted = request.match_info["step"], request[PERSON], await request.post()
    form = await sent_form(request)
    adds = "add" in form or "take" in form
    if step == "times":
        form = _times_form(form, sent_lines(posted))
    elif "add" in form:
        form["contacts"] = str(resident_forms.contact_count(form) + 1)
    form = {name: said for name, said in form.items() if name not in ("add", "take")}
    context, draft, _read = await _draft_context(request, step)
    if not context["mine"]:
        raise web.HTTPForbidden(text=speech_of(request)(part_words.NOT_YOURS[STEPS[step].value]))
    revision = parse_revision(str(posted.get("revision", "")))

    async def work(tx: Tx) -> bool:
        saved = await drafts.save_step(tx, draft.draft_id, revision, step, form, await now(tx))
        if saved and step == "home" and (area := await area_id_of(tx, draft.org, form.get("area", ""))):
            await drafts.set_home(tx, draft.draft_id, DraftHome(area, form.get("performer") or None))
        return saved

    saved = await request.app[PLANNER_MEMORY].attempt(work, person.viewer(Right.ENROL))
    context, draft, read = await _draft_context(request, step, {} if saved else {step: form})
    if not saved:
        told = {"changed": speech_of(request)(part_words.CHANGED_BY_OTHER), "saved_form": draft.filled.get(step, {})}
        return await _show_step(request, context | told, read, form, status=409)
    if adds or not read.is_done(step, draft.filled):
        return await _show_step(request, context | {"adds": adds}, read, form, status=200 if adds else 400)
    return redirect(_after(step, draft, request))


@routes.post("/drafts/{draft}/add")
@require(Right.ENROL)
async def add(request: web.Request) -> web.StreamResponse:
    """Make a resident of the draft. Their first looks are planned by the service's next round."""
    _context, draft, read = await _draft_context(request, "")
    editor = await editor_of(request, Right.ENROL)
    undone = next((step for step in draft.filled if not read.is_done(step, draft.filled)), None)
    if undone is not None:
        return redirect(f"/drafts/{draft.draft_id}/{undone}")
    new = NewResident(draft.org, draft.draft_id, editor.revision or 0, read.table)
    try:
        resident_id = await one_resident.add_resident(request.app[PLANNER_MEMORY], new, editor=editor)
    except PartErrors as errors:
        return await _show_end(request, errors)
    except ChangedMeanwhile:
        return await _show_end(request, changed=True)
    return redirect(f"/residents/{resident_id}")


@routes.post("/drafts/{draft}/discard")
@require(Right.ENROL)
async def discard(request: web.Request) -> web.StreamResponse:
    """Throw the draft away, with all that was filled in."""
    draft_id = path_uuid(request, "draft")
    viewer = request[PERSON].viewer(Right.ENROL)
    if not await request.app[PLANNER_MEMORY].attempt(lambda tx: drafts.remove(tx, draft_id), viewer):
        raise NotFound(f"no draft {draft_id}")
    return redirect("/residents")


# ---- read ----


def _times_form(form: Mapping[str, str], lines: list[TimesLine]) -> dict[str, str]:
    """Return the fields of times with a line more where one was asked for, or another time where that was taken."""
    if place := form.get("take"):
        number, _, at = place.partition("|")
        lines = [
            TimesLine(at, "", line.by_visit, line.nights, line.seconds) if str(n) == number else line
            for n, line in enumerate(lines)
        ]
    if "add" in form and len(lines) < MOST_TIMES:
        lines.append(TimesLine())
    return lines_form([line for line in lines if not line.ends])


def first_form(step: str, choices: TownChoices) -> dict[str, str]:
    """Return a step's form before anybody has filled it in."""
    match step:
        case "decision":
            return filled_forms.decision_form(None, choices.today)
        case "consents":
            both = (filled_forms.consent_form(None, who, choices.today) for who in ("resident", "cohabitant"))
            return {name: said for form in both for name, said in form.items()}
        case "times":
            return lines_form([TimesLine()])
        case "device":
            return {"kind": "camera"}
        case _:
            return {}


def _after(step: str, draft: Draft, request: web.Request) -> str:
    """Return the page after a step: the next one that the person fills in, or the end."""
    steps = list(STEPS)
    person = request[PERSON]
    for following in steps[steps.index(step) + 1 :]:
        if person.may(STEPS[following], draft.org) and following not in draft.filled:
            return f"/drafts/{draft.draft_id}/{following}"
    return f"/drafts/{draft.draft_id}"


# ---- drawn ----


async def new_context(request: web.Request, tx: Tx, org: str = "") -> tuple[dict[str, Any], TownChoices]:
    """Return what the first page of a new resident shows, and the choices of its town."""
    context = await page_context(request, tx)
    heads = {head.org: head for head in context["heads"]}
    head = heads.get(org) or heads.get(request.query.get("town", "")) or context["heads"][0]
    choices = await town_choices(tx, request, head.org, Right.ENROL, today_in(head.zone, context["now"]))
    own = {
        "step": "home", "who": "resident", "action": "/drafts/new", "draft": None, "new": True, "org": head.org, "zone": head.zone,
        "revision": 0, "changed": "", "steps": _steps(request, None, None), "other_towns": [each for each in context["heads"] if each.org != head.org],
        "town": head.name,
    }  # fmt: skip
    return context | await labels(tx, request, head.org, choices) | own, choices


async def _draft_context(
    request: web.Request, step: str, instead: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[dict[str, Any], Draft, ReadDraft]:
    draft_id, person = path_uuid(request, "draft"), request[PERSON]
    async with request.app[MEMORY].transaction(person.viewer(Right.ENROL)) as tx:
        draft = await drafts.draft(tx, draft_id)
        if draft is None:
            raise NotFound(f"no draft {draft_id}")
        context = await page_context(request, tx)
        head = next(each for each in context["heads"] if each.org == draft.org)
        today = today_in(head.zone, context["now"])
        choices = await town_choices(tx, request, draft.org, Right.ENROL, today)
        context |= await labels(tx, request, draft.org, choices)
        plan = (await towns.town(tx, draft.org)).plan_of_area({})
    read = read_draft({**draft.filled, **(instead or {})}, choices)
    name, cohabitant = read.table.get("name") or "", read.table.get("cohabitant") or ""
    own = {
        "step": step, "who": "resident", "action": request.path, "draft": draft, "new": True, "org": draft.org, "zone": head.zone,
        "name": name, "whose": name, "cohabitant": cohabitant, "revision": draft.revision, "changed": "", "choices": choices,
        "town_plan": town_plan_values(plan), "steps": _steps(request, draft, read), "people": people_in_view(read.table),
        "shares_bed": bool(read.table.get("shares_bed_with")),
        "mine": step == "" or person.may(STEPS[step], draft.org), "tonight": planned_night(context["now"], ZoneInfo(head.zone)),
    }  # fmt: skip
    return context | own, draft, read


def _steps(request: web.Request, draft: Draft | None, read: ReadDraft | None) -> list[dict[str, Any]]:
    """Return each step with its name, whether it is done, and whose it is where it is not the person's."""
    person, speech = request[PERSON], speech_of(request)
    found = []
    for step, right in STEPS.items():
        mine = person.may(right) if draft is None else person.may(right, draft.org)
        filled = draft is not None and step in draft.filled
        done = filled and draft is not None and read is not None and read.is_done(step, draft.filled)
        found.append(
            {
                "step": step,
                "name": speech(part_words.STEPS[step]),
                "filled": filled,
                "done": done,
                "mine": mine,
                "whose": "" if mine else speech(part_words.NOT_YOURS[right.value]),
            }
        )
    return found


async def _show_step(
    request: web.Request, context: dict[str, Any], read: ReadDraft, form: Mapping[str, str], *, status: int = 200
) -> web.StreamResponse:
    step, speech = context["step"], speech_of(request)
    faults = {} if context.get("adds") else part_words.fault_texts(read.faults.get(step, {}), speech)
    own: dict[str, Any] = {"focus_last": bool(context.get("adds"))}
    if step == "times":
        own |= await _times_context(request, context, read, form)
    if step == "device":
        async with request.app[PLANNER_MEMORY].transaction(request[PERSON].viewer(Right.ENROL)) as tx:
            own["free"] = await drafts.free_devices(tx, context["org"])
    fields = drawn(form, faults, context.get("saved_form", {}))
    return render(request, "planner/part.html", context | fields | own, status=status)


async def _times_context(
    request: web.Request, context: Mapping[str, Any], read: ReadDraft, form: Mapping[str, str]
) -> dict[str, Any]:
    speech, lines = speech_of(request), form_lines(form)
    told: dict[int, list[str]] = {}
    for number, fault in () if context.get("adds") else read.time_faults:
        told.setdefault(number, []).append(speech(times_words.FAULTS[fault]))
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ENROL)) as tx:
        looks = await looks_ahead.looks_by_time(tx, context["org"], context["tonight"])
    return {
        "lines": lines,
        "time_faults": told,
        "chosen": [times_words.nights_chosen(line.nights, speech) for line in lines],
        "busy": [busy_words(line, looks) for line in lines],
        "days": times_words.day_names(speech),
    }


async def _show_end(
    request: web.Request, errors: PartErrors | None = None, *, changed: bool = False
) -> web.StreamResponse:
    context, draft, read = await _draft_context(request, "")
    speech, zone = speech_of(request), ZoneInfo(context["zone"])
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ENROL)) as tx:
        sharer = await one_resident.table_of_number(
            tx, draft.org, read.table.get("shares_bed_with"), context["tonight"], zone
        )
    facts = foreseen_facts(read.table, context["tonight"], sharer)
    status = supervision_of(facts)
    other = (sharer or {}).get("name") or context["cohabitant"] or None
    why = supervision_words.fault_words(status, facts, context["name"], other, speech)
    at = first_instant(read.wanted, facts.decisions.starts_on, context["now"], zone)
    first = part_words.first_look(at, context["tonight"], context["zone"], speech) if at else ""
    found = errors.found if errors else []
    if errors is None and read.is_done("home", draft.filled):
        async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ENROL)) as tx:
            found = await one_resident.check_new(tx, draft.org, read.table, await editor_of(request, Right.ENROL))
    beside, others = errors_by_field(found, speech)
    unfinished = [step for step in draft.filled if not read.is_done(step, draft.filled)]
    undone = [speech(part_words.NOT_DONE, step=speech(part_words.STEPS[step])) for step in unfinished]
    lacks_device = {"device"} if status.fault is SupervisionFault.NO_DEVICE and found else set()
    wrong = {*unfinished} or lacks_device or {_STEP_OF.get(str(place[0]), "home") for place, _said in found}
    own = {
        "sentence": part_words.outcome_sentence(why, status.kind, first, speech),
        "runs": status.fault is None and bool(first),
        "hinders": undone or [*beside.values(), *others],
        "mend": next((each for each in context["steps"] if each["step"] in wrong and each["mine"]), None),
        "times": times_words.times_sentence([slot.pattern for slot in read.wanted], speech),
        "table": read.table,
        "changed": speech(part_words.CHANGED_BY_OTHER) if changed else "",
    }
    code = 409 if changed else 400 if errors else 200
    return render(request, "planner/draft.html", context | own, status=code)
