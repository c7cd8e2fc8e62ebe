"""Tables of residents or of times, as Excel saves them: laid over the town as it is, and checked as its file is.

A cell that is empty changes nothing. A resident of a number that the town does not have is a new one. A table of times has a line a
time, and replaces all the times of each resident in it.
"""

import csv
import difflib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from alarm_center.town.encodings import decode_town
from alarm_center.town.export import ExportedTown, without_silence
from alarm_center.town.model import TownFile
from alarm_center.town.problems import Problem, TownErrors
from alarm_center.town.reader import checked_town
from alarm_center.town.syntax import date_example, day_words
from alarm_center.town.times import DAYS, week_days
from alarm_center.town.toml_lines import Where
from alarm_center.words import csv_words, town_words
from alarm_center.words.town_words import sentence

_DATES: Final = frozenset(
    {"door_tried_on", "given_on", "starts_on", "ends_on", "trial_ends_on", "follow_up_on", "from_night", "until_night"}
)
_NUMBERS: Final = frozenset({"number", "shares_bed_with", "window_minutes", "seconds"})
_TRUTHS: Final = frozenset({"pets", "protected", "by_visit"})
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "state": csv_words.CONSENT_WORDS,
    "kind": {**csv_words.DEVICE_WORDS, **csv_words.DECISION_WORDS},
    "cohabitant_sleeps": csv_words.SLEEP_WORDS,
}
_CLOCK: Final = re.compile(r"(\d{1,2})[:.](\d\d)(?:[:.]00)?")
_KEPT_PARTS: Final = ("organisation", "areas", "performers", "legal_positions")


