"""State of an import under way: its transaction, ids of its rows, and changes made, each with its timeline line.

Every write goes through :meth:`TownImport.write`. A dry run has that door shut: it reads the same rows, decides the same, and
works in a transaction that may not write at all.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.store import changes, events, town_rows
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Tx
from alarm_center.store.town_rows import KeptRow, TownTable
from alarm_center.words.town_words import TownSentence
from schemas import timeline
from schemas.vocabulary import ImportAction

T = TypeVar("T")

SOURCE: Final = "file"
"""The way by which these changes came, in the log of changes."""


@dataclass(frozen=True, slots=True)
class ImportedChange:
    """One change that an import makes: *what* and *name* say to which thing, *detail* says more.

    ``name`` is a number or a code, and a carer's name as the file has it. No other personal data stands here. ``detail`` is
    a sentence, or the names of the columns that change.
    """

    what: str
    name: str
    action: ImportAction
    detail: str | TownSentence = ""
    invite_token: str | None = field(default=None, repr=False, compare=False)
    """Token of a new invitation's link, for whoever runs the import to pass on; it is kept nowhere."""
    number: int | None = field(default=None, compare=False)
    """The resident whom it is about, by number; ``None``: the town, or somebody whom the file does not name."""


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change's line in the timeline, with the rows that it is about."""

    payload: timeline.Payload
    area_id: UUID | None = None
    resident_id: UUID | None = None
    device_id: str | None = None


@dataclass(frozen=True, slots=True)
class Importer:
    """Somebody who imports: the name in the timeline, which is nobody's own, and the one in the log of changes."""

    actor: str
    made_by: str
    by_page: bool = False
    """A person on a page changes one part, now, and no file was brought in."""


@dataclass(slots=True)
class TownImport:
    """One import under way, inside its transaction; one that does not write only says what it would change."""

    tx: Tx
    org: str
    zone: ZoneInfo
    now: datetime
    importer: Importer
    writes: bool
    changes: list[ImportedChange] = field(default_factory=list)
    areas: dict[str, UUID] = field(default_factory=dict)
    carers: dict[str, UUID] = field(default_factory=dict)
    unbound: set[str] = field(default_factory=set)
    """Devices that this import has taken from somebody."""

    @property
    def actor(self) -> str:
        """The importer's name in the timeline."""
        return self.importer.actor

    @property
    def tonight(self) -> date:
        """The night that *now* is in."""
        return calendar.night_of(self.now, self.zone)

    def instant(self, day: date) -> datetime:
        """Return when *day* begins, in UTC; a date in the file has no time of its own."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)

    def said_at(self, day: date) -> datetime:
        """Return when something was said on *day*: as that day begins, but on a page, of today, now."""
        today = self.now.astimezone(self.zone).date()
        return self.now if self.importer.by_page and day == today else self.instant(day)

    def in_transaction(self, tx: Tx, now: datetime) -> "TownImport":
        """Return the import as it goes on in another transaction, with no changes yet."""
        return replace(self, tx=tx, now=now, changes=[], unbound=set())

    async def write(self, work: Callable[[Tx], Awaitable[T]]) -> T | None:
        """Do *work* in the import's transaction, and return its answer; a dry run does nothing."""
        return await work(self.tx) if self.writes else None

    async def note_change(self, change: ImportedChange, line: ChangeLine | None = None) -> None:
        """Note one change, and write its *line* in the timeline; what is left as it is has no line."""
        self.changes.append(change)
        if line is None:
            return
        event = events.NewEvent(
            self.org, line.payload, area_id=line.area_id, resident_id=line.resident_id, device_id=line.device_id,
            actor=self.actor,
        )  # fmt: skip
        await self.write(lambda tx: events.write(tx, self.now, event))

    async def log_change(
        self,
        resident_id: UUID,
        part: ChangedPart,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        from_at: datetime | None = None,
    ) -> None:
        """Keep a change of a resident's *part* in their history; it holds from now unless said."""

        async def work(tx: Tx) -> None:
            number = await changes.next_revision(tx, resident_id)
            said = after if self.importer.by_page else {**(after or {}), "source": SOURCE}
            change = NewChange(
                self.org, resident_id, number, part, self.importer.made_by, self.now, from_at or self.now, before, said
            )
            await changes.add(tx, change)

        await self.write(work)

    def _is_same_day(self, before: object, after: object) -> bool:
        """Return whether two instants are of one day: the file has the day alone, and a person's change the hour as well."""
        if not isinstance(before, datetime) or not isinstance(after, datetime):
            return False
        return before.astimezone(self.zone).date() == after.astimezone(self.zone).date()

    async def keep(
        self,
        table: TownTable,
        key: Mapping[str, object],
        values: Mapping[str, object],
        assumed: Mapping[str, object] | None = None,
    ) -> KeptRow:
        """Make the row of *table* under *key* have *values*. What is *assumed* of it has been written just before."""
        kept = await town_rows.compare_row(self.tx, table, key, values, assumed or {}, lock=self.writes)
        if kept.before is not None:
            kept = kept.without(name for name in kept.before if self._is_same_day(kept.before[name], kept.after[name]))
        await self.write(lambda tx: town_rows.write_row(tx, table, key, kept))
        return kept
