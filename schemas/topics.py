"""The names of MQTT topics: how they are built, subscribed to and read back."""

import re
from dataclasses import dataclass
from typing import Final

ROOT: Final = "fjarrtillsyn/v1"
PULSE: Final = f"{ROOT}/pulse"
DETECTORS: Final = f"{ROOT}/detector"
"""Where each detector says that it is alive: ``…/detector/{detector_id}``."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_KINDS: Final = ("config", "command", "status", "session", "finding", "picture", "live", "receipt")
_WITH_SESSION: Final = ("session", "picture")


class BadTopic(ValueError):
    """The topic is none of ours; the message says which part and what would be right."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic below a device."""

    org: str
    device: str
    kind: str
    session_id: str | None = None

    def __str__(self) -> str:
        tail = f"/{self.session_id}" if self.session_id is not None else ""
        return f"{ROOT}/{self.org}/{self.device}/{self.kind}{tail}"


def of(org: str, device: str, kind: str, session_id: str | None = None) -> str:
    """Return the topic's text.

    Raises:
        BadTopic: a name has other than ``a-z 0-9 _ -``, the kind is unknown, or the session is missing or too much.
    """
    for part, value in (("org", org), ("device", device)):
        if not _NAME.fullmatch(value):
            raise BadTopic(f"topic {part} {value!r}: use 1-63 of a-z 0-9 _ -")
    if kind not in _KINDS:
        raise BadTopic(f"topic kind {kind!r}: use one of {', '.join(_KINDS)}")
    if (session_id is not None) != (kind in _WITH_SESSION):
        raise BadTopic(f"topic {kind}: a session id belongs to {' and '.join(_WITH_SESSION)} and to nothing else")
    if session_id is not None and not _NAME.fullmatch(session_id):
        raise BadTopic(f"topic session {session_id[:80]!r}: use 1-63 of a-z 0-9 _ -")
    return str(Topic(org, device, kind, session_id))


def parse(topic: str) -> Topic:
    """Return what *topic* names.

    Raises:
        BadTopic: it is not a topic below a device.
    """
    parts = topic.split("/")
    if "/".join(parts[:2]) != ROOT or len(parts) not in (5, 6):
        raise BadTopic(f"topic {topic[:200]!r}: expected {ROOT}/ORG/DEVICE/KIND[/SESSION]")
    org, device, kind = parts[2:5]
    session_id = parts[5] if len(parts) == 6 else None
    of(org, device, kind, session_id)
    return Topic(org, device, kind, session_id)


def detector(detector_id: str) -> str:
    """Return the topic on which *detector_id* says that it is alive."""
    if not _NAME.fullmatch(detector_id):
        raise BadTopic(f"detector id {detector_id!r}: use 1-63 of a-z 0-9 _ -")
    return f"{DETECTORS}/{detector_id}"


def every(kind: str, *, share: str | None = None) -> str:
    """Return the filter for *kind* of all devices; with *share*, as a shared subscription of that group.

    Picture and live are never shared: every replica has to hear them (design §5).
    """
    if kind not in _KINDS:
        raise BadTopic(f"topic kind {kind!r}: use one of {', '.join(_KINDS)}")
    if share and kind in ("picture", "live"):
        raise BadTopic(f"topic {kind}: a shared subscription would hide it from the other replicas")
    tail = "/+" if kind in _WITH_SESSION else ""
    prefix = f"$share/{share}/" if share else ""
    return f"{prefix}{ROOT}/+/+/{kind}{tail}"
