"""What codes are called on the screen. The words are words.md's; Swedish is what is translated from."""

from collections.abc import Mapping
from typing import Any, Final

from alarm_center.casework.live_looks import SHOWN_CLEAR
from alarm_center.casework.raising import RAISED
from alarm_center.core.alarm_events import AlarmLine
from alarm_center.core.case import Alarm, AlarmState, CheckState, DispatchState
from alarm_center.core.happenings import CheckLine
from alarm_center.store.links import USED
from alarm_center.web.catalogues import Speech
from alarm_center.web.catalogues import mark as _
from schemas.vocabulary import AlarmKind, Answer, CancelReason, ClearFor, Outcome, Priority, RaisedFor, Reason

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
    Reason.TOO_SHORT: _("Går inte att bedöma: för kort tillfälle"),
    Reason.OUT_OF_RANGE: _("Går inte att bedöma: orimliga mätvärden"),
    Reason.CONTRADICTORY: _("Går inte att bedöma: motstridiga tecken"),
    Reason.REJECTED: _("Går inte att bedöma: tillfället kunde inte läsas"),
    Reason.FAULT: _("Går inte att bedöma: fel på utrustningen"),
    Reason.COUNT: _("Annat antal personer än väntat"),
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

KINDS: Final[Mapping[str, str]] = {
    AlarmKind.SOMETHING_WRONG: _("Något är fel"),
    AlarmKind.NOT_SEEN: _("Syns inte"),
    AlarmKind.CANNOT_TELL: _("Går inte att bedöma"),
    AlarmKind.NOBODY_LOOKED: _("Utebliven tillsyn: ingen hann titta"),
    AlarmKind.TECHNICAL: _("Tekniskt fel"),
    AlarmKind.SERVICE: _("Störning i tjänsten"),
    AlarmKind.MANUAL: _("Larm från personal"),
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
    Outcome.EMERGENCY_CALLED: _("112 tillkallat"),
    Outcome.TECHNICAL_FIXED: _("Tekniskt fel åtgärdat"),
    Outcome.FALSE_ALARM: _("Falskt larm"),
    Outcome.NOT_AT_HOME_KNOWN: _("Inte hemma, känt"),
    Outcome.DIED: _("Avliden"),
    Outcome.OTHER: _("Annat – skriv vad"),
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
    "delivered": _("framme i telefonen"),
    "failed": _("gick inte fram"),
    "unknown": _("okänt om det kom fram"),
}

CHANNELS: Final[Mapping[str, str]] = {"sms": _("SMS"), "call": _("Samtal")}

