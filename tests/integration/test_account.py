"""Checks and alarms on a real database: what is owed, late and repeated sessions, withdrawn consent, two clockworks."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from alarm_center import inbox
from alarm_center.casework import cases, configs
from alarm_center.casework.editing import Editor
from alarm_center.clockwork import Clockwork
from alarm_center.core.alarm import alarm_events
from alarm_center.core.alarm.state import AlarmState
from alarm_center.core.check.check_events import AskAgain, PersonSaid
from alarm_center.core.check.state import CheckState
from alarm_center.core.decision import IllegalMove
from alarm_center.devices import presence
from alarm_center.devices.last_heard import LastHeard
from alarm_center.preparation import pauses, planning
from alarm_center.store import devices
from alarm_center.store.memory import Memory
from alarm_center.store.plans import Pause
from schemas import wire
from schemas.messages import Evidence, Finding, Preflight, Status
from schemas.vocabulary import Answer, CancelReason, Instead, LinkState, Outcome, Priority, Reason
from tests.support.busy_town import found, heard, move, open_check, resident
from tests.support.by_hand import raise_manual_alarm
from tests.support.postgres import Database

ORG = "ost"


class Account:
    """A town with one resident who is due in five minutes, and words for what happens to it."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.inbox = inbox.Inbox(memory, LastHeard(memory))

    async def found(self) -> None:
        self.resident_id = await found(self.memory, ORG)

    async def opens(self) -> None:
        self.check_id = await open_check(self.memory, self.resident_id)

    async def finds(
        self, answer: Answer, *reasons: Reason, session_id: str = "s1", attempt: int = 1, **more: Any
    ) -> None:
        green: dict[str, Any] = {"people": 1, "evidence": (Evidence(what="small_movement", zone="bed"),)}
        finding = Finding(
            **{
                "session_id": session_id,
                "org": ORG,
                "device": f"{ORG}-1",
                "check_id": self.check_id,
                "attempt": attempt,
                "answer": answer,
                "reasons": reasons,
                "started_at": await self.memory.now(),
                "detector": "d1",
                **(green if answer is Answer.IN_BED else {}),
                **more,
            }
        )
        await self.inbox.on_finding(f"fjarrtillsyn/v1/{ORG}/{finding.device}/finding", wire.encode(finding))

    async def passes(self, by: timedelta) -> None:
        """Time passes; the devices go on saying that they are there."""
        await move(self.memory, by)
        await heard(self.memory)
        await Clockwork(self.memory).cycle()

    async def value(self, question: str, *values: Any) -> Any:
        async with self.memory.transaction() as tx:
            return await tx.fetchval(question, *values)

    async def state(self) -> str:
        state: str = await self.value("select state from checks where check_id = $1", self.check_id)
        return state

    async def alarm_id(self) -> Any:
        return await self.value("select alarm_id from alarms order by opened_at desc limit 1")

    async def lines(self, kind: str) -> int:
        count: int = await self.value("select count(*) from events where kind = $1", kind)
        return count


@pytest.fixture
async def account(database: Database) -> AsyncIterator[Account]:
    memory = await Memory.open(database.worker)
    try:
        made = Account(memory)
        await made.found()
        yield made
    finally:
        await memory.close()


# ---- what is owed ----


async def test_making_the_rows_may_be_repeated_and_by_two_at_once(account: Account) -> None:
    made = await asyncio.gather(*(planning.plan_all_towns(account.memory) for _ in range(4)))
    assert sum(made) == await account.value("select count(*) from checks") == 2, "36 hours ahead: two nights"


async def test_the_devices_list_is_what_its_resident_is_owed(account: Account) -> None:
    await planning.plan_all_towns(account.memory)
    wanted = await account.value("select config->'attempts' from devices")
    assert len(wanted) == 2
    version = await account.value("select wanted_version from devices")
    await planning.plan_all_towns(account.memory)
    assert await account.value("select wanted_version from devices") == version, "nothing new, no new version"


async def test_a_withdrawn_consent_cancels_each_coming_check(account: Account) -> None:
    await planning.plan_all_towns(account.memory)
    count = await pauses.revoke_consent(
        account.memory, account.resident_id, "resident", instead=Instead.VISIT, editor=Editor("planner")
    )
    assert count == 2
    assert await account.value("select config->'attempts' from devices") == []
    assert await account.value("select config->'withdrawn' from devices") is True
    assert (
        await account.value("select count(*) from checks where cancel_reason = 'consent_revoked' and instead = 'visit'")
        == 2
    )
    assert await account.value("select count(*) from alarms where visit") == 2
    await planning.plan_all_towns(account.memory)
    assert await account.value("select count(*) from checks where next_step_at is not null") == 0


