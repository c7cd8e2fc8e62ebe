"""Residents: the card that pages and papers show, their neutral numbers, and the search by name, address or phone.

The import adds and changes them by `town_rows.py`.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from alarm_center.core import phone_numbers
from alarm_center.core.resident_card import COLUMNS, Contact, ResidentCard
from alarm_center.store.memory import Row, Tx

_CONTACTS: Final = """
    (select coalesce(jsonb_agg(jsonb_build_object('name', k.name, 'relation', k.relation, 'phone', k.phone, 'hours', k.hours,
        'may_be_told', k.may_be_told, 'has_key', k.has_key, 'ring_first', k.ring_first) order by k.ring_first desc, k.name, k.phone), '[]')
     from contacts k where k.resident_id = r.resident_id) as contacts
"""
CARD_COLUMNS: Final = ", ".join((*(f"r.{name}" for name in COLUMNS), _CONTACTS))
"""The columns of a card in a statement that calls ``residents`` r; :func:`card_of` reads them."""

SHOWN_NAME: Final = "case when r.protected and not sees_protected(r.org) then '' else r.name end"
"""The name in a statement that calls ``residents`` r; empty for protected identity, but for those with the right."""

_WORDS_AT_MOST: Final = 8
"""Words of a question that count; nobody is called by more."""


@dataclass(frozen=True, slots=True)
class ResidentHit:
    """One resident who is looked after here, with the open case if there is one."""

    resident_id: UUID
    org: str
    town: str
    area: str
    name: str
    address: str
    phone: str | None
    case_no: int | None


_FOUND: Final = """
    select r.resident_id, r.org, o.name as town, e.code as area, r.name, r.address, r.phone, a.case_no
    from residents r
    join organisations o using (org)
    join areas e using (area_id)
    left join alarms a on a.resident_id = r.resident_id and a.state <> 'closed' and not a.visit and a.lane <> 'test'
    where r.moved_at is null and r.died_at is null
"""
_OPEN: Final = "(not r.protected or sees_protected(r.org))"


async def search(tx: Tx, asked: str, most: int) -> list[ResidentHit]:
    """Return at most *most* residents, by name, who match every word of *asked*; without a word, the first ones.

    One with protected identity is found by the whole phone number or the neutral number alone, but by those with the right.
    """
    if endings := phone_numbers.searched_endings(asked):
        rows = await tx.fetch(
            f"{_FOUND} and r.phone like any ($1::text[]) and ({_OPEN} or r.phone = any ($3::text[])) order by name_order(r.name) limit $2",
            [f"%{ending}" for ending in endings], most, list(endings),
        )  # fmt: skip
    else:
        rows = await tx.fetch(
            f"""
            {_FOUND} and not exists (
                select from unnest((string_to_array(search_form($1), ' '))[1:{_WORDS_AT_MOST}]) as word
                where position(word in r.search_form) = 0 and word <> r.number::text
            ) and ({_OPEN} or search_form($1) = r.number::text)
            order by name_order(r.name), r.resident_id limit $2
            """,
            asked, most,
        )  # fmt: skip
    return [ResidentHit(**row) for row in rows]


async def hit(tx: Tx, resident_id: UUID) -> ResidentHit | None:
    """Return a resident who is looked after here; ``None`` if there is none that the viewer may see."""
    row = await tx.fetchrow(f"{_FOUND} and r.resident_id = $1", resident_id)
    return ResidentHit(**row) if row else None


async def numbers(tx: Tx, org: str) -> dict[UUID, int]:
    """Return the neutral number of each of the town's residents, also of those who have moved or died."""
    rows = await tx.fetch("select resident_id, number from residents where org = $1", org)
    return {row["resident_id"]: row["number"] for row in rows}


async def numbers_in(tx: Tx, org: str) -> list[int]:
    """Return the neutral numbers of the town's residents who have neither moved nor died, in order."""
    rows = await tx.fetch(
        "select number from residents where org = $1 and moved_at is null and died_at is null and not training order by number",
        org,
    )
    return [row["number"] for row in rows]


async def numbers_of_performer(tx: Tx, org: str, code: str) -> list[int]:
    """Return the neutral numbers of the residents whose care the performer carries out, in order."""
    rows = await tx.fetch("select number from residents where (org, performer) = ($1, $2) order by number", org, code)
    return [row["number"] for row in rows]


async def in_bed(tx: Tx, resident_id: UUID) -> list[UUID]:
    """Return the resident, and after them the one who shares their bed, if somebody does."""
    ids: list[UUID] = await tx.fetchval("select bed_of($1)", resident_id)
    return list(ids)


async def companion(tx: Tx, resident_id: UUID) -> UUID | None:
    """Return the one who shares the resident's bed, and with it the camera."""
    return next(iter((await in_bed(tx, resident_id))[1:]), None)


async def bed_number(tx: Tx, resident_id: UUID) -> int | None:
    """Return the neutral number of the one who shares the resident's bed."""
    number: int | None = await tx.fetchval(
        "select number from residents where resident_id = (bed_of($1))[2]", resident_id
    )
    return number


async def id_of_number(tx: Tx, org: str, number: int) -> UUID | None:
    """Return the town's resident of that number who has neither moved nor died, if the transaction sees them."""
    found: UUID | None = await tx.fetchval(
        "select resident_id from residents where org = $1 and number = $2 and moved_at is null and died_at is null",
        org, number,
    )  # fmt: skip
    return found


async def share_bed(tx: Tx, one: UUID, other: UUID) -> None:
    """Let two residents share a bed; neither shares one now."""
    await tx.execute(
        """
        with bed as (select gen_random_uuid() as id)
        update residents set bed_id = bed.id, bed_side = case when resident_id = $1 then 1 else 2 end from bed
        where resident_id in ($1, $2)
        """,
        one, other,
    )  # fmt: skip


async def end_bed(tx: Tx, resident_id: UUID) -> None:
    """Let nobody share the resident's bed."""
    await tx.execute(
        """
        update residents set bed_id = null, bed_side = null
        where bed_id = (select bed_id from residents where resident_id = $1)
        """,
        resident_id,
    )


async def sees_protected(tx: Tx, org: str) -> bool:
    """Return whether the viewer may read names and addresses of people with protected identity on lists of the town."""
    may: bool = await tx.fetchval("select sees_protected($1)", org)
    return may


async def card(tx: Tx, resident_id: UUID) -> ResidentCard | None:
    """Return a resident's card; ``None`` if there is none that the viewer may see."""
    row = await tx.fetchrow(
        f"select {CARD_COLUMNS} from residents r where r.resident_id = $1",  # noqa: S608 -- our own columns
        resident_id,
    )
    return card_of(row) if row else None


def card_of(row: Row) -> ResidentCard:
    """Return the card in a row that has :data:`CARD_COLUMNS` and maybe others."""
    contacts = tuple(Contact(**each) for each in row["contacts"])
    return ResidentCard(**{name: row[name] for name in COLUMNS} | {"marks": tuple(row["marks"])}, contacts=contacts)
