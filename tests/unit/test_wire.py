"""Decoding of messages from any bytes: a receiver gets a message or one word for why not, soon and in little memory."""

import json
import math
from typing import Any

import cbor2
import pytest
from pydantic import ValidationError

from schemas import limits, messages, topics, wire
from schemas.messages import MESSAGES, Message, Picture, Pulse, SensorChannel, Session, Status
from schemas.vocabulary import DeviceKind, Refusal
from schemas.wire import Refused
from tests.unit.payloads import (
    CAMERA,
    HEADER,
    JPEG,
    PULSE,
    channel,
    claiming,
    envelope,
    frames,
    pulse,
    refusal,
    session,
)


def test_a_session_comes_through() -> None:
    message = wire.decode(Session, session(frames=frames(0, 200)))
    assert [frame.ms for frame in message.frames] == [0, 200]
    assert message.frames[0].jpeg == JPEG


# ---- what is not ours at all ----


@pytest.mark.parametrize("cut", [0, 1, 10, 100, len(CAMERA) // 2, len(CAMERA) - 1])
def test_a_truncated_session_is_refused(cut: int) -> None:
    assert refusal(Session, CAMERA[:cut]) is Refusal.NOT_CBOR


def test_a_truncated_body_is_refused() -> None:
    body = cbor2.dumps({**HEADER, "frames": frames(0)})
    assert refusal(Session, envelope(body[:-1])) is Refusal.NOT_CBOR


@pytest.mark.parametrize("data", [b"", b"{", b"nothing of ours", b"\xff\xfe", b'{"v":1,"now":"2026-'])
def test_what_is_not_json_is_refused(data: bytes) -> None:
    assert refusal(Pulse, data) is Refusal.NOT_JSON


@pytest.mark.parametrize(
    "data", [b"nothing of ours", b'{"v":1}', cbor2.dumps([1]), cbor2.dumps("v"), envelope([1]), b"\x00"]
)
def test_what_is_not_our_cbor_is_refused(data: bytes) -> None:
    assert refusal(Session, data) is Refusal.NOT_CBOR


@pytest.mark.parametrize("data", [CAMERA + b"\x00", CAMERA + CAMERA])
def test_trailing_bytes_are_refused(data: bytes) -> None:
    assert refusal(Session, data) is Refusal.NOT_CBOR


def test_trailing_bytes_inside_the_envelope_are_refused() -> None:
    assert refusal(Session, envelope(cbor2.dumps({**HEADER, "fault": "x"}) + b"\x00")) is Refusal.NOT_CBOR


def test_trailing_json_is_refused() -> None:
    assert refusal(Pulse, pulse() + b"{}") is Refusal.NOT_JSON


@pytest.mark.parametrize("body", [None, "text", {}, [1]])
def test_a_body_that_is_no_bytes_is_refused(body: Any) -> None:
    data = cbor2.dumps({"v": 1, "sealed": False, "body": body})
    assert refusal(Session, data) is Refusal.NOT_CBOR


def test_a_sealed_envelope_is_refused_until_there_is_a_key() -> None:
    data = envelope(b"\x17" * 64, sealed=True, key_id="k1", nonce=b"n" * 12)
    assert refusal(Session, data) is Refusal.SEALED


@pytest.mark.parametrize("version", [0, 2, True, "1", 1.0, None, 2**64 - 1, b"x" * 1000])
def test_an_envelope_of_another_version_is_refused(version: Any) -> None:
    assert refusal(Session, envelope(HEADER, v=version)) is Refusal.VERSION_UNKNOWN


@pytest.mark.parametrize("version", [0, 2, "1", None, [1]])
def test_a_message_of_another_version_is_refused(version: Any) -> None:
    assert refusal(Pulse, pulse(v=version, now="soon")) is Refusal.VERSION_UNKNOWN
    assert refusal(Session, session(v=version)) is Refusal.VERSION_UNKNOWN


def test_a_message_without_version_is_refused() -> None:
    assert refusal(Pulse, b'{"now":"2026-10-25T00:00:00Z"}') is Refusal.VERSION_UNKNOWN


# ---- what breaks a limit ----


@pytest.mark.parametrize("kind", MESSAGES.values(), ids=MESSAGES)
def test_an_oversized_message_is_refused_unread(kind: type[Message]) -> None:
    assert refusal(kind, b"\x00" * (kind.limit + 1)) is Refusal.TOO_LARGE


def test_too_many_frames_are_refused() -> None:
    most = session(frames=frames(*range(limits.FRAMES)))
    assert len(wire.decode(Session, most).frames) == limits.FRAMES
    assert refusal(Session, session(frames=frames(*range(limits.FRAMES + 1)))) is Refusal.TOO_MANY_FRAMES


def test_too_many_samples_are_refused_cell_by_cell() -> None:
    most = wire.decode(Session, session(kind="sensors", channels=[channel(8, 8, 781)]))
    assert len(most.channels[0].values) * 64 <= limits.SAMPLES
    assert refusal(Session, session(channels=[channel(8, 8, 782)])) is Refusal.TOO_MANY_SAMPLES
    assert refusal(Session, session(channels=[channel(8, 8, 400)] * 2)) is Refusal.TOO_MANY_SAMPLES
    empty = {"name": "a", "quantity": "presence", "ms": [], "values": [[]] * 50_001}
    assert refusal(Session, session(channels=[empty])) is Refusal.TOO_MANY_SAMPLES


@pytest.mark.parametrize("size", [(60_000, 60_000), (1921, 1080), (1920, 1081), (65_535, 1)])
def test_a_jpeg_beyond_the_size_limit_is_refused_undecoded(size: tuple[int, int]) -> None:
    data = session(frames=frames(0, jpeg=claiming(*size)))
    assert refusal(Session, data) is Refusal.FRAME_TOO_LARGE
    picture = {"v": 1, "session_id": "s1", "org": "vik", "device": "d1", "frames": frames(0, jpeg=claiming(*size))}
    assert refusal(Picture, envelope(picture)) is Refusal.FRAME_TOO_LARGE
    live = {"v": 1, "command_id": "0190f3a1-7c00-7000-8000-000000000002", "org": "vik", "device": "d1"}
    one = {**live, "sequence": 0, "frame": frames(0, jpeg=claiming(*size))[0]}
    assert refusal(MESSAGES["live"], envelope(one)) is Refusal.FRAME_TOO_LARGE


@pytest.mark.parametrize("jpeg", [b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", JPEG[:20], JPEG[2:], "text"])
def test_a_frame_that_is_no_jpeg_is_refused(jpeg: Any) -> None:
    assert refusal(Session, session(frames=frames(0, jpeg=jpeg))) is Refusal.NOT_JPEG


@pytest.mark.parametrize("ms", [(200, 0), (0, 0), (0, 400, 200)])
def test_frames_out_of_order_are_refused(ms: tuple[int, ...]) -> None:
    assert refusal(Session, session(frames=frames(*ms))) is Refusal.FRAMES_OUT_OF_ORDER


# ---- what is ours but not right ----


@pytest.mark.parametrize(
    "fields",
    [
        {"session_id": "../etc"},
        {"session_id": "s" * 64},
        {"org": "vik/+"},
        {"seconds": 4},
        {"seconds": 61},
        {"seconds": 2**63},
        {"seconds": "ten"},
        {"started_at": "2026-10-25T00:00:00"},
        {"started_at": 1_800_000_000},
        {"started_at": "0001-01-01T00:00:00+14:00"},
        {"started_at": "9999-12-31T23:59:59-14:00"},
        {"started_at": "soon"},
        {"kind": "radio"},
        {"frames": "none"},
        {"frames": frames(-1)},
        {"frames": [{"ms": 0}]},
        {"fault": "sensors gave nothing", "frames": frames(0), "channels": [channel(1, 1, 2)]},
        {"check_id": "0190f3a1-7c00-7000-8000-000000000001"},
        {"attempt": 1},
        {"check_id": "not an id", "attempt": 1},
        {"profile": {"zones": [{"name": "bed", "kind": "bed", "polygon": [[0, 0], [2, 0], [0, 1]]}]}},
        {"profile": {"zones": {"bed": [[0, 0], [1, 0]]}}},
        {"profile": {"thresholds": {"still": math.nan}}},
        {"profile": {"signature": [[2**40]]}},
        {"channels": [{**channel(1, 1, 2), "values": [[20.0], [math.nan]]}]},
        {"channels": [{**channel(1, 1, 2), "values": [[20.0], [math.inf]]}]},
        {"channels": [{**channel(1, 1, 2), "ms": [0]}]},
        {"channels": [{**channel(1, 1, 2), "ms": [5, 5]}]},
        {"channels": [{**channel(2, 2, 1), "values": [[20.0]]}]},
        {"channels": [None]},
    ],
)  # fmt: skip
def test_a_session_with_a_bad_field_is_refused(fields: dict[str, Any]) -> None:
    assert refusal(Session, session(**fields)) is Refusal.NOT_VALID


@pytest.mark.parametrize("offset", [math.nan, math.inf, -math.inf])
def test_a_json_number_that_is_none_is_refused(offset: float) -> None:
    data = json.dumps({"v": 1, "link": "up", "wall_offset_s": offset}).encode()
    assert refusal(Status, data) is Refusal.NOT_VALID


def test_a_huge_whole_number_is_refused() -> None:
    data = b'{"v":1,"link":"up","sequence":' + b"9" * 200_000 + b"}"
    assert refusal(Status, data) is Refusal.NOT_JSON


def test_a_finding_needs_a_reason_of_its_own() -> None:
    finding = {"v": 1, "session_id": "s1", "org": "vik", "device": "d1"}
    for wrong in (
        {"answer": "cannot_tell"},
        {"answer": "cannot_tell", "reasons": ["on_floor"]},
        {"answer": "in_bed", "reasons": ["still"]},
        {"answer": "something_wrong", "reasons": ["no_session"]},
    ):
        data = json.dumps({**finding, **wrong}).encode()
        assert refusal(MESSAGES["finding"], data) is Refusal.NOT_VALID


@pytest.mark.parametrize(
    "missing", [["evidence"], ["people"], ["evidence", "people"], []], ids=lambda names: "+".join(names) or "none"
)
def test_in_bed_needs_evidence_and_people(missing: list[str]) -> None:
    finding = {
        "v": 1, "session_id": "s1", "org": "vik", "device": "d1", "answer": "in_bed", "people": 1,
        "evidence": [{"what": "moves", "zone": "bed", "value": 3.0}],
    }  # fmt: skip
    data = json.dumps({name: value for name, value in finding.items() if name not in missing}).encode()
    if missing:
        assert refusal(MESSAGES["finding"], data) is Refusal.NOT_VALID
    else:
        assert wire.decode(MESSAGES["finding"], data)


def test_a_refusal_says_why() -> None:
    assert refusal(MESSAGES["receipt"], b'{"v":1,"session_id":"s1","state":"refused"}') is Refusal.NOT_VALID


def test_the_detail_names_the_field() -> None:
    with pytest.raises(Refused, match=r"profile\.zones\.0\.kind"):
        wire.decode(Session, session(profile={"zones": {"sofa": [[0, 0], [1, 0], [1, 1]]}}))


def test_a_session_on_another_devices_topic_is_refused() -> None:
    right = topics.parse(topics.of("vik", "d1", "session", "s1"))
    assert wire.decode(Session, session(frames=frames(0)), right).device == "d1"
    for org, device, session_id in (("berg", "d1", "s1"), ("vik", "d2", "s1"), ("vik", "d1", "s2")):
        topic = topics.parse(topics.of(org, device, "session", session_id))
        with pytest.raises(Refused) as caught:
            wire.decode(Session, session(frames=frames(0)), topic)
        assert caught.value.refusal is Refusal.TOPIC_MISMATCH


# ---- old beside new ----


def test_unknown_fields_are_let_pass_on_receipt_at_every_depth() -> None:
    data = session(
        mood="calm",
        profile={"version": 2, "weather": 1, "zones": [
            {"name": "bed", "kind": "bed", "polygon": [[0, 0], [1, 0], [1, 1]], "colour": "blue"}
        ]},
        frames=[{"ms": 0, "jpeg": JPEG, "iso": 100}],
    )  # fmt: skip
    assert wire.decode(Session, data).profile.version == 2
    assert wire.decode(Pulse, pulse(hint=1)) == wire.decode(Pulse, pulse())


def test_a_bed_by_name_may_say_its_head_end() -> None:
    bed = {"polygon": [[0, 0], [1, 0], [1, 1]], "head": [0.5, 0.25]}
    profile = wire.decode(Session, session(profile={"zones": {"bed_left": bed, "floor": bed["polygon"]}})).profile
    assert [(zone.kind, zone.head) for zone in profile.zones] == [("bed", (0.5, 0.25)), ("floor", None)]


def test_unknown_fields_are_forbidden_when_we_build() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Pulse.model_validate({**PULSE, "hint": 1})
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Session.model_validate({**HEADER, "profile": {"weather": 1}})


def test_models_are_frozen_and_hold_their_own_limits() -> None:
    message = Session.model_validate({**HEADER, "kind": DeviceKind.CAMERA})
    with pytest.raises(ValidationError, match="frozen"):
        message.seconds = 60  # type: ignore[misc]
    with pytest.raises(ValidationError, match="too_long"):
        Session.model_validate({**HEADER, "frames": frames(*range(limits.FRAMES + 1))})
    with pytest.raises(ValidationError, match="finite"):
        SensorChannel(name="a", quantity="presence", ms=(0,), values=((math.nan,),))
    with pytest.raises(ValidationError, match="opens_at"):
        messages.ScheduledAttempt.model_validate(
            {
                "check_id": "0190f3a1-7c00-7000-8000-000000000001",
                "attempt": 1,
                "opens_at": "2026-10-25T00:10:00Z",
                "closes_at": "2026-10-25T00:00:00Z",
                "seconds": 10,
                "show": "always",
            }
        )
