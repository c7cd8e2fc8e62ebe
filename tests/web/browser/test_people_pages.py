"""Pages on a town's people, and an invitation's link: WCAG 2.1 AA by axe, and a planner who is ill."""

import re
from datetime import date, timedelta

import pytest
from playwright.async_api import expect

from alarm_center.store import agreements
from alarm_center.store.agreements import OfferedAgreement
from alarm_center.store.users import KeptUser, keep_user
from schemas.vocabulary import Role
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown
from tests.support.site import Site
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("theme", "language", "width"), [("dark", "sv", 360), ("light", "en", 1280)])
async def test_people_and_an_invitation(
    storstad: NightTown, pages: Site, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    async with storstad.memory.transaction() as tx:
        for login, roles in (("ada", [Role.ADMIN, Role.OPERATOR]), ("eva", [Role.CARER])):
            await keep_user(tx, KeptUser(login, login.capitalize(), PASSWORD_HASH, "storstad", roles))
        await agreements.keep_centre(tx, "trygg", "Trygga larmcentralen")
        made = None
        for until in (date(2026, 12, 31), None):
            offered = OfferedAgreement("storstad", "trygg", date(2026, 11, 1), until)
            made = await agreements.offer_agreement(tx, offered, actor="test")
        assert made is not None and await agreements.accept_agreement(tx, made, actor="test")
    await storstad.extend(performers=[{"code": "alfa", "name": "Alfa Omsorg"}])
    page = await open_page(login="ada", theme=theme, language=language, width=width)
    await page.goto("/agreements")
    assert await broken(page) == [], "agreements"
    await page.goto("/people/invite")
    assert await broken(page) == [], "the form"
    await page.fill("[name=login]", "eva.ny")
    await page.fill("[name=name]", "Eva Ny")
    await page.click(".why .primary")
    await page.wait_for_selector(".wrong")
    assert await broken(page) == [], "a form with an error"
    await page.check("[name=role][value=lead]")
    await page.check("[name=where][value=some]")
    await page.check("[name=area][value='3']")
    await page.check("[name=whose][value=some]")
    await page.check("[name=performer][value=alfa]")
    await page.click(".why .primary")
    link = re.sub("^https://[^/]+", "", await page.input_value("input[readonly]"))
    assert await broken(page) == [], "the link"
    await page.goto("/people")
    assert await broken(page) == [], "the list"
    await page.click(".people a:has-text('Eva Ny')")
    assert await broken(page) == [], "an invitation"
    await page.goto("/people")
    await page.click(".people a >> nth=-1")
    assert await broken(page) == [], "a member"
    await page.goto("/people")
    await page.click(".people a[href*=member]:has-text('Eva')")
    await page.click("a.button[href$=deputy]")
    await page.click(".why .primary")
    await page.wait_for_selector(".wrong")
    assert await broken(page) == [], "a deputy's form with an error"
    await page.select_option("[name=colleague]", label="Ada")
    await page.fill("[name=last_night]", await page.input_value("[name=begins]"))
    await page.click(".why .primary")
    await page.wait_for_selector("form[action^='/people/deputy/']")
    assert await broken(page) == [], "a deputy"
    new = await open_page(link, login="", theme=theme, language=language, width=width)
    assert await broken(new) == [], "the invitation's link"
    await new.fill("[name=password]", "tolv tecken långt")
    await new.fill("[name=again]", "tolv tecken långt")
    await new.click("form[action$=join] .primary")
    await new.wait_for_url(re.compile("/lead$"))


async def test_a_planner_ill_a_deputy_for_a_week(storstad: NightTown, open_page: OpenPage) -> None:
    """An admin names the colleague; Sara plans at once, and no longer than was said."""
    async with storstad.memory.transaction() as tx:
        for login, roles in (("ada", [Role.ADMIN]), ("sara", [Role.CARER])):
            await keep_user(tx, KeptUser(login, login.capitalize(), PASSWORD_HASH, "storstad", roles))
    sara = await open_page("/account", login="sara")
    answer = await sara.goto("/todo")
    assert answer is not None and answer.status == 403, "it is Petra's desk"
    ada = await open_page("/people", login="ada")
    await ada.click(".people a[href*=member]:has-text('Sara')")
    await ada.click("a.button[href$=deputy]")
    await ada.select_option("[name=colleague]", label="Petra Planerare")
    last = TWO.date() + timedelta(days=6)
    await ada.fill("[name=last_night]", str(last))
    await ada.click(".why .primary")
    await expect(ada.locator("li.card")).to_contain_text("Sara vikarierar för Petra Planerare från")
    await sara.goto("/todo")
    await expect(sara.locator("h1")).to_contain_text("Att göra")
    await sara.goto("/residents")
    await expect(sara.locator("body")).to_contain_text("Astrid Lund")
    await storstad.set_clock(TWO + timedelta(days=7, hours=12))
    sara = await open_page("/account", login="sara")
    answer = await sara.goto("/todo")
    assert answer is not None and answer.status == 403, "the week is over"
