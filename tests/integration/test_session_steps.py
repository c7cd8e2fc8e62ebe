"""Order of the steps that record a session: lock, read, decide, keep, and only then the receipt."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from alarm_center.casework import arrived_sessions, steps
from alarm_center.casework.editing import Editor
from alarm_center.preparation import pauses
from alarm_center.store import consents, sessions
from alarm_center.store.memory import Memory, Tx, now
from schemas.messages import Finding
from schemas.vocabulary import Answer, Instead, JudgePlace, Reason, Refusal
from tests.support import busy_town
from tests.support.postgres import Database
from tests.support.waiting import eventually

ORG = "ost"


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def fall(memory: Memory, check_id: UUID | None = None) -> Finding:
    return Finding(
        session_id="s1", org=ORG, device=f"{ORG}-1", check_id=check_id, attempt=1 if check_id else None,
        answer=Answer.SOMETHING_WRONG, reasons=(Reason.ON_FLOOR,), started_at=await memory.now(), detector="d1",
    )  # fmt: skip


async def record(memory: Memory, finding: Finding) -> Answer | Refusal | None:
    return await memory.attempt(
        lambda tx: arrived_sessions.record_finding(tx, finding, finding.answer, JudgePlace.CENTRE)
    )


async def receipts(memory: Memory) -> int:
    async with memory.transaction() as tx:
        return len(await sessions.queued_receipts(tx))


async def waiting_for_a_lock(memory: Memory, finding: Finding) -> asyncio.Task[Answer | Refusal | None]:
    """Begin to record *finding*; return once it waits for a lock that the caller holds."""
    task = asyncio.create_task(record(memory, finding))

    async def waits() -> bool:
        async with memory.transaction() as tx:
            return bool(await tx.fetchval("select count(*) from pg_locks where not granted"))

    await eventually(waits)
    return task


async def test_two_replicas_record_an_unasked_fall_once(memory: Memory) -> None:
    await busy_town.found(memory, ORG)
    finding = await fall(memory)
    async with memory.transaction() as tx:
        first = await arrived_sessions.record_finding(tx, finding, finding.answer, JudgePlace.CENTRE)
        second = await waiting_for_a_lock(memory, finding)
    assert (first, await second) == (Answer.SOMETHING_WRONG, None), "the receipt is read under the lock"


async def test_consent_withdrawn_during_the_wait_refuses(memory: Memory) -> None:
    resident_id = await busy_town.found(memory, ORG)
    check_id = await busy_town.open_check(memory, resident_id)
    finding = await fall(memory, check_id)
    async with memory.transaction() as tx:
        await tx.execute("select from checks where check_id = $1 for update", check_id)
        second = await waiting_for_a_lock(memory, finding)
        await consents.revoke(tx, resident_id, "resident", Instead.NOTHING, "planner", await now(tx))
    assert await second is Refusal.CONSENT_REVOKED, "the device is read again under the lock"


async def test_no_receipt_is_seen_before_its_finding(memory: Memory) -> None:
    check_id = await busy_town.open_check(memory, await busy_town.found(memory, ORG))
    finding = await fall(memory, check_id)
    async with memory.transaction() as tx:
        await arrived_sessions.record_finding(tx, finding, finding.answer, JudgePlace.CENTRE)
        assert await receipts(memory) == 0
    assert await receipts(memory) == 1


async def test_a_decision_that_fails_leaves_no_receipt(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    check_id = await busy_town.open_check(memory, await busy_town.found(memory, ORG))

    async def fails(*_: object, facts: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(steps, "step_check", fails)
    with pytest.raises(RuntimeError):
        await record(memory, await fall(memory, check_id))
    assert await receipts(memory) == 0, "the device sends it again"


async def test_a_repeat_reaches_no_decision(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    check_id = await busy_town.open_check(memory, await busy_town.found(memory, ORG))
    finding = await fall(memory, check_id)
    await record(memory, finding)
    decided: list[Tx] = []

    async def noted(tx: Tx, *_: object) -> None:
        decided.append(tx)

    monkeypatch.setattr(steps, "step_check", noted)
    assert await record(memory, finding) is None
    assert decided == []


async def test_a_refused_session_keeps_no_answer_for_people(memory: Memory) -> None:
    resident_id = await busy_town.found(memory, ORG)
    check_id = await busy_town.open_check(memory, resident_id)
    await pauses.revoke_consent(memory, resident_id, "resident", instead=Instead.NOTHING, editor=Editor("planner"))
    assert await record(memory, await fall(memory, check_id)) is Refusal.CONSENT_REVOKED
    async with memory.transaction() as tx:
        row = await tx.fetchrow("select receipt, needs_human, alarm_id from sessions")
        assert tuple(row or ()) == ("refused", False, None)
        assert await tx.fetchval("select count(*) from alarms") == 0, "refused before anything is raised"
