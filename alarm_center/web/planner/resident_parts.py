"""Pages that change one part of a resident: who and where, the door, the decision, a follow-up, a consent, the plan.

Each is the form filled in as it is kept. What decides who is looked at shows first what it will mean; the rest is saved at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile
from alarm_center.core import filled_forms, resident_forms
from alarm_center.core.earlier_values import earlier_table, undo_page
from alarm_center.core.plan import Plan
from alarm_center.core.resident_forms import FollowUpAnswers, ReadForm, TownChoices
from alarm_center.core.roles import Right
from alarm_center.preparation import pauses
from alarm_center.store import case_pages, changes, consents, day_pages, residents, towns
from alarm_center.store.changes import ChangedPart
from alarm_center.store.memory import Tx
from alarm_center.town import follow_up_talks, one_resident
from alarm_center.town.export import resident_table
from alarm_center.town.one_resident import ChangedTable, PartErrors
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import drawn_from, editor_of, page_context, planned_night
from alarm_center.web.planner.part_fields import (
    drawn,
    errors_by_field,
    labels,
    sent_form,
    today_in,
    town_choices,
    town_plan_values,
)
from alarm_center.words import bed_words, part_words, resident_page_words
from alarm_center.words.catalogues import Speech
from schemas.vocabulary import Instead

routes = web.RouteTableDef()

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Resident:
    """The resident of a form, as they are kept, with what the form may choose among."""

    resident_id: UUID
    org: str
    name: str
    cohabitant: str | None
    table: Mapping[str, Any]
    plan: Plan
    of_town: Plan
    choices: TownChoices
    tonight: date
    companion: str | None = None
    """The name of the one who shares the bed; empty where it is not for the reader."""
    companion_lacks: bool = False
    """The companion has not said yes."""

    def whose(self, who: str) -> str:
        return self.name if who == "resident" else self.cohabitant or ""

    def others(self, who: str) -> list[str]:
        """Return the names of the others in the home who have not said yes."""
        each = {"resident": self.table.get("consent")}
        if self.cohabitant:
            each["cohabitant"] = self.table.get("cohabitant_consent")
        found = [
            self.whose(name)
            for name, said in each.items()
            if name != who and (said is None or said["state"] == "revoked")
        ]
        return [*found, self.companion] if self.companion and self.companion_lacks else found


@dataclass(frozen=True, slots=True)
class _Part:
    """A part with its page: the right that changes it, the form as it is kept and as it is read, and what it will mean.

    Without ``means`` it is saved at once.
    """

    step: str
    right: Right
    part: ChangedPart
    filled: Callable[[_Resident], Form]
    read: Callable[[Form, _Resident], ReadForm]
    means: Callable[[ReadForm, _Resident, Speech], list[str]] | None = None
    who: str = "resident"


def _door_form(one: _Resident) -> Form:
    """Return the form of the door without the port's code: it is read on the resident's page, where that is logged."""
    return {name: said for name, said in filled_forms.door_form(one.table).items() if name != "port_code"}


def _read_door(form: Form, one: _Resident) -> ReadForm:
    """Read the form of the door; the port's code stays, unless another is given or it is taken away."""
    read = resident_forms.read_door(form, one.choices)
    if not read.values["port_code"] and "no_port_code" not in form:
        read.values["port_code"] = one.table.get("port_code", "")
    return read


def _read_plan(form: Form, one: _Resident) -> ReadForm:
    table = one.table
    signed_on = table.get("signed_on") if table.get("green_by") == "detector" else None
    if signed_on is not None and table.get("signed_by") != form.get("signed_by"):
        signed_on = one.choices.today
    read = resident_forms.read_plan(form, one.choices, kept=table.get("plan") or {}, signed_on=signed_on)
    if not read.faults:
        read.values["plan"] = filled_forms.own_answers(read.values["plan"], one.of_town)
    return read


def _plan_means(read: ReadForm, one: _Resident, speech: Speech) -> list[str]:
    plan = one.of_town.with_settings(read.values["plan"])
    said = [part.text for part in resident_page_words.plan_parts(plan, one.of_town, speech)]
    rule = resident_page_words.rule_words(
        read.values["green_by"], read.values["signed_by"], read.values["signed_on"], speech
    )
    return [*said, rule]


def _read_decision(form: Form, one: _Resident) -> ReadForm:
    """Read the form of the decision that there is: its reference stays."""
    kept = one.table.get("decision") or {}
    return resident_forms.read_decision(
        {**form, "reference": kept.get("reference", form.get("reference", ""))}, one.choices
    )


def _decision_means(read: ReadForm, one: _Resident, speech: Speech) -> list[str]:
    decision = read.values["decision"]
    kept = one.table.get("decision")
    before = kept if kept and kept["reference"] == decision["reference"] else None
    return part_words.decision_sentences(before, decision, one.tonight, speech)


