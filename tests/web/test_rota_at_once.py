"""Two people who change one rota at once: the one who comes second is told, and nobody is on duty in two places."""

import asyncio
from datetime import date, time
from uuid import UUID, uuid4

import pytest

from alarm_center.casework.editing import ChangedMeanwhile, Editor
from alarm_center.core.pattern_form import PatternFault, PatternRefused
from alarm_center.core.roles import Right
from alarm_center.core.shift_patterns import DutyPost, ShiftPattern
from alarm_center.preparation import area_changes, leavers, rota_changes
from alarm_center.preparation.leavers import Leaving
from alarm_center.preparation.rota_changes import RotaChange
from alarm_center.store import shift_patterns
from schemas.vocabulary import Duty, Role
from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Site
from tests.support.viewers import viewer_in
from tests.support.waiting import eventually
from tests.web.test_staff import carer_id, staff_town

MONDAY = date(2026, 11, 23)


@pytest.fixture
async def apart(storstad: NightTown) -> NightTown:
    """The town with a second area, a lead for each, and Kim, who is on no shift."""
    await staff_town(storstad)
    people = [
        {"login": login, "name": login.title(), "roles": ["lead"], "areas": [area], "password_hash": PASSWORD_HASH}
        for login, area in (("leo", "3"), ("lena", "9"))
    ]
    await storstad.extend(areas=[{"code": "9"}], users=people)
    return storstad


async def planner_of(town: NightTown) -> Editor:
    """Return somebody who keeps the rota of the whole town, by a page."""
    me = uuid4()
    return Editor(str(me), await viewer_in(town.memory, town.org, right=Right.STAFF, role=Role.COORDINATOR, user=me))


async def area_id(town: NightTown, code: str) -> UUID:
    found: UUID = await town.value("select area_id from areas where code = $1", code)
    return found


async def kims(town: NightTown, area: str, patrol: str) -> RotaChange:
    """Return a new pattern for Kim as a form would give it, before anybody else saves anything."""
    post = DutyPost(await area_id(town, area), UUID(await carer_id(town, "Kim")), patrol, Duty.PATROL)
    pattern = ShiftPattern(uuid4(), uuid4(), post, time(21, 30), time(7), tuple(range(7)), MONDAY)
    return RotaChange(town.org, None, pattern, MONDAY)


async def test_of_two_saves_at_one_instant_one_wins(apart: NightTown, pages: Site) -> None:
    leads = [await pages.signed_in("leo"), await pages.signed_in("lena")]
    kim = await carer_id(apart, "Kim")
    forms = [
        {"area": str(await area_id(apart, code)), "carer": kim, "patrol": f"Patrull {code}", "duty": "patrol",
         "starts": "21:30", "ends": "07:00", "weekdays": "0", "every_weeks": "1", "from_night": "2026-11-23", "sure": "1"}
        for code in ("3", "9")
    ]  # fmt: skip
    for lead in leads:
        await lead.get("/staff/new-pattern")
    async with apart.memory.transaction() as tx:
        await shift_patterns.lock_rota(tx, apart.org)
        sent = [
            asyncio.create_task(lead.post("/staff/new-pattern", form)) for lead, form in zip(leads, forms, strict=True)
        ]
        await eventually(lambda: tx.fetchval("select count(*) = 2 from pg_locks where not granted"))
    answers = await asyncio.gather(*sent)
    assert sorted(each.status for each in answers) == [303, 409], "both had been shown a rota with Kim free"
    said = await next(each for each in answers if each.status == 409).text()
    assert "Är i tjänst då redan: Omr " in said and "Kim, mån 21:30–07:00" in said
    assert await apart.value("select count(*) from shift_patterns where carer_id = $1", UUID(kim)) == 1
    assert await apart.value("select count(*) from changes where part = 'staff'") == 1


async def test_a_form_that_comes_twice_at_once_adds_once(apart: NightTown) -> None:
    drawn, me = [await kims(apart, "3", "Patrull 3") for _ in range(2)], await planner_of(apart)
    done = await asyncio.gather(
        *(rota_changes.change_rota(apart.planner, each, editor=me) for each in drawn), return_exceptions=True
    )
    refused = [each for each in done if each is not None]
    assert [each.fault for each in refused if isinstance(each, PatternRefused)] == [PatternFault.OVERLAPS]
    assert len(refused) == 1


async def test_a_carer_who_left_meanwhile_gets_no_shift(apart: NightTown) -> None:
    drawn, me = await kims(apart, "3", "Patrull 3"), await planner_of(apart)
    kim = UUID(await carer_id(apart, "Kim"))
    await leavers.end_carer(apart.planner, apart.org, Leaving(kim, date(2026, 12, 1)), editor=me)
    with pytest.raises(ChangedMeanwhile):  # the sentence had no last night
        await rota_changes.change_rota(apart.planner, drawn, editor=me)
    await leavers.end_carer(apart.planner, apart.org, Leaving(kim, date(2026, 11, 21)), editor=me)
    with pytest.raises(PatternRefused) as refused:
        await rota_changes.change_rota(apart.planner, drawn, editor=me)
    assert refused.value.fault is PatternFault.LEFT
    assert await apart.value("select count(*) from shift_patterns where carer_id = $1", kim) == 0


async def test_an_area_closed_meanwhile_gets_no_shift(apart: NightTown) -> None:
    drawn, me = await kims(apart, "9", "Patrull 9"), await planner_of(apart)
    nine = await area_id(apart, "9")
    await area_changes.close_area(apart.planner, apart.org, nine, "9-0-0-0-0", editor=me)
    with pytest.raises(PatternRefused) as refused:
        await rota_changes.change_rota(apart.planner, drawn, editor=me)
    assert refused.value.fault is PatternFault.NO_AREA
    assert await apart.value("select count(*) from shift_patterns where area_id = $1", nine) == 0
