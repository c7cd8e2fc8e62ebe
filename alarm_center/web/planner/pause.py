"""Pages of a pause and of a camera that is stopped by hand: find the resident, fill in, read what will follow, confirm.

For planners, leads and operators. The search is sent by POST, since addresses are written to logs.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile, Editor
from alarm_center.core import pausing, phone_numbers
from alarm_center.core.pausing import PauseFault, PauseWish, SaidBy, Until
from alarm_center.core.roles import Right
from alarm_center.preparation import pauses
from alarm_center.store import case_pages, day_pages, deaths, plans, residents, users
from alarm_center.store.memory import Tx, now
from alarm_center.store.plans import Pause
from alarm_center.web import csv_file
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner import pause_questions
from alarm_center.web.planner.desk import drawn_from, editor_of, page_context
from alarm_center.words import bed_words, list_words, page_words, pause_words
from alarm_center.words.catalogues import Speech
from schemas.vocabulary import CancelReason, Instead

routes = web.RouteTableDef()

_MOST: Final = 40
"""Residents shown at once."""
_FIELDS: Final = ("reason", "until", "date", "said_by", "name", "phone", "instead")
EMPTY: Final = dict.fromkeys(_FIELDS, "") | {"until": Until.TOMORROW.value, "instead": Instead.VISIT.value}


@routes.get("/pause")
@require(Right.PAUSE)
async def show_search(request: web.Request) -> web.StreamResponse:
    """Show the search for a resident, with the first residents by name."""
    return await _show_search(request, "")


@routes.post("/pause")
@require(Right.PAUSE)
async def search(request: web.Request) -> web.StreamResponse:
    """Show the residents who match."""
    return await _show_search(request, str((await request.post()).get("asked", "")).replace("\0", "").strip()[:100])


@routes.get("/pause.csv")
@require(Right.PAUSE)
async def export_ending(request: web.Request) -> web.StreamResponse:
    """Return the pauses that end, as they are asked about now, as a file; of a protected identity only those with the right get the name."""
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PAUSE)) as tx:
        ending, context = await pause_questions.rows_to_ask(tx, speech), await page_context(request, tx)
    lines = [
        [
            each.resident or speech(page_words.PROTECTED),
            each.address,
            phone_numbers.national(each.phone) if each.phone else "",
            each.area,
            row["question"],
            row["ring"],
        ]
        for row in ending
        for each in [row["pause"]]
    ]
    day = context["now"].astimezone(ZoneInfo(context["zone"])).date()
    return csv_file.answer("pauser", day, [[speech(each) for each in list_words.ENDING_PAUSES], *lines])


@routes.post("/pause/{resident}/answer")
@require(Right.PAUSE)
async def answer_end(request: web.Request) -> web.StreamResponse:
    """Keep whether the resident is at home when their pause ends; if not, another begins, until tomorrow."""
    wrong = await pause_questions.save_answer(request)
    return await show_search_again(request, wrong) if wrong else await back(request)


async def back(request: web.Request) -> web.StreamResponse:
    """Return the answer that sends a browser back to the page that asked: this one, or the lead's."""
    return redirect("/lead" if (await request.post()).get("back") == "/lead" else "/pause")


async def show_search_again(request: web.Request, wrong: str) -> web.StreamResponse:
    """Show the first page again, with what was wrong with what was sent from it."""
    return await _show_search(request, "", wrong)


async def _show_search(request: web.Request, asked: str, wrong: str = "") -> web.StreamResponse:
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PAUSE)) as tx:
        found = await residents.search(tx, asked, _MOST + 1)
        ending = await pause_questions.rows_to_ask(tx, speech_of(request))
        to_confirm, names = await deaths.unconfirmed(tx), await users.colleague_names(tx)
        context = await page_context(request, tx)
    people = {str(user_id): name for user_id, name in names.items()}
    goal = {
        "to_confirm": [(each, each.patrol or people.get(each.registered_by, "")) for each in to_confirm],
        "ending": ending,
        "wrong": wrong,
        "asked": asked,
        "found": found[:_MOST],
        "more": len(found) > _MOST,
        "goal": "/pause",
    }
    page = "parts/found.html" if "X-Fragment" in request.headers else "planner/find.html"
    return render(request, page, context | goal, status=409 if wrong else 200)


@routes.get("/pause/{resident}")
@require(Right.PAUSE)
async def show_resident(request: web.Request) -> web.StreamResponse:
    """Show the resident's pause, or the form for one."""
    return await _show_resident(request, EMPTY)


