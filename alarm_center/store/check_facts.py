"""Facts of a locked check, read by one question after the lock: the check, its home and plan, its device, and the clock.

A statement that waits for a row's lock sees that row as it is then, and every other row as it was before it waited. So the lock is a
statement of its own, and all that decides is read by the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from alarm_center.core.check import Check
from alarm_center.store import checks, detectors, devices, sessions, towns
from alarm_center.store.devices import BoundDevice, DeviceState
from alarm_center.store.memory import Row, Tx
from alarm_center.store.sessions import StoredReceipt


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """A locked check with all that holds for its decision, at one instant."""

    check: Check
    at: datetime
    """The service's time, read after the lock."""
    blind: bool
    """The look that it waits for is judged without the detector's word."""
    home: towns.TownAndPlan
    more_tonight: bool
    """The resident has another check to come this night."""


@dataclass(frozen=True, slots=True)
class TickFacts(CheckFacts):
    """A due check, with what its tick asks about."""

    device: DeviceState | None
    staff_inside: bool
    """Staff are with the resident, or with the one who shares the bed."""
    detectors_alive: int


@dataclass(frozen=True, slots=True)
class SessionFacts(CheckFacts):
    """The check that a session names, with the device that sent it and the receipt that it got before."""

    device: BoundDevice | None
    """Without its ``config``, in which no decision looks."""
    receipt: StoredReceipt | None


_MORE_TONIGHT: Final = """exists (
    select from checks m where m.resident_id = c.resident_id and m.night = c.night and m.opens_at > c.opens_at and m.next_step_at is not null)"""
_STAFF_INSIDE: Final = (
    "exists (select from alarms s where s.resident_id = any (bed_of(c.resident_id)) and s.staff_inside)"
)


def _question(device: str, fields: Sequence[str], more: str, joins: str = "") -> str:
    """Return the question: *device* says which one, *fields* which of its, *more* is asked beside, of *joins*."""
    names = ", ".join(f"g.{name} as g_{name}" for name in fields)
    return f"""
        select clock.now() as at, c.blind, {checks.WITH_ATTEMPTS}, {towns.HOME}, {names}, {_MORE_TONIGHT} as more_tonight, {more}
        {towns.FROM_HOME} join checks c on c.resident_id = r.resident_id {checks.ATTEMPTS}
        left join lateral (select {devices.columns(fields)} {devices.FROM} where {device}) g on true {joins}
        where c.check_id = $1
    """


_OF_SESSION: Final = tuple(name for name in devices.FIELDS if name != "config")
_TICK: Final = _question(
    "d.org = c.org and d.device_id = c.device_id",
    devices.STATE_FIELDS,
    f"{_STAFF_INSIDE} as staff_inside, ({detectors.COUNT_ALIVE.format('$2')}) as detectors_alive",
)
# `offset 0`: the facts of each check are found by its indexes, as those of one are, however many the server believes there are.
_TICKS: Final = f"""
    select f.* from unnest($1::uuid[]) with ordinality w (check_id, place)
        cross join lateral ({_TICK.replace("$1", "w.check_id")} offset 0) f
    order by w.place
"""  # noqa: S608 -- our own question
_SESSION: Final = _question(
    "d.org = $2 and d.device_id = $3",
    _OF_SESSION,
    sessions.RECEIPT,
    "left join sessions s on s.org = $2 and s.device_id = $3 and s.session_id = $4",
)


async def of_tick(tx: Tx, check_id: UUID) -> TickFacts | None:
    """Return the facts of a due check; the caller has locked it."""
    row = await tx.fetchrow(_TICK, check_id, detectors.HEARD_WITHIN)
    return _tick_facts(row) if row is not None else None


async def of_ticks(tx: Tx, check_ids: Sequence[UUID]) -> list[tuple[UUID, TickFacts | None]]:
    """Return the facts of due checks, which the caller has locked, by their ids and in that order; ``None`` for one that cannot be read."""
    return [(row["c_check_id"], _readable(row)) for row in await tx.fetch(_TICKS, check_ids, detectors.HEARD_WITHIN)]


def _readable(row: Row) -> TickFacts | None:
    try:
        return _tick_facts(row)
    except (ValueError, TypeError, LookupError):
        return None


def _tick_facts(row: Row) -> TickFacts:
    said = {name: row[f"g_{name}"] for name in devices.STATE_FIELDS}
    device = DeviceState(**said) if said["link"] is not None else None
    return TickFacts(*_facts(row), device, row["staff_inside"], row["detectors_alive"])


async def of_session(tx: Tx, check_id: UUID, org: str, device_id: str, session_id: str) -> SessionFacts | None:
    """Return the facts of a check and of a session that names it; the caller has locked the check."""
    row = await tx.fetchrow(_SESSION, check_id, org, device_id, session_id)
    if row is None:
        return None
    said = {name: row[f"g_{name}"] for name in _OF_SESSION}
    device = BoundDevice(**said, config=None) if said["device_id"] is not None else None
    return SessionFacts(*_facts(row), device, sessions.receipt_in(row, org, device_id, session_id))


def _facts(row: Row) -> tuple[Check, datetime, bool, towns.TownAndPlan, bool]:
    return checks.check_of(row), row["at"], row["blind"], towns.home_of(row), row["more_tonight"]
