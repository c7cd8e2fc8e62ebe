"""Holds what an SMS or a call to a carer says, in Swedish and English, and renders it as one GSM-7 segment.

Never a name, an address, a place or what has happened: case number, priority, area code, deadline, digits and
a link that needs signing in (design §8). The words are data, so that a town can replace a term. In a
template, ``{field}`` is a fact and ``[...]`` a part that is left out when one of its facts is unknown.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core import gsm7
from alarm_center.core.calendar import local_clock


class Language(StrEnum):
    SV = "sv"
    EN = "en"


class Text(StrEnum):
    """What an SMS is for."""

    # asked of a carer
    CALL_OUT = "call_out"
    VISIT = "visit"
    REMINDER = "reminder"
    REMINDER_CALLING = "reminder_calling"
    ESCALATION = "escalation"
    """To the lead or the fixed number: no patrol has taken it."""
    ESCALATION_LATE = "escalation_late"
    """To the lead: taken, and nobody is on site in time."""
    OUTCOME = "outcome"
    """To the lead: nobody needs to go any more, and nobody has said how it ended."""
    ON_SITE_CHECK = "on_site_check"
    MUSTER = "muster"
    MUSTER_SILENT = "muster_silent"
    """To the lead: a shift has begun, and nobody has said that its phone is held."""
    INCIDENT = "incident"
    STUCK = "stuck"
    """To the lead and the fixed number: the service itself cannot go on with this case."""
    STUCK_CHECK = "stuck_check"
    # told to a carer
    GRANTED = "granted"
    TAKEN = "taken"
    STOOD_DOWN = "stood_down"
    CASE_CLOSED = "case_closed"
    ALSO_SEEKS = "also_seeks"
    """You took one; the other seeks another patrol."""
    HAVE_BOTH = "have_both"
    DECLINED = "declined"
    DECLINED_ONE = "declined_one"
    ARRIVED = "arrived"
    DONE = "done"
    CANNOT_GET_IN = "cannot_get_in"
    STAYING = "staying"
    HELP_COMING = "help_coming"
    MUSTER_YES = "muster_yes"
    MUSTER_NO = "muster_no"
    NOT_YOURS = "not_yours"
    NO_CASE = "no_case"
    UNKNOWN_CASE = "unknown_case"
    WHICH_CASE = "which_case"
    NOT_UNDERSTOOD = "not_understood"
    # read out in a call
    VOICE_CALL_OUT = "voice_call_out"
    VOICE_ON_SITE_CHECK = "voice_on_site_check"


VOICE: Final = frozenset({Text.VOICE_CALL_OUT, Text.VOICE_ON_SITE_CHECK})
"""Spoken: digits become words, and no segment limits them."""

SWEDISH: Final[Mapping[Text, str]] = MappingProxyType(
    {
        Text.CALL_OUT: "Larm {case} PRIO {priority} omr {area}. Framme senast {by}. Svara 1=tar 2=kan inte. {link}",
        Text.VISIT: "Besök {case} omr {area} kl {by}, inte larm. Svara 1=tar 2=kan inte. {link}",
        Text.REMINDER: "Påminnelse: larm {case} PRIO {priority} omr {area} är inte taget. "
        "Svara 1=tar 2=kan inte.[ {link}]",
        Text.REMINDER_CALLING: "Påminnelse: larm {case} PRIO {priority} omr {area} är inte taget. "
        "Svara 1=tar 2=kan inte. Vi ringer nu.[ {link}]",
        Text.ESCALATION: "Larm {case} PRIO {priority} omr {area} har ingen patrull. Framme senast {by}. "
        "Svara 1=tar 2=kan inte. {link}",
        Text.ESCALATION_LATE: "Larm {case} PRIO {priority} omr {area} är taget men ingen är framme. "
        "Svara 1=tar 2=kan inte. {link}",
        Text.OUTCOME: "{case} omr {area}: ingen behöver åka, men ingen har skrivit hur det gick. Avsluta här: {link}",
        Text.ON_SITE_CHECK: "{case}: du har varit på plats {minutes} min. Svara 4=klar 6=stannar 9=hjälp. "
        "Utan svar ringer vi.",
        Text.MUSTER: "Nattpass omr {area}, {starts}-{ends}. Svara 1 om du har telefonen i natt, "
        "2 om någon annan ska ha larmen.",
        Text.MUSTER_SILENT: "Nattpass omr {area} från {starts}: ingen har svarat ja till att telefonen är med[ ({patrol})]. "
        "Ring dem, eller ordna någon annan.",
        Text.INCIDENT: "Störning omr {area}: {places} platser ska kontrolleras. Lista: {list} "
        "Inget nät: reservlistan i bilen.",
        Text.STUCK: "Larm {case} omr {area} kan inte hanteras av systemet. Ring {number}.",
        Text.STUCK_CHECK: "Ett ärende i omr {area} kan inte hanteras av systemet. Se reservlistan och ring {number}.",
        Text.GRANTED: "{case} är ditt. Adress: {link} Inget nät: ring {number}. "
        "Svara 3=framme 4=klar 5=kommer inte in 9=hjälp",
        Text.TAKEN: "{case} är redan taget[ av {patrol}]. Du behöver inte åka.",
        Text.STOOD_DOWN: "{case} är återkallat. Du behöver inte åka.",
        Text.CASE_CLOSED: "{case} är avslutat. Tack.",
        Text.ALSO_SEEKS: "Du tog {case} (prio {priority}). {other} söker en annan patrull. "
        "Tar du båda: svara 1 {other}.",
        Text.HAVE_BOTH: "Du har nu {case} (prio {priority}) och {other} (prio {other_priority}). "
        "Kan du inte ta {other}: svara 2 {other}.",
        Text.DECLINED: "{case}: du har sagt nej. Vi frågar någon annan.",
        Text.DECLINED_ONE: "Du sa nej till {case} (prio {priority}). {other} väntar också på svar: "
        "1 {other} eller 2 {other}.",
        Text.ARRIVED: "{case}: framme, noterat. Svara 4=klar 5=kommer inte in 6=stannar 9=hjälp",
        Text.DONE: "{case}: klar, noterat. Skriv hur det gick: {link}",
        Text.CANNOT_GET_IN: "{case}: kommer inte in, noterat. Vi ringer dig. Fara för liv: ring 112.",
        Text.STAYING: "{case}: du stannar, noterat. Svara 4 när du är klar, 9=hjälp",
        Text.HELP_COMING: "Vi har fått att du behöver hjälp och ringer dig nu. Fara för liv: ring 112.",
        Text.MUSTER_YES: "Tack. Larm i omr {area} går till dig till {ends}.",
        Text.MUSTER_NO: "Noterat. Larm i omr {area} går inte till dig i natt.",
        Text.NOT_YOURS: "{case} är inte ditt än. Svara 1 {case} om du tar det, 9 om du behöver hjälp.",
        Text.NO_CASE: "Du har inget öppet larm. Behöver du hjälp: svara 9 eller ring {number}.",
        Text.UNKNOWN_CASE: "{case} finns inte hos dig.[ Du har {other}: svara med det numret.] "
        "Behöver du hjälp: svara 9.",
        Text.WHICH_CASE: "Vilket? Du har {case} och {other}. Svara med numret, så här: {digit} {case}",
        Text.NOT_UNDERSTOOD: "Förstod inte svaret[ om {case}], men vi läser det. "
        "Svara 1=tar 2=kan inte 3=framme 4=klar 5=kommer inte in 6=stannar 9=hjälp",
        Text.VOICE_CALL_OUT: "Larm {case}. Prioritet {priority}. Område {area}. "
        "Tryck 1 om du tar det, 2 om du inte kan, 3 för att höra igen.",
        Text.VOICE_ON_SITE_CHECK: "Larm {case}. Du har varit på plats länge utan att höra av dig. "
        "Tryck 4 om du är klar, 6 om du stannar, 9 om du behöver hjälp.",
    }
)

ENGLISH: Final[Mapping[Text, str]] = MappingProxyType(
    {
        Text.CALL_OUT: "Alarm {case} PRIO {priority} area {area}. On site by {by}. Reply 1=take 2=cannot. {link}",
        Text.VISIT: "Visit {case} area {area} at {by}, not an alarm. Reply 1=take 2=cannot. {link}",
        Text.REMINDER: "Reminder: alarm {case} PRIO {priority} area {area} is not taken. "
        "Reply 1=take 2=cannot.[ {link}]",
        Text.REMINDER_CALLING: "Reminder: alarm {case} PRIO {priority} area {area} is not taken. "
        "Reply 1=take 2=cannot. We call now.[ {link}]",
        Text.ESCALATION: "Alarm {case} PRIO {priority} area {area} has no patrol. On site by {by}. "
        "Reply 1=take 2=cannot. {link}",
        Text.ESCALATION_LATE: "Alarm {case} PRIO {priority} area {area} is taken but nobody is on site. "
        "Reply 1=take 2=cannot. {link}",
        Text.OUTCOME: "{case} area {area}: nobody needs to go, but nobody has said how it ended. Close it here: {link}",
        Text.ON_SITE_CHECK: "{case}: on site for {minutes} min. Reply 4=done 6=staying 9=help. "
        "Without an answer we call.",
        Text.MUSTER: "Night shift area {area}, {starts}-{ends}. Reply 1 if you hold the phone tonight, "
        "2 if somebody else does.",
        Text.MUSTER_SILENT: "Night shift area {area} from {starts}: nobody has said yes to holding the phone[ ({patrol})]. "
        "Call them, or arrange for somebody else.",
        Text.INCIDENT: "Disruption area {area}: {places} places to check. List: {list} "
        "No data: the reserve list in the car.",
        Text.STUCK: "Alarm {case} area {area} cannot be handled by the system. Call {number}.",
        Text.STUCK_CHECK: "A case in area {area} cannot be handled by the system. See the reserve list and call {number}.",
        Text.GRANTED: "{case} is yours. Address: {link} No data: call {number}. "
        "Reply 3=on site 4=done 5=cannot get in 9=help",
        Text.TAKEN: "{case} is taken[ by {patrol}]. You need not go.",
        Text.STOOD_DOWN: "{case} is called off. You need not go.",
        Text.CASE_CLOSED: "{case} is closed. Thank you.",
        Text.ALSO_SEEKS: "You took {case} (prio {priority}). {other} seeks another patrol. "
        "To take both reply 1 {other}.",
        Text.HAVE_BOTH: "You now have {case} (prio {priority}) and {other} (prio {other_priority}). "
        "If you cannot take {other} reply 2 {other}.",
        Text.DECLINED: "{case}: you said no. We ask somebody else.",
        Text.DECLINED_ONE: "You said no to {case} (prio {priority}). {other} waits for your answer too: "
        "1 {other} or 2 {other}.",
        Text.ARRIVED: "{case}: on site, noted. Reply 4=done 5=cannot get in 6=staying 9=help",
        Text.DONE: "{case}: done, noted. Write how it went: {link}",
        Text.CANNOT_GET_IN: "{case}: cannot get in, noted. We call you. Danger to life: call 112.",
        Text.STAYING: "{case}: staying, noted. Reply 4 when you are done, 9=help",
        Text.HELP_COMING: "We have heard that you need help and call you now. Danger to life: call 112.",
        Text.MUSTER_YES: "Thank you. Alarms in area {area} go to you until {ends}.",
        Text.MUSTER_NO: "Noted. Alarms in area {area} do not go to you tonight.",
        Text.NOT_YOURS: "{case} is not yours yet. Reply 1 {case} to take it, 9 if you need help.",
        Text.NO_CASE: "You have no open alarm. If you need help reply 9 or call {number}.",
        Text.UNKNOWN_CASE: "{case} is not one of yours.[ You have {other}: reply with that number.] "
        "If you need help reply 9.",
        Text.WHICH_CASE: "Which one? You have {case} and {other}. Reply with the number, like this: {digit} {case}",
        Text.NOT_UNDERSTOOD: "Your reply[ about {case}] was not understood, but we read it. "
        "Reply 1=take 2=cannot 3=on site 4=done 5=cannot get in 6=staying 9=help",
        Text.VOICE_CALL_OUT: "Alarm {case}. Priority {priority}. Area {area}. "
        "Press 1 to take it, 2 if you cannot, 3 to hear it again.",
        Text.VOICE_ON_SITE_CHECK: "Alarm {case}. You have been on site for long without a word. "
        "Press 4 if you are done, 6 if you are staying, 9 if you need help.",
    }
)

WORDS: Final[Mapping[Language, Mapping[Text, str]]] = MappingProxyType({Language.SV: SWEDISH, Language.EN: ENGLISH})
_SECOND: Final = {Language.SV: "andra", Language.EN: "second"}
_DIGITS: Final = {
    Language.SV: ("noll", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio"),
    Language.EN: ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}

_AREA = re.compile(r"[0-9A-ZÅÄÖ]{1,4}")
_PATROL = re.compile(r"(?:[A-Za-zÅÄÖåäö]{1,8} ?)?[0-9]{1,3}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{4,24}")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")
_LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?")
_NUMBER = re.compile(r"\+?[0-9][0-9 -]{2,18}")
_FIELD = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\[([^\]]*)\]")


class UnfitText(ValueError):
    """The text cannot be sent as it is; the message says which one, what is wrong and what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a text may say. Give what is known; a text takes what it needs.

    ``area`` is a neutral code of at most four digits or capitals. ``patrol`` is said only if it is a patrol's
    label with a number ("Patrull 2"), never a person's name. ``by`` is a deadline, or a visit's time.
    ``token`` is the notice's own link token; ``incident_no`` makes the link of an incident's list. ``digit``
    is the one that the carer sent.
    """

    case_no: int | None = None
    priority: int | None = None
    area: str | None = None
    by: datetime | None = None
    token: str | None = None
    patrol: str | None = None
    other_no: int | None = None
    other_priority: int | None = None
    minutes: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    incident_no: int | None = None
    places: int | None = None
    digit: int | None = None


@dataclass(frozen=True, slots=True)
class Texts:
    """A town's texts in one language: its zone, its neutral host, the number to call without data, its words.

    ``host`` is the bare name (``natt.kommun.se``), from which links become ``https://``; a demo on the
    loopback gives ``http://127.0.0.1:8080``. ``replaced`` holds the templates that the town words otherwise.

    Raises:
        UnfitText: host, number or a replaced template cannot be used.
    """

    language: Language
    zone: ZoneInfo
    host: str
    number: str
    replaced: Mapping[Text, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if not (_HOST.fullmatch(self.host) or _LOOPBACK.fullmatch(self.host)):
            raise UnfitText(f"host {self.host!r}: use a bare name in small letters, as natt.kommun.se")
        if not _NUMBER.fullmatch(self.number):
            raise UnfitText(f"number {self.number!r}: use digits, spaces and hyphens, as 010-1234567")
        for text, template in self.replaced.items():
            unknown = set(_FIELD.findall(template)) - _FIELDS
            if unknown:
                raise UnfitText(f"text {text}: no such field as {', '.join(sorted(unknown))}")
            self._checked(text, _FIELD.sub("", _OPTIONAL.sub(r"\1", template)))

    def link(self, token: str) -> str:
        """Return the link for a notice's *token*.

        Raises:
            UnfitText: *token* has other than 4 to 24 of ``A-Z a-z 0-9 _ -``.
        """
        if not _TOKEN.fullmatch(token):
            raise UnfitText("link token: use 4 to 24 of A-Z a-z 0-9 _ -")
        return f"{self._base()}/u/{token}"

    def say(self, text: Text, facts: Facts) -> str:
        """Return *text* with *facts* in it: one GSM-7 segment, or the words of a call.

        Raises:
            UnfitText: a fact that it needs is missing or not neutral, or it takes more than 160 septets.
        """
        return self._filled(text, self._said(facts, text in VOICE))

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
            "link": f"{self._base()}/u/{'W' * token_length}", "list": f"{self._base()}/d/99999",
            "number": self.number, "patrol": "Patrull 99", "places": "9999", "digit": "1",
        }  # fmt: skip
        for text in Text:
            try:
                self._filled(text, longest)
            except UnfitText as error:
                found.append(str(error))
        return tuple(found)

    def _base(self) -> str:
        return self.host if self.host.startswith("http://") else f"https://{self.host}"

    def _filled(self, text: Text, said: Mapping[str, str]) -> str:
        template = self.replaced.get(text, WORDS[self.language][text])

        def optional(part: re.Match[str]) -> str:
            return part[1] if all(name in said for name in _FIELD.findall(part[1])) else ""

        def fact(name: re.Match[str]) -> str:
            if name[1] not in said:
                raise UnfitText(f"text {text}: {name[1]} is missing")
            return said[name[1]]

        return self._checked(text, _FIELD.sub(fact, _OPTIONAL.sub(optional, template)))

    def _checked(self, text: Text, said: str) -> str:
        if text in VOICE:
            return said
        try:
            taken = gsm7.septets(said)
        except gsm7.NotGsm7 as error:
            raise UnfitText(f"text {text}: {error}") from None
        if taken > gsm7.SEGMENT_SEPTETS:
            raise UnfitText(
                f"text {text}: {taken} septets, one segment holds {gsm7.SEGMENT_SEPTETS}: "
                f"shorten the host {self.host!r} or the wording: {said!r}"
            )
        return said

    def _said(self, facts: Facts, spoken: bool) -> dict[str, str]:
        """Return the facts that are known, as the text says them."""
        if facts.area is not None and not _AREA.fullmatch(facts.area):
            raise UnfitText(f"area {facts.area!r}: use 1 to 4 digits or capitals, never a place's name")
        said: dict[str, str | None] = {
            "case": _number("case_no", facts.case_no),
            "other": _number("other_no", facts.other_no),
            "priority": _number("priority", facts.priority),
            "other_priority": _number("other_priority", facts.other_priority),
            "minutes": _number("minutes", facts.minutes),
            "places": _number("places", facts.places),
            "digit": _number("digit", facts.digit),
            "area": facts.area,
            "number": self.number,
            "by": self._clock(facts.by),
            "starts": self._clock(facts.starts_at),
            "ends": self._clock(facts.ends_at),
            "link": None if facts.token is None else self.link(facts.token),
            "list": None
            if facts.incident_no is None
            else f"{self._base()}/d/{_number('incident_no', facts.incident_no)}",
            "patrol": facts.patrol if facts.patrol and _PATROL.fullmatch(facts.patrol) else None,
        }
        known = {name: value for name, value in said.items() if value is not None}
        if spoken:
            known |= {name: self._spoken(known[name]) for name in ("case", "priority", "area") if name in known}
        return known

    def _clock(self, instant: datetime | None) -> str | None:
        return None if instant is None else local_clock(instant, self.zone, _SECOND[self.language])

    def _spoken(self, code: str) -> str:
        digits = _DIGITS[self.language]
        return " ".join(digits[int(char)] if char in "0123456789" else char for char in code)


_FIELDS: Final = frozenset(
    name for words in WORDS.values() for template in words.values() for name in _FIELD.findall(template)
)


def _number(name: str, value: int | None) -> str | None:
    if value is not None and value < 0:
        raise UnfitText(f"{name} {value}: use 0 or more")
    return None if value is None else str(value)
