"""A lead of one area hands a patrol over that has a case in another: the case is found and goes, and nothing of it is shown."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.roles import Right
from alarm_center.store import open_cases, viewer_scope
from schemas.vocabulary import Answer, Priority, Reason, Role
from tests.support import town_file
from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Browser, Site
from tests.support.viewers import viewer_in
from tests.web.test_staff import NIGHT, carer_id, on_duty, shift_of, staff_town

ANNA, KIM = "+46700000110", "+46700000111"


@pytest.fixture
async def apart(storstad: NightTown) -> NightTown:
    """The town with a second area that has no patrol of its own, and Leo, who leads area 3 alone."""
    await staff_town(storstad)
    people = [{"login": "leo", "name": "Leo", "roles": ["lead"], "areas": ["3"], "password_hash": PASSWORD_HASH}]
    await storstad.extend(areas=[{"code": "9"}], users=people)
    return storstad


async def take(town: NightTown, alarm_id: UUID) -> int:
    """Let Anna, who is on duty in area 3, take the alarm; return its number."""
    await cases.apply_to_alarm(town.memory, alarm_id, alarm_events.SendPatrol(uuid4()), actor="test")
    await town.step()
    notice = await town.value("select notice_id from notices where alarm_id = $1 and phone = $2", alarm_id, ANNA)
    await cases.apply_to_alarm(town.memory, alarm_id, alarm_events.Took(notice), actor="test")
    number: int = await town.value("select case_no from alarms where alarm_id = $1", alarm_id)
    return number


async def taken_beyond(town: NightTown) -> tuple[UUID, int]:
    """Return a resident's case in area 9 that Anna has taken, and its number."""
    await town.execute(
        "update residents set area_id = (select area_id from areas where code = '9') where resident_id = $1",
        town.residents[3],
    )
    await town.finding(3, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm: UUID = await town.value("select alarm_id from alarms where resident_id = $1", town.residents[3])
    return alarm, await take(town, alarm)


async def colleague_beyond(town: NightTown) -> tuple[UUID, int]:
    """Return an alarm in area 9 that is about no resident, which Anna has taken, and its number."""
    async with town.memory.transaction() as tx:
        area, at = (
            await tx.fetchval("select area_id from areas where code = '9'"),
            await tx.fetchval("select clock.now()"),
        )
        raised = await cases.raise_area_alarm(tx, town.org, area, Priority.FIRST, at=at, actor="test")
    return raised.alarm_id, await take(town, raised.alarm_id)


async def went_on(town: NightTown, alarm: UUID) -> None:
    """Hold that Anna has the case no more, that somebody is asked at once, and Kim when another area's patrols are."""
    held = "select array_agg(phone) from notices where alarm_id = $1 and state in ('asked', 'took')"
    phones = await town.value(held, alarm)
    assert phones and ANNA not in phones, phones
    await town.set_clock(await town.memory.now() + timedelta(minutes=10))
    await town.step()
    phones = await town.value(held, alarm)
    assert KIM in phones and ANNA not in phones, phones


async def hand_over(leo: Browser, town: NightTown) -> str:
    """Let Leo give Anna's shift to Kim; return what he was told before."""
    shift, form = await shift_of(town, NIGHT, "Anna"), {"why": "sick", "who": await carer_id(town, "Kim")}
    await leo.get(f"/staff/shifts/{shift}?why=sick")
    said = await (await leo.post(f"/staff/shifts/{shift}", form)).text()
    assert (await leo.post(f"/staff/shifts/{shift}/now", form)).status == 303
    assert await on_duty(town, NIGHT) == ["Kim"]
    return said


async def test_a_sick_carers_case_beyond_the_area_goes_too(apart: NightTown, pages: Site) -> None:
    alarm, number = await taken_beyond(apart)
    leo = await pages.signed_in("leo")
    said = await hand_over(leo, apart)
    assert f"Ärende {number} (område 9) som Anna har tagit söker ny patrull genast." in said
    name = await apart.value("select name from residents where resident_id = $1", apart.residents[3])
    assert name not in said
    await went_on(apart, alarm)
    assert (await leo.get(f"/alarm/{alarm}")).status in {403, 404}, "the case is not theirs to see after either"


async def test_a_lost_phones_case_beyond_the_area_goes_too(apart: NightTown, pages: Site) -> None:
    alarm, number = await taken_beyond(apart)
    leo, path = await pages.signed_in("leo"), f"/staff/carers/{await carer_id(apart, 'Anna')}/lost"
    await leo.get(path)
    said = await (await leo.post(path, {"phone": "070-000 01 11"})).text()
    assert f"genast: {number} (område 9)." in said
    assert (await leo.post(path, {"phone": "070-000 01 11", "sure": "1"})).status == 303
    await went_on(apart, alarm)


async def test_an_alarm_about_no_resident_goes_too(apart: NightTown, pages: Site) -> None:
    alarm, number = await colleague_beyond(apart)
    said = await hand_over(await pages.signed_in("leo"), apart)
    assert f"Ärende {number} (område 9)" in said
    await went_on(apart, alarm)


async def test_a_leaver_hands_over_in_every_area(apart: NightTown, pages: Site) -> None:
    alarm, number = await taken_beyond(apart)
    petra, path = await pages.signed_in("petra"), f"/staff/carers/{await carer_id(apart, 'Anna')}"
    await petra.get(path)
    form = {"last": "2026-11-29", "cases": "1"}
    assert f"Ärende {number} söker ny patrull nu" in await (await petra.post(path, form)).text()
    assert (await petra.post(path, {**form, "sure": "1"})).status == 303
    assert await apart.value("select count(*) from notices where alarm_id = $1 and state = 'took'", alarm) == 0


async def test_a_case_of_another_shift_is_told_and_stays(apart: NightTown, pages: Site) -> None:
    bo = {"name": "Bo", "phone": "+46700000112"}
    await apart.extend(carers=[bo], shifts=[town_file.shift("Bo", area="9", patrol="Patrull 9")])
    petra, bos = await pages.signed_in("petra"), await shift_of(apart, NIGHT, "Bo")
    await petra.get(f"/staff/shifts/{bos}")
    both = {"why": "swap", "who": await carer_id(apart, "Anna")}
    assert (await petra.post(f"/staff/shifts/{bos}/now", both)).status == 303
    alarm, number = await taken_beyond(apart)
    shift = "select shift_id from notices join shifts using (shift_id) join areas using (area_id) where state = 'took' and code = '9'"
    assert await apart.value(shift) is not None
    leo = await pages.signed_in("leo")
    here = await apart.value(
        "select shift_id from shifts join areas using (area_id) where code = '3' and patrol = 'Patrull 1' and starts_at < clock.now() and ends_at > clock.now()"
    )
    form = {"why": "sick", "who": await carer_id(apart, "Kim")}
    await leo.get(f"/staff/shifts/{here}?why=sick")
    said = await (await leo.post(f"/staff/shifts/{here}", form)).text()
    assert f"Anna har också tagit ärende {number} (område 9), på ett annat pass." in said
    assert (await leo.post(f"/staff/shifts/{here}/now", form)).status == 303
    assert await apart.value("select count(*) from notices where alarm_id = $1 and state = 'took'", alarm) == 1


async def test_no_page_of_another_right_reads_the_cases(apart: NightTown) -> None:
    alarm, _ = await taken_beyond(apart)
    three = await apart.value("select area_id from areas where code = '3'")
    for right, role, seen in ((Right.STAFF, Role.LEAD, 1), (Right.PAUSE, Role.COORDINATOR, 0)):
        viewer = await viewer_in(apart.memory, "storstad", areas=(three,), right=right, role=role)
        async with apart.web.transaction(viewer) as tx:
            await viewer_scope.widen_to_handover(tx, alarm)
            assert await tx.fetchval("select count(*) from alarms") == 0, "only the act itself reads the case"
            assert len(await open_cases.of_phone(tx, "storstad", ANNA)) == seen
            assert await open_cases.of_phone(tx, "storstad", KIM) == []


async def test_a_double_booking_across_areas_is_seen(apart: NightTown, pages: Site) -> None:
    bo = {"name": "Bo", "phone": "+46700000112"}
    await apart.extend(carers=[bo], shifts=[town_file.shift("Bo", area="9", patrol="Patrull 9")])
    leo, area = await pages.signed_in("leo"), await apart.value("select area_id::text from areas where code = '3'")
    await leo.get("/staff/new-pattern")
    form = {
        "area": area, "carer": await carer_id(apart, "Bo"), "patrol": "Patrull 3", "duty": "patrol", "starts": "21:30", "ends": "07:00",
        "weekdays": "0", "every_weeks": "1", "from_night": "2026-11-22", "sure": "1",
    }  # fmt: skip
    refused = await leo.post("/staff/new-pattern", form)
    assert refused.status == 400
    assert "Är i tjänst då redan: Omr 9 · Patrull 9 · Bo" in await refused.text()
    assert await apart.value("select count(*) from changes where part = 'staff'") == 0
    assert (await leo.post("/staff/new-pattern", form | {"carer": await carer_id(apart, "Kim")})).status == 303
