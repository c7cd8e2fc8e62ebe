"""Consents: a device looks, and people see its pictures, only as far as everybody in the home has agreed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import pytest

from alarm_center.casework import cases, live_looks
from alarm_center.core.alarm.alarm_events import ClaimCase
from alarm_center.core.check.check_events import AskAgain
from alarm_center.core.decision import IllegalMove
from alarm_center.preparation import planning
from alarm_center.store import consents, devices
from alarm_center.store.memory import Memory
from schemas.vocabulary import DeviceKind, Priority
from tests.support.by_hand import raise_manual_alarm
from tests.support.postgres import Database
from tests.support.town import a_town, at_local, freeze, rows, run, value

NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
NOBODY, REVOKED, GIVEN = "none", "revoked", "given"
SENSORS, CAMERA_UNSEEN, CAMERA_SEEN, BOTH_UNSEEN = "sensors", "camera", "camera shown_to_people", "camera sensors"
SAID = (NOBODY, REVOKED, GIVEN, SENSORS, CAMERA_UNSEEN, CAMERA_SEEN, BOTH_UNSEEN)
USER = UUID(int=1)


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    memory = await Memory.open(database.worker)
    yield memory
    await memory.close()


async def says(memory: Memory, resident_id: UUID, said: str, who: str = "resident") -> None:
    """Let *who* have said this: nothing, no, all, or the words that a limited consent allows."""
    await run(memory, "delete from consents where resident_id = $1 and who = $2", resident_id, who)
    if said == NOBODY:
        return
    words = {"camera", "sensors", "shown_to_people"} if said in (GIVEN, REVOKED) else set(said.split())
    state = said if said in (GIVEN, REVOKED) else "limited"
    await run(
        memory,
        """
        insert into consents (org, resident_id, who, state, given_at, recorded_by, revoked_at, camera, sensors, shown_to_people)
        values ('vik', $1, $2, $3, now(), 'p', case when $3 = 'revoked' then now() end, $4, $5, $6)
        """,
        resident_id, who, state, "camera" in words, "sensors" in words, "shown_to_people" in words,
    )  # fmt: skip


async def agreed(memory: Memory, resident_id: UUID) -> frozenset[str]:
    """Return the kinds of device that a list says are agreed to."""
    async with memory.transaction() as tx:
        return (await consents.agreed_devices(tx, None)).get(resident_id, frozenset())


def allows(said: str, kind: DeviceKind, *, to_people: bool) -> bool:
    """Each consent's answer for a device, written out."""
    if kind is DeviceKind.SENSORS:
        return said in (GIVEN, SENSORS, BOTH_UNSEEN)
    return said in ((GIVEN, CAMERA_SEEN) if to_people else (GIVEN, CAMERA_SEEN, CAMERA_UNSEEN, BOTH_UNSEEN))


async def test_every_combination_of_two_consents(memory: Memory) -> None:
    await a_town(memory, residents=1, at=NOON)
    resident_id = await value(memory, "select resident_id from residents")
    for mine, theirs in product(SAID, (None, *SAID)):
        await says(memory, resident_id, mine)
        await says(memory, resident_id, theirs or NOBODY, "cohabitant")
        await run(memory, "update residents set cohabitant = $1", None if theirs is None else "C")
        for kind, to_people in product(DeviceKind, (False, True)):
            wanted = all(allows(said, kind, to_people=to_people) for said in (mine, theirs) if said is not None)
            may = await value(memory, "select may_look($1, $2, $3)", resident_id, kind, to_people)
            assert may is wanted, f"{mine}, cohabitant {theirs}: {kind}, to people {to_people}"
            if not to_people:
                assert (kind in await agreed(memory, resident_id)) is wanted, f"the lists: {mine}, {theirs}: {kind}"


async def test_nobody_may_look_at_or_with_something_unknown(memory: Memory) -> None:
    await a_town(memory, residents=1, at=NOON)
    resident_id = await value(memory, "select resident_id from residents")
    assert await value(memory, "select may_look($1, 'camera', false)", UUID(int=9)) is False
    assert await value(memory, "select may_look(null, 'camera', false)") is False
    assert await value(memory, "select may_look($1, 'microphone', false)", resident_id) is False


@pytest.mark.parametrize("words", [(True, True, True), (False, False, False)])
async def test_a_limited_consent_limits_something(memory: Memory, words: tuple[bool, bool, bool]) -> None:
    """The other way round, one that is given allows all: the row itself holds it."""
    await a_town(memory, residents=1, at=NOON)
    state = "limited" if all(words) else "given"
    with pytest.raises(Exception, match="violates check constraint"):
        await run(
            memory, "update consents set state = $1, camera = $2, sensors = $3, shown_to_people = $4", state, *words
        )


async def test_a_check_whose_camera_may_not_look_becomes_a_visit(memory: Memory) -> None:
    town = await a_town(memory, residents=1, times=("02:00",), at=NOON)
    resident_id = await value(memory, "select resident_id from residents")
    await run(memory, "delete from attempts")
    await run(memory, "delete from checks")
    await says(memory, resident_id, SENSORS)
    await planning.plan_all_towns(memory)
    found = await rows(
        memory,
        "select state, cancel_reason, instead from checks where opens_at < $1",
        at_local(town.town, "2026-11-22", "06:00"),
    )
    assert [(c["state"], c["cancel_reason"], c["instead"]) for c in found] == [
        ("cancelled", "consent_revoked", "visit")
    ]


async def test_of_two_devices_the_one_that_may_look_is_planned_for(memory: Memory) -> None:
    await a_town(memory, residents=1, at=NOON)
    resident_id = await value(memory, "select resident_id from residents")
    await run(
        memory,
        "insert into devices (org, device_id, resident_id, kind) values ('vik', 'vik-s1', $1, 'sensors')",
        resident_id,
    )
    for said, device in ((GIVEN, "vik-cam1"), (SENSORS, "vik-s1"), (CAMERA_UNSEEN, "vik-cam1")):
        await says(memory, resident_id, said)
        await run(memory, "delete from attempts")
        await run(memory, "delete from checks")
        await planning.plan_all_towns(memory)
        assert await value(memory, "select distinct device_id from checks") == device, said


async def test_what_is_for_peoples_eyes_needs_their_consent_to_be_seen(memory: Memory) -> None:
    """A live look and one more look are for whoever asks; the look on the device's list is the detector's."""
    town = await a_town(memory, residents=1, times=("02:00",), at=NOON)
    resident_id = await value(memory, "select resident_id from residents")
    alarm = await raise_manual_alarm(memory, resident_id, Priority.SECOND, actor="test")
    await cases.apply_to_alarm(memory, alarm.alarm_id, ClaimCase(USER), actor="test")
    await says(memory, resident_id, CAMERA_UNSEEN)
    with pytest.raises(IllegalMove, match="no consent"):
        await live_looks.ask_live_look(memory, alarm.alarm_id, 10, user=USER)
    await freeze(memory, at_local(town.town, "2026-11-22", "02:05"))
    check_id = await value(memory, "select check_id from checks order by opens_at limit 1")
    with pytest.raises(IllegalMove, match="no consent"):
        await cases.apply_to_check(memory, check_id, AskAgain("olle", 10), actor="olle")
    async with memory.transaction() as tx:
        device = await devices.get(tx, "vik", "vik-cam1")
    assert device is not None and device.consented and not device.shown
