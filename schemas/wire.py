"""Codec of messages: JSON, or CBOR in an envelope that leaves room for sealing past the broker.

Whatever the bytes, :func:`decode` returns a message or raises :class:`Refused` with a word of
:class:`schemas.vocabulary.Refusal`; nothing is decoded before its size is known.
"""

from typing import Any, Final, TypeVar

import cbor2
from pydantic import ValidationError

from schemas import cbor, jpeg, limits
from schemas.messages import Frame, LiveFrame, Message, Picture, Session
from schemas.topics import Topic
from schemas.vocabulary import Refusal

M = TypeVar("M", bound=Message)

ENVELOPE_V: Final = 1
DETAIL_CHARACTERS: Final = 200


class Refused(ValueError):
    """These bytes are not taken: ``refusal`` is counted, ``detail`` says what was wrong and where."""

    def __init__(self, refusal: Refusal, detail: str) -> None:
        self.refusal = refusal
        self.detail = detail[:DETAIL_CHARACTERS]
        super().__init__(f"{refusal}: {self.detail}")


def encode(message: Message) -> bytes:
    """Return *message* as it goes on the wire."""
    if not message.binary:
        return message.model_dump_json(exclude_none=True).encode()
    body = message.model_dump(mode="python", exclude_none=True)
    return cbor2.dumps(
        {"v": ENVELOPE_V, "sealed": False, "key_id": None, "nonce": None, "body": cbor2.dumps(_plain(body))}
    )


def decode(kind: type[M], data: bytes, topic: Topic | None = None) -> M:
    """Return the message of *kind* in *data*; unknown fields are let pass.

    With *topic*, what the message says of its organisation, device and session has to be what its topic says:
    the broker's rights are about topics, so a message that speaks for another device is a forged one.

    Raises:
        Refused: too large, not CBOR or JSON, sealed, of an unknown version, not valid, a frame that breaks a
            limit, or another's topic.
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
        raise _not_valid(kind, error) from None
    if "v" not in message.model_fields_set:
        raise Refused(Refusal.VERSION_UNKNOWN, f"{kind.__name__.lower()}: v is missing; this part reads 1")
    if topic is not None:
        _agree(message, topic)
    if isinstance(message, Session | Picture):
        _look_at(message.frames)
    elif isinstance(message, LiveFrame) and message.frame is not None:
        _look_at((message.frame,))
    return message


def _not_valid(kind: type[Message], error: ValidationError) -> Refused:
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    version = next((each for each in errors if each["loc"] == ("v",)), None)
    first = version or errors[0]
    if first["type"] == "json_invalid":
        return Refused(Refusal.NOT_JSON, first["msg"])
    where = ".".join(str(step)[:64] for step in first["loc"]) or kind.__name__.lower()
    return Refused(Refusal.VERSION_UNKNOWN if version else Refusal.NOT_VALID, f"{where}: {first['msg']}")


def _open(data: bytes) -> dict[str, Any]:
    envelope = _cbor(data, "envelope")
    version = envelope.get("v")
    if type(version) is not int or version != ENVELOPE_V:
        said = version if type(version) is int else type(version).__name__
        raise Refused(Refusal.VERSION_UNKNOWN, f"envelope: v {said}; this part reads {ENVELOPE_V}")
    if envelope.get("sealed"):
        raise Refused(Refusal.SEALED, "envelope: sealed; no key is set here")
    body = envelope.get("body")
    if not isinstance(body, bytes):
        raise Refused(Refusal.NOT_CBOR, f"envelope: body is {type(body).__name__}; expected bytes")
    return _cbor(body, "body")


def _cbor(data: bytes, where: str) -> dict[str, Any]:
    try:
        cbor.require_plain(data)
        value = cbor2.loads(data)
    except cbor.TooManyItems as error:
        raise Refused(Refusal.TOO_LARGE, f"{where}: {error}") from None
    except cbor.BadCbor as error:
        raise Refused(Refusal.NOT_CBOR, f"{where}: {error}") from None
    except (cbor2.CBORError, ValueError, OverflowError, TypeError) as error:
        raise Refused(Refusal.NOT_CBOR, f"{where}: {type(error).__name__} in {len(data)} bytes") from None
    if not isinstance(value, dict):
        raise Refused(Refusal.NOT_CBOR, f"{where}: {type(value).__name__}; expected a map")
    return value


def _count(fields: dict[str, Any]) -> None:
    """Refuse by number before any model is built of what was sent. A sample is one number of one cell."""
    frames = fields.get("frames")
    if isinstance(frames, list) and len(frames) > limits.FRAMES:
        raise Refused(Refusal.TOO_MANY_FRAMES, f"frames: {len(frames)}; at most {limits.FRAMES}")
    channels = fields.get("channels")
    if isinstance(channels, list):
        series = [channel.get("values") for channel in channels if isinstance(channel, dict)]
        rows = [row for values in series if isinstance(values, list) for row in values]
        samples = sum(len(row) if isinstance(row, list) else 1 for row in rows)
        if max(samples, len(rows)) > limits.SAMPLES:
            raise Refused(
                Refusal.TOO_MANY_SAMPLES,
                f"channels: {samples} samples in {len(rows)} readings; at most {limits.SAMPLES}",
            )


def _agree(message: Message, topic: Topic) -> None:
    for name, expected in (("org", topic.org), ("device", topic.device), ("session_id", topic.session_id)):
        said = getattr(message, name, None)
        if said is not None and expected is not None and said != expected:
            raise Refused(Refusal.TOPIC_MISMATCH, f"{name}: {said} sent on the topic of {expected}")


def _look_at(frames: tuple[Frame, ...]) -> None:
    before = -1
    for number, frame in enumerate(frames):
        if frame.ms <= before:
            raise Refused(
                Refusal.FRAMES_OUT_OF_ORDER,
                f"frame {number}: {frame.ms} ms comes after {before} ms; send them in order",
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
