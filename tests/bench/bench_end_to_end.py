"""Sessions a second from homes to their receipts, all on this machine, beside the bare decode of the same frames on all its cores.

The parts are those of a night: Mosquitto, PostgreSQL, one centre and as many detectors as there are cores as processes, and the homes, each
with a connection of its own: one detector works on one core, and would leave the others idle. Every session is of a resident in bed, whose check is open and is seen by it. In turns: the bare decode, some seconds of rest, as
many homes at once as keep everything busy, the bare decode, and homes at an even pace of four fifths of what the full turn took.

Where others work on the same cores the rate is theirs too. Processor times are not: those of a session are what the parts have taken beyond
what they take at rest, and the share that they leave of the bare rate is reckoned for a machine that nobody else is on. Where only a few
sessions come through in a second, rest is most of what a part takes, and its share of a session says nothing.
"""

import asyncio
import logging
import os
import resource
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

import cv2
import numpy as np
import structlog

from alarm_center.preparation import planning
from drawn_homes import draw, profile
from fjarrtillsyn.embedded.postgres import Postgres, running_postgres
from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from schemas import topics, wire
from schemas.messages import Frame, Profile, Session
from schemas.vocabulary import DeviceKind, Show
from tests.bench import processor_time
from tests.bench.many_residents import copy_resident
from tests.support.busy_town import heard
from tests.support.clients import BrokerUser, client
from tests.support.mosquitto import Mosquitto
from tests.support.parts import ORG, RunningTown, night
from tests.support.postgres import Database, fresh_database, make_template
from tests.support.waiting import eventually

TURNS: Final = 3
SESSIONS: Final = 150
"""Of each turn's two halves."""
_WARM: Final = 40
"""Sent first and not counted: connections and plans are made then."""
_AT_ONCE: Final = 16
"""Homes that send at once when full: the parts have always something to do, and the broker's queue stays short."""
_PACE: Final = 0.8
_FRAMES: Final = 50
_REST_SECONDS: Final = 4.0
_CORES: Final = os.cpu_count() or 1
_DECODED: Final = 40
"""Sessions that each core decodes bare."""
_FIRST: Final = 100
_DEVICES: Final = tuple(f"cam{number}" for number in range(_FIRST, _FIRST + _WARM + 2 * TURNS * SESSIONS))


def run() -> list[dict[str, Any]]:
    """Return the rate when full, its processor time a session, and what a receipt takes at four fifths of full."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    cv2.setNumThreads(1)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a connection of each home's own
    with running_postgres(throwaway=True) as server, TemporaryDirectory() as folder:
        make_template(server)
        passwords = {user: "word" for user in (CENTRE, DETECTOR, *(f"{ORG}/{device}" for device in _DEVICES))}
        mosquitto = Mosquitto(Path(folder), passwords)
        mosquitto.start()
        try:
            with fresh_database(server) as database:
                return asyncio.run(_measure(database, server, mosquitto, Path(folder)))
        finally:
            mosquitto.stop()


@dataclass(frozen=True, slots=True)
class MeasuredHome:
    """A home that is connected and has one session to send."""

    user: BrokerUser
    topic: str
    payload: bytes

    async def receipt_after(self) -> float:
        """Send the session; return the seconds until its receipt is here."""
        began = time.perf_counter()
        await self.user.publish(self.topic, self.payload, qos=1)
        async with asyncio.timeout(60):
            await anext(self.user.messages())
        return time.perf_counter() - began


@dataclass(slots=True)
class MeasuredTurns:
    """Times that the turns have taken. Rates are in sessions a second, waits in ms, processor times in ms a session."""

    bare: list[float] = field(default_factory=list)
    bare_processor: list[float] = field(default_factory=list)
    full: list[float] = field(default_factory=list)
    paced_p99: list[float] = field(default_factory=list)
    paced_p50: list[float] = field(default_factory=list)
    processor: dict[str, list[float]] = field(default_factory=dict)
    at_rest: list[float] = field(default_factory=list)
    """Milliseconds that all parts take together in a second in which nothing comes."""

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows; a ratio is of the same turn's bare decode."""
        rate, bare = statistics.median(self.full), statistics.median(self.bare)
        share = statistics.median(full / alone for full, alone in zip(self.full, self.bare, strict=True))
        decode, taken = statistics.median(self.bare_processor), {
            part: statistics.median(times) for part, times in self.processor.items()
        }  # fmt: skip
        everything = statistics.median(map(sum, zip(*self.processor.values(), strict=True)))
        alone = (1000 * _CORES - statistics.median(self.at_rest)) / everything
        return [
            _row("end_to_end", rate, bare, share, "sessions/s"),
            _row("end_to_end_processor", everything, decode, decode / everything, "ms a session"),
            _row("end_to_end_reckoned", alone, 1000 * _CORES / decode, alone * decode / 1000 / _CORES, "sessions/s"),
            *(
                _row(f"end_to_end_processor_{part}", ms, decode, decode / ms, "ms a session")
                for part, ms in taken.items()
            ),
            *(
                _row(f"receipt_at_80_{name}", wait, 1000 / bare, wait * bare / 1000, "ms")
                for name, wait in (
                    ("p50", statistics.median(self.paced_p50)),
                    ("p99", statistics.median(self.paced_p99)),
                )
            ),
        ]


