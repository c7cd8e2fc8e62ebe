"""Enrolment of second factors: at the first sign-in, and on the account's page, which also removes them and makes recovery codes."""

from binascii import Error as NoHex

from aiohttp import web

from alarm_center.identity import one_time_codes, recovery_codes
from alarm_center.store import second_factors
from alarm_center.web.app_keys import SETTINGS, SIGN_IN_MEMORY, ZONE
from alarm_center.web.page import redirect, render, speech_of
from alarm_center.web.sign_in.factor_pages import (
    ACCOUNT_PATHS,
    FACTORS,
    PENDING_PATHS,
    asked_viewer,
    form_goal,
    goal_of,
    paths_of,
    with_goal,
)
from alarm_center.web.sign_in.second_factor import finish
from alarm_center.words import page_words

routes = web.RouteTableDef()


async def show_enrolment(request: web.Request) -> web.StreamResponse:
    """Offer a passkey first, and an app instead; somebody with a factor has to show it first."""
    mine, goal = request[FACTORS], goal_of(request)
    if not mine.may_change:
        return redirect(with_goal(paths_of(request).prove, goal))
    if request.app[SETTINGS].party is None:
        return redirect(with_goal(f"{paths_of(request).enrol}/app", goal))
    return enrolment_page(request, goal)


def enrolment_page(request: web.Request, goal: str, wrong: str = "", *, status: int = 200) -> web.Response:
    """Return the page that factors are added on."""
    if request[FACTORS].pending:
        shown = {"wrong": wrong, "next": goal, "paths": paths_of(request)}
        return render(request, "sign_in/enrol.html", shown, status=status)
    return render(request, "sign_in/factors.html", {**factors_shown(request), "wrong": wrong}, status=status)


async def show_app(request: web.Request) -> web.StreamResponse:
    """Show the secret to type into an app, and ask for a code of it."""
    if not request[FACTORS].may_change:
        return redirect(with_goal(paths_of(request).prove, _own_goal(request)))
    return await _app_page(request, goal_of(request))


async def _app_page(request: web.Request, goal: str, wrong: str = "", *, status: int = 200) -> web.Response:
    async with request.app[SIGN_IN_MEMORY].transaction(asked_viewer(request)) as tx:
        secret = await second_factors.offer_secret(tx, one_time_codes.new_secret())
    shown = {
        "wrong": wrong,
        "next": goal,
        "paths": paths_of(request),
        "groups": [secret[at : at + 4] for at in range(0, len(secret), 4)],
        "address": one_time_codes.app_address(secret, request[FACTORS].login),
        "pending": request[FACTORS].pending,
    }
    return render(request, "sign_in/app.html", shown, status=status)


async def confirm_app(request: web.Request) -> web.StreamResponse:
    """Add the app, once a code of the shown secret is brought."""
    goal, code = await form_goal(request), "".join(str((await request.post()).get("code", ""))[:20].split())
    if not request[FACTORS].may_change:
        return redirect(with_goal(paths_of(request).prove, goal))
    async with request.app[SIGN_IN_MEMORY].transaction(asked_viewer(request)) as tx:
        offered = await second_factors.offered_secret(tx)
        step = offered.totp_secret and one_time_codes.matching_step(offered.totp_secret, code, offered.at)
        added = isinstance(step, int) and await second_factors.confirm_secret(tx, step)
    if not added:
        return await _app_page(request, goal, speech_of(request)(page_words.CODE_NOT_OF_KEY), status=403)
    return await after_added(request, goal)


async def after_added(request: web.Request, goal: str) -> web.Response:
    """Go on from a factor that was added: to recovery codes where the person has none left, else to the account."""
    if request[FACTORS].codes_left:
        return redirect(goal)
    return await _codes_page(request, goal)


