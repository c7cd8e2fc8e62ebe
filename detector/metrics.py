"""What a detector counts, and the small port that shows it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()
FINDINGS = Counter("fjt_findings", "findings made", ["answer", "reason"], registry=REGISTRY)
REFUSED = Counter("fjt_sessions_refused", "sessions refused", ["refusal"], registry=REGISTRY)
FAILED = Counter("fjt_judging_failed", "sessions on which judging raised", registry=REGISTRY)
JUDGING = Histogram(
    "fjt_judging_seconds", "time to judge a session", buckets=(0.01, 0.03, 0.1, 0.3, 1, 3), registry=REGISTRY
)
CONNECTED = Gauge("fjt_detector_connected", "1 while connected to the broker", registry=REGISTRY)


@asynccontextmanager
async def served(host: str, port: int | None) -> AsyncIterator[int | None]:
    """Serve ``/healthz`` and ``/metrics`` while open; yield the port, or None when none was asked for."""
    if port is None:
        yield None
        return
    app = web.Application()
    app.add_routes([web.get("/healthz", _healthz), web.get("/metrics", _metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _healthz(_: web.Request) -> web.Response:
    """Answer 200 while connected to the broker, else 503."""
    here = CONNECTED._value.get() == 1
    return web.json_response({"connected": here}, status=200 if here else 503)


async def _metrics(_: web.Request) -> web.Response:
    return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})
