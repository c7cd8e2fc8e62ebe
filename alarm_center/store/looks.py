"""Looks at sessions and live frames: the case that permits one, who looks now, and the row written before the first byte.

Where a town shows pictures blurred first, seeing one clear is a look of its own, with the reason for which it was asked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from alarm_center.core.alarm import AlarmState
from alarm_center.core.alarm.lease import Lease
from alarm_center.store.memory import Tx
from schemas.limits import FRAMES_AWAITED_SECONDS
from schemas.vocabulary import ClearFor, Reason

AFTER_FIRST_VIEW: Final = timedelta(minutes=10)
AT_MOST: Final = timedelta(minutes=30)
"""A picture is gone that long after its first view, or after it came (docs/pictures.md#how-long-one-is-kept)."""

AWAITED: Final = timedelta(seconds=FRAMES_AWAITED_SECONDS)
"""Frames that have not come may still be on their way for so long."""

CHECK_LEASE: Final = timedelta(seconds=90)
"""Lease of the person who began to look at a check, like that of an alarm (docs/pictures.md#who-sees-one)."""


@dataclass(frozen=True, slots=True)
class SessionToLookAt:
    """A session with the case that it may be looked at for.

    ``alarm_state`` and ``lease`` are the alarm's; ``check_state`` the check's own. ``first_view`` is when anybody
    first saw it. ``consented``: everybody in the home who has to agree still does; ``shown``: also
    that people see the pictures. ``blurred``: the town shows it blurred
    until somebody asks.
    """

    org: str
    area_id: UUID | None
    device_id: str
    session_id: str
    resident_id: UUID | None
    check_id: UUID | None
    check_state: str | None
    alarm_id: UUID | None
    alarm_state: str | None
    lease: Lease
    reason: str | None
    people: int | None
    expected: int
    received_at: datetime
    first_view: datetime | None
    consented: bool
    shown: bool
    blurred: bool
    judged_at_home: bool

    @property
    def open_alarm(self) -> UUID | None:
        """The open alarm that the session may be looked at for; ``None`` if there is none."""
        return None if self.alarm_state == AlarmState.CLOSED else self.alarm_id

    @property
    def is_withheld(self) -> bool:
        """True if somebody may be in the picture who has agreed to nothing: more people than expected, or nobody can say."""
        return self.reason == Reason.COUNT and (self.people is None or self.people > self.expected)

    def is_awaited(self, now: datetime) -> bool:
        """True while frames may still be on their way from a home that judges, whose finding may go before them."""
        return self.judged_at_home and self.first_view is None and now < self.received_at + AWAITED

    def is_gone(self, now: datetime) -> bool:
        """True once the session's limits have passed, or its consent has, whatever is left in memory."""
        return (
            not self.consented
            or now >= self.received_at + AT_MOST
            or (self.first_view is not None and now >= self.first_view + AFTER_FIRST_VIEW)
        )


def _lease(fields: dict[str, Any]) -> Lease:
    return Lease(fields.pop("holder"), fields.pop("lease_until"))


async def session_to_look_at(tx: Tx, session_id: str, user_id: UUID | None = None) -> SessionToLookAt | None:
    """Return a session with its case; ``None`` if there is none that the viewer may know of.

    A session that answered two who share a bed has two cases: the one that *user_id* may look for, else that of the check that it names.
    """
    row = await tx.fetchrow(
        """
        select s.org, coalesce(a.area_id, (select area_id from residents r where r.resident_id = s.resident_id)) as area_id,
            (select o.first_view = 'blurred' from organisations o where o.org = s.org) as blurred, s.device_id, s.session_id, coalesce(c.resident_id, s.resident_id) as resident_id,
            coalesce(c.check_id, s.check_id) as check_id, c.state as check_state, a.alarm_id,
            a.state as alarm_state, a.holder, a.lease_until, s.reasons[1] as reason, s.people,
            case when cardinality(bed_of(d.resident_id)) = 2 then greatest(cardinality(at_home(d.resident_id)), 1)
                else coalesce((d.profile->>'expected_people')::int, 1) end as expected, s.received_at,
            (select min(l.began_at) from looks l where l.session_id = s.session_id and l.org = s.org) as first_view,
            may_look(s.resident_id, coalesce(d.kind, 'camera'), false) as consented,
            may_look(s.resident_id, coalesce(d.kind, 'camera'), true) as shown, coalesce(d.judge = 'home', false) as judged_at_home
        from sessions s
        left join devices d on d.org = s.org and d.device_id = s.device_id
        left join lateral (
            select c.check_id, c.resident_id, c.state, c.alarm_id, true as named from checks c where c.check_id = s.check_id
            union all
            select c.check_id, c.resident_id, c.state, c.alarm_id, false from attempts t join checks c using (check_id)
            where t.session_id = s.session_id and t.org = s.org and c.device_id = s.device_id and t.check_id <> s.check_id
        ) c on true
        left join alarms a on a.alarm_id = case when c.named is not false then coalesce(s.alarm_id, c.alarm_id) else c.alarm_id end
        where s.session_id = $1 and s.receipt = 'committed'
            and (s.resident_id is null or exists (select from residents r where r.resident_id = s.resident_id))
        order by s.received_at desc,
            case when a.state <> 'closed' then coalesce((a.holder = $2)::int, 0) else (c.state = 'to_look')::int end desc nulls last,
            c.named desc nulls last limit 1
        """,
        session_id, user_id,
    )  # fmt: skip
    if row is None:
        return None
    fields = dict(row)
    return SessionToLookAt(lease=_lease(fields), **fields)


async def lock_alarm(tx: Tx, alarm_id: UUID) -> None:
    """Lock the alarm for reading until this transaction ends: letting go of it then ends a look that began here."""
    await tx.execute("select from alarms where alarm_id = $1 for share", alarm_id)


async def lock_check(tx: Tx, check_id: UUID, user_id: UUID, now: datetime) -> UUID | None:
    """Lock the check, so that two cannot begin at once, and return who else looks at it; ``None``: nobody."""
    await tx.execute("select from checks where check_id = $1 for update", check_id)
    return await other_looker(tx, check_id, user_id, now)


async def other_looker(tx: Tx, check_id: UUID, user_id: UUID, now: datetime) -> UUID | None:
    """Return the user, other than *user_id*, who began to look at the check and has neither ended nor run out of time."""
    other: UUID | None = await tx.fetchval(
        """
        select user_id from looks
        where check_id = $1 and alarm_id is null and user_id <> $2 and ended_at is null and began_at > $3
        order by began_at limit 1
        """,
        check_id, user_id, now - CHECK_LEASE,
    )  # fmt: skip
    return other


async def ongoing_look(tx: Tx, session_id: str, user_id: UUID, now: datetime, *, asked: bool = False) -> UUID | None:
    """Return the look that *user_id* has begun at the session and not ended; *asked*: the clear one that they asked for."""
    look: UUID | None = await tx.fetchval(
        """
        select look_id from looks
        where session_id = $1 and user_id = $2 and ended_at is null and began_at > $3 and (reason is not null) = $4
        order by began_at desc limit 1
        """,
        session_id, user_id, now - AFTER_FIRST_VIEW, asked,
    )  # fmt: skip
    return look


async def begin(
    tx: Tx,
    looked: SessionToLookAt,
    user_id: UUID,
    now: datetime,
    clear_for: ClearFor | None = None,
) -> UUID:
    """Write that *user_id* begins to see a session: as the town shows it first, or clear for the reason that they gave.

    Of two who share the bed each has a row: it shows both.
    """
    look: UUID = await tx.fetchval(
        """
        with seen as (
            select $2::uuid as resident_id, $3::uuid as check_id, $4::uuid as alarm_id
            union all
            select o.id, coalesce(c.check_id, $3), case when c.check_id is null then $4 else c.open_alarm end
            from unnest(at_home($2)) as o(id) left join lateral (
                select c.check_id, a.alarm_id as open_alarm from attempts t join checks c using (check_id)
                left join alarms a on a.alarm_id = c.alarm_id and a.state <> 'closed'
                where t.session_id = $5 and t.org = $1 and c.resident_id = o.id limit 1
            ) c on true
            where o.id <> $2
        )
        insert into looks (org, resident_id, check_id, alarm_id, session_id, user_id, kind, began_at, clear, reason, roles)
        select $1, resident_id, check_id, alarm_id, $5, $6, 'session', $7, $8, $9, my_roles($1) from seen returning look_id
        """,
        looked.org, looked.resident_id, looked.check_id,
        looked.open_alarm,
        looked.session_id, user_id, now, clear_for is not None or not looked.blurred, clear_for,
    )  # fmt: skip
    return look


async def begin_live(
    tx: Tx, command_id: UUID, user_id: UUID, now: datetime, clear_for: ClearFor | None = None
) -> UUID | None:
    """Write that *user_id* begins to see a live look; ``None`` when there is no such command that they asked for."""
    look: UUID | None = await tx.fetchval(
        """
        insert into looks (org, resident_id, check_id, alarm_id, command_id, user_id, kind, began_at, clear, reason, roles)
        select c.org, seen.resident_id, c.check_id, c.alarm_id, c.command_id, $2, 'live', $3,
            $4::text is not null or o.first_view = 'clear', $4, my_roles(c.org)
        from commands c join organisations o using (org)
        left join alarms a using (alarm_id) left join checks k on k.check_id = c.check_id
        cross join lateral (
            select coalesce(a.resident_id, k.resident_id) as resident_id
            union select unnest(at_home(coalesce(a.resident_id, k.resident_id)))
        ) seen
        where c.command_id = $1 and c.kind = 'live' returning look_id
        """,
        command_id, user_id, now, clear_for,
    )  # fmt: skip
    return look


async def has_looked(tx: Tx, session_id: str, user_id: UUID) -> bool:
    """Tell whether *user_id* has seen a session, or still does."""
    found: bool = await tx.fetchval(
        "select exists (select from looks where session_id = $1 and user_id = $2)", session_id, user_id
    )
    return found


async def end(tx: Tx, session_id: str, user_id: UUID, now: datetime, *, asked: bool | None = None) -> None:
    """Write that *user_id* has stopped seeing a session: the clear look that they asked for, the first one, or both."""
    await tx.execute(
        """
        update looks set ended_at = greatest($3, began_at)
        where session_id = $1 and user_id = $2 and ended_at is null and coalesce((reason is not null) = $4, true)
        """,
        session_id, user_id, now, asked,
    )  # fmt: skip


async def end_for_case(tx: Tx, alarm_id: UUID, user_id: UUID, now: datetime) -> None:
    """Write that *user_id* sees nothing of the case any more: it is no longer theirs, or closed."""
    await tx.execute(
        """
        update looks set ended_at = greatest($3, began_at)
        where alarm_id = $1 and user_id = $2 and ended_at is null
        """,
        alarm_id, user_id, now,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LiveLook:
    """A live look that somebody asked for, with the alarm that it is tied to."""

    org: str
    device_id: str
    alarm_id: UUID
    seconds: int
    created_at: datetime
    expires_at: datetime
    ended: str | None
    alarm_state: str
    lease: Lease
    look_id: UUID | None
    clear: bool
    """The look is shown clear: by the town's wish, or since it was begun with a reason."""

    def is_over(self, now: datetime) -> bool:
        """True once the live look has ended, with its case or by its time."""
        return (
            self.alarm_state == "closed"
            or self.ended in ("expired", "refused")
            or now >= self.expires_at + timedelta(seconds=self.seconds)
        )


async def live_look(tx: Tx, command_id: UUID, user_id: UUID) -> LiveLook | None:
    """Return a live look that *user_id* asked for."""
    row = await tx.fetchrow(
        """
        select c.org, c.device_id, c.alarm_id, c.seconds, c.created_at, c.expires_at, c.ended, a.state as alarm_state,
            a.holder, a.lease_until, l.look_id, coalesce(l.clear, o.first_view = 'clear') as clear
        from commands c join alarms a using (alarm_id) join organisations o on o.org = c.org
        left join lateral (
            select look_id, clear from looks where command_id = c.command_id and user_id = $2 order by began_at limit 1
        ) l on true
        where c.command_id = $1 and c.kind = 'live' and c.asked_by = $2::text
        """,
        command_id, str(user_id),
    )  # fmt: skip
    if row is None:
        return None
    fields = dict(row)
    return LiveLook(lease=_lease(fields), **fields)


async def has_seen(tx: Tx, check_id: UUID, session_id: str, user_id: UUID) -> bool:
    """Tell whether *user_id* has looked at that session of the check, or it came without a picture to look at.

    The database asks the like of each check that a page turns green (revision 0003_writes).
    """
    seen: bool = await tx.fetchval(
        """
        select exists (
            select from sessions s where s.session_id = $2 and (s.check_id = $1
                or exists (select from attempts t where t.check_id = $1 and t.session_id = s.session_id and t.org = s.org)
            ) and (s.pictures = 0 or exists (
                select from looks l where l.org = s.org and l.session_id = s.session_id and l.user_id = $3)))
        """,
        check_id, session_id, user_id,
    )  # fmt: skip
    return seen
