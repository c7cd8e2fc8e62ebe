"""A carer's reports from a home: "Stämmer inte" and "Avvikelse", until a person has seen to them."""

from datetime import timedelta

import pytest_asyncio

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.preparation.reconciliation import reconcile_town
from schemas.vocabulary import Answer, Outcome, Reason
from tests.support.night_town import TWO as AT_TWO
from tests.support.night_town import NightTown
from tests.support.site import Browser, Site
from tests.web.test_carer_taps import ONE, THREE, TWO, lines, taken, tap
from tests.web.test_resident_page import words

LATER = AT_TWO + timedelta(minutes=1)


@pytest_asyncio.fixture
async def link(storstad: NightTown) -> str:
    """The link that the first patrol got; somebody lies on the floor."""
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.step()
    return "/u/" + str(await storstad.value("select token from notices order by asked_at limit 1"))


async def end(planner: Browser, storstad: NightTown, at: int = 0) -> int:
    """Press *Åtgärdat* of a report; return the answer's status."""
    report = await storstad.value("select report_id::text from carer_reports order by said_at offset $1 limit 1", at)
    return (await planner.post(f"/todo/reports/{report}/done", {})).status


async def test_what_does_not_match_waits_for_the_planner(storstad: NightTown, pages: Site, link: str) -> None:
    patrol, petra = await taken(pages, link), await pages.signed_in("petra")
    for _ in range(2):
        assert (await tap(patrol, f"{link}/report", TWO, what="door_code"))[0] == 204
    assert "Skickat till planeraren: Portkoden stämmer inte 02:00." in await patrol.text(link)
    said = "Portkoden till Bertil Ek stämmer inte, enligt Patrull 1 i larm 4801."
    for _ in range(2):
        page = await words(petra, "/todo?all=1")
        assert page.count(said) == 1
        await storstad.set_clock(LATER)
        await reconcile_town(storstad.memory, storstad.org)
    assert await lines(storstad, "said_mismatch") == 1
    assert [await end(petra, storstad) for _ in range(2)] == [303, 303]
    assert said not in await words(petra, "/todo?all=1")
    assert await lines(storstad, "carer_report_done") == 1
    done = "select done_by from carer_reports"
    assert await storstad.value(done) == str(storstad.users["petra"])
    assert (await tap(patrol, f"{link}/report", THREE, what="door_code"))[0] == 204, "it is wrong again"
    assert said in await words(petra, "/todo?all=1")


async def test_a_deviation_is_on_the_case_and_for_the_lead(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    await tap(patrol, f"{link}/report", TWO, what="deviation", note="Fel medicin\n<b>framme</b>")
    await tap(patrol, f"{link}/report", THREE, what="deviation")
    alarm = await storstad.value("select alarm_id from alarms")
    page = await words(await pages.signed_in(), f"/alarm/{alarm}")
    assert "Anmält av personalen" in page and "Patrull 1 · väntar på planeraren" in page
    assert "Avvikelse, enligt patrullen" in page
    petra = await pages.signed_in("petra")
    todo = await petra.text("/todo?all=1")
    assert "Avvikelse hos Bertil Ek, larm 4801, enligt Patrull 1. ”Fel medicin &lt;b&gt;framme&lt;/b&gt;”" in todo
    assert "nattledare" in todo
    assert not await storstad.value("select exists (select from events where data::text like '%medicin%')")
    for at in (0, 1):
        assert await end(petra, storstad, at) == 303
    assert "Patrull 1 · åtgärdat" in await words(await pages.signed_in(), f"/alarm/{alarm}")


async def test_a_report_is_kept_once_the_case_is_over(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    alarm, olle = await storstad.value("select alarm_id from alarms"), storstad.users["olle"]
    await cases.apply_to_alarm(storstad.memory, alarm, alarm_events.Close(olle, Outcome.FALSE_ALARM), actor=str(olle))
    assert (await tap(patrol, f"{link}/report", TWO, what="key"))[0] == 204
    assert await lines(storstad, "said_mismatch") == 1


async def test_only_whose_the_case_is_reports(storstad: NightTown, pages: Site, link: str) -> None:
    other = pages.browser()
    await other.get(link)
    assert (await tap(other, f"{link}/report", ONE, what="key"))[0] == 409, "not taken"
    patrol = await taken(pages, link)
    assert (await tap(other, f"{link}/report", ONE, what="key"))[0] == 409, "in another browser"
    for rubbish in ("", "keys", "'; drop"):
        assert (await tap(patrol, f"{link}/report", TWO, what=rubbish))[0] == 400
    olle = await pages.signed_in()
    assert await storstad.value("select count(*) from carer_reports") == 0
    await tap(patrol, f"{link}/report", TWO, what="key")
    assert await end(olle, storstad) == 403
    unknown = "00000000-0000-0000-0000-000000000000"
    petra = await pages.signed_in("petra")
    assert (await petra.post(f"/todo/reports/{unknown}/done", {})).status == 404
