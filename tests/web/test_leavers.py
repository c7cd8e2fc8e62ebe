"""A carer who leaves by page: who may, what is refused, and that a form sent twice leaves once."""

from datetime import UTC, datetime

import pytest

from alarm_center.preparation import muster
from alarm_center.sms.incoming_replies import ReceivedReply, receive_reply
from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Browser, Site
from tests.web.test_resident_page import words
from tests.web.test_staff import MONDAY, NIGHT, carer_id, on_duty, shift_of, staff_town, taken_case


@pytest.fixture
async def staffed(storstad: NightTown) -> NightTown:
    """The town with Anna on duty, and Kim on no shift."""
    await staff_town(storstad)
    return storstad


async def signs_in(town: NightTown, *roles: str) -> None:
    """Let Anna be somebody who signs in."""
    person = {"login": "anna", "name": "Anna", "roles": list(roles), "password_hash": PASSWORD_HASH}
    await town.extend(users=[person])
    await town.execute(
        "update carers set user_id = (select user_id from users where login = 'anna') where name = 'Anna'"
    )


async def test_a_leaver_is_told_of_first_and_leaves_once(staffed: NightTown, pages: Site) -> None:
    await signs_in(staffed, "carer")
    petra = await pages.signed_in("petra")
    path = f"/staff/carers/{await carer_id(staffed, 'Anna')}"
    await petra.get(path)
    form = {"last": "2026-11-29", "phone": "1", "keys": "1"}
    said = await (await petra.post(path, form)).text()
    assert "Pass som slutar efter sista natten: 1." in said and "Måndag 30 november: Område 3: ingen patrull" in said
    assert "Rollen som nattpersonal slutar med sista natten." in said and "Inte inlämnat" not in said
    assert await on_duty(staffed, MONDAY) == ["Anna"], "nothing has happened yet"
    for _ in range(2):
        assert (await petra.post(path, {**form, "sure": "1"})).status == 303
    assert await on_duty(staffed, MONDAY) == [] and await on_duty(staffed, NIGHT) == ["Anna"]
    ended = "select ended_at > clock.now() + interval '7 days' from memberships join users using (user_id) where login = 'anna'"
    assert await staffed.value(ended), "the role ends when the last night is over"
    told = "select count(*) from events where kind = 'membership_changed' and data ->> 'ends_at' is not null"
    assert await staffed.value(told) >= 1


async def test_other_roles_are_an_admins_to_end(staffed: NightTown, pages: Site) -> None:
    await signs_in(staffed, "carer", "operator")
    anna, petra = await pages.signed_in("anna"), await pages.signed_in("petra")
    path = f"/staff/carers/{await carer_id(staffed, 'Anna')}"
    await petra.get(path)
    assert (await anna.get("/account", follow=False)).status == 200
    assert (await petra.post(path, {"last": "2026-11-21", "sign_in": "1", "sure": "1"})).status == 303
    assert (await anna.get("/account", follow=False)).status == 303, "every session has ended"
    open_ = "select ended_at is null from memberships join users using (user_id) where login = 'anna'"
    assert await staffed.value(open_)
    assert await staffed.value("select after ->> 'sign_in' from changes where part = 'staff'") == "other_roles"


async def test_an_open_case_keeps_a_leaver(staffed: NightTown, pages: Site) -> None:
    alarm, _ = await taken_case(staffed, await shift_of(staffed, NIGHT, "Anna"))
    petra = await pages.signed_in("petra")
    path = f"/staff/carers/{await carer_id(staffed, 'Anna')}"
    await petra.get(path)
    assert (await petra.post(path, {"last": "2026-11-29", "sure": "1"})).status == 409
    assert (await petra.post(path, {"last": "2020-01-01", "cases": "1", "sure": "1"})).status == 400
    assert (await petra.post(path, {"last": "\0", "sure": "1"})).status == 400
    assert await on_duty(staffed, NIGHT) == ["Anna"]
    assert (await petra.post(path, {"last": "2026-11-29", "cases": "1", "sure": "1"})).status == 303
    assert await staffed.value("select count(*) from notices where alarm_id = $1 and state = 'took'", alarm) == 0
    assert await on_duty(staffed, NIGHT) == []


