"""Sentences of "Natten i efterhand": each night, each owed look with its end, and each moment of it in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, auto
from itertools import groupby
from typing import Final

from alarm_center.core.past_night import (
    HOLD_YEARS_MOST,
    DutyShiftName,
    Moment,
    PastCase,
    PastLook,
    PastNight,
    PastSession,
)
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.code_words import CANCELLED, OUTCOMES, reason_words
from alarm_center.words.look_words import length_words
from alarm_center.words.timeline_words import row_of


@dataclass(frozen=True, slots=True)
class CaseParagraph:
    """One owed look or alarm: its heading, and a line of time, text and person for each moment."""

    heading: str
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class NightSection:
    """One night: its heading, who was on duty, and its cases; ``empty`` says that there was none."""

    heading: str
    duty: str
    empty: str
    cases: tuple[CaseParagraph, ...]


def night_section(told: PastNight, zone: str, speech: Speech) -> NightSection:
    """Return a night in words."""
    return NightSection(
        night_words(told.night, speech),
        _duty_words(told.on_duty, speech),
        "" if told.cases else speech(_("Ingen tillsyn och inget larm.")),
        tuple(_paragraph(case, zone, speech) for case in told.cases),
    )


def night_words(night: date, speech: Speech) -> str:
    """Return a night by both of its days."""
    morning = night + timedelta(days=1)
    return speech(
        _("Natten %(evening)s till %(morning)s"), evening=speech.near_day(night), morning=speech.near_day(morning)
    )


def _duty_words(shifts: Sequence[DutyShiftName], speech: Speech) -> str:
    names = dict.fromkeys(
        f"{each.patrol} ({each.carer})" if each.carer and each.carer != each.patrol else each.patrol for each in shifts
    )
    return speech(_("I tjänst: %(names)s"), names=", ".join(names)) if names else ""


def _paragraph(case: PastCase, zone: str, speech: Speech) -> CaseParagraph:
    lines = [(speech.clock(each.at, zone, seconds=True), *_moment_words(each, speech)) for each in case.moments]
    # The same fact of two SMS or two phones stands once a second.
    return CaseParagraph(case_heading(case, zone, speech), tuple(one for one, _same in groupby(lines)))


def case_heading(case: PastCase, zone: str, speech: Speech) -> str:
    """Return how an owed look or an alarm ended, in one line that begins with its time."""
    clock = speech.clock(case.at, zone)
    if case.check is None:
        assert case.alarm is not None, "a case is a check or an alarm"
        number, kind = case.alarm.case_no, _("besök %(number)s") if case.alarm.visit else _("larm %(number)s")
        end = speech(
            OUTCOMES.get(case.alarm.outcome or "", _("pågår" if case.alarm.closed_at is None else "avslutat"))
        ).lower()
        return f"{clock} {speech(kind, number=number)}: {end}"
    owed = speech(_("Besök") if case.check.by_visit else _("Tillsyn"))
    said = [_end_words(case, speech)]
    if case.alarm is not None:
        said.append(
            speech(_("besök %(number)s") if case.alarm.visit else _("larm %(number)s"), number=case.alarm.case_no)
        )
        if outcome := OUTCOMES.get(case.alarm.outcome or ""):
            said.append(speech(outcome).lower())
    return f"{clock} {owed}: {', '.join(said)}"


_ENDS: Final[Mapping[str, str]] = {
    "seen": _("sedd"),
    "planned": _("har inte varit"),
    "open": _("pågår"),
    "waiting": _("pågår"),
    "to_look": _("väntar på att någon tittar"),
}


def _end_words(case: PastCase, speech: Speech) -> str:
    check = case.check
    assert check is not None, "the heading of a check"
    if check.state == "cancelled":
        why = speech(CANCELLED.get(check.cancel_reason or "", ""))
        said = _("besök i stället (%(why)s)") if check.instead == "visit" else _("inställd (%(why)s)")
        return speech(said, why=why)
    if check.state == "alarmed":
        return speech(reason_words(check.answer, check.reason)).lower()
    return speech(_ENDS.get(check.state, check.state))


def _moment_words(moment: Moment, speech: Speech) -> tuple[str, str]:
    if isinstance(moment, PastSession):
        said = _("Utrustningen var på i %(seconds)s s") if moment.seconds else _("Utrustningen var på")
        return speech(said, seconds=moment.seconds), moment.device_id
    if isinstance(moment, PastLook):
        lasted = None if moment.ended_at is None else moment.ended_at - moment.at
        said = _("Tittade på direktbild i %(length)s") if moment.live else _("Tittade i %(length)s")
        text = speech(said, length=length_words(lasted, speech))
        return text if moment.clear else speech(_("%(text)s, suddad bild"), text=text), moment.who or speech(_("Okänd"))
    row = row_of(moment.payload)
    detail = row.detail(moment.payload)
    return f"{speech(row.words)}: {speech(detail)}" if detail else speech(row.words), moment.who or ""


def detector_names(told: Sequence[PastNight]) -> list[str]:
    """Return the detectors that judged something in these nights, each once."""
    found = (
        each.detector
        for night in told
        for case in night.cases
        for each in case.moments
        if isinstance(each, PastSession)
    )
    return sorted({name for name in found if name})


# ---- the hold ----


class HoldFault(Enum):
    """A thing that is wrong with the form of a hold."""

    REASON = auto()
    UNTIL = auto()


HOLD_FAULTS: Final[Mapping[HoldFault, str]] = {
    HoldFault.REASON: _("Skriv varför nätterna ska hållas kvar"),
    HoldFault.UNTIL: _("Välj en dag efter i dag, högst %(years)s år bort"),
}
NIGHTS_UNREADABLE: Final = _("Välj en första och en sista natt, högst %(nights)s nätter. Här visas den senaste natten.")


def fault_words(fault: HoldFault, speech: Speech) -> str:
    """Return what is wrong with the form."""
    return speech(HOLD_FAULTS[fault], years=HOLD_YEARS_MOST)


def hold_words(
    first: date, last: date, until: date, by: str | None, made_at: datetime, zone: str, speech: Speech
) -> str:
    """Return a hold in a sentence, without its reason."""
    return speech(
        _("Nätterna %(first)s till %(last)s hålls kvar till %(until)s. %(who)s, %(made)s."),
        first=speech.short_day(first), last=speech.short_day(last), until=speech.short_day(until),
        who=by or speech(_("Okänd")), made=speech.dated(made_at, zone),
    )  # fmt: skip
