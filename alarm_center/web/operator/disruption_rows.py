"""Rows of what looks like a disruption at the board: its words, and the address of its list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from alarm_center.core.alarm.disruption import Disruption
from alarm_center.store.board import AlarmLine
from alarm_center.words import page_words
from alarm_center.words.catalogues import Speech


@dataclass(frozen=True, slots=True)
class DisruptionRow:
    """One of them, in the viewer's language."""

    words: str
    href: str


def disruption_rows(
    found: Iterable[Disruption],
    lines: Iterable[AlarmLine],
    links: Mapping[UUID, str],
    towns: Mapping[str, str],
    speech: Speech,
) -> list[DisruptionRow]:
    """Return what looks like a disruption among *lines*: an incident's list is its own, of *links*; *towns* has their names."""
    codes = {line.alarm.area_id: line.area for line in lines}
    return [_row(one, codes.get(one.area_id) if one.area_id else None, links, towns, speech) for one in found]


def _row(
    one: Disruption, area: str | None, links: Mapping[UUID, str], towns: Mapping[str, str], speech: Speech
) -> DisruptionRow:
    if area is not None:
        words = speech(page_words.DISRUPTION_OF_AREA, area=area)
    else:
        words = speech(page_words.DISRUPTION_OF_TOWN, town=towns.get(one.org, one.org))
    link = links.get(one.incident_id) if one.incident_id is not None else None
    asked = {"town": one.org, "kind": str(one.kind)} | ({"area": area} if area is not None else {})
    return DisruptionRow(words, f"/d/{link}" if link else f"/alike?{urlencode(asked)}")
