"""A town's file as it is written: the same bytes from a copy, nothing to import from it, and nobody's change undone by it."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from alarm_center.casework import shift_laying
from alarm_center.core.shift_patterns import Substitute
from alarm_center.preparation import planning
from alarm_center.store import shift_patterns, towns
from alarm_center.store.invitations import change_invitation
from alarm_center.store.memberships import people_of
from alarm_center.store.memory import Memory, now
from alarm_center.store.users import KeptUser, keep_user
from alarm_center.town.apply import FILE
from alarm_center.town.bring_in import bring_in, foresee
from alarm_center.town.csv_reader import read_sheet
from alarm_center.town.export import export_town, town_text
from alarm_center.town.reader import read_town
from alarm_center.town.undoing import WouldUndo
from fjarrtillsyn.embedded.postgres import Postgres
from schemas.vocabulary import ImportAction, Role, SubstituteReason
from tests.integration.test_town_import import EVENING, EXAMPLE, TONIGHT, ask
from tests.support.postgres import Database, fresh_database


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    """The worker's memory, its clock standing at EVENING, with the example brought in and planned."""
    opened = await Memory.open(database.worker, size=4)
    await ask(opened, "select clock.freeze($1)", EVENING)
    await bring_in(opened, read_town(EXAMPLE), FILE)
    await planning.plan_town(opened, "vik")
    yield opened
    await opened.close()


@pytest.fixture
def unused(migrated_server: Postgres) -> Iterator[Database]:
    """Another database, which nobody has used."""
    with fresh_database(migrated_server) as fresh:
        yield fresh


@pytest.fixture
async def empty(unused: Database) -> AsyncIterator[Memory]:
    """The worker's memory of the other database, at the same time of day."""
    opened = await Memory.open(unused.worker, size=4)
    await ask(opened, "select clock.freeze($1)", EVENING)
    yield opened
    await opened.close()


async def exported(memory: Memory, *, protected: bool = True) -> str:
    async with memory.snapshot() as tx:
        return town_text(await export_town(tx, "vik", await now(tx), protected=protected))


async def changes(memory: Memory, text: str) -> list[tuple[str, str, ImportAction]]:
    """Return what importing *text* would change, and leave."""
    foreseen = await foresee(memory, read_town(text), FILE)
    return [(one.what, one.name, one.action) for one in foreseen.changes]


async def undone(memory: Memory, text: str) -> list[str]:
    return [each.part for each in (await foresee(memory, read_town(text), FILE)).undone]


async def test_importing_an_export_changes_nothing(memory: Memory) -> None:
    text = await exported(memory)
    assert await changes(memory, text) == []
    assert await bring_in(memory, read_town(text), FILE) == []
    assert await exported(memory) == text


async def test_an_empty_database_exports_the_same_bytes(memory: Memory, empty: Memory) -> None:
    """The town has lived for some days: a time ends, another begins, a consent is withdrawn."""
    lived = (
        EXAMPLE.replace(
            'time = "22:30"',
            'time = "22:30"\nuntil_night = 2026-12-01\n[[residents.slots]]\ntime = "23:00"\nfrom_night = 2026-12-01',
        )
        .replace('state = "limited"', 'state = "revoked"\ninstead = "visit"')
        .replace('allows = ["sensors"] #', "#")
    )
    await bring_in(memory, read_town(lived), FILE)
    text = await exported(memory)
    await bring_in(empty, read_town(text), FILE)
    assert await exported(empty) == text
    assert 'state = "revoked"' in text and "from_night = 2026-12-01" in text


async def swap(memory: Memory, night: str) -> None:
    """Let the other patrol take the shift of area 3's patrol on one night."""
    async with memory.transaction() as tx:
        town, at, on = await towns.town(tx, "vik"), await now(tx), date.fromisoformat(night)
        patrol, other = [
            await tx.fetchval("select carer_id from carers where name = $1", f"Patrull {n}") for n in (3, 4)
        ]
        mine = next(p for p in await shift_patterns.patterns_from(tx, "vik", on) if p.post.carer_id == patrol)
        standing_in = Substitute(mine.line_id, on, other, *mine.span(on, town.zone))
        await shift_patterns.add_substitutes(tx, "vik", [standing_in], SubstituteReason.SWAP, "test", at)
        await shift_laying.lay_town(tx, town, at)


