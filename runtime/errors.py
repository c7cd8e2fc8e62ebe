"""An exception in words that may stand in a log: its type and place, and no value that it holds.

The text of an exception often quotes what was wrong: a row that the database refused, with a phone number in it; a field's
input; the words of an SMS. A log is read by more people than any of that is for, and kept longer.
"""

import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

from pydantic import ValidationError

_PLAIN: Final = (
    OSError,
    ImportError,
    NameError,
    AttributeError,
    TypeError,
    MemoryError,
    RecursionError,
)
"""Types whose text is Python's or the system's own: names, numbers and paths."""
_OF_VALUES: Final = ("22", "23")
"""Classes of SQLSTATE whose text quotes values: a datum that is none, a row that breaks a rule."""


def error_words(error: BaseException) -> str:
    """Return the type of *error*, and its text where that cannot quote what somebody wrote."""
    name, text = type(error).__name__, ""
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):
        said = "" if sqlstate[:2] in _OF_VALUES else str(error.args[0] if error.args else "")
        rule = getattr(error, "constraint_name", None) or getattr(error, "table_name", None) or ""
        text = " ".join(part for part in (sqlstate, str(rule), said) if part)
    elif isinstance(error, ValidationError):
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        text = ", ".join(f"{'.'.join(map(str, each['loc']))} {each['type']}" for each in wrong)
    elif isinstance(error, _PLAIN) and not isinstance(error, UnicodeError):
        text = str(error)
    return f"{name}: {text}" if text else name


def traceback_words(error: BaseException) -> str:
    """Return the traceback of *error* and of those that it came from, with :func:`error_words` for each."""
    return "\n".join(_parts(error, set()))


def _parts(error: BaseException, told: set[int]) -> Iterator[str]:
    told.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in told:
        yield from _parts(before, told)
        yield "which led to:"
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):"
        yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
    yield error_words(error)
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            if id(one) not in told:
                yield "of which one is:"
                yield from _parts(one, told)


def replace_exception(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put :func:`traceback_words` in the place of an event's ``exc_info``: a processor of structlog."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else None
    if given is True:
        error = sys.exc_info()[1]
    if error is not None:
        event["exception"] = traceback_words(error)
    return event
