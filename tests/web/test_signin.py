"""Signing in, staying signed in, and forms that only our own pages can send."""

import re
from datetime import timedelta

import pytest

from alarm_center.identity.tokens import token_hash
from alarm_center.web.auth import COOKIE
from alarm_center.web.settings import WebSettings
from tests.support.night_town import PASSWORD, TWO, NightTown
from tests.support.site import Site, site


async def test_sign_in_leads_on_to_the_page_asked_for(pages: Site) -> None:
    olle = pages.browser()
    away = await olle.get("/check/7", follow=False)
    assert (away.status, away.headers["Location"]) == (303, "/login?next=/check/7")
    await olle.get(away.headers["Location"])
    back = await olle.post("/login", {"login": "Olle ", "password": PASSWORD, "next": "/check/7"})
    assert (back.status, back.headers["Location"]) == (303, "/check/7")


async def test_the_name_is_kept_after_a_wrong_password(pages: Site) -> None:
    olle = pages.browser()
    assert 'name="login" value="olle"' in await (await olle.get("/login?login=olle")).text()
    assert "&lt;script" in await (await olle.get("/login?login=<script>")).text()
    wrong = await olle.post("/login", {"login": "olle", "password": "wrong", "next": "/"})
    assert 'name="login" value="olle"' in await wrong.text()


@pytest.mark.parametrize("goal", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "x"])
async def test_sign_in_never_leads_out_of_the_house(pages: Site, goal: str) -> None:
    olle = pages.browser()
    await olle.get("/login")
    back = await olle.post("/login", {"login": "olle", "password": PASSWORD, "next": goal})
    assert back.headers["Location"] == "/"


async def test_a_wrong_password_and_an_unknown_name_are_told_the_same(pages: Site) -> None:
    answers = []
    for login in ("olle", "nobody"):
        browser = pages.browser()
        response = await browser.sign_in(login, "wrong")
        assert response.status == 403
        assert COOKIE not in response.cookies
        answers.append((await response.text()).split('class="wrong"')[1].split("</p>")[0])
    assert answers[0] == answers[1]


async def test_the_cookie_is_http_only_and_stored_only_as_a_hash(storstad: NightTown) -> None:
    async with site(storstad, settings=WebSettings(https=True)) as pages:
        browser = pages.browser()
        # The test speaks http, where a browser keeps no Secure cookie: the form's token is brought by hand.
        page = await browser.get("/login")
        form = page.cookies["__Host-fjt_form"].value
        response = await browser.post(
            "/login", {"login": "olle", "password": PASSWORD}, headers={"Cookie": f"__Host-fjt_form={form}"}
        )
    cookie = response.cookies[f"__Host-{COOKIE}"]
    assert cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Strict"
    assert cookie["path"] == "/" and not cookie["domain"], "or no browser takes the name"
    assert response.headers["Strict-Transport-Security"]
    kept = await storstad.value("select token_hash from web_sessions")
    assert kept == token_hash(cookie.value) != cookie.value.encode()


async def test_a_session_outlives_a_rollout_by_https(storstad: NightTown) -> None:
    """A load balancer moves a browser between replicas of both releases; that of 0.2.0 knows plain names alone."""
    own = f"__Host-{COOKIE}"
    async with (
        site(storstad, settings=WebSettings(https=True, rollout=True)) as during,
        site(storstad, settings=WebSettings(https=True)) as after,
    ):

        async def status(pages: Site, **cookies: str) -> int:
            brought = "; ".join(f"{name}={value}" for name, value in cookies.items())
            return (await pages.browser().get("/", follow=False, headers={"Cookie": brought})).status

        browser = during.browser()
        form = (await browser.get("/login")).cookies
        assert form["fjt_form"].value == form["__Host-fjt_form"].value, (
            "a form may be drawn by one and taken by the other"
        )
        begun = await browser.post(
            "/login", {"login": "olle", "password": PASSWORD}, headers={"Cookie": f"fjt_form={form['fjt_form'].value}"}
        )
        token = begun.cookies[COOKIE].value
        assert begun.cookies[own].value == token
        assert await status(during, **{COOKIE: token}) == await status(during, **{own: token}) == 200
        assert await status(during, **{COOKIE: token, own: "ended"}) == 200, "signed in anew at a replica of 0.2.0"
        assert await status(after, **{own: token}) == 200
        assert await status(after, **{COOKIE: token}) == 303, "another host of the domain can set the plain name"

        older = await during.browser().get("/", headers={"Cookie": f"{COOKIE}={token}"})
        assert older.cookies[own].value == token, "a session that a replica of 0.2.0 began gets its second name"
        assert not (await during.browser().get("/", headers={"Cookie": f"{COOKIE}={token}; {own}={token}"})).cookies
        page = await browser.get("/", headers={"Cookie": f"{COOKIE}={token}"})
        left = await browser.post("/logout", headers={"Cookie": f"{COOKIE}={token}"})
        assert page.status == 200 and left.status == 303
        assert left.cookies[own].value == left.cookies[COOKIE].value == "", "signing out ends both"


