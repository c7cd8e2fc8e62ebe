"""Rules of a death that is registered on a case: how long its confirmation by voice may take, and by whom it is corrected."""

from datetime import timedelta
from typing import Final

CONFIRM_WITHIN: Final = timedelta(minutes=10)
"""So long may a lead take to ring and confirm; after that it is trouble, told louder."""


def may_decide(registered_by: str, actor: str) -> bool:
    """Return whether *actor* may confirm or correct it: anybody but whoever registered it."""
    return actor != registered_by
