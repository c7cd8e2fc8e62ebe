"""An alarm centre's people see a town while the two have an agreement, and no longer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import pytest
import pytest_asyncio

from alarm_center.identity.tokens import new_token, token_hash
from alarm_center.store import agreements, towns
from alarm_center.store.agreements import OfferedAgreement
from alarm_center.store.memory import Memory
from alarm_center.store.users import KeptUser, keep_user
from schemas.vocabulary import Answer, Reason, Role
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site
from tests.support.waiting import DEADLINE_S

TONIGHT: Final = date(2026, 11, 21)
"""The night that two o'clock of the test is in."""
PASSWORD: Final = "tolv tecken långt"
BOTH: Final = (Role.ADMIN, Role.OPERATOR)


async def with_a_centre(here: NightTown) -> None:
    """Let there be an admin, and an alarm centre that has nobody yet."""
    async with here.memory.transaction() as tx:
        await keep_user(tx, KeptUser("ada", "Ada", PASSWORD_HASH, "storstad", [Role.ADMIN]))
        await agreements.keep_centre(tx, "trygg", "Trygga larmcentralen")
    await here.set_clock(TWO + timedelta(seconds=40))
    await here.step()


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Storstad with an admin, at two in the night, and an alarm centre that has nobody yet."""
    async with town(database, residents=3, begin=with_a_centre) as here:
        yield here


async def hired(storstad: NightTown, pages: Site, login: str, *roles: Role) -> Browser:
    """Return the browser of a new person who has said yes to the centre."""
    token = new_token()
    async with storstad.memory.transaction() as tx:
        await agreements.invite_to_centre(tx, "trygg", login, login, roles, token_hash(token))
    browser = pages.browser()
    assert "Trygga larmcentralen vill att du är" in await browser.text(f"/invite/{token}")
    form = {"name": login.capitalize(), "password": PASSWORD, "again": PASSWORD}
    assert (await browser.post(f"/invite/{token}/join", form)).status == 303
    return browser


async def agreed(
    memory: Memory, until: date | None = None, first: date = TONIGHT, areas: list[UUID] | None = None
) -> UUID:
    """Make an agreement that both sides want; return its id."""
    async with memory.transaction() as tx:
        offered = OfferedAgreement("storstad", "trygg", first, until, areas)
        made = await agreements.offer_agreement(tx, offered, actor="test")
        assert made is not None
        assert await agreements.accept_agreement(tx, made, actor="test")
        return made


async def sees(browser: Browser) -> bool:
    """Tell whether the person's board shows a resident of Storstad."""
    answer = await browser.get("/", follow=False)
    return answer.status == 200 and "Astrid Lund" in await answer.text()


async def test_the_night_after_the_last_the_board_is_empty(storstad: NightTown, pages: Site) -> None:
    clara = await hired(storstad, pages, "clara", Role.OPERATOR)
    assert not await sees(clara), "no agreement yet"
    await agreed(storstad.memory, until=TONIGHT)
    assert await sees(clara)
    async with clara.client.get("/stream") as stream:
        assert stream.status == 200
        await storstad.set_clock(TWO + timedelta(hours=9))  # 11:00, the night's end is noon
        assert await sees(clara)
        await storstad.set_clock(TWO + timedelta(hours=10))
        async with asyncio.timeout(DEADLINE_S):
            await stream.content.read()
    assert not await sees(clara)
    async with storstad.memory.transaction() as tx:
        assert not await towns.is_anybody_signed_in(tx, "storstad")


@pytest.mark.parametrize("end", ["by the town", "not accepted", "not begun", "person ended"])
async def test_without_a_running_agreement_there_is_no_town(storstad: NightTown, pages: Site, end: str) -> None:
    clara = await hired(storstad, pages, "clara", Role.OPERATOR)
    if end == "not accepted":
        async with storstad.memory.transaction() as tx:
            offered = OfferedAgreement("storstad", "trygg", TONIGHT)
            assert await agreements.offer_agreement(tx, offered, actor="test")
    elif end == "not begun":
        await agreed(storstad.memory, first=TONIGHT + timedelta(days=1))
    else:
        made = await agreed(storstad.memory)
        assert await sees(clara)
        async with storstad.memory.transaction() as tx:
            assert await towns.is_anybody_signed_in(tx, "storstad")
            if end == "by the town":
                assert await agreements.end_agreement(tx, made, actor="test")
            else:
                assert await agreements.end_centre_member(tx, "trygg", "clara")
    assert not await sees(clara)


