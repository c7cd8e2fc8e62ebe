"""Bytes to messages and back: JSON, or CBOR in an envelope that leaves room for sealing past the broker.

Decoding is total in one sense: whatever the bytes, the caller gets a message or :class:`Refused` with a word from
:class:`schemas.vocabulary.Refusal`, and nothing is decoded whose size was not looked at first.
"""

import io
from typing import Any, Final, TypeVar

import cbor2
from pydantic import ValidationError

from schemas import jpeg, limits
from schemas.messages import Frame, LiveFrame, Message, Picture, Session
from schemas.vocabulary import Refusal

M = TypeVar("M", bound=Message)

_ENVELOPE_V: Final = 1


class Refused(ValueError):
    """These bytes are not taken. ``refusal`` is counted; ``detail`` says what was wrong, where, and what is right."""

    def __init__(self, refusal: Refusal, detail: str) -> None:
        super().__init__(f"{refusal}: {detail}")
        self.refusal = refusal
        self.detail = detail[:200]


def encode(message: Message) -> bytes:
    """Return *message* as it goes on the wire."""
    if not message.binary:
        return message.model_dump_json(exclude_none=True).encode()
    body = message.model_dump(mode="python", exclude_none=True)
    return cbor2.dumps(
        {"v": _ENVELOPE_V, "sealed": False, "key_id": None, "nonce": None, "body": cbor2.dumps(_plain(body))}
    )


def decode(kind: type[M], data: bytes) -> M:
    """Return the message of *kind* in *data*; unknown fields are let pass.

    Raises:
        Refused: too large, not CBOR or JSON, sealed, of an unknown version, not valid, or a frame that breaks a limit.
    """
    if len(data) > kind.limit:
        raise Refused(Refusal.TOO_LARGE, f"{kind.__name__.lower()} of {len(data)} bytes; at most {kind.limit}")
    try:
        if kind.binary:
            fields = _open(data)
            _count(fields)
            message = kind.model_validate(fields, extra="ignore")
        else:
            message = kind.model_validate_json(data, extra="ignore")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise Refused(Refusal.NOT_JSON, first["msg"]) from None
        where = ".".join(str(step) for step in first["loc"]) or kind.__name__.lower()
        refusal = Refusal.VERSION_UNKNOWN if first["loc"] == ("v",) else Refusal.NOT_VALID
        raise Refused(refusal, f"{where}: {first['msg']}") from None
    if isinstance(message, Session | Picture):
        _look_at(message.frames)
    elif isinstance(message, LiveFrame) and message.frame is not None:
        _look_at((message.frame,))
    return message


def _open(data: bytes) -> dict[str, Any]:
    envelope = _cbor(data, "envelope")
    if envelope.get("v") != _ENVELOPE_V:
        raise Refused(Refusal.VERSION_UNKNOWN, f"envelope: v {envelope.get('v')!r}; this part reads {_ENVELOPE_V}")
    if envelope.get("sealed"):
        raise Refused(Refusal.SEALED, f"envelope: sealed with key {envelope.get('key_id')!r}; no key is set here")
    body = envelope.get("body")
    if not isinstance(body, bytes):
        raise Refused(Refusal.NOT_CBOR, f"envelope: body is {type(body).__name__}; expected bytes")
    return _cbor(body, "body")


def _cbor(data: bytes, where: str) -> dict[str, Any]:
    stream = io.BytesIO(data)
    try:
        value = cbor2.load(stream)
    except (cbor2.CBORError, ValueError, OverflowError, RecursionError, MemoryError, TypeError) as error:
        raise Refused(Refusal.NOT_CBOR, f"{where}: {type(error).__name__} in {len(data)} bytes") from None
    if not isinstance(value, dict):
        raise Refused(Refusal.NOT_CBOR, f"{where}: {type(value).__name__}; expected a map")
    if stream.tell() != len(data):
        raise Refused(Refusal.NOT_CBOR, f"{where}: {len(data) - stream.tell()} bytes after its end")
    return value


def _count(fields: dict[str, Any]) -> None:
    """Refuse by number before any model is built of what was sent."""
    frames = fields.get("frames", ())
    if isinstance(frames, list | tuple) and len(frames) > limits.FRAMES:
        raise Refused(Refusal.TOO_MANY_FRAMES, f"frames: {len(frames)}; at most {limits.FRAMES}")
    channels = fields.get("channels", ())
    if isinstance(channels, list | tuple):
        values = [c.get("values", ()) for c in channels if isinstance(c, dict)]
        samples = sum(len(v) for v in values if isinstance(v, list | tuple))
        if samples > limits.SAMPLES:
            raise Refused(Refusal.TOO_MANY_SAMPLES, f"channels: {samples} samples; at most {limits.SAMPLES}")


def _look_at(frames: tuple[Frame, ...]) -> None:
    before = -1
    for number, frame in enumerate(frames):
        if frame.ms <= before:
            raise Refused(
                Refusal.FRAMES_OUT_OF_ORDER, f"frame {number}: {frame.ms} ms comes after {before} ms; send them in order"
            )
        before = frame.ms
        try:
            width, height = jpeg.size(frame.jpeg)
        except jpeg.NotJpeg as error:
            raise Refused(Refusal.NOT_JPEG, f"frame {number}: {error}") from None
        if width > limits.FRAME_WIDTH or height > limits.FRAME_HEIGHT:
            raise Refused(
                Refusal.FRAME_TOO_LARGE,
                f"frame {number}: {width}x{height}; at most {limits.FRAME_WIDTH}x{limits.FRAME_HEIGHT}",
            )


def _plain(value: Any) -> Any:
    """Return *value* in CBOR's own kinds: ids and words as text, instants as RFC 3339 text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | float | bytes) or value is None:
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)
