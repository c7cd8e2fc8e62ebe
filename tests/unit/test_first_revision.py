"""The one revision: its SQL in files by topic, which a stranger can read."""

import hashlib
from itertools import pairwise
from pathlib import Path

import pytest

import alarm_center.store.migrations.sql
from alarm_center.store.migrations.sql import statements
from tests.support.sql_text import without_comments

FOLDER = Path(alarm_center.store.migrations.sql.__file__).parent / "versions" / "0001_memory"
FILES = sorted(FOLDER.glob("*.sql"))
RELEASED_DIGEST = "8b05b5a15e8e5c71ab0e8a3159e40dc68d0df2f8d511510dfcd76db069ef81e6"
"""SHA-256 of the revision's statements as 0.2.0 released them, without comments and empty lines."""


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


def test_the_released_statements_are_never_edited() -> None:
    """Databases of 0.2.0 were made by them; a change is a revision of its own. Comments may follow the code."""
    code = without_comments("\n".join(file.read_text(encoding="utf-8") for file in FILES))
    assert hashlib.sha256(code.encode()).hexdigest() == RELEASED_DIGEST
