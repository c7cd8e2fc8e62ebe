"""The link in the SMS: a question to whoever has it, an address only to whoever took the case, in one phone."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.phone_numbers import national
from alarm_center.core.replies import carer_actions
from alarm_center.core.replies.carer_actions import Button, ButtonPlace, CarerActions
from alarm_center.outbox import Outbox
from alarm_center.providers.simulated_phones import SimulatedPhones
from alarm_center.store import links
from alarm_center.web.demo.simulated_phones import pieces
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown
from tests.support.site import Browser, Site, site
from tests.support.waiting import eventually


class LockedGate(alarm_events.SiteReply):
    """A word that a carer could say one day."""


SECRETS = ("Storgatan 2 B", "Bertil Ek", "Nyckelgömma", "golvet", "+4690123002")


@pytest_asyncio.fixture
async def link(storstad: NightTown) -> str:
    """The link that the first patrol got; somebody lies on the floor."""
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.step()  # nobody is signed in: a patrol is asked at once
    return "/u/" + str(await storstad.value("select token from notices order by asked_at limit 1"))


async def state(storstad: NightTown) -> str:
    return str(await storstad.value("select state from alarms"))


def shows_nothing(page: str) -> bool:
    return not any(secret in page for secret in SECRETS)


async def test_from_the_question_to_the_outcome(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = pages.browser()
    question = await patrol.text(link)
    assert "Tar du det?" in question and "Framme senast 02:45" in question
    assert shows_nothing(question)

    assert (await patrol.post(f"{link}/take", {"minutes": "20"})).headers["Location"] == link
    assert await state(storstad) == "accepted"
    page = await patrol.text(link)
    assert not shows_nothing(page)
    assert all(secret in page for secret in SECRETS)

    for word, then in (("on_site", "on_site"), ("staying", "on_site")):
        assert (await patrol.post(f"{link}/say", {"word": word})).status == 303
        assert await state(storstad) == then
    assert (await patrol.post(f"{link}/done", {"outcome": "other"})).status == 400
    assert (await patrol.post(f"{link}/done", {"outcome": "other", "note": "Grannen var där"})).status == 303
    assert await storstad.value("select (state, outcome, note)::text from alarms") == '(closed,other,"Grannen var där")'
    ended = await patrol.text(link)
    assert "Klart. Du har inget mer i natt." in ended and shows_nothing(ended)
    assert "Framme senast" not in ended, "nobody is to go there"


@pytest.mark.parametrize(
    ("word", "line"), [("cannot_get_in", "cannot_get_in"), ("nobody_home", "nobody_home"), ("help", "needs_help")]
)
async def test_what_keeps_it_open_is_heard(storstad: NightTown, pages: Site, link: str, word: str, line: str) -> None:
    patrol = pages.browser()
    await patrol.get(link)
    await patrol.post(f"{link}/take")
    assert (await patrol.post(f"{link}/say", {"word": word})).status == 303
    assert await storstad.value("select exists (select from events where kind = $1)", line)
    assert await state(storstad) != "closed"


async def test_a_row_more_in_the_table_is_a_button_more(
    storstad: NightTown, pages: Site, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = replace(
        carer_actions.NOBODY_HOME,
        name="locked_gate",
        event=LockedGate,
        phrases=(),
        button=Button("Låst grind", ButtonPlace.DANGER),
    )
    monkeypatch.setattr(carer_actions, "TABLE", CarerActions((*carer_actions.ROWS, row)))
    patrol = pages.browser()
    await patrol.get(link)
    await patrol.post(f"{link}/take")
    assert 'value="locked_gate">Låst grind</button>' in await patrol.text(link)
    assert (await patrol.post(f"{link}/say", {"word": "locked_gate"})).status == 303
    assert await storstad.value("select exists (select from events where kind = $1)", row.line.kind)
    assert (await patrol.post(f"{link}/say", {"word": "take"})).status == 400, "taking has a form of its own"


async def test_before_it_is_theirs_no_word_is_taken(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = pages.browser()
    await patrol.get(link)
    for path, data in (("say", {"word": "on_site"}), ("say", {"word": "help"}), ("done", {"outcome": "helped_up"})):
        response = await patrol.post(f"{link}/{path}", data)
        assert response.status == 409
        page = await response.text()
        assert "Inte skickat – larmet är inte ditt än" in page
        assert shows_nothing(page)
    assert await state(storstad) == "dispatched"


async def test_taken_by_sms_it_opens_in_one_phone_and_in_no_other(storstad: NightTown, pages: Site, link: str) -> None:
    first, second = pages.browser(), pages.browser()
    await first.get(link)
    await first.post(f"{link}/take")  # in one browser, as an SMS would from the phone itself
    await second.get(link)
    page = await second.text(link)
    assert "Länken är öppnad i en annan telefon." in page and shows_nothing(page)
    await second.post(f"{link}/open")
    assert shows_nothing(await second.text(link))
    for path, data in (("say", {"word": "on_site"}), ("decline", {}), ("done", {"outcome": "helped_up"})):
        assert (await second.post(f"{link}/{path}", data)).status == 409
    assert await state(storstad) == "accepted"
    assert not shows_nothing(await first.text(link))


async def test_a_link_preview_does_not_use_the_link(storstad: NightTown, pages: Site, link: str) -> None:
    provider = SimulatedPhones(storstad.memory)
    outbox = Outbox(storstad.memory, provider)
    await outbox.cycle()
    phone = await storstad.value("select phone from notices order by asked_at limit 1")
    await provider.reply(phone, "+46701234500", "1")
    await provider.close()
    assert await state(storstad) == "accepted"
    preview, patrol = pages.browser(), pages.browser()
    page = await preview.text(link)
    assert "Visa adressen här" in page and shows_nothing(page)
    await patrol.get(link)
    assert (await patrol.post(f"{link}/open")).status == 303
    assert not shows_nothing(await patrol.text(link))
    assert shows_nothing(await preview.text(link))


async def test_a_signed_in_carer_sees_their_own_on_any_screen(storstad: NightTown, pages: Site, link: str) -> None:
    carer = {"name": "Patrull 1", "phone": await storstad.value("select phone from carers where name = 'Patrull 1'")}
    user = {"login": "patrull1", "name": "Patrull 1", "roles": ["carer"], "password_hash": PASSWORD_HASH}
    await storstad.extend(users=[user], carers=[{**carer, "login": "patrull1"}])
    phone, car = pages.browser(), pages.browser()
    await phone.get(link)
    await phone.post(f"{link}/take")
    assert (await car.sign_in("patrull1")).status == 303
    assert not shows_nothing(await car.text(link))


async def test_who_comes_late_is_told_that_it_is_not_theirs(storstad: NightTown, pages: Site, link: str) -> None:
    await storstad.set_clock(TWO + timedelta(minutes=6))
    await storstad.step()
    other = "/u/" + str(await storstad.value("select token from notices where patrol = 'Patrull 2'"))
    first, late = pages.browser(), pages.browser()
    await first.get(link)
    await first.post(f"{link}/take")
    page = await late.text(other)
    assert "Larmet är inte ditt. Du behöver inte åka." in page and shows_nothing(page)
    assert "Framme senast" not in page
    await late.post(f"{other}/take")
    assert shows_nothing(await late.text(other))
    assert await storstad.value("select count(*) from notices where state = 'took'") == 1


async def test_wrong_links_soon_wait_and_a_right_one_never(storstad: NightTown, pages: Site, link: str) -> None:
    """A patrol shares its mobile network's address with whoever mistypes, or guesses."""
    guesser, patrol = pages.browser(), pages.browser()
    for n in range(50):
        assert (await guesser.get(f"/u/guess{n}")).status == 404
    assert (await guesser.get("/u/guess50")).status == 429
    assert (await guesser.post(f"{link}x/take")).status == 429
    assert "Tar du det?" in await patrol.text(link)
    assert (await patrol.post(f"{link}/take", {"minutes": "20"})).status == 303
    assert not shows_nothing(await patrol.text(link))
    assert (await guesser.get("/u/guess51")).status == 429, "a right one forgives no guesser"


