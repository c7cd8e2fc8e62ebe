"""Checks are made of what is in force, and one resident's fault leaves nobody else without."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

import pytest

from alarm_center.casework import cases
from alarm_center.casework.editing import Editor
from alarm_center.clockwork import Clockwork
from alarm_center.core.alarm import alarm_events
from alarm_center.preparation import pauses, planning
from alarm_center.store.memory import Memory, now
from alarm_center.store.plans import Pause
from schemas.vocabulary import CancelReason, Instead
from tests.support import busy_town, town, town_file
from tests.support.postgres import Database
from tests.support.waiting import eventually

ORG = "ost"


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def _value(memory: Memory, question: str, *values: object) -> object:
    async with memory.transaction() as tx:
        return await tx.fetchval(question, *values)


async def _decided_next(memory: Memory, starts_on: date) -> None:
    """A file with the resident's next decision is imported beside the one that there is."""
    time = await _value(memory, "select to_char(local_time, 'HH24:MI') from slots")
    home = busy_town.home(ORG, 1, "3", str(time))
    async with memory.transaction() as tx:
        decision = {"reference": "next", "starts_on": starts_on}
        await town_file.extend(tx, ORG, await now(tx), residents=[home | {"decision": decision}])


async def test_a_future_decision_does_not_end_the_one_in_force(memory: Memory) -> None:
    resident_id = await busy_town.found(memory, ORG)
    today = (await memory.now()).date()
    await _value(
        memory, "update decisions set ends_on = $2 where resident_id = $1 returning 1", resident_id,
        today + timedelta(days=20),
    )  # fmt: skip
    await _decided_next(memory, today + timedelta(days=21))
    assert await planning.plan_town(memory, ORG) >= 1


async def test_between_two_decisions_the_patrol_visits(memory: Memory) -> None:
    resident_id = await busy_town.found(memory, ORG)
    today = (await memory.now()).date()
    await _value(
        memory, "update decisions set ends_on = $2 where resident_id = $1 returning 1", resident_id,
        today - timedelta(days=5),
    )  # fmt: skip
    await _decided_next(memory, today + timedelta(days=20))
    assert await planning.plan_town(memory, ORG) >= 1
    assert await _value(memory, "select array_agg(distinct cancel_reason || ' ' || instead) from checks") == [
        "decision_ended visit"
    ]


async def test_before_the_first_decision_nothing_is_owed(memory: Memory) -> None:
    resident_id = await busy_town.found(memory, ORG)
    today = (await memory.now()).date()
    await _value(
        memory, "update decisions set starts_on = $2 where resident_id = $1 returning 1", resident_id,
        today + timedelta(days=5),
    )  # fmt: skip
    assert await planning.plan_town(memory, ORG) == 0


@pytest.mark.parametrize("answers", ['{"recheck": 15}', '{"chains": {"1": [{}]}}', '{"rules": 3}', "[1]"])
async def test_an_unreadable_plan_leaves_the_check_its_defaults(memory: Memory, answers: str) -> None:
    resident_id = await busy_town.found(memory, ORG)
    await _value(
        memory,
        f"update plans set answers = '{answers}' where resident_id = $1 returning 1",
        resident_id,
    )
    check_id = await busy_town.open_check(memory, resident_id)
    await busy_town.move(memory, timedelta(hours=1))
    await Clockwork(memory).cycle()
    assert await _value(memory, "select state from checks where check_id = $1", check_id) == "alarmed"


async def test_a_device_that_is_misconfigured_holds_up_nobodys_check(memory: Memory) -> None:
    resident_id = await busy_town.found(memory, ORG)
    await _value(
        memory,
        "update devices set capture = '{\"fps\": 900}', profile = '[]' where resident_id = $1 returning 1",
        resident_id,
    )
    check_id = await busy_town.open_check(memory, resident_id)
    await busy_town.move(memory, timedelta(hours=1))
    await Clockwork(memory).cycle()
    assert await _value(memory, "select state from checks where check_id = $1", check_id) == "alarmed"


