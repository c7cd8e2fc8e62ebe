"""A mounting that is pushed: another camera at its end, two installers at once, rubbish for a code, and an answer that is none."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from alarm_center.casework.arrived_sessions import record_finding
from alarm_center.core.mounting import StopReason
from alarm_center.core.roles import Right
from alarm_center.identity import broker_passwords
from alarm_center.store import mounting_pages
from schemas.messages import Finding
from schemas.vocabulary import Answer, JudgePlace, Role
from tests.support.night_town import NightTown
from tests.support.site import Browser, Site
from tests.support.viewers import viewer_in
from tests.support.waiting import eventually
from tests.web.test_mounting import CODE, NOON, claim, device_hears, give, here, installer, mounted, pages

__all__ = ["here", "pages"]

OTHER_CODE = "ACDE-FGHJ-KN"


async def test_no_password_is_hashed_for_a_code_that_nobody_typed(pages: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_password: str) -> str:
        raise AssertionError("hashed for anybody")

    monkeypatch.setattr(broker_passwords, "password_hash", refuse)
    assert await claim(pages) == (202, {"wait": True})


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 900,
        b'{"code":' * 100,
        b'{"code": "ACDEFGHJKM"}' + b" " * 2000,
        b"\xff",
        b"",
        b"[]",
        b'{"code": null}',
        b'{"code": {}}',
    ],
    ids=["deep", "deep-objects", "long", "no-text", "empty", "list", "null", "object"],
)
async def test_rubbish_instead_of_a_code_is_told_so(pages: Site, body: bytes) -> None:
    headers = {"Content-Type": "application/json; charset=rot-13"}
    response = await pages.browser().client.post("/device/claim", data=body, headers=headers)
    assert response.status == 400
    assert (await response.json())["write"] == '{"code": "ABCD-EFGH-JK"}, at most 1000 bytes of JSON'


async def test_a_colleague_ends_no_mounting_in_hand(here: NightTown, pages: Site) -> None:
    """Both had the list on their screens; the one who was slower learns who is there, and may go on once the half hour is over."""
    job = await give(here, 1)
    first, second = await installer(here, pages), await installer(here, pages)
    await mounted(here, pages, first, job)
    name = await here.value("select u.name from mountings m join users u on u.user_id = m.installer")
    for act in ("begin", "stop"):
        response = await second.post(f"{job}/{act}", {"why": "not_let_in"})
        assert response.status == 303 and "held=" in response.headers["Location"]
        shown = await second.text(response.headers["Location"])
        assert f"{name} är redan där, till 12:30." in shown and "Astrid" not in shown
    assert await here.value("select ended_at is null and installer is not null from mountings")
    await here.set_clock(NOON + timedelta(minutes=30))
    assert "Astrid" in await second.text("/mountings")
    assert (await second.post(f"{job}/begin")).headers["Location"] == job
    assert "Lampan" in await second.text(job)
    assert (await first.post(f"{job}/ask/lamp")).status in {404, 409}, "it is the other one's now"


async def test_of_two_at_once_one_has_the_mounting(here: NightTown, pages: Site) -> None:
    """The stop has read the list before the colleague's begin is written, and waits for the row."""
    job = await give(here, 1)
    mounting = UUID(job.rpartition("/")[2])
    first, second = [await viewer_in(here.memory, "storstad", role=Role.INSTALLER, right=Right.MOUNT) for _ in range(2)]

    async def late_stop() -> bool:
        async with here.web.transaction(second) as tx:
            return await mounting_pages.stop(tx, mounting, StopReason.NOT_LET_IN)

    async with here.web.transaction(first) as tx:
        assert await mounting_pages.begin(tx, mounting)
        stopping = asyncio.create_task(late_stop())
        await eventually(lambda: here.value("select count(*) from pg_locks where not granted"))
    assert not await stopping
    assert await here.value("select ended_at is null from mountings")


