"""Pages of a mounting: today's jobs, a step a screen, the test picture, and what the installer says at each step.

All that is said is in the database, so that the page begins again where it was left; a picture is in the page's memory alone.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core import calendar, phone_numbers
from alarm_center.core import mounting as core
from alarm_center.core.decision import IllegalMove
from alarm_center.core.mounting import BedDoubt, BedFault, MountingCourse, MountingStep, StopReason
from alarm_center.core.roles import Right
from alarm_center.identity.tokens import token_hash
from alarm_center.store import mounting_pages
from alarm_center.store.memory import Tx, now
from alarm_center.store.mounting_pages import MountingRow
from alarm_center.web.app_keys import DEMO_CAMERA, MEMORY, PICTURES
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.words import mounting_words, resident_page_words

routes = web.RouteTableDef()

_SECONDS: Final[Mapping[str, int]] = {"lamp": 10, "live": 5, "empty": 10, "trial": 5}
"""Seconds of each thing that the camera is asked for; 5 is the shortest look that a slot may have."""
_ASKED_AT: Final[Mapping[str, MountingStep]] = {
    "lamp": MountingStep.LAMP, "live": MountingStep.LOOK, "empty": MountingStep.EMPTY, "trial": MountingStep.TRIAL,
}  # fmt: skip
_WAITED_S: Final = 75
"""Seconds after which nothing more is waited for: the command has expired, and its session would have come."""
_MOST: Final = 200


@routes.get("/mountings")
@require(Right.MOUNT)
async def show_jobs(request: web.Request) -> web.StreamResponse:
    """Show today's homes of the installer, and nobody else's."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.MOUNT)) as tx:
        jobs, held, at = await mounting_pages.jobs(tx), await mounting_pages.held(tx), await now(tx)
    zone = jobs[0].zone if jobs else held[0].zone if held else "UTC"
    taken = next((each for each in held if str(each.mounting_id) == request.query.get("held")), None)
    others = [
        {
            "who": each.installer,
            "area": each.area,
            "ends_at": each.ends_at,
            "zone": each.zone,
            "asked_for": each is taken,
        }
        for each in held
    ]
    words = {"steps": mounting_words.STEPS, "exchanges": mounting_words.EXCHANGE_JOBS}
    ended = {job.mounting_id for job in jobs if job.halted}
    context = {"jobs": jobs, "ended": ended, "others": others, "now": at, "zone": zone} | words
    return render(request, "installer/jobs.html", context)


@routes.get("/mountings/{mounting}")
@require(Right.MOUNT)
async def show_mounting(request: web.Request) -> web.StreamResponse:
    """Show the step that the mounting has come to, or an earlier one."""
    return await _show(request, {})


@routes.post("/mountings/{mounting}/begin")
@require(Right.MOUNT)
async def begin(request: web.Request) -> web.StreamResponse:
    """Begin: the installer is there. Begun again, half an hour more."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.MOUNT)) as tx:
        if taken := await _taken(tx, request):
            return taken
        job = await _going_on(tx, request)
        begun = await mounting_pages.begin(tx, job.mounting_id)
    return _to(job) if begun or job.mine else _to_holder(job.mounting_id)


@routes.post("/mountings/{mounting}/stop")
@require(Right.MOUNT)
async def stop(request: web.Request) -> web.StreamResponse:
    """End the mounting: the camera is nobody's, and the person who gave it is told. Nothing has to be explained."""
    said = str((await request.post()).get("why", ""))
    why = StopReason(said) if said in core.SAID_IN_HOME else StopReason.SAID_NO
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.MOUNT)) as tx:
        if taken := await _taken(tx, request):
            return taken
        job = await _going_on(tx, request)
        stopped = await mounting_pages.stop(tx, job.mounting_id, why)
    request.app[MEMORY].hint()
    return _to(job) if stopped or job.mine else _to_holder(job.mounting_id)


@routes.post("/mountings/{mounting}/code")
@require(Right.MOUNT)
async def offer_code(request: web.Request) -> web.StreamResponse:
    """Take the code that the camera shows; the camera asks with it by itself."""
    form = {name: str(value).replace("\0", "").strip()[:_MOST] for name, value in (await request.post()).items()}
    code = core.read_code(form.get("code", ""))
    if code is None:
        return await _show(request, {"wrong": mounting_words.BAD_CODE, "form": form}, MountingStep.CODE, status=400)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.MOUNT)) as tx:
        job = await _going_on(tx, request)
        named = await mounting_pages.name_piece(tx, job.mounting_id, form.get("number", ""))
        offered = named == "ok" and await mounting_pages.offer_code(tx, job.mounting_id, token_hash(code))
    if named != "ok":
        wrong = {"wrong_number": mounting_words.PIECE_FAULTS[named], "form": form}
        return await _show(request, wrong, MountingStep.CODE, status=409)
    if not offered:
        return await _show(request, {"wrong": mounting_words.CODE_REFUSED}, MountingStep.CODE, status=409)
    return _to(job)


