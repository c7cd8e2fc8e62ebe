"""Why somebody sees a picture clear where the town shows it blurred first: a code, since the timeline holds no free text."""

from enum import StrEnum


class ClearFor(StrEnum):
    """The reasons that are taken; a clear look without one is refused."""

    NOT_ENOUGH = "not_enough"
    """The blurred picture does not say whether somebody is there, or how they lie."""
    WORRIED = "worried"
    """Something in it, or around it, gives cause for worry."""
    ASKED = "asked_for"
    """The person has asked for it."""


def read(reason: str) -> ClearFor | None:
    """Return the reason that a form gives; ``None`` if it gives none of the list."""
    return ClearFor(reason) if reason in set(ClearFor) else None
