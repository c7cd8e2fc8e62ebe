"""Routes of the link in a carer's SMS: a question until the case is the carer's, then the address, replies and outcome.

A carer who has the link may take the case, and then sees the address in the first browser that asks to; a link that is
passed on, or read over a shoulder, shows nothing. Each tap has a key of its own and is applied once, however often the
phone has to send it (docs/adr/0077-a-tap-is-kept-and-applied-once.md).
"""

from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework import carer_reports, cases
from alarm_center.casework.editing import Editor
from alarm_center.core import pausing
from alarm_center.core.alarm import alarm_events as alarm
from alarm_center.core.carer_reports import parse_report
from alarm_center.core.pausing import HowSaid
from alarm_center.core.replies import carer_actions
from alarm_center.core.replies.personal_codes import split_codes
from alarm_center.preparation import deaths, pauses
from alarm_center.store import day_pages, links, replies
from alarm_center.store.memory import now
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import check_open_form
from alarm_center.web.carer.link_page import MINUTES, draw_link
from alarm_center.web.carer.opened_link import OpenedLink, Tap, browser_hash, mark_browser, open_link, tap_of
from alarm_center.web.page import redirect, speech_of, text_for
from alarm_center.web.route_access import Opening, open_to
from alarm_center.words import page_words
from schemas.vocabulary import CancelReason, Instead, Outcome

routes = web.RouteTableDef()

_NOWHERE: Final = "unknown"
"""The carer does not know where the resident is: nothing is paused."""
_AWAY: Final = {
    carer_actions.AT_HOSPITAL.name: CancelReason.PAUSE_HOSPITAL,
    carer_actions.WITH_RELATIVE.name: CancelReason.PAUSE_AWAY,
}
"""The answers to "Vet du var?" that say where the resident is, and why supervision pauses by that."""
_NO_CAMERA: Final = carer_actions.NO_CAMERA.name


@routes.get("/u/{token:[A-Za-z0-9_-]{6,24}}")
@open_to(Opening.LINK)
async def show_link(request: web.Request) -> web.StreamResponse:
    """Show the question, or the case."""
    opened = await open_link(request)
    response = await draw_link(request, opened)
    mark_browser(request, response, opened)
    return response


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/take")
@open_to(Opening.LINK)
async def take(request: web.Request) -> web.StreamResponse:
    """Take the case, with the minutes until arrival; this browser is the one that sees the address."""
    opened, tap = await _opened_for_tap(request)
    minutes = str((await request.post()).get("minutes", ""))
    eta = int(minutes) if minutes.isdecimal() and int(minutes) in MINUTES else None
    if not await _is_repeat(request, opened, tap):
        waited = tap.waited_s // 60
        if eta is not None and waited >= eta:
            # Nobody has heard of a carer for longer than it takes to be there: asked anew, and not made an owner unawares.
            return await _refuse(request, opened, page_words.TAP_TOO_LATE)
        await _apply_reply(request, opened, tap, alarm.Took(opened.link.notice_id, eta and eta - waited))
    return await _bind_browser(request, await open_link(request))


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/decline")
@open_to(Opening.LINK)
async def decline(request: web.Request) -> web.StreamResponse:
    """Decline the case; a carer who has it gives it up only in the browser that has it."""
    opened, tap = await _opened_for_tap(request)
    if opened.theirs and not opened.may_see:
        return await _refuse(request, opened)
    await _apply_reply(request, opened, tap, alarm.Declined(opened.link.notice_id))
    return await _sent(request, opened)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/open")
@open_to(Opening.LINK)
async def open_in_this_browser(request: web.Request) -> web.StreamResponse:
    """Bind the link to this browser: from then on no other shows the address."""
    opened, _ = await _opened_for_tap(request)
    return await _bind_browser(request, opened)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/done")
