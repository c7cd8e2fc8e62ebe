"""Failed tries of a link, by address, counted in this process. Those of a sign-in are counted in the database."""

import time


class FailedTries:
    """Failed tries by name and address: *most* within *seconds*, then none until the first is forgotten.

    Each process counts its own: with n replicas a guesser gets n times as many.
    """

    def __init__(self, most: int, seconds: float = 300.0) -> None:
        self._most, self._seconds = most, seconds
        self._failed: dict[tuple[str, str], list[float]] = {}

    def is_blocked(self, name: str, address: str) -> bool:
        """Return whether this name from this address has to wait."""
        since = time.monotonic() - self._seconds
        recent = [at for at in self._failed.get((name, address), ()) if at > since]
        return len(recent) >= self._most

    def count(self, name: str, address: str) -> None:
        """Count one more failed try."""
        since = time.monotonic() - self._seconds
        for key, times in list(self._failed.items()):
            if times[-1] <= since:
                del self._failed[key]
        self._failed.setdefault((name, address), []).append(time.monotonic())
