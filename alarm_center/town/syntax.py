"""Lines of a town's file that are no TOML: each is told with what to write, and replaced so that the rest is read as well."""

import re
import tomllib
from datetime import date
from typing import Any, Final

from alarm_center.town.toml_lines import last_statement
from alarm_center.words import town_words
from alarm_center.words.town_words import TownSentence, sentence

_ERRORS_AT_MOST: Final = 50
_AT_LINE: Final = re.compile(r" \(at line (\d+), column \d+\)$")
_KEY: Final = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_PAIR: Final = re.compile(rf"(\s*{_KEY}(?:\s*\.\s*{_KEY})*\s*=\s*)(.*)")
_WITHOUT_EQUALS: Final = re.compile(r"\s*([\w-]+)\s*(?::\s*|\s+)(\S.*)")
_BARE_CLOCK: Final = re.compile(r"\d{1,2}[:.]\d\d(:\d\d)?")
_PLAIN_KEY: Final = re.compile(r"""[\w"'.\s-]*""")
_DECIMAL: Final = re.compile(r"-?\d+,\d+")
_CURLY: Final = re.compile("[“”„‟‘’«»]")
_WORDS_OF_TRUTH: Final = frozenset({"ja", "nej", "sant", "falskt", "yes", "no", "true", "false", "on", "off"})
_MONTHS: Final = ("jan", "feb", "mar", "apr", "ma", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/. -]\s*(\d{4})")
_YEAR_FIRST: Final = re.compile(r"(\d{4})\s*[/. -]\s*(\d{1,2})\s*[/. -]\s*(\d{1,2})|(\d{4})(\d\d)(\d\d)")
_MONTH_NAMED: Final = re.compile(r"(?:den\s+)?(\d{1,2})(?::?e)?\.?\s+([^\W\d]{3,})\.?\s+(\d{4})", re.IGNORECASE)
_DAY_LIKE: Final = re.compile(r"\d{1,4}[/.-]\d{1,2}[/. -]\d{1,4}|\d{1,2}[/.]\d{1,2}")

Told = tuple[int, TownSentence]
"""A line, counted from 1, and what is wrong in it."""


def parse_toml(text: str) -> tuple[dict[str, Any] | None, str, list[Told]]:
    """Return what *text* holds, the text with its wrong lines replaced, and what is wrong in them.

    Nothing is returned in the place of the first if a line could not be replaced.
    """
    told: dict[int, TownSentence] = {}
    rows = text.split("\n")
    for _ in range(_ERRORS_AT_MOST):
        try:
            return tomllib.loads("\n".join(rows)), "\n".join(rows), list(told.items())
        except tomllib.TOMLDecodeError as error:
            said = str(error)
        except RecursionError:
            told.setdefault(len(rows), sentence(town_words.TOO_DEEP))
            break
        match = _AT_LINE.search(said)
        number = int(match[1]) if match else last_statement("\n".join(rows))
        opened = _left_open_above(rows, number) if match else None
        if opened is not None:
            number = opened
            _empty_statement(rows, number)
            told.setdefault(number, sentence(town_words.LEFT_OPEN, mark=_closing_mark(text.split("\n")[number - 1])))
            continue
        spaced = _with_plain_spaces(rows[number - 1])
        if spaced != rows[number - 1]:
            rows[number - 1] = spaced
            continue
        if number in told:
            rows[number - 1] = ""  # a value in its place has not helped: the key itself is wrong
            continue
        row = rows[number - 1]
        told[number] = _words_of(said, row)
        pair = _PAIR.fullmatch(row)
        if pair is not None and "twice" not in said and "overwrite" not in said:
            rows[number - 1] = f'{pair[1]}""'
            if pair[2].startswith("{"):
                _empty_inner_lines(rows, number)
            if match is None and any(row.strip() for row in rows[number:]):
                break  # a string that is never closed has taken the rest
        else:
            without = _WITHOUT_EQUALS.fullmatch(row) if "Expected '='" in said else None
            rows[number - 1] = f'{without[1]} = ""' if without else ""
            if pair is None and row.lstrip().startswith("["):
                break  # what stands below it would be another table's
    return None, text, list(told.items())


