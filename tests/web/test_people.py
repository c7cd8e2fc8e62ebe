"""A town's people, from outside: an admin's pages, the link that they make, and the person's own answer."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import pytest_asyncio

from alarm_center.store.users import KeptUser, keep_user
from schemas.vocabulary import Role
from tests.support.night_town import PASSWORD, PASSWORD_HASH, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site
from tests.support.waiting import DEADLINE_S

LINK: Final = re.compile(r'value="https://natt\.kommun\.se(/invite/[A-Za-z0-9_-]{43})"')
OPERATOR: Final = {"role": "operator", "where": "all"}


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Storstad with two admins, and Berg, where Berit works."""
    async with town(database, residents=1) as here, town(database, org="berg", residents=1) as berg:
        async with here.memory.transaction() as tx:
            for login in ("ada", "adam"):
                await keep_user(tx, KeptUser(login, login.capitalize(), PASSWORD_HASH, "storstad", [Role.ADMIN]))
            await keep_user(tx, KeptUser("berit", "Berit Berg", PASSWORD_HASH, berg.org, [Role.OPERATOR]))
        yield here


@pytest_asyncio.fixture
async def ada(pages: Site) -> Browser:
    """The browser of an admin who has the list before them."""
    browser = await pages.signed_in("ada")
    await browser.text("/people")
    return browser


async def invite(admin: Browser, login: str, **fields: str) -> str:
    """Ask *login*; return the link that the page shows."""
    await admin.text("/people/invite")
    answer = await admin.post("/people/invite", {"login": login, "name": "B B", **OPERATOR, **fields})
    shown = await answer.text()
    assert answer.status == 200, shown
    found = LINK.search(shown)
    assert found is not None, shown
    return str(found[1])


def row(listed: str, name: str) -> str:
    """Return a person's row of the list, without the addresses and the marks in it."""
    found = next(part for part in re.findall(r"<li>.*?</li>", listed, re.S) if name in part)
    return re.sub(r'href="[^"]*"', "", found).replace(name, "NAME")


async def path_of(admin: Browser, name: str) -> str:
    """Return the path of a person's page."""
    found = next(part for part in re.findall(r"<li>.*?</li>", await admin.text("/people"), re.S) if name in part)
    return str(re.findall(r'href="([^"]+)"', found)[0])


async def version(admin: Browser, path: str) -> dict[str, str]:
    """Return the version that the form on a person's page brings back."""
    return {"version": re.findall(r'name="version" value="(\d+)"', await admin.text(path))[0]}


async def test_a_town_cannot_tell_whether_a_login_is_known(ada: Browser, pages: Site) -> None:
    shown: dict[str, list[str]] = {}
    for login in ("berit", "nobody-at-all"):
        await ada.text("/people/invite")
        answer = await ada.post("/people/invite", {"login": login, "name": f"Name {login}", **OPERATOR})
        link = LINK.search(page := await answer.text())
        assert link is not None
        behind = await pages.browser().text(link[1])
        texts = [
            re.sub(r'name="csrf" (value|content)="[^"]*"', "", text).replace(link[1], "") for text in (page, behind)
        ]
        shown[login] = [
            str(answer.status),
            *(text.replace(login, "LOGIN") for text in texts),
            row(await ada.text("/people"), f"Name {login}"),
        ]
    assert shown["berit"] == shown["nobody-at-all"]
    assert "inbjuden" in shown["berit"][-1]


async def test_a_new_persons_password_is_held_to_the_rules(storstad: NightTown, pages: Site, ada: Browser) -> None:
    """Nobody guesses it from what the admin who made the link knows: the login, the name and the town."""
    link = await invite(ada, "kerstin.nygren")
    ny = pages.browser()
    await ny.get(link)
    for password in (
        "kort",
        "Lösenord1234!",
        "kerstin.nygren",
        "Nygren Storstad 1",
        "Storstads kommun",
        "Anna Nilsson 7",
    ):
        form = {"name": "Anna Nilsson", "password": password, "again": password}
        refused = await ny.post(f"{link}/join", form)
        assert refused.status == 400 and 'role="alert"' in await refused.text(), password
    assert await storstad.value("select count(*) from users where login = 'kerstin.nygren'") == 0


