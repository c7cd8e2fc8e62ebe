"""Page of a new resident in one form, for who may fill in all of it: what has to be said, and the town's defaults for the rest.

It makes the draft that the seven steps make, filled in as far; the page that ends them says what will follow.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from alarm_center.core.new_resident import lines_form, read_draft
from alarm_center.core.resident_forms import FormFault, TownChoices
from alarm_center.core.roles import Right
from alarm_center.core.times_form import TimesLine
from alarm_center.store import drafts
from alarm_center.store.drafts import DraftHome
from alarm_center.store.memory import Tx, now
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, redirect, render, speech_of
from alarm_center.web.planner.new_resident import first_form, new_context
from alarm_center.web.planner.part_fields import area_id_of, drawn, sent_form
from alarm_center.words import part_words, times_words

routes = web.RouteTableDef()

_HOME: Final = ("name", "address", "area", "performer")
_ALL_OF_IT: Final = (Right.ENROL, Right.DECIDE, Right.ARRANGE)


@routes.get("/drafts/short")
@require(Right.ENROL)
async def show_short_form(request: web.Request) -> web.StreamResponse:
    """Show the form; whoever may not fill in all of it has the seven steps."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.ENROL)) as tx:
        context, choices = await new_context(request, tx)
    if not _may_all(request, context["org"]):
        return redirect("/drafts/new")
    area = next(iter(choices.areas)) if len(choices.areas) == 1 else ""
    # A camera that an installer puts up has no name before; the one that a town has named is written instead.
    said = {"area": area, "device": f"cam-{secrets.token_hex(3)}"}
    filled = {name: said for form in _filled(said, choices).values() for name, said in form.items()}
    return _render(request, context, filled, {})


@routes.post("/drafts/short")
@require(Right.ENROL)
async def begin_short(request: web.Request) -> web.StreamResponse:
    """Begin a draft with all that was said, once nothing of it is wrong."""
    form, person, speech = await sent_form(request), request[PERSON], speech_of(request)
    async with request.app[MEMORY].transaction(person.viewer(Right.ENROL)) as tx:
        context, choices = await new_context(request, tx, form.pop("org", ""))
    org: str = context["org"]
    if not _may_all(request, org):
        return redirect("/drafts/new")
    filled = _filled(form, choices)
    read = read_draft(filled, choices)
    faults = {name: fault for step in filled for name, fault in read.faults.get(step, {}).items()}
    told = part_words.fault_texts(faults, speech)
    if not form.get("at-0"):
        told["at-0"] = speech(part_words.FAULTS[FormFault.MISSING])
    elif read.time_faults:
        told["at-0"] = speech(times_words.FAULTS[read.time_faults[0][1]])
    if told:
        return _render(request, context, form, told)

    async def work(tx: Tx) -> UUID:
        home = DraftHome(await area_id_of(tx, org, read.table["area"]), read.table["performer"])
        return await drafts.begin(tx, org, home, str(person.user_id), await now(tx), filled)

    return redirect(f"/drafts/{await request.app[PLANNER_MEMORY].attempt(work, person.viewer(Right.ENROL))}")


def _may_all(request: web.Request, org: str) -> bool:
    return all(request[PERSON].may(right, org) for right in _ALL_OF_IT)


def _filled(form: Mapping[str, str], choices: TownChoices) -> dict[str, dict[str, str]]:
    """Return the steps as they would be filled in one by one: what was said, and what a step begins with for the rest."""
    steps = {step: first_form(step, choices) for step in ("decision", "consents")}
    return {
        "home": {"risk": "2"} | {name: form.get(name, "") for name in _HOME},
        "decision": steps["decision"] | ({"reference": form["reference"]} if "reference" in form else {}),
        "consents": steps["consents"] | {name: said for name, said in form.items() if name.startswith("resident-")},
        "times": lines_form([TimesLine(form.get("at-0", ""))]),
        "device": {"device": form.get("device", ""), "kind": "camera"},
    }


def _render(
    request: web.Request, context: Mapping[str, Any], filled: Mapping[str, str], faults: Mapping[str, str]
) -> web.StreamResponse:
    status = 400 if faults else 200
    return render(request, "planner/short.html", dict(context) | drawn(filled, faults, {}), status=status)
