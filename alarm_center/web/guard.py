"""What every answer passes: the headers that browsers are held by, and the pages that errors become."""

import secrets
from typing import Final

import asyncpg
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from alarm_center.casework.cases import NotFound
from alarm_center.core.case import IllegalMove
from alarm_center.store.memory import can_be_tried_again
from alarm_center.web.keys import SETTINGS
from alarm_center.web.page import render, speech_of

_TRIES: Final = 3
_log = structlog.get_logger(__name__)

_HEADERS: Final = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Hold the browser to our own scripts, and keep persons and pictures out of its cache."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-cache"
    else:
        response.headers["Cache-Control"] = "no-store"
    if request.app[SETTINGS].https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")


@web.middleware
async def tried_again(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Ask the page for its answer again when a schema revision or another writer was in the way of the first.

    A form may be sent twice by any browser, so each handler bears it: the decision stands, or the move is illegal now.
    """
    for left in range(_TRIES - 1, -1, -1):
        try:
            return await handler(request)
        except Exception as error:
            if not left or not can_be_tried_again(error):
                raise
    raise AssertionError("the last try returns or raises")


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Make every error a page, or one sentence for a script; an unexpected one is logged under a number that it shows."""
    speech = speech_of(request)
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _answer(request, error.status, _words(request, error))
    except IllegalMove:
        return _answer(request, 409, speech("Det hann ändras. Se listan igen."))
    except NotFound:
        return _answer(request, 404, speech("Det finns inte, eller är inte ditt att se."))
    except asyncpg.DataError:
        # A NUL in a form, an id out of range: nothing that our own pages send.
        return _answer(request, 400, speech("Det gick inte att läsa. Försök igen."))
    except ConnectionResetError:
        raise
    except Exception:
        number = secrets.token_hex(4)
        _log.exception("page_failed", path=request.path, number=number)
        return _answer(request, 500, speech("Något gick fel hos oss. Felnummer %(number)s.", number=number))


def _words(request: web.Request, error: web.HTTPException) -> str:
    """Return the error's text; in the reader's language also where the router has only its own, ``404: Not Found``."""
    if error.text != f"{error.status}: {error.reason}":
        return error.text or error.reason
    speech = speech_of(request)
    nowhere = error.status in (404, 405)
    return (
        speech("Det finns inte, eller är inte ditt att se.")
        if nowhere
        else speech("Det gick inte att läsa. Försök igen.")
    )


def _answer(request: web.Request, status: int, text: str) -> web.Response:
    if request.method == "GET" and "X-Fragment" not in request.headers:
        return render(request, "error.html", {"status": status, "text": text}, status=status)
    return web.Response(status=status, text=text)