async def test_a_new_person_chooses_a_password_and_is_in(storstad: NightTown, pages: Site, ada: Browser) -> None:
    assert "Utförare" not in await ada.text("/people/invite"), "the town has none"
    link = await invite(ada, "ny")
    ny = pages.browser()
    assert "vill att du är operatör" in await ny.text(link)
    form = {"name": "Ny Nilsson", "password": "tolv tecken långt", "again": "tolv tecken långt"}
    for wrong in ({"password": "kort", "again": "kort"}, {"again": "ett helt annat ord"}, {"name": " "}):
        assert (await ny.post(f"{link}/join", {**form, **wrong})).status == 400
    joined = await ny.post(f"{link}/join", form)
    assert (joined.status, joined.headers["Location"]) == (303, "/")
    assert (await ny.get("/", follow=False)).status == 200
    assert (await pages.browser().get(link)).status == 404
    again = await pages.browser().sign_in("ny", form["password"])
    assert again.status == 303
    assert "aktiv, utan andra faktor" in row(await ada.text("/people"), "Ny Nilsson")
    kinds = "select (array_agg(kind order by id desc))[:2] from events where kind ~ '^membership' and org = 'storstad'"
    assert await storstad.value(kinds) == [
        "membership_accepted", "membership_invited",
    ]  # fmt: skip


async def test_a_known_person_signs_in_and_says_yes(storstad: NightTown, pages: Site, ada: Browser) -> None:
    before = await storstad.value(
        "select row(user_id, name, password_hash, disabled_at, created_at)::text from users where login = 'berit'"
    )
    link = await invite(ada, "berit", role="supervisor")
    stranger = pages.browser()
    await stranger.text(link)
    form = {"name": "X", "password": "tolv tecken långt", "again": "tolv tecken långt"}
    taken = await stranger.post(f"{link}/join", form)
    assert taken.status == 409
    assert "har redan ett konto" in await taken.text()
    assert (
        await storstad.value(
            "select row(user_id, name, password_hash, disabled_at, created_at)::text from users where login = 'berit'"
        )
        == before
    )
    olle = await pages.signed_in("olle")
    assert "Du är inloggad som olle" in await olle.text(link)
    assert (await olle.post(link, {"yes": "1"})).status == 409

    berit = pages.browser()
    await berit.get(f"/login?login=berit&next={link}")
    there = await berit.post("/login", {"login": "berit", "password": PASSWORD, "next": link})
    assert there.headers["Location"] == link
    assert "vill att du är arbetsledare" in await berit.text(link)
    assert "Storstad" not in await berit.text("/")
    await berit.text(link)
    assert (await berit.post(link, {"yes": "1"})).status == 303
    assert "Storstad" in await berit.text("/")
    assert "Berit Berg" in await ada.text("/people")


async def test_a_no_gives_nothing(storstad: NightTown, pages: Site, ada: Browser) -> None:
    link = await invite(ada, "berit")
    berit = await pages.signed_in("berit")
    await berit.text(link)
    assert "Du har tackat nej" in await (await berit.post(link)).text()
    assert (await berit.get(link)).status == 404
    assert "B B" not in await ada.text("/people")
    assert (
        await storstad.value("select count(*) from memberships join users using (user_id) where login = 'berit'") == 1
    )


async def test_the_second_admin_sees_what_the_first_changed(pages: Site, ada: Browser) -> None:
    adam, path = await pages.signed_in("adam"), await path_of(ada, "Siv Operatör")
    seen = await version(adam, path)
    assert (await ada.post(path, {**await version(ada, path), "role": "lead", "where": "all"})).status == 303
    late = await adam.post(path, {**seen, "role": "carer", "where": "all"})
    assert late.status == 409
    text = await late.text()
    assert "Någon annan hann ändra" in text
    assert re.search(r'value="lead" checked', text) and not re.search(r'value="carer" checked', text)


def chosen(page: str) -> list[tuple[str, str]]:
    """Return the boxes and choices that a page's form sends when nobody touches them."""
    return re.findall(r'<input type="(?:checkbox|radio)" name="(\w+)" value="(\w+)" checked>', page)


async def test_a_closed_area_stays_with_who_has_it(storstad: NightTown, pages: Site, ada: Browser) -> None:
    """The past of an area is theirs to read: saving another field takes it from nobody, and nobody new is given it."""
    siv = {"login": "lena", "name": "Lena L", "roles": ["lead"], "areas": ["3", "9"], "password_hash": PASSWORD_HASH}
    await storstad.extend(areas=[{"code": "9"}], users=[siv])
    await storstad.execute("update areas set closed_at = clock.now() where code = '9'")
    path = await path_of(ada, "Lena L")
    page = await ada.text(path)
    assert "område 9, stängt" in page
    sent = [("csrf", ada.csrf), *(await version(ada, path)).items(), ("role", "operator"), *chosen(page)]
    assert (await ada.client.post(path, data=sent, allow_redirects=False)).status == 303
    held = "select array(select code from areas where area_id = any (m.areas) order by code) from memberships m join users using (user_id) where login = 'lena'"
    assert await storstad.value(held) == ["3", "9"]
    other = await path_of(ada, "Siv Operatör")
    assert "stängt" not in await ada.text(other)
    refused = await ada.post(other, {**await version(ada, other), "role": "lead", "where": "some", "area": "9"})
    assert refused.status == 400
    assert (
        await ada.post(path, {**await version(ada, path), "role": "lead", "where": "some", "area": "3"})
    ).status == 303
    assert await storstad.value(held) == ["3"], "an admin may take it away"


