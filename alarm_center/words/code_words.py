"""Codes in words, as the pages show them: reasons, answers, states, outcomes, signs and zones (docs/wording.md).

All but `state_words` are still to be translated.
"""

from collections.abc import Mapping
from typing import Final

from alarm_center.core.alarm import Alarm, AlarmState, DispatchState
from alarm_center.core.check import CheckState
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from schemas.vocabulary import (
    AlarmKind,
    Answer,
    CancelReason,
    ClearFor,
    EndReason,
    Outcome,
    Priority,
    RaisedFor,
    Reason,
    Role,
    TroubleKind,
)

REASONS: Final[Mapping[str, str]] = {
    Reason.ON_FLOOR: _("Något är fel: person syns på golvet"),
    Reason.HALF_OUT: _("Något är fel: person halvvägs ur sängen"),
    Reason.VIOLENT: _("Något är fel: häftiga rörelser"),
    Reason.UP: _("Uppe ur sängen"),
    Reason.AT_EDGE: _("Sitter på sängkanten"),
    Reason.COVERED: _("Går inte att bedöma: kameran är täckt"),
    Reason.PARTLY_COVERED: _("Går inte att bedöma: kameran är delvis täckt"),
    Reason.DARK: _("Går inte att bedöma: bilden är mörk"),
    Reason.OVEREXPOSED: _("Går inte att bedöma: bilden är överexponerad"),
    Reason.DEFOCUSED: _("Går inte att bedöma: bilden är oskarp"),
    Reason.MOVED: _("Går inte att bedöma: kameran har flyttats"),
    Reason.FROZEN: _("Går inte att bedöma: bilden står still"),
    Reason.TOO_SHORT: _("Går inte att bedöma: för kort inspelning"),
    Reason.OUT_OF_RANGE: _("Går inte att bedöma: orimliga mätvärden"),
    Reason.CONTRADICTORY: _("Går inte att bedöma: motstridiga tecken"),
    Reason.REJECTED: _("Går inte att bedöma: inspelningen kunde inte läsas"),
    Reason.FAULT: _("Går inte att bedöma: fel på utrustningen"),
    Reason.COUNT: _("Fler eller färre personer än väntat"),
    Reason.STILL: _("Går inte att bedöma: stilla form utan tecken på rörelse"),
    Reason.PERSON_UNSURE: _("Går inte att bedöma: den som tittade kunde inte avgöra"),
    Reason.NO_SESSION: _("Utebliven tillsyn: inget kom från utrustningen"),
    Reason.NOBODY_LOOKED: _("Utebliven tillsyn: ingen hann titta"),
}

ANSWERS: Final[Mapping[str, str]] = {
    Answer.IN_BED: _("Syns i sängen"),
    Answer.NOT_SEEN: _("Syns inte"),
    Answer.SOMETHING_WRONG: _("Något är fel"),
    Answer.CANNOT_TELL: _("Går inte att bedöma"),
}

ANSWER_BUTTONS: Final[Mapping[Answer, str]] = {
    Answer.IN_BED: _("Syns i sängen"),
    Answer.NOT_SEEN: _("Syns inte"),
    Answer.SOMETHING_WRONG: _("Något är fel – skicka"),
    Answer.CANNOT_TELL: _("Går inte att bedöma"),
}
"""The buttons with which a person gives an answer; one says what it leads to as well."""

ROLES: Final[Mapping[str, str]] = {
    Role.OPERATOR: _("operatör"),
    Role.SUPERVISOR: _("arbetsledare"),
    Role.LEAD: _("nattledare"),
    Role.CARER: _("omsorgspersonal"),
    Role.CASE_OFFICER: _("handläggare"),
    Role.COORDINATOR: _("samordnare"),
    Role.INSTALLER: _("installatör"),
    Role.AUDITOR: _("loggranskare"),
    Role.ADMIN: _("administratör"),
}

KINDS: Final[Mapping[str, str]] = {
    AlarmKind.SOMETHING_WRONG: _("Något är fel"),
    AlarmKind.NOT_SEEN: _("Syns inte"),
    AlarmKind.CANNOT_TELL: _("Går inte att bedöma"),
    AlarmKind.NOBODY_LOOKED: _("Utebliven tillsyn: ingen hann titta"),
    AlarmKind.TECHNICAL: _("Tekniskt fel"),
    AlarmKind.SERVICE: _("Störning i tjänsten"),
    AlarmKind.MANUAL: _("Manuellt larm"),
    AlarmKind.TEST: _("Provlarm"),
}

