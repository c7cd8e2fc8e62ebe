"""Routes of the link in a carer's SMS: a question until the case is the carer's, then the address, replies and outcome.

A carer who has the link may take the case, and then sees the address in the first browser that asks to; a link that is
passed on, or read over a shoulder, shows nothing.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework import cases
from alarm_center.casework.editing import Editor
from alarm_center.core import pausing
from alarm_center.core.alarm import AlarmState, NoticeState
from alarm_center.core.alarm import alarm_events as alarm
from alarm_center.core.pausing import HowSaid
from alarm_center.core.replies import carer_actions
from alarm_center.core.replies.carer_actions import ButtonPlace
from alarm_center.core.roles import Right
from alarm_center.preparation import deaths, pauses
from alarm_center.store import day_pages, links, manual_alarms, residents, towns
from alarm_center.store.links import CarerLink
from alarm_center.store.memory import Viewer, now
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import check_open_form, person_of
from alarm_center.web.client_address import client_address
from alarm_center.web.failed_tries import FailedTries
from alarm_center.web.page import redirect, render, set_cookie, speech_of, text_for
from alarm_center.web.route_access import Opening, open_to
from alarm_center.words import code_words, page_words, pause_words
from alarm_center.words.catalogues import Speech
from schemas.vocabulary import Instead, Outcome

routes = web.RouteTableDef()

TRIES: Final = web.AppKey("link_tries", FailedTries)
"""Wrong links, by address.

Only wrong ones are counted, and only wrong ones are refused: a whole patrol may share one address behind a mobile
network, and nobody's mistyping may keep another from a home in the night. A guesser who is refused still learns of a
right token that it is right; that opens no door. A token has 48 random bits and some hundred belong to an open case:
a thousand guesses a second find one of them in about ninety years, and behind a closed case's there is nothing to see.
Each guess is one look-up in the index of ``notices.token``, before any page is drawn. The limit keeps the service calm;
what keeps the secret is its length.
"""

MINUTES: Final = (10, 20, 40)
_NOWHERE: Final = "unknown"
"""The carer does not know where the resident is: nothing is paused."""
_A_DAY_S: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A link that exists, and whether this browser may see what is behind it."""

    viewer: Viewer
    link: CarerLink
    browser: str
    may_see: bool
    elsewhere: bool
    """Another browser has it."""

    @property
    def theirs(self) -> bool:
        """True if the notice has taken the case, and the case is open."""
        return self.link.state == NoticeState.TOOK and self.link.alarm.state is not AlarmState.CLOSED


def _cookie(token: str) -> str:
    return f"fjt_link_{hashlib.sha256(token.encode()).hexdigest()[:12]}"


