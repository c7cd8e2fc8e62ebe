"""Residents: the card that pages and papers show, and the search by name, address, number or phone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from alarm_center.core import phones
from alarm_center.core.resident_card import COLUMNS, ResidentCard
from alarm_center.store.memory import Tx

CARD_COLUMNS: Final = ", ".join(f"r.{name}" for name in COLUMNS)
"""The columns of a card in a statement that calls ``residents`` r; :func:`card_of` reads them."""

_WORDS_AT_MOST: Final = 8
"""Words of a question that count; nobody is called by more."""


@dataclass(frozen=True, slots=True)
class Found:
    """One resident who is looked after here, with the open case if there is one."""

    resident_id: UUID
    org: str
    town: str
    area: str
    name: str
    address: str
    phone: str | None
    case_no: int | None


_FOUND: Final = """
    select r.resident_id, r.org, o.name as town, e.code as area, r.name, r.address, r.phone, a.case_no
    from residents r
    join organisations o using (org)
    join areas e using (area_id)
    left join alarms a on a.resident_id = r.resident_id and a.state <> 'closed' and not a.visit and a.lane = 'real'
    where r.moved_at is null and r.died_at is null
"""


async def find(tx: "Tx[Any]", asked: str, most: int) -> list[Found]:
    """Return at most *most* residents, by name, who match every word of *asked*; without a word, the first ones."""
    if endings := phones.asked_endings(asked):
        rows = await tx.fetch(
            f"{_FOUND} and r.phone like any ($1::text[]) order by r.name limit $2",
            [f"%{ending}" for ending in endings], most,
        )  # fmt: skip
    else:
        rows = await tx.fetch(
            f"""
            {_FOUND} and not exists (
                select from unnest((string_to_array(search_form($1), ' '))[1:{_WORDS_AT_MOST}]) as word
                where position(word in r.search_form) = 0 and word <> r.number::text
            )
            order by r.name, r.resident_id limit $2
            """,
            asked, most,
        )  # fmt: skip
    return [Found(**row) for row in rows]


async def one(tx: "Tx[Any]", resident_id: UUID) -> Found | None:
    """Return a resident who is looked after here; ``None`` if there is none that the viewer may see."""
    row = await tx.fetchrow(f"{_FOUND} and r.resident_id = $1", resident_id)
    return Found(**row) if row else None


async def card(tx: "Tx[Any]", resident_id: UUID) -> ResidentCard | None:
    """Return a resident's card; ``None`` if there is none that the viewer may see."""
    row = await tx.fetchrow(
        f"select {CARD_COLUMNS} from residents r where r.resident_id = $1",  # noqa: S608 -- our own columns
        resident_id,
    )
    return card_of(row) if row else None


def card_of(row: Mapping[str, Any]) -> ResidentCard:
    """Return the card in a row that has :data:`CARD_COLUMNS` and maybe others."""
    return ResidentCard(*(row[name] for name in COLUMNS))
