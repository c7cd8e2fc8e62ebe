"""Words that carers write beside the digits, as dialogues: each is acted on, or a person hears it and the carer is told so."""

from collections.abc import AsyncIterator

import pytest

from alarm_center.store import board
from tests.support.postgres import Database
from tests.support.sms_centre import SmsCentre, sms_centre


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


async def unread(centre: SmsCentre) -> int:
    """Return the number of replies that a board rings for."""
    async with centre.memory.transaction() as tx:
        return (await board.to_be_heard(tx, await centre.memory.now())).unread


async def test_a_word_in_no_table_is_heard_and_answered(centre: SmsCentre) -> None:
    await centre.first.writes("Jag blir hotad, ring polisen")
    await centre.first.receives("En operatör läser det nu. Behöver du hjälp: svara 9 eller ring")
    assert await unread(centre) == 1
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies("1 👎")
    await centre.first.receives(f"{alarm.case_no}: en operatör läser det nu. Fara för liv: ring 112.")
    assert await unread(centre) == 2
    assert not (await centre.now_is(alarm.alarm_id)).takers


async def test_sen_15_moves_the_arrival_once(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.hold_clock()
    await centre.first.receives("Larm … PRIO 1").and_replies("1")
    await centre.first.receives("är ditt")
    before = (await centre.now_is(alarm.alarm_id)).limits.limit_at
    await centre.first.writes("sen 15 min")
    await centre.first.receives(f"{alarm.case_no}: du blir sen, noterat. Framme senast … Nattledaren får veta.")
    await centre.lead.receives(f"{alarm.case_no} omr 3: Patrull 1 blir 15 min sen. Framme senast")
    moved = (await centre.now_is(alarm.alarm_id)).limits.limit_at
    assert before and moved and (moved - before).total_seconds() == 15 * 60
    for again in ("sen 15 min", f"försenad 20 {alarm.case_no}"):
        await centre.first.writes(again)
        await centre.first.receives("tiden är redan flyttad en gång, till")
    assert (await centre.now_is(alarm.alarm_id)).limits.limit_at == moved
    assert [line["heed"] for _, line in await centre.lines(alarm.alarm_id, ["reply"])][1:] == ["show"] * 3
    await centre.pass_time((moved - await centre.memory.now()).total_seconds() + 1)
    await centre.lead.receives("är taget men ingen är framme")


async def test_no_camera_is_heard_and_asks_which_of_two(centre: SmsCentre) -> None:
    a, b = await centre.alarm(1, resident=0), await centre.alarm(2, resident=1)
    for case in (a, b):
        await centre.first.receives(f"Larm {case.case_no}")
    for case in (a, b):
        await centre.first.writes(f"1 {case.case_no}")
        await centre.first.receives(f"{case.case_no} är ditt")
    await centre.first.writes("Brukaren vill inte ha kamera")
    await centre.first.receives(
        f"Vilket, {a.case_no} eller {b.case_no}? Svara med numret, så här: vill inte ha kameran {a.case_no}"
    )
    assert not await centre.rows("select 1 from consents where state = 'revoked'")
    await centre.first.writes(f"vill inte ha kameran {b.case_no}")
    await centre.first.receives(f"{b.case_no}: uppfattat, det gäller från nu.")
    revoked = await centre.rows("select resident_id from consents where state = 'revoked'")
    assert [row["resident_id"] for row in revoked] == [b.resident_id]
    assert (await centre.lines(b.alarm_id, ["reply"]))[-1][1]["heed"] == "sound"
