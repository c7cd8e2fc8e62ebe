"""Signing in and out, who a request is from, and that a form was our own."""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final
from urllib.parse import quote

import pyotp
from aiohttp import web
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from alarm_center.store import users
from alarm_center.store.memory import now
from alarm_center.store.users import Secret, SignedIn
from alarm_center.web.catalogues import LANGUAGES
from alarm_center.web.keys import MEMORY, SETTINGS
from alarm_center.web.page import PERSON, THEMES, form_token, render, say, see, set_cookie, speech_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

COOKIE: Final = "fjt_session"
_YEAR_S: Final = 365 * 24 * 3600
_HASHER: Final = PasswordHasher()
_NOBODY: Final = _HASHER.hash(secrets.token_hex())
"""Compared with when the login is unknown, so that the answer takes as long."""
_AT_ONCE: Final = asyncio.Semaphore(2)
"""Each takes 64 MiB and a core for a while; a flood of tries waits here and not in the board's way."""

routes = web.RouteTableDef()


class Tries:
    """Failed sign-ins by login and address: *most* within *seconds*, then none until the first is forgotten.

    Held by each process: with n replicas a guesser gets n times as many, which argon2's own cost makes few.
    """

    def __init__(self, most: int = 5, seconds: float = 300.0) -> None:
        self._most, self._seconds = most, seconds
        self._failed: dict[tuple[str, str], list[float]] = {}

    def too_many(self, login: str, address: str) -> bool:
        """Return whether this login from this address has to wait."""
        since = time.monotonic() - self._seconds
        recent = [at for at in self._failed.get((login, address), ()) if at > since]
        return len(recent) >= self._most

    def failed(self, login: str, address: str) -> None:
        """Count one more."""
        since = time.monotonic() - self._seconds
        for key, times in list(self._failed.items()):
            if times[-1] <= since:
                del self._failed[key]
        self._failed.setdefault((login, address), []).append(time.monotonic())


class OneTimeCodes:
    """Codes of a second factor, each good once."""

    def __init__(self) -> None:
        self._used: dict[tuple[object, str], float] = {}

    def good(self, secret: Secret, code: str) -> bool:
        """Return whether *code* is the secret's of now or of the half minute beside it, and unused."""
        assert secret.totp_secret is not None
        key = (secret.user_id, code)
        since = time.monotonic() - 120
        self._used = {used: at for used, at in self._used.items() if at > since}
        if key in self._used or not pyotp.TOTP(secret.totp_secret).verify(code, valid_window=1):
            return False
        self._used[key] = time.monotonic()
        return True


TRIES: Final = web.AppKey("tries", Tries)
CODES: Final = web.AppKey("codes", OneTimeCodes)


def hash_password(password: str) -> str:
    """Return the argon2id hash that a user's row keeps."""
    return _HASHER.hash(password)


def token_hash(token: str) -> bytes:
    """Return what a session's row keeps of its token: who reads the table cannot sign in with it."""
    return hashlib.sha256(token.encode()).digest()


def address_of(request: web.Request) -> str:
    """Return the caller's address, as our own proxy says when there is one."""
    if request.app[SETTINGS].behind_proxy:
        return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or (request.remote or "")
    return request.remote or ""


async def who(request: web.Request) -> SignedIn | None:
    """Return who the request's session belongs to, and note that they are there."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    async with request.app[MEMORY].transaction() as tx:
        return await users.of_session(tx, token_hash(token), await now(tx))


def signed_in(handler: Handler) -> Handler:
    """Let *handler* only be reached by somebody signed in, and its forms only from our own pages."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        person = await who(request)
        if person is None:
            if request.method == "GET" and "X-Fragment" not in request.headers:
                raise web.HTTPSeeOther(f"/login?next={quote(request.path)}")
            raise web.HTTPUnauthorized(text=say(request, "Logga in igen"))
        request[PERSON] = person
        if request.method != "GET":
            await check_form(request, person.csrf)
        return await handler(request)

    return guarded


