"""Second factors from outside: enrolment at the first sign-in, codes that are good once, and the question before papers.

docs/adr/0028-second-factors.md
"""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import asyncpg
import pyotp
import pytest
import pytest_asyncio

from alarm_center.core.calendar import night_of
from alarm_center.preparation import reserve_lists
from alarm_center.web.auth import COOKIE
from alarm_center.web.settings import WebSettings
from alarm_center.web.sign_in.factor_pages import PENDING
from schemas import timeline
from tests.support.code_app import CodeApp
from tests.support.night_town import TWO, NightTown
from tests.support.postgres import Database
from tests.support.site import TICK_S, Browser, Site, site
from tests.support.town_file import STOCKHOLM

NIGHT: Final = night_of(TWO, STOCKHOLM)
REQUIRED: Final = WebSettings(tick_s=TICK_S, second_factor=True)


@pytest_asyncio.fixture
async def strict(storstad: NightTown) -> AsyncIterator[Site]:
    """The town's pages as the service serves them: nobody gets in without a second factor."""
    async with site(storstad, settings=REQUIRED) as running:
        yield running


async def as_owner(database: Database, statement: str, *values: object) -> object:
    """Return one value as the owner of the tables, which no part of the service is."""
    connection = await asyncpg.connect(database.owner)
    try:
        return await connection.fetchval(statement, *values)
    finally:
        await connection.close()


async def forget(site_: Site, login: str) -> Browser:
    """Return a browser at the second step of *login*, who has enrolled."""
    browser = site_.browser()
    answer = await browser.give_password(login)
    assert answer.headers["Location"].startswith("/login/second")
    await browser.get(answer.headers["Location"])
    return browser


async def lines(town: NightTown) -> list[timeline.Payload | timeline.Unknown]:
    """Return the timeline's lines about second factors, in their order."""
    async with town.memory.transaction() as tx:
        rows = await tx.fetch(
            "select kind, data from events where kind ~ 'second_factor|recovery' and actor is not null order by id"
        )
    return [timeline.decode(row["kind"], row["data"]) for row in rows]


# ---- enrolment ----


async def test_the_first_sign_in_enrols_before_any_page(storstad: NightTown, strict: Site) -> None:
    olle = strict.browser()
    answer = await olle.give_password()
    assert answer.headers["Location"] == "/login/enrol?next=/"
    assert COOKIE not in answer.cookies and answer.cookies[PENDING]["httponly"]
    for path in ("/", "/reserve", "/account/factors", "/login/second"):
        away = await olle.get(path, follow=False)
        assert away.status == 303 and "/login" in away.headers["Location"], path
    assert (await olle.get("/stream", headers={"X-Fragment": "1"})).status == 401
    app = CodeApp()
    assert (await olle.enrol(app)).headers["Location"] == "/"
    assert len(set(app.paper)) == 10
    assert (await olle.get("/", follow=False)).status == 200
    kinds = [type(line) for line in await lines(storstad)]
    assert kinds == [timeline.SecondFactorAdded, timeline.RecoveryCodesMade]


async def test_a_wrong_code_enrols_nothing(database: Database, strict: Site) -> None:
    olle, app = strict.browser(), CodeApp()
    await olle.give_password()
    shown = await olle.text("/login/enrol/app")
    assert shown == await olle.text("/login/enrol/app"), "a page that is opened again shows the same key"
    app.secret = pyotp.random_base32()
    refused = await olle.post("/login/enrol/app", {"code": app.code()})
    assert refused.status == 403 and "stämmer inte" in await refused.text()
    assert await as_owner(database, "select totp_secret from users where login = 'olle'") is None
    assert (await olle.post("/login/enrol/done")).headers["Location"].startswith("/login/enrol")


async def test_a_waiting_sign_in_dies_after_ten_minutes(database: Database, strict: Site) -> None:
    olle = strict.browser()
    await olle.give_password()
    assert (await olle.get("/login/enrol/app", follow=False)).status == 200
    await as_owner(database, "update pending_sign_ins set began_at = began_at - interval '10 minutes'")
    gone = await olle.get("/login/enrol/app", follow=False)
    assert (gone.status, gone.headers["Location"]) == (303, "/login?next=/")
    assert (await olle.post("/login/enrol/app", {"code": "123456"})).headers["Location"] == "/login?next=/"