async def test_a_form_without_its_token_changes_nothing(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = pages.browser()
    await patrol.get(link)
    patrol.csrf = "somebody-elses"
    for path in ("take", "decline", "open", "done", "say"):
        assert (await patrol.post(f"{link}/{path}", {"word": "on_site"})).status == 403
    assert await state(storstad) == "dispatched"


async def test_the_timeline_holds_no_word_of_the_carer(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = pages.browser()
    await patrol.get(link)
    await patrol.post(f"{link}/take")
    await patrol.post(f"{link}/done", {"outcome": "other", "note": "Grannen Anna öppnade"})
    lines = await storstad.value("select string_agg(e::text, ' ') from events e")
    assert "Anna" not in lines and "Storgatan" not in lines and link.removeprefix("/u/") not in lines


# ---- how far it sees ----


async def _other_area(storstad: NightTown, number: int) -> UUID:
    """Move a resident to an area of its own; return it."""
    await storstad.extend(areas=[{"code": "9"}])
    area: UUID = await storstad.value("select area_id from areas where code = '9'")
    await storstad.execute("update residents set area_id = $2 where resident_id = $1", storstad.residents[number], area)
    return area


async def test_a_link_sees_nothing_of_another_area(storstad: NightTown, link: str) -> None:
    """A page behind the link is answered from the area of the link's own alarm, whatever it asks for."""
    await _other_area(storstad, 1)
    await storstad.finding(1, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.step()
    own, other = [
        await storstad.value("select alarm_id from alarms where resident_id = $1", storstad.residents[number])
        for number in (2, 1)
    ]
    async with storstad.web.transaction() as tx:
        eyes = await links.viewer_of(tx, link.removeprefix("/u/"))
    assert eyes is not None
    with pytest.raises(cases.NotFound):
        await cases.apply_to_alarm(storstad.web, other, alarm_events.CalledOff("guest"), actor="guest", viewer=eyes)
    async with storstad.web.transaction(eyes) as tx:
        assert [row["alarm_id"] for row in await tx.fetch("select alarm_id from alarms")] == [own]
        residents = {row["resident_id"] for row in await tx.fetch("select resident_id from residents")}
        assert residents == {storstad.residents[2]}, "nor another of its own area"
        for table in ("notices", "messages", "events"):
            found = await tx.fetchval(f"select count(*) from {table} where alarm_id = $1", other)
            assert found == 0, table
    assert await storstad.value("select count(*) from notices where alarm_id = $1", other), "there is something to see"


async def test_a_carer_reaches_a_resident_who_moved_area_meanwhile(storstad: NightTown, pages: Site, link: str) -> None:
    await _other_area(storstad, 2)
    patrol = pages.browser()
    assert "Tar du det?" in await patrol.text(link)
    await patrol.post(f"{link}/take")
    assert not shows_nothing(await patrol.text(link))
    for word in ("on_site", "help"):
        assert (await patrol.post(f"{link}/say", {"word": word})).status == 303
    assert (await patrol.post(f"{link}/done", {"outcome": "helped_up"})).status == 303
    assert await state(storstad) == "closed"


# ---- the demo's phones ----


async def test_the_simulator_shows_an_sms_and_answers_it(storstad: NightTown, link: str) -> None:
    phones = SimulatedPhones(storstad.memory)
    async with site(storstad, phones) as pages:
        outbox = Outbox(storstad.memory, phones)
        await outbox.cycle()
        await eventually(phones.phones)  # a cycle only begins to send
        hand = pages.browser()
        page = await hand.text("/phone")
        assert "Larm 48" in page and f'href="{link}"' in page
        phone = phones.phones()[0]
        assert f"<h2>Patrull 1 <span>{national(phone)}</span></h2>" in page
        fields = {"phone": phone, "sender": "+46701234500"}
        assert (await hand.post("/phone/reply", {**fields, "key": "1"})).status == 303
        assert await state(storstad) == "accepted"
        assert (await hand.post("/phone/reply", {**fields, "text": "Står vid porten\u2028<b>hej</b>"})).status == 303
        page = await hand.text("/fragments/phone")
        assert "&lt;b&gt;hej" in page
        olle = await pages.signed_in()
        board = await olle.text("/fragments/queue")
        assert "1 svar att läsa" in board and 'data-unread="1"' in board
        alarm = await storstad.value("select alarm_id from alarms")
        assert "Står vid porten" in await olle.text(f"/alarm/{alarm}")
        assert (await olle.post(f"/alarm/{alarm}/read")).status == 303
        assert 'data-unread="0"' in await olle.text("/fragments/queue")
        assert (await hand.post("/phone/reply", {"phone": "+46", "sender": "x", "key": "1"})).status == 404
    await phones.close()


async def test_without_the_simulator_there_is_no_page_for_it(pages: Site) -> None:
    browser: Browser = pages.browser()
    assert (await browser.get("/phone")).status == 404


def test_links_in_an_sms_lead_to_this_host() -> None:
    assert [(p.text, p.link) for p in pieces("Ring https://natt.kommun.se/u/k7Q2xM nu")] == [
        ("Ring ", ""),
        ("https://natt.kommun.se/u/k7Q2xM", "/u/k7Q2xM"),
        (" nu", ""),
    ]
    assert [p.link for p in pieces("https://elsewhere.example/x")] == [""]


async def taken(pages: Site, link: str) -> Browser:
    """The patrol's browser, with the case taken and the address shown."""
    patrol = pages.browser()
    await patrol.get(link)
    await patrol.post(f"{link}/take", {"minutes": "20"})
    return patrol


async def test_the_resident_tells_the_carer_to_stop_the_camera(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    assert "Vill inte ha kameran" in await patrol.text(link)
    assert (await patrol.post(f"{link}/no-camera", {"said_by": "resident"})).headers["Location"] == link
    consent = await storstad.value("select state from consents where resident_id = $1", storstad.residents[2])
    assert consent == "revoked"
    notice = await storstad.value("select notice_id::text from notices where state = 'took'")
    assert (
        await storstad.value("select made_by || ' ' || part from changes where made_by <> 'import'")
        == f"{notice} consent"
    )
    page = await patrol.text(link)
    assert "Kameran är stängd." in page and "Kameran har inte bekräftat ännu." in page
    assert await state(storstad) == "accepted", "the case goes on"


async def test_on_a_carers_word_the_camera_pauses(storstad: NightTown, pages: Site, link: str) -> None:
    patrol = await taken(pages, link)
    await patrol.post(f"{link}/no-camera", {"said_by": "staff"})
    assert await storstad.value("select (reason, said_by, instead)::text from pauses") == "(pause_own_wish,staff,visit)"
    assert await storstad.value("select state from consents where resident_id = $1", storstad.residents[2]) == "given"
    assert "Kameran är stängd." in await patrol.text(link)


async def test_only_who_has_the_case_stops_the_camera(storstad: NightTown, pages: Site, link: str) -> None:
    stranger = pages.browser()
    await stranger.get(link)
    assert (await stranger.post(f"{link}/no-camera", {"said_by": "resident"})).status == 409
    patrol = await taken(pages, link)
    assert (await patrol.post(f"{link}/no-camera", {"said_by": "the cat"})).status == 400
    assert await storstad.value("select count(*) from changes where made_by <> 'import'") == 0
