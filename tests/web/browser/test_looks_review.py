"""Pages of the log's review in a real browser: accessible, in each theme, language and width, empty and full."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page

from alarm_center.preparation import look_sampling
from alarm_center.web.auth import COOKIE
from schemas.vocabulary import Role
from tests.support.logged_looks import look_at_checks
from tests.support.night_town import TWO, NightTown
from tests.support.site import Site
from tests.support.viewers import viewer_in
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser

ROOMS = {
    Role.SUPERVISOR: ("/looks", "/looks?month=2026-11"),
    Role.AUDITOR: ("/looks/log", "/looks/log?from=2000-01-01&until=2000-01-01", "/looks/samples", "/looks/readings"),
    Role.COORDINATOR: ("/looks/residents",),
}


async def page_as(chromium: Browser, pages: Site, token: str, theme: str, language: str, width: int) -> Page:
    root = str(pages.server.make_url(""))
    context = await chromium.new_context(viewport={"width": width, "height": 900}, base_url=root)
    cookies = {"fjt_theme": theme, "fjt_language": language, COOKIE: token}
    await context.add_cookies([{"name": name, "value": value, "url": root} for name, value in cookies.items()])
    return await context.new_page()


@pytest.mark.parametrize(("theme", "language", "width"), [("dark", "sv", 360), ("light", "en", 1280)])
async def test_each_page_of_the_review(
    storstad: NightTown, pages: Site, chromium: Browser, theme: str, language: str, width: int
) -> None:
    who = [storstad.users["siv"], storstad.users["olle"]]
    await look_at_checks(storstad.memory, "storstad", who, begin=TWO, apart=timedelta(hours=1), many=9)
    await storstad.set_clock(TWO + timedelta(days=10))
    await look_sampling.draw_due_samples(storstad.memory)
    sample = await storstad.value("select sample_id from look_samples")
    more = {
        Role.SUPERVISOR: (f"/looks/person/{who[0]}?month=2026-11&all=1",),
        Role.AUDITOR: (f"/looks/samples/{sample}",),
        Role.COORDINATOR: (f"/looks/resident/{storstad.residents[3]}?month=2026-11",),
    }
    for role, paths in ROOMS.items():
        token = (await viewer_in(storstad.memory, "storstad", role=role)).token
        page = await page_as(chromium, pages, token, theme, language, width)
        for path in (*paths, *more[role]):
            answer = await page.goto(path)
            assert answer is not None and answer.status == 200, path
            assert await broken(page) == [], path
            assert await page.locator(".primary").count() <= 1, path
        await page.context.close()


async def test_a_residents_list_is_printed_without_the_pages_menus(
    storstad: NightTown, pages: Site, chromium: Browser
) -> None:
    token = (await viewer_in(storstad.memory, "storstad", role=Role.COORDINATOR)).token
    page = await page_as(chromium, pages, token, "dark", "sv", 800)
    await page.goto(f"/looks/resident/{storstad.residents[3]}")
    assert await page.locator("nav").is_visible() and await page.locator(".tools").is_visible()
    await page.emulate_media(media="print")
    assert not await page.locator("nav").is_visible() and not await page.locator(".tools").is_visible()
    assert await page.locator(".handout").is_visible()
    await page.context.close()
