"""Row-level security: one town never sees another, nor one area the next, whatever the code asks for.

docs/database.md#whose-rows-a-page-sees
"""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from alarm_center.casework import cases, live_looks, wording
from alarm_center.casework.wording import PlainSms
from alarm_center.core.alarm import Alarm, alarm_events
from alarm_center.core.check.check_events import AskAgain, PersonSaid
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.store import alarms, rosters, towns, web_sessions
from alarm_center.store.memory import LINK, Memory, Viewer, now
from alarm_center.store.migrate import ROLES
from schemas.vocabulary import Answer, Outcome, Priority
from tests.support import busy_town as bt
from tests.support.busy_town import busy_town
from tests.support.by_hand import raise_manual_alarm
from tests.support.postgres import Database
from tests.support.sessions import begin_hour, secret_of
from tests.support.town_file import extend
from tests.support.viewers import viewer_in

BY_TOWN: Final = {
    "organisations",
    "areas",
    "performers",
    "memberships",
    "carers",
    "shifts",
    "shift_patterns",
    "former_areas",
    "former_carers",
    "hand_overs",
    "course_marks",
    "exercises",
    "group_sms",
    "group_sms_receivers",
    "lost_phones",
    "sms_stops",
    "ombudsmen",
    "shift_people",
    "shift_substitutes",
    "event_seals",
    "legal_positions",
    "sealed_accounts",
    "town_stops",
}
"""Rows about a town at large, and seen by everybody who has business in any of its areas."""
SHOWN_TO_FEW: Final = {"file_imports", "reminder_phones", "resident_drafts"}
"""Rows that their own person sees alone, wherever in the town (tests/web/test_files.py), or pages that begin residents (test_new_resident.py)."""


@dataclass
class Two:
    worker: Memory
    web: Memory
    sign_in: Memory

    async def value(self, question: str, *values: Any) -> Any:
        """Return one value, with nothing hidden."""
        async with self.worker.transaction() as tx:
            return await tx.fetchval(question, *values)

    async def area(self, code: str) -> UUID:
        """Return an area of ost's, made if there is none."""
        async with self.worker.transaction() as tx:
            await extend(tx, "ost", await now(tx), areas=[{"code": code}])
        found: UUID = await self.value("select area_id from areas where (org, code) = ('ost', $1)", code)
        return found


@pytest.fixture
async def two(database: Database) -> AsyncIterator[Two]:
    """Two towns with rows in every table."""
    worker, web = await Memory.open(database.worker), await Memory.open(database.web)
    sign_in = await Memory.open(database.sign_in, size=2)
    try:
        await busy_town(worker, "ost", number=1)
        await busy_town(worker, "vast", number=2)
        yield Two(worker, web, sign_in)
    finally:
        await worker.close()
        await sign_in.close()
        await web.close()


async def _tables(memory: Memory) -> list[str]:
    async with memory.transaction() as tx:
        rows = await tx.fetch(
            """
            select table_name from information_schema.columns c
            where table_schema = 'fjt' and column_name = 'org' and table_name not like 'events\\_%'
                -- a table that pages have no right on shows them nothing anyway
                and has_any_column_privilege('fjt_web', format('fjt.%I', table_name)::regclass, 'select')
            order by table_name
            """
        )
    return [row["table_name"] for row in rows]


async def test_each_table_read_as_the_other_town_shows_nothing(two: Two) -> None:
    tables = await _tables(two.web)
    assert {"residents", "checks", "alarms", "events", "messages", "looks", "replies", "event_seals"} <= set(tables)
    for table in tables:
        async with two.worker.transaction() as tx:
            there = await tx.fetchval(f"select count(*) from {table} where org = 'ost'")
        assert there, f"{table}: the test needs a row of the town's to mean anything"
        async with two.web.transaction(await viewer_in(two.worker, "vast")) as tx:
            seen = await tx.fetchval(f"select count(*) from {table} where org = 'ost'")
            own = await tx.fetchval(f"select count(*) from {table} where org = 'vast'")
        assert seen == 0, f"{table}: vast sees {seen} of ost's rows"
        assert own or table in SHOWN_TO_FEW, f"{table}: vast does not see its own"


