"""Page of agreements between alarm centres and towns: a town's admin offers and ends, a centre's admin accepts and ends."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from alarm_center.core.roles import Right
from alarm_center.store import agreements, towns
from alarm_center.store.agreements import Agreement, AgreementState, OfferedAgreement
from alarm_center.store.memory import Tx, Viewer, now
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require, require_sign_in
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of, text_for
from alarm_center.words import page_words, people_words
from alarm_center.words.people_words import AgreementFault

routes = web.RouteTableDef()

_LONGEST: Final = 63


def _scope(request: web.Request) -> Viewer:
    return request[PERSON].viewer(Right.USERS)


@routes.get("/agreements")
@require_sign_in
async def show_agreements(request: web.Request) -> web.StreamResponse:
    """Show the agreements of the person's towns, or of the alarm centre that they are an admin of."""
    return await _page(request, {})


@routes.post("/agreements")
@require(Right.USERS)
async def offer(request: web.Request) -> web.StreamResponse:
    """Offer an agreement to an alarm centre."""
    form = await request.post()
    filled = {
        name: str(form.get(name, "")).replace("\0", "").strip()[:_LONGEST]
        for name in ("town", "centre", "from", "until", "where")
    }
    codes = [str(each) for each in form.getall("area", ())]
    async with request.app[MEMORY].transaction(_scope(request)) as tx:
        wanted = await _offered(tx, request, filled, codes)
        if not isinstance(wanted, AgreementFault):
            made = await agreements.offer_agreement(tx, wanted, actor=str(request[PERSON].user_id))
            if made is not None:
                return redirect("/agreements")
            wanted = AgreementFault.CENTRE
    return await _page(request, filled | {"areas": codes}, wanted)


async def _offered(
    tx: Tx, request: web.Request, filled: dict[str, str], codes: list[str]
) -> OfferedAgreement | AgreementFault:
    """Return the agreement that the form says, or the field that is wrong."""
    org = filled["town"]
    viewer = _scope(request)
    if org not in viewer.orgs or not viewer.sees_all:
        return AgreementFault.TOWN
    known = await towns.area_ids(tx, org)
    everywhere = filled["where"] != "some"
    if not everywhere and not (codes and set(codes) <= set(known)):
        return AgreementFault.AREAS
    try:
        first = date.fromisoformat(filled["from"])
        last = date.fromisoformat(filled["until"]) if filled["until"] else None
    except ValueError:
        return AgreementFault.NIGHTS
    if last is not None and last < first:
        return AgreementFault.NIGHTS
    return OfferedAgreement(org, filled["centre"], first, last, None if everywhere else [known[code] for code in codes])


@routes.post("/agreements/{agreement}/accept")
@require_sign_in
async def accept(request: web.Request) -> web.StreamResponse:
    """Accept as the centre's admin."""
    return await _do(request, agreements.accept_agreement)


@routes.post("/agreements/{agreement}/end")
@require_sign_in
async def end(request: web.Request) -> web.StreamResponse:
    """End an agreement now, as either side's admin."""
    return await _do(request, agreements.end_agreement)


async def _do(request: web.Request, act: Callable[..., Awaitable[bool]]) -> web.StreamResponse:
    agreement_id: UUID = path_uuid(request, "agreement")
    async with request.app[MEMORY].transaction(_scope(request)) as tx:
        if not await act(tx, agreement_id, actor=str(request[PERSON].user_id)):
            raise web.HTTPForbidden(text=text_for(request, page_words.ROLE_LACKS_PAGE))
    return redirect("/agreements")


async def _page(
    request: web.Request, filled: dict[str, Any], fault: AgreementFault | None = None
) -> web.StreamResponse:
    viewer = _scope(request)
    async with request.app[MEMORY].transaction(viewer) as tx:
        found, instant = await agreements.agreements_kept(tx), await now(tx)
        own = await towns.towns(tx) if viewer.sees_all else []
        codes = sorted({code for town in own for code in await towns.area_ids(tx, town.org)})
    context = {
        "rows": [_row(each, each.state(instant)) for each in found],
        "own": own,
        "codes": codes,
        "filled": {"town": "", "centre": "", "from": "", "until": "", "where": "all", "areas": [], **filled},
        "wrong": speech_of(request)(people_words.AGREEMENT_FAULTS[fault]) if fault else "",
        "at_fault": fault.value if fault else "",
    }
    return render(request, "people/agreements.html", context, status=400 if fault else 200)


def _row(agreement: Agreement, state: AgreementState) -> dict[str, Any]:
    return {
        "it": agreement,
        "words": people_words.AGREEMENT_STATES[state.value],
        "runs": state is AgreementState.RUNNING,
        "may_accept": state is AgreementState.OFFERED and agreement.of_centre,
        "may_end": state is not AgreementState.OVER,
    }
