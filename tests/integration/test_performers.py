"""A performer's people see its residents, and what hangs on them: nothing of another performer's, whatever the code asks for.

docs/database.md#whose-rows-a-page-sees
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from alarm_center.casework import cases
from alarm_center.casework.manual_alarms import raise_by_hand
from alarm_center.core.alarm.alarm_events import ClaimCase
from alarm_center.core.alarm.manual_alarm import ManualRequest
from alarm_center.core.people import Assignment, PeopleAnswer
from alarm_center.core.roles import Right
from alarm_center.identity.tokens import token_hash
from alarm_center.preparation import planning, reserve_lists
from alarm_center.store import invitations, memberships, viewer_scope, web_sessions
from alarm_center.store.invitations import NewInvitation
from alarm_center.store.memory import LINK, Memory, Viewer, now
from schemas.vocabulary import Priority, RaisedFor, Role
from tests.integration.test_towns_apart import BY_TOWN, SHOWN_TO_FEW
from tests.support import busy_town as bt
from tests.support.busy_town import busy_town
from tests.support.postgres import Database
from tests.support.town_file import extend
from tests.support.viewers import viewer_in

PERFORMERS: Final = [{"code": "alfa", "name": "Alfa Omsorg"}, {"code": "beta", "name": "Beta Hemtjänst"}]
WISH: Final = ManualRequest(RaisedFor.RELATIVE, Priority.THIRD)


@dataclass
class Shared:
    """Ost, whose one resident, with a busy night, is Alfa's; and Vast, which has an Alfa too."""

    worker: Memory
    web: Memory
    planner: Memory
    area: UUID
    resident: UUID

    async def value(self, question: str, *values: Any) -> Any:
        """Return one value, with nothing hidden."""
        async with self.worker.transaction() as tx:
            return await tx.fetchval(question, *values)

    async def viewer(self, *performers: str, right: Right = Right.WATCH, role: Role = Role.OPERATOR) -> Viewer:
        """Return the scope of somebody in Ost who is limited to these performers."""
        return await viewer_in(self.worker, "ost", performers=performers, right=right, role=role)

    async def seen(self, viewer: Viewer, question: str, *values: Any, by: Memory | None = None) -> Any:
        """Return one value as a page of that scope sees it; *by* the pages' role, where no other is said."""
        async with (by or self.web).transaction(viewer) as tx:
            return await tx.fetchval(question, *values)

    async def numbers(self, viewer: Viewer) -> list[str]:
        """Return the residents of that scope, as town and number."""
        return list(
            await self.seen(viewer, "select array_agg(org || ' ' || number order by org, number) from residents") or ()
        )

    async def add(self, number: int, performer: str | None) -> UUID:
        """Add a resident of the same area; return the id."""
        async with self.worker.transaction() as tx:
            home = {**bt.home("ost", number, "3", "23:00"), "performer": performer}
            await extend(tx, "ost", await now(tx), performers=PERFORMERS, residents=[home])
        found: UUID = await self.value("select resident_id from residents where (org, number) = ('ost', $1)", number)
        return found


@pytest.fixture
async def shared(database: Database) -> AsyncIterator[Shared]:
    worker, web = await Memory.open(database.worker), await Memory.open(database.web)
    planner = await Memory.open(database.planner, size=2)
    try:
        await busy_town(worker, "ost", number=1)
        await busy_town(worker, "vast", number=2)
        async with worker.transaction() as tx:
            await tx.execute("update residents set performer = 'alfa'")
            area, resident = await tx.fetchrow("select area_id, resident_id from residents where org = 'ost'")  # type: ignore[misc]
        yield Shared(worker, web, planner, area, resident)
    finally:
        await worker.close()
        await planner.close()
        await web.close()


# ---- whose rows ----


