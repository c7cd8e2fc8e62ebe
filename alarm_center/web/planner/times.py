"""Pages of a resident's times: a line a time, what a change will mean, and the change itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import ChangedMeanwhile
from alarm_center.core import calendar, times_form
from alarm_center.core.earlier_values import earlier_times, undo_page
from alarm_center.core.roles import Right
from alarm_center.core.slot_changes import SlotChanges, SlotInForce, SlotPattern, night_order, slots_after
from alarm_center.core.times_form import EVERY_DAY, TimeFault, TimesLine
from alarm_center.preparation import times
from alarm_center.store import changes as history
from alarm_center.store import day_pages, looks_ahead, plans, residents
from alarm_center.store.memory import Tx
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.planner.desk import drawn_from, editor_of, page_context, planned_night
from alarm_center.words import pause_words, times_words
from alarm_center.words.catalogues import Speech
from schemas.limits import SECONDS_MIN

routes = web.RouteTableDef()

_NIGHTS_SHOWN: Final = 7
_LINES_AT_MOST: Final = times_form.MOST_TIMES + 4
"""Lines that a form may send: those that end and those that are added too."""


@routes.get("/residents/{resident}/times")
@require(Right.ARRANGE)
async def show_times(request: web.Request) -> web.StreamResponse:
    """Show the resident's times, a line each."""
    async with _reading(request) as tx:
        context = await _context(request, tx)
        in_force = await plans.slots_in_force(tx, context["resident"].resident_id, context["tonight"])
        going_on = [slot for slot in in_force if _goes_on(slot, context["tonight"])]
        lines = [line_of(slot) for slot in sorted(going_on, key=lambda slot: night_order(slot.pattern))]
        change = await history.get(tx, context["resident"].resident_id, request.query.get("undo", ""))
        undoes = change is not None and undo_page(change) == "times"
        if change is not None and change.before is not None and undoes:
            lines = [pattern_line(pattern) for pattern in earlier_times(change.before)]
        context |= await _drawn(tx, context, lines or [TimesLine()], in_force) | {"undoes": undoes}
    return render(request, "planner/times.html", context)


@routes.post("/residents/{resident}/times")
@require(Right.ARRANGE)
async def foresee(request: web.Request) -> web.StreamResponse:
    """Show what the filled lines will mean, or what they lack; nothing has happened yet."""
    form, lines = await _sent(request)
    if "add" in form:
        lines.append(TimesLine())
    elif place := form.get("take"):
        number, _, at = place.partition("|")
        lines = [replace_time(line, at) if str(n) == number else line for n, line in enumerate(lines)]
    stays = "add" in form or "take" in form or "change" in form
    wanted, faults = times_form.parse_times(lines)
    async with _reading(request) as tx:
        context = await _context(request, tx)
        changed = context["revision"] != context["supervision"].revision
        if stays or faults or changed:
            in_force = await plans.slots_in_force(tx, context["resident"].resident_id, context["tonight"])
            context |= await _drawn(tx, context, lines, in_force, () if stays else faults)
            if changed and not stays:
                context |= _changed_meanwhile(request, context)
            status = 200 if stays else 409 if changed else 400
            return render(request, "planner/times.html", context, status=status)
        in_force, changes = await times.foresee_times(tx, context["resident"].resident_id, wanted)
    context |= _foreseen(context, in_force, changes, lines)
    return render(request, "planner/times_confirm.html", context)


@routes.post("/residents/{resident}/times/now")
@require(Right.ARRANGE)
async def change_now(request: web.Request) -> web.StreamResponse:
    """Change the times. A form that is sent twice changes once: the second was drawn before the first's change."""
    _form, lines = await _sent(request)
    wanted, faults = times_form.parse_times(lines)
    resident_id, editor = path_uuid(request, "resident"), await editor_of(request, Right.ARRANGE)
    changed = False
    if not faults:
        try:
            await times.change_times(request.app[PLANNER_MEMORY], resident_id, wanted, editor=editor)
            return redirect(f"/residents/{resident_id}")
        except ChangedMeanwhile:
            changed = True
    async with _reading(request) as tx:
        context = await _context(request, tx)
        in_force = await plans.slots_in_force(tx, resident_id, context["tonight"])
        context |= await _drawn(tx, context, lines, in_force, faults)
    if changed:
        context |= _changed_meanwhile(request, context)
    return render(request, "planner/times.html", context, status=409 if changed else 400)


