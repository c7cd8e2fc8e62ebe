"""Errors of residents who share a bed in a town's file, and who shares one with whom by it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from alarm_center.town.problems import Found
from alarm_center.town.toml_lines import Where
from alarm_center.words import town_words
from alarm_center.words.town_words import TownSentence, sentence

Table = Mapping[str, Any]

FIELD: Final = "shares_bed_with"


def pairs_of(named: Iterable[tuple[int, int | None]]) -> dict[int, int]:
    """Return with whom each number shares a bed, where one of the two names the other or both do; *named* is number and word."""
    pairs: dict[int, int] = {}
    for number, other in named:
        if other is not None and other != number:
            pairs.setdefault(number, other)
            pairs.setdefault(other, number)
    return pairs


def companions(data: Table) -> dict[int, Table]:
    """Return by number the table of the one who shares the bed, for residents of *data* whose numbers are numbers."""
    tables = {table["number"]: table for _, table in _residents(data)}
    pairs = pairs_of((number, _named(table)) for number, table in tables.items())
    return {number: tables[other] for number, other in pairs.items() if number in tables and other in tables}


def bed_errors(data: Table) -> Iterator[Found]:
    """Yield beds that cannot be shared so; of two who name each other the first one's line is told."""
    places = {table["number"]: (place, table) for place, table in _residents(data)}
    namers: dict[int, list[int]] = {}
    for number, (_, table) in places.items():
        if (other := _named(table)) is not None:
            namers.setdefault(other, []).append(number)
    for number, (place, table) in places.items():
        other = _named(table)
        if other is None:
            continue
        at = (*place, FIELD)
        if other == number:
            yield at, sentence(town_words.BED_OWN)
        elif other not in places:
            yield at, sentence(town_words.BED_UNKNOWN, value=other)
        elif {*namers[other], *namers.get(number, ()), _named(places[other][1])} - {number, other, None}:
            yield at, sentence(town_words.BED_OF_THREE, value=other)
        elif _named(places[other][1]) != number or list(places).index(number) < list(places).index(other):
            yield from ((at, said) for said in _pair_errors(other, table, places[other][1]))


def _pair_errors(number: int, one: Table, other: Table) -> Iterator[TownSentence]:
    if one.get("area") != other.get("area") or one.get("performer") != other.get("performer"):
        yield sentence(town_words.BED_APART, value=number)
    if one.get("cohabitant") or other.get("cohabitant"):
        yield sentence(town_words.BED_COHABITANT, value=number)
    devices = [_devices(table) for table in (one, other)]
    kinds = [{str(device.get("kind")) for device in some} for some in devices]
    if kinds[0] & kinds[1]:
        yield sentence(town_words.BED_TWO_DEVICES, value=number)
    profiles = [device.get("profile") for some in devices for device in some]
    if any(isinstance(profile, dict) and profile.get("expected_people", 1) != 1 for profile in profiles):
        yield sentence(town_words.BED_EXPECTED)


def _residents(data: Table) -> Iterator[tuple[Where, Table]]:
    """Yield the residents' tables that have a number, each with its place; of two with one number the first."""
    many, seen = data.get("residents"), set()
    for at, table in enumerate(many if isinstance(many, list | tuple) else ()):
        number = table.get("number") if isinstance(table, dict) else None
        if isinstance(number, int) and number not in seen:
            seen.add(number)
            yield ("residents", at), table


def _named(table: Table) -> int | None:
    other = table.get(FIELD)
    return other if isinstance(other, int) and not isinstance(other, bool) else None


def _devices(table: Table) -> list[Table]:
    devices = table.get("devices")
    return [each for each in devices if isinstance(each, dict)] if isinstance(devices, list | tuple) else []