ALARM_STATES: Final[Mapping[str, str]] = {
    AlarmState.OPEN: _("Ingen har tagit det"),
    AlarmState.CLAIMED: _("Taget av operatör"),
    AlarmState.DISPATCHED: _("Söker patrull"),
    AlarmState.ACCEPTED: _("Patrull på väg"),
    AlarmState.ON_SITE: _("Patrull framme"),
    AlarmState.CLOSED: _("Avslutat"),
}

CHECK_STATES: Final[Mapping[str, str]] = {
    CheckState.PLANNED: _("Planerad"),
    CheckState.OPEN: _("Pågår"),
    CheckState.WAITING: _("Syns inte – tittar igen"),
    CheckState.TO_LOOK: _("Väntar på att någon tittar"),
    CheckState.SEEN: _("Syns i sängen"),
    CheckState.ALARMED: _("Larm"),
    CheckState.CANCELLED: _("Inställd"),
}

OUTCOMES: Final[Mapping[str, str]] = {
    Outcome.WELL_IN_BED: _("Låg i sängen"),
    Outcome.WELL_ELSEWHERE: _("Var uppe eller i annat rum"),
    Outcome.HELPED_UP: _("Fick hjälp upp"),
    Outcome.MOVED_TO_HOSPITAL: _("Till sjukhus"),
    Outcome.EMERGENCY_CALLED: _("112 larmat"),
    Outcome.TECHNICAL_FIXED: _("Tekniskt fel åtgärdat"),
    Outcome.FALSE_ALARM: _("Obefogat larm"),
    Outcome.NOT_AT_HOME_KNOWN: _("Känd frånvaro"),
    Outcome.DIED: _("Avliden"),
    Outcome.OTHER: _("Annat – skriv vad"),
}

TROUBLES: Final[Mapping[str, str]] = {
    TroubleKind.HELP: _("Behöver hjälp"),
    TroubleKind.CANNOT_GET_IN: _("Kommer inte in"),
    TroubleKind.NOBODY_HOME: _("Ingen hemma"),
    TroubleKind.SILENT: _("Tyst från platsen"),
    TroubleKind.UNDELIVERED: _("Har inte fått adressen"),
    TroubleKind.LATE: _("Inte framme i tid"),
    TroubleKind.NOT_TAKEN: _("Ingen har tagit larmet"),
    TroubleKind.OUTCOME_MISSING: _("Utfall saknas"),
}

RAISED_FOR: Final[Mapping[str, str]] = {
    RaisedFor.CALLED: _("Personen har ringt eller larmat"),
    RaisedFor.RELATIVE: _("Anhörig eller granne har ringt"),
    RaisedFor.STAFF: _("Personal ber om hjälp"),
    RaisedFor.NO_ANSWER: _("Svarar inte, fast det var avtalat"),
    RaisedFor.OTHER: _("Annat – skriv vad"),
}

CLEAR_FOR: Final[Mapping[str, str]] = {
    ClearFor.NOT_ENOUGH: _("Syns inte tydligt nog"),
    ClearFor.WORRIED: _("Oro för personen"),
    ClearFor.ASKED: _("Personen har bett om det"),
}

TAKE_OVER: Final[Mapping[str, str]] = {
    "asked_to": _("Vi har kommit överens"),
    "away": _("Den som har larmet är borta"),
    "urgent": _("Det är bråttom"),
}
"""Reasons for taking a case from a colleague: codes, since the timeline holds no free text."""

PRIORITIES: Final[Mapping[Priority, str]] = {
    Priority.FIRST: _("Prio 1 – fara för personen"),
    Priority.SECOND: _("Prio 2 – någon behöver komma"),
    Priority.THIRD: _("Prio 3 – kan vänta en stund"),
}

CANCELLED: Final[Mapping[str, str]] = {
    CancelReason.PAUSE_AWAY: _("bortrest"),
    CancelReason.PAUSE_HOSPITAL: _("på sjukhus"),
    CancelReason.PAUSE_GUESTS: _("har gäster"),
    CancelReason.PAUSE_OWN_WISH: _("egen önskan"),
    CancelReason.CONSENT_REVOKED: _("samtycket återkallat"),
    CancelReason.DECISION_ENDED: _("beslutet har upphört"),
    CancelReason.MOVED: _("flyttat"),
    CancelReason.DIED: _("avliden"),
    CancelReason.REPLANNED: _("omplanerad"),
    CancelReason.TOWN_STOP: _("stoppad av kommunen"),
}

END_REASONS: Final[Mapping[str, str]] = {
    EndReason.MOVED: _("har flyttat"),
    EndReason.NOT_NEEDED: _("behövs inte mer"),
    EndReason.DIED: _("avliden"),
}

NOTICE_STATES: Final[Mapping[str, str]] = {
    "asked": _("tillfrågad"),
    "took": _("tog det"),
    "declined": _("kan inte"),
    "stood_down": _("behöver inte åka"),
    "expired": _("svarade inte"),
}

