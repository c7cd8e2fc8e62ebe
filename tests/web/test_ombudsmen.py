"""Alarm ombudsmen by page: two an area, with days, each a change; an area's lead keeps their own."""

from datetime import timedelta

import pytest

from alarm_center.preparation.reconciliation import reconcile_town
from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Site
from tests.web.test_resident_page import words
from tests.web.test_staff import carer_id, staff_town


@pytest.fixture
async def staffed(storstad: NightTown) -> NightTown:
    """The town with Anna and Kim among its carers."""
    await staff_town(storstad)
    return storstad


async def area(town: NightTown, code: str = "3") -> str:
    """Return an area's id."""
    return str(await town.value("select area_id from areas where org = $1 and code = $2", town.org, code))


async def test_an_area_is_given_two_ombudsmen(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    assert "Området har inget larmombud." in await words(petra, "/staff/ombudsmen")
    path = f"/staff/areas/{await area(staffed)}/ombudsman"
    for name, last in (("Anna", ""), ("Kim", "2026-12-10")):
        form = {"carer": await carer_id(staffed, name), "from_day": "2026-11-22", "until_day": last}
        await petra.get(path)
        said = await (await petra.post(path, form)).text()
        assert f"{name} är larmombud i område 3 från" in said
        assert (await petra.post(path, {**form, "sure": "1"})).status == 303
        again = await petra.post(path, {**form, "sure": "1"})
        assert again.status == 400 and "Är redan larmombud" in await again.text()
    page = await words(petra, "/staff/ombudsmen")
    assert "Området har" not in page and "slutar snart" in page
    await reconcile_town(staffed.memory, staffed.org)
    todo = await words(petra, "/todo?all=1")
    assert "Kim slutar som larmombud i område 3 10 december 2026." in todo
    kim = await staffed.value("select ombudsman_id from ombudsmen join carers using (carer_id) where name = 'Kim'")
    await petra.get(f"/staff/ombudsmen/{kim}")
    assert (await petra.post(f"/staff/ombudsmen/{kim}", {"last": "2026-11-01"})).status == 400
    assert (await petra.post(f"/staff/ombudsmen/{kim}", {"last": "\0"})).status == 400
    assert (await petra.post(f"/staff/ombudsmen/{kim}", {"last": "2027-12-31"})).status == 303
    assert await staffed.value("select count(*) from changes where part = 'staff'") == 3
    await staffed.set_clock(await staffed.value("select clock.now()") + timedelta(minutes=1))
    await reconcile_town(staffed.memory, staffed.org)
    assert "larmombud" not in await words(petra, "/todo?all=1")


async def test_a_lead_names_ombudsmen_of_their_own_area(staffed: NightTown, pages: Site) -> None:
    people = [
        {"login": name, "name": name, "roles": ["lead"], "areas": [code], "password_hash": PASSWORD_HASH}
        for name, code in (("lena", "9"), ("leo", "3"))
    ]
    await staffed.extend(areas=[{"code": "9"}], users=people)
    path = f"/staff/areas/{await area(staffed)}/ombudsman"
    form = {"carer": await carer_id(staffed, "Kim"), "from_day": "2026-11-22", "until_day": "", "sure": "1"}
    lena, leo = await pages.signed_in("lena"), await pages.signed_in("leo")
    assert (await lena.get(path)).status == 404 and (await lena.post(path, form)).status == 404
    await leo.get(path)
    assert (await leo.post(path, form)).status == 303
    assert "Kim" not in await words(lena, "/staff/ombudsmen")
    one = await staffed.value("select ombudsman_id from ombudsmen")
    assert (await lena.post(f"/staff/ombudsmen/{one}", {"last": "2026-12-01"})).status == 404


async def test_what_is_wrong_stands_beside_its_field(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    path = f"/staff/areas/{await area(staffed)}/ombudsman"
    kim = await carer_id(staffed, "Kim")
    await petra.get(path)
    for form, field in (
        ({"carer": "", "from_day": "2026-11-22"}, "carer"),
        ({"carer": path[-36:], "from_day": "2026-11-22"}, "carer"),
        ({"carer": kim, "from_day": "i dag"}, "from_day"),
        ({"carer": kim, "from_day": "2026-11-01"}, "from_day"),
        ({"carer": kim, "from_day": "2026-12-01", "until_day": "2026-11-30"}, "until_day"),
    ):
        answer = await petra.post(path, form)
        assert answer.status == 400 and f'id="wrong-{field}"' in await answer.text(), form
