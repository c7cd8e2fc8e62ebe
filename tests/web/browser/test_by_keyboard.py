"""Each form of the desk, found, filled in and sent by keyboard alone, with the fields and buttons that it takes."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import FilePayload, Page, expect

from alarm_center.town.file_imports import work_on_files
from schemas.vocabulary import Priority
from tests.support.by_hand import raise_manual_alarm
from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.counted_keys import CountedKeys
from tests.web.test_pause_ends import local, paused

pytestmark = pytest.mark.browser

PAGE: Final = Path(__file__).parents[3] / "docs" / "planning-data.md"
TABLE: Final[FilePayload] = {"name": "tider.csv", "mimeType": "text/csv", "buffer": b"nummer;tid\n5;23:00\n5;03:00\n"}
GO: Final = "main .primary"


@dataclass(frozen=True, slots=True)
class KeyedForm:
    """A form, where it is, the keys that fill it in and send it, and what is true in the database afterwards."""

    name: str
    path: str
    keys: Callable[[CountedKeys], Awaitable[None]]
    done: str
    login: str = "hanna"


async def times(keys: CountedKeys) -> None:
    await keys.type("at-1", "0330")
    await keys.press(GO)
    await keys.press(GO)


async def home(keys: CountedKeys) -> None:
    await keys.type("address", "Nygatan 7")
    await keys.press(GO)


async def door(keys: CountedKeys) -> None:
    await keys.type("access", "Nyckel 14")
    await keys.type("port_code", "1739")
    await keys.day("door_tried_on", date(2026, 11, 20))
    await keys.press(GO)


async def contact(keys: CountedKeys) -> None:
    await keys.press("[name=add]")
    await keys.type("who-0", "Eva Mård")
    await keys.type("relation-0", "dotter")
    await keys.type("phone-0", "070-174 06 06")
    await keys.tick("key-0")
    await keys.press(GO)


async def plan(keys: CountedKeys) -> None:
    await keys.type("recheck", "15")
    await keys.choose("two_carers", "yes")
    await keys.press(GO)
    await keys.press(GO)


async def decision(keys: CountedKeys) -> None:
    await keys.day("ends_on", date(2027, 5, 31))
    await keys.press(GO)
    await keys.press(GO)


async def new_decision(keys: CountedKeys) -> None:
    await keys.type("reference", "2026-0418")
    await keys.day("starts_on", date(2026, 11, 22))
    await keys.press(GO)
    await keys.press(GO)


async def follow_up(keys: CountedKeys) -> None:
    await keys.day("follow_up_on", date(2027, 2, 1))
    await keys.press(GO)


async def consent(keys: CountedKeys) -> None:
    await keys.choose("resident-automatic", "no")
    await keys.choose("resident-capacity", "able")
    await keys.choose("resident-given_how", "spoken")
    await keys.type("resident-present", "Eva")
    await keys.press(GO)
    await keys.press(GO)


async def no_consent(keys: CountedKeys) -> None:
    await keys.choose("resident-said", "no")
    await keys.choose("resident-instead", "visit")
    await keys.choose("resident-given_how", "spoken")
    await keys.press(GO)
    await keys.press(GO)


async def exchange(keys: CountedKeys) -> None:
    await keys.choose("why", "other")
    await keys.press(GO)


async def piece(keys: CountedKeys) -> None:
    await keys.type("number", "INV-0417")
    await keys.press(GO)


async def pieces(keys: CountedKeys) -> None:
    await keys.type("table", "INV-0418;kamera")
    await keys.press(GO)
    await keys.press(GO)


async def end(keys: CountedKeys) -> None:
    await keys.choose("why", "moved")
    await keys.press(GO)


async def visits(keys: CountedKeys) -> None:
    await keys.type("why", "Kameran hörs inte")
    await keys.press(GO)


async def run_in(keys: CountedKeys) -> None:
    await keys.type("nights", "5")
    await keys.press(GO)
    await keys.press(GO)


async def swap(keys: CountedKeys) -> None:
    await keys.type("who", "Patrull 2")
    await keys.press(GO)
    await keys.press(GO)


async def pattern(keys: CountedKeys) -> None:
    await keys.type("carer", "Patrull 2")
    await keys.type("patrol", "Patrull 2")
    await keys.day("from_night", date(2026, 11, 22))
    await keys.press(GO)
    await keys.press(GO)


async def carer(keys: CountedKeys) -> None:
    await keys.type("name", "Bo Ek")
    await keys.type("phone", "070-174 06 91")
    await keys.press(GO)
    await keys.press(".sure .primary")


async def new_number(keys: CountedKeys) -> None:
    await keys.type("phone", "070-174 06 92")
    await keys.press(GO)
    await keys.press(".sure .primary")


async def new_area(keys: CountedKeys) -> None:
    await keys.type("code", "N2")
    await keys.press(GO)
    await keys.press(".sure .primary")


async def lost_phone(keys: CountedKeys) -> None:
    await keys.type("phone", "070-174 06 94")
    await keys.press(GO)
    await keys.press(".sure .primary")


async def temps(keys: CountedKeys) -> None:
    await keys.type("table", "Kim Berg;070-174 06 93;2027-08-31")
    await keys.press(GO)
    await keys.press(".sure .primary")


async def leaver(keys: CountedKeys) -> None:
    await keys.tick("phone")
    await keys.tick("keys")
    await keys.press(GO)
    await keys.press(".sure .primary")


async def stop_camera(keys: CountedKeys) -> None:
    await keys.choose("said_by", "resident")
    await keys.choose("how", "phone")
    await keys.press(GO)


async def hold(keys: CountedKeys) -> None:
    await keys.type("reason", "Anmälan till IVO")
    await keys.day("until", date(2032, 1, 1))
    await keys.press(".hold form[action$='/hold'] button")


async def reminders(keys: CountedKeys) -> None:
    await keys.type("phone", "070-174 06 06")
    await keys.press(GO)


async def file(keys: CountedKeys) -> None:
    await keys.bring("file", TABLE)
    await keys.press(".file-form .primary")


async def one_button(keys: CountedKeys) -> None:
    await keys.press("main form .primary")


async def withdraw_file(keys: CountedKeys) -> None:
    await keys.press("form[action$='/withdraw'] button")


async def release(keys: CountedKeys) -> None:
    await keys.press("form[action*='/release/'] button")


async def code(keys: CountedKeys) -> None:
    await keys.press("form[action$='/door-code'] button")


async def find(keys: CountedKeys) -> None:
    await keys.type("asked", "storgatan 5")
    await keys.press(".search button")
    await keys.press("main table a")
    await expect(keys.page.locator("h1")).to_have_text("Ebbe Sjö")


async def pause_now(keys: CountedKeys) -> None:
    await keys.choose("reason", "pause_guests")
    await keys.choose("until", "tomorrow")
    await keys.choose("said_by", "resident")
    await keys.choose("instead", "nothing")
    await keys.press(".why .primary")
    await keys.press(".sure .primary")


async def died(keys: CountedKeys) -> None:
    await keys.press(GO)


async def town_stop(keys: CountedKeys) -> None:
    await keys.type("why", "Fel bild på fel person")
    await keys.press(GO)


async def confirm_stop(keys: CountedKeys) -> None:
    await keys.press(".why .primary")


async def way_back(keys: CountedKeys) -> None:
    await keys.press("form[action$='/return/confirm'] .primary")


async def to_hospital(keys: CountedKeys) -> None:
    await keys.press(".why .primary")


async def away(keys: CountedKeys) -> None:
    await keys.choose("reason", "pause_away")
    await keys.choose("until", "tomorrow")
    await keys.choose("said_by", "relative")
    await keys.type("name", "Eva")
    await keys.choose("instead", "nothing")
    await keys.press(".why .primary")


async def correct_death(keys: CountedKeys) -> None:
    await keys.press("form[action$='/correct'] button")


async def confirm_death(keys: CountedKeys) -> None:
    await keys.press("form[action$='/confirm'] button")


async def at_home(keys: CountedKeys) -> None:
    await keys.press(".ending form:not(.line) button")


async def not_at_home(keys: CountedKeys) -> None:
    await keys.open(".ending summary")
    await keys.type("name", "Avdelning 3")
    await keys.press(".ending .line button")


async def installer(keys: CountedKeys) -> None:
    await keys.press("form[action$='/hand-over'] button")


def changed(part: str, resident: int) -> str:
    """Return the question whether a person has changed the resident's part."""
    return f"select exists (select from changes join residents using (resident_id) where part = '{part}' and number = {resident} and made_by <> 'import')"


