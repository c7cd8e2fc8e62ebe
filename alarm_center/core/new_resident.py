"""A new resident before they are one: the steps of the flow, their table put together, and what will follow from it tonight."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.core.resident_forms import (
    Form,
    FormFault,
    ReadForm,
    TownChoices,
    read_consent,
    read_decision,
    read_device,
    read_door,
    read_home,
    read_plan,
)
from alarm_center.core.roles import Right
from alarm_center.core.slot_changes import SlotChanges, WantedSlot, change_slots
from alarm_center.core.supervision import DecisionFacts, LackingConsent, SupervisionFacts
from alarm_center.core.times_form import EVERY_DAY, MOST_TIMES, TimeFault, TimesLine, parse_times
from schemas.limits import SECONDS_MIN
from schemas.vocabulary import AfterTrial, CohabitantSleeps, ConsentState, ConsentTo, Instead

STEPS: Final[Mapping[str, Right]] = {
    "home": Right.ENROL, "door": Right.ENROL, "decision": Right.DECIDE, "consents": Right.DECIDE, "times": Right.ARRANGE,
    "plan": Right.ARRANGE, "device": Right.ARRANGE,
}  # fmt: skip
"""The steps in their order, each with the right that fills it in."""
KEPT_DAYS: Final = 30
"""Days after which a draft that nobody touches is erased."""
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


# ---- times, as a draft keeps them ----


def lines_form(lines: Sequence[TimesLine]) -> dict[str, str]:
    """Return the lines of times as the fields of a form, one text each."""
    form = {"lines": str(len(lines))}
    for n, line in enumerate(lines):
        form |= {
            f"at-{n}": line.at, f"between-{n}": line.between, f"by-{n}": "visit" if line.by_visit else "camera",
            f"nights-{n}": "".join(map(str, line.nights)), f"from-{n}": line.from_night, f"until-{n}": line.until_night,
        }  # fmt: skip
        form |= {f"ends-{n}": "on"} if line.ends else {}
    return form


def form_lines(form: Form) -> list[TimesLine]:
    """Return the lines of times that :func:`lines_form` made fields of."""
    said = form.get("lines", "0")
    count = min(int(said), MOST_TIMES) if said.isascii() and said.isdigit() and len(said) < 3 else 0
    return [
        TimesLine(
            form.get(f"at-{n}", ""), form.get(f"between-{n}", ""), form.get(f"by-{n}") == "visit",
            tuple(day for day in EVERY_DAY if str(day) in form.get(f"nights-{n}", "")), SECONDS_MIN * 2,
            form.get(f"from-{n}", ""), form.get(f"until-{n}", ""), f"ends-{n}" in form,
        )
        for n in range(count)
    ]  # fmt: skip


def slot_tables(wanted: Sequence[WantedSlot]) -> list[dict[str, Any]]:
    """Return times as the tables of a town's file."""
    return [
        {
            "time": f"{slot.pattern.local_time:%H:%M}", "weekdays": [_DAYS[day] for day in slot.pattern.weekdays],
            "window_minutes": slot.pattern.window_minutes, "seconds": slot.pattern.seconds, "by_visit": slot.pattern.by_visit,
            "from_night": slot.from_night, "until_night": slot.until_night,
        }
        for slot in wanted
    ]  # fmt: skip


# ---- the whole ----


@dataclass(frozen=True, slots=True)
class ReadDraft:
    """A draft as it was read: the resident's table, the faults of each step, the faults of times by line, and the times."""

    table: dict[str, Any]
    faults: Mapping[str, Mapping[str, FormFault]]
    time_faults: Sequence[tuple[int, TimeFault]]
    wanted: Sequence[WantedSlot]

    def is_done(self, step: str, filled: Mapping[str, Form]) -> bool:
        """Return whether the step has been filled in without a fault."""
        return step in filled and not self.faults.get(step) and not (step == "times" and self.time_faults)


def people_in_view(table: Mapping[str, Any]) -> int:
    """Return how many people the resident's device is to expect: two where a cohabitant sleeps in the same room."""
    beside = table.get("cohabitant_sleeps") in (CohabitantSleeps.SAME_BED, CohabitantSleeps.SAME_ROOM)
    return 2 if beside else 1


