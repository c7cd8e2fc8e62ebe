"""Run-ins of residents: read for planning and pages, and lengthened or ended by a person."""

from datetime import date
from uuid import UUID

from alarm_center.core.run_in import RunIn
from alarm_center.store.memory import Tx


async def of_resident(tx: Tx, resident_id: UUID) -> RunIn | None:
    """Return the resident's run-in, with its nights that have a look; ``None``: there was none."""
    row = await tx.fetchrow("select run_in_from, run_in_nights from residents where resident_id = $1", resident_id)
    if row is None or row["run_in_from"] is None:
        return None
    return RunIn(
        row["run_in_from"], row["run_in_nights"], await _nights_with_looks(tx, resident_id, row["run_in_from"])
    )


async def _nights_with_looks(tx: Tx, resident_id: UUID, first: date) -> frozenset[date]:
    rows = await tx.fetch(
        "select distinct night from checks where resident_id = $1 and night >= $2 and state <> 'cancelled'",
        resident_id,
        first,
    )
    return frozenset(row["night"] for row in rows)


async def set_nights(tx: Tx, resident_id: UUID, nights: int) -> None:
    """Write how many nights the run-in has."""
    await tx.execute("update residents set run_in_nights = $2 where resident_id = $1", resident_id, nights)
