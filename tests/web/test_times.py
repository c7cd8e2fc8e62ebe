"""A resident's times as a planner changes them: what is foreseen, when it holds, and that no night loses its look."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from alarm_center.core.times_form import BUSY
from alarm_center.preparation import planning
from tests.support.night_town import TWO, NightTown, at_two, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site

EVERY = [str(day) for day in range(7)]


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Nine homes with the same three times, one too many for the same ten minutes."""
    async with town(database, residents=BUSY + 1, begin=at_two) as here:
        yield here


@pytest_asyncio.fixture
async def petra(pages: Site) -> Browser:
    """Petra's browser: a coordinator, signed in."""
    return await pages.signed_in("petra")


def path_of(storstad: NightTown, resident: int) -> str:
    return f"/residents/{storstad.residents[resident]}/times"


def lines(*times: str, ends: tuple[int, ...] = ()) -> list[tuple[str, str]]:
    """Return the fields of a form with these exact times, every night; *ends* are the lines to take away."""
    fields = [("lines", str(len(times)))]
    for n, at in enumerate(times):
        fields += [(f"at-{n}", at), (f"between-{n}", ""), (f"by-{n}", "camera"), (f"seconds-{n}", "10")]
        fields += [(f"nights-{n}", day) for day in EVERY]
        fields += [(f"ends-{n}", "on")] if n in ends else []
    return fields


async def send(browser: Browser, path: str, fields: list[tuple[str, str]]) -> str:
    """Send the form, and return the page that answers."""
    data = [("csrf", browser.csrf), *fields]
    answer = await browser.client.post(path, data=data, allow_redirects=False)
    return await answer.text() if answer.status != 303 else f"-> {answer.headers['Location']}"


async def save(browser: Browser, path: str, fields: list[tuple[str, str]]) -> str:
    """Go as far as the sentences, and save; return the sentences' page."""
    await browser.get(path)
    page = await send(browser, path, fields)
    [revision] = set(re.findall(r'name="revision" value="(\d+)"', page))
    assert await send(browser, f"{path}/now", [*fields, ("revision", revision)]) == f"-> {path.removesuffix('/times')}"
    return page


async def changes_of(storstad: NightTown, login: str) -> int:
    """Return the number of changes that somebody has made; the town's file made others before."""
    made: int = await storstad.value(f"select count(*) from changes where made_by = '{storstad.users[login]}'")
    return made


async def owed(storstad: NightTown, resident: int) -> list[str]:
    """Return the resident's looks that are not cancelled, as local times with their state, in order."""
    found: list[str] | None = await storstad.value(
        """
        select array_agg(to_char(opens_at at time zone 'Europe/Stockholm', 'DD HH24:MI ') || state order by opens_at)
        from checks where resident_id = $1 and state <> 'cancelled'
        """,
        storstad.residents[resident],
    )
    return found or []


async def test_times_stand_as_a_sentence_and_a_line_each(storstad: NightTown, petra: Browser) -> None:
    page = await petra.text(path_of(storstad, 1))
    assert "Alla nätter kl 23:00, 02:00 och 05:00." in page
    assert page.count('class="time-line"') == 3
    assert "De närmaste nätterna" in page and "<dd>23:00, 02:00 och 05:00" in page


async def test_a_time_changed_at_ten_to_holds_from_tomorrow(storstad: NightTown, pages: Site) -> None:
    await storstad.set_clock(TWO + timedelta(hours=2, minutes=50))
    petra = await pages.signed_in("petra")
    page = await save(petra, path_of(storstad, 1), lines("23:00", "02:00", "0530"))
    assert "Gäller från natten" in page
    assert "I natt är som förut: tillsynen 05:00 har varit eller är på väg." in page
    await planning.plan_changed(storstad.memory)
    await planning.plan_changed(storstad.memory)
    [tonight, *later] = [each for each in await owed(storstad, 1) if " 05:" in each]
    assert " 05:00 " in tonight and later and all(" 05:30 " in each for each in later)


async def test_a_change_of_the_morning_holds_from_tonight(storstad: NightTown, pages: Site) -> None:
    """At ten in the morning the night that people speak of is the one that comes."""
    await storstad.set_clock(TWO + timedelta(hours=8))
    petra = await pages.signed_in("petra")
    page = await save(petra, path_of(storstad, 1), lines("23:00", "02:00", "05:30"))
    assert "Gäller från i natt." in page and "I natt är som förut" not in page
    assert "sön 22→mån 23 nov</dt><dd>23:00, 02:00 och 05:30" in page


