"""A mounting by its pages: today's homes alone, the code that is claimed once, the case that a camera is woken for, and its end."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio

from alarm_center.casework import mountings
from alarm_center.casework.arrived_sessions import record_finding
from alarm_center.core.roles import Right
from alarm_center.store import checks
from schemas.messages import Evidence, Finding, RestlessMap
from schemas.vocabulary import Answer, JudgePlace, Role
from tests.support.night_town import TWO, NightTown, drawn, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site, site
from tests.support.viewers import viewer_in

NOON = TWO + timedelta(hours=10)
"""Sunday at noon: of the coming night."""
CODE = "ACDE-FGHJ-KM"


@pytest_asyncio.fixture
async def here(database: Database) -> AsyncIterator[NightTown]:
    """Three homes on a Sunday; the first has no camera yet, and its mounting is today's."""
    async with town(database, residents=3, operator_sees=()) as storstad:
        await storstad.set_clock(NOON)
        await storstad.execute("update checks set device_id = null where resident_id = $1", storstad.residents[1])
        await storstad.execute("update equipment set device_id = null where device_id = 'cam1'")
        await storstad.execute("delete from devices where resident_id = $1", storstad.residents[1])
        yield storstad


@pytest_asyncio.fixture
async def pages(here: NightTown) -> AsyncIterator[Site]:
    async with site(here) as running:
        yield running


async def give(here: NightTown, number: int, days: int = 0) -> str:
    """Give the mounting of a resident's home; return its id."""
    mounting: UUID = await here.value(
        """
        insert into mountings (org, area_id, resident_id, due_on, given_by, given_at)
        select org, area_id, resident_id, (clock.now() at time zone 'Europe/Stockholm')::date + $2::int, 'petra', clock.now()
        from residents where resident_id = $1 returning mounting_id
        """,
        here.residents[number], days,
    )  # fmt: skip
    return f"/mountings/{mounting}"


async def installer(here: NightTown, pages: Site) -> Browser:
    """Return the browser of an installer who is signed in."""
    return await signed_in_as(here, pages, Role.INSTALLER, Right.MOUNT)


async def signed_in_as(here: NightTown, pages: Site, role: Role, right: Right) -> Browser:
    viewer = await viewer_in(here.memory, "storstad", role=role, right=right)
    browser = pages.browser()
    browser.client.session.cookie_jar.update_cookies({"fjt_session": viewer.token}, pages.server.make_url("/"))
    browser.csrf = "csrf"
    return browser


async def claim(pages: Site, code: str = CODE) -> tuple[int, dict[str, Any]]:
    """Ask as the device that shows *code*; return the status and what was answered."""
    response = await pages.browser().client.post("/device/claim", json={"code": code})
    return response.status, await response.json()


async def device_hears(here: NightTown) -> None:
    """Let the device of the mounting hear its config, and say so."""
    await mountings.tell_devices(here.memory)
    await here.execute(
        "update devices set link = 'up', last_heard_at = clock.now(), reported_version = wanted_version, signal_dbm = -71"
    )


async def mounted(here: NightTown, pages: Site, browser: Browser, job: str) -> None:
    """Go to the lamp: the camera has come by its code."""
    for step, form in (("begin", {}), ("answer/consent", {}), ("code", {"code": CODE})):
        assert (await browser.post(f"{job}/{step}", form)).status == 303
    assert (await claim(pages))[0] == 200
    await device_hears(here)


async def test_an_installer_sees_todays_homes_alone(here: NightTown, pages: Site) -> None:
    today, tomorrow = await give(here, 1), await give(here, 2, days=1)
    browser = await installer(here, pages)
    shown = await browser.text("/mountings")
    assert "Astrid Lund" in shown
    assert "Bertil Ek" not in shown and "Cecilia" not in shown
    assert (await browser.get(today)).status == 200
    assert (await browser.get(tomorrow)).status == 404
    assert (await browser.get(f"/residents/{here.residents[1]}")).status == 403


async def test_another_installers_home_is_not_there(here: NightTown, pages: Site) -> None:
    job = await give(here, 1)
    first, second = await installer(here, pages), await installer(here, pages)
    await first.post(f"{job}/begin")
    assert (await second.get(job)).status == 404
    assert "Astrid" not in await second.text("/mountings")