async def on_duty(memory: Memory, night: str) -> list[str]:
    """Return who has the patrols' shifts of a night."""
    rows = await ask(
        memory,
        "select c.name from shifts join carers c using (carer_id) where night = $1::text::date and role = 'patrol' order by patrol",
        night,
    )
    return [name for (name,) in rows]


async def test_a_file_says_nothing_of_who_is_protected(memory: Memory) -> None:
    await ask(memory, "update residents set protected = true where number = 1 returning 1")
    await ask(memory, "update carers set protected = true where name = 'Patrull 3' returning 1")
    text = await exported(memory, protected=False)
    assert "Astrid" not in text and "Storgatan" not in text and "+46701740606" not in text
    assert "[[shifts]]" not in text, "a file with some of the shifts would end the others"
    assert {action for _, _, action in await changes(memory, text)} == {ImportAction.LEFT}
    assert "Astrid Exempel" in await exported(memory)


async def test_no_secret_is_in_a_file(memory: Memory) -> None:
    async with memory.transaction() as tx:
        await keep_user(tx, KeptUser("olle", "Olle", "argon2-secret", "vik", [Role.LEAD]))
    text = await exported(memory)
    assert 'login = "olle"' in text and "argon2" not in text
    assert not re.search(r"[\w-]{40}", text), "a token, or the hash of one"


# ---- what somebody has changed since ----


async def test_an_untouched_file_undoes_nothing_that_came_later(memory: Memory) -> None:
    """Last month's file over this week's change of a time: refused, by name, and nothing has changed."""
    text = await exported(memory)
    await ask(memory, "select clock.freeze($1)", EVENING + timedelta(hours=1))
    await bring_in(memory, read_town(EXAMPLE.replace('time = "02:00"', 'time = "02:30"')), FILE)
    assert await undone(memory, text) == ["1 times"]
    with pytest.raises(WouldUndo) as refused:
        await bring_in(memory, read_town(text), FILE)
    change = refused.value.undone[0].change
    assert change is not None and (change.made_by, change.made_at) == ("import", EVENING + timedelta(hours=1))
    assert ("slot", "1 02:30+60", ImportAction.ENDED) in await changes(memory, text), "it still would"


async def test_what_somebody_allows_is_changed_back(memory: Memory) -> None:
    text = await exported(memory)
    await ask(memory, "update residents set address = 'Nygatan 9' where number = 2 returning 1")
    done = await bring_in(memory, read_town(text), FILE, ["2 resident"])
    assert [(one.what, one.name) for one in done] == [("resident", "2")]
    assert await ask(memory, "select address from residents where number = 2") == [("Byvägen 7",)]


async def test_what_only_the_file_has_changed_comes_in(memory: Memory) -> None:
    """Two have changed different parts: both changes hold."""
    text = (await exported(memory)).replace('address = "Byvägen 7"', 'address = "Byvägen 8"')
    await ask(memory, "update residents set notes = 'Hör dåligt' where number = 1 returning 1")
    text = text.replace('notes = "Ofta på toaletten vid två."', 'notes = "Hör dåligt"')
    done = await bring_in(memory, read_town(text), FILE)
    assert [(one.what, one.name, one.detail) for one in done] == [("resident", "2", "address")]


async def test_a_swap_is_not_undone_by_the_file_of_before(memory: Memory) -> None:
    text = await exported(memory)
    await swap(memory, "2026-11-26")
    assert await exported(memory) == text, "a file has the rota, and no single nights"
    assert await undone(memory, text) == []
    await bring_in(memory, read_town(text), FILE)
    await bring_in(memory, read_town(text.replace('starts = "21:00"', 'starts = "21:15"')), FILE)
    assert await on_duty(memory, "2026-11-26") == ["Patrull 4", "Patrull 4"]
    assert await on_duty(memory, "2026-12-01") == ["Patrull 3", "Patrull 4"]


