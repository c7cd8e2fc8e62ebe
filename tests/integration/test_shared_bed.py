"""Two residents in one bed with one device: one look, an answer per person, and what one's word does for the other."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from alarm_center.casework import arrived_sessions, cases, configs
from alarm_center.casework.editing import Editor
from alarm_center.clockwork import Clockwork
from alarm_center.core.check.check_events import PersonSaid
from alarm_center.core.supervision import supervision_of
from alarm_center.preparation import deaths, pauses, planning, reconciliation
from alarm_center.store import case_pages, looks, resident_list
from alarm_center.store.memory import Memory
from alarm_center.store.memory import now as memory_now
from alarm_center.store.plans import Pause
from alarm_center.town.apply import FILE
from alarm_center.town.bring_in import foresee
from alarm_center.town.export import export_town, town_text
from alarm_center.town.reader import read_town
from schemas.messages import Evidence, Finding
from schemas.vocabulary import Answer, CancelReason, Instead, JudgePlace, Priority, Reason
from tests.support.by_hand import raise_manual_alarm
from tests.support.postgres import Database
from tests.support.town import ATown, a_town, freeze, rows, run, value
from tests.support.town_file import CONSENT

EVENING: Final = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
TWO: Final = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
BY_HAND: Final = Editor("petra")
ANNA, BERTIL = 1, 2
"""The device is Anna's."""
SEEN: Final = (Evidence(what="movement", zone="bed", value=0.4),)


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def a_couple(memory: Memory, *, green_by: str = "detector", **bertil: Any) -> ATown:
    shared = {"devices": [], "consent": CONSENT, "shares_bed_with": ANNA, **bertil}
    return await a_town(
        memory, residents=3, times=("02:00", "05:00"), at=EVENING, green_by=green_by, change={BERTIL: shared}
    )


async def _looks(memory: Memory) -> list[dict[str, Any]]:
    looks: list[dict[str, Any]] = await value(
        memory, "select config -> 'attempts' from devices where device_id = 'vik-cam1'"
    )
    return looks


async def _owed(memory: Memory, town: ATown, number: int) -> list[str]:
    """Return what tonight's times owe a resident, in order."""
    found = await rows(
        memory,
        "select state || coalesce(' ' || instead, '') as owed from checks where resident_id = $1 and night = '2026-11-22' order by opens_at",
        town.residents[number],
    )
    return [row["owed"] for row in found]


async def _expected(memory: Memory) -> int:
    people: int = await value(
        memory, "select (config #>> '{profile,expected_people}')::int from devices where device_id = 'vik-cam1'"
    )
    return people


async def _check(memory: Memory, town: ATown, number: int, at: datetime = TWO) -> UUID:
    check: UUID = await value(
        memory, "select check_id from checks where resident_id = $1 and opens_at = $2", town.residents[number], at
    )
    return check


async def _looked(
    memory: Memory,
    answer: Answer,
    reason: Reason | None = None,
    *,
    people: int = 2,
    at: datetime = TWO,
    session: str = "s1",
) -> None:
    """Let the device make the look on its list that opens at *at*, and its finding come in."""
    await freeze(memory, at + timedelta(seconds=20))
    while await Clockwork(memory).cycle():
        pass
    look = next(each for each in await _looks(memory) if datetime.fromisoformat(each["opens_at"]) == at)
    version = await value(
        memory, "select (config #>> '{profile,version}')::int from devices where device_id = 'vik-cam1'"
    )
    finding = Finding(
        session_id=session, org="vik", device="vik-cam1", check_id=UUID(look["check_id"]), attempt=look["attempt"],
        answer=answer, reasons=(reason,) if reason else (), people=people, started_at=at + timedelta(seconds=5),
        detector="d1", evidence=SEEN, profile_version=version, pictures=2,
    )  # fmt: skip
    for _ in range(2):  # the second time it is a repeat
        async with memory.transaction() as tx:
            await arrived_sessions.record_finding(tx, finding, answer, JudgePlace.CENTRE)


async def _states(memory: Memory, town: ATown, at: datetime = TWO) -> list[str]:
    return [
        str(
            await value(
                memory,
                "select state || coalesce(' ' || reason, '') from checks where check_id = $1",
                await _check(memory, town, who, at),
            )
        )
        for who in (ANNA, BERTIL)
    ]


def _pause(reason: CancelReason, instead: Instead = Instead.NOTHING, hours: int = 9) -> Pause:
    return Pause(reason, EVENING, EVENING + timedelta(hours=hours), "resident", instead)


