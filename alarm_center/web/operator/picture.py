"""The ten seconds, frame by frame from memory to whoever holds the case; the look is in the log before the first byte."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core import looking
from alarm_center.core.case import AlarmState, CheckState
from alarm_center.store import events, looks
from alarm_center.store.looks import LiveLook, Looked
from alarm_center.store.memory import Tx, now
from alarm_center.web.auth import watches
from alarm_center.web.keys import MEMORY, PICTURES
from alarm_center.web.operator.blur import blurred
from alarm_center.web.operator.case import uuid_in
from alarm_center.web.page import PERSON, after, say, speech_of
from schemas.timeline import ShownClear
from schemas.vocabulary import ClearFor

routes = web.RouteTableDef()


@routes.get("/picture/{session}/{n:\\d{1,4}}")
@watches
async def frame(request: web.Request) -> web.StreamResponse:
    """Send one JPEG of a session, with its time from the start (ms) and the number of frames in the headers.

    Blurred where the town says so, and then the clear bytes stay here.
    """
    session_id, person = request.match_info["session"], request[PERSON]
    async with request.app[MEMORY].transaction(person.watching) as tx:
        looked, at = await _may_see(tx, request, session_id)
        if await looks.ongoing(tx, session_id, person.user_id, at) is None:
            looked, at = await _still_may_see(tx, request, looked)
            await looks.begin(tx, looked, person.user_id, at)
    # Committed. Only now may a byte of it leave.
    return await _send(request, looked, blur=looked.blurred)


@routes.get("/picture/{session}/clear/{n:\\d{1,4}}")
@watches
async def clear_frame(request: web.Request) -> web.StreamResponse:
    """Send the same as it came, to who has asked for it with a reason and not stopped looking since."""
    session_id, person = request.match_info["session"], request[PERSON]
    async with request.app[MEMORY].transaction(person.watching) as tx:
        looked, at = await _may_see(tx, request, session_id)
        if await looks.ongoing(tx, session_id, person.user_id, at, asked=True) is None:
            raise web.HTTPForbidden(text=say(request, "Ange skäl för att se klar bild"))
    return await _send(request, looked, blur=False)


@routes.post("/picture/{session}/clear")
@watches
async def ask_clear(request: web.Request) -> web.StreamResponse:
    """Begin a clear look, for a reason: a look of its own, in the log and the timeline before its first byte.

    The answer says where its frames come. No page is ever drawn with them: whoever opens it anew sees it blurred again.
    """
    session_id, person, reason = request.match_info["session"], request[PERSON], await reason_in(request)
    memory = request.app[MEMORY]
    async with memory.transaction(person.watching) as tx:
        looked, at = await _may_see(tx, request, session_id)
        if await looks.ongoing(tx, session_id, person.user_id, at, asked=True) is None:
            looked, at = await _still_may_see(tx, request, looked)
            await looks.begin(tx, looked, person.user_id, at, reason)
            shown = events.NewEvent(
                looked.org, ShownClear(reason), area_id=looked.area_id, alarm_id=looked.open_alarm,
                check_id=looked.check_id, resident_id=looked.resident_id, device_id=looked.device_id,
                session_id=session_id, actor=str(person.user_id),
            )  # fmt: skip
            await events.write(tx, at, shown)
    memory.hint()
    case = f"/alarm/{looked.open_alarm}" if looked.open_alarm is not None else f"/check/{looked.check_id}"
    response = after(request, case)
    response.headers["X-Clear"] = f"/picture/{session_id}/clear"
    return response


async def reason_in(request: web.Request) -> ClearFor:
    """Return the reason that the form gives for a clear look.

    Raises:
        web.HTTPBadRequest: it gives none of the list.
    """
    reason = looking.read(str((await request.post()).get("reason", "")))
    if reason is None:
        raise web.HTTPBadRequest(text=say(request, "Ange skäl för att se klar bild"))
    return reason


async def _may_see(tx: "Tx[Any]", request: web.Request, session_id: str) -> tuple[Looked, datetime]:
    """Return the session and the time, if this person may see it now and it is still here.

    Raises:
        NotFound: there is no such session that they may know of.
        web.HTTPForbidden, web.HTTPGone: as :func:`_allow`; or its frames are gone.
    """
    looked = await looks.session(tx, session_id)
    if looked is None:
        raise NotFound(session_id)
    at = await _allow(tx, looked, request[PERSON].user_id, request)
    if request.app[PICTURES].frames(looked.org, session_id) is None:
        raise web.HTTPGone(text=say(request, "Bilden finns inte kvar. Titta igen"))
    return looked, at


async def _still_may_see(tx: "Tx[Any]", request: web.Request, looked: Looked) -> tuple[Looked, datetime]:
    """Return the same again with the alarm held: whoever takes it from them comes before this look, or ends it.

    Raises:
        As :func:`_may_see`: it was taken from them just now.
    """
    if looked.open_alarm is not None:
        await looks.hold_alarm(tx, looked.open_alarm)
    return await _may_see(tx, request, looked.session_id)


async def _send(request: web.Request, looked: Looked, *, blur: bool) -> web.Response:
    picture = request.app[PICTURES].view(looked.org, looked.session_id)
    n = int(request.match_info["n"])
    if picture is None or n >= len(picture.frames):
        raise web.HTTPGone(text=say(request, "Bilden finns inte kvar. Titta igen"))
    return web.Response(
        body=await _shown(request, picture.frames[n].jpeg, blur=blur),
        content_type="image/jpeg",
        headers={
            "Cache-Control": "no-store",
            "X-Ms": str(picture.frames[n].ms),
            "X-Frames": str(len(picture.frames)),
        },
    )


async def _shown(request: web.Request, jpeg: bytes, *, blur: bool) -> bytes:
    """Return the bytes that are to leave.

    Raises:
        web.HTTPUnprocessableEntity: it is to be blurred and cannot be read; nothing of it is shown.
    """
    if not blur:
        return jpeg
    hazy = await asyncio.to_thread(blurred, jpeg)
    if hazy is None:
        raise web.HTTPUnprocessableEntity(text=say(request, "Bilden gick inte att läsa. Titta igen"))
    return hazy


async def _allow(tx: "Tx[Any]", looked: Looked, user_id: UUID, request: web.Request) -> datetime:
    """Return the time, if this person may see this session now.

    Raises:
        web.HTTPForbidden: somebody else has the case, nobody has agreed that people look, or a guest may be in the picture.
        web.HTTPGone: the case is closed, consent is withdrawn or the picture's time is out.
    """
    speech = speech_of(request)
    if looked.alarm_state is not None and looked.alarm_state != AlarmState.CLOSED:
        at = await now(tx)
        if not looked.lease.is_held_by(user_id, at):
            raise web.HTTPForbidden(text=speech("Bara den som har larmet ser bilden."))
    elif looked.check_id is not None and looked.check_state == CheckState.TO_LOOK:
        at = await now(tx)
        if await looks.hold_check(tx, looked.check_id, user_id, at) is not None:
            raise web.HTTPForbidden(text=speech("Någon annan tittar redan."))
    else:
        raise web.HTTPGone(text=speech("Larmet är avslutat. Bilden är borta."))
    if looked.gone(at):
        raise web.HTTPGone(text=speech("Bilden finns inte kvar. Titta igen"))
    if not looked.shown:
        raise web.HTTPForbidden(text=speech("Samtycket tillåter inte att bilden visas."))
    if looked.withheld:
        raise web.HTTPForbidden(text=speech("Fler personer än väntat – bilden visas inte"))
    return at


@routes.post("/picture/{session}/end")
@watches
async def end(request: web.Request) -> web.StreamResponse:
    """Write that the person has stopped looking at the first view."""
    return await _ended(request, asked=False)


@routes.post("/picture/{session}/clear/end")
@watches
async def end_clear(request: web.Request) -> web.StreamResponse:
    """Write that the person has stopped looking at the clear view."""
    return await _ended(request, asked=True)


async def _ended(request: web.Request, *, asked: bool) -> web.Response:
    person = request[PERSON]
    async with request.app[MEMORY].transaction(person.watching) as tx:
        await looks.end(tx, request.match_info["session"], person.user_id, await now(tx), asked=asked)
    return web.Response(status=204)


@routes.get("/live/{command}")
@watches
async def live(request: web.Request) -> web.StreamResponse:
    """Send the newest frame of a live look past ``?after=``; 204 while there is none, 410 when it is over."""
    command_id, person = uuid_in(request, "command"), request[PERSON]
    async with request.app[MEMORY].transaction(person.watching) as tx:
        asked, at = await _may_watch(tx, request, command_id)
        if asked.look_id is None:
            await looks.hold_alarm(tx, asked.alarm_id)
            asked, at = await _may_watch(tx, request, command_id)
            await looks.begin_live(tx, command_id, person.user_id, at)
    request.app[PICTURES].expect_live(asked.org, asked.device_id, command_id)
    newest = request.app[PICTURES].live(asked.org, command_id)
    had = request.query.get("after", "")
    if newest is None or newest.frame is None or newest.sequence <= (int(had) if had.isdecimal() else -1):
        return web.Response(status=410 if newest is not None and newest.last else 204)
    body = await _shown(request, newest.frame.jpeg, blur=not asked.clear)
    return web.Response(body=body, content_type="image/jpeg", headers={"X-Sequence": str(newest.sequence)})


async def _may_watch(tx: "Tx[Any]", request: web.Request, command_id: UUID) -> tuple[LiveLook, datetime]:
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
        raise web.HTTPForbidden(text=speech("Bara den som har larmet ser bilden."))
    if asked.over(at):
        raise web.HTTPGone(text=speech("Direktbilden är slut."))
    return asked, at