async def test_a_connection_that_says_no_town_sees_nothing(two: Two) -> None:
    for table in await _tables(two.web):
        async with two.web.transaction() as tx:
            assert await tx.fetchval(f"select count(*) from {table}") == 0, table


async def test_a_town_is_forgotten_when_its_transaction_ends(two: Two) -> None:
    async with two.web.transaction(await viewer_in(two.worker, "ost")) as tx:
        assert await tx.fetchval("select count(*) from residents") == 1
    async with two.web.transaction() as tx:
        assert await tx.fetchval("select count(*) from residents") == 0


async def test_a_row_of_another_town_cannot_be_written(two: Two) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with two.web.transaction(await viewer_in(two.worker, "vast")) as tx:
            await tx.execute("insert into events (at, org, kind) values (now(), 'ost', 'x')")
    async with two.web.transaction(await viewer_in(two.worker, "vast")) as tx:
        assert await tx.execute("update alarms set note = 'x' where org = 'ost'") == "UPDATE 0"
        assert await tx.execute("update alarms set note = 'x' where org = 'vast'") != "UPDATE 0"


# ---- areas ----


async def test_each_table_read_as_the_other_area_shows_nothing(two: Two) -> None:
    here, other = await two.area("3"), await two.area("4")
    await two.value(
        "update replies set alarm_id = (select alarm_id from alarms where org = 'ost' limit 1) where org = 'ost'"
    )
    tables = set(await _tables(two.web))
    assert tables > BY_TOWN
    for table in sorted(tables - BY_TOWN - SHOWN_TO_FEW):
        # The import has lines too, of the town itself and of papers; those of cases are an area's.
        of_cases = "where check_id is not null or alarm_id is not null" if table == "events" else ""
        seen = []
        for areas in (None, (here,), (other,)):
            async with two.web.transaction(await viewer_in(two.worker, "ost", areas=areas)) as tx:
                seen.append(await tx.fetchval(f"select count(*) from {table} {of_cases}"))
        everywhere, same, elsewhere = seen
        assert same and same == everywhere, f"{table}: area 3 sees {same} of its {everywhere} rows"
        assert elsewhere == 0, f"{table}: area 4 sees {elsewhere} of area 3's rows"


async def test_what_is_the_towns_own_is_seen_from_every_area(two: Two) -> None:
    other = await two.area("4")
    for table in sorted(BY_TOWN):
        async with two.web.transaction(await viewer_in(two.worker, "ost", areas=(other,))) as tx:
            assert await tx.fetchval(f"select count(*) from {table}"), table


async def test_a_town_wide_line_or_incident_is_seen_in_every_area(two: Two) -> None:
    other = await two.area("4")
    await two.value("insert into events (at, org, kind) values (now(), 'ost', 'town_stopped')")
    await two.value("insert into incidents (org, number, kind, opened_at) values ('ost', 9, 'service', now())")
    async with two.web.transaction(await viewer_in(two.worker, "ost", areas=(other,))) as tx:
        assert await tx.fetchval("select count(*) from events where kind = 'town_stopped'") == 1
        assert await tx.fetchval("select number from incidents") == 9


@pytest.mark.parametrize(("on_duty", "seen_in_3", "seen_in_4"), [(True, 1, 0), (False, 1, 1)])
async def test_a_loose_reply_is_read_where_its_phone_was_on_duty(
    two: Two, on_duty: bool, seen_in_3: int, seen_in_4: int
) -> None:
    phone = "+46701110001" if on_duty else "+46709999999"
    assert await two.value("select phone from carers where org = 'ost'") == "+46701110001"
    await two.value("update replies set phone = $1, received_at = clock.now() where org = 'ost'", phone)
    for code, wanted in (("3", seen_in_3), ("4", seen_in_4)):
        async with two.web.transaction(await viewer_in(two.worker, "ost", areas=(await two.area(code),))) as tx:
            assert await tx.fetchval("select count(*) from replies") == wanted, code


