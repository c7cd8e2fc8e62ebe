"""An alarm raised by hand, from the search to the SMS: who may, what is said before, and that one form raises once."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import product
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from alarm_center.casework import cases, manual_alarms
from alarm_center.core.alarm.alarm_events import Close
from alarm_center.core.alarm.manual_alarm import Course, Forecast, ManualRequest
from schemas.vocabulary import Answer, HandledBy, Outcome, Priority, RaisedFor, Reason
from tests.support.by_hand import raise_manual_alarm
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown, at_two, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site, site
from tests.support.viewers import viewer_in

WISH = {"reason": "relative", "priority": "2", "note": "Dottern hör henne inte"}


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Twelve homes, for who is looked for by name and number."""
    async with town(database, begin=at_two) as here:
        yield here


async def a_user(storstad: NightTown, login: str, *roles: str) -> None:
    user = {"login": login, "name": login.capitalize(), "roles": list(roles), "password_hash": PASSWORD_HASH}
    await storstad.extend(users=[user])


async def confirmed(browser: Browser, path: str, **wish: str) -> str:
    """Go as far as the sentence; return the form's own id."""
    assert "Vad har hänt?" in await browser.text(path)
    response = await browser.post(path, WISH | wish)
    page = await response.text()
    assert response.status == 200, page
    return str(re.findall(r'name="once" value="([^"]+)"', page)[0])


async def test_from_the_board_to_the_sms(storstad: NightTown, olle: Browser) -> None:
    assert 'href="/raise"' in await olle.text("/")
    ebbe = storstad.residents[5]
    path = f"/raise/{ebbe}"
    assert path in await olle.text("/raise")
    page = await (await olle.post("/raise", {"asked": "ebbe storgatan"})).text()
    assert path in page and page.count('href="/raise/') == 1

    await olle.get(path)
    page = await (await olle.post(path, WISH)).text()
    sentence = "Ett larm med prio 2 öppnas för Ebbe Sjö i område 3, och patrullen får SMS om 2 minuter om ingen skickar den innan dess."
    assert sentence in page
    assert await storstad.value("select count(*) from alarms") == 0, "nothing has happened yet"

    once = re.findall(r'name="once" value="([^"]+)"', page)[0]
    raised = await olle.post(f"{path}/now", WISH | {"once": once})
    alarm = await storstad.value("select alarm_id from alarms")
    assert raised.headers["Location"] == f"/alarm/{alarm}"
    page = await olle.text(f"/alarm/{alarm}")
    assert (
        "Manuellt larm: anhörig eller granne har ringt" in page
        and "Dottern hör henne inte" in page
        and "Anhörig eller granne har ringt" in page
    )
    board = await olle.text("/")
    assert "Manuellt larm: anhörig eller granne har ringt" in board, "the queue says who rang"
    assert "ledig" in board and "070-000 01 00" in board, "and which patrol is free"
    kept = await storstad.value("select (kind, priority, state, resident_id)::text from alarms")
    assert kept == f"(manual,2,open,{ebbe})"
    assert await storstad.value("select count(*) from messages") == 0

    await storstad.set_clock(TWO + timedelta(minutes=2, seconds=41))
    await storstad.step()
    body = await storstad.value("select body from messages where wording = 'call_out'")
    assert body.startswith("Larm 48") and "PRIO 2 omr 3" in body
    assert "Ebbe" not in body and "Dottern" not in body


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("A\u030asa O\u0308berg", "åsa öberg"),
        ("Åsa Öberg", "a\u030asa O\u0308BERG"),
        ("Karl-Erik Berg", "karl\u2011erik"),
        ("Karl\u2011Erik Berg", "Karl-Erik"),
        ("Karl\u2013Erik Berg", "karl\u2010erik berg"),
        ("Karl-Erik Berg", "Karl Erik"),
        ("Anna\u00a0Lund", "anna lund"),
        ("Anna Lund", "anna\u202flund"),
        ("Sean O\u2019Brien", "o'brien"),
        ("Sean O'Brien", "O\u00b4Brien"),
        ("So\u00adfia Lind", "sofia"),
    ],
)
async def test_a_name_is_found_however_it_is_written(storstad: NightTown, olle: Browser, name: str, asked: str) -> None:
    await storstad.execute("update residents set name = $2 where resident_id = $1", storstad.residents[5], name)
    await olle.get("/raise")
    page = await (await olle.post("/raise", {"asked": asked})).text()
    assert f"/raise/{storstad.residents[5]}" in page and page.count('href="/raise/') == 1


