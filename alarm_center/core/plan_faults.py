"""Mistakes in the settings of a plan, by their kind."""

from datetime import timedelta
from enum import StrEnum


class SettingFault(StrEnum):
    """A kind of mistake in a plan's setting."""

    UNKNOWN = "unknown"
    NUMBER = "number"
    SPAN = "span"
    TRUTH = "truth"
    COUNT = "count"
    SEEN = "seen"


class BadSetting(ValueError):
    """A setting that a plan does not take; *least* and *most* are the bounds of a span."""

    def __init__(
        self, fault: SettingFault, words: str, *, least: timedelta | None = None, most: timedelta | None = None
    ) -> None:
        super().__init__(words)
        self.fault = fault
        self.least = least
        self.most = most

    @property
    def longest(self) -> str:
        """The longest span, in hours, minutes and seconds."""
        return str(self.most).replace("1 day, 0", "24")
