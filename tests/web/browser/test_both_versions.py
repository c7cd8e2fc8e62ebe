"""Two on the same part at once: the second gets both versions, and loses nothing. And a case that is not one's own, of a protected identity."""

import pytest
from playwright.async_api import expect

from schemas.vocabulary import Answer, Reason
from tests.support.night_town import NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser

LOOKS = [("dark", "sv", 360), ("light", "en", 1280)]


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_two_on_the_same_part_at_once(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    path = f"/residents/{storstad.residents[1]}/door"
    look = {"theme": theme, "language": language, "width": width}
    first, second = await open_page(path, login="petra", **look), await open_page(path, login="petra", **look)
    await first.fill("[name=access]", "Nyckel 14")
    await first.fill("[name=key_place]", "Skåpet i hallen")
    await first.click("main .primary")
    await first.wait_for_url(f"**/residents/{storstad.residents[1]}")
    await second.fill("[name=access]", "Nyckel 15")
    await second.fill("[name=second_way]", "Altandörren")
    await second.click("main .primary")
    await expect(second.locator("[role=alert]")).to_be_visible()
    await expect(second.locator("[name=access]")).to_have_value("Nyckel 15")
    await expect(second.locator(".field:has([name=access]) .saved")).to_contain_text("Nyckel 14")
    await expect(second.locator(".field:has([name=key_place]) .saved")).to_contain_text("Skåpet i hallen")
    await expect(second.locator(".field:has([name=hours-0]) .saved")).to_have_count(0)
    assert await broken(second) == []
    await second.fill("[name=key_place]", "Skåpet i hallen")
    await second.click("main .primary")
    await second.wait_for_url(f"**/residents/{storstad.residents[1]}")
    kept = "select concat_ws(', ', access, key_place, second_way) from residents where number = 1"
    assert await storstad.value(kept) == "Nyckel 15, Skåpet i hallen, Altandörren"


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_a_protected_identity_is_masked_until_held(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    await storstad.execute("update residents set protected = true where number = 2")
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm = await storstad.value("select alarm_id from alarms where not visit")
    page = await open_page(f"/alarm/{alarm}", theme=theme, language=language, width=width)
    await expect(page.locator(".doing")).to_be_visible()
    for secret in ("Bertil", "Storgatan", "Nyckelgömma", "090-123"):
        await expect(page.locator("body")).not_to_contain_text(secret)
    assert await broken(page) == []
    await page.keyboard.press("c")
    await expect(page.locator(".doing")).to_contain_text("Storgatan 2 B")


async def test_a_sentence_of_what_follows_is_of_what_holds(storstad: NightTown, open_page: OpenPage) -> None:
    """A form that shows first what follows tells the other's change before that, in the page's words."""
    path = f"/residents/{storstad.residents[1]}"
    first, second = await open_page("/todo", login="petra"), await open_page("/todo", login="petra")
    for part, field, other, mine, said in (
        ("home", "risk", "1", "3", "Hög"),
        ("not-seen", "two_carers", "yes", "no", "Ja"),
    ):
        for page, value in ((first, other), (second, mine)):
            await page.goto(f"{path}/{part}")
            await page.select_option(f"[name={field}]", value)
        await first.click("main .primary")
        if part == "not-seen":
            await first.click(".sure .primary")
        await first.wait_for_url(f"**{path}")
        await second.click("main .primary")
        await expect(second.locator("[role=alert]")).to_contain_text("Någon annan har ändrat")
        await expect(second.locator(f".field:has([name={field}]) .saved")).to_contain_text(said)

    await second.goto(f"{path}/times")
    await first.goto(f"{path}/times")
    await first.fill("[name=at-1]", "03:30")
    await first.click("main .primary")
    await first.click(".sure .primary")
    await first.wait_for_url(f"**{path}")
    await second.fill("[name=at-2]", "05:30")
    await second.click("main .primary")
    await expect(second.locator("[role=alert]")).to_contain_text("Någon annan har ändrat")
    await expect(second.locator(".sentence")).to_contain_text("03:30")
    await expect(second.locator("[name=at-2]")).to_have_value("05:30")

    await second.goto(f"/pause/{storstad.residents[1]}")
    await storstad.execute("update residents set revision = revision + 1 where number = 1")
    await second.keyboard.press("1")
    await second.check("[name=said_by][value=hospital]")
    await second.fill("[name=name]", "Lena")
    await second.check("[name=instead][value=nothing]")
    await second.click(".why .primary")
    await expect(second.locator("[role=alert]")).to_contain_text("Någon annan har ändrat")
    await second.click(".why .primary")
    await expect(second.locator(".sure .primary")).to_be_visible()
