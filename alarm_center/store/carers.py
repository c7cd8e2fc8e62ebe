"""Carers who come and go: those for a time, the SMS that tests their number, and the last night of one who leaves."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from alarm_center.core.carer_form import CarerEdit
from alarm_center.core.temps import CarerRow, NewTemp
from alarm_center.store.memory import Tx


async def add_temps(tx: Tx, org: str, temps: Iterable[NewTemp], now: datetime) -> None:
    """Insert carers for a time; the service asks each by SMS whether the number is right."""
    await tx.executemany(
        "insert into carers (carer_id, org, name, phone, ends_on, test_wanted_at) values (gen_random_uuid(), $1, $2, $3, $4, $5)",
        [(org, temp.name, temp.phone, temp.ends_on, now) for temp in temps],
    )


async def add_one(tx: Tx, org: str, wanted: CarerEdit, now: datetime) -> None:
    """Insert a carer; the service asks by SMS whether the number is right."""
    await tx.execute(
        "insert into carers (carer_id, org, name, phone, ends_on, test_wanted_at) values (gen_random_uuid(), $1, $2, $3, $4, $5)",
        org, wanted.name, wanted.phone, wanted.ends_on, now,
    )  # fmt: skip


async def own_one(tx: Tx, carer_id: UUID, wanted: CarerEdit, now: datetime) -> None:
    """Make a carer of a phone that was borrowed; the service asks by SMS whether the number is right."""
    await tx.execute(
        """
        update carers set name = $2, ends_on = $3, in_place_of = null, test_wanted_at = $4, test_asked_at = null
        where carer_id = $1
        """,
        carer_id, wanted.name, wanted.ends_on, now,
    )  # fmt: skip


async def keep_former(tx: Tx, org: str, carer: CarerRow, now: datetime) -> None:
    """Keep what the carer is called and which number they have, before it changes."""
    await tx.execute(
        "insert into former_carers (org, carer_id, name, phone, until_at) values ($1, $2, $3, $4, $5) on conflict do nothing",
        org, carer.carer_id, carer.name, carer.phone, now,
    )  # fmt: skip


async def rename(tx: Tx, carer_id: UUID, name: str) -> None:
    """Give the carer another name."""
    await tx.execute("update carers set name = $2 where carer_id = $1 and name <> $2", carer_id, name)


async def set_phone(tx: Tx, carer_id: UUID, phone: str) -> None:
    """Give the carer another number now."""
    await tx.execute(
        "update carers set phone = $2, next_phone = null, next_phone_at = null where carer_id = $1", carer_id, phone
    )


async def set_next_phone(tx: Tx, carer_id: UUID, phone: str, at: datetime) -> None:
    """Give the carer another number from *at* on."""
    await tx.execute("update carers set next_phone = $2, next_phone_at = $3 where carer_id = $1", carer_id, phone, at)


async def orgs_with_due_numbers(tx: Tx, now: datetime) -> list[str]:
    """Return the towns with a carer whose number changes by *now*."""
    rows = await tx.fetch("select distinct org from carers where next_phone_at <= $1 order by org", now)
    return [row["org"] for row in rows]


async def due_numbers(tx: Tx, org: str, now: datetime) -> list[CarerRow]:
    """Lock and return the town's carers whose number changes by *now*; locked rows are skipped."""
    rows = await tx.fetch(
        """
        select carer_id, name, phone, next_phone from carers where next_phone_at <= $1 and org = $2
        order by name, phone for update skip locked
        """,
        now, org,
    )  # fmt: skip
    return [CarerRow(row["carer_id"], row["name"], row["phone"], next_phone=row["next_phone"]) for row in rows]


async def want_test(tx: Tx, carer_id: UUID, now: datetime) -> None:
    """Have the carer's number tested by an SMS."""
    await tx.execute("update carers set test_wanted_at = $2, test_asked_at = null where carer_id = $1", carer_id, now)


async def move_notices(tx: Tx, org: str, old: str, new: str) -> None:
    """Let the open cases of the phone *old* be those of *new*, by new links. Their alarms are locked."""
    await tx.execute("select move_notices($1, $2, $3)", org, old, new)


@dataclass(frozen=True, slots=True)
class FormerCarer:
    """A carer as a page has changed them, by what they were called or which number they had before."""

    carer_id: UUID
    name: str
    phone: str
    former_names: frozenset[str]
    former_phones: frozenset[str]


async def former_carers(tx: Tx, org: str) -> list[FormerCarer]:
    """Return the carers whom a page has changed, with what they were before; the last changed first."""
    rows = await tx.fetch(
        """
        select c.carer_id, c.name, c.phone, array_agg(distinct f.name) as names, array_agg(distinct f.phone) as phones
        from former_carers f join carers c using (carer_id) where f.org = $1
        group by c.carer_id, c.name, c.phone order by max(f.until_at) desc
        """,
        org,
    )
    return [
        FormerCarer(
            row["carer_id"], row["name"], row["phone"], frozenset(row["names"]) - {row["name"]},
            frozenset(row["phones"]) - {row["phone"]},
        )
        for row in rows
    ]  # fmt: skip


class UntestedCarer(NamedTuple):
    """A carer whose number is to be tested."""

    carer_id: UUID
    phone: str


async def lock_untested(tx: Tx, org: str) -> list[UntestedCarer]:
    """Lock and return the town's carers who are to be asked and have not been; locked rows are skipped."""
    rows = await tx.fetch(
        """
        select carer_id, phone from carers where org = $1 and test_wanted_at is not null and test_asked_at is null
        order by name, phone for update skip locked
        """,
        org,
    )
    return [UntestedCarer(**row) for row in rows]


async def mark_test_asked(tx: Tx, carer_id: UUID, now: datetime) -> None:
    """Write that the carer has been asked."""
    await tx.execute("update carers set test_asked_at = $2, test_answered_at = null where carer_id = $1", carer_id, now)


async def answer_test(tx: Tx, phone: str, sender: str, now: datetime, asked_by: datetime) -> bool:
    """Write that *phone* has answered the test of the towns that send from *sender*; false if none sent until *asked_by* waits for it."""
    done = await tx.execute(
        """
        update carers c set test_answered_at = $3 from organisations o
        where o.org = c.org and c.phone = $1 and o.sending_number = $2 and c.test_asked_at <= $4 and c.test_answered_at is null
        """,
        phone, sender, now, asked_by,
    )  # fmt: skip
    return bool(done != "UPDATE 0")


async def set_last_night(tx: Tx, carer_id: UUID, ends_on: date, handed_in: Collection[str], *, is_over: bool) -> None:
    """Let the carer's last night be *ends_on*, with what they have handed in; their code ends where that night is over.

    A phone that was borrowed and stays longer is a carer as any other.
    """
    await tx.execute(
        """
        update carers set ends_on = $2, handed_in = $3, code = case when $4 then null else code end,
            in_place_of = case when $2 > ends_on then null else in_place_of end
        where carer_id = $1
        """,
        carer_id,
        ends_on,
        sorted(handed_in),
        is_over,
    )


async def end_sign_in(tx: Tx, carer_id: UUID, until: datetime) -> str:
    """End the carer's sign-in at *until*: ``none`` (there is none), ``ended``, or ``other_roles``, which an admin ends."""
    said: str = await tx.fetchval("select end_carer_sign_in($1, $2)", carer_id, until)
    return said


async def set_code(tx: Tx, carer_id: UUID, code: str) -> None:
    """Give the carer a personal code."""
    await tx.execute("update carers set code = $2 where carer_id = $1 and code is null", carer_id, code)
