"""Builds the web application: its parts under typed keys, its routes, and what every answer passes."""

from pathlib import Path
from typing import Final

from aiohttp import web

from alarm_center.pictures import Pictures
from alarm_center.store.memory import Memory
from alarm_center.web import auth, guard, live, page
from alarm_center.web.carer import link
from alarm_center.web.keys import MEMORY, PHONES, PICTURES, SETTINGS, Phones
from alarm_center.web.operator import acts, board, case, picture, raising
from alarm_center.web.papers import lists
from alarm_center.web.phone import simulator
from alarm_center.web.settings import WebSettings

STATIC: Final = Path(__file__).parent / "static"
_FORM_BYTES: Final = 64 * 1024
"""The largest form is a note of 500 characters."""


def build_web(
    memory: Memory, pictures: Pictures, settings: WebSettings, phones: Phones | None = None
) -> web.Application:
    """Return the root application, with *memory* as fjt_web; add health and webhooks to it as routes of their own.

    *phones* is the demo's simulator; without it there is no page for it. The application closes nothing that it was given.
    ``app[live.HINTS].wake`` is to be called, with anything, when the timeline has something new.
    """
    app = web.Application(middlewares=[guard.errors, guard.tried_again], client_max_size=_FORM_BYTES)
    app[MEMORY], app[PICTURES], app[SETTINGS] = memory, pictures, settings
    app[auth.TRIES], app[auth.CODES], app[live.HINTS] = auth.Tries(), auth.OneTimeCodes(), live.Hints()
    app[link.TRIES] = auth.Tries(most=50)
    page.setup(app, pieces=simulator.pieces)
    app.on_response_prepare.append(guard.add_headers)
    app.on_shutdown.append(app[live.HINTS].end)
    for part in (auth, board, case, acts, picture, raising, live, link, lists):
        app.add_routes(part.routes)
    if phones is not None:
        app[PHONES] = phones
        app.add_routes(simulator.routes)
    app.router.add_static("/static/", STATIC)
    return app
