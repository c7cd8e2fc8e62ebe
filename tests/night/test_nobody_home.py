"""Nobody home, as dialogues: "Vet du var?", 112 at once or after a quarter of an hour, and no end without a person or a reason."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import Alarm, alarm_events
from alarm_center.core.alarm.alarm_ending import NobodyFound
from alarm_center.core.alarm.state import AlarmState
from schemas.vocabulary import Outcome, TroubleKind
from tests.support.postgres import Database
from tests.support.sms_centre import SmsCentre, sms_centre

NOBODY = TroubleKind.NOBODY_HOME


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


async def empty_home(centre: SmsCentre, word: str = "ingen hemma") -> Alarm:
    """Return an alarm whose carer finds nobody, and has been asked where the person is."""
    alarm = await centre.alarm(2)
    await centre.hold_clock()
    await centre.first.receives("PRIO 2").and_replies("1")
    await centre.first.receives("är ditt").and_replies("3")
    await centre.first.receives("framme").and_replies(word)
    await centre.first.receives(
        f"{alarm.case_no}: ingen hemma, noterat. Vet du var? Svara 1=sjukhus 2=hos anhörig 3=nej."
    )
    await centre.lead.receives("ingen hemma enligt Patrull 1. Ring … 1=jag ordnar")
    return alarm


async def kinds(centre: SmsCentre, alarm: Alarm) -> list[TroubleKind]:
    return [trouble.kind for trouble in (await centre.now_is(alarm.alarm_id)).troubles]


@pytest.mark.parametrize(
    ("text", "line"),
    [("1", "said_hospital"), ("2", "said_relative"), ("2 {no}", "said_relative"), ("hos anhörig", "said_relative"), ("1 sjukhus", "said_hospital")],
)  # fmt: skip
async def test_where_the_person_is_ends_the_trouble(centre: SmsCentre, text: str, line: str) -> None:
    alarm = await empty_home(centre, "Ingen är hemma")
    text = text.format(no=alarm.case_no)
    await centre.first.writes(text)
    where = "sjukhus" if line == "said_hospital" else "hos anhörig"
    noted = f"{alarm.case_no}: noterat var personen är: {where}. Fel: ring …. Skriv hur det gick: https"
    await centre.first.receives(noted)
    await centre.lead.receives("någon annan ordnar det")
    assert await kinds(centre, alarm) == []
    assert len(await centre.lines(alarm.alarm_id, [line])) == 1
    assert (await centre.lines(alarm.alarm_id, ["reply"]))[-1][1]["heed"] == "show"
    await centre.first.writes(text)
    await centre.first.receives(noted)
    after = await centre.now_is(alarm.alarm_id)
    assert (after.state, len(after.takers)) == (AlarmState.ON_SITE, 1), "a 2 that came twice gives nothing back"


@pytest.mark.parametrize("text", ["3", "nej", "vet inte"])
async def test_not_knowing_where_has_112_rung_in_15_min(centre: SmsCentre, text: str) -> None:
    """A home at −12 °C with nobody in it: a lead who sees to it puts nothing off."""
    alarm = await empty_home(centre)
    await centre.first.writes(text)
    await centre.first.receives("noterat. Leta runt huset och fråga grannar. Utan besked … ringer vi 112.")
    await centre.lead.writes("1")
    await centre.lead.receives("tack, du ordnar")
    (nobody,) = (await centre.now_is(alarm.alarm_id)).troubles
    assert nobody.acknowledged and nobody.search_at == nobody.began_at + timedelta(minutes=15) == nobody.louder_at
    await centre.pass_time(15 * 60)
    (nobody,) = (await centre.now_is(alarm.alarm_id)).troubles
    assert nobody.loud and not nobody.acknowledged
    await centre.first.writes("hittad")
    await centre.first.receives(f"{alarm.case_no}: hittad, noterat. Svara 4=klar 9=hjälp")
    assert await kinds(centre, alarm) == []
    assert (await centre.rows("select red_at from alarms"))[0]["red_at"] is None


async def test_who_may_go_out_has_112_rung_at_once(centre: SmsCentre) -> None:
    async with centre.memory.transaction() as tx:
        await tx.execute("update residents set marks = '{may_go_out}'")
    alarm = await empty_home(centre)
    (nobody,) = (await centre.now_is(alarm.alarm_id)).troubles
    assert nobody.loud and nobody.search_at == nobody.began_at, "the board is red, and says 112"


async def test_done_finds_nobody_and_ends_nothing(centre: SmsCentre) -> None:
    alarm = await empty_home(centre)
    await centre.first.writes("4")
    await centre.first.receives("klar, noterat")
    assert await kinds(centre, alarm) == [NOBODY]
    for outcome in (Outcome.FALSE_ALARM, Outcome.EMERGENCY_CALLED):
        with pytest.raises(NobodyFound):
            closing = alarm_events.Close(uuid4(), outcome)
            await cases.apply_to_alarm(centre.memory, alarm.alarm_id, closing, actor="test")
    closing = alarm_events.Close(uuid4(), Outcome.WELL_ELSEWHERE)
    await cases.apply_to_alarm(centre.memory, alarm.alarm_id, closing, actor="test")
    await centre.lead.receives("återkallat")


async def test_an_unclear_answer_is_asked_for_by_words(centre: SmsCentre) -> None:
    alarm = await empty_home(centre)
    await centre.first.writes("ja")
    await centre.first.receives(
        f"{alarm.case_no}: oklart svar. Var är personen? Skriv sjukhus, hos anhörig eller vet inte."
    )
    assert await kinds(centre, alarm) == [NOBODY]
    await centre.first.writes("hos anhörig")
    await centre.first.receives("noterat var personen är: hos anhörig")
    await centre.lead.receives("någon annan ordnar det")


async def test_a_1_with_another_case_asks_which(centre: SmsCentre) -> None:
    alarm = await empty_home(centre)
    other = await centre.alarm(1, resident=1)
    await centre.second.receives(f"Larm {other.case_no}").and_replies("2")
    await centre.second.receives("du har sagt nej")
    await centre.first.receives(f"Du tog {alarm.case_no} (prio 2). {other.case_no} söker en annan").and_replies("1")
    await centre.first.receives(f"Vad menar du? Svara 1 {alarm.case_no}=sjukhus eller 1 {other.case_no}=tar.")
    await centre.first.writes("nej")
    await centre.first.receives(f"Vad menar du? Svara 3 {alarm.case_no}=nej eller 2 {other.case_no}=kan inte.")
    await centre.first.writes(f"1 {alarm.case_no}")
    await centre.first.receives("noterat var personen är")
    await centre.lead.receives("…")
    await centre.lead.receives("någon annan ordnar det")
    assert not (await centre.now_is(other.alarm_id)).takers
