"""Rows of a night's morning report: its looks, alarms and visits with area and performer, and beds that were empty before.

All under the viewer's own rights, and by index on town and night. Residents are joined in Python, as on the other pages of the day.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from alarm_center.core.night_report import (
    EMPTY_NIGHTS,
    PastTime,
    ReportCase,
    ReportedCase,
    ReportedLook,
    ReportedNight,
    ReportGroup,
    ReportResident,
)
from alarm_center.core.past_night import PastAlarm, PastCheck
from alarm_center.store import towns
from alarm_center.store.memory import Row, Tx
from alarm_center.store.residents import SHOWN_NAME
from schemas.timeline import EventKind
from schemas.vocabulary import AlarmKind

ANSWERED: Final = (EventKind.CLAIMED, EventKind.TAKEN_OVER, EventKind.PATROL_SENT, EventKind.ACCEPTED)
"""Lines by which a person has an alarm."""
SENT: Final = (EventKind.DISPATCHED, EventKind.PATROL_SENT)
"""Lines by which somebody is sent."""
ARRIVED: Final = (EventKind.ON_SITE, EventKind.CANNOT_GET_IN, EventKind.NOBODY_HOME, EventKind.STAYING, EventKind.DONE)
"""Lines by which a carer is at the address: each word that is said there counts as arrival (`core/alarm/alarm_events.py`)."""
_NOBODY: Final = UUID(int=0)


async def reported_night(tx: Tx, org: str, night: date, bounds: tuple[datetime, datetime]) -> ReportedNight:
    """Return the town's *night*, which lasts between the *bounds*."""
    checks = await tx.fetch(
        """
        select c.check_id, c.resident_id, c.night, c.opens_at, s.by_visit, c.state, c.answer, c.reason, c.cancel_reason, c.instead, c.alarm_id
        from checks c join slots s using (slot_id) where c.org = $1 and c.night = $2 order by c.opens_at, c.check_id
        """,
        org, night,
    )  # fmt: skip
    alarms = await tx.fetch(
        """
        select alarm_id, case_no, area_id, resident_id, kind, visit, opened_at, arrive_by, closed_at, outcome, instead_of
        from alarms where org = $1 and opened_at >= $2 and opened_at < $3 and lane = 'real' order by opened_at, alarm_id
        """,
        org, *bounds,
    )  # fmt: skip
    steps = {
        row["alarm_id"]: row
        for row in await tx.fetch(
            """
            select alarm_id, min(at) filter (where kind = any ($2::text[])) as answered_at,
                min(at) filter (where kind = any ($3::text[])) as sent_at, min(at) filter (where kind = any ($4::text[])) as on_site_at
            from events where alarm_id = any ($1::uuid[]) group by alarm_id
            """,
            [row["alarm_id"] for row in alarms], list(ANSWERED), list(SENT), list(ARRIVED),
        )
    }  # fmt: skip
    people = await report_residents(tx, org, {row["resident_id"] for row in (*checks, *alarms)})
    codes = await area_codes(tx, org)
    looks = [
        ReportedLook(row["resident_id"], people.get(row["resident_id"]), PastCheck(**_but(row, "resident_id")))
        for row in checks
    ]
    cases = []
    for row in alarms:
        resident = people.get(row["resident_id"] or _NOBODY)
        group = ReportGroup(codes.get(row["area_id"], ""), resident.group.performer if resident else "")
        reached = _but(steps[row["alarm_id"]], "alarm_id") if row["alarm_id"] in steps else {}
        cases.append(
            ReportedCase(
                resident,
                PastAlarm(**_but(row, "area_id", "resident_id", "kind", "arrive_by")),
                ReportCase(
                    group, AlarmKind(row["kind"]), row["visit"], row["opened_at"], row["arrive_by"], row["closed_at"],
                    reached.get("answered_at"), reached.get("sent_at"), reached.get("on_site_at"),
                ),
            )
        )  # fmt: skip
    return ReportedNight(looks, cases)


def _but(row: Row, *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


async def area_codes(tx: Tx, org: str) -> dict[UUID, str]:
    """Return the codes of the town's areas."""
    return {
        row["area_id"]: row["code"] for row in await tx.fetch("select area_id, code from areas where org = $1", org)
    }


async def report_residents(tx: Tx, org: str, ids: Collection[UUID | None]) -> Mapping[UUID, ReportResident]:
    """Return the residents as the report names them, as far as the viewer sees them."""
    codes, performers = await area_codes(tx, org), await towns.performers(tx, org)
    rows = await tx.fetch(
        f"select r.resident_id, r.number, {SHOWN_NAME} as name, r.area_id, r.performer from residents r where r.resident_id = any ($1::uuid[])",  # noqa: S608 -- our own words
        [each for each in ids if each is not None],
    )
    return {
        row["resident_id"]: ReportResident(
            row["number"],
            row["name"],
            ReportGroup(codes.get(row["area_id"], ""), performers.get(row["performer"] or "", "")),
        )
        for row in rows
    }


async def past_times(tx: Tx, org: str, night: date) -> list[PastTime]:
    """Return the looks of the :data:`EMPTY_NIGHTS` nights up to *night* that gave an answer, at times that hold after it too."""
    rows = await tx.fetch(
        """
        select c.resident_id, s.local_time as at, c.night, exists (
            select from attempts a where a.check_id = c.check_id and a.answer = 'not_seen') as empty
        from checks c join slots s using (slot_id)
        where c.org = $1 and c.night between $2 and $3 and c.state in ('seen', 'alarmed') and not s.by_visit
            and (s.valid_until is null or s.valid_until > $3 + 1)
        """,
        org, night - timedelta(days=EMPTY_NIGHTS - 1), night,
    )  # fmt: skip
    return [PastTime(**row) for row in rows]
