"""Page drawing: templates a language, the request's person, language and theme; path ids, redirects, form tokens, cookies."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import aiohttp_jinja2
import jinja2
from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.store.web_sessions import SignedIn
from alarm_center.web.app_keys import PHONES, SETTINGS
from alarm_center.words import code_words, look_words, resident_words
from alarm_center.words.catalogues import LANGUAGES, SPEECHES, Speech, best_language, translations

PERSON: Final = web.RequestKey("person", SignedIn)
"""The person who is signed in, set by auth.require_sign_in."""

READING: Final = frozenset({"GET", "HEAD"})
"""Methods that ask for a page. HEAD answers as GET does, without the page; any other brings a form with its token."""
THEMES: Final = ("auto", "dark", "light")
_DUSK, _DAWN = 20, 7
TEMPLATES: Final = Path(__file__).parent / "templates"
_ENVIRONMENTS: Final = {language: web.AppKey(f"templates_{language}", jinja2.Environment) for language in LANGUAGES}
_FORM: Final = "fjt_form"


def set_up_templates(app: web.Application, **filters: Callable[..., Any]) -> None:
    """Give *app* its templates, and the templates *filters*."""
    for language, key in _ENVIRONMENTS.items():
        environment = aiohttp_jinja2.setup(
            app,
            app_key=key,
            loader=jinja2.FileSystemLoader(TEMPLATES),
            extensions=["jinja2.ext.i18n"],
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
        speech = SPEECHES[language]
        environment.globals.update(speech=speech, language=language, words=code_words)
        environment.filters.update(
            translate=speech,
            number=speech.number,
            at=speech.clock,
            day=speech.day,
            dated=speech.dated,
            month=speech.month,
            iso=_iso,
            **filters,
        )
        worded = (
            resident_words.about,
            resident_words.door,
            resident_words.facts,
            resident_words.warnings,
            resident_words.contact,
            resident_words.risk,
        )
        of_looks = (look_words.cause_words, look_words.view_words, look_words.length_words, look_words.role_words)
        for words in (*worded, *of_looks):
            environment.filters[words.__name__] = partial(words, speech=speech)


def _iso(instant: datetime | None) -> str:
    return instant.isoformat() if instant is not None else ""


def speech_of(request: web.Request) -> Speech:
    """Return the words of the language that the person chose, or of the browser's first that we have."""
    chosen = cookie_of(request, "fjt_language") or ""
    if chosen not in SPEECHES:
        chosen = best_language(request.headers.get("Accept-Language", ""))
    return SPEECHES[chosen]


def text_for(request: web.Request, text: str) -> str:
    """Return *text* in the request's language."""
    return speech_of(request)(text)


def theme_of(request: web.Request) -> str:
    """Return ``dark``, ``light`` or ``auto``; auto follows the system by day and is dark at night."""
    chosen = cookie_of(request, "fjt_theme") or "auto"
    return chosen if chosen in THEMES else "auto"


