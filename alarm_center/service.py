"""Runs one replica until it is told to stop, or until one of its loops has ended by itself."""

import asyncio
import gc
import resource
import signal

import structlog
from aiohttp import web

from alarm_center.app import make_app, open_centre
from alarm_center.settings import Settings

log = structlog.get_logger()


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; the memory has everything, so stopping takes no farewell.

    Raises:
        SystemExit: a loop ended by itself; whoever runs us starts a new one.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would be a picture on disk
    # A traceback with its variables could print a picture.
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    last = structlog.processors.JSONRenderer() if settings.log == "json" else console
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            last,
        ]
    )
    centre = await open_centre(settings)
    # All that is there by now stays for good. Looked through again by each full collection, it held every SMS up for some
    # 60 ms once in a few seconds.
    gc.collect()
    gc.freeze()
    runner = web.AppRunner(make_app(centre), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.http_host, settings.http_port, shutdown_timeout=5)
        await site.start()
        log.info("alarm_centre_started", replica=settings.replica, url=settings.public_url)
        await _until_stopped(centre.failed)
    finally:
        await runner.cleanup()
    if centre.broken is not None:
        raise SystemExit(f"the loop {centre.broken} has ended")


async def _until_stopped(failed: asyncio.Event) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    waiting = [asyncio.create_task(stop.wait()), asyncio.create_task(failed.wait())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