@routes.post("/mountings/{mounting}/ask/{take:lamp|live|empty|trial}")
@require(Right.MOUNT)
async def ask(request: web.Request) -> web.StreamResponse:
    """Wake the camera for its lamp, a test picture, the empty room or a trial. A look is in the log before its first byte."""
    take, form = request.match_info["take"], await request.post()
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.MOUNT)) as tx:
        job = await _going_on(tx, request)
        if not core.reachable(_ASKED_AT[take], _reached(job)):
            raise IllegalMove(f"mounting {job.mounting_id}: {take} before its step")
        await mounting_pages.ask(tx, job.mounting_id, take, _SECONDS[take])
    request.app[MEMORY].hint()
    at = str(form.get("at", ""))
    return redirect(f"/mountings/{job.mounting_id}?step={at if at in set(MountingStep) else _ASKED_AT[take].value}")


@routes.post("/mountings/{mounting}/wrong-room")
@require(Right.MOUNT)
async def wrong_room(request: web.Request) -> web.StreamResponse:
    """Let the camera go: its picture is of another room than the installer stands in."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.MOUNT)) as tx:
        job = await _going_on(tx, request)
        await mounting_pages.release_wrong_camera(tx, job.mounting_id)
    request.app[MEMORY].hint()
    return redirect(f"/mountings/{job.mounting_id}?other=1")


@routes.post("/mountings/{mounting}/left")
@require(Right.MOUNT)
async def leave(request: web.Request) -> web.StreamResponse:
    """Note that the page with the picture is left: the look ends."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.MOUNT)) as tx:
        await mounting_pages.end_look(tx, (await _mounting(tx, request)).mounting_id)
    return web.Response(status=204)


@routes.get("/mountings/{mounting}/picture/{command}")
@require(Right.MOUNT)
async def show_frame(request: web.Request) -> web.StreamResponse:
    """Send the newest frame of the test look that this person asked for; 204: none has come since ``after``."""
    command = path_uuid(request, "command")
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.MOUNT)) as tx:
        await _mounting(tx, request)
        org = await mounting_pages.town_of_look(tx, command)
    if org is None:
        raise NotFound(f"no test look {command}")
    newest, said = request.app[PICTURES].live_frame(org, command), request.query.get("after", "")
    after = int(said) if said.isascii() and said.isdigit() else -1
    if newest is None or newest.sequence <= after or newest.frame is None:
        over = newest is not None and newest.last
        return web.Response(status=204, headers={"X-Over": "1"} if over else {})
    return web.Response(body=newest.frame.jpeg, content_type="image/jpeg", headers={"X-Sequence": str(newest.sequence)})


@routes.post("/mountings/{mounting}/answer/{step}")
@require(Right.MOUNT)
async def answer(request: web.Request) -> web.StreamResponse:
    """Take what was said at a step, and go to the next."""
    form = {name: str(value).strip()[:_MOST] for name, value in (await request.post()).items()}
    said = request.match_info["step"]
    if said not in _READERS:
        raise NotFound(said)
    step = MountingStep(said)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.MOUNT)) as tx:
        job = await _going_on(tx, request)
        if not core.reachable(step, _reached(job)) or (core.needs_camera(step) and job.device_id is None):
            raise IllegalMove(f"mounting {job.mounting_id}: {step} before its time")
        read = _READERS[step](form, job)
        if isinstance(read, StopReason):
            await mounting_pages.stop(tx, job.mounting_id, read)
        elif not isinstance(read, str):
            if step is MountingStep.BED:
                await mounting_pages.draw_bed(tx, job.mounting_id, read["bed"]["zones"])
            goal = core.step_after(step, _reached(job), _course(job))
            await mounting_pages.move(tx, job.mounting_id, goal, read)
    if isinstance(read, BedDoubt):
        return await _show(request, {"wrong": mounting_words.BED_DOUBTS[read], "doubt": read, "form": form}, step)
    if isinstance(read, str) and not isinstance(read, StopReason):
        return await _show(request, {"wrong": read, "form": form}, step, status=400)
    request.app[MEMORY].hint()
    return _to(job)


