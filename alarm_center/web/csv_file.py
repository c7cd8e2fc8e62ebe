"""Lines of a CSV file that a spreadsheet opens: semicolons, UTF-8 with its mark, and no cell that is a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from aiohttp import web

MARK: Final = b"\xef\xbb\xbf"
"""Bytes at the beginning of the file, by which a spreadsheet knows UTF-8."""


def lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Return the rows, one a line."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def answer(name: str, day: date | str, rows: Iterable[Sequence[str]]) -> web.Response:
    """Return the rows as a file of that name and day, which a browser keeps."""
    return web.Response(
        body=MARK + lines(rows),
        headers={
            "Content-Disposition": f'attachment; filename="fjarrtillsyn-{name}-{day}.csv"',
            "Content-Type": "text/csv; charset=utf-8",
        },
    )


def _plain(cell: str) -> str:
    """Return *cell* so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
