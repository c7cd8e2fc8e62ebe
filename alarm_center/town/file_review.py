"""The review of an uploaded file, as it is kept for its person: what is wrong, or what would change and what would be undone.

It is plain data, without a language: the page puts it into words (words/file_words.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alarm_center.core.uploaded_file import FileLimit, limit_of
from alarm_center.store.file_imports import FilePerson
from alarm_center.town.bring_in import ForeseenImport
from alarm_center.town.export import ExportedTown
from alarm_center.town.model import TownFile
from alarm_center.town.problems import Problem
from alarm_center.town.toml_lines import line_of
from alarm_center.town.town_import import ImportedChange
from alarm_center.town.undoing import UndoneChange
from alarm_center.words import file_words
from alarm_center.words.town_words import TownSentence, sentence
from schemas.vocabulary import ImportAction

_OWN_CARE = "town"
"""The code of the town's own care among the performers that a person is limited to."""


@dataclass(frozen=True, slots=True)
class _Home:
    """The area and performer of a resident, for whose people they are."""

    area: str
    performer: str | None

    def is_of(self, person: FilePerson) -> bool:
        """Tell whether the resident is in the person's areas and of their performers."""
        of_area = person.areas is None or self.area in person.areas
        return of_area and (person.performers is None or (self.performer or _OWN_CARE) in person.performers)


def limit_problems(
    foreseen: ForeseenImport, town: TownFile, stored: ExportedTown | None, person: FilePerson
) -> list[Problem]:
    """Return what in the file is not the person's to change, each once a line."""
    wanted = {one.number: (place, _Home(one.area, one.performer)) for place, one in enumerate(town.residents or ())}
    had = {
        one["number"]: _Home(one["area"], one["performer"]) for one in (stored.tables["residents"] if stored else ())
    }
    found: dict[tuple[int, FileLimit], Problem] = {}
    for change in foreseen.changes:
        if change.action is ImportAction.LEFT:
            continue
        place, home = wanted.get(change.number or 0, (None, None))
        theirs = home is not None and home.is_of(person)
        theirs = theirs and (change.number not in had or had[change.number].is_of(person))
        limit = limit_of(change.what, person.roles, whole=person.is_whole, theirs=theirs)
        if limit is not None:
            line = line_of(town.lines, ("residents", place) if place is not None else (change.what + "s",))
            told = sentence(file_words.LIMITS[limit], name=change.name)
            found.setdefault((line, limit), Problem(line, "", told))
    return sorted(found.values())


def problems_review(problems: Iterable[Problem]) -> dict[str, Any]:
    """Return the review of a file that cannot be brought in."""
    return {"problems": [_problem(each) for each in problems]}


def changes_review(foreseen: ForeseenImport, town: TownFile) -> dict[str, Any]:
    """Return the review of a file that can be: a line a resident, what is the town's, and what would be undone."""
    names = {one.number: one.name for one in town.residents or ()}
    by_resident: dict[int, list[ImportedChange]] = {}
    of_town: list[ImportedChange] = []
    for change in foreseen.changes:
        if change.number is None:
            of_town.append(change)
        else:
            by_resident.setdefault(change.number, []).append(change)
    return {
        "residents": [
            {"number": number, "name": names.get(number, ""), "changes": [_change(each) for each in made]}
            for number, made in sorted(by_resident.items())
        ],
        "town": [_change(each) for each in of_town],
        "undone": [_undone(each, names) for each in foreseen.undone],
        "notes": [_problem(each) for each in town.notes],
        "count": sum(change.action is not ImportAction.LEFT for change in foreseen.changes),
        "everybody": len(town.residents or ()),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line, "path": problem.path, "said": _said(problem.said)}


def _change(change: ImportedChange) -> dict[str, Any]:
    detail = _said(change.detail) if isinstance(change.detail, TownSentence) else change.detail
    return {"what": change.what, "name": change.name, "action": change.action.value, "detail": detail}


def _undone(each: UndoneChange, names: Mapping[int, str]) -> dict[str, Any]:
    number, _, part = each.part.partition(" ")
    made = each.change
    return {
        "key": each.part,
        "name": names.get(int(number), number) if number.isdecimal() else "",
        "number": int(number) if number.isdecimal() else None,
        "part": part if number.isdecimal() else number,
        "thing": part,
        "who": (made.name or made.made_by) if made else None,
        "at": made.made_at.isoformat() if made else None,
    }


def _said(said: TownSentence) -> dict[str, Any]:
    return {"text": said.text, "values": dict(said.values)}