async def test_a_code_is_claimed_once_and_gives_a_password(here: NightTown, pages: Site) -> None:
    job, browser = await give(here, 1), await installer(here, pages)
    assert (await claim(pages)) == (202, {"wait": True})
    await browser.post(f"{job}/begin")
    await browser.post(f"{job}/answer/consent")
    assert (await browser.post(f"{job}/code", {"code": "too short"})).status == 400
    await browser.post(f"{job}/code", {"code": CODE.lower()})
    assert "Väntar på att kameran" in await browser.text(job)
    status, told = await claim(pages)
    assert (status, told["org"]) == (200, "storstad")
    assert len(told["password"]) > 30
    assert (await claim(pages))[0] == 202, "used up"
    assert await here.value("select resident_id from devices where device_id = $1", told["device"]) == here.residents[1]
    kept = await here.value("select password_hash from device_logins")
    assert kept.startswith("$7$101$") and told["password"] not in kept


async def test_a_code_is_good_for_ten_minutes(here: NightTown, pages: Site) -> None:
    job, browser = await give(here, 1), await installer(here, pages)
    for step, form in (("begin", {}), ("answer/consent", {}), ("code", {"code": CODE})):
        await browser.post(f"{job}/{step}", form)
    await here.set_clock(NOON + timedelta(minutes=10))
    assert (await claim(pages))[0] == 202


async def test_an_address_that_guesses_codes_is_stopped(pages: Site) -> None:
    browser = pages.browser()
    for _ in range(600):
        await browser.client.post("/device/claim", json={"code": CODE})
    assert (await claim(pages))[0] == 429


async def test_the_case_ends_after_half_an_hour(here: NightTown, pages: Site) -> None:
    job, browser = await give(here, 1), await installer(here, pages)
    await mounted(here, pages, browser, job)
    await here.set_clock(NOON + timedelta(minutes=30))
    assert (await browser.post(f"{job}/ask/lamp")).status == 409
    assert "Halvtimmen är slut" in await browser.text(job)
    await browser.post(f"{job}/begin")
    assert "Lampan" in await browser.text(job), "it goes on where it was"
    assert (await browser.post(f"{job}/ask/lamp")).status == 303


async def test_a_test_look_is_in_the_log_before_its_picture(here: NightTown, pages: Site) -> None:
    job, browser = await give(here, 1), await installer(here, pages)
    await mounted(here, pages, browser, job)
    assert (await browser.post(f"{job}/ask/live")).status == 409, "not before its step"
    await browser.post(f"{job}/answer/lamp")
    await browser.post(f"{job}/ask/live")
    log = await (await signed_in_as(here, pages, Role.AUDITOR, Right.REVIEW)).text("/looks/log?without=1")
    assert "Astrid" not in log, "it is no look without a case"
    assert "Testbild när kameran monterades" in await (
        await signed_in_as(here, pages, Role.AUDITOR, Right.REVIEW)
    ).text("/looks/log")
    command = await here.value("select command_id from commands where kind = 'live'")
    assert (await browser.get(f"{job}/picture/{command}")).status == 204
    await browser.post(f"{job}/left")
    assert await here.value("select ended_at is not null from looks")
    other = await installer(here, pages)
    assert (await other.get(f"{job}/picture/{command}")).status == 404


async def test_no_yes_no_command(here: NightTown, pages: Site) -> None:
    job, browser = await give(here, 1), await installer(here, pages)
    await mounted(here, pages, browser, job)
    await here.execute(
        "update consents set state = 'revoked', revoked_at = clock.now(), revoked_instead = 'visit' where resident_id = $1",
        here.residents[1],
    )
    assert (await browser.post(f"{job}/ask/lamp")).status == 409
    await browser.post(f"{job}/begin")


