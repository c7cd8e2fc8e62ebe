"""A camera that is exchanged or taken down: no resident whose checks hang on one is left without it on one person's word."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from alarm_center.casework import mountings
from alarm_center.core.roles import Right
from alarm_center.preparation import planning
from alarm_center.preparation.reconciliation import reconcile_town
from schemas.vocabulary import Role
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site, site
from tests.support.viewers import viewer_in
from tests.web.test_mounting import CODE, claim, device_hears, installer

NOON = TWO + timedelta(hours=10)


@pytest_asyncio.fixture
async def here(database: Database) -> AsyncIterator[NightTown]:
    """Three homes by day; Petra and Paul arrange."""
    async with town(database, residents=3, operator_sees=()) as storstad:
        paul = {"login": "paul", "name": "Paul Planerare", "roles": ["coordinator"], "password_hash": PASSWORD_HASH}
        await storstad.extend(users=[paul])
        await storstad.set_clock(NOON)
        await planning.plan_all_towns(storstad.memory)
        yield storstad


@pytest_asyncio.fixture
async def pages(here: NightTown) -> AsyncIterator[Site]:
    async with site(here) as running:
        yield running


async def act(here: NightTown, browser: Browser, deed: str, number: int = 1) -> int:
    """Send what a person says of the camera of a home; return the status."""
    path = f"/residents/{here.residents[number]}/retire"
    await browser.get(path)
    revision = await here.value("select revision from residents where resident_id = $1", here.residents[number])
    return (await browser.post(path, {"device": f"cam{number}", "deed": deed, "revision": str(revision)})).status


async def device_of(here: NightTown, number: int = 1) -> str | None:
    found: str | None = await here.value("select device_id from devices where resident_id = $1", here.residents[number])
    return found


async def looks(here: NightTown, number: int = 1) -> list[str]:
    """Return what the resident's coming checks are."""
    found: list[str] = await here.value(
        """
        select coalesce(array_agg(distinct concat_ws(' ', state, instead)), '{}') from checks where resident_id = $1 and opens_at > clock.now()
        """,
        here.residents[number],
    )
    return sorted(found)


async def piece_state(here: NightTown, device: str) -> str:
    state: str = await here.value("select state from equipment where (org, device_id) = ($1, $2)", here.org, device)
    return state


# ---- taken down ----


async def test_no_one_person_takes_a_camera_from_running_checks(here: NightTown, pages: Site) -> None:
    petra, paul = await pages.signed_in("petra"), await pages.signed_in("paul")
    page = await petra.text(f"/residents/{here.residents[1]}/retire?device=cam1")
    assert "Kameran cam1 sitter hos Astrid Lund, Storgatan 1 B." in page and "Beslutet gäller: B1" in page
    assert "I natt ska kameran titta 23:00, 02:00 och 05:00." in page and "Det krävs två" in page
    assert await act(here, petra, "confirm") == 409, "nobody has asked"
    assert await act(here, petra, "ask") == 303 and await act(here, petra, "ask") == 303
    assert await here.value("select count(*) from retirements") == 1, "sent twice, it is asked once"
    assert await device_of(here) == "cam1"
    assert await act(here, petra, "confirm") == 409, "one's own word is not a second"
    assert "Kameran cam1 ska tas ner hos Astrid Lund." in await paul.text("/todo")
    page = await paul.text(f"/residents/{here.residents[1]}/retire?device=cam1")
    assert "Petra" in page and "sitter hos Astrid Lund, Storgatan 1 B." in page and "Beslutet gäller: B1" in page
    assert await act(here, paul, "confirm") == 303
    assert await device_of(here) is None and await piece_state(here, "cam1") == "stock"
    assert await act(here, paul, "confirm") == 409, "sent twice, it is over"
    await planning.plan_all_towns(here.memory)
    assert await looks(here) == ["cancelled visit"], "tonight and the coming nights"
    await reconcile_town(here.memory, here.org)
    assert "Astrid Lund ska ha tillsyn med kamera men ingen kamera är kopplad." in await paul.text("/todo")
    assert await here.value("select endangers from discrepancies where code = 'device_missing'") is True


async def lines(here: NightTown) -> list[str]:
    """Return the lines of devices taken down and exchanged, in order, each with its device."""
    found: list[str] = await here.value(
        """
        select coalesce(array_agg(concat_ws(' ', kind, device_id, data ->> 'by_two', data ->> 'replaced') order by id), '{}') from events
        where kind in ('retirement_asked', 'retirement_withdrawn', 'device_retired', 'camera_exchanged')
        """
    )
    return found


