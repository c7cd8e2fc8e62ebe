"""Values of a connection: the broker's address, the last will, and a message as it came."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker's host and port, with the user to sign in as. ``ca`` is trusted instead of the machine's own authorities."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: bool = False
    ca: Path | None = None


@dataclass(frozen=True, slots=True)
class LastWill:
    """A message that the broker publishes, with QoS 1, when the connection ends without a DISCONNECT."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """One message as it came. With QoS 1 the broker keeps it until it is acknowledged; ``mid`` is its number there."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    mid: int
