"""Sentences of a pause and of a stopped camera: the choices, what a form lacks, and what will follow."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.core.pausing import AskedPause, HowSaid, PauseFault, PauseWish, SaidBy, Until
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.code_words import CANCELLED
from schemas.vocabulary import CancelReason, Instead

REASONS: Final[Mapping[CancelReason, str]] = {
    CancelReason.PAUSE_HOSPITAL: _("Sjukhus"),
    CancelReason.PAUSE_AWAY: _("Bortrest"),
    CancelReason.PAUSE_GUESTS: _("Gäster"),
    CancelReason.PAUSE_OWN_WISH: _("Eget önskemål"),
}

UNTIL: Final[Mapping[Until, str]] = {
    Until.TOMORROW: _("till %(time)s"),
    Until.TONIGHT: _("natten ut"),
    Until.DATE: _("till ett datum, klockan 16:00"),
}

SAID_BY: Final[Mapping[SaidBy, str]] = {
    SaidBy.RESIDENT: _("Brukaren"),
    SaidBy.COHABITANT: _("Den som bor med"),
    SaidBy.RELATIVE: _("Anhörig"),
    SaidBy.HOSPITAL: _("Sjukhuset"),
    SaidBy.STAFF: _("Någon i personalen"),
}

HOW_SAID: Final[Mapping[HowSaid, str]] = {
    HowSaid.ON_SITE: _("På plats"),
    HowSaid.PHONE: _("Telefon"),
    HowSaid.ALARM: _("Trygghetslarmet"),
}

INSTEAD: Final[Mapping[Instead, str]] = {
    Instead.VISIT: _("Besök på samma tider"),
    Instead.NOTHING: _("Inget"),
}

FAULTS: Final[Mapping[PauseFault, str]] = {
    PauseFault.REASON: _("Välj varför"),
    PauseFault.UNTIL: _("Välj hur länge"),
    PauseFault.DATE_UNREADABLE: _("Skriv datumet som 2026-11-30"),
    PauseFault.DATE_PAST: _("Det datumet har varit"),
    PauseFault.TOO_LONG: _("En paus är högst 14 dygn. Välj ett tidigare datum; den går att förlänga då."),
    PauseFault.HOSPITAL_TOO_LONG: _(
        "En sjukhuspaus går högst till i morgon 16:00. Förläng den då, när ni vet om hemgången."
    ),
    PauseFault.SAID_BY: _("Välj vem som har sagt det"),
    PauseFault.NAME: _("Skriv vem det var, så att någon kan fråga igen"),
    PauseFault.INSTEAD: _("Välj vad som sker i stället"),
    PauseFault.NOTHING_UNSAID: _(
        "Besök i stället behövs, om inte brukaren själv har sagt nej till det eller är borta."
    ),
}

CHANGED_BY_OTHER: Final = _("Någon annan har ändrat medan du skrev. Det här gäller nu. Kontrollera, och spara igen.")
STOP_LACKS_WORD: Final = _("Välj vem som säger det, och hur.")


AT_HOME: Final = _("Ja, hemma")
LOOK_AGAIN: Final = _("Ja, titta igen")
NOT_YET: Final = _("Nej, till %(time)s")
ANSWER_LACKS_NAME: Final = _(
    "Skriv vem som har sagt att %(name)s inte är hemma än, så att någon kan fråga igen i morgon."
)
DEATH_IS_ANOTHERS: Final = _("Någon annan än den som registrerade det bekräftar eller rättar.")
ANSWERED_BY_OTHER: Final = _("Någon annan hann svara eller ändra. Det här gäller nu.")


def question(pause: AskedPause, now: datetime, zone: str, speech: Speech) -> str:
    """Return what is asked about a pause that ends: whether the resident is at home, or may be looked at again."""
    text = _ENDED if pause.to_at <= now else _ENDS
    said = speech(text, reason=speech(REASONS[pause.reason]), time=time_words(pause.to_at, now, zone, speech))
    asked = _MAY_LOOK if pause.reason is CancelReason.PAUSE_OWN_WISH else _IS_HOME
    return f"{said} {speech(asked)}"


_ENDS: Final = _("%(reason)s, pausen slutar %(time)s.")
_ENDED: Final = _("%(reason)s, pausen slutade %(time)s.")
_IS_HOME: Final = _("Hemma i natt?")
_MAY_LOOK: Final = _("Får kameran titta igen?")


def whom_to_ring(pause: AskedPause, speech: Speech) -> str:
    """Return whom to ring about a pause: whoever asked for it, by name and phone where they were said."""
    who = speech(SAID_BY[SaidBy(pause.said_by)]) if pause.said_by in set(SaidBy) else ""
    return ", ".join(part for part in (pause.word_name, who, pause.word_phone) if part)


def ran_out_sentences(pause: AskedPause, now: datetime, zone: str, speech: Speech) -> tuple[str, str]:
    """Return that a pause ended without an answer, and whom to ring first: the resident may be away still."""
    ended = speech(
        _("Pausen (%(reason)s) tog slut %(time)s och ingen har svarat."),
        reason=speech(CANCELLED[pause.reason]),
        time=time_words(pause.to_at, now, zone, speech),
    )
    if pause.word_phone or pause.word_name:
        return ended, speech(_("Ring först %(who)s."), who=whom_to_ring(pause, speech))
    return ended, speech(
        _("Ring först hem till brukaren, sedan den som sa till: %(who)s."), who=whom_to_ring(pause, speech) or "?"
    )


def coming_sentences(
    wish: PauseWish, openings: Sequence[datetime], case_no: int | None, now: datetime, zone: str, speech: Speech
) -> list[str]:
    """Return what a pause will mean, a sentence each: the looks that fall away, what comes instead, and when it ends."""
    said = [falls_away(openings, now, zone, speech), speech(_INSTEAD[wish.instead])]
    said.append(
        speech(_("Tillsynen börjar igen %(time)s av sig själv."), time=time_words(wish.to_at, now, zone, speech))
    )
    if case_no is not None:
        said.append(speech(_("Larm %(number)s fortsätter. Pausen stoppar inte patrullen."), number=case_no))
    return said


def falls_away(openings: Sequence[datetime], now: datetime, zone: str, speech: Speech) -> str:
    """Return which looks a pause takes away."""
    if openings:
        return speech(_("Ingen titt %(times)s."), times=_times(openings, now, zone, speech))
    return speech(_("Ingen titt faller bort före nästa dygn."))


_INSTEAD: Final[Mapping[Instead, str]] = {
    Instead.VISIT: _("Patrullen gör besök i stället."),
    Instead.NOTHING: _("Ingen kommer i stället."),
}


def time_words(instant: datetime, now: datetime, zone: str, speech: Speech) -> str:
    """Return day and time of *instant* as they are said at *now*: today, tomorrow, or the day by name and date."""
    local, today = instant.astimezone(ZoneInfo(zone)).date(), now.astimezone(ZoneInfo(zone)).date()
    clock = speech.clock(instant, zone)
    match (local - today).days:
        case 0:
            return speech(_("i dag %(time)s"), time=clock)
        case 1:
            return speech(_("i morgon %(time)s"), time=clock)
        case _:
            return speech(_("%(day)s %(time)s"), day=speech.day(instant, zone), time=clock)


def _times(openings: Sequence[datetime], now: datetime, zone: str, speech: Speech) -> str:
    tonight = calendar.night_of(now, ZoneInfo(zone))
    nights: dict[str, list[str]] = {}
    for opening in openings:
        night = calendar.night_of(opening, ZoneInfo(zone))
        morning = speech.day(night + timedelta(days=1))
        name = speech(_("i natt")) if night == tonight else speech(_("natten mot %(day)s"), day=morning)
        nights.setdefault(name, []).append(speech.clock(opening, zone))
    return "; ".join(f"{night} {speech.listed(clocks)}" for night, clocks in nights.items())
