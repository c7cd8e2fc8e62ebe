"""A desk that people share: covering a board that is left, uncovering it by PIN, and taking the desk over from a colleague."""

import secrets
from typing import Final
from uuid import UUID

from aiohttp import web

from alarm_center.core.roles import Right
from alarm_center.identity.passwords import hash_password
from alarm_center.identity.pins import is_pin
from alarm_center.identity.tokens import token_hash
from alarm_center.store import desks
from alarm_center.store.desks import PinTry
from alarm_center.web.app_keys import MEMORY, PASSWORDS, SIGN_IN_MEMORY
from alarm_center.web.auth import COOKIE, require, require_fresh_factor
from alarm_center.web.page import PERSON, redirect, redirect_or_tell, render, set_cookie, speech_of, text_for
from alarm_center.web.sign_in.session import BESIDE, desk_hash
from alarm_center.words import page_words

routes = web.RouteTableDef()

_BESIDE_S: Final = 600


@routes.post("/cover")
@require(Right.WATCH, covered=True)
async def cover(request: web.Request) -> web.StreamResponse:
    """Cover the names and pictures of this session's pages."""
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        await desks.cover(tx)
    return redirect_or_tell(request, "/")


@routes.post("/uncover")
@require(Right.WATCH, covered=True)
async def uncover(request: web.Request) -> web.StreamResponse:
    """Uncover this session, by its person's PIN."""
    pin = str((await request.post()).get("pin", ""))
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        counted = await desks.count_own_try(tx, token_hash(request[PERSON].token))
    if counted is None or counted.pin_hash is None or counted.is_one_too_many:
        return redirect("/login?next=/")
    if not await request.app[PASSWORDS].is_right(pin, counted.pin_hash, ahead=True):
        # Back to the board, whose queue and sound go on beside the form.
        return redirect(f"/?left={_left(counted)}")
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        await desks.uncover(tx, counted.token_hash)
    return redirect("/")


@routes.get("/desk")
@require(Right.WATCH, covered=True)
async def show_desk(request: web.Request) -> web.StreamResponse:
    """Show the people who have signed in at this desk, to choose who goes on."""
    return await _show_desk(request)


@routes.post("/desk")
@require(Right.WATCH, covered=True)
async def take_desk(request: web.Request) -> web.StreamResponse:
    """Let another person who has signed in here take the desk over, by their PIN; this session is covered and goes on."""
    form, desk = await request.post(), desk_hash(request)
    try:
        wanted = UUID(str(form.get("user", "")))
    except ValueError:
        raise web.HTTPBadRequest(text=text_for(request, page_words.UNREADABLE)) from None
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        counted = await desks.count_try_of(tx, desk, wanted) if desk else None
    if counted is None or counted.pin_hash is None or counted.is_one_too_many:
        return _sign_in_beside(request)
    if not await request.app[PASSWORDS].is_right(str(form.get("pin", "")), counted.pin_hash, ahead=True):
        wrong = speech_of(request)(page_words.PIN_WRONG, left=_left(counted))
        return await _show_desk(request, wrong, status=403)
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        await desks.cover(tx)
    token = secrets.token_urlsafe(32)
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        await desks.uncover(tx, counted.token_hash, token_hash(token))
    response = redirect("/")
    set_cookie(request, response, COOKIE, token)
    return response


@routes.post("/desk/other")
@require(Right.WATCH, covered=True)
async def sign_in_beside(request: web.Request) -> web.StreamResponse:
    """Let somebody who has not signed in here do so; this session is covered and goes on."""
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        await desks.cover(tx)
    return _sign_in_beside(request)


@routes.get("/desk/pin")
@require(Right.WATCH)
@require_fresh_factor
async def show_pin(request: web.Request) -> web.StreamResponse:
    """Show the form of the PIN. A second factor is asked for before, so that nothing that was typed is lost to it."""
    return render(request, "pin.html", {"wrong": "", "kept": "kept" in request.query})


@routes.post("/desk/pin")
@require(Right.WATCH)
@require_fresh_factor
async def choose_pin(request: web.Request) -> web.StreamResponse:
    """Keep the PIN that the person has chosen for this and other desks."""
    pin = str((await request.post()).get("pin", ""))
    if not is_pin(pin):
        wrong = speech_of(request)(page_words.PIN_UNFIT)
        return render(request, "pin.html", {"wrong": wrong, "kept": False}, status=400)
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        await desks.keep_pin(tx, token_hash(request[PERSON].token), hash_password(pin))
    return redirect_or_tell(request, "/desk/pin?kept=1")


def _sign_in_beside(request: web.Request) -> web.Response:
    response = redirect("/login?next=/")
    set_cookie(request, response, BESIDE, "1", max_age=_BESIDE_S)
    return response


def _left(counted: PinTry) -> int:
    return desks.MOST_TRIES - counted.tries


async def _show_desk(request: web.Request, wrong: str = "", *, status: int = 200) -> web.Response:
    desk = desk_hash(request)
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        people = await desks.people(tx, desk) if desk else []
    me = next((each for each in people if each.user_id == request[PERSON].user_id), None)
    others = [each for each in people if each.user_id != request[PERSON].user_id]
    shown = {"others": others, "has_pin": me is not None and me.has_pin, "wrong": wrong}
    return render(request, "desk.html", shown, status=status)
