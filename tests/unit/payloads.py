"""Payloads that tests send: a session's header, its envelope, frames and samples."""

import json
from typing import Any

import cbor2
import pytest

from schemas import wire
from schemas.messages import Message
from schemas.vocabulary import Refusal
from schemas.wire import Refused
from tests.unit.golden_messages import GOLDEN

JPEG = (GOLDEN / "frames" / "a.jpg").read_bytes()
CAMERA = (GOLDEN / "v1" / "session_camera.cbor").read_bytes()
PULSE = {"v": 1, "now": "2026-10-25T00:00:00Z"}
HEADER = {
    "v": 1,
    "session_id": "s1",
    "org": "vik",
    "device": "d1",
    "kind": "camera",
    "started_at": "2026-10-25T00:00:00Z",
    "seconds": 10,
}


def envelope(body: Any, **fields: Any) -> bytes:
    inner = body if isinstance(body, bytes) else cbor2.dumps(body)
    return cbor2.dumps({"v": 1, "sealed": False, "key_id": None, "nonce": None, "body": inner, **fields})


def session(**fields: Any) -> bytes:
    return envelope({**HEADER, **fields})


def pulse(**fields: Any) -> bytes:
    return json.dumps({**PULSE, **fields}).encode()


def refusal(kind: type[Message], data: bytes) -> Refusal:
    with pytest.raises(Refused) as caught:
        wire.decode(kind, data)
    assert len(str(caught.value)) < 300
    return caught.value.refusal


def claiming(width: int, height: int) -> bytes:
    """Return a true JPEG whose frame header says another size."""
    at = JPEG.index(b"\xff\xc0") + 5
    return JPEG[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + JPEG[at + 4 :]


def frames(*ms: int, jpeg: bytes = JPEG) -> list[dict[str, Any]]:
    return [{"ms": each, "jpeg": jpeg} for each in ms]


def channel(rows: int, columns: int, readings: int) -> dict[str, Any]:
    return {
        "name": "thermal",
        "quantity": "thermal_c",
        "rows": rows,
        "columns": columns,
        "ms": list(range(readings)),
        "values": [[20.0] * (rows * columns)] * readings,
    }
