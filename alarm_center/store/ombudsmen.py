"""Rows of the areas' alarm ombudsmen; `core/ombudsmen.py` says what may stand in them."""

from datetime import date
from uuid import UUID

from alarm_center.core.ombudsmen import Ombudsman, OmbudsmanSpan
from alarm_center.store.memory import Tx


async def of_town(tx: Tx, org: str, day: date) -> list[Ombudsman]:
    """Return the town's ombudsmen who are not over before *day*, by area and day."""
    rows = await tx.fetch(
        """
        select b.ombudsman_id, b.area_id, b.carer_id, c.name, c.phone, b.from_day, b.until_day
        from ombudsmen b join carers c using (carer_id) join areas e using (area_id)
        where b.org = $1 and (b.until_day is null or b.until_day >= $2 and b.until_day >= b.from_day)
        order by e.code, b.from_day, c.name, b.ombudsman_id
        """,
        org, day,
    )  # fmt: skip
    return [Ombudsman(**row) for row in rows]


async def add(tx: Tx, org: str, area_id: UUID, span: OmbudsmanSpan) -> None:
    """Insert an ombudsman."""
    await tx.execute(
        "insert into ombudsmen (org, area_id, carer_id, from_day, until_day) values ($1, $2, $3, $4, $5)",
        org, area_id, span.carer_id, span.from_day, span.until_day,
    )  # fmt: skip


async def end(tx: Tx, ombudsman_id: UUID, last: date) -> None:
    """Let the ombudsman's last day be *last*."""
    await tx.execute("update ombudsmen set until_day = $2 where ombudsman_id = $1", ombudsman_id, last)


async def end_of_carer(tx: Tx, carer_id: UUID, last: date) -> int:
    """Let the carer be an ombudsman until *last* at most; return how many rows that changed."""
    done = await tx.execute(
        "update ombudsmen set until_day = $2 where carer_id = $1 and (until_day is null or until_day > $2)",
        carer_id,
        last,
    )
    return int(done.split()[-1])
