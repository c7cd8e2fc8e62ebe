"""Killed at each point of the way from the home to the SMS: nothing is lost, and nothing happens twice.

The parts are processes and die by SIGKILL. To stop one at a known place, the test holds the row that it needs next, or
stops the broker; it never reaches into the code.
"""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alarm_center.preparation import planning
from fjarrtillsyn.embedded.postgres import Postgres
from gateway.sources import open_source
from schemas.vocabulary import Instead
from tests.support.mosquitto import Mosquitto
from tests.support.parts import DEVICE, ORG, Night, night
from tests.support.postgres import Database
from tests.support.waiting import eventually

pytestmark = pytest.mark.night


@pytest.fixture
async def town(
    database: Database, migrated_server: Postgres, mosquitto: Mosquitto, tmp_path: Path
) -> AsyncIterator[Night]:
    async with night(database, migrated_server, mosquitto, tmp_path) as made:
        yield made


async def _one_of_each(town: Night) -> None:
    """The fall led to one session, one alarm and one SMS to the patrol, and the home has let go of its session."""
    await eventually(
        lambda: town.value("select count(*) from messages where wording = 'call_out' and state = 'delivered'"), 30
    )
    assert await town.value("select count(*) from sessions") == 1
    assert await town.value("select count(*) from alarms") == 1
    assert await town.value("select kind from alarms") == "something_wrong"
    assert await town.value("select count(*) from messages where channel = 'sms'") == 1
    assert await town.value("select state from checks order by opens_at limit 1") == "alarmed"
    gateway, _ = town.gateways[0]
    await eventually(lambda: not gateway.home.owed, 30)


async def test_a_fall_goes_from_the_home_to_an_sms(town: Night) -> None:
    await town.start_centre()
    await town.start_detector()
    town.home(open_source("scene:fallen", 1))
    await _one_of_each(town)


async def test_the_detector_dies_between_session_and_finding(town: Night) -> None:
    await town.start_centre()
    await town.start_detector()
    town.detector.signal(signal.SIGSTOP)  # it has the session and answers nothing
    gateway = town.home(open_source("scene:fallen", 1))
    await eventually(lambda: gateway.counts["sent"], 30)
    assert await town.value("select count(*) from sessions") == 0
    town.detector.kill()
    await town.start_detector()
    town.wait_in_homes(30)
    await _one_of_each(town)


async def test_the_centre_dies_between_finding_and_commit(town: Night) -> None:
    await town.start_centre()
    await town.start_detector()
    async with town.held("select 1 from fjt.checks for update"):
        town.home(open_source("scene:fallen", 1))
        await eventually(lambda: town.value("select count(*) from pg_locks where not granted"), 30)
        town.centre.kill()
    assert await town.value("select count(*) from sessions") == 0
    await town.start_centre()
    town.wait_in_homes(30)
    await _one_of_each(town)


async def test_the_centre_dies_between_commit_and_receipt(town: Night) -> None:
    await town.start_centre()
    await town.start_detector()
    async with town.held("lock table fjt.receipts in share mode"):
        gateway = town.home(open_source("scene:fallen", 1))
        await eventually(town.somebody_waits, 30)
        # The finding is with the centre; from here on nothing that it publishes leaves.
        town.mosquitto.signal(signal.SIGSTOP)
    await eventually(lambda: town.value("select count(*) from receipts"), 30)
    town.centre.kill()
    town.mosquitto.signal(signal.SIGCONT)
    assert gateway.home.owed, "the home has heard nothing yet"
    await town.start_centre()
    await _one_of_each(town)


async def test_the_centre_dies_between_commit_and_config(town: Night) -> None:
    await town.start_centre()
    gateway = town.home(open_source("scene:fallen", 1))
    await eventually(lambda: gateway.home.config is not None and gateway.home.config.attempts, 30)
    town.mosquitto.signal(signal.SIGSTOP)
    await planning.revoke_consent(town.memory, town.resident_id, "resident", instead=Instead.NOTHING, actor="p")
    wanted = await town.value("select wanted_version from devices")
    town.centre.kill()
    town.mosquitto.signal(signal.SIGCONT)
    await town.start_centre()
    await eventually(lambda: gateway.home.config is not None and gateway.home.config.version == wanted, 30)
    assert gateway.home.config is not None
    assert not gateway.home.config.attempts


async def test_the_broker_comes_back_with_nothing_in_its_memory(town: Night) -> None:
    await town.start_centre()
    await town.start_detector()
    gateway = town.home(open_source("scene:fallen", 1))
    await eventually(lambda: gateway.home.config, 30)
    town.mosquitto.kill()
    town.mosquitto.start()
    await eventually(lambda: gateway.linked, 60)
    await _one_of_each(town)


async def test_consent_withdrawn_while_the_home_is_cut_off(town: Night) -> None:
    """The device has its list and its time comes; it does not wake, since it has no word from the centre."""
    await town.start_centre()
    await town.start_detector()
    gateway = town.home(open_source("scene:fallen", 1))
    await eventually(lambda: gateway.home.config is not None and gateway.home.config.attempts, 30)
    gateway.unplug()
    await planning.revoke_consent(town.memory, town.resident_id, "resident", instead=Instead.NOTHING, actor="p")
    town.wait_in_homes(90)  # past the opening, and past the minute in which a pulse counts
    gateway.plug()
    wanted = await town.value("select wanted_version from devices")
    await eventually(lambda: gateway.home.config is not None and gateway.home.config.version == wanted, 60)
    town.wait_in_homes(90)
    assert gateway.counts["sent"] == 0
    assert await town.value("select count(*) from sessions") == 0
    assert await town.value("select state from checks order by opens_at limit 1") == "cancelled"
    assert (ORG, DEVICE) == ("ost", "ost-1")
