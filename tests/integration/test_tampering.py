"""Tampering by somebody who may do everything to the database: each kind is found, with its place.

A superuser with the triggers off changes a sealed town, in a transaction that is rolled back after it was verified.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Final

import pytest

from alarm_center.store import facts, seals
from alarm_center.store.memory import Memory, Tx
from alarm_center.store.verification import Fault, verify, verify_in
from fjarrtillsyn.embedded.postgres import Postgres
from tests.support.busy_town import busy_town
from tests.support.postgres import Database, fresh_database, run

_VICTIMS: Final = {
    "looks": "select look_id::text from looks where org = 'ost' and ended_at is not null",
    "alarms": "select alarm_id::text from alarms where org = 'ost' and state = 'closed'",
    "consents": "select consent_id::text from consents where org = 'ost' and state = 'revoked'",
    "look_samples": "select sample_id::text from look_samples where org = 'ost'",
    "look_sample_items": "select sample_id || '/' || place from look_sample_items",
    "sessions": "select device_id || '/' || session_id from sessions where org = 'ost' and answer = 'something_wrong'",
    "checks": "select check_id::text from checks where org = 'ost' and state = 'alarmed'",
    "raisings": "select raising_id::text from raisings where org = 'ost'",
    "fact_log": "select tx::text || '-' || id from fact_log where org = 'ost' and kind = 'looks' order by id",
    "words": "select tx::text || '-' || id from fact_log where org = 'ost' and words is not null order by id",
    "events": "select tx::text || '-' || id from events where org = 'ost' and kind = 'closed'",
    "seals": "select tx::text || '-' || id from seals where org = 'ost' order by tx, id offset 5",
}
"""A row of each table that somebody tampers with, as a fault names it. Statements find it as $1."""

_KEYS: Final = {
    "sessions": "device_id || '/' || session_id",
    "look_samples": "sample_id::text",
    "look_sample_items": "sample_id || '/' || place",
}
"""The keys of the rows of a table whose key is not named like it."""

_LAST: Final = "(select (max(tx::text::bigint))::text::xid8 from seals where org = 'ost')"
_FORGED: Final = f"""
    insert into events (id, tx, at, org, kind, writer, written_at, real_at)
    select 900000, {_LAST}, clock.now() - {{ago}}, 'ost', 'forged', {{writer}}, clock.now() - {{ago}}, clock_timestamp() - {{ago}} where $1 <> ''
