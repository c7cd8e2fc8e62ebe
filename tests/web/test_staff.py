"""The staff's pages: nights ahead with their holes, a swap, a shift handed over in the middle, another phone tonight."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.preparation import muster, shifts_ahead
from alarm_center.store import reconciliation, town_export
from alarm_center.store.memory import now
from alarm_center.town import model
from schemas.vocabulary import Answer, Reason
from tests.support import town_file
from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Browser, Site
from tests.web.test_resident_page import words

NIGHT = "2026-11-21"
"""The night that goes on at two."""
MONDAY = "2026-11-30"
"""A night of the week after."""


@pytest.fixture
async def staffed(storstad: NightTown) -> NightTown:
    """The town with Anna each night and Kim off, from three in the night on."""
    await staff_town(storstad)
    return storstad


async def staff_town(storstad: NightTown) -> None:
    """Give the town a rota without an end, and a carer who is on no shift."""
    async with storstad.memory.transaction() as tx:
        kept = [dict(row) for row in await tx.fetch("select name, phone from carers where org = $1", storstad.org)]
        town = await tx.fetchrow("select * from organisations where org = $1", storstad.org)
        assert town is not None
        names = model.OrganisationEntry.model_fields
        file = {
            "organisation": {"id": storstad.org, **{n: town[n] for n in names if n in town and town[n] is not None}},
            "areas": [{"code": "3"}],
            "carers": [*kept, {"name": "Anna", "phone": "+46700000110"}, {"name": "Kim", "phone": "+46700000111"}],
            "shifts": [
                town_file.shift("Anna", patrol="Patrull 1"),
                town_file.shift("Nattansvarig", role="lead", starts="21:00", ends="07:30"),
            ],
        }
        await town_file.bring_in(tx, file, await now(tx))
        at = await now(tx)
    await storstad.set_clock(at + timedelta(minutes=1))


async def shift_of(storstad: NightTown, night: str, carer: str) -> UUID:
    """Return the carer's shift of a night."""
    found: UUID = await storstad.value(
        """
        select shift_id from shifts join carers c using (carer_id)
        where night = $1::text::date and c.name = $2 order by starts_at desc limit 1
        """,
        night, carer,
    )  # fmt: skip
    return found


async def on_duty(storstad: NightTown, night: str) -> list[str]:
    """Return who has the night's patrol, in order."""
    async with storstad.memory.transaction() as tx:
        rows = await tx.fetch(
            """
            select c.name from shifts s join carers c using (carer_id)
            where night = $1::text::date and role = 'patrol' and s.ends_at > clock.now() order by s.starts_at
            """,
            night,
        )
    return [row["name"] for row in rows]


async def carer_id(storstad: NightTown, name: str) -> str:
    """Return a carer's id."""
    return str(await storstad.value("select carer_id from carers where name = $1", name))


