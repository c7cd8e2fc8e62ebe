"""The checked-in documents are what the models say, and are well formed in their own right."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fjarrtillsyn import contract
from schemas import messages, topics, vocabulary, wire
from schemas.documents import asyncapi, documents, line_table, topic_table, with_table
from tests.unit.golden_messages import expected

DOCUMENTS: dict[str, Any] = {path: json.loads(text) for path, text in documents().items()}
JSON_GOLDENS = {name: message for name, message in expected()["v1"].items() if name.endswith(".json")}
WORDS = {kind: word for word, kind in messages.MESSAGES.items()}


@pytest.mark.parametrize("path", contract.expected(), ids=lambda path: path.name)
def test_a_document_is_what_the_models_say(path: Any) -> None:
    assert path.read_text(encoding="utf-8") == contract.expected()[path], "run: python -m fjarrtillsyn.contract"


def test_no_document_is_left_over() -> None:
    assert set((contract.SCHEMAS / "json").iterdir()) <= set(contract.expected())


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path.startswith("json/")])
def test_a_schema_is_json_schema(path: str) -> None:
    Draft202012Validator.check_schema(DOCUMENTS[path])


@pytest.mark.parametrize("name", JSON_GOLDENS)
def test_what_we_send_fits_its_schema(name: str) -> None:
    message = JSON_GOLDENS[name]
    schema = DOCUMENTS[f"json/{WORDS[type(message)]}.json"]
    Draft202012Validator(schema).validate(json.loads(wire.encode(message)))


@pytest.mark.parametrize(
    ("word", "payload"),
    [
        ("pulse", {"now": "2026-10-25T00:00:00Z"}),
        ("pulse", {"v": 2, "now": "2026-10-25T00:00:00Z"}),
        ("pulse", {"v": 1, "now": "2026-10-25T00:00:00Z", "hint": 1}),
        ("receipt", {"v": 1, "session_id": "S 1", "state": "committed"}),
        ("receipt", {"v": 1, "session_id": "s1", "state": "perhaps"}),
    ],
)
def test_what_we_never_send_does_not_fit(word: str, payload: dict[str, Any]) -> None:
    assert not Draft202012Validator(DOCUMENTS[f"json/{word}.json"]).is_valid(payload)


def test_every_closed_list_is_in_the_vocabulary() -> None:
    lists = DOCUMENTS["json/vocabulary.json"]["$defs"]
    assert lists["Answer"]["enum"] == [answer.value for answer in vocabulary.Answer]
    assert {"Outcome", "AlarmKind", "CancelReason", "Reason", "Refusal", "Instead"} <= set(lists)
    assert all(each["description"].rstrip().endswith(".") for each in lists.values())


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [ref for item in value.values() for ref in references(item)]
    if isinstance(value, list):
        return [ref for item in value for ref in references(item)]
    return []


def follow(ref: str) -> Any:
    """Return what *ref* of the AsyncAPI document leads to; a KeyError says that it leads nowhere."""
    path, _, pointer = ref.partition("#")
    value = DOCUMENTS[path.removeprefix("./")] if path else asyncapi()
    for step in pointer.split("/")[1:]:
        value = value[step]
    return value


def test_every_reference_of_asyncapi_leads_somewhere() -> None:
    refs = references(asyncapi())
    assert len(refs) > len(topics.TABLE)
    assert all(follow(ref) for ref in refs)


# AsyncAPI 3.0.0, the parts that are used here: https://www.asyncapi.com/docs/reference/specification/v3.0.0
_REFERENCE = {"type": "object", "required": ["$ref"], "properties": {"$ref": {"type": "string"}}}
_ASYNCAPI = {
    "type": "object",
    "required": ["asyncapi", "info"],
    "additionalProperties": False,
    "patternProperties": {"^x-": {}},
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "id": {"type": "string", "format": "uri"},
        "info": {"type": "object", "required": ["title", "version"]},
        "defaultContentType": {"type": "string"},
        "servers": {
            "additionalProperties": {"type": "object", "required": ["host", "protocol"]},
        },
        "channels": {
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["address", "messages"],
                "properties": {
                    "address": {"type": "string"},
                    "description": {"type": "string"},
                    "messages": {"additionalProperties": _REFERENCE},
                    "parameters": {
                        "propertyNames": {"pattern": "^[A-Za-z0-9_-]+$"},
                        "additionalProperties": {
                            "additionalProperties": False,
                            "properties": {"description": {"type": "string"}},
                        },
                    },
                },
            }
        },
        "operations": {
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["action", "channel"],
                "properties": {
                    "action": {"enum": ["send", "receive"]},
                    "channel": _REFERENCE,
                    "messages": {"type": "array", "items": _REFERENCE},
                    "description": {"type": "string"},
                    "bindings": {
                        "additionalProperties": False,
                        "properties": {
                            "mqtt": {
                                "additionalProperties": False,
                                "required": ["bindingVersion"],
                                "properties": {
                                    "qos": {"enum": [0, 1, 2]},
                                    "retain": {"type": "boolean"},
                                    "bindingVersion": {"const": "0.2.0"},
                                },
                            }
                        },
                    },
                },
            }
        },
        "components": {
            "additionalProperties": False,
            "properties": {
                "messages": {
                    "additionalProperties": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["payload"],
                        "patternProperties": {"^x-": {}},
                        "properties": {
                            **{key: {"type": "string"} for key in ("name", "title", "description")},
                            "contentType": {"enum": ["application/json", "application/cbor"]},
                            "payload": {
                                "additionalProperties": False,
                                "required": ["schemaFormat", "schema"],
                                "properties": {"schemaFormat": {"type": "string"}, "schema": _REFERENCE},
                            },
                        },
                    }
                }
            },
        },
    },
}


def test_asyncapi_has_the_form_of_asyncapi_3() -> None:
    Draft202012Validator.check_schema(_ASYNCAPI)
    Draft202012Validator(_ASYNCAPI).validate(asyncapi())


def test_asyncapi_says_how_every_topic_travels() -> None:
    document = asyncapi()
    assert set(document["channels"]) == set(topics.TABLE) == set(messages.MESSAGES)
    for word, route in topics.TABLE.items():
        sent = document["operations"][f"{route.sender}_sends_{word}"]["bindings"]["mqtt"]
        assert (sent["qos"], sent["retain"]) == (route.qos, route.retained)
        channel = document["channels"][word]
        named = set(channel.get("parameters", ()))
        assert {part[1:-1] for part in channel["address"].split("/") if part[0] == "{"} == named


def test_the_prose_has_its_table() -> None:
    assert topic_table() in (contract.DOCS / "contract.md").read_text(encoding="utf-8")
    assert line_table() in (contract.DOCS / "timeline.md").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="<!-- topics: generated -->"):
        with_table("no marks here", "topics", topic_table())