async def test_signing_out_and_time_both_end_a_session(storstad: NightTown, pages: Site) -> None:
    olle, siv = pages.browser(), pages.browser()
    await olle.sign_in()
    await siv.sign_in("siv")
    assert (await olle.post("/logout")).status == 303
    assert (await olle.get("/", follow=False)).status == 303
    assert (await siv.get("/", follow=False)).status == 200
    await storstad.set_clock(TWO + timedelta(hours=13))
    assert (await siv.get("/", follow=False)).status == 303


async def test_a_disabled_person_is_out_at_once(storstad: NightTown, pages: Site) -> None:
    olle = await pages.signed_in()
    await storstad.execute("update users set disabled_at = now() where login = 'olle'")
    assert (await olle.get("/fragments/queue", headers={"X-Fragment": "1"})).status == 401


async def test_a_coordinator_has_no_board(pages: Site) -> None:
    petra = await pages.signed_in("petra")
    first = await petra.get("/", follow=False)
    assert (first.status, first.headers["Location"]) == (303, "/todo")
    response = await petra.get("/raise")
    assert response.status == 403
    assert "Du har inte behörighet." in await response.text()


@pytest.mark.parametrize(
    ("role", "handled_by", "status"),
    [
        ("carer", "alarm_centre", 403),
        ("lead", "alarm_centre", 403),
        ("installer", "home_care", 403),  # an installer's first page is today's jobs
        ("carer", "home_care", 200),
        ("lead", "home_care", 200),
        ("operator", "home_care", 200),
    ],
)
async def test_carers_may_use_the_board_where_home_care_answers(
    storstad: NightTown, pages: Site, role: str, handled_by: str, status: int
) -> None:
    await storstad.execute("update organisations set handled_by = $1", handled_by)
    await storstad.execute("update memberships set roles = array[$1] where user_id = $2", role, storstad.users["siv"])
    siv = await pages.signed_in("siv")
    first = 303 if status == 403 else status  # they have another first page
    for path, wanted in (("/", first), ("/fragments/queue", status), ("/stream", status)):
        async with siv.client.get(path, allow_redirects=False) as response:
            assert response.status == wanted, path


async def test_no_form_is_taken_without_its_token(pages: Site) -> None:
    olle = await pages.signed_in()
    olle.csrf = "somebody-elses"
    paths = {
        route.resource.canonical
        for route in pages.app.router.routes()
        if route.method == "POST" and route.resource is not None
    }
    assert len(paths) > 15
    # A provider's own word is no form: its signature is what it is held to (test_every_wrong_word_ends_nothing). Nor is a camera's:
    # it has no session, and is held to the code that it shows (tests/web/test_mounting.py).
    for path in sorted(paths - {"/login", "/login/oidc/logout/{provider}", "/device/claim"}):
        if "{token}" in path or "{invite}" in path:
            continue  # a link's own tests hold those, with a link that exists
        filled = path.replace("{kind}", "alarm").replace("{place}", "1").replace("{outcome}", "moved_to_hospital")
        filled = (
            filled.replace("{step}", "door")
            .replace("{arranged}", "door")
            .replace("{decided}", "consent")
            .replace("{take}", "lamp")
        )
        filled = re.sub(r"\{\w+\}", "00000000-0000-4000-8000-000000000001", filled)
        response = await olle.post(filled)
        assert response.status == 403, (filled, response.status)


async def test_a_form_from_another_site_is_refused_even_with_the_token(pages: Site) -> None:
    olle = await pages.signed_in()
    assert (await olle.post("/logout", headers={"Sec-Fetch-Site": "cross-site"})).status == 403


async def test_two_tabs_that_open_at_once_both_sign_in(pages: Site) -> None:
    """A browser that starts again opens its tabs at once, and keeps the token of the last one's form alone."""
    tabs = pages.browser()
    await tabs.text("/login")
    earlier = tabs.csrf
    tabs.client.session.cookie_jar.clear()
    await tabs.text("/login")
    tabs.csrf = earlier
    who = {"login": "olle", "password": PASSWORD}
    assert (await tabs.post("/login", who)).status == 403, "nothing says that the page is ours"
    assert (await tabs.post("/login", who, headers={"Sec-Fetch-Site": "same-origin"})).status == 303


async def test_language_and_theme_are_kept(pages: Site) -> None:
    browser = pages.browser()
    assert '<html lang="sv"' in await browser.text("/login")
    await browser.post("/looks", {"language": "en", "next": "/login"})
    await browser.post("/looks", {"theme": "light", "next": "/login"})
    page = await browser.text("/login")
    assert '<html lang="en" data-theme="light"' in page
    assert "Password" in page


async def test_auto_is_dark_at_night(storstad: NightTown, pages: Site) -> None:
    olle = await pages.signed_in()
    assert 'data-theme="dark"' in await olle.text("/")
    await storstad.set_clock(TWO + timedelta(hours=9))
    assert 'data-theme="auto"' in await olle.text("/")
