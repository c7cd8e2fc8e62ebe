"""Middleware of the demo's pages, which anybody on the machine may open: only under this machine's own name.

The demo listens on the loopback alone. A page of another site could still be read there, had its name been given the
address 127.0.0.1; its browser says that name in ``Host``.
"""

from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

OWN_NAMES: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@web.middleware
async def refuse_other_names(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer only those who ask this machine by its own name; others get 421."""
    try:
        name = urlsplit(f"//{request.host}").hostname
    except ValueError:
        name = None
    if name not in OWN_NAMES:
        raise web.HTTPMisdirectedRequest
    return await handler(request)