async def test_enrolling_ends_sessions_that_were_begun_without(storstad: NightTown, strict: Site) -> None:
    async with site(storstad) as lax:
        early = lax.browser()
        await early.sign_in()
        assert (await early.get("/", follow=False)).status == 200
        await strict.browser().sign_in()
        assert (await early.get("/", follow=False)).status == 303


async def test_where_none_is_required_a_password_is_enough(pages: Site) -> None:
    assert (await pages.browser().give_password()).headers["Location"] == "/"


# ---- codes ----


async def test_a_second_factor_is_asked_of_whoever_has_one(strict: Site, storstad: NightTown) -> None:
    await strict.browser().sign_in()
    async with site(storstad) as lax:
        olle = lax.browser()
        answer = await olle.give_password()
        assert answer.headers["Location"] == "/login/second?next=/" and COOKIE not in answer.cookies
        assert (await olle.get("/", follow=False)).status == 303


async def test_a_code_is_good_once_in_the_whole_service(storstad: NightTown, strict: Site) -> None:
    async with site(storstad, settings=REQUIRED) as other_replica:
        await strict.browser().sign_in()
        code = strict.apps["olle"].code()
        first, second = await forget(strict, "olle"), await forget(other_replica, "olle")
        answers = await asyncio.gather(*(each.post("/login/second", {"code": code}) for each in (first, second)))
        assert sorted(answer.status for answer in answers) == [303, 403]


