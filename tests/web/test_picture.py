"""Pictures: who may see one, until when, and the look in the log before the first byte."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.check import PersonSaid
from alarm_center.core.roles import Right
from alarm_center.pictures import Pictures
from alarm_center.store.memory import Viewer
from schemas.messages import Picture
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown
from tests.support.postgres import Database
from tests.support.site import Browser, Site
from tests.support.viewers import one_more_session
from tests.support.waiting import eventually

FRAMES = (b"\xff\xd8one\xff\xd9", b"\xff\xd8two\xff\xd9")


async def fallen(storstad: NightTown) -> tuple[str, UUID]:
    """Return the session and the alarm of somebody on the floor."""
    session = await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=FRAMES)
    alarm: UUID = await storstad.value("select alarm_id from alarms")
    return session, alarm


async def test_only_the_holder_sees_and_only_while_the_lease_lasts(storstad: NightTown, pages: Site) -> None:
    session, alarm = await fallen(storstad)
    olle, siv = await pages.signed_in(), await pages.signed_in("siv")
    assert (await olle.get(f"/picture/{session}/0")).status == 403
    assert await storstad.value("select count(*) from looks") == 0
    await olle.post(f"/alarm/{alarm}/claim")
    frame = await olle.get(f"/picture/{session}/1")
    assert (frame.status, await frame.read(), frame.content_type) == (200, FRAMES[1], "image/jpeg")
    assert (frame.headers["Cache-Control"], frame.headers["X-Ms"], frame.headers["X-Frames"]) == (
        "no-store",
        "200",
        "2",
    )
    assert (await siv.get(f"/picture/{session}/0")).status == 403
    await storstad.set_clock(TWO + timedelta(minutes=4))
    assert (await olle.get(f"/picture/{session}/0")).status == 403


async def test_a_picture_on_its_way_from_a_home_is_waited_for(storstad: NightTown, pages: Site) -> None:
    """A home that judges tells of a fall before it sends the frames; no other device does."""
    session_id, alarm_id = await fallen(storstad)
    storstad.pictures.drop_session(storstad.org, session_id)
    olle = await pages.signed_in()
    await olle.post(f"/alarm/{alarm_id}/claim")
    assert "Bilden finns inte kvar. Titta igen" in await olle.text(f"/alarm/{alarm_id}")
    async with storstad.memory.transaction() as tx:
        await tx.execute("update devices set judge = 'home'")
    page = await olle.text(f"/alarm/{alarm_id}")
    assert "Bilden är på väg från hemmet." in page and "data-again" in page
    async with storstad.memory.transaction() as tx:
        await tx.execute("update sessions set received_at = received_at - interval '4 minutes'")
    page = await olle.text(f"/alarm/{alarm_id}")
    assert "Bilden finns inte kvar. Titta igen" in page and "data-again" not in page


async def test_a_page_plays_the_frames_that_there_are(storstad: NightTown, pages: Site) -> None:
    """A home with a thin line sends fewer than its finding has counted."""
    session_id, alarm_id = await fallen(storstad)
    olle = await pages.signed_in()
    await olle.post(f"/alarm/{alarm_id}/claim")
    storstad.show(session_id, FRAMES[:1])
    assert 'data-frames="1"' in await olle.text(f"/alarm/{alarm_id}")


async def test_the_look_is_in_the_log_before_the_first_byte(
    storstad: NightTown, pages: Site, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, alarm = await fallen(storstad)
    olle = await pages.signed_in()
    await olle.post(f"/alarm/{alarm}/claim")
    committed: list[int] = []
    view = Pictures.view_picture

    def watched(pictures: Pictures, org: str, session_id: str) -> Picture | None:
        # Counted by another connection, on another loop: only what is committed is seen there.
        with ThreadPoolExecutor() as other:
            committed.append(other.submit(asyncio.run, looks_in(database.worker)).result())
        return view(pictures, org, session_id)

    monkeypatch.setattr(Pictures, "view_picture", watched)
    assert (await olle.get(f"/picture/{session}/0")).status == 200
    assert committed == [1]
    look = await storstad.value("select to_json(l)::text from looks l")
    for part in (session, str(alarm), str(storstad.users["olle"]), '"kind":"session"'):
        assert part in look


async def looks_in(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        count: int = await connection.fetchval("select count(*) from looks")
    finally:
        await connection.close()
    return count


async def test_a_look_that_cannot_be_written_shows_nothing(
    storstad: NightTown, pages: Site, database: Database
) -> None:
    session, alarm = await fallen(storstad)
    olle = await pages.signed_in()
    await olle.post(f"/alarm/{alarm}/claim")
    owner = await asyncpg.connect(database.owner)
    try:
        await owner.execute("revoke insert on looks from fjt_web")
    finally:
        await owner.close()
    refused = await olle.get(f"/picture/{session}/0")
    assert refused.status == 500
    assert FRAMES[0] not in await refused.read()


async def test_playing_through_is_one_look_and_its_end_is_kept(storstad: NightTown, pages: Site) -> None:
    session, alarm = await fallen(storstad)
    olle = await pages.signed_in()
    await olle.post(f"/alarm/{alarm}/claim")
    for n in (0, 1):
        assert (await olle.get(f"/picture/{session}/{n}")).status == 200
    await storstad.set_clock(TWO + timedelta(seconds=48))
    assert (await olle.post(f"/picture/{session}/end")).status == 204
    assert await storstad.value("select count(*) from looks") == 1
    assert await storstad.value("select ended_at - began_at from looks") == timedelta(seconds=8)


async def test_a_look_ends_with_the_case_whatever_was_still_on_its_way(storstad: NightTown, pages: Site) -> None:
    session, alarm = await fallen(storstad)
    olle = await pages.signed_in()
    await olle.post(f"/alarm/{alarm}/claim")
    for path in (0, 1):
        assert (await olle.get(f"/picture/{session}/{path}")).status == 200
        assert (await olle.post(f"/picture/{session}/end")).status == 204
    assert (await olle.get(f"/picture/{session}/1")).status == 200, "a frame that comes after the page's own end"
    await olle.post(f"/alarm/{alarm}/release")
    assert await storstad.value("select bool_and(ended_at is not null) from looks")
    assert (await olle.get(f"/picture/{session}/1")).status == 403


@pytest.mark.parametrize("how", ["taken over", "lapsed", "closed"])
async def test_a_look_ends_with_its_case(storstad: NightTown, pages: Site, how: str) -> None:
    session, alarm = await fallen(storstad)
    olle, siv = await pages.signed_in(), await pages.signed_in("siv")
    await olle.post(f"/alarm/{alarm}/claim")
    assert (await olle.get(f"/picture/{session}/0")).status == 200
    match how:
        case "taken over":
            assert (await siv.post(f"/alarm/{alarm}/take-over", {"reason": "away"})).status == 303
        case "lapsed":
            await storstad.set_clock(TWO + timedelta(minutes=4))
            await storstad.step()
        case "closed":
            assert (await olle.post(f"/alarm/{alarm}/close", {"outcome": "helped_up"})).status == 303
    assert await storstad.value("select array_agg(ended_at is not null) from looks") == [True]
    assert (await olle.get(f"/picture/{session}/1")).status in (403, 410)


@pytest.mark.parametrize("what", ["seconds", "live"])
async def test_who_is_just_losing_the_case_begins_no_look(storstad: NightTown, pages: Site, what: str) -> None:
    session, alarm = await fallen(storstad)
    olle = await pages.signed_in()
    await olle.post(f"/alarm/{alarm}/claim")
    asked = await olle.post(f"/alarm/{alarm}/live", headers={"X-Fragment": "1"})
    path = f"/picture/{session}/0" if what == "seconds" else asked.headers["X-Live"]
    taken = alarm_events.TakeOver(storstad.users["siv"], "urgent")
    async with storstad.memory.transaction() as tx:
        await cases.lock_and_step_alarm(tx, alarm, taken, actor="test")
        # Not committed: to everybody else it is Olle's still.
        looking = asyncio.create_task(olle.get(path))
        await eventually(lambda: storstad.value("select count(*) from pg_locks where not granted"))
    assert (await looking).status == 403
    assert await storstad.value("select count(*) from looks") == 0


async def test_a_closed_alarm_has_no_picture(storstad: NightTown, pages: Site) -> None:
    session, alarm = await fallen(storstad)
    olle = await pages.signed_in()
    await olle.post(f"/alarm/{alarm}/claim")
    await olle.post(f"/alarm/{alarm}/close", {"outcome": "helped_up"})
    assert await storstad.value("select outcome from alarms") == "helped_up"
    assert (await olle.get(f"/picture/{session}/0")).status == 410
    assert "Larmet är avslutat. Bilden är borta." in await olle.text(f"/alarm/{alarm}")


async def test_ten_minutes_after_the_first_view_it_is_gone(storstad: NightTown, pages: Site) -> None:
    session = await storstad.finding(3, Answer.IN_BED, frames=FRAMES)
    await storstad.execute("update checks set next_step_at = next_step_at + interval '1 hour' where state = 'to_look'")
    olle = await pages.signed_in()
    assert (await olle.get(f"/picture/{session}/0")).status == 200
    await storstad.set_clock(TWO + timedelta(minutes=10, seconds=39))
    assert (await olle.get(f"/picture/{session}/0")).status == 200
    await storstad.set_clock(TWO + timedelta(minutes=10, seconds=41))
    assert (await olle.get(f"/picture/{session}/0")).status == 410
    check = await storstad.check_of(3)
    assert "Bilden finns inte kvar. Titta igen" in await olle.text(f"/check/{check}")


async def test_withdrawn_consent_takes_the_picture_at_once(storstad: NightTown, pages: Site) -> None:
    session, alarm = await fallen(storstad)
    olle = await pages.signed_in()
    await olle.post(f"/alarm/{alarm}/claim")
    assert (await olle.get(f"/picture/{session}/0")).status == 200
    await storstad.execute(
        "update consents set state = 'revoked', revoked_at = clock.now(), revoked_instead = 'visit' where resident_id = $1",
        storstad.residents[2],
    )
    assert (await olle.get(f"/picture/{session}/0")).status == 410
    page = await olle.text(f"/alarm/{alarm}")
    assert "Samtycket gäller inte" in page and "data-player" not in page


async def test_a_guest_is_not_shown(storstad: NightTown, pages: Site) -> None:
    first = await storstad.finding(2, Answer.CANNOT_TELL, Reason.COUNT, frames=FRAMES, people=2)
    olle = await pages.signed_in()
    assert (await olle.get(f"/picture/{first}/0")).status == 410, "it is looked at once more, and nobody sees the first"
    session = await storstad.finding(2, Answer.CANNOT_TELL, Reason.COUNT, frames=FRAMES, people=2, attempt=2)
    alarm = await storstad.value("select alarm_id from alarms")
    await olle.post(f"/alarm/{alarm}/claim")
    assert (await olle.get(f"/picture/{session}/0")).status == 403
    assert "Fler personer än väntat – bilden visas inte" in await olle.text(f"/alarm/{alarm}")
    assert await storstad.value("select count(*) from looks") == 0


async def test_two_do_not_look_at_one_check(storstad: NightTown, pages: Site) -> None:
    session = await storstad.finding(3, Answer.IN_BED, frames=FRAMES)
    check = await storstad.check_of(3)
    olle, siv = await pages.signed_in(), await pages.signed_in("siv")
    assert (await olle.get(f"/picture/{session}/0")).status == 200
    kept = await siv.get(f"/picture/{session}/0")
    assert (kept.status, "Olle Operatör tittar redan." in await kept.text()) == (403, True)
    assert "Olle Operatör tittar redan." in await siv.text(f"/check/{check}")
    not_seen = {"answer": "not_seen", "session_id": session}
    assert await refused(siv, f"/check/{check}/answer", not_seen) == "Olle Operatör tittar redan."
    assert await refused(siv, f"/check/{check}/again") == "Olle Operatör tittar redan."
    await olle.post(f"/picture/{session}/end")
    assert (await siv.get(f"/picture/{session}/0")).status == 200
    await siv.post(f"/picture/{session}/end")
    assert (await olle.post(f"/check/{check}/answer", not_seen)).status == 303
    assert await refused(siv, f"/check/{check}/answer", not_seen) == "Olle Operatör hann före."
    assert await refused(olle, f"/check/{check}/answer", not_seen) == "Det har hunnit ändras. Se listan igen."


async def refused(browser: Browser, path: str, form: dict[str, str] | None = None) -> str:
    """Send a form that comes too late; return the words of the answer."""
    answer = await browser.post(path, form or {}, headers={"X-Fragment": "1"})
    assert answer.status == 409
    return await answer.text()


async def test_a_look_at_another_session_turns_no_check_green(storstad: NightTown, pages: Site) -> None:
    await storstad.execute("update checks set green_by = 'operator', show = 'always'")
    seen, unseen = [await storstad.finding(number, Answer.IN_BED, frames=FRAMES) for number in (3, 4)]
    olle, check = await pages.signed_in(), await storstad.check_of(4)
    assert (await olle.get(f"/picture/{seen}/0")).status == 200
    for session in (seen, unseen):
        answer = await olle.post(f"/check/{check}/answer", {"answer": "in_bed", "session_id": session})
        assert (answer.status, await answer.text()) == (409, "Titta på bilden först")
    assert await storstad.value("select state from checks where check_id = $1", check) == "to_look"


async def test_nobody_turns_it_green_without_having_looked(storstad: NightTown, pages: Site) -> None:
    session = await storstad.finding(3, Answer.IN_BED, frames=FRAMES)
    check = await storstad.check_of(3)
    olle = await pages.signed_in()
    answer = await olle.post(f"/check/{check}/answer", {"answer": "in_bed", "session_id": session})
    assert (answer.status, await answer.text()) == (409, "Titta på bilden först")
    assert await storstad.value("select state from checks where check_id = $1", check) == "to_look"
    await olle.get(f"/picture/{session}/0")
    assert (await olle.post(f"/check/{check}/answer", {"answer": "in_bed", "session_id": session})).status == 303
    assert await storstad.value("select state from checks where check_id = $1", check) == "seen"
    assert await storstad.value("select seen_by from checks where check_id = $1", check) == str(storstad.users["olle"])


async def test_something_wrong_that_was_cut_off_sends_by_its_repeat(storstad: NightTown, pages: Site) -> None:
    session = await storstad.finding(3, Answer.IN_BED, frames=FRAMES)
    check, browser, tap, olle = await storstad.check_of(3), await pages.signed_in(), "9" * 32, storstad.users["olle"]
    viewer = Viewer(await one_more_session(storstad.memory, olle), Right.WATCH, (storstad.org,))
    said = PersonSaid(Answer.SOMETHING_WRONG, str(olle), session)
    decided = await cases.apply_to_check(storstad.web, check, said, actor=str(olle), viewer=viewer, tap=tap)
    state = "select state from alarms where alarm_id = $1"
    assert await storstad.value(state, decided.alarm_id) == "open", "nobody has been asked before the replica died"
    form = {"answer": "something_wrong", "session_id": session, "tap": tap}
    for _ in range(2):
        assert (await browser.post(f"/check/{check}/answer", form)).status == 303
        assert await storstad.value(state, decided.alarm_id) == "dispatched"
    assert await storstad.value("select count(*) from notices") == 1


async def test_something_wrong_leads_to_the_alarm_that_it_becomes(storstad: NightTown, pages: Site) -> None:
    session = await storstad.finding(3, Answer.IN_BED, frames=FRAMES)
    check = await storstad.check_of(3)
    olle = await pages.signed_in()
    await olle.get(f"/picture/{session}/0")
    answer = await olle.post(f"/check/{check}/answer", {"answer": "something_wrong", "session_id": session})
    alarm = await storstad.value("select alarm_id from alarms where priority = 1")
    assert answer.headers["Location"] == f"/alarm/{alarm}"
    assert await storstad.value("select (state, holder) from alarms") == ("dispatched", storstad.users["olle"])
    assert await storstad.value("select count(*) from notices") == 1, "asked at once"
    page = await olle.text(f"/alarm/{alarm}")
    assert page.count("/call-back") == 1 and page.index("/call-back") < page.index("/release"), "beside the next action"


async def test_a_live_look_is_the_holders_and_is_logged(storstad: NightTown, pages: Site) -> None:
    _session, alarm = await fallen(storstad)
    olle, siv = await pages.signed_in(), await pages.signed_in("siv")
    assert (await olle.post(f"/alarm/{alarm}/live")).status == 409
    await olle.post(f"/alarm/{alarm}/claim")
    asked = await olle.post(f"/alarm/{alarm}/live", headers={"X-Fragment": "1"})
    assert asked.status == 204
    live = asked.headers["X-Live"]
    assert (await siv.get(live)).status == 404
    assert await storstad.value("select count(*) from looks where kind = 'live'") == 0
    assert (await olle.get(live)).status == 204
    assert await storstad.value("select count(*) from looks where kind = 'live'") == 1
    await olle.post(f"/alarm/{alarm}/close", {"outcome": "false_alarm"})
    assert (await olle.get(live)).status in (403, 410)


async def test_a_lapsed_lease_gives_no_live_look_and_no_answer(storstad: NightTown, pages: Site) -> None:
    """The clockwork has not come by yet: the holder's name still stands on the case."""
    _session, alarm = await fallen(storstad)
    check = await storstad.check_of(2)
    olle = await pages.signed_in()
    await olle.post(f"/alarm/{alarm}/claim")
    await storstad.set_clock(await storstad.value("select lease_until from alarms"))
    assert await storstad.value("select holder from alarms") == storstad.users["olle"]
    assert (await olle.post(f"/alarm/{alarm}/live")).status == 409
    answer = {"check_id": str(check), "answer": "something_wrong"}
    assert (await olle.post(f"/alarm/{alarm}/answer", answer)).status == 409