async def test_a_trial_is_answered_by_its_own_session(here: NightTown, pages: Site) -> None:
    """A trial raises no alarm: the installer may well sit on the floor."""
    job, browser = await give(here, 1), await installer(here, pages)
    await mounted(here, pages, browser, job)
    for step in ("lamp", "look"):
        await browser.post(f"{job}/answer/{step}")
    bed = {"x0": "30", "y0": "30", "x1": "70", "y1": "30", "x2": "70", "y2": "85", "x3": "30", "y3": "85", "head": "0"}
    assert (await browser.post(f"{job}/answer/bed", {**bed, "x0": "0"})).status == 400, "it goes on outside the picture"
    for step, form in (("bed", bed), ("sleepers", {"sleeper": "nobody"}), ("empty", {})):
        assert (await browser.post(f"{job}/answer/{step}", form)).status == 303
    assert (await browser.post(f"{job}/answer/trial")).status == 409, "not before it has come through"
    await browser.post(f"{job}/ask/trial")
    assert "Provet pågår" in await browser.text(job)
    command, device = (
        await here.value("select command_id from commands where kind = 'trial'"),
        await here.value("select device_id from mountings"),
    )
    await here.set_clock(NOON + timedelta(seconds=6))
    finding = Finding(
        session_id="s",
        org="storstad",
        device=device,
        command_id=command,
        answer=Answer.NOT_SEEN,
        people=0,
        detector="d",
    )
    async with here.memory.transaction() as tx:
        await record_finding(tx, finding, Answer.NOT_SEEN, JudgePlace.CENTRE)
    assert "Prov: klart på 6 s." in await browser.text(job)
    assert await here.value("select count(*) from alarms") == 0
    assert await here.value("select needs_human from sessions") is False
    await browser.post(f"{job}/answer/trial")
    await browser.post(f"{job}/answer/weekend", {"name": "Petra", "phone": "070-174 06 11"})
    assert (await browser.post(f"{job}/answer/paper", {"signed": "oral"})).status == 303
    done = await browser.text(job)
    assert "Första tillsynen är" in done and "070-174 06 11" in done
    assert await here.value(
        "select jsonb_path_query_first(profile, '$.zones[0].head')::text from devices where device_id = $1", device
    )


async def test_an_empty_take_tells_what_moves_by_itself(here: NightTown, pages: Site) -> None:
    """The map comes with the room's signature; the next take, in which nothing moves any more, takes it away again."""
    job, browser = await give(here, 1), await installer(here, pages)
    await mounted(here, pages, browser, job)
    device = await here.value("select device_id from mountings")
    bed = {"x0": "30", "y0": "30", "x1": "70", "y1": "30", "x2": "70", "y2": "85", "x3": "30", "y3": "85", "head": "0"}
    for step, form in (("lamp", {}), ("look", {}), ("bed", bed), ("sleepers", {"sleeper": "nobody"})):
        await browser.post(f"{job}/answer/{step}", form)
    calm = Finding(session_id="s", org="storstad", device=device, answer=Answer.NOT_SEEN, people=0, signature=((1, 2),))
    curtain = RestlessMap(taken_at=NOON, cells=((0, 9), (0, 0)))
    for minute, finding in enumerate((calm.model_copy(update={"restless": curtain}), calm)):
        await here.set_clock(NOON + timedelta(minutes=2 * minute))
        await browser.post(f"{job}/ask/empty")
        command = await here.value("select asked_command from mountings")
        assert command is not None
        async with here.memory.transaction() as tx:
            asked = finding.model_copy(update={"command_id": command, "session_id": f"s{minute}"})
            await record_finding(tx, asked, Answer.NOT_SEEN, JudgePlace.CENTRE)
        known = finding.restless and finding.restless.model_dump(mode="json")
        said = "select array[profile, config -> 'profile'] from devices where device_id = $1"
        assert [told.get("restless") for told in await here.value(said, device)] == [known, known]


async def test_who_shows_nobody_the_picture_is_mounted_without(here: NightTown, pages: Site) -> None:
    """The bed is drawn blind, the room is taken empty, and the trial has to find somebody in the bed as it was drawn."""
    await here.execute(
        "update consents set shown_to_people = false, state = 'limited' where resident_id = $1", here.residents[1]
    )
    job, browser = await give(here, 1), await installer(here, pages)
    await mounted(here, pages, browser, job)
    await browser.post(f"{job}/answer/lamp")
    shown = await browser.text(job)
    assert "har sagt nej till att människor ser bilden" in shown and "Ta en ny testbild" not in shown
    assert "Ta testbild" not in await browser.text(f"{job}?step=look")
    assert (await browser.post(f"{job}/ask/live")).status == 409
    assert await here.value("select count(*) from looks") == 0
    bed = {"x0": "30", "y0": "30", "x1": "70", "y1": "30", "x2": "70", "y2": "85", "x3": "30", "y3": "85", "head": "0"}
    for step, form in (("bed", bed), ("sleepers", {"sleeper": "nobody"})):
        assert (await browser.post(f"{job}/answer/{step}", form)).status == 303
    assert (await browser.post(f"{job}/answer/empty")).status == 400, "it is not skipped"
    device = await here.value("select device_id from mountings")

    async def takes(take: str, finding: Finding) -> None:
        await browser.post(f"{job}/ask/{take}")
        command = await here.value("select asked_command from mountings")
        asked = finding.model_copy(update={"command_id": command, "session_id": str(command)})
        async with here.memory.transaction() as tx:
            await record_finding(tx, asked, finding.answer, JudgePlace.CENTRE)

    nobody = Finding(
        session_id="s", org="storstad", device=device, answer=Answer.NOT_SEEN, people=0, signature=((1, 2),)
    )
    await takes("empty", nobody)
    await browser.post(f"{job}/answer/empty")
    await takes("trial", nobody)
    assert "Ingen syntes i sängen som den är ritad." in await browser.text(job)
    assert (await browser.post(f"{job}/answer/trial")).status == 400
    moves = (Evidence(what="moves", zone="bed", value=86.0),)
    await takes("trial", nobody.model_copy(update={"answer": Answer.IN_BED, "people": 1, "evidence": moves}))
    assert (await browser.post(f"{job}/answer/trial")).status == 303
    await browser.post(f"{job}/answer/weekend", {"name": "Petra", "phone": "070-174 06 11"})
    await browser.post(f"{job}/answer/paper", {"signed": "oral"})
    assert "Ingen människa ser bilden." in await browser.text(job)
    assert await here.value("select count(*) from looks") == 0
    assert not await here.value("select unseen_in_dark from devices where device_id = $1", device), "nobody ever may"


