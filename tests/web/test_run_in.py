"""Run-in nights whole way: a mounting's receipt, looks that are green with a visit beside each, and a fourth night without."""

from datetime import timedelta
from typing import Any, Final

from alarm_center.casework.arrived_sessions import record_finding
from alarm_center.casework.editing import Editor
from alarm_center.preparation import pauses, planning, reserve_lists, visits_tonight
from alarm_center.store.plans import Pause
from schemas.messages import Evidence, Finding
from schemas.vocabulary import Answer, CancelReason, Instead, JudgePlace
from tests.support import town_file
from tests.support.night_town import NightTown
from tests.support.site import Browser, Site
from tests.web.test_mounting import NOON, device_hears, give, here, installer, mounted, pages
from tests.web.test_todo import revision_on

__all__ = ["here", "pages"]

BED: Final = {
    "x0": "30",
    "y0": "30",
    "x1": "70",
    "y1": "30",
    "x2": "70",
    "y2": "85",
    "x3": "30",
    "y3": "85",
    "head": "0",
}
VISITS: Final = "select count(*) from alarms where visit and state <> 'closed' and resident_id = $1"


async def receipt(here: NightTown, pages: Site, *, nights: int = 3) -> Browser:
    """Mount the first home's camera up to the receipt, which promises so many nights; plan what follows."""
    job, browser = await give(here, 1), await installer(here, pages)
    await here.execute("update mountings set run_in_nights = $1", nights)
    await mounted(here, pages, browser, job)
    for step, form in (("lamp", {}), ("look", {}), ("bed", BED), ("sleepers", {"sleeper": "nobody"}), ("empty", {})):
        assert (await browser.post(f"{job}/answer/{step}", form)).status == 303
    await browser.post(f"{job}/ask/trial")
    command, device = (
        await here.value("select asked_command from mountings"),
        await here.value("select device_id from mountings"),
    )
    trial = Finding(
        session_id="t",
        org="storstad",
        device=device,
        command_id=command,
        answer=Answer.NOT_SEEN,
        people=0,
        detector="d",
    )
    async with here.memory.transaction() as tx:
        await record_finding(tx, trial, Answer.NOT_SEEN, JudgePlace.CENTRE)
    for step, form in (
        ("trial", {}),
        ("weekend", {"name": "Petra", "phone": "070-174 06 11"}),
        ("paper", {"signed": "oral"}),
    ):
        assert (await browser.post(f"{job}/answer/{step}", form)).status == 303
    assert await here.value("select step from mountings") == "done"
    await device_hears(here)
    await plan(here)
    return browser


async def plan(here: NightTown) -> None:
    """Plan as the service's next round does."""
    await planning.plan_all_towns(here.memory)
    await planning.plan_changed(here.memory)


async def visits(here: NightTown) -> Any:
    return await here.value(VISITS, here.residents[1])


async def test_a_patrol_goes_too_for_three_nights(here: NightTown, pages: Site) -> None:
    """The look is green, and the visit is asked for by SMS all the same; on the fourth night there is none."""
    browser = await receipt(here, pages)
    told = await browser.text(f"/mountings/{await here.value('select mounting_id from mountings')}")
    assert "Patrullen åker också de 3 första nätterna." in told
    petra = await pages.signed_in("petra")
    page = f"/residents/{here.residents[1]}"
    assert "Provnätter: 1 av 3. Patrullen åker också" in await petra.text(page)
    at = NOON.replace(hour=22)  # 23:00 in Stockholm
    check = await here.check_of(1, at=at)
    visit = await here.value("select alarm_id from alarms where instead_of = $1", check)
    assert await here.value(
        "select arrive_by = (select opens_at from checks where check_id = $2) from alarms where alarm_id = $1",
        visit,
        check,
    )
    made = await reserve_lists.make_reserve_list(here.memory, here.area, NOON.date(), actor="test", again=True)
    assert made is not None
    assert [stop.visit for entry in made.people if entry.card.number == 1 for stop in entry.stops] == [True, True, True]
    on_duty = town_file.shift_between("Patrull 1", at - timedelta(hours=2), at + timedelta(hours=8))
    await here.extend(shifts=[on_duty])
    async with here.memory.transaction() as tx:
        await town_file.answer_musters(tx, "storstad")
    await here.set_clock(at - timedelta(minutes=58))
    await here.step()
    asked = "select count(*) from messages where alarm_id = $1 and body like 'Besök %'"
    assert await here.value(asked, visit) == 1
    assert not await here.value("select bool_or(body like '%Astrid%') from messages where alarm_id = $1", visit)
    await here.set_clock(at + timedelta(minutes=2))
    await here.step()
    device = await here.value("select device_id from mountings")
    version = await here.value("select (profile ->> 'version')::int from devices where device_id = $1", device)
    finding = Finding(
        session_id="look", org="storstad", device=device, check_id=check, profile_version=version,
        attempt=1, answer=Answer.IN_BED, people=1, started_at=at + timedelta(minutes=1), detector="classic 1",
        evidence=(Evidence(what="moves", zone="bed", value=86.0),),
    )  # fmt: skip
    await here.execute("update checks set green_by = 'detector', show = 'deviation' where check_id = $1", check)
    async with here.memory.transaction() as tx:
        await record_finding(tx, finding, Answer.IN_BED, JudgePlace.CENTRE)
    assert await here.value("select state from checks where check_id = $1", check) == "seen"
    assert await here.value("select state from alarms where alarm_id = $1", visit) != "closed", (
        "green takes no visit away"
    )
    night = await here.value("select night from checks where check_id = $1", check)
    petra = await pages.signed_in("petra")
    account = await petra.text(f"{page}/nights?from={night}&to={night}")
    assert (
        f"Tillsyn: sedd, besök {await here.value('select case_no from alarms where alarm_id = $1', visit)}" in account
    )
    nights = []
    for _ in range(5):
        await plan(here)
        nights.append(
            await here.value(
                "select bool_and(visit_beside) from checks where resident_id = $1 and night = $2 and state = 'planned'",
                here.residents[1],
                (await here.memory.now() - timedelta(hours=11)).date(),
            )
        )
        await here.set_clock(await here.memory.now() + timedelta(days=1))
    assert nights == [True, True, True, False, False]
    petra = await pages.signed_in("petra")
    assert "Provnätter:" not in await petra.text(page)


