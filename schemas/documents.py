"""The contract's documents, made from the models: JSON Schema, AsyncAPI 3, and the tables of topics and of the timeline's lines.

Pure: returns texts by path. ``python -m fjarrtillsyn.contract`` writes them; a test fails when they drift.
"""

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields
from enum import Enum
from inspect import getdoc, getmembers, isclass
from typing import Any, Final

from schemas import limits, vocabulary
from schemas.messages import MESSAGES, Envelope, Message
from schemas.timeline import PAYLOADS, EventKind
from schemas.topics import TABLE, Route

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_SCHEMA_FORMAT: Final = "application/schema+json;version=draft-2020-12"
_MQTT_BINDING: Final = "0.2.0"
_JSON: Final = "application/json"
_CBOR: Final = "application/cbor"

_PARAMETERS: Final = {
    "org": "The organisation (town).",
    "device": "The device, a camera or sensors with their gateway, bound to one resident.",
    "session_id": "The session; everything is idempotent on it.",
    "detector_id": "One running detector.",
}


def documents() -> dict[str, str]:
    """Return every generated file: its path below ``schemas/``, and its text."""
    files = {f"json/{word}.json": _text(message_schema(word, kind)) for word, kind in MESSAGES.items()}
    files["json/envelope.json"] = _text(_named("envelope", Envelope.model_json_schema(mode="validation")))
    files["json/vocabulary.json"] = _text(vocabulary_schema())
    files["asyncapi.json"] = _text(asyncapi())
    return files


def message_schema(word: str, kind: type[Message]) -> dict[str, Any]:
    """Return the JSON Schema of what we send as *word*. A receiver lets unknown fields pass."""
    schema = _named(word, kind.model_json_schema(mode="validation"))
    schema["required"] = sorted({*schema.get("required", ()), "v"})
    return schema


def vocabulary_schema() -> dict[str, Any]:
    """Return the closed lists: one definition a list, and which reasons go with which answer."""
    return {
        "$schema": _DIALECT,
        "$id": "urn:fjarrtillsyn:v1:vocabulary",
        "title": "Vocabulary",
        "description": "The closed lists of the service. A value goes under one name in every part.",
        "$defs": {
            name: {
                "title": name,
                "description": getdoc(words),
                "enum": [word.value for word in words],
            }
            for name, words in _closed_lists()
        },
        "x-reasons-of-answer": {
            answer.value: sorted(reason.value for reason in reasons) for answer, reasons in vocabulary.REASONS.items()
        },
    }


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document: a channel a topic, and an operation for each end of it."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:fjarrtillsyn:v1",
        "info": {
            "title": "Fjärrtillsyn",
            "version": "1",
            "description": (
                "What passes between the home (gateway), the detector and the alarm centre, over MQTT 3.1.1. "
                "Names of operations begin with the part that sends or receives."
            ),
            "license": {"name": "MIT"},
        },
        "defaultContentType": _JSON,
        "servers": {
            "town": {
                "host": "{host}",
                "protocol": "secure-mqtt",
                "protocolVersion": "3.1.1",
                "description": "The broker. It keeps nothing on disk: sessions hold pictures.",
                "variables": {"host": {"default": "localhost:8883"}},
            }
        },
        "channels": {word: _channel(word, route) for word, route in TABLE.items()},
        "operations": dict(_operations()),
        "components": {"messages": {word: _message(word, kind) for word, kind in MESSAGES.items()}},
    }


def topic_table() -> str:
    """Return the topics as a Markdown table, for docs/contract.md."""
    lines = [
        "| topic | from → to | QoS | retained | shared | bytes at most | form | what |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for word, route in TABLE.items():
        kind = MESSAGES[word]
        form = "CBOR" if kind.binary else "JSON"
        lines.append(
            f"| `{route.address}` | {route.sender} → {route.receiver} | {route.qos} "
            f"| {'yes' if route.retained else 'no'} | {'may be' if route.shared else 'never'} "
            f"| {kind.limit // 1024} KiB | [{form}](../schemas/json/{word}.json) | {route.what} |"
        )
    return "\n".join(lines)


def line_table() -> str:
    """Return the Markdown table of the timeline's kinds; a field that may be missing has a question mark."""
    lines = ["| kind | fields | what it tells |", "|---|---|---|"]
    for kind in EventKind:
        payload = PAYLOADS[kind]
        names = [
            f"`{field.name}`" + ("" if field.default is MISSING else "?")
            for field in fields(payload)  # type: ignore[arg-type]  # each payload is a dataclass
        ]
        told = " ".join((getdoc(payload) or "").split())
        lines.append(f"| `{kind}` | {', '.join(names)} | {told} |")
    return "\n".join(lines)


def with_table(text: str, name: str, table: str) -> str:
    """Return *text* with *table* between the marks of the table *name*.

    Raises:
        ValueError: a mark is missing.
    """
    begins, ends = f"<!-- {name}: generated -->", f"<!-- end of {name} -->"
    before, found, rest = text.partition(begins)
    _, ended, after = rest.partition(ends)
    if not found or not ended:
        raise ValueError(f"docs: {begins} or {ends} is missing")
    return f"{before}{begins}\n{table}\n{ends}{after}"


def _named(word: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": _DIALECT, "$id": f"urn:fjarrtillsyn:v1:{word}", **schema}


def _closed_lists() -> Iterator[tuple[str, type[Enum]]]:
    for name, member in getmembers(vocabulary, isclass):
        if issubclass(member, Enum) and member.__module__ == vocabulary.__name__:
            yield name, member


def _channel(word: str, route: Route) -> dict[str, Any]:
    parameters = {name: {"description": text} for name, text in _PARAMETERS.items() if f"{{{name}}}" in route.address}
    channel: dict[str, Any] = {
        "address": route.address,
        "description": route.what,
        "messages": {word: {"$ref": f"#/components/messages/{word}"}},
    }
    if parameters:
        channel["parameters"] = parameters
    return channel


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for word, route in TABLE.items():
        common = {
            "channel": {"$ref": f"#/channels/{word}"},
            "messages": [{"$ref": f"#/channels/{word}/messages/{word}"}],
        }
        mqtt = {"qos": route.qos, "bindingVersion": _MQTT_BINDING}
        yield (
            f"{route.sender}_sends_{word}",
            {"action": "send", **common, "bindings": {"mqtt": {**mqtt, "retain": route.retained}}},
        )
        yield (
            f"{route.receiver}_receives_{word}",
            {
                "action": "receive",
                **common,
                "description": "Replicas may share the subscription."
                if route.shared
                else "Every replica hears every message.",
                "bindings": {"mqtt": mqtt},
            },
        )


def _message(word: str, kind: type[Message]) -> dict[str, Any]:
    text = getdoc(kind) or word
    if kind.binary:
        text += (
            "\n\nOn the wire: CBOR as json/envelope.json says, whose body is the CBOR of this. Frames are byte "
            "strings; no tags, no indefinite lengths."
        )
    return {
        "name": word,
        "title": kind.__name__,
        "contentType": _CBOR if kind.binary else _JSON,
        "description": f"{text}\n\nAt most {kind.limit} bytes.",
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./json/{word}.json"}},
        "x-limits": _limits(word),
    }


def _limits(word: str) -> dict[str, int]:
    frames = {"frame_width": limits.FRAME_WIDTH, "frame_height": limits.FRAME_HEIGHT}
    return {
        "bytes": MESSAGES[word].limit,
        **(frames if word in ("session", "picture", "live") else {}),
        **({"frames": limits.FRAMES} if word in ("session", "picture") else {}),
        **({"samples": limits.SAMPLES} if word == "session" else {}),
    }


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
