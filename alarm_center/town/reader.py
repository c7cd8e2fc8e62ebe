"""The reader of a town's file: it returns a :class:`TownFile`, or every error at once, each with its line."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from alarm_center.core.phone_numbers import COUNTRY
from alarm_center.town import crosschecks
from alarm_center.town.model import TownFile, Where
from alarm_center.town.toml_lines import line_of, outline

TEXT_CHARACTERS: Final = 8_000_000
"""Some 4 000 residents; a larger file is some other file."""

_SYNTAX_ERRORS: Final = 50
_AT_LINE: Final = re.compile(r" \(at line (\d+), column \d+\)$")
_AT_END: Final = " (at end of document)"
_PAIR: Final = re.compile(r"""(\s*[\w."'-]+\s*=\s*)(.*)""")
_BARE_CLOCK: Final = re.compile(r"\d{1,2}:\d\d(:\d\d)?\s*(#.*)?")


class Problem(NamedTuple):
    """One thing that is wrong in the file. ``path`` names the place; positions in it are counted from 1."""

    line: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.path}: {self.message}" if self.path else f"line {self.line}: {self.message}"


class TownErrors(ValueError):
    """The file says something that cannot be; nothing has changed. ``problems`` are in the order of their lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def read_town(text: str, today: date | None = None) -> TownFile:
    """Return the town that *text*, a TOML document, describes.

    With *today*, a decision that has ended by then is an error too (the import gives its own day).

    Raises:
        TownErrors: every error in it at once.
    """
    if len(text) > TEXT_CHARACTERS:
        raise TownErrors([Problem(1, "", f"{len(text)} characters; at most {TEXT_CHARACTERS}")])
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    data, text, problems = _parse_toml(text)
    if data is None:
        raise TownErrors(problems)
    lines = outline(text)
    told = {problem.line for problem in problems}
    organisation = data.get("organisation")
    country = organisation.get("country", COUNTRY) if isinstance(organisation, dict) else COUNTRY
    town: TownFile | None = None
    found: list[tuple[Where, str]] = []
    try:
        town = TownFile.model_validate(data, context={"country": country})
    except ValidationError as error:
        found += _field_errors(error)
    found += crosschecks.cross_errors(data, country, today)
    # A line whose syntax is wrong has said so; what was read in its stead says nothing more.
    problems += [each for each in (_problem_at(lines, place, words) for place, words in found) if each.line not in told]
    if problems or town is None:
        raise TownErrors(problems)
    town._lines = lines
    return town


def refuse_ended_decisions(town: TownFile, today: date) -> None:
    """Return when every resident's decision still holds on *today*.

    Raises:
        TownErrors: one has ended, or there is none.
    """
    found = crosschecks.ended_decisions(town.model_dump(mode="python"), today)
    if found:
        raise TownErrors(_problem_at(town.lines, place, words) for place, words in found)


def _problem_at(lines: Mapping[Where, int], place: Where, words: str) -> Problem:
    path = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in place)
    return Problem(line_of(lines, place), path.removeprefix("."), words)


def _field_errors(error: ValidationError) -> Iterator[tuple[Where, str]]:
    """Yield the errors of single fields. A list is not also too short because one of its items is wrong."""
    errors = error.errors(include_url=False, include_input=False)
    around = {each["loc"][:end] for each in errors for end in range(len(each["loc"]))}
    for each in errors:
        if each["type"] != "too_short" or each["loc"] not in around:
            yield each["loc"], _error_words(each)


def _error_words(error: Any) -> str:
    kind, said = error["type"], str(error["msg"]).removeprefix("Value error, ")
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden" and error["loc"][0] == "users" and error["loc"][-1] == "password_hash":
        return "a town's file holds no password; leave it out: the import invites the person, and prints the link once"
    if kind == "extra_forbidden":
        return "is no word of this file; misspelt?"
    return said


def _parse_toml(text: str) -> tuple[dict[str, Any] | None, str, list[Problem]]:
    """Parse *text*; a wrong line is reported and replaced, so that the lines after it are read as well."""
    problems: list[Problem] = []
    rows = text.split("\n")
    for _ in range(_SYNTAX_ERRORS):
        try:
            return tomllib.loads("\n".join(rows)), "\n".join(rows), problems
        except tomllib.TOMLDecodeError as error:
            said = str(error)
        except RecursionError:
            said = "lists within lists too deep" + _AT_END
        match = _AT_LINE.search(said)
        if match is None:
            problems.append(Problem(len(rows), "", said.removesuffix(_AT_END) + "; something is left open above"))
            break
        line = int(match[1])
        pair = _PAIR.fullmatch(rows[line - 1])
        if line in {problem.line for problem in problems}:
            rows[line - 1] = ""  # a value in its place has not helped: the key itself is wrong
            continue
        problems.append(Problem(line, "", _syntax_words(said[: match.start()], pair[2] if pair else "")))
        if pair is None:
            break
        rows[line - 1] = f'{pair[1]}""'
    return None, text, problems


def _syntax_words(said: str, value: str) -> str:
    if _BARE_CLOCK.fullmatch(value):
        return f'write the time in quotes: "{value.split("#")[0].strip()}"'
    return said[0].lower() + said[1:] if said.startswith(("Expected", "Invalid", "Cannot")) else said
