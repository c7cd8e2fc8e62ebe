"""Carers by page: added, renamed and given another number, now or once the night is over; and what a file says afterwards."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from alarm_center.preparation import carer_changes, carer_tests
from alarm_center.sms.incoming_replies import ReceivedReply, receive_reply
from alarm_center.store.memory import now
from alarm_center.town import model
from alarm_center.town.apply import apply
from alarm_center.town.reader import read_town
from alarm_center.words.catalogues import SPEECHES
from alarm_center.words.town_words import TownSentence
from tests.support import town_file
from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Browser, Site
from tests.web.test_staff import NIGHT, carer_id, on_duty, shift_of, staff_town, taken_case

OLD, NEW = "+46700000110", "+46700000177"


@pytest.fixture
async def staffed(storstad: NightTown) -> NightTown:
    """The town with Anna on duty, and Kim on no shift."""
    await staff_town(storstad)
    return storstad


async def changed(
    petra: Browser, town: NightTown, who: str, form: dict[str, str], *, when: str = "now"
) -> tuple[str, int]:
    """Send a carer's form and confirm it; return what was said before, and the last answer's status."""
    path = f"/staff/carers/{await carer_id(town, who)}/edit"
    await petra.get(path)
    phone, following = await town.value("select (phone, next_phone) from carers where name = $1", who)
    asked = await petra.post(path, {**form, "when": when})
    text = await asked.text()
    if asked.status != 200:
        return text, asked.status
    was = {"was_name": who, "was_phone": phone, "was_next": following or ""}
    return text, (await petra.post(path, {**form, **was, "when": when, "sure": "1"})).status


async def test_a_new_carer_is_added_once_and_tested(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    await petra.get("/staff/new-carer")
    form = {"name": "Bo  Ek", "phone": "070-000 01 77", "last": ""}
    assert "Bo Ek, 070-000 01 77, läggs in tills vidare." in await (await petra.post("/staff/new-carer", form)).text()
    assert (await petra.post("/staff/new-carer", {**form, "sure": "1"})).status == 303
    assert (await petra.post("/staff/new-carer", {**form, "sure": "1"})).status == 400
    assert await carer_tests.ask_new_carers(staffed.memory) == 1
    assert await staffed.value("select after ->> 'carer' from changes where part = 'staff'") == "Bo Ek"


async def test_one_added_by_two_at_once_is_added_once(staffed: NightTown, pages: Site) -> None:
    petra, other = await pages.signed_in("petra"), await pages.signed_in("petra")
    for each in (petra, other):
        await each.get("/staff/new-carer")
    form = {"name": "Bo Ek", "phone": "070-000 01 77", "sure": "1"}
    answers = await asyncio.gather(petra.post("/staff/new-carer", form), other.post("/staff/new-carer", form))
    assert sorted(answer.status for answer in answers) == [303, 400]
    for each in (petra, other):
        await each.get("/staff/temps")
    temps = {"table": "Cy;070-000 01 78;2027-01-01", "sure": "1"}
    answers = await asyncio.gather(petra.post("/staff/temps", temps), other.post("/staff/temps", temps))
    assert {answer.status for answer in answers} <= {303, 400}
    assert await staffed.value("select count(*) from carers where name = any ($1)", ["Bo Ek", "Cy"]) == 2


async def test_what_another_carer_has_is_refused_by_name(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    text, status = await changed(petra, staffed, "Anna", {"name": "kim", "phone": "070-000 01 11"})
    assert status == 400 and "Kim har det numret." in text and "Kim finns redan." in text
    for form in (
        {"name": "", "phone": "112"},
        {"name": "Anna", "phone": "070-000 01 10"},
        {"name": "\0", "phone": "x" * 99},
    ):
        assert (await changed(petra, staffed, "Anna", form))[1] == 400
    await petra.get("/staff/new-carer")
    assert (
        await petra.post("/staff/new-carer", {"name": "A", "phone": "070-1740699", "last": "2020-01-01"})
    ).status == 400


async def test_an_open_case_follows_its_carer_to_a_number(staffed: NightTown, pages: Site) -> None:
    alarm, number = await taken_case(staffed, await shift_of(staffed, NIGHT, "Anna"))
    token = await staffed.value("select token from notices where state = 'took'")
    petra = await pages.signed_in("petra")
    text, status = await changed(petra, staffed, "Anna", {"name": "Anna", "phone": "070-000 01 77"})
    assert "Passet i natt följer med" in text and "Öppna ärenden följer med: 1." in text and status == 303
    finder = pages.browser()
    assert (await finder.get(f"/u/{token}")).status == 404
    told = "select wording from messages where phone = $1 order by created_at desc limit 1"
    assert await staffed.value(told, NEW) == "granted"
    sender = await staffed.value("select sending_number from organisations where org = $1", staffed.org)
    await receive_reply(staffed.memory, ReceivedReply("test", "a", NEW, sender, f"3 {number}"))
    assert await staffed.value("select state from alarms where alarm_id = $1", alarm) == "on_site"
    assert await on_duty(staffed, NIGHT) == ["Anna"]


async def test_a_number_may_wait_until_the_night_is_over(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    text, status = await changed(petra, staffed, "Anna", {"name": "Anna", "phone": "070-000 01 77"}, when="later")
    assert "Till dess gäller 070-000 01 10." in text and status == 303
    phone = "select phone from carers where name = 'Anna'"
    assert await carer_changes.apply_due_numbers(staffed.memory) == 0
    assert await staffed.value(phone) == OLD
    refused, status = await changed(petra, staffed, "Kim", {"name": "Kim", "phone": "070-000 01 77"})
    assert status == 400 and "Anna har det numret." in refused, "it is spoken for"
    await staffed.set_clock(await staffed.value("select clock.now()") + timedelta(hours=11))
    assert await carer_changes.apply_due_numbers(staffed.memory) == 1
    assert await carer_changes.apply_due_numbers(staffed.memory) == 0
    assert await staffed.value(phone) == NEW


async def test_of_two_planners_the_second_is_told(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    path = f"/staff/carers/{await carer_id(staffed, 'Anna')}/edit"
    await petra.get(path)
    drawn = {"was_name": "Anna", "was_phone": OLD, "was_next": "", "sure": "1", "when": "now"}
    assert (await petra.post(path, {"name": "Anna Ek", "phone": OLD, **drawn})).status == 303
    late = await petra.post(path, {"name": "Anna B", "phone": OLD, **drawn})
    assert late.status == 409 and "Någon annan hann ändra." in await late.text()
    assert await staffed.value("select name from carers where phone = $1", OLD) == "Anna Ek"


async def test_a_lead_of_some_areas_changes_no_carer(staffed: NightTown, pages: Site) -> None:
    people = [{"login": "leo", "name": "Leo", "roles": ["lead"], "areas": ["3"], "password_hash": PASSWORD_HASH}]
    await staffed.extend(users=people)
    leo = await pages.signed_in("leo")
    path = f"/staff/carers/{await carer_id(staffed, 'Anna')}/edit"
    assert (await leo.get(path)).status == 404
    assert (await leo.post(path, {"name": "X", "phone": OLD})).status == 404
    assert (await leo.get("/staff/new-carer")).status == 404


async def test_a_file_undoes_no_page_and_names_it(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    anna = await carer_id(staffed, "Anna")
    assert (await changed(petra, staffed, "Anna", {"name": "Anna Ek", "phone": "070-000 01 77"}))[1] == 303
    file: dict[str, Any] = await as_it_was(staffed)
    async with staffed.memory.transaction() as tx:
        notes = await apply(tx, read_town(town_file.text_of(file)), await now(tx))
    told = [
        each.detail.words(SPEECHES["sv"]) if isinstance(each.detail, TownSentence) else each.detail
        for each in notes
        if each.what == "carer" and each.name == "Anna Ek"
    ]
    assert any("070-000 01 77" in one and "070-000 01 10" in one for one in told)
    assert any("Anna Ek" in one and "Anna" in one for one in told)
    assert await staffed.value("select array_agg((name, phone)) from carers where name like 'Anna%'") == [
        ("Anna Ek", NEW)
    ]
    assert await carer_id(staffed, "Anna Ek") == anna
    assert await on_duty(staffed, NIGHT) == ["Anna Ek"], "the rota is still hers"


async def as_it_was(town: NightTown) -> dict[str, Any]:
    """Return the town's file from before the change."""
    async with town.memory.transaction() as tx:
        row = await tx.fetchrow("select * from organisations where org = $1", town.org)
        assert row is not None
        names = model.OrganisationEntry.model_fields
        carers = await tx.fetch("select name, phone from carers where org = $1 and name <> 'Anna Ek'", town.org)
    return {
        "organisation": {"id": town.org, **{n: row[n] for n in names if n in row and row[n] is not None}},
        "areas": [{"code": "3"}],
        "carers": [*map(dict, carers), {"name": "Anna", "phone": OLD}],
        "shifts": [
            town_file.shift("Anna", patrol="Patrull 1"),
            town_file.shift("Nattansvarig", role="lead", starts="21:00", ends="07:30"),
        ],
    }
