"""Bringing a town's file in: a dry run that nobody waits for, whole residents at a time, and a history of each part."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from alarm_center.preparation import planning
from alarm_center.store import events, town_rows
from alarm_center.store.memory import Memory, Tx
from alarm_center.store.towns import town as town_of
from alarm_center.town import bring_in as bringing
from alarm_center.town.apply import FILE
from alarm_center.town.bring_in import BrokenOff, bring_in, foresee
from alarm_center.town.reader import read_town
from alarm_center.town.town_import import ImportedChange, Importer
from alarm_center.words.catalogues import SPEECHES
from alarm_center.words.town_words import TownSentence
from schemas import timeline
from schemas.vocabulary import ImportAction
from tests.integration.test_town_import import EVENING, EXAMPLE, TONIGHT, ask
from tests.support.postgres import Database
from tests.support.waiting import DEADLINE_S

PETRA = Importer("import", "import:petra")

CHANGED = (
    EXAMPLE.replace('address = "Storgatan 1, nb"', 'address = "Storgatan 2"')
    .replace('time = "22:30"', 'time = "23:30"')
    .replace('label = "Sovrum"', 'label = "Sängen"', 1)
    .replace("ends_on = 2027-09-19", "ends_on = 2027-10-31")
    .replace("recheck_minutes = 20", "recheck_minutes = 25")
    .replace('basis = "Muntligt vid hembesök, antecknat i akten"', 'basis = "Skriftligt"')
)


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    """The worker's memory, its clock standing at EVENING, with the example brought in and planned."""
    opened = await Memory.open(database.worker, size=5)
    await ask(opened, "select clock.freeze($1)", EVENING)
    await bring_in(opened, read_town(EXAMPLE), FILE)
    await planning.plan_town(opened, "vik")
    yield opened
    await opened.close()


async def history(memory: Memory, number: int = 1) -> list[tuple[Any, ...]]:
    """Return the resident's changes: part, who, before, after."""
    return await ask(
        memory,
        """
        select part, made_by, before, after from changes join residents using (resident_id)
        where number = $1 order by changes.revision
        """,
        number,
    )


def told(changes: list[ImportedChange]) -> list[tuple[str, str, ImportAction, str]]:
    """Return each change with its detail in English."""
    english = SPEECHES["en"]
    return [
        (
            one.what,
            one.name,
            one.action,
            one.detail.words(english) if isinstance(one.detail, TownSentence) else one.detail,
        )
        for one in changes
    ]


# ---- a dry run ----


class Watched(Memory):
    """The worker's memory, of which each snapshot is looked at before it ends."""

    at_end: Any = None

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Tx]:
        async with super().snapshot() as tx:
            yield tx
            await self.at_end(tx)


@pytest.fixture
async def watched(memory: Memory, database: Database) -> AsyncIterator[Watched]:
    opened = await Watched.open(database.worker, size=2)
    yield opened
    await opened.close()


async def test_a_dry_run_has_no_transaction_id_and_no_lock(memory: Memory, watched: Watched) -> None:
    found: list[Any] = []

    async def look(tx: Tx) -> None:
        found.append(await tx.fetchval("select pg_current_xact_id_if_assigned()"))
        modes = await tx.fetch("select distinct locktype, mode from pg_locks where pid = pg_backend_pid()")
        found.append({(row["locktype"], row["mode"]) for row in modes} - {("virtualxid", "ExclusiveLock")})

    watched.at_end = look
    async with memory.transaction() as importing:  # everything that an import locks is locked by another one
        await town_rows.lock_import(importing, "vik")
        for table in ("jobs", "residents", "shifts", "devices", "slots", "consents", "plans", "decisions", "carers"):
            await importing.execute(f"select from {table} for update")
        async with asyncio.timeout(DEADLINE_S):
            changes = await foresee(watched, read_town(CHANGED), FILE)
    assert len(changes.changes) == 7
    assert found == [None, {("relation", "AccessShareLock")}]


async def test_a_line_beside_a_dry_run_is_read_at_once(memory: Memory, watched: Watched) -> None:
    async with memory.transaction() as tx:
        town = await town_of(tx, "vik")
        cursor = await events.newest_cursor(tx)
    read: list[Any] = []

    async def commit_and_read(_dry_run: Tx) -> None:
        async with memory.transaction() as tx:
            await events.write(tx, EVENING, events.NewEvent(town.org, timeline.ChecksBroughtHome(), actor="test"))
        async with memory.transaction() as tx:
            read.extend(line.kind for line in await events.lines_after(tx, cursor))

    watched.at_end = commit_and_read
    await foresee(watched, read_town(CHANGED), FILE)
    assert len(read) == 1


