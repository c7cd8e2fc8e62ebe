"""Areas by page: added, renamed, closed and merged as changes; a file afterwards undoes none of it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from alarm_center.preparation import shifts_ahead
from alarm_center.store.memory import now
from alarm_center.town import apply, model, reader
from alarm_center.town.problems import TownErrors
from schemas.vocabulary import ImportAction
from tests.support import town_file
from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Browser, Site
from tests.web.test_ombudsmen import area
from tests.web.test_resident_page import words
from tests.web.test_staff import carer_id, staff_town

LENA: dict[str, Any] = {
    "login": "lena",
    "name": "Lena",
    "roles": ["lead"],
    "areas": ["3"],
    "password_hash": PASSWORD_HASH,
}


@pytest.fixture
async def staffed(storstad: NightTown) -> NightTown:
    """The town by day, with a rota in area 3, nobody's case open, and an empty area 9."""
    await staff_town(storstad)
    await storstad.extend(areas=[{"code": "9"}], users=[LENA])
    await by_day(storstad)
    return storstad


async def by_day(town: NightTown) -> None:
    """Let it be two in the afternoon, with no case open and no shift that an earlier release laid."""
    await town.execute(
        "update alarms set state = 'closed', closed_at = clock.now(), next_step_at = null, outcome = 'home_in_bed' where state <> 'closed'"
    )
    at = await town.value(
        "select (clock.now() at time zone 'Europe/Stockholm')::date + time '14:00' at time zone 'Europe/Stockholm'"
    )
    await town.set_clock(at)
    await town.execute("delete from shifts where line_id is null and muster_asked_at is null")


async def merge(petra: Browser, town: NightTown, old: str = "3", new: str = "9") -> int:
    """Merge an area by its sentences; return the status of the last answer."""
    path = f"/staff/areas/{await area(town, old)}/close"
    await petra.get(path)
    into = await area(town, new)
    shown = await (await petra.post(path, {"into": into})).text()
    seen = shown.split('name="seen" value="')[1].split('"')[0]
    return (await petra.post(path, {"into": into, "seen": seen, "sure": "1"})).status