@open_to(Opening.LINK)
async def close_visit(request: web.Request) -> web.StreamResponse:
    """Note that the carer is done; with an outcome the visit is closed."""
    opened, tap = await _opened_for_tap(request)
    if await _is_repeat(request, opened, tap):
        return await _sent(request, opened)
    if not (opened.theirs and opened.may_see):
        return await _refuse(request, opened)
    form = await request.post()
    if "outcome" not in form:
        await _apply_reply(request, opened, tap, alarm.Done(opened.link.notice_id))
        return await _sent(request, opened)
    said, note = str(form["outcome"]), str(form.get("note", "")).strip()[:500]
    if said not in set(Outcome) or (said == Outcome.OTHER and not note):
        return await _refuse(request, opened, page_words.NOT_SENT_OUTCOME, 400)
    outcome, where = Outcome(said), str(form.get("where", ""))
    if where == _NOWHERE and opened.nobody_home:
        # Nobody knows where the person is: that ends no case.
        await _apply_reply(request, opened, tap, alarm.WhereUnknown(opened.link.notice_id))
        return await _sent(request, opened)
    resident_id = opened.link.alarm.resident_id
    if resident_id is not None and outcome in pausing.AWAY_BY and where != _NOWHERE:
        reasons = pausing.AWAY_BY[outcome]
        reason = reasons[0] if len(reasons) == 1 else next((each for each in reasons if each == where), None)
        if reason is None:
            return await _ask_back(request, opened, ask_where=note)
        await _pause_while_away(request, opened, outcome, reason)
    if resident_id is not None and outcome is Outcome.DIED:
        if not form.get("sure"):
            return await _ask_back(request, opened, ask_sure=note)
        editor = Editor(str(opened.link.notice_id), opened.viewer)
        await deaths.register_death(request.app[PLANNER_MEMORY], resident_id, opened.link.alarm.alarm_id, editor=editor)
    event = alarm.Done(opened.link.notice_id, outcome, note=bool(note))
    await _apply_reply(request, opened, tap, event, note=note or None)
    return await _sent(request, opened)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/say")
@open_to(Opening.LINK)
async def reply(request: web.Request) -> web.StreamResponse:
    """Apply a button: on site, cannot get in, nobody home, where the person is, staying, or help.

    Where the person is ends the case, and pauses what would look for them in the home. Whoever does not know says by the
    same tap that nobody is home.
    """
    opened, tap = await _opened_for_tap(request)
    action = carer_actions.TABLE.by_name.get(str((await request.post()).get("word", "")))
    if action is None or action.button is None:
        raise web.HTTPBadRequest(text=text_for(request, page_words.NOT_SENT))
    if await _is_repeat(request, opened, tap):
        return await _sent(request, opened)
    # A cry for help is heard of whoever has had the case, also once it is over or somebody else's.
    if not ((opened.theirs or action is carer_actions.HELP) and opened.may_see):
        return await _refuse(request, opened)
    notice_id, away = opened.link.notice_id, _AWAY.get(action.name)
    words = [action.event(notice_id)]
    if away is not None and opened.link.alarm.resident_id is not None:
        await _pause_while_away(request, opened, Outcome.NOT_AT_HOME_KNOWN, away)
        words.append(alarm.Done(notice_id, Outcome.NOT_AT_HOME_KNOWN))
    if action is carer_actions.WHERE_UNKNOWN and not opened.nobody_home:
        words.insert(0, alarm.NobodyHome(notice_id))
    await _apply_reply(request, opened, tap, *words)
    return await _sent(request, opened)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/no-camera")
@open_to(Opening.LINK)
async def stop_camera(request: web.Request) -> web.StreamResponse:
    """Stop the camera from the home: on the resident's own word their consent ends, on the carer's a pause begins."""
    opened, tap = await _opened_for_tap(request)
    if await _is_repeat(request, opened, tap):
        return await _sent(request, opened)
    resident_id = opened.link.alarm.resident_id
    if not (opened.theirs and opened.may_see) or resident_id is None:
        return await _refuse(request, opened)
    said_by = str((await request.post()).get("said_by", ""))
    word = pausing.parse_stop({"said_by": said_by, "how": HowSaid.ON_SITE})
    if word is None:
        raise web.HTTPBadRequest(text=text_for(request, page_words.NOT_SENT))
    async with request.app[MEMORY].transaction(opened.viewer) as tx:
        stopped = await day_pages.is_camera_stopped(tx, resident_id)
    if not stopped:
        await pauses.stop_camera(
            request.app[PLANNER_MEMORY], resident_id, word, await request.app[MEMORY].now(), ZoneInfo(opened.link.zone),
            instead=Instead.VISIT, editor=Editor(str(opened.link.notice_id), opened.viewer),
        )  # fmt: skip
    if tap.key is not None:
        async with request.app[MEMORY].transaction(opened.viewer) as tx:
            await replies.lock_phone_of(tx, opened.link.notice_id)
            if not await replies.has_tap(tx, opened.link.notice_id, tap.key):
                await replies.add_page_word(tx, opened.link.notice_id, _NO_CAMERA, await now(tx), tap.key)
    return await _sent(request, opened)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/report")
@open_to(Opening.LINK)
async def report(request: web.Request) -> web.StreamResponse:
    """Keep what does not match the home, or a deviation, for the planner and the lead; also once the case is over."""
    opened, _ = await _opened_for_tap(request)
    if not (opened.had and opened.may_see) or opened.link.alarm.resident_id is None:
        return await _refuse(request, opened)
    form = await request.post()
    said = parse_report(str(form.get("what", "")), str(form.get("note", "")))
    if said is None:
        raise web.HTTPBadRequest(text=text_for(request, page_words.NOT_SENT))
    alarm_, notice_id = opened.link.alarm, opened.link.notice_id
    await carer_reports.keep_report(request.app[MEMORY], alarm_, notice_id, said, viewer=opened.viewer)
    return await _sent(request, opened)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/who")
