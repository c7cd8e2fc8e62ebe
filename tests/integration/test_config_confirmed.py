"""A config that a device should have: when it is written anew, and for how long the device may be without it before somebody is told."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from alarm_center.casework import configs
from alarm_center.core import calendar
from alarm_center.devices.last_heard import LastHeard
from alarm_center.inbox import Inbox
from alarm_center.store import reconciliation
from alarm_center.store.memory import Memory, now
from schemas import topics, wire
from schemas.messages import Status
from schemas.vocabulary import Answer, LinkState
from tests.support import busy_town
from tests.support.postgres import Database
from tests.support.town import ATown, a_town, move, run, value

NOON = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)


class ConfiguredHome:
    """One home's device, and what reconciliation says of its config."""

    def __init__(self, memory: Memory, there: ATown) -> None:
        self.memory, self.there = memory, there

    async def wants_another(self) -> None:
        """The device should have another list: each look is a second longer."""
        await run(self.memory, "update attempts set seconds = seconds + 1")
        async with self.memory.transaction() as tx:
            assert await configs.refresh_config(tx, self.there.org, self.there.device(1)) is not None

    async def says(self, behind: int = 0, link: LinkState = LinkState.UP) -> None:
        """The device says which config it has: the newest, or one *behind* it."""
        wanted = await value(self.memory, "select wanted_version from devices")
        said = Status(link=link, config_version=wanted - behind)
        topic = topics.of(self.there.org, self.there.device(1), "status")
        await Inbox(self.memory, LastHeard(self.memory)).on_status(topic, wire.encode(said))

    async def told(self, *, after: int) -> bool:
        """Return whether somebody is told, *after* so many minutes."""
        await move(self.memory, timedelta(minutes=after))
        async with self.memory.transaction() as tx:
            at = await now(tx)
            night = calendar.night_of(at, self.there.town.zone)
            return bool(await reconciliation.answers(tx, "config_unconfirmed", self.there.org, night, at))


@pytest.fixture
async def home(database: Database) -> AsyncIterator[ConfiguredHome]:
    memory = await Memory.open(database.worker)
    there = ConfiguredHome(memory, await a_town(memory, residents=1, at=NOON))
    await there.says()
    yield there
    await memory.close()


async def test_a_device_has_ten_minutes_to_confirm(home: ConfiguredHome) -> None:
    assert not await home.told(after=60), "it has what it should"
    await home.wants_another()
    assert not await home.told(after=9)
    await home.wants_another()
    assert await home.told(after=2), "since the first that it has not"
    await home.says()
    assert not await home.told(after=60)


async def test_one_that_follows_a_step_behind_is_not_told_of(home: ConfiguredHome) -> None:
    for _ in range(3):
        await home.wants_another()
        await home.wants_another()
        assert not await home.told(after=9)
        await home.says(behind=1)
    assert await home.told(after=11), "it has confirmed nothing newer since"


async def test_a_device_that_is_gone_has_confirmed_nothing(home: ConfiguredHome) -> None:
    await home.says(link=LinkState.GONE)
    assert not await home.told(after=9)
    assert await home.told(after=2)


async def test_a_list_is_not_sent_anew_for_a_look_that_was_made(database: Database) -> None:
    memory = await Memory.open(database.worker)
    try:
        check_id = await busy_town.open_check(memory, await busy_town.found(memory, "ost"))
        version = "select wanted_version from devices"
        planned = await value(memory, version)
        await busy_town.finds(memory, "ost", check_id, Answer.NOT_SEEN)
        assert await value(memory, "select state from checks where check_id = $1", check_id) != "open"
        assert await value(memory, version) == planned, "the device knows that it has looked"
        await _begins_anew(memory, "ost-1")
        assert await value(memory, version) == planned + 1
        listed = "select count(*) from devices, jsonb_array_elements(config -> 'attempts') a where (a ->> 'check_id')::uuid = $1"
        assert await value(memory, listed, check_id) == 0, "one that has begun anew does not"
    finally:
        await memory.close()


async def _begins_anew(memory: Memory, device: str) -> None:
    said = Status(link=LinkState.UP, boot="another", connection=1, sequence=1, config_version=1)
    await Inbox(memory, LastHeard(memory)).on_status(topics.of("ost", device, "status"), wire.encode(said))
