"""Page where a planner asks to be told by SMS, twice a day, that something waits: the number, and nothing else."""

from aiohttp import web

from alarm_center.core.phone_numbers import ImpossibleNumber, parse_phone_number, takes_sms
from alarm_center.core.roles import Right
from alarm_center.store import reminders
from alarm_center.store.memory import now
from alarm_center.web.app_keys import MEMORY, PLANNER_MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, redirect, render, speech_of
from alarm_center.web.planner.desk import page_context
from alarm_center.words import todo_words

routes = web.RouteTableDef()


@routes.get("/reminders")
@require(Right.BRING_IN)
async def show_reminders(request: web.Request) -> web.StreamResponse:
    """Show the person's own number, if they have asked."""
    return await _show(request)


@routes.post("/reminders")
@require(Right.BRING_IN)
async def keep(request: web.Request) -> web.StreamResponse:
    """Keep the number in each of the person's towns; an empty field forgets it."""
    form, person = await request.post(), request[PERSON]
    written, viewer = str(form.get("phone", "")).strip()[:40], person.viewer(Right.BRING_IN)
    phone: str | None = None
    if written:
        try:
            phone = parse_phone_number(written)
        except ImpossibleNumber:
            phone = ""
        if not phone or not takes_sms(phone):
            return await _show(request, written, todo_words.NO_MOBILE)
    async with request.app[PLANNER_MEMORY].transaction(viewer) as tx:
        at = await now(tx)
        for org in viewer.orgs:
            await reminders.keep_phone(tx, org, person.user_id, phone, at)
    return redirect("/todo")


async def _show(request: web.Request, written: str | None = None, wrong: str = "") -> web.StreamResponse:
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.BRING_IN)) as tx:
        context = await page_context(request, tx)
        kept = next(iter((await reminders.own_phones(tx)).values()), "")
    own = {"phone": kept if written is None else written, "wrong": speech_of(request)(wrong) if wrong else ""}
    return render(request, "planner/reminders.html", context | own, status=400 if wrong else 200)