@routes.post("/pause/{resident}")
@require(Right.PAUSE)
async def preview(request: web.Request) -> web.StreamResponse:
    """Show what a pause will mean; nothing has happened yet."""
    filled = await filled_form(request)
    if filled.get("change"):
        return await _show_resident(request, filled)
    resident_id, speech = path_uuid(request, "resident"), speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PAUSE)) as tx:
        context = await resident_context(request, tx, resident_id)
        wish = pausing.parse_pause(filled, context["now"], ZoneInfo(context["zone"]))
        if isinstance(wish, PauseWish):
            openings = await day_pages.openings_before(tx, resident_id, wish.to_at)
    holds = context["supervision"].revision
    if await drawn_from(request, holds) != holds:
        return await _show_resident(request, filled, changed=True)
    if not isinstance(wish, PauseWish):
        return await _show_resident(request, filled, wish)
    sentences = pause_words.coming_sentences(
        wish, openings, context["resident"].case_no, context["now"], context["zone"], speech
    )
    if (beside := context["beside"]) is not None:
        sentences.append(bed_words.pause_means(wish.reason, beside.name, speech))
    return render(request, "planner/confirm.html", context | {"sentences": sentences, "wish": wish, "filled": filled})


@routes.post("/pause/{resident}/now")
@require(Right.PAUSE)
async def pause_now(request: web.Request) -> web.StreamResponse:
    """Pause the resident's checks. A form that is sent twice pauses once: the second was drawn before the first's change."""
    filled, resident_id, person = await filled_form(request), path_uuid(request, "resident"), request[PERSON]
    async with request.app[MEMORY].transaction(person.viewer(Right.PAUSE)) as tx:
        context = await resident_context(request, tx, resident_id)
    wish = pausing.parse_pause(filled, context["now"], ZoneInfo(context["zone"]))
    if not isinstance(wish, PauseWish):
        return await _show_resident(request, filled, wish)
    pause = Pause(wish.reason, context["now"], wish.to_at, wish.word.said_by, wish.instead)
    try:
        await pauses.pause_checks(
            request.app[PLANNER_MEMORY],
            resident_id,
            pause,
            editor=await editor_of(request, Right.PAUSE),
            word=wish.word,
        )
    except ChangedMeanwhile:
        return await _show_resident(request, filled, changed=True)
    return redirect(f"/pause/{resident_id}")


@routes.post("/pause/{resident}/end")
@require(Right.PAUSE)
async def end_now(request: web.Request) -> web.StreamResponse:
    """End the resident's pause: its checks that are still to come are owed again."""
    resident_id = path_uuid(request, "resident")
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PAUSE)) as tx:
        context = await resident_context(request, tx, resident_id)
    try:
        await pauses.end_pause(
            request.app[PLANNER_MEMORY], resident_id, context["now"], editor=await editor_of(request, Right.PAUSE)
        )
    except ChangedMeanwhile:
        return await _show_resident(request, EMPTY, changed=True)
    return redirect(f"/pause/{resident_id}")


# ---- the camera is stopped ----


@routes.get("/stop-camera/{resident}")
@require(Right.PAUSE)
async def show_stop(request: web.Request) -> web.StreamResponse:
    """Show the form to stop the camera: whose word it is, and how it was said. A reason is never asked."""
    return await _show_stop(request, {})


@routes.post("/stop-camera/{resident}")
@require(Right.PAUSE)
async def stop_now(request: web.Request) -> web.StreamResponse:
    """Stop the camera at once: the resident's own word ends the consent, anybody else's begins a pause."""
    form = {name: str(value).replace("\0", "") for name, value in (await request.post()).items()}
    word = pausing.parse_stop(form)
    if word is None:
        return await _show_stop(request, form, lacking=True)
    resident_id, person = path_uuid(request, "resident"), request[PERSON]
    async with request.app[MEMORY].transaction(person.viewer(Right.PAUSE)) as tx:
        context = await resident_context(request, tx, resident_id)
    instead = Instead.NOTHING if form.get("instead") == Instead.NOTHING else Instead.VISIT
    editor = Editor(str(person.user_id), person.viewer(Right.PAUSE))
    await pauses.stop_camera(
        request.app[PLANNER_MEMORY],
        resident_id,
        word,
        context["now"],
        ZoneInfo(context["zone"]),
        instead=instead,
        editor=editor,
    )
    return redirect(f"/pause/{resident_id}")


