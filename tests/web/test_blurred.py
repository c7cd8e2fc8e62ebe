"""Pictures shown blurred first: nobody gets a clear byte before asking, and asking is in the log."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from alarm_center.pictures import Pictures
from schemas import wire
from schemas.messages import Frame, LiveFrame, Picture
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown, drawn
from tests.support.postgres import Database
from tests.support.site import Browser, Site

FRAMES = drawn("fallen", 5)
_STATE = "select string_agg(concat_ws(' ', kind, clear, reason, ended_at is not null), ', ' order by began_at, clear) from looks"


@pytest_asyncio.fixture
async def storstad(storstad: NightTown) -> NightTown:
    """The town, where pictures are shown blurred first."""
    await storstad.execute("update organisations set first_view = 'blurred'")
    return storstad


async def held(storstad: NightTown, olle: Browser) -> tuple[str, UUID]:
    """Return the session and the alarm of somebody on the floor, whose case is Olle's."""
    session = await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=FRAMES)
    alarm: UUID = await storstad.value("select alarm_id from alarms")
    await olle.post(f"/alarm/{alarm}/claim")
    return session, alarm


async def test_blurred_until_asked_for_with_a_reason(storstad: NightTown, olle: Browser) -> None:
    session, alarm = await held(storstad, olle)
    page = await olle.text(f"/alarm/{alarm}")
    assert "Suddig bild" in page and "Visa klar bild – ange skäl" in page
    for n in range(2):
        hazy = await olle.get(f"/picture/{session}/{n}")
        assert (hazy.status, hazy.content_type, hazy.headers["Cache-Control"]) == (200, "image/jpeg", "no-store")
        body = await hazy.read()
        assert body not in FRAMES and len(body) < len(FRAMES[n])
    for path in (f"/picture/{session}/clear/0", f"/picture/{session}/clear/1"):
        refused = await olle.get(path)
        assert (refused.status, "Ange skäl för att se klar bild" in await refused.text()) == (403, True)
    for reason in ({}, {"reason": ""}, {"reason": "nyfiken"}):
        assert (await olle.post(f"/picture/{session}/clear", reason)).status == 400
    assert await storstad.value(_STATE) == "session f f"
    assert await storstad.value("select count(*) from events where kind = 'shown_clear'") == 0

    asked = await olle.post(f"/picture/{session}/clear", {"reason": "worried"}, headers={"X-Fragment": "1"})
    assert (asked.status, asked.headers["X-Clear"]) == (204, f"/picture/{session}/clear")
    assert asked.headers["X-Go"] == f"/alarm/{alarm}"
    assert await (await olle.get(f"/picture/{session}/clear/1")).read() == FRAMES[1]
    assert await (await olle.get(f"/picture/{session}/1")).read() not in FRAMES, "the first view stays blurred"
    assert await storstad.value(_STATE) == "session f f, session t worried f"


async def test_a_clear_look_is_a_line_with_who_when_and_session(storstad: NightTown, olle: Browser) -> None:
    session, alarm = await held(storstad, olle)
    for _ in range(3):
        await olle.post(f"/picture/{session}/clear", {"reason": "not_enough"})
    row = await storstad.value("select to_jsonb(e) - 'id' - 'tx' from events e where kind = 'shown_clear'")
    assert await storstad.value("select count(*) from events where kind = 'shown_clear'") == 1, "once a look"
    check = await storstad.check_of(2)
    assert {name: row[name] for name in ("actor", "session_id", "alarm_id", "check_id", "data", "area_id")} == {
        "actor": str(storstad.users["olle"]),
        "session_id": session,
        "alarm_id": str(alarm),
        "check_id": str(check),
        "data": {"reason": "not_enough"},
        "area_id": str(storstad.area),
    }
    assert await storstad.value("select at from events where kind = 'shown_clear'") == TWO + timedelta(seconds=40)
    page = await olle.text(f"/alarm/{alarm}")
    assert "Klar bild visad: Syns inte tydligt nog" in page and "Olle Operatör" in page