@pytest.mark.parametrize(
    "asked", ["+46 (0)90-123 005", "090\u2013123 005", "090\u2011123\u00a0005", "0046 90 123 005", "90123005"]
)
async def test_a_phone_is_found_however_it_is_written(storstad: NightTown, olle: Browser, asked: str) -> None:
    await olle.get("/raise")
    page = await (await olle.post("/raise", {"asked": asked})).text()
    assert f"/raise/{storstad.residents[5]}" in page and page.count('href="/raise/') == 1


async def test_the_note_is_in_no_event_and_the_reason_is_a_code(storstad: NightTown, olle: Browser) -> None:
    path = f"/raise/{storstad.residents[5]}"
    await olle.post(f"{path}/now", WISH | {"once": await confirmed(olle, path)})
    assert await storstad.value("select count(*) from events e where to_json(e)::text like '%Dottern%'") == 0
    data = await storstad.value("select data from events where kind = 'raised_by_hand'")
    assert data == {"reason": "relative", "priority": 2, "note": True}
    actor = await storstad.value("select actor from events where kind = 'raised_by_hand'")
    assert actor == str(storstad.users["olle"])
    assert await storstad.value("select note from raisings") == "Dottern hör henne inte"


async def test_one_form_raises_once_however_often_it_is_sent(storstad: NightTown, olle: Browser) -> None:
    path = f"/raise/{storstad.residents[5]}"
    once = await confirmed(olle, path)
    answers = await asyncio.gather(*(olle.post(f"{path}/now", WISH | {"once": once}) for _ in range(4)))
    alarm = await storstad.value("select alarm_id from alarms")
    assert {answer.headers["Location"] for answer in answers} == {f"/alarm/{alarm}"}
    assert await storstad.value("select count(*) from raisings") == 1
    assert await storstad.value("select count(*) from events where kind in ('alarm_opened', 'joined')") == 1
    await olle.post(f"/alarm/{alarm}/close", {"outcome": "false_alarm"})
    late = await olle.post(f"{path}/now", WISH | {"once": once})
    assert late.headers["Location"] == f"/alarm/{alarm}", "a form from before the end opens nothing new"
    assert await storstad.value("select count(*) from alarms") == 1


async def test_who_has_an_open_case_gets_no_second(storstad: NightTown, olle: Browser) -> None:
    await storstad.finding(2, Answer.CANNOT_TELL, Reason.STILL)
    path = f"/raise/{storstad.residents[2]}"
    await olle.get(path)
    page = await (await olle.post(path, WISH)).text()
    assert "Bertil Ek har redan larm 4801 med prio 2, och det här läggs till i det larmet." in page
    page = await (await olle.post(path, WISH | {"priority": "1"})).text()
    assert "Bertil Ek har redan larm 4801, och det höjs från prio 2 till prio 1." in page
    once = await confirmed(olle, path, priority="1")
    await olle.post(f"{path}/now", WISH | {"priority": "1", "once": once})
    assert await storstad.value("select (count(*), min(priority))::text from alarms") == "(1,1)"
    assert "Dottern hör henne inte" in await olle.text(f"/alarm/{await storstad.value('select alarm_id from alarms')}")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reason": ""}, "Välj vad som har hänt"),
        ({"priority": "7"}, "Välj hur bråttom det är"),
        ({"reason": "other", "note": "  "}, "Skriv vad som har hänt"),
    ],
)
async def test_what_is_missing_is_asked_for(
    storstad: NightTown, olle: Browser, changed: dict[str, str], said: str
) -> None:
    path = f"/raise/{storstad.residents[5]}"
    await olle.get(path)
    response = await olle.post(path, WISH | changed)
    assert (response.status, said in await response.text()) == (400, True)
    assert (await olle.post(f"{path}/now", WISH | changed | {"once": str(uuid4())})).status == 400
    assert (await olle.post(f"{path}/now", WISH | {"once": "x"})).status == 400
    assert await storstad.value("select count(*) from alarms") == 0


