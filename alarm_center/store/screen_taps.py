"""Taps of people at a board, by the key that their page makes for each: taken once, in the transaction that applies it."""

from alarm_center.store.memory import Tx


async def take(tx: Tx, tap: str) -> bool:
    """Take a tap of the viewer; false where it was taken before. The same tap at the same time waits until this transaction ends."""
    taken: bool = await tx.fetchval("select take_tap($1)", tap)
    return taken


async def has(tx: Tx, tap: str) -> bool:
    """Tell whether a tap of the viewer was taken before."""
    found: bool = await tx.fetchval("select has_tap($1)", tap)
    return found
