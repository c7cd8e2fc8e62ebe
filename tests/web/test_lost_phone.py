"""A phone that is lost: off duty at once, silent, its links void, and another has its shift and its cases."""

import asyncio
from datetime import timedelta

import pytest

from alarm_center.preparation import muster, shifts_ahead
from alarm_center.sms.incoming_replies import ReceivedReply, receive_reply
from alarm_center.store import claims
from alarm_center.store.claims import ProviderNames
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Browser, Site
from tests.web.test_resident_page import words
from tests.web.test_staff import MONDAY, NIGHT, carer_id, on_duty, shift_of, staff_town, taken_case

OLD, NEW = "+46700000110", "+46700000199"


@pytest.fixture
async def staffed(storstad: NightTown) -> NightTown:
    """The town with Anna on duty, and Kim on no shift."""
    await staff_town(storstad)
    return storstad


async def lost_form(town: NightTown, phone: str = "070-000 01 99") -> tuple[str, dict[str, str]]:
    """Return the form's address and what is sent to make it so."""
    return f"/staff/carers/{await carer_id(town, 'Anna')}/lost", {"phone": phone, "sure": "1"}


async def lose(pages: Site, town: NightTown, phone: str = "070-000 01 99") -> Browser:
    """Let Petra say that Anna's phone is lost; return her browser."""
    petra = await pages.signed_in("petra")
    path, form = await lost_form(town, phone)
    await petra.get(path)
    assert (await petra.post(path, form)).status == 303
    return petra


async def test_a_lost_phone_is_handed_over_in_one_act(staffed: NightTown, pages: Site) -> None:
    shift = await shift_of(staffed, NIGHT, "Anna")
    alarm, number = await taken_case(staffed, shift)
    petra = await pages.signed_in("petra")
    path, form = await lost_form(staffed)
    await petra.get(path)
    said = await (await petra.post(path, {"phone": form["phone"]})).text()
    assert "070-000 01 10 är ur tjänst från nu" in said and "tar över område 3, Patrull 1" in said
    assert f"Öppna ärenden som telefonen har tagit söker ny patrull genast: {number}." in said
    assert await on_duty(staffed, NIGHT) == ["Anna"], "nothing has happened yet"
    assert (await petra.post(path, form)).status == 303
    assert await on_duty(staffed, NIGHT) == ["Anna (070-000 01 99)"]
    asked = "select phone from notices where alarm_id = $1 and state = 'asked'"
    assert await staffed.value(asked, alarm) == NEW
    assert (await petra.post(path, form)).status == 303
    assert await staffed.value("select count(*) from lost_phones") == 1
    assert await staffed.value("select count(*) from changes where part = 'staff'") == 1, "sent twice, it changes once"
    await muster.muster_shifts(staffed.memory)
    assert await staffed.value("select count(*) from messages where wording = 'muster' and phone = $1", NEW) == 1


async def test_a_lost_phones_link_is_nobodys(staffed: NightTown, pages: Site) -> None:
    await taken_case(staffed, await shift_of(staffed, NIGHT, "Anna"))
    token = await staffed.value("select token from notices where state = 'took'")
    finder = pages.browser()
    assert (await finder.get(f"/u/{token}")).status == 200
    petra = await pages.signed_in("petra")
    path, form = await lost_form(staffed)
    await petra.get(path)
    assert (await petra.post(path, form)).status == 303
    assert (await finder.post(f"/u/{token}/take", {"minutes": "10"})).status == 404
    assert (await finder.get(f"/u/{token}")).status == 404


async def test_nothing_goes_to_a_lost_phone_or_counts_from_it(staffed: NightTown, pages: Site) -> None:
    alarm, number = await taken_case(staffed, await shift_of(staffed, NIGHT, "Anna"))
    await lose(pages, staffed)
    await staffed.execute(
        "update messages set state = 'queued', worded = true, body = 'x' || message_id, token = message_id::text,"
        " not_before = clock.now(), valid_until = clock.now() + interval '1 hour'"
    )
    to: dict[str, set[bool]] = {}
    while True:
        async with staffed.memory.transaction() as tx:
            one = await claims.claim_next(
                tx,
                await tx.fetchval("select gen_random_uuid()"),
                timedelta(minutes=5),
                None,
                None,
                ProviderNames("twilio"),
                urgent_only=False,
            )
        if one is None:
            break
        to.setdefault(one.message.phone, set()).add(one.needless)
    assert to[OLD] == {True}, "what was queued is not sent"
    assert False in to[NEW]
    sender = await staffed.value("select sending_number from organisations where org = $1", staffed.org)
    await receive_reply(staffed.memory, ReceivedReply("test", "a", OLD, sender, f"1 {number}"))
    assert await staffed.value("select meaning from replies where provider_id = 'a'") == "unknown_number"
    assert await staffed.value("select count(*) from notices where alarm_id = $1 and state = 'took'", alarm) == 0


