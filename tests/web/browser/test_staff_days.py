"""Sentences of the staff's days and nights, each played in a browser."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import expect

from alarm_center.preparation import carer_tests, muster, shifts_ahead
from alarm_center.preparation.reconciliation import reconcile_town
from alarm_center.sms.incoming_replies import ReceivedReply, receive_reply
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken
from tests.web.test_staff import MONDAY, NIGHT, carer_id, on_duty, shift_of, staff_town, taken_case

pytestmark = pytest.mark.browser

EVENING = TWO + timedelta(hours=20)
"""Ten in the evening before the next night."""


@pytest_asyncio.fixture(loop_scope="session")
async def staffed(storstad: NightTown) -> NightTown:
    """The town with Anna each night, and Kim on no shift."""
    await staff_town(storstad)
    return storstad


async def test_a_rota_hole_found_a_week_ahead(staffed: NightTown, open_page: OpenPage) -> None:
    await staffed.execute(
        "update shift_patterns set until_night = $1::text::date where patrol = 'Patrull 1' and until_night is null",
        MONDAY,
    )
    await shifts_ahead.lay_shifts_ahead(staffed.memory)
    page = await open_page("/todo", login="petra")
    await page.click(f"#staff ~ ol a[href*='{MONDAY}']")
    await expect(page.locator("section:has(#staff) .card")).to_contain_text("Område 3: ingen patrull 23:00–06:00.")
    await page.click("text=Öppna natten")
    await expect(page.locator(".holes")).to_contain_text("Område 3: ingen patrull 23:00–06:00.")
    await page.click("text=Alla pass")
    await page.click("text=Nytt pass")
    await page.select_option("[name=carer]", label="Kim 070-000 01 11")
    await page.fill("[name=patrol]", "Patrull 1")
    await page.fill("[name=from_night]", MONDAY)
    await page.click(".why .primary")
    await expect(page.locator(".sure")).to_contain_text("Nätter som får personal av det: ")
    await page.click(".sure .primary")
    await page.wait_for_url("**/staff/patterns")
    assert await on_duty(staffed, MONDAY) == ["Kim"]
    await page.goto(f"/staff?night={MONDAY}")
    await expect(page.locator(".holes")).to_have_count(0)


async def test_a_pattern_untouched_for_200_nights(staffed: NightTown, open_page: OpenPage) -> None:
    night = "2027-06-09"
    for day in range(1, 201):
        await staffed.set_clock(TWO + timedelta(days=day))
        await shifts_ahead.lay_shifts_ahead(staffed.memory)
    page = await open_page(f"/staff?night={night}", login="petra")
    await expect(page.locator(".shifts")).to_contain_text(re.compile("Patrull 1.*21:30–07:00.*Anna"))
    assert await on_duty(staffed, night) == ["Anna"]


async def test_a_patrol_phone_lost_at_22(staffed: NightTown, open_page: OpenPage) -> None:
    await staffed.set_clock(EVENING)
    await shifts_ahead.lay_shifts_ahead(staffed.memory)
    _, number = await taken_case(staffed, await shift_of(staffed, str(EVENING.date()), "Anna"))
    link = "/u/" + await staffed.value("select token from notices where state = 'took'")
    finder = await open_page(link)
    assert await finder.locator("[action$='/open'], [action$='/take']").count() >= 1
    page = await open_page("/staff", login="petra")
    await page.click(".shifts li:has-text('Anna') >> text=Telefonen är borta")
    await page.fill("[name=phone]", "070-000 01 10")
    await page.click(".why .primary")
    await expect(page.locator("#wrong-phone")).to_contain_text("Den telefonen är också borta.")
    await page.fill("[name=phone]", "070-000 01 99")
    await page.click(".why .primary")
    await expect(page.locator(".sure")).to_contain_text("070-000 01 10 är ur tjänst från nu")
    await expect(page.locator(".sure")).to_contain_text("070-000 01 99 tar över område 3, Patrull 1, passet")
    await page.click(".sure .primary")
    await page.wait_for_url("**/staff")
    await finder.reload()
    await expect(finder.locator("body")).to_contain_text("Länken gäller inte")
    asked = "select phone from notices join alarms using (alarm_id) where case_no = $1 and notices.state = 'asked'"
    assert await staffed.value(asked, number) == "+46700000199", "the phone that is carried is asked about the case"
    await muster.muster_shifts(staffed.memory)
    asked = "select count(*) from messages where wording = 'muster' and phone = '+46700000199'"
    assert await staffed.value(asked) == 1, "the phone that is carried is asked"
    await expect(page.locator(".shifts li", has_text="Anna (070-000 01 99)")).to_have_count(1)


async def test_a_carer_sick_at_one(staffed: NightTown, open_page: OpenPage) -> None:
    shift = await shift_of(staffed, NIGHT, "Anna")
    await muster.muster_shifts(staffed.memory)
    alarm, number = await taken_case(staffed, shift)
    page = await open_page(f"/staff?night={NIGHT}", login="petra")
    await page.click(".shifts li:has-text('Anna') >> text=Sjuk: byt hela passet")
    await page.select_option("[name=who]", label="Kim 070-000 01 11")
    await page.click(".why .primary")
    await expect(page.locator(".sure")).to_contain_text(f"Ärende {number} som Anna har tagit söker ny patrull genast.")
    await page.click(".sure .primary")
    await page.wait_for_url("**/staff?night=*")
    await expect(page.locator(".shifts li", has_text="Kim")).to_have_count(1)
    asked = "select phone from notices where alarm_id = $1 and state = 'asked'"
    assert await staffed.value(asked, alarm) == "+46700000111"


TEMPS = "".join(f"Vikarie {n:02};070-000 02 {n:02};2026-12-{10 + n}\n" for n in range(20))


async def test_twenty_summer_temps_one_never_answers(staffed: NightTown, open_page: OpenPage) -> None:
    page = await open_page("/staff/temps", login="petra")
    await page.fill("[name=table]", "Vikarie;070-000;i sommar")
    await page.click(".why .primary")
    await expect(page.locator(".wrong")).to_contain_text("Rad 1: ”070-000” är inget mobilnummer")
    file = {"name": "vikarier.csv", "mimeType": "text/csv", "buffer": ("Namn;Mobil;Sista natten\n" + TEMPS).encode()}
    await page.fill("[name=table]", "")
    await page.set_input_files("[name=file]", file)  # type: ignore[arg-type]
    await page.click(".why .primary")
    await expect(page.locator(".sure")).to_contain_text("20 vikarier läggs in, den sista till 29 december 2026.")
    await page.click(".sure .primary")
    await page.wait_for_url("**/staff/carers")
    await page.context.close()
    assert await carer_tests.ask_new_carers(staffed.memory) == 20
    assert await carer_tests.ask_new_carers(staffed.memory) == 0, "each is asked once"
    for n in range(19):
        await hear(staffed, f"+467000002{n:02}", "1")
    await staffed.set_clock(EVENING)
    await reconcile_town(staffed.memory, staffed.org)
    page = await open_page("/todo?all=1", login="petra")
    told = page.locator("li", has_text="har inte svarat på test-SMS:et")
    await expect(told).to_have_count(1)
    idle = page.locator("li", has_text="inga kommande pass")
    await expect(idle).to_have_count(1)
    await expect(idle).to_contain_text(re.compile("2[0-9] personer har inga kommande pass: .*Vikarie 00, Vikarie 01"))
    await expect(told).to_contain_text("Vikarie 19 har inte svarat på test-SMS:et. Ring före första passet.")
    await told.get_by_role("link").click()
    await page.wait_for_url("**/staff/carers")
    await expect(page.locator("li", has_text="Vikarie 19")).to_contain_text("har inte svarat på test-SMS")
    await expect(page.locator("li", has_text="Vikarie 18")).to_contain_text("har svarat på test-SMS")


async def hear(town: NightTown, phone: str, text: str) -> None:
    """Let a carer's SMS come in."""
    sender = await town.value("select sending_number from organisations where org = $1", town.org)
    await receive_reply(town.memory, ReceivedReply("test", f"{phone} {text}", phone, sender, text))


