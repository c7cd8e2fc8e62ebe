"""Trials of sealed accounts: a town's accounts are tried each month, or nobody knows that they open when they have to."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import structlog

from alarm_center import metrics
from alarm_center.store import sealed_accounts
from alarm_center.store.memory import Memory, now
from alarm_center.store.sealed_accounts import SealedStock

log = structlog.get_logger(__name__)

TRIAL_EACH: Final = timedelta(days=35)
"""A month, and some days to find two people."""


class SealedLack(StrEnum):
    """Reasons why a town cannot count on its sealed accounts."""

    NONE_SEALED = "none_sealed"
    """There is none that is still sealed."""
    TRIAL_DUE = "trial_due"
    """None was tried, or opened, for 35 days."""


def lack_of(stock: SealedStock, at: datetime) -> SealedLack | None:
    """Return the reason why the town cannot count on its accounts; ``None`` if it can."""
    if not stock.sealed:
        return SealedLack.NONE_SEALED
    proved = stock.last_used_at or stock.first_made_at
    return SealedLack.TRIAL_DUE if proved is None or at - proved > TRIAL_EACH else None


def lacks(stocks: Iterable[SealedStock], at: datetime, *, has_provider: bool) -> dict[str, SealedLack]:
    """Return the towns that cannot count on their sealed accounts, with the reason.

    Where nobody signs in by a provider, only towns that have accounts at all are asked.
    """
    asked = [stock for stock in stocks if has_provider or stock.first_made_at is not None]
    return {stock.org: lack for stock in asked if (lack := lack_of(stock, at)) is not None}


async def report_lacks(memory: Memory, *, has_provider: bool) -> dict[str, SealedLack]:
    """Log and count the towns that cannot count on their sealed accounts; return them."""
    async with memory.transaction() as tx:
        found = lacks(await sealed_accounts.stock(tx), await now(tx), has_provider=has_provider)
    for org, lack in found.items():
        log.warning("sealed_trial_missed", org=org, lack=lack.value)
    metrics.SEALED_TRIALS_DUE.set(len(found))
    return found
