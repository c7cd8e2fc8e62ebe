"""Sentences of a resident's times: the times as people say them, from when a change holds, and what a line lacks."""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Final

from babel.dates import format_date

from alarm_center.core.slot_changes import SlotChanges, SlotPattern, night_order
from alarm_center.core.times_form import TimeFault
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.resident_page_words import nights_words

FAULTS: Final[Mapping[TimeFault, str]] = {
    TimeFault.UNREADABLE: _("Skriv tiden som 03:00 eller 0300"),
    TimeFault.WINDOW_UNREADABLE: _("Skriv när tiden senast ska vara, som 04:00, eller lämna rutan tom"),
    TimeFault.WINDOW_TOO_LONG: _("En tid kan vara mellan två klockslag högst åtta timmar isär"),
    TimeFault.NO_NIGHTS: _("Välj minst en natt, eller ta bort tiden"),
    TimeFault.TWICE: _("Samma tid står två gånger"),
    TimeFault.DATE_UNREADABLE: _("Skriv datumet som 2026-11-30"),
    TimeFault.NONE_LEFT: _(
        "Minst en tid behövs. Ska tillsynen sluta: pausa den, eller stäng kameran om brukaren inte vill ha den."
    ),
    TimeFault.TOO_MANY: _("Högst tolv tider. Den som behöver fler ska ha någon hos sig."),
}

_WEEK: Final = (
    _("mån"), _("tis"), _("ons"), _("tor"), _("fre"), _("lör"), _("sön"),
)  # fmt: skip


def day_names(speech: Speech) -> list[str]:
    """Return the short names of the days of the week, Monday first."""
    return [speech(name) for name in _WEEK]


def times_sentence(patterns: Sequence[SlotPattern], speech: Speech) -> str:
    """Return the times as one sentence a group of nights, all nights first: "Alla nätter kl 23:00 och 03:00."."""
    groups: dict[tuple[int, ...], list[SlotPattern]] = {}
    for pattern in sorted(patterns, key=night_order):
        groups.setdefault(pattern.weekdays, []).append(pattern)
    said = []
    for days in sorted(groups, key=lambda each: (-len(each), each)):
        nights = nights_words(days, speech)
        times = [time_words(pattern, speech) for pattern in groups[days]]
        said.append(speech(_("%(nights)s kl %(times)s."), nights=nights, times=speech.listed(times)))
    return " ".join(said)


def nights_chosen(days: Sequence[int], speech: Speech) -> str:
    """Return the nights of a time, by the days on which they begin."""
    return nights_words(days, speech) if days else speech(_("Inga nätter"))


def time_words(pattern: SlotPattern, speech: Speech) -> str:
    """Return one time: exact or between two, and that somebody comes instead of a camera's look."""
    start = f"{pattern.local_time:%H:%M}"
    if pattern.window_minutes:
        minutes = pattern.local_time.hour * 60 + pattern.local_time.minute + pattern.window_minutes
        end = time(*divmod(minutes % (24 * 60), 60))
        start = speech(_("%(start)s–%(end)s"), start=start, end=f"{end:%H:%M}")
    return speech(_("%(time)s (besök)"), time=start) if pattern.by_visit else start


def holds_sentence(changes: SlotChanges, tonight: date, speech: Speech) -> str:
    """Return from when a change holds, and which of tonight's times it comes too late for."""
    if not changes:
        return speech(_("Inget är ändrat."))
    first = changes.first_night
    if first <= tonight:
        return speech(_("Gäller från i natt."))
    holds = speech(_("Gäller från natten %(night)s."), night=night_words(first, speech))
    if not changes.kept_tonight:
        return holds
    times = speech.listed([time_words(slot.pattern, speech) for slot in changes.kept_tonight])
    return holds + " " + speech(_("I natt är som förut: tillsynen %(times)s har varit eller är på väg."), times=times)


def night_times(patterns: Sequence[SlotPattern], speech: Speech) -> str:
    """Return the times of one night, or that there is none."""
    times = [time_words(pattern, speech) for pattern in sorted(patterns, key=night_order)]
    return speech.listed(times) if times else speech(_("ingen tillsyn"))


def moved_clock(hours: int, speech: Speech) -> str:
    """Return what a night of *hours* means for times between two and three; nothing for the usual night."""
    if hours == 24:
        return ""
    if hours < 24:
        return speech(_("Sommartid börjar: 02:00–02:59 finns inte. Vi tittar 03:00 i stället."))
    return speech(_("Sommartid slutar: 02:00–02:59 kommer två gånger. Vi tittar första gången."))


def night_words(night: date, speech: Speech) -> str:
    """Return a night by both its days: "tis 24→ons 25 nov"."""
    begins = format_date(night, "EEE d", locale=speech.language)
    ends = format_date(night + timedelta(days=1), "EEE d MMM", locale=speech.language)
    return f"{begins}→{ends}".replace(".", "")
