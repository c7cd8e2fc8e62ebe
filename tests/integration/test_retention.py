"""Erasure after five years: the log of looks with its facts, while the chain stays whole; and sign-ins that are over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta

import asyncpg
import pytest
import structlog

from alarm_center.core.look_review import KEPT, LookVerdict
from alarm_center.core.roles import Right
from alarm_center.identity.sealed_halves import half_hash, new_half, read_half
from alarm_center.preparation import retention
from alarm_center.store import facts, look_log, look_samples, sealed_accounts, seals
from alarm_center.store.look_log import LogFilter
from alarm_center.store.look_samples import NewSample
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.sealed_accounts import BroughtHalves, SealedResult
from alarm_center.store.verification import Fault, verify
from schemas.vocabulary import Role
from tests.support.busy_town import hold_busy_towns, move
from tests.support.postgres import Database
from tests.support.town import value
from tests.support.viewers import viewer_in

IDS = "select user_id::text from looks union select resident_id::text from looks union select look_id::text from looks"


@pytest.fixture
async def town(database: Database) -> AsyncIterator[Memory]:
    """Ost and Vast, each with a look; Ost's was sampled, judged, reviewed and read, and all is sealed."""
    await hold_busy_towns(database)
    worker = await Memory.open(database.worker, size=2)
    async with worker.transaction() as tx:
        look = await tx.fetchval("select look_id from looks where org = 'ost'")
        drawn = NewSample("ost", date(2026, 11, 1), "seed", 1, (look,))
        assert await look_samples.keep(tx, drawn, await now(tx))
    async with reviewer(worker, database, Right.REVIEW, Role.AUDITOR) as tx:
        await look_log.read_log(tx, "ost", LogFilter())
    async with reviewer(worker, database, Right.SUPERVISE, Role.SUPERVISOR) as tx:
        assert await look_log.review_look(tx, "ost", look, "Frågade: granne ringde.")
    await seal_all(worker)
    yield worker
    await worker.close()


@asynccontextmanager
async def reviewer(worker: Memory, database: Database, right: Right, role: Role) -> AsyncIterator[Tx]:
    """Yield the transaction of a page that reviews Ost's log."""
    web = await Memory.open(database.web, size=1)
    try:
        async with web.transaction(await viewer_in(worker, "ost", right=right, role=role)) as tx:
            yield tx
    finally:
        await web.close()


async def seal_all(worker: Memory) -> None:
    for org in ("vast", "ost"):
        while (await seals.seal(worker, org)).count:
            pass


async def left(worker: Memory, org: str) -> dict[str, int]:
    """Return how many rows of each kind the town has, by their facts."""
    return {
        kind: int(await value(worker, f"select count(*) from {kind} r cross join fact_of(r) f where f.org = $1", org))
        for kind in facts.EXPIRING
    }


async def test_looks_are_erased_after_five_years(town: Memory) -> None:
    async with town.transaction() as tx:
        before = await seals.head(tx, "ost")
        ids = [row[0] for row in await tx.fetch(IDS) if row[0] is not None]
    assert before is not None and await left(town, "ost") == dict.fromkeys(facts.EXPIRING, 1)
    await move(town, timedelta(days=5 * 365))
    assert await retention.erase_expired(town) == 0
    assert await left(town, "ost") == dict.fromkeys(facts.EXPIRING, 1)

    await move(town, timedelta(days=6))
    with structlog.testing.capture_logs() as logs:
        gone = await retention.erase_expired(town)
    assert [(line["org"], line["facts"]) for line in logs if line["event"] == "looks_expired"] == [
        ("ost", gone - 1),
        ("vast", 1),
    ]
    assert await left(town, "ost") == await left(town, "vast") == dict.fromkeys(facts.EXPIRING, 0)
    kept = await value(
        town, "select jsonb_agg(to_jsonb(f) - 'key')::text from fact_log f where kind = any ($1)", list(facts.EXPIRING)
    )
    assert ids and not [each for each in ids if each in kept], "nobody is named, and no home"
    assert "granne" not in kept
    assert await retention.erase_expired(town) == 0

    await seal_all(town)
    report = await verify(town, "ost", [before.digest])
    assert (report.faults, report.expired) == ([], gone - 1), "the chain is whole, and has the head of before"


async def test_a_look_that_is_still_asked_about_is_kept(town: Memory, database: Database) -> None:
    """A review of last year names it: both go when the review is five years old."""
    await move(town, timedelta(days=3 * 366))
    sample = await value(town, "select sample_id from look_samples")
    async with reviewer(town, database, Right.REVIEW, Role.AUDITOR) as tx:
        assert await look_samples.judge(tx, "ost", sample, 1, LookVerdict.IN_DUTY, None)
    await move(town, timedelta(days=2 * 366 + 1))
    await retention.erase_expired(town)
    assert await left(town, "ost") == {
        **dict.fromkeys(facts.EXPIRING, 0),
        "looks": 1,
        "look_samples": 1,
        "look_sample_items": 1,
    }
    await move(town, timedelta(days=3 * 366))
    await retention.erase_expired(town)
    assert await left(town, "ost") == dict.fromkeys(facts.EXPIRING, 0)
    await seal_all(town)
    assert (await verify(town, "ost")).faults == []


