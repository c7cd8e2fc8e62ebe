"""Consent withdrawn at eleven in the evening on real parts: a carer's click in a browser, the centre's process, the broker, the home's gateway."""

import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from fjarrtillsyn.embedded.postgres import Postgres
from gateway.sources import Source, open_source
from gateway.taken import Stopped, Taken
from schemas.messages import Capture, Frame
from schemas.vocabulary import DeviceKind, Priority
from tests.support import busy_town
from tests.support.by_hand import raise_manual_alarm
from tests.support.mosquitto import Mosquitto
from tests.support.parts import RunningTown, night
from tests.support.postgres import Database
from tests.support.town_file import wall_time
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser

DARK_WITHIN_S: Final = 5.0
LOOKS: Final = (timedelta(hours=23), timedelta(hours=23, minutes=10))


@dataclass(slots=True)
class TenSeconds:
    """A camera that takes as long as it says, where a drawn one has its frames at once."""

    drawn: Source
    kind: DeviceKind = DeviceKind.CAMERA

    def take(self, seconds: int, capture: Capture, stopped: Stopped) -> Taken:
        frames, ends = self.drawn.take(seconds, capture, stopped), time.monotonic() + seconds
        while not stopped() and time.monotonic() < ends:
            threading.Event().wait(0.02)
        return frames

    def fault(self) -> str | None:
        return self.drawn.fault()

    def live(self, seconds: int, capture: Capture) -> Iterator[Frame]:
        return self.drawn.live(seconds, capture)


@pytest_asyncio.fixture(loop_scope="session")
async def town(
    database: Database, migrated_server: Postgres, mosquitto: Mosquitto, tmp_path: Path
) -> AsyncIterator[RunningTown]:
    async with night(database, migrated_server, mosquitto, tmp_path, minutes_early=3, due_at=LOOKS) as made:
        await made.start_centre()
        yield made


async def test_consent_withdrawn_at_23_by_the_carer(town: RunningTown, chromium: Browser) -> None:
    """The camera is in the middle of its look of 23:00 when the resident says no: nothing of it is sent, and at 23:10 it stays dark."""
    gateway = town.home(TenSeconds(open_source("scene:asleep", 1)))
    await eventually(lambda: gateway.state.config is not None and gateway.state.config.attempts)
    await raise_manual_alarm(town.memory, town.resident_id, Priority.SECOND, actor="test")
    token = await eventually(lambda: town.value("select token from notices"))
    page = await (
        await chromium.new_context(base_url=town.http, viewport={"width": 390, "height": 800}, locale="sv-SE")
    ).new_page()
    await page.goto(f"/u/{token}")
    await page.click("form[action$='/take'] button >> nth=0")
    await page.click(".no-camera summary")  # without a word that she is there: else no look would be begun

    await busy_town.move(town.memory, await town.value("select min(opens_at) from checks") - await town.memory.now())
    await eventually(lambda: gateway.state.waking)
    assert wall_time(await town.memory.now()) == "23:00"
    clicked = time.monotonic()
    await page.click("text=Brukaren säger det själv")
    await eventually(lambda: gateway.counts["withdrawn"])
    seconds = time.monotonic() - clicked
    print(f"carer's click to dark: {seconds:.3f} s")
    assert seconds < DARK_WITHIN_S
    await expect(page.locator("#stopped")).to_contain_text("Kameran är stängd.")
    await expect(page.locator(".answer")).to_contain_text("Kameran har bekräftat")

    last = await town.value("select max(opens_at) from checks where night = (select min(night) from checks)")
    await busy_town.move(town.memory, timedelta(minutes=11))
    await eventually(lambda: (heard := gateway.state.clock(town.monotonic())) is not None and heard > last)
    assert wall_time(last) == "23:10" and await town.memory.now() > last
    assert gateway.state.waking is None and gateway.counts["sent"] == 0
    assert await town.value("select count(*) from sessions") == 0, "no look after the no"
    assert (
        await town.value("select string_agg(distinct state || ' ' || instead, ', ') from checks") == "cancelled visit"
    )
