"""STOP and START, as dialogues in both providers' dialects: a phone without SMS is told of at once, called, and healed by START."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from alarm_center.core.alarm.state import AlarmState
from alarm_center.sms.sms_stops import choice_of
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, SmsCentre, sms_centre


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


@pytest.mark.parametrize("dialect", ["twilio", "46elks"])
async def test_stop_is_told_and_the_phone_is_called(centre: SmsCentre, dialect: str) -> None:
    first = centre.first if dialect == "twilio" else replace(centre.first, api=centre.elks, others=(centre.api,))
    centre.carers[FIRST] = first
    for again in ("STOP", " stop. "):
        await first.writes(again)
    await centre.lead.receives("Patrull 1 omr 3 tar inte emot SMS längre och rings upp vid larm.")
    (line,) = await centre.rows("select data from events where kind = 'sms_stopped'")
    assert line["data"]["by_provider"] is False
    alarm = await centre.alarm(1)
    await first.is_called().and_presses("1")
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.ACCEPTED
    if dialect == "twilio":
        await centre.lead.receives("Patrull 1 har inte fått adressen. Ring")
    else:
        await first.receives("är ditt")
    await first.writes("START")
    await first.receives("Tack. Larm kommer som SMS igen.")
    await first.writes(f"2 {alarm.case_no}")
    await first.receives("du har sagt nej")
    await centre.second.receives(f"Larm {alarm.case_no}")


async def test_a_stop_that_only_the_provider_knows_is_told(centre: SmsCentre) -> None:
    async with centre.memory.transaction() as tx:
        await tx.execute("update shifts set ends_at = clock.now() where patrol = 'Patrull 2'")
    centre.api.opted_out.add(FIRST)
    await centre.alarm(1)
    await centre.lead.receives("Patrull 1 omr 3, ensam i tjänst där, tar inte emot SMS och rings upp vid larm.")
    await centre.first.is_called()
    (stop,) = await centre.rows("select by_provider, started_at from sms_stops")
    assert tuple(stop.values()) == (True, None)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("STOP", False), ("Stop!", False), ("stop all", False), ("START", True), ("unstop", True), ("stopp", None), ("stop kameran", None),
     ("1", None), ("yes", None), ("", None)],
)  # fmt: skip
def test_only_the_whole_word_stops(text: str, wanted: bool | None) -> None:
    assert choice_of(text) is wanted
