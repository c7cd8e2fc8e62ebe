"""Forms of a resident's parts: the fields of each as they were filled in, read as the town's model has them, with every fault.

The flow of a new resident and the pages that change one who is there have the same forms. A form is a mapping of names to
texts; what is not ticked is not in it. The values that come of it are those of a town's file (`town/model.py`), which
checks them once more.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

from alarm_center.core import phone_numbers
from schemas.vocabulary import (
    AfterTrial,
    Capacity,
    CohabitantSleeps,
    ConsentState,
    ConsentTo,
    ContactHours,
    DecisionKind,
    DeviceKind,
    GivenHow,
    Instead,
    Mark,
)

Form = Mapping[str, str]
Values = dict[str, Any]

TEXT_MOST: Final = 200
NOTE_MOST: Final = 2000
CONTACTS_MOST: Final = 8
CLOSED: Final = "closed-"
"""Begins the name of each tick for a colleague to whom the resident is closed."""
_DEVICE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class FormFault(StrEnum):
    """A fault of one field."""

    MISSING = "missing"
    UNCHOSEN = "unchosen"
    TOO_LONG = "too_long"
    NO_PHONE = "no_phone"
    IMPOSSIBLE_PHONE = "impossible_phone"
    PHONE_TWICE = "phone_twice"
    NO_DATE = "no_date"
    BEFORE_START = "before_start"
    NO_NUMBER = "no_number"
    COMING = "coming"
    """A day that has not been yet, where something is said to have happened."""
    PAST = "past"
    """A day that has been, where something is still to be done."""
    NO_DEVICE_NAME = "no_device_name"
    NOT_OFFERED = "not_offered"
    """Checks that turn green by themselves are begun from their offer, by no other form."""


@dataclass(frozen=True, slots=True)
class ReadForm:
    """A form as it was read: values of the model by field, and the fault of each field of the form that has one."""

    values: Values = field(default_factory=dict)
    faults: dict[str, FormFault] = field(default_factory=dict)


class _Fields:
    """The fields of one form, read one by one; a fault is noted at the first thing that is wrong with a field."""

    def __init__(self, form: Form, country: str) -> None:
        self.form = form
        self.country = country
        self.faults: dict[str, FormFault] = {}

    def fault(self, name: str, fault: FormFault) -> None:
        self.faults.setdefault(name, fault)

    def text(self, name: str, most: int = TEXT_MOST, *, needed: bool = False) -> str:
        said = " ".join(self.form.get(name, "").split()) if most <= TEXT_MOST else self.form.get(name, "").strip()
        if needed and not said:
            self.fault(name, FormFault.MISSING)
        if len(said) > most:
            self.fault(name, FormFault.TOO_LONG)
        return said

    def phone(self, name: str, *, needed: bool = False) -> str | None:
        said = self.form.get(name, "").strip()
        if not said:
            if needed:
                self.fault(name, FormFault.MISSING)
            return None
        try:
            return phone_numbers.parse_phone_number(said, self.country)
        except phone_numbers.ImpossibleNumber:
            self.fault(name, FormFault.IMPOSSIBLE_PHONE)
        except ValueError:
            self.fault(name, FormFault.NO_PHONE)
        return None

    def day(self, name: str, *, needed: bool = False) -> date | None:
        said = self.form.get(name, "").strip()
        if not said:
            if needed:
                self.fault(name, FormFault.MISSING)
            return None
        try:
            return date.fromisoformat(said)
        except ValueError:
            self.fault(name, FormFault.NO_DATE)
            return None

    def choice(self, name: str, among: Collection[str], *, needed: bool = False) -> str | None:
        said = self.form.get(name, "")
        if said in among:
            return str(said)
        if needed or said:
            self.fault(name, FormFault.UNCHOSEN)
        return None

    def number(self, name: str, least: int, most: int) -> int | None:
        said = self.form.get(name, "").strip()
        if not said:
            return None
        if said.isascii() and said.isdigit() and least <= int(said[:6]) <= most:
            return int(said)
        self.fault(name, FormFault.NO_NUMBER)
        return None

    def order(self, first: date | None, last: date | None, name: str) -> None:
        if first is not None and last is not None and last < first:
            self.fault(name, FormFault.BEFORE_START)

    def read(self, values: Values) -> ReadForm:
        return ReadForm(values, self.faults)


NUMBER_MOST: Final = 999_999
"""The highest neutral number of a resident."""


@dataclass(frozen=True, slots=True)
class TownChoices:
    """The names that a form may choose among in its town, and the town's country and day."""

    areas: Collection[str]
    performers: Collection[str]
    positions: Collection[str]
    country: str
    today: date
    own_care: bool = True
    """The town's own care may be chosen: no performer."""
    people: Mapping[str, str] = field(default_factory=dict)
    """The names of those who sign in, by login."""


