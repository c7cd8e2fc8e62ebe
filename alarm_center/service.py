"""Serves one replica's web application on its port until it is told to stop or one of its loops has ended by itself.

The parts and the loops are put together in `alarm_center.app`.
"""

import gc

import structlog

from alarm_center.app import make_app, open_centre
from alarm_center.chosen_provider import make_providers, provider_hooks
from alarm_center.settings import ServiceSettings
from alarm_center.web import limited_server
from runtime.process import CannotGoOn

log = structlog.get_logger()


async def run(settings: ServiceSettings) -> None:
    """Serve until cancelled; the memory has everything, so stopping takes no farewell.

    Raises:
        CannotGoOn: a loop ended by itself.
    """
    centre = await open_centre(settings, *make_providers(settings))
    # All that is there by now stays for good. Looked through again by each full collection, it held every SMS up for some
    # 60 ms once in a few seconds.
    gc.collect()
    gc.freeze()
    app = make_app(centre, provider_hooks(settings, centre.memory))
    async with limited_server.serving(app, settings.http_host, settings.http_port, settings.http_limits):
        log.info("alarm_centre_started", replica=settings.replica, url=settings.public_url)
        await centre.failed.wait()
    raise CannotGoOn(f"the loop {centre.broken} has ended")
