"""Cries for help outside a case that is open, as dialogues: everybody else is asked to come, and the one who cries is not."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.store import board
from schemas.vocabulary import Outcome, TroubleKind
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, SmsCentre, sms_centre


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


async def in_need(centre: SmsCentre, alarm_id: UUID) -> list[str]:
    """Return the numbers that the board shows beside the alarm's troubles."""
    alarm = await centre.now_is(alarm_id)
    assert [trouble.kind for trouble in alarm.unacknowledged] == [TroubleKind.HELP]
    async with centre.memory.transaction() as tx:
        return [asked.phone for asked in (await board.phones_in_trouble(tx, [alarm])).values()]


async def test_a_cry_without_a_case_never_asks_the_crier(centre: SmsCentre) -> None:
    await centre.first.writes("hjälp")
    await centre.first.receives("4801: Vi har fått att du behöver hjälp och ringer dig nu.")
    (alarm,) = await centre.rows("select alarm_id, case_no from alarms")
    for carer, answers in ((centre.second, "1=åker"), (centre.lead, "1=jag ordnar")):
        await carer.receives(f"Patrull 1 behöver hjälp vid {alarm['case_no']}. Ring … Svara {answers} 2=kan inte.")
    assert await in_need(centre, alarm["alarm_id"]) == [FIRST]
    await centre.first.writes("9")
    await centre.first.receives(f"{alarm['case_no']}: Vi har fått att du behöver hjälp")
    assert len(await centre.rows("select 1 from alarms")) == 1, "said twice it is one case"
    await centre.finish_sending()
    await centre.pass_time(90)
    await centre.second.is_called()
    await centre.lead.is_called()
    await centre.second.writes("1")
    await centre.second.receives("är ditt")
    await centre.lead.receives("någon annan ordnar det")


async def test_a_cry_after_the_end_asks_the_others(centre: SmsCentre) -> None:
    over = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies("1")
    await centre.first.receives("är ditt")
    closing = alarm_events.Close(uuid4(), Outcome.FALSE_ALARM)
    await cases.apply_to_alarm(centre.memory, over.alarm_id, closing, actor="test")
    await centre.first.receives("är återkallat").and_replies("9")
    await centre.first.receives("Vi har fått att du behöver hjälp")
    (alarm,) = await centre.rows("select alarm_id, case_no from alarms where state <> 'closed'")
    for carer in (centre.second, centre.lead):
        await carer.receives(f"Patrull 1 behöver hjälp vid {alarm['case_no']}")
    assert await in_need(centre, alarm["alarm_id"]) == [FIRST]


async def test_a_locked_door_that_comes_back_asks_the_patrols(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies("1")
    await centre.first.receives("är ditt").and_replies("5")
    await centre.first.receives("kommer inte in, noterat")
    locked_out = f"{alarm.case_no}: Patrull 1 kommer inte in. Ring … Svara "
    await centre.lead.receives(f"{locked_out}1=jag ordnar 2=kan inte.").and_replies("1")
    await centre.lead.receives(f"{alarm.case_no}: tack, du ordnar.")
    await centre.finish_sending()
    await centre.pass_time(15 * 60)
    await centre.lead.receives(f"{locked_out}1=jag ordnar 2=kan inte.")
    await centre.second.receives(f"{locked_out}1=åker 2=kan inte.").and_replies("1")
    await centre.second.receives(f"{alarm.case_no} är ditt")
    await centre.lead.receives(f"{alarm.case_no}: någon annan ordnar det")
    assert (await centre.now_is(alarm.alarm_id)).unacknowledged == ()
