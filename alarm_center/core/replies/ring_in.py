"""Personal codes that are given by keys in a call to a town's number: what each leads to, and after how many wrong ones it ends."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

MOST_WRONG: Final = 3
"""Wrong codes in :data:`WITHIN`, of one carer's phone or of all strangers' together, after which no code is heard."""
WITHIN: Final = timedelta(hours=1)


class CodeAnswer(StrEnum):
    """The answer to a code. A stored reply has it as its meaning."""

    RIGHT = "code_right"
    WRONG = "code_wrong"
    LAST_WRONG = "code_last_wrong"
    """The wrong code that ends it: the lead is told."""
    REFUSED = "code_refused"
    """Not compared any more, right or wrong."""


def judge_code(wrong_before: int, *, is_known: bool) -> CodeAnswer:
    """Return the answer to a code after *wrong_before* wrong ones; *is_known*: a carer of the town has it."""
    if wrong_before >= MOST_WRONG:
        return CodeAnswer.REFUSED
    if is_known:
        return CodeAnswer.RIGHT
    return CodeAnswer.LAST_WRONG if wrong_before + 1 == MOST_WRONG else CodeAnswer.WRONG
