"""Forms of a resident's parts filled in from what is kept: the other way of `resident_forms.py`."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from alarm_center.core import phone_numbers
from alarm_center.core.plan import Plan
from alarm_center.core.resident_forms import CLOSED, PLAN_CHOICES, PLAN_COUNTS, PLAN_MINUTES, said_of
from schemas.vocabulary import Capacity, ConsentState, ConsentTo, ContactHours, DecisionKind, GivenHow, Instead

Table = Mapping[str, Any]
"""A resident's table as a town's file has it, without the keys that say nothing."""
Filled = dict[str, str]

_TICKED = "on"


def _texts(table: Table, *names: str) -> Filled:
    return {name: str(table[name]) for name in names if table.get(name) not in (None, "", False)}


def home_form(table: Table) -> Filled:
    """Return the form of who somebody is and where they live."""
    names = (
        "name",
        "area",
        "address",
        "phone",
        "risk",
        "cohabitant",
        "cohabitant_sleeps",
        "shares_bed_with",
        "performer",
    )
    form = _texts(table, *names) | ({"protected": _TICKED} if table.get("protected") else {})
    form |= {f"{CLOSED}{login}": _TICKED for login in table.get("closed_to", ())}
    return form | ({"phone": phone_numbers.national(form["phone"])} if "phone" in form else {})


def door_form(table: Table) -> Filled:
    """Return the form of the door, the contacts and what is good to know."""
    form = _texts(table, "access", "port_code", "key_place", "second_way", "door_tried_on", "notes")
    form |= {"pets": _TICKED} if table.get("pets") else {}
    form |= {f"mark-{mark}": _TICKED for mark in table.get("marks", ())}
    contacts: Sequence[Table] = table.get("contacts", ())
    form["contacts"] = str(max(len(contacts), 1))
    for n, each in enumerate(contacts):
        said = {"who": "name", "relation": "relation", "told": "may_be_told"}
        form |= {f"{field}-{n}": each[name] for field, name in said.items() if each.get(name)}
        form[f"phone-{n}"] = phone_numbers.national(each["phone"])
        form[f"hours-{n}"] = each.get("hours", ContactHours.ANY)
        form |= {f"key-{n}": _TICKED} if each.get("has_key") else {}
        form |= {f"first-{n}": _TICKED} if each.get("ring_first") else {}
    return form


def decision_form(decision: Table | None, today: date) -> Filled:
    """Return the form of a decision, or of a new one that begins today."""
    if decision is None:
        return {"kind": DecisionKind.DECISION.value, "starts_on": today.isoformat()}
    return _texts(
        decision, "reference", "kind", "purpose", "less_intrusive", "alternative", "starts_on", "ends_on", "trial_ends_on",
        "after_trial", "follow_up_on",
    )  # fmt: skip


def consent_form(consent: Table | None, who: str, today: date) -> Filled:
    """Return the form of somebody's consent in force, or of a new one that is given today."""
    if consent is None or consent["state"] == ConsentState.REVOKED:
        form: Filled = {
            "given_on": today.isoformat(), "given_how": GivenHow.SPOKEN.value, "capacity": Capacity.ABLE.value,
            "instead": Instead.VISIT.value,
        }  # fmt: skip
    else:
        every = consent["state"] == ConsentState.GIVEN
        agreed = list(ConsentTo) if every else consent.get("allows") or [ConsentTo.SENSORS]
        names = (
            "given_on", "basis", "given_how", "language", "present", "second_talk_on", "capacity", "legal_position", "representative",
        )  # fmt: skip
        form = _texts(consent, *names) | {
            "said": said_of(consent["state"], agreed).value,
            "instead": Instead.VISIT.value,
        }
        if consent.get("automatic") is not None:
            form["automatic"] = "yes" if consent["automatic"] else "no"
    return {f"{who}-{name}": said for name, said in form.items()}


def plan_form(plan: Plan, of_town: Plan, table: Table) -> Filled:
    """Return the form of a plan: only what is the resident's own is filled in."""
    form: Filled = {}
    for name in PLAN_MINUTES:
        if getattr(plan, name) != getattr(of_town, name):
            form[name] = str(round(getattr(plan, name) / timedelta(minutes=1)))
    for name in PLAN_COUNTS:
        if getattr(plan, name) != getattr(of_town, name):
            form[name] = str(getattr(plan, name))
    for name in PLAN_CHOICES:
        if getattr(plan, name) != getattr(of_town, name):
            form[name] = "yes" if getattr(plan, name) else "no"
    if table.get("green_by") == "detector":
        form |= {"alone": _TICKED, "signed_by": table.get("signed_by") or ""}
    return form


def own_answers(answers: Mapping[str, Any], of_town: Plan) -> dict[str, Any]:
    """Return the answers that are other than the town's; those that the form does not have stay as they are."""
    found = dict(answers)
    for name in (*(f"{each}_minutes" for each in PLAN_MINUTES), *PLAN_CHOICES, *PLAN_COUNTS):
        if name in found and Plan.from_settings({name: found[name]}) == _only(of_town, name):
            del found[name]
    return found


def _only(plan: Plan, name: str) -> Plan:
    field = name.removesuffix("_minutes")
    value = getattr(plan, field)
    return Plan.from_settings({name: value / timedelta(minutes=1) if field != name else value})
