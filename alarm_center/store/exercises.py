"""Exercises of a town: the training area with its simulated homes, those who take part, and the alarms of a span."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from alarm_center.core.exercises import Exercise, ExerciseCase, ExerciseTally, FreeCarer, SimulatedHome
from alarm_center.store.lost_phones import IS_LOST
from alarm_center.store.memory import Tx

_FIELDS: Final = (
    "e.exercise_id, e.org, coalesce(u.name, '') as who, e.begun_at, e.ends_at, e.carers, e.made_at, e.ended_at"
)


async def may_begin(tx: Tx) -> bool:
    """Tell whether a page may write exercises: not while a release that knows none runs beside this one (revision 0009)."""
    allowed: bool = await tx.fetchval("select has_column_privilege('exercises', 'exercise_id', 'insert')")
    return allowed


async def open_exercises(tx: Tx, orgs: Collection[str]) -> list[Exercise]:
    """Return the exercises that go on in those towns."""
    rows = await tx.fetch(
        f"select {_FIELDS} from exercises e left join users u on u.user_id = e.begun_by where e.org = any ($1::text[]) and e.ended_at is null",  # noqa: S608 -- our own names
        list(orgs),
    )
    return [Exercise(**{**dict(row), "carers": tuple(row["carers"])}) for row in rows]


async def free_carers(tx: Tx, org: str, now: datetime, lasts: timedelta) -> list[FreeCarer]:
    """Return the town's carers whose phones no real alarm asks from *now* on for as long as an exercise *lasts*, by name.

    Left out are those with protected identity. The worker sees the shifts of every town, a page its own towns'.
    """
    rows = await tx.fetch(
        f"""
        select c.carer_id, c.name from carers c
        where c.org = $1 and not c.protected and (c.ends_on is null or c.ends_on >= $2::timestamptz::date)
            and not {IS_LOST.format(org="c.org", phone="c.phone")}
            and not exists (select from shifts s join carers o using (carer_id) where o.phone = c.phone
                and not s.training and s.starts_at < $2 + $3::interval and s.ends_at > $2)
            and not exists (select from organisations o where o.fixed_number = c.phone) and not asked_for_real(c.phone)
        order by name_order(c.name)
        """,  # noqa: S608 -- our own constant
        org, now, lasts,
    )  # fmt: skip
    return [FreeCarer(**row) for row in rows]


async def begin(
    tx: Tx, exercise_id: UUID, org: str, user_id: UUID, now: datetime, ends_at: datetime, carers: Collection[UUID]
) -> None:
    """Write that an exercise begins; the worker makes it. Where one goes on in the town, or the form comes twice, nothing changes."""
    await tx.execute(
        """
        insert into exercises (exercise_id, org, begun_by, begun_at, ends_at, carers) values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing
        """,
        exercise_id, org, user_id, now, ends_at, list(carers),
    )  # fmt: skip


async def end_now(tx: Tx, org: str, now: datetime) -> None:
    """Write that the town's exercise ends now; the worker closes its alarms."""
    await tx.execute("update exercises set ends_at = $2 where org = $1 and ended_at is null", org, now)


class NewExercise(NamedTuple):
    """An exercise that the worker is to make."""

    exercise_id: UUID
    org: str
    begun_by: UUID
    ends_at: datetime
    carers: list[UUID]
    language: str


async def lock_new(tx: Tx) -> NewExercise | None:
    """Lock one exercise that is to be made, and return it; those that others have locked are skipped."""
    row = await tx.fetchrow(
        """
        select e.exercise_id, e.org, e.begun_by, e.ends_at, e.carers, o.language from exercises e join organisations o using (org)
        where e.made_at is null and e.ended_at is null and e.ends_at > clock.now() limit 1 for update of e skip locked
        """
    )
    return NewExercise(**row) if row else None


