"""Two thousand residents brought in by the page: forty mistakes each told, nobody half done, and no board behind by more than a second."""

import asyncio
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

import aiohttp
import pytest

from alarm_center.store import events
from alarm_center.store.events import Cursor, NewEvent
from alarm_center.store.memory import now
from schemas import timeline
from schemas.vocabulary import Role
from tests.support.night_town import NightTown, town
from tests.support.postgres import Database
from tests.support.service import FormSender, replica
from tests.support.viewers import one_more_session, viewer_in
from tests.support.waiting import eventually
from tests.unit.test_csv import HEADS, MISTAKES, line

pytestmark = pytest.mark.long

RESIDENTS: Final = range(100, 2100)
SPOILED: Final = {at * 47 + 5: MISTAKES[at % len(MISTAKES)] for at in range(40)}
"""Forty lines of the file and what is wrong in each."""
FOR_EVER: Final = aiohttp.ClientTimeout(total=None)
BEHIND_S: Final = 1.0
LONGEST_S: Final = 600.0
"""The longest that reading or bringing in may take on a machine that others use."""


def table(spoiled: dict[int, dict[str, str]]) -> str:
    rows = [line(number, **spoiled.get(at, {})) for at, number in enumerate(RESIDENTS)]
    return "\n".join([HEADS, *rows])


async def probe_board(here: NightTown, operator: FormSender, waits: list[float]) -> None:
    """Commit a line again and again, and keep how long each takes until the board's stream has it."""
    async with operator.opened() as http, http.get("/stream", timeout=FOR_EVER) as stream:
        while True:
            async with here.memory.transaction() as tx:
                await events.write(tx, await now(tx), NewEvent(here.org, timeline.ChecksBroughtHome(), actor="probe"))
                await events.notify(tx)
                row = await tx.fetchrow(
                    "select tx::text::bigint as tx, id from events where actor = 'probe' order by id desc limit 1"
                )
                assert row is not None
                newest = Cursor(row["tx"], row["id"])
            began = time.monotonic()
            async for each in stream.content:
                said = each.decode().strip()
                told = Cursor.parse(said.removeprefix("id: ")) if said.startswith("id: ") else None
                if told is not None and told >= newest:
                    break
            waits.append(time.monotonic() - began)


async def test_two_thousand_with_forty_mistakes(database: Database, tmp_path: Path) -> None:
    async with town(database, residents=2, operator_sees=()) as here, replica(database, tmp_path) as service:
        await here.execute("select clock.freeze(null)")
        user = uuid4()
        await viewer_in(here.memory, here.org, role=Role.COORDINATOR, user=user)
        await here.execute("update memberships set roles = '{coordinator,case_officer}' where user_id = $1", user)
        petra = FormSender(service.url, await one_more_session(here.memory, user))
        operator = FormSender(service.url, (await viewer_in(here.memory, here.org)).token)
        waits: list[float] = []
        probing = asyncio.create_task(probe_board(here, operator, waits))

        wrong = await petra.send("/files", file=table(SPOILED))
        began = time.monotonic()
        await eventually(lambda: here.value("select state = 'refused' from file_imports"), LONGEST_S)
        read = time.monotonic() - began
        pages = [await petra.text(f"{wrong}?page={n}") for n in (1, 2, 3)]
        told = {int(number) for page in pages for number in re.findall(r'<th scope="row">.*?</span>(\d+)</th>', page)}
        assert told == {at + 2 for at in SPOILED}
        assert await here.value("select count(*) from residents") == 2

        right = await petra.send("/files", file=table({}))
        began = time.monotonic()
        await eventually(lambda: here.value("select bool_or(state = 'reviewed') from file_imports"), LONGEST_S)
        reviewed = time.monotonic() - began
        review = (await petra.text(right)).partition('name="review" value="')[2].partition('"')[0]
        began = time.monotonic()
        await petra.send(f"{right}/bring-in", review=review)
        half = """
            select count(*) from residents r where number >= 100 and (
                not exists (select from consents c where c.resident_id = r.resident_id)
                or not exists (select from decisions d where d.resident_id = r.resident_id)
                or not exists (select from devices d where d.resident_id = r.resident_id)
                or (select count(*) from slots s where s.resident_id = r.resident_id) <> 2)
        """

        found_half: dict[int, int] = {}

        async def done() -> bool:
            """Look once a batch whether somebody is half done: more often, the question itself would be the load."""
            so_far = await here.value("select max(residents_done) from file_imports") or 0
            if so_far not in found_half:
                found_half[so_far] = await here.value(half)
            return bool(await here.value("select bool_or(state = 'done') from file_imports"))

        await eventually(done, LONGEST_S)
        brought = time.monotonic() - began
        assert len(found_half) > 2 and set(found_half.values()) == {0}, "no resident half done, after any batch"
        assert await here.value("select count(*) from residents where number >= 100") == len(RESIDENTS)
        probing.cancel()
        with suppress(asyncio.CancelledError):
            await probing
        print(
            f"mistakes told after {read:.1f} s, review after {reviewed:.1f} s, brought in after {brought:.1f} s;"
            f" {len(waits)} lines, read within {sorted(waits)[len(waits) // 2]:.3f} s, the latest {max(waits):.3f} s after its commit"
        )
        assert max(waits) < BEHIND_S