async def test_each_step_of_a_device_taken_down_is_a_line(here: NightTown, pages: Site) -> None:
    petra, paul = await pages.signed_in("petra"), await pages.signed_in("paul")
    for who, deed in ((petra, "ask"), (paul, "ask"), (petra, "withdraw"), (petra, "withdraw"), (petra, "ask")):
        assert await act(here, who, deed) == 303, deed
    assert await act(here, petra, "confirm") == 409
    assert await act(here, paul, "confirm") == 303
    asked, taken_back = "retirement_asked cam1", "retirement_withdrawn cam1"
    assert await lines(here) == [asked, taken_back, asked, "device_retired cam1 true"]


async def test_a_request_is_void_after_another_change(here: NightTown, pages: Site) -> None:
    petra, paul = await pages.signed_in("petra"), await pages.signed_in("paul")
    await act(here, petra, "ask")
    await here.execute("update residents set revision = revision + 1 where resident_id = $1", here.residents[1])
    assert await act(here, paul, "confirm") == 409 and await device_of(here) == "cam1"
    assert await act(here, paul, "withdraw") == 303
    assert await act(here, paul, "confirm") == 409, "nothing waits"
    assert await act(here, paul, "nonsense") == 400
    path = f"/residents/{here.residents[1]}/retire"
    assert (await paul.post(path, {"device": "cam2", "deed": "ask", "revision": "0"})).status in (404, 409), (
        "another home's"
    )


async def test_the_register_takes_no_mounted_camera_down(here: NightTown, pages: Site) -> None:
    """Linköping: the wrong inventory number, and three silent months."""
    petra = await pages.signed_in("petra")
    piece: UUID = await here.value("select equipment_id from equipment where number = 'cam1'")
    assert "Astrid Lund" in await petra.text(f"/equipment/{piece}")
    for goal in ("stock", "repair", "lost", "wiped", "scrapped"):
        assert (
            await petra.post(f"/equipment/{piece}/move", {"goal": goal, "revision": "0", "sure": "1"})
        ).status == 409
    assert await device_of(here) == "cam1" and await piece_state(here, "cam1") == "mounted"


async def test_the_database_itself_refuses_one_person(here: NightTown) -> None:
    planner = await viewer_in(here.memory, here.org, right=Right.ARRANGE, role=Role.COORDINATOR)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with here.planner.transaction(planner) as tx:
            await tx.execute("update devices set resident_id = null where device_id = 'cam1'")
    assert await device_of(here) == "cam1"


async def test_where_nothing_hangs_on_it_one_person_is_enough(here: NightTown, pages: Site) -> None:
    await here.execute("delete from checks where resident_id = $1", here.residents[1])
    await here.execute("delete from decisions where resident_id = $1", here.residents[1])
    petra = await pages.signed_in("petra")
    assert "Du tar ner den ensam." in await petra.text(f"/residents/{here.residents[1]}/retire")
    assert await act(here, petra, "ask") == 303 and await device_of(here) is None


@pytest.mark.parametrize("seed", range(3))
async def test_no_sequence_leaves_somebody_unseen_and_untold(here: NightTown, pages: Site, seed: int) -> None:
    drawn = random.Random(seed)
    people = [await pages.signed_in(login) for login in ("petra", "paul")]
    for _ in range(12):
        who, number = drawn.choice(people), drawn.choice((1, 2))
        match drawn.choice(("ask", "confirm", "withdraw", "exchange", "register")):
            case "exchange":
                await exchange(here, who, drawn.choice(("broken", "other")), number)
            case "register":
                piece = await here.value("select equipment_id from equipment where number = $1", f"cam{number}")
                await who.post(f"/equipment/{piece}/move", {"goal": "stock", "revision": "0", "sure": "1"})
            case deed:
                await act(here, who, deed, number)
    await planning.plan_all_towns(here.memory)
    await reconcile_town(here.memory, here.org)
    for number in (1, 2):
        told = await here.value(
            "select count(*) from discrepancies where code = 'device_missing' and endangers and resident_id = $1",
            here.residents[number],
        )
        asked = "select count(distinct asked_by) + count(distinct confirmed_by) from retirements where resident_id = $1 and confirmed_at is not null"
        if await device_of(here, number) is None:
            assert told == 1 and "planned" not in await looks(here, number)
            assert await here.value(asked, here.residents[number]) == 2