async def test_a_lost_phone_leaves_its_nights_open(staffed: NightTown, pages: Site) -> None:
    petra = await lose(pages, staffed)
    await shifts_ahead.lay_shifts_ahead(staffed.memory)
    page = await words(petra, f"/staff?night={MONDAY}")
    assert "Område 3: ingen patrull 23:00–06:00." in page and "Telefonen är borta sedan" in page
    path = f"/staff/carers/{await carer_id(staffed, 'Anna')}"
    await petra.get(f"{path}/lost")
    assert (await petra.post(f"{path}/found", {})).status == 303
    assert (await petra.post(f"{path}/found", {})).status == 303
    assert "Område 3: ingen patrull" not in await words(petra, f"/staff?night={MONDAY}")
    assert await staffed.value("select count(*) from changes where part = 'staff'") == 2


async def test_a_lost_phone_takes_over_from_none(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    path, _ = await lost_form(staffed)
    await petra.get(path)
    for said, status in (("070-000 01 10", 409), ("08-12", 400), ("", 400), ("\0" * 50, 400)):
        answer = await petra.post(path, {"phone": said})
        assert answer.status == status and 'id="wrong-phone"' in await answer.text(), said
    await petra.post(path, {"none": "1", "sure": "1"})
    assert await on_duty(staffed, NIGHT) == []
    kim = await carer_id(staffed, "Kim")
    await petra.get(f"/staff/carers/{kim}/lost")
    assert (await petra.post(f"/staff/carers/{kim}/lost", {"phone": "070-000 01 10", "sure": "1"})).status == 409
    shift = await shift_of(staffed, MONDAY, "Anna")
    refused = await petra.post(f"/staff/shifts/{shift}/now", {"why": "phone", "phone": "070-000 01 10"})
    assert refused.status == 409


async def test_another_areas_lead_takes_no_phone_off_duty(staffed: NightTown, pages: Site) -> None:
    people = [
        {"login": name, "name": name, "roles": ["lead"], "areas": [area], "password_hash": PASSWORD_HASH}
        for name, area in (("lena", "9"), ("leo", "3"))
    ]
    await staffed.extend(areas=[{"code": "9"}], users=people)
    path, form = await lost_form(staffed)
    lena, leo = await pages.signed_in("lena"), await pages.signed_in("leo")
    assert (await lena.get(path)).status == 404
    assert (await lena.post(path, form)).status == 404
    assert await on_duty(staffed, NIGHT) == ["Anna"]
    await leo.get(path)
    assert (await leo.post(path, form)).status == 303
    assert await on_duty(staffed, NIGHT) == ["Anna (070-000 01 99)"]


async def test_a_case_asked_of_a_lost_phone_goes_on(staffed: NightTown, pages: Site) -> None:
    await staffed.finding(3, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await lose(pages, staffed, "070-000 01 11")
    phones = "select array_agg(phone) from notices where state = 'asked'"
    assert OLD not in (await staffed.value(phones) or [])
    assert await on_duty(staffed, NIGHT) == ["Kim"]


async def test_two_who_say_it_at_once_say_it_once(staffed: NightTown, pages: Site) -> None:
    alarm, _ = await taken_case(staffed, await shift_of(staffed, NIGHT, "Anna"))
    path, form = await lost_form(staffed)
    petra, other = await pages.signed_in("petra"), await pages.signed_in("petra")
    for each in (petra, other):
        await each.get(path)
    answers = await asyncio.gather(petra.post(path, form), other.post(path, {"none": "1", "sure": "1"}))
    assert [answer.status for answer in answers] == [303, 303]
    assert await staffed.value("select count(*) from lost_phones") == 1
    assert await staffed.value("select count(*) from changes where part = 'staff'") == 1
    assert await staffed.value("select count(*) from notices where alarm_id = $1 and state = 'took'", alarm) == 0