def date_example(value: object) -> str | None:
    """Return *value*, a day as people write it, as year-month-day; ``None`` if it is none.

    Raises:
        ValueError: it looks like a day and is in no calendar.
    """
    said = str(value).strip().strip("\"'").strip()
    if match := _YEAR_FIRST.fullmatch(said):
        year, month, day = (int(each) for each in match.groups() if each is not None)
    elif match := _DAY_FIRST.fullmatch(said):
        day, month, year = (int(each) for each in match.groups())
    elif match := _MONTH_NAMED.fullmatch(said):
        name = match[2].lower()
        found = [at for at, begins in enumerate(_MONTHS, 1) if name.startswith(begins)]
        if not found:
            return "2026-09-15" if name[:3] in ("oct", "may") else None
        day, month, year = int(match[1]), found[0], int(match[3])
    elif _DAY_LIKE.fullmatch(said):
        return "2026-09-15"
    else:
        return None
    return date(year, month, day).isoformat()


def day_words(value: object) -> TownSentence | None:
    """Return what to write in the place of *value* if it is meant as a day."""
    try:
        example = date_example(value)
    except ValueError:
        return sentence(town_words.NO_SUCH_DAY, value=str(value).strip("\"' "))
    return sentence(town_words.DATE_FORM, example=example) if example else None


def _words_of(said: str, row: str) -> TownSentence:
    """Return what to write in the place of *row*, of which the parser has *said* what is wrong."""
    stripped = row.strip()
    if "overwrite" in said or "Duplicate" in said:
        return sentence(town_words.KEY_TWICE, key=stripped.split("=")[0].strip())
    if "twice" in said or "redefine" in said or "immutable" in said:
        if not stripped.startswith("["):
            return sentence(town_words.KEY_TWICE, key=stripped.split("=")[0].strip())
        return sentence(town_words.TABLE_TWICE, table=stripped.split("#")[0].strip(), name=stripped.strip("[] "))
    if odd := next((each for each in row if each != "\t" and (ord(each) < 32 or ord(each) == 127)), None):
        return sentence(town_words.ODD_CHARACTER, code=f"U+{ord(odd):04X}")
    if stripped.startswith("["):
        name = re.sub(r"[^\w.-]", "", stripped.split("#")[0])
        return sentence(town_words.BRACKETS, example=f"[[{name}]]" if stripped.startswith("[[") else f"[{name}]")
    pair = _PAIR.fullmatch(row)
    if pair is None or "Expected '='" in said:
        if "=" in stripped:
            return sentence(town_words.KEY_LETTERS)
        without = _WITHOUT_EQUALS.fullmatch(row)
        if without is None:
            return sentence(town_words.LINE_UNREADABLE)
        value = without[2] if _is_value(without[2]) else _quoted(without[2])
        return sentence(town_words.EQUALS_MISSING, example=f"{without[1]} = {value}")
    return _words_of_value(said, pair[2].strip(), pair[1].strip("= \t"))


def _words_of_value(said: str, value: str, key: str) -> TownSentence:
    bare = value.split("#")[0].strip()
    if not bare:
        return sentence(town_words.VALUE_MISSING)
    if "//" in bare and _is_value(bare.split("//")[0].strip() or "x"):
        return sentence(town_words.COMMENT_MARK, example=f"{key} = {bare.split('//')[0].strip()} # …")
    if bare[-1] in ",;" and _is_value(bare[:-1].strip() or "x"):
        return sentence(town_words.MARK_AT_END, mark=bare[-1], example=f"{key} = {bare[:-1].strip()}")
    if bare[0] in "[{":
        return _words_of_list(said, bare, key)
    if _CURLY.search(bare) and '"' not in bare.strip('"'):
        return sentence(town_words.CURLY_QUOTES, example=f"{key} = {_quoted(bare)}")
    if _BARE_CLOCK.fullmatch(bare):
        return sentence(town_words.TIME_IN_QUOTES, value=bare.replace(".", ":"))
    if (day := day_words(bare)) is not None:
        return day
    if bare.lower() in _WORDS_OF_TRUTH:
        return sentence(town_words.TRUE_OR_FALSE)
    if _DECIMAL.fullmatch(bare):
        return sentence(town_words.DECIMAL_POINT, example=bare.replace(",", "."))
    if "'\\'" in said or "hex value" in said or "scalar value" in said:
        return sentence(town_words.BACKSLASH)
    if bare[0] in "\"'" or bare[-1] in "\"'":
        even = bare.count(bare[0] if bare[0] in "\"'" else bare[-1]) % 2 == 0
        text = town_words.QUOTE_TOO_MANY if even else town_words.QUOTE_MISSING
        return sentence(text, example=f"{key} = {_quoted(bare)}")
    return sentence(town_words.TEXT_IN_QUOTES, example=f"{key} = {_quoted(bare)}")


