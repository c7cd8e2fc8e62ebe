"""The night when 36 homes fall silent at once: one list instead of 36 errands, in the operator's, the lead's and the carer's browser."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import expect

from alarm_center.casework import incidents
from alarm_center.devices import presence
from tests.support.night_town import PASSWORD_HASH, NightTown, town
from tests.support.postgres import Database
from tests.web.browser.conftest import BOARD, OpenPage

pytestmark = pytest.mark.browser

HOMES, SILENT = 38, 36


async def with_a_lead_and_a_carer(here: NightTown) -> None:
    """Add people who read lists: a lead, and a carer."""
    people = (("lena", "Lena Ledare", "lead"), ("cia", "Cia Vårdare", "carer"))
    await here.extend(
        users=[
            {"login": login, "name": name, "roles": [role], "password_hash": PASSWORD_HASH}
            for login, name, role in people
        ]
    )


@pytest_asyncio.fixture(loop_scope="session")
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Thirty-eight homes at ten to two."""
    async with town(database, residents=HOMES, operator_sees=(), begin=with_a_lead_and_a_carer) as here:
        yield here


async def test_an_outage_of_36_homes_is_one_list(storstad: NightTown, open_page: OpenPage) -> None:
    operator = await open_page()
    await storstad.execute(
        "update devices set link = 'gone', gone_at = clock.now() - interval '5 min', last_heard_at = clock.now() - interval '5 min'"
        " where resident_id in (select resident_id from residents where number <= $1)",
        SILENT,
    )
    assert await presence.report_silent_devices(storstad.memory, None) == SILENT
    assert await incidents.form_incidents(storstad.memory) == SILENT
    await expect(operator.locator(".list.many .row")).to_have_count(SILENT)
    link = await storstad.value("select link from incidents")
    told = "select array_agg(distinct body) from messages where created_at > clock.now() - interval '1 min'"
    (sms,) = await storstad.value(told)
    assert f"{SILENT} platser ska kontrolleras" in sms and f"/d/{link}" in sms, "and no SMS of a home by itself"
    for login, width in (("lena", 1280), ("cia", 360)):
        list_ = await open_page(f"/d/{link}", login=login, width=width)
        await expect(list_.locator(".paper")).to_contain_text(f"{SILENT} av {SILENT} kvar att kontrollera")
        await expect(list_.locator(".paper")).to_contain_text("Storgatan 36 B")

    await operator.click(".row >> nth=0 >> [data-open]")
    await operator.keyboard.press("c")
    await operator.click(".close-anyway > summary")
    await operator.click(".close-anyway [value=well_in_bed]")
    await operator.wait_for_url(BOARD)
    await list_.reload()
    await expect(list_.locator(".paper")).to_contain_text(f"{SILENT - 1} av {SILENT} kvar att kontrollera")

    opened = await storstad.value("select opened_at from incidents")
    for minutes in (46, 51, 56):
        await storstad.set_clock(opened + timedelta(minutes=minutes))
        await incidents.form_incidents(storstad.memory)
    band = operator.locator("form[action^='/incident/']")
    await expect(band).to_contain_text(f"Område 3: {SILENT - 1} platser är inte kontrollerade i tid.")
    await band.get_by_role("button", name="Kvittera").click()
    await expect(band).to_have_count(0)
    told_by = "select name from users join events on actor = user_id::text where kind = 'incident_acknowledged'"
    assert await storstad.value(told_by) == "Olle Operatör"
