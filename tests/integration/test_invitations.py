"""A login is the person's own: a town asks, and the person answers (docs/adr/0029-a-login-is-the-persons-own.md)."""

import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from alarm_center.core.people import Assignment, LinkAnswer, PeopleAnswer, PersonState
from alarm_center.core.roles import Right
from alarm_center.identity.tokens import token_hash
from alarm_center.store import invitations, memberships, towns
from alarm_center.store.invitations import NewInvitation
from alarm_center.store.memberships import TownPerson
from alarm_center.store.memory import Memory, Viewer, now
from alarm_center.store.users import KeptUser, keep_user
from alarm_center.town import apply, reader
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence
from schemas import timeline
from schemas.vocabulary import ImportAction, Role
from tests.support import town_file
from tests.support.postgres import Database
from tests.support.viewers import viewer_in

AT: Final = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
OPERATOR: Final = Assignment.of([Role.OPERATOR], None)
_ROUNDS: Final = 8
"""Answers after which the server has settled on the plans of its statements; the first ones look at more."""


@dataclass
class TwoTowns:
    """Berg, where Berit works with the login that is hers, and Vik, which would like to have her."""

    worker: Memory
    web: Memory
    sign_in: Memory
    berit: UUID
    admin: Viewer

    async def value(self, question: str, *values: Any) -> Any:
        """Return one value, with nothing hidden."""
        async with self.worker.transaction() as tx:
            return await tx.fetchval(question, *values)

    async def everything_of_berit(self) -> list[Any]:
        """Return all that the database keeps of her and of her work in Berg."""
        return [
            await self.value(
                "select row(user_id, name, password_hash, disabled_at, created_at)::text from users where login = 'berit'"
            ),
            await self.value(
                "select to_json(m)::text from memberships m where org = 'berg' and user_id = $1", self.berit
            ),
            await self.value("select json_agg(s)::text from web_sessions s where user_id = $1", self.berit),
        ]

    async def invite(
        self, login: str, token: str, offer: Assignment = OPERATOR, viewer: Viewer | None = None
    ) -> PeopleAnswer:
        """Ask a login as Vik's admin does, by a page."""
        async with self.web.transaction(viewer or self.admin) as tx:
            return await invitations.invite(
                tx, NewInvitation("vik", login, "Berit B", offer), token_hash(token), actor="x"
            )

    async def people(self, viewer: Viewer | None = None) -> dict[str, TownPerson]:
        """Return Vik's people by login, as its admin sees them."""
        async with self.web.transaction(viewer or self.admin) as tx:
            return {person.login: person for person in await memberships.people_of(tx, "vik")}

    async def session(self, login: str) -> Viewer:
        """Sign a known login in."""
        token = f"session of {login}"
        await self.value(
            """
            insert into web_sessions (token_hash, user_id, created_at, seen_at, expires_at, csrf)
            select $1, user_id, clock.now(), clock.now(), clock.now() + interval '30 days', 'c' from users where login = $2
            """,
            token_hash(token), login,
        )  # fmt: skip
        return Viewer(token, Right.WATCH)

    async def answer(self, viewer: Viewer, token: str, *, yes: bool = True) -> LinkAnswer:
        """Answer at a link as the person of that session."""
        async with self.web.transaction(viewer) as tx:
            return await invitations.answer_invitation(tx, token, yes=yes)

    async def lines(self) -> list[timeline.Payload | timeline.Unknown]:
        """Return Vik's lines about its people."""
        async with self.worker.transaction() as tx:
            rows = await tx.fetch(
                "select kind, data from events where org = 'vik' and kind ~ 'membership|invitation' order by id"
            )
        return [timeline.decode(row["kind"], row["data"]) for row in rows]


def vik(**parts: Any) -> town_file.Table:
    return {"organisation": town_file.organisation("vik"), "areas": [{"code": "3"}, {"code": "4"}], **parts}


@pytest.fixture
async def two(database: Database) -> AsyncIterator[TwoTowns]:
    """The two towns; Vik has an admin, and nobody else yet."""
    worker, web = await Memory.open(database.worker, size=3), await Memory.open(database.web, size=3)
    sign_in = await Memory.open(database.sign_in, size=1)
    try:
        async with worker.transaction() as tx:
            await tx.execute("select clock.freeze($1)", AT)
            for file in (
                vik(),
                {"organisation": town_file.organisation("berg"), "areas": [{"code": "3"}]},
            ):
                await town_file.bring_in(tx, file, AT)
            berit = await keep_user(tx, KeptUser("berit", "Berit Berg", "$argon2id$hers", "berg", [Role.OPERATOR]))
        admin = await viewer_in(worker, "vik", right=Right.USERS, role=Role.ADMIN)
        yield TwoTowns(worker, web, sign_in, berit, admin)
    finally:
        for memory in (worker, web, sign_in):
            await memory.close()


