"""A town at night for the pages: imported from its file, everything that happens by the real decisions, the clock held still."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher

from alarm_center.casework import arrived_sessions
from alarm_center.clockwork import Clockwork
from alarm_center.pictures import CommittedSession, Pictures
from alarm_center.preparation.planning import plan_all_towns
from alarm_center.store.memory import Memory, now
from schemas.messages import Evidence, Finding, Frame, Picture
from schemas.vocabulary import Answer, JudgePlace, Reason
from tests.support import town_file
from tests.support.postgres import Database

PASSWORD = "nattens-lösenord"
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""As cheap as argon2id can be: each test signs somebody in, and the service's own cost is a sixth of a second."""
PASSWORD_HASH = CHEAP_HASHER.hash(PASSWORD)
TWO = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
"""Two in the night in Stockholm."""

_NAMES = (
    "Astrid Lund", "Bertil Ek", "Cecilia Norén", "Daga Persson", "Ebbe Sjö", "Folke Ahl", "Greta Wiklund",
    "Hilding Berg", "Ingrid Dahl", "Johan Fors", "Karin Öberg", "Lennart Ås",
)  # fmt: skip

PLACE = {"place_left": 0.6, "place_top": 0.47, "place_right": 0.88, "place_bottom": 0.67}
"""The place in the picture of somebody on the floor, as a detector says it."""


@dataclass
class NightTown:
    """One town; ``residents`` by number, ``checks`` by resident number, the one nearest two o'clock."""

    org: str
    memory: Memory
    web: Memory
    sign_in: Memory
    planner: Memory
    pictures: Pictures
    area: UUID
    residents: dict[int, UUID] = field(default_factory=dict)
    users: dict[str, UUID] = field(default_factory=dict)
    monotonic: list[float] = field(default_factory=lambda: [time.monotonic()])

    async def execute(self, statement: str, *values: Any) -> None:
        """Run one statement as the worker."""
        async with self.memory.transaction() as tx:
            await tx.execute(statement, *values)

    async def value(self, statement: str, *values: Any) -> Any:
        """Return one value as the worker sees it."""
        async with self.memory.transaction() as tx:
            return await tx.fetchval(statement, *values)

    async def extend(self, **parts: list[town_file.Table]) -> None:
        """Import *parts* of a file into the town; what it has stays."""
        async with self.memory.transaction() as tx:
            await town_file.extend(tx, self.org, await now(tx), **parts)

    async def set_clock(self, at: datetime) -> None:
        """Hold the service's clock at *at*."""
        await self.execute("select clock.freeze($1)", at)

    async def step(self) -> None:
        """Let what is due now happen, until nothing is."""
        clockwork = Clockwork(self.memory)
        while await clockwork.cycle():
            pass

    async def check_of(self, number: int, *, at: datetime = TWO) -> UUID:
        """Return the resident's check that opens within two minutes of *at*."""
        check: UUID = await self.value(
            "select check_id from checks where resident_id = $1 and opens_at between $2::timestamptz - interval '2 min' and $2::timestamptz + interval '2 min'",
            self.residents[number], at,
        )  # fmt: skip
        return check

    async def finding(
        self,
        number: int,
        answer: Answer,
        reason: Reason | None = None,
        *,
        frames: tuple[bytes, ...] = (),
        people: int | None = 1,
        at: datetime = TWO,
        attempt: int = 1,
        profile_version: int = 1,
    ) -> str:
        """Let a detector's answer to the resident's check come in, with its picture; return the session's id."""
        check = await self.check_of(number, at=at)
        started = (
            at if attempt == 1 else await self.value("select clock.now()")
        )  # a camera that is asked again looks then
        session_id = f"s{number}-{at:%H%M}-{attempt}"
        wrong = answer is Answer.SOMETHING_WRONG
        sign = (
            Evidence(what="moves_on_floor", zone="right_of_bed", value=120.7)
            if wrong
            else Evidence(what="moves", zone="bed", value=86.0)
        )
        finding = Finding(
            session_id=session_id, org=self.org, device=f"cam{number}", check_id=check, attempt=attempt, answer=answer,
            reasons=(reason,) if reason else (), people=people, started_at=started, pictures=len(frames), detector="classic 1", profile_version=profile_version,
            evidence=(sign,), measures={"light_spread": 0.2} | (PLACE if wrong else {}),
        )  # fmt: skip
        async with self.memory.transaction() as tx:
            await arrived_sessions.record_finding(tx, finding, answer, JudgePlace.CENTRE)
        row = await self.value("select to_json(s) from sessions s where session_id = $1", session_id)
        session = json.loads(row)
        if frames and session["needs_human"]:
            self.show(session_id, frames)
            alarm = UUID(session["alarm_id"]) if session["alarm_id"] else None
            committed = CommittedSession(self.org, session_id, True, 2, check, alarm, self.residents[number])
            self.pictures.apply_commit(committed)
        return session_id

    def show(self, session_id: str, frames: tuple[bytes, ...]) -> None:
        """Have the frames of a session in memory, as if they had come by MQTT."""
        pictures = tuple(Frame(ms=200 * n, jpeg=jpeg) for n, jpeg in enumerate(frames))
        self.pictures.keep_uncommitted(Picture(session_id=session_id, org=self.org, device="cam", frames=pictures))


