"""Personal codes that are given by keys in a call to a town's number: what each leads to, and after how many wrong ones it ends."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

MOST_WRONG: Final = 3
"""Wrong codes in :data:`WITHIN` to all numbers of a town, of one carer's phone, after which no code is heard; and in one call."""
MOST_OF_STRANGERS: Final = 2 * MOST_WRONG
"""As many of all strangers' phones together: one who misses the keys leaves room for a carer who calls from a private phone."""
WITHIN: Final = timedelta(hours=1)


class CodeAnswer(StrEnum):
    """The answer to a code. A stored reply has it as its meaning."""

    RIGHT = "code_right"
    WRONG = "code_wrong"
    LAST_WRONG = "code_last_wrong"
    """The wrong code that ends it: the lead is told."""
    REFUSED = "code_refused"
    """Not compared any more, right or wrong."""


def judge_code(wrong_before: int, *, is_right: bool, is_stranger: bool = False) -> CodeAnswer:
    """Return the answer to a code after *wrong_before* wrong ones of the same phone, or of all strangers.

    Each third wrong one ends its call and tells the lead.
    """
    if is_shut_out(wrong_before, is_stranger=is_stranger):
        return CodeAnswer.REFUSED
    if is_right:
        return CodeAnswer.RIGHT
    return CodeAnswer.LAST_WRONG if (wrong_before + 1) % MOST_WRONG == 0 else CodeAnswer.WRONG


def is_shut_out(wrong_before: int, *, is_stranger: bool) -> bool:
    """Tell whether no code is heard any more after *wrong_before* wrong ones."""
    return wrong_before >= (MOST_OF_STRANGERS if is_stranger else MOST_WRONG)
