"""Pages of a town's people, for its admins: the list, an invitation and its link, and changes of one member.

A login is the person's own: nothing here says whether it is somebody's already (docs/adr/0029-a-login-is-the-persons-own.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import asyncpg
from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core.people import TOWN_CARE, Assignment, PeopleAnswer, PersonState, last_night
from alarm_center.core.roles import Right
from alarm_center.identity.tokens import invite_link, new_token, token_hash
from alarm_center.store import invitations, memberships, second_factors, towns
from alarm_center.store.invitations import NewInvitation
from alarm_center.store.memberships import TownPerson
from alarm_center.store.memory import Tx, Viewer, now
from alarm_center.web.admin.person_form import FilledForm, TownAreas
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require, require_fresh_factor
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.words import people_words
from alarm_center.words.code_words import ROLES
from alarm_center.words.people_words import PersonFault

routes = web.RouteTableDef()

_LINK_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class PeopleKeeping:
    """A transaction of an admin's page: the instant, and the towns whose people the admin keeps, by id."""

    tx: Tx
    now: datetime
    towns: Mapping[str, TownAreas]

    async def people(self, org: str) -> list[TownPerson]:
        """Return the people of one of the towns."""
        return await memberships.people_of(self.tx, org)

    async def found(self, name: str, wanted: UUID) -> TownPerson:
        """Return the person whose id under *name* is *wanted*.

        Raises:
            NotFound: none of the towns has one.
        """
        for org in self.towns:
            for person in await self.people(org):
                if getattr(person, name) == wanted:
                    return person
        raise NotFound(f"no {name} {wanted}")


def people_scope(request: web.Request) -> Viewer:
    """Return the scope of a page of people."""
    return request[PERSON].viewer(Right.USERS)


async def keeping_of(request: web.Request, tx: Tx) -> PeopleKeeping:
    """Return the towns whose people the admin keeps, in *tx*."""
    viewer, found = people_scope(request), {}
    for town in await towns.towns(tx):
        known = await towns.area_ids(tx, town.org)
        own = {code: area_id for code, area_id in known.items() if viewer.sees(area_id)}
        over = await towns.closed_area_ids(tx, town.org)
        closed = {code: area_id for code, area_id in over.items() if viewer.sees(area_id)}
        limit = request[PERSON].performers_in(town.org, Right.USERS)
        offered = await _offered_performers(request, tx, town.org, limit)
        found[town.org] = TownAreas(town, own, viewer.areas is None, offered, limit is None, closed)
    return PeopleKeeping(tx, await now(tx), found)


async def _offered_performers(
    request: web.Request, tx: Tx, org: str, limit: tuple[str, ...] | None
) -> Mapping[str, str]:
    """Return the performers that the admin may give, by code, the town's own care first; none where the town has none."""
    known = await towns.performers(tx, org)
    if not known and limit is None:
        return {}
    every = {TOWN_CARE: speech_of(request)(people_words.OWN_CARE), **known}
    return {code: name for code, name in every.items() if limit is None or code in limit}


# ---- the list ----


@routes.get("/people")
@require(Right.USERS)
async def show_people(request: web.Request) -> web.StreamResponse:
    """Show the people of the admin's towns."""
    return await _list_page(request, "", "")


@routes.post("/people")
@require(Right.USERS)
async def show_some(request: web.Request) -> web.StreamResponse:
    """Show those of one role or one area."""
    form = await request.post()
    return await _list_page(request, str(form.get("role", "")), str(form.get("area", "")))


async def _list_page(request: web.Request, role: str, area: str) -> web.Response:
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        keeping = await keeping_of(request, tx)
        shown = []
        for org, at in keeping.towns.items():
            rows = [
                person_row(person, at, keeping.now)
                for person in await keeping.people(org)
                if not role or role in [each.value for each in person.assignment.roles]
                if not area or person.assignment.areas is None or at.areas.get(area) in person.assignment.areas
            ]
            shown.append({"town": at.town, "rows": sorted(rows, key=lambda row: row["state"] is PersonState.ENDED)})
    codes = sorted({code for at in keeping.towns.values() for code in at.areas})
    return render(
        request, "people/list.html", {"shown": shown, "roles": ROLES, "codes": codes, "role": role, "area": area}
    )


def person_row(person: TownPerson, at: TownAreas, instant: datetime) -> dict[str, Any]:
    """Return one person as the list shows them."""
    codes = {area_id: code for code, area_id in {**at.closed, **at.areas}.items()}
    held = person.assignment
    state = person.state(instant)
    invited = person.invitation_id
    return {
        "person": person,
        "href": f"/people/invitation/{invited}" if invited else f"/people/member/{person.membership_id}",
        "state": state,
        "state_words": people_words.STATES[state],
        "areas": None if held.areas is None else sorted(codes[area] for area in held.areas if area in codes),
        "performers": None if held.performers is None else [at.performers.get(code, code) for code in held.performers],
        "until": last_night(held.ends_at, at.town.zone),
    }


# ---- an invitation ----


