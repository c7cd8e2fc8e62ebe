"""Words for looks: the cause of one, its view and length, hints about a month, and the sentences of a resident's list."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from alarm_center.core import look_review
from alarm_center.core.logged_looks import ListedLook, LoggedLook, LookCause
from alarm_center.core.look_review import Hint, LookVerdict, PersonTally
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.code_words import CLEAR_FOR, RAISED_FOR
from schemas.vocabulary import RaisedFor, Role

_CAUSES: Final[Mapping[LookCause, str]] = {
    LookCause.CHECK: _("Tillsynen %(time)s väntade på att någon tittade"),
    LookCause.RECHECK: _("Tillsynen %(time)s, ny titt"),
    LookCause.ASKED_AGAIN: _("Tillsynen %(time)s, ny bild begärd"),
    LookCause.ALARM: _("Larm %(case)s, som kom av sig självt"),
    LookCause.LIVE: _("Larm %(case)s, som kom av sig självt"),
    LookCause.OWN_ALARM: _("Larm %(case)s, som personen själv skapade"),
    LookCause.COLLEAGUE_ALARM: _("Larm %(case)s, som en kollega skapade"),
    LookCause.TRIAL: _("Provlarm %(case)s"),
    LookCause.MOUNTING: _("Testbild när kameran monterades"),
}

VERDICTS: Final[Mapping[LookVerdict, str]] = {
    LookVerdict.IN_DUTY: _("Ja, i sitt uppdrag"),
    LookVerdict.UNCLEAR: _("Oklart"),
    LookVerdict.WRONG: _("Fel"),
}

SHOWN: Final[Mapping[str, str]] = {"picture": _("Bild"), "clear": _("Klar bild begärd"), "live": _("Direktbild")}
"""Kinds of a look, as the log is filtered by them."""

READ: Final[Mapping[str, str]] = {
    "log": _("läste loggen"),
    "export": _("exporterade loggen"),
    "tallies": _("läste månadens sammanställning"),
    "sample": _("läste månadens stickprov"),
    "resident_list": _("visade brukarens lista"),
    "door_code": _("visade portkoden"),
}
"""Parts of the log that somebody read."""

ROLES: Final[Mapping[str, str]] = {
    Role.OPERATOR: _("operatör"),
    Role.SUPERVISOR: _("arbetsledare"),
    Role.LEAD: _("nattledare"),
    Role.CARER: _("personal"),
    Role.CASE_OFFICER: _("handläggare"),
    Role.COORDINATOR: _("samordnare"),
    Role.INSTALLER: _("installatör"),
    Role.AUDITOR: _("logggranskare"),
    Role.ADMIN: _("administratör"),
}

CSV_COLUMNS: Final = (
    _("Började"), _("Slutade"), _("Sekunder"), _("Vem tittade"), _("Roll"), _("Brukarens nummer"), _("Brukare"), _("Område"),
    _("Visning"), _("Anledning"), _("Väntande tillsyn"), _("Skäl till larmet"),
)  # fmt: skip
YES: Final = _("ja")
NO: Final = _("nej")

_OTHER_REASON: Final = _("Annat skäl")
NOT_OF_ALL_AREAS: Final = _("Den listan gäller hela kommunen. Den visas för den som har alla områden.")
SAY_WHY: Final = _("Skriv vad som är oklart eller fel")
CHOOSE_VERDICT: Final = _("Välj ett av de tre svaren")


def cause_words(look: LoggedLook, zone: str, speech: Speech) -> str:
    """Return why the look was allowed, with the reason that a person gave for the alarm."""
    words = speech(_CAUSES[look.cause], time=speech.clock(look.check_at, zone), case=look.case_no)
    return f"{words}: {raised_words(look.raised_for, speech)}" if look.raised_for and not look.due else words


def raised_words(reason: str, speech: Speech) -> str:
    """Return the reason for which somebody raised the alarm; a newer one by its own name."""
    return speech(_OTHER_REASON if reason == RaisedFor.OTHER else RAISED_FOR.get(reason, reason))


def view_words(look: LoggedLook, speech: Speech) -> str:
    """Return what the person was shown, and the reason that they gave for a clear view."""
    if look.reason is not None:
        return f"{speech(SHOWN['clear'])}: {speech(CLEAR_FOR.get(look.reason, look.reason))}"
    kind = "live" if look.kind == "live" else "picture"
    shown = speech(SHOWN[kind])
    return shown if look.clear else speech("%(shown)s, suddad", shown=shown)


def length_words(lasted: timedelta | None, speech: Speech) -> str:
    """Return how long a look lasted."""
    if lasted is None:
        return speech("okänd tid, högst 10 min")
    seconds = max(1, round(lasted.total_seconds()))
    if seconds < 60:
        return speech("%(seconds)s s", seconds=seconds)
    return speech("%(minutes)s min %(seconds)s s", minutes=seconds // 60, seconds=seconds % 60)


def role_words(roles: tuple[str, ...], speech: Speech) -> str:
    """Return the roles that somebody had; empty where that was not written."""
    return ", ".join(speech(ROLES.get(role, role)) for role in roles)


def hint_words(hint: Hint, tally: PersonTally, speech: Speech) -> str:
    """Return a hint with the number that gives cause for it, and the number from which it is given."""
    match hint:
        case Hint.SAME_RESIDENT:
            return speech(
                "%(many)s tittar utan väntande tillsyn på samma brukare, nummer %(number)s (visas från %(least)s)",
                many=tally.most_at_one, number=tally.most_looked_at, least=look_review.SAME_RESIDENT,
            )  # fmt: skip
        case Hint.MANY_OWN_ALARMS:
            return speech(
                "%(many)s tittar i larm som personen själv skapade (visas från %(least)s)",
                many=tally.own_alarm, least=look_review.OWN_ALARMS,
            )  # fmt: skip
        case Hint.MORE_CLEAR:
            return speech(
                "%(many)s klara bilder begärda: mer än %(times)s gånger så stor andel som kollegorna",
                many=tally.clear, times=look_review.CLEAR_TIMES,
            )  # fmt: skip
        case Hint.LONG:
            return speech(
                "%(many)s tittar längre än %(minutes)s minuter (visas från %(least)s)",
                many=tally.long_ones, minutes=int(look_review.LONG_LOOK.total_seconds() // 60), least=look_review.LONG_LOOKS,
            )  # fmt: skip
        case Hint.QUIET_HOURS:
            return speech(
                "%(many)s tittar utan väntande tillsyn mellan kl %(from)s och %(until)s (visas från %(least)s)",
                **{"many": tally.at_quiet_hours, "from": look_review.QUIET_FROM, "until": look_review.QUIET_UNTIL},
                least=look_review.QUIET_LOOKS,
            )  # fmt: skip
        case Hint.NO_CASE:
            return speech("%(many)s tittar på en annan brukare än ärendets", many=tally.strangers)


# ---- a resident's own list ----


def short_name(name: str) -> str:
    """Return a first name with the first letter of the last one."""
    first, *rest = name.split()
    return f"{first} {rest[-1][0]}." if rest else first


def list_sentence(listed: ListedLook, zone: str, speech: Speech) -> str:
    """Return one line of a resident's list: who or what looked at them, when, how long, and for what."""
    text = _device_sentence(listed, zone, speech) if listed.device else _person_sentence(listed, zone, speech)
    return text[0].upper() + text[1:]


