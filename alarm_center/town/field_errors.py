"""Errors of single fields in words: the library's kinds of errors, and the place of a field in the models, make the sentence."""

import difflib
import re
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from alarm_center.town.model import TownFile
from alarm_center.town.problems import Found, said_in
from alarm_center.town.syntax import day_words
from alarm_center.town.toml_lines import Where
from alarm_center.words import town_words
from alarm_center.words.town_words import TownSentence, sentence
from schemas.room import Zone

_EXAMPLES: Final[Mapping[str, str]] = {
    "organisation": "[organisation]",
    "areas": '[[areas]] code = "3"',
    "id": 'id = "vik"',
    "name": 'name = "Astrid Exempel"',
    "code": 'code = "3"',
    "sending_number": 'sending_number = "+46 70 174 06 05"',
    "link_host": 'link_host = "natt.vik.example"',
    "login": 'login = "patrull3"',
    "roles": 'roles = ["carer"]',
    "phone": 'phone = "070-174 06 06"',
    "area": 'area = "3"',
    "carer": 'carer = "Patrull 3"',
    "patrol": 'patrol = "Patrull 3"',
    "starts": 'starts = "21:30"',
    "ends": 'ends = "07:00"',
    "number": "number = 1",
    "address": 'address = "Storgatan 1"',
    "state": 'state = "given"',
    "given_on": "given_on = 2026-09-15",
    "reference": 'reference = "2026-0117"',
    "starts_on": "starts_on = 2026-09-20",
    "kind": 'kind = "camera"',
    "time": 'time = "02:00"',
    "risk": "risk = 2",
    "areas_of": 'areas = ["3"]',
    "performers": 'performers = ["alfa"]',
    "allows": 'allows = ["sensors"]',
    "polygon": "polygon = [[0.20, 0.35], [0.80, 0.35], [0.80, 0.95]]",
    "head": "head = [0.50, 0.40]",
    "weekdays": 'weekdays = ["mon", "tue"]',
    "profile": "profile = { expected_people = 2 }",
    "consent": 'consent = { state = "given", given_on = 2026-09-15 }',
    "cohabitant_consent": 'cohabitant_consent = { state = "given", given_on = 2026-09-15 }',
    "decision": 'decision = { reference = "2026-0117", starts_on = 2026-09-20 }',
    "devices": 'devices = [{ id = "vik-d1", kind = "camera" }]',
    "slots": 'slots = [{ time = "02:00" }]',
    "plan": "plan = { recheck_minutes = 15 }",
    "capture": "capture = { fps = 5.0 }",
}
"""A line that is right for each key that has to be there, or whose form is not seen from its kind."""

_TEXTS: Final[Mapping[tuple[str, str], str]] = {
    ("organisation", "id"): town_words.SHORT_NAME,
    ("organisation", "link_host"): town_words.HOST,
    ("organisation", "country"): town_words.COUNTRY,
    ("performers", "code"): town_words.PERFORMER_CODE,
    ("legal_positions", "code"): town_words.PERFORMER_CODE,
    ("devices", "id"): town_words.SHORT_NAME,
}
_TEXTS_BY_KEY: Final[Mapping[str, str]] = {
    "code": town_words.AREA_CODE,
    "area": town_words.AREA_CODE,
    "areas": town_words.AREA_CODE,
    "login": town_words.LOGIN,
    "performer": town_words.PERFORMER_CODE,
    "legal_position": town_words.PERFORMER_CODE,
    "performers": town_words.PERFORMER_CODE,
}
"""Texts of a form of their own, by their table and key, or by their key alone."""

_QUOTED: Final = re.compile(r"'([^']*)'")
_FRACTIONS: Final = frozenset({"polygon", "zones", "head"})


