"""Why somebody sees a picture clear where the town shows it blurred first: a code, since the timeline holds no free text."""

from schemas.vocabulary import ClearFor


def read(reason: str) -> ClearFor | None:
    """Return the reason that a form gives; ``None`` if it gives none of the list."""
    return ClearFor(reason) if reason in set(ClearFor) else None
