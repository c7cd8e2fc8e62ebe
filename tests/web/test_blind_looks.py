"""A look that people judge blind: no page, part of a page or stream has the detector's word before the answer, and each has it after."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from alarm_center.store import events
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown, at_two, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site
from tests.web.test_stream import stream

JPEG = b"\xff\xd8\xff\xd9"
CECILIA = 3
SIGNS = ("light_spread", "1 person", "Rörelse")
"""Signs that a detector's word leaves on a page beside its answer: a measure, its name, a count, what it saw."""


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Three homes at two in the night; a person turns Cecilia's checks green, and everybody has said yes to a machine."""
    async with town(database, residents=3, operator_sees=(CECILIA,), begin=at_two) as here:
        yield here


async def read(storstad: NightTown, pages: Site, check: UUID) -> str:
    """Return everything that those who watch and those who plan can open of a look, without its buttons and the key of the chart."""
    olle, petra = await pages.signed_in(), await pages.signed_in("petra")
    of_check = [f"/check/{check}", f"/fragments/check/{check}/picture", f"/fragments/check/{check}/case"]
    texts = [await olle.text(path) for path in ("/", "/fragments/queue", "/fragments/night", *of_check)]
    alarm = await storstad.value("select alarm_id from checks where check_id = $1", check)
    if alarm is not None:
        of_alarm = (f"/alarm/{alarm}", f"/fragments/alarm/{alarm}/picture", f"/fragments/alarm/{alarm}/case")
        texts += [await olle.text(path) for path in of_alarm]
    resident = storstad.residents[CECILIA]
    texts += [
        await petra.text(f"/residents/{resident}/{page}")
        for page in ("nights?from=2026-11-21&to=2026-11-21", "automatic")
    ]
    texts.append(await petra.text(f"/residents/{resident}"))
    return re.sub(r'<div class="answers".*?</div>|<i class="key.*?</li>', "", "\n".join(texts), flags=re.DOTALL)


FOUND = [
    (Answer.IN_BED, None, "Syns i sängen"),
    (Answer.NOT_SEEN, None, "Syns inte"),
    (Answer.CANNOT_TELL, Reason.STILL, "stilla form utan tecken på rörelse"),
]


def told(page: str, word: str) -> list[str]:
    """Return what of the detector's word stands on the pages."""
    return [each for each in (word, *SIGNS) if each in page]


@pytest.mark.parametrize(("answer", "reason", "word"), FOUND, ids=[each[0] for each in FOUND])
async def test_no_page_has_the_word_before_the_answer(
    storstad: NightTown, pages: Site, answer: Answer, reason: Reason | None, word: str
) -> None:
    async with storstad.memory.transaction() as tx:
        start = await events.newest_cursor(tx)
    session = await storstad.finding(CECILIA, answer, reason, frames=(JPEG,))
    check = await storstad.check_of(CECILIA)
    assert await storstad.value("select state from checks where check_id = $1", check) == "to_look"
    page = await read(storstad, pages, check)
    assert told(page, word) == []
    assert "Bedöm bilden utan automatisk tolkning" in page and "Visas när du har svarat." in page
    olle = await pages.signed_in()
    async with stream(olle, after=str(start)) as sent:
        assert "".join(each.data for each in await sent.changes(2)).count("redraws") == 2
        assert not re.search("in_bed|not_seen|cannot_tell|still", "".join(each.data for each in await sent.changes(1)))

    assert (await olle.get(f"/picture/{session}/0")).status == 200
    said = await olle.post(f"/check/{check}/answer", {"answer": "in_bed", "session_id": session})
    assert said.status == 303, await said.text()
    assert await storstad.value("select blind and found = $1 from compared_looks", answer)
    receipt = said.headers["Location"]
    board = re.sub(r"\s+", " ", await olle.text(receipt))
    assert re.search(f"Du: Syns i sängen. Automatisk tolkning: [^<]*{word}", board)
    assert ("Olika svar" in board) == (answer is not Answer.IN_BED)
    assert "Automatisk tolkning:" not in await (await pages.signed_in("siv")).text(receipt), "each reads their own"
    assert {word, *SIGNS} <= {*told(await read(storstad, pages, check), word)}


