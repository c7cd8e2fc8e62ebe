"""Broker logins of devices that came by a code: claimed once, kept as hashes for the broker."""

from dataclasses import dataclass

from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class ClaimedDevice:
    """The town and name that a device's code was claimed for."""

    org: str
    device_id: str


async def is_code_typed(tx: Tx, code_hash: bytes) -> bool:
    """Return whether an installer has typed the code in the last ten minutes, and it may be claimed."""
    typed: bool = await tx.fetchval("select is_code_typed($1)", code_hash)
    return typed


async def claim(tx: Tx, code_hash: bytes, password_hash: str) -> ClaimedDevice | None:
    """Claim the device's place by its code, which is used up; ``None``: no installer has typed it in the last ten minutes."""
    row = await tx.fetchrow("select org, device_id from claim_device($1, $2)", code_hash, password_hash)
    return ClaimedDevice(**row) if row else None


async def hashes(tx: Tx) -> dict[str, str]:
    """Return the hash of each device's password, by the name that it signs in to the broker with."""
    rows = await tx.fetch("select org || '/' || device_id as login, password_hash from device_logins order by 1")
    return {row["login"]: row["password_hash"] for row in rows}