def _browser_hash(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()[:32]


async def _open_link(request: web.Request) -> OpenedLink:
    """Return the link in the path, opened for this browser.

    Raises:
        web.HTTPNotFound: no such link. web.HTTPTooManyRequests: no such link, and too many wrong ones from this address.
        cases.NotFound: its case is gone meanwhile.
    """
    token, memory = request.match_info["token"], request.app[MEMORY]
    async with memory.transaction() as tx:
        viewer = await links.viewer_of(tx, token)
        link = await links.carried(tx) if viewer is not None else None
    if viewer is None:
        raise _count_wrong(request)
    if link is None:
        raise cases.NotFound("no such link")
    browser = request.cookies.get(_cookie(token), "")
    has_it = link.browser
    mine = bool(browser) and has_it is not None and hmac.compare_digest(has_it, _browser_hash(browser))
    person = await person_of(request)
    org = link.alarm.org
    signed_in = person is not None and person.user_id == link.user_id and person.may(Right.DRIVE, org)
    return OpenedLink(viewer, link, browser, mine or signed_in, has_it is not None and not (mine or signed_in))


def _count_wrong(request: web.Request) -> web.HTTPException:
    """Count a wrong token and return its refusal."""
    tries, address = request.app[TRIES], client_address(request)
    if tries.is_blocked("/u/", address):
        return web.HTTPTooManyRequests(text=text_for(request, page_words.TOO_MANY_TRIES))
    tries.count("/u/", address)
    return web.HTTPNotFound(text=text_for(request, page_words.LINK_INVALID))


@routes.get("/u/{token:[A-Za-z0-9_-]{6,24}}")
@open_to(Opening.LINK)
async def show_link(request: web.Request) -> web.StreamResponse:
    """Show the question, or the case."""
    return await _show_link(request, await _open_link(request))


async def _show_link(
    request: web.Request,
    opened: OpenedLink,
    said: str = "",
    status: int = 200,
    *,
    ask_where: str | None = None,
    ask_sure: str | None = None,
) -> web.Response:
    """Show the question or the case; with *ask_where*, the note of an absence of which is asked where the resident is,
    and with *ask_sure* the note of a death that is to be said twice."""
    speech, link = speech_of(request), opened.link
    resident, plan, raised, answers, stopped = None, None, [], [], False
    async with request.app[MEMORY].transaction(opened.viewer) as tx:
        at = await now(tx)
        if opened.theirs and opened.may_see and link.alarm.resident_id is not None:
            resident = await residents.card(tx, link.alarm.resident_id)
            plan = (await towns.of_resident(tx, link.alarm.resident_id)).plan
            raised = await manual_alarms.raises_of(tx, link.alarm.alarm_id)
            answers = await day_pages.device_answers(tx, link.alarm.resident_id)
            stopped = await day_pages.is_camera_stopped(tx, link.alarm.resident_id)
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
            "title": speech(code_words.case_words(link.alarm)),
            "minutes": MINUTES,
            "buttons": {place: _buttons(place, speech) for place in ButtonPlace},
            "outcomes": [(str(one), speech(text)) for one, text in code_words.OUTCOMES.items()],
            "now": at,
            "zone": link.zone,
            "said": said,
            "act": request.match_info["token"],
            "answers": answers,
            "stopped": stopped,
            "ask_where": ask_where,
            "ask_sure": ask_sure,
            "until": pause_words.time_words(pausing.tomorrow_end(at, ZoneInfo(link.zone)), at, link.zone, speech),
        },
        status=status,
    )


def _buttons(place: ButtonPlace, speech: Speech) -> list[tuple[str, str]]:
    """Return the buttons of *place*: what each sends, and its words."""
    wanted = [(row.name, row.button) for row in carer_actions.TABLE if row.button is not None]
    return [(name, speech(button.label)) for name, button in wanted if button.place is place]


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/take")
@open_to(Opening.LINK)
async def take(request: web.Request) -> web.StreamResponse:
    """Take the case, with the minutes until arrival; this browser is the one that sees the address."""
    opened = await _open_link(request)
    await check_open_form(request)
    minutes = str((await request.post()).get("minutes", ""))
    eta = int(minutes) if minutes.isdecimal() and int(minutes) in MINUTES else None
    await _apply_reply(request, opened, alarm.Took(opened.link.notice_id, eta))
    return await _bind_browser(request, await _open_link(request))


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/decline")
@open_to(Opening.LINK)
async def decline(request: web.Request) -> web.StreamResponse:
    """Decline the case; a carer who has it gives it up only in the browser that has it."""
    opened = await _open_link(request)
    await check_open_form(request)
    if opened.theirs and not opened.may_see:
        return await _refuse_reply(request, opened)
    await _apply_reply(request, opened, alarm.Declined(opened.link.notice_id))
    return _redirect_to_link(request)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/open")
@open_to(Opening.LINK)
async def open_in_this_browser(request: web.Request) -> web.StreamResponse:
    """Bind the link to this browser: from then on no other shows the address."""
    opened = await _open_link(request)
    await check_open_form(request)
    return await _bind_browser(request, opened)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/done")
