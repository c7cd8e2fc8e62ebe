"""Routes of frames, of a session or a live look, to the holder of the case: blurred first, or clear for a reason.

A look is in the log before its first byte. `store/looks.py` says for which case a session may be looked at.
"""

import asyncio
from datetime import datetime
from uuid import UUID

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core.alarm import AlarmState
from alarm_center.core.check import CheckState
from alarm_center.core.roles import Right
from alarm_center.store import events, looks, users
from alarm_center.store.looks import LiveLook, SessionToLookAt
from alarm_center.store.memory import Tx, now
from alarm_center.web.app_keys import MEMORY, PICTURES
from alarm_center.web.auth import require
from alarm_center.web.operator.blur import blurred, parse_clear_reason
from alarm_center.web.page import PERSON, path_uuid, redirect_or_tell, speech_of, text_for
from alarm_center.words import page_words
from schemas.timeline import ShownClear
from schemas.vocabulary import ClearFor

routes = web.RouteTableDef()


@routes.get("/picture/{session}/{n:\\d{1,4}}")
@require(Right.WATCH)
async def show_frame(request: web.Request) -> web.StreamResponse:
    """Send one JPEG of a session, with its time from the start (ms) and the number of frames in the headers.

    Blurred where the town says so, and then the clear bytes stay here.
    """
    session_id, person = request.match_info["session"], request[PERSON]
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        looked, at = await _viewable(tx, request, session_id)
        if await looks.ongoing_look(tx, session_id, person.user_id, at) is None:
            looked, at = await _lock_viewable(tx, request, looked)
            await looks.begin(tx, looked, person.user_id, at)
    # Committed. Only now may a byte of it leave.
    return await _send(request, looked, blur=looked.blurred)


@routes.get("/picture/{session}/clear/{n:\\d{1,4}}")
@require(Right.WATCH)
async def show_clear_frame(request: web.Request) -> web.StreamResponse:
    """Send one JPEG as it came, to a person who asked for it with a reason and has not stopped looking since."""
    session_id, person = request.match_info["session"], request[PERSON]
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        looked, at = await _viewable(tx, request, session_id)
        if await looks.ongoing_look(tx, session_id, person.user_id, at, asked=True) is None:
            raise web.HTTPForbidden(text=text_for(request, page_words.CLEAR_NEEDS_REASON))
    return await _send(request, looked, blur=False)


@routes.post("/picture/{session}/clear")
@require(Right.WATCH)
async def begin_clear_look(request: web.Request) -> web.StreamResponse:
    """Begin a clear look, for a reason: a look of its own, in the log and the timeline before its first byte.

    The answer says where its frames come. No page is ever drawn with them: a page that is opened anew is blurred again.
    """
    session_id, person, reason = request.match_info["session"], request[PERSON], await clear_reason(request)
    memory = request.app[MEMORY]
    async with memory.transaction(person.board_viewer) as tx:
        looked, at = await _viewable(tx, request, session_id)
        if await looks.ongoing_look(tx, session_id, person.user_id, at, asked=True) is None:
            looked, at = await _lock_viewable(tx, request, looked)
            await looks.begin(tx, looked, person.user_id, at, reason)
            shown = events.NewEvent(
                looked.org, ShownClear(reason), area_id=looked.area_id, alarm_id=looked.open_alarm,
                check_id=looked.check_id, resident_id=looked.resident_id, device_id=looked.device_id,
                session_id=session_id, actor=str(person.user_id),
            )  # fmt: skip
            await events.write(tx, at, shown)
    memory.hint()
    case = f"/alarm/{looked.open_alarm}" if looked.open_alarm is not None else f"/check/{looked.check_id}"
    response = redirect_or_tell(request, case)
    response.headers["X-Clear"] = f"/picture/{session_id}/clear"
    return response


async def clear_reason(request: web.Request) -> ClearFor:
    """Return the reason that the form gives for a clear look.

    Raises:
        web.HTTPBadRequest: it gives none of the list.
    """
    reason = parse_clear_reason(str((await request.post()).get("reason", "")))
    if reason is None:
        raise web.HTTPBadRequest(text=text_for(request, page_words.CLEAR_NEEDS_REASON))
    return reason


async def _viewable(tx: Tx, request: web.Request, session_id: str) -> tuple[SessionToLookAt, datetime]:
    """Return the session and the time, if this person may see it now and it is still here.

    Raises:
        NotFound: there is no such session that they may know of.
        web.HTTPForbidden, web.HTTPGone: as :func:`_allow`; or its frames are gone.
    """
    looked = await looks.session_to_look_at(tx, session_id, request[PERSON].user_id)
    if looked is None:
        raise NotFound(session_id)
    at = await _require_view(tx, looked, request[PERSON].user_id, request)
    if request.app[PICTURES].fetch_picture(looked.org, session_id) is None:
        raise web.HTTPGone(text=text_for(request, page_words.PICTURE_GONE))
    return looked, at


async def _lock_viewable(tx: Tx, request: web.Request, looked: SessionToLookAt) -> tuple[SessionToLookAt, datetime]:
    """Lock the alarm and return the session again: a person who takes the alarm comes before this look, or ends it.

    Raises:
        As :func:`_may_see`: it was taken from them just now.
    """
    if looked.open_alarm is not None:
        await looks.lock_alarm(tx, looked.open_alarm)
    return await _viewable(tx, request, looked.session_id)


