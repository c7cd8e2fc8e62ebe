"""Every list as a file: the same rows as on the page, masked as there, and no cell that is a formula."""

from datetime import timedelta

import pytest

from alarm_center.core.calendar import night_of
from alarm_center.preparation import reserve_lists
from alarm_center.preparation.reconciliation import reconcile_town
from alarm_center.web import csv_file
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown
from tests.support.site import Browser, Site
from tests.support.town_file import STOCKHOLM

NIGHT = night_of(TWO, STOCKHOLM)


async def rows_of(browser: Browser, path: str) -> list[list[str]]:
    """Return a file's cells."""
    answer = await browser.get(path)
    assert answer.status == 200 and "attachment" in answer.headers["Content-Disposition"], path
    return [line.split(";") for line in (await answer.read()).decode("utf-8-sig").split("\r\n") if line]


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(begins: str) -> None:
    assert csv_file.lines([[f"{begins}1+1", "1"]]).decode().strip('"').startswith("'")


async def test_what_waits_and_the_rota_are_files(storstad: NightTown, pages: Site) -> None:
    await storstad.execute("delete from decisions where resident_id = $1", storstad.residents[1])
    await reconcile_town(storstad.memory, storstad.org, actor="test")
    petra = await pages.signed_in("petra")
    head, *lines = await rows_of(petra, "/todo.csv")
    assert head == ["Hotar i natt", "Vad", "Sedan", "Ansvarig"]
    assert any("Astrid Lund" in line[1] for line in lines)
    head, *lines = await rows_of(petra, "/todo/staff.csv")
    assert head == ["Kommun", "Natt", "Saknas"] and len(lines) == 14
    assert 'href="/todo/staff.csv"' in await petra.text("/todo") and 'href="/todo.csv"' in await petra.text("/todo")


async def test_lists_of_places_are_masked_as_on_paper(storstad: NightTown, pages: Site) -> None:
    await storstad.execute("update residents set protected = true where number = 2")
    await reserve_lists.make_reserve_list(storstad.memory, storstad.area, NIGHT, actor="evening")
    olle = await pages.signed_in()
    path = f"/reserve/{storstad.area}/{NIGHT}"
    head, *lines = await rows_of(olle, f"{path}.csv")
    assert head[:3] == ["Nr", "Namn", "Adress"] and len(lines) == 5
    assert ["1", "Astrid Lund", "Storgatan 1 B", "090-12 30 01"] in [line[:4] for line in lines]
    assert ["2", "Skyddade uppgifter", "", ""] in [line[:4] for line in lines]
    assert f'href="{path}.csv"' in await olle.text(path)
    fetched = await rows_of(olle, "/reserve.csv")
    assert fetched[1][:3] == ["Storstad", "3", str(NIGHT)] and fetched[1][3] == "02:00"
    assert await storstad.value("select count(*) from events where kind = 'reserve_list_fetched'") == 2


async def test_pauses_that_end_are_a_file(storstad: NightTown, pages: Site) -> None:
    await storstad.set_clock(TWO + timedelta(hours=13, minutes=5))
    await storstad.execute(
        """
        insert into pauses (org, resident_id, reason, from_at, to_at, said_by, instead)
        select org, resident_id, 'pause_away', clock.now() - interval '9 hours', clock.now() + interval '1 hour', 'staff', 'nothing'
        from residents where number in (1, 2)
        """
    )
    await storstad.execute("update residents set protected = true where number = 2")
    olle, petra = await pages.signed_in("olle"), await pages.signed_in("petra")
    assert [line[0] for line in (await rows_of(olle, "/pause.csv"))[1:]] == ["Astrid Lund", "Skyddade uppgifter"]
    assert [line[0] for line in (await rows_of(petra, "/pause.csv"))[1:]] == ["Astrid Lund", "Bertil Ek"]


async def test_people_and_their_looks_are_files(storstad: NightTown, pages: Site) -> None:
    users = [
        {"login": login, "name": login, "roles": [role], "password_hash": PASSWORD_HASH}
        for login, role in (("sara", "supervisor"), ("agda", "admin"))
    ]
    await storstad.extend(users=users)
    agda, sara = await pages.signed_in("agda"), await pages.signed_in("sara")
    lines = await rows_of(agda, "/people.csv")
    assert ["Storstad", "Olle Operatör", "olle", "operatör"] in [[*line[:3], line[3].lower()] for line in lines]
    assert (await rows_of(sara, "/looks.csv"))[0][0] == "Vem tittade"
    assert await storstad.value("select count(*) from look_log_reads where what = 'tallies'") == 1
    for path in ("/people.csv", "/todo.csv", "/looks.csv"):
        assert (await (await pages.signed_in("olle")).get(path)).status == 403, path
