"""Messages from the broker as they are read: each is decoded and compared with its topic, or its refusal is counted.

The broker's rights are by topic. A body that names another town, device or session than its topic is a forged one,
and is refused. Every handler reads through here, so that none forgets to compare them.
"""

from typing import Final, TypeVar

import structlog

from alarm_center import metrics
from schemas import topics, wire
from schemas.messages import MESSAGES, DetectorStatus, Message
from schemas.vocabulary import Refusal

log = structlog.get_logger()

M = TypeVar("M", bound=Message)

_WORDS: Final[dict[type[Message], str]] = {model: word for word, model in MESSAGES.items()}
DETAIL_CHARACTERS: Final = 200
"""A hostile sender chooses the detail; the log keeps the beginning of it."""


def read_message(model: type[M], topic: str, payload: bytes) -> M | None:
    """Return the message that *topic*, one below a device, brought; ``None`` for one that is refused."""
    word = _WORDS[model]
    try:
        where = topics.parse(topic)
        if where.kind != word:
            raise wire.Refused(Refusal.TOPIC_MISMATCH, f"{topic}: no topic of a {word}")
        return wire.decode(model, payload, where)
    except topics.BadTopic as error:
        count_refusal(word, Refusal.TOPIC_MISMATCH, str(error))
    except wire.Refused as error:
        count_refusal(word, error.refusal, error.detail)
    return None


def read_detector_status(topic: str, payload: bytes) -> DetectorStatus | None:
    """Return a detector's sign of life; ``None`` for one that is refused, also since it speaks for another detector."""
    word = _WORDS[DetectorStatus]
    try:
        status = wire.decode(DetectorStatus, payload)
        if topic != topics.detector(status.detector_id):
            raise wire.Refused(Refusal.TOPIC_MISMATCH, f"{topic}: the body says {status.detector_id}")
    except wire.Refused as error:
        count_refusal(word, error.refusal, error.detail)
        return None
    return status


def kind_of_topic(topic: str) -> str:
    """Return the word for the kind of message that comes on *topic*; ``other`` for a topic that is none of ours."""
    try:
        return topics.parse(topic).kind
    except topics.BadTopic:
        return _WORDS[DetectorStatus] if topic.startswith(f"{topics.DETECTORS}/") else "other"


def refuse_retained(topic: str) -> None:
    """Refuse a message that the broker has retained: it may be of yesterday, and nothing that we hear is published so."""
    count_refusal(kind_of_topic(topic), Refusal.RETAINED, topic)


def count_given_up(topic: str) -> None:
    """Count a message that was acknowledged although it could not be handled."""
    metrics.GIVEN_UP.labels(kind_of_topic(topic)).inc()


def count_refusal(word: str, refusal: Refusal, detail: str) -> None:
    """Count and log that a message is refused. *word* names its kind, as in its topic."""
    metrics.REFUSED.labels(word, refusal).inc()
    log.warning("message_refused", of=word, refusal=str(refusal), detail=detail[:DETAIL_CHARACTERS])
