"""Sign-in by login and password, and sign-out.

Each try is counted before its password is compared, with those of all replicas (store/sign_ins.py). The answer to a login
that nobody has is like that to a wrong password, and takes as long.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Final
from uuid import UUID

from aiohttp import web

from alarm_center.identity.turns import TooBusy, Turns
from alarm_center.store import oidc as oidc_store
from alarm_center.store import sign_ins, web_sessions
from alarm_center.store.sign_ins import CountedTry
from alarm_center.web.app_keys import DEMO_CLOCK, MEMORY, PASSWORDS, SETTINGS, SIGN_IN_MEMORY, ZONE
from alarm_center.web.auth import COOKIE, check_open_form, own_path, require_sign_in
from alarm_center.web.client_address import limited_address
from alarm_center.web.page import PERSON, del_cookie, redirect, render, speech_of
from alarm_center.web.route_access import Opening, open_to
from alarm_center.web.sign_in import provider_logout
from alarm_center.web.sign_in.second_factor import go_on
from alarm_center.web.sign_in.session import browser_hash
from alarm_center.words import page_words

routes = web.RouteTableDef()


class Door(Turns):
    """Turns of tries that are read and counted, so that a flood waits here and not in the boards' way.

    A browser that says it is known goes ahead; whether it is, the database tells.
    """

    def __init__(self) -> None:
        super().__init__(at_once=4, most_waiting=500)


DOOR: Final = web.AppKey("door", Door)
_BUSY_S: Final = 2
"""Seconds after which whoever is refused for the queue's sake may come again."""


@routes.get("/login")
@open_to(Opening.EVERYBODY)
async def show_login(request: web.Request) -> web.StreamResponse:
    """Show the sign-in, with the name that the address gives."""
    return sign_in_page(request, own_path(request.query.get("next", "/")), request.query.get("login", "")[:200])


@routes.post("/login")
@open_to(Opening.EVERYBODY)
async def login(request: web.Request) -> web.StreamResponse:
    """Sign the person in and go where they were going; a refusal never says what was wrong."""
    speech, began = speech_of(request), asyncio.get_running_loop().time()
    # A body that comes slowly takes nobody's turn.
    await request.read()
    name = goal = ""
    try:
        async with _turn(request):
            await check_open_form(request)
            form = await request.post()
            name, goal = str(form.get("login", "")).strip().lower()[:200], own_path(str(form.get("next", "/")))
            counted = await _count(request, name)
        tried = await _compare(request, counted, str(form.get("password", ""))[:1000], began)
    except TooBusy:
        busy = speech(page_words.TOO_MANY_AT_ONCE)
        return sign_in_page(request, goal or "/", name, busy, status=503, wait_s=_BUSY_S)
    if tried.wait_s:
        wait = speech(page_words.WAIT_BEFORE_NEXT_TRY, minutes=-(-tried.wait_s // 60))
        return sign_in_page(request, goal, name, wait, status=429, wait_s=tried.wait_s)
    secret = tried.secret
    if secret is None:
        wrong = speech(page_words.SIGN_IN_WRONG)
        return sign_in_page(request, goal, name, wrong, status=403)
    await forget_tries(request, secret.proof)
    return await go_on(request, secret.proof, goal, known_browser=secret.known_browser)


async def password_tried(request: web.Request, name: str, password: str) -> CountedTry:
    """Return the try of that login and password: its wait, or its secret if the password is right.

    Raises:
        TooBusy: too many try at once; this one is not counted.
    """
    began = asyncio.get_running_loop().time()
    async with _turn(request):
        counted = await _count(request, name)
    return await _compare(request, counted, password, began)


def _turn(request: web.Request) -> AbstractAsyncContextManager[None]:
    return request.app[DOOR].turn(ahead=browser_hash(request) is not None)


async def _count(request: web.Request, name: str) -> CountedTry:
    address, browser = limited_address(request), browser_hash(request)
    return await request.app[SIGN_IN_MEMORY].run_statement(lambda tx: sign_ins.count_try(tx, name, address, browser))


async def _compare(request: web.Request, counted: CountedTry, password: str, began: float) -> CountedTry:
    """Return the counted try, with its secret only if *password* is right."""
    passwords = request.app[PASSWORDS]
    if counted.wait_s:
        return counted
    if counted.secret is None:
        if passwords.is_full:
            raise TooBusy
        await passwords.wait_as_long(began)
        return counted
    try:
        ahead = counted.secret.known_browser
        right = await passwords.is_right(password, counted.secret.password_hash, began, ahead=ahead)
    except TooBusy:
        async with request.app[SIGN_IN_MEMORY].transaction() as tx:
            await sign_ins.withdraw_try(tx, counted.secret.proof)
        raise
    return counted if right else CountedTry(0)


async def forget_tries(request: web.Request, proof: UUID) -> None:
    """Forget what the proof's login has counted from there: the password was right."""
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        await sign_ins.clear_tries(tx, proof)


def sign_in_page(
    request: web.Request, goal: str, name: str = "", wrong: str = "", *, status: int = 200, wait_s: int = 0
) -> web.Response:
    """Return the sign-in page; the demo's says that its night has not begun."""
    clock = request.app.get(DEMO_CLOCK)
    shown = {
        "wrong": wrong,
        "next": goal,
        "login": name,
        "stands_at": clock.stands_at if clock else None,
        "zone": ZONE,
        "by_passkey": request.app[SETTINGS].party is not None,
    }
    page = render(request, "login.html", shown, status=status)
    if wait_s:
        page.headers["Retry-After"] = str(wait_s)
    return page


@routes.post("/logout")
@require_sign_in
async def logout(request: web.Request) -> web.StreamResponse:
    """End the session, and go on to the sign-out of the provider that it began by, if it did and one is wanted."""
    async with request.app[MEMORY].transaction(web_sessions.nobody_yet(request[PERSON].token)) as tx:
        begun_by = await oidc_store.session_provider(tx)
        await web_sessions.end_session(tx)
    onward = await provider_logout.leave(request, begun_by) if begun_by is not None else None
    response = onward or redirect("/login")
    del_cookie(request, response, COOKIE)
    return response
