"""The ten seconds, frame by frame from memory to whoever holds the case; the look is in the log before the first byte."""

from typing import Any
from uuid import UUID

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core.case import AlarmState, CheckState
from alarm_center.store import looks
from alarm_center.store.looks import Looked
from alarm_center.store.memory import Tx, now
from alarm_center.web.auth import watches
from alarm_center.web.keys import MEMORY, PICTURES
from alarm_center.web.operator.case import uuid_in
from alarm_center.web.page import PERSON, speech_of

routes = web.RouteTableDef()


@routes.get("/picture/{session}/{n:\\d{1,4}}")
@watches
async def frame(request: web.Request) -> web.StreamResponse:
    """Send one JPEG of a session, with its time from the start (ms) and the number of frames in the headers."""
    session_id, person, speech = request.match_info["session"], request[PERSON], speech_of(request)
    pictures = request.app[PICTURES]
    async with request.app[MEMORY].transaction(person.watching) as tx:
        looked = await looks.session(tx, session_id)
        if looked is None:
            raise NotFound(session_id)
        at = await _allow(tx, looked, person.user_id, request)
        if pictures.frames(looked.org, session_id) is None:
            raise web.HTTPGone(text=speech("Bilden finns inte kvar. Titta igen"))
        if await looks.ongoing(tx, session_id, person.user_id, at) is None:
            await looks.begin(tx, looked, person.user_id, at)
    # Committed. Only now may a byte of it leave.
    picture = pictures.view(looked.org, session_id)
    n = int(request.match_info["n"])
    if picture is None or n >= len(picture.frames):
        raise web.HTTPGone(text=speech("Bilden finns inte kvar. Titta igen"))
    return web.Response(
        body=picture.frames[n].jpeg,
        content_type="image/jpeg",
        headers={
            "Cache-Control": "no-store",
            "X-Ms": str(picture.frames[n].ms),
            "X-Frames": str(len(picture.frames)),
        },
    )


async def _allow(tx: "Tx[Any]", looked: Looked, user_id: UUID, request: web.Request) -> Any:
    """Return the time, if this person may see this session now.

    Raises:
        web.HTTPForbidden: somebody else has the case, or a guest may be in the picture.
        web.HTTPGone: the case is closed, consent is withdrawn or the picture's time is out.
    """
    speech = speech_of(request)
    if looked.alarm_state is not None and looked.alarm_state != AlarmState.CLOSED:
        at = await now(tx)
        leased = looked.lease_until is not None and looked.lease_until > at
        if looked.holder != user_id or not leased:
            raise web.HTTPForbidden(text=speech("Bara den som har larmet ser bilden."))
    elif looked.check_id is not None and looked.check_state == CheckState.TO_LOOK:
        at = await now(tx)
        if await looks.hold_check(tx, looked.check_id, user_id, at) is not None:
            raise web.HTTPForbidden(text=speech("Någon annan tittar redan."))
    else:
        raise web.HTTPGone(text=speech("Larmet är avslutat. Bilden är borta."))
    if looked.gone(at):
        raise web.HTTPGone(text=speech("Bilden finns inte kvar. Titta igen"))
    if looked.withheld:
        raise web.HTTPForbidden(text=speech("Fler personer än väntat – bilden visas inte"))
    return at


@routes.post("/picture/{session}/end")
@watches
async def end(request: web.Request) -> web.StreamResponse:
    """Write that the person has stopped looking."""
    person = request[PERSON]
    async with request.app[MEMORY].transaction(person.watching) as tx:
        await looks.end(tx, request.match_info["session"], person.user_id, await now(tx))
    return web.Response(status=204)


@routes.get("/live/{command}")
@watches
async def live(request: web.Request) -> web.StreamResponse:
    """Send the newest frame of a live look past ``?after=``; 204 while there is none, 410 when it is over."""
    command_id, person, speech = uuid_in(request, "command"), request[PERSON], speech_of(request)
    async with request.app[MEMORY].transaction(person.watching) as tx:
        asked = await looks.live_look(tx, command_id, person.user_id)
        if asked is None:
            raise NotFound(str(command_id))
        at = await now(tx)
        if asked.holder != person.user_id or asked.lease_until is None or asked.lease_until <= at:
            raise web.HTTPForbidden(text=speech("Bara den som har larmet ser bilden."))
        if asked.over(at):
            raise web.HTTPGone(text=speech("Tittandet är slut."))
        if asked.look_id is None:
            await looks.begin_live(tx, command_id, person.user_id, at)
    request.app[PICTURES].expect_live(asked.org, command_id)
    newest = request.app[PICTURES].live(asked.org, command_id)
    had = request.query.get("after", "")
    if newest is None or newest.frame is None or newest.sequence <= (int(had) if had.isdecimal() else -1):
        return web.Response(status=410 if newest is not None and newest.last else 204)
    return web.Response(body=newest.frame.jpeg, content_type="image/jpeg", headers={"X-Sequence": str(newest.sequence)})