def _read_follow_up(form: Form, one: _Resident) -> ReadForm:
    kept = filled_forms.decision_form(one.table.get("decision"), one.choices.today)
    said = {name: form.get(name, "") for name in ("follow_up_on", "after_trial")}
    read, answers = (
        resident_forms.read_decision({**kept, **said}, one.choices),
        resident_forms.read_follow_up(form, one.choices),
    )
    return ReadForm({**read.values, **answers.values}, {**read.faults, **answers.faults})


def _consent_part(who: str) -> _Part:
    name = "consent" if who == "resident" else "cohabitant_consent"

    def means(read: ReadForm, one: _Resident, speech: Speech) -> list[str]:
        said = part_words.consent_sentences(one.whose(who), read.values[name], one.others(who), speech)
        if one.companion is not None and read.values[name]["state"] == "revoked":
            said.append(bed_words.dark_for_both(one.companion, speech))
        return said

    def read(form: Form, one: _Resident) -> ReadForm:
        found = resident_forms.read_consent(form, who, one.choices)
        if name not in found.values and not found.faults:
            found.faults[f"{who}-said"] = resident_forms.FormFault.UNCHOSEN
        return found

    return _Part(
        "consent", Right.DECIDE, ChangedPart.CONSENT,
        lambda one: filled_forms.consent_form(one.table.get(name), who, one.choices.today), read, means, who,
    )  # fmt: skip


_PARTS: Final[Mapping[str, _Part]] = {
    "home": _Part(
        "home", Right.ARRANGE, ChangedPart.RESIDENT, lambda one: filled_forms.home_form(one.table),
        lambda form, one: resident_forms.read_home(form, one.choices),
    ),
    "door": _Part(
        "door", Right.ARRANGE, ChangedPart.RESIDENT, _door_form, _read_door,
    ),
    "not-seen": _Part(
        "plan", Right.ARRANGE, ChangedPart.PLAN, lambda one: filled_forms.plan_form(one.plan, one.of_town, one.table),
        _read_plan, _plan_means,
    ),
    "decision": _Part(
        "decision", Right.DECIDE, ChangedPart.DECISION,
        lambda one: filled_forms.decision_form(one.table.get("decision"), one.choices.today), _read_decision, _decision_means,
    ),
    "new-decision": _Part(
        "decision", Right.DECIDE, ChangedPart.DECISION, lambda one: filled_forms.decision_form(None, one.choices.today),
        lambda form, one: resident_forms.read_decision(form, one.choices), _decision_means,
    ),
    "follow-up": _Part(
        "follow-up", Right.DECIDE, ChangedPart.DECISION,
        lambda one: filled_forms.decision_form(one.table.get("decision"), one.choices.today), _read_follow_up,
    ),
    "consent": _consent_part("resident"),
    "cohabitant-consent": _consent_part("cohabitant"),
}  # fmt: skip


@routes.get("/residents/{resident}/{arranged:home|door|not-seen}")
@require(Right.ARRANGE)
async def show_arranged(request: web.Request) -> web.StreamResponse:
    """Show a part that a coordinator changes."""
    return await _show(request)


@routes.post("/residents/{resident}/{arranged:home|door|not-seen}")
@require(Right.ARRANGE)
async def save_arranged(request: web.Request) -> web.StreamResponse:
    """Save a part that a coordinator changes, or show first what it will mean."""
    return await _save(request)


@routes.get("/residents/{resident}/{decided:decision|new-decision|follow-up|consent|cohabitant-consent}")
@require(Right.DECIDE)
async def show_decided(request: web.Request) -> web.StreamResponse:
    """Show a part that a case officer changes."""
    return await _show(request)


@routes.post("/residents/{resident}/{decided:decision|new-decision|follow-up|consent|cohabitant-consent}")
@require(Right.DECIDE)
async def save_decided(request: web.Request) -> web.StreamResponse:
    """Save a part that a case officer changes, or show first what it will mean."""
    return await _save(request)


def _part_of(request: web.Request) -> _Part:
    names = request.match_info
    return _PARTS[names.get("arranged") or names["decided"]]


async def _context(request: web.Request, tx: Tx, part: _Part) -> tuple[dict[str, Any], _Resident]:
    resident_id = path_uuid(request, "resident")
    hit, supervision = await residents.hit(tx, resident_id), await day_pages.supervision(tx, resident_id)
    if hit is None or supervision is None:
        raise NotFound(f"no resident {resident_id}")
    context, home = await page_context(request, tx), await towns.of_resident(tx, resident_id)
    zone = supervision.zone
    today, tonight = today_in(zone, context["now"]), planned_night(context["now"], ZoneInfo(zone))
    table = await resident_table(tx, hit.org, resident_id, tonight, home.town.zone)
    choices = await town_choices(tx, request, hit.org, part.right, today)
    of_town = (await towns.of_area(tx, hit.org, home.area_id)).plan
    cohabitant = table.get("cohabitant")
    if part.who == "cohabitant" and not cohabitant:
        raise NotFound("nobody lives with them")
    beside = await case_pages.companion(tx, resident_id)
    lacks = beside is not None and any(each.who == "companion" for _, each in await consents.lacking(tx, [resident_id]))
    one = _Resident(
        resident_id, hit.org, hit.name, cohabitant, table, home.plan, of_town, choices, tonight, beside.name if beside else None, lacks
    )  # fmt: skip
    own = {
        "resident": hit, "revision": await drawn_from(request, supervision.revision), "holds": supervision.revision, "zone": zone, "step": part.step, "who": part.who, "whose": one.whose(part.who),
        "cohabitant": cohabitant or "", "town_plan": town_plan_values(of_town), "has_trial": bool((table.get("decision") or {}).get("trial_ends_on")),
        "kept": table, "has_code": bool(table.get("port_code")), "part": request.path.rpartition("/")[2], "action": request.path, "draft": None, "changed": "",
    }  # fmt: skip
    return context | await labels(tx, request, hit.org, choices) | own, one


