"""The address that a request came from: the connection's own, or the one that a proxy of ours has written down.

Limits of sign-in are by address, so nobody may choose theirs: ``X-Forwarded-For`` is read only where the connection is one
of a proxy in ``FJT_PROXIES``, from its right end, since what stands left of our proxies' own entries came from the client.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web

from alarm_center.web.app_keys import SETTINGS

Network = IPv4Network | IPv6Network


def client_address(request: web.Request) -> str:
    """Return the caller's address as text; empty where the connection has none, as a local socket's."""
    written = ",".join(request.headers.getall("X-Forwarded-For", ()))
    return find_client(request.remote or "", written, request.app[SETTINGS].proxies)


def limited_address(request: web.Request) -> str:
    """Return the caller's address as limits count it."""
    return network_of(client_address(request))


def network_of(client: str) -> str:
    """Return an IPv4 address as it is, and of IPv6 the network of 64 bits, since one host has all of it."""
    address = _address(client)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address or "")


def find_client(peer: str, written: str, proxies: Sequence[Network]) -> str:
    """Return the client behind *peer*: the rightmost address of *written* that is no proxy's, if *peer* is one.

    Where it says nothing that is an address, or proxies alone, it is the last proxy that is known.
    """
    client = _address(peer)
    if client is None or not _is_in(client, proxies):
        return str(client or peer)
    for entry in reversed(written.split(",")):
        before = _address(entry.strip())
        if before is None:
            break
        client = before
        if not _is_in(client, proxies):
            break
    return str(client)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address; an IPv4 one in the clothes of IPv6 is the same client."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _is_in(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
