"""Sentences of a resident's history: what each change did, and what it changed from and to."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from alarm_center.core import phone_numbers
from alarm_center.core.earlier_values import earlier_times
from alarm_center.core.mounting import StopReason
from alarm_center.core.plan import Plan
from alarm_center.core.resident_record import ChangeRow
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.code_words import END_REASONS
from alarm_center.words.file_words import COLUMNS
from alarm_center.words.mounting_words import STOPPED
from alarm_center.words.pause_words import REASONS, time_words
from alarm_center.words.resident_page_words import plan_parts
from alarm_center.words.resident_words import MARKS, SLEEPS
from alarm_center.words.supervision_words import RISKS
from alarm_center.words.times_words import times_sentence
from schemas.vocabulary import CancelReason

_CHANGED: Final[Mapping[str, str]] = {
    "pause": _("Paus"),
    "consent": _("Samtycke"),
    "visits": _("Besök"),
    "times": _("Tider"),
    "resident": _("Uppgifter om brukaren"),
    "decision": _("Beslut"),
    "plan": _("Plan"),
    "device": _("Utrustning"),
    "run_in": _("Provnätter"),
}
_YES, _NO, _NOTHING = _("ja"), _("nej"), _("inget")

_LABELS: Final[Mapping[str, str]] = {
    **COLUMNS,
    "purpose": _("syfte"),
    "less_intrusive": _("mindre ingripande som prövats"),
    "alternative": _("alternativ som erbjudits"),
    "starts_on": _("från"),
    "ends_on": _("till och med"),
    "trial_ends_on": _("provet slutar"),
    "after_trial": _("efter provet"),
    "follow_up_on": _("uppföljning"),
    "camera": _("kamera"),
    "sensors": _("sensorer"),
    "shown_to_people": _("personal ser bilderna"),
    "automatic": _("automatisk bedömning"),
    "label": _("namn på utrustningen"),
}
"""Columns that stand in the history, each in words. Others are named by nobody: a room's measures, an id."""
_UNSAID: Final = frozenset({"port_code", "area_id"})
"""Columns of which the history says that they have changed, and not to what: the code is read behind a click that is logged."""
_WORDED: Final[Mapping[str, Mapping[Any, str]]] = {
    "risk": RISKS,
    "cohabitant_sleeps": SLEEPS,
    "after_trial": {"goes_on": _("fortsätter"), "visits": _("besök")},
    "automatic": {"yes": _YES, "no": _NO},
}


def change_words(row: ChangeRow, zone: str, speech: Speech) -> str:
    """Return what a change did, in a sentence; a kind that has no words of its own says which part it changed."""
    after = row.after or {}
    if row.part == "pause" and "ended_at" in after:
        return speech(_("Avslutade pausen"))
    if row.part == "pause" and after.get("reason") in set(REASONS):
        reason = speech(REASONS[CancelReason(after["reason"])]).lower()
        until = time_words(datetime.fromisoformat(after["to_at"]), row.made_at, zone, speech)
        return speech(_("Pausade: %(reason)s, till %(until)s"), reason=reason, until=until)
    if row.part == "visits" and "checks" in after:
        return speech(
            _("Gjorde om %(count)s tillsyner till besök: %(why)s"), count=after["checks"], why=after.get("why", "")
        )
    if row.part == "run_in" and "nights" in after:
        return speech(_("Ändrade provnätterna till %(nights)s"), nights=after["nights"])
    if row.part == "hold" and "until" in after:
        days = {name: speech.short_day(date.fromisoformat(after[name])) for name in ("first", "last", "until")}
        return speech(_("Höll kvar nätterna %(first)s till %(last)s, till %(until)s"), **days)
    if row.part == "hold":
        return speech(_("Slutade hålla kvar nätter"))
    if row.part == "town_stop":
        began = after.get("stop") == "began"
        return speech(_("Stoppade all kameratillsyn i kommunen") if began else _("Stoppet i kommunen slutade"))
    if row.part == "end":
        reason = END_REASONS.get(str(after.get("why")), "")
        return speech(_("Avslutade tillsynen: %(why)s"), why=speech(reason) if reason else "")
    if row.part == "device" and "exchange" in after:
        return speech(_("Bokade byte av kamera") if after["exchange"] else _("Ångrade bytet av kamera"))
    if row.part == "device" and "mounting" in after:
        why = STOPPED[StopReason(after["why"])] if after.get("why") in set(StopReason) else ""
        return speech(_("Avbröt monteringen: %(why)s"), why=speech(why).lower())
    if row.part == "device" and row.after is None:
        return speech(_("Tog bort utrustningen %(name)s"), name=(row.before or {}).get("device_id", ""))
    if row.part == "device" and row.before is None:
        return speech(_("Kopplade utrustningen %(name)s"), name=after.get("device_id", ""))
    if row.part == "death":
        living = after.get("died_at") is None
        return speech(_("Rättade: dödsfallet var felregistrerat") if living else _("Registrerade ett dödsfall"))
    if row.part == "consent" and after.get("state") == "revoked":
        return speech(_("Stängde kameran: samtycket återkallat"))
    return speech(_("Ändrade: %(part)s"), part=speech(_CHANGED[row.part]).lower() if row.part in _CHANGED else row.part)


def change_details(row: ChangeRow, of_town: Plan, speech: Speech) -> list[str]:
    """Return what the change was made from and to, a line each; none where it is the first, or its words are erased."""
    before, after = row.before, row.after
    if not before or not after:
        return []
    if row.part == "times" and "times" in before and "times" in after:
        was, is_now = (times_sentence(earlier_times(each), speech) for each in (before, after))
        return [_arrow(was, is_now, speech)]
    if row.part == "plan" and "answers" in before:
        return _plan_details(before["answers"], after["answers"], of_town, speech)
    return [
        _detail(name, before[name], after.get(name), speech)
        for name in before
        if name in _LABELS and before[name] != after.get(name)
    ]


def _detail(name: str, before: Any, after: Any, speech: Speech) -> str:
    label = speech(_LABELS[name])
    label = label[:1].upper() + label[1:]
    if name in _UNSAID:
        return label
    return f"{label}: {_arrow(_said(name, before, speech), _said(name, after, speech), speech)}"


def _arrow(before: str, after: str, speech: Speech) -> str:
    return f"{before or speech(_NOTHING)} → {after or speech(_NOTHING)}"


def _said(name: str, value: Any, speech: Speech) -> str:
    if name in _WORDED and value in _WORDED[name]:
        return speech(_WORDED[name][value])
    if isinstance(value, bool):
        return speech(_YES if value else _NO)
    if name == "phone" and value:
        return phone_numbers.national(value)
    if name == "contacts":
        return ", ".join(str(each["name"]) for each in value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(speech(MARKS[each]) if each in MARKS else str(each) for each in value)
    if name.endswith("_on") and isinstance(value, str):
        return speech.short_day(date.fromisoformat(value))
    return "" if value is None else str(value)


def _plan_details(before: Mapping[str, Any], after: Mapping[str, Any], of_town: Plan, speech: Speech) -> list[str]:
    """Return the sentences of the plan that are others than before."""
    was, now_ = (
        [part.text for part in plan_parts(of_town.with_settings(each), of_town, speech)] for each in (before, after)
    )
    return [
        _arrow(
            " ".join(text for text in was if text not in now_),
            " ".join(text for text in now_ if text not in was),
            speech,
        )
    ]
