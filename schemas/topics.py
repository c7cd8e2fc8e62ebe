"""Topics of MQTT: how each is built, subscribed to and read back, and the table of who sends to whom on it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

ROOT: Final = "fjarrtillsyn/v1"
PULSE: Final = f"{ROOT}/pulse"
DETECTORS: Final = f"{ROOT}/detector"
"""Parent of each detector's topic for its sign of life: ``…/detector/{detector_id}``."""

DETECTOR_STATUS_FILTER: Final = f"{DETECTORS}/+"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_RESERVED: Final = frozenset({"pulse", "detector"})
"""No organisation has these names: a broker's rule for the one would reach into the other."""


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the contract's table: who sends to whom, and how.

    ``shared``: replicas may take turns (a shared subscription). Where it is false each has to hear every
    message.
    """

    address: str
    sender: str
    receiver: str
    what: str
    qos: int = 1
    retained: bool = False
    shared: bool = False


_DEVICE: Final = ROOT + "/{org}/{device}"

TABLE: Final[Mapping[str, Route]] = MappingProxyType(
    {
        "pulse": Route(PULSE, "centre", "gateway", "each 20 s the clock; without it no device wakes", qos=0),
        "config": Route(
            f"{_DEVICE}/config",
            "centre",
            "gateway",
            "what to do for 36 h, how, and the profile; empty when unbound",
            retained=True,
        ),
        "command": Route(
            f"{_DEVICE}/command",
            "centre",
            "gateway",
            "look again, or live, for an open case; each 10 s until it is done",
        ),
        "status": Route(
            f"{_DEVICE}/status",
            "gateway",
            "centre",
            "each minute and on change; the last will says gone",
            shared=True,
        ),
        "session": Route(
            f"{_DEVICE}/session/{{session_id}}",
            "gateway",
            "detector",
            "the ten seconds in one message, or a fault",
            shared=True,
        ),
        "finding": Route(f"{_DEVICE}/finding", "detector", "centre", "the answer to one session", shared=True),
        "picture": Route(
            f"{_DEVICE}/picture/{{session_id}}",
            "detector",
            "centre",
            "frames that a person may have to see",
            qos=0,
        ),
        "live": Route(f"{_DEVICE}/live", "gateway", "centre", "a live look, newest frame only", qos=0),
        "receipt": Route(f"{_DEVICE}/receipt", "centre", "gateway", "committed or refused; either ends the session"),
        "home_finding": Route(
            f"{_DEVICE}/home_finding", "gateway", "centre", "the answer of the judge at home", shared=True
        ),
        "home_session": Route(
            f"{_DEVICE}/home_session/{{session_id}}",
            "gateway",
            "centre",
            "a session that the judge at home could not judge",
        ),
        "home_picture": Route(
            f"{_DEVICE}/home_picture/{{session_id}}",
            "gateway",
            "centre",
            "frames of a session that was judged at home, where a person has to look",
        ),
        "detector": Route(
            f"{DETECTORS}/{{detector_id}}", "detector", "centre", "each 20 s: alive; the last will says gone"
        ),
    }
)
"""Every topic of the contract, under the word that names its message in ``schemas.messages.MESSAGES``."""

_KINDS: Final = tuple(kind for kind, route in TABLE.items() if route.address.startswith(_DEVICE))
_WITH_SESSION: Final = tuple(kind for kind in _KINDS if "{session_id}" in TABLE[kind].address)


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
        BadTopic: a name has other than ``a-z 0-9 _ -``, the kind is unknown, or the session is missing or too
            much.
    """
    for part, value in (("org", org), ("device", device)):
        if not _NAME.fullmatch(value):
            raise BadTopic(f"topic {part} {value[:80]!r}: use 1-63 of a-z 0-9 _ -")
    if org in _RESERVED:
        raise BadTopic(f"topic org {org!r}: the word is taken by the contract itself; use another")
    if kind not in _KINDS:
        raise BadTopic(f"topic kind {kind[:80]!r}: use one of {', '.join(_KINDS)}")
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
        raise BadTopic(f"detector id {detector_id[:80]!r}: use 1-63 of a-z 0-9 _ -")
    return f"{DETECTORS}/{detector_id}"


def every(kind: str, *, share: str | None = None) -> str:
    """Return the filter for *kind* of all devices; with *share*, as a shared subscription of that group.

    Only session, finding and status are ever shared (docs/contract.md#from-a-session-to-its-receipt).

    Raises:
        BadTopic: the kind is unknown or never shared, or the group's name is not one.
    """
    if kind not in _KINDS:
        raise BadTopic(f"topic kind {kind[:80]!r}: use one of {', '.join(_KINDS)}")
    if share and not TABLE[kind].shared:
        raise BadTopic(f"topic {kind}: a shared subscription would hide it from the other replicas")
    if share and not _NAME.fullmatch(share):
        raise BadTopic(f"topic share {share[:80]!r}: use 1-63 of a-z 0-9 _ -")
    tail = "/+" if kind in _WITH_SESSION else ""
    prefix = f"$share/{share}/" if share else ""
    return f"{prefix}{ROOT}/+/+/{kind}{tail}"
