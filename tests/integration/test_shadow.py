"""Green by the detector in the database: the share that stays with people, and what takes green back by itself."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from alarm_center.casework import cases
from alarm_center.core.check import PersonSaid
from alarm_center.core.look_share import is_for_people
from alarm_center.preparation import planning
from alarm_center.store import checks
from alarm_center.store.memory import Tx
from alarm_center.town import green_ends, one_resident
from schemas.drift import Drift
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown, at_two, town
from tests.support.postgres import Database

OF_TEN: Final = 4


@pytest.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Four homes at two in the night, whose checks turn green by themselves; signed long ago."""
    async with town(database, residents=4, operator_sees=(), begin=at_two) as here:
        yield here


RULES: Final = "select resident_id, night, slot_id, green_by, show from checks where state = 'planned'"


async def test_a_share_of_the_looks_stays_with_people(storstad: NightTown) -> None:
    """As planning lays them, and as a change of the plan writes them anew: the same lots."""
    plan = "update organisations set plan = plan || jsonb_build_object('people_of_ten', $1::int)"
    for of_ten in (OF_TEN, 10, 0, OF_TEN):
        await storstad.execute(plan, of_ten)
        async with storstad.memory.transaction() as tx:
            for resident_id in storstad.residents.values():
                await checks.refresh_planned_rule(tx, resident_id)
            rows = await tx.fetch(RULES)
        assert len(rows) >= 8
        for row in rows:
            people = is_for_people(row["resident_id"], row["night"], row["slot_id"], of_ten)
            assert (row["green_by"], row["show"]) == (("operator", "always") if people else ("detector", "deviation"))
    await storstad.execute(
        "delete from attempts a using checks c where a.check_id = c.check_id and c.state = 'planned'"
    )
    await storstad.execute("delete from checks where state = 'planned'")
    await planning.plan_town(storstad.memory, storstad.org)
    async with storstad.memory.transaction() as tx:
        again = await tx.fetch(RULES)
    lots = [is_for_people(row["resident_id"], row["night"], row["slot_id"], OF_TEN) for row in again]
    assert [row["green_by"] == "operator" for row in again] == lots and {*lots} == {True, False}


async def green_of(storstad: NightTown, number: int) -> tuple[object, object]:
    """Return whose green a resident's is, and why it was taken back."""
    whose: UUID = storstad.residents[number]
    by = await storstad.value("select green_by from plans where resident_id = $1", whose)
    return by, await storstad.value("select why from green_ends where resident_id = $1", whose)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("update devices set profile = profile - 'signature' where device_id = 'cam1'", Drift.ROOM_UNKNOWN),
        ("update consents c set automatic = 'no' from residents r where r.resident_id = c.resident_id and r.number = 1", Drift.NOT_AGREED),
    ],
    ids=str,
)  # fmt: skip
async def test_what_has_changed_takes_green_back(storstad: NightTown, change: str, why: Drift) -> None:
    assert await green_ends.take_back_drifted(storstad.memory) == 0
    await storstad.execute(change)
    assert await green_ends.take_back_drifted(storstad.memory) == 1
    assert await green_of(storstad, 1) == ("operator", why)
    assert await green_of(storstad, 2) == ("detector", None)
    rules = "select distinct green_by from checks where resident_id = $1 and state = 'planned'"
    assert await storstad.value(rules, storstad.residents[1]) == "operator"
    assert await storstad.value("select count(*)::int from events where kind = 'green_taken_back'") == 1
    assert await storstad.value("select count(*)::int from discrepancies where code = 'green_taken_back'") == 1
    assert await storstad.value("select after ->> 'green_by' from changes where made_by = 'drift'") == "operator"


async def test_a_fault_at_one_keeps_nobody_elses_green(storstad: NightTown, monkeypatch: pytest.MonkeyPatch) -> None:
    await storstad.execute("update consents set automatic = 'no'")
    change = one_resident.change_part

    async def badly(tx: Tx, resident_id: UUID, *args: Any, **options: Any) -> Any:
        if resident_id == storstad.residents[2]:
            raise ValueError("as told")
        return await change(tx, resident_id, *args, **options)

    monkeypatch.setattr(one_resident, "change_part", badly)
    with pytest.raises(ExceptionGroup):
        await green_ends.take_back_drifted(storstad.memory)
    assert [await green_of(storstad, number) for number in (1, 2, 3)] == [
        ("operator", Drift.NOT_AGREED), ("detector", None), ("operator", Drift.NOT_AGREED),
    ]  # fmt: skip


async def test_a_turned_camera_takes_green_back(storstad: NightTown) -> None:
    await storstad.finding(1, Answer.CANNOT_TELL, Reason.COVERED)
    assert await green_ends.take_back_drifted(storstad.memory) == 0, "a cloth is put away"
    await storstad.finding(2, Answer.CANNOT_TELL, Reason.MOVED)
    assert await green_ends.take_back_drifted(storstad.memory) == 1
    assert await green_of(storstad, 2) == ("operator", Drift.CAMERA_MOVED)
    # Signed again after the room was taken anew, what was before says nothing.
    await storstad.execute("select clock.move('1 minute')")
    await storstad.execute(
        "update devices set profile = jsonb_set(profile, '{signature,0,3}', '5') where device_id = 'cam2'"
    )
    await storstad.execute(
        "update plans set green_by = 'detector', signed_by = 'Petra', signed_at = clock.now() where resident_id = $1", storstad.residents[2]
    )  # fmt: skip
    assert await green_ends.take_back_drifted(storstad.memory) == 0


async def test_answers_are_kept_only_beside_a_look(storstad: NightTown) -> None:
    """Of a session that the person has seen, and that a detector has judged."""
    kept = "select found || ' ' || said from compared_looks"
    user = storstad.users["olle"]
    await storstad.finding(1, Answer.NOT_SEEN, people=0)
    session = await storstad.value("select session_id from sessions")
    await storstad.execute("update organisations set plan = plan || '{\"rechecks\": 0}'")
    check = await storstad.check_of(1)
    said = PersonSaid(Answer.SOMETHING_WRONG, str(user), session)
    assert await storstad.value("select state from checks where check_id = $1", check) == "waiting"
    await storstad.set_clock(TWO + timedelta(hours=1))
    await storstad.step()
    await cases.apply_to_check(storstad.memory, check, said, actor=str(user))
    assert await storstad.value(kept) is None, "nobody has looked"
    await storstad.execute(
        "insert into looks (org, check_id, session_id, user_id, kind, began_at) values ($1, $2, $3, $4, 'session', clock.now())",
        storstad.org, check, session, user,
    )  # fmt: skip
    await cases.apply_to_check(storstad.memory, check, said, actor=str(user))
    assert await storstad.value(kept) == "not_seen something_wrong"
    await cases.apply_to_check(storstad.memory, check, PersonSaid(Answer.IN_BED, str(user), session), actor=str(user))
    assert await storstad.value(kept) == "not_seen something_wrong", "the first word stands"
