"""Pages behind an invitation's link: a new person chooses a password, a known one signs in and says yes or no.

The page is the same for a login that somebody has and one that nobody has (docs/adr/0029-a-login-is-the-persons-own.md).
"""

import asyncio
from typing import Final

from aiohttp import web

from alarm_center.core.people import LinkAnswer, last_night
from alarm_center.identity.password_rules import LEAST_CHARACTERS
from alarm_center.identity.passwords import hash_password
from alarm_center.store import invitations
from alarm_center.store.invitations import OpenInvitation
from alarm_center.store.web_sessions import SignedIn, nobody_yet
from alarm_center.web.app_keys import MEMORY, SIGN_IN_MEMORY
from alarm_center.web.auth import check_form, check_open_form, person_of
from alarm_center.web.page import PERSON, redirect, render, speech_of
from alarm_center.web.route_access import Opening, open_to
from alarm_center.web.sign_in import second_factor
from alarm_center.web.sign_in.new_password import LONGEST, refusal_of
from alarm_center.words import people_words
from alarm_center.words.code_words import ROLES

routes = web.RouteTableDef()

_PATH: Final = "/invite/{invite:[A-Za-z0-9_-]{43}}"


@routes.get(_PATH)
@open_to(Opening.LINK)
async def show_invitation(request: web.Request) -> web.StreamResponse:
    """Show who asks for what, and the ways to answer."""
    return await _page(request, await _person(request))


@routes.post(_PATH)
@open_to(Opening.LINK)
async def answer(request: web.Request) -> web.StreamResponse:
    """Take the yes or no of the person who is signed in."""
    person = await _person(request)
    if person is None:
        return redirect(request.path)
    await check_form(request, person.csrf)
    yes = bool((await request.post()).get("yes"))
    async with request.app[MEMORY].transaction(nobody_yet(person.token)) as tx:
        said = await invitations.answer_invitation(tx, request.match_info["invite"], yes=yes)
    if said is LinkAnswer.ACCEPTED:
        return redirect("/")
    if said is LinkAnswer.DECLINED:
        return render(request, "invitation/declined.html")
    return await _page(request, person, people_words.LINK_REFUSALS[said], 409)


@routes.post(_PATH + "/join")
@open_to(Opening.LINK)
async def join(request: web.Request) -> web.StreamResponse:
    """Let a new person in with a name and a password of their own."""
    await check_open_form(request)
    form = await request.post()
    name = str(form.get("name", "")).replace("\0", "").strip()[:200]
    password, again = (str(form.get(field, ""))[:LONGEST] for field in ("password", "again"))
    token = request.match_info["invite"]
    async with request.app[MEMORY].transaction() as tx:
        there = await invitations.open_invitation(tx, token)
    if there is None:
        return await _page(request, None)
    wrong = _wrong(there, name, password, again)
    if wrong is not None:
        return await _page(request, None, wrong, 400, name)
    hashed = await asyncio.to_thread(hash_password, password)
    async with request.app[SIGN_IN_MEMORY].transaction() as tx:
        said, proof = await invitations.join_as_new(tx, token, name, hashed)
    if proof is None:
        return await _page(request, None, people_words.LINK_REFUSALS[said], 409, name)
    return await second_factor.go_on(request, proof, "/")


async def _person(request: web.Request) -> SignedIn | None:
    """Return the person whose session the browser brings; a covered one is nobody here."""
    person = await person_of(request)
    if person is None or person.covered:
        return None
    request[PERSON] = person
    return person


def _wrong(there: OpenInvitation, name: str, password: str, again: str) -> str | None:
    if not name:
        return people_words.NAME_NEEDED
    return refusal_of(password, again, (there.login, name, there.name, there.org or "", there.town))


async def _page(
    request: web.Request, person: SignedIn | None, wrong: str = "", status: int = 200, name: str | None = None
) -> web.Response:
    async with request.app[MEMORY].transaction() as tx:
        found: OpenInvitation | None = await invitations.open_invitation(tx, request.match_info["invite"])
    if found is None:
        return render(
            request, "invitation/gone.html", {"wrong": people_words.LINK_REFUSALS[LinkAnswer.GONE]}, status=404
        )
    context = {
        "asked": found,
        "roles": [speech_of(request)(ROLES[role]) for role in found.roles],
        "performers": [name or speech_of(request)(people_words.OWN_CARE) for name in found.performers or ()],
        "until": last_night(found.ends_at, found.zone),
        "mine": person is not None and person.login == found.login,
        "wrong": speech_of(request)(wrong) if wrong else "",
        "name": found.name if name is None else name,
        "least": LEAST_CHARACTERS,
        "path": f"/invite/{request.match_info['invite']}",
    }
    return render(request, "invitation/page.html", context, status=status)
