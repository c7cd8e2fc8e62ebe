"""Page of a carer's link drawn: the question, the case with its buttons by stage, receipts, and what comes when it is over."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.core import pausing
from alarm_center.core.alarm import Alarm, AlarmState
from alarm_center.core.alarm.trouble import of_kind
from alarm_center.core.phone_numbers import national
from alarm_center.core.plan import Plan
from alarm_center.core.replies import carer_actions
from alarm_center.core.replies.carer_actions import ButtonPlace
from alarm_center.store import carer_reports, day_pages, links, manual_alarms, musters, replies, residents, towns
from alarm_center.store.links import CarerLink
from alarm_center.store.memory import Tx, now
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.carer.opened_link import OpenedLink
from alarm_center.web.page import render, speech_of
from alarm_center.words import carer_report_words, code_words, link_words, pause_words
from alarm_center.words.catalogues import Speech
from schemas.vocabulary import TroubleKind

MINUTES: Final = (10, 20, 40)
_GRAVEST_FIRST: Final = tuple(TroubleKind)


async def draw_link(
    request: web.Request,
    opened: OpenedLink,
    said: str = "",
    status: int = 200,
    *,
    ask_where: str | None = None,
    ask_sure: str | None = None,
) -> web.Response:
    """Return the question or the case; with *ask_where*, the note of an absence of which is asked where the resident is,
    and with *ask_sure* the note of a death that is to be said twice."""
    speech, link = speech_of(request), opened.link
    resident, plan, raised, answers, stopped = None, Plan(), [], [], False
    shift, others, asks_who, cried_at, reported, comes_at = None, [], False, None, [], None
    async with request.app[MEMORY].transaction(opened.viewer) as tx:
        at = await now(tx)
        if opened.had and opened.may_see:
            shift, others = await links.shift_of_link(tx), await links.other_cases(tx)
            unknown = shift is not None and not shift.people and shift.tries_left > 0
            comes_at = await links.next_visit(tx)
            asks_who = unknown and await musters.has_codes(tx, link.alarm.org)
        if opened.theirs and opened.may_see:
            plan = await _plan_of(tx, link.alarm)
            reported = await carer_reports.of_notice(tx, link.notice_id)
        elif opened.may_see and link.alarm.closed_at is not None:
            cried_at = await replies.last_cry(tx, link.notice_id, link.alarm.closed_at)
            plan = await _plan_of(tx, link.alarm) if cried_at is not None else plan
        if opened.theirs and opened.may_see and link.alarm.resident_id is not None:
            resident = await residents.card(tx, link.alarm.resident_id)
            raised = await manual_alarms.raises_of(tx, link.alarm.alarm_id)
            answers = await day_pages.device_answers(tx, link.alarm.resident_id)
            stopped = await day_pages.is_camera_stopped(tx, link.alarm.resident_id)
    arrive_by = link.alarm.limits.arrive_by
    receipts = _receipts(link, plan, speech) if opened.theirs and opened.may_see else []
    if cried_at is not None:
        receipts = [_receipt(TroubleKind.HELP, cried_at, link, plan, speech)]
    return render(
        request,
        "link.html",
        {
            "link": link,
            "alarm": link.alarm,
            "theirs": opened.theirs,
            "may_see": opened.may_see,
            "elsewhere": opened.elsewhere,
            "wanted": link.alarm.seeks,
            "stage": _stage(link.alarm),
            "left": link_words.minutes_left(arrive_by, at, speech) if arrive_by else "",
            "receipts": [each for each in receipts if each],
            "recalled": opened.had and _ended_without(link),
            "shift": shift,
            "others": [each._asdict() for each in others],
            "comes_at": comes_at,
            "asks_who": asks_who,
            "steps": [speech(step) for step in link_words.STEPS],
            "resident": resident,
            "phone_first": plan.phone_first,
            "two_carers": plan.two_carers,
            "raisings": raised,
            "title": speech(code_words.case_words(link.alarm)),
            "minutes": MINUTES,
            "buttons": {place: _buttons(place, speech) for place in ButtonPlace},
            "outcomes": [(str(one), speech(text)) for one, text in link_words.OUTCOMES],
            "more_outcomes": [(str(one), speech(text)) for one, text in link_words.MORE_OUTCOMES],
            "now": at,
            "zone": link.zone,
            "said": said,
            "act": request.match_info["token"],
            "answers": answers,
            "stopped": stopped,
            "nobody_home": of_kind(link.alarm.troubles, TroubleKind.NOBODY_HOME),
            "mismatches": [(str(one), speech(text)) for one, text in carer_report_words.MISMATCHES.items()],
            "reported": carer_report_words.sent_words(reported, link.zone, speech) if reported else "",
            "ask_where": ask_where,
            "ask_sure": ask_sure,
            "until": pause_words.time_words(pausing.tomorrow_end(at, ZoneInfo(link.zone)), at, link.zone, speech),
        },
        status=status,
    )


async def _plan_of(tx: Tx, alarm: Alarm) -> Plan:
    if alarm.resident_id is not None:
        return (await towns.of_resident(tx, alarm.resident_id)).plan
    return (await towns.of_area(tx, alarm.org, alarm.area_id)).plan


def _stage(alarm: Alarm) -> str:
    """Return how far the carer has come: on the way, on the site, or done and owing how it went."""
    if alarm.state is not AlarmState.ON_SITE:
        return "way"
    return "site" if alarm.done_at is None else "done"


def _ended_without(link: CarerLink) -> bool:
    """Tell whether the case was closed by another before the carer was there."""
    acceptance = link.alarm.acceptance
    came = acceptance is not None and acceptance.on_site_at is not None
    return link.alarm.state is AlarmState.CLOSED and not came and link.alarm.closed_by != str(link.notice_id)


def _receipts(link: CarerLink, plan: Plan, speech: Speech) -> list[dict[str, Any] | None]:
    """Return what this carer may count on in each trouble that they have said, the gravest first."""
    found = []
    for trouble in sorted(link.alarm.troubles, key=lambda each: _GRAVEST_FIRST.index(each.kind)):
        if link.notice_id not in trouble.carers:
            continue
        said_at = next((word.said_at for word in trouble.words if word.notice_id == link.notice_id), trouble.began_at)
        found.append(_receipt(trouble.kind, said_at, link, plan, speech))
    return found


def _receipt(
    kind: TroubleKind, said_at: datetime, link: CarerLink, plan: Plan, speech: Speech
) -> dict[str, Any] | None:
    return link_words.receipt(kind, said_at, national(link.rings_from), plan.handled_by, link.zone, speech)


def _buttons(place: ButtonPlace, speech: Speech) -> list[tuple[str, str]]:
    """Return the buttons of *place*: what each sends, and its words."""
    wanted = [(row.name, row.button) for row in carer_actions.TABLE if row.button is not None]
    return [(name, speech(button.label)) for name, button in wanted if button.place is place]
