"""Hostile messages: a small one cannot become a large one, and any bytes at all are taken or refused."""

import json
import time
import tracemalloc
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import cbor, limits, wire
from schemas.messages import MESSAGES, Message, Pulse, Session
from schemas.vocabulary import Refusal
from schemas.wire import Refused
from tests.unit.golden_messages import GOLDEN, expected
from tests.unit.payloads import HEADER, channel, envelope, refusal, session

BOMBS = {
    "a tag": cbor2.CBORTag(0, "2026-10-25T00:00:00Z"),
    "a number of 20 000 bits": 1 << 20_000,
    "a set": {1, 2},
}


def raw(value: bytes) -> bytes:
    """Return a session whose unknown field ``x`` holds the CBOR *value* as it is."""
    body = cbor2.dumps(HEADER)
    assert body[0] == 0xA0 | len(HEADER)
    return envelope(bytes([body[0] + 1]) + body[1:] + b"\x61x" + value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(cbor2.dumps(BOMBS["a tag"]), Refusal.NOT_CBOR, id="tag"),
        pytest.param(cbor2.dumps(BOMBS["a set"]), Refusal.NOT_CBOR, id="set"),
        pytest.param(cbor2.dumps(BOMBS["a number of 20 000 bits"]), Refusal.NOT_CBOR, id="bignum"),
        pytest.param(bytes.fromhex("c4821a3b9aca0001"), Refusal.NOT_CBOR, id="decimal of 10^1000000000"),
        pytest.param(bytes.fromhex("d81c81d81d00"), Refusal.NOT_CBOR, id="a list that holds itself"),
        pytest.param(b"\xd9\x01\x00\x81\x01", Refusal.NOT_CBOR, id="string references"),
        pytest.param(b"\x81" * 1_000_000 + b"\x01", Refusal.NOT_CBOR, id="deep lists"),
        pytest.param(b"\xa1\x61a" * 1_000_000 + b"\x01", Refusal.NOT_CBOR, id="deep maps"),
        pytest.param(b"\xc6" * 1_000_000 + b"\x01", Refusal.NOT_CBOR, id="deep tags"),
        pytest.param(b"\x9b" + b"\x3f" + b"\xff" * 7, Refusal.NOT_CBOR, id="list of 2^62"),
        pytest.param(b"\xbb" + b"\xff" * 8, Refusal.NOT_CBOR, id="map of 2^64"),
        pytest.param(b"\x5b" + b"\xff" * 8, Refusal.NOT_CBOR, id="bytes of 2^64"),
        pytest.param(b"\x9f" + b"\x01" * 10 + b"\xff", Refusal.NOT_CBOR, id="indefinite list"),
        pytest.param(b"\x7f\x61a\xff", Refusal.NOT_CBOR, id="indefinite text"),
        pytest.param(b"\xa1\x01\x02", Refusal.NOT_CBOR, id="number as a key"),
        pytest.param(b"\xa1\x80\x02", Refusal.NOT_CBOR, id="list as a key"),
        pytest.param(b"\x62\xc3\x28", Refusal.NOT_CBOR, id="text that is no UTF-8"),
        pytest.param(b"\xf7", Refusal.NOT_CBOR, id="undefined"),
        pytest.param(b"\xf8\x40", Refusal.NOT_CBOR, id="simple value 64"),
        pytest.param(b"\x9a" + (4_000_000).to_bytes(4, "big") + b"\xa0" * 4_000_000, Refusal.TOO_LARGE,
        id="empties"),
    ],
)  # fmt: skip
def test_a_small_message_that_stands_for_a_large_one_is_refused(value: bytes, expected: Refusal) -> None:
    tracemalloc.start()
    try:
        data = raw(value)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        assert refusal(Session, data) is expected
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 40 * 1024 * 1024


