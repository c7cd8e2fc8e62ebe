"""A planner who is ill: a colleague stands in for some days, by an admin's page, and sees what the planner sees for as long."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Final

import pytest
import pytest_asyncio

from alarm_center.core.roles import Right
from alarm_center.oidc_settings import OidcProvider
from alarm_center.store.memory import Viewer
from alarm_center.store.users import KeptUser, keep_user
from alarm_center.web.settings import WebSettings
from schemas.vocabulary import Role
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site, site
from tests.support.viewers import one_more_session
from tests.support.waiting import DEADLINE_S
from tests.web.test_stream import stream

TODAY: Final = TWO.date()
PEOPLE: Final = {
    "ada": ("Ada Admin", [Role.ADMIN]),
    "petra": ("Petra Planerare", [Role.COORDINATOR, Role.ADMIN]),
    "sara": ("Sara Sjukling", [Role.CARER]),
    "olle": ("Olle Operatör", [Role.OPERATOR]),
}


async def with_people(here: NightTown) -> None:
    """Let a planner, a carer, an operator and an admin work here."""
    async with here.memory.transaction() as tx:
        for login, (name, roles) in PEOPLE.items():
            await keep_user(tx, KeptUser(login, name, PASSWORD_HASH, "storstad", roles))


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Storstad with a planner, a carer, an operator and an admin."""
    async with town(database, residents=1, begin=with_people) as here:
        yield here


@pytest_asyncio.fixture
async def ada(pages: Site, storstad: NightTown) -> Browser:
    """An admin's browser."""
    return await pages.signed_in("ada")


async def page_of(admin: Browser, name: str) -> str:
    """Return the path of the page on which *name* stands in."""
    found = next(part for part in re.findall(r"<li>.*?</li>", await admin.text("/people"), re.S) if name in part)
    return str(re.findall(r'href="([^"]+)"', found)[0]) + "/deputy"


async def form(admin: Browser, path: str, colleague: str, begins: date, last: date) -> dict[str, str]:
    """Return the form's fields, filled in."""
    found = re.search(rf'<option value="([^"]+)">{colleague}<', await admin.text(path))
    assert found is not None
    return {"colleague": found[1], "begins": str(begins), "last_night": str(last)}


async def stand_in(admin: Browser, who: str, colleague: str, begins: date, last: date) -> str:
    """Let *who* stand in; return what the page then shows."""
    path = await page_of(admin, who)
    answer = await admin.post(path, await form(admin, path, colleague, begins, last))
    assert answer.status == 303, await answer.text()
    return await admin.text(path)


async def test_a_deputy_plans_for_a_week_and_no_longer(storstad: NightTown, pages: Site, ada: Browser) -> None:
    sara = await pages.signed_in("sara")
    assert (await sara.get("/todo")).status == 403
    last = TODAY + timedelta(days=6)
    shown = await stand_in(ada, "Sara Sjukling", "Petra Planerare", TODAY, last)
    assert "Sara Sjukling vikarierar för Petra Planerare från" in shown and f"natten lör {last.day} nov" in shown
    assert "samordnare" in shown and "administratör" not in shown.split("<form class")[0], (
        "an admin's role stays where it is"
    )
    assert (await sara.get("/todo")).status == 200, "at once, where she was signed in already"
    assert (await sara.get("/people")).status == 403
    petra = await pages.signed_in("petra")
    assert (await petra.get("/todo")).status == 200, "nobody's own roles are changed"
    await storstad.set_clock(TWO + timedelta(days=7, hours=12))
    sara = await pages.signed_in("sara")
    assert (await sara.get("/todo")).status == 403, "from noon after the last night"
    assert "vikarierar för ingen" in await (await pages.signed_in("ada")).text(
        await page_of(await pages.signed_in("ada"), "Sara")
    )