async def test_a_form_of_somebody_elses_page_raises_nothing(storstad: NightTown, olle: Browser) -> None:
    path = f"/raise/{storstad.residents[5]}"
    once = await confirmed(olle, path)
    for headers, token in (({}, "x"), ({"Sec-Fetch-Site": "cross-site"}, olle.csrf)):
        sent = WISH | {"once": once, "csrf": token}
        assert (await olle.post(f"{path}/now", sent, headers=headers)).status == 403
    assert await storstad.value("select count(*) from alarms") == 0


@pytest.mark.parametrize("roles", [("coordinator", "admin"), ("carer",)])
async def test_who_neither_answers_nor_leads_raises_nothing(
    storstad: NightTown, pages: Site, olle: Browser, roles: tuple[str, ...]
) -> None:
    await a_user(storstad, "nils", *roles)
    nils = await pages.signed_in("nils")
    path = f"/raise/{storstad.residents[5]}"
    for answer in (
        await nils.get("/raise"),
        await nils.get(path),
        await nils.post("/raise", {"asked": "e"}),
        await nils.post(path, WISH),
        await nils.post(f"{path}/now", WISH | {"once": str(uuid4())}),
    ):
        assert answer.status == 403
    assert await storstad.value("select count(*) from alarms") == 0


async def test_a_lead_raises_without_sitting_at_the_board(storstad: NightTown, pages: Site) -> None:
    await a_user(storstad, "lena", "lead")
    lena = await pages.signed_in("lena")
    assert (await lena.get("/", follow=False)).headers["Location"] == "/lead", "what a lead has in the board's place"
    path = f"/raise/{storstad.residents[5]}"
    assert path in await lena.text("/raise")
    await lena.get(path)
    page = await (await lena.post(path, WISH)).text()
    assert "patrullen får SMS direkt." in page, "no operator is signed in"
    raised = await lena.post(f"{path}/now", WISH | {"once": await confirmed(lena, path)})
    page = await lena.text(raised.headers["Location"])
    assert "med prio 2 i område 3." in page and "Söker patrull" in page
    assert await storstad.value("select count(*) from messages") == 1
    alarm = await storstad.value("select alarm_id from alarms")
    assert (await lena.get(f"/alarm/{alarm}")).status == 403


async def test_nobody_raises_for_who_is_not_theirs(database: Database, storstad: NightTown, pages: Site) -> None:
    await storstad.execute("update residents set moved_at = clock.now() where resident_id = $1", storstad.residents[1])
    await storstad.extend(areas=[{"code": "9"}])
    await storstad.execute(
        "update memberships set areas = array(select area_id from areas where code = '9') where user_id = $1",
        storstad.users["siv"],
    )
    siv, olle = pages.browser(), pages.browser()
    await siv.sign_in("siv")
    await olle.sign_in()
    async with town(database, org="granby", residents=1, operator_sees=()) as granby, site(granby) as there:
        stranger = await there.signed_in("olle-granby")
        for who, number in ((siv, 5), (stranger, 5), (olle, 1)):
            path = f"/raise/{storstad.residents[number]}"
            for answer in (
                await who.get(path),
                await who.post(path, WISH),
                await who.post(f"{path}/now", WISH | {"once": str(uuid4())}),
            ):
                assert answer.status == 404
        for asked in ("", "Ebbe"):
            for who in (siv, stranger):
                page = await (await who.post("/raise", {"asked": asked})).text()
                assert "Ebbe" not in page.replace('value="Ebbe"', "")
    assert await storstad.value("select count(*) from alarms") == 0


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ("karin öb", [11]), ("ÖBERG", [11]), ("storgatan 7", [7]), ("090-999 00 4", []), ("090-123 004", [4]),
        ("+46 90 12 30 04", [4]), ("8", [8]), ("nobody here", []), ("%", []), ("' or 1=1", []), ("\0ebbe", [5]),
    ],
)  # fmt: skip
async def test_a_resident_is_found_by_what_a_caller_says(
    storstad: NightTown, olle: Browser, asked: str, numbers: list[int]
) -> None:
    page = await (await olle.post("/raise", {"asked": asked})).text()
    by_id = {str(resident): number for number, resident in storstad.residents.items()}
    assert [by_id[found] for found in re.findall(r'href="/raise/([^"]+)"', page)] == numbers


