"""The register's pages: pieces found, added, described anew and moved, a table brought in whole or not at all, and a file."""

import re
from uuid import UUID

import asyncpg
import pytest

from alarm_center.core.roles import Right
from schemas.vocabulary import Role
from tests.support.night_town import NightTown
from tests.support.site import Browser, Site
from tests.support.viewers import viewer_in


async def piece_of(town: NightTown, number: str) -> UUID:
    """Return the id of the piece with that inventory number."""
    found: UUID = await town.value(
        "select equipment_id from equipment where (org, number) = ($1, $2)", town.org, number
    )
    return found


async def state_of(town: NightTown, number: str) -> str:
    """Return a piece's state."""
    state: str = await town.value("select state from equipment where (org, number) = ($1, $2)", town.org, number)
    return state


async def add(petra: Browser, number: str, **form: str) -> int:
    await petra.get("/equipment/new")
    return (await petra.post("/equipment/new", {"number": number, "kind": "camera", "state": "stock"} | form)).status


async def move(town: NightTown, petra: Browser, number: str, goal: str) -> int:
    piece = await piece_of(town, number)
    revision = await town.value("select revision from equipment where equipment_id = $1", piece)
    await petra.get(f"/equipment/{piece}")
    form = {"goal": goal, "revision": str(revision), "sure": "1"}
    return (await petra.post(f"/equipment/{piece}/move", form)).status