@dataclass(slots=True)
class Sheet:
    """A table as it is read: its columns by their place, its lines, and what is wrong so far."""

    columns: list[str | None]
    rows: list[tuple[int, list[str]]]
    problems: list[Problem] = field(default_factory=list)

    def cells(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield each line's number with its cells by column; empty ones are left out."""
        for number, row in self.rows:
            said = {name: cell.strip() for name, cell in zip(self.columns, row, strict=False) if name and cell.strip()}
            if said:
                yield number, said


def read_sheet(data: bytes, town: ExportedTown, today: date) -> TownFile:
    """Return *town* with the residents that the table in *data* names, as it has them, and no others.

    Raises:
        TownErrors: every error in it at once, each with its line.
    """
    language = town.tables["organisation"]["language"]
    sheet = read_rows(decode_town(data), language)
    known = {table["number"]: without_silence(table) for table in town.tables["residents"]}
    lines: dict[Where, int] = {}
    times = "time" in sheet.columns
    found = _times(sheet, known, lines) if times else _residents(sheet, known, lines)
    found += _beside(found, known)
    file = {name: without_silence(town.tables[name]) for name in _KEPT_PARTS if town.tables[name]} | {
        "residents": found
    }
    problems = list(sheet.problems)
    try:
        whole = checked_town(file, lines, today)
    except TownErrors as errors:
        problems += [_in_a_table(problem) for problem in errors.problems]
    # A cell that could not be read has said so.
    wrong = {(problem.line, problem.path.rpartition(".")[2]) for problem in sheet.problems}
    problems = [p for p in problems if p in sheet.problems or (p.line, p.path.rpartition(".")[2]) not in wrong]
    if problems:
        # One word a cell: what is wrong with it comes first, and what follows from that after.
        raise TownErrors({(each.line, each.path): each for each in reversed(problems)}.values(), language)
    return whole.of_some_residents()


_CODES_IN_TABLES: Final = {
    town_words.NO_AREA: town_words.NO_AREA_IN_TOWN,
    town_words.NO_PERFORMER: town_words.NO_PERFORMER_IN_TOWN,
}
_CELL_WORDS: Final = {word: cell for words in _WORDS.values() for cell, word in reversed(list(words.items()))}
"""Each word of a town's file as a cell has it."""


def _in_a_table(problem: Problem) -> Problem:
    """Return a problem of the town's file with the words of a table: its column, and what a cell may say."""
    said, values = problem.said, dict(problem.said.values)
    if said.text == town_words.ONE_OF:
        words = [_CELL_WORDS.get(word, word) for word in values["words"].split(", ")]
        said = sentence(said.text, words=", ".join(dict.fromkeys(words)))
    elif said.text in _CODES_IN_TABLES:
        said = sentence(_CODES_IN_TABLES[said.text], **values)
    return problem._replace(path=problem.path.rpartition("].")[2], said=said)


def read_rows(text: str, language: str, columns: Mapping[str, str] | None = None) -> Sheet:
    """Return the table in *text*; its cells are parted by whichever of Excel's marks stands most in the first line.

    *columns* are the headings that it may have; those of residents or of times unless said.
    """
    first = text.partition("\n")[0]
    mark = max(";\t,", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    rows: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for row in reader:
            rows.append((begins, row))
            begins = reader.line_num + 1
    except csv.Error:
        raise TownErrors([Problem(begins, "", sentence(town_words.LINE_UNREADABLE))], language) from None
    heads = [cell.strip().lower().removeprefix("\ufeff") for cell in rows[0][1]] if rows else []
    own = csv_words.TIME_COLUMNS if {"tid", "time"} & set(heads) else csv_words.RESIDENT_COLUMNS
    names = own if columns is None else columns
    sheet = Sheet([_column(head, names) for head in heads], rows[1:])
    for head, name in zip(heads, sheet.columns, strict=True):
        if head and name is None:
            near = difflib.get_close_matches(head, names, 1, 0.6)
            told = sentence(town_words.NEAR_HEADING, near=near[0]) if near else sentence(town_words.UNKNOWN_HEADING)
            sheet.problems.append(Problem(1, head, told))
    if "number" not in sheet.columns:
        raise TownErrors([*sheet.problems, Problem(1, "", sentence(town_words.NUMBER_HEADING))], language)
    for number, row in sheet.rows:
        if any(cell.strip() for cell in row[len(heads) :]):
            sheet.problems.append(Problem(number, "", sentence(town_words.MORE_CELLS, count=len(heads))))
    return sheet


def _column(head: str, names: Mapping[str, str]) -> str | None:
    return names.get(head) or (head if head in names.values() else None)


def _beside(found: list[dict[str, Any]], known: Mapping[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return, as the town has them, those who share a bed with one of the table and are not in it themselves."""
    numbers = {table.get("number") for table in found}
    named = {table.get("shares_bed_with") for table in found} - numbers
    return [known[number] for number in sorted(each for each in named if isinstance(each, int)) if number in known]


# ---- residents ----


def _residents(sheet: Sheet, known: Mapping[int, dict[str, Any]], lines: dict[Where, int]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    numbers: set[Any] = set()
    for number, said in sheet.cells():
        values = {name: cell_value(sheet, number, name, cell) for name, cell in said.items()}
        who = values.get("number")
        if who in numbers:
            sheet.problems.append(Problem(number, "number", sentence(town_words.NUMBER_TWICE, value=who)))
            continue
        numbers.add(who)
        place: Where = ("residents", len(found))
        lines[place] = number
        table: dict[str, Any] = dict(known[who]) if isinstance(who, int) and who in known else {}
        for name, value in values.items():
            outer, _, inner = name.partition(".")
            if name == "slots":
                table["slots"] = value
            elif outer == "devices":
                continue
            elif inner:
                table[outer] = {**table.get(outer, {}), inner: value}
            else:
                table[name] = value
        if "consent" in table:
            table["consent"] = {"state": "given", **table["consent"]}
        if "devices.id" in values:
            table["devices"] = _devices(table.get("devices", []), values)
        found.append(table)
    return found


def _devices(bound: list[dict[str, Any]], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the resident's devices with the one of the table: another of its kind is exchanged for it."""
    same = next((device for device in bound if device["id"] == values["devices.id"]), {})
    device = {"kind": "camera", **same, "id": values["devices.id"]}
    if "devices.kind" in values:
        device["kind"] = values["devices.kind"]
    return [*(one for one in bound if one is not same and one["kind"] != device["kind"]), device]


# ---- times ----


def _times(sheet: Sheet, known: Mapping[int, dict[str, Any]], lines: dict[Where, int]) -> list[dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {}
    for number, said in sheet.cells():
        values = {name: cell_value(sheet, number, name, cell) for name, cell in said.items()}
        whose = values.pop("number", None)
        if whose not in known:
            told = sentence(town_words.NO_RESIDENT, number=said.get("number", ""))
            sheet.problems.append(Problem(number, "number", told))
            continue
        table = found.setdefault(whose, {**known[whose], "slots": []})
        place: Where = ("residents", list(found).index(whose))
        lines.setdefault(place, number)
        lines[(*place, "slots", len(table["slots"]))] = number
        table["slots"].append(values)
    return list(found.values())


# ---- cells ----


def cell_value(sheet: Sheet, line: int, name: str, cell: str) -> Any:
    """Return what *cell* says, or the cell itself where the town's own checks say what is wrong with it."""
    key = name.rpartition(".")[2]
    low = cell.lower()
    if key in _DATES:
        return _date(sheet, line, name, cell)
    if key == "risk" and low in csv_words.RISKS:
        return csv_words.RISKS[low]
    if key in _NUMBERS or key == "risk":
        return int(cell) if cell.isdecimal() else cell
    if key in _TRUTHS:
        return True if low in csv_words.YES else False if low in csv_words.NO else cell
    if key == "time":
        return _clock(cell)
    if key == "weekdays":
        return _days(low)
    if key == "slots":
        return [_slot(each.strip()) for each in re.split(r"[,;\n]", cell) if each.strip()]
    return _WORDS.get(key, {}).get(low, cell)


def _date(sheet: Sheet, line: int, name: str, cell: str) -> Any:
    try:
        return date.fromisoformat(date_example(cell) or cell)
    except ValueError:
        told = day_words(cell) or sentence(town_words.DATE_FORM, example="2026-09-15")
        sheet.problems.append(Problem(line, name, told))
        return cell


def _clock(cell: str) -> str:
    match = _CLOCK.fullmatch(cell)
    return f"{int(match[1]):02}:{match[2]}" if match else cell


def _slot(said: str) -> dict[str, Any]:
    """Return a time of a cell: ``02:00``, or with a window of 60 minutes ``02:00+60``."""
    clock, _, window = said.partition("+")
    wide = {"window_minutes": int(window) if window.strip().isdecimal() else window} if window else {}
    return {"time": _clock(clock.strip()), **wide}


def _days(low: str) -> Any:
    """Return days of the week: ``mån, tis``, ``mån-fre`` or ``alla``; what is none is left to the town's own checks."""
    if low in csv_words.EVERY_NIGHT:
        return list(DAYS)
    span = re.fullmatch(r"(\w+)\s*[-–]\s*(\w+)", low)
    if span is None:
        return [each[:3] for each in re.split(r"[\s,/]+", low) if each]
    try:
        first, last = week_days([span[1][:3]])[0], week_days([span[2][:3]])[0]
    except ValueError:
        return [span[1], span[2]]
    return [DAYS[(first + n) % 7] for n in range((last - first) % 7 + 1)]
