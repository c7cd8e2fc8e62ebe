"""Draws pages: one template environment a language, and what every page knows of its request."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import aiohttp_jinja2
import jinja2
from aiohttp import web

from alarm_center.store.users import SignedIn
from alarm_center.web import resident_words, words
from alarm_center.web.catalogues import LANGUAGES, SPEECHES, Speech, best_language, translations
from alarm_center.web.keys import PHONES, SETTINGS

PERSON: Final = web.RequestKey("person", SignedIn)
"""Who is signed in, set by auth.signed_in."""

THEMES: Final = ("auto", "dark", "light")
_DUSK, _DAWN = 20, 7
_ENVIRONMENTS: Final = {language: web.AppKey(f"templates_{language}", jinja2.Environment) for language in LANGUAGES}
_FORM: Final = "fjt_form"


def setup(app: web.Application, **filters: Callable[..., Any]) -> None:
    """Give *app* its templates, and *filters* to them."""
    for language, key in _ENVIRONMENTS.items():
        environment = aiohttp_jinja2.setup(
            app,
            app_key=key,
            loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
            extensions=["jinja2.ext.i18n"],
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
        speech = SPEECHES[language]
        environment.globals.update(speech=speech, language=language, words=words)
        environment.filters.update(said=speech, at=speech.clock, day=speech.day, iso=_iso, **filters)
        for of_card in (resident_words.about, resident_words.door, resident_words.facts):
            environment.filters[of_card.__name__] = partial(of_card, speech=speech)


def _iso(instant: datetime | None) -> str:
    return instant.isoformat() if instant is not None else ""


def speech_of(request: web.Request) -> Speech:
    """Return the language that the person chose, or the browser's first that we have."""
    chosen = request.cookies.get("fjt_language", "")
    if chosen not in SPEECHES:
        chosen = best_language(request.headers.get("Accept-Language", ""))
    return SPEECHES[chosen]


def say(request: web.Request, text: str) -> str:
    """Return *text* in the request's language."""
    return speech_of(request)(text)


def theme_of(request: web.Request) -> str:
    """Return ``dark``, ``light`` or ``auto``; auto follows the system by day and is dark at night."""
    chosen = request.cookies.get("fjt_theme", "auto")
    return chosen if chosen in THEMES else "auto"


def render(
    request: web.Request, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> web.Response:
    """Draw *template*; a page with a form gets the token that the form has to bring back."""
    person, said = request.get(PERSON), context or {}
    form = request.cookies.get(_FORM) or secrets.token_urlsafe(24)
    response = aiohttp_jinja2.render_template(
        template,
        request,
        {
            "csrf": person.csrf if person else form,
            "person": person,
            "theme": theme_of(request),
            "shade": _shade(request, said),
            "training": request.app[SETTINGS].training,
            "has_phones": PHONES in request.app,
            "path": request.path,
            **said,
        },
        app_key=_ENVIRONMENTS[speech_of(request).language],
        status=status,
    )
    if person is None and request.cookies.get(_FORM) != form:
        set_cookie(request, response, _FORM, form)
    return response


def _shade(request: web.Request, context: Mapping[str, Any]) -> str:
    """Return the chosen theme; at night, where the page knows the hour, auto is dark."""
    theme = theme_of(request)
    if theme == "auto" and "now" in context:
        hour = context["now"].astimezone(ZoneInfo(context.get("zone", "UTC"))).hour
        return "dark" if hour >= _DUSK or hour < _DAWN else theme
    return theme


def see(path: str) -> web.Response:
    """Send the browser on to *path*."""
    return web.Response(status=303, headers={"Location": path})


def after(request: web.Request, goal: str) -> web.Response:
    """Send a browser on to *goal*; a script is told, and goes there if it isn't there already."""
    if "X-Fragment" in request.headers:
        return web.Response(status=204, headers={"X-Go": goal})
    return see(goal)


def form_token(request: web.Request) -> str | None:
    """Return what a form of somebody who isn't signed in has to bring back."""
    return request.cookies.get(_FORM)


def set_cookie(
    request: web.Request, response: web.StreamResponse, name: str, value: str, *, max_age: int | None = None
) -> None:
    """Set a cookie that scripts cannot read and other sites cannot send."""
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        httponly=True,
        samesite="Strict",
        secure=request.app[SETTINGS].https,
        path="/",
    )
