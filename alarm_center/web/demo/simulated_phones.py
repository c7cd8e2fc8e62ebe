"""Page of the demo's phones: the messages of each, and answers by typing, by buttons or by the keys of a call."""

import re
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from alarm_center.core.replies import carer_actions
from alarm_center.web.app_keys import PHONES, ZONE
from alarm_center.web.auth import check_open_form
from alarm_center.web.page import redirect, render, speech_of, text_for
from alarm_center.web.route_access import Opening, open_to
from alarm_center.words import page_words

routes = web.RouteTableDef()

_LONGEST: Final = 4000
_LINK: Final = re.compile(r"https?://\S+?/u/([A-Za-z0-9_-]{6,24})")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an SMS: plain text, or a link of ours, led to this host whatever host the town's SMS name."""

    text: str
    link: str = ""


def pieces(body: str) -> list[Piece]:
    """Return *body* with its links apart."""
    return [
        Piece(part, f"/u/{found[1]}" if (found := _LINK.fullmatch(part)) else "")
        for part in re.split(r"(https?://\S+)", body)
        if part
    ]


def _phones_context(request: web.Request) -> dict[str, Any]:
    phones = request.app[PHONES]
    shown = [(phone, phones.owner(phone), list(phones.messages(phone))) for phone in sorted(phones.phones())]
    language = speech_of(request).language
    digits = [(digit, row.label.said(language)) for digit, row in carer_actions.TABLE.by_digit.items() if row.label]
    return {"phones": shown, "zone": ZONE, "digits": digits}


@routes.get("/phone")
@open_to(Opening.DEMO)
async def show_phones(request: web.Request) -> web.StreamResponse:
    """Show every phone."""
    return render(request, "phone.html", _phones_context(request))


@routes.get("/fragments/phone")
@open_to(Opening.DEMO)
async def show_phones_fragment(request: web.Request) -> web.StreamResponse:
    """Show the phones alone."""
    return render(request, "parts/phones.html", _phones_context(request))


@routes.post("/phone/reply")
@open_to(Opening.DEMO)
async def reply(request: web.Request) -> web.StreamResponse:
    """Answer from a phone."""
    await check_open_form(request)
    form = await request.post()
    phone, sender = str(form.get("phone", "")), str(form.get("sender", ""))
    text = str(form.get("key", "") or form.get("text", ""))[:_LONGEST]
    if phone not in request.app[PHONES].phones():
        raise web.HTTPNotFound(text=text_for(request, page_words.NO_SUCH_PHONE))
    await request.app[PHONES].reply(phone, sender, text)
    if "X-Fragment" in request.headers:
        return web.Response(status=204)
    return redirect("/phone")
