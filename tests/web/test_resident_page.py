"""A resident's page: the sentence first, the papers, times and plan in words, the last nights, and who changed what."""

import re
from datetime import timedelta

from schemas.vocabulary import Answer, Reason
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown
from tests.support.site import Browser, Site
from tests.web.test_pause import HOSPITAL, STOP, confirm


async def words(browser: Browser, path: str) -> str:
    """Return the words of a page, without its tags."""
    page = await browser.text(path)
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


async def test_the_page_begins_with_how_it_stands(storstad: NightTown, pages: Site) -> None:
    petra, path = await pages.signed_in("petra"), f"/residents/{storstad.residents[1]}"
    assert "Tillsyn med kamera, i natt 05:00" in await words(petra, path)
    await storstad.execute(
        "update residents set cohabitant = 'Karl Mård' where resident_id = $1", storstad.residents[1]
    )
    page = await words(petra, path)
    assert "Kameran är inte igång: Karl Mård har inte sagt ja. Besök i stället, i natt 05:00." in page
    await storstad.execute("delete from decisions where resident_id = $1", storstad.residents[1])
    page = await words(petra, path)
    assert "Kameran är inte igång: inget beslut eller erbjudande." in page
    assert "Inget beslut eller erbjudande är registrerat." in page


async def test_the_papers_stand_in_words(storstad: NightTown, pages: Site) -> None:
    petra, path = await pages.signed_in("petra"), f"/residents/{storstad.residents[1]}"
    await storstad.execute(
        "update decisions set ends_on = '2026-12-31', follow_up_on = '2026-12-02' where resident_id = $1",
        storstad.residents[1],
    )
    page = await words(petra, path)
    assert "B1: 1 januari 2020 till 31 december 2026 · uppföljning 2 december 2026" in page
    assert "Kamera: ja. Sensorer: ja. Personal ser bilderna: ja. Automatisk bedömning:" in page
    assert "Planen tillåter automatisk bedömning, undertecknat av Petra" in page
    assert "Alla nätter kl 23:00, 02:00 och 05:00: kamera" in page
    assert "Nyckelgömma vid dörren, kod hos patrullen" in page


async def test_only_the_residents_own_answers_are_marked(storstad: NightTown, pages: Site) -> None:
    petra, path = await pages.signed_in("petra"), f"/residents/{storstad.residents[1]}"
    assert "<u>" not in await petra.text(path)
    await storstad.execute(
        "update plans set answers = '{\"recheck_minutes\": 5}' where resident_id = $1", storstad.residents[1]
    )
    page = await petra.text(path)
    assert "<u>Syns personen inte tittar vi igen efter 5 min, och larmar sedan.</u>" in page
    assert page.count("<u>") == 1


async def test_the_last_nights_stand_in_words(storstad: NightTown, pages: Site) -> None:
    await storstad.finding(1, Answer.IN_BED)
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.set_clock(TWO + timedelta(hours=12))
    petra = await pages.signed_in("petra")
    assert "lör 21/11 ✓ 1 sedda" in await words(petra, f"/residents/{storstad.residents[1]}")
    number = await storstad.value("select case_no from alarms where not visit")
    assert f"lör 21/11 ▲ larm {number}" in await words(petra, f"/residents/{storstad.residents[2]}")


async def test_the_history_names_the_person(storstad: NightTown, pages: Site) -> None:
    petra, path = await pages.signed_in("petra"), f"/residents/{storstad.residents[1]}"
    assert "Pausade" not in await words(petra, path)
    await confirm(petra, f"/pause/{storstad.residents[1]}", **HOSPITAL)
    page = await words(petra, path)
    assert "Pausade: sjukhus, till i dag 16:00. Petra Planerare" in page
    assert "Pausad till i dag 16:00, sjukhus." in page
    await petra.post(f"/stop-camera/{storstad.residents[1]}", STOP)
    page = await words(petra, path)
    assert "Stängde kameran: samtycket återkallat. Petra Planerare" in page
    assert "Astrid Lund tog tillbaka sitt ja" in page


async def test_pause_and_stop_are_always_in_view(storstad: NightTown, pages: Site) -> None:
    petra, resident = await pages.signed_in("petra"), storstad.residents[1]
    page = await petra.text(f"/residents/{resident}")
    assert f'href="/pause/{resident}"' in page and f'href="/stop-camera/{resident}"' in page
    assert f'href="/residents/{resident}/times"' in page
    assert f'href="/looks/resident/{resident}"' in page, "a coordinator hands the list out"


async def test_who_has_moved_has_a_page_of_what_was(storstad: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    await storstad.execute("update residents set moved_at = clock.now() where resident_id = $1", storstad.residents[1])
    page = await words(petra, f"/residents/{storstad.residents[1]}")
    assert "Ingen tittar. Tillsynen är inte avslutad än." in page and "Nyckelgömma" not in page


async def test_a_port_code_is_shown_on_a_click_that_is_written(storstad: NightTown, pages: Site) -> None:
    petra, resident = await pages.signed_in("petra"), storstad.residents[1]
    path, lines = (
        f"/residents/{resident}",
        "select count(*) from events where kind = 'door_code_shown' and resident_id = $1",
    )
    assert "Visa portkod" not in await petra.text(path), "there is none"
    await storstad.execute("update residents set port_code = '1407', access = '' where resident_id = $1", resident)
    page = await petra.text(path)
    assert "1407" not in page and "saknas" not in page and f'action="{path}/door-code"' in page
    assert await storstad.value(lines, resident) == 0, "a page without it writes nothing"
    answer = await petra.post(f"{path}/door-code")
    assert answer.status == 200 and "Portkod 1407" in await answer.text()
    assert await storstad.value(lines, resident) == 1
    anna = {"login": "anna", "name": "Anna Granskare", "roles": ["auditor"], "password_hash": PASSWORD_HASH}
    await storstad.extend(users=[anna])
    readings = await words(await pages.signed_in("anna"), "/looks/readings")
    assert "Petra Planerare visade portkoden. Astrid Lund" in readings
    await petra.text(path)
    assert "1407" not in await petra.text(path), "the next reading asks again"
