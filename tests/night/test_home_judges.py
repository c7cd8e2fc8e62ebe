"""A night in which one home judges by itself: no detector runs, its check is green, and no picture has left the bedroom."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alarm_center.casework import configs
from fjarrtillsyn.embedded.postgres import Postgres
from fjarrtillsyn.embedded.rights import CENTRE
from fjarrtillsyn.home import JudgeProcess
from gateway.sources import open_source
from schemas import topics
from schemas.vocabulary import JudgePlace
from tests.support.clients import client
from tests.support.mosquitto import Mosquitto
from tests.support.parts import DEVICE, ORG, RunningTown, night
from tests.support.postgres import Database
from tests.support.waiting import eventually

pytestmark = pytest.mark.night


@pytest.fixture
async def town(
    database: Database, migrated_server: Postgres, mosquitto: Mosquitto, tmp_path: Path
) -> AsyncIterator[RunningTown]:
    async with night(database, migrated_server, mosquitto, tmp_path, minutes_early=0.05) as made:
        async with made.memory.transaction() as tx:
            await configs.set_judge(tx, ORG, DEVICE, JudgePlace.HOME)
        yield made


@pytest.fixture
async def judge() -> AsyncIterator[JudgeProcess]:
    beside = JudgeProcess(again_s=600)
    keeping = asyncio.create_task(beside.run())
    await eventually(lambda: beside.alive)
    yield beside
    keeping.cancel()
    await asyncio.wait({keeping})


async def test_a_home_turns_its_own_check_green(town: RunningTown, judge: JudgeProcess) -> None:
    heard: list[tuple[str, bytes]] = []

    async def listen() -> None:
        async with client(town.mosquitto, CENTRE) as link:
            await link.subscribe(
                *[topics.every(word) for word in ("session", "home_session", "picture", "home_picture")]
            )
            async for message in link.messages():
                heard.append((str(message.topic), message.payload))

    listening = asyncio.create_task(listen())
    await town.start_centre()
    home = town.home(open_source("scene:asleep", 3), judge)
    await eventually(lambda: town.value("select count(*) from checks where state = 'seen'"))
    await eventually(lambda: home.counts["receipt_committed"] == 1)
    assert await town.value("select answer = 'in_bed' and detector <> '' and pictures = 0 from sessions") is True
    assert await town.value("select count(*) from alarms") == 0
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert heard == []


async def test_a_home_without_its_judge_has_a_person_look(town: RunningTown, judge: JudgeProcess) -> None:
    """Although a detector of the centre is alive: it is not the one that is believed of this device."""
    await town.start_centre()
    await town.start_detector()
    assert judge.pid is not None
    os.kill(judge.pid, signal.SIGKILL)
    await eventually(lambda: not judge.alive)
    town.home(open_source("scene:asleep", 3), judge)
    await eventually(lambda: town.value("select count(*) from checks where state = 'to_look'"))
    assert await town.value("select needs_human and detector = '' and pictures > 0 from sessions") is True
    assert await town.value("select judge_ok from devices") is False
