"""Replies of whoever was asked to see to a trouble: "jag ordnar", and what comes after it."""

from collections.abc import AsyncIterator

import pytest

from alarm_center.core.alarm.state import Alarm
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
