"""The text of a town's file from its bytes: UTF-8, UTF-16 with or without its mark, and Windows' own cp1252."""

import codecs
import re
from typing import Final

from alarm_center.town.problems import Problem, TownErrors
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16's, with which it begins
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_GARBLED: Final = re.compile("Ã[\u0080-\u00bf\u0152-\u0161\u017d-\u0192\u2013-\u2122]|Â[\u00a0-\u00bf]|\ufffd")
"""UTF-8 read as Windows' letters and saved again: "Ã¥" was "å"."""
_NO_LETTER: Final = re.compile(r"\w[†‡„Œ]|[†„Œ]\w|[a-z][ŠŽ]|[a-z]”[a-z]")
"""Letters of DOS and of the old Mac read as Windows': they stand in no Swedish word."""


def decode_town(data: bytes) -> str:
    """Return the text of a town's file, whatever program has saved it.

    Raises:
        TownErrors: a character is none in any of the encodings, or was spoiled when the file was saved.
    """
    if data.startswith(b"PK\x03\x04"):
        raise TownErrors([Problem(1, "", sentence(town_words.SPREADSHEET))])
    text = _decoded(data)
    problems = [
        Problem(number, "", sentence(town_words.GARBLED, found=found[0]))
        for number, row in enumerate(text.split("\n"), 1)
        if (found := _GARBLED.search(row)) is not None
    ]
    if problems:
        raise TownErrors(problems)
    return text


def _decoded(data: bytes) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, errors="replace")
    head = data[:2000]
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        # A file of mostly ASCII has a zero in every second byte, and no other encoding has any.
        if zeros.count(0) * 2 > len(zeros):
            return data.decode(name, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # A line at a time: what was pasted into a file may be of another encoding than the rest.
        rows = data.split(b"\n")
        return "\n".join(_windows_row(row, number) for number, row in enumerate(rows, 1))


def _windows_row(row: bytes, number: int) -> str:
    try:
        return row.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        said = row.decode("cp1252")
    except UnicodeDecodeError as error:
        code = f"0x{row[error.start]:02X}"
        raise TownErrors([Problem(number, "", sentence(town_words.NOT_UTF8, code=code))]) from None
    if found := _NO_LETTER.search(said):
        raise TownErrors([Problem(number, "", sentence(town_words.GARBLED, found=found[0]))])
    return said
