"""Table of each user's rights to publish and read topics, for the embedded broker and as Mosquitto's ACL file.

A device signs in as ``{org}/{device}``; ``%u`` below is that name, so it reaches its own topics and no other.
A town's device therefore never hears another town's, whatever it subscribes to.
"""

from typing import Final

from schemas.topics import DETECTORS, PULSE, ROOT

CENTRE: Final = "centre"
DETECTOR: Final = "detector"

_EVERY: Final = f"{ROOT}/+/+"
_OWN: Final = f"{ROOT}/%u"

# The centre reads sessions too: with no detector alive each session goes to a person (ADR 0003).
READ: Final[dict[str, tuple[str, ...]]] = {
    CENTRE: (
        f"{_EVERY}/status",
        f"{_EVERY}/session/+",
        f"{_EVERY}/finding",
        f"{_EVERY}/picture/+",
        f"{_EVERY}/live",
        f"{_EVERY}/home_finding",
        f"{_EVERY}/home_session/+",
        f"{_EVERY}/home_picture/+",
        f"{DETECTORS}/+",
    ),
    DETECTOR: (PULSE, f"{_EVERY}/session/+"),
    "%u": (PULSE, f"{_OWN}/config", f"{_OWN}/command", f"{_OWN}/receipt"),
}
WRITE: Final[dict[str, tuple[str, ...]]] = {
    CENTRE: (PULSE, f"{_EVERY}/config", f"{_EVERY}/command", f"{_EVERY}/receipt"),
    DETECTOR: (f"{_EVERY}/finding", f"{_EVERY}/picture/+", f"{DETECTORS}/+"),
    "%u": (
        f"{_OWN}/status",
        f"{_OWN}/session/+",
        f"{_OWN}/live",
        f"{_OWN}/home_finding",
        f"{_OWN}/home_session/+",
        f"{_OWN}/home_picture/+",
    ),
}


def may(rights: dict[str, tuple[str, ...]], user: str, topic: str) -> bool:
    """Say whether a right of *user* covers *topic*, which is one topic or a filter over several."""
    allowed = rights.get(user) or tuple(pattern.replace("%u", user) for pattern in rights["%u"])
    return any(_covers(pattern.split("/"), topic.split("/")) for pattern in allowed)


def mosquitto_acl() -> str:
    """Return the same rights as Mosquitto's ``acl_file``."""
    lines = [
        "# Who may publish and read which topic: fjarrtillsyn/embedded/rights.py, held by a test.",
        "# A device signs in as ORG/DEVICE, and %u is that name: it reaches its own topics and no other.",
    ]
    for user in (CENTRE, DETECTOR):
        lines += ["", f"user {user}"]
        lines += [f"topic read {pattern}" for pattern in READ[user]]
        lines += [f"topic write {pattern}" for pattern in WRITE[user]]
    lines.append("")
    lines += [f"pattern read {pattern}" for pattern in READ["%u"]]
    lines += [f"pattern write {pattern}" for pattern in WRITE["%u"]]
    return "\n".join(lines) + "\n"


def _covers(pattern: list[str], topic: list[str]) -> bool:
    if len(pattern) != len(topic):
        return False
    pairs = zip(pattern, topic, strict=True)
    return all(wanted == given or (wanted == "+" and given != "#") for wanted, given in pairs)
