"""Views of one case, an alarm or a check that waits for a look: its page and two halves; forms are in `case_actions`.

Its forms go to `case_actions.py`, its pane of pictures is made in `picture_pane.py`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core.alarm import AlarmState
from alarm_center.core.check import CheckState
from alarm_center.core.plan import Plan
from alarm_center.core.resident_card import ResidentCard
from alarm_center.core.roles import Right
from alarm_center.core.shadow_nights import without_word
from alarm_center.store import (
    board,
    carer_reports,
    case_pages,
    events,
    looks,
    manual_alarms,
    pause_questions,
    residents,
    towns,
    users,
)
from alarm_center.store.memory import Tx
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.calling import calling_context
from alarm_center.web.operator.case_actions import FOLLOWED_BY
from alarm_center.web.operator.connect_page import DESK_PHONE
from alarm_center.web.operator.dispatch_forms import dispatch_forms
from alarm_center.web.operator.picture_pane import alarm_pane, check_pane
from alarm_center.web.operator.queue import BoardReader, alarm_row, calls_first, case_title, look_row
from alarm_center.web.operator.trouble_rows import next_moves, trouble_rows
from alarm_center.web.operator.watched_towns import WatchedTowns, watched_towns
from alarm_center.web.page import PERSON, cookie_of, path_uuid, render, speech_of
from alarm_center.words import carer_report_words, code_words, page_words, pause_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.timeline_words import row_of
from schemas import timeline
from schemas.vocabulary import Outcome

routes = web.RouteTableDef()

_PLAIN: Final = (
    Outcome.HELPED_UP,
    Outcome.WELL_IN_BED,
    Outcome.WELL_ELSEWHERE,
    Outcome.MOVED_TO_HOSPITAL,
    Outcome.FALSE_ALARM,
)
"""The outcomes that most alarms have, a button each."""
_GRAVE: Final = (Outcome.EMERGENCY_CALLED, Outcome.DIED)
"""The outcomes that stand apart and are asked about twice."""


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One line of the timeline in words."""

    at: datetime
    words: str
    who: str


@routes.get("/alarm/{alarm}")
@require(Right.WATCH)
async def show_alarm(request: web.Request) -> web.StreamResponse:
    """Show an alarm's page."""
    return render(request, "case.html", await _alarm_context(request))


@routes.get("/fragments/alarm/{alarm}/{part:picture|case}")
@require(Right.WATCH)
async def show_alarm_part(request: web.Request) -> web.StreamResponse:
    """Show one half of an alarm's page."""
    part = "picture" if request.match_info["part"] == "picture" else "alarm"
    return render(request, f"parts/{part}.html", await _alarm_context(request))


@routes.get("/check/{check}")
@require(Right.WATCH)
async def show_check(request: web.Request) -> web.StreamResponse:
    """Show the page of a check."""
    return render(request, "case.html", await _check_context(request))


@routes.get("/fragments/check/{check}/{part:picture|case}")
@require(Right.WATCH)
async def show_check_part(request: web.Request) -> web.StreamResponse:
    """Show one half of a check's page."""
    part = "picture" if request.match_info["part"] == "picture" else "check"
    return render(request, f"parts/{part}.html", await _check_context(request))