async def test_a_deputy_of_next_week_waits_for_it(storstad: NightTown, pages: Site, ada: Browser) -> None:
    begins = TODAY + timedelta(days=3)
    await stand_in(ada, "Sara Sjukling", "Petra Planerare", begins, begins)
    assert (await (await pages.signed_in("sara")).get("/todo")).status == 403
    await storstad.set_clock(TWO + timedelta(days=3, hours=4))
    assert (await (await pages.signed_in("sara")).get("/todo")).status == 200


async def test_an_end_before_its_time_signs_the_deputy_out(storstad: NightTown, pages: Site, ada: Browser) -> None:
    shown = await stand_in(ada, "Sara Sjukling", "Petra Planerare", TODAY, TODAY + timedelta(days=2))
    sara = await pages.signed_in("sara")
    ending = re.search(r'action="(/people/deputy/[^"]+)"', shown)
    assert ending is not None
    answer = await ada.post(ending[1], {})
    assert (answer.status, answer.headers["Location"]) == (303, await page_of(ada, "Sara"))
    assert (await sara.get("/todo", follow=False)).status == 303, "to the sign-in"
    assert (await ada.post(ending[1], {})).status == 404, "it is over"
    kinds = await storstad.value("select array_agg(kind order by id) from events where kind ~ '^deputy'")
    assert kinds == ["deputy_given", "deputy_ended"]


async def test_whoever_leaves_the_town_stands_in_for_nobody(storstad: NightTown, pages: Site, ada: Browser) -> None:
    await stand_in(ada, "Sara Sjukling", "Petra Planerare", TODAY, TODAY + timedelta(days=2))
    path = (await page_of(ada, "Sara")).removesuffix("/deputy")
    version = re.findall(r'name="version" value="(\d+)"', await ada.text(path))[0]
    assert (await ada.post(f"{path}/end", {"version": version})).status == 303
    sara = pages.browser()
    await sara.sign_in("sara")
    assert (await sara.get("/todo")).status == 403


async def test_who_left_still_has_a_deputy(storstad: NightTown, pages: Site, ada: Browser) -> None:
    """The planner who is ill for good: the days that were agreed stay with the one who stands in."""
    await stand_in(ada, "Sara Sjukling", "Petra Planerare", TODAY, TODAY + timedelta(days=2))
    path = (await page_of(ada, "Petra")).removesuffix("/deputy")
    version = re.findall(r'name="version" value="(\d+)"', await ada.text(path))[0]
    assert (await ada.post(f"{path}/end", {"version": version})).status == 303
    assert (await (await pages.signed_in("sara")).get("/todo")).status == 200


async def test_a_board_that_becomes_a_planners_idles_out(storstad: NightTown, pages: Site, ada: Browser) -> None:
    """An operator's board is signed in for its shift; a planner's desk for 20 minutes, from when it is decided."""
    await pages.signed_in("olle")
    limit = "select idle_limit from web_sessions s join users u using (user_id) where u.login = 'olle'"
    assert await storstad.value(limit) is None
    await stand_in(ada, "Olle Operatör", "Petra Planerare", TODAY + timedelta(days=1), TODAY + timedelta(days=1))
    assert await storstad.value(limit) == timedelta(minutes=20)


@pytest.mark.parametrize(
    ("accounts", "words"),
    [
        ("linked", "gäller bara när personen loggar in med lösenord"),
        ("made", "Ett vikariat här ger den personen ingenting"),
    ],
)
async def test_where_a_provider_gives_roles_the_page_says_so(storstad: NightTown, accounts: str, words: str) -> None:
    """Also what to write there: the town's own values of the claim, and no other town's."""
    given = {
        "SE-1": {"org": "storstad", "roles": ["coordinator"], "title": "Planerarna"},
        "SE-2": {"org": "storstad", "roles": ["lead", "carer"]},
        "SE-3": {"org": "granby", "roles": ["operator"]},
    }
    provider = OidcProvider.model_validate(
        {
            "name": "siths", "title": "SITHS", "issuer": "https://idp.example.se", "client_id": "fjt", "client_secret": "s",
            "accounts": accounts, "assignment_claim": "commissions", "assignments": given,
        }
    )  # fmt: skip
    async with site(storstad, settings=WebSettings(providers=(provider,), subject_key="k" * 40)) as pages:
        ada = await pages.signed_in("ada")
        page = await ada.text(await page_of(ada, "Sara"))
    assert "Den som loggar in med SITHS" in page and words in page and "kollegans värde i commissions" in page
    assert "SE-1 (Planerarna)" in page and "SE-2 (nattledare, omsorgspersonal)" in page and "SE-3" not in page


