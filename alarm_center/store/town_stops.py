"""Stops of whole towns: proposed, confirmed by a second person, carried out by the service, ended by two or by their last hour."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.town_stop import DeviceCount, Patrol, Round, TownStop
from alarm_center.store.memory import Tx

_FIELDS: Final = ", ".join(f"s.{name}" for name in TownStop.__dataclass_fields__)


async def lock_town(tx: Tx, org: str) -> None:
    """Let only one transaction at a time decide about the town's stop."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('town_stop'), hashtext($1))", org)


async def newest(tx: Tx, org: str) -> TownStop | None:
    """Return the town's newest proposal or stop, whatever has become of it."""
    row = await tx.fetchrow(
        f"select {_FIELDS} from town_stops s where s.org = $1 order by s.proposed_at desc limit 1",  # noqa: S608 -- our own constant
        org,
    )
    return TownStop(**row) if row else None


async def holding(tx: Tx, org: str) -> TownStop | None:
    """Return the stop that holds in the town."""
    row = await tx.fetchrow(
        f"select {_FIELDS} from town_stops s where s.org = $1 and s.confirmed_at is not null and s.ended_at is null",  # noqa: S608 -- our own constant
        org,
    )
    return TownStop(**row) if row else None


async def unfinished(tx: Tx) -> list[TownStop]:
    """Return every confirmed stop of which the service has something to do, now or at its end."""
    rows = await tx.fetch(
        f"select {_FIELDS} from town_stops s where s.confirmed_at is not null and s.restored_at is null order by s.confirmed_at"  # noqa: S608 -- our own constant
    )
    return [TownStop(**row) for row in rows]


async def lock_holding(tx: Tx, stop_id: UUID) -> TownStop | None:
    """Return the stop if it holds; nobody ends it until the transaction has."""
    row = await tx.fetchrow(
        f"select {_FIELDS} from town_stops s where s.stop_id = $1 and s.confirmed_at is not null and s.ended_at is null for share",  # noqa: S608 -- our own constant
        stop_id,
    )
    return TownStop(**row) if row else None


async def lock(tx: Tx, stop_id: UUID) -> TownStop | None:
    """Lock and return a stop; ``None`` if there is none that the viewer may see."""
    row = await tx.fetchrow(f"select {_FIELDS} from town_stops s where s.stop_id = $1 for no key update", stop_id)  # noqa: S608
    return TownStop(**row) if row else None


async def propose(tx: Tx, org: str, why: str, by: str, at: datetime) -> UUID:
    """Insert a proposal; return its id."""
    stop_id: UUID = await tx.fetchval(
        "insert into town_stops (org, why, proposed_by, proposed_at) values ($1, $2, $3, $4) returning stop_id",
        org, why, by, at,
    )  # fmt: skip
    return stop_id


async def confirm(tx: Tx, stop_id: UUID, by: str, at: datetime, to_at: datetime) -> None:
    """Write that a second person has confirmed the stop."""
    await tx.execute(
        "update town_stops set confirmed_by = $2, confirmed_at = $3, to_at = $4 where stop_id = $1",
        stop_id, by, at, to_at,
    )  # fmt: skip


async def propose_return(tx: Tx, stop_id: UUID, by: str, at: datetime) -> None:
    """Write that somebody proposes to go back to looks."""
    await tx.execute("update town_stops set back_by = $2, back_at = $3 where stop_id = $1", stop_id, by, at)


async def end(tx: Tx, stop_id: UUID, by: str, at: datetime) -> None:
    """Write that the stop is over."""
    await tx.execute("update town_stops set ended_by = $2, ended_at = $3 where stop_id = $1", stop_id, by, at)


async def mark_dark(tx: Tx, stop_id: UUID) -> None:
    """Write that every device has the list that it should have."""
    await tx.execute("update town_stops set dark_at = clock.now() where stop_id = $1", stop_id)


async def mark_visits(tx: Tx, stop_id: UUID) -> bool:
    """Write that every look of the stop is a visit; false if another replica has written it."""
    done = await tx.execute(
        "update town_stops set visits_at = clock.now() where stop_id = $1 and visits_at is null", stop_id
    )
    return done != "UPDATE 0"