async def test_an_agreement_of_one_area_shows_that_area(storstad: NightTown, pages: Site) -> None:
    clara = await hired(storstad, pages, "clara", Role.OPERATOR)
    await storstad.extend(areas=[{"code": "9"}])
    nine: UUID = await storstad.value("select area_id from areas where (org, code) = ('storstad', '9')")
    await agreed(storstad.memory, areas=[nine])
    assert not await sees(clara)
    assert (await clara.get("/")).status == 200
    await agreed(storstad.memory, areas=[storstad.area])
    assert await sees(clara)


async def test_a_centres_admin_has_no_right_in_the_town(storstad: NightTown, pages: Site) -> None:
    chef = await hired(storstad, pages, "chef", Role.ADMIN)
    await agreed(storstad.memory)
    assert not await sees(chef)
    assert (await chef.get("/people")).status == 403


async def test_who_keeps_agreements_is_led_to_them(storstad: NightTown, pages: Site) -> None:
    """A centre's admin has no board: the page is their first; a town's admin, and one who also answers, have it in the menu."""
    way = '<a class="tool" href="/agreements">'
    chef, both = await hired(storstad, pages, "chef", Role.ADMIN), await hired(storstad, pages, "both", *BOTH)
    first = await chef.get("/", follow=False)
    assert (first.status, first.headers["Location"]) == (303, "/agreements")
    assert way in await chef.text("/account") and way not in await chef.text("/agreements")
    ada, olle, clara = (
        await pages.signed_in("ada"), await pages.signed_in("olle"), await hired(storstad, pages, "clara", Role.OPERATOR),
    )  # fmt: skip
    assert way in await ada.text("/people")
    await agreed(storstad.memory)
    assert way in await both.text("/")
    for nobody in (olle, clara):
        assert way not in await nobody.text("/")


async def test_both_admins_see_one_offers_the_other_accepts(storstad: NightTown, pages: Site) -> None:
    chef, clara = await hired(storstad, pages, "chef", Role.ADMIN), await hired(storstad, pages, "clara", Role.OPERATOR)
    ada = await pages.signed_in("ada")
    await ada.text("/agreements")
    offer = {"town": "storstad", "centre": "trygg", "from": str(TONIGHT), "until": "", "where": "all"}
    assert (await ada.post("/agreements", offer)).status == 303
    shown = await ada.text("/agreements")
    assert "Trygga larmcentralen" in shown and "väntar på larmcentralen" in shown
    made = await storstad.value("select agreement_id from agreements_kept()")
    assert (await ada.post(f"/agreements/{made}/accept")).status == 403, "it is the other side's to accept"
    assert "Trygga" not in await (await clara.get("/agreements")).text()
    assert (await clara.post(f"/agreements/{made}/end")).status == 403
    assert not await sees(clara)
    assert "Storstad" in await chef.text("/agreements")
    assert (await chef.post(f"/agreements/{made}/accept")).status == 303
    assert await sees(clara)
    await chef.text("/agreements")
    assert (await chef.post(f"/agreements/{made}/end")).status == 303
    assert not await sees(clara)
    assert "avslutat" in await ada.text("/agreements")
    kinds = "select array_agg(kind order by id) from events where kind ~ '^agreement'"
    assert await storstad.value(kinds) == ["agreement_offered", "agreement_accepted", "agreement_ended"]


async def test_colleagues_of_the_centre_have_names(storstad: NightTown, pages: Site) -> None:
    clara = await hired(storstad, pages, "clara", Role.OPERATOR)
    await agreed(storstad.memory)
    await clara.text("/")
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm = await storstad.value("select alarm_id from alarms")
    assert (await clara.post(f"/alarm/{alarm}/claim")).status == 303
    assert "Clara" in await (await pages.signed_in("olle")).text(f"/alarm/{alarm}")