def field_errors(error: ValidationError, data: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the errors of single fields of *data*. A list is not also too short because one of its items is wrong."""
    errors = error.errors(include_url=False)
    around = {each["loc"][:end] for each in errors for end in range(len(each["loc"]))}
    moved: set[Where] = set()
    for each in errors:
        if each["type"] == "too_short" and each["loc"] in around:
            continue
        place = _as_written(each["loc"], data)
        astray = misplaced(place)
        if astray is not None:
            place, said = astray
            if place not in moved:
                yield place, said
            moved.add(place)
            continue
        said = _words_of(each, place)
        if said.text in (town_words.FRACTION, town_words.POINT) and "zones" in place:
            place = place[: place.index("zones") + 2]  # a zone is told once, however many of its numbers are wrong
            if place in moved:
                continue
            moved.add(place)
        yield place, said


def misplaced(place: Where) -> Found | None:
    """Return the place of a key that stands in a table too deep, and where it belongs; ``None`` if it stands right."""
    models: list[tuple[int, type[BaseModel]]] = [(0, TownFile)]
    model: type[BaseModel] | None = TownFile
    for at, step in enumerate(place):
        if isinstance(step, int):
            continue
        if model is not None and step in model.model_fields:
            model = model_in(model.model_fields[step].annotation)
            models.append((at + 1, model)) if model is not None else None
            continue
        for end, outer in reversed(models[:-1] if model is not None else models):
            # The file's own tables are found by their brackets wherever they stand.
            if step in outer.model_fields and outer is not TownFile:
                return place[: at + 1], sentence(
                    town_words.MOVE_UP, key=step, outer=_table(_with_position(place, end)), inner=_table(place[:at])
                )
        return None
    return None


def _with_position(place: Where, end: int) -> Where:
    """Return the table that ends before *end*, with its position where there are several of it."""
    return place[: end + 1] if isinstance(place[end], int) else place[:end]


def _table(place: Where) -> str:
    """Return the table at *place* as its header is written."""
    keys = ".".join(str(step) for step in place if isinstance(step, str))
    return f"[[{keys}]]" if place and isinstance(place[-1], int) else f"[{keys}]"


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that *annotation* is of, holds a list of, or may be."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := model_in(each)) is not None), None)


def _field_of(place: Where) -> tuple[type[BaseModel], FieldInfo] | None:
    """Return the field at *place* or, for a place within a list, the list's; with its model."""
    model: type[BaseModel] | None = TownFile
    found: tuple[type[BaseModel], FieldInfo] | None = None
    for step in place:
        if isinstance(step, int) or model is None:
            continue
        field = model.model_fields.get(step)
        if field is None:
            return None
        found = model, field
        model = model_in(field.annotation)
    return found


def _as_written(place: Where, data: Any) -> Where:
    """Return *place* as the file has it: zones may be written as a table of names."""
    written: list[str | int] = []
    for at, step in enumerate(place):
        if isinstance(step, int) and isinstance(data, dict) and step < len(data):
            name, value = list(data.items())[step]
            if isinstance(value, dict) and place[at + 1 :][:1] not in (("name",), ("kind",)):
                return (*written, name, *place[at + 1 :])
            # What the name says is wrong with the name, and the polygon's parts are those of the value.
            return (*written, name) if place[at + 1 :][:1] != ("polygon",) else (*written, name, *place[at + 2 :])
        written.append(step)
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return (*written, *place[at + 1 :])
    return tuple(written)


def _words_of(error: Any, place: Where) -> TownSentence:
    said = said_in(error)
    if said is not None:
        return said
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    keys = [step for step in error["loc"] if isinstance(step, str)]
    key = keys[-1] if keys else ""
    if kind == "missing":
        return _missing(error["loc"], key, place)
    if kind == "extra_forbidden":
        return _unknown_key(place)
    if "zones" in place and key in ("name", "kind") and isinstance(place[-1], str) and place[-1] != key:
        return sentence(town_words.ZONE_NAME, words=_alternatives(Zone.model_fields["kind"].annotation))
    if kind in ("literal_error", "enum"):
        return sentence(town_words.ONE_OF, words=", ".join(_QUOTED.findall(context.get("expected", ""))))
    if kind == "string_pattern_mismatch":
        table = next((step for step in reversed(keys[:-1])), "")
        text = _TEXTS.get((table, key)) or _TEXTS_BY_KEY.get(key, town_words.SHORT_NAME)
        return sentence(text)
    if key in _FRACTIONS or "polygon" in keys or "head" in keys:
        return sentence(
            _polygon_text(kind),
            least=context.get("min_length", 3),
            most=context.get("max_length", 32),
            example=_EXAMPLES["head" if "head" in keys else "polygon"],
        )
    if kind.startswith("date"):
        return day_words(value) or sentence(town_words.DATE_FORM, example="2026-09-15")
    return _words_of_kind(kind, key, value, context, place)


def _words_of_kind(kind: str, key: str, value: Any, context: Mapping[str, Any], place: Where) -> TownSentence:
    match kind:
        case "string_type":
            plain = "text" if isinstance(value, list | dict | bool | NoneType) else f"{value}"
            return sentence(town_words.TEXT_IN_QUOTES, example=f'{key} = "{plain}"')
        case "string_too_long":
            return sentence(town_words.TEXT_TOO_LONG, most=context["max_length"], count=len(value))
        case "string_too_short":
            return sentence(town_words.TEXT_EMPTY)
        case "too_short":
            return sentence(town_words.TOO_FEW, least=context["min_length"])
        case "too_long":
            return sentence(town_words.TOO_MANY, most=context["max_length"])
        case "bool_type" | "bool_parsing":
            return sentence(town_words.TRUE_OR_FALSE)
        case "list_type" | "tuple_type":
            return _list_words(key, value, place)
        case "model_type" | "dict_type" | "model_attributes_type":
            return sentence(town_words.TABLE, example=_EXAMPLES.get(key, f"[{key}]"))
        case "greater_than_equal" | "less_than_equal" | "greater_than" | "less_than":
            return _span_words(place, key)
        case _ if kind.startswith("int"):
            span = _span_words(place, key)
            return sentence(town_words.WHOLE_NUMBER, example=f"{key} = 2") if span.text == town_words.UNFIT else span
        case _ if kind.startswith(("float", "finite")):
            return sentence(town_words.NUMBER, example=f"{key} = 0.5")
    return sentence(town_words.UNFIT)


def _missing(loc: Where, key: str, place: Where) -> TownSentence:
    if len(place) and place[-1] != key:
        return sentence(town_words.POINT)
    if isinstance(loc[-1], int):
        return sentence(town_words.POINT)
    of_device = "devices" in loc and key == "id"
    return sentence(town_words.MISSING, example='id = "vik-d1"' if of_device else _EXAMPLES.get(key, f"{key} = …"))


def _unknown_key(place: Where) -> TownSentence:
    if place[0] == "users" and place[-1] in ("password_hash", "password"):
        return sentence(town_words.NO_PASSWORD)
    around = _field_of(place[:-1])
    model = TownFile if len(place) == 1 else model_in(around[1].annotation) if around else None
    near = difflib.get_close_matches(str(place[-1]), model.model_fields if model else (), 1, 0.6)
    return sentence(town_words.NEAR_KEY, near=near[0]) if near else sentence(town_words.UNKNOWN_KEY)


def _list_words(key: str, value: Any, place: Where) -> TownSentence:
    field = _field_of(place)
    if isinstance(value, dict) and field is not None and model_in(field[1].annotation) is not None:
        return sentence(town_words.DOUBLE_BRACKETS, name=".".join(str(step) for step in place if isinstance(step, str)))
    example = _EXAMPLES["areas_of"] if key == "areas" and len(place) > 1 else _EXAMPLES.get(key, f'{key} = ["…"]')
    return sentence(town_words.LIST, example=example)


def _polygon_text(kind: str) -> str:
    match kind:
        case "too_short" | "too_long" | "list_type" | "tuple_type":
            return town_words.LIST
        case _:
            return town_words.FRACTION


def _span_words(place: Where, key: str) -> TownSentence:
    """Return the numbers that the field takes, both ends of them, though the library names the one that was passed."""
    if key == "risk":
        return sentence(town_words.RISK)
    found = _field_of(place)
    bounds = list(_bounds(found[1].metadata, found[1].annotation)) if found else []
    least = next((each.ge for each in bounds if hasattr(each, "ge")), None)
    most = next((each.le for each in bounds if hasattr(each, "le")), None)
    if least is not None and most is not None:
        return sentence(town_words.FROM_TO, least=least, most=most)
    if least is not None:
        return sentence(town_words.AT_LEAST, least=least)
    return sentence(town_words.AT_MOST, most=most) if most is not None else sentence(town_words.UNFIT)


def _bounds(metadata: Any, annotation: Any) -> Iterator[Any]:
    for each in metadata:
        yield from each.metadata if isinstance(each, FieldInfo) else (each,)
    for each in get_args(annotation):
        yield from _bounds(getattr(each, "__metadata__", ()), each)


def _alternatives(annotation: Any) -> str:
    return ", ".join(str(each) for each in get_args(annotation))
