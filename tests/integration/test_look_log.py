"""The log of looks as the database answers it: to whom, how much of it, at what cost; and the monthly samples."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from alarm_center.core.look_review import LookVerdict
from alarm_center.core.roles import ANSWERED_BY_FUNCTIONS, ROLE_RIGHTS, Right
from alarm_center.preparation import look_sampling
from alarm_center.store import look_log, look_samples
from alarm_center.store.look_log import LogFilter, LogPlace
from alarm_center.store.memory import Memory, Tx, Viewer
from schemas import timeline
from schemas.vocabulary import Role
from tests.support.logged_looks import look_at_checks
from tests.support.postgres import Database
from tests.support.town import ATown, a_town, freeze, rows, run, value
from tests.support.viewers import viewer_in

NOVEMBER = datetime(2026, 11, 1, 12, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 3, tzinfo=UTC)
EVERYTHING = LogFilter()


@dataclass
class LogTown:
    """A town whose log is reviewed, and the neighbour's that is not."""

    worker: Memory
    web: Memory
    town: ATown
    who: list[UUID]

    async def auditor(self, **limits: Any) -> Viewer:
        return await viewer_in(self.worker, "vik", right=Right.REVIEW, role=Role.AUDITOR, **limits)

    async def supervisor(self, **limits: Any) -> Viewer:
        return await viewer_in(self.worker, "vik", right=Right.SUPERVISE, role=Role.SUPERVISOR, **limits)

    async def looks(self, many: int = 40, *, begin: datetime = NOVEMBER) -> None:
        await look_at_checks(self.worker, "vik", self.who, begin=begin, apart=timedelta(hours=6), many=many)


@pytest.fixture
async def vik(database: Database) -> AsyncIterator[LogTown]:
    worker, web = await Memory.open(database.worker, size=4), await Memory.open(database.web, size=4)
    town = await a_town(worker, residents=4, areas=("3", "4"), at=NOVEMBER)
    await viewer_in(worker, "vik")
    await viewer_in(worker, "vik")
    who = [row["user_id"] for row in await rows(worker, "select user_id from users where name = 'Vem Som Helst'")]
    yield LogTown(worker, web, town, who)
    await web.close()
    await worker.close()


async def fails(web: Memory, viewer: Viewer, statement: str, *values: object) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with web.transaction(viewer) as tx:
            await tx.fetch(statement, *values)


# ---- who is answered, and what else that opens ----


@pytest.mark.parametrize("right", sorted(ANSWERED_BY_FUNCTIONS))
async def test_a_right_to_review_opens_no_table(vik: LogTown, right: Right) -> None:
    await vik.looks()
    role = next(role for role, rights in ROLE_RIGHTS.items() if right in rights)
    viewer = await viewer_in(vik.worker, "vik", right=right, role=role)
    tables = await rows(
        vik.worker,
        "select relname from pg_class where relnamespace = 'fjt'::regnamespace and relkind in ('r', 'p', 'v')"
        " and has_any_column_privilege('fjt_web', oid, 'select') and relname not in ('detectors', 'jobs', 'role_rights', 'wordings')",
    )
    assert len(tables) > 20
    async with vik.web.transaction(viewer) as tx:
        seen = {row["relname"]: await tx.fetchval(f"select count(*) from {row['relname']}") for row in tables}
    assert {name: many for name, many in seen.items() if many} == {}


async def test_an_operator_may_ask_for_no_review(vik: LogTown) -> None:
    operator = await viewer_in(vik.worker, "vik")
    for scope in ("watch", "review", "supervise", "hand_out", ""):
        viewer = replace(operator, scope=scope)
        await fails(
            vik.web, viewer, "select from look_log('vik', 'log', null, null, null, null, null, false, null, null, 50)"
        )
        await fails(vik.web, viewer, "select from look_tallies('vik', now(), now(), '1 min', 1, 5)")
        await fails(vik.web, viewer, "select from samples_of('vik')")
        await fails(vik.web, viewer, "select from look_log_readings('vik', null, null, 50)")
        await fails(vik.web, viewer, "select from residents_to_list('vik', '', 50)")
        await fails(vik.web, viewer, "select from looks_at_resident($1, now(), now())", vik.town.residents[1])
        async with vik.web.transaction(viewer) as tx:
            assert await look_log.towns_to_review(tx) == []
            assert await look_log.list_head(tx, vik.town.residents[1]) is None


async def test_pages_have_no_right_on_what_a_review_leaves(vik: LogTown) -> None:
    viewer = await vik.auditor()
    for table in ("look_log_reads", "look_reviews", "look_samples", "look_sample_items", "explained_looks"):
        await fails(vik.web, viewer, f"select from {table}")
    for inner in (
        "write_review_line('vik', 'look_reviewed', null, '{}')",
        "note_reading('vik', 'log', null, null, null, null, 0)",
        "areas_to_review('vik', '{review}')",
    ):
        await fails(vik.web, viewer, f"select {inner}")


