"""Two operators and a carer at one instant: the case has one owner, each hears one thing, and nothing is done twice."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import Alarm, AlarmState, alarm_events
from alarm_center.core.alarm.state import NoticeState
from alarm_center.core.decision import IllegalMove
from alarm_center.store.memory import Memory
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, SECOND, SmsCentre, sms_centre
from tests.support.viewers import viewer_in
from tests.support.waiting import eventually


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


async def taken(centre: SmsCentre) -> Alarm:
    """Return a fall that the first patrol has taken."""
    alarm = await centre.alarm(1)
    await centre.first.receives("…")
    await centre.first.writes(f"1 {alarm.case_no}")
    await centre.first.receives("…")
    return alarm


async def notice_of(centre: SmsCentre, alarm: Alarm, phone: str) -> dict[str, object]:
    query = "select notice_id, state from notices where alarm_id = $1 and phone = $2 order by asked_at desc limit 1"
    row, *_ = await centre.rows(query, alarm.alarm_id, phone)
    return dict(row)


async def test_two_operators_who_send_another_at_once_send_one(centre: SmsCentre, database: Database) -> None:
    alarm = await taken(centre)
    notice = await notice_of(centre, alarm, FIRST)
    web = await Memory.open(database.web)
    try:

        async def sends_another() -> None:
            user = uuid4()
            viewer = await viewer_in(centre.memory, alarm.org, user=user)
            event = alarm_events.ReplaceCarer(user, notice["notice_id"])  # type: ignore[arg-type]
            await cases.apply_to_alarm(web, alarm.alarm_id, event, actor=str(user), viewer=viewer)

        await asyncio.gather(sends_another(), sends_another())
    finally:
        await web.close()
    centre.memory.hint()
    await centre.first.receives("4801: någon annan ordnar det. Du behöver inte åka.")
    await centre.second.receives("…")
    told = await centre.rows("select phone, wording from messages where alarm_id = $1 order by arrival", alarm.alarm_id)
    assert [(row["phone"], row["wording"]) for row in told][2:] == [(FIRST, "seen_to"), (SECOND, "call_out")]
    assert len(await centre.rows("select from events where kind = 'carer_replaced'")) == 1


async def test_a_round_of_a_no_is_kept_by_whoever_writes(centre: SmsCentre, database: Database) -> None:
    """Read anew, who was called back is not asked in the round that seeks another, nor is who gave it back."""
    alarm = await taken(centre)
    notice = await notice_of(centre, alarm, FIRST)
    user = uuid4()
    web = await Memory.open(database.web)
    try:
        viewer = await viewer_in(centre.memory, alarm.org, user=user)
        event = alarm_events.ReplaceCarer(user, notice["notice_id"])  # type: ignore[arg-type]
        await cases.apply_to_alarm(web, alarm.alarm_id, event, actor=str(user), viewer=viewer)
    finally:
        await web.close()
    centre.memory.hint()
    await centre.first.receives("någon annan ordnar det")
    await centre.second.receives("…").and_replies("1")
    await centre.second.receives("är ditt")
    await centre.second.writes(f"2 {alarm.case_no}")
    await centre.second.receives("du har sagt nej")
    dispatch = (await centre.now_is(alarm.alarm_id)).dispatch
    assert dispatch is not None
    said_no = {(n.phone, n.state): n.round for n in dispatch.notices if n.state is not NoticeState.ASKED}
    assert said_no == {(FIRST, NoticeState.STOOD_DOWN): 2, (SECOND, NoticeState.DECLINED): 3}
    await centre.lead.receives("har ingen patrull")  # and not the one who was called back


async def test_a_3_as_another_is_sent_is_believed_or_answered(centre: SmsCentre) -> None:
    alarm = await taken(centre)
    notice = await notice_of(centre, alarm, FIRST)
    event = alarm_events.ReplaceCarer(uuid4(), notice["notice_id"])  # type: ignore[arg-type]

    async def operator() -> bool:
        try:
            await cases.apply_to_alarm(centre.memory, alarm.alarm_id, event, actor="test")
        except IllegalMove:
            return False
        return True

    replaced, _ = await asyncio.gather(operator(), centre.first.writes("3"))

    row, *_ = await centre.rows("select state from alarms where alarm_id = $1", alarm.alarm_id)
    first = await notice_of(centre, alarm, FIRST)
    said = await centre.rows("select wording from messages where phone = $1 order by arrival", FIRST)
    heard = [each["wording"] for each in said][2:]
    if row["state"] == AlarmState.DISPATCHED:
        # A person hears it: somebody may be at the door.
        assert replaced and first["state"] == "stood_down" and heard == ["seen_to", "not_yours"]
    else:
        # Also where it was read while it was theirs, and applied when it was not: whoever is there has it.
        assert (row["state"], first["state"]) == (AlarmState.ON_SITE, "took")
        assert heard == (["seen_to", "arrived"] if replaced else ["arrived"])
    await all_sent(centre)


async def all_sent(centre: SmsCentre) -> None:
    """Wait until nothing is on its way, and take it as read."""

    async def sent() -> bool:
        return not await centre.rows("select 1 from messages where state in ('queued', 'sending')")

    await eventually(sent)
    for carer in (centre.first, centre.second):
        while carer.unread():
            await carer.receives("…")
