"""Phones that are in the wrong hands, and words of nobody's, as dialogues: nothing counts, nothing is said, and a person hears of it."""

from collections.abc import AsyncIterator

import pytest

from alarm_center.core.alarm.state import AlarmState
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, NUMBER, SmsCentre, sms_centre

STRANGER = "+46700000077"


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        await running.rows("update carers set code = '44170' where phone = $1 returning 1", FIRST)
        yield running


async def lost(centre: SmsCentre) -> None:
    """The first patrol's phone is said to be lost."""
    await centre.rows(
        "insert into lost_phones (org, phone, lost_at, said_by) select org, $1, clock.now(), 'test' from organisations returning 1",
        FIRST,
    )


async def test_a_strangers_word_does_nothing(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives(f"Larm {alarm.case_no} PRIO 1")
    for word in ("1", "9", "STOP", "hjälp", f"1 {alarm.case_no}", "44170"):
        await centre.api.reply(STRANGER, NUMBER, word)
    await centre.finish_sending()
    kept = await centre.rows("select distinct body, meaning from replies")
    assert [tuple(row.values()) for row in kept] == [("", "unknown_number")]
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.DISPATCHED
    assert len(await centre.rows("select 1 from alarms")) == 1


async def test_a_finder_of_a_lost_phone_takes_nothing(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives(f"Larm {alarm.case_no} PRIO 1")
    await centre.finish_sending()
    await lost(centre)
    for word in ("1", f"1 {alarm.case_no}", "9"):
        await centre.first.writes(word)
    await centre.finish_sending()
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.DISPATCHED
    assert {row["meaning"] for row in await centre.rows("select meaning from replies")} == {"unknown_number"}


async def test_a_lost_phone_is_asked_nothing_more(centre: SmsCentre) -> None:
    await lost(centre)
    alarm = await centre.alarm(1)
    await centre.second.receives(f"Larm {alarm.case_no} PRIO 1").and_replies("1")
    await centre.second.receives("är ditt")


async def test_a_digit_without_a_case_is_answered(centre: SmsCentre) -> None:
    for word in ("1", "4"):
        await centre.first.writes(word)
        await centre.first.receives("Du har inget öppet larm. Behöver du hjälp: svara 9 eller ring")


async def test_another_patrols_case_is_not_taken_over(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives(f"Larm {alarm.case_no}").and_replies("1")
    await centre.first.receives("är ditt")
    for word in (f"3 {alarm.case_no}", f"4 {alarm.case_no}"):
        await centre.second.writes(word)
        await centre.second.receives(f"{alarm.case_no}")
    (owner,) = await centre.rows("select phone from notices where state = 'took'")
    assert owner["phone"] == FIRST
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.ACCEPTED


async def asked_to_muster(centre: SmsCentre) -> None:
    await centre.rows("update shifts set muster_asked_at = clock.now() where patrol = 'Patrull 1' returning 1")


async def test_an_unknown_code_at_the_muster_blocks_nothing(centre: SmsCentre) -> None:
    await asked_to_muster(centre)
    await centre.first.writes("1 99999")
    await centre.first.receives("Larm i omr 3 går till dig till … Koden känns inte igen: svara 1 och din kod.")
    assert len(await centre.rows("select 1 from events where kind = 'muster_code_unknown'")) == 1
    alarm = await centre.alarm(1)
    await centre.first.receives(f"Larm {alarm.case_no} PRIO 1")


async def test_a_known_code_at_the_muster_names_its_carer(centre: SmsCentre) -> None:
    await asked_to_muster(centre)
    for _ in range(2):
        await centre.first.writes("1 44170")
        await centre.first.receives("Tack. Larm i omr 3 går till dig till")
    assert len(await centre.rows("select 1 from shift_people")) == 1
    assert not await centre.rows("select 1 from events where kind = 'muster_code_unknown'")


async def test_a_no_at_the_muster_sends_the_alarm_elsewhere(centre: SmsCentre) -> None:
    await asked_to_muster(centre)
    await centre.first.writes("2")
    await centre.first.receives("Larm i omr 3 går inte till dig i natt.")
    alarm = await centre.alarm(1)
    await centre.second.receives(f"Larm {alarm.case_no} PRIO 1")
