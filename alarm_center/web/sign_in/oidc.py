"""Sign-in by an identity provider: the way there and back, and the choice of an assignment.

The answer comes from another site, to which browsers send no strict cookie. So a request under way has a lax one of its own,
and the answer is a page that leads on: from there the session's cookie goes with the next request.
"""

import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

import structlog
from aiohttp import web

from alarm_center import metrics
from alarm_center.identity import oidc
from alarm_center.identity.oidc import Offer, OidcIdentity, SignInFault, SignInRefused, SignInSecrets
from alarm_center.identity.oidc_logout import seal_hint
from alarm_center.identity.tokens import token_hash
from alarm_center.oidc_settings import Accounts, OidcProvider
from alarm_center.store import oidc as store
from alarm_center.store.memory import now, real_now
from alarm_center.store.oidc import ClaimedRoles, OidcRequest, OidcSession, ProvedIdentity
from alarm_center.web.app_keys import SETTINGS, SIGN_IN_MEMORY
from alarm_center.web.auth import COOKIE, check_open_form, own_path
from alarm_center.web.page import cookie_of, del_cookie, redirect, render, set_cookie, speech_of
from alarm_center.web.route_access import Opening, open_to
from alarm_center.web.sign_in.provider_client import ProviderClient, ProviderClients
from alarm_center.web.sign_in.session import brought_hash, give_session, join_desk
from alarm_center.words import page_words
from schemas.vocabulary import Role

routes = web.RouteTableDef()

CLIENTS: Final = web.AppKey("oidc_clients", ProviderClients)
_REQUEST: Final = "fjt_oidc"
"""The cookie that binds a request under way to its browser."""
_PROOF: Final = "fjt_proof"
"""The cookie of somebody who is verified and has not chosen an assignment yet."""
HINT_KEY: Final = "fjt_hint"
"""The cookie with the key of the session's hint for the provider's sign-out. It opens nothing else."""
_MINUTES: Final = 10
"""The time for a request, and for a choice (revision 0004_sign_in)."""

_log = structlog.get_logger(__name__)

_TEXT_OF: Final = {
    SignInFault.STATE: page_words.PROVIDER_REQUEST_OVER,
    SignInFault.CANCELLED: page_words.PROVIDER_CANCELLED,
    SignInFault.UNREACHABLE: page_words.PROVIDER_AWAY,
    SignInFault.ACR: page_words.PROVIDER_TOO_WEAK,
    SignInFault.UNKNOWN: page_words.PROVIDER_NO_ACCOUNT,
    SignInFault.NO_ASSIGNMENT: page_words.PROVIDER_NO_ASSIGNMENT,
}


async def close_clients(app: web.Application) -> None:
    """Close the connections to the providers, with the application."""
    await app[CLIENTS].close()


@routes.get("/login/oidc/{provider}")
@open_to(Opening.EVERYBODY)
async def begin(request: web.Request) -> web.StreamResponse:
    """Send the browser to the provider, with a request that only this browser can bring back."""
    client = client_of(request)
    state, browser = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    try:
        document = await client.document()
    except SignInRefused as refused:
        return _refuse(request, client.provider, refused)
    goal = own_path(request.query.get("next", "/"))
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        await store.begin_request(tx, state, browser, OidcRequest(client.provider.name, goal))
    address = oidc.authorization_address(
        client.provider,
        document,
        _redirect_address(request, client.provider),
        state,
        SignInSecrets.of(browser, state),
        # Somebody who is signed in here comes to be verified once more.
        again=cookie_of(request, COOKIE) is not None,
        login_hint=request.query.get("login_hint", "")[:200],
    )
    response = redirect(address)
    set_cookie(request, response, _REQUEST, browser, max_age=_MINUTES * 60, samesite="Lax")
    return response


@routes.get("/login/oidc/callback/{provider}")
@open_to(Opening.EVERYBODY)
async def come_back(request: web.Request) -> web.StreamResponse:
    """Take the provider's answer: begin the session, offer the assignments, or say in plain words why not."""
    client = client_of(request)
    try:
        return await _sign_in(request, client)
    except SignInRefused as refused:
        return _refuse(request, client.provider, refused)