async def test_a_dry_run_says_what_the_import_then_does(memory: Memory) -> None:
    moved = (
        CHANGED.replace('id = "vik-d1"', 'id = "vik-d9"')
        .replace('id = "vik-d2"', 'id = "vik-d1"')
        .replace('id = "vik-d9"', 'id = "vik-d2"')
    )
    said = (await foresee(memory, read_town(moved), FILE)).changes
    assert ("device", "vik-d1", ImportAction.ENDED, "unbound from resident 1") in told(said)
    assert said == await bring_in(memory, read_town(moved), FILE)
    assert await bring_in(memory, read_town(moved), FILE) == []


async def test_no_file_takes_a_camera_that_a_decision_needs(memory: Memory) -> None:
    """Linköping: a wrong inventory number, and three silent months."""
    home = "select number from devices join residents using (resident_id) where device_id = 'vik-d3'"
    looks = "select count(*) from checks where device_id = 'vik-d3' and state = 'planned'"
    before = await ask(memory, looks)
    # A list of the others' devices, in which somebody's number is another home's.
    astray = re.sub(r"\[\[residents\]\]\nnumber = 3\b.*", "", EXAMPLE, flags=re.DOTALL).replace('"vik-d2"', '"vik-d3"')
    foreseen = (await foresee(memory, read_town(astray), FILE)).changes
    said = [one for one in told(foreseen) if one[:2] == ("device", "vik-d3")]
    assert [one[2] for one in said] == [ImportAction.LEFT] and "a running decision" in said[0][3]
    assert foreseen == await bring_in(memory, read_town(astray), FILE)
    assert await ask(memory, home) == [(3,)] and await ask(memory, looks) == before
    assert await ask(
        memory, "select number from devices join residents using (resident_id) where device_id = 'vik-d2'"
    ) == [(2,)]


async def test_a_file_with_visits_alone_leaves_the_camera(memory: Memory) -> None:
    whole = read_town(EXAMPLE)
    third = whole.residents[2]  # type: ignore[index]
    visits = tuple(slot.model_copy(update={"by_visit": True}) for slot in third.slots)
    bare = third.model_copy(update={"devices": (), "slots": visits})
    town = whole.model_copy(update={"residents": (*whole.residents[:2], bare)})  # type: ignore[index]
    said = told(await bring_in(memory, town, FILE))
    assert [one[2] for one in said if one[:2] == ("device", "vik-d3")] == [ImportAction.LEFT]
    assert await ask(memory, "select resident_id is not null from devices where device_id = 'vik-d3'") == [(True,)]
    over = "update decisions d set ends_on = '2026-01-02', starts_on = '2026-01-01' from residents r where r.resident_id = d.resident_id and r.number = 3"
    await ask(memory, f"with a as ({over} returning 1), b as (delete from checks returning 1) select 1")
    without = third.model_copy(update={"devices": (), "slots": (), "decision": None})
    town = whole.model_copy(update={"residents": (*whole.residents[:2], without)})  # type: ignore[index]
    said = told(await bring_in(memory, town, FILE))
    assert [one[2] for one in said if one[:2] == ("device", "vik-d3")] == [ImportAction.ENDED], "nothing hangs on it"


async def test_who_is_no_longer_in_the_file_is_named(memory: Memory) -> None:
    fewer = (
        EXAMPLE.replace(
            '[[users]]\nlogin = "patrol3"\nname = "Nattpatrull område 3"\nroles = ["carer"]\nareas = ["3"]\n', ""
        )
        .replace('[[carers]]\nname = "Patrull 4"\nphone = "070-174 06 07"\n', "")
        .replace('login = "patrol3"\n', "")
    )
    shift = fewer.index('[[shifts]]\narea = "4"')
    fewer = fewer[:shift] + fewer[fewer.index("[[shifts]]", shift + 1) :]
    said = told((await foresee(memory, read_town(fewer), FILE)).changes)
    assert (
        "user",
        "patrol3",
        ImportAction.LEFT,
        "not in the file, and may still sign in; end it on the page People",
    ) in said
    assert ("carer", "Patrull 4", ImportAction.LEFT, "not in the file") in said
    assert ("shift", "4 Patrull 4 (patrol), Patrull 4", ImportAction.ENDED, "45 times") in said


# ---- the history ----