async def test_an_auditor_reads_the_log_of_no_other_town(vik: LogTown) -> None:
    await a_town(vik.worker, org="berg", residents=1)
    await vik.looks()
    auditor = await viewer_in(vik.worker, "berg", right=Right.REVIEW, role=Role.AUDITOR)
    async with vik.web.transaction(auditor) as tx:
        assert [town.org for town in await look_log.towns_to_review(tx)] == ["berg"]
        assert await look_log.read_log(tx, "berg", EVERYTHING) == []
    await fails(
        vik.web, auditor, "select from look_log('vik', 'log', null, null, null, null, null, false, null, null, 50)"
    )


async def test_an_auditor_of_one_area_reads_that_areas_log(vik: LogTown) -> None:
    await vik.looks()
    auditor = await vik.auditor(areas=(vik.town.areas["4"],))
    async with vik.web.transaction(auditor) as tx:
        seen = await look_log.read_log(tx, "vik", EVERYTHING)
    assert {line.area for line in seen} == {"4"}
    there = "select count(*) from looks join residents using (resident_id) where area_id = $1"
    assert len(seen) == await value(vik.worker, there, vik.town.areas["4"]) > 0
    await fails(vik.web, auditor, "select from sample_looks('vik', $1)", uuid4())
    await fails(vik.web, auditor, "select from look_log_readings('vik', null, null, 50)")


# ---- the log itself ----


async def test_the_log_is_read_page_by_page_and_filtered(vik: LogTown) -> None:
    await vik.looks(120)
    auditor = await vik.auditor()
    seen: list[look_log.LogLine] = []
    place: LogPlace | None = None
    while True:
        async with vik.web.transaction(auditor) as tx:
            page = await look_log.read_log(tx, "vik", EVERYTHING, place)
        seen += page
        if len(page) < look_log.PAGE:
            break
        place = LogPlace(page[-1].began_at, page[-1].look_id)
    assert len({line.look_id for line in seen}) == len(seen) == 120
    assert [line.began_at for line in seen] == sorted((line.began_at for line in seen), reverse=True)
    line = seen[0]
    assert (line.cause, line.due, line.who, line.lasted) == ("check", True, "Vem Som Helst", timedelta(seconds=10))
    async with vik.web.transaction(auditor) as tx:
        mine = await look_log.read_log(tx, "vik", LogFilter(person=vik.who[0]), most=200)
        one = await look_log.read_log(tx, "vik", LogFilter(resident_no=2), most=200)
        early = await look_log.read_log(tx, "vik", LogFilter(until=NOVEMBER + timedelta(days=1)), most=200)
        clear = await look_log.read_log(tx, "vik", LogFilter(shown="clear"))
        none = await look_log.read_log(tx, "vik", LogFilter(without_check=True))
    assert (len(mine), {each.resident_no for each in one}, len(early), clear, none) == (60, {2}, 4, [], [])


async def test_looks_older_than_five_years_are_not_shown(vik: LogTown) -> None:
    await vik.looks(1, begin=NOVEMBER - timedelta(days=5 * 365 - 1))
    await vik.looks(1, begin=NOVEMBER - timedelta(days=5 * 366))
    async with vik.web.transaction(await vik.auditor()) as tx:
        assert len(await look_log.read_log(tx, "vik", EVERYTHING)) == 1


async def test_a_reading_of_the_log_is_a_row_and_a_line(vik: LogTown) -> None:
    await vik.looks()
    async with vik.web.transaction(await vik.auditor()) as tx:
        some = await look_log.read_log(tx, "vik", LogFilter(person=vik.who[0], resident_no=2))
        await look_log.read_log(tx, "vik", EVERYTHING, most=7, export=True)
    async with vik.web.transaction(await vik.supervisor()) as tx:
        await look_log.read_tallies(tx, "vik", NOVEMBER, DECEMBER)
    lines = await rows(
        vik.worker, "select kind, data, actor, resident_id from events where kind like 'look%' order by id"
    )
    assert [timeline.decode(line["kind"], line["data"]) for line in lines] == [
        timeline.LookLogRead("log", len(some), vik.who[0]),
        timeline.LookLogExported("export", 7),
        timeline.LookLogRead("tallies", 2),
    ]
    assert lines[0]["resident_id"] == vik.town.residents[2]
    async with vik.web.transaction(await vik.auditor()) as tx:
        found = await look_log.readings(tx, "vik")
    assert {(each.what, each.resident, each.person, each.looks) for each in found} == {
        ("tallies", None, None, 2), ("export", None, None, 7), ("log", "Person 2", "Vem Som Helst", len(some))
    }  # fmt: skip


