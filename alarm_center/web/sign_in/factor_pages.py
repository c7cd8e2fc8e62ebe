"""Pages that ask for a second factor or change it: for a sign-in that waits, and for somebody who is signed in.

Both have the same pages under paths of their own. A guard finds the person who is asked, by the token that the browser brings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from aiohttp import web

from alarm_center.store import second_factors
from alarm_center.store.memory import Viewer
from alarm_center.store.second_factors import OwnFactors
from alarm_center.web.app_keys import SIGN_IN_MEMORY
from alarm_center.web.auth import check_open_form, own_path, require_sign_in
from alarm_center.web.page import PERSON, READING, cookie_of, text_for
from alarm_center.web.route_access import Handler, Opening, register
from alarm_center.words import page_words

PENDING: Final = "fjt_pending"
"""The cookie of a sign-in that waits for its second factor. The database lets it wait for ten minutes."""
FACTORS: Final = web.RequestKey("factors", OwnFactors)
"""The person who is asked, and their factors; set by the guard."""
_ASKED: Final = web.RequestKey("asked", Viewer)


def ask_pending(handler: Handler) -> Handler:
    """Let only a sign-in whose password was right, and that waits for its second factor, reach *handler*."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if request.method not in READING:
            await check_open_form(request)
        token = cookie_of(request, PENDING) or ""
        mine = await _find_factors(request, token) if token else None
        if mine is None or not mine.pending:
            if "X-Fragment" in request.headers:
                raise web.HTTPUnauthorized(text=text_for(request, page_words.SIGN_IN_AGAIN))
            raise web.HTTPSeeOther(f"/login?next={quote(goal_of(request))}")
        return await handler(request)

    register(guarded, Opening.PENDING)
    return guarded


def ask_signed_in(handler: Handler) -> Handler:
    """Let only people who are signed in reach *handler*."""

    @require_sign_in
    async def guarded(request: web.Request) -> web.StreamResponse:
        if await _find_factors(request, request[PERSON].token) is None:
            raise web.HTTPUnauthorized(text=text_for(request, page_words.SIGN_IN_AGAIN))
        return await handler(request)

    register(guarded, Opening.SIGNED_IN)
    return guarded


async def _find_factors(request: web.Request, token: str) -> OwnFactors | None:
    viewer = second_factors.asked(token)
    async with request.app[SIGN_IN_MEMORY].transaction(viewer) as tx:
        mine = await second_factors.own_factors(tx)
    if mine is not None:
        request[FACTORS], request[_ASKED] = mine, viewer
    return mine


def asked_viewer(request: web.Request) -> Viewer:
    """Return the scope of a transaction that asks the person of this request."""
    return request[_ASKED]


@dataclass(frozen=True, slots=True)
class FactorPaths:
    """Paths of the pages for one of the two, and the guard in front of them."""

    prove: str
    """A second factor is shown here."""
    enrol: str
    """Factors are added here."""
    guard: Callable[[Handler], Handler]


PENDING_PATHS: Final = FactorPaths("/login/second", "/login/enrol", ask_pending)
ACCOUNT_PATHS: Final = FactorPaths("/account/confirm", "/account/factors", ask_signed_in)


def paths_of(request: web.Request) -> FactorPaths:
    """Return the paths for the person who is asked."""
    return PENDING_PATHS if request[FACTORS].pending else ACCOUNT_PATHS


def goal_of(request: web.Request) -> str:
    """Return where the person was going, as the address says it; a form's is read by :func:`form_goal`."""
    return own_path(request.query.get("next", "/"))


async def form_goal(request: web.Request) -> str:
    """Return where the person was going, as the form says it."""
    return own_path(str((await request.post()).get("next", "/")))


def with_goal(path: str, goal: str) -> str:
    """Return *path* with the page to go on to afterwards."""
    return f"{path}?next={quote(goal)}"