async def test_each_part_that_a_file_changes_is_in_the_history(memory: Memory) -> None:
    begun = len(await history(memory))
    await bring_in(memory, read_town(CHANGED), PETRA)
    rows = (await history(memory))[begun:]
    assert {row[1] for row in rows} == {"import:petra"}
    assert {row[3]["source"] for row in rows} == {"file"}
    parts = {row[0]: (row[2], {name: value for name, value in row[3].items() if name != "source"}) for row in rows}
    assert parts["resident"] == ({"address": "Storgatan 1, nb"}, {"address": "Storgatan 2"})
    assert parts["device"] == ({"device_id": "vik-d1", "label": "Sovrum"}, {"device_id": "vik-d1", "label": "Sängen"})
    assert parts["decision"] == (
        {"reference": "2026-0117", "ends_on": "2027-09-19"}, {"reference": "2026-0117", "ends_on": "2027-10-31"},
    )  # fmt: skip
    assert parts["plan"][1] == {"answers": {"phone_first": True, "recheck_minutes": 25}}
    assert parts["consent"][1] == {"who": "resident", "basis": "Skriftligt"}
    before, after = parts["times"]
    assert [slot["time"] for slot in before["times"]] == ["22:30", "02:00"]
    assert [slot["time"] for slot in after["times"]] == ["23:30", "02:00"]
    assert after["from_night"] == str(TONIGHT)


async def test_a_new_residents_history_begins_with_the_file(memory: Memory) -> None:
    rows = await history(memory)
    assert [row[0] for row in rows] == ["resident", "device", "times", "consent", "decision", "plan"]
    assert {row[1] for row in rows} == {"import"}
    assert rows[0][2] is None and rows[0][3]["name"] == "Astrid Exempel"


async def test_a_second_import_leaves_no_history(memory: Memory) -> None:
    before = await history(memory)
    await bring_in(memory, read_town(EXAMPLE), PETRA)
    assert await history(memory) == before


# ---- whole residents at a time ----


async def test_an_import_broken_off_goes_on_when_run_again(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database goes away at the second resident; the first is whole, and nothing of the others has begun."""
    monkeypatch.setattr(bringing, "_AT_ONCE", 1)
    each_night = CHANGED.replace('address = "Byvägen 7"', 'address = "Byvägen 9"').replace(
        'time = "01:00"', 'time = "01:30"'
    )
    attempt, asked = memory.attempt, 0

    async def attempt_until(*args: Any, **options: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise OSError("gone")
        return await attempt(*args, **options)

    monkeypatch.setattr(memory, "attempt", attempt_until)
    with pytest.raises(BrokenOff) as broken:
        await bring_in(memory, read_town(each_night), FILE)
    monkeypatch.undo()
    assert (broken.value.done, broken.value.everybody) == (1, 3)
    assert await ask(memory, "select address from residents where number < 3 order by number") == [
        ("Storgatan 2",), ("Byvägen 7",),
    ]  # fmt: skip
    rest = await bring_in(memory, read_town(each_night), FILE)
    assert {(one.what, one.name.split(" ")[0]) for one in rest} == {("resident", "2"), ("slot", "2")}


async def test_residents_who_exchange_a_device_change_together(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bringing, "_AT_ONCE", 1)
    swapped = EXAMPLE.replace('"vik-d1"', '"x"').replace('"vik-d2"', '"vik-d1"').replace('"x"', '"vik-d2"')
    transactions = 0
    attempt = memory.attempt

    async def counting(*args: Any, **options: Any) -> Any:
        nonlocal transactions
        transactions += 1
        return await attempt(*args, **options)

    monkeypatch.setattr(memory, "attempt", counting)
    await bring_in(memory, read_town(swapped), FILE)
    assert transactions == 3, "the town, the two, and the third"
    bound = await ask(memory, "select device_id, number from devices join residents using (resident_id) order by 1")
    assert bound == [("vik-d1", 2), ("vik-d2", 1), ("vik-d3", 3)]
    assert await ask(memory, "select count(*) from checks where device_id is null and state = 'planned'") == [(0,)]


async def test_an_older_checks_time_is_kept_while_it_is_soon(memory: Memory) -> None:
    """As before: what is nearer than fifteen minutes stays tonight, and the history says from which night it is other."""
    await ask(memory, "select clock.freeze($1)", EVENING + timedelta(hours=2, minutes=20))
    await bring_in(memory, read_town(CHANGED), FILE)
    times = [row[3] for row in await history(memory) if row[0] == "times"][-1]
    assert times["from_night"] == str(TONIGHT + timedelta(days=1))
