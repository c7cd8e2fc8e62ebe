"""From shadow to green in a browser: nights beside a person, the offer, a planner's name, and the end by itself."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from alarm_center.preparation import planning
from alarm_center.preparation.reconciliation import reconcile_town
from alarm_center.town import green_ends
from schemas.vocabulary import Answer
from tests.support.night_town import TWO, NightTown, drawn, town
from tests.support.postgres import Database
from tests.web.browser.conftest import BOARD, OpenPage
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser

ASTA: Final = 3
"""A person turns her checks green."""
NIGHTS_BEFORE: Final = 13


async def people_of_ten(here: NightTown) -> None:
    """Let people see ten looks of ten, at two in the night."""
    await here.execute("update organisations set plan = plan || '{\"people_of_ten\": 10}'")
    await here.set_clock(TWO + timedelta(seconds=40))
    await here.step()


@pytest_asyncio.fixture(loop_scope="session")
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Three homes at two in the night; of ten looks people see ten, which a test need not wait for."""
    async with town(database, residents=3, operator_sees=(ASTA,), begin=people_of_ten) as here:
        yield here


async def nights_before(
    storstad: NightTown, nights: int = NIGHTS_BEFORE, later: timedelta = timedelta(0), *, blind: bool | None = True
) -> None:
    """So many nights on which a person and the camera have said the same of Asta's look at two, or *later*."""
    await storstad.execute(
        """
        insert into compared_looks (check_id, session_id, org, resident_id, night, looked_at, found, said, said_by, said_at, blind)
        select check_id, 'before-' || n, org, resident_id, night - n, opens_at - n * interval '1 day' + $3, 'in_bed', 'in_bed', 'siv', opens_at, $4
        from checks, generate_series(1, $2) n where check_id = $1
        """,
        await storstad.check_of(ASTA), nights, later, blind,
    )  # fmt: skip
    await storstad.execute("update devices set room_known_at = clock.now() - interval '20 days'")


async def answered(storstad: NightTown, page: Page, key: str, at: timedelta = timedelta(0)) -> None:
    """The camera sees Asta in bed, and the operator looks and answers with a key."""
    await storstad.finding(ASTA, Answer.IN_BED, frames=drawn("asleep", 5), at=TWO + at)
    await page.goto(f"/check/{await storstad.check_of(ASTA, at=TWO + at)}")
    await page.wait_for_selector(".has-picture")
    await page.keyboard.press(key)


async def rule(storstad: NightTown) -> tuple[str, str]:
    """Return who turns Asta's checks green by her plan, and who signed."""
    row = await storstad.value(
        "select green_by || ' ' || coalesce(signed_by, '-') from plans where resident_id = $1", storstad.residents[ASTA]
    )
    by, _, name = str(row).partition(" ")
    return by, name


async def planned_by(storstad: NightTown) -> object:
    """Return who turns her planned checks green."""
    return await storstad.value(
        "select string_agg(distinct green_by || ' ' || show, ', ') from checks where resident_id = $1 and state = 'planned'",
        storstad.residents[ASTA],
    )