async def test_without_a_provider_the_page_says_nothing_of_one(ada: Browser) -> None:
    assert "Den som loggar in med" not in await ada.text(await page_of(ada, "Sara"))


async def test_an_end_cuts_what_the_deputy_has_open(storstad: NightTown, pages: Site, ada: Browser) -> None:
    """Every session of theirs, on each browser, and the stream of a board that is open."""
    shown = await stand_in(ada, "Sara Sjukling", "Olle Operatör", TODAY, TODAY + timedelta(days=2))
    one, other = await pages.signed_in("sara"), await pages.signed_in("sara")
    ending = re.search(r'action="(/people/deputy/[^"]+)"', shown)
    assert ending is not None
    async with stream(one) as sent:
        assert (await ada.post(ending[1], {})).status == 303
        async with asyncio.timeout(DEADLINE_S):
            await sent.response.content.read()
    for browser in (one, other):
        assert (await browser.get("/", follow=False)).status == 303, "to the sign-in"
    whose = "select count(*)::int from web_sessions where user_id = $1"
    assert await storstad.value(whose, storstad.users["sara"]) == 0


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("colleague", "", "Välj vem personen vikarierar för"),
        ("begins", "", "Skriv första dagen"),
        ("begins", str(TODAY - timedelta(days=2)), "Skriv första dagen"),
        ("begins", str(TODAY + timedelta(days=400)), "Skriv första dagen"),
        ("last_night", "igår", "Skriv sista natten"),
        ("last_night", str(TODAY - timedelta(days=1)), "Skriv sista natten"),
        ("last_night", str(TODAY + timedelta(days=92)), "Skriv sista natten"),
    ],
)
async def test_a_wrong_field_is_said(storstad: NightTown, ada: Browser, field: str, value: str, says: str) -> None:
    path = await page_of(ada, "Sara")
    filled = await form(ada, path, "Petra Planerare", TODAY, TODAY) | {field: value}
    answer = await ada.post(path, filled)
    shown = await answer.text()
    assert answer.status == 400 and says in shown and 'aria-invalid="true"' in shown
    assert "vikarierar för ingen" in shown


async def test_the_same_days_twice_are_refused(storstad: NightTown, ada: Browser) -> None:
    await stand_in(ada, "Sara Sjukling", "Petra Planerare", TODAY, TODAY + timedelta(days=2))
    path = await page_of(ada, "Sara")
    again = await ada.post(
        path, await form(ada, path, "Petra Planerare", TODAY + timedelta(days=2), TODAY + timedelta(days=5))
    )
    assert again.status == 409 and "vikarierar redan" in await again.text()


async def test_an_admin_alone_is_nobody_to_stand_in_for(storstad: NightTown, ada: Browser) -> None:
    shown = await ada.text(await page_of(ada, "Sara"))
    assert (
        "Petra Planerare</option>" in shown
        and "Ada Admin</option>" not in shown
        and "Sara Sjukling</option>" not in shown
    )


async def test_a_look_is_logged_with_the_roles_of_both(storstad: NightTown, ada: Browser) -> None:
    """The roles of a look stand in its row; with two rows of one town, asking for them used to fail."""
    olle = storstad.users["olle"]
    await stand_in(ada, "Olle Operatör", "Petra Planerare", TODAY, TODAY)
    viewer = Viewer(await one_more_session(storstad.memory, olle), Right.WATCH, ("storstad",), None, False)
    async with storstad.web.transaction(viewer) as tx:
        assert await tx.fetchval("select my_roles('storstad')") == ["coordinator", "operator"]
