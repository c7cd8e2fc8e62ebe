"""Cameras stay dark while staff are with the resident, and without consent (docs/check.md#faults-staff-pauses)."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from alarm_center.casework import cases, live_looks
from alarm_center.casework.editing import Editor
from alarm_center.core.alarm import alarm_events
from alarm_center.core.check.check_events import AskAgain
from alarm_center.core.decision import IllegalMove
from alarm_center.preparation import pauses
from alarm_center.store.memory import Memory
from schemas.vocabulary import Answer, Instead, Reason
from tests.support import busy_town
from tests.support.postgres import Database

ORG = "ost"


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def _value(memory: Memory, question: str) -> Any:
    async with memory.transaction() as tx:
        return await tx.fetchval(question)


async def _fallen(memory: Memory) -> tuple[UUID, UUID]:
    check_id = await busy_town.open_check(memory, await busy_town.found(memory, ORG))
    await busy_town.finds(memory, ORG, check_id, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    notice_id = await _value(memory, "select notice_id from notices")
    alarm_id = await _value(memory, "select alarm_id from alarms")
    await cases.apply_to_alarm(memory, alarm_id, alarm_events.Took(notice_id), actor="carer")
    return alarm_id, notice_id


async def _looks(memory: Memory, alarm_id: UUID) -> UUID:
    user = uuid4()
    await cases.apply_to_alarm(memory, alarm_id, alarm_events.ClaimCase(user), actor=str(user))
    return await live_looks.ask_live_look(memory, alarm_id, 10, user=user)


_LISTED = """
    select count(*) from devices, jsonb_array_elements(config->'attempts') look
    where (look->>'opens_at')::timestamptz > clock.now()
"""


async def test_a_carer_at_a_locked_door_leaves_the_camera_usable(memory: Memory) -> None:
    alarm_id, notice_id = await _fallen(memory)
    await cases.apply_to_alarm(memory, alarm_id, alarm_events.CannotGetIn(notice_id), actor="carer")
    assert await _looks(memory, alarm_id)
    assert await _value(memory, _LISTED) == 1


async def test_the_camera_is_dark_while_staff_are_there(memory: Memory) -> None:
    alarm_id, notice_id = await _fallen(memory)
    await cases.apply_to_alarm(memory, alarm_id, alarm_events.Arrived(notice_id), actor="carer")
    assert await _value(memory, _LISTED) == 0
    with pytest.raises(IllegalMove):
        await _looks(memory, alarm_id)


async def test_the_next_check_is_made_after_done_without_an_outcome(memory: Memory) -> None:
    alarm_id, notice_id = await _fallen(memory)
    for word in (alarm_events.Arrived(notice_id), alarm_events.Done(notice_id)):
        await cases.apply_to_alarm(memory, alarm_id, word, actor="carer")
    assert await _value(memory, "select state from alarms") == "on_site"
    assert await _value(memory, _LISTED) == 1


async def test_withdrawn_consent_ends_looks_in_an_open_alarm(memory: Memory) -> None:
    alarm_id, _ = await _fallen(memory)
    check_id = await _value(memory, "select check_id from checks where alarm_id is not null")
    resident_id = await _value(memory, "select resident_id from alarms")
    await pauses.revoke_consent(memory, resident_id, "resident", instead=Instead.NOTHING, editor=Editor("planner"))
    with pytest.raises(IllegalMove, match="no consent"):
        await cases.apply_to_check(memory, check_id, AskAgain("operator", 10), actor="operator")
    with pytest.raises(IllegalMove, match="no consent"):
        await _looks(memory, alarm_id)
    assert await _value(memory, "select count(*) from commands") == 0
