"""A mounting in hand that those who plan end: the installer reads who and why, the code is void, and nobody is left without a camera by it."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import asyncpg

from alarm_center.casework import mountings
from alarm_center.core.roles import Right
from alarm_center.preparation import planning
from schemas.vocabulary import Role
from tests.support.night_town import NightTown
from tests.support.site import Browser, Site
from tests.support.viewers import viewer_in
from tests.web.test_mounting import CODE, NOON, claim, device_hears, give, installer, mounted
from tests.web.test_mounting import here as here  # a fixture, used by name, as the next
from tests.web.test_mounting import pages as pages

SAID = "Petra Planerare har avbrutit monteringen: "


async def end(here: NightTown, planner: Browser, why: str = "home_asked", number: int = 1) -> tuple[int, str]:
    answer = await planner.post(f"/residents/{here.residents[number]}/mounting", {"deed": "end", "why": why})
    return answer.status, await answer.text()


async def camera(here: NightTown, number: int = 1) -> str | None:
    found: str | None = await here.value("select device_id from devices where resident_id = $1", here.residents[number])
    return found


async def test_the_installer_reads_who_and_why_at_the_next_step(here: NightTown, pages: Site) -> None:
    job, browser, petra = await give(here, 1), await installer(here, pages), await pages.signed_in("petra")
    path = f"/residents/{here.residents[1]}/mounting"
    assert "Avbryt monteringen" not in await petra.text(path)
    assert (await end(here, petra))[0] == 409, "nobody has begun"
    await mounted(here, pages, browser, job)
    device = await camera(here)
    page = await petra.text(path)
    assert "är hemma hos Astrid Lund till 12:30. Steg: Lampan." in page and "Kameran släpps." in page
    assert (await end(here, petra, ""))[0] == 400 and (await end(here, petra, "said_no"))[0] == 400
    assert (await end(here, petra))[0] == 303
    assert await camera(here) is None and await here.value("select count(*)::int from device_logins") == 0
    assert await mountings.tell_devices(here.memory) == 1
    assert await here.value("select config -> 'withdrawn' from devices where device_id = $1", device) is True

    for step in ("ask/lamp", "answer/lamp", "code", "wrong-room", "begin", "stop"):
        sent = await browser.post(f"{job}/{step}", {"code": CODE})
        assert (sent.status, sent.headers["Location"]) == (303, job), step
    page = await browser.text(job)
    assert f"{SAID}hemmet har bett om det." in page and "Ta med den." in page
    assert "Avbruten" in await browser.text("/mountings")
    assert (await end(here, petra))[0] == 409, "sent twice, it is over"
    assert await here.value("select count(*)::int from events where kind = 'mounting_stopped'") == 1
    told = await petra.text(f"/residents/{here.residents[1]}")
    assert "avbröts av Petra Planerare: hemmet har bett om det." in told
    assert "Avbröt monteringen: hemmet har bett om det" in told


async def test_a_code_that_waits_is_void(here: NightTown, pages: Site) -> None:
    job, browser, petra = await give(here, 1), await installer(here, pages), await pages.signed_in("petra")
    for step, form in (("begin", {}), ("answer/consent", {}), ("code", {"code": CODE})):
        await browser.post(f"{job}/{step}", form)
    assert (await end(here, petra, "wrong_home"))[0] == 303
    assert await claim(pages) == (202, {"wait": True})
    assert await camera(here) is None
    page = await browser.text(job)
    assert f"{SAID}fel hem." in page and "Koden gäller inte längre." in page


async def test_a_claim_at_the_same_moment_binds_no_camera(here: NightTown, pages: Site) -> None:
    job, browser, petra = await give(here, 1), await installer(here, pages), await pages.signed_in("petra")
    for step, form in (("begin", {}), ("answer/consent", {}), ("code", {"code": CODE})):
        await browser.post(f"{job}/{step}", form)
    (status, _), _ = await asyncio.gather(end(here, petra), claim(pages))
    assert status == 303 and await camera(here) is None
    assert await here.value("select count(*)::int from device_logins") == 0


async def test_a_camera_that_was_tried_stays(here: NightTown, pages: Site) -> None:
    """The steps that are left wait for another day, and cannot be begun before one is given."""
    job, browser, petra = await give(here, 1), await installer(here, pages), await pages.signed_in("petra")
    await mounted(here, pages, browser, job)
    await here.execute(
        'update mountings set step = \'paper\', said = said || \'{"bed": {}, "lamp": {}, "trial": {"ok": true}}\''
    )
    device = await camera(here)
    assert "Den sitter kvar och tittar som planerat." in await petra.text(f"/residents/{here.residents[1]}/mounting")
    assert (await end(here, petra, "not_finished"))[0] == 303
    assert await camera(here) == device and await here.value("select count(*)::int from device_logins") == 1
    assert (await browser.post(f"{job}/answer/paper", {"signed": "oral"})).headers["Location"] == job
    page = await browser.text(job)
    assert f"{SAID}installatören har gått, eller svarar inte." in page and "Kameran sitter kvar." in page
    await browser.post(f"{job}/begin")
    assert await here.value("select installer is null and ends_at is null from mountings")
    await petra.post(f"/residents/{here.residents[1]}/mounting", {"due_on": "2026-11-22"})
    await browser.post(f"{job}/begin")
    assert "Papperet" in await browser.text(job), "it goes on where it was"
    assert (await browser.post(f"{job}/answer/paper", {"signed": "oral"})).status == 303
    assert await here.value("select step from mountings") == "done"


async def test_a_tried_camera_in_a_wrong_home_goes(here: NightTown, pages: Site) -> None:
    """It would look into somebody else's bedroom; what the resident is owed ends in its alarm."""
    job, browser, petra = await give(here, 1), await installer(here, pages), await pages.signed_in("petra")
    await mounted(here, pages, browser, job)
    await here.execute(
        'update mountings set step = \'paper\', said = said || \'{"bed": {}, "lamp": {}, "trial": {"ok": true}}\''
    )
    await planning.plan_changed(here.memory)
    device = await camera(here)
    assert "Är det fel hem släpps den, och tittar inte." in await petra.text(f"/residents/{here.residents[1]}/mounting")
    assert (await end(here, petra, "wrong_home"))[0] == 303
    assert await camera(here) is None and await here.value("select count(*)::int from device_logins") == 0
    assert not await here.value(
        "select bool_or(may_look(resident_id, kind, true)) from devices where device_id = $1", device
    )
    await planning.plan_changed(here.memory)
    opens_at = await here.value(
        "select min(opens_at) from checks where resident_id = $1 and opens_at > clock.now()", here.residents[1]
    )
    await here.set_clock(opens_at + timedelta(minutes=20))
    await here.step()
    look = "select state from checks where resident_id = $1 and opens_at = $2"
    assert await here.value(look, here.residents[1], opens_at) == "alarmed", "somebody goes home to them"


