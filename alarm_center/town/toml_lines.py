"""Line numbers of the tables and keys of a TOML text, which the standard parser does not return.

Only the outline is read here: statements, their keys and where they begin. What the values are is tomllib's to say.
"""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

Where = tuple[str | int, ...]

_QUOTES: Final = ('"""', "'''", '"', "'")


def outline(text: str) -> dict[Where, int]:
    """Return the line, from 1, of each table and key in *text*, a TOML document that tomllib takes.

    The position in an array of tables stands in the place as a number: ``("residents", 0, "slots", 2, "time")``. What
    stands inside a list or an inline table is found under the key that it belongs to.
    """
    lines: dict[Where, int] = {(): 1}
    counts: dict[Where, int] = {}
    table: Where = ()
    for line, statement in _statements(text):
        if statement.startswith("["):
            many = statement.startswith("[[")
            keys = _keys(_header(statement))
            table = _with_positions(keys[:-1], counts)
            if many:
                whole = (*table, keys[-1])
                counts[whole] = counts.get(whole, -1) + 1
                lines.setdefault(whole, line)
                table = (*whole, counts[whole])
            else:
                table = _with_positions(keys, counts)
            lines.setdefault(table, line)
        else:
            place = table
            for key in _keys(f"{_before_equals(statement)} = 0"):
                place = (*place, key)
                lines.setdefault(place, line)
    return lines


def last_statement(text: str) -> int:
    """Return the line, from 1, on which the last statement of *text* begins; it need not be whole."""
    return max((line for line, _ in _statements(text)), default=1)


def line_of(lines: Mapping[Where, int], place: Where) -> int:
    """Return the line of *place*, or of the nearest thing around it that has one."""
    for end in range(len(place), -1, -1):
        if place[:end] in lines:
            return lines[place[:end]]
    return 1


def _with_positions(keys: Where, counts: Mapping[Where, int]) -> Where:
    """Return *keys* with the position of the newest table wherever one of them names an array of tables."""
    place: Where = ()
    for key in keys:
        place = (*place, key)
        if place in counts:
            place = (*place, counts[place])
    return place


def _keys(text: str) -> Where:
    """Return the keys that *text*, one TOML statement, leads through."""
    keys: list[str | int] = []
    value: Any = tomllib.loads(text)
    while isinstance(value, dict) and value:
        key, value = next(iter(value.items()))
        keys.append(key)
        if isinstance(value, list):
            value = value[0]
    return tuple(keys)


def _header(statement: str) -> str:
    """Return a table's header without the comment after it."""
    at, depth = 0, 0
    while at < len(statement):
        if statement[at] in "\"'":
            at = _after_string(statement, at)
            continue
        depth += {"[": 1, "]": -1}.get(statement[at], 0)
        at += 1
        if not depth:
            break
    return statement[:at]


def _before_equals(statement: str) -> str:
    at = 0
    while statement[at] != "=":
        at = _after_string(statement, at) if statement[at] in "\"'" else at + 1
    return statement[:at]


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement with the line on which it begins; a value may go on over several lines."""
    at, depth = 0, 0
    begins: int | None = None
    counted, line = 0, 1
    while at < len(text):
        character = text[at]
        if begins is None:
            if character.isspace():
                at += 1
                continue
            if character != "#":
                line += text.count("\n", counted, at)
                begins, counted, depth = at, at, 0
        if character in "\"'":
            at = _after_string(text, at)
            continue
        if character == "#":
            at = _line_end(text, at)
            continue
        if character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == "\n" and depth <= 0 and begins is not None:
            yield line, text[begins:at]
            begins = None
        at += 1
    if begins is not None:
        yield line, text[begins:]


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _after_string(text: str, at: int) -> int:
    """Return where the string that begins at *at* is over."""
    quote = next(each for each in _QUOTES if text.startswith(each, at))
    at += len(quote)
    while at < len(text) and not text.startswith(quote, at):
        at += 2 if text[at] == "\\" and quote[0] == '"' else 1
    at += len(quote)
    while len(quote) == 3 and text.startswith(quote[0], at):  # """" ends a string that ends in a quote
        at += 1
    return at
