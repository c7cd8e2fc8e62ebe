"""The one revision: its SQL in files by topic, which a stranger can read."""

from itertools import pairwise
from pathlib import Path

import pytest

import alarm_center.store.migrations.sql
from alarm_center.store.migrations.sql import statements

FOLDER = Path(alarm_center.store.migrations.sql.__file__).parent / "versions" / "0001_memory"
FILES = sorted(FOLDER.glob("*.sql"))


def test_statements_are_parted_by_a_semicolon_and_an_empty_line() -> None:
    assert statements("create table a (\n    b int\n);\n\n-- why\ncreate index c on a (b);\n") == [
        "create table a (\n    b int\n)",
        "-- why\ncreate index c on a (b);",
    ]


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_each_index_says_which_query_needs_it(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    bare = [
        line
        for above, line in pairwise(lines)
        if line.startswith(("create index", "create unique index")) and not above.startswith("-- ")
    ]
    assert not bare


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_a_topic_is_read_in_one_sitting(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("-- ")
    assert len(lines) < 400
