"""A repeated word from one phone means the same case; only a number acts on another."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.alarm.state import Alarm, AlarmState, NoticeState
from schemas.vocabulary import Outcome
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, SmsCentre, sms_centre
from tests.support.viewers import viewer_in


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


async def asked_of_two(centre: SmsCentre) -> tuple[Alarm, Alarm]:
    """Ask the first patrol about two cases, A (priority 1) and B (priority 2)."""
    a = await centre.alarm(1, resident=0)
    await centre.first.receives(f"Larm {a.case_no} PRIO 1")
    b = await centre.alarm(2, resident=1)
    await centre.first.receives(f"Larm {b.case_no} PRIO 2")
    return a, b


async def two_held(centre: SmsCentre) -> tuple[Alarm, Alarm]:
    """Let the first patrol hold two cases, both on the way."""
    a, b = await asked_of_two(centre)
    for case in (a, b):
        await centre.first.writes(f"1 {case.case_no}")
        await centre.first.receives(f"{case.case_no} är ditt")
    return a, b


async def states(centre: SmsCentre, *alarms: Alarm) -> list[tuple[AlarmState, bool]]:
    """Return how far each case has come, and whether its carer has said done."""
    now = [await centre.now_is(alarm.alarm_id) for alarm in alarms]
    return [(alarm.state, alarm.done_at is not None) for alarm in now]


async def test_4_twice_closes_one_case(centre: SmsCentre) -> None:
    a, b = await two_held(centre)
    await centre.first.writes(f"3 {a.case_no}")
    await centre.first.receives(f"{a.case_no}: framme, noterat").and_replies("4")
    for _ in range(3):
        await centre.first.receives(f"{a.case_no}: klar, noterat").and_replies("4")
    await centre.first.receives(f"{a.case_no}: klar, noterat")
    assert await states(centre, a, b) == [(AlarmState.ON_SITE, True), (AlarmState.ACCEPTED, False)]
    await centre.first.writes(f"4 {b.case_no}")
    await centre.first.receives(f"{b.case_no}: klar, noterat")
    assert await states(centre, b) == [(AlarmState.ON_SITE, True)]


async def test_3_twice_arrives_at_one_case(centre: SmsCentre) -> None:
    a, b = await two_held(centre)
    await centre.first.writes(f"3 {a.case_no}")
    await centre.first.receives(f"{a.case_no}: framme, noterat").and_replies("3")
    await centre.first.receives(f"{a.case_no}: framme, noterat")
    assert await states(centre, a, b) == [(AlarmState.ON_SITE, False), (AlarmState.ACCEPTED, False)]


async def test_2_twice_hands_nothing_else_back(centre: SmsCentre) -> None:
    a, b = await asked_of_two(centre)
    await centre.first.writes(f"1 {b.case_no}")
    await centre.first.receives(f"{b.case_no} är ditt").and_replies("2")
    for text in ("2", "kan inte"):
        await centre.first.receives(f"{a.case_no}: du har sagt nej").and_replies(text)
    await centre.first.receives(f"{a.case_no}: du har sagt nej")
    await centre.second.receives(f"Larm {a.case_no} PRIO 1")
    assert await states(centre, b) == [(AlarmState.ACCEPTED, False)]


async def test_1_twice_takes_one_of_two(centre: SmsCentre) -> None:
    a, b = await asked_of_two(centre)
    await centre.first.writes("1")
    for text in ("1", "jag tar det"):
        await centre.first.receives(f"{a.case_no} är ditt")
        await centre.first.receives(f"Du tog {a.case_no} (prio 1). {b.case_no} söker en annan").and_replies(text)
    await centre.first.receives(f"{a.case_no} är ditt")
    await centre.first.receives(f"Du tog {a.case_no}")
    assert await states(centre, a, b) == [(AlarmState.ACCEPTED, False), (AlarmState.DISPATCHED, False)]


@pytest.mark.parametrize(("word", "answer"), [("5", "kommer inte in, noterat"), ("6", "du stannar, noterat")])
async def test_5_and_6_twice_are_of_the_case_on_site(centre: SmsCentre, word: str, answer: str) -> None:
    a, b = await two_held(centre)
    await centre.first.writes(f"3 {a.case_no}")
    await centre.first.receives("framme, noterat").and_replies(word)
    await centre.first.receives(f"{a.case_no}: {answer}").and_replies(word)
    await centre.first.receives(f"{a.case_no}: {answer}")
    assert await states(centre, b) == [(AlarmState.ACCEPTED, False)]
    if word == "5":
        await centre.lead.receives(f"{a.case_no}: Patrull 1 kommer inte in. Ring … Svara 1=jag ordnar 2=kan inte.")


async def test_help_twice_is_louder_and_seeks_for_what_it_is_about(centre: SmsCentre) -> None:
    a, _ = await two_held(centre)
    await centre.first.writes("9")
    await centre.first.receives(f"{a.case_no}: Vi har fått att du behöver hjälp").and_replies("9")
    await centre.first.receives(f"{a.case_no}: Vi har fått att du behöver hjälp")
    await centre.second.receives(f"Patrull 1 behöver hjälp vid {a.case_no}. Ring … Svara 1=åker 2=kan inte.")
    await centre.lead.receives(f"Patrull 1 behöver hjälp vid {a.case_no}. Ring … Svara 1=jag ordnar 2=kan inte.")
    sounds = [data["heed"] for _, data in await centre.lines(a.alarm_id, ["reply"]) if data["meaning"] == "help"]
    assert sounds == ["sound", "sound"]


async def test_after_minutes_the_word_is_a_new_one(centre: SmsCentre) -> None:
    a, b = await two_held(centre)
    await centre.first.writes(f"3 {a.case_no}")
    await centre.first.receives("framme, noterat").and_replies("4")
    await centre.first.receives(f"{a.case_no}: klar, noterat")
    await centre.move_clock(5 * 60 + 1)
    await centre.first.writes("4")
    await centre.first.receives(f"{b.case_no}: klar, noterat")


async def test_a_newer_question_makes_the_word_a_new_one(centre: SmsCentre) -> None:
    a = await centre.alarm(2, resident=0)
    await centre.first.receives(f"Larm {a.case_no} PRIO 2").and_replies("2")
    await centre.first.receives(f"{a.case_no}: du har sagt nej")
    await centre.second.receives(f"Larm {a.case_no}")
    b = await centre.alarm(1, resident=1)
    await centre.first.receives(f"Larm {b.case_no} PRIO 1").and_replies("2")
    await centre.first.receives(f"{b.case_no}: du har sagt nej")
    await centre.second.receives(f"Larm {b.case_no}")


async def test_a_question_that_the_word_does_not_answer_is_no_new_one(centre: SmsCentre) -> None:
    """A call-out comes between a 3 and its double: 3 is no answer to a call-out."""
    a, b = await two_held(centre)
    await centre.first.writes(f"3 {a.case_no}")
    await centre.first.receives("framme, noterat")
    async with centre.memory.transaction() as tx:
        await tx.execute("update messages set arrival = nextval('arrivals') where wording = 'call_out'")
    await centre.first.writes("3")
    await centre.first.receives(f"{a.case_no}: framme, noterat")
    assert await states(centre, b) == [(AlarmState.ACCEPTED, False)]


async def test_between_two_sites_the_same_word_asks_which(centre: SmsCentre) -> None:
    """4 at A, 3 at B, 4: done at B already, or A's 4 come twice? Asked again as long as no number says it."""
    a, b = await two_held(centre)
    await centre.first.writes(f"3 {a.case_no}")
    await centre.first.receives(f"{a.case_no}: framme").and_replies("4")
    await centre.first.receives(f"{a.case_no}: klar").and_replies("3")
    await centre.first.receives(f"Vilket, {b.case_no} eller {a.case_no}?").and_replies(f"3 {b.case_no}")
    await centre.first.receives(f"{b.case_no}: framme").and_replies("4")
    for text in ("4", f"4 {b.case_no}"):
        await centre.first.receives(
            f"Vilket, {b.case_no} eller {a.case_no}? Svara med numret, så här: 4 {b.case_no}"
        ).and_replies(text)
    await centre.first.receives(f"{b.case_no}: klar, noterat")


