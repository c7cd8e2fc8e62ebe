"""The reader of a town's file: it returns a :class:`TownFile`, or every error at once, each with its line."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from alarm_center.core.phone_numbers import COUNTRY
from alarm_center.town import crosschecks, notes
from alarm_center.town.encodings import decode_town
from alarm_center.town.field_errors import field_errors
from alarm_center.town.model import TownFile
from alarm_center.town.problems import Found, Problem, TownErrors, language_of, problem_at
from alarm_center.town.syntax import parse_toml
from alarm_center.town.toml_lines import Where, outline
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence

TEXT_CHARACTERS: Final = 8_000_000
"""Some 4 000 residents; a larger file is some other file."""


def read_file(data: bytes, today: date | None = None) -> TownFile:
    """Return the town that the bytes of a file describe, in whatever encoding it was saved; see :func:`read_town`.

    Raises:
        TownErrors: every error in it at once.
    """
    return read_town(decode_town(data), today)


def read_town(text: str, today: date | None = None) -> TownFile:
    """Return the town that *text*, a TOML document, describes.

    With *today*, a decision that has ended by then is an error too (the import gives its own day).

    Raises:
        TownErrors: every error in it at once.
    """
    if len(text) > TEXT_CHARACTERS:
        words = sentence(town_words.FILE_TOO_LONG, count=len(text), most=TEXT_CHARACTERS)
        raise TownErrors([Problem(1, "", words)])
    # A Mac writes å as a and a ring: composed, the same name is the same.
    text = unicodedata.normalize("NFC", text.removeprefix("\ufeff").replace("\r\n", "\n"))
    data, text, told = parse_toml(text)
    if data is None:
        raise TownErrors(Problem(line, "", said) for line, said in told)
    lines = outline(text)
    places = {line: place for place, line in lines.items() if place and isinstance(place[-1], str)}
    problems = [Problem(line, problem_at(lines, (places.get(line, ()), said)).path, said) for line, said in told]
    return checked_town(data, lines, today, problems)


def checked_town(
    data: Mapping[str, Any], lines: Mapping[Where, int], today: date | None, unreadable: Sequence[Problem] = ()
) -> TownFile:
    """Return the town that *data* holds, whose keys and tables stand on *lines*; *unreadable* lines have been told already.

    Raises:
        TownErrors: every error in it at once, those that were told already among them.
    """
    problems = list(unreadable)
    wrong = {problem.line for problem in unreadable}
    organisation = data.get("organisation")
    country = organisation.get("country", COUNTRY) if isinstance(organisation, dict) else COUNTRY
    town: TownFile | None = None
    found: list[Found] = []
    try:
        town = TownFile.model_validate(data, context={"country": country})
    except ValidationError as error:
        found += field_errors(error, data)
    found += crosschecks.cross_errors(data, country, today)
    # A line whose syntax is wrong has said so; what was read in its stead says nothing more.
    problems += [each for each in (problem_at(lines, one) for one in _without_echoes(found)) if each.line not in wrong]
    if problems or town is None:
        raise TownErrors(problems, language_of(data))
    town._lines = lines
    town._notes = tuple(problem_at(lines, each) for each in notes.notes_on(town))
    return town


def refuse_ended_decisions(town: TownFile, today: date) -> None:
    """Return when every resident's decision still holds on *today*.

    Raises:
        TownErrors: one has ended, or there is none.
    """
    found = crosschecks.ended_decisions(town.model_dump(mode="python"), today)
    if found:
        raise TownErrors((problem_at(town.lines, each) for each in found), town.organisation.language)


def _without_echoes(found: list[Found]) -> list[Found]:
    """Return *found* without what is only said of a table whose own key was told to stand elsewhere."""
    moved: set[Where] = {place for place, said in found if said.text == town_words.MOVE_UP}
    return [
        (place, said)
        for place, said in found
        if said.text == town_words.MOVE_UP or not any(place[: len(each)] == each for each in moved)
    ]