async def test_the_carer_reads_why_once_the_case_is_theirs(storstad: NightTown, pages: Site, olle: Browser) -> None:
    path = f"/raise/{storstad.residents[5]}"
    raised = await olle.post(f"{path}/now", WISH | {"once": await confirmed(olle, path)})
    await olle.post(f"{raised.headers['Location']}/send")
    link = "/u/" + str(await storstad.value("select token from notices"))
    patrol = pages.browser()
    assert "Dottern" not in await patrol.text(link)
    await patrol.post(f"{link}/take", {"minutes": "20"})
    page = await patrol.text(link)
    assert "Anhörig eller granne har ringt" in page and "Dottern hör henne inte" in page


async def test_a_check_leads_there_and_an_open_alarm_does_not(storstad: NightTown, olle: Browser) -> None:
    await storstad.finding(3, Answer.IN_BED, frames=(b"\xff\xd8\xff\xd9",))
    await storstad.finding(2, Answer.CANNOT_TELL, Reason.STILL)
    alarm = await storstad.value("select alarm_id from alarms")
    assert f'href="/raise/{storstad.residents[3]}"' in await olle.text(f"/check/{await storstad.check_of(3)}")
    assert "/raise/" not in await olle.text(f"/alarm/{alarm}")
    await olle.post(f"/alarm/{alarm}/close", {"outcome": "false_alarm"})
    assert f'href="/raise/{storstad.residents[2]}"' in await olle.text(f"/alarm/{alarm}")


async def test_what_was_said_stands_as_it_was_said(storstad: NightTown, olle: Browser) -> None:
    path = f"/raise/{storstad.residents[5]}"
    await olle.post(f"{path}/now", WISH | {"once": await confirmed(olle, path)})
    for statement in ("update raisings set note = 'x'", "delete from raisings"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            async with storstad.web.transaction(await viewer_in(storstad.memory, "storstad")) as tx:
                await tx.execute(statement)
    async with storstad.web.transaction(await viewer_in(storstad.memory, "storstad", areas=(UUID(int=9),))) as tx:
        assert await tx.fetchval("select count(*) from raisings") == 0


async def come_of(
    storstad: NightTown, wish: ManualRequest, had: Priority | None, handled_by: HandledBy
) -> tuple[Forecast, Forecast]:
    """Return what is foreseen of *wish*, with a case of *had* open, and what then happens."""
    resident_id, user = storstad.residents[5], uuid4()
    viewer = await viewer_in(storstad.memory, storstad.org, user=user)
    await storstad.execute("update organisations set handled_by = $1", handled_by)
    before = None if had is None else await raise_manual_alarm(storstad.memory, resident_id, had, actor="test")
    said = await manual_alarms.foreseen_alarm(storstad.web, resident_id, wish, viewer)
    alarm = await manual_alarms.raise_by_hand(
        storstad.web, resident_id, wish, raising_id=uuid4(), user=user, viewer=viewer
    )
    asked = await storstad.value("select count(*) from notices where alarm_id = $1", alarm.alarm_id)
    if before is not None:
        course = Course.RISES if alarm.priority < before.priority else Course.JOINS
        happened = Forecast(course, alarm.priority, case_no=before.case_no, priority_before=before.priority)
    elif asked:
        happened = Forecast(Course.AT_ONCE, alarm.priority)
    else:
        assert alarm.limits.self_dispatch_at is not None
        seconds = (alarm.limits.self_dispatch_at - await storstad.memory.now()).total_seconds()
        happened = Forecast(Course.WAITS, alarm.priority, seconds=int(seconds))
    await cases.apply_to_alarm(
        storstad.memory, alarm.alarm_id, Close(storstad.users["olle"], Outcome.WELL_IN_BED), actor="t"
    )
    return said, happened


@pytest.mark.parametrize("signed_in", [False, True])
async def test_what_is_foreseen_is_what_happens(storstad: NightTown, pages: Site, signed_in: bool) -> None:
    if signed_in:
        await pages.signed_in()
    courses = set()
    for handled_by, had, wanted in product(HandledBy, (None, Priority.FIRST, Priority.THIRD), Priority):
        said, happened = await come_of(storstad, ManualRequest(RaisedFor.CALLED, wanted), had, handled_by)
        assert said == happened, f"{handled_by}, {had} open, {wanted} wanted"
        courses.add(said.course)
    assert courses == {Course.AT_ONCE, Course.JOINS, Course.RISES} | ({Course.WAITS} if signed_in else set())
