"""The share of looks that people see although checks turn green by themselves: drawn by lot, which nobody chooses."""

import hashlib
from datetime import date
from uuid import UUID


def is_for_people(resident_id: UUID, night: date, slot_id: UUID, of_ten: int) -> bool:
    """Return whether a person sees that night's look, of ten such *of_ten* by the lot of SHA-256 over its name."""
    lot = hashlib.sha256(f"{resident_id} {night.isoformat()} {slot_id}".encode()).digest()
    return int.from_bytes(lot[:4], "big") % 10 < of_ten
