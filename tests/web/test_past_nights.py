"""The night afterwards: each owed look with what happened and who was there; nights held against retention."""

from datetime import date, timedelta

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.outbox import Outbox
from alarm_center.providers.simulated_phones import SimulatedPhones
from schemas.vocabulary import Answer, Outcome, Reason
from tests.support.night_town import TWO, NightTown, drawn
from tests.support.site import Site
from tests.web.test_resident_page import words

NIGHT = date(2026, 11, 21)


async def fallen(here: NightTown, pages: Site) -> str:
    """Let the first resident be found on the floor, looked at by Olle and helped up by a patrol; return the path of their nights."""
    olle = await pages.signed_in()
    session = await here.finding(1, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=drawn("fallen", 2))
    alarm = await here.value("select alarm_id from alarms where not visit")
    await olle.post(f"/alarm/{alarm}/claim")
    assert (await olle.get(f"/picture/{session}/0")).status == 200
    await olle.post(f"/alarm/{alarm}/send")
    await Outbox(here.memory, SimulatedPhones(here.memory)).cycle()
    notice = await here.value("select notice_id from notices where alarm_id = $1 limit 1", alarm)
    for minutes, event in enumerate(
        (alarm_events.Took(notice), alarm_events.Arrived(notice), alarm_events.Done(notice, Outcome.HELPED_UP)), 2
    ):
        await here.set_clock(TWO + timedelta(minutes=minutes))
        await cases.apply_to_alarm(here.memory, alarm, event, actor=str(notice))
    await here.set_clock(TWO + timedelta(hours=12))
    return f"/residents/{here.residents[1]}/nights"


async def test_a_night_is_told_from_look_to_arrival(storstad: NightTown, pages: Site) -> None:
    await storstad.finding(2, Answer.IN_BED)
    path = await fallen(storstad, pages)
    petra = await pages.signed_in("petra")
    page = await words(petra, f"{path}?from={NIGHT}&to={NIGHT}")
    for told in (
        "Natten lör 21 nov. till sön 22 nov.", "02:00 Tillsyn: något är fel: person syns på golvet, larm 4801, fick hjälp upp", "Automatisk tolkning: Något är fel: person syns på golvet classic 1",
        "Tittade i", "Olle Operatör", "SMS skickat Patrull 1", "Framme Patrull 1", "Utrustningen var på i 10 s cam1", "I tjänst:",
        "Automatisk tolkning: classic 1.",
    ):  # fmt: skip
        assert told in page, f"{told} in {page}"
    assert "Bertil" not in page, "others are masked"
    line = await storstad.value("select data::text from events where kind = 'nights_shown'")
    assert line == '{"last": "2026-11-21", "first": "2026-11-21"}'
    page = await words(petra, f"{path}?from=2026-10-01&to={NIGHT}")
    assert "Välj en första och en sista natt, högst 31 nätter." in page and "larm 4801" in page


async def test_the_nights_of_somebody_who_died_are_told(storstad: NightTown, pages: Site) -> None:
    path, petra = await fallen(storstad, pages), await pages.signed_in("petra")
    await storstad.execute("update residents set died_at = clock.now() where resident_id = $1", storstad.residents[1])
    assert "larm 4801" in await words(petra, path)
    assert "Avliden 22 november 2026." in await words(petra, f"/residents/{storstad.residents[1]}")


async def test_nights_are_held_for_a_reason_until_a_day(storstad: NightTown, pages: Site) -> None:
    petra, resident = await pages.signed_in("petra"), storstad.residents[1]
    path = f"/residents/{resident}/nights"
    await petra.get(path)
    form = {"from": str(NIGHT), "to": str(NIGHT), "reason": "Anmälan till IVO", "until": "2033-01-01", "revision": "0"}
    form["revision"] = str(await storstad.value("select revision from residents where resident_id = $1", resident))
    for wrong in ({"reason": " "}, {"until": "2026-11-20"}, {"until": "2099-01-01"}, {"to": "2027-11-21"}):
        assert (await petra.post(f"{path}/hold", form | wrong)).status == 400, wrong
    assert (await petra.post(f"{path}/hold", form)).status == 303
    assert (await petra.post(f"{path}/hold", form)).status == 409, "the second was drawn before the first"
    page = await words(petra, path)
    assert "Nätterna 21 november 2026 till 21 november 2026 hålls kvar till 1 januari 2033. Petra Planerare" in page
    history = await words(petra, f"/residents/{resident}")
    assert "Höll kvar nätterna 21 november 2026 till 21 november 2026, till 1 januari 2033. Petra Planerare" in history
    held = await words(petra, "/held-nights")
    assert "Astrid Lund" in held and "till och med 1 januari 2033. Anmälan till IVO · Petra Planerare" in held
    file = await (await petra.get("/held-nights.csv")).text()
    assert "1;Astrid Lund;3;2026-11-21;2026-11-21;2033-01-01;Anmälan till IVO;Petra Planerare" in file
    hold = await storstad.value("select hold_id from night_holds")
    form["revision"] = str(int(form["revision"]) + 1)
    assert (await petra.post(f"{path}/release/{hold}", form)).status == 303
    assert "hålls kvar till 1 januari" not in await words(petra, path)
    assert "Inga nätter är kvarhållna." in await words(petra, "/held-nights")
    kinds = "select array_agg(kind order by tx, id) from events where kind in ('nights_held', 'nights_released')"
    assert await storstad.value(kinds) == ["nights_held", "nights_released"]