@pytest.mark.parametrize("frames", [FRAMES, ()])
async def test_a_picture_that_nobody_agreed_to_show_is_withheld(
    storstad: NightTown, pages: Site, frames: tuple[bytes, ...]
) -> None:
    """The detector's finding counts; the page says why, keeps no picture, and takes no person's green."""
    await storstad.execute("update consents set state = 'limited', shown_to_people = false")
    session = await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=frames)
    alarm = await storstad.value("select alarm_id from alarms")
    check = await storstad.check_of(2)
    olle = await pages.signed_in()
    await olle.post(f"/alarm/{alarm}/claim")
    assert storstad.pictures.fetch_picture(storstad.org, session) is None
    page = await olle.text(f"/alarm/{alarm}")
    assert "Samtycket tillåter inte att bilden visas. Skicka någon." in page
    assert f"/alarm/{alarm}/live" not in page and f"/alarm/{alarm}/again" not in page
    assert re.findall(r'name="answer" value="(\w+)"', page) == ["not_seen", "something_wrong", "cannot_tell"]
    refused = await olle.get(f"/picture/{session}/0")
    assert (refused.status, "Samtycket tillåter inte" in await refused.text()) == (403, True)
    answer = {"check_id": str(check), "answer": "in_bed", "session_id": session}
    refused = await olle.post(f"/alarm/{alarm}/answer", answer)
    assert (refused.status, "Skicka någon" in await refused.text()) == (409, True)
    assert await storstad.value("select count(*) from looks") == 0