@routes.get("/people/invite")
@require(Right.USERS)
async def show_invite(request: web.Request) -> web.StreamResponse:
    """Show the form of an invitation."""
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        return _form_page(request, await keeping_of(request, tx), FilledForm())


@routes.post("/people/invite")
@require(Right.USERS)
async def invite(request: web.Request) -> web.StreamResponse:
    """Ask the login, and show the link once; the answer is the same whether or not the login is somebody's."""
    form, token = await request.post(), new_token()
    filled = FilledForm.read(form)
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        keeping = await keeping_of(request, tx)
        at = keeping.towns.get(str(form.get("town", "")), next(iter(keeping.towns.values())))
        offer = filled.person_fault() or filled.assignment(at, keeping.now)
        if isinstance(offer, PersonFault):
            return _form_page(request, keeping, filled, fault=offer, org=at.town.org)
        new = NewInvitation(at.town.org, filled.login, filled.name, offer)
        answer = await invitations.invite(tx, new, token_hash(token), actor=str(request[PERSON].user_id))
        if answer is not PeopleAnswer.INVITED:
            return _form_page(request, keeping, filled, refused=answer, org=at.town.org)
    return _link_page(request, at, filled.name, filled.login, token)


@routes.get("/people/invitation/{invitation}")
@require(Right.USERS)
async def show_invitation(request: web.Request) -> web.StreamResponse:
    """Show an open invitation."""
    return await _show_one(request, "invitation")


@routes.post("/people/invitation/{invitation}")
@require(Right.USERS)
async def change_invitation(request: web.Request) -> web.StreamResponse:
    """Change what an open invitation offers."""
    return await _change(request, "invitation")


@routes.post("/people/invitation/{invitation}/link")
@require(Right.USERS)
async def make_link(request: web.Request) -> web.StreamResponse:
    """Make an open invitation's link anew, and show it once; the one before opens nothing any more."""
    seen, token = _seen(await request.post()), new_token()
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        keeping = await keeping_of(request, tx)
        person = await keeping.found("invitation_id", path_uuid(request, "invitation"))
        assert person.invitation_id is not None, "it was found by that"
        answer = await invitations.change_invitation(
            tx, person.invitation_id, person.assignment, seen=seen, token_hash=token_hash(token),
            actor=str(request[PERSON].user_id),
        )  # fmt: skip
        if answer is not PeopleAnswer.CHANGED:
            return await _one_page(request, keeping, person, refused=answer)
    return _link_page(request, keeping.towns[person.org], person.name, person.login, token)


@routes.post("/people/invitation/{invitation}/withdraw")
@require(Right.USERS)
async def withdraw(request: web.Request) -> web.StreamResponse:
    """End an open invitation."""
    seen = _seen(await request.post())
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        keeping = await keeping_of(request, tx)
        person = await keeping.found("invitation_id", path_uuid(request, "invitation"))
        assert person.invitation_id is not None, "it was found by that"
        actor = str(request[PERSON].user_id)
        answer = await invitations.withdraw_invitation(tx, person.invitation_id, seen=seen, actor=actor)
        if answer is not PeopleAnswer.CHANGED:
            return await _one_page(request, keeping, person, refused=answer)
    return redirect("/people")


# ---- a member ----


@routes.get("/people/member/{membership}")
@require(Right.USERS)
async def show_member(request: web.Request) -> web.StreamResponse:
    """Show a member's roles, areas, performers and end."""
    return await _show_one(request, "membership")


@routes.post("/people/member/{membership}")
@require(Right.USERS)
async def change_member(request: web.Request) -> web.StreamResponse:
    """Change a member's roles, areas, performers or end; their sessions end with it."""
    return await _change(request, "membership")


@routes.post("/people/member/{membership}/end")
@require(Right.USERS)
async def end_member(request: web.Request) -> web.StreamResponse:
    """End a membership now."""
    seen = _seen(await request.post())
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        keeping = await keeping_of(request, tx)
        person = await keeping.found("membership_id", path_uuid(request, "membership"))
        held = person.assignment
        over = replace(held, ends_at=keeping.now)
        answer = await _apply(tx, request, person, over, seen)
        if answer is not PeopleAnswer.CHANGED:
            return await _one_page(request, keeping, person, refused=answer)
    return redirect("/people")


@routes.get("/people/member/{membership}/factor")
@require(Right.USERS)
@require_fresh_factor
async def show_reset(request: web.Request) -> web.StreamResponse:
    """Show what follows when a member's second factor is reset."""
    return await _reset_page(request)


@routes.post("/people/member/{membership}/factor")
@require(Right.USERS)
async def reset(request: web.Request) -> web.StreamResponse:
    """Take a lost second factor, and every session, from a member who works nowhere else; their next sign-in adds a new one."""
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        person = await (await keeping_of(request, tx)).found("membership_id", path_uuid(request, "membership"))
        assert person.user_id is not None, "a member is a person"
        try:
            done = await second_factors.reset_factors(tx, person.user_id, str(request[PERSON].user_id))
        except asyncpg.InsufficientPrivilegeError:
            return redirect(f"/account/confirm?next={quote(request.path)}")
    # The member's page says beside the name that they have no second factor now.
    goal = request.path.removesuffix("/factor")
    return redirect(goal) if done else await _reset_page(request, people_words.RESET_ELSEWHERE, 409)


