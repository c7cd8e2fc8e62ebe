"""Words of the figures: titles, columns, cells, shares, the cost, and the kilometres that are an estimate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from alarm_center.core.figures import CountTable, FigureName, PartShare, TownTariff, part_share
from alarm_center.core.night_report import ReportGroup
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.report_words import OWN_CARE, TOTAL

TITLES: Final[Mapping[FigureName, str]] = {
    FigureName.ANSWERED: _("Larm: hur snabbt de besvarades"),
    FigureName.ARRIVED: _("Framme i tid"),
    FigureName.DEVICES: _("Rätt och obefogade larm per enhet"),
    FigureName.LOOKS: _("Tillsyner och besök som inte behövdes"),
    FigureName.REPLIES: _("Personalens ja och nej"),
    FigureName.MESSAGES: _("SMS och samtal till personalen"),
}
PARTS: Final[Mapping[FigureName, tuple[str, ...]]] = {
    FigureName.ANSWERED: (_("Inom 30 s"), _("30–60 s"), _("60–180 s"), _("Senare")),
    FigureName.ARRIVED: (_("I tid"), _("Sent eller inte alls")),
    FigureName.DEVICES: (_("Rätt"), _("Obefogade"), _("Varken eller")),
    FigureName.LOOKS: (_("Sedda utan besök"), _("Blev larm"), _("Inställda"), _("Inte klara"), _("Besök från början")),
    FigureName.REPLIES: (_("Tog larmet"), _("Sa nej")),
    FigureName.MESSAGES: (_("SMS"), _("Samtal")),
}
"""The parts of each table, in the order of its counts."""
SHARES: Final[Mapping[FigureName, tuple[str, ...]]] = {
    FigureName.ANSWERED: (_("Andel inom 30 s"), _("Andel inom 60 s"), _("Andel inom 180 s")),
    FigureName.ARRIVED: (_("Andel i tid"),),
    FigureName.DEVICES: (_("Andel rätt"),),
}
"""Shares of the first part, the first two, and so on."""
WHOSE: Final = _("Vad")
_HIDDEN: Final = "–"
_COST: Final = _("Kostnad, kr")
_COST_SMS: Final = _("Kostnad för SMS, kr")
_GROUP: Final = _("Område %(area)s, %(performer)s")
_AREA: Final = _("Område %(area)s")
_PERCENT: Final = _("%(percent)s\N{NO-BREAK SPACE}%%")
_AT_LEAST: Final = _("minst\N{NO-BREAK SPACE}%(percent)s\N{NO-BREAK SPACE}%%")
_KILOMETRES: Final = _("uppskattat: %(visits)s besök × %(km)s km (kommunens eget tal, satt %(month)s)")
_STOPS: Final = _("Telefoner som skrev STOPP: %(count)s.")
_FEW: Final = _("färre än 5")
_NIGHTS: Final = _("Nätterna %(first)s till %(last)s")


@dataclass(frozen=True, slots=True)
class FigureLine:
    """One row in words: its cells as the columns stand, and the shares again for the picture."""

    label: str
    cells: list[str]
    said: str


def group_words(group: ReportGroup, speech: Speech) -> str:
    """Return an area and performer."""
    return speech(_GROUP, area=group.area or "–", performer=group.performer or speech(OWN_CARE))


def area_words(area: str, speech: Speech) -> str:
    """Return an area; empty: messages that are about no alarm."""
    return speech(_AREA, area=area) if area else speech(_("Utan larm, som upprop"))


def device_words(device: str, speech: Speech) -> str:
    """Return a device; empty: those with few alarms."""
    return device or speech(_("Enheter med färre än 5 larm var"))


def columns(name: FigureName, tariff: TownTariff, speech: Speech) -> list[str]:
    """Return the headings of a table, in the order of :func:`line_of`."""
    found = [speech(each) for each in (WHOSE, *PARTS[name], TOTAL, *SHARES.get(name, ()))]
    if name is FigureName.MESSAGES and tariff.sms_price is not None:
        found.append(speech(_COST_SMS if tariff.call_price is None else _COST))
    return found


def line_of(name: FigureName, table: CountTable[str], row: int, tariff: TownTariff, speech: Speech) -> FigureLine:
    """Return a row of the table; the row after the last one is the sums."""
    label = table.keys[row] if row < len(table.keys) else speech(TOTAL)
    counts = [_count(table.shown(row, column)) for column in range(len(table.counts[row]))]
    shares = [share_words(part_share(table, row, parts), speech) for parts in range(1, len(SHARES.get(name, ())) + 1)]
    cells = [label, *counts, *shares]
    if name is FigureName.MESSAGES and tariff.sms_price is not None:
        cells.append(_cost(table, row, tariff, speech))
    said = [
        f"{speech(title)}: {cell}" for title, cell in zip(SHARES.get(name, PARTS[name]), shares or counts, strict=False)
    ]
    return FigureLine(label, cells, " · ".join(said))


def share_words(share: PartShare | None, speech: Speech) -> str:
    """Return a share, or a dash where it is not told."""
    if share is None:
        return _HIDDEN
    return speech(_AT_LEAST if share.least else _PERCENT, percent=share.percent)


def _count(count: int | None) -> str:
    return _HIDDEN if count is None else str(count)


def _cost(table: CountTable[str], row: int, tariff: TownTariff, speech: Speech) -> str:
    hundredths = 0
    for column, price in enumerate((tariff.sms_price, tariff.call_price)):
        if price is not None:
            count = table.shown(row, column)
            if count is None:
                return _HIDDEN
            hundredths += count * price
    text = f"{hundredths // 100}.{hundredths % 100:02d}"
    return text.replace(".", ",") if speech.language == "sv" else text


def kilometre_words(visits: int | None, tariff: TownTariff, speech: Speech) -> str:
    """Return the estimate of the way that was not driven; empty where the town has given no number, or the visits are not shown."""
    if tariff.visit_km is None or not visits:
        return ""
    return speech(_KILOMETRES, visits=visits, km=speech.number(tariff.visit_km), month=tariff.visit_km_set)


def stop_words(stops: int, few: bool, speech: Speech) -> str:
    """Return how many phones take no SMS any more; *few*: so few that the number is not told."""
    return speech(_STOPS, count=speech(_FEW) if few else stops)


def nights_words(first: date, last: date, speech: Speech) -> str:
    """Return the nights of the page."""
    return speech(_NIGHTS, first=speech.short_day(first), last=speech.short_day(last))


def file_lines(
    town: str, title: str, head: Sequence[str], lines: Sequence[FigureLine], speech: Speech
) -> list[list[str]]:
    """Return a table as lines of a file: heading first, the town and the table's title before each line."""
    return [[speech(_("Kommun")), speech(_("Tabell")), *head], *([town, title, *line.cells] for line in lines)]
