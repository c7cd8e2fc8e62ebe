"""What an operator does to a case: each is one event to the core, and then the page that comes next."""

from typing import Final
from uuid import UUID

from aiohttp import web

from alarm_center.casework import cases, live_looks
from alarm_center.core import alarm_events as alarm
from alarm_center.core.case import CheckState, IllegalMove
from alarm_center.core.happenings import AskAgain, PersonSaid
from alarm_center.store import casebook, looks
from alarm_center.store.memory import now
from alarm_center.web.auth import watches
from alarm_center.web.keys import MEMORY
from alarm_center.web.operator.case import TAKE_OVER, uuid_in
from alarm_center.web.operator.picture import reason_in
from alarm_center.web.page import PERSON, after, say, speech_of
from schemas.vocabulary import Answer, Outcome

routes = web.RouteTableDef()

_LOOK_SECONDS: Final = 10
_BOARD: Final = "/"


async def _tell(
    request: web.Request, event: alarm.Event, goal: str | None = None, note: str | None = None
) -> web.Response:
    alarm_id, person = uuid_in(request, "alarm"), request[PERSON]
    await cases.on_alarm(
        request.app[MEMORY], alarm_id, event, actor=str(person.user_id), viewer=person.watching, note=note
    )
    return after(request, goal or f"/alarm/{alarm_id}")


@routes.post("/alarm/{alarm}/claim")
@watches
async def claim(request: web.Request) -> web.StreamResponse:
    """Take the case."""
    return await _tell(request, alarm.Claim(request[PERSON].user_id))


@routes.post("/alarm/{alarm}/take-over")
@watches
async def take_over(request: web.Request) -> web.StreamResponse:
    """Take the case from a colleague, with a reason."""
    reason = str((await request.post()).get("reason", ""))
    if reason not in dict(TAKE_OVER):
        raise web.HTTPBadRequest(text=say(request, "Välj skäl"))
    return await _tell(request, alarm.TakeOver(request[PERSON].user_id, reason))


@routes.post("/alarm/{alarm}/renew")
@watches
async def renew(request: web.Request) -> web.StreamResponse:
    """Say that the holder is still at it."""
    return await _tell(request, alarm.Renew(request[PERSON].user_id))


@routes.post("/alarm/{alarm}/release")
@watches
async def release(request: web.Request) -> web.StreamResponse:
    """Let go of the case."""
    return await _tell(request, alarm.Release(request[PERSON].user_id), _BOARD)


@routes.post("/alarm/{alarm}/call")
@watches
async def call(request: web.Request) -> web.StreamResponse:
    """Begin or end a call with the resident."""
    on = bool((await request.post()).get("on"))
    return await _tell(request, alarm.InCall(request[PERSON].user_id, on))


@routes.post("/alarm/{alarm}/send")
@watches
async def send(request: web.Request) -> web.StreamResponse:
    """Send a patrol now."""
    return await _tell(request, alarm.SendPatrol(request[PERSON].user_id))


@routes.post("/alarm/{alarm}/close")
@watches
async def close(request: web.Request) -> web.StreamResponse:
    """Say how it ended."""
    form, speech = await request.post(), speech_of(request)
    said, note = str(form.get("outcome", "")), str(form.get("note", "")).strip()[:500]
    if said not in set(Outcome):
        raise web.HTTPBadRequest(text=speech("Välj utfall"))
    if said == Outcome.OTHER and not note:
        raise web.HTTPBadRequest(text=speech("Skriv vad som hände"))
    event = alarm.Close(request[PERSON].user_id, Outcome(said), note=bool(note))
    return await _tell(request, event, _BOARD, note or None)


@routes.post("/alarm/{alarm}/read")
@watches
async def read(request: web.Request) -> web.StreamResponse:
    """Note that the carers' own words have been read."""
    alarm_id, person = uuid_in(request, "alarm"), request[PERSON]
    async with request.app[MEMORY].transaction(person.watching) as tx:
        await casebook.replies_seen(tx, alarm_id, str(person.user_id), await now(tx))
    return after(request, f"/alarm/{alarm_id}")