Begin = Callable[[NightTown], Awaitable[None]]
Content = tuple[str, int, tuple[int, ...], str, datetime, Begin | None]


@asynccontextmanager
async def town(
    database: Database,
    *,
    org: str = "storstad",
    residents: int = 12,
    operator_sees: tuple[int, ...] = (3,),
    password_hash: str = PASSWORD_HASH,
    two: datetime = TWO,
    begin: Begin | None = None,
) -> AsyncIterator[NightTown]:
    """Yield a town with its checks planned for tonight, at ten to *two*; the residents *operator_sees* need eyes.

    *password_hash* is everybody's. What *begin*, a function of a module, then does to the town's rows is done once a process: the
    next town with the same content is a copy.
    """
    content = (org, residents, operator_sees, password_hash, two, begin)
    await database.hold(content, partial(_bring_in, database, content))
    async with _opened(database, org) as here:
        yield here


@asynccontextmanager
async def _opened(database: Database, org: str) -> AsyncIterator[NightTown]:
    """Yield the town that *database* holds."""
    memory, web = await Memory.open(database.worker, size=4), await Memory.open(database.web, size=4)
    sign_in, planner = await Memory.open(database.sign_in, size=2), await Memory.open(database.planner, size=2)
    here = NightTown(
        org,
        memory,
        web,
        sign_in,
        planner,
        Pictures(10_000_000, time.monotonic, timeline_read_at=float("inf")),
        UUID(int=0),
    )
    try:
        async with memory.transaction() as tx:
            await _read_ids(tx, here)
        yield here
    finally:
        await planner.close()
        await sign_in.close()
        await web.close()
        await memory.close()


async def at_two(here: NightTown) -> None:
    """Let the checks of two o'clock have just opened: how most towns begin."""
    await here.set_clock(TWO + timedelta(seconds=40))
    await here.step()


async def _bring_in(database: Database, content: Content) -> None:
    org, residents, operator_sees, password_hash, two, begin = content
    file = _file(org, residents, operator_sees, password_hash, two)
    memory = await Memory.open(database.worker, limit_seconds=None)  # others use the machine too
    try:
        async with memory.transaction() as tx:
            await tx.execute("select clock.freeze($1)", two - timedelta(minutes=10))
        async with memory.transaction() as tx:
            await town_file.bring_in(tx, file, two - timedelta(days=1))
            await town_file.answer_musters(tx, org)
            await tx.execute("update devices set link = 'up', last_heard_at = $2 where org = $1", org, two)
            await tx.execute("insert into detectors values ('d1', 'classic 1', 'up', $1) on conflict do nothing", two)
        await plan_all_towns(memory)
    finally:
        await memory.close()
    if begin is not None:
        async with _opened(database, org) as here:
            await begin(here)


async def _read_ids(tx: Any, here: NightTown) -> None:
    org = here.org
    here.area = await tx.fetchval("select area_id from areas where org = $1", org)
    for row in await tx.fetch("select number, resident_id from residents where org = $1", org):
        here.residents[row["number"]] = row["resident_id"]
    for row in await tx.fetch("select login, user_id from users join memberships using (user_id) where org = $1", org):
        here.users[row["login"].removesuffix(f"-{org}")] = row["user_id"]


def _file(
    org: str, residents: int, operator_sees: tuple[int, ...], password_hash: str, two: datetime
) -> town_file.Table:
    carers = (("Patrull 1", "patrol"), ("Patrull 2", "patrol"), ("Nattansvarig", "lead"))
    users = (
        ("olle", "Olle Operatör", "operator"),
        ("siv", "Siv Operatör", "operator"),
        ("petra", "Petra Planerare", "coordinator"),
    )
    return {
        "organisation": town_file.organisation(
            org, sending_number="+46701234500", data_number="010-123 45 67", spread_seconds=30
        ),
        "areas": [{"code": "3"}],
        "users": [
            {
                "login": login if org == "storstad" else f"{login}-{org}",
                "name": name,
                "roles": [role],
                "password_hash": password_hash,
            }
            for login, name, role in users
        ],
        "carers": [{"name": name, "phone": f"+4670000010{n}"} for n, (name, _) in enumerate(carers)],
        "shifts": [
            town_file.shift_between(name, two - timedelta(hours=5), two + timedelta(hours=6), role=role)
            for name, role in carers
        ],
        "residents": [
            town_file.home(
                number,
                device=f"cam{number}",
                times=("23:00", "02:00", "05:00"),
                green_by="operator" if number in operator_sees else "detector",
                name=_NAMES[(number - 1) % len(_NAMES)],
                address=f"Storgatan {number} B",
                phone=f"+4690123{number:03}",
                access="Nyckelgömma vid dörren, kod hos patrullen",
                pets=number == 2,
            )
            for number in range(1, residents + 1)
        ],
    }


Frames = Callable[[str], tuple[bytes, ...]]


@cache
def drawn(scene: str, count: int = 20) -> tuple[bytes, ...]:
    """Return the JPEGs of a drawn night scene."""
    from drawn_homes import draw

    return tuple(draw(scene, 1, count / 5, 5.0))