@pytest.mark.parametrize("role", ["fjt_web", "fjt_planner"])
async def test_each_table_read_for_another_performer_shows_nothing(shared: Shared, role: str) -> None:
    by = shared.web if role == "fjt_web" else shared.planner
    for statement in (
        "update replies set alarm_id = (select alarm_id from alarms a where a.org = replies.org limit 1)",
        "update alarms a set incident_id = i.incident_id from incidents i where i.org = a.org",
        "update discrepancies d set resident_id = r.resident_id from residents r where r.org = d.org",
    ):
        await shared.value(statement)
    async with shared.web.transaction() as tx:
        tables = await tx.fetch(
            """
            select table_name from information_schema.columns
            where table_schema = 'fjt' and column_name = 'org' and table_name not like 'events\\_%'
                and has_any_column_privilege($1, format('fjt.%I', table_name)::regclass, 'select')
            """,
            role,
        )
    # An area's list for the night is read through a function, below.
    wanted = {row["table_name"] for row in tables} - BY_TOWN - SHOWN_TO_FEW - {"reserve_lists"}
    assert {"residents", "checks", "alarms", "attempts", "notices", "incidents", "discrepancies"} <= wanted
    everybody = await viewer_in(shared.worker, "ost")
    alfa, other = await shared.viewer("alfa"), await shared.viewer("gamma", "town")
    for table in sorted(wanted):
        # Lines of cases are their area's and performer's. Those of papers are for who sees the town, and its own are everybody's.
        of_cases = "where check_id is not null or alarm_id is not null" if table == "events" else ""
        of_residents = "where resident_id is not null" if table == "events" else ""
        counted = [
            await shared.seen(each, f"select count(*) from {table} {of_cases}", by=by) for each in (everybody, alfa)
        ]
        counted.append(await shared.seen(other, f"select count(*) from {table} {of_residents}", by=by))
        assert counted[0] and counted[0] == counted[1], f"{table}: Alfa sees {counted[1]} of its {counted[0]} rows"
        assert counted[2] == 0, f"{table}: others see {counted[2]} rows of Alfa's resident"


async def test_each_performer_sees_its_own_residents(shared: Shared) -> None:
    await shared.add(2, "beta")
    await shared.add(3, None)
    for performers, wanted in (
        (("alfa",), ["ost 1"]), (("beta",), ["ost 2"]), (("town",), ["ost 3"]), (("beta", "town"), ["ost 2", "ost 3"]),
        (("gamma",), []),
    ):  # fmt: skip
        assert await shared.numbers(await shared.viewer(*performers)) == wanted, performers


async def test_no_performer_at_all_is_not_every_performer(shared: Shared) -> None:
    viewer = await shared.viewer()
    assert await shared.seen(viewer, "select orgs()") == []
    assert await shared.numbers(viewer) == []
    async with shared.web.transaction() as tx:
        person = await web_sessions.person_of(tx, viewer.token)
    assert person is not None
    assert person.viewer(Right.WATCH).orgs == ()


async def test_a_performers_code_means_one_in_its_own_town(shared: Shared) -> None:
    """Somebody has Alfa of Ost, and all of Vast: of each town what they have there, and nothing of Ost by Vast."""
    await shared.add(2, "beta")
    await shared.add(3, None)
    user = uuid4()
    viewer = await viewer_in(shared.worker, "ost", performers=("alfa",), user=user)
    await shared.value(
        "insert into memberships (user_id, org, roles, accepted_at) values ($1, 'vast', '{operator}', now())", user
    )
    assert await shared.numbers(viewer) == ["ost 1", "vast 1"]
    await shared.value("update residents set performer = null where org = 'vast'")
    assert await shared.numbers(viewer) == ["ost 1", "vast 1"]


async def test_area_and_performer_limit_together(shared: Shared) -> None:
    async with shared.worker.transaction() as tx:
        await extend(tx, "ost", await now(tx), areas=[{"code": "4"}])
    other = await shared.value("select area_id from areas where (org, code) = ('ost', '4')")
    for area, wanted in ((shared.area, ["ost 1"]), (other, [])):
        assert (
            await shared.numbers(await viewer_in(shared.worker, "ost", areas=(area,), performers=("alfa",))) == wanted
        )


