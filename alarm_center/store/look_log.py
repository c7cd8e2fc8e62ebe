"""The log of looks for its review: pages of it, a month's tallies, readings of it, and the list for one resident.

Pages of this review see no table. Functions of the database answer (revision 0006_review): each asks for the right, and writes
that the log was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from alarm_center.core.logged_looks import ListedLook, LoggedLook, LookCause
from alarm_center.core.look_review import LONG_LOOK, QUIET_FROM, QUIET_UNTIL, PersonTally
from alarm_center.store.memory import Tx

PAGE: Final = 50
"""Looks on a page of the log."""


@dataclass(frozen=True, slots=True)
class ReviewedTown:
    """A town whose log the person may review."""

    org: str
    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class LogLine(LoggedLook):
    """A look with the supervisor's review of it. ``stranger``: it names another resident than its case does."""

    resident_id: UUID | None
    stranger: bool
    reviewed_by: str | None
    reviewed_at: datetime | None
    review_note: str | None

    @property
    def without_check(self) -> bool:
        """No check of the case was due, and it was no trial."""
        return not self.due and self.cause is not LookCause.TRIAL


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Limits of a reading of the log; ``None`` limits nothing. ``shown`` is ``picture``, ``clear`` or ``live``."""

    person: UUID | None = None
    resident_no: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    shown: str | None = None
    without_check: bool = False


@dataclass(frozen=True, slots=True)
class LogPlace:
    """A place in a list that is sorted by time, the newest first: the row that was last shown."""

    at: datetime
    row_id: UUID


async def towns_to_review(tx: Tx) -> list[ReviewedTown]:
    """Return the towns that the page's right is held in, by name."""
    return [ReviewedTown(**row) for row in await tx.fetch("select org, name, zone from towns_to_review()")]


_LINE: Final = """
    look_id, began_at, ended_at, user_id, who, roles, resident_no, shown_resident(resident_id, resident) as resident, area, kind,
    clear, reason, cause, due, check_at,
    case_no, raised_for
"""


async def read_log(
    tx: Tx, org: str, asked: LogFilter, before: LogPlace | None = None, most: int = PAGE, *, export: bool = False
) -> list[LogLine]:
    """Return at most *most* looks past *before*, the newest first, and write that they were read, or exported.

    Raises:
        asyncpg.InsufficientPrivilegeError: the page's right is not the person's in that town.
    """
    rows = await tx.fetch(
        f"""
        select {_LINE}, resident_id, stranger, reviewed_by, reviewed_at, review_note
        from look_log($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,  # noqa: S608 -- our own columns
        org, "export" if export else "log", asked.person, asked.resident_no, asked.since, asked.until, asked.shown,
        asked.without_check, before.at if before else None, before.row_id if before else None, most,
    )  # fmt: skip
    return [LogLine(**{**row, "cause": LookCause(row["cause"]), "roles": tuple(row["roles"] or ())}) for row in rows]


async def read_tallies(tx: Tx, org: str, since: datetime, until: datetime) -> list[PersonTally]:
    """Return each person's looks between two instants, those without a due check first; and write that they were read."""
    rows = await tx.fetch(
        """
        select user_id, who, looks, without_check, own_alarm, unreviewed, clear, long_ones, strangers, at_quiet_hours,
            most_at_one, most_looked_at
        from look_tallies($1, $2, $3, $4, $5, $6)
        """,
        org, since, until, LONG_LOOK, QUIET_FROM, QUIET_UNTIL,
    )  # fmt: skip
    return [PersonTally(**row) for row in rows]


async def review_look(tx: Tx, org: str, look_id: UUID, note: str | None) -> bool | None:
    """Write that the supervisor has reviewed a look; false if it is their own or reviewed already, ``None`` if there is none."""
    done: bool | None = await tx.fetchval("select review_look($1, $2, $3)", org, look_id, note)
    return done


async def note_door_code(tx: Tx, resident_id: UUID) -> bool:
    """Write that the person is shown the code of the resident's port; false if it is not theirs to see."""
    seen: bool = await tx.fetchval("select note_door_code($1)", resident_id)
    return seen


@dataclass(frozen=True, slots=True)
class LogReading:
    """One time that somebody read the log: *what* of it, and whose looks they asked for."""

    read_id: UUID
    at: datetime
    who: str | None
    what: str
    person: str | None
    resident: str | None
    from_at: datetime | None
    to_at: datetime | None
    looks: int


async def readings(tx: Tx, org: str, before: LogPlace | None = None, most: int = PAGE) -> Sequence[LogReading]:
    """Return who has read the town's log, the newest first."""
    rows = await tx.fetch(
        """
        select read_id, at, who, what, person, resident, from_at, to_at, looks from look_log_readings($1, $2, $3, $4)
        """,
        org, before.at if before else None, before.row_id if before else None, most,
    )  # fmt: skip
    return [LogReading(**row) for row in rows]


# ---- the list for one resident ----


@dataclass(frozen=True, slots=True)
class ListedResident:
    """A resident whose list may be handed out."""

    resident_id: UUID
    number: int
    name: str
    area: str


@dataclass(frozen=True, slots=True)
class ListHead:
    """The resident that a list is for."""

    org: str
    number: int
    name: str
    zone: str


async def search_residents(tx: Tx, org: str, asked: str, most: int) -> list[ListedResident]:
    """Return the residents whose name holds *asked*, or whose number it is."""
    rows = await tx.fetch(
        "select resident_id, number, shown_resident(resident_id, name) as name, area from residents_to_list($1, $2, $3)",
        org, asked, most,
    )  # fmt: skip
    return [ListedResident(**row) for row in rows]


async def list_head(tx: Tx, resident_id: UUID) -> ListHead | None:
    """Return the resident; ``None`` if their list is not the person's to hand out."""
    row = await tx.fetchrow(
        "select org, number, shown_resident($1, name) as name, zone from resident_to_list($1)", resident_id
    )
    return ListHead(**row) if row else None


async def looks_at_resident(tx: Tx, resident_id: UUID, since: datetime, until: datetime) -> list[ListedLook]:
    """Return who and what looked at the resident between two instants, oldest first; and write that it was shown."""
    rows = await tx.fetch(
        """
        select at, ended_at, who, live, blurred, reason, cause, check_at, raised_for, seconds, device, judged
        from looks_at_resident($1, $2, $3)
        """,
        resident_id, since, until,
    )  # fmt: skip
    return [ListedLook(**{**row, "cause": LookCause(row["cause"]) if row["device"] is None else None}) for row in rows]
