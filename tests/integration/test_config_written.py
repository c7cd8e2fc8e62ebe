"""A config is written when a device cannot know: once a night for its looks, and not as they open, are made and end."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from alarm_center.casework import arrived_sessions
from alarm_center.devices.last_heard import LastHeard
from alarm_center.inbox import Inbox
from alarm_center.preparation import planning
from alarm_center.store.memory import Memory
from schemas import topics, wire
from schemas.messages import Evidence, Finding, Status
from schemas.vocabulary import Answer, JudgePlace, LinkState
from tests.support import busy_town
from tests.support.postgres import Database
from tests.support.town import a_town, move, run, value

_WRITTEN = "select count(*) from events where kind = 'config_wanted'"
_LISTED = "select jsonb_array_length(config->'attempts') from devices"


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def test_a_night_of_three_looks_is_told_once(memory: Memory) -> None:
    evening = datetime(2026, 11, 22, 19, 15, tzinfo=UTC)
    await a_town(memory, residents=1, times=("22:30", "02:00", "05:00"), at=evening)
    await planning.plan_town(memory, "vik")
    before = await value(memory, _WRITTEN)
    for _ in range(48):
        await move(memory, timedelta(hours=1))
        await planning.plan_town(memory, "vik")
        listed = "select coalesce(max((look->>'opens_at')::timestamptz), '-infinity') from devices, jsonb_array_elements(config->'attempts') look"
        coming = (
            "select max(opens_at) from checks where state = 'planned' and opens_at <= clock.now() + interval '25 hours'"
        )
        assert await value(memory, listed) >= await value(memory, coming), "a day ahead it is on the list"
    assert await value(memory, _WRITTEN) - before <= 3
    assert await value(memory, "select count(*) from checks where opens_at > $1", evening + timedelta(hours=20)) >= 6


async def test_a_look_that_is_made_writes_no_config(memory: Memory) -> None:
    await _look_made(memory, await _look_opened(memory))


async def _look_opened(memory: Memory) -> UUID:
    return await busy_town.open_check(memory, await busy_town.found(memory, "ost"))


async def _look_made(memory: Memory, check_id: UUID) -> int:
    """The look is made and green, in its time; return the version of the config, which is that of before."""
    version = int(await value(memory, "select wanted_version from devices"))
    await _judged(memory, check_id)
    assert await value(memory, "select wanted_version from devices") == version
    return version


async def _judged(memory: Memory, check_id: UUID) -> None:
    finding = Finding(
        session_id="s1", org="ost", device="ost-1", check_id=check_id, attempt=1, answer=Answer.IN_BED, people=1,
        evidence=(Evidence(what="small_movement", zone="bed"),), started_at=await memory.now(), detector="d1",
    )  # fmt: skip
    await memory.attempt(lambda tx: arrived_sessions.record_finding(tx, finding, finding.answer, JudgePlace.CENTRE))
    assert await value(memory, "select state from checks where check_id = $1", check_id) == "seen"


async def _says(memory: Memory, link: LinkState, boot: str) -> None:
    said = Status(link=link, boot=boot, connection=1, sequence=1)
    await Inbox(memory, LastHeard(memory)).on_status(topics.of("ost", "ost-1", "status"), wire.encode(said))


async def test_a_gateway_that_has_restarted_makes_no_look_again(memory: Memory) -> None:
    check_id = await _look_opened(memory)
    await _says(memory, LinkState.UP, "first")
    version, listed = await _look_made(memory, check_id), await value(memory, _LISTED)
    await _says(memory, LinkState.GONE, "first")
    assert await value(memory, _LISTED) == listed - 1
    assert await value(memory, "select wanted_version from devices") == version + 1
    await _says(memory, LinkState.UP, "second")
    assert await value(memory, "select wanted_version from devices") == version + 1


async def test_a_restart_before_the_look_is_judged(memory: Memory) -> None:
    """It sends its look, dies and is back before a detector has answered: its new list cannot know yet that the look was made."""
    check_id = await _look_opened(memory)
    await _says(memory, LinkState.UP, "first")
    listed = await value(memory, _LISTED)
    await _says(memory, LinkState.GONE, "first")
    await _says(memory, LinkState.UP, "second")
    assert await value(memory, _LISTED) == listed
    await _judged(memory, check_id)
    assert await value(memory, _LISTED) == listed - 1


async def test_a_boot_without_a_will_before_the_answer(memory: Memory) -> None:
    check_id = await _look_opened(memory)
    await _says(memory, LinkState.UP, "first")
    listed = await value(memory, _LISTED)
    await _says(memory, LinkState.UP, "second")
    await _judged(memory, check_id)
    assert await value(memory, _LISTED) == listed - 1


async def test_a_boot_without_a_will_is_told_what_was_made(memory: Memory) -> None:
    version = await _look_made(memory, await _look_opened(memory))
    await _says(memory, LinkState.UP, "first")
    assert await value(memory, "select wanted_version from devices") == version + 1


async def test_a_look_that_is_called_off_is_off_the_list(memory: Memory) -> None:
    await busy_town.open_check(memory, await busy_town.found(memory, "ost"))
    before = await value(memory, _LISTED)
    await run(
        memory,
        "update attempts set state = 'missed' from checks c where c.check_id = attempts.check_id and c.state = 'open'",
    )
    await planning.plan_town(memory, "ost")
    assert await value(memory, _LISTED) == before - 1
