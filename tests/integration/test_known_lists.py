"""Configs that were found to be as they should be are not read again, and no change of one is missed by that."""

import random
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import pytest

from alarm_center.casework import configs
from alarm_center.casework.configs import KnownLists
from alarm_center.preparation import planning
from alarm_center.store.memory import Memory, Tx, now
from tests.support import town_file
from tests.support.postgres import Database
from tests.support.town import a_town, move, run

NOON: Final = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
PEOPLE: Final = 5
EDITS: Final = (
    "update devices set capture = capture || '{\"fps\": 3}' where resident_id = $1",
    'update devices set capture = \'{"seconds": "rubbish"}\' where resident_id = $1',
    "update devices set capture = '{}' where resident_id = $1",
    "update devices set profile = jsonb_set(profile, '{expected_people}', '2') where resident_id = $1",
    "update devices set profile = '{\"zones\": 7}' where resident_id = $1",
    "update devices set judge = case judge when 'home' then 'centre' else 'home' end where resident_id = $1",
    "update devices set config = config || '{\"withdrawn\": true}' where resident_id = $1",
    "update devices set config = jsonb_set(config, '{attempts}', '[]') where resident_id = $1",
    "update devices set config = null where resident_id = $1",
    "update devices set wanted_version = wanted_version + 1 where resident_id = $1",
    "update consents set state = 'revoked', revoked_at = clock.now(), revoked_instead = 'visit' where resident_id = $1 and state <> 'revoked'",
    "update consents set state = 'given', revoked_at = null, revoked_instead = null where resident_id = $1",
    "update organisations set stopped_at = case when stopped_at is null then clock.now() end where $1::uuid is not null",
    "update checks set state = 'cancelled', next_step_at = null, ended_at = clock.now(), cancel_reason = 'pause_away', instead = 'nothing',"
    " agreed_by = 'p' where resident_id = $1 and state = 'planned'",
    "insert into pauses (org, resident_id, reason, from_at, to_at, said_by, instead)"
    " values ('vik', $1, 'pause_away', clock.now(), clock.now() + interval '5 hours', 'p', 'nothing')",
)
"""Changes past every function that would tell the device."""


class _TakenBack(Exception):
    """The writes of a comparison are taken back."""


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


@pytest.mark.parametrize(("seed", "most"), [(0, 5), (1, 100), (2, 100)])
async def test_no_change_of_a_config_is_missed(memory: Memory, seed: int, most: int) -> None:
    chance = random.Random(seed)
    bed = {2: {"shares_bed_with": 1, "devices": [], "consent": town_file.CONSENT}}
    town = await a_town(memory, residents=PEOPLE, change=bed, at=NOON)
    await planning.plan_town(memory, town.org)
    everybody, known, told_of = list(town.residents.values()), KnownLists(most), 0
    for edit in chance.sample(EDITS, len(EDITS)):
        # What was told of by the change before is so by this one alone.
        async with memory.transaction() as tx:
            await configs.refresh_of_residents(tx, everybody, await now(tx))
            await configs.residents_to_tell(tx, everybody, await now(tx), known)
        await run(memory, edit, chance.choice(everybody))
        if chance.random() < 0.3:
            await move(memory, timedelta(hours=chance.randint(1, 9)))
        async with memory.transaction() as tx:
            at = await now(tx)
            told = await configs.residents_to_tell(tx, everybody, at, known)
            assert told == await configs.residents_to_tell(tx, everybody, at, KnownLists(100))
            told_of += len(told)
            with suppress(_TakenBack):
                async with tx.transaction():
                    before = await _versions(tx)
                    await configs.refresh_of_residents(tx, everybody, at)
                    written = {whose for whose, version in (await _versions(tx)).items() if version != before[whose]}
                    raise _TakenBack
            assert written <= told, "whoever is written a config was told of"
    assert told_of > len(EDITS) / 4, "changes were told of"


@pytest.mark.parametrize("away", [1, 2])
async def test_one_of_two_who_is_away_is_told_of(memory: Memory, away: int) -> None:
    """The device expects one in the bed from then on, whoever of the two it is."""
    bed = {2: {"shares_bed_with": 1, "devices": [], "consent": town_file.CONSENT}}
    town = await a_town(memory, residents=2, change=bed, at=NOON)
    await planning.plan_town(memory, town.org)
    everybody, known = list(town.residents.values()), KnownLists(100)
    async with memory.transaction() as tx:
        await configs.refresh_of_residents(tx, everybody, await now(tx))
        assert await configs.residents_to_tell(tx, everybody, await now(tx), known) == set()
    await run(memory, EDITS[-1], town.residents[away])
    async with memory.transaction() as tx:
        assert await configs.residents_to_tell(tx, everybody, await now(tx), known) == {town.residents[1]}


async def _versions(tx: Tx) -> dict[UUID, int]:
    return {
        row["resident_id"]: row["wanted_version"]
        for row in await tx.fetch("select resident_id, wanted_version from devices")
    }


def test_the_oldest_list_goes_where_there_are_too_many() -> None:
    known = KnownLists(2)
    for each in (b"a", b"b", b"a", b"c"):
        known.keep(each, ())
    assert [known.of(each) for each in (b"a", b"b", b"c")] == [(), None, ()]
