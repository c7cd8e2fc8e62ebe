"""More cases than patrols, as dialogues: each text names its own case, and a phone that is out is asked as one that is."""

from collections.abc import AsyncIterator

import pytest

from alarm_center.core.alarm import Alarm
from alarm_center.core.alarm.state import AlarmState
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, SECOND, SmsCentre, sms_centre


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


@pytest.fixture
async def alone(centre: SmsCentre) -> SmsCentre:
    """A night with one patrol and the lead."""
    await centre.rows("update shifts set ends_at = clock.now() where patrol = 'Patrull 2' returning 1")
    return centre


async def two_falls(centre: SmsCentre) -> tuple[Alarm, Alarm]:
    """Return two falls, of which the first patrol has taken the first and heard of the second."""
    one = await centre.alarm(1, 0)
    await centre.first.receives(f"Larm {one.case_no} PRIO 1").and_replies("1")
    await centre.first.receives(f"{one.case_no} är ditt")
    other = await centre.alarm(1, 1)
    await centre.first.receives(
        f"Du tog {one.case_no} (prio 1). {other.case_no} söker en annan patrull. Tar du båda: svara 1 {other.case_no}."
    )
    return one, other


async def next_area(centre: SmsCentre, patrol: str, phone: str) -> None:
    """Put the second resident in area 4, where *phone* is on duty alone as *patrol*, and Patrull 2 off duty."""
    async with centre.memory.transaction() as tx:
        area = await tx.fetchval("insert into areas (org, code) select org, '4' from organisations returning area_id")
        await tx.execute("update shifts set area_id = $1, patrol = $2 where patrol = 'Patrull 2'", area, patrol)
        await tx.execute(
            "update shifts set carer_id = (select carer_id from carers where phone = $2) where area_id = $1",
            area,
            phone,
        )
        await tx.execute("update residents set area_id = $1 where resident_id = $2", area, centre.residents[1])


async def test_two_falls_and_one_patrol_take_both(alone: SmsCentre) -> None:
    one, other = await two_falls(alone)
    await alone.lead.receives(f"Larm {other.case_no} PRIO 1 omr 3 har ingen patrull.")
    await alone.first.writes(f"1 {other.case_no}")
    await alone.first.receives(f"{other.case_no} är ditt")
    await alone.lead.receives(f"{other.case_no} är redan taget av Patrull 1")
    for case in (one, other):
        for word, answer in (("3", "framme, noterat"), ("4", "klar, noterat")):
            await alone.first.writes(f"{word} {case.case_no}")
            await alone.first.receives(f"{case.case_no}: {answer}")
    for case in (one, other):
        assert (await alone.now_is(case.alarm_id)).done_at is not None


async def test_two_falls_and_one_patrol_send_the_lead(alone: SmsCentre) -> None:
    one, other = await two_falls(alone)
    await alone.lead.receives(f"Larm {other.case_no} PRIO 1 omr 3 har ingen patrull.").and_replies("1")
    await alone.lead.receives(f"{other.case_no} är ditt")
    await alone.first.receives(f"{other.case_no} är redan taget")
    assert (await alone.now_is(one.alarm_id)).state is AlarmState.ACCEPTED


async def test_a_second_fall_goes_to_the_free_patrol_first(centre: SmsCentre) -> None:
    one = await centre.alarm(1, 0)
    await centre.first.receives(f"Larm {one.case_no}").and_replies("1")
    await centre.first.receives("är ditt")
    other = await centre.alarm(1, 1)
    await centre.second.receives(f"Larm {other.case_no} PRIO 1").and_replies("1")
    await centre.second.receives(f"{other.case_no} är ditt")


async def test_a_bare_4_between_two_sites_asks_which(alone: SmsCentre) -> None:
    one, other = await two_falls(alone)
    await alone.lead.receives("har ingen patrull")
    await alone.first.writes(f"1 {other.case_no}")
    await alone.first.receives(f"{other.case_no} är ditt")
    await alone.lead.receives("är redan taget")
    for case in (one, other):
        await alone.first.writes(f"3 {case.case_no}")
        await alone.first.receives(f"{case.case_no}: framme")
    await alone.first.writes("4")
    await alone.first.receives(f"{one.case_no}")
    assert [(await alone.now_is(case.alarm_id)).done_at for case in (one, other)] == [None, None]


async def test_whoever_gives_one_of_two_back_keeps_the_other(alone: SmsCentre) -> None:
    one, other = await two_falls(alone)
    await alone.lead.receives(f"{other.case_no} PRIO 1 omr 3 har ingen patrull")
    await alone.first.writes(f"2 {other.case_no}")
    await alone.first.receives(f"{other.case_no}: du har sagt nej")
    await alone.lead.writes("1")
    await alone.lead.receives(f"{other.case_no} är ditt")
    assert (await alone.now_is(one.alarm_id)).state is AlarmState.ACCEPTED


async def test_a_phone_that_is_out_is_out_in_the_next_area(centre: SmsCentre) -> None:
    await next_area(centre, "Bil Nord", FIRST)
    one = await centre.alarm(1, 0)
    await centre.first.receives(f"Larm {one.case_no} PRIO 1 omr 3").and_replies("1")
    await centre.first.receives("är ditt")
    other = await centre.alarm(1, 1)
    await centre.first.receives(f"Du tog {one.case_no} (prio 1). {other.case_no} söker en annan patrull.")
    await centre.lead.receives(f"Larm {other.case_no} PRIO 1 omr 4")


async def test_two_patrols_of_one_name_are_two(centre: SmsCentre) -> None:
    await next_area(centre, "Patrull 1", SECOND)
    one = await centre.alarm(1, 0)
    await centre.first.receives(f"Larm {one.case_no} PRIO 1 omr 3").and_replies("1")
    await centre.first.receives("är ditt")
    other = await centre.alarm(1, 1)
    await centre.second.receives(f"Larm {other.case_no} PRIO 1 omr 4").and_replies("1")
    await centre.second.receives(f"{other.case_no} är ditt")