FORMS: Final = (
    KeyedForm("times", "/residents/{home1}/times", times, changed("times", 1)),
    KeyedForm("who and where", "/residents/{home2}/home", home, "select address = 'Nygatan 7' from residents where number = 2"),
    KeyedForm("the door", "/residents/{home1}/door", door, "select access = 'Nyckel 14' and door_tried_on = '2026-11-20' from residents where number = 1"),
    KeyedForm("a contact", "/residents/{home2}/door", contact, "select has_key from contacts"),
    KeyedForm("if the person is not seen", "/residents/{home1}/not-seen", plan, changed("plan", 1)),
    KeyedForm("the decision", "/residents/{home1}/decision", decision, "select ends_on = '2027-05-31' from decisions join residents using (resident_id) where number = 1"),
    KeyedForm("a new decision", "/residents/{home2}/new-decision", new_decision, "select exists (select from decisions where reference = '2026-0418')"),
    KeyedForm("a follow-up", "/residents/{home3}/follow-up", follow_up, "select follow_up_on = '2027-02-01' from decisions join residents using (resident_id) where number = 3"),
    KeyedForm("a consent", "/residents/{home3}/consent", consent, changed("consent", 3)),
    KeyedForm("a withdrawn consent", "/residents/{home4}/consent", no_consent, "select state = 'revoked' from consents join residents using (resident_id) where number = 4"),
    KeyedForm("visits tonight", "/residents/{home6}/visits", visits, changed("visits", 6)),
    KeyedForm("run-in nights", "/residents/{home6}/run-in", run_in, changed("run_in", 6)),
    KeyedForm("a swap", "/staff/shifts/{shift}?why=sick", swap, "select exists (select from shift_substitutes)"),
    KeyedForm("a new shift", "/staff/new-pattern", pattern, "select exists (select from changes where part = 'staff' and before is null)"),
    KeyedForm("a carer", "/staff/new-carer", carer, "select exists (select from carers where name = 'Bo Ek')"),
    KeyedForm("a carer's number", "/staff/carers/{carer}/edit", new_number, "select exists (select from former_carers)"),
    KeyedForm("an area", "/staff/new-area", new_area, "select exists (select from areas where code = 'N2')"),
    KeyedForm("temps", "/staff/temps", temps, "select exists (select from carers where name = 'Kim Berg')"),
    KeyedForm("a lost phone", "/staff/carers/{carer}/lost", lost_phone, "select exists (select from lost_phones)"),
    KeyedForm("a leaver", "/staff/carers/{carer}", leaver, "select ends_on is not null from carers where name = 'Patrull 2'"),
    KeyedForm("stop the camera", "/stop-camera/{home7}", stop_camera, "select state = 'revoked' from consents join residents using (resident_id) where number = 7"),
    KeyedForm("a camera, to be taken down", "/residents/{home8}/retire?device=cam8", one_button, "select exists (select from retirements)"),
    KeyedForm("an exchange of a camera", "/residents/{home7}/exchange", exchange, "select exists (select from mountings where exchange = 'other')"),
    KeyedForm("a piece of equipment", "/equipment/new", piece, "select exists (select from equipment where number = 'INV-0417')"),
    KeyedForm("a table of equipment", "/equipment/table", pieces, "select exists (select from equipment where number = 'INV-0418')"),
    KeyedForm("the end of supervision", "/residents/{home9}/end", end, "select not exists (select from devices join residents using (resident_id) where number = 9)"),
    KeyedForm("nights held", "/residents/{home1}/nights", hold, "select exists (select from night_holds)"),
    KeyedForm("nights held no longer", "/residents/{home1}/nights", release, "select bool_and(ended_at is not null) from night_holds"),
    KeyedForm("the code of the door", "/residents/{home1}", code, "select exists (select from events where kind = 'door_code_shown')"),
    KeyedForm("a resident, found", "/residents", find, "select count(*) = 1 from residents where address like 'Storgatan 5 %'"),
    KeyedForm("a pause", "/pause/{home3}", pause_now, "select exists (select from pauses where reason = 'pause_guests')"),
    KeyedForm("a pause, ended", "/pause/{home3}", one_button, "select bool_and(ended_at is not null) from pauses where reason = 'pause_guests'"),
    KeyedForm("SMS when something waits", "/reminders", reminders, "select exists (select from reminder_phones)"),
    KeyedForm("a file", "/files", file, "select exists (select from file_imports)"),
    KeyedForm("a file, brought in", "/files/{file}", one_button, "select state = 'confirmed' from file_imports"),
    KeyedForm("a file again", "/files", file, "select count(*) = 2 from file_imports"),
    KeyedForm("a file, taken away", "/files/{file}", withdraw_file, "select exists (select from file_imports where state = 'withdrawn')"),
    KeyedForm("an outcome: to hospital", "/alarm/{alarm11}/outcome/moved_to_hospital", to_hospital, "select outcome = 'moved_to_hospital' from alarms where outcome is not null", "olle"),
    KeyedForm("an outcome: away", "/alarm/{alarm12}/outcome/not_at_home_known", away, "select exists (select from pauses where reason = 'pause_away')", "olle"),
    KeyedForm("a death", "/alarm/{alarm10}/died", died, "select exists (select from deaths)", "olle"),
    KeyedForm("a second death", "/alarm/{alarm6}/died", died, "select count(*) = 2 from deaths", "olle"),
    KeyedForm("a death, corrected", "/pause", correct_death, "select count(corrected_at) = 1 from deaths", "siv"),
    KeyedForm("a death, confirmed", "/pause", confirm_death, "select exists (select from deaths where confirmed_at is not null)", "siv"),
    KeyedForm("a town stop", "/stop-town", town_stop, "select exists (select from town_stops)", "olle"),
    KeyedForm("a town stop, confirmed", "/stop-town", confirm_stop, "select confirmed_at is not null from town_stops"),
    KeyedForm("the way back", "/stop-town", confirm_stop, "select back_at is not null from town_stops"),
    KeyedForm("the way back, confirmed", "/stop-town", way_back, "select ended_at is not null from town_stops", "olle"),
)  # fmt: skip

