"""Sealed accounts (break-glass): made with two secret halves, opened by two people, tried each month."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from alarm_center.store import events
from alarm_center.store.memory import Tx
from schemas import timeline


class SealedResult(StrEnum):
    """Outcome of bringing two halves."""

    OPENED = "opened"
    TRIED = "tried"
    WRONG = "wrong"
    """No account that is still sealed has both."""
    WAIT = "wait"
    """Too many wrong halves came from that address within five minutes."""


@dataclass(frozen=True, slots=True)
class BroughtHalves:
    """Two halves of an account's secret, as two people bring them, and the session that they may begin."""

    half: str = field(repr=False)
    other_half: str = field(repr=False)
    name: str
    other_name: str
    trial: bool
    address: str
    token_hash: bytes
    csrf: str = field(repr=False)
    brought: bytes | None
    """The hash of the session's token that the browser brought: that session ends."""


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """Outcome of bringing halves; the town and the account's number where they are right."""

    result: SealedResult
    org: str | None
    number: int | None


async def open_account(tx: Tx, brought: BroughtHalves) -> OpenedAccount:
    """Open the account of two halves, or only try it. Either uses it up."""
    row = await tx.fetchrow(
        "select result, org, number from open_sealed($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        brought.half, brought.other_half, brought.name, brought.other_name, brought.trial, brought.address,
        brought.token_hash, brought.csrf, brought.brought,
    )  # fmt: skip
    assert row is not None
    return OpenedAccount(SealedResult(row["result"]), row["org"], row["number"])


@dataclass(frozen=True, slots=True)
class AccountInUse:
    """A sealed account that was opened and is still good, as every board of its town shows it."""

    town: str
    number: int
    first_name: str
    second_name: str
    opened_at: datetime
    good_until: datetime


async def accounts_in_use(tx: Tx, now: datetime) -> list[AccountInUse]:
    """Return the viewer's towns' accounts that are open, the last opened first."""
    rows = await tx.fetch(
        """
        select o.name as town, number, first_name, second_name, opened_at, good_until
        from sealed_accounts a join organisations o using (org)
        where good_until > $1 order by opened_at desc
        """,
        now,
    )
    return [AccountInUse(**row) for row in rows]


async def make_accounts(tx: Tx, org: str, hashes: Sequence[tuple[bytes, bytes]], now: datetime) -> list[int]:
    """Keep sealed accounts by the hashes of their halves; return their numbers, one past the town's last on.

    Raises:
        asyncpg.ForeignKeyViolationError: there is no such town.
    """
    await tx.execute("select pg_advisory_xact_lock(hashtextextended('sealed accounts ' || $1, 0))", org)
    last: int = await tx.fetchval("select coalesce(max(number), 0) from sealed_accounts where org = $1", org)
    numbers = []
    for number, (first, second) in enumerate(hashes, last + 1):
        await tx.execute(
            "insert into sealed_accounts (org, number, first_hash, second_hash) values ($1, $2, $3, $4)",
            org, number, first, second,
        )  # fmt: skip
        await events.write(tx, now, events.NewEvent(org, timeline.SealedAccountMade(number), actor="command"))
        numbers.append(number)
    return numbers


@dataclass(frozen=True, slots=True)
class SealedStock:
    """A town's sealed accounts: how many are still sealed, and when one was last opened or tried."""

    org: str
    sealed: int
    last_used_at: datetime | None
    first_made_at: datetime | None


async def stock(tx: Tx) -> list[SealedStock]:
    """Return every town's accounts, also of those that have none."""
    rows = await tx.fetch(
        """
        select org, count(account_id) filter (where opened_at is null) as sealed, max(opened_at) as last_used_at,
            min(made_at) as first_made_at
        from organisations o left join sealed_accounts a using (org) group by org order by org
        """
    )
    return [SealedStock(**row) for row in rows]
