"""Sign-out at an identity provider, which a person's own sign-out goes on to, and by one: a word of its that ends sessions here."""

from typing import Final
from urllib.parse import urlencode

import structlog
from aiohttp import web

from alarm_center import metrics
from alarm_center.identity.oidc import SignInFault, SignInRefused
from alarm_center.identity.oidc_logout import LogoutNotice, open_hint, verify_logout_token
from alarm_center.store import oidc as store
from alarm_center.store.memory import real_now
from alarm_center.store.oidc import BegunBy
from alarm_center.web.app_keys import SETTINGS, SIGN_IN_MEMORY
from alarm_center.web.page import cookie_of, del_cookie, render
from alarm_center.web.route_access import Opening, open_to
from alarm_center.web.sign_in.oidc import CLIENTS, HINT_KEY, client_of
from alarm_center.web.sign_in.provider_client import ProviderClient

routes = web.RouteTableDef()

_LONGEST_TOKEN: Final = 16 * 1024
_log = structlog.get_logger(__name__)


async def leave(request: web.Request, begun_by: BegunBy) -> web.Response | None:
    """Return the page that signs out at the provider as well; ``None`` where that is not wanted, it has no such address, or is away."""
    client = request.app[CLIENTS].find(begun_by.provider)
    if client is None or not client.provider.logout:
        return None
    try:
        end = (await client.document()).end_session_endpoint
    except SignInRefused:
        end = None
    if end is None:
        return None
    hint = open_hint(begun_by.sealed_hint, cookie_of(request, HINT_KEY))
    back = {
        "client_id": client.provider.client_id,
        "post_logout_redirect_uri": f"{request.app[SETTINGS].public_url}/login",
        **({"id_token_hint": hint} if hint is not None else {}),
    }
    goal = f"{end}{'&' if '?' in end else '?'}{urlencode(back)}"
    response = render(request, "sign_in/onward.html", {"goal": goal, "title": client.provider.title, "leaving": True})
    del_cookie(request, response, HINT_KEY)
    return response


@routes.post("/login/oidc/logout/{provider}")
@open_to(Opening.EVERYBODY)
async def end_sessions(request: web.Request) -> web.StreamResponse:
    """End the sessions that the provider says have ended, in all replicas; their streams end within two seconds.

    The request is the provider's own, from machine to machine: no browser's cookie counts, so there is no form token to ask for.
    The signature of what it brings is what it is held to. A wrong one costs the comparison of a signature.
    """
    client = client_of(request)
    token = str((await request.post()).get("logout_token", ""))
    try:
        if len(token) > _LONGEST_TOKEN:
            raise SignInRefused(SignInFault.CLAIMS, "too long")
        ended = await _end(request, client, token)
    except SignInRefused as refused:
        _log.warning("oidc_logout_refused", provider=client.provider.name, fault=refused.fault, detail=refused.detail)
        metrics.OIDC_LOGOUTS.labels(client.provider.name, refused.fault.value).inc()
        # A provider that cannot be asked for its keys may say it again.
        status = 503 if refused.fault is SignInFault.UNREACHABLE else 400
        return web.json_response({"error": "invalid_request"}, status=status)
    _log.info("oidc_logout_received", provider=client.provider.name, sessions=ended)
    metrics.OIDC_LOGOUTS.labels(client.provider.name, "ended").inc()
    return web.Response()


async def _end(request: web.Request, client: ProviderClient, token: str) -> int:
    """End what a logout token ends; return how many sessions that were.

    Raises:
        SignInRefused: it is not the provider's, not for us, or was heard before.
    """
    provider = client.provider
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        at = int((await real_now(tx)).timestamp())
    try:
        notice = await _verified(request, client, token, at, unknown=False)
    except SignInRefused as refused:
        if refused.fault is not SignInFault.KEY:
            raise
        notice = await _verified(request, client, token, at, unknown=True)
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        ended = await store.end_provider_sessions(tx, provider.issuer, notice.notice, notice.subject, notice.session)
    if ended is None:
        raise SignInRefused(SignInFault.REPLAYED)
    return ended


async def _verified(
    request: web.Request, client: ProviderClient, token: str, at: int, *, unknown: bool
) -> LogoutNotice:
    keys = await client.keys(unknown=unknown)
    return verify_logout_token(client.provider, keys, token, request.app[SETTINGS].subject_key, at)
