"""A carer's taps by the page's script: each applied once, in the carer's order, however often and late it is sent."""

import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from schemas.vocabulary import Answer, Outcome, Reason
from tests.support.night_town import TWO as OPENED
from tests.support.night_town import NightTown
from tests.support.site import Browser, Site

ONE, TWO, THREE = "1" * 32, "2" * 32, "3" * 32


@pytest_asyncio.fixture
async def link(storstad: NightTown) -> str:
    """The link that the first patrol got; somebody lies on the floor."""
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.step()
    return "/u/" + str(await storstad.value("select token from notices order by asked_at limit 1"))


async def tap(patrol: Browser, path: str, key: str, waited: int = 0, **fields: str) -> tuple[int, str]:
    """Send a tap as the page's script does; return the answer's status and words, or the time at which it came."""
    answer = await patrol.post(path, {**fields, "tap": key, "waited": str(waited)}, headers={"X-Fragment": "1"})
    return answer.status, answer.headers.get("X-Said") or await answer.text()


async def taken(pages: Site, link: str) -> Browser:
    """The patrol's browser, with the case taken."""
    patrol = pages.browser()
    await patrol.get(link)
    assert await tap(patrol, f"{link}/take", ONE, minutes="20") == (204, "02:00")
    return patrol


async def lines(storstad: NightTown, kind: str) -> int:
    return int(await storstad.value("select count(*) from events where kind = $1", kind))