async def test_a_code_is_verified_by_the_databases_clock(strict: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica whose own clock is an hour ahead takes the code of now, and none of then."""
    await strict.browser().sign_in()
    app, now = strict.apps["olle"], time.time()
    olle = await forget(strict, "olle")
    monkeypatch.setattr(time, "time", lambda: now + 3600)
    assert (await olle.post("/login/second", {"code": app.code()})).status == 403
    monkeypatch.setattr(time, "time", lambda: now)
    assert (await olle.post("/login/second", {"code": app.code()})).status == 303


async def test_of_sixty_parallel_wrong_codes_five_are_verified(database: Database, strict: Site) -> None:
    await strict.browser().sign_in()
    app = strict.apps["olle"]
    olle = await forget(strict, "olle")
    answers = await asyncio.gather(*(olle.post("/login/second", {"code": app.wrong_code()}) for _ in range(60)))
    assert sorted(answer.status for answer in answers) == [403] * 5 + [429] * 55
    late = next(answer for answer in answers if answer.status == 429)
    assert "Vänta fem minuter" in await late.text() and 0 < int(late.headers["Retry-After"]) <= 300
    assert (await olle.post("/login/second", {"code": app.code()})).status == 429
    await as_owner(database, "update factor_tries set began_at = began_at - interval '5 minutes'")
    assert (await olle.post("/login/second", {"code": app.code()})).status == 303


async def test_strangers_use_up_no_tries_of_a_session(storstad: NightTown, strict: Site) -> None:
    inside = await strict.signed_in()
    app, stranger = strict.apps["olle"], await forget(strict, "olle")
    for _ in range(6):
        await stranger.post("/login/second", {"code": app.wrong_code()})
    await storstad.set_clock(TWO + timedelta(minutes=20))
    await inside.get("/account/confirm")
    assert (await inside.post("/account/confirm", {"code": app.code()})).status == 303
    assert timeline.SecondFactorRefused(storstad.users["olle"], "new") in await lines(storstad)


async def test_a_recovery_code_is_good_once(storstad: NightTown, strict: Site) -> None:
    await strict.browser().sign_in()
    code = strict.apps["olle"].paper.pop()
    typed = code.lower().replace("-", " ")
    assert (await (await forget(strict, "olle")).post("/login/second", {"code": typed})).status == 303
    assert (await (await forget(strict, "olle")).post("/login/second", {"code": code})).status == 403
    assert timeline.RecoveryCodeUsed(storstad.users["olle"], 9) in await lines(storstad)


@pytest.mark.parametrize("code", ["", "0", "abcdef", "１２３４５６", "A" * 16, "-" * 90, "\x00"])
async def test_whatever_is_typed_as_a_code_is_refused(strict: Site, code: str) -> None:
    await strict.browser().sign_in()
    refused = await (await forget(strict, "olle")).post("/login/second", {"code": code})
    assert refused.status in (400, 403)


async def test_nobody_reads_secrets_but_the_sign_in(database: Database, strict: Site, storstad: NightTown) -> None:
    await strict.browser().sign_in()
    tables = ("passkeys", "used_codes", "recovery_codes", "factor_tries", "pending_sign_ins", "offered_secrets")
    questions = ["select totp_secret from users", *(f"select * from {table}" for table in tables)]
    for dsn in (database.worker, database.web, database.sign_in):
        connection = await asyncpg.connect(dsn)
        for question in (*questions, "select * from passkey_challenges", "select * from try_code()"):
            with pytest.raises(asyncpg.PostgresError) as refused:
                await connection.fetch(question)
            assert refused.value.sqlstate == "42501", question
        await connection.close()


# ---- before papers and changes ----


async def test_a_reserve_list_asks_again_after_ten_minutes(storstad: NightTown, strict: Site) -> None:
    await reserve_lists.make_reserve_list(storstad.memory, storstad.area, NIGHT, actor="evening")
    olle, path = await strict.signed_in(), f"/reserve/{storstad.area}/{NIGHT}"
    assert (await olle.get(path, follow=False)).status == 200
    await storstad.set_clock(TWO + timedelta(minutes=12))
    asked = await olle.get(path, follow=False)
    assert (asked.status, asked.headers["Location"]) == (303, f"/account/confirm?next={path}")
    assert (await olle.get("/d/i5f3a0c1e", follow=False)).headers["Location"].startswith("/account/confirm")
    assert (await olle.get("/", follow=False)).status == 200, "the board does not"
    await olle.get(asked.headers["Location"])
    shown = await olle.post("/account/confirm", {"code": strict.apps["olle"].code(), "next": path})
    assert (shown.status, shown.headers["Location"]) == (303, path)
    assert "Storgatan 1 B" in await olle.text(path)


async def test_the_demo_does_not_ask(storstad: NightTown, pages: Site) -> None:
    await reserve_lists.make_reserve_list(storstad.memory, storstad.area, NIGHT, actor="evening")
    olle = await pages.signed_in()
    assert (await olle.get(f"/reserve/{storstad.area}/{NIGHT}", follow=False)).status == 200


async def test_factors_change_only_after_a_fresh_one(storstad: NightTown, strict: Site) -> None:
    olle = await strict.signed_in()
    await storstad.set_clock(TWO + timedelta(minutes=12))
    assert "Kodapp" in await olle.text("/account/factors")
    for path, data in (("/remove", {"passkey": ""}), ("/codes", {}), ("/app", {"code": "123456"})):
        asked = await olle.post(f"/account/factors{path}", data)
        assert asked.headers["Location"].startswith("/account/confirm"), path
    assert (await olle.get("/account/factors/app", follow=False)).headers["Location"].startswith("/account/confirm")


async def test_the_last_factor_stays_where_one_is_required(strict: Site) -> None:
    olle = await strict.signed_in()
    assert "Ta bort" not in await olle.text("/account/factors")
    assert (await olle.post("/account/factors/remove", {"passkey": ""})).status == 409
    assert "Kodapp" in await olle.text("/account/factors")


async def test_new_recovery_codes_void_the_old_ones(strict: Site) -> None:
    olle = await strict.signed_in()
    old = strict.apps["olle"].paper.pop()
    await olle.get("/account/factors")
    assert "Återställningskoder" in await (await olle.post("/account/factors/codes")).text()
    assert (await (await forget(strict, "olle")).post("/login/second", {"code": old})).status == 403


async def test_few_recovery_codes_are_said(strict: Site) -> None:
    olle = await strict.signed_in()
    for _ in range(7):
        code = strict.apps["olle"].paper.pop()
        assert (await (await forget(strict, "olle")).post("/login/second", {"code": code})).status == 303
    assert "3 återställningskoder kvar. Gör nya i tid." in await olle.text("/account/factors")


async def test_removing_a_factor_ends_the_other_sessions(storstad: NightTown, pages: Site) -> None:
    olle, other = await pages.signed_in(), await pages.signed_in()
    app = CodeApp()
    await olle.get("/account/factors")
    await olle.enrol(app, "/account/factors")
    assert (await other.get("/", follow=False)).status == 303, "it was begun without"
    pages.apps["olle"] = app
    other = await pages.signed_in()
    await olle.get("/account/factors")
    assert (await olle.post("/account/factors/remove", {"passkey": ""})).status == 303
    assert (await other.get("/", follow=False)).status == 303
    assert (await olle.get("/", follow=False)).status == 200
    assert (await pages.browser().give_password()).headers["Location"] == "/"
    assert [type(line) for line in await lines(storstad)][-1] is timeline.SecondFactorRemoved
