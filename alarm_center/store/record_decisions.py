"""A town's decisions as its care record has them, and when its file was read; reconciliation compares them with ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from alarm_center.store.memory import Tx
from schemas.vocabulary import DecisionKind


@dataclass(frozen=True, slots=True)
class RecordDecision:
    """One decision of the care record, of the resident with that number."""

    reference: str
    number: int
    kind: DecisionKind
    starts_on: date
    ends_on: date | None


async def replace_all(tx: Tx, org: str, rows: Sequence[RecordDecision], read_by: str, now: datetime) -> None:
    """Have the town's decisions of the care record be these, and no others."""
    await tx.execute(
        """
        insert into record_files (org, read_at, read_by) values ($1, $2, $3)
        on conflict (org) do update set read_at = excluded.read_at, read_by = excluded.read_by
        """,
        org, now, read_by,
    )  # fmt: skip
    await tx.execute("delete from record_decisions where org = $1", org)
    await tx.executemany(
        "insert into record_decisions (org, reference, number, kind, starts_on, ends_on) values ($1, $2, $3, $4, $5, $6)",
        [(org, each.reference, each.number, each.kind, each.starts_on, each.ends_on) for each in rows],
    )