async def test_a_look_that_becomes_a_visit_is_one_visit(here: NightTown, pages: Site) -> None:
    await receipt(here, pages)
    before = await visits(here)
    assert before == await here.value("select count(*) from checks where visit_beside") > 3
    night = NOON.date()
    await visits_tonight.visit_instead(here.memory, here.residents[1], night, "hörs inte", editor=Editor("petra"))
    await plan(here)
    assert await visits(here) == before


async def test_who_is_in_hospital_has_no_run_in_night(here: NightTown, pages: Site) -> None:
    """The visits go with the looks, come back with them, and the night is none of the three."""
    await receipt(here, pages)
    until = NOON + timedelta(hours=22)
    pause = Pause(CancelReason.PAUSE_HOSPITAL, NOON, until, "sjukhuset", Instead.NOTHING)
    await pauses.pause_checks(here.memory, here.residents[1], pause, editor=Editor("petra"))
    assert (
        await here.value(
            "select count(*) from alarms where visit and state <> 'closed' and resident_id = $1 and arrive_by < $2",
            here.residents[1],
            until,
        )
        == 0
    )
    await here.set_clock(until + timedelta(hours=1))
    await plan(here)
    petra = await pages.signed_in("petra")
    assert "Provnätter: 1 av 3." in await petra.text(f"/residents/{here.residents[1]}")


async def test_a_planner_ends_the_run_in_and_lengthens_it(here: NightTown, pages: Site) -> None:
    """The outcome is said first; the change is kept, and a form that is sent twice changes once."""
    await receipt(here, pages)
    petra, page = await pages.signed_in("petra"), f"/residents/{here.residents[1]}"
    assert (await petra.get(f"/residents/{here.residents[2]}/run-in")).status == 404, "no camera was mounted there"
    for rubbish in ("", "15", "-1", "tre", "٣"):
        answered = await petra.post(f"{page}/run-in", {"nights": rubbish, "revision": "0"})
        assert answered.status == 400 and "Skriv hur många nätter, från 0 till 14." in await answered.text()
    drawn = await revision_on(petra, f"{page}/run-in")
    said = await petra.post(f"{page}/run-in", {"nights": "0", "revision": drawn})
    assert "Patrullen åker inte längre vid tillsynerna, från och med nu." in await said.text()
    assert await visits(here), "nothing has happened yet"
    form = {"nights": "0", "read": "yes", "revision": drawn}
    assert [(await petra.post(f"{page}/run-in", form)).status for _ in range(2)] == [303, 409]
    await plan(here)
    assert await visits(here) == 0
    assert await here.value("select count(*) from checks where visit_beside") == 0
    drawn = await revision_on(petra, f"{page}/run-in")
    await petra.post(f"{page}/run-in", {"nights": "5", "read": "yes", "revision": drawn})
    await plan(here)
    assert await visits(here) > 3
    shown = await petra.text(page)
    assert "Provnätter: 1 av 5." in shown
    assert "Ändrade provnätterna till 5" in shown and "Ändrade provnätterna till 0" in shown