async def test_a_known_fault_shows_no_word_of_the_look(storstad: NightTown, pages: Site) -> None:
    """The page of an alarm that a fault raised before the look has the look's sessions too."""
    check = await storstad.check_of(CECILIA)
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm = await storstad.value("select alarm_id from alarms")
    await storstad.finding(CECILIA, Answer.NOT_SEEN, frames=(JPEG,))
    await storstad.execute("update checks set alarm_id = $2 where check_id = $1", check, alarm)
    page = await (await pages.signed_in()).text(f"/alarm/{alarm}")
    told = re.sub("<button.*?</button>", "", page, flags=re.DOTALL)  # the four answers stand there, still closed
    assert told.count("Visas när du har svarat.") == 1 and "Syns inte" not in told


@pytest.mark.parametrize(
    "change",
    ["update consents set automatic = 'no'", "update devices set profile = profile - 'signature'"],
    ids=["no yes", "room unknown"],
)
async def test_where_nothing_is_compared_the_word_helps(storstad: NightTown, pages: Site, change: str) -> None:
    await storstad.execute(change)
    session = await storstad.finding(CECILIA, Answer.NOT_SEEN, frames=(JPEG,))
    check = await storstad.check_of(CECILIA)
    assert "Syns inte" in told(await read(storstad, pages, check), "Syns inte")
    olle = await pages.signed_in()
    await olle.get(f"/picture/{session}/0")
    assert (await olle.post(f"/check/{check}/answer", {"answer": "in_bed", "session_id": session})).status == 303
    assert await storstad.value("select blind from compared_looks") is False


async def answered(storstad: NightTown, olle: Browser, said: Answer = Answer.IN_BED) -> str:
    """The camera sees nobody and Olle answers; return where he is sent."""
    session = await storstad.finding(CECILIA, Answer.NOT_SEEN, frames=(JPEG,))
    await olle.get(f"/picture/{session}/0")
    data = {"answer": said, "session_id": session}
    sent = await olle.post(f"/check/{await storstad.check_of(CECILIA)}/answer", data)
    return sent.headers["Location"]


@pytest.mark.parametrize(
    "change",
    [
        "update checks set state = 'to_look', answer = 'not_seen', ended_at = null, next_step_at = deadline where blind",
        "update memberships set ended_at = clock.now()",
    ],
    ids=["it waits again", "not theirs any more"],
)
async def test_the_board_says_the_word_to_who_may_see_it(storstad: NightTown, olle: Browser, change: str) -> None:
    goal = await answered(storstad, olle)
    assert "Automatisk tolkning: Syns inte." in await olle.text(goal)
    await storstad.execute(change)
    assert "Automatisk tolkning" not in await (await olle.get(goal)).text()


async def test_a_covered_board_says_no_word(storstad: NightTown, olle: Browser) -> None:
    goal = await answered(storstad, olle)
    assert (await olle.post("/cover")).status in (204, 303)
    assert "Automatisk tolkning" not in await olle.text(goal)


@pytest.mark.parametrize("rubbish", ["", "x", "00000000-0000-0000-0000-000000000000", "%00"])
async def test_rubbish_answered_is_a_board(olle: Browser, rubbish: str) -> None:
    assert "banner answered" not in await olle.text(f"/?answered={rubbish}")


async def test_an_alarm_at_once_stays_an_alarm_and_says_why(storstad: NightTown, olle: Browser) -> None:
    await storstad.finding(CECILIA, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=(JPEG,))
    assert "Något är fel: person syns på golvet" in await olle.text("/fragments/queue")


async def test_a_look_that_became_an_alarm_is_not_blind(storstad: NightTown, olle: Browser) -> None:
    """Nobody looked in time: the case says all that is known, and an answer then counts no night."""
    session = await storstad.finding(CECILIA, Answer.IN_BED, frames=(JPEG,))
    check = await storstad.check_of(CECILIA)
    await storstad.set_clock(TWO + timedelta(minutes=30))
    await storstad.step()
    alarm = await storstad.value("select alarm_id from checks where check_id = $1", check)
    assert "classic 1" in await olle.text(f"/alarm/{alarm}")
    await olle.post(f"/alarm/{alarm}/claim")
    await storstad.execute(
        "insert into looks (org, check_id, alarm_id, session_id, user_id, kind, began_at) values ($1, $2, $3, $4, $5, 'session', clock.now())",
        storstad.org, check, alarm, session, storstad.users["olle"],
    )  # fmt: skip
    data = {"answer": "not_seen", "session_id": session, "check_id": str(check)}
    assert (await olle.post(f"/alarm/{alarm}/answer", data)).status == 303
    assert await storstad.value("select blind from compared_looks") is False