def render(
    request: web.Request, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> web.Response:
    """Return *template* drawn with *context*; a page with a form gets the token that the form has to bring back."""
    person, said = request.get(PERSON), context or {}
    form = form_token(request) or secrets.token_urlsafe(24)
    response = aiohttp_jinja2.render_template(
        template,
        request,
        {
            "csrf": person.csrf if person else form,
            "person": person,
            "theme": theme_of(request),
            "shade": _drawn_theme(request, said),
            "training": request.app[SETTINGS].training,
            "has_phones": PHONES in request.app,
            "providers": request.app[SETTINGS].providers,
            "cover_after": request.app[SETTINGS].cover_after_s,
            "undo_after": request.app[SETTINGS].undo_s,
            "path": request.path,
            **said,
        },
        app_key=_ENVIRONMENTS[speech_of(request).language],
        status=status,
    )
    if person is None and form_token(request) != form:
        set_cookie(request, response, _FORM, form)
    return response


def environment_of(request: web.Request) -> jinja2.Environment:
    """Return the templates in the request's language."""
    return request.app[_ENVIRONMENTS[speech_of(request).language]]


def _drawn_theme(request: web.Request, context: Mapping[str, Any]) -> str:
    """Return the chosen theme; auto is dark at night, where the page knows the hour."""
    theme = theme_of(request)
    if theme == "auto" and "now" in context:
        hour = context["now"].astimezone(ZoneInfo(context.get("zone", "UTC"))).hour
        return "dark" if hour >= _DUSK or hour < _DAWN else theme
    return theme


def path_uuid(request: web.Request, name: str) -> UUID:
    """Return the id that stands in the path under *name*.

    Raises:
        NotFound: it is no id.
    """
    try:
        return UUID(request.match_info[name])
    except ValueError as error:
        raise NotFound(request.match_info[name]) from error


def page_number(request: web.Request) -> int:
    """Return the page of a list that the address asks for; the first if it names none."""
    text = request.query.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def redirect(path: str) -> web.Response:
    """Return the answer that sends a browser on to *path*."""
    return web.Response(status=303, headers={"Location": path})


def redirect_or_tell(request: web.Request, goal: str) -> web.Response:
    """Return the answer that sends a browser on to *goal*; a script is told, and goes there unless it is there already."""
    if "X-Fragment" in request.headers:
        return web.Response(status=204, headers={"X-Go": goal})
    return redirect(goal)


def form_token(request: web.Request) -> str | None:
    """Return the token that a form of somebody who is not signed in has to bring back."""
    return cookie_of(request, _FORM)


_PLAIN_NAMES: Final = ("fjt_link_", "fjt_language", "fjt_theme")
"""Cookies that keep the name that release 0.2.0 gave them: a carer has a case open behind one."""


def _cookie_names(request: web.Request, name: str) -> tuple[str, ...]:
    """Return the names under which a browser keeps the cookie: by https one that no other host of the domain can set.

    Replicas of release 0.2.0 know the plain name alone. During a rollout a browser keeps both, and the plain one counts first:
    whichever replica signed the person in has set it.
    """
    settings = request.app[SETTINGS]
    if not settings.https or name.startswith(_PLAIN_NAMES):
        return (name,)
    own = f"__Host-{name}"
    return (name, own) if settings.rollout else (own,)


def cookie_of(request: web.Request, name: str) -> str | None:
    """Return the cookie that :func:`set_cookie` gave *name*."""
    brought = (request.cookies.get(each) for each in _cookie_names(request, name))
    return next((value for value in brought if value is not None), None)


def complete_cookie(request: web.Request, response: web.StreamResponse, name: str, value: str) -> None:
    """Give the browser the names of a session's cookie that it lacks, so that the session outlives a rollout.

    A replica of release 0.2.0, which began it, gave it the plain name alone. An answer that sets or ends the cookie stays as it is.
    """
    names = _cookie_names(request, name)
    touched = response.prepared or any(each in response.cookies for each in names)
    if not touched and any(each not in request.cookies for each in names):
        set_cookie(request, response, name, value)


def del_cookie(request: web.Request, response: web.StreamResponse, name: str) -> None:
    """Have the browser forget the cookie that :func:`set_cookie` gave *name*."""
    for each in _cookie_names(request, name):
        response.del_cookie(each, path="/", secure=request.app[SETTINGS].https)


def set_cookie(
    request: web.Request,
    response: web.StreamResponse,
    name: str,
    value: str,
    *,
    max_age: int | None = None,
    samesite: str = "Strict",
) -> None:
    """Set a cookie that scripts cannot read and, being strict, other sites cannot have sent."""
    for each in _cookie_names(request, name):
        response.set_cookie(
            each,
            value,
            max_age=max_age,
            httponly=True,
            samesite=samesite,
            secure=request.app[SETTINGS].https,
            path="/",
        )
