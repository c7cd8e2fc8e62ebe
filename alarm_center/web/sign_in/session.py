"""Beginning of a session once a sign-in is proved: its row, its token in a cookie, and the page that was asked for."""

import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from aiohttp import web

from alarm_center.identity.tokens import token_hash
from alarm_center.store import desks, sign_ins
from alarm_center.store.memory import Tx, now
from alarm_center.store.sign_ins import NewSession
from alarm_center.web.app_keys import SETTINGS, SIGN_IN_MEMORY
from alarm_center.web.auth import COOKIE
from alarm_center.web.page import cookie_of, del_cookie, redirect, set_cookie

_BROWSER: Final = "fjt_browser"
"""The cookie by which a browser is known: nobody's guessing keeps it out. It opens nothing."""
_DESK: Final = "fjt_desk"
"""The cookie by which the people of one browser find each other's sessions. It opens nothing without a PIN."""
BESIDE: Final = "fjt_beside"
"""The cookie of a sign-in that takes the desk over: the session of whoever sat there is covered already, and goes on."""
_YEAR_S: Final = 365 * 24 * 3600


async def begin_session(request: web.Request, proof: UUID, goal: str) -> web.Response:
    """Begin the session of the sign-in that *proof* stands for; return the answer that sends the browser on to *goal*.

    The session that the browser brought ends, whoever it was of, but where somebody takes a desk over from a colleague.
    """
    token, browser = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    settings = request.app[SETTINGS]
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        begins = await now(tx)
        new = NewSession(
            token_hash(token),
            begins,
            begins + timedelta(hours=settings.session_hours),
            secrets.token_urlsafe(24),
            browser_now=token_hash(browser),
            browser_before=browser_hash(request),
            brought=brought_hash(request),
            idles=settings.idle_limits,
        )
        await sign_ins.open_session(tx, proof, new)
        desk = await join_desk(request, tx, token)
    response = redirect(goal)
    give_session(request, response, token, desk)
    know_browser(request, response, browser)
    return response


def brought_hash(request: web.Request) -> bytes | None:
    """Return the hash of the session that the browser brought and that a new one ends; ``None`` where it goes on, covered."""
    brought = None if cookie_of(request, BESIDE) else cookie_of(request, COOKIE)
    return token_hash(brought) if brought else None


async def join_desk(request: web.Request, tx: Tx, token: str) -> str:
    """Let the session of *token* belong to the browser's desk; return the desk's own token."""
    desk = cookie_of(request, _DESK) or secrets.token_urlsafe(32)
    await desks.join(tx, token_hash(token), token_hash(desk))
    return desk


def give_session(request: web.Request, response: web.StreamResponse, token: str, desk: str) -> None:
    """Give the browser a session that has begun, and the desk that it belongs to."""
    set_cookie(request, response, COOKIE, token)
    set_cookie(request, response, _DESK, desk, max_age=_YEAR_S)
    del_cookie(request, response, BESIDE)


def desk_hash(request: web.Request) -> bytes | None:
    """Return the hash of the desk's cookie; ``None`` where nobody has signed in."""
    desk = cookie_of(request, _DESK)
    return token_hash(desk) if desk else None


def browser_hash(request: web.Request) -> bytes | None:
    """Return the hash of the token by which the browser may be known; ``None`` where it brings none."""
    token = cookie_of(request, _BROWSER)
    return token_hash(token) if token else None


def know_browser(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """Give the browser the token by which it is known from now on, for a year."""
    set_cookie(request, response, _BROWSER, token, max_age=_YEAR_S)
