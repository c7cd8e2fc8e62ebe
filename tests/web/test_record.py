"""Decisions of the care record compared with ours, and a silent camera handed on: each with its owner on the first page."""

import aiohttp

from alarm_center.preparation.reconciliation import reconcile_town
from alarm_center.town.file_imports import work_on_files
from tests.support.night_town import NightTown
from tests.support.site import Browser, Site
from tests.web.test_resident_page import words
from tests.web.test_todo import planner_at

SAME = "beslut;nummer;från\nB1;1;2020-01-01\nB2;2;2020-01-01\nB3;3;2020-01-01\nB4;4;2020-01-01\nB5;5;2020-01-01\n"
OTHER = "beslut;nummer;från\nB1;1;2020-01-01\nB2;2;2021-06-01\nB3;3;2020-01-01\nB4;4;2020-01-01\nX9;5;2026-01-01\nX8;77;2026-01-01\n"


async def compare(storstad: NightTown, browser: Browser, table: str) -> str:
    """Upload the care record's table, and let it be compared; return the file's page."""
    await browser.text("/files")
    form = aiohttp.FormData()
    form.add_field("csrf", browser.csrf)
    form.add_field("what", "decisions")
    form.add_field("file", table.encode("cp1252"), filename="beslut.csv")
    answer = await browser.client.post("/files", data=form, allow_redirects=False)
    await storstad.execute("select clock.move(interval '1 minute')")
    await work_on_files(storstad.memory, lambda org: reconcile_town(storstad.memory, org))
    return await words(browser, answer.headers["Location"])


async def open_codes(storstad: NightTown) -> list[tuple[str, str]]:
    rows: list[str] | None = await storstad.value(
        "select array_agg(code || ' ' || owner order by code) from discrepancies where resolved_at is null and code like '%record%'"
    )
    return [(each.split()[0], each.split()[1]) for each in rows or ()]


async def test_what_differs_stands_on_the_first_page_until_it_is_right(storstad: NightTown, pages: Site) -> None:
    petra = await planner_at(storstad, pages)
    assert "6 beslut är jämförda" in await compare(storstad, petra, OTHER)
    found = await open_codes(storstad)
    assert found == [
        (code, "case_officer")
        for code in ("decision_differs_from_record", "decision_not_in_record", "decision_only_in_record", "record_resident_unknown")
    ]  # fmt: skip
    page = await words(petra, "/todo?all=1")
    assert "Beslutet för Bertil Ek har andra datum eller annan sort i verksamhetssystemet." in page
    assert "Verksamhetssystemet har ett beslut för brukare nummer 77, som inte finns här." in page
    await compare(storstad, petra, OTHER)
    assert await open_codes(storstad) == found, "once a thing"
    await compare(storstad, petra, SAME)
    assert await open_codes(storstad) == []


async def test_a_town_without_a_file_is_compared_with_nothing(storstad: NightTown, pages: Site) -> None:
    petra = await planner_at(storstad, pages)
    assert await open_codes(storstad) == []
    assert "kolumnen saknas" in (await compare(storstad, petra, "beslut;nummer\nB1;1\n")).lower()
    assert await storstad.value("select count(*) from record_files") == 0


async def test_a_silent_camera_is_handed_to_an_installer(storstad: NightTown, pages: Site) -> None:
    petra = await planner_at(storstad, pages)
    gone = "update devices set link = 'gone', gone_at = clock.now() - interval '2 hours' where device_id = 'cam1'"
    await storstad.execute(gone)
    path = f"/residents/{storstad.residents[1]}/hand-over"
    assert f'action="{path}"' in await petra.text("/todo")
    answers = [await petra.post(path) for _ in range(2)]
    assert [answer.status for answer in answers] == [303, 303]
    made = "select count(*) from events where kind = 'discrepancy_found' and data ->> 'code' = 'handed_to_installer' and actor = $1"
    assert await storstad.value(made, str(storstad.users["petra"])) == 1, "a form sent twice hands it on once"
    page = await petra.text("/todo")
    assert "installatör, senast mån 23 nov." in page and f'action="{path}"' not in page
    await storstad.execute("select clock.move(interval '1 minute')")
    await reconcile_town(storstad.memory, storstad.org)
    still = "select count(*) from discrepancies where code = 'handed_to_installer' and resolved_at is null and owner = 'installer'"
    assert await storstad.value(still) == 1, "it stays until the device answers"
    await storstad.execute("update devices set link = 'up' where device_id = 'cam1'")
    await storstad.execute("select clock.move(interval '1 minute')")
    await reconcile_town(storstad.memory, storstad.org)
    assert await storstad.value(still) == 0