Read = dict[str, Any] | StopReason | BedDoubt | str
"""Content of a form, to be kept; a reason to stop; a bed to ask about once more; or the fault in the form, in words."""


def _read_nothing(_form: Mapping[str, str], _job: MountingRow) -> Read:
    return {}


def _read_lamp(form: Mapping[str, str], _job: MountingRow) -> Read:
    if form.get("lamp") == "exception":
        return {"lamp": {"shown": False, "why": form["why"]}} if form.get("why") else mounting_words.NO_WHY
    return {"lamp": {"shown": True}}


def _read_bed(form: Mapping[str, str], job: MountingRow) -> Read:
    corners, head = core.read_corners(form), form.get("head", "")
    fault = core.bed_fault(corners) if head in {"0", "1", "2", "3"} else BedFault.UNREADABLE
    if fault is not None or corners is None:
        return mounting_words.BED_FAULTS[fault or BedFault.UNREADABLE]
    doubt = core.bed_doubt(corners, job.expected_people)
    if doubt is not None and form.get("sure") != doubt:
        return doubt
    zones = core.bed_zones(corners, int(head), job.expected_people)
    said = {"corners": [list(each) for each in corners], "head": int(head), "zones": zones}
    return {"bed": said | ({"sure": doubt} if doubt else {})}


def _read_sleepers(form: Mapping[str, str], job: MountingRow) -> Read:
    if form.get("sleeper") not in core.SLEEPERS:
        return mounting_words.NO_SLEEPER
    known = job.expected_people > 1 or job.cohabitant_sleeps == "same_bed"
    if form.get("sleeper") == "same_bed" and not known:
        return StopReason.SLEEPS_HERE
    return {"sleepers": form["sleeper"]}


def _read_empty(form: Mapping[str, str], job: MountingRow) -> Read:
    if job.said.get("empty", {}).get("ok"):
        return {}
    # Where nobody has seen the picture, the detector alone says that the room is the right one.
    return {"empty": {"ok": False, "skipped": True}} if job.shown else mounting_words.NO_EMPTY


def _read_trial(_form: Mapping[str, str], job: MountingRow) -> Read:
    trial = job.said.get("trial", {})
    if not trial.get("ok"):
        raise IllegalMove(f"mounting {job.mounting_id}: no trial has come through")
    return {} if core.is_tried(trial.get("answer"), shown=job.shown) else mounting_words.NOT_IN_BED


def _read_weekend(form: Mapping[str, str], job: MountingRow) -> Read:
    if form.get("who") == "town" and job.on_call_phone is not None:
        return {"weekend_name": job.on_call_name, "weekend_phone": job.on_call_phone}
    if not form.get("name"):
        return mounting_words.NO_NAME
    try:
        phone = phone_numbers.parse_phone_number(form.get("phone", ""))
    except ValueError:
        return mounting_words.NO_PHONE
    return {"weekend_name": form["name"], "weekend_phone": phone}


def _read_paper(form: Mapping[str, str], _job: MountingRow) -> Read:
    if form.get("signed") != "oral" and not form.get("initials"):
        return mounting_words.NO_INITIALS
    return {"paper": {"signed": "oral"} if form.get("signed") == "oral" else {"signed": form["initials"][:6]}}


_READERS: Final = {
    MountingStep.CONSENT: _read_nothing,
    MountingStep.LAMP: _read_lamp,
    MountingStep.LOOK: _read_nothing,
    MountingStep.BED: _read_bed,
    MountingStep.SLEEPERS: _read_sleepers,
    MountingStep.EMPTY: _read_empty,
    MountingStep.TRIAL: _read_trial,
    MountingStep.WEEKEND: _read_weekend,
    MountingStep.PAPER: _read_paper,
}


async def _mounting(tx: Tx, request: web.Request) -> MountingRow:
    """Return the mounting of the path.

    Raises:
        NotFound: it is none of the person's today.
    """
    job = await mounting_pages.mounting(tx, path_uuid(request, "mounting"))
    if job is None:
        raise NotFound("no such mounting today")
    return job


async def _going_on(tx: Tx, request: web.Request) -> MountingRow:
    """Return the mounting of the path.

    Raises:
        HTTPSeeOther: those who plan have ended it, which its page says.
        NotFound: it is none of the person's today.
    """
    job = await _mounting(tx, request)
    if job.halted_for:
        raise web.HTTPSeeOther(f"/mountings/{job.mounting_id}")
    return job


