"""A resident's card: the columns of one resident that pages, links and papers show.

The import keeps these columns and the store reads them in one place; `words/resident_words.py` says them on the pages and
`words/paper.py` on paper. A new column of residents is one field here, one in the town's model and its words; tests name
each place that lacks it.
"""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Final
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Contact:
    """A person to ring about a resident; ``may_be_told`` says what, in words."""

    name: str
    relation: str
    phone: str
    hours: str
    """``any``, ``day`` or ``night``."""
    may_be_told: str
    has_key: bool
    ring_first: bool


@dataclass(frozen=True, slots=True)
class ResidentCard:
    """One resident, as those who answer or drive need to know them. ``risk`` 1 is the highest.

    Each field is the column of ``residents`` that has its name, but for the contacts, which are rows of their own.
    """

    resident_id: UUID
    number: int
    name: str
    address: str
    phone: str | None
    access: str
    notes: str
    risk: int
    pets: bool
    cohabitant: str | None
    cohabitant_sleeps: str | None
    # Those below came after lists had been kept that lack them.
    port_code: str = ""
    key_place: str = ""
    second_way: str = ""
    door_tried_on: date | None = None
    marks: tuple[str, ...] = ()
    protected: bool = False
    contacts: tuple[Contact, ...] = ()

    def masked(self) -> "ResidentCard":
        """Return the card as a list shows it to somebody who may not read a protected identity: the number, the risk and the marks."""
        if not self.protected:
            return self
        return replace(
            self, name="", address="", phone=None, cohabitant=None, access="", port_code="", key_place="", second_way="",
            door_tried_on=None, notes="", contacts=(),
        )  # fmt: skip


COLUMNS: Final = tuple(field.name for field in fields(ResidentCard) if field.name != "contacts")
"""The card's columns of ``residents``, in the order of its fields."""
