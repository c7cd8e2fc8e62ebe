"""What the link in the SMS leads to: a question until the case is the carer's, then where to go and how it went.

Who has the link may take the case. Who has taken it sees the address, in the first browser that asks to; a link that is
passed on, or read over a shoulder, shows nothing.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from alarm_center.casework import cases
from alarm_center.core import alarm_events as alarm
from alarm_center.core import carer_actions
from alarm_center.core.carer_actions import Place
from alarm_center.core.case import AlarmState, NoticeState
from alarm_center.store import links, raisings, residents, towns
from alarm_center.store.links import Link
from alarm_center.store.memory import Viewer, now
from alarm_center.web import words
from alarm_center.web.auth import Tries, address_of, check_form, who
from alarm_center.web.catalogues import Speech
from alarm_center.web.keys import MEMORY
from alarm_center.web.page import form_token, render, say, see, set_cookie, speech_of
from schemas.vocabulary import Outcome, Role

routes = web.RouteTableDef()

TRIES: Final = web.AppKey("link_tries", Tries)
"""Wrong links, by address.

Only wrong ones are counted, and only wrong ones are refused: a whole patrol may share one address behind a mobile
network, and nobody's mistyping may keep another from a home in the night. A guesser who is refused still learns of a
right token that it is right; that opens no door. A token has 48 random bits and some hundred belong to an open case:
a thousand guesses a second find one of them in about ninety years, and behind a closed case's there is nothing to see.
Each guess is one look-up in the index of ``notices.token``, before any page is drawn. The limit keeps the service calm;
what keeps the secret is its length.
"""

MINUTES: Final = (10, 20, 40)
_A_DAY_S: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that exists, and whether this browser may see what is behind it."""

    viewer: Viewer
    link: Link
    browser: str
    may_see: bool
    elsewhere: bool
    """Another browser has it."""

    @property
    def theirs(self) -> bool:
        """Whether the notice has taken the case, and the case is open."""
        return self.link.state == NoticeState.TOOK and self.link.alarm.state is not AlarmState.CLOSED


def _cookie(token: str) -> str:
    return f"fjt_link_{hashlib.sha256(token.encode()).hexdigest()[:12]}"