def watches(handler: Handler) -> Handler:
    """Let *handler* only be reached by somebody who sits at a town's board."""

    @signed_in
    async def guarded(request: web.Request) -> web.StreamResponse:
        if not request[PERSON].watching.orgs:
            if request.path == "/" and request[PERSON].raising.orgs:
                raise web.HTTPSeeOther("/raise")  # a lead's first page, where others sit at the board
            raise web.HTTPForbidden(text=say(request, "Din roll har inte den här sidan"))
        return await handler(request)

    return guarded


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
        raise web.HTTPForbidden(text=say(request, "Sidan var för gammal. Ladda om den och försök igen."))


def inside(path: str) -> str:
    """Return *path* if it is one of our own, else the board."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"


@routes.get("/login")
async def login_page(request: web.Request) -> web.StreamResponse:
    """Show the sign-in, with the name that the address gives."""
    asked = {"next": inside(request.query.get("next", "/")), "login": request.query.get("login", "")[:200]}
    return render(request, "login.html", {"wrong": "", **asked})


@routes.post("/login")
async def login(request: web.Request) -> web.StreamResponse:
    """Sign in, and go where the person was going; a wrong one is never told what was wrong."""
    await check_form(request, form_token(request))
    form = await request.post()
    name, password = str(form.get("login", "")).strip().lower()[:200], str(form.get("password", ""))[:1000]
    code, goal = str(form.get("code", "")).strip(), inside(str(form.get("next", "/")))
    tries, speech = request.app[TRIES], speech_of(request)
    if tries.too_many(name, address_of(request)):
        wrong = speech("För många försök. Vänta fem minuter.")
        return render(request, "login.html", {"wrong": wrong, "next": goal, "login": name}, status=429)
    async with request.app[MEMORY].transaction() as tx:
        secret = await users.secret_of(tx, name)
    if not await _matches(secret, password) or secret is None or not _second_factor(request, secret, code):
        tries.failed(name, address_of(request))
        wrong = speech("Det stämmer inte. Kontrollera namn, lösenord och kod.")
        return render(request, "login.html", {"wrong": wrong, "next": goal, "login": name}, status=403)

    token = secrets.token_urlsafe(32)
    async with request.app[MEMORY].transaction() as tx:
        begun = await now(tx)
        until = begun + timedelta(hours=request.app[SETTINGS].session_hours)
        await users.begin(tx, token_hash(token), secret.proof, begun, until, secrets.token_urlsafe(24))
    response = see(goal)
    set_cookie(request, response, COOKIE, token)
    return response


async def _matches(secret: Secret | None, password: str) -> bool:
    async with _AT_ONCE:
        try:
            return await asyncio.to_thread(_HASHER.verify, secret.password_hash if secret else _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False


def _second_factor(request: web.Request, secret: Secret, code: str) -> bool:
    return secret.totp_secret is None or request.app[CODES].good(secret, code)


@routes.post("/logout")
@signed_in
async def logout(request: web.Request) -> web.StreamResponse:
    """End the session."""
    async with request.app[MEMORY].transaction() as tx:
        await users.end(tx, token_hash(request.cookies[COOKIE]))
    response = see("/login")
    response.del_cookie(COOKIE, path="/")
    return response


@routes.post("/looks")
async def looks(request: web.Request) -> web.StreamResponse:
    """Keep the language or the theme that was chosen; before and after signing in alike."""
    person = await who(request)
    await check_form(request, person.csrf if person else form_token(request))
    form = await request.post()
    response = see(inside(str(form.get("next", "/"))))
    for field, allowed in (("language", LANGUAGES), ("theme", THEMES)):
        chosen = str(form.get(field, ""))
        if chosen in allowed:
            set_cookie(request, response, f"fjt_{field}", chosen, max_age=_YEAR_S)
    return response
