"""State of an import under way: its transaction, ids of its rows, and changes made, each with its timeline line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.store import events
from alarm_center.store.memory import Tx
from alarm_center.store.town_rows import KeptRow, TownTable, keep_row
from schemas import timeline
from schemas.vocabulary import ImportAction


@dataclass(frozen=True, slots=True)
class ImportedChange:
    """One change that an import makes: *what* and *name* say to which thing, *detail* says more.

    ``name`` is a number or a code, and a carer's name as the file has it. No other personal data stands here.
    """

    what: str
    name: str
    action: ImportAction
    detail: str = ""
    invite_token: str | None = field(default=None, repr=False, compare=False)
    """Token of a new invitation's link, for whoever runs the import to pass on; it is kept nowhere."""

    def __str__(self) -> str:
        return f"{self.what} {self.name}: {self.action}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change's line in the timeline, with the rows that it is about."""

    payload: timeline.Payload
    area_id: UUID | None = None
    resident_id: UUID | None = None
    device_id: str | None = None


@dataclass(slots=True)
class TownImport:
    """One import under way, inside its transaction."""

    tx: Tx
    org: str
    zone: ZoneInfo
    now: datetime
    actor: str
    spread_seconds: int
    changes: list[ImportedChange] = field(default_factory=list)
    areas: dict[str, UUID] = field(default_factory=dict)
    carers: dict[str, UUID] = field(default_factory=dict)

    @property
    def tonight(self) -> date:
        """The night that *now* is in."""
        return calendar.night_of(self.now, self.zone)

    def instant(self, day: date) -> datetime:
        """Return when *day* begins, in UTC; a date in the file has no time of its own."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)

    async def note_change(self, change: ImportedChange, line: ChangeLine | None = None) -> None:
        """Note one change, and write its *line* in the timeline; what is left as it is has no line."""
        self.changes.append(change)
        if line is None:
            return
        event = events.NewEvent(
            self.org, line.payload, area_id=line.area_id, resident_id=line.resident_id, device_id=line.device_id,
            actor=self.actor,
        )  # fmt: skip
        await events.write(self.tx, self.now, event)

    async def keep(self, table: TownTable, key: Mapping[str, object], values: Mapping[str, object]) -> KeptRow:
        """Make the row of *table* under *key* have *values*, in the import's transaction."""
        return await keep_row(self.tx, table, key, values)
