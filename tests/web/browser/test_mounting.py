"""A mounting in a hallway, on a phone 360 pixels wide: each sentence that an installer might say, in a browser and on real parts."""

import asyncio
import re
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from pydantic import SecretStr

from alarm_center.core.roles import Right
from alarm_center.store import device_logins
from alarm_center.store.memory import Memory
from alarm_center.web.auth import COOKIE
from drawn_homes import profile
from fjarrtillsyn.commands import device_passwords
from fjarrtillsyn.embedded.ports import HOST
from fjarrtillsyn.embedded.postgres import Postgres
from gateway import enrolment
from gateway.service import Gateway
from gateway.settings import GatewaySettings
from gateway.sources import Source, open_source
from gateway.taken import Stopped, Taken
from schemas.messages import Capture, Frame
from schemas.vocabulary import DeviceKind, Role
from tests.support import busy_town
from tests.support.mosquitto import Mosquitto
from tests.support.parts import ORG, RunningTown, night
from tests.support.postgres import Database
from tests.support.town_file import STOCKHOLM
from tests.support.viewers import viewer_in
from tests.support.waiting import eventually
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser

WEDNESDAY, FRIDAY = 2, 4
TRIAL_WITHIN_S: Final = 60.0
"""Of real time, with everybody else's tests beside it; five of them are the look itself."""
BED: Final = next(zone for zone in profile("asleep")["zones"] if zone["name"] == "bed")["polygon"]


@dataclass(slots=True)
class WatchedCamera:
    """A drawn camera whose scene is changed by hand, and that keeps what it has shown."""

    scene: str = "asleep"
    kind: DeviceKind = DeviceKind.CAMERA
    shown: list[bytes] = field(default_factory=list)
    takes_its_time: bool = False
    """As long as a real one; a drawn one has its frames at once."""

    @property
    def _drawn(self) -> Source:
        return open_source(f"scene:{self.scene}", 1)

    def take(self, seconds: int, capture: Capture, stopped: Stopped) -> Taken:
        taken = self._drawn.take(seconds, capture, stopped)
        self.shown += [frame.jpeg for frame in taken.frames[:3]]
        ends = time.monotonic() + seconds
        while self.takes_its_time and not stopped() and time.monotonic() < ends:
            threading.Event().wait(0.05)
        return taken

    def fault(self) -> str | None:
        return None

    def live(self, seconds: int, capture: Capture) -> Iterator[Frame]:
        for frame in self._drawn.live(seconds, capture):
            self.shown.append(frame.jpeg)
            yield frame


@dataclass(slots=True)
class Hallway:
    """An installer's phone before a home on real parts, and the camera that waits there with its code on its screen."""

    town: RunningTown
    page: Page
    job: str
    folder: Path
    camera: WatchedCamera = field(default_factory=WatchedCamera)
    lit: list[bool] = field(default_factory=list)
    code: str = ""
    gateway: Gateway | None = None
    asking: "asyncio.Task[enrolment.Enrolment] | None" = None

    async def switch_on(self) -> None:
        """Let the camera show its code and ask with it; once it is told who it is it goes to the broker by itself."""
        seen = threading.Event()

        def show(code: str) -> None:
            self.code = code
            seen.set()

        self.asking = asyncio.create_task(
            asyncio.to_thread(enrolment.enrol, self.town.http, self.folder / "device.env", show, threading.Event().wait)
        )
        await asyncio.to_thread(seen.wait, 10)

    async def starts_its_gateway(self) -> str:
        """Wait until the camera was told who it is, have the broker hear of it, and start its gateway; return its name."""
        assert self.asking is not None
        made = await self.asking
        async with self.town.memory.transaction() as tx:
            hashes = await device_logins.hashes(tx)
        assert device_passwords.write(self.town.mosquitto.folder / "passwords", hashes)
        self.town.mosquitto.signal(signal.SIGHUP)
        settings = GatewaySettings(
            gateway_org=made.org,
            gateway_device=made.device,
            gateway_source="scene:empty",
            mqtt_host=HOST,
            mqtt_port=self.town.mosquitto.port,
            mqtt_password=SecretStr(made.password),
        )
        self.gateway = Gateway(settings, self.camera, show=self.lit.append, monotonic=self.town.monotonic)
        self.town.gateways.append((self.gateway, asyncio.create_task(self.gateway.run())))
        return made.device

    async def press(self, text: str) -> None:
        """Press the button or the folded part that says *text*."""
        await self.page.locator("#mounting, .job").locator("button, summary, a").filter(has_text=text).first.click()

    async def sees(self, text: str | re.Pattern[str]) -> None:
        await expect(self.page.locator("main")).to_contain_text(text)

    async def comes_to_the_lamp(self) -> str:
        """Go from the job to the camera that answers; return the device's name."""
        await self.press("Jag är på plats")
        await self.press("Ja, säger ja i dag också")
        await self.switch_on()
        await self.page.fill("[name=code]", self.code)
        await self.press("Koppla kameran")
        device = await self.starts_its_gateway()
        await self.sees("Kameran svarar.")
        return device

    async def shows_the_lamp(self) -> None:
        await self.press("Testa lampan")
        await self.sees("Lampan lyser nu")
        await eventually(lambda: True in self.lit)
        await self.press("Lampan lyste")

    async def takes_a_picture(self) -> None:
        await self.press("Ta testbild")
        await self.page.wait_for_selector(".seen.has-picture")

    async def draws_the_bed(self) -> None:
        await self.page.click(".numbers summary")
        for n, (across, down) in enumerate(BED):
            await self.page.fill(f"[name=x{n}]", f"{across * 100:.1f}")
            await self.page.fill(f"[name=y{n}]", f"{down * 100:.1f}")
        await self.press("Så är sängen")

    async def value(self, question: str, *values: object) -> object:
        return await self.town.value(question, *values)


