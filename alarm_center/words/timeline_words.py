"""Timeline lines as the pages show them: each kind's words, the sound that it may play, and the page parts that it redraws.

Each kind is one row. The stream sends sound and parts with each change, so that no script decides anything by kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from alarm_center.core.mounting import StopReason
from alarm_center.words.catalogues import mark as _
from alarm_center.words.code_words import (
    ANSWERS,
    CANCELLED,
    CLEAR_FOR,
    END_REASONS,
    OUTCOMES,
    RAISED_FOR,
    REASONS,
    TROUBLES,
    reason_words,
)
from alarm_center.words.mounting_words import STOPPED
from alarm_center.words.shadow_words import DRIFTS
from schemas import timeline
from schemas.timeline import EventKind, Payload, Unknown
from schemas.vocabulary import Heed, JudgePlace, Priority, Reason

P = TypeVar("P", bound=Payload)


class PagePart(StrEnum):
    """A part of an open page that shows lines, as ``data-part`` names it."""

    QUEUE = "queue"
    CASE = "case"
    NIGHT = "night"


class Tone(StrEnum):
    """A sound for a line; the page plays it only if its redrawn parts still show a reason to."""

    URGENT = "urgent"
    """An alarm of priority 1 that nobody holds."""
    WORDS = "words"
    """A carer's words that nobody has read."""


@dataclass(frozen=True, slots=True)
class LineRow:
    """Words, redrawn parts and tone of one kind's lines. ``words`` and the ``detail`` of a line are still to be translated."""

    words: str
    redraws: frozenset[PagePart]
    tone: Callable[[Any], Tone | None]
    detail: Callable[[Any], str]


_CASES: Final = frozenset({PagePart.QUEUE, PagePart.CASE})
_CHECKS: Final = frozenset(PagePart)
_QUEUE: Final = frozenset({PagePart.QUEUE})
_NOTHING: Final[frozenset[PagePart]] = frozenset()


def _row(
    kind: type[P],
    words: str,
    *,
    redraws: frozenset[PagePart] = _CASES,
    tone: Callable[[P], Tone | None] = lambda _line: None,
    detail: Callable[[P], str] = lambda _line: "",
) -> tuple[EventKind, LineRow]:
    return kind.kind, LineRow(words, redraws, tone, detail)


def _urgent(_line: Payload) -> Tone:
    return Tone.URGENT


def _if_first(line: timeline.AlarmOpened | timeline.CaseJoined | timeline.DispatchStarted) -> Tone | None:
    return Tone.URGENT if line.priority is Priority.FIRST else None


def _if_heeded(line: timeline.ReplyTaken | timeline.ReplyUnread) -> Tone | None:
    return None if line.heed is Heed.NOTHING else Tone.WORDS


def _if_late(line: timeline.ReplyTaken | timeline.ReplyUnread) -> str:
    return "" if line.late_minutes is None else _SENT_LONG_AGO


def _reason(reason: Reason | None) -> str:
    return "" if reason is None else REASONS[reason]


def _found(line: timeline.FindingTaken | timeline.EvidenceTaken) -> str:
    return "" if line.answer is None and line.reason is None else reason_words(line.answer, line.reason)


_SENT_LONG_AGO = _("kom fram sent")
_AT_HOME = _("i hemmet")
_AT_CENTRE = _("hos larmcentralen")
_RAN_OUT = _("dess sista timme är inne")
_CALLED = {"answered": _("svarade"), "no_answer": _("inget svar"), "busy": _("upptaget"), "failed": _("inget svar")}
_UNHEARD = {"machine": _("en telefonsvarare svarade"), "no_key": _("besvarat, men ingen tryckte på någon knapp")}
_AT_HOME, _STILL_AWAY = _("hemma, tillsynen börjar igen"), _("inte hemma, ny paus")