async def test_a_mounting_ends_after_the_home_has_moved(here: NightTown, pages: Site) -> None:
    job, browser, petra = await give(here, 1), await installer(here, pages), await pages.signed_in("petra")
    for step, form in (("begin", {}), ("answer/consent", {}), ("code", {"code": CODE})):
        await browser.post(f"{job}/{step}", form)
    await here.execute("insert into areas (org, code) values ('storstad', 'N9')")
    await here.execute(
        "update residents set area_id = (select area_id from areas where code = 'N9') where resident_id = $1",
        here.residents[1],
    )
    assert (await end(here, petra, "other_day"))[0] == 303
    assert await claim(pages) == (202, {"wait": True})


async def test_in_an_exchange_the_old_camera_goes_on(here: NightTown, pages: Site) -> None:
    job, browser, petra = await give(here, 2), await installer(here, pages), await pages.signed_in("petra")
    await here.execute("update mountings set exchange = 'other'")
    await mounted(here, pages, browser, job)
    assert await camera(here, 2) not in (None, "cam2")
    assert "Den gamla fortsätter." in await petra.text(f"/residents/{here.residents[2]}/mounting")
    assert (await end(here, petra, "other_day", 2))[0] == 303
    assert await camera(here, 2) == "cam2"
    await device_hears(here)
    assert "Den gamla fortsätter." in await browser.text(job)


async def test_only_those_who_plan_for_that_home_end_it(here: NightTown, pages: Site) -> None:
    job, browser = await give(here, 1), await installer(here, pages)
    await browser.post(f"{job}/begin")
    for right, role, areas in (
        (Right.DECIDE, Role.CASE_OFFICER, None),
        (Right.ARRANGE, Role.COORDINATOR, (uuid4(),)),
    ):
        viewer = await viewer_in(here.memory, here.org, right=right, role=role, areas=areas)
        with suppress(asyncpg.InsufficientPrivilegeError):
            async with here.planner.transaction(viewer) as tx:
                assert await tx.fetchval("select end_mounting($1, 'other_day')", here.residents[1]) is None
    assert await here.value("select ended_at is null and halted_for is null from mountings")
    await here.set_clock(NOON + timedelta(minutes=31))
    petra = await pages.signed_in("petra")
    page = await petra.text(f"/residents/{here.residents[1]}/mounting")
    assert "har börjat hos Astrid Lund och är inte klar." in page
    assert (await end(here, petra, "not_finished"))[0] == 303
    assert await here.value("select stopped_for from mountings") == "not_finished"
