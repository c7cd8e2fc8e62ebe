"""Processes killed at each step from the home to the SMS: nothing is lost, and nothing happens twice.

The parts are processes and die by SIGKILL. To stop one at a known place, the test holds the row that it needs next, or
stops the broker; it never reaches into the code.
"""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alarm_center.casework.editing import Editor
from alarm_center.preparation import pauses
from fjarrtillsyn.embedded.postgres import Postgres
from gateway.sources import open_source
from schemas.vocabulary import Instead
from tests.support.mosquitto import Mosquitto
from tests.support.parts import DEVICE, ORG, RunningTown, night
from tests.support.postgres import Database
from tests.support.waiting import eventually

pytestmark = pytest.mark.night


@pytest.fixture
async def town(
    database: Database, migrated_server: Postgres, mosquitto: Mosquitto, tmp_path: Path
) -> AsyncIterator[RunningTown]:
    async with night(database, migrated_server, mosquitto, tmp_path) as made:
        yield made


async def _one_of_each(town: RunningTown) -> None:
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
    await eventually(lambda: not gateway.state.pending)


async def test_a_fall_goes_from_the_home_to_an_sms(town: RunningTown) -> None:
    await town.start_centre()
    await town.start_detector()
    town.home(open_source("scene:fallen", 1))
    await _one_of_each(town)


async def test_the_detector_dies_between_session_and_finding(town: RunningTown) -> None:
    await town.start_centre()
    await town.start_detector()
    town.detector.signal(signal.SIGSTOP)  # it has the session and answers nothing
    gateway = town.home(open_source("scene:fallen", 1))
    await eventually(lambda: gateway.counts["sent"])
    assert await town.value("select count(*) from sessions") == 0
    town.detector.kill()
    await town.start_detector()
    town.wait_in_homes(30)
    await _one_of_each(town)


async def test_the_centre_dies_between_finding_and_commit(town: RunningTown) -> None:
    await town.start_centre()
    await town.start_detector()
    async with town.held("select 1 from fjt.checks for update"):
        town.home(open_source("scene:fallen", 1))
        await eventually(lambda: town.value("select count(*) from pg_locks where not granted"))
        town.centre.kill()
    assert await town.value("select count(*) from sessions") == 0
    await town.start_centre()
    town.wait_in_homes(30)
    await _one_of_each(town)


async def test_the_centre_dies_between_commit_and_receipt(town: RunningTown) -> None:
    await town.start_centre()
    await town.start_detector()
    async with town.held("lock table fjt.receipts in share mode"):
        gateway = town.home(open_source("scene:fallen", 1))
        await eventually(lambda: town.somebody_waits_to_write("receipts"))
        # The finding is with the centre; from here on nothing that it publishes leaves.
        town.mosquitto.signal(signal.SIGSTOP)
    await eventually(lambda: town.value("select count(*) from receipts"))
    town.centre.kill()
    town.mosquitto.signal(signal.SIGCONT)
    assert gateway.state.pending, "the home has heard nothing yet"
    await town.start_centre()
    await _one_of_each(town)


async def test_the_centre_dies_between_commit_and_config(town: RunningTown) -> None:
    await town.start_centre()
    gateway = town.home(open_source("scene:fallen", 1))
    await eventually(lambda: gateway.state.config is not None and gateway.state.config.attempts)
    town.mosquitto.signal(signal.SIGSTOP)
    await pauses.revoke_consent(town.memory, town.resident_id, "resident", instead=Instead.NOTHING, editor=Editor("p"))
    wanted = await town.value("select wanted_version from devices")
    town.centre.kill()
    town.mosquitto.signal(signal.SIGCONT)
    await town.start_centre()
    await eventually(lambda: gateway.state.config is not None and gateway.state.config.version == wanted)
    assert gateway.state.config is not None
    assert not gateway.state.config.attempts


async def test_the_broker_comes_back_with_nothing_in_its_memory(town: RunningTown) -> None:
    await town.start_centre()
    await town.start_detector()
    gateway = town.home(open_source("scene:fallen", 1))
    await eventually(lambda: gateway.state.config)
    town.mosquitto.kill()
    town.mosquitto.start()
    await eventually(lambda: gateway.linked, 60)
    await _one_of_each(town)


async def test_consent_withdrawn_while_the_home_is_cut_off(town: RunningTown) -> None:
    """The device has its list and its time comes; it does not wake, since it has no word from the centre."""
    await town.start_centre()
    await town.start_detector()
    gateway = town.home(open_source("scene:fallen", 1))
    await eventually(lambda: gateway.state.config is not None and gateway.state.config.attempts)
    gateway.unplug()
    await pauses.revoke_consent(town.memory, town.resident_id, "resident", instead=Instead.NOTHING, editor=Editor("p"))
    town.wait_in_homes(90)  # past the opening, and past the minute in which a pulse counts
    gateway.plug()
    wanted = await town.value("select wanted_version from devices")
    await eventually(lambda: gateway.state.config is not None and gateway.state.config.version == wanted, 60)
    town.wait_in_homes(90)
    assert gateway.counts["sent"] == 0
    assert await town.value("select count(*) from sessions") == 0
    assert await town.value("select state from checks order by opens_at limit 1") == "cancelled"
    assert (ORG, DEVICE) == ("ost", "ost-1")
