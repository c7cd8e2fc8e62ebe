"""Survivors that no test can or need kill, each named with its reason in survivors.toml."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.mutation.mutants import Mutant

FILE: Final = Path(__file__).with_name("survivors.toml")


@dataclass(frozen=True, slots=True)
class Survivor:
    """One named mutant: its module and function, the changed lines as `Mutant` has them, and why it may live."""

    module: str
    function: str
    was: str
    becomes: str
    reason: str

    def is_of(self, mutant: Mutant) -> bool:
        """Tell whether *mutant* is this one, on whichever line it stands by now."""
        return (self.module, self.function, self.was, self.becomes) == (
            mutant.module,
            mutant.function,
            mutant.was,
            mutant.becomes,
        )


def known_survivors() -> tuple[Survivor, ...]:
    """Return the entries of survivors.toml.

    Raises:
        TypeError: an entry lacks a field or has one too many.
    """
    entries = tomllib.loads(FILE.read_text(encoding="utf-8")).get("survivor", [])
    return tuple(Survivor(**entry) for entry in entries)


def reason_for(mutant: Mutant, known: Sequence[Survivor]) -> str | None:
    """Return why *mutant* may live, ``None`` where nobody has said so."""
    return next((survivor.reason for survivor in known if survivor.is_of(mutant)), None)
