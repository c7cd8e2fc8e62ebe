"""A pause that ends is asked about: on the page from three, of the lead at eight, and on the first alarm if nobody answers."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alarm_center.casework.editing import Editor
from alarm_center.core.pausing import SaidBy, Word
from alarm_center.preparation import pause_questions, pauses
from alarm_center.store.plans import Pause
from schemas.vocabulary import CancelReason, Instead, Priority
from tests.support import town_file
from tests.support.by_hand import raise_manual_alarm
from tests.support.night_town import TWO, NightTown
from tests.support.site import Browser, Site

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SUNDAY = TWO.date()


def local(clock: str, days: int = 0) -> datetime:
    """Return a time of the Sunday that begins in this night, by the town's clock."""
    return datetime.fromisoformat(f"{SUNDAY + timedelta(days=days)}T{clock}").replace(tzinfo=STOCKHOLM)


async def paused(town: NightTown, resident: int, **said: Any) -> None:
    """Let a planner's tool pause a resident now until four in the afternoon."""
    word = Word(SaidBy.RELATIVE, "Lena Berg", "070-174 06 06")
    pause = Pause(
        said.get("reason", CancelReason.PAUSE_HOSPITAL), TWO, said.get("to_at", local("16:00")), "relative",
        Instead.NOTHING,
    )  # fmt: skip
    await pauses.pause_checks(town.memory, town.residents[resident], pause, editor=Editor("p"), word=word)


async def at_three(town: NightTown, pages: Site, login: str = "olle") -> Browser:
    """Let it be five past three in the afternoon, and *login* sign in."""
    await town.set_clock(local("15:05"))
    return await pages.signed_in(login)


async def test_from_three_it_is_asked_who_is_at_home(storstad: NightTown, pages: Site) -> None:
    await paused(storstad, 1)
    await storstad.set_clock(local("14:59"))
    assert "Pauser som tar slut" not in await (await pages.signed_in("petra")).text("/pause")
    page = await (await at_three(storstad, pages, "petra")).text("/pause")
    assert "Sjukhus, pausen slutar i dag 16:00. Hemma i natt?" in page
    assert "Lena Berg, Anhörig, 070-174 06 06" in page
    assert "Ja, hemma" in page and "Nej, till i morgon 16:00" in page


async def test_a_protected_address_is_on_no_list(storstad: NightTown, pages: Site) -> None:
    """A coordinator has the right to it, and an operator has not (docs/roles.md)."""
    await storstad.execute("update residents set protected = true where number = 1")
    await paused(storstad, 1)
    assert "Storgatan 1 B" not in await (await at_three(storstad, pages, "olle")).text("/pause")
    petra = await pages.signed_in("petra")
    assert "Storgatan 1 B" in await petra.text("/pause")


async def test_a_pause_until_a_later_day_is_not_asked_about(storstad: NightTown, pages: Site) -> None:
    await paused(storstad, 1, reason=CancelReason.PAUSE_AWAY, to_at=local("16:00", days=1))
    await paused(storstad, 2, reason=CancelReason.PAUSE_GUESTS, to_at=local("12:00"))
    assert "Pauser som tar slut" not in await (await at_three(storstad, pages)).text("/pause")


async def revision(storstad: NightTown) -> str:
    """Return the number of the first resident's last change, as a form carries it."""
    return str(await storstad.value("select max(revision) from changes where resident_id = $1", storstad.residents[1]))


async def test_at_home_means_checks_tonight(storstad: NightTown, pages: Site) -> None:
    await paused(storstad, 1)
    olle = await at_three(storstad, pages)
    path = f"/pause/{storstad.residents[1]}/answer"
    await olle.get("/pause")
    assert (await olle.post(path, {"answer": "home", "revision": await revision(storstad)})).status == 303
    assert "Pauser som tar slut" not in await olle.text("/pause")
    assert await storstad.value("select count(*) from pauses") == 1
    assert await storstad.value(
        "select after ->> 'answer' || ' ' || made_by from changes order by revision desc limit 1"
    ) == (f"home {storstad.users['olle']}")


async def test_not_at_home_is_another_pause_by_name(storstad: NightTown, pages: Site) -> None:
    await paused(storstad, 1)
    olle = await at_three(storstad, pages)
    await olle.get("/pause")
    path = f"/pause/{storstad.residents[1]}/answer"
    no = {"answer": "away", "revision": await revision(storstad)}
    answer = await olle.post(path, no)
    assert answer.status == 409 and "Skriv vem som har sagt" in await answer.text()
    assert (await olle.post(path, no | {"name": "Avdelning 3", "phone": "090-1"})).status == 303
    ends = await storstad.value("select array_agg(to_at order by to_at) from pauses")
    assert ends == [local("16:00"), local("16:00", days=1)]
    assert await storstad.value("select after ->> 'name' from changes order by revision desc limit 1") == "Avdelning 3"
    answer = await olle.post(path, no | {"name": "Avdelning 3"})
    assert "Någon annan hann svara" in await answer.text()
    await storstad.set_clock(local("20:01"))
    assert await pause_questions.ask_leads(storstad.memory) == 0


