"""A pause and a stopped camera, from the search to the dark device: who may, what is said before, and what follows."""

import re
from datetime import timedelta
from typing import Any

from schemas.vocabulary import Answer, Reason
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown
from tests.support.site import Browser, Site

HOSPITAL = {"reason": "pause_hospital", "until": "tomorrow", "said_by": "staff", "instead": "nothing"}
STOP = {"said_by": "resident", "how": "phone"}


async def states(storstad: NightTown, resident: int) -> list[str]:
    """Return the states of the resident's looks tonight and tomorrow, in order."""
    found: list[str] = await storstad.value(
        "select array_agg(state || coalesce(' ' || instead, '') order by opens_at) from checks where resident_id = $1",
        storstad.residents[resident],
    )
    return found


async def preview(browser: Browser, path: str, **said: str) -> dict[str, str]:
    """Fill a pause in and go as far as the sentence; return the form that confirms it."""
    await browser.get(path)
    page = await (await browser.post(path, HOSPITAL | said)).text()
    assert 'class="sentence"' in page, page
    return dict(
        re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.partition("/now")[2].partition("</form>")[0])
    )


async def confirm(browser: Browser, path: str, **said: str) -> Any:
    form = await preview(browser, path, **said)
    return await browser.post(f"{path}/now", {name: value for name, value in form.items() if name != "csrf"})


async def test_a_stay_at_hospital_is_paused_by_an_operator(storstad: NightTown, olle: Browser) -> None:
    path = f"/pause/{storstad.residents[1]}"
    page = await (await olle.post(path, HOSPITAL)).text()
    assert (
        "Ingen titt i natt 05:00" in page
        and "Ingen kommer i stället." in page
        and "Tillsynen börjar igen i dag 16:00" in page
    )
    assert await storstad.value("select count(*) from pauses") == 0, "nothing has happened yet"

    answer = await confirm(olle, path)
    assert (answer.status, answer.headers["Location"]) == (303, path)
    at_five = await storstad.value(
        "select state || ' ' || cancel_reason || ' ' || agreed_by from checks where resident_id = $1 and opens_at > $2 order by opens_at limit 1",
        storstad.residents[1], TWO + timedelta(hours=1),
    )  # fmt: skip
    assert at_five == "cancelled pause_hospital staff"
    page = await olle.text(path)
    assert "Pausad till i dag 16:00." in page and "Kameran har inte bekräftat ännu." in page
    device = "update devices set reported_version = wanted_version where device_id = 'cam1'"
    await storstad.execute(device)
    assert "Kameran har bekräftat, hörd" in await olle.text(f"/fragments/device-answers/{storstad.residents[1]}")


async def test_a_pause_that_ends_gives_the_looks_back(storstad: NightTown, olle: Browser) -> None:
    path = f"/pause/{storstad.residents[1]}"
    before = await states(storstad, 1)
    await confirm(olle, path)
    assert await states(storstad, 1) != before
    revision = re.findall(r'name="revision" value="(\d+)"', await olle.text(path))[0]
    assert (await olle.post(f"{path}/end", {"revision": revision})).status == 303
    assert await states(storstad, 1) == before


async def test_guests_tonight_with_visits_instead(storstad: NightTown, olle: Browser) -> None:
    path = f"/pause/{storstad.residents[1]}"
    form = await preview(olle, path, reason="pause_guests", until="tonight", instead="visit")
    assert form["instead"] == "visit"
    await confirm(olle, path, reason="pause_guests", until="tonight", instead="visit")
    assert "cancelled visit" in await states(storstad, 1)