async def test_a_resident_who_cannot_be_planned_stops_no_other(memory: Memory) -> None:
    broken = await busy_town.found(memory, ORG)
    async with memory.transaction() as tx:
        area = await tx.fetchval("select area_id from areas")
        other = await busy_town.resident(tx, ORG, area, number=2, due_in=timedelta(minutes=5))
        # A slot that the database takes and the calendar does not.
        await tx.execute("update slots set local_time = '24:00' where resident_id = $1", broken)
    await planning.plan_town(memory, ORG)
    assert await _value(memory, "select count(*) > 0 from checks where resident_id = $1", other)


async def test_what_was_planned_before_a_fault_is_on_the_list(memory: Memory) -> None:
    """Nothing more can be planned for the home; the looks of before that are owed all the same, and its camera has to know them."""
    resident_id = await busy_town.found(memory, ORG)
    await planning.plan_town(memory, ORG)
    listed = "select jsonb_array_length(config->'attempts') from devices where resident_id = $1"
    planned = int(str(await _value(memory, listed, resident_id)))
    assert planned > 0
    async with memory.transaction() as tx:
        await tx.execute("update slots set local_time = '24:00' where resident_id = $1", resident_id)
        await tx.execute("update devices set config = jsonb_set(config, '{attempts}', '[]')")
    await planning.plan_town(memory, ORG)
    assert await _value(memory, listed, resident_id) == planned


# ---- a town at a time, a few residents at a time ----


async def _unplanned_town(memory: Memory, residents: int) -> list[str]:
    """A town as if it had never been planned; return its devices in the order in which residents are planned."""
    await town.a_town(memory, residents=residents, times=("02:00",), at=datetime(2026, 11, 22, 20, 0, tzinfo=UTC))
    for left in ("attempts", "checks", "jobs"):
        await town.run(memory, f"delete from {left}")
    devices = await town.rows(memory, "select device_id from devices order by resident_id")
    return [row["device_id"] for row in devices]


_PLANNED: Final = (
    "select count(distinct check_id) from events join checks using (check_id) where kind = 'check_planned'"
)


