"""An open board, whose parts are fetched as static/live.js does: only what they lack."""

import re
from dataclasses import dataclass, field
from typing import Final

from tests.support.site import Browser

_PART: Final = re.compile(r'data-part="(\w+)"(?: data-revision="(\w+)")?>(.*?)</section>', re.DOTALL)
"""A board of before parts had revisions, which `tests/bench/beside.py` may measure, is fetched whole each time."""
_ROW: Final = re.compile(r'<li data-kept="(\d+) (\d+)"></li>|<li class="row .*?</li>', re.DOTALL)
_PLACE: Final = re.compile("\0")


class CentreTooBusy(Exception):
    """Answer of a centre that had no connection to give in time; a page asks again."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Weight of an answer in bytes, as it is read and as it was sent."""

    read: int
    sent: int


@dataclass(eq=False)
class BoardPage:
    """A person's board: each part's HTML around its rows, and the rows."""

    browser: Browser
    cursor: str = ""
    rows: dict[str, list[str]] = field(default_factory=dict)
    _frames: dict[str, str] = field(default_factory=dict)
    _revisions: dict[str, str] = field(default_factory=dict)

    def shown(self, part: str) -> str:
        """Return what the part shows."""
        rows = iter(self.rows[part])
        return _PLACE.sub(lambda _: next(rows), self._frames[part])

    async def open(self) -> Fetched:
        """Open the whole page; raise `CentreTooBusy`."""
        async with self.browser.client.get("/") as answer:
            if answer.status >= 500:
                raise CentreTooBusy(answer.status)
            body = await answer.read()
            page = body.decode()
            found = re.search(r'data-cursor="([^"]*)"', page)
            assert found, page
            self.cursor = found[1]
            for part, revision, html in _PART.findall(page):
                self._put(part, html, revision)
            return Fetched(len(body), int(answer.headers["Content-Length"]))

    async def fetch(self, part: str) -> Fetched:
        """Fetch what *part* lacks, and show it; raise `CentreTooBusy`."""
        headers = {"X-Fragment": "1"} | ({"X-Have": had} if (had := self._revisions[part]) else {})
        async with self.browser.client.get(f"/fragments/{part}", headers=headers) as answer:
            if answer.status >= 500:
                raise CentreTooBusy(answer.status)
            assert answer.status in (200, 204), (part, answer.status)
            body = await answer.read()
            if answer.status == 200:
                self._put(part, body.decode(), answer.headers.get("X-Revision", ""))
            return Fetched(len(body), int(answer.headers.get("Content-Length", 0)))

    def _put(self, part: str, html: str, revision: str) -> None:
        had, rows = self.rows.get(part, []), []

        def place(row: re.Match[str]) -> str:
            here = [row[0]] if row[1] is None else had[int(row[1]) : int(row[2])]
            rows.extend(here)
            return "\0" * len(here)

        self._frames[part] = _ROW.sub(place, html)
        self.rows[part], self._revisions[part] = rows, revision