async def test_a_rota_changed_since_is_not_undone(memory: Memory) -> None:
    text = await exported(memory)
    shorter = text.replace('weekdays = ["mon", "tue", "wed", "thu", "sun"]', 'weekdays = ["mon", "tue", "wed", "thu"]')
    assert shorter != text
    await bring_in(memory, read_town(shorter[: shorter.index("[exported]")]), FILE)
    assert (await undone(memory, text))[0] == "shifts 2026-11-22 4 Patrull 4"


async def test_a_roles_change_is_a_part_as_others(memory: Memory) -> None:
    text = await exported(memory)
    async with memory.transaction() as tx:
        person = next(one for one in await people_of(tx, "vik") if one.login == "patrol3")
        assert person.invitation_id is not None
        lead = replace(person.assignment, roles=(Role.LEAD,))
        await change_invitation(tx, person.invitation_id, lead, seen=person.version, actor="test")
    assert await undone(memory, text) == ["users patrol3"]


async def test_a_withdrawn_consent_is_not_in_the_way(memory: Memory) -> None:
    """The import gives none back, so that it undoes nothing."""
    text = await exported(memory)
    await ask(
        memory,
        """
        update consents set state = 'revoked', revoked_at = clock.now(), revoked_instead = 'visit'
        where resident_id = (select resident_id from residents where number = 1) returning 1
        """,
    )
    assert await undone(memory, text) == []


async def test_a_consent_given_at_an_hour_is_the_same_day(memory: Memory) -> None:
    await ask(memory, "update consents set given_at = given_at + interval '14 hours' returning 1")
    assert await changes(memory, await exported(memory)) == []


# ---- tables from Excel ----


async def test_a_table_is_laid_over_the_town(memory: Memory) -> None:
    """Semicolons and Windows' letters; whoever is not in it stays, also in their history."""
    table = "Nummer;Namn;Område;Adress;Beslut;Beslut från;Samtycke den;Utrustning;Tider\r\n1;;;Nygatan 2;;;;;\r\n"
    table += "9;Åke Ny;4;Byvägen 9;2026-0200;2026-11-01;2026-11-02;vik-d9;23:15\r\n"
    async with memory.snapshot() as tx:
        town = await export_town(tx, "vik", await now(tx), protected=True)
    sheet = read_sheet(table.encode("cp1252"), town, TONIGHT)
    done = await bring_in(memory, sheet, FILE)
    assert {(one.what, one.name) for one in done} == {
        ("resident", "1"), ("resident", "9"), ("device", "vik-d9"), ("slot", "9 23:15"), ("consent", "9 resident"),
        ("decision", "9"), ("plan", "9"),
    }  # fmt: skip
    assert await ask(memory, "select name, address from residents where number in (1, 9) order by number") == [
        ("Astrid Exempel", "Nygatan 2"), ("Åke Ny", "Byvägen 9"),
    ]  # fmt: skip
    assert await bring_in(memory, read_sheet(table.encode(), town, TONIGHT), FILE) == []


A_BED = """
[[residents]]
number = 4
name = "Daga Exempel"
area = "3"
address = "Storgatan 9"
shares_bed_with = 5
consent = { state = "given", given_on = 2026-10-02 }
decision = { reference = "2026-0133", starts_on = 2026-10-05 }
devices = [{ id = "vik-d4", kind = "camera" }]
slots = [{ time = "02:00" }]

[[residents]]
number = 5
name = "Ebbe Exempel"
area = "3"
address = "Storgatan 9"
consent = { state = "given", given_on = 2026-10-02 }
decision = { reference = "2026-0134", starts_on = 2026-10-05 }
slots = [{ time = "02:00" }]
"""


async def test_a_shared_bed_is_the_same_bytes_from_a_copy(memory: Memory, empty: Memory) -> None:
    await bring_in(memory, read_town(EXAMPLE + A_BED), FILE)
    text = await exported(memory)
    assert text.count("shares_bed_with") == 2, "each says the other's number"
    await bring_in(empty, read_town(text), FILE)
    assert await exported(empty) == text
    apart = re.sub(r"shares_bed_with = \d\n", "", text)
    by_visit = apart.replace(
        'name = "Ebbe Exempel"', 'name = "Ebbe Exempel"\ndevices = [{ id = "vik-d5", kind = "camera" }]'
    )
    await bring_in(empty, read_town(by_visit), FILE)
    assert "shares_bed_with" not in await exported(empty)
