"""Words that reach us long after they were written: fetched since the last list, marked late, heard with sound, and believed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from alarm_center.core.alarm.state import AlarmState
from alarm_center.sms import missed_replies
from alarm_center.sms.incoming_replies import ReceivedReply, receive_reply
from fjarrtillsyn.embedded.twilio_api import TwilioApi
from schemas.vocabulary import TroubleKind
from tests.support.elks_api import ElksApi
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, NUMBER, SECOND_NUMBER, SmsCentre, sms_centre
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


async def says(centre: SmsCentre, text: str, minutes_ago: float = 0) -> None:
    """Let what the first carer wrote so long ago reach us now."""
    provider_id = f"{text} {minutes_ago}"
    age = timedelta(minutes=minutes_ago)
    await receive_reply(centre.memory, ReceivedReply.of_body("twilio", provider_id, FIRST, NUMBER, text, age))


@pytest.mark.parametrize(
    ("newer", "older", "state"), [("1", "2", AlarmState.ACCEPTED), ("2", "1", AlarmState.DISPATCHED)]
)
async def test_an_older_word_undoes_no_newer_one(centre: SmsCentre, newer: str, older: str, state: AlarmState) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.stop()
    await centre.move_clock(600)
    await says(centre, newer)
    await says(centre, older, 8)
    await says(centre, older, 3)
    now = await centre.now_is(alarm.alarm_id)
    assert (now.state, [taker.phone for taker in now.takers]) == (state, [FIRST] if newer == "1" else [])
    heard = await centre.lines(alarm.alarm_id, ["reply"])
    assert [said["heed"] for _, said in heard][1:] == ["sound", "sound"]
    await says(centre, "9", 7)
    assert [each.kind for each in (await centre.now_is(alarm.alarm_id)).troubles] == [TroubleKind.HELP]
    (alarm_id,) = [row["alarm_id"] for row in await centre.rows("select alarm_id from alarms")]
    assert alarm_id == alarm.alarm_id, "a cry is about the case that is open"


async def test_two_words_that_come_late_are_taken_in_their_order(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.stop()
    await centre.move_clock(1200)
    await says(centre, "1", 15)
    await says(centre, "3", 8)
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.ON_SITE


async def test_an_old_word_answers_no_muster_test_or_start(centre: SmsCentre) -> None:
    await centre.stop()
    async with centre.memory.transaction() as tx:
        await tx.execute("update shifts set mustered = null, muster_asked_at = clock.now()")
        await tx.execute("update carers set test_asked_at = clock.now(), test_answered_at = null")

    async def held() -> list[bool | None]:
        rows = await centre.rows(
            f"select s.mustered from shifts s join carers using (carer_id) where phone = '{FIRST}'"
        )
        return [row["mustered"] for row in rows]

    await says(centre, "2", 50)
    await says(centre, "1", 50)
    assert await held() == [None]
    assert not await centre.rows("select 1 from carers where test_answered_at is not null")
    await says(centre, "1")
    async with centre.memory.transaction() as tx:
        await tx.execute("update shifts set muster_asked_at = muster_asked_at - interval '2 hours'")
    await says(centre, "2", 40)
    assert await held() == [True], "older than the yes"
    await says(centre, "START")
    await says(centre, "STOP", 30)
    assert not await centre.rows("select 1 from sms_stops")
    await says(centre, "STOP")
    await says(centre, "START", 20)
    assert len(await centre.rows("select 1 from sms_stops where started_at is null")) == 1


async def test_an_sms_that_46elks_sends_again_is_as_old_as_it_is(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.stop()
    await centre.move_clock(1200)
    await says(centre, "1")
    await centre.elks.reply(FIRST, SECOND_NUMBER, "2", minutes_ago=9)
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.ACCEPTED
    assert [
        (row["late"] >= 8)
        for row in await centre.rows(
            "select (data ->> 'late_minutes')::int as late from events where kind = 'reply' and data ->> 'late_minutes' is not null"
        )
    ] == [True]
