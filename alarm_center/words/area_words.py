"""Words of the areas' pages: what is in an area, what a change of one means, and why it cannot be made."""

from collections.abc import Mapping, Sequence
from typing import Final

from alarm_center.core.areas import AreaFault, TownArea
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _

FAULTS: Final[Mapping[AreaFault, str]] = {
    AreaFault.NO_CODE: _(
        "Skriv en kod: en till fyra siffror eller stora bokstäver, som 3 eller N2. Aldrig en bys namn."
    ),
    AreaFault.TAKEN: _("Koden är eller har varit ett annat områdes. Skriv en annan."),
    AreaFault.SAME: _("Inget är ändrat."),
    AreaFault.NO_OTHER: _("Välj ett annat område att slå ihop med."),
    AreaFault.LAST: _("Det är kommunens enda område. Lägg till ett annat först."),
    AreaFault.RESIDENTS: _("%(residents)s bor kvar i området. Byt område hos dem, eller slå ihop det med ett annat."),
    AreaFault.DRAFTS: _("%(drafts)s påbörjade inläggningar hör till området. Gör klart eller kasta dem."),
    AreaFault.CASES: _("%(open_cases)s ärenden är öppna i området. Vänta tills de är avslutade."),
    AreaFault.SHIFTS: _(
        "%(patterns)s pass gäller i området, och %(shifts)s är utlagda de närmaste 14 nätterna. Avsluta passen först."
    ),
    AreaFault.NIGHT: _("Nattens pass eller reservlista är redan igång. Gör det i morgon efter klockan 12."),
    AreaFault.AGREEMENT: _(
        "Avtalet med %(centre)s gäller det ena området och inte det andra. Gör ett nytt avtal först."
    ),
}

LINKS: Final[Mapping[AreaFault, tuple[str, str]]] = {
    AreaFault.RESIDENTS: ("/residents?area=%(code)s", _("Visa brukarna")),
    AreaFault.DRAFTS: ("/residents", _("Visa brukarna")),
    AreaFault.CASES: ("/", _("Visa larmen")),
    AreaFault.SHIFTS: ("/staff/patterns", _("Alla pass")),
    AreaFault.NIGHT: ("/staff", _("Bemanning")),
}
"""The page on which a person does something about a reason, and the words of the link."""


def fault_words(fault: AreaFault, area: TownArea, speech: Speech, centre: str = "") -> str:
    """Return why an area is not changed, with what is left in it."""
    counts = {
        "residents": area.residents, "drafts": area.drafts, "open_cases": area.open_cases, "patterns": area.patterns,
        "shifts": area.shifts, "centre": centre,
    }  # fmt: skip
    return speech(FAULTS[fault], **counts)


def count_words(area: TownArea, speech: Speech) -> str:
    """Return what is in an area."""
    said = [
        speech(_("brukare: %(count)s"), count=area.residents),
        speech(_("pass: %(count)s (utlagda 14 nätter framåt: %(shifts)s)"), count=area.patterns, shifts=area.shifts),
        speech(_("larmombud: %(count)s"), count=area.ombudsmen),
    ]
    if area.drafts:
        said.append(speech(_("påbörjade: %(count)s"), count=area.drafts))
    if area.open_cases:
        said.append(speech(_("öppna ärenden: %(count)s"), count=area.open_cases))
    return " · ".join(said)


def closed_words(area: TownArea, zone: str, speech: Speech) -> str:
    """Return since when an area is closed, and what it was merged into."""
    day = speech.day(area.closed_at, zone) if area.closed_at is not None else ""
    if area.merged_into is not None:
        return speech(
            _("Område %(area)s slogs ihop med %(into)s %(day)s."), area=area.code, into=area.merged_into, day=day
        )
    return speech(_("Område %(area)s stängdes %(day)s."), area=area.code, day=day)


def new_sentences(code: str, closed: TownArea | None, speech: Speech) -> list[str]:
    """Return what a new area means, or one that is opened again."""
    if closed is not None:
        first = speech(_("Område %(area)s öppnas igen, tomt."), area=code)
    else:
        first = speech(_("Område %(area)s läggs till."), area=code)
    return [first, speech(_("Det har inga brukare, inga pass och inga larmombud än. Det svarar som kommunen."))]


def rename_sentences(before: str, code: str, speech: Speech) -> list[str]:
    """Return what another code of an area means."""
    return [
        speech(_("Område %(before)s heter %(code)s från nu, på tavlan och i nya SMS."), before=before, code=code),
        speech(
            _("Det som redan är skickat säger %(before)s. En fil som säger %(before)s menar samma område."),
            before=before,
        ),
    ]


def closing_sentences(area: TownArea, limited: Sequence[str], speech: Speech) -> list[str]:
    """Return what closing an area means; *limited* are the people who see some areas with this among them."""
    said = [speech(_("Område %(area)s stängs nu. Det som har varit där finns kvar att läsa."), area=area.code)]
    if area.ombudsmen:
        said.append(speech(_("Larmombuden där slutar i dag: %(count)s."), count=area.ombudsmen))
    if limited:
        said.append(
            speech(_("Har behörighet i området: %(names)s. De får ingen annan av det."), names=speech.listed(limited))
        )
    return said


def merging_sentences(
    area: TownArea, into: TownArea, named_alike: Sequence[str], widened: Sequence[str], speech: Speech
) -> list[str]:
    """Return what merging an area into another means.

    *named_alike* are patrols that both have; *widened* are the people who see the other area too from then on.
    """
    codes = {"area": area.code, "into": into.code}
    said = [
        speech(_("Område %(area)s slås ihop med område %(into)s nu, och stängs."), **codes),
        speech(
            _("Till område %(into)s flyttar brukare: %(residents)s, pass: %(patterns)s, larmombud: %(ombudsmen)s. Nätter framåt läggs ut där."),
            residents=area.residents, patterns=area.patterns, ombudsmen=area.ombudsmen, **codes,
        ),
    ]  # fmt: skip
    if widened:
        said.append(
            speech(
                _("Ser i dag område %(area)s men inte %(into)s, och ser efter det hela område %(into)s: %(names)s."),
                names=speech.listed(widened), **codes,
            )
        )  # fmt: skip
    if area.own_answers or into.own_answers:
        said.append(
            speech(_("Områdena kan ha olika svar om larm och tider. Område %(into)s svar gäller för alla."), **codes)
        )
    if named_alike:
        said.append(
            speech(
                _("Båda har en patrull som heter så: %(names)s. Byt namn på den ena efteråt."),
                names=speech.listed(named_alike),
            )
        )
    said.append(
        speech(
            _("Det som har varit står kvar under område %(area)s. En fil som säger %(area)s menar %(into)s."), **codes
        )
    )
    said.append(
        speech(
            _("Det går inte att ångra i ett steg. Blir det fel: öppna område %(area)s igen, tomt, byt område hos brukarna och i passen, och lägg in larmombuden på nytt."),
            **codes,
        )
    )  # fmt: skip
    return said