async def test_it_is_in_the_log_before_the_first_clear_byte(
    storstad: NightTown, olle: Browser, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, _alarm = await held(storstad, olle)
    await olle.post(f"/picture/{session}/clear", {"reason": "worried"})
    committed: list[int] = []
    view = Pictures.view_picture

    def watched(pictures: Pictures, org: str, session_id: str) -> Picture | None:
        with ThreadPoolExecutor() as other:  # another connection, on another loop: it sees only what is committed
            committed.append(other.submit(asyncio.run, clear_looks_in(database.worker)).result())
        return view(pictures, org, session_id)

    monkeypatch.setattr(Pictures, "view_picture", watched)
    assert (await olle.get(f"/picture/{session}/clear/0")).status == 200
    assert committed == [2]


async def clear_looks_in(dsn: str) -> int:
    """Return how many rows say that somebody sees it clear: the look and the line."""
    connection = await asyncpg.connect(dsn)
    try:
        count: int = await connection.fetchval(
            "select (select count(*) from looks where clear) + (select count(*) from events where kind = 'shown_clear')"
        )
    finally:
        await connection.close()
    return count


@pytest.mark.parametrize("table", ["looks", "events"])
async def test_a_clear_look_that_cannot_be_written_shows_nothing(
    storstad: NightTown, olle: Browser, database: Database, table: str
) -> None:
    session, _alarm = await held(storstad, olle)
    owner = await asyncpg.connect(database.owner)
    try:
        await owner.execute(f"revoke insert on {table} from fjt_web")
    finally:
        await owner.close()
    assert (await olle.post(f"/picture/{session}/clear", {"reason": "worried"})).status == 500
    assert (await olle.get(f"/picture/{session}/clear/0")).status == 403
    assert await storstad.value("select count(*) from looks where clear") == 0


async def test_who_stops_looking_has_to_ask_again(storstad: NightTown, olle: Browser) -> None:
    session, _alarm = await held(storstad, olle)
    await olle.get(f"/picture/{session}/0")
    await olle.post(f"/picture/{session}/clear", {"reason": "worried"})
    assert (await olle.post(f"/picture/{session}/end")).status == 204
    assert await storstad.value(_STATE) == "session f t, session t worried f", "the blurred one ends for itself"
    assert (await olle.get(f"/picture/{session}/clear/0")).status == 200
    assert (await olle.post(f"/picture/{session}/clear/end")).status == 204
    assert (await olle.get(f"/picture/{session}/clear/0")).status == 403
    await storstad.set_clock(TWO + timedelta(seconds=50))
    await olle.post(f"/picture/{session}/clear", {"reason": "not_enough"})
    assert await storstad.value("select count(*) from looks where clear") == 2
    assert await storstad.value("select count(*) from events where kind = 'shown_clear'") == 2


async def test_a_colleague_and_a_later_holder_ask_for_themselves(
    storstad: NightTown, pages: Site, olle: Browser
) -> None:
    session, alarm = await held(storstad, olle)
    siv = await pages.signed_in("siv")
    assert (await siv.post(f"/picture/{session}/clear", {"reason": "worried"})).status == 403
    await olle.post(f"/picture/{session}/clear", {"reason": "worried"})
    assert (await siv.get(f"/picture/{session}/clear/0")).status == 403
    await siv.get(f"/alarm/{alarm}")
    await siv.post(f"/alarm/{alarm}/take-over", {"reason": "urgent"})
    assert (await olle.get(f"/picture/{session}/clear/0")).status == 403, "it is not Olle's any more"
    assert (await siv.get(f"/picture/{session}/clear/0")).status == 403, "Olle's asking is not Siv's"
    assert await (await siv.get(f"/picture/{session}/0")).read() not in FRAMES


async def test_a_form_of_somebody_elses_page_shows_nothing(storstad: NightTown, olle: Browser) -> None:
    session, _alarm = await held(storstad, olle)
    assert (await olle.post(f"/picture/{session}/clear", {"reason": "worried", "csrf": "x"})).status == 403
    assert (await olle.get(f"/picture/{session}/clear/0")).status == 403


async def test_what_cannot_be_blurred_is_not_shown(storstad: NightTown, olle: Browser) -> None:
    session = await storstad.finding(3, Answer.IN_BED, frames=(b"\xff\xd8not a picture\xff\xd9",))
    refused = await olle.get(f"/picture/{session}/0")
    assert (refused.status, b"not a picture" in await refused.read()) == (422, False)


async def test_a_check_is_answered_on_the_blurred_or_clear_view(storstad: NightTown, olle: Browser) -> None:
    session = await storstad.finding(3, Answer.IN_BED, frames=FRAMES)
    check = await storstad.check_of(3)
    assert "Visa klar bild – ange skäl" in await olle.text(f"/check/{check}")
    asked = await olle.post(f"/picture/{session}/clear", {"reason": "asked_for"}, headers={"X-Fragment": "1"})
    assert asked.headers["X-Go"] == f"/check/{check}"
    assert await (await olle.get(f"/picture/{session}/clear/0")).read() == FRAMES[0]
    assert (await olle.post(f"/check/{check}/answer", {"answer": "in_bed", "session_id": session})).status == 303
    assert await storstad.value(_STATE) == "session t asked_for t"
    assert (await olle.get(f"/picture/{session}/clear/0")).status == 410


async def test_a_live_look_is_blurred_too_unless_a_reason_is_given(storstad: NightTown, olle: Browser) -> None:
    _session, alarm = await held(storstad, olle)
    page = await olle.text(f"/alarm/{alarm}")
    assert "Se direkt i klar bild – ange skäl" in page
    assert (await olle.post(f"/alarm/{alarm}/live", {"reason": "nyfiken"})).status == 400
    seen = []
    for reason in ({}, {"reason": "not_enough"}):
        asked = await olle.post(f"/alarm/{alarm}/live", reason, headers={"X-Fragment": "1"})
        live = asked.headers["X-Live"]
        assert (await olle.get(live)).status == 204
        command = UUID(live.removeprefix("/live/"))
        frame = LiveFrame(
            org="storstad", device="cam2", command_id=command, sequence=1, frame=Frame(ms=0, jpeg=FRAMES[0])
        )  # fmt: skip
        await storstad.pictures.on_live("fjarrtillsyn/v1/storstad/cam2/live", wire.encode(frame))
        seen.append(await (await olle.get(live)).read() == FRAMES[0])
    assert seen == [False, True]
    assert await storstad.value(_STATE) == "live f f, live t not_enough f"
    data = await storstad.value("select data from events where kind = 'shown_clear'")
    assert data == {"reason": "not_enough", "command_id": str(command)}


async def test_where_the_town_shows_it_clear_nothing_is_asked(storstad: NightTown, olle: Browser) -> None:
    await storstad.execute("update organisations set first_view = 'clear'")
    session, alarm = await held(storstad, olle)
    page = (
        (await olle.text(f"/alarm/{alarm}")).partition("</main>")[0].partition("<dialog")[0]
    )  # without the card of keys
    assert "Suddig bild" not in page and "ange skäl" not in page
    assert await (await olle.get(f"/picture/{session}/0")).read() == FRAMES[0]
    assert await storstad.value(_STATE) == "session t f"
