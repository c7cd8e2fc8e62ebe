"""With no detector alive people look at every session; and no picture is ever written, by whichever part carries it."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest

from alarm_center.identity.passwords import hash_password
from alarm_center.preparation import planning
from alarm_center.store.memory import now
from drawn_homes import draw, profile
from fjarrtillsyn.embedded.postgres import Postgres
from gateway.sources import open_source
from schemas import topics, wire
from schemas.messages import Frame, Profile, Session
from schemas.vocabulary import DeviceKind
from tests.support import busy_town, town_file
from tests.support.clients import client
from tests.support.mosquitto import Mosquitto
from tests.support.parts import DEVICE, ORG, RunningTown, ServiceProcess, night
from tests.support.postgres import Database
from tests.support.site import Browser
from tests.support.waiting import eventually

pytestmark = pytest.mark.night

PASSWORD: Final = "nattens-lösenord"
SECOND: Final = "ost-2"
THIRD: Final = "ost-3"
BANNER: Final = "Automatisk tolkning ligger nere"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """The folder in which the processes would put a temporary file."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
async def town(
    database: Database, migrated_server: Postgres, mosquitto: Mosquitto, tmp_path: Path, scratch: Path
) -> AsyncIterator[RunningTown]:
    env = {"TMPDIR": str(scratch)}
    async with night(
        database, migrated_server, mosquitto, tmp_path, centre_env=env, detector_env=env, minutes_early=0.05
    ) as made:
        yield made


async def _more_homes(town: RunningTown) -> None:
    """Two more residents, whose checks open with the first one's, and two operators."""
    async with town.memory.transaction() as tx:
        area = await tx.fetchval("select area_id from areas")
        for number, device in ((2, SECOND), (3, THIRD)):
            await busy_town.resident(tx, ORG, area, number=number, due_in=timedelta(minutes=1))
            town.mosquitto.allow(f"{ORG}/{device}")
        users = [
            {"login": login, "name": login, "roles": ["operator"], "password_hash": hash_password(PASSWORD)}
            for login in ("olle", "siv")
        ]
        await town_file.extend(tx, ORG, await now(tx), users=users)
    await planning.plan_all_towns(town.memory)


@asynccontextmanager
async def _signed_in(town: RunningTown, login: str) -> AsyncIterator[Browser]:
    """A browser of *login*'s, at the centre that runs as a process."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(town.http, cookie_jar=jar) as session:
        browser = Browser(session)  # type: ignore[arg-type]  # it asks of a client what a plain session can, too
        assert (await browser.sign_in(login, PASSWORD)).status == 303
        yield browser


async def _fall(town: RunningTown, device: str) -> Session:
    """Send a fall as *device*; its check is open, as the first one's."""
    session = Session(
        session_id=uuid4().hex, org=ORG, device=device, kind=DeviceKind.CAMERA, check_id=await _check(town, device),
        attempt=1, started_at=await town.memory.now(), seconds=10, profile=Profile.model_validate(profile("asleep")),
        frames=tuple(Frame(ms=i * 200, jpeg=jpeg) for i, jpeg in enumerate(draw("fallen", int(device[-1]), 10.0, 5.0))),
    )  # fmt: skip
    async with client(town.mosquitto, f"{ORG}/{device}") as sender:
        topic = topics.of(ORG, device, "session", session.session_id)
        await sender.publish(topic, wire.encode(session), qos=1)
    return session


async def _check(town: RunningTown, device: str) -> UUID:
    check_id: UUID = await town.value(
        "select check_id from checks where device_id = $1 order by opens_at limit 1", device
    )
    return check_id


async def _is(town: RunningTown, device: str, state: str, *, within: float = 40) -> None:
    check_id = await _check(town, device)
    await eventually(
        lambda: town.value("select count(*) from checks where check_id = $1 and state = $2", check_id, state), within
    )


def _logged(part: ServiceProcess, word: str) -> bool:
    return f'"{word}"' in part.log.read_text(errors="replace")