async def mark_restored(tx: Tx, stop_id: UUID) -> bool:
    """Write that the looks after the stop are owed again; false if another replica has written it."""
    done = await tx.execute(
        "update town_stops set restored_at = clock.now() where stop_id = $1 and restored_at is null", stop_id
    )
    return done != "UPDATE 0"


async def residents_to_visit(tx: Tx, org: str, until: datetime) -> list[UUID]:
    """Return the residents with looks to come before *until*: by their first one's time, then the highest risk first."""
    rows = await tx.fetch(
        """
        select c.resident_id from checks c join residents r using (resident_id)
        where c.org = $1 and c.next_step_at is not null and c.state in ('planned', 'open', 'waiting', 'to_look') and c.opens_at < $2
        group by c.resident_id, r.risk order by min(c.opens_at), r.risk, c.resident_id
        """,
        org, until,
    )  # fmt: skip
    return [row["resident_id"] for row in rows]


async def residents_with_device(tx: Tx, org: str) -> list[UUID]:
    """Return the residents with whom a device is, the ones first whose next look comes first."""
    rows = await tx.fetch(
        """
        select d.resident_id from devices d left join checks c on c.resident_id = d.resident_id and c.next_step_at is not null
        where d.org = $1 and d.resident_id is not null group by d.resident_id order by min(c.opens_at) nulls last, d.resident_id
        """,
        org,
    )
    return [row["resident_id"] for row in rows]


async def residents_to_restore(tx: Tx, org: str) -> list[UUID]:
    """Return the residents of whom a look to come is a visit by a stop of the town: by its time, then the highest risk first."""
    rows = await tx.fetch(
        """
        select c.resident_id from checks c join residents r using (resident_id)
        where c.org = $1 and c.cancel_reason = 'town_stop' and c.opens_at > clock.now()
        group by c.resident_id, r.risk order by min(c.opens_at), r.risk, c.resident_id
        """,
        org,
    )
    return [row["resident_id"] for row in rows]


async def count_devices(tx: Tx, org: str) -> DeviceCount:
    """Return the count of the town's devices that the viewer may see."""
    row = await tx.fetchrow(
        """
        select count(*) as devices, count(*) filter (where reported_version = wanted_version) as confirmed
        from devices where org = $1 and resident_id is not null
        """,
        org,
    )
    assert row is not None, "a count is a row"
    return DeviceCount(**row)


async def count_visits(tx: Tx, org: str, until: datetime) -> int:
    """Return how many of the town's looks of before *until* are visits by a stop, of those that are still to come."""
    count: int = await tx.fetchval(
        """
        select count(*) from checks
        where org = $1 and cancel_reason = 'town_stop' and instead = 'visit' and closes_at > clock.now() and opens_at < $2
        """,
        org, until,
    )  # fmt: skip
    return count


async def rounds_ahead(tx: Tx, org: str, until: datetime) -> list[Round]:
    """Return the looks that would be visits until then, and the visits that are to be made anyway; also past the viewer's areas."""
    rows = await tx.fetch("select case_id, area, due_at, risk, visit from town_ahead($1, $2)", org, until)
    return [Round(**row) for row in rows]


async def patrols_ahead(tx: Tx, org: str, until: datetime) -> list[Patrol]:
    """Return the patrols on duty until then; also past the viewer's areas."""
    rows = await tx.fetch("select area, patrol, starts_at, ends_at from patrols_ahead($1, $2)", org, until)
    return [Patrol(**row) for row in rows]


async def waiting(tx: Tx, within: timedelta) -> list[TownStop]:
    """Return the proposals that the viewer may see and that still wait for a second person."""
    rows = await tx.fetch(
        f"""
        select {_FIELDS} from town_stops s
        where (s.confirmed_at is null and s.proposed_at > clock.now() - $1::interval)
            or (s.confirmed_at is not null and s.ended_at is null and s.back_at > clock.now() - $1::interval)
        order by s.proposed_at
        """,  # noqa: S608 -- our own constant
        within,
    )
    return [TownStop(**row) for row in rows]


async def empty_why(tx: Tx, org: str, stop_id: str) -> bool:
    """Take out why a stop was proposed; false if the town has no such stop."""
    done = await tx.execute("update town_stops set why = '' where org = $1 and stop_id::text = $2", org, stop_id)
    return done != "UPDATE 0"