BY_DAY: Final = (
    KeyedForm("a pause that ends: at home", "/pause", at_home, "select count(*) = 1 from changes where after ->> 'answer' = 'home'"),
    KeyedForm("a pause that ends: not yet", "/todo", not_at_home, "select count(*) = 1 from changes where after ->> 'name' = 'Avdelning 3'"),
    KeyedForm("a camera handed to an installer", "/todo", installer, "select exists (select from discrepancies where code = 'handed_to_installer')"),
)  # fmt: skip
"""Sent at five past three in the afternoon."""


async def filled_in(
    forms: Sequence[KeyedForm], town: NightTown, open_page: OpenPage, places: Mapping[str, str]
) -> dict[str, int]:
    """Fill in the forms one after the other, each person in a browser; return the keys that each took. Files are worked on in between."""
    reviewed = "select import_id::text from file_imports where state = 'reviewed'"
    pages: dict[str, Page] = {}
    counts = {}
    for form in forms:
        page = pages.get(form.login) or pages.setdefault(form.login, await open_page(login=form.login))
        await work_on_files(town.memory)
        here = {**places, "file": await town.value(reviewed)}
        await page.goto(form.path.format_map(here))
        keys = CountedKeys(page)
        await form.keys(keys)
        assert await page.locator(".wrong").count() == 0, (form.name, await page.locator(".wrong").all_inner_texts())
        assert await town.value(form.done), (form.name, await page.inner_text("main"))
        counts[form.name] = keys.count
    for page in pages.values():
        await page.context.close()  # The clock may go on: nobody is left on a page whose person is signed out by then.
    return counts