async def tried(here: NightTown, pages: Site, browser: Browser, job: str) -> None:
    """Go from the lamp past the trial, which a detector has judged."""
    bed = {"x0": "30", "y0": "30", "x1": "70", "y1": "30", "x2": "70", "y2": "85", "x3": "30", "y3": "85", "head": "0"}
    for step, form in (
        ("lamp", {}),
        ("look", {}),
        ("bed", bed),
        ("sleepers", {"sleeper": "other_room"}),
        ("empty", {}),
    ):
        assert (await browser.post(f"{job}/answer/{step}", form)).status == 303
    await browser.post(f"{job}/ask/trial")
    device, command = await here.value("select array[device_id, asked_command::text] from mountings")
    finding = Finding(
        session_id=command,
        org="storstad",
        device=device,
        command_id=command,
        answer=Answer.NOT_SEEN,
        people=0,
        detector="d",
    )
    async with here.memory.transaction() as tx:
        await record_finding(tx, finding, Answer.NOT_SEEN, JudgePlace.CENTRE)
    assert (await browser.post(f"{job}/answer/trial")).status == 303


async def test_another_camera_goes_from_the_lamp_again(here: NightTown, pages: Site) -> None:
    """A code that is typed after the trial is of a camera that nobody has looked through."""
    job, browser = await give(here, 1), await installer(here, pages)
    await mounted(here, pages, browser, job)
    await tried(here, pages, browser, job)
    device, weekend = await here.value("select device_id from mountings"), {"name": "Petra", "phone": "070-174 06 11"}
    await browser.post(f"{job}/answer/weekend", weekend)
    assert "Papperet" in await browser.text(job)
    assert (await browser.post(f"{job}/code", {"code": OTHER_CODE})).status == 303
    assert (await claim(pages, OTHER_CODE))[1]["device"] == device, "it keeps its name"
    assert "Lampan" in await browser.text(job)
    said = await here.value("select said from mountings")
    assert said["sleepers"] == "other_room", "what was said of people stays"
    assert set(said) == {"sleepers", "weekend_name", "weekend_phone"}
    assert await here.value("select weekend_name from mountings") == "Petra"
    assert (await browser.post(f"{job}/answer/paper", {"signed": "oral"})).status == 409
    await device_hears(here)
    await tried(here, pages, browser, job)
    await browser.post(f"{job}/answer/weekend", weekend)
    await browser.post(f"{job}/answer/paper", {"signed": "oral"})
    assert await here.value("select step from mountings") == "done"


async def test_an_answer_of_the_camera_before_counts_for_none(here: NightTown, pages: Site) -> None:
    job, browser = await give(here, 1), await installer(here, pages)
    await mounted(here, pages, browser, job)
    await browser.post(f"{job}/answer/lamp")
    await here.execute("update mountings set step = 'trial'")
    await browser.post(f"{job}/ask/trial")
    device, command = await here.value("select array[device_id, asked_command::text] from mountings")
    await browser.post(f"{job}/code", {"code": OTHER_CODE})
    await claim(pages, OTHER_CODE)
    late = Finding(session_id="s", org="storstad", device=device, command_id=command, answer=Answer.NOT_SEEN, people=0)
    async with here.memory.transaction() as tx:
        await record_finding(tx, late, Answer.NOT_SEEN, JudgePlace.CENTRE)
    assert await here.value("select said from mountings") == {}


async def test_another_rooms_camera_takes_its_number_along(here: NightTown, pages: Site) -> None:
    """The code that is typed next, without a number, is not of the piece that was let go."""
    await here.execute("insert into equipment (org, number, kind, state) values ('storstad', 'K-1', 'camera', 'stock')")
    job, browser = await give(here, 1), await installer(here, pages)
    for step, form in (("begin", {}), ("answer/consent", {}), ("code", {"code": CODE, "number": "K-1"})):
        assert (await browser.post(f"{job}/{step}", form)).status == 303
    await claim(pages)
    piece = "select state from equipment where number = 'K-1'"
    assert await here.value(piece) == "mounted"
    await browser.post(f"{job}/wrong-room")
    assert await here.value(piece) == "stock"
    await browser.post(f"{job}/code", {"code": OTHER_CODE})
    assert (await claim(pages, OTHER_CODE))[0] == 200
    assert await here.value(piece) == "stock"