def _when(listed: ListedLook, zone: str, speech: Speech) -> dict[str, str]:
    return {"day": speech.day(listed.at, zone), "time": speech.clock(listed.at, zone)}


def _person_sentence(listed: ListedLook, zone: str, speech: Speech) -> str:
    values = {
        **_when(listed, zone, speech),
        "who": short_name(listed.who) if listed.who else speech("någon"),
        "why": _purpose(listed, zone, speech),
        "length": _whole_length(listed.ended_at - listed.at if listed.ended_at else None, speech),
    }
    said = speech("%(day)s kl %(time)s tittade %(who)s på dig i %(length)s, för %(why)s.", **values)
    if listed.reason is not None:
        said += " " + speech(
            "Bilden visades klar: %(reason)s.", reason=speech(CLEAR_FOR.get(listed.reason, listed.reason)).lower()
        )
    elif listed.blurred:
        said += " " + speech("Bilden var suddad.")
    return said + (" " + speech("Det var en direktbild.") if listed.live else "")


def _whole_length(lasted: timedelta | None, speech: Speech) -> str:
    seconds = None if lasted is None else max(1, round(lasted.total_seconds()))
    if seconds is None or seconds >= 60:
        return length_words(lasted, speech)
    return speech("en sekund") if seconds == 1 else speech("%(seconds)s sekunder", seconds=seconds)


def _purpose(listed: ListedLook, zone: str, speech: Speech) -> str:
    check = speech.clock(listed.check_at, zone)
    match listed.cause:
        case LookCause.CHECK:
            return speech("tillsynen kl %(check)s", check=check)
        case LookCause.RECHECK:
            return speech("att titta igen efter tillsynen kl %(check)s", check=check)
        case LookCause.ASKED_AGAIN:
            return speech("en ny bild vid tillsynen kl %(check)s", check=check)
        case LookCause.TRIAL:
            return speech("ett provlarm")
        case LookCause.OWN_ALARM | LookCause.COLLEAGUE_ALARM:
            why = raised_words(listed.raised_for, speech).lower() if listed.raised_for else ""
            return speech("ett larm som personalen skapade") + (f" ({why})" if why else "")
        case _:
            return speech("ett larm efter tillsynen kl %(check)s", check=check) if check else speech("ett larm")


def _device_sentence(listed: ListedLook, zone: str, speech: Speech) -> str:
    values = {**_when(listed, zone, speech), "seconds": listed.seconds}
    if listed.device == "sensors":
        said = speech("%(day)s kl %(time)s mätte sensorerna.", **values)
        judged = speech("En dator tolkade mätningen. Ingen bild togs.")
    else:
        said = (
            speech("%(day)s kl %(time)s var kameran vaken i %(seconds)s sekunder.", **values)
            if listed.seconds
            else speech("%(day)s kl %(time)s var kameran vaken.", **values)
        )
        judged = speech("En dator tolkade bilden och sparade den inte.")
    return f"{said} {judged}" if listed.judged else f"{said} {speech('Ingen bild sparades.')}"