@routes.get("/login/assignment")
@open_to(Opening.EVERYBODY)
async def show_assignments(request: web.Request) -> web.StreamResponse:
    """Show the assignments that the verified person may choose among; where there is nothing to choose, begin the session."""
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        offered = await store.offered(tx, cookie_of(request, _PROOF) or "")
    if len(offered) > 1:
        return render(request, "sign_in/assignment.html", {"offered": offered})
    return await _begin_session(request, offered[0].number if offered else None)


@routes.post("/login/assignment")
@open_to(Opening.EVERYBODY)
async def choose_assignment(request: web.Request) -> web.StreamResponse:
    """Begin the session under the assignment that was chosen."""
    await check_open_form(request)
    number = str((await request.post()).get("number", ""))
    if not (number.isascii() and number.isdigit() and len(number) < 5):
        return redirect("/login/assignment")
    return await _begin_session(request, int(number))


async def _sign_in(request: web.Request, client: ProviderClient) -> web.Response:
    """Return the page that leads on from an answer that is right.

    Raises:
        SignInRefused: it is not.
    """
    provider, query = client.provider, request.query
    state, browser = query.get("state", ""), (cookie_of(request, _REQUEST) or "")
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        asked = await store.take_request(tx, state, browser)
        at = int((await real_now(tx)).timestamp())
    if asked is None or asked.provider != provider.name:
        raise SignInRefused(SignInFault.STATE)
    document = await client.document()
    oidc.check_answer_issuer(document, query.get("iss"))
    if "error" in query:
        cancelled = query["error"] in ("access_denied", "login_required", "interaction_required")
        raise SignInRefused(SignInFault.CANCELLED if cancelled else SignInFault.PROVIDER)
    if not query.get("code"):
        raise SignInRefused(SignInFault.PROVIDER, "code")
    own = SignInSecrets.of(browser, state)
    tokens = await client.tokens(query["code"], own.verifier, _redirect_address(request, provider))
    keys = await client.keys()
    try:
        claims = oidc.verify_id_token(provider, keys, tokens.id_token, own.nonce, tokens.access_token, at)
    except SignInRefused as refused:
        if refused.fault is not SignInFault.KEY:
            raise
        keys = await client.keys(unknown=True)
        claims = oidc.verify_id_token(provider, keys, tokens.id_token, own.nonce, tokens.access_token, at)
    identity = oidc.identity_of(provider, claims, request.app[SETTINGS].subject_key)
    ago = timedelta(seconds=max(0, at - identity.verified_at) if identity.verified_at is not None else 0)
    return await _let_in(request, provider, identity, ago, asked.goal, tokens.id_token)


async def _let_in(
    request: web.Request, provider: OidcProvider, identity: OidcIdentity, ago: timedelta, goal: str, id_token: str
) -> web.Response:
    """Note that the person is verified, and which assignments are theirs; return the page that leads on."""
    proof, hint_key = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    claimed = [_claimed(offer) for offer in identity.offers]
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        if provider.accounts is Accounts.MADE:
            # Also where nothing is claimed any more: then what was given by claims ends, and that is committed.
            by_town = _by_town(claimed)
            if by_town:
                await store.keep_claimed_person(tx, identity.issuer, identity.subject_hash, identity.name, by_town)
            else:
                await store.end_claimed_memberships(tx, identity.issuer, identity.subject_hash, [])
        proved = await store.prove(
            tx,
            proof,
            ProvedIdentity(
                identity.issuer,
                identity.subject_hash,
                provider.name,
                identity.acr,
                ago,
                goal,
                identity.provider_subject,
                identity.provider_session,
                seal_hint(id_token, hint_key) if provider.logout else None,
            ),
        )
        usable = [n for n, each in enumerate(claimed) if proved and await store.offer(tx, proof, n, each)]
    if not proved:
        raise SignInRefused(SignInFault.UNKNOWN)
    if provider.assignments and not usable:
        raise SignInRefused(SignInFault.NO_ASSIGNMENT)
    # From our own page on, the browser sends its strict cookies again: the session that it has, and its desk.
    response = render(request, "sign_in/onward.html", {"goal": "/login/assignment", "title": "", "leaving": False})
    set_cookie(request, response, _PROOF, proof, max_age=_MINUTES * 60)
    if provider.logout:
        set_cookie(request, response, HINT_KEY, hint_key)
    del_cookie(request, response, _REQUEST)
    _log.info("oidc_sign_in_verified", provider=provider.name, choices=len(usable))
    metrics.OIDC_SIGN_INS.labels(provider.name, "verified").inc()
    return response


