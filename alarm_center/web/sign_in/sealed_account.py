"""Sign-in by a sealed account (break-glass), when the identity provider is away: two halves, brought by two people with names."""

import secrets
from typing import Final

import structlog
from aiohttp import web

from alarm_center import metrics
from alarm_center.identity.sealed_halves import read_half
from alarm_center.identity.tokens import token_hash
from alarm_center.store import sealed_accounts
from alarm_center.store.sealed_accounts import BroughtHalves, OpenedAccount, SealedResult
from alarm_center.web.app_keys import MEMORY, SIGN_IN_MEMORY
from alarm_center.web.auth import check_open_form, own_path
from alarm_center.web.client_address import client_address
from alarm_center.web.page import redirect, render, speech_of
from alarm_center.web.route_access import Opening, open_to
from alarm_center.web.sign_in.session import brought_hash, give_session, join_desk
from alarm_center.words import page_words

routes = web.RouteTableDef()

_NAME_CHARACTERS: Final = 60
_log = structlog.get_logger(__name__)


@routes.get("/login/reserve")
@open_to(Opening.EVERYBODY)
async def show_sealed(request: web.Request) -> web.StreamResponse:
    """Show the form for two halves; ``?trial`` tries them and signs nobody in."""
    return _form_page(request, trial="trial" in request.query, goal=own_path(request.query.get("next", "/")))


@routes.post("/login/reserve")
@open_to(Opening.EVERYBODY)
async def open_sealed(request: web.Request) -> web.StreamResponse:
    """Open the account of two halves for a shift, or try it; tell everybody either way."""
    await check_open_form(request)
    form = await request.post()
    trial, goal = form.get("trial") == "1", own_path(str(form.get("next", "/")))
    names = (_name(form.get("first_name")), _name(form.get("second_name")))
    speech = speech_of(request)
    if not all(len(name) > 1 for name in names) or names[0].casefold() == names[1].casefold():
        return _form_page(request, speech(page_words.SEALED_NAMES), trial=trial, names=names, goal=goal, status=422)
    token = secrets.token_urlsafe(32)
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        opened = await sealed_accounts.open_account(
            tx,
            BroughtHalves(
                half=read_half(str(form.get("first_half", ""))),
                other_half=read_half(str(form.get("second_half", ""))),
                name=names[0],
                other_name=names[1],
                trial=trial,
                address=client_address(request),
                token_hash=token_hash(token),
                csrf=secrets.token_urlsafe(24),
                brought=brought_hash(request),
            ),
        )
        desk = await join_desk(request, tx, token)
    _tell(request, opened)
    match opened.result:
        case SealedResult.OPENED:
            response = redirect(goal)
            give_session(request, response, token, desk)
            return response
        case SealedResult.TRIED:
            return render(request, "sign_in/tried.html", {"org": opened.org, "number": opened.number})
        case SealedResult.WRONG:
            text, status = page_words.SEALED_WRONG, 403
        case SealedResult.WAIT:
            text, status = page_words.TOO_MANY_TRIES, 429
    return _form_page(request, speech(text), trial=trial, names=names, goal=goal, status=status)


def _tell(request: web.Request, opened: OpenedAccount) -> None:
    """Log and count what became of the halves; nobody's name stands in it."""
    metrics.SEALED_ACCOUNTS.labels(opened.result.value).inc()
    about = {"org": opened.org, "number": opened.number}
    if opened.result is SealedResult.OPENED:
        _log.critical("sealed_account_opened", **about)
    elif opened.result is SealedResult.TRIED:
        _log.warning("sealed_account_tried", **about)
    else:
        _log.warning("sealed_account_refused", result=opened.result.value)
    request.app[MEMORY].hint()


def _form_page(
    request: web.Request,
    wrong: str = "",
    *,
    trial: bool,
    goal: str,
    names: tuple[str, str] = ("", ""),
    status: int = 200,
) -> web.Response:
    shown = {"wrong": wrong, "trial": trial, "names": names, "next": goal}
    return render(request, "sign_in/reserve.html", shown, status=status)


def _name(given: object) -> str:
    """Return a name in one line, as boards show it."""
    return " ".join(str(given or "").split())[:_NAME_CHARACTERS]
