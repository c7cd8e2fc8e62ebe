"""Months of the timeline that are older than they are kept: the digests of their lines stay, and the lines go.

A line's text can go as an expired fact's can: the chain covers the digest of a line. Each seal of the month is given its
line's digest first, then the month is dropped, and a fact of every town says which and how many lines it was.
"""

from datetime import UTC, date, datetime
from typing import Final

from alarm_center.store import overlong
from alarm_center.store.events import Cursor
from alarm_center.store.memory import Tx
from alarm_center.store.seal_lines import chain_start, digests_of_events

_AT_ONCE: Final = 5000
"""Lines of one transaction, which the server ends after 8 s."""


class DifferentDigest(Exception):
    """A seal has another digest of its line than the line: somebody has written it. The month is not to be dropped."""


def span(month: date) -> tuple[datetime, datetime]:
    """Return the instants between which the lines of a month are: its beginning and its end, in UTC, as its partition has them."""
    year, number = divmod(month.year * 12 + month.month, 12)
    return datetime(month.year, month.month, 1, tzinfo=UTC), datetime(year, number + 1, 1, tzinfo=UTC)


async def keep_digests(tx: Tx, org: str, month: date, after: Cursor) -> Cursor | None:
    """Give seals of the town's lines of a month, past *after*, the digests of their lines; return the last one's place.

    ``None``: there is no line left. A line that has no seal is left as it is.

    Raises:
        DifferentDigest: a seal has another digest already.
    """
    lines = await digests_of_events(tx, org, await chain_start(tx, org), span(month), after, _AT_ONCE)
    if not lines:
        return None
    places = [place.tx for place, _ in lines], [place.id for place, _ in lines], [made for _, made in lines]
    await tx.execute(
        """
        update seals s set line = new.line from unnest($2::bigint[], $3::bigint[], $4::bytea[]) new (tx, id, line)
        where s.org = $1 and s.tx = new.tx::text::xid8 and s.id = new.id and s.line is null
        """,
        org, *places,
    )  # fmt: skip
    if await tx.fetchval(
        """
        select exists (
            select from seals s join unnest($2::bigint[], $3::bigint[], $4::bytea[]) new (tx, id, line)
                on s.tx = new.tx::text::xid8 and s.id = new.id
            where s.org = $1 and s.line <> new.line)
        """,
        org, *places,
    ):  # fmt: skip
        raise DifferentDigest(f"{org}: a seal of {month:%Y-%m} has another digest than its line")
    return lines[-1][0]


async def drop_lines(tx: Tx, month: date, *, keep_table: bool = False, most: int = _AT_ONCE) -> int:
    """Drop a month's lines, of every town: all of its partition, or *most* where it has none; return how many.

    Raises:
        asyncpg.InsufficientPrivilegeError: it is younger than five years, a night of it is held, or a line is not sealed.
    """
    # Who waits for it is a person at a terminal.
    await overlong.lift_limit(tx)
    gone: int = await tx.fetchval("select drop_event_month($1, $2, $3)", month, most, keep_table)
    return gone