async def test_green_is_offered_signed_and_taken_back(storstad: NightTown, open_page: OpenPage) -> None:
    """Offered after fourteen nights, signed, drifting, taken back."""
    await nights_before(storstad)
    whose: UUID = storstad.residents[ASTA]
    petra, olle = await open_page(f"/residents/{whose}/automatic", login="petra"), await open_page()
    await expect(petra.locator(".why")).to_contain_text("Automatisk bedömning kan inte slås på än.")
    await expect(petra.locator(".why")).to_contain_text("13 av 14 nätter.")
    await expect(petra.locator("form .primary")).to_have_count(0)

    await answered(storstad, olle, "1")
    await olle.wait_for_url(BOARD)
    assert await storstad.value("select count(*)::int from compared_looks where said_by <> 'siv'") == 1
    await reconcile_town(storstad.memory, storstad.org)
    await petra.goto("/todo")
    await petra.click("text=Se nätterna")
    await expect(petra.locator(".why")).to_contain_text("Automatisk bedömning kan slås på.")
    await expect(petra.locator(".why")).to_contain_text(
        "14 nätter, 14 tittar där en person svarade bredvid kameran. Lika svar: 14."
    )
    await expect(petra.locator(".why")).to_contain_text("Petra Planerare skriver under")
    assert await broken(petra) == []
    await petra.click(".why .primary")
    await expect(petra.locator("body")).to_contain_text(
        "Planen tillåter automatisk bedömning, undertecknat av Petra Planerare"
    )
    assert await rule(storstad) == ("detector", "Petra Planerare")
    assert await planned_by(storstad) == "operator always", "the whole share is with people here"
    assert await green_ends.take_back_drifted(storstad.memory) == 0

    await petra.context.close()
    await storstad.set_clock(TWO + timedelta(hours=3, seconds=40))
    await storstad.step()
    await answered(storstad, olle, "2", timedelta(hours=3))
    await olle.wait_for_url(lambda url: "/check/" not in url)
    assert await green_ends.take_back_drifted(storstad.memory) == 1
    assert await green_ends.take_back_drifted(storstad.memory) == 0, "once"
    assert await rule(storstad) == ("operator", "-")
    petra = await open_page("/todo", login="petra")
    await expect(petra.locator("body")).to_contain_text(
        "togs tillbaka av sig själv. En person tittar på varje tillsyn."
    )
    await petra.click("text=Se varför")
    await expect(petra.locator(".why")).to_contain_text("en person såg något annat, när kameran såg någon i sängen")
    await expect(petra.locator(".why")).to_contain_text("0 av 14 nätter.")
    await petra.goto(f"/residents/{whose}")
    await expect(petra.locator("body")).to_contain_text("Automatisk bedömning togs tillbaka av sig själv")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("update devices set profile = profile - 'signature'", "Kameran känner inte rummet som det är nu."),
        ("update consents set automatic = 'no'", "Alla i hemmet har inte sagt ja"),
        ("update organisations set plan = '{\"people_of_ten\": 0}'", "Kommunen låter ingen titta på ett urval efteråt"),
    ],
    ids=["not calibrated", "no yes", "no share"],
)
async def test_what_is_missing_is_not_offered(
    storstad: NightTown, open_page: OpenPage, change: str, words: str
) -> None:
    await nights_before(storstad, NIGHTS_BEFORE + 1)
    petra = await open_page(
        f"/residents/{storstad.residents[ASTA]}/automatic", login="petra", theme="light", language="sv"
    )
    await expect(petra.locator(".why")).to_contain_text("Automatisk bedömning kan slås på.")
    await storstad.execute(change)
    await petra.click(".why .primary")
    await expect(petra.locator(".wrong")).to_contain_text("Det hann ändras.")
    await expect(petra.locator(".why")).to_contain_text(words)
    assert await rule(storstad) == ("operator", "Petra")
    await planning.plan_town(storstad.memory, storstad.org)
    assert await planned_by(storstad) == "operator always"


async def test_nights_that_nobody_saw_in_the_dark(storstad: NightTown, open_page: OpenPage) -> None:
    await nights_before(storstad, NIGHTS_BEFORE + 1, timedelta(hours=10))
    petra = await open_page(
        f"/residents/{storstad.residents[ASTA]}/automatic", login="petra", theme="light", language="en", width=390
    )
    await expect(petra.locator(".why")).to_contain_text("Not seen in the dark: nobody has looked after dusk yet.")
    await expect(petra.locator("form .primary")).to_have_count(0)
    assert await broken(petra) == []


@pytest.mark.parametrize(("theme", "language", "width"), [("dark", "sv", 1280), ("light", "en", 360)])
async def test_a_look_is_judged_without_the_cameras_word(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    """The operator sees the picture and nothing of what the camera made of it, answers, and reads it then."""
    hidden, found = {
        "sv": ("Visas när du har svarat.", "Syns inte"),
        "en": ("Shown once you have answered.", "Not seen"),
    }[language]
    olle = await open_page(theme=theme, language=language, width=width)
    await storstad.finding(ASTA, Answer.NOT_SEEN, frames=drawn("asleep", 5), people=0)
    row = olle.locator(".row-look")
    await expect(row.locator(".state")).to_contain_text(
        {"sv": "utan automatisk tolkning", "en": "without the automatic reading"}[language]
    )
    await row.locator(".acts a").click()
    await olle.wait_for_selector(".has-picture")
    await expect(olle.locator(".reading")).to_contain_text(hidden)
    await expect(olle.locator(".evidence")).to_have_count(0)
    await expect(olle.locator(".reading, .timeline, .now-box")).not_to_contain_text([found] * 3)
    assert await broken(olle) == []
    case = olle.url
    await olle.keyboard.press("1")
    await olle.wait_for_url(BOARD)
    receipt = olle.locator(".answered")
    await expect(receipt).to_contain_text(
        {
            "sv": f"Du: Syns i sängen. Automatisk tolkning: {found}.",
            "en": f"You: Seen in bed. Automatic reading: {found}.",
        }[language]
    )
    assert await broken(olle) == []
    assert await storstad.value("select blind from compared_looks") is True
    await olle.goto(case)
    await expect(olle.locator(".reading")).to_contain_text(found)
    await expect(olle.locator(".timeline")).to_contain_text(found)


@pytest.mark.parametrize(
    ("blind", "words"),
    [(False, "0 av 14 nätter."), (None, "Automatisk bedömning kan slås på.")],
    ids=["read the word", "before it was kept"],
)
async def test_nights_that_read_the_cameras_word_do_not_count(
    storstad: NightTown, open_page: OpenPage, blind: bool | None, words: str
) -> None:
    await nights_before(storstad, NIGHTS_BEFORE + 1, blind=blind)
    petra = await open_page(f"/residents/{storstad.residents[ASTA]}/automatic", login="petra")
    await expect(petra.locator(".why")).to_contain_text(words)
