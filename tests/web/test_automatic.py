"""Green by the detector, signed by the page: from that moment on, and not from the morning of that day."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from alarm_center.town import green_ends
from tests.support.night_town import TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Site

ASTA = 3


async def fourteen_nights(here: NightTown) -> None:
    """Let there have been fourteen nights on which a person and the camera said the same."""
    await here.execute("update organisations set plan = plan || '{\"people_of_ten\": 1}'")
    await here.set_clock(TWO + timedelta(hours=10))
    for what, nights, later, said in (
        ("a", 13, "-24 h", "in_bed"),
        ("b", 1, "-1 h", "cannot_tell"),
        ("c", 1, "1 h", "cannot_tell"),
    ):
        await here.execute(
            """
            insert into compared_looks (check_id, session_id, org, resident_id, night, looked_at, found, said, said_by, said_at, blind)
            select check_id, $3 || n, org, resident_id, night - n - case when $3 = 'a' then 1 else 0 end,
                opens_at + $4::text::interval - n * interval '1 day', 'in_bed', $5, 'siv', opens_at, true
            from checks, generate_series(0, $2 - 1) n where check_id = $1
            """,
            await here.check_of(ASTA), nights, what, later, said,
        )  # fmt: skip
    await here.execute("update devices set room_known_at = clock.now() - interval '20 days'")


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Three homes at noon; for fourteen nights a person and the camera said the same of Asta, but for two looks of the last."""
    async with town(database, residents=3, operator_sees=(ASTA,), begin=fourteen_nights) as here:
        yield here


def revision(page: str) -> str:
    """Return the number of changes that the page's form was drawn from."""
    return str(re.findall(r'name="revision" value="(\d+)"', page)[0])


async def test_doubts_of_the_night_before_take_nothing_back(storstad: NightTown, pages: Site) -> None:
    """The planner saw them, and signed. A doubt after that is another matter."""
    petra = await pages.signed_in("petra")
    page = f"/residents/{storstad.residents[ASTA]}/automatic"
    shown = await petra.text(page)
    assert "Lika svar: 13." in shown and "kan slås på." in shown
    assert (await petra.post(page, {"revision": revision(shown)})).status == 303
    assert await green_ends.take_back_drifted(storstad.memory) == 0
    signed = "select signed_at = clock.now() from plans where resident_id = $1"
    assert await storstad.value(signed, storstad.residents[ASTA])


async def test_nights_before_the_yes_are_told_as_uncounted(storstad: NightTown, pages: Site) -> None:
    """The planner waits for fourteen nights from the yes, and reads why those before it are none of them."""
    await storstad.execute(
        """
        insert into compared_looks (check_id, session_id, org, resident_id, night, looked_at, found, said, said_by, said_at, blind)
        select check_id, 'n' || n, org, resident_id, night - n, opens_at - n * interval '1 day', 'in_bed', 'in_bed', 'siv', opens_at, n > 5
        from checks, generate_series(1, 8) n where check_id = $1
        """,
        await storstad.check_of(2),
    )
    await storstad.execute("update plans set green_by = 'operator' where resident_id = $1", storstad.residents[2])
    petra = await pages.signed_in("petra")
    page = f"/residents/{storstad.residents[2]}/automatic"
    shown = await petra.text(page)
    assert "3 av 14 nätter." in shown and "Nätterna räknas från ett ja" not in shown
    assert "Nätter som inte räknas: 5. Personen såg då kamerans svar före sitt eget." in shown
    await storstad.execute("update consents set automatic = 'no'")
    assert "Nätterna räknas från ett ja: till dess ser personen kamerans svar före sitt eget." in await petra.text(page)


async def test_a_form_that_is_sent_twice_signs_once(storstad: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    page = f"/residents/{storstad.residents[ASTA]}/automatic"
    sent = {"revision": revision(await petra.text(page))}
    assert [(await petra.post(page, sent)).status for _ in range(2)] == [303, 409]
    made = "select count(*)::int from changes where part = 'plan' and made_by = $1"
    assert await storstad.value(made, str(storstad.users["petra"])) == 1
