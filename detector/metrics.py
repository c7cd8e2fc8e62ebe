"""Metrics of a detector, and the small HTTP port that serves ``/metrics`` and ``/healthz``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from runtime.http_limits import ConnectionLimits, HttpLimits

REGISTRY = CollectorRegistry()
FINDINGS = Counter("fjt_findings", "findings made", ["answer", "reason"], registry=REGISTRY)
REFUSED = Counter("fjt_sessions_refused", "sessions refused", ["refusal"], registry=REGISTRY)
GIVEN_UP = Counter("fjt_sessions_given_up", "sessions whose handling failed each time", registry=REGISTRY)
FAILED = Counter("fjt_judging_failed", "sessions on which judging raised", registry=REGISTRY)
JUDGING = Histogram(
    "fjt_judging_seconds", "time to judge a session", buckets=(0.01, 0.03, 0.1, 0.3, 1, 3), registry=REGISTRY
)
CONNECTED = Gauge("fjt_detector_connected", "1 while connected to the broker", registry=REGISTRY)
ENDED = Counter("fjt_detector_connections_ended", "clients' connections that were ended", ["why"], registry=REGISTRY)
_LIMITS = HttpLimits(connections=64, per_address=64)
"""Nobody but a watch asks: a connection lasts as long as the head of one request may take."""


@asynccontextmanager
async def served(host: str, port: int | None) -> AsyncIterator[int | None]:
    """Serve ``/healthz`` and ``/metrics`` while open; yield the port, or None when none was asked for."""
    if port is None:
        yield None
        return
    app = web.Application()
    app.add_routes([web.get("/healthz", _healthz), web.get("/metrics", _metrics)])
    runner = web.AppRunner(app)
    await runner.setup()
    server, loop = runner.server, asyncio.get_running_loop()
    assert server is not None  # since the setup

    def make() -> web.RequestHandler:
        return web.RequestHandler(server, loop=loop, access_log=None)  # type: ignore[arg-type]

    try:
        listening = await loop.create_server(ConnectionLimits(_LIMITS, _count_ended).wrap(make), host, port)
        try:
            yield listening.sockets[0].getsockname()[1]
        finally:
            listening.close()
    finally:
        await runner.cleanup()


def _count_ended(why: str) -> None:
    ENDED.labels(why).inc()


async def _healthz(_: web.Request) -> web.Response:
    """Answer 200 while connected to the broker, else 503."""
    here = CONNECTED._value.get() == 1
    return web.json_response({"connected": here}, status=200 if here else 503)


async def _metrics(_: web.Request) -> web.Response:
    return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})
