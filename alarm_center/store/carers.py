"""Carers who come and go: those for a time, the SMS that tests their number, and the last night of one who leaves."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from alarm_center.core.temps import NewTemp
from alarm_center.store.memory import Tx


async def add_temps(tx: Tx, org: str, temps: Iterable[NewTemp], now: datetime) -> None:
    """Insert carers for a time; the service asks each by SMS whether the number is right."""
    await tx.executemany(
        "insert into carers (carer_id, org, name, phone, ends_on, test_wanted_at) values (gen_random_uuid(), $1, $2, $3, $4, $5)",
        [(org, temp.name, temp.phone, temp.ends_on, now) for temp in temps],
    )


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
    await tx.execute("update carers set test_asked_at = $2 where carer_id = $1", carer_id, now)


async def answer_test(tx: Tx, phone: str, sender: str, now: datetime) -> bool:
    """Write that *phone* has answered the test of the towns that send from *sender*; false if none waits for it."""
    done = await tx.execute(
        """
        update carers c set test_answered_at = $3 from organisations o
        where o.org = c.org and c.phone = $1 and o.sending_number = $2 and c.test_asked_at is not null and c.test_answered_at is null
        """,
        phone, sender, now,
    )  # fmt: skip
    return bool(done != "UPDATE 0")


async def set_last_night(tx: Tx, carer_id: UUID, ends_on: date) -> None:
    """Let the carer's last night be *ends_on*."""
    await tx.execute("update carers set ends_on = $2 where carer_id = $1", carer_id, ends_on)


async def set_code(tx: Tx, carer_id: UUID, code: str) -> None:
    """Give the carer a personal code."""
    await tx.execute("update carers set code = $2 where carer_id = $1 and code is null", carer_id, code)