async def test_people_look_at_every_session_until_a_detector_is_back(town: RunningTown, scratch: Path) -> None:
    await _more_homes(town)
    await town.start_centre()
    await eventually(lambda: _logged(town.centre, "detectors_lost"))
    gateway = town.home(open_source("scene:asleep", 1))
    await _is(town, DEVICE, "to_look")
    await eventually(lambda: not gateway.state.pending, 30)  # committed: the home has let go of it
    session_id = await town.value("select session_id from sessions")
    unjudged = await _fall(town, SECOND)
    await _is(town, SECOND, "to_look")
    assert await town.value("select count(*) from sessions where needs_human") == 2
    async with _signed_in(town, "olle") as olle, _signed_in(town, "siv") as siv:
        assert BANNER in await olle.text("/")
        seen = await _frames(olle, session_id)
        assert len(seen) == 50
        assert all(jpeg.startswith(b"\xff\xd8") for jpeg in seen)
        assert (await siv.get(f"/picture/{session_id}/0")).status == 403, "another has it"
        assert await _frames(siv, unjudged.session_id) == [frame.jpeg for frame in unjudged.frames]
        assert await town.value("select count(*) from looks") == 2

        await town.start_detector()
        fallen = await _fall(
            town, THIRD
        )  # at once: the centre still hears sessions, and leaves this one to the detector
        await _is(town, THIRD, "alarmed", within=12)
        await eventually(lambda: _logged(town.centre, "detectors_returned"))
        assert BANNER not in await siv.text("/")
        alarm = await town.rows("select kind, alarm_id from alarms")
        assert [row["kind"] for row in alarm] == ["something_wrong"]
        assert (await siv.get(f"/picture/{fallen.session_id}/0")).status == 403, "nobody has claimed it"
        await siv.post(f"/alarm/{alarm[0]['alarm_id']}/claim")
        assert await _frames(siv, fallen.session_id) == [frame.jpeg for frame in fallen.frames]
    # Those that nobody judged wait for a person, whatever detectors there are.
    assert await town.value("select count(*) from checks where state = 'to_look'") == 2
    frames = [*seen[::20], *(frame.jpeg for session in (unjudged, fallen) for frame in session.frames[::20])]
    _nothing_on_disk(town, await _data_directory(town), session_id, frames, scratch)


async def _frames(browser: Browser, session_id: str) -> list[bytes]:
    """Return all frames of a session, as its holder sees them."""
    first = await browser.get(f"/picture/{session_id}/0")
    assert first.status == 200, await first.text()
    assert first.headers["Cache-Control"] == "no-store"
    others = [await browser.get(f"/picture/{session_id}/{n}") for n in range(1, int(first.headers["X-Frames"]))]
    return [await answer.read() for answer in (first, *others)]


async def _data_directory(town: RunningTown) -> Path:
    """Let the database write all that it has, and return where."""
    superuser = await asyncpg.connect(town.superuser_dsn)
    try:
        await superuser.execute("checkpoint")
        return Path(await superuser.fetchval("show data_directory"))
    finally:
        await superuser.close()


def _nothing_on_disk(town: RunningTown, data: Path, session_id: str, frames: list[bytes], scratch: Path) -> None:
    """No byte of a frame is in the database's files, the broker's, a log or a temporary file; nor can a dump write it."""
    assert not list(scratch.rglob("*"))
    needles = [form for jpeg in frames for form in _forms(jpeg[len(jpeg) // 2 :][:24])]
    folders = (data, town.centre.log.parent, town.mosquitto.folder)
    found_session = False
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        content = _read(path)
        assert not any(needle in content for needle in needles), f"a picture is in {path}"
        found_session = found_session or session_id.encode() in content
    assert found_session, "the search itself has to find what is there"
    for part in (town.centre, town.detector):
        assert _files_written(part.pid) <= {part.log}, "what else is it writing?"
        limits = Path(f"/proc/{part.pid}/limits").read_text()
        assert next(line for line in limits.splitlines() if line.startswith("Max core file size")).split()[4] == "0"


def _forms(needle: bytes) -> Iterator[bytes]:
    """Yield *needle* as it is, and as hexadecimal text."""
    yield needle
    yield needle.hex().encode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # a file of the server's that has just gone
        return b""


def _files_written(pid: int) -> set[Path]:
    """Return the regular files that the process has open for writing."""
    written: set[Path] = set()
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = Path(os.readlink(f"/proc/{pid}/fd/{number}"))
            fields: dict[str, Any] = dict(
                line.split(":\t", 1)
                for line in Path(f"/proc/{pid}/fdinfo/{number}").read_text().splitlines()
                if ":\t" in line
            )
        except OSError:
            continue
        if target.is_file() and int(fields["flags"], 8) & os.O_ACCMODE != os.O_RDONLY:
            written.add(target)
    return written
