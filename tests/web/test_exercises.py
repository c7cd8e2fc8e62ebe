"""An exercise: begun by a button, marked everywhere, apart from all that is real, and over when its time is."""

import re
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from alarm_center.casework import cases, exercises, wording
from alarm_center.core.alarm import alarm_events
from alarm_center.sms.incoming_replies import ReceivedReply, receive_reply
from schemas.vocabulary import Answer, Outcome, Reason
from tests.support.night_town import TWO, NightTown
from tests.support.site import Site
from tests.web.test_resident_page import words

GONE = TWO + timedelta(hours=2, seconds=1)
FREE = "+46701740699"


async def begin_exercise(storstad: NightTown, pages: Site, login: str = "olle") -> None:
    """Let a carer who is off duty take part in an exercise that *login* begins."""
    await storstad.extend(carers=[{"name": "Ledig", "phone": FREE}])
    browser = await pages.signed_in(login)
    page = await browser.text("/training")
    carer = re.search(r'name="carer" value="([^"]+)"> Ledig', page)
    once = re.search(r'name="once" value="([^"]+)"', page)
    assert carer is not None and once is not None
    for _twice in range(2):
        said = await browser.post("/training/exercise", {"town": storstad.org, "once": once[1], "carer": carer[1]})
        assert said.headers["Location"] == "/training#exercise"
    await exercises.carry_out(storstad.memory)


async def test_an_exercise_stands_apart_from_the_night(storstad: NightTown, pages: Site) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await begin_exercise(storstad, pages)
    olle = await pages.signed_in()
    board = await words(olle, "/")
    real, _, marked = board.partition("Övning: inga riktiga personer")
    assert "Bertil Ek" in real and "1 larm" in real and "Övning: Elsa Fall" in marked, board
    assert "Övning: Elsa Fall" not in real and "omr ÖVN" in marked
    queue = await olle.text("/fragments/queue")
    real_id = await storstad.value("select alarm_id from alarms where lane = 'real' and not visit")
    urgent = re.search(r'data-urgent="([^"]*)"', queue)
    assert urgent is not None and set(urgent[1].split(",")) == {real_id.hex[-8:]}, "an exercise is silent"
    fall = await storstad.value("select alarm_id from alarms where lane = 'training' order by priority limit 1")
    case = await words(olle, f"/alarm/{fall}")
    assert "ÖVNING – inga riktiga personer." in case and "Övning: ring inte 112" in case
    assert "Ring 112 – läs upp detta" in await words(olle, f"/alarm/{real_id}")
    for minutes in (2, 4, 6, 12, 20, 40, 60):
        await storstad.set_clock(TWO + timedelta(minutes=minutes))
        await storstad.step()
    sent = "select array_agg(distinct m.phone) from messages m join alarms a using (alarm_id) where a.lane = '{}'"
    assert await storstad.value(sent.format("training")) == [FREE], "nobody else is asked, in any round"
    assert FREE not in await storstad.value(sent.format("real"))
    bodies = await storstad.value(
        "select array_agg(m.body) from messages m join alarms a using (alarm_id) where a.lane = 'training' and m.channel = 'sms'"
    )
    assert all(body.startswith("ÖVNING. ") for body in bodies), bodies
    assert await storstad.value("select count(*) from alarms where lane = 'training' and red_at is not null") == 0


async def test_a_page_words_an_exercises_sms_too(storstad: NightTown, pages: Site) -> None:
    await begin_exercise(storstad, pages)
    olle = await pages.signed_in()
    fall = await storstad.value("select alarm_id from alarms where lane = 'training' order by priority limit 1")
    await olle.get(f"/alarm/{fall}")
    assert (await olle.post(f"/alarm/{fall}/claim")).status in (204, 303)
    assert (await olle.post(f"/alarm/{fall}/send")).status in (204, 303)
    await wording.word_messages(storstad.memory)
    assert (
        await storstad.value("select array_agg(distinct left(body, 8)) from messages where alarm_id = $1", fall)
    ) == ["ÖVNING. "]


async def test_an_exercise_ends_with_its_time_or_by_the_button(storstad: NightTown, pages: Site) -> None:
    await begin_exercise(storstad, pages)
    olle = await pages.signed_in()
    page = await words(olle, "/training")
    assert "Börjad 02:00 av Olle Operatör. Slutar senast 04:00." in page and "Starta övning" not in page
    fall = await storstad.value("select alarm_id from alarms where lane = 'training' order by priority limit 1")
    assert (await olle.post(f"/alarm/{fall}/claim")).status in (204, 303), "a held case keeps no exercise going"
    await olle.post("/training/exercise/end", {"town": storstad.org})
    await exercises.carry_out(storstad.memory)
    assert await storstad.value("select count(*) from alarms where lane = 'training' and state <> 'closed'") == 0
    assert "Starta övning" in await words(olle, "/training")
    await storstad.set_clock(TWO + timedelta(seconds=1))
    await begin_exercise(storstad, pages, "siv")
    assert await storstad.value("select count(*) from residents where training") == 2, "the same homes"
    await storstad.set_clock(GONE)
    await exercises.carry_out(storstad.memory)
    assert await storstad.value("select count(*) from alarms where lane = 'training' and state <> 'closed'") == 0
    assert await storstad.value("select bool_and(ends_at <= clock.now()) from shifts where training")