# ---- nobody's login is taken over ----


async def test_an_import_takes_no_login_over(two: TwoTowns) -> None:
    await two.session("berit")
    before = await two.everything_of_berit()
    user = {"name": "Somebody Else", "roles": ["admin"]}
    text = town_file.text_of(vik(users=[{"login": "berit", **user}, {"login": "unheard-of", **user}]))
    async with two.worker.transaction() as tx:
        changes = await apply.apply(tx, reader.read_town(text), AT)
    told = [
        (change.name, change.action, change.detail, bool(change.invite_token))
        for change in changes
        if change.what == "user"
    ]
    told = [one for one in told if one[1] is not ImportAction.LEFT]
    invited = sentence(town_words.INVITED)
    assert told == [(login, ImportAction.ADDED, invited, True) for login in ("berit", "unheard-of")]
    assert await two.everything_of_berit() == before
    people = await two.people()
    assert {people[login].state(AT) for login in ("berit", "unheard-of")} == {PersonState.INVITED}
    assert {people[login].name for login in ("berit", "unheard-of")} == {"Somebody Else"}
    async with two.worker.transaction() as tx:
        again = await apply.apply(tx, reader.read_town(text), AT)
    assert {change.action for change in again if change.what == "user"} <= {ImportAction.LEFT}


async def test_an_import_of_the_release_before_takes_none_over(two: TwoTowns) -> None:
    before = await two.everything_of_berit()
    async with two.worker.transaction() as tx:  # the statements of release 0.2.0, by login
        await tx.execute("update users set name = 'Somebody Else' where login = 'berit'")
        await tx.execute(
            "insert into memberships (user_id, org, roles, areas) values ($1, 'vik', '{admin}', null)", two.berit
        )
        await tx.execute("insert into users (login, name, password_hash) values ('new', 'New', '!')")
        await tx.execute(
            "insert into memberships (user_id, org, roles) select user_id, 'vik', '{carer}' from users where login = 'new'"
        )
    assert await two.everything_of_berit() == before
    people = await two.people()
    assert (people["berit"].state(AT), people["berit"].name) == (PersonState.INVITED, "berit")
    assert people["new"].state(AT) is PersonState.NO_FACTOR
    async with two.web.transaction(await viewer_in(two.worker, "vik")) as tx:
        assert await tx.fetchval("select count(*) from users where login = 'berit'") == 0
    assert await two.invite("berit", "t") is PeopleAnswer.INVITED
    assert await two.answer(await two.session("berit"), "t") is LinkAnswer.ACCEPTED


async def test_the_command_takes_no_login_over(two: TwoTowns) -> None:
    before = await two.everything_of_berit()
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="somebody's already"):
        async with two.worker.transaction() as tx:
            await keep_user(tx, KeptUser("Berit", "Somebody Else", "theirs", "vik", [Role.ADMIN]))
    assert await two.everything_of_berit() == before


