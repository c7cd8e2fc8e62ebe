"""The lead's page: what SMS ask of their phone, with the same answers as buttons, their areas' open cases, and tonight's shifts.

An answer is the phone's own, as by SMS: it goes by the notice's link, and whichever comes first counts.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.editing import Editor
from alarm_center.casework.incidents import acknowledge_incident
from alarm_center.casework.lead_answers import LeadAnswer, apply_answer
from alarm_center.core import pausing
from alarm_center.core.alarm import alarm_events, trouble
from alarm_center.core.alarm.alarm_events import CarerReply
from alarm_center.core.alarm.phone_questions import Ask, PhoneQuestion, phone_question
from alarm_center.core.roles import Right
from alarm_center.preparation import pauses
from alarm_center.store import board, deaths, incidents, lead_questions, links, towns, users
from alarm_center.store.lead_questions import AskedCase
from alarm_center.store.memory import Tx, Viewer
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.queue import BoardReader, queue
from alarm_center.web.operator.trouble_rows import trouble_rows
from alarm_center.web.page import PERSON, redirect, render, speech_of
from alarm_center.web.planner import pause_questions
from alarm_center.web.planner.desk import page_context, planned_night
from alarm_center.web.staff.rota_pages import shift_rows
from alarm_center.words import lead_words, page_words
from alarm_center.words.catalogues import Speech
from schemas.vocabulary import Outcome

routes = web.RouteTableDef()

_NOTE_MOST: Final = 500


@routes.get("/lead")
@require(Right.LEAD)
async def show_lead(request: web.Request) -> web.StreamResponse:
    """Show the page."""
    return await _show(request)


@routes.get("/fragments/lead")
@require(Right.LEAD)
async def show_lead_part(request: web.Request) -> web.StreamResponse:
    """Show what changes by itself: all of it but the head."""
    return render(request, "staff/lead_part.html", await _lead_context(request))


@routes.post("/lead/answer")
@require(Right.LEAD)
async def answer(request: web.Request) -> web.StreamResponse:
    """Answer a question as its SMS asks it. The same form that is sent twice answers once; of an older one the page says so."""
    form = {name: str(value).replace("\0", "") for name, value in (await request.post()).items()}
    note = form.get("note", "").strip()[:_NOTE_MOST]
    speech, viewer = speech_of(request), request[PERSON].viewer(Right.LEAD)
    async with request.app[MEMORY].transaction(viewer) as tx:
        found = _asked_by(await lead_questions.cases_of_mine(tx), form.get("notice", ""))
        token = None if found is None else await lead_questions.link_of_mine(tx, found[1].notice.notice_id)
    if found is None or token is None:
        return await _show(request, speech(lead_words.ANSWERED_BEFORE), 409)
    case, asked = found
    word = _word_of(asked, form, note)
    if word is None:
        return await _show(request, speech(page_words.CHOOSE_OUTCOME), 400, note, form["notice"])
    outcome = word.outcome if isinstance(word, alarm_events.Done) else None
    if outcome is not None and trouble.keeps_open(case.alarm.troubles, outcome, note=bool(note)):
        return await _show(request, speech(page_words.NOBODY_FOUND), 409, note, form["notice"])
    async with request.app[MEMORY].transaction() as tx:
        link = await links.viewer_of(tx, token)
    assert link is not None, "the token is a notice's"
    said = LeadAnswer(asked.notice.notice_id, _ask_of(form), word, _tap_of(form), note or None)
    if not await apply_answer(request.app[MEMORY], case.alarm.alarm_id, said, viewer=link):
        return await _show(request, speech(lead_words.ANSWERED_BEFORE), 409)
    # Only then: an answer that did not count must not keep the camera from a person who is at home.
    if outcome is not None and outcome in pausing.AWAY_BY:
        await _pause_while_away(request, case, outcome, link, asked.notice.notice_id)
    return redirect("/lead")


@routes.post("/lead/muster")
@require(Right.LEAD)
async def answer_muster(request: web.Request) -> web.StreamResponse:
    """Say whether the phone of one's own shift is held."""
    form, memory = await request.post(), request.app[MEMORY]
    shift_id, holds = _id_of(str(form.get("shift", ""))), form.get("holds") == "1"

    async def work(tx: Tx) -> bool:
        return shift_id is not None and await lead_questions.answer_muster(tx, shift_id, holds=holds)

    found = await memory.attempt(work, request[PERSON].viewer(Right.LEAD))
    if not found:
        return await _show(request, speech_of(request)(lead_words.NOT_YOUR_SHIFT), 409)
    memory.hint()
    return redirect("/lead")