@pytest.fixture
async def lead_tonight(storstad: NightTown) -> None:
    """The lead's next shift, from eight in the evening."""
    shift = town_file.shift_between("Nattansvarig", local("20:00"), local("07:00", days=1), role="lead")
    await storstad.extend(shifts=[shift])


async def sms(town: NightTown) -> str | None:
    said: str | None = await town.value(
        "select string_agg(phone || ' ' || body, '|') from messages where wording = 'pauses_unanswered'"
    )
    return said


@pytest.mark.usefixtures("lead_tonight")
async def test_at_eight_the_lead_is_asked_once_without_names(storstad: NightTown) -> None:
    await paused(storstad, 1)
    await paused(storstad, 2)
    await storstad.set_clock(local("19:59"))
    assert await pause_questions.ask_leads(storstad.memory) == 0
    await storstad.set_clock(local("20:00"))
    assert await pause_questions.ask_leads(storstad.memory) == 1
    assert await pause_questions.ask_leads(storstad.memory) == 0
    assert await sms(storstad) == (
        "+46700000102 Pauser utan svar: 2 (omr 3). Hemma i natt? Svara på sidan: https://natt.kommun.se/pause"
        " Utan svar upphör de."
    )
    assert (
        await storstad.value("select data::text from events where kind = 'pauses_asked'") == '{"told": 1, "pauses": 2}'
    )


async def test_without_a_lead_on_duty_the_next_one_is_asked(storstad: NightTown) -> None:
    await paused(storstad, 1)
    await storstad.set_clock(local("20:01"))
    assert await pause_questions.ask_leads(storstad.memory) == 0
    assert await storstad.value("select count(*) from pauses where lead_asked_at is not null") == 0
    shift = town_file.shift_between("Nattansvarig", local("21:00"), local("07:00", days=1), role="lead")
    await storstad.extend(shifts=[shift])
    await storstad.set_clock(local("21:00"))
    assert await pause_questions.ask_leads(storstad.memory) == 1


@pytest.mark.parametrize("day", ["2026-10-24", "2026-10-25", "2027-03-27", "2027-03-28"])
async def test_on_the_nights_of_the_clock_it_is_eight_by_the_wall(storstad: NightTown, day: str) -> None:
    eight = datetime.fromisoformat(f"{day}T20:00").replace(tzinfo=STOCKHOLM)
    await storstad.execute(
        "insert into pauses (org, resident_id, reason, from_at, to_at, said_by, instead)"
        " values ('storstad', $1, 'pause_hospital', $2::timestamptz - interval '1 day', $2::timestamptz - interval '4 h', 'staff', 'nothing')",
        storstad.residents[1], eight,
    )  # fmt: skip
    await storstad.execute(
        "update shifts set starts_at = $1, ends_at = $2", eight - timedelta(hours=1), eight + timedelta(hours=9)
    )
    await storstad.set_clock((eight - timedelta(seconds=1)).astimezone(UTC))
    assert await pause_questions.ask_leads(storstad.memory) == 0
    await storstad.set_clock(eight.astimezone(UTC))
    assert await pause_questions.ask_leads(storstad.memory) == 1


async def alarm_of(town: NightTown, resident: int) -> str:
    alarm = await raise_manual_alarm(town.memory, town.residents[resident], Priority.SECOND, actor="test")
    return f"/alarm/{alarm.alarm_id}"


async def test_the_first_alarm_says_that_the_pause_ran_out(storstad: NightTown, pages: Site) -> None:
    await paused(storstad, 1)
    await paused(storstad, 2, to_at=local("12:00"))
    await storstad.set_clock(local("23:10"))
    first, other = await alarm_of(storstad, 1), await alarm_of(storstad, 2)
    olle = await pages.signed_in("olle")
    page = await olle.text(first)
    assert "Pausen (på sjukhus) tog slut i dag 16:00 och ingen har svarat." in page
    assert "Ring först Lena Berg, Anhörig, 070-174 06 06." in page
    assert "Pausen tog slut utan svar: på sjukhus" in page, "and it stands in the timeline"
    assert "tog slut" not in await olle.text(other)

    await olle.post(f"{first}/claim")
    await olle.post(f"{first}/close", {"outcome": "well_in_bed"})
    await storstad.set_clock(local("03:10", days=1))
    assert "tog slut" not in await olle.text(await alarm_of(storstad, 1)), "somebody has been there since"


async def test_the_night_after_nothing_is_said_of_the_pause(storstad: NightTown, pages: Site) -> None:
    await paused(storstad, 1)
    await storstad.set_clock(local("13:00", days=1))
    path = await alarm_of(storstad, 1)
    assert "tog slut" not in await (await pages.signed_in("olle")).text(path)
    assert await storstad.value("select count(*) from events where kind = 'pause_ran_out'") == 0
