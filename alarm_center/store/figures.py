"""Rows of the figures of a span of nights: looks, alarms, answers and messages of a town, under the viewer's own rights.

Each statement is bounded by the span, by index on town and night, opening or sending.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from alarm_center.core.figures import FigureCase, TownTariff
from alarm_center.core.night_report import ReportCase, ReportGroup
from alarm_center.store import night_reports
from alarm_center.store.memory import Tx
from schemas.timeline import EventKind
from schemas.vocabulary import AlarmKind, Outcome

_LASTS: Final = timedelta(days=3)
"""A case's lines are read so long after the span: who first had it, was sent and arrived is known by then."""
_NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class LookCount:
    """Looks of one area and performer that ended alike, over all nights of the span."""

    group: ReportGroup
    state: str
    by_visit: bool
    count: int


@dataclass(frozen=True, slots=True)
class MessageCount:
    """Messages that were handed to a provider; ``area`` is empty for those about no alarm, such as musters."""

    area: str
    channel: str
    count: int


@dataclass(frozen=True, slots=True)
class TownFigures:
    """A town's counted rows of the span."""

    looks: Sequence[LookCount]
    cases: Sequence[FigureCase]
    messages: Sequence[MessageCount]
    stops: int
    tariff: TownTariff


async def town_figures(tx: Tx, org: str, nights: tuple[date, date], bounds: tuple[datetime, datetime]) -> TownFigures:
    """Return what the town's figures are worked out from; *nights* are the first and last, between the *bounds*."""
    looks = await tx.fetch(
        """
        select c.resident_id, c.state, s.by_visit, count(*) as count from checks c join slots s using (slot_id)
        where c.org = $1 and c.night between $2 and $3 group by 1, 2, 3
        """,
        org, *nights,
    )  # fmt: skip
    alarms = await tx.fetch(
        """
        select alarm_id, area_id, resident_id, device_id, kind, visit, opened_at, arrive_by, closed_at, outcome from alarms
        where org = $1 and opened_at >= $2 and opened_at < $3 and lane = 'real'
        """,
        org, *bounds,
    )  # fmt: skip
    steps = {
        row["alarm_id"]: dict(row)
        for row in await tx.fetch(
            """
            select alarm_id, min(at) filter (where kind = any ($2::text[])) as answered_at,
                min(at) filter (where kind = any ($3::text[])) as sent_at, min(at) filter (where kind = any ($4::text[])) as on_site_at,
                count(*) filter (where kind = $5) as took, count(*) filter (where kind = $6) as declined
            from events where alarm_id = any ($1::uuid[]) and at >= $7 and at < $8 group by alarm_id
            """,
            [row["alarm_id"] for row in alarms], list(night_reports.ANSWERED), list(night_reports.SENT), list(night_reports.ARRIVED),
            EventKind.ACCEPTED, EventKind.DECLINED, bounds[0], bounds[1] + _LASTS,
        )
    }  # fmt: skip
    people = await night_reports.report_residents(tx, org, {row["resident_id"] for row in (*looks, *alarms)})
    codes = await night_reports.area_codes(tx, org)
    cases = []
    for row in alarms:
        resident = people.get(row["resident_id"] or _NOBODY)
        reached: dict[str, Any] = steps.get(row["alarm_id"], {})
        group = ReportGroup(codes.get(row["area_id"], ""), resident.group.performer if resident else "")
        counted = ReportCase(
            group, AlarmKind(row["kind"]), row["visit"], row["opened_at"], row["arrive_by"], row["closed_at"],
            reached.get("answered_at"), reached.get("sent_at"), reached.get("on_site_at"),
        )  # fmt: skip
        outcome = Outcome(row["outcome"]) if row["outcome"] else None
        cases.append(FigureCase(counted, row["device_id"], outcome, reached.get("took", 0), reached.get("declined", 0)))
    return TownFigures(
        [
            LookCount(person.group, row["state"], row["by_visit"], row["count"])
            for row in looks
            if (person := people.get(row["resident_id"])) is not None
        ],
        cases,
        await _messages(tx, org, bounds),
        await tx.fetchval(
            "select count(distinct phone) from sms_stops where org = $1 and stopped_at >= $2 and stopped_at < $3",
            org, *bounds,
        ),
        await _tariff(tx, org),
    )  # fmt: skip


async def _messages(tx: Tx, org: str, bounds: tuple[datetime, datetime]) -> list[MessageCount]:
    rows = await tx.fetch(
        """
        select coalesce(e.code, '') as area, m.channel, count(*) as count
        from messages m left join alarms a using (alarm_id) left join areas e on e.area_id = a.area_id
        where m.org = $1 and m.created_at >= $2 and m.created_at < $3 and m.sent_at is not null and a.lane is distinct from 'training'
        group by 1, 2 order by 1, 2
        """,
        org, *bounds,
    )  # fmt: skip
    return [MessageCount(**row) for row in rows]


async def _tariff(tx: Tx, org: str) -> TownTariff:
    row = await tx.fetchrow(
        "select sms_price, call_price, visit_km, visit_km_set from organisations where org = $1", org
    )
    return TownTariff(**row) if row is not None else TownTariff()