MESSAGE_STATES: Final[Mapping[str, str]] = {
    "queued": _("i kö"),
    "sending": _("skickas"),
    "sent": _("skickat"),
    "delivered": _("levererat"),
    "failed": _("gick inte fram"),
    "unknown": _("okänt om det kom fram"),
}


def message_words(channel: str, state: str) -> str:
    """Return how a message fared, still to be translated: a call that failed is one that nobody answered."""
    return _("inget svar") if (channel, state) == ("call", "failed") else MESSAGE_STATES[state]


CHANNELS: Final[Mapping[str, str]] = {"sms": _("SMS"), "call": _("Samtal")}

SIGNS: Final[Mapping[str, str]] = {
    "moves": _("Rörelse"),
    "moves_outside": _("Rör sig utanför sängen"),
    "moves_on_floor": _("Rör sig på golvet"),
    "moves_upright": _("Rör sig, står eller går"),
    "light": _("Ljus som rör sig"),
    "moves_by_itself": _("Rör sig där något rör sig också när ingen är där"),
    "hangs": _("Hänger och svajar, som en gardin"),
    "movement": _("Rörelse"),
    "shape": _("Form som inte är den tomma sängens"),
    "bed_occupied": _("Tyngd i sängen"),
    "bed_unsteady": _("Tyngd i sängen en del av tiden"),
    "warm": _("Värme i sängen"),
    "warm_outside": _("Värme utanför sängen"),
    "bed_cools": _("Sängen svalnar"),
    "shape_outside": _("Form utanför sängen"),
    "looks_empty": _("Sängen ser tom ut"),
    "stopped": _("Rörelse, sedan ingen"),
    "text_in_picture": _("Text i bilden"),
    "speck": _("Något litet nära linsen"),
    "same_grain": _("Bilden kan vara gammal"),
    "person": _("Person (nätverk)"),
}
"""The words for a detector's evidence; one that is not here is shown by its own name."""

ZONES: Final[Mapping[str, str]] = {
    "bed": _("i sängen"),
    "floor": _("på golvet"),
    "door": _("vid dörren"),
    "armchair": _("i fåtöljen"),
}

SIDES: Final[Mapping[str, str]] = {
    "right_of_bed": _("till höger om sängen"),
    "left_of_bed": _("till vänster om sängen"),
    "before_bed": _("framför sängen"),
    "behind_bed": _("bakom sängen"),
    "beside_bed": _("vid sängen"),
}
"""The sides of the bed as the picture shows them."""


def sign_words(what: str, zone: str | None, speech: Speech) -> str:
    """Return one sign as an operator reads it: what was seen, and where. A zone is known by the first word of its name."""
    seen = speech(SIGNS.get(what, what))
    if not zone:
        return seen
    if zone in SIDES:
        return f"{seen}, {speech(SIDES[zone])}"
    return f"{seen} {speech(ZONES.get(zone.split('_')[0], zone))}"


def case_words(alarm: Alarm) -> str:
    """Return what is wrong, still to be translated: the reason where it says more than the kind."""
    if alarm.reason is Reason.UP:
        return _("Inte i sängen – uppe båda gångerna")
    if alarm.reason is not None and alarm.policy.says_reason:
        return REASONS.get(alarm.reason, KINDS[alarm.kind])
    if alarm.is_calm:
        return _("Planerat besök")
    return KINDS[alarm.kind]


def state_words(alarm: Alarm, speech: Speech, patrol: str | None) -> str:
    """Return how far the alarm has come; *patrol* has accepted it."""
    state = alarm.state
    if alarm.dispatch is not None and alarm.dispatch.state is DispatchState.EXHAUSTED:
        return speech("Ingen har svarat – alla är tillfrågade")
    if state is AlarmState.ACCEPTED and patrol:
        return speech("%(patrol)s på väg", patrol=patrol)
    if state is AlarmState.ON_SITE:
        if alarm.done_at is not None:
            return speech("Klar på plats – utfallet saknas")
        if patrol:
            return speech("%(patrol)s framme", patrol=patrol)
    return speech(ALARM_STATES[state])


def reason_words(answer: str | None, reason: str | None, people: int | None = None) -> str:
    """Return what a session showed, still to be translated; *people* is the number that it counted.

    Another number than expected is one person or none where two share a bed, and else more than one.
    """
    if reason == Reason.COUNT and people is not None:
        return _("Färre personer än väntat") if people <= 1 else _("Fler personer än väntat – bilden visas inte")
    if reason is not None and reason in REASONS:
        return REASONS[reason]
    return ANSWERS.get(answer or "", _("Ingen tolkning"))
