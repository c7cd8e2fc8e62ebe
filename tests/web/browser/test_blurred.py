"""Pictures blurred first, in a browser: what is drawn, what has come over the wire, and that asking is by one key."""

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import Page, Response, expect

from schemas import wire
from schemas.messages import Frame, LiveFrame
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown, drawn
from tests.support.waiting import eventually
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import LOOKS, broken

pytestmark = pytest.mark.browser

FRAMES = drawn("fallen", 5)
_SHARPNESS = """canvas => {
    const { width, height } = canvas, pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
    let sum = 0;
    for (let n = 4; n < pixels.length; n += 4) sum += Math.abs(pixels[n] - pixels[n - 4]);
    return sum / (width * height);
}"""
_STATE = (
    "select string_agg(concat_ws(' ', clear, reason, ended_at is not null), ', ' order by began_at, clear) from looks"
)


async def fallen(storstad: NightTown) -> UUID:
    await storstad.execute("update organisations set first_view = 'blurred'")
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=FRAMES)
    alarm: UUID = await storstad.value("select alarm_id from alarms")
    return alarm


async def sharpness(page: Page) -> float:
    """Return how much a picture element differs from the one beside it."""
    found: float = await page.eval_on_selector(".screen canvas", _SHARPNESS)
    return found


async def test_two_keys_show_it_clear_and_a_new_page_blurs_again(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page()
    alarm = await fallen(storstad)
    came: list[tuple[str, bytes]] = []

    async def keep(response: Response) -> None:
        if "/picture/" in response.url and response.request.method == "GET" and response.ok:
            came.append((response.url, await response.body()))

    page.on("response", keep)
    await page.click("[data-key=c]")
    await page.wait_for_selector(".has-picture")
    await expect(page.locator(".veil")).to_have_text("Suddig bild")
    assert await eventually(lambda: len(came) >= 5)
    assert not [url for url, body in came if body in FRAMES], "no clear byte before asking"
    page.remove_listener("response", keep)
    hazy = await sharpness(page)

    await storstad.set_clock(TWO + timedelta(seconds=45))
    await page.keyboard.press("v")
    await expect(page.locator(".ask-clear button >> nth=0")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".is-clear.has-picture")
    await expect(page.locator(".veil")).to_have_text("Klar bild – visningen loggas")
    await expect(page.locator(".ask-clear")).to_be_hidden()
    assert await sharpness(page) > 3 * hazy
    await expect(page.locator(".timeline")).to_contain_text("Klar bild visad: Syns inte tydligt nog")
    await page.keyboard.press("Space")
    await expect(page.locator("[data-play]")).to_have_text("Spela")

    await storstad.set_clock(TWO + timedelta(seconds=50))
    await page.goto(f"/alarm/{alarm}")
    await page.wait_for_selector(".has-picture")
    await expect(page.locator(".veil")).to_have_text("Suddig bild")
    assert await sharpness(page) < 2 * hazy
    assert await eventually(lambda: storstad.value(f"select ({_STATE}) = 'f t, t not_enough t, f f'"))


async def asked_for(storstad: NightTown, seen: list[UUID]) -> UUID:
    """Return the live look that the page waits for and that is none of *seen*."""
    new = "select command_id from commands where kind = 'live' and command_id <> all ($1)"
    command: UUID = await eventually(lambda: storstad.value(new, seen))
    # Before the page has asked for frames nobody looks, and what comes is dropped.
    assert await eventually(lambda: ("storstad", command) in storstad.pictures._live)
    return command


async def test_the_clear_picture_goes_with_the_case(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page()
    await fallen(storstad)
    await page.click("[data-key=c]")
    await page.click(".ask-clear summary")
    await page.click(".ask-clear [value=worried]")
    await page.wait_for_selector(".is-clear.has-picture")
    await page.click("form[action$='/release'] button")
    await page.wait_for_selector(".row.first")
    assert await eventually(lambda: storstad.value("select bool_and(ended_at is not null) from looks"))


async def test_a_live_look_says_whether_it_is_blurred(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page()
    await fallen(storstad)
    await page.click("[data-key=c]")
    await page.wait_for_selector(".has-picture")
    seen: list[UUID] = []
    for said, ask in (
        ("Suddig bild", "text=Se direkt (10 s)"),
        ("Klar bild – visningen loggas", ".ask-live [value=worried]"),
    ):
        if "ask-live" in ask:
            await page.click(".ask-live summary")
        await page.click(ask)
        await page.wait_for_selector("canvas.live")
        await expect(page.locator(".veil")).to_have_text(said)
        command = await asked_for(storstad, seen)
        seen.append(command)
        await expect(page.locator("[data-live-left]")).to_have_text("Direktbild begärd")
        frame = Frame(ms=2400, jpeg=drawn("empty", 1)[0])
        newest = LiveFrame(org="storstad", device="cam2", command_id=command, sequence=0, frame=frame)
        await storstad.pictures.on_live("fjarrtillsyn/v1/storstad/cam2/live", wire.encode(newest))
        await expect(page.locator("[data-live-left]")).to_have_text("Direktbild: 8 s kvar")
        last = LiveFrame(org="storstad", device="cam2", command_id=command, sequence=1, last=True)
        await storstad.pictures.on_live("fjarrtillsyn/v1/storstad/cam2/live", wire.encode(last))
        await expect(page.locator("canvas.live")).to_have_count(0)
        await expect(page.locator("[data-live-left]")).to_be_hidden()
        await page.wait_for_selector(".has-picture")
        await expect(page.locator(".veil")).to_have_text("Suddig bild")
        assert await sharpness(page) > 0


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_asking_is_accessible(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    page = await open_page(theme=theme, language=language, width=width)
    await fallen(storstad)
    await page.click(".row-p1 [data-key=c]")
    await page.wait_for_selector(".has-picture")
    assert await broken(page) == [], "blurred"
    await page.click(".ask-live summary")
    await page.click(".ask-clear summary")
    assert await broken(page) == [], "the reasons"
    await page.click(".ask-clear [value=worried]")
    await page.wait_for_selector(".is-clear.has-picture")
    assert await broken(page) == [], "clear"