async def test_the_word_again_after_its_case_closed_is_of_that_case(centre: SmsCentre) -> None:
    a, b = await two_held(centre)
    await centre.first.writes(f"3 {a.case_no}")
    await centre.first.receives("framme").and_replies("4")
    await centre.first.receives(f"{a.case_no}: klar")
    await cases.apply_to_alarm(centre.memory, a.alarm_id, alarm_events.Close(uuid4(), Outcome.HELPED_UP), actor="test")
    await centre.first.writes("4")
    await centre.first.receives(f"{a.case_no} är avslutat. Tack.")
    assert await states(centre, b) == [(AlarmState.ACCEPTED, False)]


async def test_a_4_that_crosses_the_closing_of_its_case_asks(centre: SmsCentre) -> None:
    a, b = await two_held(centre)
    await centre.first.writes(f"3 {a.case_no}")
    await centre.first.receives("framme")
    await cases.apply_to_alarm(centre.memory, a.alarm_id, alarm_events.Close(uuid4(), Outcome.HELPED_UP), actor="test")
    await centre.first.receives(f"{a.case_no} är avslutat. Tack.").and_replies("4")
    await centre.first.receives(f"Vilket, {b.case_no} eller {a.case_no}?")
    assert await states(centre, b) == [(AlarmState.ACCEPTED, False)]