async def test_a_bed_drawn_too_large_is_asked_about(here: NightTown, pages: Site) -> None:
    """A yes is of that doubt alone: drawn anew, and too wide, it is asked again."""
    job, browser = await give(here, 1), await installer(here, pages)
    await mounted(here, pages, browser, job)
    await browser.post(f"{job}/answer/lamp")
    await browser.post(f"{job}/answer/look")

    def drawn_bed(left: int, right: int) -> dict[str, str]:
        corners = ((left, 5), (right, 5), (right, 95), (left, 95))
        return {f"{axis}{n}": str(each[at]) for n, each in enumerate(corners) for at, axis in enumerate("xy")} | {
            "head": "2"
        }

    asked = await browser.post(f"{job}/answer/bed", drawn_bed(20, 80))
    page = await asked.text()
    assert asked.status == 200 and "över halva bilden eller mer" in page and 'value="too_large"' in page
    assert 'value="20"' in page and 'value="2" checked' in page, "what was drawn stays"
    assert await here.value("select step from mountings") == "bed"
    wide = await browser.post(f"{job}/answer/bed", drawn_bed(4, 96) | {"sure": "too_large"})
    assert wide.status == 200 and "hela bildens bredd" in await wide.text()
    assert (await browser.post(f"{job}/answer/bed", drawn_bed(20, 80) | {"sure": "too_large"})).status == 303
    assert await here.value("select said -> 'bed' ->> 'sure' from mountings") == "too_large"
    assert (await browser.post(f"{job}/answer/bed", drawn_bed(35, 65))).status == 303
    assert await here.value("select said -> 'bed' ? 'sure' from mountings") is False


async def test_who_stops_leaves_a_camera_of_nobody(here: NightTown, pages: Site) -> None:
    job, browser = await give(here, 1), await installer(here, pages)
    await mounted(here, pages, browser, job)
    device = await here.value("select device_id from mountings")
    await browser.post(f"{job}/stop", {"why": "said_no"})
    await mountings.tell_devices(here.memory)
    said = await here.value(
        "select resident_id is null and (config->>'withdrawn')::bool from devices where device_id = $1", device
    )
    assert said and await here.value("select count(*) from device_logins") == 0
    assert await here.value("select count(*) from checks where device_id = $1 and state = 'planned'", device) == 0
    assert (await browser.post(f"{job}/begin")).status == 303
    assert "Avbruten" in await browser.text(job), "it is over"


async def test_a_new_day_keeps_what_was_said(here: NightTown, pages: Site) -> None:
    """Nobody opens the second time: the camera stays up, the planner is told, and another installer goes on where it was left."""
    job, browser = await give(here, 1), await installer(here, pages)
    await mounted(here, pages, browser, job)
    for step in ("lamp", "look"):
        await browser.post(f"{job}/answer/{step}")
    device = await here.value("select device_id from mountings")
    petra = await pages.signed_in("petra")
    book = f"/residents/{here.residents[1]}/mounting"
    assert (await petra.post(book, {"due_on": "2026-11-23"})).status == 400, "the installer is there"
    await browser.post(f"{job}/stop", {"why": "not_let_in"})
    assert "Allt som är gjort är sparat." in await browser.text(job)
    assert await here.value("select resident_id from devices where device_id = $1", device) == here.residents[1]
    assert (await browser.post(f"{job}/ask/lamp")).status == 409, "nobody is there"
    assert (await petra.post(book, {"due_on": "2026-11-23"})).status == 303
    assert (await browser.get(job)).status == 404, "it is tomorrow's"
    await here.set_clock(NOON + timedelta(days=1))
    second = await installer(here, pages)
    assert "Fortsätt" in await second.text("/mountings")
    await second.post(f"{job}/begin")
    assert "Sängen" in await second.text(job)
    assert await here.value("select said ? 'lamp' and device_id = $1 from mountings", device)


