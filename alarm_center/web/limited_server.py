"""HTTP server of the pages: `runtime/http_limits.py` limits each connection, and each answer gets our security headers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from alarm_center import metrics
from alarm_center.web import middlewares
from alarm_center.web.app_keys import SETTINGS
from runtime.http_limits import ConnectionLimits, HttpLimits

_IDLE_SECONDS: Final = 150.0
"""Longer than a proxy keeps an idle connection to us (Caddy: 120 s), so that the proxy closes it first."""


class PageConnection(web.RequestHandler):
    """One connection of a browser or a proxy. Bytes that are not HTTP are answered here and never reach the application."""

    def __init__(self, server: web.Server, *, https: bool) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=_IDLE_SECONDS,
            access_log=None,  # type: ignore[arg-type]
        )
        self._https = https

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer an error outside any page; the bytes of an unreadable request are neither logged nor sent back."""
        if status < 500:
            metrics.REFUSED.labels("request", "no_http").inc()
            response: web.StreamResponse = web.Response(status=status, text=f"{status}")
            response.force_close()
        else:
            response = super().handle_error(request, status, exc, message)
        middlewares.set_headers(response.headers, https=self._https)
        return response


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int, limits: HttpLimits) -> AsyncIterator[None]:
    """Serve *app* while open.

    Raises:
        OSError: the port is taken.
    """
    connections = ConnectionLimits(limits, lambda why: metrics.CONNECTIONS_ENDED.labels(why).inc())
    app.middlewares.insert(0, _note_requests(connections))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
    await runner.setup()
    server, https = runner.server, app[SETTINGS].https
    assert server is not None  # since the setup
    try:
        make = connections.wrap(lambda: PageConnection(server, https=https))
        listening = await asyncio.get_running_loop().create_server(make, host, port)
        try:
            yield
        finally:
            listening.close()
    finally:
        await runner.cleanup()


def _note_requests(connections: ConnectionLimits) -> Middleware:
    @web.middleware
    async def note_request(request: web.Request, handler: Handler) -> web.StreamResponse:
        transport = request.transport
        connections.begin_request(transport, request.content.is_eof)
        try:
            return await handler(request)
        finally:
            connections.end_request(transport)

    return note_request
