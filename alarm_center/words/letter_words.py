"""Sentences of the letter "Så har vi tittat i november", to the resident, in the resident's language."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from babel.dates import format_date

from alarm_center.core.look_letter import LookSums
from alarm_center.words.catalogues import LANGUAGES, Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.look_words import short_name

_ENGLISH: Final = frozenset({"en", "eng", "engelska", "english"})
"""Words by which a consent's language is English; every other language gets the Swedish letter."""


@dataclass(frozen=True, slots=True)
class Letter:
    """The letter's heading, its sentences in order, the people who looked, and the sentences that end it."""

    heading: str
    sentences: tuple[str, ...]
    people: tuple[str, ...]
    closing: tuple[str, ...]


def letter_language(said: Collection[str]) -> str:
    """Return the language of the letter, by the languages in which the resident has been asked for consent."""
    return "en" if any(each.strip().casefold() in _ENGLISH for each in said) else LANGUAGES[0]


def letter(sums: LookSums, month: date, speech: Speech, *, over: bool) -> Letter:
    """Return the letter about *month*; ``over``: the month has ended."""
    heading = speech(_("Så har vi tittat i %(month)s"), month=format_date(month, "LLLL y", locale=speech.language))
    said = [_times(sums.times, speech, over=over)]
    if sums.times and sums.by_machine == sums.times:
        said.append(speech(_("Bara en dator tolkade bilderna. Ingen människa tittade.")))
    else:
        counts = (
            (_("%(count)s av gångerna tittade en människa."), sums.by_person),
            (_("%(count)s av gångerna var det bara en dator som tolkade bilden."), sums.by_machine),
            (_("%(count)s av gångerna var utrustningen på, men ingen tittade."), sums.unseen),
        )
        said += [speech(text, count=count) for text, count in counts if count]
    people = tuple(_person(who, count, speech) for who, count in sums.people)
    closing = (
        speech(_("Inga bilder sparas.")),
        speech(_("Vill du veta mer om en natt? Fråga, så får du listan.")),
        speech(
            _(
                "Du kan pausa eller stänga av när du vill. Du behöver inte säga varför. Numret står på ditt papper ”Din tillsyn”."
            )
        ),
    )
    return Letter(heading, tuple(said), people, closing)


def _person(who: str | None, count: int, speech: Speech) -> str:
    name = short_name(who) if who else speech(_("någon"))
    said = _("%(who)s: %(count)s gånger") if count > 1 else _("%(who)s: en gång")
    return speech(said, who=name, count=count)


def _times(count: int, speech: Speech, *, over: bool) -> str:
    if not count:
        return speech(_("Vi har inte tittat till dig alls."))
    if over:
        said = _("Vi tittade till dig %(count)s gånger.") if count > 1 else _("Vi tittade till dig en gång.")
    elif count > 1:
        said = _("Hittills har vi tittat till dig %(count)s gånger.")
    else:
        said = _("Hittills har vi tittat till dig en gång.")
    return speech(said, count=count)
