"""Passkeys: the options that a browser asks for, and its answers, to sign in, to show a second factor, and to add one."""

import structlog
from aiohttp import web

from alarm_center.identity import passkeys
from alarm_center.identity.passkeys import NewPasskey, PasskeyRefused, RelyingParty
from alarm_center.store import second_factors
from alarm_center.store.memory import Viewer
from alarm_center.store.second_factors import Purpose
from alarm_center.web.app_keys import SETTINGS, SIGN_IN_MEMORY
from alarm_center.web.auth import check_open_form
from alarm_center.web.page import form_token, redirect, speech_of, text_for
from alarm_center.web.route_access import Opening, open_to
from alarm_center.web.sign_in.enrolment import after_added, enrolment_page
from alarm_center.web.sign_in.factor_pages import (
    ACCOUNT_PATHS,
    FACTORS,
    PENDING_PATHS,
    asked_viewer,
    form_goal,
    paths_of,
    with_goal,
)
from alarm_center.web.sign_in.password import sign_in_page
from alarm_center.web.sign_in.second_factor import finish, proof_page
from alarm_center.web.sign_in.session import begin_session
from alarm_center.words import page_words

routes = web.RouteTableDef()
_log = structlog.get_logger(__name__)


def _party(request: web.Request) -> RelyingParty:
    party = request.app[SETTINGS].party
    if party is None:
        raise web.HTTPNotFound
    return party


async def _answer(request: web.Request) -> str:
    return str((await request.post()).get("credential", ""))


async def _new_challenge(request: web.Request, viewer: Viewer, purpose: Purpose) -> bytes:
    challenge = passkeys.new_challenge()
    async with request.app[SIGN_IN_MEMORY].transaction(viewer) as tx:
        await second_factors.make_challenge(tx, purpose, challenge)
    return challenge


async def _verified(request: web.Request, viewer: Viewer, purpose: Purpose) -> tuple[bytes, int]:
    """Return the id of the passkey that has signed this browser's challenge, and its new count.

    Raises:
        PasskeyRefused: none has.
    """
    answer = await _answer(request)
    async with request.app[SIGN_IN_MEMORY].transaction(viewer) as tx:
        challenge = await second_factors.take_challenge(tx, purpose)
    if challenge is None:
        raise PasskeyRefused("no challenge")
    credential_id = passkeys.credential_of(answer)
    async with request.app[SIGN_IN_MEMORY].transaction(viewer) as tx:
        kept = await second_factors.passkey(tx, credential_id)
    if kept is None:
        raise PasskeyRefused("unknown passkey")
    known = NewPasskey(credential_id, kept.public_key, kept.sign_count)
    return credential_id, passkeys.verify_signed(_party(request), answer, challenge, known, kept.user_id)


# ---- to sign in, without a login ----


def _form_viewer(request: web.Request) -> Viewer:
    """Return the scope of a browser that nobody has signed in with: its form's token."""
    return second_factors.asked(form_token(request) or "")


@routes.post("/login/passkey/options")
@open_to(Opening.EVERYBODY)
async def options_to_sign_in(request: web.Request) -> web.StreamResponse:
    """Return the options by which a browser signs in with a passkey that it finds."""
    await check_open_form(request)
    party = _party(request)
    challenge = await _new_challenge(request, _form_viewer(request), "sign_in")
    return web.json_response(text=passkeys.options_to_prove(party, challenge))


@routes.post("/login/passkey")
@open_to(Opening.EVERYBODY)
async def sign_in_by_passkey(request: web.Request) -> web.StreamResponse:
    """Sign the passkey's owner in."""
    await check_open_form(request)
    viewer, goal = _form_viewer(request), await form_goal(request)
    try:
        credential_id, count = await _verified(request, viewer, "sign_in")
        async with request.app[SIGN_IN_MEMORY].transaction(viewer) as tx:
            proof = await second_factors.sign_in_by_passkey(tx, credential_id, count)
        if proof is None:
            raise PasskeyRefused("count gone back")
    except PasskeyRefused as refused:
        _log.warning("passkey_refused", reason=str(refused))
        return sign_in_page(request, goal, wrong=speech_of(request)(page_words.PASSKEY_REFUSED), status=403)
    return await begin_session(request, proof, goal)


# ---- to show a second factor ----


async def options_to_prove(request: web.Request) -> web.StreamResponse:
    """Return the options by which a browser signs with one of the person's passkeys."""
    party = _party(request)
    challenge = await _new_challenge(request, asked_viewer(request), "prove")
    has = [each.credential_id for each in request[FACTORS].passkeys]
    return web.json_response(text=passkeys.options_to_prove(party, challenge, has))


async def prove_by_passkey(request: web.Request) -> web.StreamResponse:
    """Take one of the person's own passkeys as their second factor."""
    viewer, goal = asked_viewer(request), await form_goal(request)
    try:
        credential_id, count = await _verified(request, viewer, "prove")
        async with request.app[SIGN_IN_MEMORY].transaction(viewer) as tx:
            if not await second_factors.use_passkey(tx, credential_id, count):
                raise PasskeyRefused("another user's, or count gone back")
    except PasskeyRefused as refused:
        _log.warning("passkey_refused", reason=str(refused))
        return proof_page(request, goal, speech_of(request)(page_words.PASSKEY_REFUSED), status=403)
    return await finish(request, goal)


# ---- to add one ----


async def options_to_add(request: web.Request) -> web.StreamResponse:
    """Return the options by which a browser makes a passkey."""
    party, mine = _party(request), request[FACTORS]
    if not mine.may_change:
        raise web.HTTPForbidden(text=text_for(request, page_words.SHOW_FACTOR_FIRST))
    challenge = await _new_challenge(request, asked_viewer(request), "add")
    has = [each.credential_id for each in mine.passkeys]
    return web.json_response(text=passkeys.options_to_add(party, mine.user_id, mine.login, has, challenge))


async def add_passkey(request: web.Request) -> web.StreamResponse:
    """Add the passkey that the browser has made."""
    party, goal, answer = _party(request), await form_goal(request), await _answer(request)
    if not request[FACTORS].may_change:
        return redirect(with_goal(paths_of(request).prove, goal))
    try:
        async with request.app[SIGN_IN_MEMORY].transaction(asked_viewer(request)) as tx:
            challenge = await second_factors.take_challenge(tx, "add")
        if challenge is None:
            raise PasskeyRefused("no challenge")
        made = passkeys.verify_new(party, answer, challenge)
        async with request.app[SIGN_IN_MEMORY].transaction(asked_viewer(request)) as tx:
            if not await second_factors.add_passkey(tx, made.credential_id, made.public_key, made.sign_count):
                raise PasskeyRefused("known already")
    except PasskeyRefused as refused:
        _log.warning("passkey_refused", reason=str(refused))
        return enrolment_page(request, goal, speech_of(request)(page_words.PASSKEY_REFUSED), status=403)
    return await after_added(request, goal)


for _paths in (PENDING_PATHS, ACCOUNT_PATHS):
    routes.post(f"{_paths.prove}/options")(_paths.guard(options_to_prove))
    routes.post(f"{_paths.prove}/passkey")(_paths.guard(prove_by_passkey))
    routes.post(f"{_paths.enrol}/options")(_paths.guard(options_to_add))
    routes.post(f"{_paths.enrol}/passkey")(_paths.guard(add_passkey))
