"""A file that a planner brings in: each mistake with its line, what would change, whose change it would undo, and how far it is."""

import asyncio
import io
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import aiohttp
import pytest

from alarm_center.preparation.reconciliation import reconcile_town
from alarm_center.store.memory import now
from alarm_center.town import bring_in as bringing
from alarm_center.town import file_imports as working
from alarm_center.town.export import export_town, town_text
from alarm_center.town.file_imports import work_on_files
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown
from tests.support.site import Browser, Site
from tests.unit.test_csv import HEADS, MISTAKES, line
from tests.web.test_resident_page import words
from tests.web.test_times import lines, save

LATER = "nummer;tid\n{0};23:00\n{0};03:00\n{0};05:00\n"


async def send(browser: Browser, body: bytes, name: str = "tider.csv") -> str:
    """Upload a file; return its page's path."""
    await browser.text("/files")
    form = aiohttp.FormData()
    form.add_field("csrf", browser.csrf)
    form.add_field("file", body, filename=name, content_type="text/csv")
    answer = await browser.client.post("/files", data=form, allow_redirects=False)
    assert answer.status == 303, await answer.text()
    return answer.headers["Location"]


async def reviewed(storstad: NightTown, browser: Browser, body: bytes, name: str = "tider.csv") -> str:
    path = await send(browser, body, name)
    assert await work_on_files(storstad.memory) == 1
    return path


async def bring_in(storstad: NightTown, browser: Browser, path: str, **fields: str) -> int:
    """Confirm what was reviewed, and let the service do it; return the status of the form's answer."""
    said = await browser.text(path)
    review = said.partition('name="review" value="')[2].partition('"')[0]
    answer = await browser.post(f"{path}/bring-in", {"review": review, **fields})
    await work_on_files(storstad.memory)
    return answer.status


async def by_day(storstad: NightTown, pages: Site) -> Browser:
    await storstad.set_clock(TWO + timedelta(hours=13))
    return await pages.signed_in("petra")


async def test_a_table_is_reviewed_and_then_brought_in(storstad: NightTown, pages: Site) -> None:
    petra = await by_day(storstad, pages)
    path = await reviewed(storstad, petra, LATER.format(1).encode("cp1252"))
    assert "Astrid Lund: 02:00 blir 03:00, gäller från i natt." in await words(petra, path)
    assert await storstad.value("select count(*) from changes where part = 'times' and made_by <> 'import'") == 0
    assert await bring_in(storstad, petra, path) == 303
    assert "2 ändringar är införda" in await words(petra, path)
    kept = await storstad.value(
        "select (made_by, after ->> 'source')::text from changes where part = 'times' order by made_at desc limit 1"
    )
    assert kept == f"({storstad.users['petra']},file)"
    assert await storstad.value(
        "select (body, review) is not distinct from (null::bytea, null::jsonb) from file_imports"
    )


