"""The interface's languages: Swedish as the code has it, catalogues of the others read from their .po files, `Speech` that translates, and local times in words."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

LANGUAGES: Final = ("sv", "en")
SOURCE_LANGUAGE: Final = LANGUAGES[0]
"""The language of the texts in code and templates: it needs no catalogue, which would say each of them once more."""
FOLDER: Final = Path(__file__).parent / "locale"


def mark(text: str) -> str:
    """Return *text* unchanged; says to the extractor that it will be translated where it is shown."""
    return text


_SECOND: Final = mark("%(time)s (andra)")
_AND: Final = mark(" och ")


@cache
def translations(language: str) -> NullTranslations:
    """Return the catalogue of *language*, made in memory: an editable install and a wheel need no compiled files."""
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def best_language(accepted: str) -> str:
    """Return the first of our languages in an ``Accept-Language`` header, Swedish when there is none."""
    for part in accepted.split(","):
        language = part.split(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


@dataclass(frozen=True, slots=True)
class Speech:
    """One language's words."""

    language: str

    def __call__(self, text: str, /, **values: object) -> str:
        """Return *text* in this language, with *values* put in its ``%(name)s``."""
        found: str = translations(self.language).gettext(text)
        return found % values if values else found

    def number(self, value: float) -> str:
        """Return *value* with three digits at most that count, as this language writes decimals: ``43,5``."""
        text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
        return text.replace(".", ",") if self.language == "sv" else text

    def clock(self, instant: datetime | None, zone: str, *, seconds: bool = False) -> str:
        """Return the local wall time of *instant*; the hour that comes twice in autumn is told apart."""
        if instant is None:
            return ""
        local = instant.astimezone(ZoneInfo(zone))
        text = local.strftime("%H:%M:%S" if seconds else "%H:%M")
        return self(_SECOND, time=text) if local.fold else text

    def listed(self, parts: Sequence[str]) -> str:
        """Return the parts as a list in a sentence: "a, b och c"."""
        if len(parts) < 2:
            return "".join(parts)
        return ", ".join(parts[:-1]) + self(_AND) + parts[-1]

    def day(self, day: date | datetime, zone: str | None = None) -> str:
        """Return *day* as weekday, day and month."""
        if isinstance(day, datetime):
            day = day.astimezone(ZoneInfo(zone or "UTC")).date()
        text: str = format_date(day, "EEEE d MMMM", locale=self.language)
        return text

    def short_day(self, day: date) -> str:
        """Return *day* as number, month and year, for papers that last for years: ``3 november 2026``."""
        text: str = format_date(day, "d MMMM y", locale=self.language)
        return text

    def near_day(self, day: date) -> str:
        """Return *day* shortly, for what is weeks away at most: ``sön 22 nov.``"""
        text: str = format_date(day, "EEE d MMM", locale=self.language)
        return text

    def dated(self, instant: datetime, zone: str) -> str:
        """Return the local day of *instant* with its year, for lists that go back for years."""
        text: str = format_date(instant.astimezone(ZoneInfo(zone)).date(), "EEE d MMM y", locale=self.language)
        return text

    def month(self, day: date) -> str:
        """Return the month of *day*, with its year."""
        text: str = format_date(day, "LLLL y", locale=self.language)
        return text


SPEECHES: Final[Mapping[str, Speech]] = {language: Speech(language) for language in LANGUAGES}