async def fetched(tx: Tx) -> int:
    """Return how many rows of looks the transaction has read so far, by whatever way."""
    read: int = await tx.fetchval(
        "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'looks'"
    )
    return read


async def test_a_page_of_the_log_costs_the_same_after_years(vik: LogTown) -> None:
    await look_at_checks(
        vik.worker, "vik", vik.who, begin=NOVEMBER - timedelta(days=1800), apart=timedelta(hours=2), many=20_000
    )
    owner = await asyncpg.connect(vik.worker.dsn.replace("fjt_worker", "fjt_owner"))
    await owner.execute("analyze fjt.looks; analyze fjt.checks")
    await owner.close()
    middle = LogPlace(NOVEMBER - timedelta(days=900), uuid4())
    for asked in (
        EVERYTHING,
        LogFilter(person=vik.who[1]),
        LogFilter(resident_no=3),
        LogFilter(until=NOVEMBER - timedelta(days=400)),
        LogFilter(without_check=True),
    ):
        for place in (None, middle):
            async with vik.web.transaction(await vik.auditor()) as tx:
                before = await fetched(tx)
                found = await look_log.read_log(tx, "vik", asked, place)
                assert await fetched(tx) - before <= 5 * look_log.PAGE, (asked, place)
            assert len(found) == (0 if asked.without_check else look_log.PAGE)


# ---- the supervisor ----


async def test_a_months_looks_are_counted_by_person(vik: LogTown) -> None:
    await vik.looks(6)
    alarm = await value(
        vik.worker,
        """
        insert into alarms (alarm_id, org, area_id, resident_id, case_no, kind, priority, state, opened_at, body, next_step_at)
        select gen_random_uuid(), 'vik', area_id, resident_id, 4801, 'manual', 2, 'open', $2, '{}', $2
        from residents where resident_id = $1 returning alarm_id
        """,
        vik.town.residents[1], NOVEMBER,
    )  # fmt: skip
    await run(
        vik.worker,
        """
        insert into raisings (raising_id, org, alarm_id, user_id, priority, reason, raised_at)
        values (gen_random_uuid(), 'vik', $1, $2, 2, 'called', $3)
        """,
        alarm, vik.who[0], NOVEMBER,
    )  # fmt: skip
    two = NOVEMBER.replace(day=2, hour=1)  # two in the night in Stockholm
    for resident, user, began, lasts, reason in (
        (1, 0, two, timedelta(minutes=5), None),
        (1, 0, two + timedelta(hours=1), timedelta(minutes=5, seconds=1), "worried"),
        (2, 0, two + timedelta(hours=3), timedelta(seconds=9), None),
        (1, 1, two + timedelta(hours=9), timedelta(seconds=9), None),
    ):
        await run(
            vik.worker,
            """
            insert into looks (org, resident_id, alarm_id, user_id, kind, clear, reason, began_at, ended_at)
            values ('vik', $1, $2, $3, 'live', true, $4, $5, $6)
            """,
            vik.town.residents[resident], alarm, vik.who[user], reason, began, began + lasts,
        )  # fmt: skip
    async with vik.web.transaction(await vik.supervisor()) as tx:
        first, second = await look_log.read_tallies(tx, "vik", NOVEMBER, DECEMBER)
        assert await look_log.read_tallies(tx, "vik", DECEMBER, DECEMBER + timedelta(days=31)) == []
    assert (first.user_id, first.looks, first.without_check, first.own_alarm, first.unreviewed) == (
        vik.who[0],
        6,
        3,
        3,
        3,
    )
    assert (first.clear, first.long_ones, first.strangers, first.at_quiet_hours) == (1, 1, 1, 2)
    assert (first.most_at_one, first.most_looked_at) == (2, 1)
    assert (second.looks, second.without_check, second.own_alarm, second.at_quiet_hours) == (4, 1, 0, 0)


async def test_a_look_is_reviewed_once_and_never_by_its_looker(vik: LogTown) -> None:
    await vik.looks(2)
    supervisor = await vik.supervisor()
    first, second = [row["look_id"] for row in await rows(vik.worker, "select look_id from looks order by began_at")]
    async with vik.web.transaction(supervisor) as tx:
        await tx.fetch("select 1")
        assert await look_log.review_look(tx, "vik", first, "Frågade Olle: granne ringde.")
        assert not await look_log.review_look(tx, "vik", first, None), "it stands as it was reviewed first"
        assert not await look_log.review_look(tx, "vik", uuid4(), None)
    own = await value(vik.worker, "select user_id from users order by created_at desc limit 1")
    await run(vik.worker, "update looks set user_id = $1 where look_id = $2", own, second)
    async with vik.web.transaction(supervisor) as tx:
        assert not await look_log.review_look(tx, "vik", second, None), "nobody reviews their own"
    async with vik.web.transaction(supervisor) as tx:
        newest, oldest = await look_log.read_log(tx, "vik", EVERYTHING)
    assert (oldest.review_note, newest.reviewed_by) == ("Frågade Olle: granne ringde.", None)
    line = await rows(vik.worker, "select kind, data from events where kind = 'look_reviewed'")
    assert [timeline.decode(each["kind"], each["data"]) for each in line] == [timeline.LookReviewed(first, vik.who[0])]


