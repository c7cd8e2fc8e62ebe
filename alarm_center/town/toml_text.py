"""TOML text of a town's tables: keys in the order of their models, what is the default left out, always the same bytes."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from alarm_center.town.field_errors import model_in
from alarm_center.town.model import FilePart

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")

Table = Mapping[str, Any]


def table_lines(path: str, table: Table, model: type[BaseModel], *, many: bool = False) -> Iterator[str]:
    """Yield the lines of *table*, a *model*'s, under its header; the tables in it come after its own keys."""
    yield ""
    yield f"[[{path}]]" if many else f"[{path}]"
    inner: list[str] = []
    for name, field in model.model_fields.items():
        value = table.get(name)
        if value is None or (issubclass(model, FilePart) and (value in ([], {}) or _is_default(field, value))):
            continue
        within = model_in(field.annotation)
        if within is not None and isinstance(value, dict):
            inner += table_lines(f"{path}.{name}", value, within)
        elif within is not None and issubclass(within, FilePart):
            for each in value:
                inner += table_lines(f"{path}.{name}", each, within, many=True)
        elif within is not None:
            yield f"{name} = ["
            yield from (f"  {toml_value(each)}," for each in value)
            yield "]"
        else:
            yield f"{name} = {toml_value(value)}"
    yield from inner


def _is_default(field: FieldInfo, value: Any) -> bool:
    return not field.is_required() and bool(value == field.default)


def toml_value(value: Any) -> str:
    """Return *value* as TOML; a time of day is a text.

    Raises:
        TypeError: TOML has no such value.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
        case int() | float():
            return repr(value)
        case date():
            return value.isoformat()
        case time():
            return f'"{value:%H:%M}"'
        case dict():
            return (
                "{ "
                + ", ".join(f"{toml_key(key)} = {toml_value(each)}" for key, each in value.items() if each is not None)
                + " }"
            )
        case list() | tuple():
            return f"[{', '.join(map(toml_value, value))}]"
    raise TypeError(f"{type(value).__name__} is no value of TOML")


def toml_key(name: str) -> str:
    """Return *name* as a key."""
    return name if _BARE_KEY.fullmatch(name) else toml_value(name)
