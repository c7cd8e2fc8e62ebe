"""Carers' replies, as dialogues: what is understood is done once, and what is not reaches a person with sound."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.alarm.state import AlarmState
from alarm_center.sms import incoming_replies, missed_replies
from schemas.vocabulary import Outcome
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, NUMBER, SmsCentre, sms_centre
from tests.support.waiting import eventually

TAKES = incoming_replies.ReceivedReply("twilio", "SM1", FIRST, NUMBER, "1")


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


async def test_from_alarm_to_done(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    no = alarm.case_no
    await centre.first.receives(f"Larm {no} PRIO 1").and_replies("1")
    await centre.first.receives(f"{no} är ditt. Adress: https://natt.kommun.se/u/… ring +46101234567").and_replies(
        "Framme!"
    )
    await centre.first.receives(f"{no}: framme, noterat").and_replies(" 4. ")
    await centre.first.receives(f"{no}: klar, noterat. Skriv hur det gick: https")
    after = await centre.now_is(alarm.alarm_id)
    assert after.state is AlarmState.ON_SITE
    assert after.done_at is not None
    said = await centre.lines(alarm.alarm_id, ["reply"])
    assert [(data["meaning"], data["digit"], data["heed"]) for _, data in said] == [
        ("take", "1", "nothing"), ("on_site", "3", "nothing"), ("done", "4", "nothing"),
    ]  # fmt: skip
    assert FIRST not in str(said)


async def test_the_same_reply_again_does_nothing(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    sid = await centre.first.writes("1")
    await centre.first.writes("1", sid=sid)
    await centre.first.receives("är ditt")
    assert len(await centre.lines(alarm.alarm_id, ["reply"])) == 1


async def test_two_who_answer_at_once_are_told_who_has_it(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.pass_time(180)
    await centre.second.receives("Larm … PRIO 1")
    await centre.first.is_called()
    await asyncio.gather(centre.first.writes("1"), centre.second.writes("1"))
    owner = (await centre.now_is(alarm.alarm_id)).takers[0].notice_id
    (row,) = await centre.rows("select phone from notices where notice_id = $1", owner)
    winner = centre.carers[row["phone"]]
    loser = centre.second if winner is centre.first else centre.first
    await winner.receives("är ditt")
    for _ in ("by the acceptance", "as the answer to a 1 that came too late"):
        await loser.receives("är redan taget av Patrull")


async def test_too_late_is_answered_with_who_has_it(centre: SmsCentre) -> None:
    await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.pass_time(180)
    await centre.first.is_called()
    await centre.second.receives("Larm … PRIO 1").and_replies("1")
    await centre.second.receives("är ditt")
    await centre.first.receives("är redan taget av Patrull 2. Du behöver inte åka.").and_replies("1")
    await centre.first.receives("är redan taget av Patrull 2. Du behöver inte åka.")


async def test_no_goes_to_the_next_at_once(centre: SmsCentre) -> None:
    await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies("kan inte")
    await centre.first.receives("du har sagt nej. Vi frågar någon annan.")
    await centre.second.receives("Larm … PRIO 1")


async def test_of_two_alarms_a_bare_one_takes_the_urgent_and_says_so(centre: SmsCentre) -> None:
    calm = await centre.alarm(2, resident=0)
    await centre.first.receives("PRIO 2")
    urgent = await centre.alarm(1, resident=1)
    await centre.first.receives("PRIO 1").and_replies("1")
    await centre.first.receives(f"{urgent.case_no} är ditt")
    await centre.first.receives(
        f"Du tog {urgent.case_no} (prio 1). {calm.case_no} söker en annan patrull. Tar du båda: svara 1 {calm.case_no}."
    ).and_replies(f"1 {calm.case_no}")
    await centre.first.receives(f"{calm.case_no} är ditt")
    assert (await centre.now_is(calm.alarm_id)).state is AlarmState.ACCEPTED


async def test_a_patrol_on_its_way_reads_which_case_is_over(centre: SmsCentre) -> None:
    own = await centre.alarm(1, resident=0)
    await centre.first.receives("Larm … PRIO 1").and_replies("1")
    await centre.first.receives(f"{own.case_no} är ditt")
    second = await centre.alarm(2, resident=1)
    await centre.second.receives(f"Larm {second.case_no} PRIO 2").and_replies("2")
    await centre.second.receives(f"{second.case_no}: du har sagt nej")
    await centre.first.receives(f"Du tog {own.case_no} (prio 1). {second.case_no} söker en annan patrull.")
    await centre.first.writes(f"1 {second.case_no}")
    await centre.first.receives(f"{second.case_no} är ditt")
    closing = alarm_events.Close(uuid4(), Outcome.FALSE_ALARM)
    await cases.apply_to_alarm(centre.memory, second.alarm_id, closing, actor="test")
    await centre.first.receives(f"{second.case_no} är återkallat. Du behöver inte åka.")
    assert (await centre.now_is(own.alarm_id)).state is AlarmState.ACCEPTED


async def test_a_town_with_spoiled_texts_is_still_asked_by_number(centre: SmsCentre) -> None:
    async with centre.memory.transaction() as tx:
        await tx.execute("update organisations set link_host = $1", "nattlig-fjarrtillsyn." * 5 + "kommun.se")
    alarm = await centre.alarm(1)
    await centre.first.receives(f"Larm {alarm.case_no} PRIO 1: 1 / 2").and_replies("1")
    await centre.first.receives(f"Larm {alarm.case_no}: ring +46101234567: 3 / 4 / 5 / 9")
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.ACCEPTED


async def test_a_slip_after_done_is_still_heard(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies("1")
    await centre.first.receives("är ditt").and_replies("3")
    await centre.first.receives("framme").and_replies("4")
    await centre.first.receives("klar").and_replies("5")
    await centre.first.receives("kommer inte in, noterat. Vi ringer dig.")
    assert (await centre.now_is(alarm.alarm_id)).done_at is None
    assert (await centre.lines(alarm.alarm_id, ["reply"]))[-1][1]["heed"] == "sound"
    await centre.lead.receives("Patrull 1 kommer inte in")


# ---- words for a person ----

WORDS = [
    "Dörren är låst men jag ser någon på golvet",
    "\N{THUMBS UP SIGN}",
    "x" * 4_000,
    "",
    "   \N{ZERO WIDTH SPACE}",
    "bin\x00är",
    "5 min kvar",
]


@pytest.mark.parametrize("text", WORDS, ids=["words", "emoji", "long", "empty", "blank", "nul", "nearly"])
async def test_words_in_an_open_case_reach_the_operator_with_sound(centre: SmsCentre, text: str) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies(text)
    await centre.first.receives("en operatör läser det nu.")
    ((_, data),) = await centre.lines(alarm.alarm_id, ["reply_text"])
    assert data["heed"] == "sound"
    if text.strip() and len(text) > 3:
        assert text[:20] not in str(data)
    (row,) = await centre.rows("select body, alarm_id, seen_at from replies")
    assert (row["body"], row["alarm_id"], row["seen_at"]) == (text.replace("\x00", ""), alarm.alarm_id, None)
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.DISPATCHED, "nothing counts as a yes"


async def test_two_machines_do_not_write_to_each_other_all_night(centre: SmsCentre) -> None:
    for _ in range(6):
        await centre.first.writes("Jag är inte på kontoret")
    for _ in range(3):
        await centre.first.receives("En operatör läser det nu.")
    assert len(await centre.rows("select 1 from messages")) == 3
    assert len(await centre.rows("select 1 from replies where seen_at is null")) == 6, "each is there to read"


async def test_a_stranger_gets_no_answer_and_leaves_no_words(centre: SmsCentre) -> None:
    await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.api.reply("+46700000077", NUMBER, "1")
    rows = await centre.rows("select org, body, meaning from replies")
    assert [tuple(row.values()) for row in rows] == [(None, "", "unknown_number")]


async def test_a_carer_is_a_stranger_to_another_towns_number(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.api.reply(FIRST, "+46700000999", "1")
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.DISPATCHED


# ---- help ----


async def test_help_without_a_case_becomes_an_alarm(centre: SmsCentre) -> None:
    await centre.second.writes("9")
    await centre.second.receives("Vi har fått att du behöver hjälp och ringer dig nu.")
    (row,) = await centre.rows("select alarm_id, kind, priority, resident_id, state from alarms")
    assert (row["kind"], row["priority"], row["resident_id"]) == ("manual", 1, None)
    ((_, data),) = await centre.lines(row["alarm_id"], ["reply"])
    assert (data["meaning"], data["heed"]) == ("help", "sound")
    for carer in (centre.first, centre.lead):
        await carer.receives("Patrull 2 behöver hjälp vid")


async def test_help_in_a_case_seeks_another_and_is_heard_with_sound(centre: SmsCentre) -> None:
    alarm = await centre.alarm(2)
    await centre.first.receives("PRIO 2").and_replies("1")
    await centre.first.receives("är ditt").and_replies("HJÄLP")
    await centre.first.receives("Vi har fått att du behöver hjälp")
    await centre.second.receives("Patrull 1 behöver hjälp vid … Svara 1=åker 2=kan inte.")
    await centre.lead.receives("Patrull 1 behöver hjälp vid … Svara 1=jag ordnar 2=kan inte.")
    assert (await centre.lines(alarm.alarm_id, ["reply"]))[-1][1]["heed"] == "sound"


async def test_help_after_the_case_was_closed_is_heard(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies("1")
    await centre.first.receives("är ditt")
    closing = alarm_events.Close(uuid4(), Outcome.FALSE_ALARM)
    await cases.apply_to_alarm(centre.memory, alarm.alarm_id, closing, actor="test")
    await centre.first.receives("är återkallat").and_replies("9")
    await centre.first.receives("Vi har fått att du behöver hjälp")
    for carer in (centre.second, centre.lead):
        await carer.receives("Patrull 1 behöver hjälp vid")
    assert (await centre.lines(alarm.alarm_id, ["reply"]))[-1][1]["heed"] == "sound"


async def test_what_goes_wrong_inside_still_reaches_a_person(
    centre: SmsCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")

    async def broken(*_: object) -> None:
        raise ArithmeticError("a fault of ours")

    monkeypatch.setattr(cases, "lock_and_step_alarm", broken)
    await centre.first.writes("1")
    await centre.first.receives(f"{alarm.case_no}: en operatör läser det nu.")
    assert (await centre.lines(alarm.alarm_id, ["reply"]))[-1][1]["heed"] == "sound"
    (row,) = await centre.rows("select meaning, seen_at from replies")
    assert (row["meaning"], row["seen_at"]) == ("take", None)


# ---- muster ----


@pytest.mark.parametrize(("text", "holds", "answer"), [("1", True, "Tack. Larm i omr 3"), ("nej", False, "Noterat.")])
async def test_the_muster_is_answered(centre: SmsCentre, text: str, holds: bool, answer: str) -> None:
    async with centre.memory.transaction() as tx:
        await tx.execute("update shifts set muster_asked_at = clock.now() where patrol = 'Patrull 1'")
    await centre.first.writes(text)
    await centre.first.receives(answer)
    rows = await centre.rows("select patrol, mustered from shifts order by patrol")
    assert [row["mustered"] for row in rows] == [None, holds, None]
    (line,) = await centre.rows("select data from events where kind = 'mustered'")
    assert line["data"]["holds"] is holds


async def test_a_deadlock_is_tried_again_and_not_taken_for_a_fault(
    centre: SmsCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    real, tries = cases.lock_and_step_alarm, []

    async def once_dead(*args: object) -> object:
        from asyncpg.exceptions import DeadlockDetectedError

        tries.append(1)
        if len(tries) == 1:
            raise DeadlockDetectedError("a deadlock")
        return await real(*args)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(cases, "lock_and_step_alarm", once_dead)
    assert await incoming_replies.receive_reply(centre.memory, TAKES) == "take"
    await centre.first.receives("är ditt")
    assert len(tries) == 2
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.ACCEPTED


async def test_replies_while_the_outbox_is_away_wait_for_it(centre: SmsCentre) -> None:
    await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.crash()
    await centre.first.writes("1")
    await eventually(lambda: len(centre.api.messages) == 1)
    centre.restart()
    await centre.first.receives("är ditt")


async def test_a_reply_that_came_while_we_were_away_is_fetched(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.stop()
    written = centre.api.writes(FIRST, NUMBER, "1")
    centre.restart()
    await centre.first.receives("är ditt")
    assert await missed_replies.fetch_missed_replies(centre.memory, centre.provider()) == 0, "once"
    await centre.first.writes("1", sid=written.sid)
    assert len(await centre.lines(alarm.alarm_id, ["reply"])) == 1


async def test_an_address_that_fails_is_read_out_by_somebody(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies("1")
    await centre.first.receives("är ditt")
    granted = next(item for item in centre.api.messages if "är ditt" in (item.body or ""))
    for _ in range(2):
        await centre.api.status(granted, "failed", error="30003")
    await centre.lead.receives("har inte fått adressen. Ring 070-000 00 01. Svara 1=jag ordnar").and_replies("1")
    await centre.lead.receives("tack, du ordnar. Patrull 1 har 070-000 00 01.")
    assert [line["trouble"] for _, line in await centre.lines(alarm.alarm_id, ["trouble_acknowledged"])] == [
        "undelivered"
    ]
    assert len(await centre.lines(alarm.alarm_id, ["address_undelivered"])) == 1
