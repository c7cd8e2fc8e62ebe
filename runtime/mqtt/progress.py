"""Progress of a connection's outgoing bytes: how many its far end has taken, and when it last took any.

A slow line is told from a dead one by it. Linux counts the bytes for each socket (``TCP_INFO``, tcp(7)); elsewhere only
what the kernel has taken is known.
"""

import fcntl
import socket
import struct
import sys
import termios
from dataclasses import dataclass
from typing import Final

_ACKED_AT: Final = 120
"""Place of ``tcpi_bytes_acked`` (u64) in ``struct tcp_info`` of ``linux/tcp.h``, since Linux 4.1."""

SMALL_BYTES: Final = 1024
"""A ping or a status on its way is no sign that a session is."""


def acknowledged_bytes(sock: socket.socket) -> int | None:
    """Return how many bytes that were written to *sock* its far end has acknowledged, TLS's own included; ``None`` where nobody counts."""
    if sys.platform != "linux":
        return None
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKED_AT + 8)
    except OSError:
        return None
    return int(struct.unpack_from("Q", info, _ACKED_AT)[0]) if len(info) == _ACKED_AT + 8 else None


def unacknowledged_bytes(sock: socket.socket) -> int:
    """Return how many bytes the kernel still holds that the far end of *sock* has not acknowledged."""
    if sys.platform != "linux":
        return 0
    try:
        return int(struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0])
    except OSError:
        return 0


@dataclass(slots=True)
class Progress:
    """The newest that is known of one connection's outgoing bytes. Times are on the caller's clock, seconds."""

    moved_at: float
    """Time at which the line last took a byte."""
    busy_at: float = float("-inf")
    """Time at which it was last seen in the middle of taking more than a small message."""
    acknowledged: int | None = None

    def note_written(self, at: float) -> None:
        """The kernel has taken bytes: it had room, so older ones have left."""
        self.moved_at = at

    def is_moving(self, sock: socket.socket, at: float, *, more: bool, within_s: float) -> bool:
        """Return whether *sock* has bytes to send and its far end has taken some within *within_s*; *more* wait for the kernel."""
        self.sample(sock, at)
        if (more or unacknowledged_bytes(sock) > SMALL_BYTES) and at - self.moved_at < within_s:
            self.busy_at = at
            return True
        return False

    def sample(self, sock: socket.socket, at: float) -> None:
        """Look at *sock*: bytes that its far end has taken since the last look have moved at *at*."""
        acknowledged = acknowledged_bytes(sock)
        if acknowledged != self.acknowledged:
            self.acknowledged, self.moved_at = acknowledged, at