def read_draft(filled: Mapping[str, Form], town: TownChoices) -> ReadDraft:
    """Read every step that has been filled in."""
    table: dict[str, Any] = {}
    faults: dict[str, Mapping[str, FormFault]] = {}
    readers: Mapping[str, Callable[[Form], ReadForm]] = {
        "home": lambda form: read_home(form, town),
        "door": lambda form: read_door(form, town),
        "decision": lambda form: read_decision(form, town),
        "consents": lambda form: _read_consents(
            form, town, lives_with="cohabitant" in table and bool(table["cohabitant"])
        ),
        "plan": lambda form: read_plan(form, town, kept={}),
        "device": lambda form: read_device(form, town, people=people_in_view(table)),
    }
    for step, reader in readers.items():
        if step in filled:
            read = reader(filled[step])
            table |= read.values
            faults[step] = read.faults
    wanted, time_faults = parse_times(form_lines(filled["times"])) if "times" in filled else ([], [])
    table["slots"] = slot_tables(wanted)
    return ReadDraft(table, faults, time_faults, wanted)


def _read_consents(form: Form, town: TownChoices, *, lives_with: bool) -> ReadForm:
    both = [read_consent(form, who, town) for who in (("resident", "cohabitant") if lives_with else ("resident",))]
    values = {name: value for read in both for name, value in read.values.items()}
    return ReadForm(values, {name: fault for read in both for name, fault in read.faults.items()})


# ---- what follows ----


def foreseen_facts(table: Mapping[str, Any], night: date, beside: Mapping[str, Any] | None = None) -> SupervisionFacts:
    """Return what the supervision of *table* would stand on that night, as the gate would read its papers.

    *beside* is the table of the one who shares the bed: their device serves both, and they have to agree too.
    """
    kinds = {each["kind"] for home in (table, beside or {}) for each in home.get("devices", ())}
    asked = {"resident": table.get("consent")}
    if table.get("cohabitant"):
        asked["cohabitant"] = table.get("cohabitant_consent")
    if beside is not None:
        asked["companion"] = beside.get("consent")
    lacking = tuple(_lacking(who, consent) for who, consent in asked.items() if not _counts(consent))
    agreed = [_agreed(consent) for consent in asked.values()]
    slots = table.get("slots", ())
    return SupervisionFacts(
        decisions=_decision_facts(table.get("decision"), night),
        paused_until=None,
        pause_reason=None,
        has_times=bool(slots),
        only_visits=bool(slots) and all(slot["by_visit"] for slot in slots),
        has_device=bool(kinds),
        camera_may_look="camera" in kinds and all(ConsentTo.CAMERA in each for each in agreed),
        sensors_may_look="sensors" in kinds and all(ConsentTo.SENSORS in each for each in agreed),
        lacking=lacking,
    )


def _decision_facts(decision: Mapping[str, Any] | None, night: date) -> DecisionFacts:
    if decision is None or decision.get("starts_on") is None:
        return DecisionFacts()
    starts, ends, trial = decision["starts_on"], decision.get("ends_on"), decision.get("trial_ends_on")
    begun = starts <= night
    holds = begun and (ends is None or night <= ends)
    tried = trial is None or night <= trial or decision.get("after_trial") == AfterTrial.GOES_ON
    return DecisionFacts(begun, holds, holds and tried, starts, ends, trial)


def _counts(consent: Mapping[str, Any] | None) -> bool:
    if consent is None or consent["state"] == ConsentState.REVOKED:
        return False
    return consent.get("capacity") != "in_doubt" or bool(consent.get("legal_position"))


def _lacking(who: str, consent: Mapping[str, Any] | None) -> LackingConsent:
    instead = consent.get("instead") if consent is not None and consent["state"] == ConsentState.REVOKED else None
    return LackingConsent(who, instead=Instead(instead) if instead else None)


def _agreed(consent: Mapping[str, Any] | None) -> frozenset[str]:
    if consent is None or not _counts(consent):
        return frozenset()
    if consent["state"] == ConsentState.GIVEN:
        return frozenset(ConsentTo)
    return frozenset(consent.get("allows") or (ConsentTo.SENSORS,))


def first_instant(wanted: Sequence[WantedSlot], starts: date | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when the first of new times is owed, not before the night *starts*; ``None`` if none is within a year."""
    changes: SlotChanges = change_slots([], [_from(slot, starts) for slot in wanted], (), now, zone)
    found = []
    for slot, night in changes.begun:
        ahead = (night + timedelta(days=n) for n in range(8))
        on = next((each for each in ahead if each.weekday() in slot.pattern.weekdays), None)
        if on is not None and (slot.until_night is None or on < slot.until_night):
            found.append(calendar.instant_of(on, slot.pattern.local_time, zone))
    return min(found, default=None)


def _from(slot: WantedSlot, starts: date | None) -> WantedSlot:
    if starts is None or (slot.from_night is not None and slot.from_night >= starts):
        return slot
    return replace(slot, from_night=starts)