async def test_who_sees_a_resident_changes_with_the_performer(shared: Shared) -> None:
    alfa, beta = await shared.viewer("alfa"), await shared.viewer("beta")
    alarms = "select count(*) from alarms"
    many = await shared.seen(alfa, alarms)
    assert many and await shared.seen(beta, alarms) == 0
    await shared.add(1, "beta")
    assert (await shared.numbers(alfa), await shared.numbers(beta)) == ([], ["ost 1"])
    assert (await shared.seen(alfa, alarms), await shared.seen(beta, alarms)) == (0, many)


async def test_an_alarm_about_no_resident_follows_its_area(shared: Shared) -> None:
    await shared.value("update alarms set resident_id = null where org = 'ost'")
    viewer = await shared.viewer("gamma")
    assert await shared.seen(viewer, "select count(*) from alarms")
    assert await shared.seen(viewer, "select count(*) from notices")


# ---- what is done ----


async def test_a_performers_people_act_for_their_own_alone(shared: Shared) -> None:
    alarm = await shared.value("select alarm_id from alarms where org = 'ost' and state <> 'closed'")
    for performer, may in (("gamma", False), ("alfa", True)):
        user = uuid4()
        viewer = await viewer_in(shared.worker, "ost", performers=(performer,), user=user)
        async with shared.web.transaction(viewer) as tx:
            await viewer_scope.widen_scope(tx, shared.resident)
            assert bool(await tx.fetchval("select count(*) from alarms")) is may
        raised = raise_by_hand(shared.web, shared.resident, WISH, raising_id=uuid4(), user=user, viewer=viewer)
        claimed = cases.apply_to_alarm(shared.web, alarm, ClaimCase(user), actor=str(user), viewer=viewer)
        if may:
            assert (await raised).alarm_id == alarm
            assert (await claimed).alarm_id == alarm
            continue
        for refused in (raised, claimed):
            with pytest.raises(cases.NotFound):
                await refused
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await shared.seen(
            await shared.viewer("gamma"),
            "insert into events (at, org, kind, area_id, resident_id, alarm_id) values (now(), 'ost', 'x', $1, $2, $3)",
            shared.area, shared.resident, alarm,
        )  # fmt: skip


async def test_a_carers_link_sees_no_other_performers_resident(shared: Shared) -> None:
    await shared.add(2, "beta")
    await shared.add(3, None)
    token = await shared.value(
        "select token from notices join alarms using (alarm_id) where alarms.org = 'ost' and alarms.state <> 'closed' limit 1"
    )
    assert await shared.numbers(Viewer(token, LINK)) == ["ost 1"]


async def test_a_reserve_list_has_the_performers_own_residents(shared: Shared) -> None:
    await shared.add(2, "beta")
    await shared.add(3, "alfa")
    await planning.plan_town(shared.worker, "ost")
    night = await shared.value("select max(night) from checks where org = 'ost'")
    await reserve_lists.make_reserve_list(shared.worker, shared.area, night, actor="test", again=True)
    found = {}
    for performer in ("alfa", "gamma", "beta"):
        viewer = await shared.viewer(performer, right=Right.PAPERS, role=Role.LEAD)
        made = await reserve_lists.fetch_reserve_list(shared.web, shared.area, night, viewer=viewer)
        assert made is not None
        found[performer] = [entry.card.number for entry in made.people]
    assert found == {"alfa": [3], "gamma": [], "beta": [2]}
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await shared.seen(await shared.viewer("gamma"), "select body from reserve_lists")


# ---- the log's review ----


