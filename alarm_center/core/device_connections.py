"""Connections of one device, put in order from its statuses however they come, and those that are over (ADR 0015).

A broker deals one device's statuses to several replicas, so that an old connection's last will may be handled after the
newer one's first status. Each status names its boot, the connection within that boot, and a counter. Within a boot these
give one order. Two boots have no order, and need none: a device is up as long as any boot that was heard lately has not
ended, and the broker ends each with a will.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.limits import HEARD_WITHIN_SECONDS
from schemas.messages import Status
from schemas.vocabulary import LinkState

REMEMBERED: Final = timedelta(seconds=HEARD_WITHIN_SECONDS)
"""A boot that is not heard for so long is over, with or without a will: one that lives says something each minute."""
BOOTS: Final = 8
"""Boots of a device that are remembered at most. More within three minutes is a gateway that starts over and over."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The newest connection of one boot, and the newest status of it that was heard.

    ``boot`` is ``None`` for a gateway of before 0.2.0, which numbers nothing: its statuses count as they come, and it is over once the device sends numbers.
    """

    boot: str | None
    number: int
    sequence: int
    ended: bool
    heard_at: datetime


Connections = tuple[Connection, ...]
"""A device's, one a boot: first the one that it is believed to have, then those that live, then those that ended."""


def with_status(known: Connections, said: Status, now: datetime) -> Connections | None:
    """Return *known* after the device has said *said*; ``None`` when that is older than what is known of its boot."""
    before = next((one for one in known if one.boot == said.boot), None)
    if (
        before is not None
        and said.boot is not None
        and _order_of(said) <= (before.number, before.ended, before.sequence)
    ):
        return None
    ended = said.link is LinkState.GONE
    this = Connection(said.boot, said.connection, said.sequence, ended, now)
    others = [one for one in known if one.boot != said.boot and (ended or not _is_over(one, said, now))]
    # The sort keeps the order among equals: this one before others that were heard at the same instant.
    found = sorted([this, *others], key=lambda one: (one.ended, now - min(one.heard_at, now)))
    return tuple(found[:BOOTS])


def is_repeated(known: Connections, said: Status) -> bool:
    """Tell whether *said* is the newest status of its boot once more: its sender has no acknowledgement, or it is tried again."""
    before = next((one for one in known if one.boot == said.boot), None)
    return (
        before is not None
        and said.boot is not None
        and _order_of(said) == (before.number, before.ended, before.sequence)
    )


def _is_over(one: Connection, newer: Status, now: datetime) -> bool:
    """Tell whether *one*, of another boot than *newer*, is over though no will says so."""
    renewed = one.boot is None and newer.boot is not None
    return renewed or now - one.heard_at >= REMEMBERED


def _order_of(said: Status) -> tuple[int, bool, int]:
    """Return where *said* stands among its boot's statuses: a connection's end comes after all else of it."""
    return said.connection, said.link is LinkState.GONE, said.sequence
