"""A decision is one load and one apply: the transactions of a check send at most ten statements between BEGIN and COMMIT."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from alarm_center.casework import arrived_sessions
from alarm_center.clockwork import Clockwork
from alarm_center.preparation import planning
from alarm_center.store.memory import Memory
from schemas.messages import Evidence, Finding
from schemas.vocabulary import Answer, GreenBy, JudgePlace, Reason
from tests.support import busy_town
from tests.support.postgres import Database
from tests.support.statement_log import StatementLog

ORG = "ost"
LIMIT = 10
ANY_DUE = "select exists (select from checks where next_step_at <= clock.now()) as check"
"""The clockwork's question before its transactions, once a cycle."""
IN_BED = {"answer": Answer.IN_BED, "people": 1, "evidence": (Evidence(what="small_movement", zone="bed"),)}
FALL = {"answer": Answer.SOMETHING_WRONG, "reasons": (Reason.ON_FLOOR,)}


@pytest.fixture
async def logged(database: Database) -> AsyncIterator[tuple[Memory, StatementLog]]:
    async with StatementLog.memory(database.worker) as (memory, log):
        yield memory, log


def _is_short(what: str, log: StatementLog) -> None:
    """Hold the one transaction that changed a check to its limit; forget what was sent."""
    [sent] = log.changing("checks")
    listed = "\n".join(f"{n:3} {words}" for n, words in enumerate(sent, 1))
    print(f"{what}: {len(sent)} statements\n{listed}")
    assert len(sent) <= LIMIT, f"{what} takes more than {LIMIT} statements\n{listed}"
    asked = [words for words in log.outside if not words.startswith(ANY_DUE)]
    assert not asked, "a connection that is given back asks nothing"
    log.clear()


async def _finding(memory: Memory, check_id: UUID, said: dict[str, object]) -> Finding:
    started_at = await memory.now()
    return Finding.model_validate(
        {
            "session_id": "s1",
            "org": ORG,
            "device": f"{ORG}-1",
            "check_id": check_id,
            "attempt": 1,
            "started_at": started_at,
        }
        | said
    )


@pytest.mark.parametrize(
    ("green_by", "said", "becomes"),
    [
        (GreenBy.DETECTOR, IN_BED, "seen"),
        (GreenBy.OPERATOR, IN_BED, "to_look"),
        (GreenBy.DETECTOR, FALL, "alarmed"),
    ],
)
async def test_a_check_is_decided_in_few_statements(
    logged: tuple[Memory, StatementLog], green_by: GreenBy, said: dict[str, object], becomes: str
) -> None:
    memory, log = logged
    await busy_town.found(memory, ORG)
    await planning.plan_all_towns(memory)
    await busy_town.move(memory, timedelta(minutes=6))
    await busy_town.heard(memory)
    async with memory.transaction() as tx:
        await tx.execute("update checks set green_by = $1", green_by)
    log.clear()
    await Clockwork(memory).cycle()
    _is_short("opened", log)
    async with memory.transaction() as tx:
        check_id = await tx.fetchval("select check_id from checks where state = 'open'")
    finding = await _finding(memory, check_id, said)
    log.clear()
    await memory.attempt(lambda tx: arrived_sessions.record_finding(tx, finding, finding.answer, JudgePlace.CENTRE))
    _is_short(becomes, log)
    async with memory.transaction() as tx:
        assert await tx.fetchval("select state from checks where check_id = $1", check_id) == becomes
        assert await tx.fetchval("select count(*) from messages") == (1 if becomes == "alarmed" else 0)