LINES: Final[Mapping[str, str]] = {
    CheckLine.OPENED: _("Tillsynen började"),
    CheckLine.MISSED: _("Inget kom från utrustningen"),
    CheckLine.LATE: _("Tillsynen är sen"),
    CheckLine.HELD: _("Tillsynen väntar: personal på plats"),
    CheckLine.RELEASED: _("Tillsynen fortsätter"),
    CheckLine.ATTEMPT: _("Kameran ombeds titta"),
    CheckLine.WAITING: _("Tittar igen om en stund"),
    CheckLine.TO_LOOK: _("Väntar på att någon tittar"),
    CheckLine.SEEN: _("Tillsynen klar: syns i sängen"),
    CheckLine.ALARMED: _("Tillsynen blev larm"),
    CheckLine.CANCELLED: _("Tillsynen inställd"),
    CheckLine.RESTORED: _("Tillsynen görs igen"),
    CheckLine.VISIT_STAYS: _("Besöket är redan någons och blir av"),
    CheckLine.CONSENT_REVOKED: _("Samtycket återkallat"),
    CheckLine.FINDING: _("Automatisk tolkning"),
    CheckLine.EVIDENCE: _("Ytterligare tillfälle"),
    CheckLine.DROPPED: _("Tillfälle avvisat"),
    CheckLine.PERSON: _("En person bedömde bilden"),
    CheckLine.FAULT: _("Fel på utrustningen känt"),
    CheckLine.FAULT_GONE: _("Utrustningen fungerar igen"),
    AlarmLine.OPENED: _("Larmet öppnades"),
    AlarmLine.CLAIMED: _("Taget"),
    AlarmLine.TAKEN_OVER: _("Övertaget"),
    AlarmLine.RELEASED: _("Släppt"),
    AlarmLine.LEASE_LAPSED: _("Släppt: ingen var vid skärmen"),
    AlarmLine.IN_CALL: _("I samtal"),
    AlarmLine.SENT_BY: _("Patrull skickad av operatör"),
    AlarmLine.DISPATCHED: _("Patrull söks"),
    AlarmLine.ASKED: _("Tillfrågad"),
    AlarmLine.NOBODY_ON_DUTY: _("Ingen i tjänst att fråga"),
    AlarmLine.EXHAUSTED: _("Alla tillfrågade, ingen har svarat"),
    AlarmLine.UNDELIVERED: _("Meddelandet kom inte fram i tid"),
    AlarmLine.DECLINED: _("Kan inte"),
    AlarmLine.ACCEPTED: _("Tar larmet"),
    AlarmLine.ETA: _("Ny tid för ankomst"),
    AlarmLine.TOOK_TOO_LATE: _("Svarade sedan det var taget"),
    AlarmLine.NOT_THEIRS: _("Svarade på ett larm som inte var deras"),
    AlarmLine.LATE: _("Inte framme i tid"),
    AlarmLine.ON_SITE: _("Framme"),
    AlarmLine.STAYING: _("Stannar hos personen"),
    AlarmLine.SILENT: _("Tyst från platsen"),
    AlarmLine.CANNOT_GET_IN: _("Kommer inte in"),
    AlarmLine.NOBODY_HOME: _("Ingen hemma"),
    AlarmLine.NEEDS_HELP: _("Behöver hjälp"),
    AlarmLine.DONE: _("Klar på plats"),
    AlarmLine.OUTCOME_MISSING: _("Utfallet saknas"),
    AlarmLine.CLEARED: _("Syns i sängen nu"),
    AlarmLine.RAISED: _("Larmet blev mer brådskande"),
    AlarmLine.JOINED: _("Ytterligare en anledning"),
    AlarmLine.INTO_INCIDENT: _("Del av en störning"),
    AlarmLine.CALLED_OFF: _("Patrullen återkallad"),
    AlarmLine.CLOSED: _("Avslutat"),
    AlarmLine.WORD_AFTER_CLOSE: _("Svar efter avslut"),
    RAISED: _("Larmat för hand"),
    SHOWN_CLEAR: _("Klar bild visad"),
    USED: _("Patrullens länk öppnad"),
    "check_planned": _("Tillsynen planerad"),
    "session_committed": _("Tillfälle mottaget"),
    "session_refused": _("Tillfälle avvisat"),
    "device_changed": _("Utrustningen ändrades"),
    "consent_revoked": _("Samtycket återkallat"),
    "paused": _("Paus"),
    "pause_ended": _("Pausen avslutad"),
    "reply": _("Svar från telefonen"),
    "reply_text": _("Egna ord från telefonen"),
    "sms_sent": _("SMS skickat"),
    "sms_delivered": _("SMS framme i telefonen"),
    "sms_failed": _("SMS gick inte fram"),
    "sms_unknown": _("Okänt om SMS kom fram"),
    "call_sent": _("Ringer upp"),
    "call_delivered": _("Samtal besvarat"),
    "call_failed": _("Samtal inte besvarat"),
    "call_unknown": _("Okänt om samtalet kom fram"),
    "live_asked": _("Direkt tittande"),
    "stuck": _("Systemet kan inte föra ärendet vidare"),
}


SIGNS: Final[Mapping[str, str]] = {
    "moves": _("Rörelse"),
    "moves_outside": _("Rörelse utanför sängen"),
    "movement": _("Rörelse"),
    "shape": _("Form som inte är den tomma sängens"),
    "bed_occupied": _("Tyngd i sängen"),
    "warm": _("Värme i sängen"),
    "warm_outside": _("Värme utanför sängen"),
    "bed_cools": _("Sängen svalnar"),
    "shape_outside": _("Form utanför sängen"),
    "looks_empty": _("Sängen ser tom ut"),
    "stopped": _("Rörelse, sedan ingen"),
    "same_grain": _("Bilden kan vara gammal"),
    "person": _("Person (nätverk)"),
}
"""What a detector's evidence is called; one that is not here is shown by its own name."""

ZONES: Final[Mapping[str, str]] = {
    "bed": _("i sängen"),
    "floor": _("på golvet"),
    "door": _("vid dörren"),
    "armchair": _("i fåtöljen"),
}


def sign_words(what: str) -> str:
    """Return what one sign is called, still to be translated."""
    return SIGNS.get(what, what)


def zone_words(zone: str) -> str:
    """Return where a zone is by the first word of its name, still to be translated; else its name."""
    return ZONES.get(zone.split("_")[0], zone)


def case_words(alarm: Alarm) -> str:
    """Return what is wrong, still to be translated: the reason where it says more than the kind."""
    if alarm.reason is not None and alarm.policy.says_reason:
        return REASONS.get(alarm.reason, KINDS[alarm.kind])
    if alarm.visit:
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


def reason_words(answer: str | None, reason: str | None) -> str:
    """Return what a session showed, still to be translated."""
    if reason is not None and reason in REASONS:
        return REASONS[reason]
    return ANSWERS.get(answer or "", _("Ingen tolkning"))


def detail(data: Mapping[str, Any]) -> str:
    """Return what a line of the timeline adds to its kind, still to be translated."""
    if data.get("outcome") in OUTCOMES:
        return OUTCOMES[data["outcome"]]
    for called in (REASONS, RAISED_FOR, CLEAR_FOR):
        if data.get("reason") in called:
            return called[data["reason"]]
    return ANSWERS.get(str(data.get("answer")), "")
