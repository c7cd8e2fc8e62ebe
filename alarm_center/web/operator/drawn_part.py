"""Parts of the board as they are drawn and sent: whole, or without the rows that a page already shows.

A part's revision is a digest of what it shows. A page says which one it has; where this replica knows that one's rows, those that are the same stand
in the answer as a mark, ``<li data-kept="5 12">``: the page's rows from the sixth to the twelfth. static/live.js puts them back.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from aiohttp import web

from alarm_center.web.page import PERSON
from alarm_center.web.shared_html import SharedHtml, answer_html

HAVE: Final = "X-Have"
"""Header of a question: the revision that the page shows."""
REVISION: Final = "X-Revision"
"""Header of the answer: the revision that the page shows then."""
_KEPT: Final = 512
"""Revisions whose rows are known, about 15 kB each at two hundred rows: those that boards may still show."""
_DIGEST_BYTES: Final = 12


def digest(text: str) -> bytes:
    """Return a digest by which two texts are told apart."""
    return blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """One row's HTML and its digest."""

    html: str
    digest: bytes

    @classmethod
    def of(cls, html: str) -> "DrawnRow":
        """Return the row of that HTML."""
        return cls(html, digest(html))


class Revisions:
    """The rows of the parts that were sent last, by revision, for every board of this replica."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, tuple[bytes, ...]] = OrderedDict()

    def remember(self, revision: str, rows: tuple[bytes, ...]) -> None:
        """Keep the digests of a part's rows, in their order."""
        self._rows[revision] = rows
        self._rows.move_to_end(revision)
        while len(self._rows) > _KEPT:
            self._rows.popitem(last=False)

    def rows_of(self, revision: str) -> tuple[bytes, ...] | None:
        """Return the rows of *revision*; ``None`` if this replica does not know it, or no more."""
        return self._rows.get(revision)


REVISIONS: Final = web.AppKey("revisions", Revisions)


class DrawnPart:
    """A part with its lists of rows: ``frame`` draws it around the HTML of each list."""

    def __init__(
        self, frame: Callable[[Sequence[str]], str], lists: Sequence[Sequence[DrawnRow]], says: str | None = None
    ) -> None:
        self._frame, self._lists = frame, lists
        whole = frame([_joined(row.html for row in rows) for rows in lists])
        self.html: Final = whole
        self.revision: Final = digest(whole if says is None else says).hex()
        """Digest of all that is shown, or of *says* where that says the same."""
        self.rows: Final = tuple(row.digest for rows in lists for row in rows)
        self._whole = SharedHtml.split(whole)
        self._since: dict[str, SharedHtml] = {}

    def since(self, revision: str, had: Sequence[bytes] | None) -> SharedHtml:
        """Return the part for a page that shows *revision*, whose rows it *had*; whole for ``None``. Drawn once for each revision."""
        if not had or not self.rows:
            return self._whole
        if revision not in self._since:
            places = {row: place for place, row in enumerate(had)}
            marked = [_joined(_with_kept(rows, places)) for rows in self._lists]
            self._since[revision] = SharedHtml.split(self._frame(marked))
        return self._since[revision]


def answer_part(request: web.Request, part: DrawnPart) -> web.Response:
    """Return the answer to a page that asks for *part*: nothing where it shows that already, else what it lacks."""
    has, revisions = request.headers.get(HAVE, ""), request.app[REVISIONS]
    revisions.remember(part.revision, part.rows)
    if has == part.revision:
        return web.Response(status=204)
    response = answer_html(request, part.since(has, revisions.rows_of(has)), request[PERSON].csrf)
    response.headers[REVISION] = part.revision
    return response


def _joined(rows: Iterable[str]) -> str:
    return "".join(rows)


def _with_kept(rows: Iterable[DrawnRow], places: dict[bytes, int]) -> Iterator[str]:
    """Yield the HTML of rows, with one mark for each run of rows that stand so at the page."""
    first = end = -1
    for row in rows:
        place = places.get(row.digest)
        if place is not None and place == end:
            end += 1
            continue
        if end > first:
            yield _mark(first, end)
        first = end = -1
        if place is None:
            yield row.html
        else:
            first, end = place, place + 1
    if end > first:
        yield _mark(first, end)


def _mark(first: int, end: int) -> str:
    return f'<li data-kept="{first} {end}"></li>'