def _words_of_list(said: str, bare: str, key: str) -> TownSentence:
    """Return what to write in a list or an inline table: its first part that is no value says it."""
    if bare.count('"') % 2 == 0 and any(bare.count(begins) > bare.count(ends) for begins, ends in ("[]", "{}")):
        if bare[0] == "{":
            return sentence(town_words.ONE_LINE, example=f"{key} = {{ … }}")
        return sentence(town_words.LEFT_OPEN, mark=_closing_mark(f"{key} = {bare}"))
    for part in bare.strip("[]{} ").split(","):
        name, equals, value = part.strip().rpartition("=")
        value = value.strip("[]{} ")
        if not value or _is_value(value):
            continue
        if re.fullmatch(r'("[^"]*"\s*){2,}|([\d.]+\s+)+[\d.]+', value):
            return sentence(town_words.COMMA_MISSING, example=", ".join(re.findall(r'"[^"]*"|[\d.]+', value)))
        if not equals and bare[0] == "[":
            return sentence(
                town_words.QUOTE_MISSING if '"' in value else town_words.TEXT_IN_QUOTES, example=_quoted(value)
            )
        return _words_of_value(said, value, name.strip().rpartition(" ")[2] or key)
    return sentence(town_words.LIST, example=f'{key} = ["a", "b"]')


def _quoted(value: str) -> str:
    plain = re.sub("[\"'“”„‟‘’«»\\\\]", "", value).strip()
    return f'"{plain[:40]}"'


def _is_value(value: str) -> bool:
    try:
        tomllib.loads(f"x = {value}")
    except tomllib.TOMLDecodeError:
        return False
    return True


# ---- what is left open ----


def _left_open_above(rows: list[str], number: int) -> int | None:
    """Return the line of a list or string, opened above *number* and never closed, that makes that line unreadable."""
    row = rows[number - 1]
    try:
        alone = tomllib.loads(row)
    except tomllib.TOMLDecodeError:
        return None
    if not alone:
        return None
    begins = last_statement("\n".join(rows[: number - 1]))
    try:
        tomllib.loads("\n".join(rows[begins - 1 : number - 1]))
    except tomllib.TOMLDecodeError:
        return begins
    return None


def _empty_statement(rows: list[str], number: int) -> None:
    """Take the statement that begins in line *number* out, up to the next line that is whole by itself."""
    rows[number - 1] = ""
    for at in range(number, len(rows)):
        try:
            if tomllib.loads(rows[at]):
                return
        except tomllib.TOMLDecodeError:
            rows[at] = ""


def _empty_inner_lines(rows: list[str], number: int) -> None:
    """Take out the lines after *number* that an inline table, which may have one line only, goes on in."""
    end = next((at for at in range(number, len(rows)) if rows[at].strip().startswith("[[")), len(rows))
    closing = next((at for at in range(number, end) if rows[at].count("}") > rows[at].count("{")), None)
    if closing is not None and rows[number - 1].endswith('""'):
        rows[number : closing + 1] = [""] * (closing + 1 - number)


def _with_plain_spaces(row: str) -> str:
    """Return *row* with plain spaces before its value: hard ones and invisible ones come with a text that was pasted."""
    before, equals, value = row.partition("=")
    hard = {**dict.fromkeys(map(ord, "\u00a0\u2007\u202f"), " "), **dict.fromkeys(map(ord, "\u200b\u2060\ufeff"), "")}
    if not equals:
        return row
    plain = value.lstrip(" \t\u00a0\u2007\u202f\u200b\u2060\ufeff")
    changed = before.translate(hard) + equals + " " + plain
    return (
        changed
        if before.translate(hard) != before or len(value) - len(plain) != len(value) - len(value.lstrip(" \t"))
        else row
    )


def _closing_mark(row: str) -> str:
    pair = _PAIR.fullmatch(row)
    value = pair[2].strip() if pair else row.strip()
    for mark in ('"""', "'''", '"', "'"):
        if value.startswith(mark):
            return mark
    marks = [{"[": "]", "{": "}"}[each] for each in value if each in "[{"]
    for each in value:
        if each in "]}" and marks:
            marks.pop()
    return "".join(reversed(marks)) or "]"
