"""What an import changes, and the one way in which it keeps a row as the file says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.store import events
from alarm_center.store.memory import Tx
from schemas import timeline
from schemas.vocabulary import ImportAction


@dataclass(frozen=True, slots=True)
class Change:
    """One line of what an import does: *what* and *name* say to which thing, *detail* says more.

    ``name`` is a number or a code, and a carer's name as the file has it. No other personal data stands here.
    """

    what: str
    name: str
    action: ImportAction
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.name}: {self.action}" + (f" ({self.detail})" if self.detail else "")


@dataclass(slots=True)
class Run:
    """One import under way, inside its transaction."""

    tx: "Tx[Any]"
    org: str
    zone: ZoneInfo
    now: datetime
    actor: str
    spread_seconds: int
    changes: list[Change] = field(default_factory=list)
    areas: dict[str, UUID] = field(default_factory=dict)
    carers: dict[str, UUID] = field(default_factory=dict)

    @property
    def tonight(self) -> date:
        """The night that *now* is in."""
        return calendar.night_of(self.now, self.zone)

    def instant(self, day: date) -> datetime:
        """Return when *day* begins, in UTC; a date in the file has no time of its own."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)

    async def note(
        self,
        what: str,
        name: str,
        action: ImportAction,
        detail: str = "",
        *,
        payload: timeline.Payload | None = None,
        area_id: UUID | None = None,
        resident_id: UUID | None = None,
        device_id: str | None = None,
    ) -> None:
        """Tell one change, and write its line in the timeline; what is left as it is has no *payload*, and no line."""
        self.changes.append(Change(what, name, action, detail))
        if payload is None:
            return
        event = events.NewEvent(
            self.org, payload, area_id=area_id, resident_id=resident_id, device_id=device_id, actor=self.actor
        )
        await events.write(self.tx, self.now, event)

    async def keep(
        self, table: str, key: Mapping[str, Any], values: Mapping[str, Any], returns: Sequence[str] = ()
    ) -> tuple[Mapping[str, Any], ImportAction | None, str]:
        """Make the row of *table* under *key* have *values*.

        Returns the row with those columns and *returns*, what was done (``None``: it was so already), and the names of the columns that changed. The names
        are our own, never the file's.
        """
        columns = ", ".join((*key, *values, *returns))
        where = " and ".join(f"{name} = ${n}" for n, name in enumerate(key, 1))
        found = await self.tx.fetchrow(
            f"select {columns} from {table} where {where} for update",  # noqa: S608 -- our own names
            *key.values(),
        )
        if found is None:
            every = {**key, **values}
            marks = ", ".join(f"${n}" for n in range(1, len(every) + 1))
            added = await self.tx.fetchrow(
                f"insert into {table} ({', '.join(every)}) values ({marks}) returning {columns}",  # noqa: S608 -- our own names
                *every.values(),
            )
            assert added is not None, "an insert returns its row"
            return added, ImportAction.ADDED, ""
        changed = {name: value for name, value in values.items() if found[name] != value}
        if not changed:
            return found, None, ""
        sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(changed, len(key) + 1))
        row = await self.tx.fetchrow(
            f"update {table} set {sets} where {where} returning {columns}",  # noqa: S608 -- our own names
            *key.values(),
            *changed.values(),
        )
        assert row is not None, "the row is held"
        return row, ImportAction.CHANGED, ", ".join(changed)
