"""Problems in a town's file: each with its line, its place and a sentence, told all at once."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from alarm_center.town.toml_lines import Where, line_of
from alarm_center.words import town_words
from alarm_center.words.catalogues import LANGUAGES, SPEECHES
from alarm_center.words.town_words import TownSentence, sentence

Found = tuple[Where, TownSentence]
"""A place, and what is wrong there."""


class RefusedValue(ValueError):
    """A value that a model of the file does not take, with the sentence that says why."""

    def __init__(self, text: str, **values: object) -> None:
        self.said = sentence(text, **values)
        super().__init__(self.said.words(SPEECHES["en"]))


class Problem(NamedTuple):
    """One thing that is wrong in the file. ``path`` names the place; positions in it are counted from 1."""

    line: int
    path: str
    said: TownSentence

    def words(self, language: str = LANGUAGES[0]) -> str:
        """Return the problem with its line and place, in *language*."""
        speech = SPEECHES[language]
        said = self.said.words(speech)
        if self.path:
            return speech(town_words.AT_PLACE, line=self.line, path=self.path, words=said)
        return speech(town_words.AT_LINE, line=self.line, words=said)


class TownErrors(ValueError):
    """The file says something that cannot be; nothing has changed. ``problems`` are in the order of their lines.

    ``language`` is the town's, as far as its file could be read.
    """

    def __init__(self, problems: Iterable[Problem], language: str = LANGUAGES[0]) -> None:
        self.problems = tuple(sorted(set(problems)))
        self.language = language
        super().__init__("\n".join(problem.words(language) for problem in self.problems))


def problem_at(lines: Mapping[Where, int], found: Found) -> Problem:
    """Return the problem with the line of its place, or of the nearest thing around it."""
    place, said = found
    path = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in place)
    return Problem(line_of(lines, place), path.removeprefix("."), said)


def said_in(error: Any) -> TownSentence | None:
    """Return the sentence of one of our own refusals, as the library lists it; ``None`` for an error of its own."""
    raised = error.get("ctx", {}).get("error")
    return raised.said if isinstance(raised, RefusedValue) else None


def language_of(data: object) -> str:
    """Return the language that *data*, a file as parsed, says that the town speaks; Swedish where it says none."""
    organisation = data.get("organisation") if isinstance(data, dict) else None
    said = organisation.get("language") if isinstance(organisation, dict) else None
    return said if said in LANGUAGES else LANGUAGES[0]