async def keep_homes(tx: Tx, org: str, code: str, first_number: int, homes: Sequence[SimulatedHome]) -> list[UUID]:
    """Make the town's training area and its homes where they are missing; return the homes in order."""
    area_id = await tx.fetchval("select area_id from areas where org = $1 and training", org)
    if area_id is None:
        area_id = await tx.fetchval(
            """
            insert into areas (org, code, training)
            select $1, case when exists (select from areas where org = $1 and code = $2) then left($2, 3) || 'X' else $2 end, true
            returning area_id
            """,
            org, code,
        )  # fmt: skip
    await tx.execute(
        """
        insert into residents (org, area_id, number, name, address, access, training)
        select $1, $2, n, name, address, access, true from unnest($3::int[], $4::text[], $5::text[], $6::text[]) h (n, name, address, access)
        on conflict (org, number) do nothing
        """,
        org, area_id, [first_number + place for place in range(len(homes))], [each.name for each in homes],
        [each.address for each in homes], [each.access for each in homes],
    )  # fmt: skip
    rows = await tx.fetch("select resident_id from residents where org = $1 and training order by number", org)
    return [row["resident_id"] for row in rows][: len(homes)]


async def add_shifts(tx: Tx, exercise: NewExercise, label: str, now: datetime, until: datetime) -> None:
    """Put those who take part on duty in the training area; whoever is on a shift by now is left to it."""
    free = {carer.carer_id for carer in await free_carers(tx, exercise.org, now, exercise.ends_at - now)}
    mine = [carer for carer in exercise.carers if carer in free]
    await tx.execute(
        """
        insert into shifts (org, area_id, carer_id, patrol, role, starts_at, ends_at, mustered, training)
        select $1, e.area_id, m.carer_id, $3 || ' ' || m.place, 'patrol', $4, $5, true, true
        from areas e, unnest($2::uuid[]) with ordinality m (carer_id, place) where e.org = $1 and e.training
        """,
        exercise.org, mine, label, now, until,
    )  # fmt: skip


async def mark_made(tx: Tx, exercise_id: UUID, now: datetime) -> None:
    """Write that the exercise's homes and alarms are there."""
    await tx.execute("update exercises set made_at = $2 where exercise_id = $1", exercise_id, now)


class EndedExercise(NamedTuple):
    """An exercise whose time is out."""

    exercise_id: UUID
    org: str
    begun_by: UUID


async def due_to_end(tx: Tx) -> list[EndedExercise]:
    """Return the exercises whose time is out and which are not ended."""
    rows = await tx.fetch(
        "select exercise_id, org, begun_by from exercises where ended_at is null and ends_at <= clock.now()"
    )
    return [EndedExercise(**row) for row in rows]


async def open_alarms(tx: Tx, org: str) -> list[UUID]:
    """Return the open alarms of the town's training area."""
    rows = await tx.fetch(
        "select alarm_id from alarms where org = $1 and lane = 'training' and state <> 'closed' order by opened_at", org
    )
    return [row["alarm_id"] for row in rows]


async def mark_ended(tx: Tx, exercise: EndedExercise, now: datetime) -> None:
    """Write that the exercise is over, and take those who took part off duty."""
    await tx.execute(
        "update shifts set ends_at = greatest(starts_at + interval '1 second', $2) where org = $1 and training and ends_at > $2",
        exercise.org, now,
    )  # fmt: skip
    await tx.execute("update exercises set ended_at = $2 where exercise_id = $1", exercise.exercise_id, now)


async def cases_since(tx: Tx, org: str, since: datetime) -> list[ExerciseCase]:
    """Return the alarms of the town's training area since then, in order."""
    rows = await tx.fetch(
        """
        select a.alarm_id, a.case_no, a.priority, a.state, a.opened_at,
            (select n.patrol from notices n where n.alarm_id = a.alarm_id and n.state = 'took' order by n.answered_at limit 1) as patrol
        from alarms a where a.org = $1 and a.lane = 'training' and a.opened_at >= $2 order by a.opened_at, a.case_no
        """,
        org, since,
    )  # fmt: skip
    return [ExerciseCase(**row) for row in rows]


async def tally(tx: Tx, org: str, first: datetime, last: datetime) -> ExerciseTally:
    """Return the numbers of the town's exercises between two instants."""
    row = await tx.fetchrow(
        """
        select (select count(*) from exercises where org = $1 and begun_at >= $2 and begun_at < $3) as exercises,
            (select count(*) from alarms where org = $1 and lane = 'training' and opened_at >= $2 and opened_at < $3) as alarms,
            (select count(*) from messages m join alarms a using (alarm_id) where a.org = $1 and a.lane = 'training'
                and a.opened_at >= $2 and a.opened_at < $3 and m.sent_at is not null) as messages
        """,
        org, first, last,
    )  # fmt: skip
    assert row is not None, "it has no from"
    return ExerciseTally(**row)