async def _show_stop(request: web.Request, filled: Mapping[str, str], *, lacking: bool = False) -> web.StreamResponse:
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PAUSE)) as tx:
        context = await resident_context(request, tx, path_uuid(request, "resident"))
    speech, with_cohabitant = speech_of(request), context["supervision"].has_cohabitant
    choices = {
        "said_by": [
            (each.value, speech(text))
            for each, text in pause_words.SAID_BY.items()
            if each is not SaidBy.COHABITANT or with_cohabitant
        ],
        "how": [(each.value, speech(text)) for each, text in pause_words.HOW_SAID.items()],
        "filled": {"said_by": "", "how": "", "note": "", "name": "", "instead": "visit"} | dict(filled),
        "for_other": bed_words.dark_for_both(context["beside"].name, speech) if context["beside"] else "",
        "lacking": speech(pause_words.STOP_LACKS_WORD) if lacking else "",
    }
    return render(request, "planner/stop.html", context | choices, status=400 if lacking else 200)


@routes.get("/fragments/device-answers/{resident}")
@require(Right.PAUSE)
async def show_device_answers(request: web.Request) -> web.StreamResponse:
    """Show whether the resident's devices have confirmed that they are dark."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PAUSE)) as tx:
        context = await resident_context(request, tx, path_uuid(request, "resident"))
    return render(request, "parts/device_answers.html", context)


# ---- drawn ----


async def filled_form(request: web.Request) -> dict[str, str]:
    """Return the fields of a pause's form as they were sent."""
    form = await request.post()
    return {name: str(form.get(name, "")).replace("\0", "") for name in (*_FIELDS, "change")}


async def _show_resident(
    request: web.Request, filled: Mapping[str, str], faults: Sequence[PauseFault] = (), *, changed: bool = False
) -> web.StreamResponse:
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PAUSE)) as tx:
        context = await resident_context(request, tx, path_uuid(request, "resident"))
    choices = choices_of(context, pausing.REASONS, filled, faults, speech)
    choices["changed"] = speech(pause_words.CHANGED_BY_OTHER) if changed else ""
    holds = context["supervision"].revision
    choices["revision"] = holds if changed else await drawn_from(request, holds)
    status = 409 if changed else 400 if faults else 200
    page = "planner/paused.html" if context["pauses"] else "planner/pause.html"
    return render(request, page, context | choices, status=status)


def choices_of(
    context: Mapping[str, Any],
    reasons: Sequence[CancelReason],
    filled: Mapping[str, str],
    faults: Sequence[PauseFault],
    speech: Speech,
) -> dict[str, Any]:
    """Return what a pause's form offers, how it is filled in, and what is wrong with that."""
    at, zone = context["now"], context["zone"]
    tomorrow = pause_words.time_words(pausing.tomorrow_end(at, ZoneInfo(zone)), at, zone, speech)
    return {
        "reasons": [(str(each), speech(pause_words.REASONS[each])) for each in reasons],
        "untils": [(each.value, speech(text, time=tomorrow)) for each, text in pause_words.UNTIL.items()],
        "sayers": [
            (each.value, speech(text)) for each, text in pause_words.SAID_BY.items() if each is not SaidBy.COHABITANT
        ],
        "insteads": [(each.value, speech(text)) for each, text in pause_words.INSTEAD.items()],
        "filled": filled,
        "faults": [(each.value, speech(pause_words.FAULTS[each])) for each in faults],
    }


async def resident_context(request: web.Request, tx: Tx, resident_id: UUID) -> dict[str, Any]:
    """Return the context of a page about one resident's supervision.

    Raises:
        NotFound: there is no such resident whom *tx* sees.
    """
    resident, supervision = await residents.hit(tx, resident_id), await day_pages.supervision(tx, resident_id)
    if resident is None or supervision is None:
        raise NotFound(f"no resident {resident_id}")
    at, speech = await now(tx), speech_of(request)
    current = [pause for pause in await plans.pauses(tx, resident_id) if pause.from_at <= at]
    shown = [
        {
            "reason": speech(pause_words.REASONS[each.reason]),
            "until": pause_words.time_words(each.to_at, at, supervision.zone, speech),
            "instead": speech(pause_words.INSTEAD[each.instead]),
            "said_by": speech(pause_words.SAID_BY[SaidBy(each.said_by)]) if each.said_by in set(SaidBy) else "",
        }
        for each in current
    ]
    answers = await day_pages.device_answers(tx, resident_id)
    own = {
        "resident": resident, "supervision": supervision, "pauses": shown, "answers": answers,
        "beside": await case_pages.companion(tx, resident_id),
    }  # fmt: skip
    return await page_context(request, tx) | own | {"zone": supervision.zone}