@routes.post("/alarm/{alarm}/live")
@watches
async def look_live(request: web.Request) -> web.StreamResponse:
    """Look through the camera now, clear if a reason is given; the answer says where the frames come."""
    alarm_id, person = uuid_in(request, "alarm"), request[PERSON]
    command_id = await live_looks.ask(
        request.app[MEMORY], alarm_id, _LOOK_SECONDS, user=person.user_id, viewer=person.watching,
        clear_for=await reason_in(request) if "reason" in await request.post() else None,
    )  # fmt: skip
    response = after(request, f"/alarm/{alarm_id}")
    response.headers["X-Live"] = f"/live/{command_id}"
    return response


@routes.post("/{kind:alarm|check}/{case}/again")
@watches
async def again(request: web.Request) -> web.StreamResponse:
    """Have the device look once more."""
    check_id, person = await _check_of(request), request[PERSON]
    await cases.on_check(
        request.app[MEMORY],
        check_id,
        AskAgain(str(person.user_id), _LOOK_SECONDS),
        actor=str(person.user_id),
        viewer=person.watching,
    )
    return after(request, f"/{request.match_info['kind']}/{request.match_info['case']}")


@routes.post("/{kind:alarm|check}/{case}/answer")
@watches
async def answer(request: web.Request) -> web.StreamResponse:
    """Give one of the four answers: of a check it decides, of an alarm it is evidence."""
    form, person, speech = await request.post(), request[PERSON], speech_of(request)
    said, session_id = str(form.get("answer", "")), str(form.get("session_id", "")) or None
    if said not in set(Answer):
        raise web.HTTPBadRequest(text=speech("Välj ett av de fyra svaren"))
    check_id = await _check_of(request)
    if said == Answer.IN_BED:
        await _has_looked(request, session_id)
    check = await cases.on_check(
        request.app[MEMORY],
        check_id,
        PersonSaid(Answer(said), str(person.user_id), session_id),
        actor=str(person.user_id),
        viewer=person.watching,
    )
    if session_id is not None:
        async with request.app[MEMORY].transaction(person.watching) as tx:
            await looks.end(tx, session_id, person.user_id, await now(tx))
    if request.match_info["kind"] == "alarm":
        return after(request, f"/alarm/{request.match_info['case']}")
    if check.state is CheckState.ALARMED and check.alarm_id is not None:
        async with request.app[MEMORY].transaction(person.watching) as tx:
            seen = await casebook.alarm(tx, check.alarm_id) is not None
        return after(request, f"/alarm/{check.alarm_id}" if seen else f"/check/{check_id}")
    return after(request, _BOARD)


async def _check_of(request: web.Request) -> UUID:
    """Return the check that the form is about, if it belongs to the case and the case is this person's.

    Raises:
        NotFound: there is no such check or alarm that the person may see.
        IllegalMove: somebody else has it.
    """
    case_id, person = uuid_in(request, "case"), request[PERSON]
    async with request.app[MEMORY].transaction(person.watching) as tx:
        at = await now(tx)
        if request.match_info["kind"] == "check":
            if await looks.looking_at(tx, case_id, person.user_id, at) is not None:
                raise IllegalMove(f"check {case_id}: somebody else is looking")
            return case_id
        case = await casebook.alarm(tx, case_id)
        if case is None:
            raise cases.NotFound(f"no alarm {case_id}")
        if not case.alarm.is_held_by(person.user_id, at):
            raise IllegalMove(f"alarm {case_id}: only its holder answers")
        asked = str((await request.post()).get("check_id", ""))
        for check_id in await casebook.checks_of_alarm(tx, case_id):
            if str(check_id) == asked:
                return check_id
        raise cases.NotFound(f"alarm {case_id} has no check {asked}")


async def _has_looked(request: web.Request, session_id: str | None) -> None:
    """Refuse green from somebody who has not seen the picture that there is (design §2.2)."""
    person = request[PERSON]
    async with request.app[MEMORY].transaction(person.watching) as tx:
        looked = await looks.session(tx, session_id) if session_id is not None else None
        if looked is not None and not looked.shown:
            # Also where no picture came: a person may not look at all, so no person's word is evidence.
            raise web.HTTPConflict(text=say(request, "Samtycket tillåter inte att bilden visas. Skicka någon."))
        if session_id is None or not await looks.has_seen(tx, session_id, person.user_id):
            raise web.HTTPConflict(text=say(request, "Titta på bilden först"))