async def test_looking_again_is_a_command_of_ten_seconds(storstad: NightTown, pages: Site) -> None:
    _session, alarm = await fallen(storstad)
    check = await storstad.check_of(2)
    olle = await pages.signed_in()
    assert (await olle.post(f"/alarm/{alarm}/again", {"check_id": str(check)})).status == 409
    await olle.post(f"/alarm/{alarm}/claim")
    assert (await olle.post(f"/alarm/{alarm}/again", {"check_id": str(check)})).status == 303
    assert await storstad.value("select seconds from commands where kind = 'attempt'") == 10
    assert "Ny bild begärd 02:00:40" in await olle.text(f"/alarm/{alarm}")
    await storstad.execute("update attempts set closes_at = clock.now() where cause = 'asked'")
    assert "Ny bild begärd 02:00:40" not in await olle.text(f"/alarm/{alarm}"), "its time is out"


async def test_what_was_seen_is_said_once_and_its_place_is_drawn(storstad: NightTown, pages: Site) -> None:
    session, alarm = await fallen(storstad)
    olle = await pages.signed_in()
    await olle.post(f"/alarm/{alarm}/claim")
    page = await olle.text(f"/alarm/{alarm}")
    assert page.count("Rör sig på golvet, till höger om sängen") == 1
    assert re.search(r'<rect x="0\.6" y="0\.47" width="0\.28\d*" height="0\.2\d*"', page)
    await storstad.execute("update sessions set measures = '{}' where session_id = $1", session)
    assert "data-place" not in await olle.text(f"/alarm/{alarm}")
