"""Reports of carers from a home: each waits until a person has seen to it. No round of reconciliation ends one."""

from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from alarm_center.core.carer_reports import CarerReport, Mismatch, NewReport
from alarm_center.store.memory import Row, Tx

_REPORTS: Final = """
    select c.report_id, c.org, c.alarm_id, c.notice_id, c.resident_id, a.case_no, c.mismatch, c.note, n.patrol, c.said_at, c.done_at, array(
            select p.name from shift_people s join carers p using (carer_id) where s.shift_id = n.shift_id order by p.name) as people
    from carer_reports c join alarms a using (alarm_id) join notices n on n.notice_id = c.notice_id
    """


async def add(tx: Tx, notice_id: UUID, said: NewReport, now: datetime) -> bool:
    """Write a report of the link that this transaction carries; false where it waits already, said by the same notice."""
    done = await tx.execute(
        """
        insert into carer_reports (org, alarm_id, notice_id, resident_id, mismatch, note, said_at)
        select n.org, n.alarm_id, n.notice_id, a.resident_id, $2, $3, $4
        from notices n join alarms a using (alarm_id) where n.notice_id = $1
        on conflict do nothing
        """,
        notice_id, said.mismatch, said.note, now,
    )  # fmt: skip
    return bool(done != "INSERT 0 0")


async def of_notice(tx: Tx, notice_id: UUID) -> list[tuple[Mismatch | None, datetime]]:
    """Return the reports of a notice, the first first: what, and when."""
    rows = await tx.fetch(
        "select mismatch, said_at from carer_reports where notice_id = $1 order by said_at, report_id", notice_id
    )
    return [(Mismatch(row["mismatch"]) if row["mismatch"] else None, row["said_at"]) for row in rows]


async def of_case(tx: Tx, alarm_id: UUID) -> list[CarerReport]:
    """Return the reports of a case, the first first."""
    return _found(await tx.fetch(f"{_REPORTS} where c.alarm_id = $1 order by c.said_at, c.report_id", alarm_id))


async def open_reports(tx: Tx, orgs: Collection[str]) -> list[CarerReport]:
    """Return the reports of those towns that nobody has seen to, of the homes that the viewer sees, the oldest first."""
    where = "where c.done_at is null and c.org = any ($1::text[]) order by c.said_at, c.report_id"
    return _found(await tx.fetch(f"{_REPORTS} {where}", list(orgs)))


class EndedReport(NamedTuple):
    """A report that a person has just seen to, as its line in the timeline needs it."""

    org: str
    area_id: UUID
    alarm_id: UUID
    notice_id: UUID
    resident_id: UUID


async def end(tx: Tx, report_id: UUID, by: str, now: datetime) -> EndedReport | None:
    """Write that a person has seen to a report; ``None`` where none waits that the viewer sees."""
    row = await tx.fetchrow(
        """
        update carer_reports c set done_by = $2, done_at = $3 from alarms a
        where c.report_id = $1 and c.done_at is null and a.alarm_id = c.alarm_id
        returning c.org, a.area_id, c.alarm_id, c.notice_id, c.resident_id
        """,
        report_id, by, now,
    )  # fmt: skip
    return EndedReport(**row) if row else None


async def is_kept(tx: Tx, report_id: UUID) -> bool:
    """Tell whether the viewer sees the report, done or not."""
    kept: bool = await tx.fetchval("select exists (select from carer_reports where report_id = $1)", report_id)
    return kept


def _found(rows: Collection[Row]) -> list[CarerReport]:
    return [
        CarerReport(
            **{
                **dict(row),
                "people": tuple(row["people"]),
                "mismatch": Mismatch(row["mismatch"]) if row["mismatch"] else None,
            }
        )
        for row in rows
    ]