# ---- exchanged ----


async def exchange(here: NightTown, browser: Browser, why: str, number: int = 1, day: str = "2026-11-22") -> int:
    path = f"/residents/{here.residents[number]}/exchange"
    await browser.get(path)
    return (await browser.post(path, {"why": why, "due_on": day})).status


async def to_the_look(here: NightTown, pages: Site) -> tuple[Browser, str]:
    """Let an installer go on with the exchange until the new camera has come by its code; return their browser and the mounting's path."""
    job = f"/mountings/{await here.value('select mounting_id from mountings')}"
    browser = await installer(here, pages)
    for step, form in (("begin", {}), ("answer/consent", {}), ("code", {"code": CODE})):
        assert (await browser.post(f"{job}/{step}", form)).status == 303
    assert (await claim(pages))[0] == 200
    await device_hears(here)
    return browser, job


async def test_a_broken_camera_is_exchanged_with_visits_meanwhile(here: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    page = await petra.text(f"/residents/{here.residents[1]}/exchange")
    assert "Kameran cam1 hos Astrid Lund byts mot en annan." in page and "Beslutet gäller: B1" in page
    assert await exchange(here, petra, "") == 400 and await exchange(here, petra, "broken", day="2026-11-01") == 400
    assert await exchange(here, petra, "broken") == 303
    await planning.plan_all_towns(here.memory)
    assert await looks(here) == ["cancelled visit"] and await device_of(here) == "cam1"
    await here.execute(
        "insert into device_logins (org, device_id, password_hash, made_at) values ($1, 'cam1', '$7$x', clock.now())",
        here.org,
    )
    browser, job = await to_the_look(here, pages)
    new = await device_of(here)
    assert new is not None and new.startswith("cam-") and await here.value("select count(*) from device_logins") == 2
    await here.execute(
        """update mountings set step = 'trial', said = '{"bed": {}, "lamp": {}, "trial": {"ok": true}, "empty": {"ok": true}}'"""
    )
    assert (await browser.post(f"{job}/answer/trial")).status == 303
    assert await here.value("select array_agg(device_id) from device_logins") == [new], "the old one's password is void"
    assert (await piece_state(here, "cam1"), await piece_state(here, new)) == ("repair", "mounted")
    await mountings.tell_devices(here.memory)
    await planning.plan_changed(here.memory)
    assert await looks(here) == ["planned"], "the new one looks"
    by = "select array_agg(distinct device_id) from checks where resident_id = $1 and state = 'planned'"
    assert await here.value(by, here.residents[1]) == [new]
    assert await here.value("select config -> 'withdrawn' from devices where device_id = 'cam1'") is True
    assert await lines(here) == [f"camera_exchanged {new} cam1"]


@pytest.mark.parametrize(("deed", "form"), [("stop", {"why": "said_no"}), ("wrong-room", {})])
async def test_an_exchange_that_stops_leaves_the_old_camera(
    here: NightTown, pages: Site, deed: str, form: dict[str, str]
) -> None:
    petra = await pages.signed_in("petra")
    assert await exchange(here, petra, "other") == 303
    profile = await here.value("select profile from devices where device_id = 'cam1'")
    await planning.plan_all_towns(here.memory)
    assert "planned" in await looks(here), "it looks while the exchange waits"
    browser, job = await to_the_look(here, pages)
    assert await device_of(here) != "cam1"
    await browser.post(f"{job}/{deed}", form)
    assert await device_of(here) == "cam1" and await piece_state(here, "cam1") == "mounted"
    assert await here.value("select profile from devices where device_id = 'cam1'") == profile
    await mountings.tell_devices(here.memory)
    assert await here.value("select config -> 'withdrawn' from devices where device_id = 'cam1'") is not True


async def test_an_exchange_out_of_time_leaves_the_old_camera(here: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    await exchange(here, petra, "warranty")
    await to_the_look(here, pages)
    await here.set_clock(NOON + timedelta(minutes=29))
    await mountings.tell_devices(here.memory)
    assert await device_of(here) != "cam1", "the half hour is not over"
    await here.set_clock(NOON + timedelta(minutes=31))
    await mountings.tell_devices(here.memory)
    assert await device_of(here) == "cam1"
    assert await here.value("select step from mountings") == "code", "begun again, it goes on there"


@pytest.mark.parametrize(("why", "where"), [("broken", "lämnas på reparation"), ("other", "till lagret")])
async def test_the_installer_is_told_of_the_old_camera(here: NightTown, pages: Site, why: str, where: str) -> None:
    petra = await pages.signed_in("petra")
    await exchange(here, petra, why)
    job = f"/mountings/{await here.value('select mounting_id from mountings')}"
    browser = await installer(here, pages)
    jobs = await browser.text("/mountings")
    assert "Byte av kamera. Den gamla ska tas med" in jobs and where in jobs
    for step in ("begin", "answer/consent"):
        await browser.post(f"{job}/{step}")
    page = await browser.text(job)
    assert "Byte av kamera. Den gamla ska tas med" in page and where in page and "Koden står på den nya." in page


async def test_a_mounting_of_a_first_camera_is_no_exchange(here: NightTown, pages: Site) -> None:
    await here.execute("update devices set last_heard_at = null where device_id = 'cam1'")
    petra = await pages.signed_in("petra")
    await petra.post(f"/residents/{here.residents[1]}/mounting", {"due_on": "2026-11-22"})
    assert "Byte av kamera" not in await (await installer(here, pages)).text("/mountings")


# ---- called off ----


async def test_an_exchange_called_off_has_the_looks_owed_again(here: NightTown, pages: Site) -> None:
    petra, path = await pages.signed_in("petra"), f"/residents/{here.residents[1]}/exchange"
    assert "Ångra bytet" not in await petra.text(path)
    assert (await petra.post(path, {"deed": "call_off"})).status == 409, "there is none"
    await exchange(here, petra, "broken")
    await planning.plan_all_towns(here.memory)
    assert await looks(here) == ["cancelled visit"]
    page = await petra.text(path)
    assert "Ångra bytet" in page and "kameran tittar igen från nästa tid" in page and "sitter kvar" in page
    assert (await petra.post(path, {"deed": "call_off"})).status == 303
    await planning.plan_changed(here.memory)
    assert await looks(here) == ["planned"] and await device_of(here) == "cam1"
    assert (await petra.post(path, {"deed": "call_off"})).status == 409, "sent twice, it is over"
    assert await here.value("select stopped_for from mountings") == "called_off"
    assert "Ångrade bytet av kamera" in await petra.text(f"/residents/{here.residents[1]}")
    assert "ångrat" in await petra.text(f"/residents/{here.residents[1]}")
    assert "Astrid Lund" not in await (await installer(here, pages)).text("/mountings"), "nobody's job"
    assert await exchange(here, petra, "broken") == 303, "it may be given anew"
    await planning.plan_changed(here.memory)
    assert await looks(here) == ["cancelled visit"]


async def test_what_an_installer_has_begun_is_not_called_off(here: NightTown, pages: Site) -> None:
    petra, path = await pages.signed_in("petra"), f"/residents/{here.residents[1]}/exchange"
    await exchange(here, petra, "broken")
    job = f"/mountings/{await here.value('select mounting_id from mountings')}"
    browser = await installer(here, pages)
    await browser.post(f"{job}/begin")
    assert "Ångra bytet" not in await petra.text(path)
    answer = await petra.post(path, {"deed": "call_off"})
    assert answer.status == 409 and "Någon har redan börjat bytet" in await answer.text()
    await browser.post(f"{job}/stop", {"why": "called_off"})
    assert await here.value("select stopped_for from mountings") == "said_no", "no word of an installer's"


async def test_the_database_lets_a_page_end_no_other_mounting(here: NightTown, pages: Site) -> None:
    await exchange(here, await pages.signed_in("petra"), "other")
    planner = await viewer_in(here.memory, here.org, right=Right.ARRANGE, role=Role.COORDINATOR)
    for edit in (
        "step = 'done', ended_at = clock.now()",
        "step = 'trial'",
        "step = 'stopped', stopped_for = 'said_no', ended_at = clock.now()",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with here.planner.transaction(planner) as tx:
                await tx.execute(f"update mountings set {edit}")
    await here.execute("update mountings set begun_at = clock.now()")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with here.planner.transaction(planner) as tx:
            await tx.execute(
                "update mountings set step = 'stopped', stopped_for = 'called_off', ended_at = clock.now()"
            )


async def test_the_installer_says_which_piece_it_is(here: NightTown, pages: Site) -> None:
    await here.execute(
        "insert into equipment (org, number, kind, state) values ('storstad', 'INV-7', 'camera', 'stock')"
    )
    await here.execute(
        "insert into equipment (org, number, kind, state) values ('storstad', 'INV-8', 'camera', 'lost')"
    )
    petra = await pages.signed_in("petra")
    await exchange(here, petra, "warranty")
    job = f"/mountings/{await here.value('select mounting_id from mountings')}"
    browser = await installer(here, pages)
    for step in ("begin", "answer/consent"):
        await browser.post(f"{job}/{step}")
    for number in ("nothing", "INV-8", "cam1", "cam2"):
        answer = await browser.post(f"{job}/code", {"code": CODE, "number": number})
        assert answer.status == 409, number
        assert CODE in await answer.text(), "what was typed stays"
    assert (await claim(pages))[0] == 202, "the code is not offered either"
    assert (await browser.post(f"{job}/code", {"code": CODE, "number": " inv-7"})).status == 303
    assert (await claim(pages))[0] == 200
    new = await device_of(here)
    linked = "select concat_ws(' ', number, state) from equipment where device_id = $1"
    assert await here.value(linked, new) == "INV-7 mounted"
    assert await here.value("select count(*) from equipment where number = $1", new) == 0, "no second row for it"
    await browser.post(f"{job}/code", {"code": "NPQR-TUVW-XY", "number": "INV-7"})
    assert (await claim(pages, "NPQR-TUVW-XY"))[0] == 200
    assert await here.value(linked, new) == "INV-7 mounted", "said again, it stays"
    await browser.post(f"{job}/stop", {"why": "said_no"})
    assert await here.value(linked, new) == "INV-7 stock" and await piece_state(here, "cam1") == "mounted"


async def test_a_second_code_without_a_number_is_another_piece(here: NightTown, pages: Site) -> None:
    """The first camera is back in stock; a code that is never claimed changes nothing of it."""
    await here.execute(
        "insert into equipment (org, number, kind, state) values ('storstad', 'INV-7', 'camera', 'stock')"
    )
    petra = await pages.signed_in("petra")
    await exchange(here, petra, "warranty")
    job = f"/mountings/{await here.value('select mounting_id from mountings')}"
    browser = await installer(here, pages)
    for step in ("begin", "answer/consent"):
        await browser.post(f"{job}/{step}")
    await browser.post(f"{job}/code", {"code": CODE, "number": "INV-7"})
    assert (await claim(pages))[0] == 200
    new = await device_of(here)
    register = "select string_agg(concat_ws(' ', number, state, device_id), ', ' order by number) from equipment where number in ('INV-7', $1)"
    for _ in range(2):
        await browser.post(f"{job}/code", {"code": "NPQR-TUVW-XY"})
        assert await here.value(register, new) == f"INV-7 mounted {new}"
    assert (await claim(pages, "NPQR-TUVW-XY"))[0] == 200
    both = sorted([f"{new} mounted {new}", "INV-7 stock"])
    assert sorted((await here.value(register, new)).split(", ")) == both
    await browser.post(f"{job}/code", {"code": "YXWV-UTRQ-PN"})
    assert (await claim(pages, "YXWV-UTRQ-PN"))[0] == 200, "a third, again without"
    assert sorted((await here.value(register, new)).split(", ")) == both


# ---- covered ----


async def covered_twice(here: NightTown) -> None:
    """Let the first home's camera have been covered on two nights, ten days apart."""
    await here.execute(
        """
        with two as (select check_id, row_number() over (order by opens_at)::int as n from checks where resident_id = $1 limit 2)
        update checks c set state = 'alarmed', reason = 'covered', next_step_at = null, ended_at = clock.now(),
            night = date '2026-11-20' - (10 * (two.n - 1)) from two where c.check_id = two.check_id
        """,
        here.residents[1],
    )


async def test_a_camera_covered_twice_is_a_task_with_a_day(here: NightTown, pages: Site) -> None:
    await covered_twice(here)
    await reconcile_town(here.memory, here.org)
    petra = await pages.signed_in("petra")
    page = await petra.text("/todo?all")
    assert page.count("Kameran hos Astrid Lund var täckt 2 av 14 nätter.") == 1
    assert (
        await here.value("select owner || ' ' || due_on from discrepancies where code = 'camera_covered'")
        == "coordinator 2026-11-25"
    )
    assert await here.value("select count(*) from discrepancies where code = 'camera_perhaps_unwanted'") == 0, (
        "one line"
    )
