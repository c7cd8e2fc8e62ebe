"""The second factor of a sign-in, and of somebody signed in before papers and changes: a code, or a passkey.

:func:`go_on` is where each way of signing in goes on once its first factor, the password, is right.
"""

import secrets
from uuid import UUID

from aiohttp import web

from alarm_center.identity import one_time_codes, recovery_codes
from alarm_center.identity.tokens import token_hash
from alarm_center.store import second_factors
from alarm_center.store.second_factors import CodeTry
from alarm_center.web.app_keys import SETTINGS, SIGN_IN_MEMORY
from alarm_center.web.page import del_cookie, redirect, render, set_cookie, speech_of
from alarm_center.web.sign_in.factor_pages import (
    ACCOUNT_PATHS,
    FACTORS,
    PENDING,
    PENDING_PATHS,
    asked_viewer,
    form_goal,
    goal_of,
    paths_of,
    with_goal,
)
from alarm_center.web.sign_in.session import begin_session
from alarm_center.words import page_words

routes = web.RouteTableDef()


async def go_on(request: web.Request, proof: UUID, goal: str, *, known_browser: bool = False) -> web.Response:
    """Go on from a first factor that was right, of which *proof* tells: to the second, to its enrolment, or into the session.

    *known_browser*: this person has signed in with it before; strangers cannot use up its tries.
    """
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        has = await second_factors.has_factor(tx, proof)
    if not has and not request.app[SETTINGS].second_factor:
        return await begin_session(request, proof, goal)
    token = secrets.token_urlsafe(32)
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        await second_factors.begin_pending(tx, proof, token_hash(token), known_browser=known_browser)
    response = redirect(with_goal(PENDING_PATHS.prove if has else PENDING_PATHS.enrol, goal))
    set_cookie(request, response, PENDING, token)
    return response


async def finish(request: web.Request, goal: str) -> web.Response:
    """Go on from a second factor that was shown: begin the session of a sign-in that waited, or go to the page that asked."""
    if not request[FACTORS].pending:
        return redirect(goal)
    async with request.app[SIGN_IN_MEMORY].transaction(asked_viewer(request)) as tx:
        proof = await second_factors.finish_pending(tx)
    response = await begin_session(request, proof, goal)
    del_cookie(request, response, PENDING)
    return response


async def show_proof(request: web.Request) -> web.StreamResponse:
    """Ask for a second factor; somebody who has none is sent to add one."""
    mine = request[FACTORS]
    if not mine.any and mine.may_change:
        return redirect(with_goal(paths_of(request).enrol, goal_of(request)))
    return proof_page(request, goal_of(request))


async def prove_by_code(request: web.Request) -> web.StreamResponse:
    """Take a code of the app, or a recovery code; the try counts before the code is verified."""
    goal, code = await form_goal(request), str((await request.post()).get("code", ""))[:100]
    async with request.app[SIGN_IN_MEMORY].transaction(asked_viewer(request)) as tx:
        tried = await second_factors.try_code(tx)
    if tried.wait_s:
        refused = proof_page(request, goal, speech_of(request)(page_words.TOO_MANY_CODES), status=429)
        refused.headers["Retry-After"] = str(tried.wait_s)
        return refused
    if not await _use(request, tried, code):
        return proof_page(request, goal, speech_of(request)(page_words.CODE_WRONG), status=403)
    return await finish(request, goal)


async def _use(request: web.Request, tried: CodeTry, code: str) -> bool:
    digits, recovery = "".join(code.split()), recovery_codes.plain(code)
    async with request.app[SIGN_IN_MEMORY].transaction(asked_viewer(request)) as tx:
        if recovery is not None:
            return await second_factors.use_recovery_code(tx, recovery)
        if tried.totp_secret is None:
            return False
        step = one_time_codes.matching_step(tried.totp_secret, digits, tried.at)
        return step is not None and await second_factors.use_code(tx, step)


def proof_page(request: web.Request, goal: str, wrong: str = "", *, status: int = 200) -> web.Response:
    """Return the page that asks for a second factor."""
    mine = request[FACTORS]
    shown = {
        "wrong": wrong,
        "next": goal,
        "mine": mine,
        "paths": paths_of(request),
        "by_passkey": bool(mine.passkeys) and request.app[SETTINGS].party is not None,
    }
    return render(request, "sign_in/second.html", shown, status=status)


for _paths in (PENDING_PATHS, ACCOUNT_PATHS):
    routes.get(_paths.prove)(_paths.guard(show_proof))
    routes.post(_paths.prove)(_paths.guard(prove_by_code))
