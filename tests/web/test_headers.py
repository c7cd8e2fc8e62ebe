"""Every answer's headers that hold the browser, and errors that are pages."""

from alarm_center.web.middlewares import HTTPS_ONLY
from alarm_center.web.settings import WebSettings
from tests.support.night_town import NightTown
from tests.support.site import Site, site


async def test_every_answer_holds_the_browser(pages: Site) -> None:
    olle = await pages.signed_in()
    for path in ("/", "/login", "/static/live.js", "/no-such-page", "/alarm/none", "/u/unknown1", "/stream"):
        async with olle.client.get(path) as response:
            policy = response.headers["Content-Security-Policy"]
            for part in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
                assert part in policy, path
            assert "unsafe" not in policy and "blob:" not in policy
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            stored = response.headers["Cache-Control"]
            assert stored == ("no-cache" if path.startswith("/static/") else "no-store"), path


async def test_every_answer_says_https_only_if_the_address_does(storstad: NightTown) -> None:
    for https in (True, False):
        async with site(storstad, settings=WebSettings(https=https)) as running:
            browser = running.browser()
            for path in ("/login", "/", "/static/live.js", "/static/none.js", "/no-such-page", "/logout"):
                answer = await browser.get(path, follow=False)
                said = answer.headers.getall("Strict-Transport-Security", [])
                assert said == ([HTTPS_ONLY] if https else []), path


async def test_an_error_is_a_page_or_for_a_script_a_sentence(pages: Site) -> None:
    olle = await pages.signed_in()
    page = await olle.get("/alarm/00000000-0000-4000-8000-000000000001")
    assert page.status == 404
    assert "Det finns inte, eller är inte ditt att se." in await page.text()
    assert page.content_type == "text/html"
    sentence = await olle.get("/alarm/none", headers={"X-Fragment": "1"})
    assert (sentence.status, await sentence.text()) == (404, "Det finns inte, eller är inte ditt att se.")


async def test_an_address_that_leads_nowhere_is_said_in_words(pages: Site) -> None:
    olle = await pages.signed_in()
    for path, status in (("/no-such-page", 404), ("/logout", 405)):
        page = await olle.get(path)
        text = await page.text()
        assert (page.status, "Det finns inte" in text, "Not" in text) == (status, True, False), path


async def test_what_breaks_shows_a_number_and_nothing_else(storstad: NightTown, pages: Site) -> None:
    olle = await pages.signed_in()
    await storstad.execute("update organisations set zone = 'Nowhere/Atall'")
    page = await olle.get("/")
    assert page.status == 500
    text = await page.text()
    assert "Något gick fel hos oss. Felnummer" in text
    assert "Nowhere" not in text and "Traceback" not in text


async def test_a_form_of_many_bytes_is_refused(pages: Site) -> None:
    olle = await pages.signed_in()
    assert (await olle.post("/looks", {"next": "x" * 100_000})).status == 413


async def test_a_form_no_page_sends_is_refused(pages: Site) -> None:
    olle = pages.browser()
    assert (await olle.sign_in("ol\x00le", "x")).status == 400
    await olle.sign_in()
    none = "00000000-0000-4000-8000-000000000001"
    for path in (
        "/picture/%00/0",
        "/picture/x/99999",
        "/picture/x/-1",
        "/alarm/%00",
        "/alarm/" + "9" * 5000,
        "/check/../../etc/passwd",
        "/live/x?after=y",
        f"/live/{none}?after=y",
        "/u/%00%00%00%00%00%00",
        "/stream%00",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
    ):
        assert (await olle.get(path)).status in (400, 403, 404, 414), path
    await olle.get("/")
    for path, data in (
        (f"/alarm/{none}/close", {"outcome": "other", "note": "a\x00b"}),
        (f"/alarm/{none}/close", {"outcome": "better"}),
        (f"/alarm/{none}/take-over", {"reason": "because"}),
        (f"/check/{none}/answer", {"answer": "well"}),
        (f"/check/{none}/answer", {"answer": "in_bed", "session_id": "\x00"}),
        ("/reply/read", {"provider": "\x00", "id": "1"}),
        ("/looks", {"language": "xx", "theme": "<", "next": "//elsewhere.example"}),
    ):
        response = await olle.post(path, data)
        assert response.status in (303, 400, 404, 409), (path, data, response.status)
        assert response.headers.get("Location", "/") == "/"
