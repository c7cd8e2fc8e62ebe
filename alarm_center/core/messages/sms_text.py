"""Texts of each SMS and call to a carer, in Swedish and English, rendered as one GSM-7 segment.

Never a name, an address, a place or what has happened: case number, priority, area code, deadline, digits and
a link that needs signing in (docs/sms.md#what-an-sms-says). The words stand in `sms_words`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core.calendar import local_clock
from alarm_center.core.messages import gsm7
from alarm_center.core.messages.exercise_text import marked_as_exercise
from alarm_center.core.messages.sms_words import WORDS, Language
from alarm_center.core.messages.text_facts import TextFacts
from alarm_center.core.messages.text_flaws import TextFlaw, UnfitText
from alarm_center.core.phone_numbers import national
from alarm_center.core.plan import Wording
from alarm_center.core.replies import carer_actions
from alarm_center.core.replies.carer_actions import VOICE, CarerAction

_COLLEAGUE: Final = {Language.SV: "en kollega", Language.EN: "a colleague"}
_ANSWERS: Final = {
    Language.SV: ("åker", "jag ordnar", "kan inte"),
    Language.EN: ("going", "I see to it", "cannot"),
}
"""The words beside 1 in a trouble's text, to those who go and to those who see to it; and beside 2."""
_SECOND: Final = {Language.SV: "andra", Language.EN: "second"}
_DIGITS: Final = {
    Language.SV: ("noll", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio"),
    Language.EN: ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}

_SHORTEST_NAME: Final = 3
"""Letters of a town's name that tell it from another; with room for fewer it is left out."""

_AREA = re.compile(r"[0-9A-ZÅÄÖ]{1,4}")
_PATROL = re.compile(r"(?:[A-Za-zÅÄÖåäö]{1,8} ?)?[0-9]{1,3}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{4,24}")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")
_LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?")
_NUMBER = re.compile(r"\+?[0-9][0-9 -]{2,18}")
_FIELD = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Texts:
    """A town's texts in one language: its zone, its neutral host, the number to call without data, its words.

    ``host`` is the bare name (``natt.kommun.se``), from which links become ``https://``; a demo on the
    loopback gives ``http://127.0.0.1:8080``. ``town`` is said beside each area, to a phone that works for several. ``replaced`` holds the templates that the town words otherwise.

    Raises:
        UnfitText: host, number or a replaced template cannot be used.
    """

    language: Language
    zone: ZoneInfo
    host: str
    number: str
    town: str | None = None
    training: bool = False
    """Each text begins by saying that it is an exercise, and may take a second segment for it."""
    replaced: Mapping[Wording, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if not (_HOST.fullmatch(self.host) or _LOOPBACK.fullmatch(self.host)):
            raise UnfitText(TextFlaw.HOST, f"host {self.host!r}: use a bare name in small letters, as natt.kommun.se")
        if not _NUMBER.fullmatch(self.number):
            raise UnfitText(TextFlaw.NUMBER, f"number {self.number!r}: use digits, spaces and hyphens, as 010-1234567")
        for text, own in self.replaced.items():
            words = _with_digits(own, text, self.language)
            unknown = set(_FIELD.findall(words)) - _FIELDS
            if unknown:
                raise UnfitText(TextFlaw.FIELD, f"text {text}: no such field as {', '.join(sorted(unknown))}")
            self._checked(text, _FIELD.sub("", _OPTIONAL.sub(r"\1", words)))

    def link(self, token: str) -> str:
        """Return the link for a notice's *token*.

        Raises:
            UnfitText: *token* has other than 4 to 24 of ``A-Z a-z 0-9 _ -``.
        """
        return self._link("u", token)

    def _link(self, page: str, token: str) -> str:
        if not _TOKEN.fullmatch(token):
            raise UnfitText(TextFlaw.LINK, "link token: use 4 to 24 of A-Z a-z 0-9 _ -")
        return f"{self._base()}/{page}/{token}"

    def say(self, text: Wording, facts: TextFacts) -> str:
        """Return *text* with *facts* in it: one GSM-7 segment, or the words of a call.

        Raises:
            UnfitText: a fact that it needs is missing or not neutral, or it takes more than 160 septets.
        """
        said = self._with_town(text, self._said(facts, text in VOICE))
        said = said[:1].upper() + said[1:]
        return marked_as_exercise(said, self.language, text) if self.training else said

    def _with_town(self, text: Wording, said: Mapping[str, str]) -> str:
        """Return the text with the town's name after the area, or as much of the name as the segment holds."""
        name = self.town if self.town is not None and "area" in said else ""
        while len(name) >= _SHORTEST_NAME:
            try:
                return self._filled(text, {**said, "area": f"{said['area']} {name}"})
            except UnfitText:
                name = name[:-1].rstrip()
        return self._filled(text, said)

    def problems(self, areas: Iterable[str] = ("9999",), *, token_length: int = 8) -> tuple[str, ...]:
        """Return what would be wrong with any text at its longest, so that a town hears it by day.

        For settings and imports: the longest of *areas*, five-digit case numbers, the repeated hour of the
        autumn night, the real host. Empty means that every text fits.
        """
        codes = list(areas)
        found = [f"area {a!r}: use 1 to 4 digits or capitals" for a in codes if not _AREA.fullmatch(a)]
        clock = f"02:59 ({_SECOND[self.language]})"
        longest = {
            "case": "99999", "other": "99998", "priority": "1", "other_priority": "3", "minutes": "120",
            "area": max(codes, key=len, default="9999"), "by": clock, "starts": clock, "ends": clock,
            "link": f"{self._base()}/u/{'W' * token_length}", "list": f"{self._base()}/d/i99999999", "pauses": f"{self._base()}/pause",
            "todo": f"{self._base()}/todo", "number": self.number, "patrol": "Patrull 99", "carer": "Patrull 999", "phone": "+46 70 174 06 06 06", "answers": self._answers(sees_to=True, case="99999"),
            "places": "9999", "digit": "1", "other_digit": "5", "where": "with a relative", "means": "kommer inte in",
        }  # fmt: skip
        for text in Wording:
            try:
                self._filled(text, longest)
            except UnfitText as error:
                found.append(str(error))
        return tuple(found)

    def _base(self) -> str:
        return self.host if self.host.startswith("http://") else f"https://{self.host}"

    def _filled(self, text: Wording, said: Mapping[str, str]) -> str:
        words = _with_digits(self.replaced.get(text, WORDS[self.language][text]), text, self.language)

        def optional(part: re.Match[str]) -> str:
            return part[1] if all(name in said for name in _FIELD.findall(part[1])) else ""

        def fact(name: re.Match[str]) -> str:
            if name[1] not in said:
                raise UnfitText(TextFlaw.FACT, f"text {text}: {name[1]} is missing")
            return said[name[1]]

        return self._checked(text, _FIELD.sub(fact, _OPTIONAL.sub(optional, words)))

    def _checked(self, text: Wording, said: str) -> str:
        if text in VOICE:
            return said
        try:
            taken = gsm7.septet_count(said)
        except gsm7.NotGsm7 as error:
            raise UnfitText(TextFlaw.ALPHABET, f"text {text}: {error}") from None
        if taken > gsm7.SEGMENT_SEPTETS:
            raise UnfitText(
                TextFlaw.LENGTH,
                f"text {text}: {taken} septets, one segment holds {gsm7.SEGMENT_SEPTETS}: "
                f"shorten the host {self.host!r} or the wording: {said!r}",
            )
        return said

    def _said(self, facts: TextFacts, spoken: bool) -> dict[str, str]:
        """Return the facts that are known, as the text says them."""
        if facts.area is not None and not _AREA.fullmatch(facts.area):
            raise UnfitText(TextFlaw.FACT, f"area {facts.area!r}: use 1 to 4 digits or capitals, never a place's name")
        said: dict[str, str | None] = {
            "case": _number("case_no", facts.case_no),
            "other": _number("other_no", facts.other_no),
            "priority": _number("priority", facts.priority),
            "other_priority": _number("other_priority", facts.other_priority),
            "minutes": _number("minutes", facts.minutes),
            "places": _number("places", facts.places),
            "digit": facts.digit,
            "where": _label(carer_actions.TABLE.by_digit_after, facts.digit, self.language),
            "other_digit": facts.other_digit,
            "means": _label(carer_actions.TABLE.by_digit, facts.other_digit, self.language),
            "area": facts.area,
            "number": self.number,
            "by": self._clock(facts.by),
            "starts": self._clock(facts.starts_at),
            "ends": self._clock(facts.ends_at),
            "link": None if facts.token is None else self.link(facts.token),
            "pauses": f"{self._base()}/pause",
            "todo": f"{self._base()}/todo",
            "list": None if facts.incident_link is None else self._link("d", facts.incident_link),
            "patrol": neutral_patrol(facts.patrol),
            "carer": neutral_patrol(facts.patrol) or _COLLEAGUE[self.language],
            "phone": None if facts.phone is None else national(facts.phone),
            "answers": self._answers(
                sees_to=bool(facts.sees_to), case=_number("case_no", facts.case_no) if facts.numbered else None
            ),
        }
        known = {name: value for name, value in said.items() if value is not None}
        if spoken:
            known |= {name: self._spoken(known[name]) for name in ("case", "priority", "area") if name in known}
        return known

    def _answers(self, *, sees_to: bool, case: str | None) -> str:
        """Return the digits that a trouble's text offers, with the case's number where a bare digit means another case."""
        goes, sees, cannot = _ANSWERS[self.language]
        number = "" if case is None else f" {case}"
        said = ((carer_actions.TAKE.digit, sees if sees_to else goes), (carer_actions.CANNOT.digit, cannot))
        return " ".join(f"{digit}{number}={word}" for digit, word in said)

    def _clock(self, instant: datetime | None) -> str | None:
        return None if instant is None else local_clock(instant, self.zone, _SECOND[self.language])

    def _spoken(self, code: str) -> str:
        digits = _DIGITS[self.language]
        return " ".join(digits[int(char)] if char in "0123456789" else char for char in code)


def neutral_patrol(label: str | None) -> str | None:
    """Return a patrol's label if a text may say it ("Patrull 2"), ``None`` for any other: it could be a person's name."""
    return label if label and _PATROL.fullmatch(label) else None


def template(text: Wording, language: Language) -> str:
    """Return our template of *text* with its menu and digits in it, the facts still to come."""
    return _with_digits(WORDS[language][text], text, language)


def _with_digits(words: str, text: Wording, language: Language) -> str:
    table = carer_actions.TABLE
    digits = {row.name: row.digit for row in table if row.digit is not None} | {"menu": table.menu(text, language)}
    return _FIELD.sub(lambda name: digits.get(name[1], name[0]), words)


_FIELDS: Final = frozenset(
    name for language, words in WORDS.items() for text in words for name in _FIELD.findall(template(text, language))
)
"""The facts that a template can name."""


def _label(rows: Mapping[str, CarerAction], digit: str | None, language: Language) -> str | None:
    """Return the words beside *digit*, ``None`` for a digit that means nothing."""
    row = None if digit is None else rows.get(digit)
    return None if row is None or row.label is None else row.label.said(language)


def _number(name: str, value: int | None) -> str | None:
    if value is not None and value < 0:
        raise UnfitText(TextFlaw.FACT, f"{name} {value}: use 0 or more")
    return None if value is None else str(value)