def _changed_meanwhile(request: web.Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said where somebody else has changed the resident: the next sending is about what holds now."""
    return {"changed": speech_of(request)(pause_words.CHANGED_BY_OTHER), "revision": context["supervision"].revision}


# ---- read ----


def line_of(slot: SlotInForce) -> TimesLine:
    """Return the form's line of a time."""
    until = slot.valid_until.isoformat() if slot.valid_until else ""
    return replace(pattern_line(slot.pattern), from_night=slot.valid_from.isoformat(), until_night=until)


def pattern_line(pattern: SlotPattern) -> TimesLine:
    """Return the form's line of a time without its first and last night."""
    end = ""
    if pattern.window_minutes:
        minutes = (pattern.local_time.hour * 60 + pattern.local_time.minute + pattern.window_minutes) % (24 * 60)
        end = f"{minutes // 60:02}:{minutes % 60:02}"
    return TimesLine(f"{pattern.local_time:%H:%M}", end, pattern.by_visit, pattern.weekdays, pattern.seconds)


def replace_time(line: TimesLine, at: str) -> TimesLine:
    """Return the line at another time, exact."""
    return TimesLine(at, "", line.by_visit, line.nights, line.seconds, line.from_night, line.until_night)


def _goes_on(slot: SlotInForce, tonight: date) -> bool:
    """Return whether the time owes something after tonight: one that ends tonight is on its way out, and is no line."""
    return slot.valid_until is None or slot.valid_until > tonight + timedelta(days=1)


async def _sent(request: web.Request) -> tuple[dict[str, str], list[TimesLine]]:
    posted = await request.post()
    return {name: str(value).replace("\0", "")[:40] for name, value in posted.items()}, sent_lines(posted)


def sent_lines(posted: Any) -> list[TimesLine]:
    """Return the lines of times that a form sends."""
    form = {name: str(value).replace("\0", "")[:40] for name, value in posted.items()}
    count = int(form["lines"]) if form.get("lines", "").isascii() and form.get("lines", "").isdigit() else 0
    lines = []
    for n in range(min(count, _LINES_AT_MOST)):
        nights = tuple(sorted(day for day in EVERY_DAY if str(day) in posted.getall(f"nights-{n}", [])))
        seconds = form.get(f"seconds-{n}", "")
        lines.append(
            TimesLine(
                form.get(f"at-{n}", ""),
                form.get(f"between-{n}", ""),
                form.get(f"by-{n}") == "visit",
                nights,
                int(seconds) if seconds.isascii() and seconds.isdigit() else SECONDS_MIN * 2,
                form.get(f"from-{n}", ""),
                form.get(f"until-{n}", ""),
                f"ends-{n}" in form,
            )
        )
    return lines


def _reading(request: web.Request) -> Any:
    return request.app[MEMORY].transaction(request[PERSON].viewer(Right.ARRANGE))


# ---- drawn ----


async def _context(request: web.Request, tx: Tx) -> dict[str, Any]:
    resident_id = path_uuid(request, "resident")
    resident, supervision = await residents.hit(tx, resident_id), await day_pages.supervision(tx, resident_id)
    if resident is None or supervision is None:
        raise NotFound(f"no resident {resident_id}")
    speech = speech_of(request)
    context = await page_context(request, tx)
    return context | {
        "resident": resident,
        "supervision": supervision,
        "revision": await drawn_from(request, supervision.revision),
        "zone": supervision.zone,
        "tonight": planned_night(context["now"], ZoneInfo(supervision.zone)),
        "speech": speech,
        "days": times_words.day_names(speech),
    }


async def _drawn(
    tx: Tx,
    context: Mapping[str, Any],
    lines: Sequence[TimesLine],
    in_force: Sequence[SlotInForce],
    faults: Sequence[tuple[int, TimeFault]] = (),
) -> dict[str, Any]:
    speech: Speech = context["speech"]
    looks = await looks_ahead.looks_by_time(tx, context["resident"].org, context["tonight"])
    told: dict[int, list[str]] = {}
    for number, fault in faults:
        told.setdefault(number, []).append(speech(times_words.FAULTS[fault]))
    going_on = [slot.pattern for slot in in_force if slot.valid_until is None]
    return {
        "lines": lines,
        "faults": told,
        "chosen": [times_words.nights_chosen(line.nights, speech) for line in lines],
        "busy": [busy_words(line, looks) for line in lines],
        "sentence": times_words.times_sentence(going_on, speech),
        "nights": _nights([(each.pattern, each.valid_from, each.valid_until) for each in in_force], context),
        "changed": "",
    }


def busy_words(line: TimesLine, looks: Mapping[Any, int]) -> dict[str, Any] | None:
    """Return how many are looked at near a line's time, and a quieter time; ``None`` where it is quiet enough."""
    at = times_form.parse_clock(line.at)
    quieter = times_form.quieter_time(looks, at) if at is not None and not line.by_visit else None
    if at is None or quieter is None:
        return None
    begins = times_form.ten_minutes_of(at)
    return {"at": f"{begins:%H:%M}", "people": looks[begins], "other": f"{quieter[0]:%H:%M}", "there": quieter[1]}


def _foreseen(
    context: Mapping[str, Any], in_force: Sequence[SlotInForce], changes: SlotChanges, lines: Sequence[TimesLine]
) -> dict[str, Any]:
    speech: Speech = context["speech"]
    after = slots_after(in_force, changes)
    lasting = [pattern for pattern, _first, until in after if until is None]
    return {
        "lines": lines,
        "holds": times_words.holds_sentence(changes, context["tonight"], speech),
        "sentence": times_words.times_sentence(lasting, speech),
        "nights": _nights(after, context),
        "changes": changes,
    }


def _nights(slots: Sequence[tuple[Any, date, date | None]], context: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the nights to come, each with its times, or with none."""
    speech, zone = context["speech"], ZoneInfo(context["zone"])
    shown = []
    for n in range(_NIGHTS_SHOWN):
        night: date = context["tonight"] + timedelta(days=n)
        patterns = [
            pattern
            for pattern, first, until in slots
            if first <= night and (until is None or night < until) and night.weekday() in pattern.weekdays
        ]
        begins, ends = calendar.night_bounds(night, zone)
        hours = (ends - begins) // timedelta(hours=1)
        shown.append(
            {
                "night": times_words.night_words(night, speech),
                "times": times_words.night_times(patterns, speech),
                "moved": times_words.moved_clock(hours, speech),
            }
        )
    return shown
