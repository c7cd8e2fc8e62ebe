"""Sentences of equipment, each played in a browser: a camera exchanged, one taken down, one covered twice; and the register's pages by axe."""

import pytest
from playwright.async_api import expect

from alarm_center.casework import mountings
from alarm_center.core.roles import Right
from alarm_center.preparation import planning
from alarm_center.preparation.reconciliation import reconcile_town
from schemas.vocabulary import Role
from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Site
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken
from tests.web.test_mounting import CODE, claim, device_hears, signed_in_as
from tests.web.test_retire import NOON, covered_twice, device_of, looks, piece_state

pytestmark = pytest.mark.browser


async def by_day(here: NightTown) -> str:
    """Make it noon, with Paul who arranges beside Petra; return the path of the first resident."""
    paul = {"login": "paul", "name": "Paul Planerare", "roles": ["coordinator"], "password_hash": PASSWORD_HASH}
    await here.extend(users=[paul])
    await here.set_clock(NOON)
    await planning.plan_all_towns(here.memory)
    return f"/residents/{here.residents[1]}"


async def test_a_camera_exchanged(storstad: NightTown, pages: Site, open_page: OpenPage) -> None:
    home = await by_day(storstad)
    page = await open_page(home, login="petra")
    await page.click("text=Byt kamera")
    await expect(page.locator(".whom")).to_contain_text("Astrid Lund")
    await expect(page.locator("form.why")).to_contain_text("Kameran cam1 hos Astrid Lund byts mot en annan.")
    await expect(page.locator("form.why")).to_contain_text("Beslutet gäller: B1")
    await page.check("text=Den är trasig.")
    await page.click(".why .primary")
    await page.wait_for_url(f"**{home}")
    await expect(page.locator("main")).to_contain_text("Byte av kamera bokat 22 november 2026.")
    await planning.plan_all_towns(storstad.memory)
    assert await looks(storstad) == ["cancelled visit"], "no night without either"
    browser = await signed_in_as(storstad, pages, Role.INSTALLER, Right.MOUNT)
    job = f"/mountings/{await storstad.value('select mounting_id from mountings')}"
    for step, form in (("begin", {}), ("answer/consent", {}), ("code", {"code": CODE})):
        assert (await browser.post(f"{job}/{step}", form)).status == 303
    assert (await claim(pages))[0] == 200
    await device_hears(storstad)
    await storstad.execute(
        """update mountings set step = 'trial', said = '{"bed": {}, "lamp": {}, "trial": {"ok": true}, "empty": {"ok": true}}'"""
    )
    assert (await browser.post(f"{job}/answer/trial")).status == 303
    await mountings.tell_devices(storstad.memory)
    await planning.plan_changed(storstad.memory)
    new = await device_of(storstad)
    assert new != "cam1" and await looks(storstad) == ["planned"]
    await page.goto("/equipment?asked=cam1")
    await expect(page.locator("tbody tr:has(a:text-is('cam1'))")).to_contain_text("På reparation")
    await page.goto(f"/equipment?asked={new}")
    await expect(page.locator("tbody tr")).to_contain_text("Astrid Lund")


async def test_a_device_retired_with_a_decision_left(storstad: NightTown, open_page: OpenPage) -> None:
    home = await by_day(storstad)
    page = await open_page("/equipment?asked=cam1", login="petra")
    await page.click("tbody a")
    await expect(page.locator("main")).to_contain_text("Sitter hos Astrid Lund")
    await expect(page.locator("[name=goal]")).to_have_count(0)
    await page.click("text=Öppna brukaren")
    await page.click("text=Ta ner kameran")
    sentence = "Kameran cam1 sitter hos Astrid Lund, Storgatan 1 B."
    await expect(page.locator(".sure")).to_contain_text(sentence)
    await expect(page.locator(".sure")).to_contain_text("I natt ska kameran titta 23:00, 02:00 och 05:00.")
    await page.click("text=Be om att ta ner kameran hos Astrid Lund")
    await expect(page.locator(".sure")).to_contain_text("En annan person bekräftar.")
    await expect(page.locator("button:has-text('Bekräfta')")).to_have_count(0)
    assert await device_of(storstad) == "cam1", "one person is not enough"
    second = await open_page("/todo", login="paul")
    await second.click("text=Läs och bekräfta")
    await expect(second.locator(".sure")).to_contain_text(sentence)
    await second.click("text=Bekräfta: ta ner kameran hos Astrid Lund")
    await second.wait_for_url(f"**{home}")
    assert await device_of(storstad) is None and await piece_state(storstad, "cam1") == "stock"
    await planning.plan_all_towns(storstad.memory)
    assert await looks(storstad) == ["cancelled visit"], "and each night until a camera is there"
    await reconcile_town(storstad.memory, storstad.org)
    await second.goto("/todo")
    await expect(second.locator("main")).to_contain_text(
        "Astrid Lund ska ha tillsyn med kamera men ingen kamera är kopplad."
    )


async def test_a_device_covered_twice_in_14_nights(storstad: NightTown, open_page: OpenPage) -> None:
    await by_day(storstad)
    await covered_twice(storstad)
    await reconcile_town(storstad.memory, storstad.org)
    page = await open_page("/todo", login="petra")
    line = page.locator("li:has-text('Kameran hos Astrid Lund var täckt 2 av 14 nätter.')")
    await expect(line).to_have_count(1)
    await expect(line).to_contain_text("ons 25 nov")


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [
        ("dark", "sv", 360),
        ("light", "en", 1280),
        pytest.param("dark", "en", 1280, marks=pytest.mark.long),
        pytest.param("light", "sv", 360, marks=pytest.mark.long),
    ],
)
async def test_the_pages_of_equipment(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    home = await by_day(storstad)
    await storstad.execute(
        "insert into equipment (org, number, kind, model) values ('storstad', 'INV-0417', 'camera', 'Alfa 2')"
    )
    await storstad.execute(
        "insert into equipment (org, number, kind, state, phone) values ('storstad', 'T-03', 'phone', 'mounted', '+46701740611')"
    )
    piece = await storstad.value("select equipment_id from equipment where number = 'cam1'")
    phone = await storstad.value("select equipment_id from equipment where number = 'T-03'")
    free = await storstad.value("select equipment_id from equipment where number = 'INV-0417'")
    page = await open_page("/equipment", login="petra", theme=theme, language=language, width=width)
    for path in (
        "/equipment", "/equipment?asked=nothing", "/equipment/new", "/equipment/table", f"/equipment/{piece}", f"/equipment/{phone}",
        f"/equipment/{free}", f"/equipment/{free}/edit", f"{home}/exchange", f"{home}/retire", f"{home}/device",
    ):  # fmt: skip
        await page.goto(path)
        assert await broken(page) == [], path
    await page.goto("/equipment/new")
    await page.click(".why .primary")
    assert await broken(page) == [], "a form with a fault"
    await page.goto("/equipment/table")
    await page.fill("[name=table]", "A-1;hus")
    await page.click(".why .primary")
    assert await broken(page) == [], "a table with a fault"
    await page.fill("[name=table]", "A-1;kamera")
    await page.click(".why .primary")
    assert await broken(page) == [], "a table before it is brought in"
    await page.goto(f"/equipment/{free}")
    await page.click("[name=goal] >> nth=0")
    assert await broken(page) == [], "a move before it is made"
    await page.goto(f"{home}/retire")
    await page.click(".sure .primary")
    assert await broken(page) == [], "a request that waits"
