"""From a click to a dark camera, measured on real parts: a page's form, the centre's process, the broker, the home's gateway."""

import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from alarm_center.web.auth import COOKIE
from fjarrtillsyn.embedded.postgres import Postgres
from gateway.service import Gateway
from gateway.sources import open_source
from schemas.vocabulary import Role
from tests.support.mosquitto import Mosquitto
from tests.support.parts import ORG, RunningTown, night
from tests.support.postgres import Database
from tests.support.viewers import viewer_in
from tests.support.waiting import eventually

pytestmark = pytest.mark.night

DARK_WITHIN_S: Final = 5.0


@pytest.fixture
async def town(
    database: Database, migrated_server: Postgres, mosquitto: Mosquitto, tmp_path: Path
) -> AsyncIterator[RunningTown]:
    async with night(database, migrated_server, mosquitto, tmp_path, minutes_early=60) as made:
        await made.start_centre()
        yield made


async def a_watching_home(town: RunningTown) -> Gateway:
    """Return the home's gateway once it has its list, and the centre knows that it has."""
    gateway = town.home(open_source("scene:asleep", 1))
    await eventually(lambda: gateway.state.config is not None and gateway.state.config.attempts)
    await eventually(lambda: town.value("select reported_version = wanted_version from devices"))
    return gateway


async def click(town: RunningTown, path: str, form: Mapping[str, str], role: Role = Role.OPERATOR) -> float:
    """Send a page's form as somebody with *role*; return when it was sent."""
    person = await viewer_in(town.memory, ORG, role=role)
    async with aiohttp.ClientSession(headers={"Cookie": f"{COOKIE}={person.token}"}) as browser:
        sent = time.monotonic()
        async with browser.post(f"{town.http}{path}", data={"csrf": "csrf", **form}, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
    return sent


async def dark_after(gateway: Gateway, sent: float) -> float:
    """Return the seconds from the click until the gateway has applied a list without attempts, of nobody who may be looked at."""
    await eventually(lambda: gateway.state.config is not None and gateway.state.config.withdrawn)
    seconds = time.monotonic() - sent
    assert gateway.state.config is not None and not gateway.state.config.attempts
    return seconds


async def test_consent_withdrawn_is_dark_within_5_s(town: RunningTown) -> None:
    """A town's stop and its way back come first, since a withdrawal has no undo."""
    gateway = await a_watching_home(town)
    await click(town, "/stop-town", {"why": "fel bild"}, Role.COORDINATOR)
    stopped = await dark_after(gateway, await click(town, "/stop-town/confirm", {}))
    await click(town, "/stop-town/return", {})
    sent = await click(town, "/stop-town/return/confirm", {}, Role.LEAD)
    await eventually(lambda: gateway.state.config is not None and gateway.state.config.attempts)
    back = time.monotonic() - sent

    said = {"said_by": "resident", "how": "phone", "instead": "visit"}
    withdrawn = await dark_after(gateway, await click(town, f"/stop-camera/{town.resident_id}", said))
    print(f"click to dark: withdrawal {withdrawn:.3f} s, town stop {stopped:.3f} s; click to a list again {back:.3f} s")
    assert withdrawn < DARK_WITHIN_S
    assert stopped < DARK_WITHIN_S
    await eventually(lambda: town.value("select reported_version = wanted_version from devices"))
    assert await town.value("select instead from checks order by opens_at limit 1") == "visit"
