"""Words of the page on which a resident's nights stand beside the detector, and of green by the detector that is offered or taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core.shadow_nights import NIGHTS, ComparedLook, GreenEnd, Lack, ShadowNights
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.code_words import ANSWERS
from alarm_center.words.resident_page_words import WEEKDAYS
from schemas.drift import Drift

LACKS: Final[Mapping[Lack, str]] = {
    Lack.NOT_ASKED: _("Alla i hemmet har inte sagt ja till automatisk bedömning. Nätterna räknas från ett ja: till dess ser personen kamerans svar före sitt eget."),
    Lack.ROOM_UNKNOWN: _("Kameran känner inte rummet som det är nu. Ta en bild av det tomma rummet."),
    Lack.NO_SHARE: _("Kommunen låter ingen titta på ett urval efteråt: då märker ingen om kameran börjar se fel."),
    Lack.NOT_IN_THE_DARK: _("Inte sett i mörker: ingen har ännu tittat efter skymningen."),
    Lack.TOO_FEW_NIGHTS: _("%(nights)s av %(needed)s nätter. Efter en natt då kameran såg någon i sängen och personen inte gjorde det börjar de om."),
}  # fmt: skip
"""Each thing that is missing for the offer."""

DRIFTS: Final[Mapping[Drift, str]] = {
    Drift.CONTRADICTED: _("en person såg något annat, när kameran såg någon i sängen"),
    Drift.DOUBTED: _("personer kunde två gånger inte bedöma, när kameran såg någon i sängen"),
    Drift.CAMERA_MOVED: _("kameran visar en annan vy än när rummet togs"),
    Drift.ROOM_UNKNOWN: _("kameran känner inte rummet som det är nu"),
    Drift.NOT_AGREED: _("alla i hemmet säger inte längre ja"),
}
"""Each reason for which it is taken back by itself."""

OFFERED: Final = _("Automatisk bedömning kan slås på.")
NOT_YET: Final = _("Automatisk bedömning kan inte slås på än.")
IS_ON: Final = _("Automatisk bedömning är på.")
CHANGED: Final = _("Det hann ändras. Läs igen innan du skriver under.")


def head_sentence(nights: ShadowNights, *, by_detector: bool, speech: Speech) -> str:
    """Return how it stands, in a sentence."""
    return speech(IS_ON if by_detector else OFFERED if nights.offered else NOT_YET)


def count_sentence(nights: ShadowNights, speech: Speech) -> str:
    """Return how many nights and looks there are, and on how many both saw the same."""
    return speech(
        _("%(nights)s nätter, %(looks)s tittar där en person svarade bredvid kameran. Lika svar: %(alike)s."),
        nights=len(nights.nights), looks=len(nights.looks), alike=nights.alike,
    )  # fmt: skip


def lack_sentences(nights: ShadowNights, speech: Speech) -> list[str]:
    """Return what is missing, a sentence each."""
    return [speech(LACKS[lack], nights=len(nights.nights), needed=NIGHTS) for lack in nights.lacks]


def uncounted_sentence(nights: ShadowNights, speech: Speech) -> str:
    """Return how many nights a planner may think count, and why they do not; empty where there are enough, or none such."""
    if not nights.seen_first or Lack.TOO_FEW_NIGHTS not in nights.lacks:
        return ""
    said = _("Nätter som inte räknas: %(count)s. Personen såg då kamerans svar före sitt eget.")
    return speech(said, count=nights.seen_first)


def end_sentence(end: GreenEnd, zone: str, speech: Speech) -> str:
    """Return when and why it was taken back by itself."""
    day = speech.short_day(end.ended_at.astimezone(ZoneInfo(zone)).date())
    said = _("Automatisk bedömning togs tillbaka av sig själv %(day)s: %(why)s. En person tittar på varje tillsyn.")
    return speech(said, day=day, why=speech(DRIFTS[end.why]))


def share_sentence(of_ten: int, speech: Speech) -> str:
    """Return what a signature means."""
    return speech(
        _("Kameran svarar ensam när den ser personen i sängen. %(share)s av tio tittar ser en person ändå, lottade. Ser personen något annat tas det tillbaka av sig självt."),
        share=of_ten,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ComparedNight:
    """One night with the number of its looks, and what differed."""

    night: str
    text: str
    alike: bool


def night_lines(looks: Sequence[ComparedLook], zone: str, speech: Speech) -> list[ComparedNight]:
    """Return each night's looks in a line, the newest first."""
    by_night = [(night, list(some)) for night, some in groupby(looks, key=lambda look: look.night)]
    return [_line(night, some, zone, speech) for night, some in reversed(by_night)]


def _line(night: date, looks: Sequence[ComparedLook], zone: str, speech: Speech) -> ComparedNight:
    differ = [
        speech(
            _("%(time)s kameran: %(found)s, personen: %(said)s"), time=speech.clock(look.looked_at, zone),
            found=speech(ANSWERS[look.found]).lower(), said=speech(ANSWERS[look.said]).lower(),
        )
        for look in looks
        if not look.alike
    ]  # fmt: skip
    alike = len(looks) - len(differ)
    said = [speech(_("%(count)s lika"), count=alike)] if alike else []
    first, last = ((speech(WEEKDAYS[day.weekday()]), day) for day in (night, night + timedelta(days=1)))
    days = f"{first[0]} {first[1].day}→{last[0]} {last[1].day}/{last[1].month}"
    return ComparedNight(days, "; ".join([*said, *differ]), not differ)
