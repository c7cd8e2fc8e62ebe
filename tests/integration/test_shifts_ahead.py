"""Shifts laid ahead by the service: a pattern that nobody touches, an edit at two in the morning, rows of a release before."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from alarm_center.casework import shift_laying
from alarm_center.core.shift_patterns import NIGHTS_AHEAD, LaidShifts, ShiftPattern, Substitute
from alarm_center.preparation import muster, shifts_ahead
from alarm_center.store import shift_patterns, towns
from alarm_center.store.memory import Memory, Tx, now
from schemas.vocabulary import SubstituteReason
from tests.support import town_file
from tests.support.postgres import Database
from tests.support.rota import CARERS, LINES, RotaModel, RotaStep, rota_steps
from tests.support.town import a_file, a_town, at_local, freeze, rows, run, value

NOON = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    memory = await Memory.open(database.worker)
    yield memory
    await memory.close()


async def shifts_of(memory: Memory, night: str) -> list[tuple[str, datetime, datetime]]:
    found = await rows(
        memory, "select patrol, starts_at, ends_at from shifts where night = $1::text::date order by patrol", night
    )
    return [(row["patrol"], row["starts_at"], row["ends_at"]) for row in found]


async def test_an_untouched_pattern_has_shifts_in_200_nights(memory: Memory) -> None:
    await a_town(memory, residents=1, at=NOON)
    laid_once = await value(memory, "select max(night) from shifts")
    for day in range(1, 201):
        await freeze(memory, NOON + timedelta(days=day))
        await shifts_ahead.lay_shifts_ahead(memory)
    assert laid_once < date(2027, 2, 1)
    assert [patrol for patrol, _, _ in await shifts_of(memory, "2027-06-10")] == ["Ledning", "Patrull 3"]
    kept = await rows(memory, "select night, count(*) as shifts from shifts group by night order by night")
    assert [row["night"] for row in kept] == [date(2026, 11, 22) + timedelta(days=n) for n in range(262)]
    assert {row["shifts"] for row in kept} == {2}, "laid each day, and none of them twice"
    hours = {
        night: (await shifts_of(memory, night))[1][2] - (await shifts_of(memory, night))[1][1]
        for night in ("2026-11-23", "2027-03-27")
    }
    assert hours == {"2026-11-23": timedelta(hours=9.5), "2027-03-27": timedelta(hours=8.5)}


async def test_whoever_has_left_stands_in_no_longer(memory: Memory) -> None:
    """Also for nights that they had said yes to: the night is a hole, and its phone is asked for nothing."""
    town = await a_town(memory, residents=1, at=NOON)
    night = date(2026, 12, 4)
    stands_in = await value(memory, "select carer_id from carers where name = 'Patrull 3'")
    async with memory.transaction() as tx:
        (line,) = await tx.fetch(
            "select line_id, starts_at, ends_at from shifts where night = $1 and role = 'lead'", night
        )
        said = Substitute(line["line_id"], night, stands_in, line["starts_at"], line["ends_at"])
        await shift_patterns.add_substitutes(tx, town.org, [said], SubstituteReason.SWAP, "test", await now(tx))
    await shifts_ahead.lay_shifts_ahead(memory)
    asked = "select count(*)::int from shifts where night = $1 and role = 'lead' and carer_id = $2"
    assert await value(memory, asked, night, stands_in) == 1
    await run(memory, "update carers set ends_on = $1 where carer_id = $2", night - timedelta(days=1), stands_in)
    await shifts_ahead.lay_shifts_ahead(memory)
    assert await value(memory, "select count(*)::int from shifts where night = $1 and role = 'lead'", night) == 0


async def test_one_towns_disorder_leaves_no_other_unlaid(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    for org in ("vik", "ost"):
        await a_town(memory, org=org, residents=1, at=NOON)
    await freeze(memory, NOON + timedelta(days=3))
    lay = shift_laying.lay_town

    async def badly(tx: Tx, town: towns.Town, at: datetime) -> LaidShifts:
        if town.org == "ost":
            raise KeyError("as told")
        return await lay(tx, town, at)

    monkeypatch.setattr(shift_laying, "lay_town", badly)
    with pytest.raises(ExceptionGroup):
        await shifts_ahead.lay_shifts_ahead(memory)
    newest = await rows(memory, "select org, max(night) as night from shifts group by org order by org")
    assert newest[1]["night"] - newest[0]["night"] == timedelta(days=3), "vik's are there, and ost's are not"


async def test_an_edit_at_two_keeps_the_shift_with_its_muster(memory: Memory) -> None:
    town = await a_town(memory, residents=1, at=NOON)
    await freeze(memory, at_local(town.town, "2026-11-22", "21:31"))
    await muster.muster_shifts(memory)
    kept = "select shift_id, starts_at from shifts where muster_asked_at is not null order by shift_id"
    asked = await rows(memory, kept)
    await freeze(memory, at_local(town.town, "2026-11-22", "02:00"))
    async with memory.transaction() as tx:
        file = a_file(
            "vik",
            residents=1,
            areas=("3",),
            times=("02:00",),
            handled_by="alarm_centre",
            green_by="detector",
            change={},
        )
        shifts = [shift | {"starts": "22:00", "ends": "06:00"} for shift in file["shifts"]]
        only = {name: file[name] for name in ("organisation", "areas", "carers")}
        await town_file.bring_in(tx, only | {"shifts": shifts}, await now(tx))
    assert await rows(memory, kept) == asked and len(asked) == 2
    ends = await rows(memory, "select distinct ends_at from shifts where muster_asked_at is not null")
    assert [row["ends_at"] for row in ends] == [at_local(town.town, "2026-11-22", "06:00")]


async def test_a_shift_with_a_muster_is_never_deleted(memory: Memory) -> None:
    await a_town(memory, residents=1, at=NOON)
    await run(memory, "update shifts set muster_asked_at = clock.now() where role = 'lead'")
    with pytest.raises(asyncpg.RestrictViolationError):
        await run(memory, "delete from shifts where role = 'lead'")


async def test_nights_of_the_release_before_go_on(memory: Memory) -> None:
    """A town that 0.2.0 imported has rows and no patterns; the nights after them are laid all the same."""
    await freeze(memory, NOON)
    async with memory.transaction() as tx:
        await town_file.bring_in(tx, bare_town("vik", 1), NOON)
        await tx.execute(
            """
            insert into shifts (org, area_id, carer_id, patrol, role, starts_at, ends_at)
            select org, area_id, carer_id, 'Patrull 3', 'patrol', at, at + interval '9 hours 30 minutes'
            from carers join areas using (org), generate_series(timestamptz '2026-11-22 20:30Z', '2026-12-20 20:30Z', interval '1 day') at
            """
        )
    before = await value(memory, "select count(*) from shifts")
    assert await shifts_ahead.lay_shifts_ahead(memory) == NIGHTS_AHEAD - before
    assert await value(memory, "select count(*) from shifts where line_id is null") == 0
    await freeze(memory, NOON + timedelta(days=1))
    assert await shifts_ahead.lay_shifts_ahead(memory) == 1


# ---- any sequence, in the database ----


def bare_town(org: str, carers: int) -> town_file.Table:
    """Return a town with an area and carers, and no rota."""
    number = abs(hash(org)) % 10_000
    return {
        "organisation": town_file.organisation(org, name=org, sending_number=f"+4670000{number:04}"),
        "areas": [{"code": "3"}],
        "carers": [{"name": f"{org} {n}", "phone": f"+46701{number:04}{n:02}"} for n in range(carers)],
    }


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
@given(steps=rota_steps())
def test_the_rows_are_the_models_through_any_sequence(database: Database, steps: list[RotaStep]) -> None:
    with asyncio.Runner() as runner:
        runner.run(_play(database, steps))


async def _play(database: Database, steps: list[RotaStep]) -> None:
    memory, org = await Memory.open(database.worker, size=2), f"t{uuid4().hex[:8]}"
    try:
        await freeze(memory, steps[0].at)  # type: ignore[union-attr]
        async with memory.transaction() as tx:
            await town_file.bring_in(tx, bare_town(org, len(CARERS)), await now(tx))
            town = await towns.town(tx, org)
            carers = [
                row["carer_id"]
                for row in await tx.fetch("select carer_id from carers where org = $1 order by name", org)
            ]
            area = await towns.first_area(tx, org)
        model = StoredRota(town, area, dict(zip(CARERS, carers, strict=True)), {line: uuid4() for line in LINES})
        for step in steps:
            held = await rows(memory, _HELD, org)
            await model.take(memory, step)
            assert {row["shift_id"] for row in held} <= {row["shift_id"] for row in await rows(memory, _HELD, org)}
            assert await model.stored(memory) == model.expected(), step
    finally:
        await memory.close()


_HELD = "select shift_id from shifts where org = $1 and muster_asked_at is not null"


@dataclass
class StoredRota:
    """The model beside a town's rota in the database, which people change alike."""

    town: towns.Town
    area: UUID
    carers: dict[UUID, UUID]
    lines: dict[UUID, UUID]
    model: RotaModel = field(default_factory=lambda: RotaModel(ZoneInfo("Europe/Stockholm")))

    async def take(self, memory: Memory, step: RotaStep) -> None:
        """Let people do *step* to both."""
        patterns, substitutes = {each.pattern_id: each for each in self.model.patterns}, len(self.model.substitutes)
        self.model.take(step)
        await freeze(memory, self.model.now)
        async with memory.transaction() as tx:
            await shift_patterns.lock_rota(tx, self.town.org)
            for each in self.model.patterns:
                if each.pattern_id not in patterns:
                    await shift_patterns.add_patterns(tx, self.town.org, [self._own(each)])
                elif each != patterns[each.pattern_id]:
                    await shift_patterns.end_pattern(tx, self._id(each.pattern_id), each.until_night)
            said = [
                replace(each, line_id=self.lines[each.line_id], carer_id=each.carer_id and self.carers[each.carer_id])
                for each in self.model.substitutes[substitutes:]
            ]
            await shift_patterns.add_substitutes(tx, self.town.org, said, SubstituteReason.SWAP, "test", self.model.now)
            await shift_laying.lay_town(tx, self.town, self.model.now)
        await muster.muster_shifts(memory)

    async def stored(self, memory: Memory) -> list[tuple[UUID, date, UUID, datetime, datetime]]:
        """Return the rows that have not ended, for the nights that the model lays."""
        found = await rows(
            memory,
            """
            select line_id, night, carer_id, starts_at, ends_at from shifts
            where org = $1 and ends_at > $2 and night < $3
            """,
            self.town.org, self.model.now, self.model.last_night,
        )  # fmt: skip
        return sorted(tuple(row.values()) for row in found)

    def expected(self) -> list[tuple[UUID, date, UUID, datetime, datetime]]:
        """Return the rows that the model has."""
        return sorted(
            (self.lines[row.line_id], row.night, self.carers[row.post.carer_id], row.starts_at, row.ends_at)
            for row in self.model.rows
            if row.line_id is not None and row.ends_at > self.model.now
        )

    def _own(self, pattern: ShiftPattern) -> ShiftPattern:
        post = replace(pattern.post, area_id=self.area, carer_id=self.carers[pattern.post.carer_id])
        return replace(pattern, pattern_id=self._id(pattern.pattern_id), line_id=self.lines[pattern.line_id], post=post)

    def _id(self, pattern_id: UUID) -> UUID:
        return uuid5(self.area, str(pattern_id))
