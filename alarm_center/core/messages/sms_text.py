"""Texts of each SMS and call to a carer, in Swedish and English, rendered as one GSM-7 segment.

Never a name, an address, a place or what has happened: case number, priority, area code, deadline, digits and
a link that needs signing in (docs/sms.md#what-an-sms-says). The words are data, so that a town can replace a term. In a
template, ``{field}`` is a fact and ``[...]`` a part that is left out when one of its facts is unknown. The digits come
from the table of what a carer can do: ``{menu}`` is what the text offers, ``{take}``, ``{help}`` … one row's digit.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core.calendar import local_clock
from alarm_center.core.messages import gsm7
from alarm_center.core.messages.text_facts import TextFacts
from alarm_center.core.messages.text_flaws import TextFlaw, UnfitText
from alarm_center.core.phone_numbers import national
from alarm_center.core.plan import Wording
from alarm_center.core.replies import carer_actions
from alarm_center.core.replies.carer_actions import VOICE


class Language(StrEnum):
    SV = "sv"
    EN = "en"


SWEDISH: Final[Mapping[Wording, str]] = MappingProxyType(
    {
        Wording.CALL_OUT: "Larm {case} PRIO {priority} omr {area}.[ Framme senast {by}.] Svara {menu}. {link}",
        Wording.VISIT: "Besök {case} omr {area} kl {by}, inte larm. Svara {menu}. {link}",
        Wording.REMINDER: "Påminnelse: larm {case} PRIO {priority} omr {area} är inte taget. Svara {menu}.[ {link}]",
        Wording.ESCALATION: "Larm {case} PRIO {priority} omr {area} har ingen patrull.[ Framme senast {by}.] Svara {menu}. {link}",
        Wording.ESCALATION_LATE: "Larm {case} PRIO {priority} omr {area} är taget men ingen är framme. Svara {menu}. {link}",
        Wording.OUTCOME: "{case} omr {area}: ingen behöver åka, men ingen har skrivit hur det gick. Avsluta här: {link}",
        Wording.TROUBLE_HELP: "{carer} behöver hjälp vid {case}.[ Ring {phone}.] Svara {answers}.",
        Wording.TROUBLE_CANNOT_GET_IN: "{case}: {carer} kommer inte in.[ Ring {phone}.] Svara {answers}.",
        Wording.TROUBLE_NOBODY_HOME: "{case}: ingen hemma enligt {carer}.[ Ring {phone}.] Svara {answers}.",
        Wording.TROUBLE_SILENT: "{case}: {carer} har inte hörts på {minutes} min.[ Ring {phone}.] Svara {answers}.",
        Wording.TROUBLE_UNDELIVERED: "{case}: {carer} har inte fått adressen.[ Ring {phone}.] Svara {answers}.",
        Wording.ON_SITE_CHECK: "{case}: du har varit på plats {minutes} min. Svara {menu}. Utan svar ringer vi.",
        Wording.SHIFT_ENDS: "Ditt pass slutar {ends}. {case} är ditt. Svara {staying}=stannar {cannot}=lämna över.",
        Wording.MUSTER: "Nattpass omr {area}, {starts}-{ends}. Svara {take} om du har telefonen i natt, {cannot} om någon annan ska ha larmen.",
        Wording.MUSTER_WHO: "Nattpass omr {area}, {starts}-{ends}. Svara {take} och din kod om du har telefonen, två koder om ni är två. "
        "{cannot} om någon annan ska ha larmen.",
        Wording.MUSTER_SILENT: "Nattpasset omr {area}[ ({patrol})] från {starts} är inte bekräftat. Ring, eller sätt in någon annan.",
        Wording.CONFIRM_BY_VOICE: "{case} omr {area}: ring[ {patrol}] nu och bekräfta utfallet. Skriv det sedan på sidan: {pauses}",
        Wording.CONFIRM_OVERDUE: "{case} omr {area}: utfallet är inte bekräftat efter {minutes} min. Ring[ {patrol}] nu. Skriv det sedan på sidan: {pauses}",
        Wording.PAUSES_UNANSWERED: "Pauser utan svar: {places}[ (omr {area})]. Hemma i natt? Svara på sidan: {pauses} Utan svar upphör de.",
        Wording.PLANNER_WAITING: "Att göra: {places} väntar på dig. {todo}",
        Wording.CARER_TEST: "Test inför dina nattpass. Svara 1 så vet vi att numret är rätt. Du behöver inte åka någonstans.",
        Wording.NIGHT_THREATENED: "Osäkert i natt: {places}[ (omr {area})]. Se vilka, och gör om till besök: {todo}",
        Wording.INCIDENT: "Störning omr {area}: {places} platser ska kontrolleras. Lista: {list} Inget nät: reservlistan i bilen.",
        Wording.INCIDENT_LATE: "Störning omr {area}: {places} platser är inte kontrollerade i tid. Fler behöver åka. Lista: {list}",
        Wording.STUCK: "Larm {case} omr {area} kan inte hanteras av systemet. Ring {number}.",
        Wording.STUCK_CHECK: "Ett ärende i omr {area} kan inte hanteras av systemet. Se reservlistan och ring {number}.",
        Wording.GRANTED: "{case} är ditt. Adress: {link} Inget nät: ring {number}. Svara {menu}",
        Wording.TAKEN: "{case} är redan taget[ av {patrol}]. Du behöver inte åka.",
        Wording.STOOD_DOWN: "{case} är återkallat. Du behöver inte åka.",
        Wording.CASE_CLOSED: "{case} är avslutat. Tack.",
        Wording.SEEN_TO: "{case}: någon annan ordnar det. Du behöver inte åka.",
        Wording.YOU_SEE_TO_IT: "{case}: tack, du ordnar.[ {carer} har {phone}.] Kan du inte: svara {cannot} {case}.",
        Wording.ALSO_SEEKS: "Du tog {case} (prio {priority}). {other} söker en annan patrull. Tar du båda: svara {take} {other}.",
        Wording.HAVE_BOTH: "Du har nu {case} (prio {priority}) och {other} (prio {other_priority}). Kan du inte ta {other}: svara {cannot} {other}.",
        Wording.DECLINED: "{case}: du har sagt nej. Vi frågar någon annan.",
        Wording.DECLINED_ONE: "Du sa nej till {case} (prio {priority}). {other} väntar också på svar: {take} {other} eller {cannot} {other}.",
        Wording.ARRIVED: "{case}: framme, noterat. Svara {menu}",
        Wording.DONE: "{case}: klar, noterat. Skriv hur det gick: {link}",
        Wording.CANNOT_GET_IN: "{case}: kommer inte in, noterat. Vi ringer dig. Fara för liv: ring 112.",
        Wording.NOBODY_HOME: "{case}: ingen hemma, noterat. Vet du var? Svara {menu}. Fara för liv: ring 112.",
        Wording.SMS_STOPPED: "{carer}[ omr {area}] tar inte emot SMS längre och rings upp vid larm. Be dem skriva START till larmnumret.",
        Wording.SMS_STOPPED_LAST: "{carer} omr {area}, ensam i tjänst där, tar inte emot SMS och rings upp vid larm. Be dem skriva START till larmnumret.",
        Wording.SMS_STARTED: "Tack. Larm kommer som SMS igen.",
        Wording.WHERE_NOTED: "{case}: noterat var personen är. Skriv hur det gick: {link}",
        Wording.WHERE_UNKNOWN: "{case}: noterat. Leta runt huset och fråga grannar.[ Utan besked {by} ringer vi 112.] Hittad: svara hittad. Hjälp: {help}",
        Wording.FOUND: "{case}: hittad, noterat. Svara {menu}",
        Wording.STAYING: "{case}: du stannar, noterat. Svara {menu}",
        Wording.NO_MORE_LOOKS: "{case}: uppfattat, det gäller från nu. Besök görs i stället. Svara {menu}",
        Wording.HELP_COMING: "[{case}: ]Vi har fått att du behöver hjälp och ringer dig nu. Fara för liv: ring 112.",
        Wording.MUSTER_YES: "Tack. Larm i omr {area} går till dig till {ends}.",
        Wording.CODE_UNKNOWN: "Tack. Larm i omr {area} går till dig till {ends}. Koden känns inte igen: svara {take} och din kod.",
        Wording.CODES_REFUSED: "Någon har ringt[ från {phone}] och angett fel kod tre gånger. Ingen adress är utlämnad. Är det någon av er: ring dem.",
        Wording.MUSTER_NO: "Noterat. Larm i omr {area} går inte till dig i natt.",
        Wording.NOT_YOURS: "{case} är inte ditt än. Svara {take} {case} om du tar det, {help} om du behöver hjälp.",
        Wording.NO_CASE: "Du har inget öppet larm. Behöver du hjälp: svara {help} eller ring {number}.",
        Wording.UNKNOWN_CASE: "{case} finns inte hos dig.[ Du har {other}: svara med det numret.] Behöver du hjälp: svara {help}.",
        Wording.WHICH_CASE: "Vilket, {case} eller {other}? Svara med numret, så här: {digit} {case}",
        Wording.NOT_UNDERSTOOD: "[{case}: ]en operatör läser det nu. Fara för liv: ring 112. Annars svara {menu}",
        Wording.READ_BY_OPERATOR: "En operatör läser det nu. Behöver du hjälp: svara {help} eller ring {number}. Fara för liv: ring 112.",
        Wording.LATE_NOTED: "{case}: du blir sen, noterat. Framme senast {by}. Nattledaren får veta.",
        Wording.LATE_AGAIN: "{case}: tiden är redan flyttad en gång[, till {by}]. Nattledaren ser ditt svar. Kan du inte: svara {cannot} {case}.",
        Wording.CARER_LATE: "{case} omr {area}: {carer} blir {minutes} min sen. Framme senast {by}.",
        Wording.VOICE_CONNECT: "Larm {case}. Tryck 1 för att kopplas.",
        Wording.VOICE_CALL_OUT: "Larm {case}. Prioritet {priority}. Område {area}. Tryck {menu}, 3 för att höra igen.",
        Wording.VOICE_ON_SITE_CHECK: "Larm {case}. Du har varit på plats länge utan att höra av dig. Tryck {menu}.",
        Wording.VOICE_TROUBLE_HELP: "{carer} behöver hjälp vid larm {case} i område {area}. Tryck {menu}, 3 för att höra igen.",
        Wording.VOICE_TROUBLE_CANNOT_GET_IN: "Larm {case}, område {area}. {carer} kommer inte in. Tryck {menu}, 3 för att höra igen.",
        Wording.VOICE_TROUBLE_NOBODY_HOME: "Larm {case}, område {area}. {carer} hittar ingen hemma. Tryck {menu}, 3 för att höra igen.",
        Wording.VOICE_TROUBLE_SILENT: "Larm {case}, område {area}. {carer} har inte hörts på {minutes} minuter. Tryck {menu}, 3 för att höra igen.",
        Wording.VOICE_TROUBLE_UNDELIVERED: "Larm {case}, område {area}. {carer} har inte fått adressen. Tryck {menu}, 3 för att höra igen.",
        Wording.VOICE_TROUBLE_LATE: "Larm {case}, område {area}, är taget men ingen är framme. Tryck {menu}, 3 för att höra igen.",
        Wording.VOICE_TROUBLE_OUTCOME: "Larm {case}, område {area}. Ingen behöver åka, men ingen har sagt hur det gick. Tryck {menu}, 3 för att höra igen.",
        Wording.VOICE_INCIDENT_LATE: "Störning i område {area}: {places} platser är inte kontrollerade i tid. Fler behöver åka.",
    }
)

ENGLISH: Final[Mapping[Wording, str]] = MappingProxyType(
    {
        Wording.CALL_OUT: "Alarm {case} PRIO {priority} area {area}.[ On site by {by}.] Reply {menu}. {link}",
        Wording.VISIT: "Visit {case} area {area} at {by}, not an alarm. Reply {menu}. {link}",
        Wording.REMINDER: "Reminder: alarm {case} PRIO {priority} area {area} is not taken. Reply {menu}.[ {link}]",
        Wording.ESCALATION: "Alarm {case} PRIO {priority} area {area} has no patrol.[ On site by {by}.] Reply {menu}. {link}",
        Wording.ESCALATION_LATE: "Alarm {case} PRIO {priority} area {area} is taken but nobody is on site. Reply {menu}. {link}",
        Wording.OUTCOME: "{case} area {area}: nobody needs to go, but nobody has said how it ended. Close it here: {link}",
        Wording.TROUBLE_HELP: "{carer} needs help at {case}.[ Call {phone}.] Reply {answers}.",
        Wording.TROUBLE_CANNOT_GET_IN: "{case}: {carer} cannot get in.[ Call {phone}.] Reply {answers}.",
        Wording.TROUBLE_NOBODY_HOME: "{case}: nobody home says {carer}.[ Call {phone}.] Reply {answers}.",
        Wording.TROUBLE_SILENT: "{case}: no word from {carer} for {minutes} min.[ Call {phone}.] Reply {answers}.",
        Wording.TROUBLE_UNDELIVERED: "{case}: {carer} has not got the address.[ Call {phone}.] Reply {answers}.",
        Wording.ON_SITE_CHECK: "{case}: on site for {minutes} min. Reply {menu}. Without an answer we call.",
        Wording.SHIFT_ENDS: "Your shift ends {ends}. {case} is yours. Reply {staying}=staying {cannot}=hand over.",
        Wording.MUSTER: "Night shift area {area}, {starts}-{ends}. Reply {take} if you hold the phone tonight, {cannot} if somebody else does.",
        Wording.MUSTER_WHO: "Night shift area {area}, {starts}-{ends}. Reply {take} and your code if you hold the phone, two codes for two. {cannot} if somebody else does.",
        Wording.MUSTER_SILENT: "The night shift area {area}[ ({patrol})] from {starts} is not confirmed. Call, or put in somebody else.",
        Wording.CONFIRM_BY_VOICE: "{case} area {area}: call[ {patrol}] now and confirm the outcome. Then write it on the page: {pauses}",
        Wording.CONFIRM_OVERDUE: "{case} area {area}: the outcome is not confirmed after {minutes} min. Call[ {patrol}] now. Then write it on the page: {pauses}",
        Wording.PAUSES_UNANSWERED: "Pauses unanswered: {places}[ (area {area})]. Home tonight? Answer on the page: {pauses} Without an answer they end.",
        Wording.PLANNER_WAITING: "To do: {places} waiting for you. {todo}",
        Wording.CARER_TEST: "Test before your night shifts. Reply 1 so that we know the number is right. You need not go anywhere.",
        Wording.NIGHT_THREATENED: "Unsure tonight: {places}[ (area {area})]. See whom, and make it visits: {todo}",
        Wording.INCIDENT: "Disruption area {area}: {places} places to check. List: {list} No data: the reserve list in the car.",
        Wording.INCIDENT_LATE: "Disruption area {area}: {places} places are not checked in time. More people are needed. List: {list}",
        Wording.STUCK: "Alarm {case} area {area} cannot be handled by the system. Call {number}.",
        Wording.STUCK_CHECK: "A case in area {area} cannot be handled by the system. See the reserve list and call {number}.",
        Wording.GRANTED: "{case} is yours. Address: {link} No data: call {number}. Reply {menu}",
        Wording.TAKEN: "{case} is taken[ by {patrol}]. You need not go.",
        Wording.STOOD_DOWN: "{case} is called off. You need not go.",
        Wording.CASE_CLOSED: "{case} is closed. Thank you.",
        Wording.SEEN_TO: "{case}: somebody else sees to it. You need not go.",
        Wording.YOU_SEE_TO_IT: "{case}: thank you, you see to it.[ {carer} has {phone}.] If you cannot reply {cannot} {case}.",
        Wording.ALSO_SEEKS: "You took {case} (prio {priority}). {other} seeks another patrol. To take both reply {take} {other}.",
        Wording.HAVE_BOTH: "You now have {case} (prio {priority}) and {other} (prio {other_priority}). If you cannot take {other} reply {cannot} {other}.",
        Wording.DECLINED: "{case}: you said no. We ask somebody else.",
        Wording.DECLINED_ONE: "You said no to {case} (prio {priority}). {other} waits for your answer too: {take} {other} or {cannot} {other}.",
        Wording.ARRIVED: "{case}: on site, noted. Reply {menu}",
        Wording.DONE: "{case}: done, noted. Write how it went: {link}",
        Wording.CANNOT_GET_IN: "{case}: cannot get in, noted. We call you. Danger to life: call 112.",
        Wording.NOBODY_HOME: "{case}: nobody home, noted. Do you know where? Reply {menu}. Danger to life: call 112.",
        Wording.SMS_STOPPED: "{carer}[ area {area}] takes no SMS any more and is called at an alarm. Ask them to write START to the alarm number.",
        Wording.SMS_STOPPED_LAST: "{carer} area {area}, alone on duty there, takes no SMS and is called at an alarm. Ask them to write START to that number.",
        Wording.SMS_STARTED: "Thank you. Alarms come as SMS again.",
        Wording.WHERE_NOTED: "{case}: noted where the person is. Write how it went: {link}",
        Wording.WHERE_UNKNOWN: "{case}: noted. Look around the house and ask neighbours.[ Without news by {by} we call 112.] Found: reply found. Help: {help}",
        Wording.FOUND: "{case}: found, noted. Reply {menu}",
        Wording.STAYING: "{case}: staying, noted. Reply {menu}",
        Wording.NO_MORE_LOOKS: "{case}: understood, from now on. Visits are made instead. Reply {menu}",
        Wording.HELP_COMING: "[{case}: ]We have heard that you need help and call you now. Danger to life: call 112.",
        Wording.MUSTER_YES: "Thank you. Alarms in area {area} go to you until {ends}.",
        Wording.CODE_UNKNOWN: "Thank you. Alarms in area {area} go to you until {ends}. The code is not known: reply {take} and your code.",
        Wording.CODES_REFUSED: "Somebody has called[ from {phone}] and given a wrong code three times. No address was said. If it is one of you: call them.",
        Wording.MUSTER_NO: "Noted. Alarms in area {area} do not go to you tonight.",
        Wording.NOT_YOURS: "{case} is not yours yet. Reply {take} {case} to take it, {help} if you need help.",
        Wording.NO_CASE: "You have no open alarm. If you need help reply {help} or call {number}.",
        Wording.UNKNOWN_CASE: "{case} is not one of yours.[ You have {other}: reply with that number.] If you need help reply {help}.",
        Wording.WHICH_CASE: "Which one, {case} or {other}? Reply with the number, like this: {digit} {case}",
        Wording.NOT_UNDERSTOOD: "[{case}: ]an operator reads it now. Danger to life: call 112. Else reply {menu}",
        Wording.READ_BY_OPERATOR: "An operator reads it now. If you need help reply {help} or call {number}. Danger to life: call 112.",
        Wording.LATE_NOTED: "{case}: you are late, noted. On site by {by}. The night lead is told.",
        Wording.LATE_AGAIN: "{case}: the time was moved once already[, to {by}]. The night lead sees your reply. If you cannot: reply {cannot} {case}.",
        Wording.CARER_LATE: "{case} area {area}: {carer} is {minutes} min late. On site by {by}.",
        Wording.VOICE_CONNECT: "Alarm {case}. Press 1 to be connected.",
        Wording.VOICE_CALL_OUT: "Alarm {case}. Priority {priority}. Area {area}. Press {menu}, 3 to hear it again.",
        Wording.VOICE_ON_SITE_CHECK: "Alarm {case}. You have been on site for long without a word. Press {menu}.",
        Wording.VOICE_TROUBLE_HELP: "{carer} needs help at alarm {case} in area {area}. Press {menu}, 3 to hear it again.",
        Wording.VOICE_TROUBLE_CANNOT_GET_IN: "Alarm {case}, area {area}. {carer} cannot get in. Press {menu}, 3 to hear it again.",
        Wording.VOICE_TROUBLE_NOBODY_HOME: "Alarm {case}, area {area}. {carer} finds nobody home. Press {menu}, 3 to hear it again.",
        Wording.VOICE_TROUBLE_SILENT: "Alarm {case}, area {area}. No word from {carer} for {minutes} minutes. Press {menu}, 3 to hear it again.",
        Wording.VOICE_TROUBLE_UNDELIVERED: "Alarm {case}, area {area}. {carer} has not got the address. Press {menu}, 3 to hear it again.",
        Wording.VOICE_TROUBLE_LATE: "Alarm {case}, area {area}, is taken but nobody is on site. Press {menu}, 3 to hear it again.",
        Wording.VOICE_TROUBLE_OUTCOME: "Alarm {case}, area {area}. Nobody needs to go, but nobody has said how it ended. Press {menu}, 3 to hear it again.",
        Wording.VOICE_INCIDENT_LATE: "Disruption in area {area}: {places} places are not checked in time. More people are needed.",
    }
)

WORDS: Final[Mapping[Language, Mapping[Wording, str]]] = MappingProxyType({Language.SV: SWEDISH, Language.EN: ENGLISH})
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
    loopback gives ``http://127.0.0.1:8080``. ``replaced`` holds the templates that the town words otherwise.

    Raises:
        UnfitText: host, number or a replaced template cannot be used.
    """

    language: Language
    zone: ZoneInfo
    host: str
    number: str
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
        said = self._filled(text, self._said(facts, text in VOICE))
        return said[:1].upper() + said[1:]

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
            "places": "9999", "digit": "1",
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


def _number(name: str, value: int | None) -> str | None:
    if value is not None and value < 0:
        raise UnfitText(TextFlaw.FACT, f"{name} {value}: use 0 or more")
    return None if value is None else str(value)