async def test_each_mistake_is_told_with_line_and_column(storstad: NightTown, pages: Site) -> None:
    petra = await by_day(storstad, pages)
    rows = [line(n, **MISTAKES[(n - 100) // 5] if n % 5 == 0 else {}) for n in range(100, 180)]
    path = await reviewed(storstad, petra, "\n".join([HEADS, *rows]).encode("cp1252"), "brukare.csv")
    page = await words(petra, path)
    assert "16 fel i filen. Inget är ändrat." in page
    assert "Rad 12 område" in page and "Skriv 1, 2 eller 3; 1 är högst." in page
    assert await storstad.value("select count(*) from residents") == 5, "no resident is half done"


@pytest.mark.parametrize(("body", "told"), [(b"PK\x03\x04", "kalkylblad"), (b"\xff\xfe\x00", "fel"), (b"namn\nx\n", "kolumnen nummer saknas")])  # fmt: skip
async def test_what_is_no_table_is_told(storstad: NightTown, pages: Site, body: bytes, told: str) -> None:
    petra = await by_day(storstad, pages)
    assert told in (await words(petra, await reviewed(storstad, petra, body))).lower()


async def test_a_file_that_is_too_large_is_refused(storstad: NightTown, pages: Site) -> None:
    petra = await by_day(storstad, pages)
    await petra.text("/files")
    form = aiohttp.FormData()
    form.add_field("csrf", petra.csrf)
    form.add_field("file", io.BytesIO(b"x" * (9 * 1024 * 1024)), filename="stor.csv")
    answer = await petra.client.post("/files", data=form)
    assert (answer.status, "större än 8 MB" in await answer.text()) == (400, True)


async def test_a_persons_change_is_undone_only_if_ticked(storstad: NightTown, pages: Site) -> None:
    petra = await by_day(storstad, pages)
    await save(petra, f"/residents/{storstad.residents[1]}/times", lines("23:00", "04:00", "05:00"))
    path = await reviewed(storstad, petra, LATER.format(1).encode())
    page = await words(petra, path)
    assert "Astrid Lund, tiderna: Petra Planerare ändrade sön 22 nov. 15:00." in page
    assert await bring_in(storstad, petra, path) == 400, "nothing is ticked"
    assert await storstad.value("select state from file_imports") == "reviewed"
    assert await bring_in(storstad, petra, path, undo="1 times") == 303
    assert await storstad.value("select state from file_imports") == "done"


async def test_a_change_after_the_review_is_asked_about(storstad: NightTown, pages: Site) -> None:
    petra = await by_day(storstad, pages)
    path = await reviewed(storstad, petra, LATER.format(1).encode())
    await save(petra, f"/residents/{storstad.residents[1]}/times", lines("23:00", "04:00", "05:00"))
    assert await bring_in(storstad, petra, path) == 303
    page = await words(petra, path)
    assert "Någon ändrade något medan filen fördes in." in page and "Petra Planerare ändrade" in page


async def test_an_import_goes_on_after_its_replica_died(
    storstad: NightTown, pages: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bringing, "_AT_ONCE", 1)
    petra = await by_day(storstad, pages)
    table = "nummer;anteckningar\n" + "".join(f"{n};Ny\n" for n in range(1, 6))
    path = await reviewed(storstad, petra, table.encode())
    go_on: Any = bringing.bring_in_foreseen
    reached = asyncio.Event()

    async def stand_still(*said: Any) -> Any:
        keep: Any = said[-1]

        async def progress(done: int, everybody: int) -> None:
            await keep(done, everybody)
            if done == 2:
                reached.set()
                await asyncio.Event().wait()

        return await go_on(*said[:5], progress)

    monkeypatch.setattr(working, "bring_in_foreseen", stand_still)
    review = (await petra.text(path)).partition('name="review" value="')[2].partition('"')[0]
    await petra.post(f"{path}/bring-in", {"review": review})
    dying = asyncio.create_task(work_on_files(storstad.memory))
    await reached.wait()
    assert "2 av 5" in await words(petra, path)
    dying.cancel()
    with suppress(asyncio.CancelledError):
        await dying
    monkeypatch.setattr(working, "bring_in_foreseen", go_on)
    assert await storstad.value("select count(*) from residents where notes = 'Ny'") == 2
    assert await work_on_files(storstad.memory) == 0, "its claim lasts"
    await storstad.set_clock(TWO + timedelta(hours=13, minutes=3))
    assert await work_on_files(storstad.memory) == 1
    assert await storstad.value("select count(*) from residents where notes = 'Ny'") == 5
    assert await storstad.value("select count(*) from changes where after ->> 'notes' = 'Ny'") == 5, "each once"


async def test_a_case_officer_brings_in_papers_alone(storstad: NightTown, pages: Site) -> None:
    await storstad.extend(users=[{"login": "hanna", "name": "Hanna", "roles": ["case_officer"], "password_hash": PASSWORD_HASH}])  # fmt: skip
    await by_day(storstad, pages)
    hanna = await pages.signed_in("hanna")
    path = await reviewed(storstad, hanna, LATER.format(1).encode())
    assert "tider, plan, utrustning och bemanning är samordnarens" in (await words(hanna, path)).lower()
    path = await reviewed(storstad, hanna, b"nummer;beslut till\n1;2028-01-01\n")
    assert "Astrid Lund: beslutet ändras." in await words(hanna, path)
    review = (await hanna.text(path)).partition('name="review" value="')[2].partition('"')[0]
    await hanna.post(f"{path}/bring-in", {"review": review})
    await storstad.execute("update memberships set performers = '{alfa}' where roles = '{case_officer}'")
    await work_on_files(storstad.memory)
    assert (
        await storstad.value("select state from file_imports order by uploaded_at desc, reviews desc limit 1")
        == "refused"
    )
    assert await storstad.value("select max(ends_on) from decisions") != date(2028, 1, 1), "rights as they are by then"


async def test_a_towns_file_gives_nobody_a_role(storstad: NightTown, pages: Site) -> None:
    petra = await by_day(storstad, pages)
    async with storstad.memory.snapshot() as tx:
        text = town_text(await export_town(tx, "storstad", await now(tx), protected=True))
    more = '[[users]]\nlogin = "ny"\nname = "Ny"\nroles = ["admin"]\n[[residents]]'
    path = await reviewed(storstad, petra, text.replace("[[residents]]", more, 1).encode(), "vik.toml")
    assert "inloggningar och roller ändras på sidan personal" in (await words(petra, path)).lower()
    path = await reviewed(storstad, petra, text.replace('id = "storstad"', 'id = "granby"').encode(), "vik.toml")
    assert "filen gäller granby, inte storstad" in (await words(petra, path)).lower()
    path = await reviewed(storstad, petra, text.encode(), "vik.toml")
    assert "Allt är redan som i filen." in await words(petra, path)


async def test_a_file_is_its_persons_own(storstad: NightTown, pages: Site) -> None:
    await storstad.extend(users=[{"login": "per", "name": "Per", "roles": ["coordinator"], "password_hash": PASSWORD_HASH}])  # fmt: skip
    petra = await by_day(storstad, pages)
    per = await pages.signed_in("per")
    path = await reviewed(storstad, petra, LATER.format(1).encode())
    assert (await per.get(path)).status == 404
    await petra.text(path)
    assert (await petra.post(f"{path}/withdraw")).status == 303
    assert await storstad.value("select state from file_imports where body is null") == "withdrawn"


async def test_a_file_that_waits_too_long_is_forgotten(storstad: NightTown, pages: Site) -> None:
    petra = await by_day(storstad, pages)
    await reviewed(storstad, petra, LATER.format(1).encode())
    await storstad.set_clock(TWO + timedelta(days=9))
    await work_on_files(storstad.memory)
    assert (
        await storstad.value(
            "select state from file_imports where (body, review) is not distinct from (null::bytea, null::jsonb)"
        )
        == "withdrawn"
    )


async def test_a_file_that_ends_its_reader_is_given_up(
    storstad: NightTown, pages: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    petra = await by_day(storstad, pages)
    path = await send(petra, LATER.format(1).encode())

    def crash(*_given: Any) -> Any:
        raise RuntimeError("no such reader")

    monkeypatch.setattr(working, "read_sheet", crash)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await work_on_files(storstad.memory)
        assert "Filen läses" in await words(petra, path)
        await storstad.set_clock(await storstad.value("select clock.now() + interval '3 minutes'"))
    assert await work_on_files(storstad.memory) == 0
    said = await words(petra, path)
    assert "Det gick inte att läsa filen, efter tre försök. Inget är ändrat." in said.replace("  ", " ")
    assert await storstad.value("select body from file_imports") is None
    await reconcile_town(storstad.memory, storstad.org)
    assert "En fil gick inte att läsa, efter tre försök." in await words(petra, "/todo?all=1")
