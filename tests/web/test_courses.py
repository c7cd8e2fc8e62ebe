"""The page of courses: steps walked once each, the day that a course ends, and the lead's and planner's warning."""

from datetime import timedelta

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.courses import STEPS, TrainingCourse
from schemas.vocabulary import Outcome
from tests.support.night_town import TWO, NightTown
from tests.support.site import Site
from tests.web.test_exercises import begin_exercise
from tests.web.test_resident_page import words


async def test_a_course_is_walked_once_and_runs_out(storstad: NightTown, pages: Site) -> None:
    olle, petra = await pages.signed_in(), await pages.signed_in("petra")
    assert "Inte gjord. Gå stegen" in await words(olle, "/training")
    assert "Kursen är inte gjord: " in await words(petra, "/todo")
    assert (await olle.post("/training", {"course": "operator", "step": "close"})).status == 400, "in an exercise first"
    await begin_exercise(storstad, pages)
    alarm = await storstad.value("select alarm_id from alarms where lane = 'training' order by priority limit 1")
    await cases.apply_to_alarm(
        storstad.memory, alarm, alarm_events.Close(storstad.users["olle"], Outcome.HELPED_UP), actor="test"
    )
    for step in STEPS[TrainingCourse.OPERATOR]:
        for _twice in range(2):
            said = await olle.post("/training", {"course": "operator", "step": step})
            assert said.headers["Location"] == "/training#operator"
    assert await storstad.value("select count(*) filter (where step is null) from course_marks") == 1
    assert "Gjord 22 november 2026. Gäller till och med 22 november 2027." in await words(olle, "/training")
    assert "Olle" not in (await words(petra, "/todo")).partition("Kursen är inte gjord")[2]
    await storstad.execute("update organisations set course_months = 1")
    await storstad.set_clock(TWO + timedelta(days=40))
    olle, petra = await pages.signed_in(), await pages.signed_in("petra")
    assert "Gick ut 22 december 2026. Gå stegen igen." in await words(olle, "/training")
    told = await words(petra, "/todo")
    assert "Kursen har gått ut: Olle Operatör." in told and "Ingen behörighet hänger på kursen." in told
    assert "har gått ut 22 december 2026" in await words(petra, "/training")
    assert (await olle.get("/")).status == 200, "no right hangs on it"


async def test_a_step_of_another_roles_course_is_none(storstad: NightTown, pages: Site) -> None:
    olle = await pages.signed_in()
    await olle.get("/training")
    assert (await olle.post("/training", {"course": "planner", "step": "pause"})).status == 400
    assert (await olle.post("/training", {"course": "operator", "step": "door"})).status == 400
    assert await storstad.value("select count(*) from course_marks") == 0
