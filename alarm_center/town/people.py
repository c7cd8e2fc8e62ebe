"""Users of a town's file: who is not asked yet is invited by link, and members have the roles, areas and performers that it says.

A login is the person's own: nothing of them is changed, and the file's name for them counts until they say yes.
"""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from alarm_center.core.people import Assignment, PeopleAnswer, PersonState
from alarm_center.identity.tokens import new_token, token_hash
from alarm_center.store import invitations, towns
from alarm_center.store.invitations import NewInvitation
from alarm_center.store.memberships import TownPerson, change_membership, people_of
from alarm_center.town.model import TownFile, UserEntry
from alarm_center.town.town_import import ImportedChange, TownImport
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence
from schemas.vocabulary import ImportAction, Role


async def apply_people(run: TownImport, town: TownFile) -> None:
    """Invite, and change members; the lines are written with each change (revision 0004)."""
    if not town.users:
        return
    known = {person.login: person for person in await people_of(run.tx, run.org)}
    still_open = {*(await towns.area_ids(run.tx, run.org)).values(), *run.areas.values()}
    for user in town.users:
        person = known.get(user.login)
        areas = None if user.areas is None else {run.areas[code] for code in user.areas}
        if areas is not None and person is not None:
            # What has been in an area that a page has closed stays theirs to see.
            areas |= set(person.assignment.areas or ()) - still_open
        wanted = Assignment.of(user.roles, areas, performers=user.performers)
        if person is None or not (person.accepted or person.invitation_id):
            await _invite(run, user, wanted)
        elif person.invitation_id is not None:
            await _change_invitation(run, person, person.invitation_id, wanted)
        else:
            await _change_member(run, person, wanted, is_last_admin=_is_last_admin(known.values(), person, wanted))
    named = {user.login for user in town.users}
    for login, person in sorted(known.items()):
        if login not in named and person.state(run.now) is not PersonState.ENDED:
            # Membership is ended on the people's page, by somebody: a line that was forgotten ends nobody's.
            told = sentence(town_words.STILL_SIGNS_IN)
            await run.note_change(ImportedChange("user", login, ImportAction.LEFT, told))


async def _invite(run: TownImport, user: UserEntry, wanted: Assignment) -> None:
    token = new_token()
    new = NewInvitation(run.org, user.login, user.name, wanted)
    await run.write(lambda tx: invitations.invite(tx, new, token_hash(token), actor=run.actor))
    await run.note_change(ImportedChange("user", user.login, ImportAction.ADDED, sentence(town_words.INVITED), token))


async def _change_invitation(run: TownImport, person: TownPerson, invitation_id: UUID, wanted: Assignment) -> None:
    if person.state(run.now) is PersonState.EXPIRED:
        left = sentence(town_words.INVITATION_OLD)
        await run.note_change(ImportedChange("user", person.login, ImportAction.LEFT, left))
        return
    told = _differing(person.assignment, wanted)
    if told:
        await run.write(
            lambda tx: invitations.change_invitation(tx, invitation_id, wanted, seen=person.version, actor=run.actor)
        )
        await run.note_change(ImportedChange("user", person.login, ImportAction.CHANGED, told))


async def _change_member(run: TownImport, person: TownPerson, wanted: Assignment, *, is_last_admin: bool) -> None:
    """Change a member's roles, areas and performers. A membership that has ended is not given back by an older file."""
    assert person.user_id is not None, "a member is a person"
    if person.state(run.now) is PersonState.ENDED:
        await run.note_change(
            ImportedChange("user", person.login, ImportAction.LEFT, sentence(town_words.MEMBERSHIP_OVER))
        )
        return
    told = _differing(person.assignment, wanted)
    if not told:
        return
    kept = replace(wanted, ends_at=person.assignment.ends_at)
    user_id = person.user_id
    answer = await run.write(lambda tx: change_membership(tx, run.org, user_id, kept, actor=run.actor))
    if answer is None:  # a dry run
        answer = PeopleAnswer.LAST_ADMIN if is_last_admin else PeopleAnswer.CHANGED
    if answer is PeopleAnswer.CHANGED:
        await run.note_change(ImportedChange("user", person.login, ImportAction.CHANGED, told))
    else:
        left = sentence(town_words.ONLY_ADMIN if answer is PeopleAnswer.LAST_ADMIN else town_words.NOT_CHANGED)
        await run.note_change(ImportedChange("user", person.login, ImportAction.LEFT, left))


def _is_last_admin(people: Iterable[TownPerson], person: TownPerson, wanted: Assignment) -> bool:
    """Return whether the town would have nobody left who invites, as the database would say."""

    def keeps_all(assignment: Assignment) -> bool:
        everywhere = assignment.areas is None and assignment.performers is None
        return Role.ADMIN in assignment.roles and everywhere

    others = (one for one in people if one.login != person.login and one.accepted and one.assignment.ends_at is None)
    leaves = Role.ADMIN in person.assignment.roles and not keeps_all(wanted)
    return leaves and not any(keeps_all(one.assignment) for one in others)


def _differing(held: Assignment, wanted: Assignment) -> str:
    """Return the names of the fields in which the two differ, for the line of the import."""
    differing = {
        "roles": held.roles != wanted.roles,
        "areas": held.areas != wanted.areas,
        "performers": held.performers != wanted.performers,
    }
    return ", ".join(name for name, differs in differing.items() if differs)
