"""An area's history: changes of it, of its rota and its staff in sentences, the newest first, to those who see the area."""

from collections.abc import Awaitable
from datetime import date, time, timedelta
from uuid import UUID, uuid4

import pytest

from alarm_center.core.ombudsmen import OmbudsmanSpan
from alarm_center.core.shift_patterns import DutyPost, ShiftPattern
from alarm_center.preparation import area_changes, leavers, lost_phones, ombudsman_changes, rota_changes, substitutes
from alarm_center.preparation.leavers import Leaving
from alarm_center.preparation.rota_changes import RotaChange
from alarm_center.preparation.substitutes import WantedSubstitute
from schemas.vocabulary import Duty, SubstituteReason
from tests.support.night_town import NightTown
from tests.support.site import Site
from tests.web.test_areas import LENA, by_day, merge
from tests.web.test_ombudsmen import area
from tests.web.test_resident_page import words
from tests.web.test_rota_at_once import planner_of
from tests.web.test_staff import MONDAY, NIGHT, carer_id, shift_of, staff_town


@pytest.fixture
async def staffed(storstad: NightTown) -> NightTown:
    """The town in the night, with a rota in area 3, an empty area 9, and Lena, who leads area 3."""
    await staff_town(storstad)
    await storstad.extend(areas=[{"code": "9"}], users=[LENA])
    return storstad


async def later(town: NightTown, work: Awaitable[None]) -> None:
    """Do *work*, a second after what was done before."""
    await town.set_clock(await town.memory.now() + timedelta(seconds=1))
    await work


async def change_much(town: NightTown) -> None:
    """Change something of each kind in area 3."""
    me, memory, org = await planner_of(town), town.planner, town.org
    anna, kim = UUID(await carer_id(town, "Anna")), UUID(await carer_id(town, "Kim"))
    three = UUID(await area(town))
    for night, wanted in (
        (NIGHT, WantedSubstitute(SubstituteReason.SICK, kim)),
        (MONDAY, WantedSubstitute(SubstituteReason.SWAP)),
        ("2026-12-01", WantedSubstitute(SubstituteReason.PHONE, phone="+46700000199")),
    ):
        await later(town, substitutes.put_in(memory, await shift_of(town, night, "Anna"), wanted, editor=me))
    post = DutyPost(three, kim, "Patrull 2", Duty.PATROL)
    first = ShiftPattern(uuid4(), uuid4(), post, time(22), time(6), (4, 5), date(2026, 12, 4))
    second = ShiftPattern(uuid4(), first.line_id, post, time(23), time(6), (4, 5), date(2026, 12, 11))
    for change in (
        RotaChange(org, None, first, first.from_night),
        RotaChange(org, first, second, second.from_night),
        RotaChange(org, second, None, date(2026, 12, 18)),
    ):
        await later(town, rota_changes.change_rota(memory, change, editor=me))
    span = OmbudsmanSpan(anna, date(2026, 12, 1), None)
    await later(town, ombudsman_changes.give(memory, org, three, span, editor=me))
    await later(town, leavers.end_carer(memory, org, Leaving(anna, date(2026, 12, 24)), editor=me))
    await later(town, lost_phones.lose_phone(memory, kim, None, editor=me))
    await later(town, area_changes.rename_area(memory, org, three, "3", "N3", editor=me))


SAID = (
    "Bytte kod från 3 till N3.",
    "Telefonen hos Kim var borta.",
    "Sista natten för Anna: torsdag 24 december.",
    "Nytt larmombud: Anna, från tisdag 1 december.",
    "Avslutade passet från natten som börjar fredag 18 december: Omr 3 · Patrull 2 · Kim, fre, lör 23:00–06:00.",
    "Ändrade ett pass från natten som börjar fredag 11 december: Omr 3 · Patrull 2 · Kim, fre, lör 23:00–06:00.",
    "Nytt pass från natten som börjar fredag 4 december: Omr 3 · Patrull 2 · Kim, fre, lör 22:00–06:00.",
    "Annan telefon natten som börjar tisdag 1 december, Patrull 1, från 21:30: Anna → Anna (070-000 01 99).",
    "Bytte pass natten som börjar måndag 30 november, Patrull 1, från 21:30: Anna → ingen.",
    "Sjuk natten som börjar lördag 21 november, Patrull 1, från 02:01: Anna → Kim.",
)
"""The newest first."""


