"""A desk that people share: a board that is left names nobody and goes on, and a PIN brings it back or hands it over."""

import pytest

from alarm_center.store.desks import MOST_TRIES
from alarm_center.web.auth import COOKIE
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import NightTown, drawn
from tests.support.site import Browser, Site

PIN, OTHER_PIN = "4821", "7306"


@pytest.fixture
async def covered(storstad: NightTown, olle: Browser) -> Browser:
    """Olle's board with an alarm, a check to look at and a carer's words, covered; his PIN is 4821."""
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=drawn("fallen", 2))
    await storstad.finding(3, Answer.IN_BED, frames=drawn("asleep", 2))
    await storstad.execute(
        """
        insert into replies (provider, provider_id, org, phone, sender, body, received_at, meaning)
        values ('phone', 'p1', 'storstad', '+46700000100', '+46701234500', 'Bilen står', clock.now(), 'free_text')
        """
    )
    kept = await olle.post("/desk/pin", {"pin": PIN})
    assert "Koden är sparad." in await olle.text(kept.headers["Location"])
    assert (await olle.post("/cover")).status == 303
    return olle


def named(page: str) -> list[str]:
    """Return what of the residents, the carers and their words stands in *page*."""
    return [name for name in ("Bertil Ek", "Cecilia", "Daga", "Patrull 1", "Bilen står") if name in page]


async def test_a_covered_board_names_nobody_and_goes_on(storstad: NightTown, covered: Browser) -> None:
    board = await covered.text("/")
    assert named(board) == []
    assert "Person syns på golvet" in board or "golvet" in board, "what waits is still told"
    assert named(await covered.text("/fragments/queue")) == []
    assert named(await covered.text("/fragments/night")) == []
    stream = await covered.client.get("/stream")
    assert stream.status == 200
    stream.close()


async def test_a_covered_session_opens_no_case(storstad: NightTown, covered: Browser) -> None:
    alarm = await storstad.value("select alarm_id from alarms")
    check = await storstad.check_of(3)
    for path in (f"/alarm/{alarm}", f"/check/{check}", "/raise", "/reserve", "/picture/s3-0100-1/0"):
        answer = await covered.get(path, follow=False)
        assert (answer.status, answer.headers.get("Location")) == (303, "/"), path
    for path in (f"/alarm/{alarm}/claim", "/picture/s3-0100-1/clear", "/reply/read", f"/raise/{alarm}/now"):
        assert (await covered.post(path)).status == 403, path
    fragment = await covered.get(f"/fragments/alarm/{alarm}/case", headers={"X-Fragment": "1"})
    assert fragment.status == 403
    assert await storstad.value("select count(*) from looks") == 0


async def test_a_covered_session_changes_nothing_of_its_person(storstad: NightTown, covered: Browser) -> None:
    """A stranger at the desk chooses no PIN there, nor another way to sign in."""
    assert (await covered.post("/desk/pin", {"pin": OTHER_PIN})).status == 403
    assert (await covered.post("/uncover", {"pin": OTHER_PIN})).headers["Location"] == "/?left=4"
    for path in ("/account", "/account/factors"):
        answer = await covered.get(path, follow=False)
        assert (answer.status, answer.headers.get("Location")) == (303, "/"), path
    assert (await covered.post("/logout")).status == 403, "the board goes on"
    assert await storstad.value("select count(*) from web_sessions") == 1


async def test_the_pin_uncovers_it(covered: Browser) -> None:
    answer = await covered.post("/uncover", {"pin": PIN})
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert named(await covered.text("/"))


async def test_a_wrong_pin_says_how_many_are_left(covered: Browser) -> None:
    """At the board, beside its queue: who has mistyped still sees and hears what waits."""
    answer = await covered.post("/uncover", {"pin": "1111"})
    assert (answer.status, answer.headers["Location"]) == (303, "/?left=4")
    board = await covered.text("/?left=4")
    assert "Fel kod. 4 försök kvar" in board and named(board) == []
    assert "Fel kod" not in await covered.text("/") + await covered.text("/?left=<b>") + await covered.text("/?left=٤")


async def test_after_five_wrong_ones_the_right_pin_is_no_help(covered: Browser) -> None:
    for _ in range(MOST_TRIES):
        assert (await covered.post("/uncover", {"pin": "1111"})).headers["Location"].startswith("/?left=")
    answer = await covered.post("/uncover", {"pin": PIN})
    assert (answer.status, answer.headers["Location"]) == (303, "/login?next=/")
    assert named(await covered.text("/")) == [], "the board goes on, covered"
    assert (await covered.sign_in("olle")).status == 303
    assert named(await covered.text("/"))


async def test_without_a_pin_a_covered_board_takes_a_sign_in(olle: Browser) -> None:
    await olle.post("/cover")
    answer = await olle.post("/uncover", {"pin": PIN})
    assert (answer.status, answer.headers["Location"]) == (303, "/login?next=/")


@pytest.mark.parametrize("pin", ["1234", "2024", "48", "abcd"])
async def test_a_pin_that_is_soon_guessed_is_refused_in_words(olle: Browser, pin: str) -> None:
    answer = await olle.post("/desk/pin", {"pin": pin})
    assert answer.status == 400
    page = await answer.text()
    assert "fyra till åtta siffror" in page and 'action="/desk/pin"' in page, "the form is there to try again"


async def test_a_colleague_takes_the_desk_over(storstad: NightTown, pages: Site, covered: Browser) -> None:
    """Olle's session goes on, covered; Siv signs in beside it, and each comes back by their own PIN."""
    answer = await covered.post("/desk/other")
    assert answer.status == 303
    assert (await covered.sign_in("siv")).status == 303
    assert named(await covered.text("/")), "Siv sees the board"
    assert (await covered.post("/desk/pin", {"pin": OTHER_PIN})).status == 303
    desk = await covered.text("/desk")
    assert "Nu sitter Siv Operatör här." in desk and "Kod för Olle Operatör" in desk
    olle = storstad.users["olle"]
    assert (await covered.post("/desk", {"user": str(olle), "pin": OTHER_PIN})).status == 403, "not Siv's own"
    assert (await covered.post("/desk", {"user": str(olle), "pin": PIN})).status == 303
    assert "Logga ut Olle Operatör" in await covered.text("/")
    assert await storstad.value("select count(*) from web_sessions") == 2
    siv = storstad.users["siv"]
    assert await storstad.value("select covered_at is not null from web_sessions where user_id = $1", siv)


async def test_another_browser_takes_no_desk_over(storstad: NightTown, pages: Site, covered: Browser) -> None:
    elsewhere = await pages.signed_in("siv")
    answer = await elsewhere.post("/desk", {"user": str(storstad.users["olle"]), "pin": PIN})
    assert (answer.status, answer.headers["Location"]) == (303, "/login?next=/")
    assert "Logga ut Siv Operatör" in await elsewhere.text("/")


async def test_the_token_before_a_take_over_opens_nothing(storstad: NightTown, covered: Browser) -> None:
    jar = covered.client.session.cookie_jar
    before = next(each.value for each in jar if each.key == COOKIE)
    await covered.post("/desk/other")
    await covered.sign_in("siv")
    await covered.post("/desk", {"user": str(storstad.users["olle"]), "pin": PIN})
    jar.clear(lambda each: each.key == COOKIE)
    jar.update_cookies({COOKIE: before}, covered.client.make_url("/"))
    assert (await covered.get("/", follow=False)).status == 303