@routes.post("/lead/incident")
@require(Right.LEAD)
async def see_to_incident(request: web.Request) -> web.StreamResponse:
    """See to an incident that is not checked in time, as "störning" by SMS does."""
    incident_id, person = _id_of(str((await request.post()).get("incident", ""))), request[PERSON]
    if incident_id is None:
        return await _show(request, speech_of(request)(lead_words.ANSWERED_BEFORE), 409)
    await acknowledge_incident(
        request.app[MEMORY], incident_id, by=str(person.user_id), viewer=person.viewer(Right.LEAD)
    )
    return redirect("/lead")


@routes.post("/lead/open")
@require(Right.LEAD)
async def open_case(request: web.Request) -> web.StreamResponse:
    """Go on to the page of a case that the lead's phone has: no page bears its link."""
    notice_id = _id_of(str((await request.post()).get("notice", "")))
    token = None
    if notice_id is not None:
        async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.LEAD)) as tx:
            token = await lead_questions.link_of_mine(tx, notice_id)
    if token is None:
        return await _show(request, speech_of(request)(lead_words.ANSWERED_BEFORE), 409)
    return redirect(f"/u/{token}")


# ---- an answer ----


def _asked_by(cases: list[AskedCase], said: str) -> tuple[AskedCase, PhoneQuestion] | None:
    """Return the case and the question that the notice with the id *said* puts now; ``None``: it puts none."""
    notice_id = _id_of(said)
    for case in cases:
        asked = phone_question(case.alarm, case.notices)
        if asked is not None and asked.notice.notice_id == notice_id:
            return case, asked
    return None


def _word_of(asked: PhoneQuestion, form: Mapping[str, str], note: str) -> CarerReply | None:
    """Return the word that the pressed button says; ``None``: none of the question's."""
    notice_id, said = asked.notice.notice_id, form.get("word", "")
    if said == "yes" and form.get("ask") in (Ask.GO, Ask.SEE_TO):
        return alarm_events.Took(notice_id)
    if said == "no":
        return alarm_events.Declined(notice_id)
    outcome = form.get("outcome", "")
    if outcome == Outcome.OTHER:
        return alarm_events.Done(notice_id, Outcome.OTHER, note=True) if note else None
    if outcome in {each for each, _words in lead_words.OUTCOMES}:
        return alarm_events.Done(notice_id, Outcome(outcome), note=bool(note))
    return None


def _ask_of(form: Mapping[str, str]) -> Ask:
    """Return the matter as the page showed it; one that is none of ours is no question that stands."""
    said = form.get("ask", "")
    return Ask(said) if said in set(Ask) else Ask.OWN


def _tap_of(form: Mapping[str, str]) -> str:
    """Return the key of the form, another for each of its buttons: a yes whose answer was lost is no no."""
    return f"{_id_of(form.get('tap', '')) or uuid4()}:{form.get('word') or form.get('outcome', '')}"[:80]