Arrive = Callable[[int], Awaitable[Hallway]]


@pytest_asyncio.fixture(loop_scope="session")
async def arrive(
    database: Database, migrated_server: Postgres, mosquitto: Mosquitto, chromium: Browser, tmp_path: Path
) -> AsyncIterator[Arrive]:
    """Open today's jobs on a phone, on a day of the week at two in the afternoon: one home, without a camera as yet."""
    async with AsyncExitStack() as up:

        async def arrive_on(weekday: int) -> Hallway:
            memory = await Memory.open(database.worker, size=1)
            at = await memory.now()
            local = at.astimezone(STOCKHOLM)
            noon = (local + timedelta(days=(weekday - local.weekday()) % 7 + 7)).replace(hour=12, minute=0)
            await busy_town.move(memory, noon - at)
            await memory.close()
            town = await up.enter_async_context(
                night(
                    database, migrated_server, mosquitto, tmp_path, minutes_early=9 * 60, due_at=(timedelta(hours=23),)
                )
            )
            async with town.memory.transaction() as tx:
                await tx.execute("update checks set device_id = null")
                await tx.execute("update equipment set device_id = null")
                await tx.execute("delete from devices")
                mounting: UUID = await tx.fetchval(
                    """
                    insert into mountings (org, area_id, resident_id, due_on, given_by, given_at, run_in_nights)
                    select org, area_id, resident_id, (clock.now() at time zone 'Europe/Stockholm')::date, 'Petra', clock.now(), 3
                    from residents where resident_id = $1 returning mounting_id
                    """,
                    town.resident_id,
                )
            viewer = await viewer_in(town.memory, ORG, role=Role.INSTALLER, right=Right.MOUNT)
            await town.start_centre()
            await town.start_detector()
            context = await chromium.new_context(
                base_url=town.http, viewport={"width": 360, "height": 740}, locale="sv-SE", reduced_motion="reduce"
            )
            await context.add_cookies([{"name": COOKIE, "value": viewer.token, "url": town.http}])
            page = await context.new_page()
            await page.goto("/mountings")
            return Hallway(town, page, f"/mountings/{mounting}", tmp_path)

        yield arrive_on


