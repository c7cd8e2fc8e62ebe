"""An exception's words for a log: the type and the place, and nothing that it quotes."""

import asyncpg
import pytest
from pydantic import BaseModel, ValidationError

from runtime.errors import error_words, traceback_words

SAID = "nyckeln under mattan"


class Note(BaseModel):
    number: int


def not_valid() -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        Note.model_validate({"number": SAID})
    return refused.value


def refused_row() -> asyncpg.PostgresError:
    error = asyncpg.CheckViolationError(f"new row violates {SAID}")
    error.detail = f"Failing row contains ({SAID})"
    error.constraint_name = "replies_body_check"
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError(SAID), "ValueError"),
        (KeyError(SAID), "KeyError"),
        (UnicodeDecodeError("utf-8", SAID.encode(), 0, 1, SAID), "UnicodeDecodeError"),
        (ConnectionRefusedError(111, "Connection refused"), "ConnectionRefusedError: [Errno 111] Connection refused"),
        (not_valid(), "ValidationError: number int_parsing"),
        (refused_row(), "CheckViolationError: 23514 replies_body_check"),
        (asyncpg.InvalidTextRepresentationError(SAID), "InvalidTextRepresentationError: 22P02"),
        (asyncpg.UndefinedTableError('no "x"'), 'UndefinedTableError: 42P01 no "x"'),
    ],
)
def test_an_error_says_its_kind_and_quotes_nobody(error: BaseException, words: str) -> None:
    assert error_words(error) == words


def test_a_traceback_names_each_error_and_its_place() -> None:
    def first() -> None:
        raise KeyError(SAID)

    with pytest.raises(ExceptionGroup) as raised:
        try:
            first()
        except KeyError as error:
            raise ExceptionGroup(SAID, [ValueError(SAID), refused_row()]) from error
    words = traceback_words(raised.value)
    assert [line for line in words.splitlines() if not line.startswith((" ", "Traceback"))] == [
        "KeyError", "which led to:", "ExceptionGroup", "of which one is:", "ValueError", "of which one is:",
        "CheckViolationError: 23514 replies_body_check",
    ]  # fmt: skip
    assert "in first" in words
    assert SAID not in words