async def test_a_substitute_with_the_phone(staffed: NightTown, open_page: OpenPage) -> None:
    """Anna's phone is carried by Kim and another; a code that nobody has is told, and holds up nothing."""
    page = await open_page("/staff/carers", login="petra")
    await page.click("text=Ge alla en kod")
    await expect(page.locator("text=Ge alla en kod")).to_have_count(0)
    codes = {
        name: await staffed.value("select code from carers where name = $1", name) for name in ("Kim", "Patrull 2")
    }
    await expect(page.locator("li", has_text="Kim")).to_contain_text(f"kod {codes['Kim']}")
    await muster.muster_shifts(staffed.memory)
    phone = "+46700000110"
    assert (
        await staffed.value("select wording from messages where phone = $1 order by created_at", phone) == "muster_who"
    )
    await hear(staffed, phone, f"1 {codes['Kim']} {codes['Patrull 2']}")
    await page.goto(f"/staff?night={NIGHT}")
    row = page.locator(".shifts li", has_text="Patrull 1 02:00")
    await expect(row).to_contain_text("har bekräftat: Kim och Patrull 2")
    strange = next(str(n) for n in range(10_000, 99_999) if str(n) not in codes.values())
    await hear(staffed, phone, strange)
    await page.reload()
    await expect(row).to_contain_text("har bekräftat: Kim och Patrull 2, och en okänd kod")
    told = "select wording from messages where phone = $1 order by created_at desc limit 1"
    assert await staffed.value(told, phone) == "code_unknown"
    board = await open_page(login="olle")
    await expect(board.locator(".banner", has_text="Okänd kod för Patrull 1, område 3")).to_have_count(1)
    await staffed.set_clock(await staffed.value("select clock.now()") + timedelta(minutes=1))
    await hear(staffed, phone, codes["Kim"])
    await board.reload()
    await expect(board.locator(".banner", has_text="Okänd kod")).to_have_count(0)


