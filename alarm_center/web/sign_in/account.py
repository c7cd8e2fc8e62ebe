"""Page of the person's own account: another password, where they are signed in, and the sign-out everywhere."""

import asyncio
import secrets

from aiohttp import web

from alarm_center.identity.password_rules import LEAST_CHARACTERS
from alarm_center.identity.passwords import hash_password
from alarm_center.identity.tokens import token_hash
from alarm_center.identity.turns import TooBusy
from alarm_center.store import sign_ins, web_sessions
from alarm_center.store.sign_ins import NewPassword
from alarm_center.web.app_keys import MEMORY, SIGN_IN_MEMORY, ZONE
from alarm_center.web.auth import COOKIE, require_sign_in
from alarm_center.web.page import PERSON, del_cookie, redirect, render, set_cookie, speech_of
from alarm_center.web.sign_in.new_password import LONGEST, refusal_of
from alarm_center.web.sign_in.password import forget_tries, password_tried
from alarm_center.web.sign_in.session import know_browser
from alarm_center.words import page_words

routes = web.RouteTableDef()


@routes.get("/account")
@require_sign_in
async def show_account(request: web.Request) -> web.StreamResponse:
    """Show where the person is signed in, and the form of a new password for those who have one."""
    return await _account_page(request)


@routes.post("/account/password")
@require_sign_in
async def change_password(request: web.Request) -> web.StreamResponse:
    """Change the password, for somebody who knows the old one; every other session of the person ends."""
    person, form, speech = request[PERSON], await request.post(), speech_of(request)
    old, new = str(form.get("old", ""))[:LONGEST], str(form.get("new", ""))[:LONGEST]
    personal = (person.login, person.name, *(membership.org for membership in person.memberships))
    refusal = refusal_of(new, str(form.get("again", ""))[:LONGEST], personal)
    if refusal is not None:
        return await _account_page(request, wrong_new=speech(refusal), status=400)
    try:
        tried = await password_tried(request, person.login, old)
    except TooBusy:
        return await _account_page(request, wrong_old=speech(page_words.TOO_MANY_AT_ONCE), status=503)
    if tried.wait_s:
        wait = speech(page_words.WAIT_BEFORE_NEXT_TRY, minutes=-(-tried.wait_s // 60))
        return await _account_page(request, wrong_old=wait, status=429)
    if tried.secret is None:
        return await _account_page(request, wrong_old=speech(page_words.OLD_PASSWORD_WRONG), status=403)
    await forget_tries(request, tried.secret.proof)
    token, browser = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    hashed = await asyncio.to_thread(hash_password, new)
    change = NewPassword(hashed, token_hash(token), secrets.token_urlsafe(24), token_hash(browser))
    async with request.app[SIGN_IN_MEMORY].transaction(web_sessions.nobody_yet(person.token)) as tx:
        await sign_ins.change_password(tx, tried.secret.proof, change)
    response = redirect("/account?changed=1")
    set_cookie(request, response, COOKIE, token)
    know_browser(request, response, browser)
    return response


@routes.post("/account/sign-out")
@require_sign_in
async def sign_out_everywhere(request: web.Request) -> web.StreamResponse:
    """End every session of the person, this one too."""
    async with request.app[MEMORY].transaction(web_sessions.nobody_yet(request[PERSON].token)) as tx:
        await web_sessions.end_all(tx)
    response = redirect("/login")
    del_cookie(request, response, COOKIE)
    return response


async def _account_page(
    request: web.Request, *, wrong_old: str = "", wrong_new: str = "", status: int = 200
) -> web.Response:
    async with request.app[MEMORY].transaction(web_sessions.nobody_yet(request[PERSON].token)) as tx:
        sessions, has_password = await web_sessions.own_sessions(tx), await web_sessions.has_password(tx)
    shown = {
        "sessions": sessions,
        "has_password": has_password,
        "zone": ZONE,
        "least": LEAST_CHARACTERS,
        "wrong_old": wrong_old,
        "wrong_new": wrong_new,
        "changed": "changed" in request.query,
    }
    return render(request, "sign_in/account.html", shown, status=status)
