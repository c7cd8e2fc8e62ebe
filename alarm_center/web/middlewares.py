"""Middlewares and headers of every answer: a second try after a conflict, and pages for errors and illegal moves."""

import secrets
from collections.abc import MutableMapping
from typing import Final

import asyncpg
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from alarm_center.casework.cases import NotFound
from alarm_center.core.decision import IllegalMove
from alarm_center.identity.turns import TooBusy
from alarm_center.store.memory import is_retryable
from alarm_center.web.app_keys import SETTINGS
from alarm_center.web.page import READING, render, speech_of
from alarm_center.words import page_words

_TRIES: Final = 3
_BUSY_S: Final = 3
"""Seconds after which whoever met a lock may come again."""
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

HTTPS_ONLY: Final = "max-age=31536000; includeSubDomains"
"""Strict-Transport-Security of every answer, where the public address is https. A proxy in front says the same of its own."""


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers of every answer of the application."""
    set_headers(response.headers, https=request.app[SETTINGS].https)
    if request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-cache"


def set_headers(headers: MutableMapping[str, str], *, https: bool) -> None:
    """Set the headers that hold the browser to our own scripts and keep persons and pictures out of its cache."""
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers["Cache-Control"] = "no-store"
    if https:
        headers.setdefault("Strict-Transport-Security", HTTPS_ONLY)


@web.middleware
async def retry_conflicts(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Ask the page for its answer again when a schema revision or another writer was in the way of the first.

    A form may be sent twice by any browser, so each handler bears it: the decision stands, or the move is illegal now.
    """
    for left in range(_TRIES - 1, -1, -1):
        try:
            return await handler(request)
        except Exception as error:
            if not left or not is_retryable(error):
                raise
    raise AssertionError("the last try returns or raises")


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error with a page, or one sentence for a script; an unexpected one is logged under the number it shows."""
    speech = speech_of(request)
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _error_page(request, error.status, _error_text(request, error))
    except TooBusy:
        return _error_page(request, 503, speech(page_words.TOO_MANY_AT_ONCE))
    except asyncpg.LockNotAvailableError:
        # Somebody has held the case for longer than anybody waits (docs/database.md#nothing-waits-for-ever).
        _log.warning("page_lock_missed", page=_page_of(request))
        return _busy_page(request, speech(page_words.LOCKED))
    except IllegalMove:
        return _error_page(request, 409, speech(page_words.CHANGED_MEANWHILE))
    except NotFound:
        return _error_page(request, 404, speech(page_words.NOT_FOUND))
    except asyncpg.DataError:
        # A NUL in a form, an id out of range: nothing that our own pages send.
        return _error_page(request, 400, speech(page_words.UNREADABLE))
    except ConnectionResetError:
        raise
    except Exception:
        number = secrets.token_hex(4)
        _log.exception("page_failed", page=_page_of(request), number=number)
        return _error_page(request, 500, speech(page_words.OUR_FAULT, number=number))


def _page_of(request: web.Request) -> str:
    """Return the page's route, ``/u/{token}``: what stands in the path opens a case or names one."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"


def _error_text(request: web.Request, error: web.HTTPException) -> str:
    """Return the error's text; in the reader's language also where the router has only its own, ``404: Not Found``."""
    if error.text != f"{error.status}: {error.reason}":
        return error.text or error.reason
    speech = speech_of(request)
    nowhere = error.status in (404, 405)
    return speech(page_words.NOT_FOUND) if nowhere else speech(page_words.UNREADABLE)


def _busy_page(request: web.Request, text: str) -> web.Response:
    """Return the page that offers to try again; a script shows the words beside the button that was pressed."""
    response = _error_page(request, 503, text, again=request.path_qs)
    response.headers["Retry-After"] = str(_BUSY_S)
    return response


def _error_page(request: web.Request, status: int, text: str, *, again: str | None = None) -> web.Response:
    """Return an error's page, with a link that tries *again* where that is of use."""
    if request.method in READING and "X-Fragment" not in request.headers:
        return render(request, "error.html", {"status": status, "text": text, "again": again}, status=status)
    return web.Response(status=status, text=text)
