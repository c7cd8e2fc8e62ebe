"""Sensor sessions: a thermal array, a bed's load or pressure, presence, movement and a door, judged like pictures."""

from detector.verdict import Verdict
from schemas.messages import Session
from schemas.vocabulary import Answer, Reason


def decide(session: Session) -> Verdict:
    """Return the verdict on *session*'s channels."""
    return Verdict(Answer.CANNOT_TELL, Reason.STILL, None, (), {}, "")
