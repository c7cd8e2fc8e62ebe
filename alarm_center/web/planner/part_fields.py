"""Fields of the forms of a resident's parts: as they were sent, what they choose among, and what a page shows beside them."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.core.people import TOWN_CARE
from alarm_center.core.phone_numbers import COUNTRY
from alarm_center.core.plan import Plan
from alarm_center.core.resident_forms import (
    PLAN_MINUTES,
    Form,
    TownChoices,
    closed_to,
    contact_count,
)
from alarm_center.core.roles import Right
from alarm_center.store import town_export, towns
from alarm_center.store.memory import Tx
from alarm_center.town.problems import Found
from alarm_center.web.page import PERSON, speech_of
from alarm_center.words import follow_up_words, part_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.resident_words import MARKS
from alarm_center.words.supervision_words import RISKS

_OURS: Final = frozenset({"csrf", "revision", "sure", "change"})
_LONGEST: Final = 2200

_FIELDS: Final[Mapping[tuple[str, ...], str]] = {
    ("devices", "id"): "device",
    ("decision", "reference"): "reference",
    ("decision", "ends_on"): "ends_on",
    ("decision", "trial_ends_on"): "trial_ends_on",
    ("consent", "given_on"): "resident-given_on",
    ("cohabitant_consent", "given_on"): "cohabitant-given_on",
    ("green_by",): "alone",
    ("cohabitant_sleeps",): "cohabitant_sleeps",
    ("shares_bed_with",): "shares_bed_with",
    ("area",): "area",
    ("performer",): "performer",
    ("closed_to",): "closed_to",
}
"""Fields of the forms by their places in a resident's table."""


async def sent_form(request: web.Request) -> dict[str, str]:
    """Return the form's fields as they were sent, without ours."""
    posted = await request.post()
    return {
        name: str(said).replace("\0", "").replace("\r\n", "\n")[:_LONGEST]
        for name, said in posted.items()
        if name not in _OURS
    }


def field_of(place: Iterable[object]) -> str:
    """Return the form's field of a place in a resident's table; empty where it is of none."""
    names = tuple(step for step in place if isinstance(step, str))
    return _FIELDS.get(names, "")


def errors_by_field(found: Iterable[Found], speech: Speech) -> tuple[dict[str, str], list[str]]:
    """Return the words of errors beside their fields, and those of no field."""
    beside: dict[str, str] = {}
    others: list[str] = []
    for place, said in found:
        words = part_words.error_words(said, speech)
        if name := field_of(place):
            beside.setdefault(name, words)
        elif words not in others:
            others.append(words)
    return beside, others


async def town_choices(tx: Tx, request: web.Request, org: str, right: Right, today: date) -> TownChoices:
    """Return what a form may choose among in a town, as far as the person's areas and performers go."""
    person, names = request[PERSON], await town_export.town_names(tx, org)
    viewer, ids = person.viewer(right), await towns.area_ids(tx, org)
    own = person.performers_in(org, right)
    return TownChoices(
        areas=[code for code, area_id in ids.items() if viewer.sees(area_id)],
        performers=[each["code"] for each in names["performers"] if own is None or each["code"] in own],
        positions=[each["code"] for each in names["legal_positions"]],
        country=COUNTRY,
        today=today,
        own_care=own is None or TOWN_CARE in own,
        people={each["login"]: each["name"] for each in names["users"]},
    )


async def labels(tx: Tx, request: web.Request, org: str, choices: TownChoices) -> dict[str, Any]:
    """Return the choices of every form, each with its words."""
    speech = speech_of(request)
    performers = await towns.performers(tx, org)

    def worded(words: Mapping[Any, str]) -> list[tuple[str, str]]:
        return [(str(value), speech(text)) for value, text in words.items()]

    return {
        "areas": [(code, code) for code in choices.areas],
        "own_care": choices.own_care,
        "people": choices.people,
        "performers": [(code, performers[code]) for code in choices.performers],
        "positions": [(code, code) for code in choices.positions],
        "risks": worded(RISKS),
        "sleeps": worded(part_words.SLEEPS),
        "marks": worded(MARKS),
        "hours": worded(part_words.HOURS),
        "kinds": worded(part_words.KINDS),
        "after": worded(part_words.AFTER_TRIAL),
        "answers": worded(part_words.ANSWERS),
        "hows": worded(part_words.HOW),
        "capacities": worded(part_words.CAPACITY),
        "yes_no": worded(part_words.YES_NO),
        "questions": worded(follow_up_words.QUESTIONS),
        "follow_up_answers": worded(follow_up_words.ANSWERS),
        "devices": worded(part_words.DEVICES),
    }


def drawn(
    form: Form, faults: Mapping[str, str], saved: Mapping[str, str], others: Iterable[str] = ()
) -> dict[str, Any]:
    """Return how a form is filled in, what is wrong beside each field, and what is saved where somebody else has changed it."""
    differs = {name: said for name, said in saved.items() if said != form.get(name, "")}
    differs |= dict.fromkeys(
        (name for name in form if saved and name not in saved and form[name] and not _is_blank_line(name, form)), "–"
    )
    return {
        "filled": form,
        "faults": faults,
        "saved": differs,
        "others": list(others),
        "contacts": contact_count(form),
        "closed": closed_to(form),
    }


def _is_blank_line(name: str, form: Form) -> bool:
    """Return whether the field is the choice on a contact's line that nobody has filled in."""
    field, _, number = name.partition("-")
    return field == "hours" and not form.get(f"who-{number}")


def town_plan_values(plan: Plan) -> dict[str, Any]:
    """Return the town's own answers, to stand where a resident has none."""
    minutes = {name: round(getattr(plan, name).total_seconds() / 60) for name in PLAN_MINUTES}
    names = ("rechecks", "phone_first", "phone_rings", "two_carers", "visit_on_fault")
    return minutes | {name: getattr(plan, name) for name in names}


async def area_id_of(tx: Tx, org: str, code: str) -> UUID | None:
    """Return the id of an area by its code; ``None`` where there is none."""
    return (await towns.area_ids(tx, org)).get(code)


def today_in(zone: str, now: Any) -> date:
    """Return the day that it is in a zone."""
    day: date = now.astimezone(ZoneInfo(zone)).date()
    return day
