"""Rows of one resident's nights for "Natten i efterhand": checks, alarms, lines, looks, sessions, and who was on duty.

All under the viewer's own rights: of others it reads the names of staff alone.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from alarm_center.core.past_night import DutyShiftName, Moment, PastAlarm, PastCheck, PastLine, PastLook, PastSession
from alarm_center.core.shadow_nights import without_word
from alarm_center.store import events, users
from alarm_center.store.memory import Tx
from alarm_center.store.shadow_nights import JUDGED_BLIND


async def checks(tx: Tx, resident_id: UUID, first: date, last: date) -> list[PastCheck]:
    """Return the looks and visits that were owed on the nights from *first* to *last*, in order."""
    rows = await tx.fetch(
        """
        select c.check_id, c.night, c.opens_at, s.by_visit, c.state, c.answer, c.reason, c.cancel_reason, c.instead, c.alarm_id
        from checks c join slots s using (slot_id)
        where c.resident_id = $1 and c.night between $2 and $3 order by c.opens_at, c.check_id
        """,
        resident_id, first, last,
    )  # fmt: skip
    return [PastCheck(**row) for row in rows]


async def alarms(tx: Tx, resident_id: UUID, since: datetime, until: datetime, among: Sequence[UUID]) -> list[PastAlarm]:
    """Return the resident's alarms and visits that were opened between two instants, and those *among*, in order."""
    rows = await tx.fetch(
        """
        select alarm_id, case_no, opened_at, closed_at, visit, outcome, instead_of from alarms
        where resident_id = $1 and lane = 'real' and (opened_at >= $2 and opened_at < $3 or alarm_id = any ($4::uuid[]))
        order by opened_at, alarm_id
        """,
        resident_id, since, until, list(among),
    )  # fmt: skip
    return [PastAlarm(**row) for row in rows]


async def moments(tx: Tx, check_ids: Sequence[UUID], alarm_ids: Sequence[UUID]) -> list[Moment]:
    """Return what happened in these cases: lines with who is behind each, people's looks, and devices that were awake."""
    found = (list(check_ids), list(alarm_ids))
    names = {str(user_id): name for user_id, name in (await users.colleague_names(tx)).items()}
    patrols = {
        str(row["notice_id"]): row["patrol"]
        for row in await tx.fetch("select notice_id, patrol from notices where alarm_id = any ($1::uuid[])", found[1])
    }
    sessions = await tx.fetch(
        f"""
        select s.session_id, coalesce(s.started_at, s.received_at) as at, s.check_id, s.alarm_id, s.device_id, t.seconds, s.detector, {JUDGED_BLIND} as hidden
        from sessions s left join attempts t on t.check_id = s.check_id and t.number = s.attempt
        where s.receipt = 'committed' and (s.check_id = any ($1::uuid[]) or s.alarm_id = any ($2::uuid[]))
        union all
        -- made for the one who shares the bed, and an answer here too
        select s.session_id, coalesce(s.started_at, s.received_at), t.check_id, null, s.device_id, t.seconds, s.detector, {JUDGED_BLIND}
        from attempts t join sessions s on s.session_id = t.session_id and s.org = t.org
        where t.check_id = any ($1::uuid[]) and s.check_id <> t.check_id and s.receipt = 'committed'
        """,  # noqa: S608 -- our own words
        *found,
    )
    detectors = {row["session_id"]: row["detector"] for row in sessions}
    hidden = {row["session_id"] for row in sessions if row["hidden"]}
    told: list[Moment] = []
    for event in await events.of_cases(tx, *found):
        notice = patrols.get(str(getattr(event.payload, "notice_id", None)))
        judged = detectors.get(event.session_id or "") if event.kind in ("finding", "evidence") else None
        who = notice or names.get(event.actor or "") or judged
        payload = without_word(event.payload) if event.session_id in hidden else event.payload
        told.append(PastLine(event.at, event.check_id, event.alarm_id, payload, who))
    looks = await tx.fetch(
        """
        select began_at as at, ended_at, check_id, alarm_id, user_id, kind = 'live' as live, clear from looks
        where check_id = any ($1::uuid[]) or alarm_id = any ($2::uuid[]) order by began_at
        """,
        *found,
    )
    for row in looks:
        fields = dict(row)
        who = names.get(str(fields.pop("user_id")))
        told.append(PastLook(**fields, who=who))
    return told + [
        PastSession(**{name: value for name, value in row.items() if name not in ("session_id", "hidden")})
        for row in sessions
    ]


async def on_duty(tx: Tx, area_id: UUID, since: datetime, until: datetime) -> list[DutyShiftName]:
    """Return who was on duty in the area between two instants, in order."""
    rows = await tx.fetch(
        """
        select s.starts_at, s.ends_at, s.patrol, case when c.protected and not sees_protected(c.org) then '' else c.name end as carer
        from shifts s join carers c using (carer_id)
        where s.area_id = $1 and s.starts_at < $3 and s.ends_at > $2 order by s.starts_at, s.patrol
        """,
        area_id, since, until,
    )  # fmt: skip
    return [DutyShiftName(**row) for row in rows]


async def software(tx: Tx, resident_id: UUID) -> list[tuple[str, str]]:
    """Return the resident's devices with the version that each has now."""
    rows = await tx.fetch(
        "select device_id, coalesce(software, '') as software from devices where resident_id = any (bed_of($1)) order by kind, number_order(device_id), device_id",
        resident_id,
    )
    return [(row["device_id"], row["software"]) for row in rows]