async def test_a_planner_gives_a_mounting_once(here: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    page = f"/residents/{here.residents[1]}/mounting"
    assert "Boka montering" in await petra.text(page)
    assert (await petra.post(page, {"due_on": "2026-11-21"})).status == 400, "that day has passed"
    assert (await petra.post(page, {"due_on": "2026-11-22", "due_time": "14:30"})).status == 303
    assert "Montering bokad" in await petra.text(f"/residents/{here.residents[1]}")
    assert (await petra.post(page, {"due_on": "2026-11-23"})).status == 303, "another day"
    assert await here.value("select due_on::text from mountings") == "2026-11-23"
    await here.execute("update mountings set begun_at = clock.now(), ends_at = clock.now() + interval '30 minutes'")
    assert (await petra.post(page, {"due_on": "2026-11-24"})).status == 400, "an installer is there"
    assert await here.value("select count(*) from mountings where given_by = $1", str(here.users["petra"])) == 1
    assert (await petra.post(f"/residents/{uuid4()}/mounting", {"due_on": "2026-11-23"})).status == 404


async def test_where_a_camera_looks_it_is_an_exchange(here: NightTown, pages: Site) -> None:
    """A plain mounting would take the old camera's name over, and nobody would look until it is done."""
    petra = await pages.signed_in("petra")
    home = f"/residents/{here.residents[2]}"
    page = await petra.text(f"{home}/mounting")
    assert "Här sitter redan en kamera." in page and f'href="{home}/exchange"' in page and 'name="due_on"' not in page
    answer = await petra.post(f"{home}/mounting", {"due_on": "2026-11-22"})
    assert answer.status == 409 and "Här sitter redan en kamera." in await answer.text()
    assert await here.value("select count(*) from mountings") == 0
    # One that is bound and was never heard since is not up yet: the installer puts it up by its name.
    await here.execute("update devices set last_heard_at = null where device_id = 'cam2'")
    assert (await petra.post(f"{home}/mounting", {"due_on": "2026-11-22"})).status == 303


async def test_the_first_look_in_the_dark_goes_to_a_person(database: Database) -> None:
    """A person judges, whatever the town has signed for, until somebody has seen the new camera's picture at night; by day is not enough."""
    async with town(database, residents=3, operator_sees=()) as here, site(here) as pages:

        async def judges(hour: int) -> str:
            question = "select green_by from checks where check_id = $1"
            return str(await here.value(question, await here.check_of(2, at=TWO + timedelta(hours=hour - 2))))

        await here.execute("update devices set room_known = true, unseen_in_dark = true where device_id = 'cam2'")
        async with here.memory.transaction() as tx:
            await checks.refresh_planned_rule(tx, here.residents[2])
        assert await judges(2) == "operator"
        petra = await pages.signed_in("petra")
        assert "inte sett i mörker: en person bedömer" in await petra.text(f"/residents/{here.residents[2]}")
        await here.set_clock(TWO + timedelta(seconds=40))
        await here.step()
        session = await here.finding(2, Answer.IN_BED, frames=drawn("asleep", 3))
        check = await here.check_of(2)
        assert await here.value("select state from checks where check_id = $1", check) == "to_look"
        assert await mountings.note_dark_looks(here.memory) == 0, "nobody has looked yet"
        olle = await pages.signed_in("olle")
        assert (await olle.get(f"/picture/{session}/0")).status == 200
        await olle.post(f"/check/{check}/answer", {"answer": "in_bed", "session_id": session})
        assert await here.value("select state from checks where check_id = $1", check) == "seen"
        await here.execute("update sessions set started_at = started_at - interval '14 hours'")
        assert await mountings.note_dark_looks(here.memory) == 0, "by day"
        await here.execute("update sessions set started_at = started_at + interval '14 hours'")
        assert await mountings.note_dark_looks(here.memory) == 1
        assert await judges(5) == "detector"
        assert await mountings.note_dark_looks(here.memory) == 0
