"""HEAD on every page that GET has: the same answer and headers, without the page."""

import re
from uuid import uuid4

from alarm_center.providers.simulated_phones import SimulatedPhones
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import NightTown
from tests.support.site import Site, site

STREAM = "/stream"
"""The one page that does not end."""


def pages_of(running: Site, given: dict[str, str]) -> list[str]:
    """Return the path of every page, with *given* ids, and unknown ones, in the place of its names."""
    found = {
        route.resource.canonical
        for route in running.app.router.routes()
        if route.method == "GET" and route.resource is not None
    }
    unknown = str(uuid4())
    paths = [re.sub(r"\{(\w+)\}", lambda name: given.get(name[1], unknown), path) for path in sorted(found - {STREAM})]
    assert len(paths) > 20
    return [*(path for path in paths if not path.startswith("/static")), "/static/live.js", "/no-such-page"]


async def test_head_answers_as_get_does(storstad: NightTown) -> None:
    session = await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=(b"\xff\xd8one\xff\xd9",))
    alarm, area, resident = [
        str(await storstad.value(f"select {column} from alarms limit 1"))
        for column in ("alarm_id", "area_id", "resident_id")
    ]
    check = str(await storstad.value("select check_id from sessions limit 1"))
    given = {
        **{"alarm": alarm, "check": check, "area": area, "resident": resident, "session": session},
        **{"n": "0", "part": "case", "command": str(uuid4()), "token": "unknown1", "link": "unknown1"},
        **{"number": "17", "night": "2026-03-20"},
    }
    async with site(storstad, phones=SimulatedPhones(storstad.memory)) as running:
        for browser in (running.browser(), await running.signed_in()):
            await browser.post(f"/alarm/{alarm}/claim")
            answered = {}
            for path in pages_of(running, given):
                page = await browser.get(path, follow=False)
                head = await browser.client.head(path, allow_redirects=False)
                assert await head.read() == b""
                answered[path] = (page.status, head.status)
                assert page.headers.get("Content-Type") == head.headers.get("Content-Type"), path
                assert page.headers.get("Location") == head.headers.get("Location"), path
            assert {path: each for path, each in answered.items() if each[0] != each[1]} == {}
            assert [status for _, status in answered.values() if status >= 500] == []
        async with browser.client.head(STREAM) as stream:
            assert (stream.status, stream.content_type) == (200, "text/event-stream")


async def test_a_form_is_not_taken_without_its_token_as_head(storstad: NightTown, pages: Site) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm = await storstad.value("select alarm_id from alarms")
    olle = await pages.signed_in()
    assert (await olle.client.head(f"/alarm/{alarm}/claim")).status == 405
    assert await storstad.value("select holder from alarms") is None
