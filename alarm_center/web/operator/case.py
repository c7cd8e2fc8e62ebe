"""The page of one case, an alarm or a check that waits for eyes: whole, and as the fragments that the stream asks for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core.case import AlarmState, CheckState
from alarm_center.core.plan import Plan
from alarm_center.store import board, casebook, devices, events, looks, raisings, residents, towns, users
from alarm_center.store.casebook import AlarmCase, CheckCase, Seen
from alarm_center.store.memory import Tx
from alarm_center.web import words
from alarm_center.web.auth import watches
from alarm_center.web.catalogues import Speech
from alarm_center.web.catalogues import mark as _
from alarm_center.web.keys import MEMORY, PICTURES
from alarm_center.web.operator.board import Here, here
from alarm_center.web.operator.queue import Row, alarm_row, calls_first, look_row
from alarm_center.web.page import PERSON, render, speech_of
from alarm_center.web.timeline_words import row_of
from schemas.timeline import CallNoted
from schemas.vocabulary import Answer

routes = web.RouteTableDef()

Reply = tuple[int, Answer, str]
"""A key, the answer that it gives, and its words."""

ANSWERS: Final[tuple[Reply, ...]] = (
    (1, Answer.IN_BED, _("Syns i sängen")),
    (2, Answer.NOT_SEEN, _("Syns inte")),
    (3, Answer.SOMETHING_WRONG, _("Något är fel – skicka")),
    (4, Answer.CANNOT_TELL, _("Går inte att bedöma")),
)
"""The four answers under the keys that give them."""

TAKE_OVER: Final = (
    ("asked_to", _("Vi har kommit överens")),
    ("away", _("Den som har larmet är borta")),
    ("urgent", _("Det är bråttom")),
)
"""Why somebody takes a case from a colleague: codes, since the timeline holds no free text."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands where the picture is: the picture, or why there is none; and what may be answered.

    ``keep`` changes when the place has to be drawn anew: while it is the same a playing picture goes on.
    """

    keep: str
    why_not: str
    session: Seen | None
    at: datetime | None
    reading: str
    answers: list[tuple[int, str, str]]
    check_id: UUID | None
    may_look: bool
    live: bool
    blurred: bool
    """The town shows pictures blurred until somebody gives a reason for seeing them clear."""


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One line of the timeline in words."""

    at: datetime
    words: str
    who: str


def uuid_in(request: web.Request, name: str) -> UUID:
    """Return the id in the path.

    Raises:
        NotFound: it is none.
    """
    try:
        return UUID(request.match_info[name])
    except ValueError as error:
        raise NotFound(request.match_info[name]) from error


@routes.get("/alarm/{alarm}")
@watches
async def show_alarm(request: web.Request) -> web.StreamResponse:
    """Show an alarm's page."""
    return render(request, "case.html", await _alarm(request))


@routes.get("/fragments/alarm/{alarm}/{part:picture|case}")
@watches
async def show_alarm_part(request: web.Request) -> web.StreamResponse:
    """Show one half of an alarm's page."""
    part = "picture" if request.match_info["part"] == "picture" else "alarm"
    return render(request, f"parts/{part}.html", await _alarm(request))


@routes.get("/check/{check}")
@watches
async def show_check(request: web.Request) -> web.StreamResponse:
    """Show the page of a check."""
    return render(request, "case.html", await _check(request))


@routes.get("/fragments/check/{check}/{part:picture|case}")
@watches
async def show_check_part(request: web.Request) -> web.StreamResponse:
    """Show one half of a check's page."""
    part = "picture" if request.match_info["part"] == "picture" else "check"
    return render(request, f"parts/{part}.html", await _check(request))