async def _reset_page(request: web.Request, refused: str = "", status: int = 200) -> web.Response:
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        person = await (await keeping_of(request, tx)).found("membership_id", path_uuid(request, "membership"))
    wrong = speech_of(request)(refused) if refused else ""
    return render(request, "people/reset.html", {"shown": person, "wrong": wrong}, status=status)


# ---- the parts of these pages ----


def _seen(form: Mapping[str, Any]) -> int:
    """Return the version that the form was drawn from; one that none has when the form does not say."""
    said = str(form.get("version", ""))
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0


async def _show_one(request: web.Request, kind: str) -> web.StreamResponse:
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        keeping = await keeping_of(request, tx)
        person = await keeping.found(f"{kind}_id", path_uuid(request, kind))
        return await _one_page(request, keeping, person)


async def _change(request: web.Request, kind: str) -> web.StreamResponse:
    form = await request.post()
    filled = FilledForm.read(form)
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        keeping = await keeping_of(request, tx)
        person = await keeping.found(f"{kind}_id", path_uuid(request, kind))
        wanted = filled.assignment(keeping.towns[person.org].with_held(person.assignment), keeping.now)
        if isinstance(wanted, PersonFault):
            return await _one_page(request, keeping, person, filled=filled, fault=wanted)
        answer = await _apply(tx, request, person, wanted, _seen(form))
        if answer is not PeopleAnswer.CHANGED:
            return await _one_page(request, keeping, person, refused=answer)
    return redirect("/people")


async def _apply(tx: Tx, request: web.Request, person: TownPerson, wanted: Assignment, seen: int) -> PeopleAnswer:
    actor = str(request[PERSON].user_id)
    if person.invitation_id is not None:
        return await invitations.change_invitation(tx, person.invitation_id, wanted, seen=seen, actor=actor)
    assert person.user_id is not None, "a member is a person"
    return await memberships.change_membership(tx, person.org, person.user_id, wanted, seen=seen, actor=actor)


async def _one_page(
    request: web.Request,
    keeping: PeopleKeeping,
    person: TownPerson,
    *,
    filled: FilledForm | None = None,
    fault: PersonFault | None = None,
    refused: PeopleAnswer | None = None,
) -> web.Response:
    """Draw a member or an invitation; after a refusal as it is by now, where it is still there."""
    if refused is not None:
        name, wanted = (
            ("invitation_id", person.invitation_id) if person.invitation_id else ("membership_id", person.membership_id)
        )
        assert wanted is not None, "a row has one of the two"
        person = await keeping.found(name, wanted)
    at = keeping.towns[person.org].with_held(person.assignment)
    shown = person_row(person, at, keeping.now)
    context = {"row": shown, "over": shown["state"] is PersonState.ENDED, "many_towns": len(keeping.towns) > 1}
    filled = filled or FilledForm.of(person.assignment, at)
    return _draw_form(request, "people/person.html", at, filled, context, fault, refused)


def _form_page(
    request: web.Request,
    keeping: PeopleKeeping,
    filled: FilledForm,
    *,
    fault: PersonFault | None = None,
    refused: PeopleAnswer | None = None,
    org: str | None = None,
) -> web.Response:
    at = keeping.towns[org] if org else next(iter(keeping.towns.values()))
    every = [each.town for each in keeping.towns.values()]
    return _draw_form(request, "people/invite.html", _of_all(keeping, at), filled, {"every": every}, fault, refused)


def _of_all(keeping: PeopleKeeping, at: TownAreas) -> TownAreas:
    """Return the town with what the admin may give in any of theirs, since the form does not know yet which it will be."""
    codes = {code: area_id for each in keeping.towns.values() for code, area_id in each.areas.items()}
    performers = {code: name for each in keeping.towns.values() for code, name in each.performers.items()}
    return TownAreas(at.town, codes, at.whole, performers, at.every_performer, {})


def _draw_form(
    request: web.Request,
    template: str,
    at: TownAreas,
    filled: FilledForm,
    context: Mapping[str, Any],
    fault: PersonFault | None,
    refused: PeopleAnswer | None,
) -> web.Response:
    speech = speech_of(request)
    wrong = people_words.FAULTS[fault] if fault else people_words.REFUSALS[refused] if refused else ""
    own = {
        "town": at.town,
        "codes": sorted(at.areas),
        "closed": at.closed,
        "whole": at.whole,
        "performers": at.performers,
        "every_performer": at.every_performer,
        "filled": filled,
        "roles": ROLES,
        "wrong": speech(wrong) if wrong else "",
        "at_fault": fault.value if fault else "",
    }
    status = 400 if fault else 409 if refused else 200
    return render(request, template, {**own, **context}, status=status)


def _link_page(request: web.Request, at: TownAreas, name: str, login: str, token: str) -> web.Response:
    link = invite_link(at.town.link_host, token)
    return render(request, "people/link.html", {"link": link, "name": name, "login": login, "days": _LINK_DAYS})
