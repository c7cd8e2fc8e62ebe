"""Replies of whoever was asked to see to a trouble: "jag ordnar", and what comes after it."""

from collections.abc import AsyncIterator

import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.alarm.state import Alarm
from alarm_center.sms import pressed_keys
from tests.support.postgres import Database
from tests.support.sms_centre import SmsCentre, sms_centre


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


async def locked_out(centre: SmsCentre) -> Alarm:
    """Return an alarm whose carer stands at a locked door, which the lead sees to."""
    alarm = await centre.alarm(2)
    await centre.first.receives("PRIO 2").and_replies("1")
    await centre.first.receives("är ditt").and_replies("3")
    await centre.first.receives("framme").and_replies("5")
    await centre.first.receives("…")
    await centre.lead.receives("kommer inte in").and_replies("1")
    await centre.lead.receives("tack, du ordnar")
    return alarm


@pytest.mark.parametrize("word", ["2 {no}", "2"])
async def test_a_lead_who_cannot_after_all_is_heard(centre: SmsCentre, word: str) -> None:
    alarm = await locked_out(centre)
    await centre.lead.writes(word.format(no=alarm.case_no))
    await centre.lead.receives("du har sagt nej")
    await centre.second.receives("kommer inte in")
    (door,) = (await centre.now_is(alarm.alarm_id)).troubles
    assert not door.acknowledged


async def test_a_lead_who_sees_to_it_says_so_again(centre: SmsCentre) -> None:
    alarm = await locked_out(centre)
    await centre.lead.writes(f"1 {alarm.case_no}")
    await centre.lead.receives("tack, du ordnar")
    (door,) = (await centre.now_is(alarm.alarm_id)).troubles
    assert door.acknowledged


async def given_back(centre: SmsCentre) -> Alarm:
    """Return an alarm whose carer found nobody home, which the lead was asked to see to, and then gave it back."""
    alarm = await centre.alarm(2)
    await centre.first.receives("PRIO 2").and_replies("1")
    await centre.first.receives("är ditt").and_replies("3")
    await centre.first.receives("framme")
    owner = (await centre.now_is(alarm.alarm_id)).takers[0].notice_id
    await cases.apply_to_alarm(centre.memory, alarm.alarm_id, alarm_events.NobodyHome(owner), actor="test")
    centre.memory.hint()
    await centre.lead.receives("ingen hemma")
    await centre.first.receives("Vet du var?")
    await centre.first.writes(f"kan inte {alarm.case_no}")
    await centre.first.receives("du har sagt nej")
    await centre.second.receives("PRIO 2")
    return alarm


async def test_a_late_jag_ordnar_takes_no_case(centre: SmsCentre) -> None:
    alarm = await given_back(centre)
    await centre.lead.writes("1")
    await centre.lead.receives("någon annan ordnar det")
    now = await centre.now_is(alarm.alarm_id)
    assert (now.takers, now.seeks) == ((), True)
    await centre.second.writes("1")
    await centre.second.receives("är ditt")
    await centre.lead.receives("redan taget")


async def test_a_late_key_for_a_trouble_takes_no_case(centre: SmsCentre) -> None:
    alarm = await given_back(centre)
    (asked,) = await centre.rows("select message_id from messages where wording = 'trouble_nobody_home'")
    async with centre.memory.transaction() as tx:
        await tx.execute(
            "update messages set wording = 'voice_trouble_nobody_home' where message_id = $1", asked["message_id"]
        )
    pressed = await pressed_keys.apply_key(centre.memory, "twilio", "CA1", asked["message_id"], "1")
    assert pressed is pressed_keys.KeyOutcome.TOO_LATE
    assert (await centre.now_is(alarm.alarm_id)).takers == ()
