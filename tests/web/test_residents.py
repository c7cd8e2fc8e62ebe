"""The residents' list: status in words, search, filters, pages and the file; whose residents stand there."""

import re
from datetime import date

import pytest

from alarm_center.core.supervision import SupervisionKind, supervision_of
from alarm_center.store import resident_list
from tests.support import town_file
from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Browser, Site


async def row_of(browser: Browser, name: str, path: str = "/residents") -> str:
    """Return the words of a resident's row in the list."""
    page = await browser.text(path)
    row = next(each for each in page.split("<tr>") if f">{name}</a>" in each)
    return " ".join(re.sub(r"<[^>]+>", " ", row.partition("</tr>")[0]).split())


async def test_each_resident_stands_with_status_and_risk(storstad: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    await storstad.execute("update residents set risk = 1 where resident_id = $1", storstad.residents[2])
    await storstad.execute("update equipment set device_id = null where device_id = 'cam3'")
    await storstad.execute("delete from devices where resident_id = $1", storstad.residents[3])
    await storstad.execute("update slots set by_visit = true where resident_id = $1", storstad.residents[4])
    await storstad.execute(
        "update consents set state = 'revoked', revoked_at = clock.now(), revoked_instead = 'nothing' where resident_id = $1",
        storstad.residents[5],
    )
    assert await row_of(petra, "Astrid Lund") == (
        "Astrid Lund Storgatan 1 B Omr 3 Mellan risk Med kamera 23:00, 02:00, 05:00"
    )
    assert "Hög risk Med kamera" in await row_of(petra, "Bertil Ek")
    assert "Inte igång ingen kamera eller sensor är kopplad" in await row_of(petra, "Cecilia Norén")
    assert "Besök 23:00" in await row_of(petra, "Daga Persson")
    assert "Inte igång Ebbe Sjö har sagt nej, även till besök" in await row_of(petra, "Ebbe Sjö")


PAPERS = (
    "select $1::uuid",
    "delete from decisions where resident_id = $1",
    "update decisions set ends_on = '2026-11-20' where resident_id = $1",
    "update decisions set trial_ends_on = '2026-11-20' where resident_id = $1",
    "update decisions set starts_on = '2026-12-01' where resident_id = $1",
    "update consents set state = 'revoked', revoked_at = clock.now(), revoked_instead = 'nothing' where resident_id = $1",
    "update consents set state = 'revoked', revoked_at = clock.now(), revoked_instead = 'visit' where resident_id = $1",
    "update consents set capacity = 'in_doubt' where resident_id = $1",
    "update consents set state = 'limited', camera = false where resident_id = $1",
    "update residents set cohabitant = 'Karl' where resident_id = $1",
)
"""A change of each paper that the gate reads."""
OWED = {SupervisionKind.CAMERA: "look", SupervisionKind.VISITS: "visit"}


@pytest.mark.parametrize("change", PAPERS)
async def test_the_list_says_what_the_gate_decides(storstad: NightTown, change: str) -> None:
    resident, night = storstad.residents[1], date(2026, 11, 21)
    await storstad.execute(change, resident)
    async with storstad.memory.transaction() as tx:
        (line,) = await resident_list.listed_residents(tx, {storstad.org: night}, [resident])
    owed = await storstad.value("select owed from gate($1, $2)", resident, night)
    kind = supervision_of(line.facts).kind
    assert (None if owed == "nothing" else owed) == OWED.get(kind), kind


async def test_a_pause_stands_with_its_end_and_reason(storstad: NightTown, pages: Site) -> None:
    await storstad.execute(
        """
        insert into pauses (org, resident_id, reason, from_at, to_at, said_by, instead)
        values ('storstad', $1, 'pause_hospital', clock.now(), '2026-11-22 15:00+00', 'staff', 'nothing')
        """,
        storstad.residents[1],
    )
    petra = await pages.signed_in("petra")
    assert "Paus till i dag 16:00, sjukhus" in await row_of(petra, "Astrid Lund", "/residents?status=paused")
    assert "Bertil Ek" not in await petra.text("/residents?status=paused")


async def test_the_search_stands_in_no_address(storstad: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    assert 'method="post" action="/residents"' in await petra.text("/residents")
    page = await (await petra.post("/residents", {"asked": "bertil"})).text()
    assert "Bertil Ek" in page and "Astrid Lund" not in page and "1 träff" in page
    page = await (await petra.post("/residents", {"asked": "ingen alls"})).text()
    assert "Ingen hittades." in page and "Visa alla 5" in page


async def test_a_long_list_comes_in_pages(storstad: NightTown, pages: Site) -> None:
    await storstad.extend(residents=[town_file.home(number) for number in range(100, 200)])
    petra = await pages.signed_in("petra")
    first, last = await petra.text("/residents"), await petra.text("/residents?page=2")
    assert "1–100 av 105" in first and "101–105 av 105" in last
    assert "Nästa" in first and "Nästa" not in last
    assert "101–105" in await petra.text("/residents?page=99"), "past the end stands the last page"


async def test_the_list_is_a_file_for_a_spreadsheet(storstad: NightTown, pages: Site) -> None:
    await storstad.execute("update residents set name = '=Astrid' where resident_id = $1", storstad.residents[1])
    petra = await pages.signed_in("petra")
    answer = await petra.get("/residents.csv")
    lines = (await answer.read()).decode("utf-8-sig").split("\r\n")
    assert lines[0] == "Nr;Namn;Adress;Område;Risk;Tillsyn;Varför;Tider i natt"
    assert "1;'=Astrid;Storgatan 1 B;3;Mellan;Med kamera;;23:00, 02:00, 05:00" in lines
    assert "attachment" in answer.headers["Content-Disposition"]


async def test_it_is_the_first_page_of_a_planner(storstad: NightTown, pages: Site) -> None:
    users = [
        {"login": login, "name": login, "roles": [role], "password_hash": PASSWORD_HASH}
        for login, role in (("hanna", "case_officer"), ("lisa", "lead"), ("vera", "carer"))
    ]
    await storstad.extend(users=users)
    for login in ("petra", "hanna"):
        browser = await pages.signed_in(login)
        assert (await browser.get("/", follow=False)).headers["Location"] == "/todo", login
    lisa, vera = await pages.signed_in("lisa"), await pages.signed_in("vera")
    assert "Alla brukare" in await lisa.text("/residents")
    assert (await vera.get("/residents")).status == 403


async def test_a_planner_of_one_area_sees_that_area_alone(storstad: NightTown, pages: Site) -> None:
    await storstad.extend(areas=[{"code": "9"}])
    await storstad.execute(
        "update residents set area_id = (select area_id from areas where code = '9') where resident_id = $1",
        storstad.residents[2],
    )
    await storstad.execute(
        "update memberships set areas = array[$1::uuid] where user_id = $2", storstad.area, storstad.users["petra"]
    )
    petra = await pages.signed_in("petra")
    page = await petra.text("/residents")
    assert "Astrid Lund" in page and "Bertil Ek" not in page
    assert "Bertil" not in (await (await petra.get("/residents.csv")).read()).decode()


async def test_names_stand_in_the_order_of_the_alphabet(storstad: NightTown, pages: Site) -> None:
    for number, name in enumerate(("Östen", "Zita", "Ärla", "Åsa", "émile"), 1):
        await storstad.execute(
            "update residents set name = $2 where resident_id = $1", storstad.residents[number], name
        )
    petra, olle, named = await pages.signed_in("petra"), await pages.signed_in("olle"), r"(émile|Zita|Åsa|Ärla|Östen)"
    order = ["émile", "Zita", "Åsa", "Ärla", "Östen"]
    assert re.findall(rf">{named}</a>", await petra.text("/residents")) == order
    assert re.findall(rf"<b>{named}</b>", await olle.text("/raise")) == order
    assert re.findall(rf"<b>{named}</b>", await petra.text("/looks/residents")) == order
    found = (await (await petra.get("/residents.csv")).read()).decode()
    assert re.findall(rf";{named};", found) == order
