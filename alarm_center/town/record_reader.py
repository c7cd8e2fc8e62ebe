"""A table of the care record's decisions: reference, resident's number, kind, first and last day; every mistake with its line."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from alarm_center.store.record_decisions import RecordDecision
from alarm_center.town.csv_reader import cell_value, read_rows
from alarm_center.town.encodings import decode_town
from alarm_center.town.problems import Problem, TownErrors
from alarm_center.words import csv_words, town_words
from alarm_center.words.town_words import TownSentence, sentence
from schemas.vocabulary import DecisionKind

_NEEDED: Final[Mapping[str, str]] = {"reference": "B-2026-114", "number": "7", "starts_on": "2026-09-15"}
_LONGEST: Final = 200


def read_record(data: bytes, language: str) -> list[RecordDecision]:
    """Return the decisions of the table in *data*.

    Raises:
        TownErrors: every error in it at once.
    """
    sheet = read_rows(decode_town(data), language, csv_words.RECORD_COLUMNS)
    found: dict[str, RecordDecision] = {}
    missing = [head for head, name in csv_words.RECORD_COLUMNS.items() if name in _NEEDED and name not in sheet.columns]
    sheet.problems += [Problem(1, head, sentence(town_words.RECORD_HEADING)) for head in missing]
    for line, said in sheet.cells():
        before = len(sheet.problems)
        values = {name: cell_value(sheet, line, name, cell) for name, cell in said.items()}
        wrong = [*_wrong(values)] if not missing else []
        told = {problem.path for problem in sheet.problems[before:]}
        sheet.problems += [Problem(line, name, words) for name, words in wrong if name not in told]
        if len(sheet.problems) > before or missing:
            continue
        reference = values["reference"]
        if reference in found:
            sheet.problems.append(Problem(line, "reference", sentence(town_words.REFERENCE_TWICE, value=reference)))
            continue
        kind = DecisionKind(values.get("kind", DecisionKind.DECISION))
        found[reference] = RecordDecision(reference, values["number"], kind, values["starts_on"], values.get("ends_on"))
    if sheet.problems:
        raise TownErrors(sheet.problems, language)
    return list(found.values())


def _wrong(values: Mapping[str, object]) -> list[tuple[str, TownSentence]]:
    """Return what a line lacks, or says wrongly, by its column."""
    wrong = [
        (name, sentence(town_words.CELL_MISSING, example=example))
        for name, example in _NEEDED.items()
        if name not in values
    ]
    number, kind = values.get("number", 1), values.get("kind", DecisionKind.DECISION)
    if not isinstance(number, int) or not 1 <= number <= 999_999:
        wrong.append(("number", sentence(town_words.FROM_TO, least=1, most=999_999)))
    if kind not in set(DecisionKind):
        wrong.append(("kind", sentence(town_words.ONE_OF, words=", ".join(csv_words.DECISION_WORDS))))
    if len(str(values.get("reference", ""))) > _LONGEST:
        count = len(str(values["reference"]))
        wrong.append(("reference", sentence(town_words.TEXT_TOO_LONG, most=_LONGEST, count=count)))
    first, last = values.get("starts_on"), values.get("ends_on")
    if isinstance(first, date) and isinstance(last, date) and last < first:
        wrong.append(("ends_on", sentence(town_words.BEFORE, last=last, name=csv_words.STARTS_HEADING, first=first)))
    return wrong