async def test_one_look_answers_both(memory: Memory) -> None:
    town = await a_couple(memory)
    assert await _expected(memory) == 2
    tonight = [
        look for look in await _looks(memory) if datetime.fromisoformat(look["opens_at"]) < TWO + timedelta(hours=6)
    ]
    assert len(tonight) == 2, "one look for both at each time"
    await _looked(memory, Answer.IN_BED)
    assert await _states(memory, town) == ["seen", "seen"]
    assert await value(memory, "select count(*) from receipts") == 1
    committed = await value(memory, "select count(distinct check_id) from events where kind = 'session_committed'")
    assert committed == await value(memory, "select count(*) from events where kind = 'session_committed'") == 2


async def test_one_person_where_two_are_expected_waits_for_both(memory: Memory) -> None:
    town = await a_couple(memory, green_by="operator")
    await _looked(memory, Answer.IN_BED, people=1)
    assert await _states(memory, town) == ["open count", "open count"], "both are looked at once more"


async def test_each_of_the_two_is_answered_by_themselves(memory: Memory) -> None:
    town = await a_couple(memory, green_by="operator")
    await _looked(memory, Answer.CANNOT_TELL, Reason.STILL)
    assert await _states(memory, town) == ["to_look still", "to_look still"]
    await cases.apply_to_check(
        memory, await _check(memory, town, BERTIL), PersonSaid(Answer.IN_BED, "u", "s1"), actor="u"
    )
    assert await _states(memory, town) == ["to_look still", "seen"]