async def _alarm_context(request: web.Request) -> dict[str, Any]:
    alarm_id, person, speech = path_uuid(request, "alarm"), request[PERSON], speech_of(request)
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        cursor, watched = await events.newest_cursor(tx), await watched_towns(tx)
        case = await case_pages.alarm(tx, alarm_id)
        if case is None:
            raise NotFound(f"no alarm {alarm_id}")
        alarm = case.alarm
        asked = await case_pages.notices(tx, alarm_id)
        took = next((one.patrol for one in asked if one.state == "took"), None)
        row = alarm_row(case, BoardReader(person.user_id, watched.zones, watched.now, speech), took)
        seen = await case_pages.sessions(tx, alarm_id=alarm_id)
        checks = await case_pages.checks_of_alarm(tx, alarm_id)
        lines = await events.of_case(tx, alarm_id=alarm_id)
        for check_id in checks:
            lines += await events.of_case(tx, check_id=check_id)
        patrols = {str(one.notice_id): _hand(one) for one in asked}
        context = await _common_context(request, tx, watched, _without_words(lines, seen), patrols)
        resident = await residents.card(tx, alarm.resident_id) if alarm.resident_id else None
        holds = alarm.state is not AlarmState.CLOSED and alarm.is_held_by(person.user_id, watched.now)
        masked = await _is_masked(tx, resident, alarm.org, holds=holds)
        plan = (await towns.of_resident(tx, resident.resident_id)).plan if resident else Plan()
        pane = await alarm_pane(request, tx, case, seen, checks[-1] if checks else None, watched)
        ran_out = await pause_questions.ran_out(tx, alarm, ZoneInfo(watched.zone)) if not alarm.visit else None
        context["beside"] = await case_pages.companion(tx, alarm.resident_id) if alarm.resident_id else None
        phones = await board.phones_in_trouble(tx, [alarm])
        context["replies"] = await case_pages.replies(tx, alarm_id)
        context["raisings"] = await manual_alarms.raises_of(tx, alarm_id)
        context["reports"] = carer_report_words.case_rows(await carer_reports.of_case(tx, alarm_id), speech)
    open_ = alarm.state is not AlarmState.CLOSED
    following = FOLLOWED_BY if resident else {}
    unacknowledged = bool(alarm.unacknowledged)
    return context | {
        "case": case,
        "troubles": trouble_rows([alarm], phones, speech, acknowledged=True),
        "moves": next_moves(alarm, None if masked else resident, speech, watched.now),
        "part": "parts/alarm.html",
        "fragment": f"/fragments/alarm/{alarm_id}",
        "act": f"/alarm/{alarm_id}",
        "title": case_title(alarm, context["raisings"][0].reason if context["raisings"] else None, speech),
        "row": row,
        "exercise": case.training,
        "state": row.state,
        "area": case.area,
        "case_no": alarm.case_no,
        "resident": resident.masked() if resident and masked else resident,
        "masked": masked,
        "phone_first": plan.phone_first,
        "two_carers": plan.two_carers,
        "ran_out": pause_words.ran_out_sentences(ran_out, watched.now, watched.zone, speech) if ran_out else (),
        "calls_first": calls_first(alarm, plan),
        "phone_rings": plan.phone_rings,
        "desk_phone": cookie_of(request, DESK_PHONE) or "",
        "called": any(isinstance(line.payload, timeline.CallNoted) for line in lines),
        "asked": asked,
        "seen": seen,
        "pane": pane,
        "cursor": cursor,
        "may_raise": not open_ and alarm.org in person.raising_viewer.orgs,
        "may_pause": alarm.org in person.viewer(Right.PAUSE).orgs,
        "dispatch": dispatch_forms(alarm, asked, held_by_other=row.held_by_other),
        "can_send": alarm.state in (AlarmState.OPEN, AlarmState.CLAIMED) and not row.held_by_other,
        "next_call": _next_call(asked),
        "in_trouble": unacknowledged,
        "happened": _happened(asked, context["timeline"], row.state if open_ else "", speech, watched.zone),
        "outcomes": outcome_buttons(of_device=alarm.policy.of_device, speech=speech),
        "followed_by": following,
        "takeover_reasons": [(code, speech(text)) for code, text in code_words.TAKE_OVER.items()],
    }


def outcome_buttons(*, of_device: bool, speech: Speech) -> dict[str, list[tuple[str, str]]]:
    """Return the outcomes in the groups in which they are shown, with their words: ``plain``, ``more`` and ``grave``.

    Of an alarm that is about a device (*of_device*) the mended fault is a plain one.
    """
    plain = (Outcome.TECHNICAL_FIXED, *_PLAIN) if of_device else _PLAIN
    more = [each for each in code_words.OUTCOMES if each not in (*plain, *_GRAVE)]
    groups = {"plain": plain, "more": more, "grave": _GRAVE}
    return {name: [(str(each), speech(code_words.OUTCOMES[each])) for each in group] for name, group in groups.items()}


def _next_call(asked: list[case_pages.CaseNotice]) -> case_pages.CaseNotice | None:
    """Return the notice of whoever is to be rung about the alarm: who took it, else who was asked last and has not answered."""
    newest = reversed(sorted(asked, key=lambda one: (one.state == "took", one.asked_at)))
    return next((one for one in newest if one.state in ("took", "asked")), None)


def _happened(
    asked: list[case_pages.CaseNotice], told: list["TimelineLine"], state: str, speech: Speech, zone: str
) -> list[str]:
    """Return what has happened last in few words: "Patrull 1", "SMS 22:21 levererat", "tog det 22:23", "på väg"."""
    one = _next_call(asked) or (asked[-1] if asked else None)
    if one is None:
        return [f"{speech.clock(told[0].at, zone)} {told[0].words}"] if told else []
    channel, message = speech(code_words.CHANNELS[one.channel]), one.message
    sent = f"{channel} {speech.clock(one.asked_at, zone)}"
    said = speech(code_words.NOTICE_STATES[one.state])
    parts = [
        one.patrol,
        f"{sent} {speech(code_words.message_words(one.channel, message))}" if message else sent,
        f"{said} {speech.clock(one.answered_at, zone)}" if one.answered_at else said,
    ]
    return [*parts, state] if state else parts


