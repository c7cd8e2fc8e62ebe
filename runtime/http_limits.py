"""Limits of an HTTP server's connections: time for a request and for reading its answer, and how many there may be.

The server's own protocol stands behind a :class:`LimitedConnection`, which passes everything on, and ends the connection
when its time is out. aiohttp itself waits an hour for the rest of a request's head, and for its body for ever.

A connection *waits* while no request of it is being answered. Where there are too many, one that waits makes room: first
those that never had a request, then the one that has waited longest. So a flood of them keeps nobody from a page, and a
request that is being answered is never broken off for another.
"""

import asyncio
import resource
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final, cast

_FILES_FOR_OTHERS: Final = 256
"""Files that a process has open beside its clients: the database, the broker, its own."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Limits of one server. Seconds are real ones."""

    head_seconds: float = 10.0
    """From the connection, or the first byte of a further request, to the end of the request's head."""
    body_seconds: float = 30.0
    """From the end of the head to the end of the body."""
    unread_seconds: float = 60.0
    """For a client to read what stands in the send buffer, so that there is room for more."""
    connections: int = 1000
    per_address: int = 200
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Clients that stand for many others: not limited by their address."""


class ConnectionLimits:
    """All connections of one server. *on_end* hears why each was ended: head, body, unread, room, full."""

    def __init__(self, limits: HttpLimits, on_end: Callable[[str], None]) -> None:
        self.limits, self.on_end = limits, on_end
        self._open: dict[asyncio.BaseTransport, LimitedConnection] = {}
        self._by_address: Counter[str] = Counter()
        self._most = min(limits.connections, _room_for(limits.connections))

    def wrap(self, make: Callable[[], asyncio.Protocol]) -> Callable[[], "LimitedConnection"]:
        """Return the factory of limited connections, whose protocol *make* makes."""
        return lambda: LimitedConnection(self, make())

    def begin_request(self, transport: asyncio.BaseTransport | None, is_whole: Callable[[], bool]) -> None:
        """Note that a request's head is there; *is_whole* tells later whether its body is as well."""
        if transport in self._open:
            self._open[transport].begin_request(is_whole)

    def end_request(self, transport: asyncio.BaseTransport | None) -> None:
        """Note that the request was answered."""
        if transport in self._open:
            self._open[transport].end_request()

    def admit(self, new: "LimitedConnection") -> bool:
        """Take *new*; return false if there is no room for it, and none can be made."""
        address = new.address
        full = address is not None and self._by_address[address] >= self.limits.per_address
        if full and not self._make_room([other for other in self._open.values() if other.address == address]):
            return False
        if len(self._open) >= self._most and not self._make_room(list(self._open.values())):
            return False
        self._open[new.transport] = new
        if address is not None:
            self._by_address[address] += 1
        return True

    def leave(self, gone: "LimitedConnection") -> None:
        """Forget a connection; one that was never admitted, or has left already, changes nothing."""
        if self._open.pop(gone.transport, None) is not None and gone.address is not None:
            self._by_address[gone.address] -= 1
            if not self._by_address[gone.address]:
                del self._by_address[gone.address]

    def counted_address(self, transport: asyncio.BaseTransport) -> str | None:
        """Return the address that the connection is counted under; ``None`` for a proxy's, and where there is none."""
        peer = transport.get_extra_info("peername")
        try:
            address = ip_address(peer[0].partition("%")[0])
        except (TypeError, ValueError, IndexError, AttributeError):
            return None
        address = getattr(address, "ipv4_mapped", None) or address
        if any(address.version == network.version and address in network for network in self.limits.proxies):
            return None
        return str(address)

    def _make_room(self, among: list["LimitedConnection"]) -> bool:
        waiting = [other for other in among if other.waits]
        if not waiting:
            return False
        first = min(waiting, key=lambda other: (other.served, other.waits_since))
        first.end("room")
        self.leave(first)
        return True


class LimitedConnection(asyncio.Protocol):
    """One connection of a client, and the deadline that it is under."""

    transport: asyncio.Transport
    address: str | None = None

    def __init__(self, all_of_server: ConnectionLimits, inner: asyncio.Protocol) -> None:
        self._all, self._inner = all_of_server, inner
        self._limits = all_of_server.limits
        self._request: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._refused = False
        self.waits, self.served = True, False
        self.waits_since = asyncio.get_running_loop().time()

    def begin_request(self, is_whole: Callable[[], bool]) -> None:
        """Give the body its time, where it is not there yet."""
        self.waits, self.served = False, True
        self._set_deadline(None if is_whole() else self._limits.body_seconds, "body", is_whole)

    def end_request(self) -> None:
        """Wait for the next request; the server's own limit of idle connections holds until its first byte."""
        self.waits = True
        self.waits_since = asyncio.get_running_loop().time()
        self._set_deadline(None, "")

    def end(self, why: str) -> None:
        """End the connection at once, whatever is still to be sent."""
        self._all.on_end(why)
        self.transport.abort()

    def _set_deadline(self, seconds: float | None, why: str, is_met: Callable[[], bool] = lambda: False) -> None:
        if self._request is not None:
            self._request.cancel()
            self._request = None

        def end_unless_met() -> None:
            if not is_met():
                self.end(why)

        if seconds is not None:
            self._request = asyncio.get_running_loop().call_later(seconds, end_unless_met)

    # ---- the transport's side ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.address = self._all.counted_address(transport)
        if not self._all.admit(self):
            self._refused = True
            self.end("full")
            return
        self._set_deadline(self._limits.head_seconds, "head")
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self.waits and self._request is None:
            self._set_deadline(self._limits.head_seconds, "head")
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._refused else self._inner.eof_received()

    def pause_writing(self) -> None:
        self._unread = asyncio.get_running_loop().call_later(self._limits.unread_seconds, self.end, "unread")
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._set_deadline(None, "")
        if self._unread is not None:
            self._unread.cancel()
        self._all.leave(self)
        if not self._refused:
            self._inner.connection_lost(exc)


def _room_for(connections: int) -> int:
    """Let this process open so many files; return how many connections there is room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _FILES_FOR_OTHERS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return connections if soft == resource.RLIM_INFINITY else max(1, soft - _FILES_FOR_OTHERS)
