"""Form of what passes between a gateway and the judge beside it: each message after its length."""

from typing import Final

LENGTH: Final = 4
"""Bytes of a message's length, the highest first."""
