"""Trouble stands above the queue with the number to ring, until a person acknowledges it; its case says what to do next."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from schemas.vocabulary import Answer, Reason, TroubleKind
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    async with town(database, residents=8, operator_sees=(3, 4)) as here:
        await here.set_clock(TWO + timedelta(seconds=40))
        await here.step()
        yield here


async def taken(storstad: NightTown, number: int = 2) -> tuple[UUID, UUID]:
    """Return a resident's fall that a patrol has taken, and the patrol's notice."""
    await storstad.finding(number, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.set_clock(TWO + timedelta(minutes=4))
    await storstad.step()
    alarm = await storstad.value("select alarm_id from alarms where resident_id = $1", storstad.residents[number])
    notice = await storstad.value("select notice_id from notices where alarm_id = $1 order by asked_at limit 1", alarm)
    await says(storstad, alarm, alarm_events.Took(notice))
    return alarm, notice


async def says(storstad: NightTown, alarm: UUID, event: alarm_events.AlarmEvent) -> None:
    await cases.apply_to_alarm(storstad.memory, alarm, event, actor="test")


def band(page: str) -> list[str]:
    """Return the sentences of the band above the queue."""
    return re.findall(r'class="banner red trouble".*?<strong[^>]*>(.*?)</strong>', page, re.DOTALL)


async def test_trouble_stands_above_the_queue_and_rings(storstad: NightTown, olle: Browser) -> None:
    alarm, notice = await taken(storstad)
    assert band(await olle.text("/fragments/queue")) == []
    await says(storstad, alarm, alarm_events.CannotGetIn(notice))
    await says(storstad, alarm, alarm_events.NeedsHelp(notice))
    page = await olle.text("/fragments/queue")
    patrol, phone = await storstad.value("select array[patrol, phone] from notices where notice_id = $1", notice)
    assert band(page) == [f"{patrol} behöver hjälp.", f"{patrol} kommer inte in."]
    assert f'href="tel:{phone}"' in page
    assert f"{alarm.hex[-8:]}-help" in re.findall(r'data-urgent="([^"]*)"', page)[0]
    assert "Bertil Ek" in page.split('class="quiet"')[0], "it is not in hand"


async def test_each_of_two_who_cry_has_their_number(storstad: NightTown, olle: Browser) -> None:
    alarm, notice = await taken(storstad)
    await says(storstad, alarm, alarm_events.NeedsHelp(notice))
    asked = (
        "select notice_id from notices where alarm_id = $1 and patrol <> 'Patrull 1' and shift_id is not null limit 1"
    )
    other = await storstad.value(asked, alarm)
    await says(storstad, alarm, alarm_events.NeedsHelp(other))
    page = await olle.text("/fragments/queue")
    assert len(band(page)) == 2
    for each in (notice, other):
        patrol, phone = await storstad.value("select array[patrol, phone] from notices where notice_id = $1", each)
        assert f'href="tel:{phone}"' in page, patrol


async def test_a_tap_acknowledges_it_once_and_by_name(storstad: NightTown, olle: Browser) -> None:
    alarm, notice = await taken(storstad)
    await says(storstad, alarm, alarm_events.NeedsHelp(notice))
    await storstad.set_clock(TWO + timedelta(minutes=8))
    await storstad.step()
    assert await storstad.value("select red_at is not null from alarms where alarm_id = $1", alarm)
    await olle.get(f"/alarm/{alarm}")
    for _ in range(2):
        assert (await olle.post(f"/alarm/{alarm}/acknowledge", {"kind": "help"})).status == 303
    assert not await storstad.value("select red_at is not null from alarms where alarm_id = $1", alarm)
    assert band(await olle.text("/fragments/queue")) == []
    page = await olle.text(f"/alarm/{alarm}")
    assert "Kvitterad" in page and "Nöd kvitterad" in page
    lines = "select count(*) from events where alarm_id = $1 and kind = 'trouble_acknowledged' and actor = $2"
    assert await storstad.value(lines, alarm, str(storstad.users["olle"])) == 1


@pytest.mark.parametrize("kind", ["", "rubbish", "HELP", "late"])
async def test_what_is_no_trouble_acknowledges_nothing(storstad: NightTown, olle: Browser, kind: str) -> None:
    alarm, notice = await taken(storstad)
    await says(storstad, alarm, alarm_events.NeedsHelp(notice))
    await olle.get(f"/alarm/{alarm}")
    answer = await olle.post(f"/alarm/{alarm}/acknowledge", {"kind": kind})
    assert answer.status == (303 if kind in set(TroubleKind) else 400)
    assert len(band(await olle.text("/fragments/queue"))) == 1


async def test_a_locked_door_says_112_and_the_ways_in(storstad: NightTown, olle: Browser) -> None:
    alarm, notice = await taken(storstad)
    await storstad.execute(
        "update residents set second_way = 'Altandörren', key_place = 'låda 14', marks = '{may_go_out}' where resident_id = $1",
        storstad.residents[2],
    )
    await says(storstad, alarm, alarm_events.CannotGetIn(notice))
    page = await olle.text(f"/alarm/{alarm}")
    moves = re.findall(r"<li>([^<]*)", page.split('class="next-moves"')[1].split("</ul>")[0])
    assert [move.strip() for move in moves] == [
        "Ring 112 först: prioritet 1 bakom låst dörr.",
        "Andra vägen in: Altandörren",
        "Nyckel: låda 14",
    ]
    await says(storstad, alarm, alarm_events.NobodyHome(notice))
    page = await olle.text(f"/alarm/{alarm}")
    assert "Ring 112: kan vara ute i natt." in page and "Altandörren" not in page.split('class="now-box')[0]


_ALIKE = "/alike?town=storstad&kind=something_wrong&area=3"


def sounds(page: str) -> set[str]:
    """Return the names by which a page rings, and ticks for looks."""
    return {name for said in re.findall(r'data-(?:urgent|looks)="([^"]*)"', page) for name in said.split(",") if name}


async def test_pages_beside_the_board_ring_by_its_names(storstad: NightTown, olle: Browser) -> None:
    alarm, notice = await taken(storstad)
    await storstad.finding(3, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.finding(4, Answer.IN_BED)
    other = await storstad.value("select alarm_id from alarms where resident_id = $1", storstad.residents[3])
    look = await storstad.check_of(4)
    await says(storstad, alarm, alarm_events.CannotGetIn(notice))
    at_board = sounds(await olle.text("/fragments/queue"))
    assert {f"{alarm.hex[-8:]}-cannot_get_in", other.hex[-8:], look.hex[-8:]} <= at_board
    paths = (
        "/fragments/calling",
        "/raise",
        "/pause",
        "/hand-over",
        "/training",
        "/night",
        _ALIKE,
        f"/check/{look}",
        f"/alarm/{other}",
    )
    beside = [await olle.text(path) for path in paths]
    assert [sounds(page) for page in beside] == [at_board] * len(paths)
    assert all("kommer inte in." in page and f"/alarm/{alarm}" in page for page in beside[:-2])
    troubled = "select alarm_id from alarms where troubled"
    assert await storstad.value(troubled) == alarm
    await says(storstad, alarm, alarm_events.AcknowledgeTrouble(storstad.users["olle"], TroubleKind.CANNOT_GET_IN))
    assert await storstad.value(troubled) is None
    assert sounds(await olle.text("/fragments/calling")) == sounds(await olle.text("/fragments/queue"))
    assert alarm.hex[-8:] not in {each[:8] for each in sounds(await olle.text("/fragments/queue"))}


async def test_a_red_incident_stands_in_the_band_until_seen(storstad: NightTown, olle: Browser) -> None:
    incident = await storstad.value(
        """
        insert into incidents (org, area_id, number, kind, opened_at, red_at)
        select org, area_id, 4, 'technical', clock.now(), clock.now() from residents where resident_id = $1 returning incident_id
        """,
        storstad.residents[2],
    )
    page = await olle.text("/fragments/queue")
    assert "Område 3: 0 platser är inte kontrollerade i tid." in page
    assert incident.hex[-8:] in re.findall(r'data-urgent="([^"]*)"', page)[0]
    for _ in range(2):
        assert (await olle.post(f"/incident/{incident}/acknowledge")).status == 303
    assert "inte kontrollerade i tid" not in await olle.text("/fragments/queue")
