"""A town on one database, broker and SMS provider, with a replica of each release beside another, and the people in it."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import aiohttp
import asyncpg

from fjarrtillsyn.embedded.ports import HOST, free_port
from fjarrtillsyn.embedded.postgres import Postgres
from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from fjarrtillsyn.embedded.twilio_api import Item, TwilioApi
from schemas import topics, wire
from schemas.messages import Evidence, Finding
from schemas.vocabulary import Answer, Reason
from tests.long.releases import Release
from tests.long.town import NUMBER, ORG, SILENT, device, file, phone
from tests.support import town_file
from tests.support.clients import client
from tests.support.code_app import CodeApp
from tests.support.mosquitto import Mosquitto
from tests.support.night_town import PASSWORD
from tests.support.parts import ServiceProcess
from tests.support.postgres import PASSWORDS
from tests.support.site import Browser
from tests.support.waiting import eventually

_night: Final = itertools.count(1)
"""Numbers the databases: a release does not know one that a later one has migrated in the test before."""
_ERRORS: Final = ("error", "critical")
_CUT_OFF: Final = "Resetting connection with an active transaction"
"""asyncpg's own words at a stop: what was cut off in the middle of a transaction is rolled back."""


@dataclass
class ReleaseReplica:
    """An alarm centre of one release, and Olle's browser at its pages."""

    release: Release
    part: ServiceProcess
    url: str
    browser: Browser

    async def start(self) -> None:
        """Start it, and return when it is ready."""
        self.part.start()
        await eventually(self._ready, 60)

    async def _ready(self) -> bool:
        assert self.part.running, f"{self.release.name} has ended: {self.part.wrote()}"
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self.url}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def click(self, path: str, **fields: str) -> str:
        """Send a form of the pages; return where it leads.

        Raises:
            AssertionError: it was refused.
        """
        answer = await self.browser.post(path, fields)
        assert answer.status == 303, f"{self.release.name}: {path} {fields}: {answer.status} {await answer.text()}"
        return answer.headers["Location"]

    async def shows(self, path: str) -> None:
        """Open a page; what keeps it from being shown stands in the log."""
        answer = await self.browser.get(path)
        assert answer.status == 200, f"{self.release.name}: {path}: {answer.status}; it wrote: {self.part.wrote()}"

    async def failures(self) -> list[str]:
        """Return what this replica has counted or logged as failed since it started."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/metrics") as response:
            numbers = (await response.text()).splitlines()
        counted = [
            line
            for line in numbers
            if line.startswith(("fjt_step_failed_total", "fjt_job_failed_total")) and not line.endswith(" 0.0")
        ]
        return [f"{self.release.name}: {line}" for line in (*counted, *_logged_errors(self.part.log))]


@dataclass
class UpgradeNight:
    """A night that two releases share. ``old`` and ``new`` are the replicas; nothing runs that was not started."""

    database: "asyncpg.Connection[Any]"
    env: dict[str, str]
    mosquitto: Mosquitto
    twilio: TwilioApi
    old: ReleaseReplica
    new: ReleaseReplica
    folder: Path
    superuser: dict[str, str]
    """The address with which a release's migrate makes the roles that it brings."""
    told: set[str] = field(default_factory=set)
    """The SMS of which the provider has told how they fared."""

    async def value(self, question: str, *values: Any) -> Any:
        """Return one value, whoever's it is."""
        return await self.database.fetchval(question, *values)

    async def rows(self, question: str, *values: Any) -> list[Any]:
        """Return rows, whoever's they are."""
        return list(await self.database.fetch(question, *values))

    async def move_to(self, at: datetime) -> None:
        """Let the service's clock say *at*; whoever is there was heard just then."""
        async with self.database.transaction():
            await self.database.fetchval("select clock.move($1 - clock.now())", at)
            await self.heard()

    async def heard(self) -> None:
        """Every device but the silent ones, and a detector, have just said that they are there."""
        await self.database.execute(
            "update devices set link = 'up', last_heard_at = clock.now() where device_id <> all ($1)",
            [device(number) for number in SILENT],
        )
        await self.database.execute(
            """
            insert into detectors (detector_id, version, link, last_heard_at) values ('d1', 'classic 1', 'up', clock.now())
            on conflict (detector_id) do update set last_heard_at = excluded.last_heard_at
            """
        )

    async def migrate(self, by: Release, *options: str) -> None:
        """Have *by* bring the database to its revisions, while whatever runs goes on."""
        await by.run("migrate", *options, env={**self.env, **self.superuser})

    async def import_town(self, by: Release, night: date) -> None:
        """Have *by* import the town's file, and let every phone have answered its muster."""
        path = self.folder / "town.toml"
        town = file(night)
        del town["organisation"]["plan"]["people_of_ten"]  # an answer that the release before does not know
        path.write_text(town_file.text_of(town), encoding="utf-8")
        await by.run("import", str(path), env=self.env)
        await self.database.execute("update shifts set mustered = true")
        await self.heard()

    # ---- people ----

    async def sit_at(self, replica: ReleaseReplica) -> None:
        """Olle sits at the replica's board, signed in if he is not any more; what the provider tells reaches it too."""
        self.twilio.hooks = replica.url
        await self.heard()
        if (await replica.browser.get("/")).url.path == "/login":
            answer = await self._sign_in(replica)
            assert answer.status == 303, await answer.text()

    async def _sign_in(self, replica: ReleaseReplica) -> aiohttp.ClientResponse:
        """Sign Olle in. Once he has an app, the release before asks for its code in the form of the password."""
        app = replica.browser.apps.get("olle")
        if replica is self.new or app is None:
            return await replica.browser.sign_in("olle", PASSWORD)
        await replica.browser.get("/login")
        return await replica.browser.post("/login", {"login": "olle", "password": PASSWORD, "code": app.code()})

    async def raise_alarm(self, number: int, at: ReleaseReplica) -> UUID:
        """Olle raises an alarm for a resident."""
        await self.heard()
        resident = await self.value("select resident_id from residents where number = $1", number)
        form = {"reason": "relative", "priority": "2", "note": "", "once": str(uuid4())}
        return UUID((await at.click(f"/raise/{resident}/now", **form)).rpartition("/")[2])

    async def asked(self, alarm: UUID) -> None:
        """Wait until the patrol has the SMS that asks."""
        sent = "select count(*) from messages where alarm_id = $1 and state in ('sent', 'delivered')"
        await eventually(lambda: self.value(sent, alarm))

    async def replies(self, alarm: UUID, digit: str) -> None:
        """The patrol of the alarm's area writes *digit* with the case's number."""
        await self.heard()
        row = (
            await self.rows("select case_no, code from alarms join areas using (area_id) where alarm_id = $1", alarm)
        )[0]
        sid = await self.twilio.reply(phone(row["code"]), NUMBER, f"{digit} {row['case_no']}")
        said = await self.rows("select meaning, alarm_id from replies where provider_id = $1", sid)
        assert [each["alarm_id"] for each in said] == [alarm], f"{digit} was taken as {said}"

    async def is_in(self, alarm: UUID, state: str) -> None:
        """Wait until the alarm is in *state*."""
        await eventually(lambda: self.value("select true from alarms where alarm_id = $1 and state = $2", alarm, state))

    # ---- checks ----

    async def check_of(self, number: int, half: int) -> UUID:
        """Return the check of the resident that the *half* of the night owes, counted from 0."""
        question = """
            select check_id from checks join residents using (resident_id)
            where number = $1 order by opens_at offset $2 limit 1
        """
        check: UUID = await self.value(question, number, half)
        return check

    async def check_is(self, check: UUID, state: str) -> None:
        """Wait until the check is in *state*."""
        await eventually(lambda: self.value("select true from checks where check_id = $1 and state = $2", check, state))

    async def finds(self, number: int, check: UUID, answer: Answer, *reasons: Reason, attempt: int = 1) -> None:
        """A detector tells what it makes of an attempt of the check."""
        await self.heard()
        finding = Finding(
            session_id=uuid4().hex, org=ORG, device=device(number), check_id=check, attempt=attempt, answer=answer,
            reasons=reasons, people=1, evidence=(Evidence(what="movement", zone="bed", value=0.4),),
            started_at=await self.value("select clock.now()"), detector="d1",
        )  # fmt: skip
        async with client(self.mosquitto, DETECTOR) as detector:
            await detector.publish(topics.of(ORG, device(number), "finding"), wire.encode(finding), qos=1)
        there = "select count(*) from sessions where session_id = $1"
        await eventually(lambda: self.value(there, finding.session_id))

    # ---- the provider ----

    async def deliver(self) -> None:
        """Say of every SMS, soon after it was taken, that it was delivered, to whichever replica takes the replies."""
        while True:
            async with self.twilio.changed:
                await self.twilio.changed.wait_for(self._untold)
            for item in self._untold():
                self.told.add(item.sid)
                await self._status(item)

    def _untold(self) -> list[Item]:
        return [item for item in self.twilio.messages if item.sid not in self.told]

    async def _status(self, item: Item) -> None:
        form = {"AccountSid": self.twilio.account_sid, "From": item.sender, "To": item.to}
        form |= {"MessageSid": item.sid, "MessageStatus": "delivered"}
        path = urlsplit(item.form["StatusCallback"]).path
        status, _ = await self.twilio.post(f"{self.twilio.hooks}{path}", form)
        assert status == 204, f"a status of {item} was answered {status}"


