"""Words of the staff's pages: what a substitute means, how a shift stands, and what is wrong."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.core.roster import DutyShift
from alarm_center.core.substitutes import StandIn, SubstituteFault
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from schemas.vocabulary import Duty, SubstituteReason

DUTIES: Final[Mapping[Duty, str]] = {Duty.PATROL: _("Patrull"), Duty.LEAD: _("Nattledare")}

TITLES: Final[Mapping[SubstituteReason, str]] = {
    SubstituteReason.SWAP: _("Byt pass"),
    SubstituteReason.SICK: _("Sjuk: byt hela passet"),
    SubstituteReason.PHONE: _("Annan telefon i natt"),
}

FAULTS: Final[Mapping[SubstituteFault, str]] = {
    SubstituteFault.OVER: _("Passet är slut, eller någon annan har ändrat det. Öppna natten igen."),
    SubstituteFault.SAME: _("Det är samma person som har passet. Välj någon annan."),
}

CHOOSE: Final = _("Välj vem som tar passet.")


def muster_words(shift: DutyShift, now: datetime, zone: str, speech: Speech) -> str:
    """Return whether the shift's phone has answered."""
    if shift.mustered is True:
        return speech(_("har bekräftat"))
    if shift.mustered is False:
        return speech(_("har svarat nej"))
    if shift.ends_at <= now:
        return speech(_("slutade %(time)s"), time=speech.clock(shift.ends_at, zone))
    if shift.muster_asked_at is not None:
        return speech(_("har inte svarat"))
    return speech(_("frågas %(time)s"), time=speech.clock(shift.starts_at, zone))


def night_of_shift(shift: DutyShift, zone: str, speech: Speech) -> str:
    """Return the night of a shift with both its days."""
    night = calendar.night_of(shift.starts_at, ZoneInfo(zone))
    return speech(
        _("natten mellan %(first)s och %(last)s"), first=speech.day(night), last=speech.day(night + timedelta(days=1))
    )


def stand_in_sentences(
    found: StandIn,
    shift: DutyShift,
    area: str,
    names: tuple[str, str | None],
    cases: Sequence[int],
    zone: str,
    speech: Speech,
) -> list[str]:
    """Return what it means that another has the shift: *names* are of who has it and of who stands in."""
    old, new = names
    said = {
        "until": speech.clock(found.until, zone), "old": old, "new": new or "", "area": area, "patrol": shift.patrol,
        "from": speech.clock(found.from_at, zone), "night": night_of_shift(shift, zone, speech),
    }  # fmt: skip
    if new is None and found.begun:
        first = _("Från nu till %(until)s har ingen område %(area)s, %(patrol)s. %(old)s går hem.")
    elif new is None:
        first = _("Ingen har område %(area)s, %(patrol)s, %(night)s kl %(from)s–%(until)s.")
    elif found.begun:
        first = _("Från nu till %(until)s har %(new)s område %(area)s, %(patrol)s, i stället för %(old)s.")
    else:
        first = _("%(new)s har område %(area)s, %(patrol)s, i stället för %(old)s %(night)s kl %(from)s–%(until)s.")
    sentences = [_capital(speech(first, **said))]
    if cases:
        numbers = speech.listed([str(each) for each in cases])
        sentences.append(
            speech(_("Ärende %(numbers)s som %(old)s har tagit söker ny patrull genast."), numbers=numbers, old=old)
        )
    if new is not None and found.begun:
        sentences.append(speech(_("Telefonen hos %(new)s frågas genast om den är med."), new=new))
    for each in found.also:
        sentences.append(
            speech(
                _("%(new)s har redan %(patrol)s kl %(from)s–%(until)s, och får båda."), new=new or "", patrol=each.patrol,
                until=speech.clock(each.ends_at, zone), **{"from": speech.clock(each.starts_at, zone)},
            )
        )  # fmt: skip
    return sentences


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