async def test_something_wrong_opens_a_case_for_each(memory: Memory) -> None:
    town = await a_couple(memory)
    await _looked(memory, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    assert [state.split()[0] for state in await _states(memory, town)] == ["alarmed", "alarmed"]
    alarmed = await rows(memory, "select resident_id from alarms where kind = 'something_wrong'")
    assert {row["resident_id"] for row in alarmed} == {town.residents[ANNA], town.residents[BERTIL]}


async def test_a_second_look_is_asked_for_once(memory: Memory) -> None:
    town = await a_couple(memory)
    await _looked(memory, Answer.NOT_SEEN)
    await freeze(memory, TWO + timedelta(minutes=16))
    while await Clockwork(memory).cycle():
        pass
    asked = await rows(memory, "select check_id, attempt, opens_at, device_id from commands where ended is null")
    assert [each["device_id"] for each in asked] == ["vik-cam1"]
    at = asked[0]["opens_at"]
    await freeze(memory, at + timedelta(seconds=20))
    finding = Finding(
        session_id="s2", org="vik", device="vik-cam1", check_id=asked[0]["check_id"], attempt=asked[0]["attempt"],
        answer=Answer.IN_BED, people=2, started_at=at, detector="d1", evidence=SEEN,
        profile_version=await value(memory, "select (config #>> '{profile,version}')::int from devices where device_id = 'vik-cam1'"),
    )  # fmt: skip
    async with memory.transaction() as tx:
        await arrived_sessions.record_finding(tx, finding, Answer.IN_BED, JudgePlace.CENTRE)
    assert [state.split()[0] for state in await _states(memory, town)] == ["seen", "seen"]


@pytest.mark.parametrize("who", [ANNA, BERTIL])
async def test_ones_no_darkens_it_and_the_other_is_visited(memory: Memory, who: int) -> None:
    town, other = await a_couple(memory), BERTIL if who == ANNA else ANNA
    await pauses.revoke_consent(memory, town.residents[who], "resident", instead=Instead.NOTHING, editor=BY_HAND)
    assert await _looks(memory) == []
    assert await value(memory, "select (config ->> 'withdrawn')::bool from devices where device_id = 'vik-cam1'")
    assert await _owed(memory, town, who) == ["cancelled nothing"] * 2
    assert await _owed(memory, town, other) == ["cancelled visit"] * 2
    await planning.plan_town(memory, town.org)
    assert await _owed(memory, town, other) == ["cancelled visit"] * 2


@pytest.mark.parametrize("who", [ANNA, BERTIL])
async def test_one_in_hospital_leaves_one_expected(memory: Memory, who: int) -> None:
    town, other = await a_couple(memory), BERTIL if who == ANNA else ANNA
    await pauses.pause_checks(memory, town.residents[who], _pause(CancelReason.PAUSE_HOSPITAL), editor=BY_HAND)
    assert (await _expected(memory), await _owed(memory, town, other)) == (1, ["planned"] * 2)
    assert await _owed(memory, town, who) == ["cancelled nothing"] * 2
    await _looked(memory, Answer.IN_BED, people=1)
    assert (
        await value(memory, "select state from checks where check_id = $1", await _check(memory, town, other)) == "seen"
    )
    assert (
        await value(memory, "select state from checks where check_id = $1", await _check(memory, town, who))
        == "cancelled"
    )
    await freeze(memory, TWO + timedelta(hours=2))
    await pauses.end_pause(memory, town.residents[who], TWO + timedelta(hours=2), editor=BY_HAND)
    assert await _expected(memory) == 2
    await _looked(memory, Answer.IN_BED, at=TWO + timedelta(hours=3), session="s5")
    assert await _states(memory, town, TWO + timedelta(hours=3)) == ["seen", "seen"]


async def test_a_pause_that_ends_by_its_time_is_told_the_device(memory: Memory) -> None:
    town = await a_couple(memory)
    await pauses.pause_checks(memory, town.residents[BERTIL], _pause(CancelReason.PAUSE_AWAY, hours=7), editor=BY_HAND)
    assert await _expected(memory) == 1
    await freeze(memory, EVENING + timedelta(hours=7, seconds=1))
    assert await configs.refresh_shared_beds(memory) == 1
    assert await _expected(memory) == 2
    assert await configs.refresh_shared_beds(memory) == 0


@pytest.mark.parametrize("reason", [CancelReason.PAUSE_GUESTS, CancelReason.PAUSE_OWN_WISH])
async def test_guests_of_one_make_the_others_looks_visits(memory: Memory, reason: CancelReason) -> None:
    town = await a_couple(memory)
    await pauses.pause_checks(memory, town.residents[ANNA], _pause(reason, Instead.NOTHING), editor=BY_HAND)
    assert await _owed(memory, town, BERTIL) == ["cancelled visit"] * 2
    assert await _owed(memory, town, ANNA) == ["cancelled nothing"] * 2
    await freeze(memory, EVENING + timedelta(hours=1))
    await pauses.end_pause(memory, town.residents[ANNA], EVENING + timedelta(hours=1), editor=BY_HAND)
    assert await _owed(memory, town, BERTIL) == await _owed(memory, town, ANNA) == ["planned"] * 2
    await planning.plan_town(memory, town.org)
    assert await _owed(memory, town, BERTIL) == ["planned"] * 2


@pytest.mark.parametrize("who", [ANNA, BERTIL])
async def test_the_device_goes_on_for_the_one_who_is_left(memory: Memory, who: int) -> None:
    town, other = await a_couple(memory), BERTIL if who == ANNA else ANNA
    alarm = await raise_manual_alarm(memory, town.residents[who], Priority.SECOND, actor="test")
    await deaths.register_death(memory, town.residents[who], alarm.alarm_id, editor=BY_HAND)
    assert await value(memory, "select resident_id from devices where device_id = 'vik-cam1'") == town.residents[other]
    assert await _owed(memory, town, who) == ["cancelled nothing"] * 2
    assert (await _expected(memory), await _owed(memory, town, other)) == (1, ["planned"] * 2)
    await planning.plan_town(memory, town.org)
    await _looked(memory, Answer.IN_BED, people=1)
    assert (
        await value(memory, "select state from checks where check_id = $1", await _check(memory, town, other)) == "seen"
    )
    await run(memory, "update residents set died_at = null")
    assert await configs.refresh_shared_beds(memory) == 1
    assert await _expected(memory) == 2, "registered by mistake: both again"


async def test_another_time_and_a_cancelled_check_are_not_answered(memory: Memory) -> None:
    town = await a_couple(memory, slots=[{"time": "02:30"}, {"time": "05:00"}])
    await _looked(memory, Answer.IN_BED)
    half_past = await _check(memory, town, BERTIL, TWO + timedelta(minutes=30))
    assert await value(memory, "select state from checks where check_id = $1", half_past) == "planned"
    assert (
        await value(memory, "select state from checks where check_id = $1", await _check(memory, town, ANNA)) == "seen"
    )


async def test_no_look_while_staff_are_with_either(memory: Memory) -> None:
    town = await a_couple(memory)
    alarm = await raise_manual_alarm(memory, town.residents[BERTIL], Priority.SECOND, actor="test")
    await run(memory, "update alarms set state = 'on_site', staff_inside = true where alarm_id = $1", alarm.alarm_id)
    await planning.plan_town(memory, town.org)
    assert await _looks(memory) == []


async def test_automatic_green_needs_both(memory: Memory) -> None:
    town = await a_couple(memory, consent={**CONSENT, "automatic": False}, green_by="operator")
    await _looked(memory, Answer.IN_BED)
    assert [state.split()[0] for state in await _states(memory, town)] == ["to_look", "to_look"], (
        "Anna's yes is not enough"
    )


async def test_a_finding_by_the_profile_of_two_is_not_green_for_one(memory: Memory) -> None:
    town = await a_couple(memory)
    look = next(each for each in await _looks(memory) if datetime.fromisoformat(each["opens_at"]) == TWO)
    version = await value(
        memory, "select (config #>> '{profile,version}')::int from devices where device_id = 'vik-cam1'"
    )
    await pauses.pause_checks(memory, town.residents[BERTIL], _pause(CancelReason.PAUSE_HOSPITAL), editor=BY_HAND)
    await freeze(memory, TWO + timedelta(seconds=20))
    finding = Finding(
        session_id=uuid4().hex, org="vik", device="vik-cam1", check_id=await _check(memory, town, ANNA), attempt=look["attempt"],
        answer=Answer.IN_BED, people=1, started_at=TWO, detector="d1", evidence=SEEN, profile_version=version,
    )  # fmt: skip
    async with memory.transaction() as tx:
        await arrived_sessions.record_finding(tx, finding, Answer.IN_BED, JudgePlace.CENTRE)
    state = await value(
        memory, "select state || ' ' || reason from checks where check_id = $1", await _check(memory, town, ANNA)
    )
    assert state == "alarmed contradictory", "a person looks at it"


async def test_the_others_page_has_the_picture_and_the_log_both(memory: Memory) -> None:
    town = await a_couple(memory, green_by="operator")
    await _looked(memory, Answer.IN_BED)
    anna, bertil = [await _check(memory, town, who) for who in (ANNA, BERTIL)]
    user = uuid4()
    async with memory.transaction() as tx:
        assert [
            [each.session_id for each in await case_pages.sessions(tx, check_id=each)] for each in (anna, bertil)
        ] == [["s1"]] * 2
        beside = [
            await case_pages.companion(tx, town.residents[who], check)
            for who, check in ((ANNA, anna), (BERTIL, bertil))
        ]
        assert [each and each.check_id for each in beside] == [bertil, anna]
        assert not await looks.has_seen(tx, bertil, "s1", user)
        looked = await looks.session_to_look_at(tx, "s1", user)
        assert looked is not None and looked.check_id in (anna, bertil)
        await looks.begin(tx, looked, user, await memory_now(tx))
        assert await looks.has_seen(tx, bertil, "s1", user) and await looks.has_seen(tx, anna, "s1", user)
    logged = await rows(memory, "select resident_id, check_id from looks")
    assert {(row["resident_id"], row["check_id"]) for row in logged} == {
        (town.residents[ANNA], anna),
        (town.residents[BERTIL], bertil),
    }
    await cases.apply_to_check(memory, anna, PersonSaid(Answer.IN_BED, "u", "s1"), actor="u")
    async with memory.transaction() as tx:
        still = await looks.session_to_look_at(tx, "s1", user)
        assert still is not None and still.check_id == bertil, "Bertil's waits for its own answer"


async def test_an_exported_bed_changes_nothing(memory: Memory) -> None:
    town = await a_couple(memory)
    async with memory.snapshot() as tx:
        text = town_text(await export_town(tx, "vik", await memory_now(tx)))
    assert text.count("shares_bed_with = ") == 2, "both say so"
    assert (await foresee(memory, read_town(text), FILE)).changes == []
    async with memory.transaction() as tx:
        beside = await resident_list.listed_residents(tx, {"vik": EVENING.date()}, list(town.residents.values()))
    assert [supervision_of(each.facts).kind for each in beside] == ["camera"] * 3


async def test_the_list_says_that_guests_beside_darken_the_camera(memory: Memory) -> None:
    town = await a_couple(memory)
    await pauses.pause_checks(memory, town.residents[ANNA], _pause(CancelReason.PAUSE_GUESTS), editor=BY_HAND)
    async with memory.transaction() as tx:
        found = await resident_list.listed_residents(tx, {"vik": EVENING.date()}, [town.residents[BERTIL]])
    assert supervision_of(found[0].facts).fault == "companion_pauses"
    await pauses.revoke_consent(memory, town.residents[ANNA], "resident", instead=Instead.VISIT, editor=BY_HAND)
    async with memory.transaction() as tx:
        found = await resident_list.listed_residents(tx, {"vik": EVENING.date()}, [town.residents[BERTIL]])
    assert (supervision_of(found[0].facts).fault, found[0].cohabitant) == ("consent_withdrawn", "Person 1")


async def test_a_missing_yes_beside_is_told_before_the_night(memory: Memory) -> None:
    """Bertil has no times of his own, and has not been asked: Anna's looks are visits, and it is known whose word is missing."""
    town = await a_couple(memory, slots=[])
    await run(memory, "delete from consents where resident_id = $1", town.residents[BERTIL])
    await planning.plan_town(memory, town.org)
    assert await _owed(memory, town, ANNA) == ["cancelled visit"] * 2
    await reconciliation.reconcile_town(memory, town.org)
    told = await rows(memory, "select resident_id, endangers from discrepancies where code = 'consent_missing'")
    assert [(row["resident_id"], row["endangers"]) for row in told] == [(town.residents[BERTIL], True)]