async def _codes_page(request: web.Request, goal: str) -> web.Response:
    """Make recovery codes and show them, this once."""
    codes = recovery_codes.new_codes()
    async with request.app[SIGN_IN_MEMORY].transaction(asked_viewer(request)) as tx:
        await second_factors.keep_recovery_codes(tx, [recovery_codes.code_hash(code) for code in codes])
    shown = {"codes": codes, "next": goal, "paths": paths_of(request), "pending": request[FACTORS].pending}
    return render(request, "sign_in/codes.html", shown)


async def finish_enrolment(request: web.Request) -> web.StreamResponse:
    """Begin the session after the recovery codes were shown."""
    mine, goal = request[FACTORS], await form_goal(request)
    if not mine.any:
        return redirect(with_goal(PENDING_PATHS.enrol, goal))
    if not mine.may_change:
        return redirect(with_goal(PENDING_PATHS.prove, goal))
    return await finish(request, goal)


# ---- the account ----


async def show_factors(request: web.Request) -> web.StreamResponse:
    """Show the person's factors."""
    return enrolment_page(request, goal_of(request))


def factors_shown(request: web.Request) -> dict[str, object]:
    """Return the values that ``parts/account_factors.html`` is drawn with."""
    mine, settings = request[FACTORS], request.app[SETTINGS]
    return {
        "mine": mine,
        "zone": ZONE,
        "may_remove": mine.count > 1 or not settings.second_factor,
        "by_passkey": settings.party is not None,
        "few_codes": mine.any and mine.codes_left <= recovery_codes.FEW,
    }


async def remove_factor(request: web.Request) -> web.StreamResponse:
    """Remove a passkey or the app; never the last factor where the service requires one."""
    if not request[FACTORS].may_change:
        return redirect(with_goal(ACCOUNT_PATHS.prove, ACCOUNT_PATHS.enrol))
    try:
        credential_id = bytes.fromhex(str((await request.post()).get("passkey", "")))
    except (ValueError, NoHex) as error:
        raise web.HTTPBadRequest(text=speech_of(request)(page_words.UNREADABLE)) from error
    async with request.app[SIGN_IN_MEMORY].transaction(asked_viewer(request)) as tx:
        removed = await second_factors.remove_factor(
            tx, credential_id or None, keep_one=request.app[SETTINGS].second_factor
        )
    if not removed:
        raise web.HTTPConflict(text=speech_of(request)(page_words.LAST_FACTOR))
    return redirect(ACCOUNT_PATHS.enrol)


async def make_codes(request: web.Request) -> web.StreamResponse:
    """Make new recovery codes; the earlier ones are void."""
    mine = request[FACTORS]
    if not mine.may_change:
        return redirect(with_goal(ACCOUNT_PATHS.prove, ACCOUNT_PATHS.enrol))
    if not mine.any:
        return redirect(ACCOUNT_PATHS.enrol)
    return await _codes_page(request, ACCOUNT_PATHS.enrol)


def _own_goal(request: web.Request) -> str:
    """Return where to go on to after a factor was shown: back here, for somebody who is signed in."""
    return goal_of(request) if request[FACTORS].pending else request.path


for _paths in (PENDING_PATHS, ACCOUNT_PATHS):
    routes.get(f"{_paths.enrol}/app")(_paths.guard(show_app))
    routes.post(f"{_paths.enrol}/app")(_paths.guard(confirm_app))
routes.get(PENDING_PATHS.enrol)(PENDING_PATHS.guard(show_enrolment))
routes.post(f"{PENDING_PATHS.enrol}/done")(PENDING_PATHS.guard(finish_enrolment))
routes.get(ACCOUNT_PATHS.enrol)(ACCOUNT_PATHS.guard(show_factors))
routes.post(f"{ACCOUNT_PATHS.enrol}/remove")(ACCOUNT_PATHS.guard(remove_factor))
routes.post(f"{ACCOUNT_PATHS.enrol}/codes")(ACCOUNT_PATHS.guard(make_codes))
