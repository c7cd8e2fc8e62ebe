"""Auditor's pages of the monthly samples: which there are, a verdict on each look, and the signature on a month."""

from collections.abc import Mapping

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core.decision import IllegalMove
from alarm_center.core.look_review import LookVerdict
from alarm_center.core.roles import Right
from alarm_center.store import look_samples
from alarm_center.store.look_samples import SampleHead
from alarm_center.store.memory import Tx
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.web.review.review_pages import ReviewContext, address, note_of, reviewed_town, reviews_whole_town
from alarm_center.words import look_words
from alarm_center.words.catalogues import Speech

routes = web.RouteTableDef()


@routes.get("/looks/samples")
@require(Right.REVIEW)
async def show_samples(request: web.Request) -> web.StreamResponse:
    """Show the town's samples, the newest month first, and which are overdue."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.REVIEW)) as tx:
        reviewed = await reviewed_town(request, tx)
        samples = await look_samples.samples_of(tx, reviewed.town.org)
    whole = reviews_whole_town(request, reviewed.town.org, Right.REVIEW)
    return render(request, "review/samples.html", reviewed.context() | {"samples": samples, "whole": whole})


@routes.get("/looks/samples/{sample}")
@require(Right.REVIEW)
async def show_sample(request: web.Request) -> web.StreamResponse:
    """Show a sample's looks one by one, each with its verdict or the form for it."""
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.REVIEW)) as tx:
        reviewed, head = await _sample(request, tx)
        looks = await look_samples.sample_looks(tx, reviewed.town.org, head.sample_id)
    open_ones = [each.place for each in looks if each.verdict is None]
    context = {
        "sample": head,
        "looks": looks,
        "verdicts": look_words.VERDICTS,
        "next_place": open_ones[0] if open_ones else None,
        "own": request[PERSON].user_id,
    }
    return render(request, "review/sample.html", reviewed.context() | context)


@routes.post("/looks/samples/{sample}/{place:\\d{1,4}}")
@require(Right.REVIEW)
async def judge_look(request: web.Request) -> web.StreamResponse:
    """Write the verdict on one look.

    Raises:
        web.HTTPBadRequest: as :func:`_verdict_of`.
        IllegalMove: the look is the auditor's own, or the sample is signed.
    """
    form, place = await request.post(), int(request.match_info["place"])
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.REVIEW)) as tx:
        reviewed, head = await _sample(request, tx, str(form.get("town", "")) or None)
        verdict, note = _verdict_of(form, speech_of(request))
        if not await look_samples.judge(tx, reviewed.town.org, head.sample_id, place, verdict, note):
            raise IllegalMove(f"sample {head.sample_id}, look {place}: one's own, none, or signed")
    goal = address(f"/looks/samples/{head.sample_id}", town=reviewed.town.org)
    return redirect(f"{goal}#look-{place + 1}" if place < head.chosen else goal)


@routes.post("/looks/samples/{sample}/sign")
@require(Right.REVIEW)
async def sign_sample(request: web.Request) -> web.StreamResponse:
    """Sign a month's sample off.

    Raises:
        IllegalMove: a look has no verdict yet, or somebody has signed.
    """
    form, memory = await request.post(), request.app[MEMORY]
    async with memory.transaction(request[PERSON].viewer(Right.REVIEW)) as tx:
        reviewed, head = await _sample(request, tx, str(form.get("town", "")) or None)
        if not await look_samples.sign(tx, reviewed.town.org, head.sample_id):
            raise IllegalMove(f"sample {head.sample_id}: not judged, or signed already")
    memory.hint()
    return redirect(address("/looks/samples", town=reviewed.town.org))


def _verdict_of(form: Mapping[str, object], speech: Speech) -> tuple[LookVerdict, str | None]:
    """Return the verdict and the note of a form.

    Raises:
        web.HTTPBadRequest: it is no verdict, or says what is wrong without words.
    """
    try:
        verdict = LookVerdict(str(form.get("verdict", "")))
    except ValueError as error:
        raise web.HTTPBadRequest(text=speech(look_words.CHOOSE_VERDICT)) from error
    note = note_of(form.get("note", ""))
    if verdict is not LookVerdict.IN_DUTY and note is None:
        raise web.HTTPBadRequest(text=speech(look_words.SAY_WHY))
    return verdict, note


async def _sample(request: web.Request, tx: Tx, named: str | None = None) -> tuple[ReviewContext, SampleHead]:
    """Return the town, and the sample that the path names.

    Raises:
        NotFound: the town has none such, or the person reviews some of its areas alone.
    """
    reviewed, sample_id = await reviewed_town(request, tx, named), path_uuid(request, "sample")
    samples = await look_samples.samples_of(tx, reviewed.town.org)
    head = next((each for each in samples if each.sample_id == sample_id), None)
    if head is None or not reviews_whole_town(request, reviewed.town.org, Right.REVIEW):
        raise NotFound(f"sample {sample_id}")
    return reviewed, head
