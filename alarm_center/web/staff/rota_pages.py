"""Pages of the rota: fourteen nights, a night's shifts, and who stands in, first as a sentence and then for real."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import Editor
from alarm_center.core import calendar, phone_numbers
from alarm_center.core.roles import Right
from alarm_center.core.staffing import StaffedNight, staffed_nights
from alarm_center.core.substitutes import SubstituteRefused, is_given_up_now, stand_in
from alarm_center.core.temps import CarerRow
from alarm_center.preparation import substitutes
from alarm_center.preparation.substitutes import WantedSubstitute
from alarm_center.store import lost_phones, musters, open_cases, staff, todo, towns
from alarm_center.store.memory import Tx, Viewer
from alarm_center.store.open_cases import CaseOfPhone
from alarm_center.store.staff import NamedShift
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context, planned_night
from alarm_center.words import staff_words, todo_words
from alarm_center.words.catalogues import Speech
from schemas.vocabulary import SubstituteReason

routes = web.RouteTableDef()

NIGHTS_AHEAD: Final = 14
_AROUND: Final = timedelta(hours=14)
"""Shifts so long before and after one are looked at for another that the same carer has."""


@routes.get("/staff")
@require(Right.STAFF)
async def show_rota(request: web.Request) -> web.StreamResponse:
    """Show the nights ahead, and the shifts of the one that is asked for."""
    speech, viewer = speech_of(request), request[PERSON].viewer(Right.STAFF)
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        found = []
        for town in await towns.towns(tx):
            tonight = planned_night(context["now"], town.zone)
            asked = _night_of(request.query.get("night", ""), tonight)
            found.append(await _town_rota(tx, town, viewer, tonight, asked, context | {"speech": speech}))
    return render(request, "staff/rota.html", context | {"rotas": found, "day": timedelta(days=1)})


@routes.get("/staff/shifts/{shift}")
@require(Right.STAFF)
async def ask_substitute(request: web.Request) -> web.StreamResponse:
    """Ask who stands in on a shift."""
    filled = _Filled(_reason(request.query.get("why", "")))
    return await _show(request, filled)


@routes.post("/staff/shifts/{shift}")
@require(Right.STAFF)
async def foresee_substitute(request: web.Request) -> web.StreamResponse:
    """Show what it means that the chosen carer stands in; nothing has happened yet."""
    filled, wrong = await _read(request)
    if wrong or "change" in await request.post():
        return await _show(request, filled, wrong, status=400 if wrong else 200)
    return await _show(request, filled, sure=True)


@routes.post("/staff/shifts/{shift}/now")
@require(Right.STAFF)
async def put_substitute_in(request: web.Request) -> web.StreamResponse:
    """Let the chosen carer stand in. A form that is sent twice changes once."""
    shift_id, person = path_uuid(request, "shift"), request[PERSON]
    filled, wrong = await _read(request)
    if wrong:
        return await _show(request, filled, wrong, status=400)
    wanted = WantedSubstitute(filled.why, filled.carer_id, filled.phone or None)
    async with request.app[MEMORY].transaction(person.viewer(Right.STAFF)) as tx:
        named = await _find(tx, shift_id, person.viewer(Right.STAFF))
        zone = (await towns.town(tx, named.org)).zone
    editor = Editor(str(person.user_id), person.viewer(Right.STAFF))
    try:
        await substitutes.put_in(request.app[PLANNER_MEMORY], shift_id, wanted, editor=editor)
    except SubstituteRefused as refused:
        said = speech_of(request)(staff_words.FAULTS[refused.fault])
        return await _show(request, filled, {"phone" if filled.phone else "who": said}, status=409)
    except LookupError as error:
        raise NotFound(str(error)) from error
    return redirect(f"/staff?night={calendar.night_of(named.shift.starts_at, zone)}#night")


# ---- drawn ----


@dataclass(frozen=True, slots=True)
class _Filled:
    """The form of a substitute as it was filled in."""

    why: SubstituteReason
    who: str = ""
    phone: str = ""

    @property
    def carer_id(self) -> UUID | None:
        """The carer who was chosen; ``None``: nobody."""
        try:
            return UUID(self.who)
        except ValueError:
            return None


_NOBODY: Final = "nobody"


async def _read(request: web.Request) -> tuple[_Filled, dict[str, str]]:
    """Return the form, and what is wrong with it by field."""
    form, speech = await request.post(), speech_of(request)
    why = _reason(str(form.get("why", "")))
    filled = _Filled(why, str(form.get("who", "")), str(form.get("phone", "")).replace("\0", "").strip()[:40])
    if why is SubstituteReason.PHONE:
        try:
            number = phone_numbers.parse_phone_number(filled.phone)
        except ValueError:
            return filled, {"phone": speech(todo_words.NO_MOBILE)}
        if not phone_numbers.takes_sms(number):
            return filled, {"phone": speech(todo_words.NO_MOBILE)}
        return _Filled(why, "", number), {}
    if filled.carer_id is None and filled.who != _NOBODY:
        return filled, {"who": speech(staff_words.CHOOSE)}
    return filled, {}


def _is_there(carer: CarerRow, named: NamedShift, zone: ZoneInfo) -> bool:
    return carer.ends_on is None or calendar.night_of(named.shift.starts_at, zone) <= carer.ends_on


def _reason(said: str) -> SubstituteReason:
    return SubstituteReason(said) if said in set(SubstituteReason) else SubstituteReason.SWAP


async def _find(tx: Tx, shift_id: UUID, viewer: Viewer) -> NamedShift:
    named = await staff.shift(tx, shift_id)
    if named is None or not viewer.sees(named.shift.area_id):
        raise NotFound(f"no shift {shift_id}")
    return named


async def _show(
    request: web.Request,
    filled: _Filled,
    wrong: Mapping[str, str] | None = None,
    *,
    sure: bool = False,
    status: int = 200,
) -> web.StreamResponse:
    """Show the form, or with *sure* the sentences and the button; a substitute who cannot be is a fault of the form."""
    speech, viewer = speech_of(request), request[PERSON].viewer(Right.STAFF)
    faults = dict(wrong or {})
    async with request.app[MEMORY].transaction(viewer) as tx:
        context = await page_context(request, tx)
        named = await _find(tx, path_uuid(request, "shift"), viewer)
        zone, at = (await towns.town(tx, named.org)).zone, context["now"]
        carers = await staff.carers_of(tx, named.org)
        sentences: list[str] = []
        if sure:
            new = next((one for one in carers if one.carer_id == filled.carer_id or one.phone == filled.phone), None)
            if new is None and filled.carer_id is not None:
                raise NotFound(f"no carer {filled.who}")
            phone = new.phone if new is not None else filled.phone or None
            others = await musters.shifts_between(tx, named.org, at - _AROUND, named.shift.ends_at + _AROUND)
            try:
                found = stand_in(named.shift, phone, [s for s in others if viewer.sees(s.area_id)], at)
                at_once = is_given_up_now(named.shift.starts_at, filled.why, at)
                cases = await _cases_of(tx, named, viewer, speech, at_once=at_once)
                borrowed = phone is not None and (new is None or new.is_borrowed)
                name = phone_numbers.national(phone) if phone and borrowed else new.name if new is not None else None
                sentences = staff_words.stand_in_sentences(
                    found, named.shift, named.area, (named.carer.name, name), cases, zone.key, speech, borrowed=borrowed
                )
            except SubstituteRefused as refused:
                faults["phone" if filled.phone else "who"], status = speech(staff_words.FAULTS[refused.fault]), 409
    own = {
        "named": named, "zone": zone.key, "filled": filled, "faults": faults, "title": staff_words.TITLES[filled.why],
        "night": staff_words.night_of_shift(named.shift, zone.key, speech),
        "muster": staff_words.muster_words(named.shift, at, zone.key, speech),
        "carers": [each for each in carers if each.carer_id != named.carer.carer_id and _is_there(each, named, zone)],
        "over": named.shift.ends_at <= at, "date": calendar.night_of(named.shift.starts_at, zone),
        "sentences": sentences,
    }  # fmt: skip
    template = "staff/substitute_confirm.html" if sentences else "staff/substitute.html"
    return render(request, template, context | own, status=status)


async def _cases_of(
    tx: Tx, named: NamedShift, viewer: Viewer, speech: Speech, *, at_once: bool
) -> staff_words.HandedCases:
    """Return the cases that go with the shift, and those that its carer has on another that goes on."""
    asked = await open_cases.of_phone(tx, named.org, named.shift.phone)

    def numbers(found: Iterable[CaseOfPhone]) -> list[str]:
        return staff_words.case_numbers(
            [(each.case_no, each.area, viewer.sees(each.area_id)) for each in found], speech
        )

    goes = [each for each in asked if each.goes_with(named.shift.shift_id, at_once=at_once)]
    kept = [each for each in asked if each.took and not each.is_over and each not in goes]
    taken, waiting = [each for each in goes if each.took], [each for each in goes if not each.took]
    return staff_words.HandedCases(numbers(taken), numbers(waiting), numbers(kept))


def _night_of(said: str, tonight: date) -> date:
    """Return the night that is asked for, within a year; tonight where it is none."""
    try:
        night = date.fromisoformat(said)
    except ValueError:
        return tonight
    return night if abs(night - tonight) < timedelta(days=366) else tonight


async def _town_rota(
    tx: Tx, town: towns.Town, viewer: Viewer, tonight: date, asked: date, context: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a town's nights ahead with who is missing, and the shifts of the night that is *asked* for."""
    speech, zone = context["speech"], town.zone.key
    codes = {area_id: code for code, area_id in (await towns.area_ids(tx, town.org)).items()}
    ahead = [tonight + timedelta(days=n) for n in range(NIGHTS_AHEAD)]
    nights = ahead if asked in ahead else [*ahead, asked]
    staffed = {each.night: each for each in await _staffed(tx, town, viewer, nights)}
    squares = [(night, todo_words.night_sentences(staffed[night], codes, zone, speech)) for night in ahead]
    rows = await shift_rows(tx, town, viewer, asked, context["now"], speech)
    holes = todo_words.night_sentences(staffed[asked], codes, zone, speech)
    return {"town": town, "zone": zone, "night": asked, "squares": squares, "rows": rows, "holes": holes}