async def test_a_row_of_another_area_cannot_be_written(two: Two) -> None:
    other, alarm_id = await two.area("4"), await two.value("select alarm_id from alarms where org = 'ost' limit 1")
    viewer = await viewer_in(two.worker, "ost", areas=(other,))
    for statement in (
        "insert into looks (org, alarm_id, user_id, kind, began_at) values ('ost', $1, who(), 'session', now())",
        "insert into events (at, org, kind, alarm_id) values (now(), 'ost', 'x', $1)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with two.web.transaction(viewer) as tx:
                await tx.execute(statement, alarm_id)
    with pytest.raises(cases.NotFound):
        await cases.apply_to_alarm(two.web, alarm_id, alarm_events.ClaimCase(uuid4()), actor="x", viewer=viewer)


async def test_a_user_of_one_area_can_do_all_that_a_case_needs(two: Two) -> None:
    area, _, user = await two.area("3"), await two.area("4"), uuid4()
    viewer, by = await viewer_in(two.worker, "ost", areas=(area,), user=user), str(user)
    async with two.worker.transaction() as tx:
        resident_id = await bt.resident(tx, "ost", area, number=2, due_in=timedelta(minutes=5))
        await tx.execute("update plans set green_by = 'operator' where resident_id = $1", resident_id)
        # A patrol of the next area: where area 3's own is out, it is asked.
        await bt.on_duty(tx, "ost", "Patrull 4", "+46701110009", area="4")
    check_id = await bt.open_check(two.worker, resident_id)
    await bt.finds(two.worker, "ost", check_id, Answer.NOT_SEEN, session_id="s2", number=2)
    await cases.apply_to_check(two.web, check_id, AskAgain(by, 10), actor=by, viewer=viewer)
    assert await two.value("select asked_by from commands where check_id = $1", check_id) == by
    said = PersonSaid(Answer.SOMETHING_WRONG, by, None)
    check = await cases.apply_to_check(two.web, check_id, said, actor=by, viewer=viewer)
    assert check.alarm_id is not None
    alarm_id = check.alarm_id
    for event in (alarm_events.ClaimCase(user), alarm_events.SendPatrol(user)):
        await cases.apply_to_alarm(two.web, alarm_id, event, actor=by, viewer=viewer)
    assert await live_looks.ask_live_look(two.web, alarm_id, 10, user=user, viewer=viewer)
    assert await two.value("select count(*) from messages where alarm_id = $1", alarm_id)
    await cases.apply_to_alarm(
        two.web, alarm_id, alarm_events.Close(user, Outcome.FALSE_ALARM, note=False), actor=by, viewer=viewer
    )
    assert await two.value("select state from alarms where alarm_id = $1", alarm_id) == "closed"


async def test_a_patrol_driving_in_another_area_is_busy_here_too(two: Two) -> None:
    here = await two.area("4")
    alarm, notice_id, phone = await asked_in_ost(two)
    await cases.apply_to_alarm(two.worker, alarm.alarm_id, alarm_events.Took(notice_id), actor="carer")
    seen = []
    for memory, viewer in (
        (two.worker, None),
        (two.web, await viewer_in(two.worker, "ost", areas=(here,))),
        (two.web, await viewer_in(two.worker, "vast")),
    ):
        async with memory.transaction(viewer) as tx:
            if viewer is None or "ost" in viewer.orgs:
                seen.append(await rosters.roster(tx, await towns.town(tx, "ost"), None))
            else:
                assert await tx.fetch("select * from busy_shifts('ost', null)") == []
            taken = await alarms.last_taken_by(tx, phone, uuid4())
            assert taken == (None if viewer and "vast" in viewer.orgs else (alarm.case_no, 1))
    there_all, here_page = seen
    assert (there_all.whole, here_page.whole) == (True, False)  # nothing follows from a shift that a page misses
    assert replace(here_page, whole=True) == there_all
    assert here_page.busy


async def test_a_phone_that_two_towns_share_is_busy_in_both(two: Two) -> None:
    alarm, notice_id, phone = await asked_in_ost(two)
    await share_with_vast(two, phone)

    async def busy() -> list[bool]:
        async with two.worker.transaction() as tx:
            return [bool((await rosters.roster(tx, await towns.town(tx, org), None)).busy) for org in ("ost", "vast")]

    for word, expected in (
        (alarm_events.Took(notice_id), True),
        (alarm_events.Arrived(notice_id), True),
        (alarm_events.Done(notice_id), False),
        (alarm_events.Staying(notice_id), True),
    ):
        await cases.apply_to_alarm(two.worker, alarm.alarm_id, word, actor="carer")
        assert await busy() == [expected, expected], word


async def test_a_text_to_a_phone_of_two_towns_names_the_town(two: Two) -> None:
    _, notice_id, phone = await asked_in_ost(two)
    for shared, named in ((False, ""), (True, " Ost")):
        if shared:
            await two.value("update organisations set name = 'Ost' where org = 'ost' returning 1")
            await share_with_vast(two, phone)
        async with two.worker.transaction() as tx:
            assert (await alarms.link_of(tx, notice_id)).several_towns is shared
            said = PlainSms(phone, Wording.MUSTER_NO, TextFacts(area="3"))
            await wording.queue_sms(tx, await towns.town(tx, "ost"), said, await now(tx))
        body = await two.value("select body from messages where wording = 'muster_no' order by arrival desc limit 1")
        assert body == f"Noterat. Larm i omr 3{named} går inte till dig i natt."


async def share_with_vast(two: Two, phone: str) -> None:
    """Let the patrol of vast have *phone*, which is ost's."""
    await two.value(
        "update carers set phone = $1 where org = 'vast' and carer_id = (select carer_id from shifts where org = 'vast' limit 1)"
        " returning 1",
        phone,
    )


async def asked_in_ost(two: Two) -> tuple[Alarm, UUID, str]:
    """Raise an alarm in an area of ost's; return it, and the notice and phone that are asked first."""
    there = await two.area("3")
    async with two.worker.transaction() as tx:
        resident_id = await bt.resident(tx, "ost", there, number=2, due_in=timedelta(hours=5))
    alarm = await raise_manual_alarm(two.worker, resident_id, Priority.FIRST, actor="p")
    notice_id = await two.value("select notice_id from notices where alarm_id = $1", alarm.alarm_id)
    return alarm, notice_id, await two.value("select phone from notices where notice_id = $1", notice_id)


# ---- rights ----


@pytest.mark.parametrize(
    "statement",
    [
        "update plans set green_by = 'detector', signed_by = 'me', signed_at = now()",
        "update plans set answers = '{}'",
        "update checks set green_by = 'detector'",
        "update checks set opens_at = now()",
        "update checks set resident_id = resident_id",
        "insert into checks (check_id) values (gen_random_uuid())",
        "update consents set state = 'given'",
        "insert into consents (org) values ('ost')",
        "update residents set notes = 'x'",
        "insert into areas (org, code) values ('ost', '9')",
        "update organisations set stopped_at = now()",
        "update decisions set ends_on = null",
        "update slots set valid_until = null",
        "insert into pauses (org) values ('ost')",
        "update carers set phone = '+1'",
        "update shifts set mustered = true",
        "update memberships set roles = '{admin}'",
        "update devices set profile = '{}'",
        "update devices set resident_id = null",
        "update alarms set area_id = area_id",
        "update alarms set opened_at = now()",
        "update notices set token = 'abcdefgh'",
        "update notices set phone = '+1'",
        "update messages set phone = '+1'",
        "insert into messages (org, state) values ('ost', 'delivered')",
        "update looks set began_at = now()",
        "delete from looks",
        "delete from events",
        "update events set kind = 'x'",
        "update sessions set answer = 'in_bed'",
        "insert into sessions (org) values ('ost')",
        "update replies set alarm_id = null",
        "update commands set ended = null",
        "update detectors set link = 'up'",
        "update jobs set last_at = now()",
        "insert into sign_ins values ('x', gen_random_uuid(), now())",
        "select * from sign_ins",
        "delete from sign_in_tries",
        "select * from known_browsers",
        "select try_sign_in('u-ost', '::1', null)",
        "select clear_tries(gen_random_uuid())",
        "select change_password(gen_random_uuid(), 'x', 'x', 'x', 'x')",
        "select keep_user('x', 'x', 'x', 'ost', '{admin}')",
    ],
)
async def test_what_no_page_writes_no_page_can_write(two: Two, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        async with two.web.transaction(await viewer_in(two.worker, "ost", "vast")) as tx:
            await tx.execute(statement)


@pytest.mark.parametrize(("provider", "kept"), [("page", True), ("twilio", False)])
async def test_a_page_keeps_no_reply_of_a_provider(two: Two, provider: str, kept: bool) -> None:
    token = await two.value("select token from notices where org = 'ost' limit 1")
    with nullcontext() if kept else pytest.raises(asyncpg.InsufficientPrivilegeError, match="said_on_the_page"):
        async with two.web.transaction(Viewer(token, LINK)) as tx:
            await tx.execute(
                """
                insert into replies (provider, provider_id, org, alarm_id, notice_id, phone, sender, body, received_at, meaning, seen_by)
                select $1, 'SM1', n.org, n.alarm_id, n.notice_id, n.phone, o.sending_number, '', now(), 'done', 'service'
                from notices n join organisations o using (org) where n.notice_id = link()
                """,
                provider,
            )


async def test_a_sign_in_secret_begins_one_session_only(two: Two) -> None:
    async with two.sign_in.transaction() as tx:
        secret = await secret_of(tx, "u-ost")
        assert await secret_of(tx, "u-nobody") is None
    assert secret is not None

    async def begin(token: str, proof: UUID) -> None:
        async with two.sign_in.transaction() as tx:
            await begin_hour(tx, proof, token)

    for never in (uuid4(), secret.user_id):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await begin("a", never)
    await begin("a", secret.proof)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await begin("b", secret.proof)
    person = await two.web.run_statement(lambda tx: web_sessions.person_of(tx, "a"))
    assert person is not None
    assert person.user_id == secret.user_id
    assert await two.web.run_statement(lambda tx: web_sessions.person_of(tx, "b")) is None


async def test_a_sign_in_that_waits_too_long_is_begun_anew(two: Two, database: Database) -> None:
    async with two.sign_in.transaction() as tx:
        secret = await secret_of(tx, "u-ost")
    assert secret is not None
    owner = await asyncpg.connect(database.owner)
    try:
        done = await owner.execute("update fjt.sign_ins set asked_at = asked_at - interval '301 seconds'")
    finally:
        await owner.close()
    assert done == "UPDATE 1"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with two.sign_in.transaction() as tx:
            await begin_hour(tx, secret.proof, "a")


@pytest.mark.parametrize(
    ("handled_by", "role", "disabled", "there"),
    [
        ("alarm_centre", "operator", False, True),
        ("alarm_centre", "operator", True, False),
        ("alarm_centre", "lead", False, False),
        ("home_care", "operator", False, True),
        ("home_care", "lead", False, True),
        ("home_care", "lead", True, False),
        ("home_care", "coordinator", False, False),
        ("alarm_centre", "supervisor", False, True),
    ],
)
async def test_only_active_users_who_take_alarms_count_as_present(
    two: Two, handled_by: str, role: str, disabled: bool, there: bool
) -> None:
    await two.value("update organisations set handled_by = $1 where org = 'ost'", handled_by)
    await two.value("update memberships set roles = array[$1] where org = 'ost'", role)
    async with two.sign_in.transaction() as tx:
        secret = await secret_of(tx, "u-ost")
        assert secret is not None
        await begin_hour(tx, secret.proof, "a")
    await two.value("update users set disabled_at = case when $1 then now() end where login = 'u-ost'", disabled)
    async with two.worker.transaction() as tx:
        assert await towns.is_anybody_signed_in(tx, "ost") is there
        assert not await towns.is_anybody_signed_in(tx, "vast")


async def test_passwords_and_sign_ins_are_read_by_no_page(two: Two) -> None:
    for question in ("select password_hash from users", "select * from web_sessions", "select totp_secret from users"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with two.web.transaction(await viewer_in(two.worker, "ost", "vast")) as tx:
                await tx.fetch(question)


async def test_nobody_who_works_here_can_pass_by_the_rows_security(two: Two) -> None:
    async with two.worker.transaction() as tx:
        roles = await tx.fetch("select rolname, rolsuper, rolbypassrls from pg_roles where rolname like 'fjt_%'")
        assert {role["rolname"] for role in roles} == set(ROLES)
        assert not any(role["rolsuper"] or role["rolbypassrls"] for role in roles)
        bare = await tx.fetch(
            """
            select relname from pg_class where relnamespace = 'fjt'::regnamespace and relkind in ('r', 'p')
                and not (relrowsecurity and relforcerowsecurity)
            """
        )
    assert not bare, f"tables without forced row-level security: {[row['relname'] for row in bare]}"
