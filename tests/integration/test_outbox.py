"""The outbox against a local Twilio: no SMS is lost and none goes twice, wherever it is cut off."""

from collections.abc import AsyncIterator

import pytest

from tests.support.postgres import Database
from tests.support.sms_centre import SmsCentre, sms_centre
from tests.support.waiting import eventually


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


async def test_an_alarm_reaches_the_first_patrol_in_one_sms(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    sms = await centre.first.receives(
        f"Larm {alarm.case_no} PRIO 1 omr 3. Framme senast … Svara 1=tar 2=kan inte. https"
    )
    assert sms.form["ValidityPeriod"] == "90" or 85 <= int(sms.form["ValidityPeriod"]) <= 90
    await eventually(lambda: _is(centre, "sent"))
    row = await centre.message()
    assert (row["provider"], row["provider_id"], row["attempt_token"]) == ("twilio", sms.sid, None)
    ((_, line),) = await centre.lines(alarm.alarm_id, ["sms_sent"])
    assert line["message_id"] == str(row["message_id"])
    assert line["seconds"] < 5
    assert "Namn" not in str(row["body"])


async def _is(centre: SmsCentre, state: str) -> bool:
    return (await centre.message())["state"] == state
