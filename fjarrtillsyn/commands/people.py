"""Commands that invite people to a town or an alarm centre, reset a password, add or rename a centre, and end work for one."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg
import typer

from alarm_center.core import calendar
from alarm_center.core.people import TOWN_CARE, Assignment, PeopleAnswer
from alarm_center.identity.passwords import hash_password
from alarm_center.identity.tokens import invite_link, new_token, token_hash
from alarm_center.store import agreements, invitations, memberships, second_factors, towns, users
from alarm_center.store.invitations import NewInvitation
from alarm_center.store.memory import Memory, Tx
from fjarrtillsyn.commands.database import run_work
from fjarrtillsyn.commands.settings import WorkerSettings, settings
from runtime.process import BAD_SETTINGS
from schemas.vocabulary import Role

_ACTOR = "command"


@dataclass(frozen=True, slots=True)
class InvitationScope:
    """Codes of the areas and the performers that an invitation is limited to; an empty one means all of the town's."""

    areas: Sequence[str]
    performers: Sequence[str]


def invite(login: str, name: str, org: str, roles: Sequence[Role], scope: InvitationScope, until: date | None) -> None:
    """Invite a login, or change its open invitation and give it a new link; print the link."""
    wanted = settings(WorkerSettings)

    async def ask(tx: Tx, token: str) -> str:
        town = await towns.town(tx, org)
        known = await towns.area_ids(tx, org)
        missing = sorted(set(scope.areas) - set(known))
        if missing:
            raise LookupError(f"the town {org} has no area {', '.join(missing)}")
        unknown = sorted(set(scope.performers) - {TOWN_CARE, *await towns.performers(tx, org)})
        if unknown:
            raise LookupError(f"the town {org} has no performer {', '.join(unknown)}")
        ends_at = calendar.night_bounds(until, town.zone)[1] if until else None
        areas = [known[code] for code in scope.areas] or None
        offer = Assignment.of(roles, areas, ends_at, scope.performers or None)
        answer = await invitations.invite(
            tx, NewInvitation(org, login.lower(), name, offer), token_hash(token), actor=_ACTOR
        )
        if answer is PeopleAnswer.ASKED:
            open_one = next(
                p for p in await memberships.people_of(tx, org) if p.login == login.lower() and p.invitation_id
            )
            assert open_one.invitation_id is not None, "it is an invitation"
            await invitations.change_invitation(
                tx, open_one.invitation_id, offer, seen=open_one.version, token_hash=token_hash(token), actor=_ACTOR
            )
        elif answer is PeopleAnswer.MEMBER:
            raise LookupError(f"{login} is one of the town's people already; the page Personal changes roles")
        return town.link_host

    async def work() -> None:
        memory = await Memory.open(wanted.database_url.get_secret_value(), size=1, application="fjarrtillsyn user")
        token = new_token()
        try:
            host = await memory.attempt(lambda tx: ask(tx, token))
        except (LookupError, asyncpg.CheckViolationError) as error:
            said = (
                f"{login!r} is no login: letters a-z, digits and . _ @ -"
                if isinstance(error, asyncpg.PostgresError)
                else str(error)
            )
            typer.echo(said, err=True)
            raise typer.Exit(BAD_SETTINGS) from None
        finally:
            await memory.close()
        typer.echo(f"{login}: asked to be {', '.join(roles)} in {org}; the link is good for seven days, once:")
        typer.echo(invite_link(host, token))

    run_work(work)


def reset(login: str, *, factors: bool) -> None:
    """Replace a user's password and print the new one; with *factors*, also remove the user's second factors."""
    password = secrets.token_urlsafe(12)
    hashed = hash_password(password)

    async def act(tx: Tx) -> None:
        user_id = await users.reset_password(tx, login.lower(), hashed)
        if user_id is None:
            raise LookupError(f"there is no login {login}")
        if factors:
            await second_factors.reset_factors(tx, user_id, _ACTOR)

    _in_transaction(act)
    typer.echo(f"{login}: password: {password}")


def keep_centre(centre: str, name: str) -> None:
    """Add an alarm centre, or rename it."""
    _in_transaction(lambda tx: agreements.keep_centre(tx, centre, name))
    typer.echo(f"{centre}: {name}")


def invite_to_centre(login: str, name: str, centre: str, roles: Sequence[Role], host: str) -> None:
    """Invite a login to work for an alarm centre; print the link."""
    token = new_token()
    _in_transaction(lambda tx: agreements.invite_to_centre(tx, centre, login.lower(), name, roles, token_hash(token)))
    typer.echo(f"{login}: asked to be {', '.join(roles)} of {centre}; the link is good for seven days, once:")
    typer.echo(invite_link(host, token))


def end_centre_member(login: str, centre: str) -> None:
    """End a person's work for an alarm centre."""

    async def end(tx: Tx) -> None:
        if not await agreements.end_centre_member(tx, centre, login.lower()):
            raise LookupError(f"{login} does not work for {centre}")

    _in_transaction(end)
    typer.echo(f"{login}: works for {centre} no longer")


def _in_transaction(act: Callable[[Tx], Awaitable[None]]) -> None:
    """Run *act* in a transaction; a wrong name prints one line and exits with status 2."""
    wanted = settings(WorkerSettings)

    async def work() -> None:
        memory = await Memory.open(wanted.database_url.get_secret_value(), size=1, application="fjarrtillsyn user")
        try:
            await memory.attempt(act)
        except LookupError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(BAD_SETTINGS) from None
        except asyncpg.ForeignKeyViolationError:
            typer.echo("there is no such alarm centre; `fjarrtillsyn centre add` makes one", err=True)
            raise typer.Exit(BAD_SETTINGS) from None
        except asyncpg.CheckViolationError:
            typer.echo("not a short name (a-z, digits, _ and -), a login, or a role of an alarm centre", err=True)
            raise typer.Exit(BAD_SETTINGS) from None
        finally:
            await memory.close()

    run_work(work)
