"""Access of each route: the right that it requires, or what else opens it. A route that says nothing fails a test.

``auth.require`` registers a right, :func:`open_to` the rest; docs/roles.md is drawn from both (`roles_page.py`).
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Final, TypeVar

from aiohttp import web

from alarm_center.core.roles import Right

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
AnyHandler = TypeVar("AnyHandler", bound=Callable[..., Awaitable[web.StreamResponse]])


class Opening(StrEnum):
    """A way into a route other than a right."""

    EVERYBODY = "everybody"
    """The sign-in, what it is drawn with, and whether the service is alive."""
    PENDING = "pending"
    """A password that was right, while its sign-in waits for the second factor."""
    SIGNED_IN = "signed_in"
    """Anybody who is signed in, whatever their roles: their own account."""
    LINK = "link"
    """The token in the path: a link in an SMS, or an invitation."""
    DEVICE = "device"
    """The code that a device in a home shows."""
    PROVIDER = "provider"
    """A request of an SMS provider: signed, or at an address that carries our own proof."""
    DEMO = "demo"
    """The demo's own phones, on loopback; no service has these routes."""


Access = Right | Opening

_ACCESS: Final[dict[object, Access]] = {}


def register(handler: Callable[..., object], access: Access) -> None:
    """Keep the access of a route's *handler*."""
    _ACCESS[handler] = access


def open_to(opening: Opening) -> Callable[[AnyHandler], AnyHandler]:
    """Say that a route's handler is open to *opening*; its own code asks for what that takes."""

    def decorate(handler: AnyHandler) -> AnyHandler:
        register(handler, opening)
        return handler

    return decorate


def access_of(handler: object) -> Access | None:
    """Return the access of a route's handler; ``None`` if it says nothing."""
    return _ACCESS.get(getattr(handler, "__func__", handler))
