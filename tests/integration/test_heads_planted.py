"""Heads that are known from elsewhere, and seals that were given their digests where they never were."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

import pytest

from alarm_center.store import seals
from alarm_center.store.events import Cursor
from alarm_center.store.memory import Memory, Tx
from alarm_center.store.seal_lines import chain_start, lines_between
from alarm_center.store.verification import Fault, verify_in
from fjarrtillsyn.embedded.postgres import Postgres
from tests.support.busy_town import busy_town
from tests.support.postgres import Database

_ORDERED: Final = "select tx, id from seals where org = 'ost' order by seals.tx {0}, id {0}"
_NEWEST: Final = f"({_ORDERED.format('desc')} limit 1)"
_CHANGE_LATER: Final = f"""
    update events set data = data || '{{"x": 1}}' where org = 'ost' and (tx, id) in ({_ORDERED.format("desc")} limit 30 offset 1)
"""
_PLANT: Final = f"update seals set digest = decode($1, 'hex') where org = 'ost' and (tx, id) = {_NEWEST}"
_PLANT_FIRST: Final = "insert into seals (org, tx, id, digest) values ('ost', '1', 1, decode($1, 'hex'))"
_LOSE_TRUE: Final = "delete from seals where org = 'ost' and digest = decode($1, 'hex')"


class _PlantingUndone(Exception):
    """The end of a transaction of somebody who plants seals."""


@pytest.fixture
async def rogue(database: Database, postgres_server: Postgres) -> AsyncIterator[Tx]:
    """A superuser's transaction in a sealed town, with the triggers off."""
    worker = await Memory.open(database.worker)
    await busy_town(worker, "ost", number=1)
    while (await seals.seal(worker, "ost")).count:
        pass
    await worker.close()
    superuser = await Memory.open(postgres_server.superuser_dsn(database.owner.split("?")[0].rsplit("/", 1)[1]), size=1)
    with suppress(_PlantingUndone):
        async with superuser.transaction() as tx:
            await tx.execute("set local session_replication_role = replica")
            yield tx
            raise _PlantingUndone
    await superuser.close()


async def _digests(tx: Tx) -> list[str]:
    """Return the digests of Ost's seals, in hex and in order."""
    return [
        row["digest"].hex()
        for row in await tx.fetch("select digest from seals where org = 'ost' order by seals.tx, seals.id")
    ]


async def _faults_since(tx: Tx, since: str, *heads: str) -> set[Fault]:
    return {each.fault for each in (await verify_in(tx, "ost", heads, since)).faults}


async def test_a_head_is_believed_where_it_was_made(rogue: Tx) -> None:
    """Lines after the head are changed, and the newest seal is given the head's digest: the walk does not begin there."""
    head = (await _digests(rogue))[20]
    whole = await verify_in(rogue, "ost", (), head)
    assert whole.faults == [] and whole.lines > 10
    assert not (await rogue.execute(_CHANGE_LATER)).endswith(" 0")
    await rogue.execute(_PLANT, head)
    assert Fault.CHANGED in await _faults_since(rogue, head)
    await rogue.execute(_LOSE_TRUE + f" and (tx, id) <> {_NEWEST}", head)
    assert Fault.CHANGED in await _faults_since(rogue, head)


async def test_a_digest_that_is_kept_proves_no_place(rogue: Tx) -> None:
    """A seal beside which the head's own digest of a line and the seal before it are put, as a dropped line has them."""
    digests = await _digests(rogue)
    head, before = digests[20], digests[19]
    places = [Cursor(int(row["tx"]), row["id"]) for row in await rogue.fetch(_ORDERED.format("asc"))]
    start = await chain_start(rogue, "ost")
    (line,) = await lines_between(rogue, "ost", start, places[19], places[20])
    assert not (await rogue.execute(_CHANGE_LATER)).endswith(" 0")
    await rogue.execute(
        "delete from seals where org = 'ost' and digest = any ($1::bytea[])",
        [bytes.fromhex(head), bytes.fromhex(before)],
    )
    for place, digest, kept in ((places[-2], before, None), (places[-1], head, line.digest)):
        at = str(place.tx), place.id
        await rogue.execute(
            "update seals set digest = $3, line = $4 where org = 'ost' and tx = $1::text::xid8 and id = $2",
            *at,
            bytes.fromhex(digest),
            kept,
        )
        await rogue.execute("delete from events where tx = $1::text::xid8 and id = $2", *at)
        await rogue.execute("delete from fact_log where tx = $1::text::xid8 and id = $2", *at)
    assert Fault.CHANGED in await _faults_since(rogue, head)


async def test_each_known_head_is_met_on_the_way(rogue: Tx) -> None:
    """The newest line and its seal are cut off, and its digest is planted ahead of the head that one begins at."""
    *_, newest = digests = await _digests(rogue)
    since, older = digests[20], digests[10]
    assert await _faults_since(rogue, since, newest, older) == set()
    for table in ("events", "fact_log", "seals"):
        await rogue.execute(
            f"delete from {table} where org = 'ost' and (tx, id) = (select tx, id from seals where digest = $1)",
            bytes.fromhex(newest),
        )
    assert await _faults_since(rogue, since, newest) >= {Fault.NO_HEAD}
    await rogue.execute(_PLANT_FIRST, newest)
    assert await _faults_since(rogue, since, newest) >= {Fault.NO_LINE}