async def _begin_session(request: web.Request, number: int | None) -> web.Response:
    """Begin the session of the verified person and go to the page that was asked for; without one, to the sign-in.

    *number* is the assignment's; ``None`` where the provider gives none.
    """
    token = secrets.token_urlsafe(32)
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        begins = await now(tx)
        goal = await store.begin_session(
            tx,
            cookie_of(request, _PROOF) or "",
            number,
            OidcSession(
                token_hash=token_hash(token),
                begins=begins,
                ends=begins + timedelta(hours=request.app[SETTINGS].session_hours),
                csrf=secrets.token_urlsafe(24),
                brought=brought_hash(request),
            ),
        )
        desk = await join_desk(request, tx, token)
    if goal is None:
        return redirect("/login")
    response = redirect(goal)
    give_session(request, response, token, desk)
    del_cookie(request, response, _PROOF)
    return response


def _refuse(request: web.Request, provider: OidcProvider, refused: SignInRefused) -> web.Response:
    """Return the plain page that says why nobody is signed in; the log and the metric say it in one word."""
    fault = refused.fault
    _log.warning("oidc_sign_in_refused", provider=provider.name, fault=fault.value, detail=refused.detail)
    metrics.OIDC_SIGN_INS.labels(provider.name, fault.value).inc()
    text = speech_of(request)(_TEXT_OF.get(fault, page_words.PROVIDER_UNTRUSTED), provider=provider.title)
    away = fault is SignInFault.UNREACHABLE
    response = render(request, "sign_in/refused.html", {"text": text, "away": away}, status=503 if away else 403)
    del_cookie(request, response, _REQUEST)
    return response


def client_of(request: web.Request) -> ProviderClient:
    """Return the provider that stands in the path.

    Raises:
        web.HTTPNotFound: there is none of that name.
    """
    found = request.app[CLIENTS].find(request.match_info["provider"])
    if found is None:
        raise web.HTTPNotFound(text=speech_of(request)(page_words.NOT_FOUND))
    return found


def _redirect_address(request: web.Request, provider: OidcProvider) -> str:
    """Return the address of ours that the provider sends the browser back to: one a provider, so that none is taken for another."""
    return f"{request.app[SETTINGS].public_url}/login/oidc/callback/{provider.name}"


def _claimed(offer: Offer) -> ClaimedRoles:
    given = offer.assignment
    return ClaimedRoles(given.org, given.roles, given.areas, offer.title, given.performers)


def _by_town(claimed: Sequence[ClaimedRoles]) -> list[ClaimedRoles]:
    """Return one for each town, with all that its assignments give together: a person has one membership in a town."""
    towns: dict[str, ClaimedRoles] = {}
    for each in claimed:
        before = towns.get(each.org)
        if before is None:
            towns[each.org] = each
            continue
        roles: set[Role] = {*before.roles, *each.roles}
        areas = _together(before.area_codes, each.area_codes)
        performers = _together(before.performers, each.performers)
        towns[each.org] = ClaimedRoles(each.org, roles, areas, each.title, performers)
    return list(towns.values())


def _together(one: Collection[str] | None, other: Collection[str] | None) -> Collection[str] | None:
    """Return the codes of both; ``None``, which is all of them, where one of the two is."""
    return None if one is None or other is None else {*one, *other}