async def _check_context(request: web.Request) -> dict[str, Any]:
    check_id, person, speech = path_uuid(request, "check"), request[PERSON], speech_of(request)
    async with request.app[MEMORY].transaction(person.board_viewer) as tx:
        cursor, watched = await events.newest_cursor(tx), await watched_towns(tx)
        case = await case_pages.check(tx, check_id)
        resident = await residents.card(tx, case.resident_id) if case else None
        if case is None or resident is None:
            raise NotFound(f"no check {check_id}")
        masked = await _is_masked(tx, resident, case.org, holds=case.state == CheckState.TO_LOOK)
        plan = (await towns.of_resident(tx, case.resident_id)).plan
        other = await looks.other_looker(tx, check_id, person.user_id, watched.now)
        alarm = await case_pages.alarm(tx, case.alarm_id) if case.alarm_id else None
        looker = (await users.colleague_names(tx)).get(other, speech(page_words.SOMEBODY_ELSE)) if other else None
        seen = await case_pages.sessions(tx, check_id=check_id)
        lines = await events.of_case(tx, check_id=check_id)
        context = await _common_context(request, tx, watched, _without_words(lines, seen), {})
        pane = await check_pane(request, tx, case, looker, seen, watched)
        context["beside"] = await case_pages.companion(tx, case.resident_id, check_id)
    row = look_row(case, resident.name, BoardReader(person.user_id, watched.zones, watched.now, speech))
    return context | {
        "case": case,
        "part": "parts/check.html",
        "fragment": f"/fragments/check/{check_id}",
        "act": f"/check/{check_id}",
        "title": row.title,
        "row": row,
        "exercise": False,
        "area": case.area,
        "case_no": None,
        "resident": resident.masked() if masked else resident,
        "masked": masked,
        "phone_first": plan.phone_first,
        "two_carers": plan.two_carers,
        "may_raise": case.alarm_id is None and case.org in person.raising_viewer.orgs,
        "may_pause": case.org in person.viewer(Right.PAUSE).orgs,
        "looker": looker,
        "alarm_beyond": case.alarm_id is not None and alarm is None,
        "seen": seen,
        "pane": pane,
        "cursor": cursor,
    }


async def _is_masked(tx: Tx, resident: ResidentCard | None, org: str, *, holds: bool) -> bool:
    """Return whether name, address and door are kept from the viewer: protected identity, and neither right nor case (*holds*)."""
    protected = resident is not None and resident.protected
    return protected and not holds and not await residents.sees_protected(tx, org)


async def _common_context(
    request: web.Request, tx: Tx, watched: WatchedTowns, lines: list[events.Event], patrols: dict[str, str]
) -> dict[str, Any]:
    calling = await calling_context(tx, watched.now, speech_of(request))
    told = _timeline(lines, await users.colleague_names(tx), patrols, speech_of(request))
    return {
        "now": watched.now,
        "zone": watched.zone,
        "place": watched.names,
        "timeline": told,
        "calling": calling,
        "urgent": ",".join(calling["urgent"]),
        "unread": calling["unread"],
    }


def _hand(notice: case_pages.CaseNotice) -> str:
    """Return the patrol of a notice, with the people who have said that they have its phone."""
    return f"{notice.patrol} ({', '.join(notice.people)})" if notice.people else notice.patrol


def _without_words(lines: list[events.Event], seen: list[case_pages.SeenSession]) -> list[events.Event]:
    """Return the lines without what the detector found in the sessions that a person is to answer for blind."""
    hidden = {one.session_id for one in seen if one.hidden}
    return [
        replace(line, data=timeline.encode(without_word(line.payload)))
        if line.session_id in hidden and not isinstance(line.payload, timeline.Unknown)
        else line
        for line in lines
    ]


def _timeline(
    lines: list[events.Event], names: dict[UUID, str], patrols: dict[str, str], speech: Speech
) -> list[TimelineLine]:
    once = {line.cursor: line for line in lines}
    people = {str(user_id): name for user_id, name in names.items()}
    shown = []
    for line in sorted(once.values(), key=lambda line: line.cursor, reverse=True):
        payload = line.payload
        row = row_of(payload)
        said = speech(row.words)
        detail = row.detail(payload)
        if detail:
            said += f": {speech(detail)}"
        who = patrols.get(str(getattr(payload, "notice_id", None)), "") or people.get(line.actor or "", "")
        shown.append(TimelineLine(line.at, said, who))
    return shown