async def test_looks_that_nobody_may_judge_are_warned_of(here: NightTown, pages: Site) -> None:
    """Planner and installer read that each look would end in an alarm, and what to do; with a yes to the machine neither does."""
    warning = (
        "slutar varje tillsyn med kameran i ett larm. Lägg in besök i stället, eller fråga om automatisk bedömning."
    )
    job, browser = await give(here, 1), await installer(here, pages)
    petra, page = await pages.signed_in("petra"), f"/residents/{here.residents[1]}"
    await browser.post(f"{job}/begin")
    assert warning not in await browser.text(job) and warning not in await petra.text(page)
    says = "update consents set state = 'limited', shown_to_people = false, automatic = $2 where resident_id = $1"
    await here.execute(says, here.residents[1], "no")
    assert warning in await browser.text(job) and warning in await petra.text(page)
    await here.execute(says, here.residents[1], "yes")
    assert warning not in await browser.text(job)
    assert warning not in await petra.text(page)
    await here.execute("update plans set green_by = 'operator' where resident_id = $1", here.residents[1])
    assert warning in await petra.text(page), "nobody has signed for it"


async def test_the_towns_own_number_answers_by_one_tap(here: NightTown, pages: Site) -> None:
    """It is proposed with its number; where the town has none, a name and a number are demanded as before."""
    job, browser = await give(here, 1), await installer(here, pages)
    await mounted(here, pages, browser, job)
    await here.execute("update mountings set step = 'weekend'")
    await here.execute("update organisations set fixed_number = null")
    assert "Någon annan svarar" not in await browser.text(job)
    assert (await browser.post(f"{job}/answer/weekend", {"who": "town"})).status == 400, "nobody would answer"
    await here.execute("update organisations set name = 'Storstad', fixed_number = '+4684650401'")
    shown = await browser.text(job)
    assert "Storstad svarar" in shown and "Någon annan svarar" in shown
    for form, phone in (
        ({"who": "town"}, "+4684650401"),
        ({"name": "Petra", "phone": "070-174 06 11"}, "+46701740611"),
    ):
        assert (await browser.post(f"{job}/answer/weekend", form)).status == 303
        assert await here.value("select weekend_phone from mountings") == phone
        await here.execute("update mountings set step = 'weekend'")


async def test_who_sleeps_here_is_one_of_three_answers(here: NightTown, pages: Site) -> None:
    job, browser = await give(here, 1), await installer(here, pages)
    await mounted(here, pages, browser, job)
    await here.execute("update mountings set step = 'sleepers'")
    for form in ({}, {"sleeper": "the cat"}):
        response = await browser.post(f"{job}/answer/sleepers", form)
        assert response.status == 400 and "Välj ett av de tre svaren" in await response.text()
    assert await here.value("select step from mountings") == "sleepers"


async def test_the_first_look_that_is_told_is_no_visit(here: NightTown, pages: Site) -> None:
    job, viewer = await give(here, 1), await viewer_in(here.memory, "storstad", role=Role.INSTALLER, right=Right.MOUNT)

    async def told() -> datetime | None:
        async with here.web.transaction(viewer) as tx:
            row = await mounting_pages.mounting(tx, UUID(job.rpartition("/")[2]))
        assert row is not None
        return row.first_look

    first = await told()
    assert first is not None
    await here.execute(
        "update slots s set by_visit = true from checks c where c.slot_id = s.slot_id and c.resident_id = $1 and c.opens_at = $2",
        here.residents[1], first,
    )  # fmt: skip
    assert (
        await here.value("select state from checks where resident_id = $1 and opens_at = $2", here.residents[1], first)
        == "planned"
    )
    assert await told() != first
