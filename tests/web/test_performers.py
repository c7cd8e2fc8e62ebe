"""Two performers in one area, from outside: the pages of one's people name none of the other's residents."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import pytest
import pytest_asyncio

from alarm_center.core.calendar import night_of
from alarm_center.preparation import reserve_lists
from alarm_center.store.users import KeptUser, keep_user
from schemas.vocabulary import Answer, Reason, Role
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site
from tests.support.town_file import STOCKHOLM
from tests.web.test_people import invite, path_of, row, version

PERFORMERS: Final = [{"code": "alfa", "name": "Alfa Omsorg"}, {"code": "beta", "name": "Beta Hemtjänst"}]
OF_ALFA: Final = ("Astrid Lund", "Bertil Ek", "Cecilia Norén")
OF_BETA: Final = ("Daga Persson", "Ebbe Sjö", "Folke Ahl")
NIGHT: Final = night_of(TWO, STOCKHOLM)


async def two_performers(here: NightTown) -> None:
    """Let two performers share the town, each with an alarm and a check to look at."""
    await here.extend(performers=PERFORMERS)
    await here.execute("update residents set performer = case when number <= 3 then 'alfa' else 'beta' end")
    for login, code in (("olle", "alfa"), ("petra", "alfa"), ("siv", "beta")):
        await here.execute("update memberships set performers = array[$2] where user_id = $1", here.users[login], code)
    async with here.memory.transaction() as tx:
        await keep_user(tx, KeptUser("ada", "Ada Admin", PASSWORD_HASH, "storstad", [Role.ADMIN]))
    await here.set_clock(TWO + timedelta(seconds=40))
    await here.step()
    for number in (2, 5):
        await here.finding(number, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    for number in (3, 6):
        await here.finding(number, Answer.IN_BED)
    await reserve_lists.make_reserve_list(here.memory, here.area, NIGHT, actor="evening")


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Olle and Petra are Alfa's, with residents 1 to 3, and Siv is Beta's, with 4 to 6; each has an alarm and a check to look at."""
    async with town(database, residents=6, operator_sees=(3, 6), begin=two_performers) as here:
        yield here


@pytest.mark.parametrize(("login", "own", "others"), [("olle", OF_ALFA, OF_BETA), ("siv", OF_BETA, OF_ALFA)])
async def test_lists_name_the_performers_own_residents(
    storstad: NightTown, pages: Site, login: str, own: tuple[str, ...], others: tuple[str, ...]
) -> None:
    browser = await pages.signed_in(login)
    shown = [await browser.text(path) for path in ("/", "/fragments/queue", "/fragments/night", "/raise")]
    reserve = await browser.text(f"/reserve/{storstad.area}/{NIGHT}")
    found = await (await browser.post("/raise", {"q": "Storgatan"})).text()
    for page in (*shown, reserve, found):
        assert not [name for name in others if name in page]
    assert [name for name in own if name in reserve] == list(own)
    assert [name for name in own if name in found] == list(own)
    assert own[1] in shown[0]


async def test_a_case_is_there_for_its_performer_alone(storstad: NightTown, pages: Site) -> None:
    olle, siv = await pages.signed_in("olle"), await pages.signed_in("siv")
    alarm = await storstad.value("select alarm_id from alarms where resident_id = $1", storstad.residents[2])
    check = await storstad.check_of(3)
    for path in (f"/alarm/{alarm}", f"/check/{check}", f"/raise/{storstad.residents[1]}"):
        assert ((await olle.get(path)).status, (await siv.get(path)).status) == (200, 404), path
    for path in (
        f"/alarm/{alarm}/claim",
        f"/alarm/{alarm}/send",
        f"/check/{check}/answer",
        f"/raise/{storstad.residents[1]}",
    ):
        assert (await siv.post(path, {"answer": "cannot_tell"})).status == 404, path
    assert (await olle.post(f"/alarm/{alarm}/claim")).status == 303


async def test_a_resident_who_changes_performer_is_the_new_ones(storstad: NightTown, pages: Site) -> None:
    olle, siv = await pages.signed_in("olle"), await pages.signed_in("siv")
    path = f"/raise/{storstad.residents[1]}"
    await storstad.execute("update residents set performer = 'beta' where number = 1")
    assert ((await olle.get(path)).status, (await siv.get(path)).status) == (404, 200)


async def test_the_list_for_a_resident_is_the_performers(storstad: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    await petra.text("/looks/residents")
    found = await (await petra.post("/looks/residents", {"q": "a"})).text()
    assert "Astrid Lund" in found
    assert not [name for name in OF_BETA if name in found]
    paths = [f"/looks/resident/{storstad.residents[number]}" for number in (1, 4)]
    assert [(await petra.get(path)).status for path in paths] == [200, 404]


# ---- people ----


@pytest_asyncio.fixture
async def ada(pages: Site) -> Browser:
    """The browser of an admin of all of the town."""
    browser = await pages.signed_in("ada")
    await browser.text("/people")
    return browser


async def test_an_admin_gives_performers_beside_areas(storstad: NightTown, pages: Site, ada: Browser) -> None:
    form = await ada.text("/people/invite")
    for shown in ("Utförare", "kommunens egen omsorg", "Alfa Omsorg", "Beta Hemtjänst", "Alla utförare"):
        assert shown in form, shown
    refused = await ada.post(
        "/people/invite", {"login": "ny", "name": "N N", "role": "lead", "where": "all", "whose": "some"}
    )
    assert refused.status == 400
    assert "Välj minst en utförare" in await refused.text()
    link = await invite(ada, "ny", role="lead", whose="some", performer="beta")
    assert "Beta Hemtjänst" in row(await ada.text("/people"), "B B")
    assert "Bara hos: Beta Hemtjänst" in await pages.browser().text(link)
    path = await path_of(ada, "B B")
    shown = await ada.text(path)
    assert 'value="beta" checked' in shown
    changed = await ada.post(path, {**await version(ada, path), "role": "lead", "where": "all", "whose": "all"})
    assert changed.status == 303
    assert "Beta Hemtjänst" not in row(await ada.text("/people"), "B B")


async def test_a_performers_admin_has_its_own_people(storstad: NightTown, pages: Site, ada: Browser) -> None:
    await storstad.execute("update memberships set roles = '{admin}' where user_id = $1", storstad.users["olle"])
    olle = await pages.signed_in("olle")
    listed = await olle.text("/people")
    assert "Petra Planerare" in listed
    assert not [name for name in ("Siv Operatör", "Ada Admin") if name in listed]
    form = await olle.text("/people/invite")
    assert "Alfa Omsorg" in form
    assert not [shown for shown in ("Beta Hemtjänst", "kommunens egen omsorg", "Alla utförare") if shown in form]
    refused = await olle.post(
        "/people/invite", {"login": "x", "name": "X", "role": "lead", "where": "all", "performer": "beta"}
    )
    assert refused.status == 400
    asked = await olle.post(
        "/people/invite", {"login": "x", "name": "X", "role": "lead", "where": "all", "performer": "alfa"}
    )
    assert asked.status == 200
    siv = await path_of(ada, "Siv Operatör")
    assert (await olle.get(siv)).status == 404
    assert "Erbjud" not in await olle.text("/agreements")