"""


@dataclass(frozen=True)
class Tampering:
    """One thing that somebody did to the victim in ``table``, and the fault that says so.

    ``place`` is named by the fault where it is not the victim. ``sealed``: the sealer comes by before anybody verifies.
    """

    what: str
    table: str
    statement: str
    fault: Fault
    place: str = ""
    sealed: bool = False
    more: tuple[str, ...] = field(default=())


def _row(what: str, table: str, change: str) -> Tampering:
    key = _KEYS.get(table, f"{table.removesuffix('s')}_id::text")
    statement = f"update {table} set {change}" if change else f"delete from {table}"
    return Tampering(what, table, f"{statement} where {key} = $1", Fault.ROW_CHANGED if change else Fault.ROW_GONE)


def _line(
    what: str, change: str, table: str = "events", fault: Fault = Fault.CHANGED, victim: str | None = None
) -> Tampering:
    statement = f"update {table} set {change}" if change else f"delete from {table}"
    return Tampering(what, victim or table, f"{statement} where tx::text || '-' || id = $1", fault)


TAMPERINGS: Final = (
    _row("a look deleted", "looks", ""),
    _row("a look given to somebody else", "looks", "user_id = gen_random_uuid()"),
    _row("a look begun later", "looks", "began_at = began_at + interval '1 hour'"),
    _row("a look ended sooner", "looks", "ended_at = ended_at - interval '1 second'"),
    _row("a look with another reason", "looks", "clear = true, reason = 'count'"),
    _row("a clear look made blurred", "looks", "clear = not clear"),
    _row("a look at another resident", "looks", "resident_id = gen_random_uuid()"),
    _row("a look by somebody with another role", "looks", "roles = '{admin}'"),
    Tampering(
        "a look put in", "looks",
        "insert into looks (org, alarm_id, user_id, kind, began_at) select org, gen_random_uuid(), user_id, kind, began_at from looks where look_id::text = $1",
        Fault.ROW_UNKNOWN, place="looks",
    ),
    _row("another outcome", "alarms", "outcome = 'false_alarm'"),
    _row("closed by somebody else", "alarms", "closed_by = 'nobody'"),
    _row("closed at another time", "alarms", "closed_at = closed_at - interval '20 minutes'"),
    _row("another note", "alarms", "note = 'All was well'"),
    _row("an alarm deleted", "alarms", ""),
    _row("a consent that was never withdrawn", "consents", "state = 'limited', revoked_at = null, revoked_instead = null, camera = false"),
    _row("a consent to another thing", "consents", "camera = not camera"),
    _row("a consent given earlier", "consents", "given_at = given_at - interval '1 year'"),
    _row("a consent on other grounds", "consents", "basis = 'by telephone'"),
    _row("a consent deleted", "consents", ""),
    Tampering(
        "a consent put in, back-dated", "consents",
        """
        insert into consents (org, resident_id, who, state, given_at, revoked_at, recorded_by)
        select org, resident_id, 'cohabitant', state, given_at - interval '1 month', revoked_at, recorded_by from consents where consent_id::text = $1
        """,
        Fault.ROW_UNKNOWN, place="consents",
    ),
    _row("another finding", "sessions", "answer = 'in_bed'"),
    _row("other evidence", "sessions", """evidence = '[{"what": "small_movement"}]'"""),
    _row("another detector", "sessions", "detector = 'd9'"),
    _row("a session deleted", "sessions", ""),
    _row("a check with another answer", "checks", "answer = 'in_bed'"),
    _row("a check seen by somebody", "checks", "seen_by = 'u'"),
    _row("a check ended sooner", "checks", "ended_at = ended_at - interval '10 minutes'"),
    _row("a check deleted", "checks", ""),
    _row("a raising made milder", "raisings", "priority = 3"),
    _row("a raising by somebody else", "raisings", "user_id = gen_random_uuid()"),
    _row("a raising deleted", "raisings", ""),
    _row("a sample of other looks", "look_samples", "seed = 'another'"),
    _row("a sample that was never drawn", "look_samples", ""),
    _row("a sample's look judged by nobody", "look_sample_items", "verdict = 'in_duty', judged_by = gen_random_uuid(), judged_at = now()"),
    _row("a sample's look left out", "look_sample_items", ""),
    _line("a fact with another writer", "writer = 'fjt_web'", "fact_log"),
    _line("a fact by another person", "person = gen_random_uuid()", "fact_log"),
    _line("a fact of another time", "written_at = written_at - interval '1 minute'", "fact_log"),
    Tampering(
        "a look and its fact given to somebody else", "fact_log",
        """
        with given as (update looks set user_id = '11111111-1111-4111-8111-111111111111' where org = 'ost')
        update fact_log set fact = jsonb_set(fact, '{user_id}', '"11111111-1111-4111-8111-111111111111"') where tx::text || '-' || id = $1
        """,
        Fault.CHANGED,
    ),
    _line("a fact deleted", "", "fact_log", Fault.NO_LINE),
    _line(
        "a fact made to look expired",
        "expired_digest = sha256(convert_to(fact_line(fact_log), 'UTF8')), fact = '{}', person = null, expiry_salt = null", "fact_log",
        Fault.EXPIRED,
    ),
    Tampering(
        "a look expired in its first year, and said so", "fact_log",
        f"""
        with gone as (
            update fact_log set expired_digest = sha256(convert_to(fact_line(fact_log), 'UTF8')), fact = '{{}}', person = null, expiry_salt = null
            where tx::text || '-' || id = $1
        )
        insert into fact_log (id, tx, org, kind, key, deed, fact, writer, written_at, real_at)
        select 900000, {_LAST}, 'ost', 'looks', '', 'expired', jsonb_build_object('before', clock.now() at time zone 'UTC'), 'fjt_worker',
            clock.now(), clock_timestamp()
        """,
        Fault.EXPIRED, place="-900000 looks", sealed=True,
    ),
    _line("the salt of words changed", "salt = gen_random_uuid()", "fact_log", Fault.WORDS_CHANGED, "words"),
    _line("words replaced instead of erased", "words = '-'", "fact_log", Fault.WORDS_CHANGED, "words"),
    _line("words taken out, and nobody said so", "words = null, salt = null", "fact_log", Fault.WORDS_GONE, "words"),
    _line("words and their digest replaced", "words = '-', words_digest = digest_of_words('-', salt)", "fact_log", Fault.CHANGED, "words"),
    _line("a line's data changed", "data = '{}'"),
    _line("a line by somebody else", "actor = 'nobody'"),
    _line("a line with another writer", "writer = 'fjt_web'"),
    _line("a line of another time", "at = at - interval '1 second'"),
    _line("a line deleted", "", fault=Fault.NO_LINE),
    _line("a line moved to another town", "org = 'vast'", fault=Fault.NO_LINE),
    Tampering(
        "two lines that changed places", "events",
        """
        update events e set id = case e.id when a.id then b.id else a.id end, tx = case e.id when a.id then b.tx else a.tx end
        from events a join events b on b.org = a.org and b.kind = 'check_opened'
        where a.tx::text || '-' || a.id = $1 and e.id in (a.id, b.id)
        """,
        Fault.CHANGED,
    ),
    Tampering(
        "a line put in among sealed ones", "events",
        """
        insert into events (id, tx, at, org, kind, writer, written_at, real_at)
        select -7, tx, at, org, 'forged', writer, written_at, real_at from events where tx::text || '-' || id = $1
        """,
        Fault.NO_SEAL, place="--7 forged",
    ),
    Tampering(
        "a back-dated line that was sealed", "events", _FORGED.format(ago="interval '3 hours'", writer="'fjt_worker'"),
        Fault.BACK_DATED, place="-900000 forged", sealed=True,
    ),
    Tampering(
        "a line that nobody signed, sealed", "events", _FORGED.format(ago="interval '0'", writer="null"),
        Fault.UNSIGNED, place="-900000 forged", sealed=True,
    ),
    Tampering(
        "a line of the superuser's own, sealed", "events", _FORGED.format(ago="interval '0'", writer="'postgres'"),
        Fault.STRANGER, place="-900000 forged", sealed=True,
    ),
    Tampering(
        "a forged line whose doubt was taken back", "events", _FORGED.format(ago="interval '0'", writer="null"),
        Fault.CHANGED, place="-900000 forged", sealed=True,
        more=("update events set writer = 'fjt_worker' where id = 900000", "update seals set doubt = null where id = 900000"),
    ),
    Tampering(
        "a town found anew", "fact_log",
        f"""
        insert into fact_log (id, tx, org, kind, key, deed, fact, writer, written_at, real_at)
        select 900000, {_LAST}, org, kind, key, 'found', fact, 'fjt_owner', clock.now(), clock_timestamp() from fact_log where tx::text || '-' || id = $1
        """,
        Fault.STRANGER, place="-900000 looks", sealed=True,
    ),
    _line("a seal deleted", "", "seals", Fault.NO_SEAL),
    Tampering("a seal changed", "seals", "update seals set digest = sha256('') where tx::text || '-' || id = $1", Fault.CHANGED),
    Tampering(
        "the newest lines and seals cut off", "seals",
        "with cut as (delete from seals where org = 'ost' and tx = $2::text::xid8 and $1 <> '') delete from fact_log where tx = $2::text::xid8",
        Fault.NO_HEAD, place="HEAD",
    ),
    Tampering(
        "everything sealed anew", "seals",
        "with changed as (update events set actor = 'nobody' where kind = 'closed') delete from seals where $1 <> ''",
        Fault.NO_HEAD, place="HEAD", sealed=True,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class SealedTown:
    """A town that was sealed to its end: the database as its superuser, and the head."""

    superuser: str
    head: seals.Head


@pytest.fixture(scope="module")
def sealed_town(migrated_server: Postgres) -> Iterator[SealedTown]:
    """Two towns with rows of every kind; each change of a row that is its last is a fact, and all is sealed."""
    with fresh_database(migrated_server) as database:
        yield run(_sealed_town(migrated_server, database))


async def _sealed_town(server: Postgres, database: Database) -> SealedTown:
    memory = await Memory.open(database.worker)
    try:
        await busy_town(memory, "ost", number=1)
        await busy_town(memory, "vast", number=2)
        async with memory.transaction() as tx:
            await tx.execute("update looks set ended_at = began_at + interval '9 seconds'")
            await tx.execute("update alarms set note = 'Fell by the bed' where state = 'closed'")
            await tx.execute("update consents set basis = 'in writing'")
            sample = await tx.fetchval(
                """
                insert into look_samples (org, month, seed, looks, drawn_at)
                values ('ost', '2026-11-01', 's', 1, clock.now()) returning sample_id
                """
            )
            await tx.execute(
                """
                insert into look_sample_items (sample_id, place, look_id)
                select $1, 1, look_id from looks where org = 'ost' limit 1
                """,
                sample,
            )
        for org in ("vast", "ost"):
            while (await seals.seal(memory, org)).count:
                pass
            assert (await verify(memory, org)).faults == []
        async with memory.transaction() as tx:
            head, name = await seals.head(tx, "ost"), await tx.fetchval("select current_database()")
        assert head is not None
        return SealedTown(server.superuser_dsn(name), head)
    finally:
        await memory.close()


async def test_every_kind_of_fact_is_logged_by_triggers(sealed_town: SealedTown) -> None:
    memory = await Memory.open(sealed_town.superuser, size=1)
    async with memory.transaction() as tx:
        rows = await tx.fetch(
            """
            select c.relname, bit_or(t.tgtype) as type from pg_trigger t join pg_class c on c.oid = t.tgrelid
            where t.tgfoid = 'log_fact'::regproc and t.tgenabled = 'O' group by c.relname
            """
        )
    await memory.close()
    of_a_row, on_insert, on_delete, on_update = 1, 4, 8, 16
    all_changes = of_a_row | on_insert | on_delete | on_update
    assert {row["relname"]: row["type"] for row in rows} == dict.fromkeys(facts.KINDS, all_changes)


class _TamperingUndone(Exception):
    """The end of a transaction in which somebody tampered."""


@pytest.fixture
async def rogue(sealed_town: SealedTown) -> AsyncIterator[Tx]:
    """A transaction of a superuser with the triggers off, which leaves nothing behind."""
    memory = await Memory.open(sealed_town.superuser, size=1)
    try:
        async with memory.transaction() as tx:
            await tx.execute("set local session_replication_role = replica")
            yield tx
            raise _TamperingUndone
    except _TamperingUndone:
        pass
    finally:
        await memory.close()


@pytest.mark.parametrize("done", TAMPERINGS, ids=lambda done: done.what.replace(" ", "-"))
async def test_each_tampering_is_found_with_its_place(done: Tampering, rogue: Tx, sealed_town: SealedTown) -> None:
    victim = await rogue.fetchval(_VICTIMS[done.table])
    assert victim is not None, f"{done.table}: the test needs a row to mean anything"
    last = (str(sealed_town.head.cursor.tx),) if "$2" in done.statement else ()
    assert not (await rogue.execute(done.statement, victim, *last)).endswith(" 0"), "nothing was done"
    if done.sealed:
        while (await seals.seal_batch(rogue, "ost")).count:
            pass
    for statement in done.more:
        assert not (await rogue.execute(statement)).endswith(" 0"), "nothing was done"
    report = await verify_in(rogue, "ost", [sealed_town.head.digest])
    place = done.place.replace("HEAD", sealed_town.head.digest) or victim
    assert [str(found) for found in report.faults if found.fault is done.fault and place in str(found)], [
        str(found) for found in report.faults
    ]