@pytest.mark.parametrize(
    ("right", "question"),
    [
        (
            Right.SUPERVISE,
            "select count(*) from look_log('ost', 'log', null, null, '-infinity', null, 'all', false, null, null, 10)",
        ),
        (Right.SUPERVISE, "select count(*) from look_tallies('ost', '-infinity', 'infinity', '1 minute', 1, 2)"),
        (Right.SUPERVISE, "select count(review_look('ost', '{look}', 'x'))"),
        (Right.HAND_OUT, "select count(*) from residents_to_list('ost', '1', 10)"),
        (Right.HAND_OUT, "select count(*) from resident_to_list('{resident}')"),
    ],
)
async def test_a_performers_reviewer_reads_its_own_looks(shared: Shared, right: Right, question: str) -> None:
    look = await shared.value("select look_id from looks where org = 'ost'")
    asked = question.format(look=look, resident=shared.resident)
    role = Role.SUPERVISOR if right is Right.SUPERVISE else Role.COORDINATOR
    for performer, wanted in (("gamma", 0), ("alfa", 1)):
        assert await shared.seen(await shared.viewer(performer, right=right, role=role), asked) == wanted, performer


@pytest.mark.parametrize(
    "question", ["look_log_readings('ost', null, null, 10)", "sample_looks('ost', gen_random_uuid())"]
)
async def test_the_towns_whole_review_is_not_a_performers(shared: Shared, question: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="whole town"):
        await shared.seen(
            await shared.viewer("alfa", right=Right.REVIEW, role=Role.AUDITOR), f"select count(*) from {question}"
        )


# ---- its people ----


def lead(*performers: str) -> Assignment:
    """Return a lead's assignment in all of the town's areas, with these performers; all of them where none is said."""
    return Assignment.of([Role.LEAD], None, performers=performers or None)


async def invite(shared: Shared, viewer: Viewer, login: str, offer: Assignment) -> PeopleAnswer:
    """Ask *login* in Ost as the admin of that scope."""
    async with shared.web.transaction(viewer) as tx:
        return await invitations.invite(tx, NewInvitation("ost", login, login, offer), login.encode(), actor="test")


async def test_an_admin_of_a_performer_keeps_its_people_alone(shared: Shared) -> None:
    admin = await shared.viewer("alfa", right=Right.USERS, role=Role.ADMIN)
    whole = await viewer_in(shared.worker, "ost", right=Right.USERS, role=Role.ADMIN)
    assert await invite(shared, admin, "nils", lead("alfa")) is PeopleAnswer.INVITED
    assert await invite(shared, whole, "bodil", lead()) is PeopleAnswer.INVITED
    for offer in (lead("town"), lead("alfa", "town"), lead()):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await invite(shared, admin, "else", offer)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await invite(shared, whole, "else", lead("omega"))
    async with shared.web.transaction(admin) as tx:
        people = await memberships.people_of(tx, "ost")
        assert {one.name for one in people} == {"nils", "Vem Som Helst"}
        assert {one.assignment.performers for one in people} == {("alfa",)}
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.fetchval("select offer_agreement('ost', 'x', '2026-01-01', null, null, 'x')")


async def test_the_last_admin_is_one_of_every_performer(shared: Shared) -> None:
    user = uuid4()
    whole = await viewer_in(shared.worker, "ost", right=Right.USERS, role=Role.ADMIN, user=user)
    await shared.viewer("alfa", right=Right.USERS, role=Role.ADMIN)
    for wanted in (lead(), Assignment.of([Role.ADMIN], None, performers=["alfa"])):
        async with shared.web.transaction(whole) as tx:
            assert await memberships.change_membership(tx, "ost", user, wanted, actor="x") is PeopleAnswer.LAST_ADMIN


async def test_the_link_says_which_performers_an_invitation_is_for(shared: Shared) -> None:
    token = "x" * 43
    async with shared.worker.transaction() as tx:
        asked = NewInvitation("ost", "nils", "Nils", lead("alfa", "town"))
        await invitations.invite(tx, asked, token_hash(token), actor="x")
    async with shared.web.transaction() as tx:
        found = await invitations.open_invitation(tx, token)
    assert found is not None
    assert found.performers == ("", "Alfa Omsorg")


