"""An open board, whose parts are fetched as static/live.js does: only what they lack."""

import re
from dataclasses import dataclass, field
from typing import Final

from tests.support.site import Browser

_PART: Final = re.compile(r'data-part="(\w+)" data-revision="(\w+)">(.*?)</section>', re.DOTALL)
_ROW: Final = re.compile(r'<li class="row .*?</li>', re.DOTALL)
_KEPT: Final = re.compile(r'<li data-kept="(\d+) (\d+)"></li>')


@dataclass(frozen=True, slots=True)
class Fetched:
    """Weight of an answer in bytes, as it is read and as it was sent."""

    read: int
    sent: int


@dataclass(eq=False)
class BoardPage:
    """A person's board, each part with what it shows."""

    browser: Browser
    shown: dict[str, str] = field(default_factory=dict)
    cursor: str = ""
    _revisions: dict[str, str] = field(default_factory=dict)

    async def open(self) -> Fetched:
        """Open the whole page."""
        async with self.browser.client.get("/") as answer:
            body = await answer.read()
            page = body.decode()
            found = re.search(r'data-cursor="([^"]*)"', page)
            assert found, page
            self.cursor = found[1]
            for part, revision, html in _PART.findall(page):
                self.shown[part], self._revisions[part] = html, revision
            return Fetched(len(body), int(answer.headers["Content-Length"]))

    async def fetch(self, part: str) -> Fetched:
        """Fetch what *part* lacks, and show it."""
        headers = {"X-Fragment": "1", "X-Have": self._revisions[part]}
        async with self.browser.client.get(f"/fragments/{part}", headers=headers) as answer:
            assert answer.status in (200, 204), (part, answer.status)
            body = await answer.read()
            if answer.status == 200:
                self._put(part, body.decode(), answer.headers["X-Revision"])
            return Fetched(len(body), int(answer.headers.get("Content-Length", 0)))

    def _put(self, part: str, html: str, revision: str) -> None:
        rows = _ROW.findall(self.shown[part])
        self.shown[part] = _KEPT.sub(lambda mark: "".join(rows[int(mark[1]) : int(mark[2])]), html)
        self._revisions[part] = revision