def _mark(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()[:32]


async def _open(request: web.Request) -> Opened:
    """Return what the link in the path leads to.

    Raises:
        web.HTTPNotFound: nothing. web.HTTPTooManyRequests: nothing, as many times before from this address.
        cases.NotFound: its case is gone meanwhile.
    """
    token, memory = request.match_info["token"], request.app[MEMORY]
    async with memory.transaction() as tx:
        viewer = await links.eyes_of(tx, token)
    if viewer is None:
        raise _wrong(request)
    async with memory.transaction(viewer) as tx:
        link = await links.link(tx, token)
        if link is None:
            raise cases.NotFound("no such link")
    browser = request.cookies.get(_cookie(token), "")
    has_it = link.browser
    mine = bool(browser) and has_it is not None and hmac.compare_digest(has_it, _mark(browser))
    person = await who(request)
    org = link.alarm.org
    signed_in = person is not None and person.user_id == link.user_id and person.may_in(org, Role.CARER, Role.LEAD)
    return Opened(viewer, link, browser, mine or signed_in, has_it is not None and not (mine or signed_in))


def _wrong(request: web.Request) -> web.HTTPException:
    """Count a wrong token and return its refusal."""
    tries, address = request.app[TRIES], address_of(request)
    if tries.too_many("/u/", address):
        return web.HTTPTooManyRequests(text=say(request, "För många försök. Vänta fem minuter."))
    tries.failed("/u/", address)
    return web.HTTPNotFound(text=say(request, "Länken gäller inte."))


@routes.get("/u/{token:[A-Za-z0-9_-]{6,24}}")
async def show(request: web.Request) -> web.StreamResponse:
    """Show the question, or the case."""
    return await _show(request, await _open(request))


async def _show(request: web.Request, opened: Opened, said: str = "", status: int = 200) -> web.Response:
    speech, link = speech_of(request), opened.link
    resident, plan, raised = None, None, []
    async with request.app[MEMORY].transaction(opened.viewer) as tx:
        at = await now(tx)
        if opened.theirs and opened.may_see and link.alarm.resident_id is not None:
            resident = await residents.card(tx, link.alarm.resident_id)
            plan = (await towns.home(tx, link.alarm.resident_id)).plan
            raised = await raisings.of_alarm(tx, link.alarm.alarm_id)
    return render(
        request,
        "link.html",
        {
            "link": link,
            "alarm": link.alarm,
            "theirs": opened.theirs,
            "may_see": opened.may_see,
            "elsewhere": opened.elsewhere,
            "wanted": link.alarm.seeks,
            "resident": resident,
            "phone_first": plan is not None and plan.phone_first,
            "two_carers": plan is not None and plan.two_carers,
            "raisings": raised,
            "title": speech(words.case_words(link.alarm)),
            "minutes": MINUTES,
            "buttons": {place: _buttons(place, speech) for place in Place},
            "outcomes": [(str(one), speech(text)) for one, text in words.OUTCOMES.items()],
            "now": at,
            "zone": link.zone,
            "said": said,
            "act": request.match_info["token"],
        },
        status=status,
    )


def _buttons(place: Place, speech: Speech) -> list[tuple[str, str]]:
    """Return the buttons of *place*: what each sends, and its words."""
    wanted = [(row.name, row.button) for row in carer_actions.TABLE if row.button is not None]
    return [(name, speech(button.label)) for name, button in wanted if button.place is place]


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/take")
async def take(request: web.Request) -> web.StreamResponse:
    """Take the case, being there in so many minutes; who takes it here sees the address here."""
    opened = await _open(request)
    await check_form(request, form_token(request))
    minutes = str((await request.post()).get("minutes", ""))
    eta = int(minutes) if minutes.isdecimal() and int(minutes) in MINUTES else None
    await _hear(request, opened, alarm.Took(opened.link.notice_id, eta))
    return await _bind(request, await _open(request))


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/decline")
async def decline(request: web.Request) -> web.StreamResponse:
    """Say that one cannot; one who has the case lets it go only in the browser that has it."""
    opened = await _open(request)
    await check_form(request, form_token(request))
    if opened.theirs and not opened.may_see:
        return await _not_sent(request, opened)
    await _hear(request, opened, alarm.Declined(opened.link.notice_id))
    return _back(request)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/open")
async def open_here(request: web.Request) -> web.StreamResponse:
    """Show the address in this browser, and from then on in no other."""
    opened = await _open(request)
    await check_form(request, form_token(request))
    return await _bind(request, opened)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/done")
async def done(request: web.Request) -> web.StreamResponse:
    """Say how it ended."""
    opened = await _open(request)
    await check_form(request, form_token(request))
    if not (opened.theirs and opened.may_see):
        return await _not_sent(request, opened)
    form, speech = await request.post(), speech_of(request)
    said, note = str(form.get("outcome", "")), str(form.get("note", "")).strip()[:500]
    if said not in set(Outcome) or (said == Outcome.OTHER and not note):
        return await _show(request, opened, speech("Inte skickat – välj utfall, och skriv vad som hände"), 400)
    event = alarm.Done(opened.link.notice_id, Outcome(said), note=bool(note))
    await _hear(request, opened, event, note or None)
    return _back(request)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/say")
async def hear(request: web.Request) -> web.StreamResponse:
    """Say that one is on site, cannot get in, finds nobody, stays or needs help."""
    opened = await _open(request)
    await check_form(request, form_token(request))
    action = carer_actions.TABLE.by_name.get(str((await request.post()).get("word", "")))
    if action is None or action.button is None:
        raise web.HTTPBadRequest(text=say(request, "Inte skickat – försök igen"))
    if not (opened.theirs and opened.may_see):
        return await _not_sent(request, opened)
    await _hear(request, opened, action.event(opened.link.notice_id))
    return _back(request)


async def _hear(request: web.Request, opened: Opened, word: alarm.CarerWord, note: str | None = None) -> None:
    memory, alarm_id = request.app[MEMORY], opened.link.alarm.alarm_id
    await cases.on_page_word(memory, alarm_id, word, viewer=opened.viewer, note=note)


async def _bind(request: web.Request, opened: Opened) -> web.StreamResponse:
    response = _back(request)
    if not opened.theirs or opened.may_see:
        return response
    browser = secrets.token_urlsafe(24)
    async with request.app[MEMORY].transaction(opened.viewer) as tx:
        if await links.bind(tx, opened.link, _mark(browser), await now(tx)):
            set_cookie(request, response, _cookie(request.match_info["token"]), browser, max_age=_A_DAY_S)
    return response


async def _not_sent(request: web.Request, opened: Opened) -> web.StreamResponse:
    return await _show(request, opened, say(request, "Inte skickat – larmet är inte ditt än"), 409)


def _back(request: web.Request) -> web.StreamResponse:
    return see(f"/u/{request.match_info['token']}")