def _row(name: str, value: float, baseline: float, ratio: float, unit: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "baseline": round(baseline, 2),
        "ratio": round(ratio, 3),
    }


async def _measure(database: Database, server: Postgres, mosquitto: Mosquitto, folder: Path) -> list[dict[str, Any]]:
    pictures = draw("asleep", 1, _FRAMES / 5.0, 5.0)
    async with AsyncExitStack() as stack:
        town = await stack.enter_async_context(night(database, server, mosquitto, folder))
        # `copy_resident` names a device by its resident's number.
        await copy_resident(town.memory, ORG, 1, range(_FIRST, _FIRST + len(_DEVICES)))
        await planning.plan_all_towns(town.memory)
        async with town.memory.transaction() as tx:
            await tx.execute("update checks set green_by = 'detector', show = 'deviation'")
            await tx.execute("analyze")
            # A home says which config it has; without that each is published again every 10 s.
            await tx.execute("update devices set reported_version = wanted_version")
        homes = await _connected_homes(town, mosquitto, pictures, stack)
        await town.start_centre()
        await town.start_detector()
        others = [town.detector.another(folder / f"detector-{number}.log") for number in range(2, _CORES + 1)]
        for detector in others:
            stack.callback(detector.kill)
            await town.start_detector(detector)
        await heard(town.memory)
        await eventually(lambda: _all_open(town), 120)
        parts = {
            "centre": lambda: processor_time.of_process(town.centre.pid),
            "detector": lambda: sum(processor_time.of_process(each.pid) for each in (town.detector, *others)),
            "database": lambda: processor_time.of_postgres(server),
            "broker": lambda: processor_time.of_process(mosquitto.pid),
            "homes": processor_time.of_this_process,
        }
        left = iter(homes)
        await _full([next(left) for _ in range(_WARM)])
        turns = MeasuredTurns()
        for _ in range(TURNS):
            await _one_turn(turns, left, pictures, parts)
        seen = await town.value("select count(*) from checks where state = 'seen'")
        assert seen == len(homes), f"{seen} of {len(homes)} were seen"
        return turns.rows()