async def test_a_leaver(staffed: NightTown, open_page: OpenPage) -> None:
    shift = await shift_of(staffed, NIGHT, "Anna")
    await muster.muster_shifts(staffed.memory)
    _, number = await taken_case(staffed, shift)
    person = {"login": "anna", "name": "Anna", "roles": ["carer"], "areas": ["3"], "password_hash": PASSWORD_HASH}
    await staffed.extend(users=[person])
    await staffed.execute(
        "update carers set user_id = (select user_id from users where login = 'anna') where name = 'Anna'"
    )
    await staffed.execute(
        "insert into ombudsmen (org, area_id, carer_id, from_day) select org, area_id, carer_id, '2026-01-01'"
        " from carers join areas using (org) where carers.name = 'Anna' and areas.code = '3'"
    )
    hers = await open_page("/account", login="anna")
    page = await open_page("/staff/carers", login="petra")
    await page.click("li:has-text('Anna') >> text=Sista natten")
    await expect(page.locator(".leaving")).to_contain_text(f"Ärende {number} är inte avslutat.")
    await page.fill("[name=last]", "2026-11-29")
    await page.click(".why .primary")
    await expect(page.locator("#wrong")).to_contain_text("Kryssa för att lämna över")
    for tick in ("keys", "cases", "sign_in"):
        await page.check(f"[name={tick}]")
    await page.click(".why .primary")
    sure = page.locator(".sure")
    await expect(sure).to_contain_text(f"Ärende {number} söker ny patrull nu, och passet som pågår slutar.")
    await expect(sure).to_contain_text("Larmombud i område 3 till och med den dagen.")
    await expect(sure).to_contain_text("Alla inloggningar avslutas nu.")
    await expect(sure).to_contain_text("Inte inlämnat: telefonen.")
    await expect(sure).to_contain_text("Område 3: ingen patrull 23:00–06:00.")
    await page.click(".sure .primary")
    await page.wait_for_url("**/staff/carers")
    assert await on_duty(staffed, NIGHT) == [], "the shift that went on has ended"
    assert await on_duty(staffed, "2026-11-29") == ["Anna"] and await on_duty(staffed, MONDAY) == []
    took = "select count(*) from notices join alarms using (alarm_id) where notices.state = 'took' and alarms.state <> 'closed'"
    assert await staffed.value(took) == 0
    await hers.reload()
    await expect(hers).to_have_url(re.compile("/login"))
    assert await staffed.value("select until_day::text from ombudsmen") == "2026-11-29"
    kept = await staffed.value("select after ->> 'handed_in' from changes where part = 'staff'")
    assert kept == '["keys"]'
    await page.goto(f"/staff?night={MONDAY}")
    await expect(page.locator(".holes")).to_contain_text("Område 3: ingen patrull 23:00–06:00.")


