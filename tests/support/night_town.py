"""A town at night for the pages: rows by SQL, everything that happens by the real decisions, the clock held still."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from alarm_center import inbox
from alarm_center.clockwork import Clockwork
from alarm_center.pictures import Pictures
from alarm_center.preparation.planning import plan_all
from alarm_center.store.memory import Memory
from alarm_center.web.auth import hash_password
from schemas.messages import Evidence, Finding, Frame, Picture
from schemas.vocabulary import Answer, Reason
from tests.support.postgres import Database

PASSWORD = "nattens-lösenord"
PASSWORD_HASH = hash_password(PASSWORD)
TWO = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
"""Two in the night in Stockholm."""

_NAMES = (
    "Astrid Lund", "Bertil Ek", "Cecilia Norén", "Daga Persson", "Ebbe Sjö", "Folke Ahl", "Greta Wiklund",
    "Hilding Berg", "Ingrid Dahl", "Johan Fors", "Karin Öberg", "Lennart Ås",
)  # fmt: skip


@dataclass
class Town:
    """One town; ``residents`` by number, ``checks`` by resident number, the one nearest two o'clock."""

    org: str
    memory: Memory
    web: Memory
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
    ) -> str:
        """Let a detector's answer to the resident's check come in, with its picture; return the session's id."""
        check = await self.check_of(number, at=at)
        session_id = f"s{number}-{at:%H%M}-{attempt}"
        finding = Finding(
            session_id=session_id, org=self.org, device=f"cam{number}", check_id=check, attempt=attempt, answer=answer,
            reasons=(reason,) if reason else (), people=people, started_at=at, pictures=len(frames), detector="classic 1",
            evidence=(Evidence(what="movement", zone="floor", value=0.41),), measures={"brightness": 61.2, "floor_area": 0.18},
        )  # fmt: skip
        async with self.memory.transaction() as tx:
            await inbox.take(tx, finding, answer)
        row = await self.value("select to_json(s) from sessions s where session_id = $1", session_id)
        session = json.loads(row)
        if frames and session["needs_human"]:
            self.show(session_id, frames)
            self.pictures.committed(
                self.org, session_id, needed=True, check_id=check,
                alarm_id=UUID(session["alarm_id"]) if session["alarm_id"] else None,
                resident_id=self.residents[number], priority=2,
            )  # fmt: skip
        return session_id

    def show(self, session_id: str, frames: tuple[bytes, ...]) -> None:
        """Have the frames of a session in memory, as if they had come by MQTT."""
        pictures = tuple(Frame(ms=200 * n, jpeg=jpeg) for n, jpeg in enumerate(frames))
        self.pictures.put(Picture(session_id=session_id, org=self.org, device="cam", frames=pictures))


@asynccontextmanager
async def town(
    database: Database, *, org: str = "storstad", residents: int = 12, operator_sees: tuple[int, ...] = (3,)
) -> AsyncIterator[Town]:
    """Yield a town with its checks planned for tonight, at ten to two; the residents *operator_sees* need eyes."""
    memory, web = await Memory.open(database.worker, size=4), await Memory.open(database.web, size=4)
    here = Town(org, memory, web, Pictures(10_000_000, time.monotonic, heard_timeline=float("inf")), UUID(int=0))
    try:
        await here.set_clock(TWO - timedelta(minutes=10))
        async with memory.transaction() as tx:
            await _furnish(tx, here, residents, operator_sees)
        await plan_all(memory)
        yield here
    finally:
        await web.close()
        await memory.close()


async def _furnish(tx: Any, here: Town, residents: int, operator_sees: tuple[int, ...]) -> None:
    org = here.org
    await tx.execute(
        "insert into organisations (org, name, sending_number, link_host, data_number, spread_seconds) values ($1, $2, $3, $4, $5, 30)",
        org, org.capitalize(), "+46101234567", "natt.kommun.se", "010-123 45 67",
    )  # fmt: skip
    here.area = await tx.fetchval("insert into areas (org, code) values ($1, '3') returning area_id", org)
    await _people(tx, here)
    for number in range(1, residents + 1):
        resident = await tx.fetchval(
            """
            insert into residents (org, area_id, number, name, address, phone, access, pets)
            values ($1, $2, $3, $4, $5, '+4690123' || $7::text, 'Nyckelgömma vid dörren, kod hos patrullen', $6) returning resident_id
            """,
            org, here.area, number, _NAMES[(number - 1) % len(_NAMES)], f"Storgatan {number} B", number == 2, f"{number:03}",
        )  # fmt: skip
        here.residents[number] = resident
        await tx.execute(
            "insert into consents (org, resident_id, who, state, given_at, recorded_by) values ($1, $2, 'resident', 'given', $3, 'p')",
            org, resident, TWO - timedelta(days=30),
        )  # fmt: skip
        await tx.execute(
            "insert into decisions (org, resident_id, reference, starts_on) values ($1, $2, $3, '2026-01-01')",
            org, resident, f"B-{number}",
        )  # fmt: skip
        await tx.execute(
            "insert into devices (device_id, org, resident_id, kind, link, last_heard_at) values ($1, $2, $3, 'camera', 'up', $4)",
            f"cam{number}", org, resident, TWO,
        )  # fmt: skip
        green = "operator" if number in operator_sees else "detector"
        await tx.execute(
            "insert into plans (resident_id, org, green_by, signed_by, signed_at) values ($1, $2, $3, 'p', $4)",
            resident, org, green, TWO,
        )  # fmt: skip
        for hour in (23, 2, 5):
            await tx.execute(
                """
                insert into slots (org, resident_id, weekdays, local_time, valid_from)
                values ($1, $2, '{0,1,2,3,4,5,6}', make_time($3, 0, 0), '2026-01-01')
                """,
                org, resident, hour,
            )  # fmt: skip
    await tx.execute("insert into detectors values ('d1', 'classic 1', 'up', $1) on conflict do nothing", TWO)


async def _people(tx: Any, here: Town) -> None:
    for n, (name, role) in enumerate((("Patrull 1", "patrol"), ("Patrull 2", "patrol"), ("Nattansvarig", "lead"))):
        carer = await tx.fetchval(
            "insert into carers (org, name, phone) values ($1, $2, $3) returning carer_id",
            here.org, name, f"+4670000010{n}",
        )  # fmt: skip
        await tx.execute(
            """
            insert into shifts (org, area_id, carer_id, patrol, role, starts_at, ends_at, mustered)
            values ($1, $2, $3, $4, $5, $6, $7, true)
            """,
            here.org, here.area, carer, name, role, TWO - timedelta(hours=5), TWO + timedelta(hours=6),
        )  # fmt: skip
    for login, name, roles in (
        ("olle", "Olle Operatör", ["operator"]),
        ("siv", "Siv Operatör", ["operator"]),
        ("petra", "Petra Planerare", ["planner"]),
    ):
        here.users[login] = await tx.fetchval(
            "select keep_user($1, $2, $3, $4, $5)",
            login if here.org == "storstad" else f"{login}-{here.org}", name, PASSWORD_HASH, here.org, roles,
        )  # fmt: skip


Frames = Callable[[str], tuple[bytes, ...]]


def drawn(scene: str, count: int = 20) -> tuple[bytes, ...]:
    """Return the JPEGs of a drawn night scene."""
    from gateway.scenes import draw

    return tuple(draw(scene, 1, count / 5, 5.0))