def read_home(form: Form, town: TownChoices) -> ReadForm:
    """Read who somebody is and where they live. A protected identity is a tick; a personal number is never asked for."""
    fields = _Fields(form, town.country)
    cohabitant = fields.text("cohabitant") or None
    sleeps = fields.choice("cohabitant_sleeps", list(CohabitantSleeps), needed=cohabitant is not None)
    risk = fields.choice("risk", ("1", "2", "3"), needed=True)
    values: Values = {
        "name": fields.text("name", needed=True),
        "area": fields.choice("area", town.areas, needed=True),
        "address": fields.text("address", needed=True),
        "phone": fields.phone("phone"),
        "risk": int(risk or 2),
        "protected": "protected" in form,
        "cohabitant": cohabitant,
        "cohabitant_sleeps": sleeps if cohabitant else None,
        "shares_bed_with": fields.number("shares_bed_with", 1, NUMBER_MOST),
        "performer": fields.choice("performer", town.performers, needed=not town.own_care),
        "closed_to": closed_to(form),
    }
    return fields.read(values)


def closed_to(form: Form) -> list[str]:
    """Return the logins of those to whom the resident is closed, by the form's ticks."""
    return sorted(name.removeprefix(CLOSED) for name in form if name.startswith(CLOSED))


def read_door(form: Form, town: TownChoices) -> ReadForm:
    """Read the door, the contacts and what is good to know. A contact without a name and a phone is passed over."""
    fields = _Fields(form, town.country)
    tried = fields.day("door_tried_on")
    if tried is not None and tried > town.today:
        fields.fault("door_tried_on", FormFault.COMING)
    values: Values = {
        "access": fields.text("access"),
        "port_code": fields.text("port_code", 40),
        "key_place": fields.text("key_place"),
        "second_way": fields.text("second_way"),
        "door_tried_on": tried,
        "pets": "pets" in form,
        "marks": [mark.value for mark in Mark if f"mark-{mark}" in form],
        "notes": fields.text("notes", NOTE_MOST),
        "contacts": _read_contacts(fields),
    }
    return fields.read(values)


def contact_count(form: Form) -> int:
    """Return how many lines of contacts the form has, at least one."""
    said = form.get("contacts", "1")
    return min(max(int(said), 1), CONTACTS_MOST) if said.isascii() and said.isdigit() and len(said) < 3 else 1


def _read_contacts(fields: _Fields) -> list[Values]:
    found: list[Values] = []
    for n in range(contact_count(fields.form)):
        if not any(fields.form.get(f"{name}-{n}", "").strip() for name in ("who", "relation", "phone", "told")):
            continue
        name, phone = fields.text(f"who-{n}", needed=True), fields.phone(f"phone-{n}", needed=True)
        if phone is not None and any(each["phone"] == phone for each in found):
            fields.fault(f"phone-{n}", FormFault.PHONE_TWICE)
        found.append(
            {
                "name": name,
                "relation": fields.text(f"relation-{n}", 80),
                "phone": phone,
                "hours": fields.choice(f"hours-{n}", list(ContactHours)) or ContactHours.ANY.value,
                "may_be_told": fields.text(f"told-{n}"),
                "has_key": f"key-{n}" in fields.form,
                "ring_first": f"first-{n}" in fields.form,
            }
        )
    return found


