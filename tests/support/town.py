"""A small town on paper and in order, made the way that a real one is: a town's file, imported and planned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from alarm_center.core import calendar
from alarm_center.preparation import planning
from alarm_center.store import overlong
from alarm_center.store.memory import Memory, now
from alarm_center.store.towns import Town
from alarm_center.store.towns import town as town_of
from alarm_center.town.times import clock_time
from tests.support.town_file import Table, bring_in, home, organisation, shift


@dataclass(frozen=True, slots=True)
class ATown:
    """The ids of a test town's rows that a test needs to name."""

    org: str
    town: Town
    areas: Mapping[str, UUID]
    residents: Mapping[int, UUID]

    def device(self, number: int) -> str:
        """The camera of the resident with that number."""
        return f"{self.org}-cam{number}"

    def phone(self, area: str) -> str:
        """The phone of an area's patrol."""
        return f"+467017406{int(area):02}"

    @property
    def lead_phone(self) -> str:
        """The phone of the lead of the night."""
        return "+46701740699"


def a_file(
    org: str,
    *,
    residents: int,
    areas: tuple[str, ...],
    times: tuple[str, ...],
    handled_by: str,
    green_by: str,
    change: Mapping[int, Table],
) -> Table:
    """Return a town's file; the residents go round the areas, and *change* lays over single ones."""
    town = organisation(org, name=f"{org.capitalize()} kommun", handled_by=handled_by, fixed_number="+4684650040")
    patrols = [(area, f"Patrull {area}", f"+467017406{int(area):02}") for area in areas]
    lead = shift("Nattledare", area=areas[0], patrol="Ledning", role="lead", starts="21:00", ends="07:30")
    homes = [
        home(n, area=areas[(n - 1) % len(areas)], device=f"{org}-cam{n}", times=times, access=f"Nyckel {n}", green_by=green_by)
        for n in range(1, residents + 1)
    ]  # fmt: skip
    return {
        "organisation": town,
        "areas": [{"code": area} for area in areas],
        "users": [{"login": f"{org}-petra", "name": "Petra", "roles": ["planner"]}],
        "carers": [
            *({"name": name, "phone": phone} for _, name, phone in patrols),
            {"name": "Nattledare", "phone": "+46701740699"},
        ],
        "shifts": [*(shift(name, area=area) for area, name, _ in patrols), lead],
        "residents": [each | change.get(each["number"], {}) for each in homes],
    }


async def a_town(
    memory: Memory,
    *,
    org: str = "vik",
    residents: int = 3,
    areas: tuple[str, ...] = ("3",),
    times: tuple[str, ...] = ("22:30", "02:00"),
    handled_by: str = "alarm_centre",
    green_by: str = "detector",
    change: Mapping[int, Table] | None = None,
    at: datetime | None = None,
) -> ATown:
    """Import a town, plan its checks, and have every device heard with the config that it should have.

    *at* freezes the clock first. *memory* is the worker's.
    """
    if at is not None:
        await freeze(memory, at)
    file = a_file(
        org,
        residents=residents,
        areas=areas,
        times=times,
        handled_by=handled_by,
        green_by=green_by,
        change=change or {},
    )
    # As the command imports: without the pages' limit, which a large town reaches where others use the machine too.
    importing = await Memory.open(memory.dsn, size=1, application=overlong.IMPORT, limit_seconds=None)
    async with importing.transaction() as tx:
        await bring_in(tx, file, await now(tx))
    await importing.close()
    await planning.plan_town(memory, org)
    await heard(memory)
    async with memory.transaction() as tx:
        return ATown(
            org=org,
            town=await town_of(tx, org),
            areas={r["code"]: r["area_id"] for r in await tx.fetch("select * from areas where org = $1", org)},
            residents={
                r["number"]: r["resident_id"] for r in await tx.fetch("select * from residents where org = $1", org)
            },
        )


async def freeze(memory: Memory, at: datetime) -> None:
    """Let the service's clock stand at *at*; :func:`move` still moves it."""
    await run(memory, "select clock.freeze($1)", at)


async def move(memory: Memory, by: timedelta) -> datetime:
    """Move the service's clock; return what it says."""
    moved: datetime = await value(memory, "select clock.move($1)", by)
    return moved


async def heard(memory: Memory) -> None:
    """Every device has just said that it is there, with the config that it should have."""
    await run(
        memory,
        "update devices set link = 'up', last_heard_at = clock.now(), reported_version = wanted_version, behind_since = null",
    )


async def run(memory: Memory, statement: str, *values: object) -> None:
    """Change something behind the service's back."""
    async with memory.transaction() as tx:
        await tx.execute(statement, *values)


async def value(memory: Memory, question: str, *values: object) -> Any:
    """Return the one value that *question* asks for."""
    async with memory.transaction() as tx:
        return await tx.fetchval(question, *values)


async def rows(memory: Memory, question: str, *values: object) -> list[Table]:
    """Return the rows that *question* asks for."""
    async with memory.transaction() as tx:
        return [dict(row) for row in await tx.fetch(question, *values)]


def at_local(town: Town, night: str, clock: str) -> datetime:
    """Return the instant at which the clock on the wall shows *clock* (``02:00``) during the *night* that begins on that date."""
    year, month, day = map(int, night.split("-"))
    return calendar.instant_of(datetime(year, month, day).date(), clock_time(clock), town.zone)  # noqa: DTZ001
