"""Tables of a town's file as the TOML parser gives them, before anything is known to be right."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from alarm_center.town.problems import Found
from alarm_center.town.toml_lines import Where
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence

Table = Mapping[str, Any]


def tables_of(data: Table, name: str, place: Where = ()) -> Iterator[tuple[Where, Table]]:
    """Yield the tables of an array of tables, each with its place."""
    many = data.get(name)
    if isinstance(many, list | tuple):
        for at, table in enumerate(many):
            if isinstance(table, dict):
                yield (*place, name, at), table


def order_errors(table: Table, first: str, last: str, place: Where) -> Iterator[Found]:
    """Yield the *last* day where it is before the *first*."""
    begins, ends = table.get(first), table.get(last)
    if isinstance(begins, date) and isinstance(ends, date) and ends < begins:
        yield (*place, last), sentence(town_words.BEFORE, last=ends, name=first, first=begins)