@open_to(Opening.LINK)
async def close_visit(request: web.Request) -> web.StreamResponse:
    """Close the visit with its outcome."""
    opened = await _open_link(request)
    await check_open_form(request)
    if not (opened.theirs and opened.may_see):
        return await _refuse_reply(request, opened)
    form, speech = await request.post(), speech_of(request)
    said, note = str(form.get("outcome", "")), str(form.get("note", "")).strip()[:500]
    if said not in set(Outcome) or (said == Outcome.OTHER and not note):
        return await _show_link(request, opened, speech(page_words.NOT_SENT_OUTCOME), 400)
    outcome, where = Outcome(said), str(form.get("where", ""))
    resident_id = opened.link.alarm.resident_id
    if resident_id is not None and outcome in pausing.AWAY_BY and where != _NOWHERE:
        reasons = pausing.AWAY_BY[outcome]
        reason = reasons[0] if len(reasons) == 1 else next((each for each in reasons if each == where), None)
        if reason is None:
            return await _show_link(request, opened, ask_where=note)
        wish = pausing.away_after(outcome, reason, await request.app[MEMORY].now(), ZoneInfo(opened.link.zone))
        await pauses.pause_while_away(
            request.app[PLANNER_MEMORY], resident_id, wish, editor=Editor(str(opened.link.notice_id), opened.viewer)
        )
    if resident_id is not None and outcome is Outcome.DIED:
        if not form.get("sure"):
            return await _show_link(request, opened, ask_sure=note)
        editor = Editor(str(opened.link.notice_id), opened.viewer)
        await deaths.register_death(request.app[PLANNER_MEMORY], resident_id, opened.link.alarm.alarm_id, editor=editor)
    event = alarm.Done(opened.link.notice_id, outcome, note=bool(note))
    await _apply_reply(request, opened, event, note or None)
    return _redirect_to_link(request)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/say")
@open_to(Opening.LINK)
async def reply(request: web.Request) -> web.StreamResponse:
    """Apply a button: on site, cannot get in, nobody home, staying, or help."""
    opened = await _open_link(request)
    await check_open_form(request)
    action = carer_actions.TABLE.by_name.get(str((await request.post()).get("word", "")))
    if action is None or action.button is None:
        raise web.HTTPBadRequest(text=text_for(request, page_words.NOT_SENT))
    if not (opened.theirs and opened.may_see):
        return await _refuse_reply(request, opened)
    await _apply_reply(request, opened, action.event(opened.link.notice_id))
    return _redirect_to_link(request)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/no-camera")
@open_to(Opening.LINK)
async def stop_camera(request: web.Request) -> web.StreamResponse:
    """Stop the camera from the home: on the resident's own word their consent ends, on the carer's a pause begins."""
    opened = await _open_link(request)
    await check_open_form(request)
    resident_id = opened.link.alarm.resident_id
    if not (opened.theirs and opened.may_see) or resident_id is None:
        return await _refuse_reply(request, opened)
    said_by = str((await request.post()).get("said_by", ""))
    word = pausing.parse_stop({"said_by": said_by, "how": HowSaid.ON_SITE})
    if word is None:
        raise web.HTTPBadRequest(text=text_for(request, page_words.NOT_SENT))
    await pauses.stop_camera(
        request.app[PLANNER_MEMORY], resident_id, word, await request.app[MEMORY].now(), ZoneInfo(opened.link.zone),
        instead=Instead.VISIT, editor=Editor(str(opened.link.notice_id), opened.viewer),
    )  # fmt: skip
    return _redirect_to_link(request)


async def _apply_reply(
    request: web.Request, opened: OpenedLink, word: alarm.CarerReply, note: str | None = None
) -> None:
    memory, alarm_id = request.app[MEMORY], opened.link.alarm.alarm_id
    await cases.apply_page_reply(memory, alarm_id, word, viewer=opened.viewer, note=note)


async def _bind_browser(request: web.Request, opened: OpenedLink) -> web.StreamResponse:
    response = _redirect_to_link(request)
    if not opened.theirs or opened.may_see:
        return response
    browser = secrets.token_urlsafe(24)
    async with request.app[MEMORY].transaction(opened.viewer) as tx:
        if await links.bind_browser(tx, opened.link, _browser_hash(browser), await now(tx)):
            set_cookie(request, response, _cookie(request.match_info["token"]), browser, max_age=_A_DAY_S)
    return response


async def _refuse_reply(request: web.Request, opened: OpenedLink) -> web.StreamResponse:
    return await _show_link(request, opened, text_for(request, page_words.NOT_SENT_NOT_YOURS), 409)


def _redirect_to_link(request: web.Request) -> web.StreamResponse:
    return redirect(f"/u/{request.match_info['token']}")
