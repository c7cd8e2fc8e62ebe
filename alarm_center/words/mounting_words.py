"""Words of a mounting: the steps, why corners are no bed, why it stopped, the radio's strength, and what a trial answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from alarm_center.core.mounting import BedDoubt, BedFault, ExchangeReason, HomeMounting, MountingStep, StopReason
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _

STEPS: Final[Mapping[MountingStep, str]] = {
    MountingStep.GIVEN: _("Inte börjad"),
    MountingStep.CONSENT: _("Säger ja"),
    MountingStep.CODE: _("Kamerans kod"),
    MountingStep.LAMP: _("Lampan"),
    MountingStep.LOOK: _("Testbild"),
    MountingStep.BED: _("Sängen"),
    MountingStep.SLEEPERS: _("Vem sover här"),
    MountingStep.EMPTY: _("Tomt rum"),
    MountingStep.TRIAL: _("Prov"),
    MountingStep.WEEKEND: _("Helgen"),
    MountingStep.PAPER: _("Papperet"),
    MountingStep.DONE: _("Klar"),
    MountingStep.STOPPED: _("Avbruten"),
}

BED_FAULTS: Final[Mapping[BedFault, str]] = {
    BedFault.UNREADABLE: _("Fyra hörn behövs. Dra dem dit sängens hörn är."),
    BedFault.CUT_OFF: _("Sängen går utanför bilden. Flytta kameran så att hela sängen syns, och ta en ny testbild."),
    BedFault.TOO_SMALL: _("Sängen är för liten i bilden. Flytta kameran närmare, och ta en ny testbild."),
    BedFault.CROSSED: _("Hörnen går i kors. Dra dem runt sängen i ordning."),
}

BED_DOUBTS: Final[Mapping[BedDoubt, str]] = {
    BedDoubt.TOO_LARGE: _(
        "Sängen är ritad över halva bilden eller mer. Är den så stor, sedd från kameran? Ritas den för stor ser den som ligger på golvet ut att ligga i sängen."
    ),
    BedDoubt.TOO_WIDE: _(
        "Sängen är ritad över hela bildens bredd. Är den så bred, sedd från kameran? Ritas den för stor ser den som ligger på golvet ut att ligga i sängen."
    ),
}

STOPPED: Final[Mapping[StopReason, str]] = {
    StopReason.SAID_NO: _("Säger nej i dag"),
    StopReason.NOT_LET_IN: _("Kom inte in"),
    StopReason.NO_CONSENT: _("Inget ja finns"),
    StopReason.SLEEPS_HERE: _("Någon mer sover i sängen"),
    StopReason.CALLED_OFF: _("Bytet är ångrat"),
    StopReason.HOME_ASKED: _("Hemmet har bett om det"),
    StopReason.WRONG_HOME: _("Fel hem"),
    StopReason.NOT_FINISHED: _("Installatören har gått, eller svarar inte"),
    StopReason.OTHER_DAY: _("Görs en annan dag"),
}
HALTED: Final = _("%(who)s har avbrutit monteringen: %(why)s.")
NOT_ENDED: Final = _("Ingen montering pågår där. Så här är det nu.")
SAY_WHY_ENDED: Final = _("Välj varför monteringen avbryts.")

BAD_CODE: Final = _("Koden har tio bokstäver och siffror. Läs på kamerans skärm en gång till.")
CODE_REFUSED: Final = _("Koden gick inte att använda. Ring den som gav dig jobbet.")
PIECE_FAULTS: Final[Mapping[str, str]] = {
    "unknown": _("Numret finns inte i registret. Läs på etiketten igen, eller lämna det tomt."),
    "elsewhere": _(
        "Den kameran står som monterad någon annanstans, borta eller trasig. Läs på etiketten igen, eller ring den som gav dig jobbet."
    ),
}
NO_NAME: Final = _("Skriv vem som svarar i helgen.")
NO_PHONE: Final = _("Skriv ett telefonnummer som går att ringa.")
NO_SLEEPER: Final = _("Välj ett av de tre svaren: nej, ja i samma säng, eller ja i ett annat rum.")
NO_INITIALS: Final = _("Skriv initialer, eller välj muntligt.")
NO_EMPTY: Final = _("Ingen får se bilden. Därför måste rummet tas tomt: be alla gå ut och försök igen.")
NOT_IN_BED: Final = _(
    "Ingen syntes i sängen som den är ritad. Be personen lägga sig och gör om provet, eller rita om sängen."
)
NO_WHY: Final = _("Skriv varför lampan inte visades.")

_GOOD_DBM, _FAIR_DBM = -72, -82
"""From here on the radio carries a look in seconds, and below the second one many have to be sent again."""


def signal_words(dbm: int | None, speech: Speech) -> str:
    """Return the strength of the device's radio in words, with its number."""
    if dbm is None:
        return speech(_("Nät: med kabel, eller okänt"))
    word = _("bra") if dbm >= _GOOD_DBM else _("svagt") if dbm >= _FAIR_DBM else _("för svagt")
    return speech(_("Nät: %(word)s (%(dbm)s dBm)"), word=speech(word), dbm=str(dbm).replace("-", "−"))