async def test_what_counts_and_lists_knows_no_exercise(storstad: NightTown, pages: Site) -> None:
    await begin_exercise(storstad, pages)
    fall = await storstad.value("select alarm_id from alarms where lane = 'training' order by priority limit 1")
    await cases.apply_to_alarm(
        storstad.memory, fall, alarm_events.Close(storstad.users["olle"], Outcome.HELPED_UP), actor="test"
    )
    petra = await pages.signed_in("petra")
    for page in ("/todo", "/residents", "/staff", "/staff/areas"):
        text = await words(petra, page)
        assert "Elsa Fall" not in text and "ÖVN" not in text, page
    assert "Övningar: 1, med 2 larm" in await words(petra, "/report?night=2026-11-21")
    home = await storstad.value("select min(resident_id::text) from residents where training")
    assert (await petra.get(f"/residents/{home}")).status == 404


async def test_who_is_on_a_shift_takes_no_part(storstad: NightTown, pages: Site) -> None:
    olle = await pages.signed_in()
    page = await olle.text("/training")
    assert 'name="carer"' not in page, "everybody is on duty"
    carer = await storstad.value("select carer_id from carers limit 1")
    await olle.post("/training/exercise", {"town": storstad.org, "once": str(uuid4()), "carer": str(carer)})
    await exercises.carry_out(storstad.memory)
    assert await storstad.value("select carers from exercises") == []
    assert await storstad.value("select count(*) from shifts where training") == 0
    await storstad.set_clock(TWO + timedelta(minutes=30))
    await storstad.step()
    assert (
        await storstad.value("select count(*) from messages m join alarms a using (alarm_id) where a.lane = 'training'")
        == 0
    )


async def test_no_home_changes_between_real_and_exercise(storstad: NightTown, pages: Site) -> None:
    await begin_exercise(storstad, pages)
    for statement in (
        "update residents set area_id = (select area_id from areas where training) where not training",
        "update residents set area_id = (select area_id from areas where not training limit 1) where training",
        "update residents set training = true where not training",
        "update areas set training = not training",
    ):
        with pytest.raises(asyncpg.PostgresError, match="exercise"):
            await storstad.execute(statement)


async def test_a_real_alarm_goes_before_an_exercise(storstad: NightTown, pages: Site) -> None:
    await begin_exercise(storstad, pages)
    await storstad.execute(
        "insert into shifts (org, area_id, carer_id, patrol, role, starts_at, ends_at, mustered)"
        " select s.org, r.area_id, s.carer_id, 'Bil 9', 'patrol', clock.now(), clock.now() + interval '8 h', true"
        " from shifts s, residents r where s.training and r.number = 2"
    )
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    for minutes in (2, 4, 6, 12, 20):
        await storstad.set_clock(TWO + timedelta(minutes=minutes))
        await storstad.step()
    asked = "select array_agg(distinct m.phone) from messages m join alarms a using (alarm_id) where a.lane = '{}'"
    assert await storstad.value(asked.format("training")) is None, "who is on duty takes no part any more"
    assert await storstad.value(asked.format("real")) is not None
    assert await storstad.value(f"select count(*) from messages where phone = '{FREE}' and body like 'ÖVNING%'") == 0


async def test_a_cry_in_an_exercise_is_heard(storstad: NightTown, pages: Site) -> None:
    await begin_exercise(storstad, pages)
    for minutes in (2, 4, 6):
        await storstad.set_clock(TWO + timedelta(minutes=minutes))
        await storstad.step()
    number = await storstad.value("select sending_number from organisations")
    cry = ReceivedReply.of_body("46elks", "cry", FREE, number, "HJÄLP")
    assert await receive_reply(storstad.memory, cry) == "help"
    queue = await (await pages.signed_in()).text("/fragments/queue")
    assert re.search(r'data-urgent="[^"]+"', queue), queue
    bodies = await storstad.value("select array_agg(body) from messages where phone = $1 and body <> ''", FREE)
    assert all(re.match("ÖVNING|Detta är en övning", body) for body in bodies), bodies


async def test_a_cry_of_who_is_on_duty_by_now_is_real(storstad: NightTown, pages: Site) -> None:
    await begin_exercise(storstad, pages)
    await storstad.step()
    # Their own shift has begun since.
    await storstad.execute(
        """
        insert into shifts select (jsonb_populate_record(s, jsonb_build_object('shift_id', gen_random_uuid(), 'carer_id', c.carer_id))).*
        from shifts s cross join carers c where not s.training and s.starts_at <= clock.now() and s.ends_at > clock.now() and c.phone = $1 limit 1
        """,
        FREE,
    )
    number = await storstad.value("select sending_number from organisations")
    await receive_reply(storstad.memory, ReceivedReply.of_body("46elks", "cry", FREE, number, "HJÄLP"))
    assert await storstad.value("select count(*) from alarms where lane = 'real' and troubled") == 1
    assert await storstad.value("select count(*) from alarms where lane = 'training' and troubled") == 0