async def test_each_change_is_a_sentence_with_who_and_when(staffed: NightTown, pages: Site) -> None:
    await change_much(staffed)
    petra, three = await pages.signed_in("petra"), await area(staffed, "N3")
    page = await words(petra, f"/staff/areas/{three}/history")
    places = [page.find(said) for said in SAID]
    assert -1 not in places and places == sorted(places), list(zip(SAID, places, strict=True))
    assert page.count("Vem Som Helst") == len(SAID) and "02:01" in page
    assert "Inget har ändrats ännu." in await words(petra, f"/staff/areas/{await area(staffed, '9')}/history")


async def test_a_lead_reads_the_own_areas_history(staffed: NightTown, pages: Site) -> None:
    lena = await pages.signed_in("lena")
    assert "Historik" in await words(lena, "/staff/areas")
    assert (await lena.get(f"/staff/areas/{await area(staffed)}/history")).status == 200
    for other in (await area(staffed, "9"), uuid4()):
        assert (await lena.get(f"/staff/areas/{other}/history")).status == 404


async def test_a_code_that_two_areas_had_is_told_apart(staffed: NightTown, pages: Site) -> None:
    three, nine = UUID(await area(staffed)), UUID(await area(staffed, "9"))
    me, anna = await planner_of(staffed), await shift_of(staffed, MONDAY, "Anna")
    await substitutes.put_in(staffed.planner, anna, WantedSubstitute(SubstituteReason.SWAP), editor=me)
    for which, drawn, code in ((three, "3", "7"), (nine, "9", "3")):
        await later(staffed, area_changes.rename_area(staffed.planner, staffed.org, which, drawn, code, editor=me))
    petra = await pages.signed_in("petra")
    first, second = [await words(petra, f"/staff/areas/{each}/history") for each in (three, nine)]
    assert "Anna → ingen." in first and "Bytte kod från 3 till 7." in first and "från 9 till 3" not in first
    assert "Bytte kod från 9 till 3." in second and "Anna" not in second


async def test_a_merged_areas_history_is_read_in_both(staffed: NightTown, pages: Site) -> None:
    await by_day(staffed)
    petra, three = await pages.signed_in("petra"), await area(staffed)
    assert await merge(petra, staffed) == 303
    said = "Slog ihop område 3 med 9."
    for each in (three, await area(staffed, "9")):
        page = await words(petra, f"/staff/areas/{each}/history")
        assert said in page and "pass: 2" in page
    assert f"/staff/areas/{three}/history" in await petra.text("/staff/areas")


async def test_a_long_history_has_pages(staffed: NightTown, pages: Site) -> None:
    await staffed.execute(
        """
        insert into changes (org, resident_id, revision, part, made_by, made_at, from_at, before, after)
        select $1, null, 0, 'staff', 'test', clock.now() - n * interval '1 minute', clock.now(), null,
            jsonb_build_object('ombudsman', 'Nr ' || n, 'area', '3', 'from_day', '2026-11-01', 'until_day', null)
        from generate_series(1, 60) n
        """,
        staffed.org,
    )
    petra, path = await pages.signed_in("petra"), f"/staff/areas/{await area(staffed)}/history"
    newest = await petra.text(path)
    assert "Nr 1," in newest and "Nr 50," in newest and "Nr 51," not in newest
    older = newest.split(f'href="{path}?before=')[1].split('"')[0]
    page = await petra.text(f"{path}?before={older}")
    assert "Nr 51," in page and "Nr 60," in page and "Nr 50," not in page and "?before=" not in page
    assert "Nr 1," in await petra.text(f"{path}?before=rubbish%00")
