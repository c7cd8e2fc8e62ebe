"""Words of the carers' pages: who is there and until when, a new name or number, those for a time, and what is wrong."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import phone_numbers
from alarm_center.core.carer_form import CarerEdit, CarerFault
from alarm_center.core.temps import CarerRow, NewTemp, TempFault, TempProblem
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.leaver_words import handed_in_words

CARER_FAULTS: Final[Mapping[CarerFault, str]] = {
    CarerFault.NO_NAME: _("Skriv ett namn."),
    CarerFault.NAMED: _("%(who)s finns redan. Skriv ett namn som skiljer dem åt, som Kim B."),
    CarerFault.NO_MOBILE: _("Skriv ett mobilnummer, som 070-174 06 05."),
    CarerFault.KNOWN: _("%(who)s har det numret. Skriv ett annat, eller ändra hos %(who)s först."),
    CarerFault.NO_DATE: _("Skriv ett datum."),
    CarerFault.PAST: _("Välj sista natten: i natt eller senare."),
    CarerFault.SAME: _("Inget är ändrat."),
}


def new_carer_sentences(edit: CarerEdit, speech: Speech) -> list[str]:
    """Return what a new carer means."""
    phone = phone_numbers.national(edit.phone)
    if edit.ends_on is None:
        first = speech(_("%(name)s, %(phone)s, läggs in tills vidare."), name=edit.name, phone=phone)
    else:
        day = speech.short_day(edit.ends_on)
        first = speech(
            _("%(name)s, %(phone)s, läggs in till och med natten %(day)s."), name=edit.name, phone=phone, day=day
        )
    return [first, speech(_("Ett test-SMS går dit nu och besvaras med 1. Passen läggs in för sig."))]


def carer_change_sentences(
    carer: CarerRow, edit: CarerEdit, busy: tuple[int, int], later: datetime | None, zone: str, speech: Speech
) -> list[str]:
    """Return what a carer's new name or number means; *busy* are tonight's shifts and the open cases, *later* when the number changes."""
    said, (shifts, cases) = [], busy
    if edit.name != carer.name:
        said.append(speech(_("%(old)s heter %(new)s."), old=carer.name, new=edit.name))
    if edit.phone == carer.phone:
        return said or [speech(_("Numret %(phone)s får vara kvar."), phone=phone_numbers.national(carer.phone))]
    numbers = {"old": phone_numbers.national(carer.phone), "new": phone_numbers.national(edit.phone), "name": edit.name}
    if later is not None:
        when = {"day": speech.day(later.astimezone(ZoneInfo(zone)).date()), "time": speech.clock(later, zone)}
        said.append(
            speech(
                _("%(name)s har numret %(new)s från %(day)s kl %(time)s. Till dess gäller %(old)s."), **numbers, **when
            )
        )
        return said
    said.append(speech(_("%(name)s har numret %(new)s från nu, i stället för %(old)s."), **numbers))
    if shifts:
        said.append(speech(_("Passet i natt följer med till det nya numret.")))
    if cases:
        said.append(
            speech(
                _("Öppna ärenden följer med: %(count)s. Länken kommer i ett nytt SMS, och den gamla slutar gälla."),
                count=cases,
            )
        )
    else:
        said.append(speech(_("Ett test-SMS går till det nya numret och besvaras med 1.")))
    return said


TEMP_FAULTS: Final[Mapping[TempFault, str]] = {
    TempFault.NO_NAME: _("rad %(line)s: namnet saknas"),
    TempFault.NO_MOBILE: _("rad %(line)s: ”%(said)s” är inget mobilnummer; skriv som 070-174 06 05"),
    TempFault.TWICE: _("rad %(line)s: %(said)s finns på en rad till"),
    TempFault.KNOWN: _("rad %(line)s: %(said)s har någon redan"),
    TempFault.NAMED: _("rad %(line)s: %(said)s finns redan; skriv ett namn som skiljer dem åt"),
    TempFault.NO_DATE: _("rad %(line)s: ”%(said)s” är inget datum; skriv sista natten som 2027-08-31"),
    TempFault.PAST: _("rad %(line)s: sista natten %(said)s har varit"),
    TempFault.TOO_MANY: _("rad %(line)s: det är för många på en gång"),
    TempFault.NONE: _("det finns ingen rad"),
}


def temp_problems(problems: Sequence[TempProblem], speech: Speech) -> list[str]:
    """Return what is wrong with a table, a line each."""
    return [_capital(speech(TEMP_FAULTS[each.fault], line=each.line, said=f"{each.said:.30}")) for each in problems]


def temps_sentence(temps: Sequence[NewTemp], speech: Speech) -> str:
    """Return what adding them means."""
    last = speech.short_day(max(each.ends_on for each in temps))
    return speech(
        _("%(count)s vikarier läggs in, den sista till %(day)s. Var och en får ett test-SMS nu och svarar 1. De har inga pass ännu."),
        count=len(temps), day=last,
    )  # fmt: skip


def carer_state(carer: CarerRow, speech: Speech, tonight: date, names: Mapping[UUID, str]) -> str:
    """Return until when a carer is there, and whether a test SMS was answered; *names* are those of the carers who are listed."""
    if carer.is_borrowed and carer.ends_on is not None:
        day, who = speech.short_day(carer.ends_on), names.get(carer.in_place_of) if carer.in_place_of else None
        if who is None:
            return speech(_("lånad telefon, bara natten %(day)s"), day=day)
        return speech(_("lånad telefon i stället för %(who)s, bara natten %(day)s"), who=who, day=day)
    said = [] if carer.code is None or carer.has_left(tonight) else [speech(_("kod %(code)s"), code=carer.code)]
    if carer.next_phone is not None:
        said.append(speech(_("byter till %(phone)s"), phone=phone_numbers.national(carer.next_phone)))
    if carer.ends_on is not None:
        said.append(speech(_("sista natten %(day)s"), day=speech.short_day(carer.ends_on)))
    if carer.test_answered_at is not None:
        said.append(speech(_("har svarat på test-SMS")))
    elif carer.test_asked_at is not None:
        said.append(speech(_("har inte svarat på test-SMS")))
    if missing := handed_in_words(carer, tonight, speech):
        said.append(missing)
    return " · ".join(said)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