async def test_what_is_not_handed_in_is_listed_after(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    path = f"/staff/carers/{await carer_id(staffed, 'Kim')}"
    await petra.get(path)
    await petra.post(path, {"last": "2026-11-20", "phone": "1", "sure": "1"})
    assert "Inte inlämnat: nycklar och kort." in await words(petra, "/staff/carers")
    await petra.get(path)
    await petra.post(path, {"last": "2026-11-20", "phone": "1", "keys": "1", "sure": "1"})
    assert "Kim" not in await words(petra, "/staff/carers")


async def test_a_lead_of_some_areas_ends_nobody(staffed: NightTown, pages: Site) -> None:
    people = [{"login": "leo", "name": "Leo", "roles": ["lead"], "areas": ["3"], "password_hash": PASSWORD_HASH}]
    await staffed.extend(users=people)
    leo = await pages.signed_in("leo")
    path = f"/staff/carers/{await carer_id(staffed, 'Anna')}"
    assert (await leo.get(path)).status == 404
    assert (await leo.post(path, {"last": "2026-11-29", "sure": "1"})).status == 404


CODE = "select code from carers where name = $1"


async def give_codes(petra: Browser, town: NightTown) -> None:
    """Let Petra give a code to each carer who has none."""
    await petra.get("/staff/carers")
    assert (await petra.post("/staff/codes", {"town": town.org})).status == 303


async def test_a_leavers_code_ends_with_the_last_night(staffed: NightTown, pages: Site) -> None:
    petra, path = await pages.signed_in("petra"), f"/staff/carers/{await carer_id(staffed, 'Kim')}"
    await give_codes(petra, staffed)
    code = await staffed.value(CODE, "Kim")
    await petra.get(path)
    said = await (await petra.post(path, {"last": "2026-11-22"})).text()
    assert "Den personliga koden gäller till och med den natten." in said
    assert (await petra.post(path, {"last": "2026-11-22", "sure": "1"})).status == 303
    assert await staffed.value(CODE, "Kim") == code, "there is a night left"
    sender = await staffed.value("select sending_number from organisations where org = $1", staffed.org)
    for day, there in ((22, 1), (23, 0)):
        await staffed.set_clock(datetime(2026, 11, day, 22, 30, tzinfo=UTC))
        await muster.muster_shifts(staffed.memory)
        await receive_reply(staffed.memory, ReceivedReply("test", str(day), "+46700000110", sender, f"1 {code}"))
        shift = await shift_of(staffed, f"2026-11-{day}", "Anna")
        assert await staffed.value("select count(*) from shift_people where shift_id = $1", shift) == there, day
        unknown = await staffed.value("select unknown_code_at is not null from shifts where shift_id = $1", shift)
        assert unknown is not bool(there), day


async def test_a_code_is_gone_where_the_last_night_is_over(staffed: NightTown, pages: Site) -> None:
    petra, path = await pages.signed_in("petra"), f"/staff/carers/{await carer_id(staffed, 'Kim')}"
    await give_codes(petra, staffed)
    await petra.get(path)
    assert (await petra.post(path, {"last": "2026-11-20", "sure": "1"})).status == 303
    assert await staffed.value(CODE, "Kim") is None and await staffed.value(CODE, "Anna") is not None
    page = await petra.text("/staff/carers")
    assert "Kim" in page and "Ge alla en kod" not in page, "who has left gets none"
    assert (await petra.post("/staff/codes", {"town": staffed.org})).status == 303
    assert await staffed.value(CODE, "Kim") is None


async def test_giving_codes_sends_no_sms(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    assert "Inget SMS går ut nu" in await petra.text("/staff/carers")
    await give_codes(petra, staffed)
    assert await staffed.value("select count(*) from messages") == 0
