"""Sentences of an area's history: what a change of the area, of its rota or of its staff did."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.core.resident_record import ChangeRow
from alarm_center.core.shift_patterns import DutyPost, ShiftPattern
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.staff_words import pattern_line
from schemas.vocabulary import Duty, SubstituteReason

_NOBODY_OF_ALL: Final = UUID(int=0)
_STOOD_IN: Final[Mapping[str, str]] = {
    SubstituteReason.SWAP: _("Bytte pass natten som börjar %(day)s, %(patrol)s, från %(time)s: %(old)s → %(new)s"),
    SubstituteReason.SICK: _("Sjuk natten som börjar %(day)s, %(patrol)s, från %(time)s: %(old)s → %(new)s"),
    SubstituteReason.PHONE: _("Annan telefon natten som börjar %(day)s, %(patrol)s, från %(time)s: %(old)s → %(new)s"),
}


def change_words(row: ChangeRow, zone: str, speech: Speech) -> tuple[str, tuple[str, ...]]:
    """Return what a change did in a sentence without its stop, and lines with more of it."""
    before, after = row.before or {}, row.after or {}
    if "line" in before or "line" in after:
        return _of_pattern(row, zone, speech)
    if "why" in after:
        return _of_substitute(before, after, zone, speech), ()
    if "merged" in after:
        counts = [
            speech(_("brukare: %(count)s"), count=before.get("residents", 0)),
            speech(_("pass: %(count)s"), count=before.get("patterns", 0)),
            speech(_("larmombud: %(count)s"), count=before.get("ombudsmen", 0)),
        ]
        said = speech(_("Slog ihop område %(area)s med %(into)s"), area=after["merged"], into=after["area"])
        return said, (" · ".join(counts),)
    if "ombudsman" in after:
        return _of_ombudsman(row, speech), ()
    if "lost" in after:
        return speech(_("Telefonen hos %(name)s var borta"), name=after["carer"]), ()
    if "handed_in" in after:
        last = speech.day(date.fromisoformat(after["ends_on"]))
        return speech(_("Sista natten för %(name)s: %(day)s"), name=after["carer"], day=last), ()
    return _of_area(before, after, speech), ()


def _of_area(before: Mapping[str, Any], after: Mapping[str, Any], speech: Speech) -> str:
    area = after.get("area")
    if area is None:
        return speech(_("Ändrade bemanningen"))
    if after.get("closed_at"):
        return speech(_("Stängde område %(area)s"), area=area)
    if before.get("closed_at"):
        return speech(_("Öppnade område %(area)s igen"), area=area)
    if before.get("area", area) != area:
        return speech(_("Bytte kod från %(before)s till %(area)s"), before=before["area"], area=area)
    return speech(_("Lade till område %(area)s"), area=area)


def _of_pattern(row: ChangeRow, zone: str, speech: Speech) -> tuple[str, tuple[str, ...]]:
    day = speech.day(calendar.night_of(row.from_at, ZoneInfo(zone)))
    if row.after is None:
        said = _("Avslutade passet från natten som börjar %(day)s: %(line)s")
        return speech(said, day=day, line=_line(row.before or {}, speech)), ()
    line = _line(row.after, speech)
    if row.before is None:
        return speech(_("Nytt pass från natten som börjar %(day)s: %(line)s"), day=day, line=line), ()
    said = speech(_("Ändrade ett pass från natten som börjar %(day)s: %(line)s"), day=day, line=line)
    return said, (speech(_("Tidigare: %(line)s"), line=_line(row.before, speech)),)


def _line(said: Mapping[str, Any], speech: Speech) -> str:
    """Return a kept pattern in a line, as the rota's page has it."""
    post = DutyPost(_NOBODY_OF_ALL, _NOBODY_OF_ALL, said["patrol"], Duty(said["role"]))
    until = date.fromisoformat(said["until_night"]) if said.get("until_night") else None
    pattern = ShiftPattern(
        _NOBODY_OF_ALL, _NOBODY_OF_ALL, post, time.fromisoformat(said["starts"]), time.fromisoformat(said["ends"]),
        tuple(said["weekdays"]), date.fromisoformat(said["from_night"]), until, said["every_weeks"],
    )  # fmt: skip
    return pattern_line(pattern, said["area"], said["carer"], speech)


def _of_substitute(before: Mapping[str, Any], after: Mapping[str, Any], zone: str, speech: Speech) -> str:
    said = {
        "day": speech.day(date.fromisoformat(after["night"])), "patrol": after["patrol"], "old": before.get("carer", ""),
        "new": after.get("carer") or speech(_("ingen")), "time": speech.clock(datetime.fromisoformat(after["from"]), zone),
    }  # fmt: skip
    return speech(_STOOD_IN.get(after["why"], _STOOD_IN[SubstituteReason.SWAP]), **said)


def _of_ombudsman(row: ChangeRow, speech: Speech) -> str:
    after = row.after or {}
    name, until = after["ombudsman"], after.get("until_day")
    if row.before is not None and until:
        last = speech.day(date.fromisoformat(until))
        return speech(_("Sista dagen för larmombudet %(name)s: %(day)s"), name=name, day=last)
    first = speech.day(date.fromisoformat(after["from_day"]))
    return speech(_("Nytt larmombud: %(name)s, från %(day)s"), name=name, day=first)
