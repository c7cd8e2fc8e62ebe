"""What a look becomes: one session as it goes on the wire, or in its stead the fault that prevented it."""

from importlib.metadata import PackageNotFoundError, version

from gateway.core import Look
from gateway.sources import Taken
from schemas.messages import Session
from schemas.wire import encode


def software() -> str:
    """Return the name and version that a status and a session report."""
    try:
        return f"gateway {version('fjarrtillsyn')}"
    except PackageNotFoundError:
        return "gateway"


def packed(header: Session, look: Look, taken: Taken, fault: str | None) -> tuple[bytes, str | None]:
    """Return the bytes of the session that *look* gave, and its fault.

    What would break the contract's limit is not sent: no broker takes it, and the link would be lost again and again.
    """
    about = {
        "check_id": look.check_id,
        "attempt": look.attempt,
        "command_id": look.command_id,
        "seconds": look.seconds,
        "show": look.show,
    }
    whole = about | {"fault": fault, "frames": taken.frames, "channels": taken.channels}
    payload = encode(header.model_copy(update=whole))
    if len(payload) <= Session.limit:
        return payload, fault
    fault = f"session too large: {len(payload)} bytes, at most {Session.limit}"
    return encode(header.model_copy(update=about | {"fault": fault})), fault