async def test_a_new_time_tonight_is_looked_at_tonight(storstad: NightTown, petra: Browser) -> None:
    """The hourly planning has just been: the service makes the check at its next round, not in an hour."""
    page = await save(petra, path_of(storstad, 1), lines("23:00", "02:00", "05:00", "02:40"))
    assert "Gäller från i natt." in page
    assert not any("02:4" in each for each in await owed(storstad, 1)), "no page makes a check"
    assert await planning.plan_changed(storstad.memory) > 0
    assert any(each.endswith("02:40 planned") for each in await owed(storstad, 1))
    assert await planning.plan_changed(storstad.memory) == 0, "once"
    wanted = await storstad.value("select config::text from devices where resident_id = $1", storstad.residents[1])
    check = await storstad.value(
        "select check_id::text from checks where resident_id = $1 and state = 'planned' order by opens_at limit 1",
        storstad.residents[1],
    )
    assert check in wanted, "the device is told"


async def test_a_time_that_ends_takes_its_looks_away(storstad: NightTown, petra: Browser) -> None:
    await save(petra, path_of(storstad, 1), lines("23:00", "02:00", "05:00", ends=(2,)))
    await planning.plan_changed(storstad.memory)
    assert not any("05:00" in each for each in await owed(storstad, 1))
    gone = "select distinct cancel_reason || ' ' || instead || ' ' || agreed_by from checks where state = 'cancelled'"
    assert await storstad.value(gone) == f"replanned nothing {storstad.users['petra']}"


async def test_the_change_is_kept_with_who_and_from_when(storstad: NightTown, petra: Browser) -> None:
    await save(petra, path_of(storstad, 1), lines("23:00", "02:00", "05:30"))
    kept = await storstad.value(
        "select part || ' ' || made_by || ' ' || (before->'times'->2->>'time') || ' ' || (after->'times'->2->>'time') from changes where made_by <> 'import'"
    )
    assert kept == f"times {storstad.users['petra']} 05:00 05:30"
    told = "select actor || ' ' || (data->>'ended') || ' ' || (data->>'begun') from events where kind = 'times_changed'"
    assert await storstad.value(told) == f"{storstad.users['petra']} 1 1"


async def test_a_form_without_times_is_refused(storstad: NightTown, petra: Browser) -> None:
    path = path_of(storstad, 1)
    await petra.get(path)
    page = await send(petra, path, lines("23:00", "02:00", "05:00", ends=(0, 1, 2)))
    assert "Minst en tid behövs." in page
    assert await changes_of(storstad, "petra") == 0


async def test_each_line_is_told_what_it_lacks(storstad: NightTown, petra: Browser) -> None:
    path = path_of(storstad, 1)
    await petra.get(path)
    page = await send(petra, path, lines("25:00", "05:00", "05:00"))
    assert "Skriv tiden som 03:00 eller 0300" in page and "Samma tid står två gånger" in page
    assert 'value="25:00"' in page, "what was written stays"
    assert (await send(petra, f"{path}/now", [*lines("25:00"), ("revision", "0")])).startswith("<!doctype")


async def test_of_two_planners_the_second_sees_the_firsts(storstad: NightTown, pages: Site, petra: Browser) -> None:
    path, other = path_of(storstad, 1), await pages.signed_in("petra")
    await other.get(path)
    own = lines("23:00", "02:00", "04:45")
    [drawn_from] = set(re.findall(r'name="revision" value="(\d+)"', await send(other, path, own)))
    await save(petra, path, lines("23:00", "02:00", "05:30"))
    page = await send(other, f"{path}/now", [*own, ("revision", drawn_from)])
    assert "Någon annan har ändrat medan du skrev." in page
    assert 'value="04:45"' in page and "Alla nätter kl 23:00, 02:00 och 05:30." in page, "both versions"
    assert await changes_of(storstad, "petra") == 1


async def test_a_busy_time_is_offered_a_quieter_one(storstad: NightTown, petra: Browser) -> None:
    """All nine are looked at at two: another time is offered, and taken with a click."""
    path = path_of(storstad, 1)
    page = await petra.text(path)
    assert re.search(r"Kl 02:00 tittar vi på 9 personer. Kl 02:10: 0.", page)
    taken = await send(petra, path, [*lines("23:00", "02:00", "05:00"), ("take", "1|02:10")])
    assert 'name="at-1" value="02:10"' in taken


async def test_others_do_not_change_times(storstad: NightTown, pages: Site, petra: Browser) -> None:
    olle = await pages.signed_in("olle")
    assert (await olle.get(path_of(storstad, 1))).status == 403
    unknown = "/residents/00000000-0000-4000-8000-000000000009/times"
    assert (await petra.get(unknown)).status == 404
