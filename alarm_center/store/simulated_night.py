"""SQL of the demo's night: its clock moved or stopped, work still under way, cases to act on, and the night as played.

Only a database with a test clock (``migrate --test-clock``) lets its clock be moved.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from alarm_center.store.memory import Tx

# ---- its clock ----


async def has_test_clock(tx: Tx) -> bool:
    """Tell whether this database was made with a clock that can be moved: nobody in it is real."""
    found: bool = await tx.fetchval("select to_regclass('clock.shift') is not null")
    return found


async def move_clock(tx: Tx, ahead: timedelta) -> None:
    """Move the service's clock ahead."""
    await tx.execute("select clock.move($1)", ahead)


async def set_clock(tx: Tx, instant: datetime) -> None:
    """Make *instant* the service's time."""
    await tx.execute("select clock.move($1 - clock.now())", instant)


async def stop_clock(tx: Tx) -> None:
    """Let the service's clock stand still."""
    await tx.execute("select clock.freeze(clock.now())")


async def resume_clock(tx: Tx) -> None:
    """Let the service's clock go on from where it stands."""
    # The database keeps how far its clock is from real time: first that is made anew, then the clock let go.
    await tx.execute("select clock.freeze(clock.now())")
    await tx.execute("select clock.freeze(null)")


# ---- what is under way ----


@dataclass(frozen=True, slots=True)
class NightUnderway:
    """Counts of the work under way at one instant, as the database has it."""

    at: datetime
    due_at: datetime | None
    behind: int
    unsent: int
    owed: int
    unheard: int
    judged_at: datetime | None
    open_alarms: int
    open_checks: int


async def read_underway(tx: Tx, linked_devices: Sequence[str], night: date) -> NightUnderway:
    """Return everything under way now, of the devices that have a network and of the checks until *night*."""
    row = await tx.fetchrow(
        """
        select clock.now() as at,
            least(
                (select min(next_step_at) from checks where next_step_at is not null),
                (select min(next_step_at) from alarms where next_step_at is not null)
            ) as due_at,
            (select count(*) from devices where device_id = any($1) and reported_version is distinct from wanted_version)
                as behind,
            (select count(*) from messages where state in ('queued', 'sending') and (not_before <= clock.now() or not worded)) as unsent,
            (select count(*) from attempts a join checks c using (check_id)
                where a.state = 'owed' and a.opens_at <= clock.now() and a.closes_at > clock.now()
                and c.state in ('planned', 'open', 'waiting') and not c.held and c.device_id = any($1)) as owed,
            (select count(*) from devices where device_id = any($1)
                and coalesce(last_heard_at, '-infinity') < clock.now() - interval '100 s') as unheard,
            (select max(last_heard_at) from detectors) as judged_at,
            (select count(*) from alarms where state <> 'closed') as open_alarms,
            (select count(*) from checks where night <= $2 and next_step_at is not null) as open_checks
        """,
        linked_devices, night,
    )  # fmt: skip
    assert row is not None, "a row of aggregates"
    return NightUnderway(**row)


# ---- the simulated operator, and the newcomer ----


@dataclass(frozen=True, slots=True)
class WaitingSession:
    """The newest session of a check that waits for a person to look."""

    check_id: UUID
    resident_id: UUID
    session_id: str
    received_at: datetime