async def _alarm(request: web.Request) -> dict[str, Any]:
    alarm_id, person, speech = uuid_in(request, "alarm"), request[PERSON], speech_of(request)
    async with request.app[MEMORY].transaction(person.watching) as tx:
        cursor, place = await events.newest(tx), await here(tx)
        case = await casebook.alarm(tx, alarm_id)
        if case is None:
            raise NotFound(f"no alarm {alarm_id}")
        alarm = case.alarm
        asked = await casebook.asked(tx, alarm_id)
        took = next((one.patrol for one in asked if one.state == "took"), None)
        row = alarm_row(case, place.zones, person.user_id, place.now, speech, took)
        seen = await casebook.sessions(tx, alarm_id=alarm_id)
        checks = await casebook.checks_of_alarm(tx, alarm_id)
        lines = await events.of_case(tx, alarm_id=alarm_id)
        for check_id in checks:
            lines += await events.of_case(tx, check_id=check_id)
        context = await _common(request, tx, place, lines, {str(one.notice_id): one.patrol for one in asked})
        resident = await residents.card(tx, alarm.resident_id) if alarm.resident_id else None
        plan = (await towns.home(tx, resident.resident_id)).plan if resident else Plan()
        shown = await _shown_for_alarm(request, tx, case, row, seen, checks[-1] if checks else None, place)
        context["replies"] = await casebook.replies(tx, alarm_id)
        context["raisings"] = await raisings.of_alarm(tx, alarm_id)
    open_ = alarm.state is not AlarmState.CLOSED
    return context | {
        "case": case,
        "part": "parts/alarm.html",
        "fragment": f"/fragments/alarm/{alarm_id}",
        "act": f"/alarm/{alarm_id}",
        "title": row.title,
        "row": row,
        "state": row.state,
        "area": case.area,
        "case_no": alarm.case_no,
        "resident": resident,
        "phone_first": plan.phone_first,
        "two_carers": plan.two_carers,
        "calls_first": calls_first(alarm, plan),
        "called": any(isinstance(line.payload, CallNoted) for line in lines),
        "asked": asked,
        "seen": seen,
        "shown": shown,
        "cursor": cursor,
        "may_raise": not open_ and alarm.org in person.raising.orgs,
        "can_send": alarm.state in (AlarmState.OPEN, AlarmState.CLAIMED) and not row.held,
        "outcomes": [(str(outcome), speech(words.OUTCOMES[outcome])) for outcome in words.OUTCOMES] if open_ else [],
        "takeover_reasons": [(code, speech(text)) for code, text in TAKE_OVER],
    }


async def _check(request: web.Request) -> dict[str, Any]:
    check_id, person, speech = uuid_in(request, "check"), request[PERSON], speech_of(request)
    async with request.app[MEMORY].transaction(person.watching) as tx:
        cursor, place = await events.newest(tx), await here(tx)
        case = await casebook.check(tx, check_id)
        resident = await residents.card(tx, case.resident_id) if case else None
        if case is None or resident is None:
            raise NotFound(f"no check {check_id}")
        plan = (await towns.home(tx, case.resident_id)).plan
        other = await looks.looking_at(tx, check_id, person.user_id, place.now)
        alarm = await casebook.alarm(tx, case.alarm_id) if case.alarm_id else None
        looker = (await users.names(tx)).get(other, speech("någon annan")) if other else None
        seen = await casebook.sessions(tx, check_id=check_id)
        context = await _common(request, tx, place, await events.of_case(tx, check_id=check_id), {})
        shown = await _shown_for_check(request, tx, case, looker, seen, place)
    row = look_row(case, resident.name, place.zones, speech)
    return context | {
        "case": case,
        "part": "parts/check.html",
        "fragment": f"/fragments/check/{check_id}",
        "act": f"/check/{check_id}",
        "title": row.title,
        "row": row,
        "area": case.area,
        "case_no": None,
        "resident": resident,
        "phone_first": plan.phone_first,
        "two_carers": plan.two_carers,
        "may_raise": case.alarm_id is None and case.org in person.raising.orgs,
        "looker": looker,
        "alarm_beyond": case.alarm_id is not None and alarm is None,
        "seen": seen,
        "shown": shown,
        "cursor": cursor,
    }


async def _common(
    request: web.Request, tx: "Tx[Any]", place: Here, lines: list[events.Event], patrols: dict[str, str]
) -> dict[str, Any]:
    urgent, unread = await board.calling(tx, place.now)
    timeline = _timeline(lines, await users.names(tx), patrols, speech_of(request))
    return {
        "now": place.now,
        "zone": place.zone,
        "place": place.place,
        "timeline": timeline,
        "urgent": ",".join(map(str, urgent)),
        "unread": unread,
    }


def _timeline(
    lines: list[events.Event], names: dict[UUID, str], patrols: dict[str, str], speech: Speech
) -> list[TimelineLine]:
    once = {line.cursor: line for line in lines}
    people = {str(user_id): name for user_id, name in names.items()}
    told = []
    for line in sorted(once.values(), key=lambda line: line.cursor, reverse=True):
        payload = line.payload
        row = row_of(payload)
        said = speech(row.words)
        detail = row.detail(payload)
        if detail:
            said += f": {speech(detail)}"
        who = patrols.get(str(getattr(payload, "notice_id", None)), "") or people.get(line.actor or "", "")
        told.append(TimelineLine(line.at, said, who))
    return told


