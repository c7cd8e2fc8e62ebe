"""Words that reach us long after they were written: fetched since the last list, marked late, heard with sound, and believed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from alarm_center.core.alarm.state import AlarmState
from alarm_center.sms import missed_replies
from fjarrtillsyn.embedded.twilio_api import TwilioApi
from tests.support.elks_api import ElksApi
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, NUMBER, SmsCentre, sms_centre
from tests.support.waiting import eventually


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


async def away(centre: SmsCentre, minutes: float) -> None:
    """Let the service be away for so long, from after its last list on."""

    async def listed() -> bool:
        return bool(await centre.rows("select 1 from reply_lists"))

    await eventually(listed)
    await centre.stop()
    await centre.move_clock(minutes * 60)
    async with centre.memory.transaction() as tx:
        await tx.execute("update reply_lists set listed_at = listed_at - $1::interval", timedelta(minutes=minutes))


def wrote(api: TwilioApi | ElksApi, text: str, minutes_ago: float) -> None:
    api.writes(FIRST, NUMBER, text).made_at -= timedelta(minutes=minutes_ago)


@pytest.mark.parametrize("dialect", ["twilio", "46elks"])
async def test_a_word_of_three_hours_ago_takes_its_case(centre: SmsCentre, dialect: str) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    if dialect == "46elks":
        await missed_replies.fetch_missed_replies(centre.memory, centre.elks_provider())
    await away(centre, 200)
    wrote(centre.api if dialect == "twilio" else centre.elks, "1", 180)
    provider = centre.provider() if dialect == "twilio" else centre.elks_provider()
    assert await missed_replies.fetch_missed_replies(centre.memory, provider) == 1
    centre.restart()
    await centre.first.receives(f"{alarm.case_no} är ditt")
    ((_, said),) = await centre.lines(alarm.alarm_id, ["reply"])
    assert (said["meaning"], said["heed"], said["late_minutes"]) == ("take", "sound", 180)
    assert await centre.rows("select 1 from replies where seen_at is null"), "until a person has seen it"
    assert await missed_replies.fetch_missed_replies(centre.memory, provider) == 0, "once"


async def test_an_old_yes_takes_no_case_that_came_after_it(centre: SmsCentre) -> None:
    await away(centre, 60)
    wrote(centre.api, "1", 50)
    alarm = await centre.alarm(1)
    centre.restart()
    await centre.first.receives("Larm … PRIO 1")
    await centre.first.receives("Du har inget öppet larm")
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.DISPATCHED


async def test_a_list_of_many_pages_is_read_to_its_end(centre: SmsCentre) -> None:
    await away(centre, 300)
    at = datetime.now(UTC)
    for number in range(230):
        centre.api.writes(FIRST, NUMBER, str(number)).made_at = at - timedelta(seconds=60 * 240 - number)
    centre.api.writes(FIRST, NUMBER, "before").made_at = at - timedelta(days=2)
    found = await centre.provider().recent_replies(NUMBER, at - timedelta(hours=5))
    assert [reply.body for reply in found] == [str(number) for number in range(230)]
    centre.api.written.clear()


async def test_a_cry_from_before_an_outage_is_an_alarm_of_its_own(centre: SmsCentre) -> None:
    await away(centre, 25)
    wrote(centre.api, "9", 20)
    centre.restart()
    await centre.first.receives("Vi har fått att du behöver hjälp")
    (row,) = await centre.rows("select alarm_id from alarms")
    ((_, said),) = await centre.lines(row["alarm_id"], ["reply"])
    assert (said["heed"], said["late_minutes"]) == ("sound", 20)
    for carer in (centre.second, centre.lead):
        await carer.receives("…")