async def _taken(tx: Tx, request: web.Request) -> web.Response | None:
    """Return the way to the list that says who has the mounting of the path, where a colleague has it in hand."""
    which = path_uuid(request, "mounting")
    return _to_holder(which) if any(each.mounting_id == which for each in await mounting_pages.held(tx)) else None


def _to_holder(mounting_id: UUID) -> web.Response:
    return redirect(f"/mountings?held={mounting_id}")


def _to(job: MountingRow) -> web.Response:
    return redirect(f"/mountings/{job.mounting_id}")


def _first_night(job: MountingRow) -> date:
    return calendar.night_of(job.first_look, ZoneInfo(job.zone)) if job.first_look is not None else job.due_on


def _reached(job: MountingRow) -> MountingStep:
    """Return how far the mounting has come: past a test picture that nobody may see."""
    return MountingStep.BED if job.step is MountingStep.LOOK and not job.shown else job.step


def _course(job: MountingRow) -> MountingCourse:
    return MountingCourse(core.starts_in_weekend(_first_night(job)), job.shown)


async def _show(
    request: web.Request, own: Mapping[str, Any], step: MountingStep | None = None, *, status: int = 200
) -> web.StreamResponse:
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.MOUNT)) as tx:
        job, at = await _mounting(tx, request), await now(tx)
    asked = request.query.get("step", "")
    wanted = step or (MountingStep(asked) if asked in set(MountingStep) else _reached(job))
    shown = wanted if core.reachable(wanted, _reached(job)) else _reached(job)
    course, speech = _course(job), speech_of(request)
    if shown is MountingStep.LOOK and not job.shown:
        shown = MountingStep.BED
    lately = job.asked_at is not None and (at - job.asked_at).total_seconds() < _WAITED_S
    take = _TAKES.get(shown)
    screens, result = course.screens, job.said.get(take, {}) if take else {}
    context: dict[str, Any] = {
        "job": job,
        "step": shown,
        "steps": mounting_words.STEPS,
        "exchange": mounting_words.EXCHANGE_JOBS.get(job.exchange or ""),
        "place": screens.index(shown) + 1 if shown in screens else 0,
        "places": len(screens) - 1,
        "back": core.before(shown, course) if shown in core.ORDER and shown is not MountingStep.DONE else None,
        "now": at,
        "zone": job.zone,
        "signal": mounting_words.signal_words(job.signal_dbm, speech),
        "asked": job.asked_kind if lately else None,
        "result": result,
        "tried": bool(result and result.get("ok")) and core.is_tried(result.get("answer"), shown=job.shown),
        "waits": _waits(job, shown, lately=lately),
        "first_night": _first_night(job),
        "halted": mounting_words.halted_sentence(job.halted_by, job.halted_for, speech) if job.halted_for else "",
        "stopped": mounting_words.STOPPED.get(StopReason(job.stopped_for)) if job.stopped_for else None,
        "corners": job.said.get("bed", {}).get("corners") or _PROPOSED,
        "head": job.said.get("bed", {}).get("head", 0),
        "box_code": box.code if (box := request.app.get(DEMO_CAMERA)) is not None else None,
        "other_room": "other" in request.query,
        "not_in_bed": mounting_words.NOT_IN_BED,
        "unjudged": resident_page_words.NOBODY_JUDGES if job.agreed and not (job.shown or job.machine) else "",
        "wrong": None,
        "doubt": None,
        "wrong_number": None,
        "form": {},
    }
    return render(request, "installer/mounting.html", context | dict(own), status=status)


_PROPOSED: Final = ((0.3, 0.3), (0.7, 0.3), (0.7, 0.85), (0.3, 0.85))
"""Corners before they are drawn."""
_TAKES: Final = {MountingStep.EMPTY: "empty", MountingStep.TRIAL: "trial"}


def _waits(job: MountingRow, step: MountingStep, *, lately: bool) -> bool:
    """Return whether the page waits for the camera: to ask with its code, to have its config, or to have taken something."""
    if not job.in_hand:
        return False
    if step is MountingStep.CODE:
        return job.code_until is not None
    if step is MountingStep.LAMP:
        return not (job.connected and job.confirmed)
    take = _TAKES.get(step)
    return take is not None and lately and job.asked_kind == take and take not in job.said
