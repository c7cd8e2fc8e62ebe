"""Sentences before supervision ends for good, of who has moved or died, and before a device is taken or bound."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core.resident_record import DeviceRow
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.pause_words import falls_away
from schemas.vocabulary import EndReason

CHOICES: Final[Mapping[EndReason, str]] = {
    EndReason.MOVED: _("Har flyttat, och hemtjänsten här har inte nätterna mer"),
    EndReason.NOT_NEEDED: _("Vill inte ha tillsyn, eller behöver den inte mer"),
}
SAY_WHY: Final = _("Välj varför tillsynen slutar.")
SAY_WHICH: Final = _("Skriv namnet som står på utrustningen.")
CASE_IS_OPEN: Final = _("Larm %(number)s pågår. Avsluta tillsynen när det är klart.")
WAITS: Final = _("Dödsfallet är inte bekräftat på telefon än. Bekräfta eller rätta det först.")
HAS_ENDED: Final = _("Tillsynen är redan avslutad.")
IN_USE: Final = _(
    "%(device)s ger tillsyn här, och ingen tar dess plats på en persons ord. Byt kamera, eller ta ner den: två personer bekräftar."
)
KINDS: Final[Mapping[str, str]] = {"camera": _("Kameran %(name)s"), "sensors": _("Sensorn %(name)s")}


def status(moved_at: datetime | None, died_at: datetime | None, zone: str, speech: Speech) -> str:
    """Return what has become of somebody whose supervision is over."""
    if died_at is not None:
        return speech(_("Avliden %(day)s."), day=_day(died_at, zone, speech))
    if moved_at is not None:
        return speech(_("Tillsynen slutade %(day)s."), day=_day(moved_at, zone, speech))
    return ""


def follows(
    devices: Sequence[DeviceRow], openings: Sequence[datetime], *, died: bool, companion: str, now: datetime, zone: str, speech: Speech,
) -> list[str]:  # fmt: skip
    """Return what follows when supervision ends for good, a sentence each; *companion* shares the bed, if anybody does."""
    text = _("%(device)s fortsätter för %(name)s.") if companion else _("%(device)s släcks direkt och blir ledig.")
    said = [speech(text, device=_name(row, speech), name=companion) for row in devices]
    if not died:
        said.append(falls_away(openings, now, zone, speech))
        said.append(speech(_("Ingen kommer i stället, och besök som ingen har tagit avbokas.")))
    said.append(speech(_("Bilder visas inte mer. Vem som har tittat finns kvar i loggen i fem år.")))
    said.append(speech(_("Kontakterna raderas efter 90 dagar, om inte nätter är kvarhållna.")))
    if died:
        said.append(speech(_("Det går inte att ångra.")))
    else:
        said.append(speech(_("Det går inte att ångra: den som kommer tillbaka läggs in som ny brukare.")))
    return said


def device_sentences(
    taken: DeviceRow | None,
    given: tuple[str, str] | None,
    left: Sequence[DeviceRow],
    openings: Sequence[datetime],
    *,
    name: str,
    companion: str,
    now: datetime,
    zone: str,
    speech: Speech,
) -> list[str]:
    """Return what a change of devices means: *given* is id and kind, *left* what stays, *openings* the looks of tonight."""
    said = []
    clocks = speech.listed([speech.clock(at, zone) for at in openings])
    if taken is not None:
        said.append(speech(_("%(device)s släcks direkt och blir ledig."), device=_name(taken, speech)))
    if given is not None:
        said.append(
            speech(_("%(device)s kopplas till %(name)s."), device=speech(KINDS[given[1]], name=given[0]), name=name)
        )
        said.append(
            speech(_("Den tittar i natt %(times)s, om alla i hemmet har sagt ja."), times=clocks)
            if clocks
            else speech(_("Ingen tillsyn är kvar i natt."))
        )
    elif left:
        said.append(speech(_("%(device)s tittar i stället."), device=_name(left[0], speech)))
    elif clocks:
        said.append(speech(_("I natt %(times)s blir det besök i stället."), times=clocks))
        said.append(speech(_("Nätterna därefter saknar utrustning tills en ny är kopplad.")))
    if companion and given is None and not left:
        said.append(speech(_("Det gäller också %(name)s, som delar sängen."), name=companion))
    return said


def _name(row: DeviceRow, speech: Speech) -> str:
    return speech(KINDS[row.kind], name=row.label or row.device_id)


def _day(at: datetime, zone: str, speech: Speech) -> str:
    return speech.short_day(at.astimezone(ZoneInfo(zone)).date())
