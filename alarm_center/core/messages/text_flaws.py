"""Flaws that keep a text from being sent."""

from enum import StrEnum


class TextFlaw(StrEnum):
    """Kinds of what keeps a text from being sent: they may stand in a log, where no town's or person's words do."""

    HOST = "host"
    NUMBER = "number"
    FIELD = "field"
    LINK = "link"
    FACT = "fact"
    ALPHABET = "alphabet"
    LENGTH = "length"


class UnfitText(ValueError):
    """The text cannot be sent as it is; the message says which one, what is wrong and what would be right.

    The message quotes the text, for those who word it by day. At night ``flaw`` is what is told.
    """

    def __init__(self, flaw: TextFlaw, message: str) -> None:
        super().__init__(message)
        self.flaw = flaw