async def test_each_form_is_filled_in_by_keyboard(storstad: NightTown, open_page: OpenPage) -> None:
    """In one town and a browser a person. The counts are those of the page that tells of them."""
    person = {"login": "hanna", "name": "Hanna Handläggare", "roles": ["coordinator", "case_officer"]}
    await storstad.extend(users=[{**person, "password_hash": PASSWORD_HASH}])
    places = {f"home{number}": str(resident) for number, resident in storstad.residents.items()}
    on_duty = "select shift_id::text from shifts join carers using (carer_id) where name = 'Patrull 1'"
    await storstad.execute("update residents set run_in_from = '2026-11-22', run_in_nights = 3 where number = 6")
    places["shift"] = str(await storstad.value(on_duty))
    places["carer"] = str(await storstad.value("select carer_id::text from carers where name = 'Patrull 2'"))
    for number in (6, 10, 11, 12):
        alarm = await raise_manual_alarm(storstad.memory, storstad.residents[number], Priority.SECOND, actor="test")
        places[f"alarm{number}"] = str(alarm.alarm_id)
    counts = await filled_in(FORMS, storstad, open_page, places)
    for resident in (2, 3):
        await paused(storstad, resident)
    await storstad.set_clock(local("15:05"))
    await storstad.execute(
        "update devices set link = 'gone', gone_at = clock.now() - interval '2 hours' where device_id = 'cam1'"
    )
    counts |= await filled_in(BY_DAY, storstad, open_page, places)
    told = re.findall(r"^\| ([^|]+) \| (\d+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [(name, int(count)) for name, count in told] == list(counts.items()), "\n".join(
        f"| {name} | {count} |" for name, count in counts.items()
    )