# ---- the monthly samples ----


async def test_a_months_sample_is_drawn_once_when_it_is_over(vik: LogTown) -> None:
    await vik.looks(100)
    assert await look_sampling.draw_due_samples(vik.worker) == 0, "October had no looks, and November is not over"
    await freeze(vik.worker, DECEMBER)
    assert await look_sampling.draw_due_samples(vik.worker) == 1
    assert await look_sampling.draw_due_samples(vik.worker) == 0
    (sample,) = await rows(vik.worker, "select org, month, seed, looks, drawn_at from look_samples")
    assert sample["month"] == date(2026, 11, 1)
    assert (sample["looks"], sample["drawn_at"]) == (100, DECEMBER)
    drawn = await rows(
        vik.worker, "select place, user_id from look_sample_items join looks using (look_id) order by place"
    )
    assert [row["place"] for row in drawn] == list(range(1, 21))
    assert {row["user_id"] for row in drawn} == set(vik.who)
    (line,) = await rows(vik.worker, "select kind, data from events where kind = 'look_sample_drawn'")
    assert timeline.decode(line["kind"], line["data"]) == timeline.LookSampleDrawn(date(2026, 11, 1), 100, 20)


async def sampled(vik: LogTown) -> UUID:
    """Have November's looks sampled, three of them; return the sample."""
    await vik.looks(3)
    await freeze(vik.worker, DECEMBER)
    await look_sampling.draw_due_samples(vik.worker)
    sample: UUID = await value(vik.worker, "select sample_id from look_samples")
    return sample


async def test_a_sample_is_signed_when_each_look_is_judged(vik: LogTown) -> None:
    sample, auditor = await sampled(vik), await vik.auditor()
    async with vik.web.transaction(auditor) as tx:
        assert [each.place for each in await look_samples.sample_looks(tx, "vik", sample)] == [1, 2, 3]
        assert not await look_samples.sign(tx, "vik", sample)
        for place, verdict, note in (
            (1, LookVerdict.IN_DUTY, None),
            (2, LookVerdict.WRONG, "Ingen tillsyn"),
            (3, LookVerdict.UNCLEAR, "?"),
        ):
            assert await look_samples.judge(tx, "vik", sample, place, verdict, note)
        assert not await look_samples.judge(tx, "vik", sample, 4, LookVerdict.IN_DUTY, None), "there is no fourth"
        assert await look_samples.sign(tx, "vik", sample)
        assert not await look_samples.sign(tx, "vik", sample)
        assert not await look_samples.judge(tx, "vik", sample, 2, LookVerdict.IN_DUTY, None), "what is signed stands"
        (head,) = await look_samples.samples_of(tx, "vik")
    assert (head.judged, head.unclear, head.wrong, head.signed_by) == (3, 1, 1, "Vem Som Helst")
    (line,) = await rows(vik.worker, "select kind, data from events where kind = 'look_sample_signed'")
    assert timeline.decode(line["kind"], line["data"]) == timeline.LookSampleSigned(date(2026, 11, 1), 1, 1, 1)


async def test_an_auditor_never_judges_a_look_of_their_own(vik: LogTown) -> None:
    sample, auditor = await sampled(vik), await vik.auditor()
    own = await value(vik.worker, "select user_id from users order by created_at desc limit 1")
    await run(vik.worker, "update looks set user_id = $1", own)
    async with vik.web.transaction(auditor) as tx:
        assert not await look_samples.judge(tx, "vik", sample, 1, LookVerdict.IN_DUTY, None)


async def test_what_is_not_in_order_is_said_in_words(vik: LogTown) -> None:
    sample, auditor = await sampled(vik), await vik.auditor()
    with pytest.raises(asyncpg.CheckViolationError):
        async with vik.web.transaction(auditor) as tx:
            await look_samples.judge(tx, "vik", sample, 1, LookVerdict.WRONG, None)


async def test_a_sample_that_nobody_signs_becomes_overdue(vik: LogTown) -> None:
    await sampled(vik)
    async with vik.worker.transaction() as tx:
        assert await look_samples.overdue_samples(tx, DECEMBER + timedelta(days=13)) == []
        (late,) = await look_samples.overdue_samples(tx, DECEMBER + timedelta(days=14))
    assert (late.org, late.month, late.chosen, late.judged) == ("vik", date(2026, 11, 1), 3, 0)
