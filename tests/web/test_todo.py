"""The planner's first page: what threatens tonight, what waits, pauses that end, each area's night, and the rota ahead."""

import re
from datetime import timedelta

from alarm_center.preparation.night_threats import tell_leads
from alarm_center.preparation.reconciliation import reconcile_due_towns, reconcile_town
from tests.support import town_file
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown
from tests.support.site import Browser, Site
from tests.support.town_file import shift_between
from tests.web.test_pause import confirm
from tests.web.test_resident_page import words

EVENING = TWO + timedelta(hours=18)
"""Eight in the evening before the next night."""


async def planner_at(storstad: NightTown, pages: Site, login: str = "petra") -> Browser:
    """Return a planner's browser in the evening, when the night is planned and compared."""
    await storstad.set_clock(EVENING)
    await storstad.execute("update devices set last_heard_at = clock.now(), link = 'up'")
    await reconcile_town(storstad.memory, storstad.org)
    return await pages.signed_in(login)


async def test_it_is_the_first_page_and_says_what_comes_next(storstad: NightTown, pages: Site) -> None:
    await storstad.execute("update decisions set follow_up_on = '2026-12-02'")
    await storstad.execute("update plans set signed_by = 'Petra Planerare'")
    await storstad.execute("update consents set automatic = 'yes'")
    petra = await planner_at(storstad, pages)
    await storstad.execute("update discrepancies set resolved_at = clock.now()")
    assert (await petra.get("/", follow=False)).headers["Location"] == "/todo"
    page = await words(petra, "/todo")
    assert "God kväll, Petra. Söndag 22 november" in page
    assert "Inget väntar. Nästa uppföljning eller slut 2 december 2026." in page
    assert "Hotar i natt" not in page


async def test_what_waits_has_a_sentence_an_owner_and_a_button(storstad: NightTown, pages: Site) -> None:
    await storstad.execute(
        "update decisions set follow_up_on = '2026-11-20' where resident_id = $1", storstad.residents[1]
    )
    petra = await planner_at(storstad, pages)
    page = await petra.text("/todo?all=1")
    assert "Uppföljningen av Astrid Lund skulle ha gjorts 20 november 2026." in page
    assert "handläggare" in page and f'href="/residents/{storstad.residents[1]}"' in page


async def test_more_than_ten_are_folded(storstad: NightTown, pages: Site) -> None:
    petra = await planner_at(storstad, pages)
    await storstad.execute(
        """
        insert into discrepancies (org, code, subject, area_id, resident_id, night, found_at, last_found_at)
        select 'storstad', 'device_silent', n::text, $1, $2, '2026-11-22', clock.now(), clock.now() from generate_series(1, 30) n
        """,
        storstad.area, storstad.residents[1],
    )  # fmt: skip
    said = "Utrustningen hos Astrid Lund har inte hörts på ett dygn."
    folded = await petra.text("/todo")
    assert folded.count("<li><p>") == 10 and "Visa alla" in folded
    assert (await petra.text("/todo?all=1")).count(said) == 30


async def test_what_endangers_tonight_stands_first_and_red(storstad: NightTown, pages: Site) -> None:
    await storstad.execute("delete from decisions where resident_id = $1", storstad.residents[2])
    petra = await planner_at(storstad, pages)
    page = await words(petra, "/todo")
    threat = page.partition("Hotar i natt")[2].partition("Väntar på dig")[0]
    assert "Bertil Ek har tider men inget beslut eller erbjudande." in threat
    assert "Ring hemmet 090-12 30 02" in threat


async def test_a_camera_that_is_silent_before_a_look_is_told(storstad: NightTown, pages: Site) -> None:
    petra = await planner_at(storstad, pages)
    await storstad.execute(
        "update devices set link = 'gone', gone_at = clock.now() - interval '2 hours', last_heard_at = clock.now() - interval '2 hours' where device_id = 'cam1'"
    )
    page = await words(petra, "/todo")
    assert "Astrid Lund: kameran har inte hörts sedan 18:00. Tillsyn 23:00." in page


async def test_a_night_when_every_camera_is_silent_is_counted(storstad: NightTown, pages: Site) -> None:
    await storstad.extend(residents=[town_file.home(n, device=f"cam{n}", times=("03:00",)) for n in range(20, 30)])
    petra = await planner_at(storstad, pages)
    await storstad.execute("update devices set link = 'gone', gone_at = clock.now() - interval '2 hours'")
    page = await petra.text("/todo")
    assert "Hotar i natt (15)" in page and page.count("Tillsyn ") == 10
    assert (await petra.text("/todo?all=1")).count("Tillsyn ") == 15


async def test_pauses_that_end_are_asked_about_here(storstad: NightTown, pages: Site, olle: Browser) -> None:
    await confirm(olle, f"/pause/{storstad.residents[1]}", until="date", date="2026-11-22", reason="pause_away")
    await storstad.set_clock(TWO + timedelta(hours=13, minutes=30))
    petra = await pages.signed_in("petra")
    page = await words(petra, "/todo")
    assert "Pauser som tar slut" in page and "Astrid Lund" in page