async def test_no_consent_of_a_cohabitant_keeps_the_camera_dark(account: Account) -> None:
    async with account.memory.transaction() as tx:
        await tx.execute("update residents set cohabitant = 'C'")
        device = await devices.get(tx, ORG, f"{ORG}-1")
    assert device is not None
    assert not device.consented
    await planning.plan_all_towns(account.memory)
    assert await account.value("select coalesce(config->'attempts', '[]') from devices") == []


async def test_a_pause_ends_the_checks_in_it_and_leaves_the_others(account: Account) -> None:
    await planning.plan_all_towns(account.memory)
    at = await account.memory.now()
    count = await pauses.pause_checks(
        account.memory,
        account.resident_id,
        Pause(CancelReason.PAUSE_HOSPITAL, at, at + timedelta(hours=12), "daughter", Instead.NOTHING),
        editor=Editor("planner"),
    )
    assert count == 1
    assert await account.value("select count(*) from checks where state = 'planned'") == 1
    assert len(await account.value("select config->'attempts' from devices")) == 1


async def test_silence_is_an_alarm(account: Account) -> None:
    """No session, and again none to the command: technical, and somebody is sent."""
    await account.opens()
    await account.passes(timedelta(minutes=10, seconds=20))
    assert await account.state() == CheckState.OPEN
    assert await account.value("select cause from attempts order by number desc limit 1") == "retry"
    await account.passes(timedelta(minutes=3, seconds=10))
    assert await account.state() == CheckState.ALARMED
    assert await account.value("select kind from alarms") == "technical"
    await account.passes(timedelta(minutes=3))
    assert await account.value("select count(*) from messages where wording = 'call_out'") == 1


async def test_after_an_outage_each_check_ends_within_one_cycle(account: Account) -> None:
    await planning.plan_all_towns(account.memory)
    await move(account.memory, timedelta(hours=5))
    await Clockwork(account.memory).cycle()
    row = await account.value("select (state, late) from checks order by opens_at limit 1")
    assert tuple(row) == ("alarmed", True)


# ---- late and concurrent ----


