"""Words of the forms of a resident's parts: choices, faults beside their fields, what a change will mean, the steps of a draft."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.core.resident_forms import FormFault, Said
from alarm_center.words import town_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.times_words import night_words
from alarm_center.words.town_words import TownSentence
from schemas.vocabulary import AfterTrial, Capacity, CohabitantSleeps, ContactHours, DecisionKind, DeviceKind, GivenHow

FAULTS: Final[Mapping[FormFault, str]] = {
    FormFault.MISSING: _("Fyll i det här."),
    FormFault.PAST: _("Välj en dag som kommer."),
    FormFault.NOT_OFFERED: _("Automatisk bedömning slås på från brukarens sida, när den har erbjudits."),
    FormFault.UNCHOSEN: _("Välj ett av svaren."),
    FormFault.TOO_LONG: _("Texten är för lång. Skriv kortare."),
    FormFault.NO_PHONE: _("Skriv ett telefonnummer, som 070-174 06 06."),
    FormFault.IMPOSSIBLE_PHONE: _("Numret kan inte finnas. Är alla siffror med?"),
    FormFault.PHONE_TWICE: _("Samma nummer står två gånger."),
    FormFault.NO_DATE: _("Skriv datumet som 2026-11-30."),
    FormFault.BEFORE_START: _("Dagen är före den första dagen."),
    FormFault.NO_NUMBER: _("Skriv ett helt tal inom gränserna."),
    FormFault.COMING: _("Dagen har inte varit än."),
    FormFault.NO_DEVICE_NAME: _("Skriv namnet som det står på utrustningen: små bokstäver, siffror, streck."),
}

_ERRORS: Final[Mapping[str, str]] = {
    town_words.NO_DEVICE: _("Tiderna är med kamera, men ingen utrustning är vald. Välj en, eller gör tiderna till besök."),
    town_words.NOT_AUTOMATIC: _("Någon i hemmet har sagt nej till automatisk bedömning. Då tittar en person."),
    town_words.NOT_SIGNED: _("Skriv vem som skriver under på automatisk bedömning."),
    town_words.DECISION_MISSING: _("Tider behöver ett beslut eller ett erbjudande."),
    town_words.DECISION_TWICE: _("Diarienumret är redan en annan brukares."),
    town_words.DEVICE_TWICE: _("Utrustningen är redan hos någon annan."),
    town_words.DECISION_OVER: _("Beslutet har redan tagit slut. Lägg in ett nytt beslut i stället."),
    town_words.TRIAL_OVER: _("Provperioden har redan tagit slut. Säg vad som ska gälla efter den."),
    town_words.CONSENT_WITHDRAWN_SINCE: _("Samtycket togs tillbaka efter den dagen. Bara ett ja som är sagt efter det gäller."),
    town_words.ONE_EXPECTED: _(
        "Utrustningen väntar sig en person, men den som bor med sover där den ser. Installatören ändrar utrustningen först."
    ),
    town_words.SLEEPS_MISSING: _("Säg var den som bor med sover."),
    town_words.NO_AREA: _("Välj ett av kommunens områden."),
}  # fmt: skip
"""Sentences of a file's errors as a page says them; the others are said as for a file."""

ANSWERS: Final[Mapping[str, str]] = {
    Said.YES: _("Ja, med kamera"),
    Said.UNSEEN: _("Ja, med kamera, men ingen människa får se bilderna"),
    Said.SENSORS: _("Bara med sensor, utan bild"),
    Said.NO: _("Nej"),
    Said.LATER: _("Inte tillfrågad än"),
}
KINDS: Final[Mapping[str, str]] = {
    DecisionKind.DECISION: _("Beslut"),
    DecisionKind.OFFER_WITHOUT_TEST: _("Erbjudande utan individuell prövning"),
}
AFTER_TRIAL: Final[Mapping[str, str]] = {
    AfterTrial.GOES_ON: _("Tillsynen fortsätter"),
    AfterTrial.VISITS: _("Besök i stället"),
}
HOW: Final[Mapping[str, str]] = {
    GivenHow.SPOKEN: _("Muntligt"),
    GivenHow.WRITTEN: _("Skriftligt"),
    GivenHow.SHOWN: _("Visat med tecken eller bilder"),
}
CAPACITY: Final[Mapping[str, str]] = {
    Capacity.ABLE: _("Förstår och kan bestämma"),
    Capacity.IN_DOUBT: _("Osäkert"),
}
SLEEPS: Final[Mapping[str, str]] = {
    CohabitantSleeps.SAME_BED: _("I samma säng"),
    CohabitantSleeps.SAME_ROOM: _("I samma rum"),
    CohabitantSleeps.ELSEWHERE: _("I ett annat rum"),
}
HOURS: Final[Mapping[str, str]] = {
    ContactHours.ANY: _("När som helst"),
    ContactHours.DAY: _("Bara dagtid"),
    ContactHours.NIGHT: _("Bara nattetid"),
}
DEVICES: Final[Mapping[str, str]] = {DeviceKind.CAMERA: _("Kamera"), DeviceKind.SENSORS: _("Sensor")}
YES_NO: Final[Mapping[str, str]] = {"yes": _("Ja"), "no": _("Nej")}