NO_DAY: Final = _("Skriv en dag, som 2026-11-27, och tiden som 10:30 eller inte alls.")
DAY_PAST: Final = _("Dagen har redan varit.")
EXCHANGE_JOBS: Final[Mapping[str, str]] = {
    ExchangeReason.BROKEN: _("Byte av kamera. Den gamla ska tas med och lämnas på reparation."),
    ExchangeReason.WARRANTY: _("Byte av kamera. Den gamla ska tas med och lämnas på reparation."),
    ExchangeReason.OTHER: _("Byte av kamera. Den gamla ska tas med till lagret."),
}
"""An exchange as its installer reads it: where the old camera goes (fjt.finish_exchange)."""
EXCHANGE_GIVEN: Final = _("Byte av kamera bokat %(day)s%(hour)s.")
CAMERA_THERE: Final = _("Här sitter redan en kamera. Byt den i stället.")
UNDER_WAY: Final = _("En montering är redan bokad hos den här brukaren.")


def halted_sentence(who: str | None, why: str, speech: Speech) -> str:
    """Return who of those who plan has ended a mounting, and why."""
    return speech(HALTED, who=who or "–", why=_reason(why, speech))


def _reason(why: str, speech: Speech) -> str:
    """Return the reason for an end, as it stands in a sentence."""
    reason = speech(STOPPED[StopReason(why)])
    return reason[:1].lower() + reason[1:]


def end_follows(newest: HomeMounting, name: str, at: datetime, zone: str, speech: Speech) -> list[str]:
    """Return who is in *name*'s home, and what follows when the mounting is ended, a sentence each."""
    who, step = newest.installer or speech(_("En installatör")), speech(STEPS[MountingStep(newest.step)])
    in_hand = newest.ends_at is not None and newest.ends_at > at
    if in_hand:
        until = speech.clock(newest.ends_at, zone)
        said = [
            speech(
                _("%(who)s är hemma hos %(name)s till %(until)s. Steg: %(step)s."),
                who=who,
                name=name,
                until=until,
                step=step,
            )
        ]
    else:
        said = [
            speech(
                _("%(who)s har börjat hos %(name)s och är inte klar. Steg: %(step)s."), who=who, name=name, step=step
            )
        ]
    if newest.keeps_camera:
        said.append(
            speech(_("Kameran är provad. Den sitter kvar och tittar som planerat. Boka en ny dag för det som är kvar."))
        )
        said.append(speech(_("Är det fel hem släpps den, och tittar inte.")))
    elif newest.replaces:
        said.append(speech(_("Den nya kameran släpps. Den gamla fortsätter.")))
    elif newest.has_camera:
        said.append(speech(_("Kameran släpps. Den är ingens och tittar inte.")))
    else:
        said.append(speech(_("Koden på kameran slutar gälla. Ingen kamera är kopplad.")))
    return said


def of_home(newest: HomeMounting | None, speech: Speech) -> str:
    """Return the newest mounting of a home in a sentence; empty where there was none."""
    if newest is None:
        return ""
    if newest.halted_for is not None:
        return speech(
            _("Monteringen %(day)s avbröts av %(who)s: %(why)s."),
            day=speech.short_day(newest.due_on), who=newest.halted_by or "–", why=_reason(newest.halted_for, speech),
        )  # fmt: skip
    if newest.stopped_for == StopReason.CALLED_OFF:
        return speech(_("Bytet av kamera %(day)s är ångrat."), day=speech.short_day(newest.due_on))
    if newest.stopped_for is not None:
        return speech(
            _("Monteringen %(day)s avbröts: %(why)s."),
            day=speech.short_day(newest.due_on), why=speech(STOPPED[StopReason(newest.stopped_for)]).lower(),
        )  # fmt: skip
    if newest.ended_at is not None:
        said = speech(_("Kameran monterades %(day)s."), day=speech.short_day(newest.due_on))
        weekend = _("I helgen svarar %(name)s, %(phone)s.")
        return (
            f"{said} {speech(weekend, name=newest.weekend_name, phone=newest.weekend_phone)}"
            if newest.weekend_name
            else said
        )
    hour = f" {newest.due_time:%H:%M}" if newest.due_time else ""
    return speech(
        EXCHANGE_GIVEN if newest.exchange else _("Montering bokad %(day)s%(hour)s."),
        day=speech.short_day(newest.due_on),
        hour=hour,
    )