async def test_an_area_is_added_and_given_another_code(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    assert "Område 9" in await words(petra, "/staff/areas")
    await petra.get("/staff/new-area")
    assert "Område N2 läggs till." in await (await petra.post("/staff/new-area", {"code": " n2"})).text()
    assert (await petra.post("/staff/new-area", {"code": "N2", "sure": "1"})).status == 303
    again = await petra.post("/staff/new-area", {"code": "N2", "sure": "1"})
    assert again.status == 400 and 'id="wrong-code"' in await again.text()
    path = f"/staff/areas/{await area(staffed, 'N2')}/edit"
    await petra.get(path)
    assert "Område N2 heter 4 från nu" in await (await petra.post(path, {"code": "4", "was": "N2"})).text()
    assert (await petra.post(path, {"code": "4", "was": "N2", "sure": "1"})).status == 303
    other = await petra.post(path, {"code": "5", "was": "N2", "sure": "1"})
    assert other.status == 400 and "Någon annan har ändrat" in await other.text()
    for wrong in ("", "12345", "9", "\0", "4"):
        assert (await petra.post(path, {"code": wrong, "was": "4", "sure": "1"})).status == 400, wrong
    assert await staffed.value("select count(*) from changes where part = 'staff'") == 2


async def test_an_empty_area_closes_and_opens_again(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    nine = await area(staffed, "9")
    path = f"/staff/areas/{nine}/close"
    shown = await (await petra.get(path)).text()
    assert "Område 9 stängs nu." in shown
    seen = shown.split('name="seen" value="')[1].split('"')[0]
    assert (await petra.post(path, {"seen": "x", "sure": "1"})).status == 400
    assert (await petra.post(path, {"seen": seen, "sure": "1"})).status == 303
    assert (await petra.get(path)).status == 404
    assert "Område 9 stängdes" in await words(petra, "/staff/areas")
    assert "Område 9" not in await words(petra, "/staff/ombudsmen")
    await petra.get("/staff/new-area")
    assert "Område 9 öppnas igen, tomt." in await (await petra.post("/staff/new-area", {"code": "9"})).text()
    assert (await petra.post("/staff/new-area", {"code": "9", "sure": "1"})).status == 303
    assert await area(staffed, "9") == nine


async def test_an_area_that_is_lived_in_says_what_is_left(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    path = f"/staff/areas/{await area(staffed)}/close"
    page = await words(petra, path)
    count = await staffed.value("select count(*) from residents where moved_at is null and died_at is null")
    assert f"{count} bor kvar i området." in page and "2 pass gäller i området" in page
    answer = await petra.post(path, {"seen": "x", "sure": "1"})
    assert answer.status == 400
    assert await staffed.value("select closed_at is null from areas where code = '3'")


async def test_a_merger_moves_all_that_is_ahead(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    three, nine = UUID(await area(staffed)), UUID(await area(staffed, "9"))
    for code in (three, nine):
        await staffed.execute(
            "insert into ombudsmen (org, area_id, carer_id, from_day) values ($1, $2, $3, '2026-01-01')",
            staffed.org, code, UUID(await carer_id(staffed, "Anna")),
        )  # fmt: skip
    await shifts_ahead.lay_shifts_ahead(staffed.memory)
    ahead = "select count(*) from shifts where area_id = $1 and starts_at > clock.now()"
    laid, homes = await staffed.value(ahead, three), await staffed.value("select count(*) from residents")
    assert laid
    lines = await staffed.value(
        "select array_agg(distinct line_id order by line_id) from shift_patterns where until_night is null"
    )
    shown = await (await petra.post(f"/staff/areas/{three}/close", {"into": str(nine)})).text()
    assert "Ser i dag område 3 men inte 9, och ser efter det hela område 9: Lena." in shown
    assert await merge(petra, staffed) == 303
    assert await staffed.value(ahead, three) == 0 and await staffed.value(ahead, nine) == laid
    assert await staffed.value("select count(*) from residents where area_id = $1", nine) == homes
    assert (
        await staffed.value(
            "select array_agg(distinct line_id order by line_id) from shift_patterns where area_id = $1", nine
        )
        == lines
    )
    assert await staffed.value("select count(*) from ombudsmen where area_id = $1", nine) == 1
    kept = "select count(*) from changes where part = 'resident' and after ->> 'area_id' = $1"
    assert await staffed.value(kept, str(nine)) == homes
    assert await staffed.value("select after ->> 'merged' from changes where part = 'staff'") == "3"
    assert "Område 3 slogs ihop med 9" in await words(petra, "/staff/areas")
    lena = await pages.signed_in("lena")
    assert "Område 9" in await words(lena, "/staff/areas")
    said = await staffed.value("select count(*) from events where kind = 'membership_changed'")
    assert said == 1
    await petra.get("/staff")
    assert (await petra.get(f"/staff/areas/{three}/close")).status == 404


async def test_a_merger_waits_for_cases_and_the_night(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    path, into = f"/staff/areas/{await area(staffed)}/close", await area(staffed, "9")
    at = await staffed.value("select clock.now()")
    await staffed.set_clock(at + timedelta(hours=9))
    petra = await pages.signed_in("petra")
    await petra.get(path)
    answer = await petra.post(path, {"into": into, "seen": "x"})
    assert "reservlista är redan igång" in await answer.text()
    await staffed.set_clock(at + timedelta(days=1))
    petra = await pages.signed_in("petra")
    await petra.get(path)
    await staffed.execute(
        "insert into incidents (org, area_id, number, kind, opened_at) select org, area_id, 99, 'technical', clock.now() from areas where code = '3'"
    )
    answer = await petra.post(path, {"into": into, "seen": "x", "sure": "1"})
    assert answer.status == 400 and "1 ärenden är öppna" in await answer.text()
    assert await staffed.value("select count(*) from areas where closed_at is not null") == 0


async def test_two_who_merge_at_once_merge_once(staffed: NightTown, pages: Site) -> None:
    petra, other = await pages.signed_in("petra"), await pages.signed_in("petra")
    said = await asyncio.gather(merge(petra, staffed), merge(other, staffed))
    assert sorted(said) in ([303, 400], [303, 404])
    assert await staffed.value("select count(*) from changes where part = 'staff'") == 1


async def test_a_lead_of_one_area_changes_none(staffed: NightTown, pages: Site) -> None:
    lena = await pages.signed_in("lena")
    page = await words(lena, "/staff/areas")
    assert "Område 3" in page and "Område 9" not in page and "Nytt område" not in page
    for path in (
        "/staff/new-area",
        f"/staff/areas/{await area(staffed)}/edit",
        f"/staff/areas/{await area(staffed)}/close",
    ):
        assert (await lena.get(path)).status == 404
        assert (await lena.post(path, {"code": "7", "seen": "x", "sure": "1"})).status == 404


async def test_a_file_undoes_no_change_of_areas(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    assert await merge(petra, staffed) == 303
    path = f"/staff/areas/{await area(staffed, '9')}/edit"
    await petra.get(path)
    assert (await petra.post(path, {"code": "7", "was": "9", "sure": "1"})).status == 303
    before = await staffed.value("select array_agg((code, closed_at, merged_into)::text order by code) from areas")
    homes = await staffed.value("select array_agg(area_id order by number) from residents")
    carers = await staffed.value("select jsonb_agg(jsonb_build_object('name', name, 'phone', phone)) from carers")
    shifts = [
        town_file.shift("Anna", patrol="Patrull 1"),
        town_file.shift("Nattansvarig", role="lead", starts="21:00", ends="07:30"),
    ]
    file = {"areas": [{"code": "3", "plan": {}}, {"code": "9"}], "carers": carers, "shifts": shifts}
    rota = await staffed.value("select array_agg(pattern_id order by pattern_id) from shift_patterns")
    async with staffed.memory.transaction() as tx:
        town = await tx.fetchrow("select * from organisations where org = $1", staffed.org)
        assert town is not None
        names = model.OrganisationEntry.model_fields
        own = {"id": staffed.org, **{n: town[n] for n in names if n in town and town[n] is not None}}
        bare = {name: value for name, value in LENA.items() if name != "password_hash"}
        read = reader.read_town(town_file.text_of({**file, "users": [bare], "organisation": own}))
        noted = await apply.apply(tx, read, await now(tx))
    left = {(each.what, each.name) for each in noted if each.action is ImportAction.LEFT}
    assert left >= {("area", "3"), ("area", "9")}
    assert not [each for each in noted if each.action is not ImportAction.LEFT]
    assert await staffed.value("select array_agg(pattern_id order by pattern_id) from shift_patterns") == rota
    assert (
        await staffed.value("select array_agg((code, closed_at, merged_into)::text order by code) from areas") == before
    )
    assert await staffed.value("select array_agg(area_id order by number) from residents") == homes
    ended = "select count(*) from shift_patterns p join areas using (area_id) where code = '3' and until_night is null"
    assert await staffed.value(ended) == 0


async def test_a_file_puts_nobody_into_a_closed_area(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    path = f"/staff/areas/{await area(staffed, '9')}/close"
    seen = (await (await petra.get(path)).text()).split('name="seen" value="')[1].split('"')[0]
    assert (await petra.post(path, {"seen": seen, "sure": "1"})).status == 303
    with pytest.raises(TownErrors):
        async with staffed.memory.transaction() as tx:
            await town_file.extend(
                tx, staffed.org, await now(tx), areas=[{"code": "3"}, {"code": "9"}], users=[{**LENA, "areas": ["9"]}]
            )
    await staffed.extend(areas=[{"code": "9"}])
    assert await staffed.value("select closed_at is not null from areas where code = '9'")


async def test_nothing_new_goes_into_a_merged_area(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    assert await merge(petra, staffed) == 303
    for statement in (
        "update residents set area_id = (select area_id from areas where code = '3') where number = 1",
        "insert into ombudsmen (org, area_id, carer_id, from_day) select org, area_id, carer_id, '2026-12-01' from areas join carers using (org) where areas.code = '3' limit 1",
    ):
        with pytest.raises(asyncpg.SerializationError, match="closed meanwhile"):
            await staffed.execute(statement)


async def test_a_resident_who_is_back_opens_the_area(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    nine = UUID(await area(staffed, "9"))
    await staffed.execute("update residents set area_id = $1, died_at = clock.now() where number = 1", nine)
    path = f"/staff/areas/{nine}/close"
    seen = (await (await petra.get(path)).text()).split('name="seen" value="')[1].split('"')[0]
    assert (await petra.post(path, {"seen": seen, "sure": "1"})).status == 303
    await staffed.execute("update residents set died_at = null where number = 1")
    assert (await petra.get(path)).status == 200