async def test_mounting_from_the_job_to_the_receipt(arrive: Arrive) -> None:
    """Each step with real parts, at 360 pixels and without a finding of axe; the picture is on no disk afterwards."""
    home = await arrive(WEDNESDAY)
    page, home.camera.takes_its_time = home.page, True
    assert await broken(page) == []
    await home.press("Jag är på plats")
    await home.sees("Har N sagt ja?")
    assert await broken(page) == []
    await home.press("Ja, säger ja i dag också")
    await home.switch_on()
    await page.fill("[name=code]", home.code)
    assert await broken(page) == []
    typed = time.monotonic()
    await home.press("Koppla kameran")
    device = await home.starts_its_gateway()
    await home.sees("Kameran svarar.")
    assert await broken(page) == []
    await home.shows_the_lamp()
    assert not home.camera.shown, "the lamp alone"
    await home.takes_a_picture()
    assert await home.value("select count(*) from looks where kind = 'live' and mounting_id is not null") == 1
    assert await broken(page) == []
    await home.press("Ja, hela sängen syns")
    await page.wait_for_selector(".drawing.has-picture")
    assert await home.value("select count(*) from looks") == 1, "the picture stays in the page: nobody looks again"
    assert await broken(page) == []
    await page.focus("[data-corner='0']")
    before = float(await page.input_value("[name=x0]"))
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Shift+ArrowRight")
    assert float(await page.input_value("[name=x0]")) == before + 6
    await home.draws_the_bed()
    await home.sees("Sover någon mer här?")
    await eventually(lambda: home.value("select ended_at is not null from looks"))
    assert await broken(page) == []
    home.camera.scene = "empty"
    await home.press("Nej")
    await home.press("Ta bild av tomt rum")
    await home.sees("Rummet är taget tomt")
    assert await broken(page) == []
    home.camera.scene = "asleep"
    await home.press("Vidare")
    await home.press("Gör provet")
    await home.sees(re.compile(r"Prov: klart på \d+ s\."))
    seconds = time.monotonic() - typed
    said = await home.value("select said -> 'trial' ->> 'seconds' from mountings")
    print(f"code typed to trial done, with every step between: {seconds:.1f} s; the trial alone {said} s")
    assert seconds < TRIAL_WITHIN_S
    assert await broken(page) == []
    await home.press("Vidare")
    await home.sees("Lämna papperet till N")
    assert await broken(page) == []
    await page.locator("button.primary").click()
    await home.sees(re.compile("Första tillsynen är .* En person tittar"))
    await home.sees("Patrullen åker också de 3 första nätterna.")
    assert await broken(page) == []
    assert await home.value(
        "select jsonb_array_length(profile -> 'signature') > 0 from devices where device_id = $1", device
    )
    assert await home.value("select count(*) from checks where device_id = $1 and state = 'planned'", device)
    assert (
        await home.value(
            "select count(*) from alarms where lane = 'real' and not visit and opened_at > clock.now() - interval '1 hour'"
        )
        == 0
    )
    hits = await _found_on_disk(home.town, home.camera.shown, home.folder)
    print(f"the test look's pictures on disk, broker and logs: {hits} hits of {len(home.camera.shown)} pictures")
    assert hits == 0
    await page.goto("/mountings")
    await home.sees("Klar")


async def test_the_resident_says_no_in_the_hallway(arrive: Arrive) -> None:
    home = await arrive(WEDNESDAY)
    device = await home.comes_to_the_lamp()
    gateway = home.gateway
    assert gateway is not None
    await eventually(lambda: gateway.state.may_wake(home.town.monotonic()))
    await home.press("Avbryt monteringen")
    await home.press("Säger nej: avbryt")
    await home.sees("Kameran är ingens och tittar inte.")
    await eventually(lambda: gateway.state.config is not None and gateway.state.config.withdrawn)
    assert await home.value("select resident_id from devices where device_id = $1", device) is None
    assert await home.value("select count(*) from device_logins") == 0
    assert await home.value("select count(*) from looks") == 0
    assert await home.value("select consent_id from consents where revoked_at is null") is not None, (
        "the planner speaks with them first"
    )


async def test_wrong_room_at_the_test_look(arrive: Arrive) -> None:
    """The code was another camera's: that one is let go, and the right one takes its place."""
    home = await arrive(WEDNESDAY)
    first = await home.comes_to_the_lamp()
    await home.shows_the_lamp()
    await home.takes_a_picture()
    wrong = home.gateway
    await home.press("Nej, det är ett annat rum")
    await home.press("Släpp kameran")
    await home.sees("Den kameran är släppt")
    await eventually(lambda: wrong is not None and wrong.state.config is not None and wrong.state.config.withdrawn)
    await home.switch_on()
    await home.page.fill("[name=code]", home.code)
    await home.press("Koppla kameran")
    second = await home.starts_its_gateway()
    await home.sees("Kameran svarar.")
    assert first != second
    assert await home.value("select device_id from devices where resident_id = $1", home.town.resident_id) == second


