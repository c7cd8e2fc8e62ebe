"""Banners of what must not exist, one for each kind of row, with the towns that it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from alarm_center.store.health import AuditedRows, AuditFinding
from alarm_center.web.operator.watched_towns import WatchedTowns
from alarm_center.words import page_words
from alarm_center.words.catalogues import Speech

_NAMED: Final = 3
"""Towns that a banner names. When the service stands still it is about every town, and their number says so."""


@dataclass(frozen=True, slots=True)
class AuditBanner:
    """Rows of a kind that must not exist: their number, their ``towns`` in words, and since when the oldest is wrong."""

    of: AuditedRows
    towns: str
    count: int
    since: datetime
    zone: str


def audit_banners(findings: Sequence[AuditFinding], watched: WatchedTowns, speech: Speech) -> list[AuditBanner]:
    """Return a banner for each kind of row that *findings* are about, in the order of the kinds."""
    banners = []
    for of in AuditedRows:
        found = [each for each in findings if each.of is of]
        if not found:
            continue
        orgs = {each.org for each in found}
        names = [town.name for town in watched.towns if town.org in orgs]
        zones = {watched.zones.get(org, watched.zone) for org in orgs}
        banners.append(
            AuditBanner(
                of,
                ", ".join(names) if len(names) <= _NAMED else speech(page_words.SO_MANY_TOWNS, count=len(names)),
                sum(each.count for each in found),
                min(each.since for each in found),
                zones.pop() if len(zones) == 1 else watched.zone,
            )
        )
    return banners
