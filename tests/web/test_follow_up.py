"""A follow-up asks four questions, and missing company is a task with an owner and a day until somebody has done it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from tests.support.night_town import PASSWORD_HASH, TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Site
from tests.web.test_new_resident import send
from tests.web.test_resident_page import words

ASTRID = 1
ANSWERS = {"sleeps_better": "yes", "wants_it": "yes", "understands_it": "unsure", "follow_up_on": "2026-12-10"}
LONELY = {**ANSWERS, "misses_company": "yes", "task_owner": "petra", "task_due_on": "2026-12-01"}


async def afternoon_before(here: NightTown) -> None:
    """Let it be the afternoon before, with Kajsa, who decides."""
    await here.set_clock(TWO - timedelta(hours=8))
    person = {"login": "kajsa", "name": "Kajsa Handläggare", "roles": ["case_officer"]}
    await here.extend(users=[{**person, "password_hash": PASSWORD_HASH}])


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Three homes in the afternoon before; Petra arranges, Kajsa decides."""
    async with town(database, residents=3, begin=afternoon_before) as here:
        yield here


async def test_missing_company_is_a_task_with_owner_and_day(storstad: NightTown, pages: Site) -> None:
    kajsa, petra = await pages.signed_in("kajsa"), await pages.signed_in("petra")
    page = f"/residents/{storstad.residents[ASTRID]}"
    assert (await send(kajsa, f"{page}/follow-up", LONELY))[0] == 303
    said = await words(petra, page)
    assert (
        "Uppföljd 21 november 2026: sover bättre: ja, vill ha kvar tillsynen: ja, förstår vad den är: vet inte, saknar sällskap: ja."
        in said
    )
    assert "Saknar sällskap. Petra Planerare tar det vidare, senast 1 december 2026." in said
    todo = await words(petra, "/todo")
    assert "Astrid Lund saknar sällskap, sa uppföljningen." in todo and "Petra Planerare, senast" in todo
    assert (
        await storstad.value(
            "select follow_up_on::text from decisions where resident_id = $1", storstad.residents[ASTRID]
        )
        == "2026-12-10"
    )

    assert (await send(kajsa, f"{page}/follow-up", {**LONELY, "task_due_on": "2026-12-03"}))[0] == 303
    assert (await words(petra, "/todo")).count("saknar sällskap, sa uppföljningen") == 1, "the newest word holds"
    assert (await petra.post(f"{page}/task-done")).status == 303
    assert "saknar sällskap, sa uppföljningen" not in await words(petra, "/todo")
    said = await words(petra, page)
    assert "saknar sällskap: ja" in said and "tar det vidare" not in said
    assert (await petra.post(f"{page}/task-done")).status == 303, "a form that is sent twice"


async def test_without_company_missing_there_is_no_task(storstad: NightTown, pages: Site) -> None:
    kajsa = await pages.signed_in("kajsa")
    page = f"/residents/{storstad.residents[ASTRID]}"
    assert (await send(kajsa, f"{page}/follow-up", {**LONELY, "misses_company": "no"}))[0] == 303
    assert "saknar sällskap, sa uppföljningen" not in await words(kajsa, "/todo")
    assert "saknar sällskap: nej" in await words(kajsa, page)


async def test_answers_are_lines_with_who_when_and_for_whom(storstad: NightTown, pages: Site) -> None:
    kajsa, petra = await pages.signed_in("kajsa"), await pages.signed_in("petra")
    resident = storstad.residents[ASTRID]
    page = f"/residents/{resident}"
    assert (await send(kajsa, f"{page}/follow-up", LONELY))[0] == 303
    assert (await petra.post(f"{page}/task-done")).status == 303
    assert (await petra.post(f"{page}/task-done")).status == 303, "a form that is sent twice"
    async with storstad.memory.transaction() as tx:
        lines = await tx.fetch(
            """
            select kind, data, actor, resident_id, area_id, at = clock.now() as now from events
            where kind in ('follow_up_answered', 'company_task_done') order by id
            """
        )
    whose = await storstad.value("select user_id from users where login = 'kajsa'")
    answers = {"sleeps_better": "yes", "wants_it": "yes", "understands_it": "unsure", "misses_company": "yes"}
    assert [(row["kind"], row["data"], row["actor"]) for row in lines] == [
        ("follow_up_answered", {**answers, "task_due_on": "2026-12-01"}, str(whose)),
        ("company_task_done", {}, str(storstad.users["petra"])),
    ]
    assert {(row["resident_id"], row["area_id"], row["now"]) for row in lines} == {(resident, storstad.area, True)}
    said = await words(petra, page)
    history = said[said.index("Historik") :]
    assert "Följde upp tillsynen. Kajsa Handläggare Sover bättre: ja, vill ha kvar tillsynen: ja" in history
    assert "Uppgift om sällskap till Petra Planerare, senast 1 december 2026" in history
    assert history.count("Uppgiften om sällskap är klar. Petra Planerare") == 1

    await storstad.execute("update residents set moved_at = clock.now() where resident_id = $1", resident)
    said = await words(petra, page)
    assert "Följde upp tillsynen. Kajsa Handläggare" in said and "Sover bättre" not in said, "nothing of what was said"


@pytest.mark.parametrize(
    ("wrong", "words_of_it"),
    [
        ({"task_owner": ""}, "Välj ett av svaren."),
        ({"task_owner": "nobody"}, "Välj ett av svaren."),
        ({"task_due_on": ""}, "Fyll i det här."),
        ({"task_due_on": "2026-11-01"}, "Välj en dag som kommer."),
    ],
)
async def test_a_task_takes_an_owner_and_a_day_that_comes(
    storstad: NightTown, pages: Site, wrong: dict[str, str], words_of_it: str
) -> None:
    kajsa = await pages.signed_in("kajsa")
    status, page = await send(kajsa, f"/residents/{storstad.residents[ASTRID]}/follow-up", {**LONELY, **wrong})
    assert status == 400 and words_of_it in page
    assert await storstad.value("select count(*)::int from follow_ups") == 0
    assert await storstad.value("select count(*)::int from decisions where follow_up_on = '2026-12-10'") == 0