async def test_the_register_says_in_whose_home_a_camera_is(storstad: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    page = await petra.text("/equipment?asked=cam2")
    assert "Bertil Ek" in page and "Astrid Lund" not in page and "1 träff" in page
    assert "cam1" in await petra.text("/equipment?asked=astrid")
    page = await petra.text(f"/equipment/{await piece_of(storstad, 'cam2')}")
    assert "Sitter hos" in page and "Bertil Ek" in page and "B2: från" in page
    assert 'name="goal"' not in page, "no button moves what is in a home"
    assert "Inget hittades" in await petra.text("/equipment?asked=nowhere&state=mounted")
    assert await add(petra, "x") == 303 and "I lager" in await petra.text("/equipment?state=stock")


async def test_a_piece_is_added_once_and_moved_by_its_life_cycle(storstad: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    assert await add(petra, "INV-7", model="Alfa", warranty_until="2028-11-30") == 303
    assert await add(petra, "inv-7") == 409, "however it is written"
    assert await add(petra, "", sim_iccid="1") == 400 and await add(petra, "INV-8", state="mounted") == 400
    assert await move(storstad, petra, "INV-7", "scrapped") == 409, "it is wiped first"
    for goal in ("repair", "stock", "wiped", "scrapped"):
        assert await move(storstad, petra, "INV-7", goal) == 303
        assert await state_of(storstad, "INV-7") == goal
    page = await petra.text(f"/equipment/{await piece_of(storstad, 'INV-7')}")
    assert "Från rensad till kasserad." in page and "Lades in: i lager." in page and "Petra" in page
    assert await storstad.value("select count(*) from changes where part = 'equipment'") == 5


async def test_two_who_edit_one_piece_do_not_lose_each_others_words(storstad: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    await add(petra, "INV-7")
    piece = await piece_of(storstad, "INV-7")
    path = f"/equipment/{piece}/edit"
    revision = re.search(r'name="revision" value="(\d+)"', await petra.text(path))
    assert revision is not None
    form = {"number": "INV-7", "serial": "S-1", "revision": revision[1]}
    said = await (await petra.post(path, form)).text()
    assert "Serienummer: från ”–” till ”S-1”." in said
    assert (await petra.post(path, form | {"sure": "1"})).status == 303
    assert (await petra.post(path, form | {"serial": "S-2", "sure": "1"})).status == 409, "drawn before the first"
    assert await storstad.value("select serial from equipment where equipment_id = $1", piece) == "S-1"
    assert "från ”–” till ”S-1”" in await petra.text(f"/equipment/{piece}")
    wrong = await petra.post(path, {"number": "", "revision": "1"})
    assert wrong.status == 400 and "Skriv inventarienumret" in await wrong.text()


async def bring_in(petra: Browser, table: str, **more: str) -> tuple[int, str]:
    await petra.get("/equipment/table")
    answer = await petra.post("/equipment/table", {"table": table, **more})
    return answer.status, await answer.text()


async def test_the_register_counts_as_people_do(storstad: NightTown, pages: Site) -> None:
    """Over the border of two pages, and in the file."""
    names = [f"inv-{n}" for n in range(1, 121)] + ["Åsa 2", "ÅSA 10", "Ärla 1", "Öland", "zon", "9", "10", "cam1b"]
    await storstad.execute(
        "insert into equipment (org, number, kind) select 'storstad', unnest($1::text[]), 'camera'", sorted(names)
    )
    petra = await pages.signed_in("petra")
    listed = []
    for page in (1, 2):
        listed += re.findall(
            r'<a href="/equipment/[0-9a-f-]{36}">([^<]+)</a>', await petra.text(f"/equipment?page={page}")
        )
    cameras = ["cam1", "cam1b", "cam2", *(f"cam{n}" for n in range(3, 13))]
    wanted = ["9", "10", *cameras, *(f"inv-{n}" for n in range(1, 121)), "zon", "Åsa 2", "ÅSA 10", "Ärla 1", "Öland"]
    assert [each for each in listed if each in wanted] == [each for each in wanted if each in listed]
    assert len(listed) > 100 and set(names) <= set(listed)
    file = await petra.text("/equipment.csv")
    assert file.index("inv-2") < file.index("inv-10") < file.index("inv-100")


async def test_a_table_is_brought_in_whole_or_not_at_all(storstad: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    status, said = await bring_in(petra, "A-1;kamera\nA-2;hus\nA-3;telefon;monterad;;;;;snart", sure="1")
    assert status == 400 and "rad 2, sort ”hus”: Skriv kamera" in said and "rad 3, garanti till ”snart”" in said
    assert await storstad.value("select count(*) from equipment where number like 'A-%'") == 0
    good = "Inventarienummer;Sort;Läge;Telefonnummer\nA-1;kamera;beställd;\nT-1;telefon;i bruk;070-174 06 11\ncam1;kamera;monterad;"
    status, said = await bring_in(petra, good)
    assert status == 200 and "Nya i registret: 2." in said
    assert await storstad.value("select count(*) from equipment where number = 'A-1'") == 0, (
        "nothing before it is confirmed"
    )
    assert (await bring_in(petra, good, sure="1"))[0] == 303
    assert [await state_of(storstad, number) for number in ("A-1", "T-1", "cam1")] == ["ordered", "mounted", "mounted"]
    status, said = await bring_in(petra, good, sure="1")
    assert "Inget ändras." in said, "sent twice, it is one table"
    file = (await petra.text("/equipment.csv")).removeprefix("\ufeff")
    assert "A-1;Kamera;Beställd" in file and "cam1;Kamera;Monterad" in file and "Astrid Lund" in file
    assert "Inget ändras." in (await bring_in(petra, file))[1], "what goes out comes in"


async def test_a_device_that_leaves_its_home_is_in_stock(storstad: NightTown) -> None:
    await storstad.execute("update devices set resident_id = null where (org, device_id) = ($1, 'cam1')", storstad.org)
    assert await state_of(storstad, "cam1") == "stock"
    await storstad.execute(
        "update devices set resident_id = $2 where (org, device_id) = ($1, 'cam1')", storstad.org, storstad.residents[1]
    )
    assert await state_of(storstad, "cam1") == "mounted", "whoever has bound it"


async def test_no_page_mounts_by_the_register(storstad: NightTown) -> None:
    planner = await viewer_in(storstad.memory, storstad.org, right=Right.ARRANGE, role=Role.COORDINATOR)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with storstad.planner.transaction(planner) as tx:
            await tx.execute("update equipment set state = 'stock' where number = 'cam1'")


async def test_the_list_asks_no_more_for_a_thousand(storstad: NightTown, pages: Site) -> None:
    await storstad.execute(
        "insert into equipment (org, number, kind) select $1, 'N-' || n, 'camera' from generate_series(1, 1000) n",
        storstad.org,
    )
    petra = await pages.signed_in("petra")
    page = await petra.text("/equipment")
    assert "Sida 1 av 11" in page and page.count("<tr>") == 101
    assert "N-999" in await petra.text("/equipment?asked=N-999") and "Sida 11" in await petra.text("/equipment?page=99")
