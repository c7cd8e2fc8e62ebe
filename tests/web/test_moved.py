"""A resident who moves to another area while their case is open: one case still, and nobody who acts is turned away."""

import re
from uuid import UUID

import pytest_asyncio

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.store import viewer_scope
from schemas.vocabulary import Answer, Priority, Reason
from tests.support.by_hand import raise_manual_alarm
from tests.support.night_town import NightTown
from tests.support.site import Site
from tests.support.viewers import viewer_in

BEYOND = "Det är tillagt i larm 4801 i område 3."
WISH = {"reason": "relative", "priority": "1", "note": "Dottern hör henne inte"}


@pytest_asyncio.fixture
async def storstad(storstad: NightTown) -> NightTown:
    """The town with two areas: area 3 is Olle's and area 9 is Siv's."""
    await storstad.extend(areas=[{"code": "9"}])
    for login, code in (("olle", "3"), ("siv", "9")):
        await storstad.execute(
            "update memberships set areas = array(select area_id from areas where code = $2) where user_id = $1",
            storstad.users[login], code,
        )  # fmt: skip
    return storstad


async def open_case(storstad: NightTown, number: int = 2) -> UUID:
    """Open a case for the resident; return it."""
    await storstad.finding(number, Answer.CANNOT_TELL, Reason.STILL)
    alarm: UUID = await storstad.value("select alarm_id from alarms where resident_id = $1", storstad.residents[number])
    return alarm


async def moves(storstad: NightTown, number: int = 2) -> None:
    """Let the resident live in area 9 from now on."""
    await storstad.execute(
        "update residents set area_id = (select area_id from areas where code = '9') where resident_id = $1",
        storstad.residents[number],
    )


async def test_a_manual_alarm_joins_a_case_beyond_its_raiser(storstad: NightTown, pages: Site) -> None:
    alarm = await open_case(storstad)
    await moves(storstad)
    siv, path = await pages.signed_in("siv"), f"/raise/{storstad.residents[2]}"
    await siv.get(path)
    page = await (await siv.post(path, WISH)).text()
    said = "Bertil Ek har redan larm 4801 i område 3, som du inte ser. Det här läggs till i det larmet, som får minst prio 1."
    assert said in page
    once = re.findall(r'name="once" value="([^"]+)"', page)[0]
    for _ in range(2):
        raised = await siv.post(f"{path}/now", WISH | {"once": once})
        assert (raised.status, BEYOND in await raised.text()) == (200, True)
    assert await storstad.value("select (count(*), min(priority))::text from alarms") == "(1,1)"
    assert await storstad.value("select (count(*), min(note))::text from raisings") == '(1,"Dottern hör henne inte")'
    lines = "select count(*) from events where kind in ('joined', 'raised_by_hand') and alarm_id = $1"
    assert await storstad.value(lines, alarm) == 2
    olle = await pages.signed_in("olle")
    assert "Dottern hör henne inte" in await olle.text(f"/alarm/{alarm}")
    await olle.post(f"/alarm/{alarm}/close", {"outcome": "false_alarm"})
    late = await siv.post(f"{path}/now", WISH | {"once": once})
    assert (late.status, BEYOND in await late.text()) == (200, True), "a form from before the end opens nothing new"
    assert await storstad.value("select count(*) from alarms") == 1


async def test_a_raiser_learns_number_and_area_of_a_hidden_case(storstad: NightTown, pages: Site) -> None:
    alarm = await open_case(storstad)
    await moves(storstad)
    siv, path = await pages.signed_in("siv"), f"/raise/{storstad.residents[2]}"
    await siv.get(path)
    sentence = await (await siv.post(path, WISH | {"priority": "3"})).text()
    once = re.findall(r'name="once" value="([^"]+)"', sentence)[0]
    after = await (await siv.post(f"{path}/now", WISH | {"priority": "3", "once": once})).text()
    assert "minst prio 3" in sentence
    for page in (sentence, after, await siv.text("/"), await siv.text("/raise")):
        # The night's strip counts the look that has led to it as an alarm's that may not be seen: those are told as "Prio 2".
        assert not re.search("(?<!</b> )prio 2", page, re.I) and str(alarm) not in page
    for beyond in (f"/alarm/{alarm}", f"/raised/{alarm}", f"/fragments/alarm/{alarm}/case"):
        assert (await siv.get(beyond)).status == 404
    assert (await siv.post(f"/alarm/{alarm}/claim")).status == 404


async def test_what_is_said_of_a_check_joins_it_too(storstad: NightTown, pages: Site) -> None:
    await storstad.finding(3, Answer.IN_BED)
    check = await storstad.check_of(3)
    raised = await raise_manual_alarm(storstad.memory, storstad.residents[3], Priority.THIRD, actor="test")
    await moves(storstad, 3)
    siv = await pages.signed_in("siv")
    await siv.get(f"/check/{check}")
    answered = await siv.post(f"/check/{check}/answer", {"answer": "something_wrong"})
    assert answered.headers["Location"] == f"/check/{check}", "the alarm's own page is not theirs to see"
    page = await siv.text(f"/check/{check}")
    assert "Larmet ligger i ett område som du inte ser" in page and "/alarm/" not in page
    assert await storstad.value("select alarm_id from checks where check_id = $1", check) == raised.alarm_id
    assert await storstad.value("select (count(*), min(priority))::text from alarms") == "(1,1)"


async def test_a_holder_keeps_the_case_of_a_resident_who_moved(storstad: NightTown, pages: Site) -> None:
    alarm = await open_case(storstad)
    await moves(storstad)
    olle = await pages.signed_in("olle")
    assert "Bertil Ek" in await olle.text("/")
    assert "Storgatan 2 B" in await olle.text(f"/alarm/{alarm}")
    for act in ("claim", "send"):
        assert (await olle.post(f"/alarm/{alarm}/{act}")).status == 303, act
    notice = await storstad.value("select notice_id from notices order by asked_at limit 1")
    for event in (alarm_events.Took(notice), alarm_events.Arrived(notice)):
        await cases.apply_to_alarm(storstad.memory, alarm, event, actor="carer")
    held = "select count(*) from checks where held and resident_id = $1"
    assert await storstad.value(held, storstad.residents[2]), "staff are there, and what is owed later waits"
    assert (await olle.post(f"/alarm/{alarm}/close", {"outcome": "false_alarm"})).status == 303
    assert await storstad.value(held, storstad.residents[2]) == 0
    assert await storstad.value("select state from alarms") == "closed"
    assert "Storgatan 2 B" not in await olle.text(f"/alarm/{alarm}"), "who lives in area 9 is not theirs any more"


async def test_a_viewer_of_neither_area_sees_no_case(storstad: NightTown) -> None:
    await open_case(storstad)
    await storstad.extend(areas=[{"code": "7"}])
    (three, seven) = [await storstad.value("select area_id from areas where code = $1", code) for code in "37"]
    for viewer, sees in (
        (await viewer_in(storstad.memory, "storstad", areas=(three,)), 1),
        (await viewer_in(storstad.memory, "storstad", areas=(seven,)), 0),
        (await viewer_in(storstad.memory, "granby", areas=(three,)), 0),
        (await viewer_in(storstad.memory, areas=(three,)), 0),
    ):
        async with storstad.web.transaction(viewer) as tx:
            await viewer_scope.widen_scope(tx, storstad.residents[2])
            assert await tx.fetchval("select count(*) from alarms") == sees
            in_town = viewer.orgs == ("storstad",)
            assert set(await tx.fetchval("select areas()") or ()) == (set(viewer.areas or ()) if in_town else set())
