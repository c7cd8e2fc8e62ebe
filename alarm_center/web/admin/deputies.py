"""Page on which an admin lets a member stand in for a colleague, and ends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core.calendar import night_bounds
from alarm_center.core.people import DeputyAnswer, DeputyFault, PersonState, deputy_period, last_night
from alarm_center.core.roles import Right
from alarm_center.oidc_settings import Accounts
from alarm_center.store.deputies import Deputy, deputies_of, end_deputy, let_stand_in
from alarm_center.store.memberships import TownPerson
from alarm_center.web.admin.people import PeopleKeeping, keeping_of, people_scope
from alarm_center.web.app_keys import MEMORY, SETTINGS
from alarm_center.web.auth import require
from alarm_center.web.page import PERSON, path_uuid, redirect, render, speech_of
from alarm_center.words import people_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.code_words import ROLES
from schemas.vocabulary import Role

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class _StandInForm:
    """The fields as they were filled in."""

    colleague: str
    begins: str
    last_night: str

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> "_StandInForm":
        """Return the fields that *form* brings."""
        return cls(*(str(form.get(name, "")).strip() for name in ("colleague", "begins", "last_night")))


@routes.get("/people/member/{membership}/deputy")
@require(Right.USERS)
async def show_deputies(request: web.Request) -> web.StreamResponse:
    """Show for whom a member stands in, and who stands in for them."""
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        keeping = await keeping_of(request, tx)
        person = await keeping.found("membership_id", path_uuid(request, "membership"))
        return await _page(request, keeping, person)


@routes.post("/people/member/{membership}/deputy")
@require(Right.USERS)
async def stand_in(request: web.Request) -> web.StreamResponse:
    """Let a member stand in for a colleague."""
    filled = _StandInForm.read(await request.post())
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        keeping = await keeping_of(request, tx)
        person = await keeping.found("membership_id", path_uuid(request, "membership"))
        colleague = next(
            (each for each in await _colleagues(keeping, person) if str(each.user_id) == filled.colleague), None
        )
        if colleague is None:
            return await _page(request, keeping, person, filled, DeputyFault.COLLEAGUE)
        begins, last = _day(filled.begins), _day(filled.last_night)
        if begins is None or last is None:
            fault = DeputyFault.BEGINS if begins is None else DeputyFault.LAST_NIGHT
            return await _page(request, keeping, person, filled, fault)
        period = deputy_period(begins, last, keeping.towns[person.org].town.zone, keeping.now)
        if isinstance(period, DeputyFault):
            return await _page(request, keeping, person, filled, period)
        assert person.user_id is not None and colleague.user_id is not None, "members are persons"
        answer = await let_stand_in(
            tx, person.org, person.user_id, colleague.user_id, period, actor=str(request[PERSON].user_id)
        )
        if answer is not DeputyAnswer.CHANGED:
            return await _page(request, keeping, person, filled, answer)
    return redirect(request.path)


@routes.post("/people/deputy/{deputy}/end")
@require(Right.USERS)
async def end(request: web.Request) -> web.StreamResponse:
    """End it before its time, and show the page of the one who stood in."""
    wanted = path_uuid(request, "deputy")
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        keeping = await keeping_of(request, tx)
        for org in keeping.towns:
            for each in await deputies_of(tx, org):
                if each.deputy_id == wanted:
                    person = await keeping.found("user_id", each.user_id)
                    await end_deputy(tx, wanted, actor=str(request[PERSON].user_id))
                    return redirect(f"/people/member/{person.membership_id}/deputy")
    raise NotFound(f"no deputy {wanted}")


async def _page(
    request: web.Request,
    keeping: PeopleKeeping,
    person: TownPerson,
    filled: _StandInForm | None = None,
    wrong: DeputyFault | DeputyAnswer | None = None,
) -> web.Response:
    at, speech = keeping.towns[person.org], speech_of(request)
    today = keeping.now.astimezone(at.town.zone).date().isoformat()
    words = (
        people_words.DEPUTY_FAULTS[wrong] if isinstance(wrong, DeputyFault)
        else people_words.DEPUTY_REFUSALS[wrong] if wrong else ""
    )  # fmt: skip
    context = {
        "shown": person,
        "town": at.town,
        "listed": [
            _row(each, keeping, person, speech)
            for each in await deputies_of(keeping.tx, person.org)
            if person.user_id in (each.user_id, each.stands_in_for)
        ],
        "providers": _providers_of(request, person.org, speech),
        "colleagues": await _colleagues(keeping, person),
        "filled": filled or _StandInForm("", today, ""),
        "wrong": speech(words) if words else "",
        "at_fault": wrong.value if isinstance(wrong, DeputyFault) else "",
    }
    status = 400 if isinstance(wrong, DeputyFault) else 409 if wrong else 200
    return render(request, "people/deputy.html", context, status=status)


def _providers_of(request: web.Request, org: str, speech: Speech) -> list[dict[str, Any]]:
    """Return the identity providers that give roles in the town, each with the values of its claim that stand for some."""
    return [
        {
            "title": provider.title,
            "claim": provider.assignment_claim,
            "made": provider.accounts is Accounts.MADE,
            "values": [
                f"{value} ({given.title or ', '.join(speech(ROLES[role]) for role in given.roles)})"
                for value, given in provider.assignments.items()
                if given.org == org
            ],
        }
        for provider in request.app[SETTINGS].providers
        if any(given.org == org for given in provider.assignments.values())
    ]


def _row(deputy: Deputy, keeping: PeopleKeeping, person: TownPerson, speech: Speech) -> dict[str, Any]:
    zone = keeping.towns[person.org].town.zone
    last = last_night(deputy.until_at, zone)
    assert last is not None, "a deputy has an end"
    return {
        "deputy_id": deputy.deputy_id,
        "name": deputy.name,
        "colleague": deputy.for_name,
        "begins": speech.dated(deputy.from_at, str(zone)),
        "last": speech.dated(night_bounds(last, zone)[0], str(zone)),
        "roles": ", ".join(speech(ROLES[role]) for role in deputy.roles),
    }


async def _colleagues(keeping: PeopleKeeping, person: TownPerson) -> list[TownPerson]:
    """Return the members for whom *person* may stand in: those who have a role besides an admin's."""
    if person.user_id is None or person.state(keeping.now) is PersonState.ENDED:
        return []
    return [
        each
        for each in await keeping.people(person.org)
        if each.accepted
        and each.user_id not in (None, person.user_id)
        and each.state(keeping.now) is not PersonState.ENDED
        and set(each.assignment.roles) - {Role.ADMIN}
    ]


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