# ---- closed to a relative (docs/adr/0048-closed-to-a-relative.md) ----


async def _relative(shared: Shared, right: Right = Right.WATCH, role: Role = Role.OPERATOR) -> Viewer:
    """Sign in somebody in both towns to whom the resident of Ost is closed; the login is the user's id (`viewer_in`)."""
    user = uuid4()
    viewer = await viewer_in(shared.worker, "ost", right=right, role=role, user=user)
    await shared.value(
        "insert into memberships (user_id, org, roles, accepted_at) values ($1, 'vast', array[$2], now())", user, role
    )
    await shared.value("update residents set closed_to = array[$1] where resident_id = $2", str(user), shared.resident)
    return viewer


@pytest.mark.parametrize("role", ["fjt_web", "fjt_planner"])
async def test_no_table_shows_a_relative_a_row(shared: Shared, role: str) -> None:
    by = shared.web if role == "fjt_web" else shared.planner
    await shared.value("update discrepancies d set resident_id = r.resident_id from residents r where r.org = d.org")
    async with shared.web.transaction() as tx:
        tables = await tx.fetch(
            """
            select table_name from information_schema.columns
            where table_schema = 'fjt' and column_name = 'resident_id' and table_name not like 'events\\_%'
                and has_any_column_privilege($1, format('fjt.%I', table_name)::regclass, 'select')
            """,
            role,
        )
    seen = {}
    colleague, relative = await viewer_in(shared.worker, "ost"), await _relative(shared)
    for table in sorted({row["table_name"] for row in tables}):
        question = f"select count(*) from {table} where resident_id = $1"
        shown = [await shared.seen(each, question, shared.resident, by=by) for each in (colleague, relative)]
        assert shown[1] == 0, f"{table}: a colleague sees {shown[0]} rows, the relative {shown[1]}"
        seen[table] = shown[0]
    assert {"residents", "checks", "alarms", "sessions", "consents"} <= {name for name, count in seen.items() if count}


async def test_the_relative_keeps_everybody_else(shared: Shared) -> None:
    """Of the area, of the town without a performer, and of another town."""
    await shared.add(2, "beta")
    await shared.add(3, None)
    relative = await _relative(shared)
    assert await shared.numbers(relative) == ["ost 2", "ost 3", "vast 1"]
    await shared.value("update residents set closed_to = '{}'")
    assert await shared.numbers(relative) == ["ost 1", "ost 2", "ost 3", "vast 1"]


async def test_a_relative_decides_nothing_about_the_case(shared: Shared) -> None:
    """The one case that a decision reads beyond its viewer's areas is not that one either."""
    relative = await _relative(shared)
    async with shared.web.transaction(relative) as tx:
        await tx.execute("select set_config('fjt.case', $1, true)", str(shared.resident))
        assert await tx.fetchval("select count(*) from residents where resident_id = $1", shared.resident) == 0
        assert await tx.fetchval("select count(*) from alarms where resident_id = $1", shared.resident) == 0


async def test_the_lists_search_leaves_a_relative_out(shared: Shared) -> None:
    asked = "select count(*) from residents_to_list('ost', '1', 10)"
    coordinator = await viewer_in(shared.worker, "ost", right=Right.HAND_OUT, role=Role.COORDINATOR)
    relative = await _relative(shared, right=Right.HAND_OUT, role=Role.COORDINATOR)
    assert [await shared.seen(each, asked) for each in (coordinator, relative)] == [1, 0]


async def test_a_towns_file_closes_a_resident(shared: Shared) -> None:
    async with shared.worker.transaction() as tx:
        home = {**bt.home("ost", 1, "3", "23:00"), "closed_to": ["anna"]}
        people = [{"login": "anna", "name": "Anna Ek", "roles": ["operator"]}]
        await extend(tx, "ost", await now(tx), users=people, residents=[home])
    assert await shared.value("select closed_to from residents where resident_id = $1", shared.resident) == ["anna"]