async def test_no_transaction_plans_more_than_a_few_residents(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    await _unplanned_town(memory, 45)
    monkeypatch.setattr(planning, "_AT_ONCE", 20)
    assert await planning.plan_town(memory, "vik") == 90
    most = await town.value(
        memory,
        """
        select max(residents) from (
            select count(distinct resident_id) as residents from events join checks using (check_id, resident_id)
            where kind = 'check_planned' group by tx
        ) each
        """,
    )
    assert most <= 20


async def test_interrupted_planning_is_completed_by_the_next_round(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, last = await _unplanned_town(memory, 45)
    monkeypatch.setattr(planning, "_AT_ONCE", 10)
    async with memory.transaction() as held:
        await held.execute("select from devices where device_id = $1 for update", last)
        first = asyncio.create_task(planning.plan_town(memory, "vik"))

        async def all_but_the_last_few() -> bool:
            waits = await town.value(memory, "select exists (select from pg_locks where not granted)")
            return bool(waits and await town.value(memory, _PLANNED) >= 60)

        await eventually(all_but_the_last_few)
        assert await town.value(memory, _PLANNED) < 90, "the last is not among them"
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
    # Checks of the time that the first attempt was to cover are owed, however late the next one comes.
    await town.move(memory, timedelta(hours=7))
    await planning.plan_town(memory, "vik")
    opened = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert await town.value(memory, "select count(*) from checks where opens_at = $1", opened) == 45


# ---- what was cancelled comes back when its reason holds no longer ----


async def _planned_ahead(memory: Memory) -> UUID:
    """A resident whose first check opens in some hundred minutes; return who."""
    resident_id = await busy_town.found(memory, ORG)
    await _value(memory, "update slots set local_time = local_time + interval '100 minutes' returning 1")
    await planning.plan_all_towns(memory)
    return resident_id


async def _consents_again(memory: Memory, resident_id: UUID) -> None:
    """Consent is given again on the day on which it was withdrawn; a file has days only, and would not say which was first."""
    await _value(
        memory,
        """
        insert into consents (org, resident_id, who, state, given_at, recorded_by)
        values ($1, $2, 'resident', 'given', now(), 'p') returning 1
        """,
        ORG,
        resident_id,
    )


_REASONS = "select array_agg(distinct cancel_reason || ' ' || instead) from checks"
_STATES = "select array_agg(distinct state) from checks"
_LISTED = "select jsonb_array_length(config->'attempts') from devices"
_LINES = "select count(*) from events where kind = $1"


async def test_consent_given_again_brings_the_nights_checks_back(memory: Memory) -> None:
    resident_id = await _planned_ahead(memory)
    owed = await _value(memory, "select count(*) from checks")
    await pauses.revoke_consent(memory, resident_id, "resident", instead=Instead.NOTHING, editor=Editor("p"))
    await planning.plan_all_towns(memory)
    assert await _value(memory, _STATES) == ["cancelled"]
    await _consents_again(memory, resident_id)
    await planning.plan_all_towns(memory)
    assert await _value(memory, _STATES) == ["planned"]
    assert await _value(memory, "select bool_and(ended_at is null and next_step_at = opens_at) from checks")
    assert await _value(memory, "select count(*) from checks") == owed
    assert (
        await _value(memory, _LISTED) == owed
        and await _value(memory, "select config->'withdrawn' from devices") is False
    )
    await planning.plan_all_towns(memory)
    assert await _value(memory, _LINES, "check_restored") == owed
    await busy_town.move(memory, timedelta(minutes=107))
    await busy_town.heard(memory)
    await Clockwork(memory).cycle()
    assert await _value(memory, "select state from checks order by opens_at limit 1") == "open"


async def test_a_check_that_would_have_opened_stays_cancelled(memory: Memory) -> None:
    resident_id = await _planned_ahead(memory)
    await pauses.revoke_consent(memory, resident_id, "resident", instead=Instead.NOTHING, editor=Editor("p"))
    await busy_town.move(memory, timedelta(minutes=107))
    await _consents_again(memory, resident_id)
    await planning.plan_all_towns(memory)
    assert await _value(memory, "select state from checks order by opens_at limit 1") == "cancelled"


async def test_a_cohabitants_consent_is_still_needed_after_a_return(memory: Memory) -> None:
    resident_id = await _planned_ahead(memory)
    await pauses.revoke_consent(memory, resident_id, "resident", instead=Instead.NOTHING, editor=Editor("p"))
    await _value(memory, "update residents set cohabitant = 'C' where resident_id = $1 returning 1", resident_id)
    await _consents_again(memory, resident_id)
    await planning.plan_all_towns(memory)
    assert await _value(memory, _STATES) == ["cancelled"]


async def test_a_replacing_visit_is_called_off_unless_accepted(memory: Memory) -> None:
    resident_id = await _planned_ahead(memory)
    await pauses.revoke_consent(memory, resident_id, "resident", instead=Instead.VISIT, editor=Editor("p"))
    visits = "select count(*) from alarms where visit and state <> 'closed'"
    assert await _value(memory, visits) == await _value(memory, "select count(*) from checks")
    first = await _value(memory, "select alarm_id from alarms order by arrive_by limit 1")
    assert isinstance(first, UUID)
    await cases.apply_to_alarm(memory, first, alarm_events.ClaimCase(UUID(int=7)), actor="op")
    await _consents_again(memory, resident_id)
    await planning.plan_all_towns(memory)
    assert await _value(memory, _STATES) == ["planned"]
    assert await _value(memory, visits) == 1
    assert await _value(memory, _LINES, "visit_stays") == 1
    assert await _value(memory, "select bool_and(outcome = 'other' and note <> '') from alarms where state = 'closed'")


async def test_a_pause_that_ends_early_brings_back_what_opens_after_it(memory: Memory) -> None:
    resident_id = await _planned_ahead(memory)
    start = await memory.now()
    await pauses.pause_checks(
        memory,
        resident_id,
        Pause(CancelReason.PAUSE_HOSPITAL, start, start + timedelta(days=9), "p", Instead.NOTHING),
        editor=Editor("p"),
    )
    await planning.plan_all_towns(memory)
    assert await _value(memory, _STATES) == ["cancelled"]
    owed = await _value(memory, "select count(*) from checks")
    assert await pauses.end_pause(memory, resident_id, start + timedelta(minutes=30), editor=Editor("p")) == owed
    assert await _value(memory, _STATES) == ["planned"] and await _value(memory, _LISTED) == owed
    await planning.plan_all_towns(memory)
    assert await _value(memory, _STATES) == ["planned"]
    assert await pauses.end_pause(memory, resident_id, start + timedelta(days=2), editor=Editor("p")) == 0


async def test_nobody_visits_who_is_in_hospital_and_again_who_is_home(memory: Memory) -> None:
    """Times that somebody always visits: their visits stand since planning, and a patrol would drive to an empty home."""
    resident_id = await busy_town.found(memory, ORG)
    await _value(memory, "update slots set by_visit = true returning 1")
    await planning.plan_all_towns(memory)
    visits = "select count(*) from alarms where visit and state <> 'closed'"
    planned = await _value(memory, visits)
    assert planned and await _value(memory, _REASONS) == ["replanned visit"]
    start = await memory.now()
    hospital = Pause(CancelReason.PAUSE_HOSPITAL, start, start + timedelta(days=9), "p", Instead.NOTHING)
    await pauses.pause_checks(memory, resident_id, hospital, editor=Editor("p"))
    assert (await _value(memory, visits), await _value(memory, _REASONS)) == (0, ["pause_hospital nothing"])
    await planning.plan_all_towns(memory)
    assert (await _value(memory, visits), await _value(memory, _REASONS)) == (0, ["pause_hospital nothing"])
    await pauses.end_pause(memory, resident_id, start + timedelta(minutes=1), editor=Editor("p"))
    assert (await _value(memory, visits), await _value(memory, _REASONS)) == (planned, ["replanned visit"])


async def test_a_pause_ending_between_checks_cancels_only_the_first(memory: Memory) -> None:
    resident_id = await _planned_ahead(memory)
    start = await memory.now()
    await pauses.pause_checks(
        memory,
        resident_id,
        Pause(CancelReason.PAUSE_AWAY, start, start + timedelta(days=9), "p", Instead.NOTHING),
        editor=Editor("p"),
    )
    await pauses.end_pause(memory, resident_id, start + timedelta(hours=3), editor=Editor("p"))
    await planning.plan_all_towns(memory)
    first = await _value(memory, "select array_agg(state order by opens_at) from checks")
    assert isinstance(first, list) and first[0] == "cancelled" and set(first[1:]) <= {"planned"}


async def test_a_pause_ending_after_withdrawal_restores_no_check(memory: Memory) -> None:
    resident_id = await _planned_ahead(memory)
    start = await memory.now()
    await pauses.pause_checks(
        memory,
        resident_id,
        Pause(CancelReason.PAUSE_AWAY, start, start + timedelta(days=9), "p", Instead.NOTHING),
        editor=Editor("p"),
    )
    await pauses.revoke_consent(memory, resident_id, "resident", instead=Instead.VISIT, editor=Editor("p"))
    await pauses.end_pause(memory, resident_id, start + timedelta(minutes=5), editor=Editor("p"))
    assert await _value(memory, "select array_agg(distinct cancel_reason || ' ' || instead) from checks") == [
        "consent_revoked visit"
    ]
    assert await _value(memory, "select count(*) from alarms where visit") == await _value(
        memory, "select count(*) from checks"
    )
