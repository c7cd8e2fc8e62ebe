"""The judge beside a gateway, as the gateway sees it: bytes of a session in, a finding of its own device out."""

from typing import Protocol

from schemas.messages import Finding, HomeFinding, HomePicture, Session, leave_home_unasked
from schemas.wire import Refused, decode, encode


class Judge(Protocol):
    """A judge that runs beside the gateway."""

    @property
    def alive(self) -> bool: ...

    async def judge(self, payload: bytes) -> bytes | None:
        """Return the finding, as on the wire, of the session in *payload*; None when it cannot be judged here now."""


def home_finding(payload: bytes, made: bytes) -> HomeFinding | None:
    """Return the finding *made* of the session in *payload*, ready to be sent; None if it is no finding of that session."""
    try:
        session, finding = decode(Session, payload), decode(Finding, made)
    except Refused:
        return None
    if (finding.org, finding.device, finding.session_id) != (session.org, session.device, session.session_id):
        return None
    frames = len(session.frames)
    shown = session.purpose is None  # a mounting's session is for nobody's eyes
    pictures = frames if shown and leave_home_unasked(session.show, finding.answer, finding.reasons) else 0
    return HomeFinding.model_validate({**finding.model_dump(), "pictures": pictures, "frames_kept": frames})


def home_picture(payload: bytes) -> bytes:
    """Return the frames of the session in *payload*, as they go on the wire."""
    session = decode(Session, payload)
    return encode(
        HomePicture(session_id=session.session_id, org=session.org, device=session.device, frames=session.frames)
    )