async def test_each_area_has_its_night_in_a_line(storstad: NightTown, pages: Site) -> None:
    petra = await planner_at(storstad, pages)
    page = await words(petra, "/todo")
    assert "Omr 3: 15 tillsyner, 0 besök." in page


async def test_a_hole_in_the_rota_opens_with_its_hours(storstad: NightTown, pages: Site) -> None:
    petra = await planner_at(storstad, pages)
    page = await words(petra, "/todo")
    assert "sön 22/11 ▲ någon saknas" in page, "the town's patrols work the night before"
    page = await words(petra, "/todo?night=2026-11-24")
    assert "Område 3: ingen patrull 23:00–06:00." in page and "Ingen nattledare." in page


async def test_a_lead_sees_it_and_a_carer_does_not(storstad: NightTown, pages: Site) -> None:
    people = (("lisa", "lead"), ("vera", "carer"))
    users = [{"login": login, "name": login, "roles": [role], "password_hash": PASSWORD_HASH} for login, role in people]
    await storstad.extend(users=users)
    lisa, vera = await planner_at(storstad, pages, "lisa"), await pages.signed_in("vera")
    assert 'href="/todo"' in await lisa.text("/raise")
    assert "Att göra" in await lisa.text("/todo")
    assert (await vera.get("/todo")).status == 403


async def revision_on(browser: Browser, path: str) -> str:
    """Return the revision that the page's form was drawn from."""
    return str(re.findall(r'name="revision" value="(\d+)"', await browser.text(path))[0])


async def test_tonights_looks_become_visits_with_who_and_why(storstad: NightTown, pages: Site) -> None:
    petra, resident = await planner_at(storstad, pages), storstad.residents[1]
    path = f"/residents/{resident}/visits"
    assert "I natt 23:00, 02:00 och 05:00 blir det besök av patrullen" in await words(petra, path)
    drawn = await revision_on(petra, path)
    assert (await petra.post(path, {"why": " ", "revision": drawn})).status == 400
    answer = await petra.post(path, {"why": "Kameran hörs inte", "revision": drawn})
    assert (answer.status, answer.headers["Location"]) == (303, f"/residents/{resident}")
    made = await storstad.value(
        "select string_agg(state || ' ' || instead || ' ' || cancel_reason, ',') from checks where resident_id = $1 and night = '2026-11-22'",
        resident,
    )
    assert made == ",".join(["cancelled visit replanned"] * 3)
    row = await storstad.value("select (made_by, after ->> 'why')::text from changes where part = 'visits'")
    assert row == f'({storstad.users["petra"]},"Kameran hörs inte")'
    page = await words(petra, f"/residents/{resident}")
    assert "Gjorde om 3 tillsyner till besök: Kameran hörs inte. Petra Planerare" in page
    assert (await petra.post(path, {"why": "igen", "revision": drawn})).status == 409
    assert "är kvar i natt" in await words(petra, path)


async def test_visits_made_by_hand_stay_visits(storstad: NightTown, pages: Site) -> None:
    petra, resident = await planner_at(storstad, pages), storstad.residents[1]
    drawn = await revision_on(petra, f"/residents/{resident}/visits")
    await petra.post(f"/residents/{resident}/visits", {"why": "Kameran hörs inte", "revision": drawn})
    await reconcile_town(storstad.memory, storstad.org)
    left = await storstad.value(
        "select count(*) from checks where resident_id = $1 and night = '2026-11-22' and state = 'planned'", resident
    )
    assert left == 0, "planning gives back only what the gate or a pause took"


async def test_the_lead_on_duty_hears_a_code_and_a_number(storstad: NightTown) -> None:
    await storstad.execute("delete from decisions where resident_id = any($1)", list(storstad.residents.values())[:2])
    await storstad.extend(
        shifts=[shift_between("Nattansvarig", EVENING + timedelta(hours=1), EVENING + timedelta(hours=11), role="lead")]
    )
    await storstad.set_clock(EVENING + timedelta(minutes=31))
    assert await tell_leads(storstad.memory) == 0, "nothing has been compared yet"
    await storstad.execute("update devices set last_heard_at = clock.now(), link = 'up'")
    await reconcile_due_towns(storstad.memory)
    assert await tell_leads(storstad.memory) == 0, "no lead is on duty yet"
    await storstad.set_clock(EVENING + timedelta(hours=1, minutes=1))
    assert [await tell_leads(storstad.memory) for _ in range(2)] == [1, 0], "once an evening"
    said = await storstad.value("select body from messages where wording = 'night_threatened'")
    assert said == ("Osäkert i natt: 2 (omr 3). Se vilka, och gör om till besök: https://natt.kommun.se/todo")
