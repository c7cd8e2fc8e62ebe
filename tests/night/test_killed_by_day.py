"""The service's process killed by day, in the middle of a file and of a town's stop: started again, it ends what it began, once.

It dies by SIGKILL at a known place: the test holds the row that the process needs next.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from schemas.vocabulary import Role
from tests.bench.many_residents import copy_resident
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.service import FormSender, Replica, replica
from tests.support.viewers import viewer_in
from tests.support.waiting import eventually

pytestmark = pytest.mark.night

FEW: Final = 12
RESIDENTS: Final = 70
"""More than one transaction of an import brings in."""


@dataclass
class RunningDay:
    """A town by day, and its service as a process."""

    town: NightTown
    service: Replica
    database: Database

    async def killed_at(self, row: str, waits: str, browser: FormSender, path: str, **fields: str) -> None:
        """Send a form that the service goes on with by itself, and kill it where *waits* is true and it wants the *row*, which nobody gets."""
        connection = await asyncpg.connect(self.database.server.superuser_dsn(self.database.name))
        try:
            async with connection.transaction():
                await connection.execute(f"{row} for update")
                await browser.send(path, **fields)
                await eventually(lambda: self.town.value(waits))
                await eventually(lambda: self.town.value("select count(*) from pg_locks where not granted"))
                self.service.kill()
        finally:
            await connection.close()


@pytest.fixture
async def day(database: Database, tmp_path: Path) -> AsyncIterator[RunningDay]:
    """Twelve homes at three in the afternoon, the clock going."""
    async with town(database, residents=2, operator_sees=()) as here:
        await copy_resident(here.memory, here.org, 1, range(3, FEW + 1))
        await here.set_clock(TWO + timedelta(hours=13))
        await here.execute("select clock.freeze(null)")
        async with replica(database, tmp_path) as service:
            yield RunningDay(here, service, database)


async def sender_as(day: RunningDay, role: Role) -> FormSender:
    person = await viewer_in(day.town.memory, day.town.org, role=role)
    return FormSender(day.service.url, person.token)


async def until_laid(day: RunningDay, residents: int) -> None:
    """Wait until the service has laid the night of so many residents, and is done with the last one: it would want the row that is held, before what is killed does."""
    laid = """
        select count(distinct resident_id) filter (where opens_at > clock.now()) = $1
            and count(*) filter (where opens_at <= clock.now() and state in ('planned', 'open', 'waiting')) = 0
        from checks
    """
    await eventually(lambda: day.town.value(laid, residents))


async def test_killed_in_the_middle_of_a_file(day: RunningDay) -> None:
    await copy_resident(day.town.memory, day.town.org, 1, range(FEW + 1, RESIDENTS + 1))
    await until_laid(day, RESIDENTS)
    petra = await sender_as(day, Role.COORDINATOR)
    table = "nummer;anteckningar;tider\n" + "".join(f"{n};Ny;22:00, 04:00\n" for n in range(1, RESIDENTS + 1))
    page = await petra.send("/files", file=table)
    await eventually(lambda: day.town.value("select state = 'reviewed' from file_imports"))
    review = (await petra.text(page)).partition('name="review" value="')[2].partition('"')[0]
    some = "select residents_done > 0 from file_imports"
    await day.killed_at(
        f"select from fjt.residents where number = {RESIDENTS - 5}", some, petra, f"{page}/bring-in", review=review
    )
    brought = await day.town.value("select count(*) from residents where notes = 'Ny'")
    assert 0 < brought < RESIDENTS
    half = "select count(*) from residents r where (notes = 'Ny') <> exists (select from slots s where s.resident_id = r.resident_id and s.local_time = '22:00')"
    assert await day.town.value(half) == 0, "a resident is whole, or as before"
    await day.town.execute("select clock.move('3 minutes')")  # its claim runs out
    await day.service.start()
    done = False
    while not done:  # a slow machine takes its time, as long as it goes on
        before = await day.town.value("select residents_done from file_imports")
        await eventually(
            partial(day.town.value, f"select state = 'done' or residents_done > {before} from file_imports")
        )
        done = await day.town.value("select state = 'done' from file_imports")
    assert await day.town.value(half) == 0
    assert await day.town.value("select count(*) from residents where notes = 'Ny'") == RESIDENTS
    once = "select string_agg(distinct n::text, ' ') from (select count(*) as n from changes where made_by <> 'import' and part = $1 group by resident_id) c"
    for part in ("times", "resident"):
        assert await day.town.value(once, part) == "1", part


async def test_killed_in_the_middle_of_a_town_stop(day: RunningDay) -> None:
    await until_laid(day, FEW)
    lead, operator = await sender_as(day, Role.LEAD), await sender_as(day, Role.OPERATOR)
    await lead.send("/stop-town", why="fel bild")
    some = "select count(*) > 0 from checks where cancel_reason = 'town_stop'"
    fifth = await day.town.value(
        "select resident_id from checks where opens_at > clock.now() group by 1 order by min(opens_at), 1 offset 5 limit 1"
    )
    await day.killed_at(f"select from fjt.checks where resident_id = '{fifth}'", some, operator, "/stop-town/confirm")
    owed = "select count(*) from checks where state = 'planned' and opens_at > clock.now() and opens_at < (select to_at from town_stops)"
    assert await day.town.value(owed), "not all are visits yet"
    assert not await day.town.value("select bool_or(may_look(resident_id, kind, true)) from devices"), (
        "nobody looks meanwhile"
    )
    await day.service.start()
    await eventually(lambda: day.town.value("select visits_at is not null from town_stops"))
    assert await day.town.value(owed) == 0
    cancelled = await day.town.value(
        "select count(*) from checks where cancel_reason = 'town_stop' and instead = 'visit'"
    )
    assert (
        await day.town.value("select (data ->> 'visits')::int from events where kind = 'town_stop_done'") == cancelled
    )
    assert await day.town.value("select count(*) from events where kind = 'town_stop_done'") == 1
    assert await day.town.value("select bool_and(config @> '{\"attempts\": []}') from devices")
