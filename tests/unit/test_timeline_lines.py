"""The timeline's payloads: one a kind, never a name or a text in them, and read again whatever version wrote them."""

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path
from types import NoneType
from typing import Annotated, get_origin
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.store import reconciliation
from schemas import timeline
from schemas.timeline import PAYLOADS, EventKind, Unknown, decode, encode
from schemas.timeline.base import Code, payload
from schemas.vocabulary import AlarmKind, Priority, Reason
from tests.support.timeline_lines import fields_of, parts_of, sample

GOLDEN = Path(__file__).parent / "golden" / "timeline.json"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=9), inner, max_size=2),
)


def test_every_kind_has_a_payload() -> None:
    assert [kind for kind in EventKind if kind not in PAYLOADS] == []


def test_a_kind_has_one_payload() -> None:
    with pytest.raises(ValueError, match="claimed has a payload already: CaseClaimed"):
        payload(EventKind.CLAIMED)(timeline.Payload)


def test_no_payload_has_a_field_for_words() -> None:
    """A name, an address or a note cannot stand in a line: a text there is a code, and a code is one word."""
    hints = [(kind, name, hint) for kind in EventKind for name, hint in fields_of(kind).items()]
    loose = [f"{kind}.{name}" for kind, name, hint in hints if str in parts_of(hint) or object in parts_of(hint)]
    assert hints and loose == []
    assert [kind for kind, name, _ in hints if name == "kind"] == []


def test_what_may_be_missing_has_a_default() -> None:
    """Lines are stored without their empty fields, and fields come later than lines."""
    lacking = []
    for kind in EventKind:
        needed = {field.name for field in fields(PAYLOADS[kind]) if field.default is MISSING}  # type: ignore[arg-type]
        hints = fields_of(kind).items()
        lacking += [f"{kind}.{name}" for name, hint in hints if NoneType in parts_of(hint) and name in needed]
    assert lacking == []


def test_a_line_is_read_as_it_was_written() -> None:
    lines = {kind: sample(kind) for kind in EventKind}
    changed = [kind for kind, line in lines.items() if decode(kind, json.loads(json.dumps(encode(line)))) != line]
    assert changed == []


OPENED = encode(timeline.AlarmOpened(AlarmKind.NOT_SEEN, Priority.SECOND, 4801, Reason.UP))


@pytest.mark.parametrize(
    ("data", "read"),
    [
        ({**OPENED, "weather": "rain"}, timeline.AlarmOpened(AlarmKind.NOT_SEEN, Priority.SECOND, 4801, Reason.UP)),
        ({**OPENED, "reason": "sleepwalks"}, timeline.AlarmOpened(AlarmKind.NOT_SEEN, Priority.SECOND, 4801)),
        ({**OPENED, "alarm_kind": "flood"}, Unknown("alarm_opened", {**OPENED, "alarm_kind": "flood"})),
        ({}, Unknown("alarm_opened", {})),
    ],
    ids=["a field of later", "a word of later", "a word of later, and no default", "nothing"],
)
def test_a_line_of_another_version_is_read(data: dict[str, object], read: object) -> None:
    assert decode("alarm_opened", data) == read


def test_a_kind_of_a_later_version_is_unknown() -> None:
    assert decode("tomorrow", {"a": 1}) == Unknown("tomorrow", {"a": 1})


@given(st.sampled_from([*EventKind, "tomorrow"]), st.dictionaries(st.text(max_size=9), JSON), st.data())
def test_reading_a_line_never_fails(kind: str, data: dict[str, object], more: st.DataObject) -> None:
    if kind in set(EventKind):
        data |= {name: more.draw(JSON) for name in fields_of(EventKind(kind))}
    decode(kind, data)


@pytest.mark.parametrize("text", ["Astrid Ek", "", "two\nlines", "x" * 201])
def test_a_code_is_one_word(text: str) -> None:
    data = encode(timeline.SmsFailed(UUID(int=1), "call_out", 1)) | {"error": text}
    assert decode("sms_failed", data) == timeline.SmsFailed(UUID(int=1), "call_out", 1)


def test_stored_kinds_and_fields_are_never_renamed() -> None:
    """A new kind or field is added to the golden file by its command. What stands there stays."""
    stored: dict[str, list[str]] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    now = {kind.value: list(fields_of(kind)) for kind in EventKind}
    gone = [kind for kind in stored if kind not in now]
    gone += [f"{kind}.{name}" for kind in stored for name in stored[kind] if kind in now and name not in now[kind]]
    assert gone == [], "add, never rename: lines with these names are stored"
    new = [kind for kind in now if kind not in stored]
    new += [f"{kind}.{name}" for kind in now for name in now[kind] if kind in stored and name not in stored[kind]]
    assert new == [], "run: python -m tests.unit.golden_messages (from the next release on they are kept for ever)"


def test_a_found_discrepancy_has_a_field_for_all_its_facts() -> None:
    told = {name for sql in reconciliation.QUESTIONS.values() for pair in re.findall(r"jsonb_build_object\((.*?)\) as data", sql)
            for name in re.findall(r"'(\w+)'", pair)}  # fmt: skip
    assert {"days", "who", "wanted"} <= told
    assert told <= fields_of(EventKind.DISCREPANCY_FOUND).keys()


def test_a_code_is_told_from_a_text() -> None:
    """Guards the test above: an annotated code is seen as such, and a plain ``str`` is not."""
    assert get_origin(parts_of(Code)[0]) is Annotated
    assert str in parts_of(str | None)
