"""Pages of the nights that are held against retention in all of the town: the list, and its file."""

from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.core.roles import Right
from alarm_center.store import night_holds
from alarm_center.web import csv_file
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, render, speech_of
from alarm_center.web.planner.desk import page_context
from alarm_center.words import list_words, page_words

routes = web.RouteTableDef()


@routes.get("/held-nights")
@require(Right.PLAN)
async def show_held_nights(request: web.Request) -> web.StreamResponse:
    """Show whose nights are held, which, why and until when; the next to end first."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        context = await page_context(request, tx)
        held = await night_holds.in_force(tx)
    return render(request, "planner/held_nights.html", context | {"held": held})


@routes.get("/held-nights.csv")
@require(Right.PLAN)
async def export_held_nights(request: web.Request) -> web.StreamResponse:
    """Return the list as a file."""
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.PLAN)) as tx:
        context = await page_context(request, tx)
        held = await night_holds.in_force(tx)
    lines = [
        [
            str(each.number), each.resident or speech(page_words.PROTECTED), each.area, str(each.first_night),
            str(each.last_night), str(each.until_on), each.reason, each.by or "",
        ]
        for each in held
    ]  # fmt: skip
    day = context["now"].astimezone(ZoneInfo(context["zone"])).date()
    return csv_file.answer("kvarhallna-natter", day, [[speech(each) for each in list_words.HELD_NIGHTS], *lines])