async def test_a_shift_is_changed_and_ended(staffed: NightTown, open_page: OpenPage) -> None:
    page = await open_page("/staff/patterns", login="petra")
    await page.click("li:has-text('Anna') >> text=Ändra")
    await page.fill("[name=starts]", "22.00")
    await page.select_option("[name=carer]", label="Nattansvarig 070-000 01 02")
    await page.click(".why .primary")
    await expect(page.locator("#wrong-carer")).to_contain_text("Är i tjänst då redan: Omr 3")
    await page.select_option("[name=carer]", label="Anna 070-000 01 10")
    await page.click(".why .primary")
    await expect(page.locator(".sure")).to_contain_text("Anna, alla nätter 22:00–07:00. Till dess:")
    await page.click(".sure .primary")
    await page.click("li:has-text('22:00') >> text=Ändra")
    await page.fill("[name=from_night]", MONDAY)
    await page.click("[name=end]")
    await expect(page.locator(".sure")).to_contain_text("Måndag 30 november: Område 3: ingen patrull 23:00–06:00.")
    await page.click(".sure .primary")
    await page.wait_for_url("**/staff/patterns")
    assert await on_duty(staffed, MONDAY) == []
    assert await staffed.value("select count(*) from changes where part = 'staff'") == 2


@pytest.mark.parametrize(("theme", "language", "width"), [("dark", "sv", 360), ("light", "en", 1280)])
async def test_the_staffs_pages_are_accessible(
    staffed: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    shift, pattern = await shift_of(staffed, MONDAY, "Anna"), await line_of(staffed)
    area = await staffed.value("select area_id from areas where code = '3'")
    await taken_case(staffed, await shift_of(staffed, NIGHT, "Anna"))
    page = await open_page("/staff", login="petra", theme=theme, language=language, width=width)
    for path in (
        "/staff", f"/staff?night={NIGHT}", f"/staff/shifts/{shift}", f"/staff/shifts/{shift}?why=phone", "/staff/patterns",
        "/staff/carers", "/staff/temps", f"/staff/carers/{await carer_id(staffed, 'Anna')}", "/staff/new-pattern",
        "/staff/ombudsmen", f"/staff/areas/{area}/ombudsman", "/staff/new-carer",
        f"/staff/patterns/{pattern}",
    ):  # fmt: skip
        await page.goto(path)
        assert await broken(page) == [], path
    await page.fill("[name=starts]", "22:00")
    await page.click(".why .primary")
    assert await broken(page) == [], "the sentence before it is saved"
    anna = f"/staff/carers/{await carer_id(staffed, 'Anna')}"
    for path, phone in ((f"{anna}/edit", "070-000 01 77"), (f"{anna}/lost", "070-000 01 99")):
        for said in ("08-1", phone):
            await page.goto(path)
            await page.fill("[name=phone]", said)
            await page.click(".why .primary")
            assert await broken(page) == [], (path, said)
    await page.goto(anna)
    await page.click(".why .primary")
    assert await broken(page) == [], "a case is not handed over"
    await page.check("[name=cases]")
    await page.click(".why .primary")
    assert await broken(page) == [], "what the last night means"


async def line_of(town: NightTown) -> UUID:
    """Return the patrol's pattern."""
    found: UUID = await town.value(
        "select pattern_id from shift_patterns where patrol = 'Patrull 1' and until_night is null"
    )
    return found