async def _send(request: web.Request, looked: SessionToLookAt, *, blur: bool) -> web.Response:
    picture = request.app[PICTURES].view_picture(looked.org, looked.session_id)
    n = int(request.match_info["n"])
    if picture is None or n >= len(picture.frames):
        raise web.HTTPGone(text=text_for(request, page_words.PICTURE_GONE))
    return web.Response(
        body=await _outgoing(request, picture.frames[n].jpeg, blur=blur),
        content_type="image/jpeg",
        headers={
            "Cache-Control": "no-store",
            "X-Ms": str(picture.frames[n].ms),
            "X-Frames": str(len(picture.frames)),
        },
    )


async def _outgoing(request: web.Request, jpeg: bytes, *, blur: bool) -> bytes:
    """Return the JPEG that leaves.

    Raises:
        web.HTTPUnprocessableEntity: it is to be blurred and cannot be read; nothing of it is shown.
    """
    if not blur:
        return jpeg
    hazy = await asyncio.to_thread(blurred, jpeg)
    if hazy is None:
        raise web.HTTPUnprocessableEntity(text=text_for(request, page_words.PICTURE_UNREADABLE))
    return hazy


async def _require_view(tx: Tx, looked: SessionToLookAt, user_id: UUID, request: web.Request) -> datetime:
    """Return the time if this person may see this session now; a check is theirs to look at from now on.

    Raises:
        web.HTTPForbidden: somebody else has the case, nobody has agreed that people look, or a guest may be in the picture.
        web.HTTPGone: the case is closed, consent is withdrawn or the picture's time is out.
    """
    speech = speech_of(request)
    if looked.alarm_state is not None and looked.alarm_state != AlarmState.CLOSED:
        at = await now(tx)
        if not looked.lease.is_held_by(user_id, at):
            raise web.HTTPForbidden(text=speech(page_words.HOLDER_ONLY))
    elif looked.check_id is not None and looked.check_state == CheckState.TO_LOOK:
        at = await now(tx)
        other = await looks.lock_check(tx, looked.check_id, user_id, at)
        if other is not None:
            name = (await users.colleague_names(tx)).get(other)
            words = speech(page_words.NAME_IS_LOOKING, name=name) if name else speech(page_words.OTHER_IS_LOOKING)
            raise web.HTTPForbidden(text=words)
    else:
        raise web.HTTPGone(text=speech(page_words.ALARM_CLOSED))
    if looked.is_gone(at):
        raise web.HTTPGone(text=speech(page_words.PICTURE_GONE))
    if not looked.shown:
        raise web.HTTPForbidden(text=speech(page_words.CONSENT_FORBIDS))
    if looked.is_withheld:
        raise web.HTTPForbidden(text=speech(page_words.TOO_MANY_PEOPLE))
    return at


@routes.post("/picture/{session}/end")
@require(Right.WATCH)
async def end_first_view(request: web.Request) -> web.StreamResponse:
    """Note that the person has stopped looking at the first view."""
    return await _end_look(request, asked=False)


@routes.post("/picture/{session}/clear/end")
@require(Right.WATCH)
async def end_clear_view(request: web.Request) -> web.StreamResponse:
    """Note that the person has stopped looking at the clear view."""
    return await _end_look(request, asked=True)


async def _end_look(request: web.Request, *, asked: bool) -> web.Response:
    """End it, and say so again to a page that asks twice.

    Raises:
        NotFound: they have seen no such session.
    """
    session_id, person = request.match_info["session"], request[PERSON]
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        if not await looks.has_looked(tx, session_id, person.user_id):
            raise NotFound(session_id)
        await looks.end(tx, session_id, person.user_id, await now(tx), asked=asked)
    return web.Response(status=204)


@routes.get("/live/{command}")
@require(Right.WATCH)
async def show_live_frame(request: web.Request) -> web.StreamResponse:
    """Send the newest frame of a live look past ``?after=``; 204 while there is none, 410 when it is over."""
    command_id, person = path_uuid(request, "command"), request[PERSON]
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        asked, at = await _viewable_live(tx, request, command_id)
        if asked.look_id is None:
            await looks.lock_alarm(tx, asked.alarm_id)
            asked, at = await _viewable_live(tx, request, command_id)
            await looks.begin_live(tx, command_id, person.user_id, at)
    request.app[PICTURES].expect_live(asked.org, asked.device_id, command_id)
    newest = request.app[PICTURES].live_frame(asked.org, command_id)
    had = request.query.get("after", "")
    if newest is None or newest.frame is None or newest.sequence <= (int(had) if had.isdecimal() else -1):
        return web.Response(status=410 if newest is not None and newest.last else 204)
    body = await _outgoing(request, newest.frame.jpeg, blur=not asked.clear)
    return web.Response(
        body=body, content_type="image/jpeg", headers={"X-Sequence": str(newest.sequence), "X-Ms": str(newest.frame.ms)}
    )


async def _viewable_live(tx: Tx, request: web.Request, command_id: UUID) -> tuple[LiveLook, datetime]:
    """Return the live look and the time, if this person may see it now.

    Raises:
        NotFound: they asked for no such look.
        web.HTTPForbidden: somebody else has the case. web.HTTPGone: it is over.
    """
    user_id, speech = request[PERSON].user_id, speech_of(request)
    asked = await looks.live_look(tx, command_id, user_id)
    if asked is None:
        raise NotFound(str(command_id))
    at = await now(tx)
    if not asked.lease.is_held_by(user_id, at):
        raise web.HTTPForbidden(text=speech(page_words.HOLDER_ONLY))
    if asked.is_over(at):
        raise web.HTTPGone(text=speech(page_words.LIVE_OVER))
    return asked, at