async def test_what_is_held_stays_until_its_day(town: Memory) -> None:
    """A look of a night that a person holds, with its review and its place in a sample; the other town's goes."""
    async with town.transaction() as tx:
        # As a camera's look: the resident stands in the look itself in all that the service writes.
        await tx.execute("update looks l set resident_id = a.resident_id from alarms a where a.alarm_id = l.alarm_id")
        await tx.execute(
            """
            insert into night_holds (org, resident_id, first_night, last_night, from_at, to_at, reason, held_by, held_at, until_on)
            select org, resident_id, began_at::date, began_at::date, began_at, began_at + interval '1 s', 'IVO', 'p', began_at, began_at::date + 7 * 366
            from looks where org = 'ost'
            """
        )
    await seal_all(town)
    await move(town, timedelta(days=6 * 366))
    await retention.erase_expired(town)
    held = {"looks": 1, "look_reviews": 1, "look_samples": 1, "look_sample_items": 1}
    assert await left(town, "ost") == dict.fromkeys(facts.EXPIRING, 0) | held
    assert await left(town, "vast") == dict.fromkeys(facts.EXPIRING, 0)
    await move(town, timedelta(days=367))
    await retention.erase_expired(town)
    assert await left(town, "ost") == dict.fromkeys(facts.EXPIRING, 0)
    await seal_all(town)
    assert (await verify(town, "ost")).faults == []


async def test_nobody_erases_sooner(town: Memory) -> None:
    """Neither the worker's own function nor its right to delete, with the setting that the function uses."""
    async with town.transaction() as tx:
        early = await now(tx) - KEPT + timedelta(days=10)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with town.transaction() as tx:
            await facts.expire_rows(tx, "ost", "looks", early, 10)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with town.transaction() as tx:
            await facts.expire_rows(tx, "ost", "consents", early - timedelta(days=30), 10)
    async with town.transaction() as tx:
        await tx.execute("select set_config('fjt.expiring', 'on', true)")
        await tx.execute("delete from looks where org = 'vast'")
    await seal_all(town)
    assert [each.fault for each in (await verify(town, "vast")).faults] == [Fault.ROW_GONE]


async def test_sign_ins_that_are_over_are_forgotten(town: Memory, database: Database) -> None:
    await viewer_in(town, "ost")
    first, second = new_half(), new_half()
    async with town.transaction() as tx:
        await sealed_accounts.make_accounts(tx, "ost", [(half_hash(first), half_hash(second))], await now(tx))
    sign_in = await Memory.open(database.sign_in, size=1)
    async with sign_in.transaction() as tx:
        brought = BroughtHalves(
            read_half(first), read_half(second), "Anna Ek", "Bo Berg", False, "127.0.0.1", b"t" * 32, "csrf", None
        )
        assert (await sealed_accounts.open_account(tx, brought)).result is SealedResult.OPENED
    await sign_in.close()
    await retention.erase_expired(town)
    sessions, named = (
        "select count(*) from web_sessions",
        "select array_agg(name order by login) from users where login like 'sealed:%'",
    )
    assert (await value(town, sessions), await value(town, named)) == (4, ["Anna Ek + Bo Berg"])
    await move(town, timedelta(days=370))
    await retention.erase_expired(town)
    assert (await value(town, sessions), await value(town, named)) == (0, ["Anna Ek + Bo Berg"])
    assert await value(town, "select count(*) from hand_overs") == 2
    await move(town, KEPT)
    await retention.erase_expired(town)
    assert await value(town, "select count(*) from hand_overs") == 0
    assert await value(town, named) == [""]
    assert await value(town, "select first_name from sealed_accounts where opened_at is not null") == ""


async def test_contacts_of_who_is_gone_are_erased(town: Memory) -> None:
    """The one has died, the other town's resident lives; a hold of the dead one's nights keeps the contact until it ends."""
    left_over = "select array_agg(distinct org order by org) from contacts"
    async with town.transaction() as tx:
        await tx.execute("update residents set died_at = clock.now() where org = 'ost'")
        await tx.execute("update night_holds set ended_by = 'p', ended_at = clock.now()")
    await move(town, retention.CONTACTS_KEPT - timedelta(minutes=1))
    await retention.erase_expired(town)
    assert await value(town, left_over) == ["ost", "vast"]
    async with town.transaction() as tx:
        await tx.execute(
            """
            insert into night_holds (org, resident_id, first_night, last_night, from_at, to_at, reason, held_by, held_at, until_on)
            select org, resident_id, clock.now()::date, clock.now()::date, clock.now(), clock.now() + interval '1 day', 'IVO', 'p', clock.now(), clock.now()::date + 5
            from residents where org = 'ost'
            """
        )
    await move(town, timedelta(minutes=2))
    await retention.erase_expired(town)
    assert await value(town, left_over) == ["ost", "vast"]
    await move(town, timedelta(days=7))
    await retention.erase_expired(town)
    assert await value(town, left_over) == ["vast"]