STEPS: Final[Mapping[str, str]] = {
    "home": _("Vem och var"),
    "door": _("Dörren och kontakter"),
    "decision": _("Beslut eller erbjudande"),
    "consents": _("Samtycke"),
    "times": _("Tider"),
    "plan": _("Om personen inte syns"),
    "device": _("Utrustning"),
}
CHANGED_BY_OTHER: Final = _(
    "Någon annan har ändrat under tiden. Det du skrev står kvar; där det skiljer sig står också vad som är sparat nu."
)
NOT_YOURS: Final = {"decide": _("Fylls i av handläggaren."), "arrange": _("Fylls i av samordnaren.")}
NOT_DONE: Final = _("Det här steget är inte klart: %(step)s.")
NOTHING_CHANGES: Final = _("Inget är ändrat.")


def fault_texts(faults: Mapping[str, FormFault], speech: Speech) -> dict[str, str]:
    """Return the words of each field's fault."""
    return {name: speech(FAULTS[fault]) for name, fault in faults.items()}


def error_words(said: TownSentence, speech: Speech) -> str:
    """Return what a part's own check says, as a page says it."""
    text = _ERRORS.get(said.text)
    words = said.words(speech) if text is None else speech(text)
    return words[:1].upper() + words[1:]


def first_look(at: datetime, tonight: date, zone: str, speech: Speech) -> str:
    """Return the first look's hour with its night, as in "i natt 23:00"."""
    clock, night = speech.clock(at, zone), calendar.night_of(at, ZoneInfo(zone))
    if night == tonight:
        return speech(_("i natt %(time)s"), time=clock)
    return speech(_("natten %(night)s kl %(time)s"), night=night_words(night, speech), time=clock)


def outcome_sentence(why: str, kind: str, first: str, speech: Speech) -> str:
    """Return what follows when a draft becomes a resident; *why* is the reason why nobody looks from afar, if there is one."""
    if kind == "not_running":
        return speech(_("Inte igång: %(why)s."), why=why)
    if why:
        return speech(
            _("Inte igång: %(why)s. Till dess blir det besök på tiderna, från %(first)s."), why=why, first=first
        )
    if kind == "visits":
        return speech(_("Besök från %(first)s."), first=first)
    return speech(_("Gäller från %(first)s."), first=first)


def decision_sentences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any], tonight: date, speech: Speech
) -> list[str]:
    """Return what a decision will mean; *before* is the one that it changes."""
    said = []
    ends, trial = after.get("ends_on"), after.get("trial_ends_on")
    if after["starts_on"] > tonight:
        said.append(speech(_("Tillsynen börjar natten %(night)s."), night=night_words(after["starts_on"], speech)))
    elif before is None:
        said.append(speech(_("Beslutet gäller från i natt.")))
    if ends is not None:
        night = night_words(ends, speech)
        said.append(
            speech(_("Sista natten är %(night)s. Efter den blir det besök, tills ett nytt beslut finns. Slutet kan inte ångras."), night=night)
        )  # fmt: skip
    if trial is not None:
        night = night_words(trial, speech)
        match after.get("after_trial"):
            case AfterTrial.GOES_ON:
                said.append(speech(_("Provet slutar natten %(night)s. Sedan fortsätter tillsynen."), night=night))
            case AfterTrial.VISITS:
                said.append(speech(_("Provet slutar natten %(night)s. Sedan blir det besök."), night=night))
            case _other:
                said.append(
                    speech(_("Provet slutar natten %(night)s. Sedan blir det besök, tills någon har sagt vad som ska gälla."), night=night)
                )  # fmt: skip
    if after.get("follow_up_on") is not None:
        said.append(speech(_("Uppföljning %(day)s."), day=speech.short_day(after["follow_up_on"])))
    return said


def consent_sentences(name: str, consent: Mapping[str, Any], others: Sequence[str], speech: Speech) -> list[str]:
    """Return what somebody's answer will mean; *others* are the people in the home who have not said yes."""
    if consent["state"] == "revoked":
        nothing = consent.get("instead") == "nothing"
        text = (
            _("%(name)s säger nej. Kameran släcks direkt, och ingen kommer i stället. Bara ett nytt ja öppnar den.")
            if nothing
            else _(
                "%(name)s säger nej. Kameran släcks direkt, och det blir besök på tiderna. Bara ett nytt ja öppnar den."
            )
        )
        return [speech(text, name=name)]
    if consent.get("capacity") == "in_doubt" and not consent.get("legal_position"):
        return [
            speech(
                _("Beslutsförmågan är osäker, och ingen rättslig grund är vald. Kameran är släckt, och det blir besök.")
            )
        ]
    if others:
        missing = speech.listed(others)
        return [speech(_("Kameran är fortfarande släckt: %(names)s har inte sagt ja."), names=missing)]
    said = [speech(_("Tillsynen gäller från nästa tid som inte har varit."))]
    if consent.get("automatic") is False:
        said.append(speech(_("En person tittar varje gång.")))
    return said