async def sessions_to_look_at(tx: Tx) -> list[WaitingSession]:
    """Return the newest session of each check that waits for a person to look."""
    rows = await tx.fetch(
        """
        select c.check_id, c.resident_id, s.session_id, s.received_at from checks c cross join lateral (
            select session_id, received_at from sessions
            where check_id = c.check_id and receipt = 'committed' order by received_at desc limit 1) s
        where c.state = 'to_look'
        """
    )
    return [WaitingSession(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class OpenAlarm:
    """An open alarm, with the facts that the simulated operator acts on."""

    alarm_id: UUID
    kind: str
    state: str
    condition: str
    holder: UUID | None
    opened_at: datetime
    done_at: datetime | None


async def open_alarms(tx: Tx) -> list[OpenAlarm]:
    """Return the alarms that are open, without visits."""
    rows = await tx.fetch(
        """
        select alarm_id, kind, state, condition, holder, opened_at, done_at
        from alarms where state <> 'closed' and not visit
        """
    )
    return [OpenAlarm(**row) for row in rows]


async def has_any_signed_in(tx: Tx, users: Collection[UUID]) -> bool:
    """Tell whether one of *users* has signed in."""
    found: bool = await tx.fetchval("select exists (select from web_sessions where user_id = any($1))", list(users))
    return found


async def is_planning(tx: Tx, users: Collection[UUID], lately: timedelta) -> bool:
    """Tell whether one of *users* who plans has asked for a page *lately*; the use of a session is written once a minute."""
    found: bool = await tx.fetchval(
        """
        select exists (select from web_sessions s join memberships m using (user_id)
            where s.user_id = any ($1) and m.roles && '{coordinator,case_officer,installer}'
                and s.expires_at > clock.now() and s.seen_at > clock.now() - $2::interval - interval '1 minute')
        """,
        list(users), lately,
    )  # fmt: skip
    return found


async def held_cases(tx: Tx, users: Collection[UUID], look_lasts: timedelta) -> frozenset[UUID]:
    """Return the checks that one of *users* looks at, and the alarms that one of them has leased."""
    rows = await tx.fetch(
        """
        select alarm_id as case_id from alarms
            where state <> 'closed' and holder = any($1) and is_held(holder, lease_until, clock.now())
        union select l.check_id from looks l join checks c using (check_id)
            where l.alarm_id is null and l.user_id = any($1) and l.ended_at is null and l.began_at > clock.now() - $2::interval
            and c.state = 'to_look'
        """,
        list(users), look_lasts,
    )  # fmt: skip
    return frozenset(row["case_id"] for row in rows)


async def waiting_cases(tx: Tx) -> frozenset[UUID]:
    """Return the checks and alarms that somebody has to act on."""
    rows = await tx.fetch(
        """
        select alarm_id as case_id from alarms
            where state in ('open', 'claimed', 'dispatched') or done_at is not null and state <> 'closed'
        union select check_id from checks where state = 'to_look'
        """
    )
    return frozenset(row["case_id"] for row in rows)


# ---- the verdict ----


@dataclass(frozen=True, slots=True)
class PlayedCheck:
    """One check of the night, as it ended."""

    number: int
    opens_at: datetime
    state: str
    answer: str | None
    seen_by: str | None
    late: bool


@dataclass(frozen=True, slots=True)
class PlayedAlarm:
    """One alarm since the night began."""

    number: int | None
    alarm_id: str
    kind: str
    priority: int
    state: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class PlayedMessage:
    """One SMS or call since the night began."""

    number: int | None
    channel: str
    wording: str
    state: str


async def played_checks(tx: Tx, org: str, night: date) -> list[PlayedCheck]:
    """Return the town's checks of the night, by resident and time."""
    rows = await tx.fetch(
        """
        select r.number, c.opens_at, c.state, c.answer, c.seen_by, c.late
        from checks c join residents r using (resident_id)
        where c.org = $1 and c.night = $2 order by r.number, c.opens_at
        """,
        org, night,
    )  # fmt: skip
    return [PlayedCheck(**row) for row in rows]


async def played_alarms(tx: Tx, org: str) -> list[PlayedAlarm]:
    """Return the town's alarms, the oldest first."""
    rows = await tx.fetch(
        """
        select r.number, a.alarm_id::text, a.kind, a.priority, a.state, a.outcome
        from alarms a left join residents r using (resident_id) where a.org = $1 order by a.opened_at
        """,
        org,
    )
    return [PlayedAlarm(**row) for row in rows]


async def played_messages(tx: Tx, org: str) -> list[PlayedMessage]:
    """Return the town's SMS and calls, the oldest first."""
    rows = await tx.fetch(
        """
        select r.number, m.channel, m.wording, m.state
        from messages m left join alarms a using (alarm_id) left join residents r using (resident_id)
        where m.org = $1 order by m.created_at
        """,
        org,
    )
    return [PlayedMessage(**row) for row in rows]
