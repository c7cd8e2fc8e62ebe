"""Guards of the pages: the person behind a request, the right that a page requires, and the token of a form.

It also keeps the chosen language and theme; `page.py` reads them. The sign-in stands in `sign_in/`.
"""

import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from urllib.parse import quote

from aiohttp import web

from alarm_center.core.roles import Right
from alarm_center.store import second_factors, web_sessions
from alarm_center.store.web_sessions import SignedIn
from alarm_center.web.app_keys import MEMORY, SETTINGS
from alarm_center.web.asked_sessions import SESSIONS
from alarm_center.web.page import (
    PERSON,
    READING,
    THEMES,
    complete_cookie,
    cookie_of,
    form_token,
    redirect,
    set_cookie,
    text_for,
)
from alarm_center.web.route_access import Handler, Opening, open_to, register
from alarm_center.words import page_words
from alarm_center.words.catalogues import LANGUAGES

COOKIE: Final = "fjt_session"
_YEAR_S: Final = 365 * 24 * 3600
TOUCHED_EACH: Final = timedelta(seconds=60)
"""The age at which the time of a session's last use is written anew."""

routes = web.RouteTableDef()


async def person_of(request: web.Request) -> SignedIn | None:
    """Return the person whose session the request brings; ``None`` for nobody.

    That the session is in use is written at most once a minute, and apart: a page that only reads has no transaction id. A part
    that a page fetches by itself (``X-Unasked``) is no use: nobody may be there.
    """
    token = cookie_of(request, COOKIE)
    if not token:
        return None
    person = await request.app[SESSIONS].person_of(token)
    if person is not None and abs(person.unused_for) > TOUCHED_EACH and "X-Unasked" not in request.headers:
        async with request.app[MEMORY].transaction(web_sessions.nobody_yet(token)) as tx:
            await web_sessions.touch_session(tx)
    return person


def require_sign_in(handler: Handler) -> Handler:
    """Let only people who are signed in reach *handler*, and its forms only from our own pages; not while they are covered."""
    return _require_session(handler, covered=False)


def _require_session(handler: Handler, *, covered: bool) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        person = await person_of(request)
        if person is None:
            if request.method in READING and "X-Fragment" not in request.headers:
                raise web.HTTPSeeOther(f"/login?next={quote(request.path)}")
            raise web.HTTPUnauthorized(text=text_for(request, page_words.SIGN_IN_AGAIN))
        request[PERSON] = person
        if request.method not in READING:
            await check_form(request, person.csrf)
        if person.covered and not covered:
            if request.method in READING and "X-Fragment" not in request.headers:
                raise web.HTTPSeeOther("/")
            raise web.HTTPForbidden(text=text_for(request, page_words.COVERED))
        response = await handler(request)
        complete_cookie(request, response, COOKIE, person.token)
        return response

    register(guarded, Opening.SIGNED_IN)
    return guarded


def require(right: Right, *, covered: bool = False) -> Callable[[Handler], Handler]:
    """Let only people who have *right* in some town reach the handler.

    A covered session (docs/roles.md#a-shared-desk) reaches only handlers that say *covered*: those show no name and no picture then.
    """

    def decorate(handler: Handler) -> Handler:
        async def allowed(request: web.Request) -> web.StreamResponse:
            person = request[PERSON]
            if not person.viewer(right).orgs:
                if request.path == "/" and (first := _first_page(person)) is not None:
                    raise web.HTTPSeeOther(first)
                raise web.HTTPForbidden(text=text_for(request, page_words.ROLE_LACKS_PAGE))
            return await handler(request)

        guarded = _require_session(allowed, covered=covered)
        register(guarded, right)
        return guarded

    return decorate


def require_fresh_factor(handler: Handler) -> Handler:
    """Ask for a second factor once more before *handler*, below :func:`require`: its page holds many doors' codes at once.

    One that was shown within the last ten minutes is enough. It is our own, so that it works while an identity provider is down.
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        if request.app[SETTINGS].second_factor:
            async with request.app[MEMORY].transaction(web_sessions.nobody_yet(request[PERSON].token)) as tx:
                fresh = await second_factors.is_fresh(tx)
            if not fresh:
                raise web.HTTPSeeOther(f"/account/confirm?next={quote(request.path_qs, safe='/')}")
        return await handler(request)

    return guarded


def _first_page(person: SignedIn) -> str | None:
    """Return the first page of a person who does not sit at the board; ``None``: they have none."""
    pages = (
        (Right.LEAD, "/lead"),
        (Right.RAISE, "/raise"),
        (Right.PLAN, "/todo"),
        (Right.PAUSE, "/pause"),
        (Right.MOUNT, "/mountings"),
        (Right.REVIEW, "/looks/log"),
        (Right.HAND_OUT, "/looks/residents"),
        (Right.USERS, "/people"),
        (Right.PAPERS, "/reserve"),
    )
    own = next((page for right, page in pages if person.may(right)), None)
    return own or ("/agreements" if person.keeps_centre else None)


async def check_form(request: web.Request, expected: str | None) -> None:
    """Refuse a POST that another site made a browser send.

    Raises:
        web.HTTPForbidden: neither header nor field holds the token of this session.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    brought = request.headers.get("X-Csrf") or str((await request.post()).get("csrf", ""))
    if (
        site not in ("same-origin", "none")
        or not expected
        or not hmac.compare_digest(brought.encode(), expected.encode())
    ):
        raise web.HTTPForbidden(text=text_for(request, page_words.PAGE_TOO_OLD))


async def check_open_form(request: web.Request) -> None:
    """Refuse a POST that another site made the browser of somebody who is not signed in send.

    A browser that says itself that the page is ours needs no token: it keeps only the last page's of several that it opened at
    once, as a browser does that starts again with its tabs.

    Raises:
        web.HTTPForbidden: neither the browser nor a token says that the page is ours.
    """
    if request.headers.get("Sec-Fetch-Site") != "same-origin":
        await check_form(request, form_token(request))


def own_path(path: str) -> str:
    """Return *path* if it is one of our own, else the board's."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"


@routes.post("/looks")
@open_to(Opening.EVERYBODY)
async def keep_looks(request: web.Request) -> web.StreamResponse:
    """Keep the chosen language or theme in a cookie, before and after signing in alike."""
    person = await person_of(request)
    if person:
        await check_form(request, person.csrf)
    else:
        await check_open_form(request)
    form = await request.post()
    response = redirect(own_path(str(form.get("next", "/"))))
    for field, allowed in (("language", LANGUAGES), ("theme", THEMES)):
        chosen = str(form.get(field, ""))
        if chosen in allowed:
            set_cookie(request, response, f"fjt_{field}", chosen, max_age=_YEAR_S)
    return response