async def shift_rows(
    tx: Tx, town: towns.Town, viewer: Viewer, night: date, at: datetime, speech: Speech
) -> list[dict[str, Any]]:
    """Return the shifts of a town's *night* that the viewer sees, as the rows of ``staff/shift_rows.html``."""
    zone = town.zone.key
    begins, ends = calendar.night_bounds(night, town.zone)
    gone = await lost_phones.lost_since(tx, town.org)
    return [
        {
            "it": each,
            "lost": staff_words.lost_words(gone[each.shift.phone], at, zone, speech)
            if each.shift.phone in gone
            else "",
            "duty": staff_words.DUTIES[each.shift.duty],
            "muster": staff_words.muster_words(
                each.shift, at, zone, speech, each.people, unknown_code=each.unknown_code, answered_at=each.mustered_at
            ),
            "over": each.shift.ends_at <= at,
            "begun": each.shift.starts_at <= at < each.shift.ends_at,
            "silent": each.told and each.shift.mustered is not True and each.shift.starts_at <= at < each.shift.ends_at,
            "zone": zone,
        }
        for each in await staff.shifts_between(tx, town.org, begins, ends)
        if viewer.sees(each.shift.area_id) and calendar.night_of(each.shift.starts_at, town.zone) == night
    ]


async def _staffed(tx: Tx, town: towns.Town, viewer: Viewer, nights: list[date]) -> list[StaffedNight]:
    first, last = min(nights), max(nights)
    times = [each for each in await todo.times_by_area(tx, town.org, first, last) if viewer.sees(each.area_id)]
    begins, ends = calendar.night_bounds(first, town.zone)[0], calendar.night_bounds(last, town.zone)[1]
    shifts = await musters.shifts_between(tx, town.org, begins, ends)
    return staffed_nights(nights, times, shifts, town.zone, needs_lead=town.fixed_number is None)