async def test_a_tap_sent_again_is_applied_once(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    for _ in range(2):
        assert (await tap(patrol, f"{link}/take", ONE, minutes="20"))[0] == 204
        assert await tap(patrol, f"{link}/say", TWO, word="help") == (204, "02:00")
    assert (await lines(storstad, "accepted"), await lines(storstad, "needs_help")) == (1, 1)
    assert "Storgatan 2 B" in await patrol.text(link)


async def test_one_tap_twice_at_once_is_applied_once(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    both = [tap(patrol, f"{link}/say", TWO, word="help") for _ in range(2)]
    assert {status for status, _ in await asyncio.gather(*both)} == {204}
    assert await lines(storstad, "needs_help") == 1


async def test_a_late_copy_moves_nothing_back(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    await tap(patrol, f"{link}/say", TWO, word="on_site")
    await tap(patrol, f"{link}/done", THREE)
    assert await storstad.value("select done_at is not null from alarms")
    assert (await tap(patrol, f"{link}/say", TWO, word="on_site"))[0] == 204
    assert await storstad.value("select state || ' ' || (done_at is not null) from alarms") == "on_site true"
    assert "Hur slutade det?" in await patrol.text(link)


async def test_an_outcome_whose_answer_was_lost_is_sent(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    for _ in range(2):
        assert (await tap(patrol, f"{link}/done", TWO, outcome="moved_to_hospital"))[0] == 204
    assert await storstad.value("select count(*) from pauses") == 1
    assert (await tap(patrol, f"{link}/done", THREE, outcome="helped_up")) == (
        409,
        "Inte skickat – larmet är redan avslutat",
    )


async def test_a_lost_answer_to_the_take_binds_this_phone(storstad: NightTown, pages: Site, link: str) -> None:
    """The mark comes with the page: a phone that never got the answer is the one that the case is bound to."""
    patrol, other = pages.browser(), pages.browser()
    for each in (patrol, other):
        await each.get(link)
    answer = await patrol.post(f"{link}/take", {"tap": ONE}, headers={"X-Fragment": "1"})
    assert answer.status == 204 and "Set-Cookie" not in answer.headers
    assert "Storgatan 2 B" in await patrol.text(link)
    assert (await tap(other, f"{link}/say", TWO, word="help"))[0] == 409
    assert await lines(storstad, "needs_help") == 0


async def test_a_stale_yes_makes_nobody_an_owner(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = pages.browser()
    await patrol.get(link)
    status, words = await tap(patrol, f"{link}/take", ONE, waited=20 * 60, minutes="20")
    assert status == 409 and "Tar du det nu?" in words
    assert await storstad.value("select state from alarms") == "dispatched"
    assert (await tap(patrol, f"{link}/take", TWO, waited=5 * 60, minutes="20"))[0] == 204
    promised = str(await storstad.value("select e::text from events e where kind = 'accepted'"))
    assert "eta_minutes" in promised and ": 15" in promised, promised
    for rubbish in ("x", "-1", "9" * 30, ""):
        form = {"word": "on_site", "tap": "' or 1", "waited": rubbish}
        assert (await patrol.post(f"{link}/say", form)).status == 303


async def test_help_is_heard_after_the_case_is_closed(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    alarm, olle = await storstad.value("select alarm_id from alarms"), storstad.users["olle"]
    await cases.apply_to_alarm(storstad.memory, alarm, alarm_events.Close(olle, Outcome.FALSE_ALARM), actor=str(olle))
    assert "Återkallat. Du behöver inte åka." in await patrol.text(link)
    assert await tap(patrol, f"{link}/say", TWO, word="on_site") == (409, "Inte skickat – larmet är redan avslutat")
    assert (await tap(patrol, f"{link}/say", THREE, word="help"))[0] == 204
    assert await storstad.value("select count(*) from alarms where kind = 'manual'") == 1
    page = await patrol.text(link)
    assert 'value="help"' in page and "Storgatan" not in page
    assert "Behöver hjälp: skickat 02:00. Larmcentralen ringer dig från 070-123 45 00." in page


async def test_help_is_heard_of_who_gave_the_case_back(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    assert (await tap(patrol, f"{link}/decline", TWO))[0] == 204
    assert 'value="help"' in await patrol.text(link)
    assert (await tap(patrol, f"{link}/say", THREE, word="on_site"))[0] == 409
    assert (await tap(patrol, f"{link}/say", THREE, word="help"))[0] == 204
    assert await lines(storstad, "needs_help") == 1


async def sms(storstad: NightTown) -> str:
    """The wordings of the SMS to the patrol whose case it is, in order."""
    asked = "select string_agg(m.wording, ' ' order by m.created_at) from messages m join notices n using (notice_id) where n.patrol = 'Patrull 1'"
    return str(await storstad.value(asked))


async def test_nobody_home_and_at_hospital_is_one_tap(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    await tap(patrol, f"{link}/say", TWO, word="on_site")
    before, page = await sms(storstad), await patrol.text(link)
    assert page.count('value="at_hospital"') == 1 and 'value="found"' not in page and 'value="nobody_home"' not in page
    for _ in range(2):
        assert (await tap(patrol, f"{link}/say", THREE, word="at_hospital"))[0] == 204
    assert await storstad.value("select state || ' ' || outcome from alarms") == "closed not_at_home_known"
    assert await storstad.value("select string_agg(reason, ' ') from pauses") == "pause_hospital"
    assert (await lines(storstad, "said_hospital"), await lines(storstad, "nobody_home")) == (1, 0)
    assert await sms(storstad) == before, "the page has shown it"


async def test_who_does_not_know_where_is_asked_once(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    await tap(patrol, f"{link}/say", TWO, word="on_site")
    before = await sms(storstad)
    for _ in range(2):
        assert (await tap(patrol, f"{link}/say", THREE, word="where_unknown"))[0] == 204
    assert (await lines(storstad, "nobody_home"), await lines(storstad, "knows_not_where")) == (1, 1)
    page = await patrol.text(link)
    assert "Leta runt huset och fråga grannar." in page and "Vet du var?" not in page
    assert [page.count(f'value="{word}"') for word in ("at_hospital", "found", "where_unknown", "nobody_home")] == [
        1,
        1,
        0,
        0,
    ]
    assert await sms(storstad) == before
    assert (await tap(patrol, f"{link}/say", "4" * 32, word="with_relative"))[0] == 204
    assert await storstad.value("select reason from pauses") == "pause_away"


async def test_done_on_the_page_brings_no_sms(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    await tap(patrol, f"{link}/say", TWO, word="on_site")
    before = await sms(storstad)
    await tap(patrol, f"{link}/done", THREE)
    assert "Hur slutade det?" in await patrol.text(link)
    assert await sms(storstad) == before


async def test_who_cries_for_help_is_told_who_rings(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    await tap(patrol, f"{link}/say", TWO, word="help")
    page = await patrol.text(link)
    assert "Behöver hjälp: skickat 02:00. Larmcentralen ringer dig från 070-123 45 00." in page
    assert 'href="tel:112"' in page
    await storstad.execute("""update organisations set plan = '{"handled_by": "home_care"}'""")
    assert "Nattledaren ringer dig" in await patrol.text(link)


async def test_no_answer_of_a_link_is_kept_by_a_cache(pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    for answer in (await patrol.get(link), await patrol.post(f"{link}/say", {"word": "on_site"})):
        assert answer.headers["Cache-Control"] == "no-store"


async def test_whose_hand_it_was_is_asked_once_on_that_phone(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    assert "Vem är du?" not in await patrol.text(link), "the town has no codes"
    await storstad.execute(
        "update carers set code = '48213' where phone = (select phone from notices where state = 'took')"
    )
    assert "Vem är du?" in await patrol.text(link)
    unknown = (409, "Koden känns inte igen. Fortsätt ändå, och säg ditt namn när vi ringer.")
    for code in ("11111", "nobody"):
        assert await tap(patrol, f"{link}/who", "a" * 32, code=code) == unknown
    assert (await tap(patrol, f"{link}/say", TWO, word="on_site"))[0] == 204, "it blocks nothing"
    assert (await tap(patrol, f"{link}/who", THREE, code="4 8213 48213"))[0] == 204
    name = await storstad.value("select name from carers where code = '48213'")
    page = await patrol.text(link)
    assert "Vem är du?" not in page and f"{name} · Ditt pass till" in page
    alarm = await storstad.value("select alarm_id from alarms")
    assert f"Patrull 1 ({name})" in await (await pages.signed_in()).text(f"/alarm/{alarm}")


async def test_a_phone_guesses_three_codes_and_no_more(storstad: NightTown, pages: Site, link: str) -> None:
    patrol, other = await taken(pages, link), pages.browser()
    await storstad.execute(
        "update carers set code = '48213' where phone = (select phone from notices where state = 'took')"
    )
    await other.get(link)
    assert (await tap(other, f"{link}/who", TWO, code="48213"))[0] == 409, "not in this browser"
    for key, code in (("a", "11111"), ("a", "11111"), ("a", "48213"), ("b", "11112")):
        assert (await tap(patrol, f"{link}/who", key * 32, code=code))[0] == 409
    assert await storstad.value("select code_tries from notices where state = 'took'") == 2, "once a tap"
    for key, code in (("c", "11113"), ("d", "48213")):
        assert (await tap(patrol, f"{link}/who", key * 32, code=code))[0] == 409
    assert "Vem är du?" not in await patrol.text(link)
    assert await storstad.value("select count(*) from shift_people") == 0


async def _goes_to(patrol: Browser, link: str, case_no: str) -> str:
    return (await patrol.post(f"{link}/other", {"case_no": case_no})).headers["Location"]


@pytest.mark.parametrize(
    "gone",
    [
        "update shifts set ends_at = clock.now() where shift_id = (select shift_id from notices where state = 'took')",
        "insert into lost_phones (org, phone, lost_at, said_by) select org, phone, clock.now(), 'x' from notices where state = 'took'",
    ],
)
async def test_a_phone_that_is_gone_lists_nothing(storstad: NightTown, pages: Site, link: str, gone: str) -> None:
    patrol = await taken(pages, link)
    await storstad.finding(4, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.step()
    phone = await storstad.value("select phone from notices where state = 'took'")
    await storstad.execute("update notices set phone = $1 where state = 'asked'", phone)
    await storstad.execute(gone)
    assert "4802" not in await patrol.text(link)
    assert (await patrol.post(f"{link}/other", {"case_no": "4802"})).headers.get("Location", link) == link


async def test_the_page_lists_what_else_the_phone_has(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    assert "Inget annat larm." in await patrol.text(link)
    phone = await storstad.value("select phone from notices where state = 'took'")
    await storstad.finding(4, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.step()
    alarm = await storstad.value("select alarm_id from alarms where state = 'dispatched'")
    await storstad.execute("update notices set phone = $2 where alarm_id = $1", alarm, phone)
    page = await patrol.text(link)
    assert "4802 PRIO 1</button> · väntar på svar" in page and "Storgatan 4" not in page
    token = await storstad.value("select token from notices where alarm_id = $1", alarm)
    assert token not in page, "no link opens another"
    assert await _goes_to(patrol, link, "4802") == f"/u/{token}"
    for number in ("4803", "x", ""):
        assert await _goes_to(patrol, link, number) == link
    stranger = pages.browser()
    assert "4802" not in await stranger.text(link)
    await tap(patrol, f"{link}/done", TWO, outcome="helped_up")
    assert (await patrol.post(f"{link}/other", {"case_no": "4802"})).status != 303, "its own case is over"
    assert "Klart. Du behöver inte göra något mer." in await patrol.text(link)
    olle = storstad.users["olle"]
    await cases.apply_to_alarm(storstad.memory, alarm, alarm_events.Close(olle, Outcome.FALSE_ALARM), actor=str(olle))
    assert "Klart. Du har inget mer i natt." in await patrol.text(link)
    await storstad.finding(5, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.execute("update notices set phone = '+46700009999' where state = 'asked'")
    await storstad.execute(
        "update alarms set visit = true, arrive_by = $1, area_id = (select s.area_id from notices n join shifts s using (shift_id) where n.token = $2) where state <> 'closed'",
        OPENED + timedelta(hours=1), link.removeprefix("/u/"),
    )  # fmt: skip
    assert "Klart. Nästa besök i området: 03:00." in await patrol.text(link)