async def _shown_for_alarm(
    request: web.Request,
    tx: "Tx[Any]",
    case: AlarmCase,
    row: Row,
    seen: list[Seen],
    check_id: UUID | None,
    place: Here,
) -> Shown:
    speech = speech_of(request)
    open_ = case.alarm.state is not AlarmState.CLOSED
    session = next((one for one in seen if one.pictures), seen[0] if seen else None)
    if not open_:
        why = speech("Larmet är avslutat. Bilden är borta.")
    elif not row.mine:
        why = speech("Bara den som har larmet ser bilden.")
    else:
        why = await _why_not(request, tx, session, place, speech)
    may_act = open_ and row.mine and check_id is not None
    resident_id = case.alarm.resident_id
    shown = resident_id is not None and await devices.any_may_be_shown(tx, resident_id)
    may_look = may_act and shown and not case.alarm.staff_inside
    return _shown(
        session, why, check_id, speech, count=len(seen), answers=await _answers(tx, session) if may_act else (),
        may_look=may_look, live=True,
        blurred=case.alarm.org in place.blurred,
    )  # fmt: skip


async def _shown_for_check(
    request: web.Request, tx: "Tx[Any]", case: CheckCase, looker: str | None, seen: list[Seen], place: Here
) -> Shown:
    speech = speech_of(request)
    session = next((one for one in seen if one.pictures), seen[0] if seen else None)
    waits = case.state == CheckState.TO_LOOK
    if not waits:
        why = speech("Tillsynen är klar. Bilden är borta.")
    elif looker:
        why = speech("%(name)s tittar redan.", name=looker)
    else:
        why = await _why_not(request, tx, session, place, speech)
    free = waits and not looker
    may_look = free and await devices.any_may_be_shown(tx, case.resident_id)
    return _shown(
        session, why, case.check_id, speech, count=len(seen), answers=await _answers(tx, session) if free else (),
        may_look=may_look, live=False,
        blurred=case.org in place.blurred,
    )  # fmt: skip


def _shown(
    session: Seen | None,
    why: str,
    check_id: UUID | None,
    speech: Speech,
    *,
    count: int,
    answers: tuple[Reply, ...],
    may_look: bool,
    live: bool,
    blurred: bool,
) -> Shown:
    reason = session.reasons[0] if session and session.reasons else None
    return Shown(
        keep=f"{count}|{session.session_id if session else ''}|{why}|{len(answers)}|{may_look}",
        why_not=why,
        session=session,
        at=(session.started_at or session.received_at) if session else None,
        reading=speech(words.reason_words(session.answer, reason)) if session else "",
        answers=[(key, value.value, speech(text)) for key, value, text in answers],
        check_id=check_id,
        may_look=may_look,
        live=may_look and live,
        blurred=blurred,
    )


async def _answers(tx: "Tx[Any]", session: Seen | None) -> tuple[Reply, ...]:
    """Return what a person may answer: no green where nobody has agreed that people see the picture."""
    looked = await looks.session(tx, session.session_id) if session is not None else None
    hidden = looked is not None and not looked.shown
    return tuple(one for one in ANSWERS if not (hidden and one[1] is Answer.IN_BED))


async def _why_not(request: web.Request, tx: "Tx[Any]", session: Seen | None, place: Here, speech: Speech) -> str:
    """Return why the holder of a case sees no picture, or nothing."""
    if session is None:
        return speech("Inget har kommit från utrustningen.")
    looked = await looks.session(tx, session.session_id)
    if looked is None or not looked.consented:
        return speech("Samtycket gäller inte. Bilden visas inte.")
    if not looked.shown:
        return speech("Samtycket tillåter inte att bilden visas. Skicka någon.")
    if looked.withheld:
        return speech("Fler personer än väntat – bilden visas inte")
    if not session.pictures:
        return speech("Ingen bild: utrustningen har sensorer. Se mätvärdena.")
    if looked.gone(place.now) or request.app[PICTURES].frames(looked.org, session.session_id) is None:
        return speech("Bilden finns inte kvar. Titta igen")
    return ""
