"""One line of each kind, with every field filled."""

import collections.abc
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from schemas.timeline import PAYLOADS, EventKind, Payload

SAMPLES: Final[Mapping[type, Any]] = {
    UUID: UUID(int=7),
    int: 3,
    float: 0.5,
    bool: True,
    datetime: datetime(2026, 1, 31, 2, 0, tzinfo=UTC),
    date: date(2026, 1, 31),
    str: "code",
}


def fields_of(kind: EventKind) -> dict[str, Any]:
    """Return the type of each field of a kind's payload."""
    return {name: hint for name, hint in get_type_hints(PAYLOADS[kind], include_extras=True).items() if name != "kind"}


def parts_of(hint: Any) -> list[Any]:
    """Return the types that a field's type is made of; a code is one, and no plain text."""
    if get_origin(hint) in (Union, UnionType, collections.abc.Mapping):
        return [part for each in get_args(hint) for part in parts_of(each)]
    if get_origin(hint) is tuple:
        return parts_of(get_args(hint)[0])
    return [hint]


def sample(kind: EventKind) -> Payload:
    """Return a line of *kind*."""
    return PAYLOADS[kind](**{name: _value(hint) for name, hint in fields_of(kind).items()})


def _value(hint: Any) -> Any:
    if get_origin(hint) is collections.abc.Mapping:
        return {"code": 3}
    if any(get_origin(each) is tuple for each in (hint, *get_args(hint))):
        return (_one_value(hint),)
    return _one_value(hint)


def _one_value(hint: Any) -> Any:
    part = next(each for each in parts_of(hint) if each is not NoneType)
    if get_origin(part) is Annotated:
        part = get_args(part)[0]
    return next(iter(part)) if issubclass(part, Enum) else SAMPLES[part]
