"""A carer who leaves by page: who may, what is refused, and that a form sent twice leaves once."""

import pytest

from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Site
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