def _id_of(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None


async def _pause_while_away(
    request: web.Request, case: AskedCase, outcome: Outcome, link: Viewer, notice_id: UUID
) -> None:
    """Pause what would look for a person in their home who is not there, as the carer's page does."""
    if case.alarm.resident_id is None:
        return
    wish = pausing.away_after(
        outcome, pausing.AWAY_BY[outcome][0], await request.app[MEMORY].now(), ZoneInfo(case.zone)
    )
    editor = Editor(str(notice_id), link)
    await pauses.pause_while_away(request.app[PLANNER_MEMORY], case.alarm.resident_id, wish, editor=editor)


# ---- drawn ----


async def _show(
    request: web.Request, said: str = "", status: int = 200, note: str = "", noted: str = ""
) -> web.Response:
    """Show the page, with what was wrong with an answer, and the *note* that was written with it to the question *noted*."""
    context = await _lead_context(request) | {"said": said, "note": note, "noted": noted}
    return render(request, "staff/lead.html", context, status=status)


async def _lead_context(request: web.Request) -> dict[str, Any]:
    person, speech = request[PERSON], speech_of(request)
    viewer = person.viewer(Right.LEAD)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        at = context["now"]
        reader = BoardReader(person.user_id, {head.org: head.zone for head in context["heads"]}, at, speech)
        cases = await lead_questions.cases_of_mine(tx)
        rows = [row for case in cases if (row := _question_row(case, speech)) is not None]
        own = {
            "has_phone": await lead_questions.has_phone(tx),
            "own_shifts": [each for each in await lead_questions.shifts_of_mine(tx) if each.holds is not True],
            "to_confirm": await _deaths(tx),
            "ending": await pause_questions.rows_to_ask(tx, speech),
            **await _board(tx, reader, speech),
            "incidents": await _incidents(tx, reader),
        }
        shifts = []
        for town in await towns.towns(tx):
            tonight = planned_night(at, town.zone)
            shifts += await shift_rows(tx, town, viewer, tonight, at, speech)
    waits = [row for row in rows if row["waits"]]
    own |= {
        "questions": waits,
        "answered": [row for row in rows if not row["waits"]],
        "silent": [row for row in shifts if row["silent"]],
        "shifts": [row for row in shifts if not row["over"]],
        # One filled button a page: the first question's.
        "red": True,
        "back": "/lead",
        "outcomes": [(str(each), speech(words)) for each, words in lead_words.OUTCOMES],
        "said": "",
        "note": "",
        "noted": "",
    }
    return context | own


def _question_row(case: AskedCase, speech: Speech) -> dict[str, Any] | None:
    asked = phone_question(case.alarm, case.notices)
    if asked is None:
        return None
    carer = (
        None if asked.trouble is None or asked.trouble.notice_id is None else case.carers.get(asked.trouble.notice_id)
    )
    about_carer = asked.ask in (Ask.SEE_TO, Ask.SEES_TO)
    return {
        "ask": asked.ask,
        "notice": asked.notice.notice_id,
        "number": case.alarm.case_no,
        "sentence": lead_words.question_sentence(case.alarm, asked, case.area, carer and carer.patrol, speech),
        "asked_at": asked.notice.asked_at,
        "by": case.alarm.limits.arrive_by if asked.ask is Ask.GO else None,
        "phone": carer.phone if about_carer and carer is not None else None,
        "zone": case.zone,
        "yes": speech(lead_words.YES[asked.ask]) if asked.ask in lead_words.YES else "",
        "no": speech(lead_words.NO[asked.ask]) if asked.ask in lead_words.NO else "",
        "waits": asked.ask.waits,
        "tap": uuid4(),
    }


async def _deaths(tx: Tx) -> list[tuple[deaths.Death, str]]:
    """Return the deaths to confirm by voice, each with who has registered it."""
    people = {str(user_id): name for user_id, name in (await users.colleague_names(tx)).items()}
    return [(each, each.patrol or people.get(each.registered_by, "")) for each in await deaths.unconfirmed(tx)]


async def _board(tx: Tx, reader: BoardReader, speech: Speech) -> dict[str, Any]:
    """Return the open cases of the lead's areas, the most urgent first, with the troubles of each."""
    lines = await board.open_alarms(tx)
    alarms = {line.alarm.alarm_id: line.alarm for line in lines}
    waiting, in_hand = queue(lines, [], reader)
    phones = await board.phones_in_trouble(tx, alarms.values())
    troubles = trouble_rows(alarms.values(), phones, speech)
    return {
        "rows": [
            {
                "it": row,
                "resident_id": alarms[row.row_id].resident_id,
                "troubles": [each for each in troubles if each.alarm_id == row.row_id],
            }
            for row in (*waiting, *in_hand)
        ]
    }


async def _incidents(tx: Tx, reader: BoardReader) -> list[dict[str, Any]]:
    """Return the open incidents of the lead's areas, each with its list."""
    found = []
    for each in await incidents.open_incidents(tx):
        area = "" if each.area_id is None else (await towns.area(tx, each.area_id))[0]
        found.append({"it": each, "area": area, "zone": reader.zones[each.org], "asks": each.progress.asks_lead})
    return found
