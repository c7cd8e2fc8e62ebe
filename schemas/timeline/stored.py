"""Codec of a payload and its stored JSON. Reading never fails, since lines outlive the version that wrote them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from schemas.timeline.base import PAYLOADS, Payload
from schemas.timeline.kinds import EventKind


@dataclass(frozen=True, slots=True)
class Unknown:
    """A line that this version cannot read: of a newer replica on the same database, or without what it needs."""

    kind: str
    data: Mapping[str, Any]


@cache
def _adapter(kind: EventKind) -> TypeAdapter[Payload]:
    return TypeAdapter(PAYLOADS[kind])


def encode(payload: Payload) -> dict[str, Any]:
    """Return *payload* as JSON values by field name; what is ``None`` is left out."""
    made: dict[str, Any] = _adapter(payload.kind).dump_python(payload, mode="json", exclude_none=True)
    return made


def decode(kind: str, data: Mapping[str, Any]) -> Payload | Unknown:
    """Return what was stored as *kind* and *data*. Never raises.

    A field that this version does not know is left out, and so is a value that it cannot read where the field has a
    default. A kind that it does not know, or a line without what its kind needs, is `Unknown`.
    """
    if kind not in set(EventKind):
        return Unknown(kind, data)
    adapter = _adapter(EventKind(kind))
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        unread = {str(each["loc"][0]) for each in error.errors(include_url=False) if each["loc"]}
    try:
        return adapter.validate_python({name: value for name, value in data.items() if name not in unread})
    except ValidationError:
        return Unknown(kind, data)