async def test_a_known_login_is_asked_like_an_unknown_one(two: TwoTowns) -> None:
    looked = """
        select pg_stat_get_xact_tuples_fetched('fjt.users'::regclass)
            + pg_stat_get_xact_tuples_returned('fjt.users'::regclass)
    """
    async with two.worker.transaction() as tx:
        for number in range(_ROUNDS):
            await keep_user(tx, KeptUser(f"known{number}", "K", "!", "berg", [Role.OPERATOR]))
    read: dict[str, list[int]] = {"known": [], "unheard-of": []}
    for number in range(_ROUNDS):
        for kind, rows in read.items():
            async with two.web.transaction(two.admin) as tx:
                before = await tx.fetchval(looked)
                asked = NewInvitation("vik", f"{kind}{number}", "B", OPERATOR)
                assert await invitations.invite(tx, asked, secrets.token_bytes(32), actor="x") is PeopleAnswer.INVITED
                rows.append(await tx.fetchval(looked) - before)
    settled = {kind: rows[_ROUNDS // 2 :] for kind, rows in read.items()}
    assert settled["known"] == settled["unheard-of"], f"rows of users that each answer looked at: {read}"
    assert await two.invite("known1", "again") is await two.invite("unheard-of1", "once more") is PeopleAnswer.ASKED
    people = await two.people()
    shown = [
        (p.user_id, p.name, p.assignment, p.accepted, p.expires_at, p.has_factor, p.version)
        for p in (people["known1"], people["unheard-of1"])
    ]
    assert shown[0] == shown[1] == (None, "B", OPERATOR, False, AT + timedelta(days=7), True, 1)
    async with two.web.transaction(two.admin) as tx:
        assert await tx.fetchval("select count(*) from users where login = 'known1'") == 0


# ---- the answer ----


async def test_a_membership_begins_with_the_persons_own_yes(two: TwoTowns) -> None:
    await two.invite("berit", "hers")
    berit, other = await two.session("berit"), await viewer_in(two.worker, "vik")
    async with two.web.transaction(berit) as tx:
        assert await tx.fetchval("select orgs()") == ["berg"]
    assert await two.answer(other, "hers") is LinkAnswer.OTHER
    assert await two.answer(Viewer("nobody", Right.WATCH), "hers") is LinkAnswer.OTHER
    assert await two.answer(berit, token_hash("hers").hex()) is LinkAnswer.GONE
    assert await two.answer(berit, "hers") is LinkAnswer.ACCEPTED
    assert await two.answer(berit, "hers") is LinkAnswer.GONE
    async with two.web.transaction(berit) as tx:
        assert sorted(await tx.fetchval("select orgs()")) == ["berg", "vik"]
    person = (await two.people())["berit"]
    assert (person.name, person.user_id, person.state(AT)) == ("Berit Berg", two.berit, PersonState.NO_FACTOR)
    asked, accepted = await two.lines()
    assert isinstance(asked, timeline.MembershipInvited)
    assert accepted == timeline.MembershipAccepted(two.berit, asked.invitation_id, (Role.OPERATOR,))


@pytest.mark.parametrize("end", ["declined", "withdrawn", "expired", "another link"])
async def test_an_ended_invitation_opens_nothing(two: TwoTowns, end: str) -> None:
    await two.invite("berit", "hers")
    berit, open_one = await two.session("berit"), (await two.people())["berit"]
    assert open_one.invitation_id is not None
    match end:
        case "declined":
            assert await two.answer(berit, "hers", yes=False) is LinkAnswer.DECLINED
        case "expired":
            await two.value("select clock.freeze($1)", AT + timedelta(days=7))
        case _:
            async with two.web.transaction(two.admin) as tx:
                if end == "withdrawn":
                    await invitations.withdraw_invitation(tx, open_one.invitation_id, seen=1, actor="x")
                else:
                    await invitations.change_invitation(
                        tx, open_one.invitation_id, OPERATOR, seen=1, token_hash=token_hash("new"), actor="x"
                    )
    assert await two.answer(berit, "hers") is LinkAnswer.GONE
    async with two.web.transaction(berit) as tx:
        assert await invitations.open_invitation(tx, "hers") is None
        assert await tx.fetchval("select orgs()") == ["berg"]
    if end == "another link":
        assert await two.answer(berit, "new") is LinkAnswer.ACCEPTED


async def test_a_new_login_is_the_first_who_chooses_a_password(two: TwoTowns) -> None:
    await two.invite("ny", "link")
    async with two.sign_in.transaction() as tx:
        assert (await invitations.join_as_new(tx, "no link", "Ny", "hash"))[0] is LinkAnswer.GONE
        assert (await invitations.join_as_new(tx, "link", "Ny Nilsson", "hash"))[0] is LinkAnswer.ACCEPTED
        assert (await invitations.join_as_new(tx, "link", "Other", "theirs"))[0] is LinkAnswer.GONE
    assert await two.value("select name || password_hash from users where login = 'ny'") == "Ny Nilssonhash"
    await two.invite("berit", "hers")
    before = await two.everything_of_berit()
    async with two.sign_in.transaction() as tx:
        assert (await invitations.join_as_new(tx, "hers", "Other", "theirs"))[0] is LinkAnswer.KNOWN
    assert await two.everything_of_berit() == before


async def test_a_carer_is_bound_to_the_user_who_says_yes(two: TwoTowns) -> None:
    carer = {"name": "Patrull 3", "phone": "+46701740606", "login": "ny"}
    file = vik(users=[{"login": "ny", "name": "Ny", "roles": ["carer"]}], carers=[carer])
    async with two.worker.transaction() as tx:
        changes = await apply.apply(tx, reader.read_town(town_file.text_of(file)), AT)
    token = next(change.invite_token for change in changes if change.invite_token)
    assert await two.value("select user_id from carers where login = 'ny'") is None
    async with two.sign_in.transaction() as tx:
        await invitations.join_as_new(tx, token, "Ny", "hash")
    assert await two.value("select user_id from carers where login = 'ny'") == await two.value(
        "select user_id from users where login = 'ny'"
    )


# ---- changes ----


async def member(two: TwoTowns, login: str = "siv") -> TownPerson:
    async with two.worker.transaction() as tx:
        await keep_user(tx, KeptUser(login, "Siv", "!", "vik", [Role.OPERATOR]))
    return (await two.people())[login]


async def change(two: TwoTowns, person: TownPerson, wanted: Assignment, viewer: Viewer | None = None) -> PeopleAnswer:
    assert person.user_id is not None
    async with two.web.transaction(viewer or two.admin) as tx:
        return await memberships.change_membership(tx, "vik", person.user_id, wanted, seen=person.version, actor="x")


async def test_the_second_admin_does_not_write_over_the_first(two: TwoTowns) -> None:
    siv = await member(two)
    assert await change(two, siv, Assignment.of([Role.LEAD], None)) is PeopleAnswer.CHANGED
    assert await change(two, siv, Assignment.of([Role.CARER], None)) is PeopleAnswer.STALE
    assert (await two.people())["siv"].assignment.roles == (Role.LEAD,)


async def test_an_ended_member_sees_nothing_from_that_instant(two: TwoTowns) -> None:
    siv, board = await member(two), await two.session("siv")
    assert await change(two, siv, Assignment.of([Role.OPERATOR], None, AT + timedelta(hours=2))) is PeopleAnswer.CHANGED
    board = await two.session("siv") if await two.value("select count(*) = 0 from web_sessions") else board
    for after, seen in ((timedelta(hours=1), ["vik"]), (timedelta(hours=2), [])):
        await two.value("select clock.freeze($1)", AT + after)
        async with two.web.transaction(board) as tx:
            assert await tx.fetchval("select orgs()") == seen
    assert (await two.people())["siv"].state(AT + timedelta(hours=2)) is PersonState.ENDED
    assert await two.value("select count(*) from users where login = 'siv'") == 1


async def test_a_town_keeps_its_last_admin(two: TwoTowns) -> None:
    admin = next(person for person in (await two.people()).values() if Role.ADMIN in person.assignment.roles)
    for wanted in (
        OPERATOR,
        Assignment.of([Role.ADMIN], None, AT),
        Assignment.of([Role.ADMIN], None, AT + timedelta(days=9)),
    ):
        assert await change(two, admin, wanted) is PeopleAnswer.LAST_ADMIN
    siv = await member(two)
    assert await change(two, siv, Assignment.of([Role.ADMIN], None)) is PeopleAnswer.CHANGED
    assert await change(two, admin, Assignment.of([Role.ADMIN], None, AT)) is PeopleAnswer.CHANGED


async def test_only_an_admin_of_the_town_keeps_its_people(two: TwoTowns) -> None:
    siv = await member(two)
    others = [
        await viewer_in(two.worker, "berg", right=Right.USERS, role=Role.ADMIN),
        await viewer_in(two.worker, "vik", right=Right.USERS, role=Role.SUPERVISOR),
        Viewer(two.admin.token, Right.WATCH),
        Viewer("unknown", Right.USERS),
    ]
    for viewer in others:
        assert await two.people(viewer) == {}
        for wish in (two.invite("x", "x", viewer=viewer), change(two, siv, OPERATOR, viewer)):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no right to the people"):
                await wish
    assert (await two.people())["siv"] == siv


async def test_an_admin_of_an_area_gives_no_other(two: TwoTowns) -> None:
    async with two.worker.transaction() as tx:
        ids = await towns.area_ids(tx, "vik")
    three, four = ids["3"], ids["4"]
    viewer = await viewer_in(two.worker, "vik", areas=(three,), right=Right.USERS, role=Role.ADMIN)
    assert await two.invite("a", "a", Assignment.of([Role.LEAD], [three]), viewer) is PeopleAnswer.INVITED
    for areas in ([four], [three, four], None):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await two.invite("b", "b", Assignment.of([Role.LEAD], areas), viewer)
    siv = await member(two)
    assert await change(two, siv, Assignment.of([Role.LEAD], [three]), viewer) is PeopleAnswer.GONE


async def test_people_and_memberships_are_never_deleted(two: TwoTowns) -> None:
    for statement in ("delete from memberships", "delete from users where login = 'berit'"):
        with (
            suppress(asyncpg.ForeignKeyViolationError),
            pytest.raises(asyncpg.InsufficientPrivilegeError, match="never"),
        ):
            await two.value(statement)


async def test_each_change_has_its_line(two: TwoTowns) -> None:
    siv = await member(two)
    assert siv.user_id is not None
    until = AT + timedelta(days=30)
    await change(two, siv, Assignment.of([Role.LEAD], None, until))
    await change(two, (await two.people())["siv"], Assignment.of([Role.LEAD], None, AT))
    changed, ended = await two.lines()
    assert changed == timeline.MembershipChanged(siv.user_id, (Role.LEAD,), None, until)
    assert ended == timeline.MembershipEnded(siv.user_id)
    async with two.web.transaction(two.admin) as tx:
        me = await tx.fetchval("select who()::text")
        at = await now(tx)
    assert await two.value("select array_agg(distinct actor) from events where kind ~ 'membership'") == [me]
    assert await two.value("select min(at) from events where kind ~ 'membership'") == at