@pytest.mark.parametrize(
    "fields",
    [
        {"profile": {"thresholds": {f"t{n}": "x" for n in range(100_000)}}},
        {"profile": {"signature": [["x"] * 3_000] * 64}},
        {"channels": [{**channel(1, 1, 1), "ms": ["x"] * 100_000}]},
        {"channels": [{**channel(1, 1, 1), "values": [["x"] * 50_000]}]},
    ],
    ids=["thresholds", "signature", "times", "values"],
)
def test_many_errors_cost_no_more_than_one(fields: dict[str, Any]) -> None:
    data = session(**fields)
    begins = time.process_time()
    assert refusal(Session, data) is Refusal.NOT_VALID
    assert time.process_time() - begins < 5.0


@pytest.mark.parametrize("depth", [10, 1_000, 100_000])
def test_deep_json_is_refused_or_let_pass(depth: int) -> None:
    data = b'{"v":1,"now":"2026-10-25T00:00:00Z","x":' + b"[" * depth + b"]" * depth + b"}"
    if depth == 10:
        assert wire.decode(Pulse, data).now.year == 2026
    else:
        assert refusal(Pulse, data) is Refusal.NOT_JSON


def test_the_largest_honest_session_is_within_the_items() -> None:
    series = {
        "name": "a",
        "quantity": "presence",
        "ms": list(range(limits.SAMPLES)),
        "values": [[0.0]] * limits.SAMPLES,
    }
    decoded = wire.decode(Session, session(kind="sensors", channels=[series]))
    assert len(decoded.channels[0].ms) == limits.SAMPLES


# ---- any bytes at all ----

_KINDS = st.sampled_from(list(MESSAGES.values()))
_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.floats() | st.text(max_size=8) |
    st.binary(max_size=8), lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(max_size=8),
    each, max_size=4), max_leaves=12,
)  # fmt: skip
_FIELDS = st.sampled_from(sorted({name for kind in MESSAGES.values() for name in kind.model_fields}))


def taken_or_refused(kind: type[Message], data: bytes) -> None:
    try:
        message = wire.decode(kind, data)
    except Refused as refused:
        assert refused.refusal in Refusal
        return
    assert wire.decode(kind, wire.encode(message)) == message


@given(_KINDS, st.binary(max_size=400))
def test_any_bytes_are_taken_or_refused(kind: type[Message], data: bytes) -> None:
    taken_or_refused(kind, data)


@given(_KINDS, st.binary(max_size=400))
def test_any_bytes_in_an_envelope_are_taken_or_refused(kind: type[Message], data: bytes) -> None:
    taken_or_refused(kind, envelope(data))


@given(_KINDS, st.dictionaries(_FIELDS | st.text(max_size=8), _PLAIN, max_size=8))
def test_any_fields_are_taken_or_refused(kind: type[Message], fields: dict[str, Any]) -> None:
    fields = {"v": 1, **fields}
    if kind.binary:
        taken_or_refused(kind, envelope(fields))
    else:
        taken_or_refused(kind, json.dumps(fields, default=lambda value: value.hex()).encode())


@given(st.data())
def test_a_golden_payload_with_bytes_changed_never_crashes(data: st.DataObject) -> None:
    name, message = data.draw(st.sampled_from(sorted(expected()["v1"].items(), key=lambda each: each[0])))
    payload = bytearray((GOLDEN / "v1" / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    taken_or_refused(type(message), bytes(payload))


@given(_PLAIN)
def test_plain_cbor_is_let_through_and_is_what_the_library_reads(value: Any) -> None:
    data = cbor2.dumps(value)
    try:
        cbor.require_plain(data)
    except cbor.BadCbor as error:
        assert "tag" in str(error) or "deep" in str(error)
    else:
        assert cbor2.dumps(cbor2.loads(data)) == data


@given(st.binary(max_size=60))
def test_what_the_check_lets_through_the_library_reads(data: bytes) -> None:
    try:
        cbor.require_plain(data)
    except cbor.BadCbor:
        return
    try:
        cbor2.loads(data)
    except cbor2.CBORDecodeError as error:
        assert isinstance(error.__cause__, UnicodeDecodeError)