@open_to(Opening.LINK)
async def say_who(request: web.Request) -> web.StreamResponse:
    """Note by a personal code who has the phone. An unknown code warns, and blocks nothing."""
    opened, tap = await _opened_for_tap(request)
    if not (opened.theirs and opened.may_see):
        return await _refuse(request, opened)
    codes, _ = split_codes(str((await request.post()).get("code", ""))[:40])
    async with request.app[MEMORY].transaction(opened.viewer) as tx:
        known = await links.say_who(tx, codes, tap.key)
    if not known:
        return await _refuse(request, opened, page_words.CODE_UNKNOWN, 409)
    return await _sent(request, opened)


@routes.post("/u/{token:[A-Za-z0-9_-]{6,24}}/other")
@open_to(Opening.LINK)
async def show_other(request: web.Request) -> web.StreamResponse:
    """Go on to another open case of the phone: no page bears the links of others."""
    opened, _ = await _opened_for_tap(request)
    if not (opened.theirs and opened.may_see):
        return await _refuse(request, opened)
    said = str((await request.post()).get("case_no", ""))
    token = None
    if said.isascii() and said.isdigit() and len(said) < 9:
        async with request.app[MEMORY].transaction(opened.viewer) as tx:
            token = await links.token_of_other(tx, int(said))
    return redirect(f"/u/{token}" if token else f"/u/{request.match_info['token']}")


async def _opened_for_tap(request: web.Request) -> tuple[OpenedLink, Tap]:
    opened = await open_link(request)
    await check_open_form(request)
    return opened, await tap_of(request)


async def _is_repeat(request: web.Request, opened: OpenedLink, tap: Tap) -> bool:
    """Tell whether the tap was applied before: its answer was lost on the way to the phone.

    Two of one tap at once are told apart where it is applied, under the phone's lock.
    """
    if tap.key is None:
        return False
    async with request.app[MEMORY].transaction(opened.viewer) as tx:
        return await replies.has_tap(tx, opened.link.notice_id, tap.key)


async def _apply_reply(
    request: web.Request, opened: OpenedLink, tap: Tap, *words: alarm.CarerReply, note: str | None = None
) -> None:
    memory, alarm_id = request.app[MEMORY], opened.link.alarm.alarm_id
    await cases.apply_page_reply(memory, alarm_id, words, viewer=opened.viewer, note=note, tap=tap.key)


async def _pause_while_away(request: web.Request, opened: OpenedLink, outcome: Outcome, reason: CancelReason) -> None:
    resident_id = opened.link.alarm.resident_id
    assert resident_id is not None, "nobody's absence"
    wish = pausing.away_after(outcome, reason, await request.app[MEMORY].now(), ZoneInfo(opened.link.zone))
    editor = Editor(str(opened.link.notice_id), opened.viewer)
    await pauses.pause_while_away(request.app[PLANNER_MEMORY], resident_id, wish, editor=editor)


async def _bind_browser(request: web.Request, opened: OpenedLink) -> web.StreamResponse:
    response = await _sent(request, opened)
    if not opened.theirs or opened.may_see:
        return response
    browser = mark_browser(request, response, opened)
    async with request.app[MEMORY].transaction(opened.viewer) as tx:
        await links.bind_browser(tx, opened.link, browser_hash(browser), await now(tx))
    return response


async def _refuse(
    request: web.Request, opened: OpenedLink, text: str | None = None, status: int = 409
) -> web.StreamResponse:
    not_theirs = page_words.NOT_SENT_CLOSED if opened.had and not opened.theirs else page_words.NOT_SENT_NOT_YOURS
    said = text_for(request, text or not_theirs)
    if "X-Fragment" in request.headers:
        return web.Response(status=status, text=said)
    return await draw_link(request, opened, said, status)


async def _ask_back(
    request: web.Request, opened: OpenedLink, *, ask_where: str | None = None, ask_sure: str | None = None
) -> web.StreamResponse:
    """Draw the page with its question. A script has asked it before: without an answer nothing was sent, and it says so."""
    if "X-Fragment" in request.headers:
        return await _refuse(request, opened, page_words.NOT_SENT_OUTCOME)
    return await draw_link(request, opened, ask_where=ask_where, ask_sure=ask_sure)


async def _sent(request: web.Request, opened: OpenedLink) -> web.Response:
    """Return the answer to a tap: a script is told the time at which it came, and a form is sent on to the page."""
    if "X-Fragment" not in request.headers:
        return redirect(f"/u/{request.match_info['token']}")
    at = await request.app[MEMORY].now()
    return web.Response(status=204, headers={"X-Said": speech_of(request).clock(at, opened.link.zone)})
