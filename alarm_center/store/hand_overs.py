"""Hand-overs of a board: who took over and when, what came since a sign-in, and names of homes whose device is silent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from alarm_center.core.hand_over import BoardHandOver, CameCase
from alarm_center.store.memory import Tx
from alarm_center.store.residents import SHOWN_NAME
from schemas.vocabulary import AlarmKind, Outcome, Priority, Reason

_MOST: Final = 200
"""Cases of one hand-over: more than that nobody reads in two minutes."""


@dataclass(frozen=True, slots=True)
class DoneSince:
    """Counts of a night from an instant on: checks that were seen, and alarms that were closed."""

    seen: int
    closed: int


async def signed_in_at(tx: Tx) -> datetime | None:
    """Return when the session that the transaction carries began."""
    at: datetime | None = await tx.fetchval("select signed_in_at()")
    return at


async def last_hand_over(tx: Tx, org: str, *, but_by: UUID | None = None) -> BoardHandOver | None:
    """Return the town's last hand-over, leaving out those *but_by* somebody; ``None``: there has been none."""
    row = await tx.fetchrow(
        """
        select h.org, h.taken_by, u.name, h.taken_at, h.open_cases from hand_overs h left join users u on u.user_id = h.taken_by
        where h.org = $1 and h.taken_by is distinct from $2 order by h.taken_at desc limit 1
        """,
        org, but_by,
    )  # fmt: skip
    return BoardHandOver(**row) if row else None


async def forget_old(tx: Tx) -> int:
    """Forget the hand-overs of every town that are older than five years; return how many."""
    gone: int = await tx.fetchval("select forget_hand_overs()")
    return gone


async def keep_hand_over(tx: Tx, org: str, user_id: UUID, now: datetime, open_cases: int) -> None:
    """Write that the person has taken over the town's board."""
    await tx.execute(
        "insert into hand_overs (org, taken_by, taken_at, open_cases) values ($1, $2, $3, $4)",
        org, user_id, now, open_cases,
    )  # fmt: skip


async def lock_hand_overs(tx: Tx, org: str) -> None:
    """Let only one transaction at a time take over the town's board."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('hand_over'), hashtext($1))", org)


async def came_since(tx: Tx, orgs: Collection[str], since: datetime) -> list[CameCase]:
    """Return the newest 200 alarms and visits that were opened in those towns since, the oldest first."""
    rows = await tx.fetch(
        """
        select a.alarm_id, a.case_no, e.code as area, a.kind, a.reason, a.priority, a.visit, a.opened_at, a.closed_at, a.outcome
        from alarms a join areas e using (area_id)
        where a.org = any ($1::text[]) and a.opened_at >= $2 and a.lane = 'real' order by a.opened_at desc limit $3
        """,
        list(orgs), since, _MOST,
    )  # fmt: skip
    return [
        CameCase(
            **{
                **dict(row),
                "kind": AlarmKind(row["kind"]),
                "reason": Reason(row["reason"]) if row["reason"] else None,
                "priority": Priority(row["priority"]),
                "outcome": Outcome(row["outcome"]) if row["outcome"] else None,
            }
        )
        for row in reversed(rows)
    ]


async def done_since(tx: Tx, nights: Mapping[str, date], since: datetime) -> DoneSince:
    """Return what has been done since in the *nights* (by town), in the viewer's areas; an exercise and a visit are no alarms."""
    row = await tx.fetchrow(
        """
        select
            (select count(*) from checks c join unnest($1::text[], $2::date[]) as n(org, night) using (org, night)
                join residents r using (resident_id) where c.state = 'seen' and c.ended_at >= $3) as seen,
            (select count(*) from alarms a
                where a.org = any ($1) and a.opened_at >= $3::timestamptz - interval '1 day' and a.closed_at >= $3
                    and a.lane = 'real' and not a.visit) as closed
        """,
        list(nights), list(nights.values()), since,
    )  # fmt: skip
    assert row is not None, "two counts are one row"
    return DoneSince(**row)


async def shown_names(tx: Tx, resident_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the residents' names; empty for protected identity, but for those with the right."""
    rows = await tx.fetch(
        f"select r.resident_id, {SHOWN_NAME} as name from residents r where r.resident_id = any ($1::uuid[])",  # noqa: S608 -- our own words
        list(resident_ids),
    )
    return {row["resident_id"]: row["name"] for row in rows}
