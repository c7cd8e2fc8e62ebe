"""Rows that an import keeps: added, changed or left as they are by one function, and the lock of a town's import.

Slots, shifts and what else has an end of its own are in modules of their own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Self
from uuid import UUID, uuid4

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
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] = field(default_factory=dict)
    """The columns that changed as they were (``None``: there was no row), and as they are."""

    @property
    def detail(self) -> str:
        """The names of the columns that changed, for the line of the import."""
        return "" if self.before is None else ", ".join(self.before)

    def without(self, names: Iterable[str]) -> Self:
        """Return the row without the changes of these columns; it was so already if there are no others."""
        dropped = set(names)
        if self.before is None or not dropped:
            return self
        after = {name: value for name, value in self.after.items() if name not in dropped}
        before = {name: value for name, value in self.before.items() if name not in dropped}
        return replace(self, action=self.action if after else None, before=before, after=after)


async def lock_import(tx: Tx, org: str) -> None:
    """Let only one transaction at a time import the town."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('import'), hashtext($1))", org)


async def carer_names(tx: Tx, org: str) -> list[tuple[str, str]]:
    """Return the phone and the name of each of the town's carers, in order of the names; a phone that is borrowed is none."""
    rows = await tx.fetch(
        "select phone, name from carers where org = $1 and in_place_of is null order by name, phone", org
    )
    return [(row["phone"], row["name"]) for row in rows]


async def carer_names_by_id(tx: Tx, org: str) -> dict[UUID, str]:
    """Return the name of each of the town's carers."""
    return {
        row["carer_id"]: row["name"] for row in await tx.fetch("select carer_id, name from carers where org = $1", org)
    }


async def compare_row(
    tx: Tx,
    table: TownTable,
    key: Mapping[str, object],
    values: Mapping[str, object],
    assumed: Mapping[str, object],
    *,
    lock: bool,
) -> KeptRow:
    """Return what would make the row of *table* under *key* have *values*; a row that is not there has the id that it will get.

    What is *assumed* of the row counts in the place of what it has.

    The names of the columns are our own, never the file's.
    """
    id_column = _ID_COLUMN.get(table)
    columns = ", ".join((*key, *values, *([id_column] if id_column else ())))
    where = " and ".join(f"{name} = ${n}" for n, name in enumerate(key, 1))
    found = await tx.fetchrow(
        f"select {columns} from {table} where {where} {'for update' if lock else ''}",  # noqa: S608 -- our own names
        *key.values(),
    )
    if found is None:
        return KeptRow(uuid4() if id_column else None, ImportAction.ADDED, None, values)
    row_id = found[id_column] if id_column else None
    had = {**found, **assumed}
    changed = {name: value for name, value in values.items() if had[name] != value}
    if not changed:
        return KeptRow(row_id, None)
    return KeptRow(row_id, ImportAction.CHANGED, {name: had[name] for name in changed}, changed)


async def write_row(tx: Tx, table: TownTable, key: Mapping[str, object], kept: KeptRow) -> None:
    """Add or change the row as :func:`compare_row` found that it has to be."""
    if kept.action is ImportAction.ADDED:
        every = {**key, **kept.after}
        if kept.id is not None:
            every[_ID_COLUMN[table]] = kept.id
        marks = ", ".join(f"${n}" for n in range(1, len(every) + 1))
        await tx.execute(f"insert into {table} ({', '.join(every)}) values ({marks})", *every.values())  # noqa: S608 -- our own names
    elif kept.action is ImportAction.CHANGED:
        sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(kept.after, len(key) + 1))
        where = " and ".join(f"{name} = ${n}" for n, name in enumerate(key, 1))
        await tx.execute(f"update {table} set {sets} where {where}", *key.values(), *kept.after.values())  # noqa: S608 -- our own names