async def test_the_same_session_gets_the_same_receipt_and_nothing_else(account: Account) -> None:
    await account.opens()
    await asyncio.gather(*(account.finds(Answer.SOMETHING_WRONG, Reason.ON_FLOOR) for _ in range(5)))
    assert await account.value("select count(*) from sessions") == 1
    assert await account.value("select count(*) from alarms") == 1
    assert await account.value("select count(*) from messages") == 1
    assert await account.lines("finding") == 1
    async with account.memory.transaction() as tx:
        await tx.execute("delete from receipts")
    await account.finds(Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    assert await account.value("select state from receipts") == "committed", "asked again, told again"


async def test_in_bed_after_the_alarm_clears_it_and_stops_the_patrol(account: Account) -> None:
    await account.opens()
    await account.finds(Answer.CANNOT_TELL, Reason.STILL)
    assert await account.value("select state from alarms") == AlarmState.DISPATCHED
    await cases.apply_to_check(account.memory, account.check_id, AskAgain("op", 10), actor="op")
    await account.finds(Answer.IN_BED, session_id="s2", attempt=2)
    assert await account.state() == CheckState.ALARMED, "it stays alarmed"
    assert await account.value("select condition from alarms") == "cleared"
    assert await account.value("select count(*) from messages where wording = 'stood_down'") == 1
    assert await account.value("select next_step_at is not null from alarms"), "a person closes it"


async def test_in_bed_after_a_fall_stops_nobody(account: Account) -> None:
    await account.opens()
    await account.finds(Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await cases.apply_to_check(account.memory, account.check_id, AskAgain("op", 10), actor="op")
    await account.finds(Answer.IN_BED, session_id="s2", attempt=2)
    assert await account.value("select condition from alarms") == "cleared", "shown, and people decide"
    assert await account.value("select state from alarms") == AlarmState.DISPATCHED
    assert await account.value("select count(*) from messages where wording = 'stood_down'") == 0


async def test_a_fall_after_a_green_check_opens_an_alarm(account: Account) -> None:
    await account.opens()
    await account.finds(Answer.IN_BED)
    assert await account.state() == CheckState.SEEN
    await account.finds(Answer.SOMETHING_WRONG, Reason.ON_FLOOR, session_id="s2")
    assert await account.state() == CheckState.SEEN
    assert await account.value("select kind from alarms") == "something_wrong"


async def test_another_session_of_an_answered_attempt_lowers_nothing(account: Account) -> None:
    await account.opens()
    await account.finds(Answer.CANNOT_TELL, Reason.STILL)
    await account.finds(Answer.IN_BED, session_id="s2")
    assert await account.value("select (condition, state)::text from alarms") == "(active,dispatched)"
    assert await account.lines("evidence") == 1


async def test_an_hour_late_is_never_green(account: Account) -> None:
    await account.opens()
    started_at = await account.memory.now()
    await account.passes(timedelta(minutes=11))
    await account.passes(timedelta(minutes=4))
    await move(account.memory, timedelta(hours=1))
    await account.finds(Answer.IN_BED, started_at=started_at)
    assert await account.state() == CheckState.ALARMED


async def test_without_consent_nothing_is_looked_at(account: Account) -> None:
    await account.opens()
    await pauses.revoke_consent(
        account.memory, account.resident_id, "resident", instead=Instead.NOTHING, editor=Editor("p")
    )
    await account.finds(Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    assert await account.value("select (receipt, refusal)::text from sessions") == "(refused,consent_revoked)"
    assert await account.value("select count(*) from alarms where not visit") == 0


async def test_withdrawn_consent_does_not_call_off_a_driving_patrol(account: Account) -> None:
    await account.opens()
    await account.finds(Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await pauses.revoke_consent(
        account.memory, account.resident_id, "resident", instead=Instead.NOTHING, editor=Editor("p")
    )
    assert await account.value("select state from alarms") == AlarmState.DISPATCHED
    assert await account.state() == CheckState.ALARMED


async def test_a_session_for_somebody_elses_check_is_refused(account: Account) -> None:
    await account.opens()
    async with account.memory.transaction() as tx:
        area = await tx.fetchval("select area_id from areas")
        await resident(tx, ORG, area, number=2, due_in=timedelta(minutes=30))
    await account.finds(Answer.IN_BED, device=f"{ORG}-2")
    assert await account.value("select refusal from sessions") == "unknown_attempt"
    assert await account.state() == CheckState.OPEN


async def test_a_device_that_is_not_ours_leaves_no_trace_but_a_count(account: Account) -> None:
    await account.opens()
    await account.finds(Answer.IN_BED, device="stranger")
    assert await account.value("select count(*) from sessions") == 0
    assert await account.state() == CheckState.OPEN


async def test_a_known_fault_is_alarmed_in_time_and_the_check_is_owed(account: Account) -> None:
    await planning.plan_all_towns(account.memory)
    check_id = await account.value("select check_id from checks order by opens_at limit 1")
    status = Status(link=LinkState.UP, preflight=(Preflight(check_id=check_id, attempt=1, fault="no camera"),))
    await presence.report_faults(account.memory, ORG, f"{ORG}-1", status)
    await Clockwork(account.memory).cycle()
    assert await account.value("select kind from alarms") == "technical"
    assert await account.value("select state from checks where check_id = $1", check_id) == CheckState.PLANNED
    await presence.report_faults(account.memory, ORG, f"{ORG}-1", Status(link=LinkState.UP, camera_ok=True))
    assert await account.value("select condition from alarms") == "cleared", "it has mended itself before anybody drove"


async def test_a_later_reason_joins_the_residents_open_case(account: Account) -> None:
    await account.opens()
    manual = await raise_manual_alarm(account.memory, account.resident_id, Priority.SECOND, actor="op")
    await account.finds(Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    assert await account.value("select count(*) from alarms") == 1
    assert await account.value("select alarm_id from checks where check_id = $1", account.check_id) == manual.alarm_id
    assert await account.value("select priority from alarms") == 1


async def test_two_reasons_at_the_same_moment_are_one_case(account: Account) -> None:
    await account.opens()
    await asyncio.gather(
        *(raise_manual_alarm(account.memory, account.resident_id, Priority.SECOND, actor="op") for _ in range(6)),
        account.finds(Answer.SOMETHING_WRONG, Reason.ON_FLOOR),
    )
    assert await account.value("select count(*) from alarms") == 1


# ---- people ----


async def test_staff_on_site_hold_the_camera_and_the_later_checks(account: Account) -> None:
    await account.opens()
    await account.finds(Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm_id = await account.alarm_id()
    notice = await account.value("select notice_id from notices")
    await cases.apply_to_alarm(account.memory, alarm_id, alarm_events.Took(notice), actor="c")
    await cases.apply_to_alarm(account.memory, alarm_id, alarm_events.Arrived(notice), actor="c")
    assert await account.value("select config->'attempts' from devices") == []
    assert await account.value("select bool_and(held) from checks where state = 'planned'")
    await cases.apply_to_alarm(account.memory, alarm_id, alarm_events.Done(notice, Outcome.HELPED_UP), actor="c")
    assert not await account.value("select bool_or(held) from checks where state = 'planned'")
    assert len(await account.value("select config->'attempts' from devices")) == 1


async def test_two_operators_and_one_claim(account: Account) -> None:
    alarm = await raise_manual_alarm(account.memory, account.resident_id, Priority.SECOND, actor="op")
    answers = await asyncio.gather(
        *(
            cases.apply_to_alarm(account.memory, alarm.alarm_id, alarm_events.ClaimCase(uuid4()), actor="op")
            for _ in range(5)
        ),
        return_exceptions=True,
    )
    assert Counter(type(a) for a in answers)[IllegalMove] == 4


async def test_a_check_that_is_not_to_look_cannot_be_confirmed(account: Account) -> None:
    await account.opens()
    with pytest.raises(IllegalMove):
        await cases.apply_to_check(account.memory, account.check_id, PersonSaid(Answer.IN_BED, "u", "s1"), actor="u")
    assert await account.state() == CheckState.OPEN


async def test_the_database_refuses_other_without_a_note(account: Account) -> None:
    alarm = await raise_manual_alarm(account.memory, account.resident_id, Priority.SECOND, actor="op")
    close = alarm_events.Close(uuid4(), Outcome.OTHER, note=True)
    with pytest.raises(asyncpg.CheckViolationError):
        await cases.apply_to_alarm(account.memory, alarm.alarm_id, close, actor="op")
    closed = await cases.apply_to_alarm(account.memory, alarm.alarm_id, close, actor="op", note="Flyttad till dottern")
    assert closed.state is AlarmState.CLOSED


# ---- two replicas ----


async def test_two_clocks_step_each_case_once(account: Account, database: Database) -> None:
    async with account.memory.transaction() as tx:
        area = await tx.fetchval("select area_id from areas")
        for number in range(2, 31):
            await resident(tx, ORG, area, number=number, due_in=timedelta(minutes=5))
    await planning.plan_all_towns(account.memory)
    await move(account.memory, timedelta(minutes=6))
    await heard(account.memory)
    other = await Memory.open(database.worker)
    try:
        stepped = await asyncio.gather(*(Clockwork(m).cycle() for m in (account.memory, other)))
    finally:
        await other.close()
    assert sum(stepped) == 30
    assert await account.lines("check_opened") == 30


async def test_one_case_that_fails_does_not_stop_the_others(account: Account) -> None:
    async with account.memory.transaction() as tx:
        area = await tx.fetchval("select area_id from areas")
        await resident(tx, ORG, area, number=2, due_in=timedelta(minutes=5))
        broken = account.resident_id
    await planning.plan_all_towns(account.memory)
    async with account.memory.transaction() as tx:
        await tx.execute('update plans set answers = \'{"recheck_minutes": "soon"}\' where resident_id = $1', broken)
    await move(account.memory, timedelta(minutes=6))
    await heard(account.memory)
    await Clockwork(account.memory).cycle()
    states = await account.value(
        "select array_agg(state order by state) from checks where night = (select min(night) from checks)"
    )
    assert "open" in states


async def test_a_config_is_for_its_device_and_its_version_counts_up(account: Account) -> None:
    before = await account.value("select wanted_version from devices")
    await planning.plan_all_towns(account.memory)
    async with account.memory.transaction() as tx:
        device = await devices.get(tx, ORG, f"{ORG}-1")
        assert device is not None
        message = configs.config_message(device)
    assert message.version == device.wanted_version == before + 1
    assert [a.opens_at for a in message.attempts] == sorted(a.opens_at for a in message.attempts)