async def test_somebody_else_sleeps_here(arrive: Arrive) -> None:
    home = await arrive(WEDNESDAY)
    device = await home.comes_to_the_lamp()
    await home.shows_the_lamp()
    await home.takes_a_picture()
    await home.press("Ja, hela sängen syns")
    await home.draws_the_bed()
    await home.press("Ja, i samma säng")
    await home.sees("Den som också sover här måste få frågan och säga ja. Petra får veta det.")
    assert await home.value("select resident_id from devices where device_id = $1", device) is None
    assert await home.value("select stopped_for from mountings") == "sleeps_here"


async def test_the_lamp_cannot_be_shown(arrive: Arrive) -> None:
    home = await arrive(WEDNESDAY)
    await home.comes_to_the_lamp()
    await home.press("Det gick inte att visa den")
    await home.press("Gå vidare ändå")
    await home.sees("Skriv varför lampan inte visades.")
    await home.press("Det gick inte att visa den")
    await home.page.fill("[name=why]", "Ser inte så långt")
    await home.press("Gå vidare ändå")
    await home.sees("Ta testbild")
    assert await home.value("select said #>> '{lamp,why}' from mountings") == "Ser inte så långt"


async def test_a_bed_that_does_not_fit_the_picture(arrive: Arrive) -> None:
    home = await arrive(WEDNESDAY)
    await home.comes_to_the_lamp()
    await home.shows_the_lamp()
    await home.takes_a_picture()
    await home.press("Ja, hela sängen syns")
    await home.page.click(".numbers summary")
    await home.page.fill("[name=y2]", "100")
    await home.press("Så är sängen")
    await home.sees("Sängen går utanför bilden. Flytta kameran så att hela sängen syns")
    assert await home.value("select said -> 'bed' from mountings") is None
    await home.page.locator(".back a").click()
    await home.sees("Är det rätt sovrum")


async def test_a_start_on_a_friday(arrive: Arrive) -> None:
    """The phone dies on the way, and the page goes on where it was."""
    home = await arrive(FRIDAY)
    await home.comes_to_the_lamp()
    await home.shows_the_lamp()
    await home.takes_a_picture()
    await home.page.goto("about:blank")
    await home.page.goto("/mountings")
    await home.press("Fortsätt")
    await home.press("Ja, hela sängen syns")
    await home.draws_the_bed()
    await home.press("Nej")
    await home.press("Hoppa över: en person bedömer")
    await home.press("Gör provet")
    await home.sees(re.compile(r"Prov: klart på \d+ s\."))
    await home.press("Vidare")
    await home.sees("Vem svarar i helgen? Första natten är fredag")
    assert await broken(home.page) == []
    await home.press("Någon annan svarar")
    await home.page.fill("[name=name]", "Petra Planerare")
    await home.page.fill("[name=phone]", "070-174 06 11")
    await home.press("Vidare")
    await home.press("Initialer på skärmen i stället")
    await home.press("Papperet är lämnat: klart")
    await home.sees("Skriv initialer, eller välj muntligt.")
    await home.page.fill("[name=initials]", "NN")
    await home.press("Papperet är lämnat: klart")
    await home.sees("I helgen svarar Petra Planerare, 070-174 06 11.")
    await home.sees("Rummet är inte taget tomt.")


async def _found_on_disk(town: RunningTown, pictures: list[bytes], folder: Path) -> int:
    """Return how many files of the database, the broker, the logs and the camera hold a piece of a picture."""
    superuser = await asyncpg.connect(town.superuser_dsn)
    try:
        await superuser.execute("checkpoint")
        data = Path(await superuser.fetchval("show data_directory"))
    finally:
        await superuser.close()
    middles = [jpeg[len(jpeg) // 2 :][:24] for jpeg in pictures]
    pieces = [*middles, *(middle.hex().encode() for middle in middles)]
    assert pieces
    found = 0
    for path in (each for top in (data, folder, town.mosquitto.folder) for each in top.rglob("*") if each.is_file()):
        try:
            content = path.read_bytes()
        except OSError:  # a file of the server's that has just gone
            continue
        found += any(piece in content for piece in pieces)
    return found