async def taken_case(storstad: NightTown, shift: UUID) -> tuple[UUID, int]:
    """Return an alarm that the shift has taken, and its number."""
    await storstad.finding(3, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm_id: UUID = await storstad.value("select alarm_id from alarms where resident_id = $1", storstad.residents[3])
    await cases.apply_to_alarm(storstad.memory, alarm_id, alarm_events.SendPatrol(uuid4()), actor="test")
    notice = await storstad.value(
        "select notice_id from notices where alarm_id = $1 and shift_id = $2", alarm_id, shift
    )
    await cases.apply_to_alarm(storstad.memory, alarm_id, alarm_events.Took(notice), actor="test")
    return alarm_id, await storstad.value("select case_no from alarms where alarm_id = $1", alarm_id)


async def test_a_swap_is_said_before_it_is_made(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    shift = await shift_of(staffed, MONDAY, "Anna")
    form = {"why": "swap", "who": await carer_id(staffed, "Kim")}
    await petra.get(f"/staff/shifts/{shift}")
    said = await (await petra.post(f"/staff/shifts/{shift}", form)).text()
    assert "Kim har område 3, Patrull 1, i stället för Anna" in said
    assert await on_duty(staffed, MONDAY) == ["Anna"], "nothing has happened yet"
    await petra.post(f"/staff/shifts/{shift}/now", form)
    again = await petra.post(f"/staff/shifts/{shift}/now", form)
    assert again.status == 404, "the shift is another now"
    assert await on_duty(staffed, MONDAY) == ["Kim"]
    await shifts_ahead.lay_shifts_ahead(staffed.memory)
    assert await on_duty(staffed, MONDAY) == ["Kim"]
    kept = await staffed.value("select after ->> 'carer' from changes where part = 'staff'")
    assert kept == "Kim"


async def test_a_shift_without_a_substitute_is_a_hole(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    shift = await shift_of(staffed, MONDAY, "Anna")
    await petra.get(f"/staff/shifts/{shift}")
    await petra.post(f"/staff/shifts/{shift}/now", {"why": "swap", "who": "nobody"})
    page = await words(petra, f"/staff?night={MONDAY}")
    assert "Område 3: ingen patrull 23:00–06:00." in page


async def test_the_sick_carers_cases_seek_the_substitute(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    shift = await shift_of(staffed, NIGHT, "Anna")
    await muster.muster_shifts(staffed.memory)
    alarm, number = await taken_case(staffed, shift)
    form = {"why": "sick", "who": await carer_id(staffed, "Kim")}
    await petra.get(f"/staff/shifts/{shift}?why=sick")
    said = await (await petra.post(f"/staff/shifts/{shift}", form)).text()
    assert f"Ärende {number} som Anna har tagit söker ny patrull genast." in said
    assert (await petra.post(f"/staff/shifts/{shift}/now", form)).status == 303
    assert await on_duty(staffed, NIGHT) == ["Kim"]
    asked = "select phone from notices where alarm_id = $1 and state = 'asked'"
    assert await staffed.value(asked, alarm) == "+46700000111"
    assert await staffed.value("select muster_asked_at is not null from shifts where shift_id = $1", shift)
    await muster.muster_shifts(staffed.memory)
    assert await staffed.value(
        "select muster_asked_at is not null from shifts where shift_id = $1", await shift_of(staffed, NIGHT, "Kim")
    )


async def test_a_swap_to_come_takes_no_open_case_along(staffed: NightTown, pages: Site) -> None:
    """The morning after, a case waits for its outcome: it is Anna's still, whoever has her Monday."""
    alarm, number = await taken_case(staffed, await shift_of(staffed, NIGHT, "Anna"))
    await staffed.set_clock(await staffed.memory.now() + timedelta(hours=7))
    petra, shift = await pages.signed_in("petra"), await shift_of(staffed, MONDAY, "Anna")
    form = {"why": "swap", "who": await carer_id(staffed, "Kim")}
    await petra.get(f"/staff/shifts/{shift}")
    assert str(number) not in await (await petra.post(f"/staff/shifts/{shift}", form)).text()
    assert (await petra.post(f"/staff/shifts/{shift}/now", form)).status == 303
    assert await phones_in(staffed, alarm, "took") == ["+46700000110"]


async def test_a_sick_carers_asked_notices_go_on_at_once(staffed: NightTown, pages: Site) -> None:
    petra, shift = await pages.signed_in("petra"), await shift_of(staffed, NIGHT, "Anna")
    alarm = await asked_case(staffed)
    number = await staffed.value("select case_no from alarms where alarm_id = $1", alarm)
    form = {"why": "sick", "who": await carer_id(staffed, "Kim")}
    await petra.get(f"/staff/shifts/{shift}?why=sick")
    said = await (await petra.post(f"/staff/shifts/{shift}", form)).text()
    assert f"Ärende {number} som Anna är tillfrågad om går vidare till nästa genast." in said
    assert (await petra.post(f"/staff/shifts/{shift}/now", form)).status == 303
    assert await phones_in(staffed, alarm, "declined") == ["+46700000110"], "she waits for no answer of hers"
    assert await phones_in(staffed, alarm, "asked") == ["+46700000111"]
    assert await staffed.value("select data ->> 'cases' from events where kind = 'shift_substituted'") == "1"


async def asked_case(storstad: NightTown) -> UUID:
    """Return an alarm that the patrol on duty has been asked about, and has not answered."""
    await storstad.finding(3, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm_id: UUID = await storstad.value("select alarm_id from alarms where resident_id = $1", storstad.residents[3])
    await cases.apply_to_alarm(storstad.memory, alarm_id, alarm_events.SendPatrol(uuid4()), actor="test")
    assert await phones_in(storstad, alarm_id, "asked") == ["+46700000110"]
    return alarm_id


async def phones_in(storstad: NightTown, alarm_id: UUID, state: str) -> list[str]:
    """Return the phones whose notices are in that state."""
    found: list[str] = await storstad.value(
        "select array_agg(phone order by phone) from notices where alarm_id = $1 and state = $2", alarm_id, state
    )
    return found


async def test_another_phone_takes_the_rest_of_the_night(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    shift = await shift_of(staffed, NIGHT, "Anna")
    await petra.get(f"/staff/shifts/{shift}?why=phone")
    wrong = await petra.post(f"/staff/shifts/{shift}", {"why": "phone", "phone": "08-12"})
    assert wrong.status == 400 and "Skriv ett mobilnummer" in await wrong.text()
    form = {"why": "phone", "phone": "070-000 01 99"}
    assert "har 070-000 01 99 område 3" in await (await petra.post(f"/staff/shifts/{shift}", form)).text()
    await petra.post(f"/staff/shifts/{shift}/now", form)
    assert await on_duty(staffed, NIGHT) == ["Anna (070-000 01 99)"]
    assert await on_duty(staffed, MONDAY) == ["Anna"], "from the next night it is as always"


async def borrow(petra: Browser, storstad: NightTown, night: str, of: str = "Anna") -> None:
    """Let the phone 070-000 01 99 have a night of Anna's, or of somebody else who has it."""
    shift = await shift_of(storstad, night, of)
    await petra.get(f"/staff/shifts/{shift}?why=phone")
    form = {"why": "phone", "phone": "070-000 01 99"}
    said = await (await petra.post(f"/staff/shifts/{shift}", form)).text()
    assert "Telefonen lånas bara den natten" in said
    assert (await petra.post(f"/staff/shifts/{shift}/now", form)).status == 303


async def test_a_borrowed_phone_is_there_for_its_night(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    await borrow(petra, staffed, NIGHT)
    assert await staffed.value("select ends_on::text from carers where phone = '+46700000199'") == NIGHT
    listed = await words(petra, "/staff/carers")
    assert "lånad telefon i stället för Anna, bara natten 21 november 2026" in listed
    assert "070-000 01 99" not in await words(petra, "/staff/new-pattern"), "no rota is made of it"
    await petra.get("/staff/carers")
    await petra.post("/staff/codes", {"town": staffed.org})
    assert await staffed.value("select code from carers where phone = '+46700000199'") is None
    await staffed.set_clock(await staffed.value("select clock.now()") + timedelta(hours=12))
    petra = await pages.signed_in("petra")
    assert "070-000 01 99" not in await words(petra, "/staff/carers"), "it has no phone and keys to hand in"
    async with staffed.memory.transaction() as tx:
        found = await reconciliation.answers(tx, "carer_without_shift", staffed.org, date(2026, 11, 21), await now(tx))
    borrowed = await staffed.value("select carer_id from carers where phone = '+46700000199'")
    assert borrowed not in [each.carer_id for each in found], "nobody is asked to give it shifts"


async def test_a_borrowed_phone_is_borrowed_again(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    await borrow(petra, staffed, NIGHT)
    await borrow(petra, staffed, MONDAY)
    assert await on_duty(staffed, MONDAY) == ["Anna (070-000 01 99)"]
    assert await staffed.value("select ends_on::text from carers where phone = '+46700000199'") == MONDAY
    assert await staffed.value("select count(*) from carers where phone = '+46700000199'") == 1


async def test_a_borrowed_phone_becomes_a_carers_own(staffed: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    await borrow(petra, staffed, NIGHT)
    await petra.get("/staff/new-carer")
    form = {"name": "Bo", "phone": "070-000 01 99", "last": ""}
    assert (await petra.post("/staff/new-carer", form)).status == 200
    assert (await petra.post("/staff/new-carer", form | {"sure": "1"})).status == 303
    again = await petra.post("/staff/new-carer", form | {"sure": "1"})
    assert again.status == 400, "the number is Bo's by now"
    kept = await staffed.value(
        "select (name, ends_on is null, in_place_of is null)::text from carers where phone = '+46700000199'"
    )
    assert kept == "(Bo,t,t)"
    assert await on_duty(staffed, NIGHT) == ["Bo"], "the night goes on"


async def test_a_file_that_names_a_borrowed_phone_keeps_it(staffed: NightTown, pages: Site) -> None:
    """An exported file does not have it; one that a person has written it into makes it a carer as any other."""
    await borrow(await pages.signed_in("petra"), staffed, NIGHT)
    async with staffed.memory.transaction() as tx:
        stored = await town_export.stored_town(tx, staffed.org, date(2026, 11, 21), ["number"])
    assert "+46700000199" not in [each["phone"] for each in stored.carers]
    await staffed.extend(carers=[{"name": "Bo", "phone": "+46700000199"}])
    kept = "select (name, ends_on is null, in_place_of is null)::text from carers where phone = '+46700000199'"
    assert await staffed.value(kept) == "(Bo,t,t)"


async def test_a_lead_of_another_area_changes_nothing(staffed: NightTown, pages: Site) -> None:
    await staffed.extend(
        areas=[{"code": "9"}],
        users=[{"login": "lena", "name": "Lena", "roles": ["lead"], "areas": ["9"], "password_hash": PASSWORD_HASH}],
    )
    lena = await pages.signed_in("lena")
    shift = await shift_of(staffed, MONDAY, "Anna")
    assert (await lena.get(f"/staff/shifts/{shift}")).status == 404
    assert (await lena.post(f"/staff/shifts/{shift}/now", {"why": "swap", "who": "nobody"})).status == 404
    await staffed.set_clock(await staffed.value("select clock.now()") + timedelta(hours=1))
    assert await on_duty(staffed, MONDAY) == ["Anna"]