def read_decision(form: Form, town: TownChoices) -> ReadForm:
    """Read a decision or an offer; its value is ``decision``."""
    fields = _Fields(form, town.country)
    starts = fields.day("starts_on", needed=True)
    ends, trial = fields.day("ends_on"), fields.day("trial_ends_on")
    fields.order(starts, ends, "ends_on")
    fields.order(starts, trial, "trial_ends_on")
    after = fields.choice("after_trial", list(AfterTrial))
    values: Values = {
        "reference": fields.text("reference", needed=True),
        "kind": fields.choice("kind", list(DecisionKind), needed=True),
        "purpose": fields.text("purpose", NOTE_MOST),
        "less_intrusive": fields.text("less_intrusive", NOTE_MOST),
        "alternative": fields.text("alternative", NOTE_MOST),
        "starts_on": starts,
        "ends_on": ends,
        "trial_ends_on": trial,
        "after_trial": after if trial is not None else None,
        "follow_up_on": fields.day("follow_up_on"),
    }
    return fields.read({"decision": values})


FOLLOW_UP_QUESTIONS: Final = ("sleeps_better", "wants_it", "understands_it", "misses_company")
FOLLOW_UP_ANSWERS: Final = ("yes", "no", "unsure")


@dataclass(frozen=True, slots=True)
class FollowUpAnswers:
    """Answers at a follow-up, ``None`` where nobody has answered; who does what about missing company, and by when."""

    sleeps_better: str | None
    wants_it: str | None
    understands_it: str | None
    misses_company: str | None
    task_owner: str | None = None
    """A login."""
    task_due_on: date | None = None


def read_follow_up(form: Form, town: TownChoices) -> ReadForm:
    """Read what was said at a follow-up; its value is ``follow_up``, none where no question is answered.

    Missing company is a task: it takes an owner of the town and a day that comes.
    """
    fields = _Fields(form, town.country)
    said = {name: fields.choice(name, FOLLOW_UP_ANSWERS) for name in FOLLOW_UP_QUESTIONS}
    lonely = said["misses_company"] == "yes"
    owner = fields.choice("task_owner", tuple(town.people), needed=lonely)
    due = fields.day("task_due_on", needed=lonely)
    if lonely and due is not None and due < town.today:
        fields.fault("task_due_on", FormFault.PAST)
    answers = FollowUpAnswers(**said, task_owner=owner if lonely else None, task_due_on=due if lonely else None)
    return fields.read({"follow_up": answers} if any(said.values()) else {})


class Said(StrEnum):
    """A person's answer to whether they may be looked at, as the form has it."""

    YES = "yes"
    UNSEEN = "unseen"
    """A camera, but nobody sees its pictures."""
    SENSORS = "sensors"
    NO = "no"
    LATER = "later"
    """Not asked yet, or no answer."""


_AGREED: Final[Mapping[str, tuple[ConsentState, tuple[ConsentTo, ...] | None]]] = {
    Said.YES: (ConsentState.GIVEN, None),
    Said.UNSEEN: (ConsentState.LIMITED, (ConsentTo.CAMERA, ConsentTo.SENSORS)),
    Said.SENSORS: (ConsentState.LIMITED, (ConsentTo.SENSORS,)),
    Said.NO: (ConsentState.REVOKED, None),
}


def said_of(state: str, agreed: Collection[str]) -> Said:
    """Return the answer that a consent is, by its state and what it allows."""
    if state == ConsentState.REVOKED:
        return Said.NO
    if ConsentTo.CAMERA not in agreed:
        return Said.SENSORS
    return Said.YES if ConsentTo.SHOWN_TO_PEOPLE in agreed else Said.UNSEEN