async def _one_turn(
    turns: MeasuredTurns, left: Iterator[MeasuredHome], pictures: Sequence[bytes], parts: dict[str, Callable[[], float]]
) -> None:
    before = await asyncio.to_thread(_decoded_bare, pictures)
    rested, rest_seconds = await _taken(parts, lambda: _pause(_REST_SECONDS))
    working, seconds = await _taken(parts, lambda: _full([next(left) for _ in range(SESSIONS)]))
    rate = SESSIONS / seconds
    turns.at_rest.append(sum(rested.values()) / rest_seconds * 1000)
    for part, spent in working.items():
        beyond = spent - rested[part] / rest_seconds * seconds
        turns.processor.setdefault(part, []).append(beyond / SESSIONS * 1000)
    after = await asyncio.to_thread(_decoded_bare, pictures)
    turns.full.append(rate)
    turns.bare.append(statistics.mean((before[0], after[0])))
    turns.bare_processor.append(statistics.mean((before[1], after[1])))
    waits = statistics.quantiles(
        await _paced([next(left) for _ in range(SESSIONS)], rate * _PACE), n=100, method="inclusive"
    )
    turns.paced_p50.append(waits[49] * 1000)
    turns.paced_p99.append(waits[98] * 1000)


async def _taken(
    parts: dict[str, Callable[[], float]], work: Callable[[], Awaitable[object]]
) -> tuple[dict[str, float], float]:
    """Return the seconds of processor time of each part while *work* is done, and those that went by."""
    before, began = {part: read() for part, read in parts.items()}, time.perf_counter()
    await work()
    return {part: read() - before[part] for part, read in parts.items()}, time.perf_counter() - began


async def _pause(seconds: float) -> None:
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    await over.wait()


def _decoded_bare(pictures: Sequence[bytes]) -> tuple[float, float]:
    """Return how many sessions' frames all cores decode in a second, and the ms of processor time of one."""

    def decode() -> None:
        for _ in range(_DECODED):
            for picture in pictures:
                cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)

    began, taken = time.perf_counter(), processor_time.of_this_process()
    with ThreadPoolExecutor(_CORES) as threads:
        for done in [threads.submit(decode) for _ in range(_CORES)]:
            done.result()
    sessions = _CORES * _DECODED
    return (
        sessions / (time.perf_counter() - began),
        (processor_time.of_this_process() - taken) / sessions * 1000,
    )


async def _full(homes: Sequence[MeasuredHome]) -> None:
    """Send each home's session and wait for its receipt, so many at once as keep all parts busy."""
    left = iter(homes)

    async def some() -> None:
        for home in left:
            await home.receipt_after()

    await asyncio.gather(*(some() for _ in range(_AT_ONCE)))


async def _paced(homes: Sequence[MeasuredHome], rate: float) -> list[float]:
    """Return the seconds of each receipt, with *rate* sessions a second, each sent at its time whatever the others do."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def one(number: int, home: MeasuredHome) -> float:
        due = loop.create_future()
        loop.call_at(began + number / rate, due.set_result, None)
        await due
        return await home.receipt_after()

    return await asyncio.gather(*(one(number, home) for number, home in enumerate(homes)))


async def _connected_homes(
    town: RunningTown, mosquitto: Mosquitto, pictures: Sequence[bytes], stack: AsyncExitStack
) -> list[MeasuredHome]:
    """Return the homes, connected and waiting for their receipts, each with the session of its open check."""
    frames = tuple(Frame(ms=i * 200, jpeg=jpeg) for i, jpeg in enumerate(pictures))
    room = Profile.model_validate(profile("asleep"))
    homes: list[MeasuredHome] = []
    for device in _DEVICES:
        check_id: UUID
        check_id, opens_at = (
            await town.rows("select check_id, opens_at from checks where device_id = $1 order by opens_at", device)
        )[0]
        session = Session(
            session_id=check_id.hex, org=ORG, device=device, kind=DeviceKind.CAMERA, check_id=check_id, attempt=1,
            started_at=opens_at, seconds=10, show=Show.DEVIATION, profile=room, frames=frames,
        )  # fmt: skip
        user = await stack.enter_async_context(client(mosquitto, f"{ORG}/{device}"))
        await user.subscribe(topics.of(ORG, device, "receipt"))
        homes.append(MeasuredHome(user, topics.of(ORG, device, "session", session.session_id), wire.encode(session)))
    return homes


async def _all_open(town: RunningTown) -> bool:
    return bool(
        await town.value(
            "select count(*) from checks where state = 'open' and device_id like 'cam%'",
        )
        == len(_DEVICES)
    )
