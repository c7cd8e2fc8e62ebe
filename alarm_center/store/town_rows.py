"""Rows that an import keeps: added, changed or left as they are by one function, and the lock of a town's import.

Slots, shifts and what else has an end of its own are in modules of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from alarm_center.store.memory import Tx
from schemas.vocabulary import ImportAction


class TownTable(StrEnum):
    """A table whose rows an import keeps."""

    ORGANISATIONS = "organisations"
    AREAS = "areas"
    PERFORMERS = "performers"
    CARERS = "carers"
    RESIDENTS = "residents"
    CONSENTS = "consents"
    DECISIONS = "decisions"
    PLANS = "plans"
    DEVICES = "devices"
    CONTACTS = "contacts"
    LEGAL_POSITIONS = "legal_positions"


_ID_COLUMN: Final[Mapping[TownTable, str]] = {
    TownTable.AREAS: "area_id",
    TownTable.CARERS: "carer_id",
    TownTable.RESIDENTS: "resident_id",
}
"""The column of the id that the database gives to a row. The other tables' rows are known by their key."""


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One row after it was kept: what was done to it (``None``: it was so already), and the columns that changed."""

    id: UUID | None
    action: ImportAction | None
    changed: tuple[str, ...] = ()

    @property
    def detail(self) -> str:
        """The names of the columns that changed, for the line of the import."""
        return ", ".join(self.changed)


async def lock_import(tx: Tx, org: str) -> None:
    """Let only one transaction at a time import the town."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('import'), hashtext($1))", org)


async def keep_row(tx: Tx, table: TownTable, key: Mapping[str, object], values: Mapping[str, object]) -> KeptRow:
    """Make the row of *table* under *key* have *values*. The names of the columns are our own, never the file's."""
    id_column = _ID_COLUMN.get(table)
    columns = ", ".join((*key, *values, *([id_column] if id_column else ())))
    where = " and ".join(f"{name} = ${n}" for n, name in enumerate(key, 1))
    found = await tx.fetchrow(
        f"select {columns} from {table} where {where} for update",  # noqa: S608 -- our own names
        *key.values(),
    )
    if found is None:
        every = {**key, **values}
        marks = ", ".join(f"${n}" for n in range(1, len(every) + 1))
        added = await tx.fetchrow(
            f"insert into {table} ({', '.join(every)}) values ({marks}) returning {columns}",  # noqa: S608 -- our own names
            *every.values(),
        )
        assert added is not None, "an insert returns its row"
        return KeptRow(added[id_column] if id_column else None, ImportAction.ADDED)
    row_id = found[id_column] if id_column else None
    changed = {name: value for name, value in values.items() if found[name] != value}
    if not changed:
        return KeptRow(row_id, None)
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(changed, len(key) + 1))
    await tx.execute(f"update {table} set {sets} where {where}", *key.values(), *changed.values())  # noqa: S608 -- our own names
    return KeptRow(row_id, ImportAction.CHANGED, tuple(changed))