async def _show(request: web.Request) -> web.StreamResponse:
    part = _part_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(part.right)) as tx:
        context, one = await _context(request, tx, part)
        change = await changes.get(tx, one.resident_id, request.query.get("undo", ""))
        codes = {str(area_id): code for code, area_id in (await towns.area_ids(tx, one.org)).items()}
    if part.step == "follow-up" and "decision" not in one.table:
        return redirect(f"/residents/{one.resident_id}/decision")
    undoes = change is not None and undo_page(change) == context["part"]
    if change is not None and change.before is not None and undoes:
        one = _as_before(one, change.before, codes)
    return render(request, "planner/part.html", context | drawn(part.filled(one), {}, {}) | {"undoes": undoes})


def _as_before(one: _Resident, before: Mapping[str, Any], codes: Mapping[str, str]) -> _Resident:
    """Return the resident as they were before a change, for the form that changes it back."""
    table = earlier_table(one.table, before, codes)
    plan = one.of_town.with_settings(before["answers"]) if "answers" in before else one.plan
    return replace(one, table=table, plan=plan)


async def _save(request: web.Request) -> web.StreamResponse:
    part, form, posted = _part_of(request), await sent_form(request), await request.post()
    async with request.app[MEMORY].transaction(request[PERSON].viewer(part.right)) as tx:
        context, one = await _context(request, tx, part)
    speech = speech_of(request)
    if part.step == "follow-up" and "decision" not in one.table:
        return redirect(f"/residents/{one.resident_id}/decision")
    if "add" in form:
        form["contacts"] = str(resident_forms.contact_count(form) + 1)
        return render(request, "planner/part.html", context | drawn(form, {}, {}) | {"focus_last": True})
    if "change" in posted:
        return render(request, "planner/part.html", context | drawn(form, {}, {}))
    read = part.read(form, one)
    if read.faults:
        faults = part_words.fault_texts(read.faults, speech)
        return render(request, "planner/part.html", context | drawn(form, faults, {}), status=400)
    told = {"changed": speech(part_words.CHANGED_BY_OTHER), "revision": context["holds"]}
    changed_meanwhile = context | drawn(form, {}, part.filled(one)) | told
    if part.means is not None and "sure" not in posted:
        if context["revision"] != context["holds"]:
            return render(request, "planner/part.html", changed_meanwhile, status=409)
        sentences = part.means(read, one, speech)
        follows = {
            "form": form,
            "sentences": sentences or [speech(part_words.NOTHING_CHANGES)],
            "unchanged": not sentences,
        }
        return render(request, "planner/part_confirm.html", context | follows)
    try:
        await _apply(request, part, one, read)
    except PartErrors as errors:
        faults, others = errors_by_field(errors.found, speech)
        return render(request, "planner/part.html", context | drawn(form, faults, {}, others), status=400)
    except ChangedMeanwhile:
        return render(request, "planner/part.html", changed_meanwhile, status=409)
    if request[PERSON].login in read.values.get("closed_to", ()):
        # Whoever closes their own mother to themselves sees her page no more.
        return redirect("/residents")
    return redirect(f"/residents/{one.resident_id}")


async def _apply(request: web.Request, part: _Part, one: _Resident, read: ReadForm) -> None:
    editor, memory = await editor_of(request, part.right), request.app[PLANNER_MEMORY]
    consent = read.values.get("consent" if part.who == "resident" else "cohabitant_consent")
    if part.part is ChangedPart.CONSENT and consent is not None and consent["state"] == "revoked":
        async with memory.transaction(editor.viewer) as tx:
            in_force = await consents.in_force(tx, one.resident_id, part.who, lock=False)
        if in_force is not None:
            # A withdrawal waits for no second reading of a form.
            instead = Instead(consent["instead"])
            await pauses.revoke_consent(
                memory, one.resident_id, part.who, instead=instead, editor=replace(editor, revision=None)
            )
            return
    answers: FollowUpAnswers | None = read.values.pop("follow_up", None)
    change = ChangedTable(part.part, read.values, part.who)

    async def work(tx: Tx) -> None:
        await one_resident.change_part(tx, one.resident_id, change, editor=editor)
        if answers is not None:
            reference = read.values["decision"]["reference"]
            await follow_up_talks.keep_answers(tx, one.resident_id, reference, answers, editor.actor)

    await memory.attempt(work, editor.viewer)
    memory.hint()
