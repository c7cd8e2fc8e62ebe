"""The hand-over of a board: what is open, silent, ending and new, in words; the next operator takes over by name."""

import asyncio
from datetime import timedelta

from alarm_center.core.alarm import alarm_events
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown
from tests.support.site import Site
from tests.web.test_resident_page import words
from tests.web.test_trouble import says, taken


async def test_a_hand_over_tells_the_night_in_words(storstad: NightTown, pages: Site) -> None:
    olle = await pages.signed_in()
    quiet = await words(olle, "/hand-over")
    assert "Alla hem med en tillsyn kvar i natt hörs." in quiet and "Ingen paus tar slut" in quiet
    alarm, notice = await taken(storstad)
    await says(storstad, alarm, alarm_events.CannotGetIn(notice))
    await storstad.execute(
        "update devices set link = 'gone', gone_at = clock.now() - interval '1 hour' where device_id = 'cam1'"
    )
    await storstad.execute(
        "insert into pauses (org, resident_id, reason, from_at, to_at, said_by, instead) values ($1, $2, 'pause_away', $3, $4, 'resident', 'nothing')",
        storstad.org, storstad.residents[4], TWO - timedelta(days=2), TWO + timedelta(hours=14),
    )  # fmt: skip
    await storstad.execute("update residents set protected = true where number in (1, 4)")
    page = await words(olle, "/hand-over")
    assert "4801: Patrull 1 kommer inte in. 070-000 01 00 sedan 02:04" in page
    assert (
        "4801 Något är fel: person syns på golvet , Bertil Ek, område 3. Patrull 1 framme. Ingen har det vid en skärm."
        in page
    )
    assert "Skyddade uppgifter: inte hörd sedan" in page
    assert "Skyddade uppgifter, område 3: bortrest, till" in page
    assert "02:00 larm 4801: något är fel: person syns på golvet, område 3 – pågår" in page
    petra = await pages.signed_in("petra")
    assert (await petra.get("/hand-over")).status == 403


async def test_the_next_operator_takes_over_by_name(storstad: NightTown, pages: Site) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    siv = await pages.signed_in("siv")
    await siv.get("/hand-over")
    answers = await asyncio.gather(*(siv.post("/hand-over") for _ in range(3)))
    assert {answer.status for answer in answers} == {303}
    assert await storstad.value("select count(*) from hand_overs") == 1, "pressed thrice"
    olle = await pages.signed_in()
    told = "Senast övertagen av Siv Operatör sön 22 nov. 2026 02:00. Öppna ärenden då: 1."
    assert told in await words(olle, "/hand-over")
    await storstad.set_clock(TWO + timedelta(minutes=1))
    await olle.post("/hand-over")
    assert "Senast övertagen av Olle Operatör" in await words(siv, "/hand-over")
    assert await storstad.value("select array_agg(open_cases) from hand_overs") == [1, 1]


async def test_old_cases_are_no_news(storstad: NightTown, pages: Site) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    siv = await pages.signed_in("siv")
    await storstad.set_clock(TWO + timedelta(minutes=30))
    olle = await pages.signed_in()
    assert "4801" in (await words(olle, "/hand-over")).partition("Öppet nu")[2], "it came before Olle did"
    await siv.post("/hand-over")
    page = await words(olle, "/hand-over")
    assert "Inget larm och inget besök sedan dess." in page and "Öppet nu (1)" in page