def _logged_errors(log: Path) -> list[str]:
    """Return the lines of *log* that are errors, and whatever is no line of a log at all."""
    found = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            if not line.startswith(_CUT_OFF):
                found.append(line)
            continue
        if entry.get("level") in _ERRORS or "exception" in entry:
            found.append(line)
    return found


@asynccontextmanager
async def stage(
    server: Postgres, mosquitto: Mosquitto, old: Release, new: Release, folder: Path
) -> AsyncIterator[UpgradeNight]:
    """Yield the town's servers with a database that *old* has migrated; no replica runs yet."""
    name = f"fjt_two_releases_{next(_night)}"
    worker, web, owner, sign_in, planner = (
        server.dsn(name, role, PASSWORDS[role])
        for role in ("fjt_worker", "fjt_web", "fjt_owner", "fjt_sign_in", "fjt_planner")
    )
    env = {
        "FJT_DATABASE_URL": worker,
        "FJT_DATABASE_URL_WEB": web,
        "FJT_DATABASE_URL_OWNER": owner,
        "FJT_DATABASE_URL_SIGN_IN": sign_in,
        "FJT_DATABASE_URL_PLANNER": planner,
    }
    superuser = {"FJT_DATABASE_URL_SUPERUSER": server.superuser_dsn()}
    await old.run("migrate", "--test-clock", env={**env, **superuser})
    async with AsyncExitStack() as up:
        twilio = await up.enter_async_context(TwilioApi(numbers={NUMBER}).running())
        database = await asyncpg.connect(server.superuser_dsn(name))
        up.push_async_callback(database.close)
        env |= {
            "FJT_MQTT_HOST": HOST,
            "FJT_MQTT_PORT": str(mosquitto.port),
            "FJT_MQTT_USER": CENTRE,
            "FJT_MQTT_PASSWORD": mosquitto.passwords[CENTRE],
            "FJT_PROVIDER": "twilio",
            "FJT_TWILIO_BASE_URL": twilio.url,
            "FJT_TWILIO_ACCOUNT_SID": twilio.account_sid,
            "FJT_TWILIO_AUTH_TOKEN": twilio.auth_token,
            "FJT_SMS_PER_SECOND": "1000",
            "FJT_PULSE_SECONDS": "1",
        }
        # One jar: who signs in at one replica is signed in at the other.
        jar = aiohttp.CookieJar(unsafe=True)
        apps: dict[str, CodeApp] = {}

        async def replica(release: Release) -> ReleaseReplica:
            url = f"http://{HOST}:{(port := free_port())}"
            own = {"FJT_HTTP_PORT": str(port), "FJT_PUBLIC_URL": url, "FJT_REPLICA": release.name}
            part = release.centre({**env, **own}, folder / f"{release.name}.log")
            up.callback(part.kill)
            session = await up.enter_async_context(aiohttp.ClientSession(url, cookie_jar=jar))
            return ReleaseReplica(release, part, url, Browser(session, apps))  # type: ignore[arg-type]  # asked only what it can

        made = UpgradeNight(database, env, mosquitto, twilio, await replica(old), await replica(new), folder, superuser)
        telling = asyncio.create_task(made.deliver())
        up.callback(telling.cancel)
        yield made
        assert not telling.done(), telling.exception()


async def looks_around(replicas: Sequence[ReleaseReplica], cases: Sequence[str]) -> None:
    """Olle opens the board and each of *cases*, at each of *replicas*: what one has written, the other shows."""
    for replica in replicas:
        for path in ("/", *cases):
            await replica.shows(path)