def read_consent(form: Form, who: str, town: TownChoices) -> ReadForm:
    """Read what *who*, ``resident`` or ``cohabitant``, has said; its value is ``consent`` or ``cohabitant_consent``, or nothing yet."""
    fields = _Fields({name.removeprefix(f"{who}-"): said for name, said in form.items()}, town.country)
    said = fields.choice("said", list(Said), needed=True)
    values: Values = {}
    if said is not None and said != Said.LATER:
        state, allows = _AGREED[said]
        is_no = said == Said.NO
        given = fields.day("given_on", needed=True)
        if given is not None and given > town.today:
            fields.fault("given_on", FormFault.COMING)
        talk = fields.day("second_talk_on")
        fields.order(given, talk, "second_talk_on")
        automatic = fields.choice("automatic", ("yes", "no"), needed=not is_no)
        values = {
            "state": state.value,
            "allows": None if allows is None else [each.value for each in allows],
            "instead": (fields.choice("instead", list(Instead), needed=True) if is_no else None),
            "given_on": given,
            "basis": fields.text("basis", NOTE_MOST),
            "automatic": None if automatic is None else automatic == "yes",
            "given_how": fields.choice("given_how", list(GivenHow), needed=True),
            "language": fields.text("language", 40),
            "present": fields.text("present"),
            "second_talk_on": talk,
            "capacity": fields.choice("capacity", list(Capacity), needed=not is_no),
            "legal_position": fields.choice("legal_position", town.positions),
            "representative": fields.text("representative", NOTE_MOST),
        }
    faults = {f"{who}-{name}": fault for name, fault in fields.faults.items()}
    name = "consent" if who == "resident" else "cohabitant_consent"
    return ReadForm({name: values} if values else {}, faults)


PLAN_MINUTES: Final = {"recheck": (1, 120), "arrive_within": (5, 240)}
"""Fields of a plan in minutes, with the least and the most that the form takes."""
PLAN_CHOICES: Final = ("phone_first", "two_carers", "visit_on_fault")
PLAN_COUNTS: Final = {"rechecks": 5, "phone_rings": 20}


def read_plan(form: Form, town: TownChoices, *, kept: Mapping[str, Any], signed_on: date | None = None) -> ReadForm:
    """Read a plan as the answers that are the resident's own; a field that is left as the town's is no answer.

    *kept* are the answers so far: those that the form does not have stay. *signed_on* is the day of a signature that stands:
    without one the form cannot let checks turn green by themselves.
    """
    fields = _Fields(form, town.country)
    minutes = {f"{each}_{unit}" for each in PLAN_MINUTES for unit in ("minutes", "seconds")}
    mine = minutes.union(PLAN_CHOICES, PLAN_COUNTS)
    answers = {name: value for name, value in kept.items() if name not in mine}
    for name, (least, most) in PLAN_MINUTES.items():
        if (within := fields.number(name, least, most)) is not None:
            answers[f"{name}_minutes"] = within
    counts = ((name, fields.number(name, 0, most)) for name, most in PLAN_COUNTS.items())
    answers.update(each for each in counts if each[1] is not None)
    for name in PLAN_CHOICES:
        if (chosen := fields.choice(name, ("yes", "no"))) is not None:
            answers[name] = chosen == "yes"
    alone = "alone" in form
    if alone and signed_on is None:
        fields.fault("alone", FormFault.NOT_OFFERED)
    signed_by = fields.text("signed_by", needed=alone) or None
    values: Values = {
        "plan": answers,
        "green_by": "detector" if alone else "operator",
        "signed_by": signed_by if alone else None,
        "signed_on": signed_on if alone else None,
    }
    return fields.read(values)


def read_device(form: Form, town: TownChoices, *, people: int) -> ReadForm:
    """Read which device is bound, if any; *people* is how many it is to expect in its view."""
    fields = _Fields(form, town.country)
    name = form.get("device", "").strip().lower()
    if not name:
        return fields.read({"devices": []})
    if not _DEVICE.fullmatch(name):
        fields.fault("device", FormFault.NO_DEVICE_NAME)
    kind = fields.choice("kind", list(DeviceKind), needed=True)
    profile = {"expected_people": people} if people != 1 else {}
    return fields.read({"devices": [{"id": name, "kind": kind, "profile": profile}]})
