"""Banners of what must not exist: one for each kind of row, with the towns that it is about."""

from datetime import UTC, datetime, timedelta

from alarm_center.store.board import TownHead
from alarm_center.store.health import AuditedRows, AuditFinding
from alarm_center.web.operator.audit_banners import AuditBanner, audit_banners
from alarm_center.web.operator.watched_towns import WatchedTowns
from alarm_center.words.catalogues import Speech

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ZONE = "Europe/Stockholm"
SWEDISH = Speech("sv")


def watching(*orgs: str) -> WatchedTowns:
    return WatchedTowns([TownHead(org, org.title(), ZONE, "sv", "home_care", None, "clear") for org in orgs], NOON)


def banners(*orgs: str) -> list[AuditBanner]:
    """Return the banners where two alarms of each of *orgs* stand still, each town's an hour before the next one's."""
    findings = [AuditFinding(org, AuditedRows.ALARMS, 2, NOON - timedelta(hours=n)) for n, org in enumerate(orgs)]
    return audit_banners(findings, watching(*orgs), SWEDISH)


def test_what_all_towns_have_is_one_banner() -> None:
    assert banners("ost", "vik") == [AuditBanner(AuditedRows.ALARMS, "Ost, Vik", 4, NOON - timedelta(hours=1), ZONE)]
    assert [one.towns for one in banners("a", "b", "c", "d")] == ["4 kommuner"]


def test_the_kinds_stand_in_their_order() -> None:
    findings = [AuditFinding("ost", of, 1, NOON) for of in reversed(AuditedRows)]
    assert [one.of for one in audit_banners(findings, watching("ost"), SWEDISH)] == list(AuditedRows)
    assert audit_banners([], watching("ost"), SWEDISH) == []
