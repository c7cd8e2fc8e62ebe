"""Session of one waking, packed for the wire; where no picture or sample came, it carries the fault instead."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from gateway import fit
from gateway.sources import joined_faults
from gateway.taken import Taken
from gateway.waking import Waking
from schemas import limits
from schemas.messages import Frame, SensorChannel, Session
from schemas.wire import Refused, decode, encode

FRAMING: Final = 32
"""Bytes of CBOR around one frame, at most."""


def software() -> str:
    """Return the name and version that a status and a session report."""
    try:
        return f"gateway {version('fjarrtillsyn')}"
    except PackageNotFoundError:
        return "gateway"


def pack_session(header: Session, look: Waking, taken: Taken) -> tuple[bytes, str | None]:
    """Return the bytes of the session that *look* gave, and its fault.

    Frames make room for the samples beside them. What would still break the contract's limit is not sent: no broker
    takes it, and the link would be lost again and again.
    """
    header = header.model_copy(
        update={
            "check_id": look.check_id,
            "attempt": look.attempt,
            "command_id": look.command_id,
            "seconds": look.seconds,
            "show": look.show,
            "replayed": taken.replayed,
            "purpose": look.purpose,
        }
    )
    frames, channels, faults = taken.frames, taken.channels, [taken.fault] if taken.fault else []
    beside = len(encode(header.model_copy(update={"channels": channels}))) if channels else 0
    if beside > limits.SESSION_BYTES_AIM:
        faults.append(f"sensors: {beside} bytes of samples, at most {limits.SESSION_BYTES_AIM}")
        beside, channels = 0, ()
    if frames and beside:
        try:
            frames = fit.cut_frames(list(frames), look.seconds, limits.SESSION_BYTES_AIM - beside)
        except fit.TooLarge as error:
            faults.append(f"camera: pictures not fit to send: {error}")
            frames = ()
    payload = encode(_with(header, frames, channels, joined_faults(faults)))
    if len(payload) > Session.limit:
        faults.append(f"session too large: {len(payload)} bytes, at most {Session.limit}")
        payload = encode(_with(header, (), (), joined_faults(faults)))
    return payload, joined_faults(faults)


def shrink_session(payload: bytes, most: int) -> tuple[bytes, bool]:
    """Return the session in *payload* cut down towards *most* bytes, and whether it fits; samples are left as they are.

    Fewer frames first, then stronger JPEG, then a smaller picture, as far as the detector can still see by them.
    """
    try:
        session = decode(Session, payload)
    except Refused:  # whoever gets it is to say what is wrong with it
        return payload, False
    beside = len(encode(session.model_copy(update={"frames": ()})))
    room = most - beside - FRAMING * len(session.frames)
    try:
        frames, fits = fit.cut_as_far(list(session.frames), session.seconds, room)
    except fit.TooLarge:  # a frame that only claims to be a picture: the detector is to say so
        return payload, False
    made = encode(session.model_copy(update={"frames": frames}))
    return (made, fits) if len(made) < len(payload) else (payload, False)


def _with(
    header: Session, frames: tuple[Frame, ...], channels: tuple[SensorChannel, ...], fault: str | None
) -> Session:
    return header.model_copy(update={"frames": frames, "channels": channels, "fault": fault})
