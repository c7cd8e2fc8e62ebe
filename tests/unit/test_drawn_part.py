"""Parts of the board without the rows that a page shows: put together, they are what a whole part would have been."""

import random
import re
from collections.abc import Sequence

from alarm_center.web.operator.drawn_part import DrawnPart, DrawnRow, Revisions

_KEPT = re.compile(r'<li data-kept="(\d+) (\d+)"></li>')


def part(*lists: Sequence[str]) -> DrawnPart:
    rows = [[DrawnRow.of(f'<li class="row">{row}</li>') for row in each] for each in lists]
    return DrawnPart(lambda drawn: "<p>head</p>" + "<hr>".join(drawn), rows)


def put_together(shown: DrawnPart, new: DrawnPart) -> str:
    """Return what a page shows that showed *shown* and fetches *new* as static/live.js does."""
    rows = re.findall(r'<li class="row">.*?</li>', shown.html)
    fetched = new.since(shown.revision, shown.rows).plain("").decode()
    return _KEPT.sub(lambda mark: "".join(rows[int(mark[1]) : int(mark[2])]), fetched)


def test_a_page_puts_together_what_it_would_have_got_whole() -> None:
    draw = random.Random(7)
    shown = part([], [])
    for _ in range(300):
        rows = draw.sample(range(30), draw.randint(0, 30))
        if draw.random() < 0.7:
            rows.sort()
        cut = draw.randint(0, len(rows))
        new = part([f"{row}.{draw.random() < 0.1}" for row in rows[:cut]], [str(row) for row in rows[cut:]])
        assert put_together(shown, new) == new.html
        shown = new


def test_only_what_is_new_is_sent() -> None:
    shown = part([str(row) for row in range(200)], [])
    new = part([*map(str, range(57)), "new", *map(str, range(57, 200))], [])
    sent = new.since(shown.revision, shown.rows).plain("").decode()
    assert sent == ('<p>head</p><li data-kept="0 57"></li><li class="row">new</li><li data-kept="57 200"></li><hr>')


def test_a_page_of_an_unknown_revision_gets_the_whole() -> None:
    new = part(["1"], [])
    assert new.since("forgotten", None).plain("").decode() == new.html


def test_the_oldest_revisions_are_forgotten() -> None:
    revisions = Revisions()
    for number in range(2000):
        revisions.remember(str(number), (b"row",))
        revisions.remember("0", (b"row", b"again"))
    assert revisions.rows_of("0") == (b"row", b"again")
    assert revisions.rows_of("1") is None and revisions.rows_of("1999") == (b"row",)
