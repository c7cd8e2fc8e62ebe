"""Answers about a case, by SQL and by the alarm's value, are equal."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from alarm_center.casework import cases
from alarm_center.clockwork import Clockwork
from alarm_center.core.alarm.alarm_events import AlarmEvent, Arrived, ClaimCase, Close, ConditionReported, Done, Took
from alarm_center.core.alarm.lease import Lease
from alarm_center.store import alarms
from alarm_center.store.memory import Memory
from schemas.vocabulary import Answer, Condition, Outcome, Reason
from tests.support.busy_town import finds, found, open_check
from tests.support.postgres import Database
from tests.support.town import rows, value

END = datetime(2026, 1, 15, 1, tzinfo=UTC)
JUST = timedelta(microseconds=1)


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    memory = await Memory.open(database.worker)
    yield memory
    await memory.close()


@pytest.mark.parametrize("lease", [Lease(), Lease(UUID(int=1), END)])
async def test_a_lease_is_held_alike_in_sql_and_in_the_core(memory: Memory, lease: Lease) -> None:
    for now in (END - JUST, END, END + JUST):
        held = await value(memory, "select is_held($1, $2, $3)", lease.holder, lease.until, now)
        assert held is lease.is_held(now), now


async def test_the_columns_of_a_case_are_the_facts_of_its_value(memory: Memory) -> None:
    """In every state that a night takes it through."""
    check_id = await open_check(memory, await found(memory, "vik"))
    await finds(memory, "vik", check_id, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await Clockwork(memory).cycle()
    alarm_id = await value(memory, "select alarm_id from alarms")
    notice_id = await value(memory, "select notice_id from notices")
    events: tuple[AlarmEvent, ...] = (
        ClaimCase(UUID(int=1)),
        Took(notice_id),
        Arrived(notice_id),
        ConditionReported(Condition.CLEARED),
        Done(notice_id),
        Close(UUID(int=1), Outcome.HELPED_UP),
    )
    had: dict[str, set[str]] = {column: set() for column in alarms.COLUMNS}
    for event in (None, *events):
        if event is not None:
            await cases.apply_to_alarm(memory, alarm_id, event, actor="test")
        (row,) = await rows(memory, "select * from alarms")
        alarm = alarms.from_body(row["body"])
        for column, fact in alarms.COLUMNS.items():
            had[column].add(str(row[column]))
            assert column == "body" or row[column] == fact(alarm), f"{column} after {event}"
    for column in ("state", "seeks", "accepted_at", "staff_inside", "done_at", "holder", "condition"):
        assert len(had[column]) > 1, f"{column} never changed: the night has to show that it is written"
