"""Staff as its pages show them: the carers, and the shifts of a night with their names."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.core.roster import DutyShift
from alarm_center.core.temps import CarerRow
from alarm_center.store.memory import Row, Tx
from schemas.vocabulary import Duty


@dataclass(frozen=True, slots=True)
class NamedShift:
    """A shift with the carer's name and the area's code."""

    shift: DutyShift
    org: str
    area: str
    carer: CarerRow
    people: tuple[str, ...] = ()
    """Carers who have said by their codes that they have the phone."""
    unknown_code: bool = False
    """A code was said that nobody has."""
    mustered_at: datetime | None = None
    """The instant of its phone's answer to the muster, where one is known."""
    told: bool = False
    """The board and the lead were told that its phone had not answered."""


async def carers_of(tx: Tx, org: str) -> list[CarerRow]:
    """Return the town's carers by name."""
    rows = await tx.fetch(
        """
        select carer_id, name, phone, ends_on, user_id is not null as has_login, test_asked_at, test_answered_at, next_phone, code,
            handed_in, in_place_of
        from carers where org = $1 order by name, phone
        """,
        org,
    )
    return [CarerRow(**{**row, "handed_in": frozenset(row["handed_in"])}) for row in rows]


async def carer_with_phone(tx: Tx, org: str, phone: str) -> CarerRow | None:
    """Return the town's carer whose number *phone* is."""
    row = await tx.fetchrow(
        "select carer_id, name, phone, ends_on, in_place_of from carers where org = $1 and phone = $2", org, phone
    )
    return CarerRow(**row) if row else None


async def add_borrowed(tx: Tx, org: str, phone: CarerRow) -> None:
    """Insert a phone that is borrowed."""
    await tx.execute(
        "insert into carers (carer_id, org, name, phone, ends_on, in_place_of) values ($1, $2, $3, $4, $5, $6)",
        phone.carer_id, org, phone.name, phone.phone, phone.ends_on, phone.in_place_of,
    )  # fmt: skip


async def borrow_again(tx: Tx, org: str, phone: CarerRow) -> None:
    """Let a phone that was borrowed before be so again, as *phone* says."""
    await tx.execute(
        "update carers set name = $3, ends_on = $4, in_place_of = $5 where org = $1 and carer_id = $2 and in_place_of is not null",
        org, phone.carer_id, phone.name, phone.ends_on, phone.in_place_of,
    )  # fmt: skip


async def own_borrowed(tx: Tx, org: str, phones: Collection[str]) -> None:
    """Let phones that were borrowed be carers as any other, until further notice."""
    await tx.execute(
        "update carers set ends_on = null, in_place_of = null where org = $1 and phone = any ($2::text[]) and in_place_of is not null",
        org, list(phones),
    )  # fmt: skip


_NAMED = """
    select s.shift_id, s.area_id, s.patrol, s.role, c.phone, s.starts_at, s.ends_at, s.mustered, s.muster_asked_at,
        s.org, e.code as area, c.carer_id, c.name, s.unknown_code_at is not null as unknown_code, s.mustered_at,
        s.muster_told_at is not null as told,
        array(select p.name from shift_people w join carers p using (carer_id) where w.shift_id = s.shift_id order by p.name) as people
    from shifts s join carers c using (carer_id) join areas e using (area_id)
"""


async def shifts_between(tx: Tx, org: str, from_: datetime, until: datetime) -> list[NamedShift]:
    """Return the town's shifts that overlap the span, by area and time."""
    rows = await tx.fetch(
        f"{_NAMED} where s.org = $1 and s.starts_at < $3 and s.ends_at > $2 order by e.code, s.role desc, s.patrol, s.starts_at",
        org, from_, until,
    )  # fmt: skip
    return [_named(row) for row in rows]


async def shift(tx: Tx, shift_id: UUID) -> NamedShift | None:
    """Return one shift that the viewer sees."""
    row = await tx.fetchrow(f"{_NAMED} where s.shift_id = $1", shift_id)
    return _named(row) if row else None


def _named(row: Row) -> NamedShift:
    fields = dict(row)
    org, area = fields.pop("org"), fields.pop("area")
    people, unknown = tuple(fields.pop("people")), fields.pop("unknown_code")
    mustered_at, told = fields.pop("mustered_at"), fields.pop("told")
    carer = CarerRow(fields.pop("carer_id"), fields.pop("name"), fields["phone"])
    shift = DutyShift(duty=Duty(fields.pop("role")), **fields)
    return NamedShift(shift, org, area, carer, people, unknown, mustered_at, told)
