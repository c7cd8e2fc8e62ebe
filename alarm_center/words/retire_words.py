"""Sentences of a camera that is exchanged or taken down: whose it is, what hangs on it, and what follows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from alarm_center.core.mounting import ExchangeReason, HomeMounting
from alarm_center.core.resident_record import DeviceRow
from alarm_center.core.retirement import Retirement, RetirementFault
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.ending_words import KINDS

EXCHANGES: Final[Mapping[ExchangeReason, str]] = {
    ExchangeReason.BROKEN: _("Den är trasig. Det blir besök tills den nya tittar."),
    ExchangeReason.WARRANTY: _("Garanti. Den gamla tittar tills den nya är prövad."),
    ExchangeReason.OTHER: _("Annat. Den gamla tittar tills den nya är prövad."),
}
SAY_WHY: Final = _("Välj varför kameran byts.")
FAULTS: Final[Mapping[RetirementFault, str]] = {
    RetirementFault.OVER: _("Det är redan bekräftat eller återtaget. Så här är det nu."),
    RetirementFault.OWN: _("Du bad om det själv. En annan person bekräftar."),
    RetirementFault.CHANGED: _("Något om brukaren har ändrats sedan det begärdes. Återta, läs, och be om det igen."),
}
NOT_CALLED_OFF: Final = _("Någon har redan börjat bytet, eller så är det ångrat. Så här är det nu.")
CHANGED: Final = _("Någon annan har ändrat medan du höll på. Läs igen.")
_NO_CHECKS: Final = _("Inget beslut gäller och ingen tillsyn väntar. Du tar ner den ensam.")


def name_of(row: DeviceRow, number: str | None, speech: Speech) -> str:
    """Return the device with the inventory number on its label, where it has one."""
    name = speech(KINDS[row.kind], name=row.label or row.device_id)
    return f"{name} ({number})" if number and number != row.device_id else name


def dependence(decisions: Sequence[str], openings: Sequence[datetime], zone: str, speech: Speech) -> list[str]:
    """Return what hangs on a device, a sentence each: the decisions that run, and tonight's looks."""
    said = [speech(_("Beslutet gäller: %(decision)s."), decision=each) for each in decisions]
    if openings:
        clocks = speech.listed([speech.clock(at, zone) for at in openings])
        said.append(speech(_("I natt ska kameran titta %(times)s."), times=clocks))
    return said


def retire_follows(
    device: str, left: Sequence[DeviceRow], openings: Sequence[datetime], *, two: bool, zone: str, speech: Speech
) -> list[str]:
    """Return what follows when the device is taken down, a sentence each; *two*: it takes a second person."""
    said = [speech(_("%(device)s släcks direkt och blir ledig."), device=device)]
    if left:
        said.append(speech(_("%(device)s tittar i stället."), device=name_of(left[0], None, speech)))
    elif two:
        clocks = speech.listed([speech.clock(at, zone) for at in openings])
        if clocks:
            said.append(speech(_("I natt %(times)s blir det besök i stället."), times=clocks))
        said.append(
            speech(
                _(
                    "Det blir besök varje natt, och står under Hotar i natt, tills en ny kamera är på plats eller beslutet ändras."
                )
            )
        )
    if not two:
        said.append(speech(_NO_CHECKS))
    return said


def called_off_follows(newest: HomeMounting, device: str, speech: Speech) -> list[str]:
    """Return what follows when the exchange is called off, a sentence each; empty where it cannot be."""
    if not newest.may_be_called_off:
        return []
    said = [speech(_("%(device)s sitter kvar, och ingen installatör kommer."), device=device)]
    if newest.exchange == ExchangeReason.BROKEN:
        said.append(speech(_("Besöken i stället för tillsyn med kamera upphör: kameran tittar igen från nästa tid.")))
    return said


def waiting_sentence(waiting: Retirement, zone: str, speech: Speech) -> str:
    """Return who has asked, and when."""
    when = f"{speech.dated(waiting.asked_at, zone)} {speech.clock(waiting.asked_at, zone)}"
    return speech(
        _("%(who)s bad %(when)s om att ta ner kameran. En annan person bekräftar."),
        who=waiting.asked_name or "–",
        when=when,
    )