LINES: Final[Mapping[EventKind, LineRow]] = dict(
    (
        # ---- checks ----
        _row(timeline.CheckPlanned, _("Tillsynen planerad"), redraws=_CHECKS),
        _row(timeline.CheckOpened, _("Tillsynen började"), redraws=_CHECKS),
        _row(timeline.CheckMissed, _("Inget kom från utrustningen"), redraws=_CHECKS),
        _row(timeline.CheckLate, _("Tillsynen är sen"), redraws=_CHECKS),
        _row(timeline.CheckHeld, _("Tillsynen väntar: personal på plats"), redraws=_CHECKS),
        _row(timeline.CheckReleased, _("Tillsynen fortsätter"), redraws=_CHECKS),
        _row(timeline.CheckAttempt, _("Ny bild begärd"), redraws=_CHECKS),
        _row(timeline.CheckWaiting, _("Tittar igen om en stund"), redraws=_CHECKS),
        _row(timeline.CheckToLook, _("Väntar på att någon tittar"), redraws=_CHECKS),
        _row(timeline.CheckSeen, _("Tillsynen klar: syns i sängen"), redraws=_CHECKS),
        _row(
            timeline.CheckAlarmed, _("Tillsynen blev larm"), redraws=_CHECKS, detail=lambda line: _reason(line.reason)
        ),
        _row(
            timeline.CheckCancelled,
            _("Tillsynen inställd"),
            redraws=_CHECKS,
            detail=lambda line: CANCELLED[line.reason],
        ),
        _row(timeline.CheckRestored, _("Tillsynen görs igen"), redraws=_CHECKS),
        _row(
            timeline.CheckVisitBeside,
            _("Provnatt"),
            redraws=_CHECKS,
            detail=lambda line: _("patrullen åker också") if line.wanted else _("patrullen behöver inte åka"),
        ),
        _row(timeline.CheckConsentRevoked, _("Samtycket återkallat"), redraws=_CHECKS),
        _row(timeline.VisitStays, _("Besöket är redan någons och blir av"), redraws=_CHECKS),
        _row(timeline.FindingTaken, _("Automatisk tolkning"), redraws=_CHECKS, detail=_found),
        _row(timeline.EvidenceTaken, _("Ytterligare inspelning"), redraws=_CHECKS, detail=_found),
        _row(timeline.FindingDropped, _("Inspelning avvisad"), redraws=_CHECKS),
        _row(
            timeline.PersonAnswered,
            _("En person bedömde bilden"),
            redraws=_CHECKS,
            detail=lambda line: ANSWERS[line.answer] if line.reason is None else REASONS[line.reason],
        ),
        _row(
            timeline.FaultAlarmed,
            _("Fel på utrustningen känt"),
            redraws=_CHECKS,
            detail=lambda line: _reason(line.reason),
        ),
        _row(timeline.FaultMended, _("Utrustningen fungerar igen"), redraws=_CHECKS),
        _row(
            timeline.SessionCommitted,
            _("Inspelning mottagen"),
            redraws=_CHECKS,
            detail=lambda line: "" if line.answer is None else ANSWERS[line.answer],
        ),
        _row(timeline.SessionRefused, _("Inspelning avvisad"), redraws=_CHECKS),
        # ---- alarms ----
        _row(
            timeline.AlarmOpened,
            _("Larmet öppnades"),
            redraws=_CHECKS,
            tone=_if_first,
            detail=lambda line: _reason(line.reason),
        ),
        _row(timeline.RaisedByHand, _("Manuellt larm"), detail=lambda line: RAISED_FOR[line.reason]),
        _row(timeline.CaseJoined, _("Ytterligare en anledning"), redraws=_CHECKS, tone=_if_first),
        _row(
            timeline.CaseWorsened,
            _("Larmet blev mer brådskande"),
            tone=_urgent,
            detail=lambda line: _reason(line.reason),
        ),
        _row(timeline.CaseCleared, _("Syns i sängen nu")),
        _row(timeline.OutcomeMissing, _("Utfall saknas")),
        _row(timeline.AlarmClosed, _("Avslutat"), redraws=_CHECKS, detail=lambda line: OUTCOMES[line.outcome]),
        _row(timeline.CaseStuck, _("Systemet kan inte föra ärendet vidare")),
        _row(timeline.CaseClaimed, _("Taget")),
        _row(timeline.CaseTakenOver, _("Övertaget")),
        _row(timeline.CaseReleased, _("Släppt"), tone=_urgent),
        _row(timeline.LeaseLapsed, _("Släppt efter 90 s utan aktivitet"), tone=_urgent),
        _row(timeline.ResidentCalled, _("Brukaren uppringd"), detail=lambda line: _CALLED.get(line.answer, "")),
        _row(timeline.CallNoted, _("I samtal"), detail=lambda line: "" if line.on else _("slut")),
        _row(timeline.PatrolSent, _("Patrull skickad av operatör")),
        _row(timeline.CarerReplaced, _("En annan skickas i stället")),
        _row(timeline.CarersAskedAgain, _("Alla tillfrågas igen, av operatör")),
        _row(timeline.DispatchCancelled, _("Återkallat av operatör")),
        _row(timeline.LiveAsked, _("Direktbild")),
        _row(timeline.ShownClear, _("Klar bild visad"), detail=lambda line: CLEAR_FOR[line.reason]),
        # ---- the dispatch ----
        _row(timeline.DispatchStarted, _("Patrull söks"), tone=_if_first),
        _row(timeline.CarerAsked, _("Tillfrågad")),
        _row(timeline.NobodyOnDuty, _("Ingen i tjänst att fråga")),
        _row(timeline.DispatchExhausted, _("Alla tillfrågade, ingen har svarat"), tone=_urgent),
        _row(timeline.NoticeUndelivered, _("Inget svar: frågan kom inte fram i tid")),
        _row(timeline.DispatchCalledOff, _("Patrullen återkallad")),
        _row(timeline.ArrivalLate, _("Inte framme i tid"), tone=_urgent),
        _row(timeline.ShiftEnding, _("Passet slutar snart: frågas om att stanna")),
        _row(timeline.HandOverSought, _("Passet är slut utan svar: någon i tjänst söks"), tone=_urgent),
        _row(timeline.StaysAfterShift, _("Behåller larmet efter passet")),
        _row(timeline.HandedOver, _("Tar över från passet som är slut")),
        _row(timeline.SiteSilent, _("Tyst från platsen"), tone=_urgent),
        _row(
            timeline.TroubleLoud,
            _("Nöd utan kvittens: larmet blir rött"),
            tone=_urgent,
            detail=lambda line: TROUBLES[line.trouble],
        ),
        _row(timeline.TroubleAcknowledged, _("Nöd kvitterad"), detail=lambda line: TROUBLES[line.trouble]),
        _row(timeline.AddressUndelivered, _("Adressen kom inte fram: ring och läs upp den"), tone=_urgent),
        _row(timeline.LinkUsed, _("Patrullens länk öppnad")),
        # ---- carers ----
        _row(timeline.CarerAccepted, _("Tar larmet")),
        _row(timeline.EtaChanged, _("Ny tid för ankomst")),
        _row(timeline.CarerDeclined, _("Kan inte"), tone=_urgent),
        _row(timeline.TookTooLate, _("Svarade sedan det var taget")),
        _row(timeline.CaseNotTheirs, _("Svar utan eget larm")),
        _row(timeline.CarerOnSite, _("Framme")),
        _row(timeline.CarerStaying, _("Stannar hos personen")),
        _row(timeline.CarerLockedOut, _("Kommer inte in"), tone=_urgent),
        _row(timeline.CarerFoundNobody, _("Ingen hemma"), tone=_urgent),
        _row(timeline.CarerSaidHospital, _("På sjukhus, enligt patrullen")),
        _row(timeline.CarerSaidRelative, _("Hos anhörig eller bortrest, enligt patrullen")),
        _row(timeline.CarerKnowsNot, _("Patrullen vet inte var personen är"), tone=_urgent),
        _row(timeline.CarerFoundPerson, _("Personen är hittad")),
        _row(timeline.CarerHeardNo, _("Vill inte ha kameran, enligt patrullen")),
        _row(timeline.CarerSaidMismatch, _("Något stämmer inte, enligt patrullen")),
        _row(timeline.CarerSaidDeviation, _("Avvikelse, enligt patrullen")),
        _row(timeline.CarerReportDone, _("Patrullens anmälan är åtgärdad")),
        _row(timeline.CarerNeedsHelp, _("Behöver hjälp"), tone=_urgent),
        _row(timeline.CarerDone, _("Klar på plats")),
        _row(timeline.WordAfterClose, _("Svar efter avslut")),
        # ---- incidents ----
        _row(timeline.PutIntoIncident, _("Del av en störning")),
        _row(timeline.IncidentOpened, _("Störning: många larm med en orsak")),
        _row(timeline.IncidentTold, _("Personalen har fått listan över störningen")),
        _row(
            timeline.IncidentLate,
            _("Störningen är inte kontrollerad i tid"),
            tone=lambda line: Tone.URGENT if line.red else None,
        ),
        _row(timeline.IncidentAcknowledged, _("Störningen kvitterad")),
        _row(timeline.IncidentClosed, _("Störningen avslutad")),
        _row(timeline.ServiceGap, _("Tjänsten var borta")),
        # ---- SMS and calls ----
        _row(timeline.SmsSent, _("SMS skickat")),
        _row(timeline.SmsDelivered, _("SMS levererat")),
        _row(timeline.SmsFailed, _("SMS gick inte fram")),
        _row(timeline.SmsUnknown, _("Okänt om SMS kom fram")),
        _row(timeline.SmsNotNeeded, _("SMS behövdes inte")),
        _row(timeline.CallSent, _("Ringer upp")),
        _row(timeline.CallDelivered, _("Samtal besvarat")),
        _row(timeline.CallFailed, _("Samtal: inget svar"), detail=lambda line: _UNHEARD.get(line.error or "", "")),
        _row(timeline.CallUnknown, _("Okänt om samtalet kom fram")),
        _row(timeline.CallNotNeeded, _("Samtal behövdes inte")),
        _row(timeline.ReplyTaken, _("Svar från telefonen"), tone=_if_heeded, detail=_if_late),
        _row(timeline.ReplyUnread, _("Egna ord från telefonen"), tone=_if_heeded, detail=_if_late),
        _row(timeline.SmsStopped, _("En telefon tar inte emot SMS: den rings upp"), tone=_urgent),
        _row(timeline.SmsStarted, _("En telefon tar emot SMS igen")),
        _row(timeline.MusterAsked, _("Nattpasset frågas om telefonen")),
        _row(timeline.ShiftSubstituted, _("Ett pass är bytt")),
        _row(timeline.PhoneLost, _("En telefon är borta"), tone=_urgent),
        _row(timeline.PhoneFound, _("En telefon är tillbaka")),
        _row(timeline.MusterUnanswered, _("Nattpasset är inte bekräftat")),
        _row(timeline.Mustered, _("Nattpasset har svarat")),
        _row(
            timeline.ProviderLost, _("SMS och samtal: leverantören svarar inte"), detail=lambda line: line.instead or ""
        ),
        _row(
            timeline.ProviderBack,
            _("SMS och samtal går genom kommunens egen leverantör igen"),
            detail=lambda line: line.provider,
        ),
        _row(timeline.AddressHeard, _("Adressen uppläst i telefon för den som tagit larmet")),
        _row(timeline.CodesRefused, _("Tre fel koder i telefon: ingenting lämnades ut"), tone=_urgent),
        _row(timeline.MusterCodeUnknown, _("Okänd kod när nattpasset började"), tone=_urgent),
        # ---- devices, residents and the evening ----
        _row(timeline.ConfigWanted, _("Ny lista till utrustningen"), redraws=_NOTHING),
        _row(timeline.DeviceChanged, _("Utrustningen ändrades")),
        _row(
            timeline.JudgeMoved,
            _("Tolkas på en annan plats"),
            detail=lambda line: _AT_HOME if line.judge is JudgePlace.HOME else _AT_CENTRE,
        ),
        _row(timeline.GreenTakenBack, _("Automatisk bedömning togs tillbaka"), detail=lambda line: DRIFTS[line.why]),
        _row(timeline.ChecksBroughtHome, _("Tillsyner flyttade till rätt utrustning")),
        _row(timeline.TimesChanged, _("Tider ändrade")),
        _row(timeline.FollowUpAnswered, _("Uppföljningens svar"), redraws=_NOTHING),
        _row(timeline.CompanyTaskDone, _("Uppgiften om sällskap är klar"), redraws=_NOTHING),
        _row(timeline.Paused, _("Paus"), detail=lambda line: CANCELLED[line.reason]),
        _row(timeline.PauseEnded, _("Pausen avslutad")),
        _row(timeline.TownStopProposed, _("Någon vill stoppa all kameratillsyn"), redraws=_QUEUE),
        _row(timeline.TownStopBegan, _("All kameratillsyn stoppad"), redraws=_CHECKS),
        _row(timeline.TownStopDone, _("Alla tillsyner är besök"), redraws=_CHECKS),
        _row(timeline.TownReturnProposed, _("Någon vill börja titta igen"), redraws=_QUEUE),
        _row(
            timeline.TownStopEnded,
            _("Stoppet är slut"),
            redraws=_CHECKS,
            detail=lambda line: _RAN_OUT if line.ran_out else "",
        ),
        _row(timeline.TownLooksBack, _("Kameratillsynen har börjat igen"), redraws=_CHECKS),
        _row(timeline.ResidentDied, _("Avliden, enligt den som är på plats")),
        _row(timeline.DeathAsked, _("Nattledaren ombeds ringa och bekräfta"), redraws=_QUEUE),
        _row(timeline.DeathOverdue, _("Dödsfallet är inte bekräftat i tid"), redraws=_QUEUE),
        _row(timeline.DeathConfirmed, _("Dödsfallet bekräftat"), redraws=_QUEUE),
        _row(timeline.DeathCorrected, _("Dödsfallet var felregistrerat")),
        _row(timeline.SupervisionEnded, _("Tillsynen avslutad"), detail=lambda line: END_REASONS[line.why]),
        _row(timeline.NightThreatsTold, _("Nattledaren får veta vad som hotar i natt"), redraws=_NOTHING),
        _row(timeline.PausesAsked, _("Nattledaren frågas om pauser som tar slut"), redraws=_NOTHING),
        _row(timeline.PauseAnswered, _("Svar om paus"), detail=lambda line: _AT_HOME if line.home else _STILL_AWAY),
        _row(timeline.PauseRanOut, _("Pausen tog slut utan svar"), detail=lambda line: CANCELLED[line.reason]),
        _row(timeline.ConsentRevoked, _("Samtycket återkallat")),
        _row(timeline.ReserveListMade, _("Reservlistan är klar"), redraws=_NOTHING),
        _row(timeline.ReserveListFetched, _("Reservlistan hämtad"), redraws=_NOTHING),
        _row(timeline.DiscrepancyFound, _("Något stämmer inte inför natten")),
        _row(timeline.DiscrepancyResolved, _("Rättat inför natten")),
        _row(timeline.Reconciled, _("Natten avstämd")),
        # ---- the review of the log ----
        _row(timeline.LookLogRead, _("Loggen läst"), redraws=_NOTHING),
        _row(timeline.LookLogExported, _("Loggen exporterad"), redraws=_NOTHING),
        _row(timeline.LookListShown, _("Listan över vem som tittat visad"), redraws=_NOTHING),
        _row(timeline.LookReviewed, _("En titt granskad"), redraws=_NOTHING),
        _row(timeline.LookSampleDrawn, _("Månadens stickprov draget"), redraws=_NOTHING),
        _row(timeline.LookSampleSigned, _("Månadens stickprov signerat"), redraws=_NOTHING),
        _row(timeline.NightsShown, _("Natten i efterhand visad"), redraws=_NOTHING),
        _row(timeline.NightsHeld, _("Nätter hålls kvar"), redraws=_NOTHING),
        _row(timeline.NightsReleased, _("Nätter hålls inte längre kvar"), redraws=_NOTHING),
        _row(timeline.DoorCodeShown, _("Portkoden visad"), redraws=_NOTHING),
        # ---- mountings ----
        _row(timeline.MountingGiven, _("Montering bokad"), redraws=_NOTHING),
        _row(timeline.MountingBegun, _("Installatören är på plats")),
        _row(timeline.MountingWrongRoom, _("Fel kamera: bilden var från ett annat rum")),
        _row(
            timeline.MountingStopped,
            _("Monteringen avbruten"),
            detail=lambda line: STOPPED[StopReason(line.why)] if line.why in set(StopReason) else "",
        ),
        _row(timeline.MountingDone, _("Kameran är monterad och provad")),
        _row(timeline.DeviceEnrolled, _("Kameran kopplad med sin kod")),
        _row(timeline.CameraExchanged, _("Kameran bytt: den gamla är ingens")),
        _row(timeline.RetirementAsked, _("Någon vill ta ner utrustningen, en annan bekräftar"), redraws=_NOTHING),
        _row(timeline.RetirementWithdrawn, _("Utrustningen sitter kvar: begäran togs tillbaka"), redraws=_NOTHING),
        _row(
            timeline.DeviceRetired,
            _("Utrustningen togs ner"),
            detail=lambda line: _("av två personer") if line.by_two else _("ingen tillsyn hängde på den"),
        ),
        # ---- a town's people ----
        _row(timeline.MembershipInvited, _("Någon inbjuden"), redraws=_NOTHING),
        _row(timeline.MembershipAccepted, _("Inbjudan accepterad"), redraws=_NOTHING),
        _row(timeline.MembershipChanged, _("Roller ändrade"), redraws=_NOTHING),
        _row(timeline.MembershipEnded, _("Uppdraget avslutat"), redraws=_NOTHING),
        _row(timeline.InvitationEnded, _("Inbjudan avslutad"), redraws=_NOTHING),
        _row(timeline.DeputyGiven, _("Vikarie utsedd"), redraws=_NOTHING),
        _row(timeline.DeputyEnded, _("Vikarie avslutad"), redraws=_NOTHING),
        _row(timeline.AgreementOffered, _("Avtal med larmcentral erbjudet"), redraws=_NOTHING),
        _row(timeline.AgreementAccepted, _("Avtal med larmcentral godkänt"), redraws=_NOTHING),
        _row(timeline.AgreementEnded, _("Avtal med larmcentral avslutat"), redraws=_NOTHING),
        # ---- sign-in ----
        _row(timeline.SecondFactorAdded, _("Andra steg tillagt för inloggningen"), redraws=_NOTHING),
        _row(timeline.SecondFactorRemoved, _("Andra steg borttaget från inloggningen"), redraws=_NOTHING),
        _row(timeline.SecondFactorRefused, _("För många fel koder vid inloggning"), redraws=_NOTHING),
        _row(timeline.SecondFactorsReset, _("Inloggningens andra steg återställt"), redraws=_NOTHING),
        _row(timeline.RecoveryCodesMade, _("Nya återställningskoder"), redraws=_NOTHING),
        _row(timeline.RecoveryCodeUsed, _("Återställningskod använd"), redraws=_NOTHING),
        # ---- sealed accounts ----
        _row(timeline.SealedAccountMade, _("Reservkonto förseglat"), redraws=_NOTHING),
        _row(timeline.SealedAccountOpened, _("Reservkonto öppnat"), redraws=_QUEUE),
        _row(timeline.SealedAccountTried, _("Reservkonto provat"), redraws=_NOTHING),
        # ---- imports ----
        _row(timeline.OrganisationImported, _("Kommunen inläst")),
        _row(timeline.AreaImported, _("Område inläst")),
        _row(timeline.PerformerImported, _("Utförare inläst")),
        _row(timeline.UserImported, _("Användare inläst")),
        _row(timeline.CarerImported, _("Personal inläst")),
        _row(timeline.ShiftImported, _("Pass inlästa")),
        _row(timeline.ResidentImported, _("Person registrerad")),
        _row(timeline.ConsentImported, _("Samtycke registrerat")),
        _row(timeline.DecisionImported, _("Beslut registrerat")),
        _row(timeline.PlanImported, _("Plan registrerad")),
        _row(timeline.SlotImported, _("Tillsynstid registrerad")),
        _row(timeline.DeviceImported, _("Utrustning registrerad")),
    )
)

_NEWER: Final = LineRow(
    _("Händelse från en nyare version"), frozenset(PagePart), lambda _line: None, lambda line: str(line.kind)
)
"""A line that this version cannot read: its kind is shown as it is stored, and every part is drawn anew."""


def row_of(line: Payload | Unknown) -> LineRow:
    """Return the row by which *line* is shown."""
    return _NEWER if isinstance(line, Unknown) else LINES[line.kind]