async def test_a_visit_in_a_stopped_looks_stead_is_dispatched(storstad: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    await petra.post(f"/stop-camera/{storstad.residents[1]}", STOP)
    assert "cancelled visit" in await states(storstad, 1)
    asked = await storstad.value(
        "select wording from notices where alarm_id in (select alarm_id from alarms where visit)"
    )
    assert asked == "visit", "nobody sits at the board: a patrol is asked at once"


async def test_what_a_form_lacks_is_said_at_once(storstad: NightTown, olle: Browser) -> None:
    path = f"/pause/{storstad.residents[1]}"
    answer = await olle.post(path, {"reason": "", "until": "date", "date": "30/11", "said_by": "", "instead": ""})
    page = await answer.text()
    assert answer.status == 400
    for said in (
        "Välj varför",
        "Skriv datumet som 2026-11-30",
        "Välj vem som har sagt det",
        "Välj vad som sker i stället",
    ):
        assert said in page
    page = await (await olle.post(path, HOSPITAL | {"reason": "pause_guests"})).text()
    assert "Besök i stället behövs" in page
    assert await storstad.value("select count(*) from pauses") == 0


async def test_the_second_of_two_sees_what_the_first_did(storstad: NightTown, pages: Site, olle: Browser) -> None:
    siv, path = await pages.signed_in("siv"), f"/pause/{storstad.residents[1]}"
    form = await preview(siv, path, reason="pause_away", until="date", date="2026-11-28")
    await confirm(olle, path)
    answer = await siv.post(f"{path}/now", {name: value for name, value in form.items() if name != "csrf"})
    page = await answer.text()
    assert answer.status == 409
    assert "Någon annan har ändrat medan du skrev" in page and "Sjukhus" in page
    assert await storstad.value("select count(*) from pauses") == 1


async def test_a_form_that_is_sent_twice_pauses_once(storstad: NightTown, olle: Browser) -> None:
    path = f"/pause/{storstad.residents[1]}"
    form = {name: value for name, value in (await preview(olle, path)).items() if name != "csrf"}
    first, second = await olle.post(f"{path}/now", form), await olle.post(f"{path}/now", form)
    assert (first.status, second.status) == (303, 409)
    assert await storstad.value("select count(*) from pauses") == 1


async def test_a_case_goes_on_while_its_resident_is_paused(storstad: NightTown, olle: Browser) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    path = f"/pause/{storstad.residents[2]}"
    page = await (await olle.post(path, HOSPITAL)).text()
    number = await storstad.value("select case_no from alarms")
    assert f"Larm {number} fortsätter. Pausen stoppar inte patrullen." in page
    await confirm(olle, path)
    assert await storstad.value("select state from alarms") == "open"


async def test_the_residents_own_no_closes_the_camera(storstad: NightTown, olle: Browser) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    assert "Ingen behöver säga varför" in await olle.text(f"/stop-camera/{storstad.residents[2]}")
    assert (await olle.post(f"/stop-camera/{storstad.residents[2]}", STOP)).status == 303
    consent = await storstad.value(
        "select state || ' ' || revoked_instead || ' ' || recorded_by from consents where resident_id = $1",
        storstad.residents[2],
    )
    assert consent == f"revoked visit {storstad.users['olle']}"
    assert await storstad.value("select config -> 'attempts' from devices where device_id = 'cam2'") in ([], "[]")
    assert await storstad.value("select state from alarms where not visit") == "open", "whoever drives goes on"
    assert "Kameran är stängd: samtycket togs tillbaka" in await olle.text(f"/pause/{storstad.residents[2]}")
    assert (await olle.post(f"/stop-camera/{storstad.residents[2]}", STOP)).status == 303, (
        "a second click changes nothing"
    )
    assert await storstad.value("select count(*) from changes where made_by <> 'import'") == 1


async def test_anothers_word_pauses_until_the_resident_is_asked(storstad: NightTown, olle: Browser) -> None:
    await olle.post(f"/stop-camera/{storstad.residents[1]}", STOP | {"said_by": "relative", "name": "Lena"})
    assert await storstad.value("select state from consents where resident_id = $1", storstad.residents[1]) == "given"
    pause = await storstad.value("select (reason, instead, said_by)::text from pauses")
    assert pause == "(pause_own_wish,visit,relative)"


async def test_on_anothers_word_the_look_under_way_ends(storstad: NightTown, olle: Browser) -> None:
    await storstad.finding(2, Answer.NOT_SEEN, people=0)
    assert "waiting" in await states(storstad, 2), "the camera is to look again in a quarter of an hour"
    await olle.post(f"/stop-camera/{storstad.residents[2]}", STOP | {"said_by": "staff"})
    assert not {"open", "waiting"} & set(await states(storstad, 2))
    assert await storstad.value("select config -> 'attempts' from devices where device_id = 'cam2'") in ([], "[]")


async def test_nobody_looks_live_while_the_camera_is_stopped(storstad: NightTown, olle: Browser) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm = await storstad.value("select alarm_id from alarms where not visit")
    await olle.post(f"/alarm/{alarm}/claim")
    assert (await olle.post(f"/alarm/{alarm}/live")).status < 400
    await olle.post(f"/stop-camera/{storstad.residents[2]}", STOP | {"said_by": "staff"})
    assert await storstad.value("select ended from commands where kind = 'live'") == "refused"
    assert (await olle.post(f"/alarm/{alarm}/live")).status == 409


async def test_who_says_it_and_how_has_to_be_said(storstad: NightTown, olle: Browser) -> None:
    answer = await olle.post(f"/stop-camera/{storstad.residents[1]}", {"said_by": "resident", "how": ""})
    assert answer.status == 400
    assert "Välj vem som säger det, och hur." in await answer.text()
    assert await storstad.value("select count(*) from changes where made_by <> 'import'") == 0


async def test_each_change_is_kept_with_its_person(storstad: NightTown, olle: Browser) -> None:
    await confirm(olle, f"/pause/{storstad.residents[1]}", said_by="relative", name="Lena", phone="070-1")
    row = await storstad.value(
        "select (part, made_by, after ->> 'name', after ->> 'said_by')::text from changes where part = 'pause'"
    )
    assert row == f"(pause,{storstad.users['olle']},Lena,relative)"
    line = await storstad.value("select data::text from events where kind = 'paused'")
    assert "Lena" not in line and "070" not in line
    assert (
        await storstad.value(
            "select count(*) from fact_log where kind in ('changes', 'pauses') and fact ->> 'made_by' is distinct from 'import'"
        )
        == 2
    )


async def test_a_planner_pauses_and_a_carer_does_not(storstad: NightTown, pages: Site) -> None:
    carer = {"login": "vera", "name": "Vera", "roles": ["carer"], "password_hash": PASSWORD_HASH}
    await storstad.extend(users=[carer])
    petra = await pages.signed_in("petra")
    await confirm(petra, f"/pause/{storstad.residents[1]}")
    assert await storstad.value("select made_by from changes where made_by <> 'import'") == str(storstad.users["petra"])
    vera = await pages.signed_in("vera")
    for path in ("/pause", f"/pause/{storstad.residents[1]}", f"/stop-camera/{storstad.residents[1]}"):
        assert (await vera.get(path)).status == 403
