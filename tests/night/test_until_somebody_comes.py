"""An alarm until somebody has come, as dialogues: nobody answers, somebody is late, an operator turns it round, a shift ends."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import pytest

from alarm_center.casework import cases, steps
from alarm_center.core.alarm import Alarm, alarm_events
from alarm_center.core.alarm.state import AlarmState
from alarm_center.store import health, towns
from schemas.vocabulary import AlarmKind, Outcome, Priority, TroubleKind
from tests.support.carer import Carer
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, NUMBER, SmsCentre, sms_centre

FIXED: Final = "+46101112233"


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        running.carers[FIXED] = Carer(running.api, FIXED, NUMBER, (running.elks,))
        await running.rows("update organisations set fixed_number = $1 returning 1", FIXED)
        yield running


async def taken(centre: SmsCentre, priority: int = 1) -> Alarm:
    """Return an alarm that the first patrol has taken."""
    alarm = await centre.alarm(priority)
    await centre.first.receives(f"PRIO {priority}").and_replies("1")
    await centre.first.receives("är ditt")
    await centre.all_arrive()
    return await centre.now_is(alarm.alarm_id)


async def notice_of(centre: SmsCentre, alarm: Alarm) -> UUID:
    return (await centre.now_is(alarm.alarm_id)).takers[0].notice_id


async def happens(centre: SmsCentre, alarm: Alarm, event: alarm_events.AlarmEvent) -> None:
    await cases.apply_to_alarm(centre.memory, alarm.alarm_id, event, actor="test")
    centre.memory.hint()


async def nobody_else_hears(centre: SmsCentre, minutes: float) -> None:
    """Let time pass in which nobody is told anything."""
    await centre.all_arrive()
    await centre.pass_time(60 * minutes)
    await centre.finish_sending()
    centre.nothing_unexpected()


async def visit(centre: SmsCentre, minutes: float) -> Alarm:
    """Return a visit that is due in so many minutes."""
    async with centre.memory.transaction() as tx:
        home = await towns.of_resident(tx, centre.residents[0])
        at = await centre.memory.now()
        wanted = steps.AlarmToRaise(
            AlarmKind.MANUAL, Priority.THIRD, None, "test", at, visit_by=at + timedelta(minutes=minutes)
        )
        return await steps._open_alarm(tx, home, wanted)


async def test_a_visit_that_nobody_accepts_is_an_alarm(centre: SmsCentre) -> None:
    await centre.rows(
        "update shifts set ends_at = clock.now() where role = 'patrol' and patrol <> 'Patrull 1' returning 1"
    )
    planned = await visit(centre, 50)
    await centre.hold_clock()
    centre.memory.hint()
    await centre.pass_time(0)
    await centre.first.receives(f"Besök {planned.case_no} omr 3 kl … inte larm.")
    await centre.all_arrive()
    await centre.pass_time(15 * 60)
    await centre.first.receives("…")
    await centre.all_arrive()
    await centre.pass_time(36 * 60)
    await centre.first.receives(f"Larm {planned.case_no} PRIO 2").and_replies("1")
    await centre.first.receives(f"{planned.case_no} är ditt")
    await centre.finish_sending()
    await centre.lead.receives(f"Larm {planned.case_no} PRIO 2 omr 3 har ingen patrull")
    await centre.lead.receives(f"{planned.case_no} är redan taget av Patrull 1")


async def test_a_visit_that_is_accepted_stays_a_visit(centre: SmsCentre) -> None:
    planned = await visit(centre, 50)
    centre.memory.hint()
    await centre.first.receives(f"Besök {planned.case_no}").and_replies("1")
    await centre.first.receives("är ditt").and_replies("3")
    await centre.first.receives("framme, noterat").and_replies("4")
    await centre.first.receives("klar, noterat")
    assert (await centre.now_is(planned.alarm_id)).visit


async def test_nobody_answers_until_the_board_does(centre: SmsCentre) -> None:
    """Three rounds, then the lead and the fixed number each five minutes, red, until a person has seen it."""
    alarm = await centre.alarm(1)
    for _ in range(40):
        await centre.all_arrive()
        await centre.pass_time(60)
        if any(trouble.kind is TroubleKind.NOT_TAKEN for trouble in (await centre.now_is(alarm.alarm_id)).troubles):
            break
    await centre.finish_sending()
    await centre.carers[FIXED].is_called()
    async with centre.memory.transaction() as tx:
        assert await health.count_red(tx) == 1
    await happens(centre, alarm, alarm_events.AcknowledgeTrouble(uuid4(), TroubleKind.NOT_TAKEN))
    async with centre.memory.transaction() as tx:
        assert await health.count_red(tx) == 0
    asked = {carer.phone: carer.unread() for carer in centre.carers.values()}
    for carer in centre.carers.values():
        for item in asked[carer.phone]:
            assert item.body is None or str(alarm.case_no) in item.body, "each text names the case that it is about"
            await (carer.is_called() if item.body is None else carer.receives("…"))
    await centre.first.writes("1")
    await centre.first.receives(f"{alarm.case_no} är ditt")
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.ACCEPTED
    await centre.finish_sending()
    for carer in (centre.second, centre.lead, centre.carers[FIXED]):
        for _ in carer.unread():
            await carer.receives(f"{alarm.case_no} är redan taget av Patrull 1")


async def test_everybody_says_no_and_the_lead_is_next(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    for carer in (centre.first, centre.second):
        await carer.receives(f"Larm {alarm.case_no} PRIO 1").and_replies("2")
        await carer.receives(f"{alarm.case_no}: du har sagt nej")
    await centre.lead.receives(f"Larm {alarm.case_no} PRIO 1 omr 3 har ingen patrull").and_replies("1")
    await centre.lead.receives("är ditt")


async def test_a_taken_alarm_alerts_nobody_more(centre: SmsCentre) -> None:
    alarm = await taken(centre)
    await nobody_else_hears(centre, 20)
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.ACCEPTED


async def test_not_there_in_time_is_told_and_asked(centre: SmsCentre) -> None:
    alarm = await taken(centre)
    await centre.pass_time(45 * 60)
    await centre.lead.receives(f"Larm {alarm.case_no} PRIO 1 omr 3 är taget men ingen är framme").and_replies("1")
    await centre.lead.receives("…")
    await centre.first.writes("3")
    await centre.first.receives("framme, noterat")
    assert not (await centre.now_is(alarm.alarm_id)).troubles


async def test_a_case_given_back_seeks_the_next_at_once(centre: SmsCentre) -> None:
    alarm = await taken(centre)
    await centre.first.writes("2")
    await centre.first.receives("du har sagt nej")
    await centre.second.receives(f"Larm {alarm.case_no} PRIO 1").and_replies("1")
    await centre.second.receives("är ditt")


async def test_an_operator_sends_another(centre: SmsCentre) -> None:
    alarm = await taken(centre)
    await happens(centre, alarm, alarm_events.ReplaceCarer(uuid4(), await notice_of(centre, alarm)))
    await centre.first.receives(f"{alarm.case_no}: någon annan ordnar det. Du behöver inte åka.")
    await centre.second.receives(f"Larm {alarm.case_no} PRIO 1").and_replies("1")
    await centre.second.receives("är ditt")


async def test_an_operator_calls_everybody_back(centre: SmsCentre) -> None:
    alarm = await taken(centre)
    await happens(centre, alarm, alarm_events.CancelDispatch(uuid4()))
    await centre.first.receives(f"{alarm.case_no} är återkallat. Du behöver inte åka.").and_replies("4")
    await centre.finish_sending()
    for _ in centre.first.unread():
        await centre.first.receives(f"{alarm.case_no}")
    assert (await centre.now_is(alarm.alarm_id)).state is not AlarmState.CLOSED


async def test_done_without_an_outcome_asks_for_it(centre: SmsCentre) -> None:
    alarm = await taken(centre)
    for word, answer in (("3", "framme, noterat"), ("4", "klar, noterat")):
        await centre.first.writes(word)
        await centre.first.receives(answer)
    await centre.all_arrive()
    await centre.pass_time(600)
    await centre.lead.receives(f"{alarm.case_no} omr 3: ingen behöver åka, men ingen har skrivit hur det gick.")
    await happens(centre, alarm, alarm_events.Close(uuid4(), Outcome.HELPED_UP))
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.CLOSED


async def test_an_arrival_after_the_close_is_answered(centre: SmsCentre) -> None:
    alarm = await taken(centre)
    await happens(centre, alarm, alarm_events.Close(uuid4(), Outcome.FALSE_ALARM))
    await centre.first.receives(f"{alarm.case_no} är återkallat").and_replies("3")
    await centre.first.receives("…")
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.CLOSED


async def at_the_shifts_end(centre: SmsCentre) -> Alarm:
    """Return an alarm whose owner, off duty in 19 minutes, has been asked whether they stay."""
    await centre.hold_clock()
    soon = "update shifts set ends_at = clock.now() + interval '30 min' where patrol = 'Patrull 1' returning 1"
    await centre.rows(soon)
    alarm = await taken(centre)
    await centre.pass_time(11 * 60)
    await centre.first.receives(f"Ditt pass slutar … {alarm.case_no} är ditt. Svara 6=stannar 2=lämna över.")
    return alarm


async def test_whoever_goes_off_duty_hands_it_over(centre: SmsCentre) -> None:
    alarm = await at_the_shifts_end(centre)
    await centre.first.writes("2")
    await centre.first.receives("…")
    await centre.second.receives(f"{alarm.case_no} PRIO 1").and_replies("1")
    await centre.second.receives("är ditt")


async def test_whoever_stays_after_the_shift_keeps_it(centre: SmsCentre) -> None:
    alarm = await at_the_shifts_end(centre)
    await centre.first.writes("6")
    await centre.first.receives(f"{alarm.case_no} är ditt")
    await nobody_else_hears(centre, 20)
    (owner,) = await centre.rows("select phone from notices where state = 'took'")
    assert owner["phone"] == FIRST