async def test_an_ended_member_is_out_at_once(pages: Site, ada: Browser) -> None:
    siv, path = await pages.signed_in("siv"), await path_of(ada, "Siv Operatör")
    assert (await ada.post(f"{path}/end", await version(ada, path))).status == 303
    assert (await siv.get("/", follow=False)).status in (303, 403)
    assert "avslutad" in row(await ada.text("/people"), "Siv Operatör")


async def test_an_open_stream_ends_with_the_membership(pages: Site, ada: Browser) -> None:
    siv, path = await pages.signed_in("siv"), await path_of(ada, "Siv Operatör")
    async with siv.client.get("/stream") as stream:
        assert stream.status == 200
        await ada.post(f"{path}/end", await version(ada, path))
        async with asyncio.timeout(DEADLINE_S):
            await stream.content.read()


async def test_no_admin_ends_the_last_one(storstad: NightTown, pages: Site, ada: Browser) -> None:
    path = await path_of(ada, "Adam")
    assert (await ada.post(f"{path}/end", await version(ada, path))).status == 303
    own = await path_of(ada, "Ada<")
    refused = await ada.post(f"{own}/end", await version(ada, own))
    assert refused.status == 409
    assert "minst en administratör" in await refused.text()


async def test_a_link_is_made_anew_and_withdrawn(pages: Site, ada: Browser) -> None:
    link = await invite(ada, "ny")
    path = await path_of(ada, "B B")
    anew = LINK.search(await (await ada.post(f"{path}/link", await version(ada, path))).text())
    assert anew is not None
    assert (await pages.browser().get(link)).status == 404
    assert (await pages.browser().get(anew[1])).status == 200
    assert (await ada.post(f"{path}/withdraw", await version(ada, path))).status == 303
    assert (await pages.browser().get(anew[1])).status == 404


async def test_a_wrong_form_says_what_is_wrong(ada: Browser) -> None:
    await ada.text("/people/invite")
    fields = {"login": "ny", "name": "Ny", **OPERATOR}
    for wrong, words in (
        ({"login": "N Y"}, "Skriv ett inloggningsnamn"),
        ({"name": ""}, "Skriv personens namn"),
        ({"role": "king"}, "Välj minst en roll"),
        ({"where": "some"}, "Välj minst ett område"),
        ({"until": "2020-01-01"}, "Skriv den sista natten"),
        ({"until": "soon"}, "Skriv den sista natten"),
        ({"login": "siv"}, "finns redan i kommunen"),
    ):
        answer = await ada.post("/people/invite", {**fields, **wrong})
        assert answer.status in (400, 409)
        assert words in await answer.text()


async def test_the_list_is_of_one_role_where_asked(ada: Browser) -> None:
    listed = await (await ada.post("/people", {"role": "admin", "area": "3"})).text()
    assert "<b>Adam</b>" in listed and "Siv Operatör" not in listed


async def test_an_admin_of_another_town_sees_none_of_it(storstad: NightTown, pages: Site, ada: Browser) -> None:
    path = await path_of(ada, "Siv Operatör")
    async with storstad.memory.transaction() as tx:
        await keep_user(tx, KeptUser("bo", "Bo", PASSWORD_HASH, "berg", [Role.ADMIN]))
    bo = await pages.signed_in("bo")
    listed = await bo.text("/people")
    assert path not in listed and "<b>Bo</b>" in listed
    for post in (path, f"{path}/end"):
        assert (await bo.post(post, {"version": "1", **OPERATOR})).status == 404
    assert (await bo.get(path)).status == 404


async def test_a_lost_factor_is_reset_by_the_only_town(
    storstad: NightTown, database: Database, pages: Site, ada: Browser
) -> None:
    siv, berit = await path_of(ada, "Siv Operatör"), await pages.signed_in("berit")
    link = await invite(ada, "berit")
    await berit.text(link)
    await berit.post(link, {"yes": "1"})
    owner = await asyncpg.connect(database.owner)
    await owner.execute("update fjt.users set totp_secret = 'JBSWY3DPEHPK3PXP' where login in ('siv', 'berit')")
    await owner.close()
    await ada.text(f"{siv}/factor")
    assert (await ada.post(f"{siv}/factor")).status == 303
    both = await path_of(ada, "Berit Berg")
    assert "Återställ andra faktorn" in await ada.text(both)
    await ada.text(f"{both}/factor")
    refused = await ada.post(f"{both}/factor")
    assert refused.status == 409
    assert "Den som driver tjänsten" in await refused.text()
    held = "select has_factor from people('storstad') where login = $1"
    assert [await storstad.value(held, login) for login in ("siv", "berit")] == [False, True]