async def test_the_order_is_that_of_arrival_though_the_clock_goes_back(centre: SmsCentre) -> None:
    a, b = await two_held(centre)
    await centre.first.writes(f"3 {a.case_no}")
    await centre.first.receives("framme").and_replies("4")
    await centre.first.receives(f"{a.case_no}: klar")
    await centre.move_clock(-120)
    await centre.first.writes("4")
    await centre.first.receives(f"{a.case_no}: klar")
    assert await states(centre, b) == [(AlarmState.ACCEPTED, False)]


async def test_the_muster_answered_twice_is_answered_twice(centre: SmsCentre) -> None:
    async with centre.memory.transaction() as tx:
        await tx.execute("update shifts set muster_asked_at = clock.now() where patrol = 'Patrull 1'")
    for _ in range(2):
        await centre.first.writes("1")
        await centre.first.receives("Tack. Larm i omr 3")
    assert len(await centre.rows("select 1 from events where kind = 'mustered'")) == 1


async def test_a_key_and_an_sms_are_the_same_word(centre: SmsCentre) -> None:
    """2 pressed in A's call, and 2 written because the line was bad: B, which the phone has taken, stays taken."""
    a = await centre.alarm(1, resident=0)
    await centre.first.receives(f"Larm {a.case_no} PRIO 1")
    await centre.until_message_is("sent")
    b = await centre.alarm(2, resident=1)
    await centre.first.receives(f"Larm {b.case_no} PRIO 2").and_replies(f"1 {b.case_no}")
    await centre.first.receives(f"{b.case_no} är ditt")
    await centre.pass_time(90)
    await centre.first.is_called().and_presses("2")
    await centre.first.receives(f"{a.case_no}: du har sagt nej").and_replies("2")
    await centre.first.receives(f"{a.case_no}: du har sagt nej")
    await centre.second.receives(f"Larm {a.case_no} PRIO 1")
    rows = await centre.rows("select state from notices where alarm_id = $1 and phone = $2", b.alarm_id, FIRST)
    assert [row["state"] for row in rows] == [NoticeState.TOOK]


async def test_a_word_on_the_page_and_an_sms_are_the_same_word(centre: SmsCentre) -> None:
    """Framme pressed on A's page, and 3 written because the page was slow: nobody is at B's."""
    a, b = await two_held(centre)
    viewer = await viewer_in(centre.memory, a.org)
    for notice in (await centre.now_is(a.alarm_id)).takers:
        await cases.apply_page_reply(centre.memory, a.alarm_id, [alarm_events.Arrived(notice.notice_id)], viewer=viewer)
    await centre.first.receives(f"{a.case_no}: framme, noterat").and_replies("3")
    await centre.first.receives(f"{a.case_no}: framme, noterat")
    assert await states(centre, a, b) == [(AlarmState.ON_SITE, False), (AlarmState.ACCEPTED, False)]
