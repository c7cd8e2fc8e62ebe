"""A couple in one bed with one camera: one says no, one goes to hospital, one dies. Each word is said in a browser."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import expect

from alarm_center.preparation import planning
from schemas.vocabulary import Answer, Priority
from tests.support import town_file
from tests.support.by_hand import raise_manual_alarm
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database
from tests.web.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

ASTRID, BERTIL = 1, 2
"""The camera is Astrid's."""
AT_23 = TWO - timedelta(hours=3)


@pytest_asyncio.fixture(loop_scope="session")
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Three homes before eleven in the evening."""
    async with town(database, residents=3, operator_sees=()) as here:
        await here.set_clock(AT_23 - timedelta(hours=1))
        yield here


TIMES = ("23:00", "02:00", "05:00")
ASTRID_AT_HOME = town_file.home(ASTRID, device="cam1", times=TIMES, name="Astrid Lund", address="Storgatan 1 B")
BERTIL_BESIDE = {
    **town_file.home(BERTIL, times=TIMES, name="Bertil Ek", address="Storgatan 1 B", consent=town_file.CONSENT),
    "shares_bed_with": ASTRID,
}


async def share_by_page(storstad: NightTown, open_page: OpenPage) -> None:
    """Let Bertil's own camera be taken down, which no file does alone, and let Petra say on his page that he shares Astrid's bed."""
    visits = [{"time": each, "by_visit": True} for each in TIMES]
    await storstad.execute("update devices set resident_id = null where resident_id = $1", storstad.residents[BERTIL])
    await storstad.extend(residents=[ASTRID_AT_HOME, {**BERTIL_BESIDE, "shares_bed_with": None, "slots": visits}])
    page = await open_page(f"/residents/{storstad.residents[BERTIL]}/home", login="petra")
    await page.fill("[name=shares_bed_with]", "99")
    await page.click(".why .primary")
    await expect(page.locator("#wrong-shares_bed_with")).to_contain_text("finns ingen brukare med nummer 99")
    await page.fill("[name=shares_bed_with]", str(ASTRID))
    await page.click(".why .primary")
    await expect(page.locator("body")).to_contain_text("Delar säng och kamera med Astrid Lund, 1")
    await storstad.extend(residents=[ASTRID_AT_HOME, BERTIL_BESIDE])
    await planning.plan_town(storstad.memory, storstad.org)


async def looks(storstad: NightTown, resident: int) -> str:
    """Return what the night's looks of the resident are, in order of their hours."""
    found = await storstad.value(
        """
        select string_agg(concat_ws(' ', to_char(opens_at at time zone 'Europe/Stockholm', 'HH24'), state, instead), ', ' order by opens_at)
        from checks where resident_id = $1 and opens_at between $2 and $2::timestamptz + interval '12 hours' and cancel_reason is distinct from 'replanned'
        """,
        storstad.residents[resident], AT_23 - timedelta(minutes=5),
    )  # fmt: skip
    return str(found)


async def camera(storstad: NightTown) -> str:
    """Return how many people the camera expects, and whether it is dark."""
    return str(
        await storstad.value(
            "select (config #>> '{profile,expected_people}') || ' ' || (config ->> 'withdrawn') from devices where device_id = 'cam1'"
        )
    )


async def test_a_couple_of_whom_one_says_no(storstad: NightTown, open_page: OpenPage) -> None:
    await share_by_page(storstad, open_page)
    assert await camera(storstad) == "2 false"
    page = await open_page(f"/stop-camera/{storstad.residents[ASTRID]}", login="petra")
    await expect(page.locator(".why")).to_contain_text("Kameran är släckt för båda; Bertil Ek får besök.")
    await page.check("[name=said_by][value=resident]")
    await page.check("[name=how][value=phone]")
    await page.check("[name=instead][value=nothing]")
    await page.click(".why .primary")
    await expect(page.locator("body")).to_contain_text("samtycket togs tillbaka")
    assert (await camera(storstad)).endswith("true")
    assert await looks(storstad, ASTRID) == "23 cancelled nothing, 02 cancelled nothing, 05 cancelled nothing"
    assert await looks(storstad, BERTIL) == "23 cancelled visit, 02 cancelled visit, 05 cancelled visit"
    await page.goto(f"/residents/{storstad.residents[BERTIL]}")
    await expect(page.locator(".status")).to_contain_text(
        "Kameran är inte igång: Astrid Lund har tagit tillbaka sitt ja. Besök i stället"
    )


async def test_a_couple_of_whom_one_goes_to_hospital(storstad: NightTown, open_page: OpenPage) -> None:
    await share_by_page(storstad, open_page)
    page = await open_page(f"/pause/{storstad.residents[BERTIL]}", login="petra")
    await page.check("[value=pause_hospital]")
    await page.check("[name=said_by][value=relative]")
    await page.fill("[name=name]", "Lena")
    await page.check("[name=instead][value=nothing]")
    await page.click(".why .primary")
    await expect(page.locator(".sentence")).to_contain_text("Kameran väntar sig en person i sängen.")
    await page.click(".sure .primary")
    await page.wait_for_selector("text=Pausad till")
    assert await camera(storstad) == "1 false"
    await storstad.set_clock(AT_23 + timedelta(seconds=40))
    await storstad.step()
    version = await storstad.value("select (config #>> '{profile,version}')::int from devices where device_id = 'cam1'")
    await storstad.finding(ASTRID, Answer.IN_BED, at=AT_23, profile_version=version)
    assert await looks(storstad, ASTRID) == "23 seen, 02 planned, 05 planned"
    assert await looks(storstad, BERTIL) == "23 cancelled nothing, 02 cancelled nothing, 05 cancelled nothing"


async def test_a_couple_of_whom_one_dies(storstad: NightTown, open_page: OpenPage) -> None:
    await share_by_page(storstad, open_page)
    alarm = await raise_manual_alarm(storstad.memory, storstad.residents[ASTRID], Priority.SECOND, actor="test")
    page = await open_page(f"/alarm/{alarm.alarm_id}")
    await expect(page.locator(".now-box")).to_contain_text("Delar säng med Bertil Ek, 2.")
    await page.click("[data-key=c]")
    await page.goto(f"/alarm/{alarm.alarm_id}/died")
    await expect(page.locator(".sentence")).to_contain_text(
        "Bertil Ek tittas till som förut, och kameran väntar sig en person i sängen."
    )
    await page.click(".sure .primary")
    await page.wait_for_url(lambda url: "/died" not in url)
    assert (
        await storstad.value("select resident_id from devices where device_id = 'cam1'") == storstad.residents[BERTIL]
    )
    assert await camera(storstad) == "1 false"
    assert await looks(storstad, BERTIL) == "23 planned, 02 planned, 05 planned"
    assert await looks(storstad, ASTRID) == "23 cancelled nothing, 02 cancelled nothing, 05 cancelled nothing"
