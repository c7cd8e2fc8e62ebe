"""``fjarrtillsyn why``: a whole case in order, found by any of its ids or numbers, with nobody's name in it."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from alarm_center.casework import cases
from alarm_center.casework.case_report import UnknownCase, explain_case
from alarm_center.clockwork import Clockwork
from alarm_center.core.alarm import alarm_events
from alarm_center.core.check.check_events import Cancel
from alarm_center.store.memory import Memory
from schemas.vocabulary import Answer, CancelReason, Instead, Outcome, Priority, Reason
from tests.support.busy_town import busy_town, finds, found, open_check
from tests.support.by_hand import raise_manual_alarm
from tests.support.postgres import Database
from tests.support.town import a_town, freeze, move, rows, run, value
from tests.support.viewers import viewer_in

NOON = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    memory = await Memory.open(database.worker)
    yield memory
    await memory.close()


async def a_fall(memory: Memory, org: str = "vik") -> tuple[UUID, UUID, int]:
    """A check found somebody on the floor; a carer has been asked. Return check, alarm and case number."""
    check_id = await open_check(memory, await found(memory, org))
    await finds(memory, org, check_id, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await Clockwork(memory).cycle()
    (alarm,) = await rows(memory, "select alarm_id, case_no from alarms")
    return check_id, alarm["alarm_id"], alarm["case_no"]


def in_order(text: str) -> list[str]:
    """Return what happened, without its times."""
    return [line.split("Z)  ", 1)[1] for line in text.split("in order:\n")[1].splitlines()]


async def test_a_case_is_told_the_same_by_every_way_of_naming_it(memory: Memory) -> None:
    check_id, alarm_id, case_no = await a_fall(memory)
    await run(memory, "select clock.freeze(clock.now())")
    by_alarm = await explain_case(memory, str(alarm_id))
    for name in (str(check_id), str(check_id)[:13], str(alarm_id)[:13], f" {str(alarm_id).upper()} ", str(case_no)):
        assert await explain_case(memory, name) == by_alarm, name


async def test_it_says_what_happened_in_order(memory: Memory) -> None:
    check_id, alarm_id, case_no = await a_fall(memory)
    notice_id = await value(memory, "select notice_id from notices")
    await move(memory, timedelta(seconds=40))
    for event in (
        alarm_events.Took(notice_id),
        alarm_events.Arrived(notice_id),
        alarm_events.Done(notice_id, Outcome.HELPED_UP),
    ):
        await cases.apply_to_alarm(memory, alarm_id, event, actor="carer")
        await move(memory, timedelta(minutes=5))
    told = await explain_case(memory, str(case_no))
    said = in_order(told)
    order = [
        "event    check_planned by planning",
        "attempt  1 of",
        "event    check_opened by clockwork",
        "event    finding by",
        "event    alarm_opened by",
        "event    asked by",
        "notice   ",
        "message  ",
        "event    accepted by carer",
        "event    on_site by carer",
        "event    closed by carer",
    ]
    # Those of one instant come in the order of the kinds: what is looked for is that none stands before its cause.
    first = [next(n for n, line in enumerate(said) if line.startswith(start)) for start in order]
    assert first[0] < first[2] < first[3] < first[8] < first[9] < first[10]
    assert all(place >= first[3] for place in first[4:])
    assert any(line.startswith("session  s1 committed") for line in said)
    assert f"case {case_no}: alarm something_wrong prio 1, closed, active" in told
    assert f"check {check_id} in vik area 3 resident 1" in told
    assert "attempt 1 scheduled answered" in told
    assert re.search(r"  closed .* by .*: helped_up", told)


async def test_the_two_half_past_twos_of_autumn_differ_in_utc(
    memory: Memory,
) -> None:
    town = await a_town(memory, residents=1, times=("02:30",), at=datetime(2026, 10, 24, 12, 0, tzinfo=UTC))
    for at in (datetime(2026, 10, 25, 0, 40, tzinfo=UTC), datetime(2026, 10, 25, 1, 40, tzinfo=UTC)):
        await freeze(memory, at)
        await run(memory, "update devices set last_heard_at = clock.now()")
        await Clockwork(memory).cycle()
    check_id = await value(
        memory, "select check_id from checks where resident_id = $1 order by opens_at", town.residents[1]
    )
    told = await explain_case(memory, str(check_id))
    assert "now 2026-10-25 02:40:00 CET (01:40:00.000Z)" in told
    assert re.search(r"2026-10-25 02:40:00 CEST \(00:40:00\.000Z\)  event    check_opened", told)


async def test_leases_and_steps_that_are_overdue_are_called_so(memory: Memory) -> None:
    _, alarm_id, _ = await a_fall(memory)
    user = uuid4()
    await cases.apply_to_alarm(memory, alarm_id, alarm_events.ClaimCase(user), actor=str(user))
    assert re.search(rf"lease of {user} until ", await explain_case(memory, str(alarm_id)))
    await move(memory, timedelta(minutes=10))
    told = await explain_case(memory, str(alarm_id))
    assert f"lease of {user} LAPSED at" in told
    assert re.search(r"next step .* OVERDUE by \d{3} s", told)


async def test_why_finds_a_check_and_its_visit_from_either(memory: Memory) -> None:
    town = await a_town(memory, residents=1, at=NOON)
    check_id = await value(memory, "select check_id from checks order by opens_at limit 1")
    await cases.apply_to_check(memory, check_id, Cancel(CancelReason.PAUSE_GUESTS, Instead.VISIT, "anna"), actor="anna")
    visit = await value(memory, "select alarm_id from alarms")
    for name in (str(check_id), str(visit)):
        told = await explain_case(memory, name)
        assert "visit, open" in told
        assert f"check {check_id}" in told
        assert "cancel_reason=pause_guests instead=visit agreed_by=anna" in told
    assert town.org in told


async def test_why_shows_every_kind_of_row_and_no_personal_data(memory: Memory) -> None:
    _, alarm_id, _ = await a_fall(memory)
    await run(memory, "update residents set name = 'Astrid Hemlig', address = 'Hemliga gatan 7', phone = '+4684650099'")
    notice = (await rows(memory, "select notice_id, phone from notices"))[0]
    at = await memory.now()
    for statement, *values in (
        (
            "insert into replies (provider, provider_id, org, phone, sender, body, received_at, alarm_id, notice_id, meaning)"
            " values ('phone', 'r1', 'vik', $2, '+1', 'Astrid Hemlig svarar inte', $3, $1, $4, 'free_text')",
            alarm_id, notice["phone"], at, notice["notice_id"],
        ),
        (
            "insert into looks (org, alarm_id, user_id, kind, clear, reason, began_at, ended_at)"
            " values ('vik', $1, $2, 'live', true, 'Hemlig orsak', $3, $3)",
            alarm_id, uuid4(), at,
        ),
        (
            "insert into commands (command_id, org, device_id, kind, case_id, alarm_id, seconds, show, asked_by, created_at,"
            " opens_at, expires_at) values ($2, 'vik', 'vik-1', 'live', $1, $1, 10, 'always', 'u', $3, $3, $3)",
            alarm_id, uuid4(), at,
        ),
        ("update alarms set note = 'Hemlig anteckning' where alarm_id = $1", alarm_id),
        ("update messages set sent_at = $2, delivered_at = $2, sent_twice = true where alarm_id = $1", alarm_id, at),
    ):  # fmt: skip
        await run(memory, statement, *values)
    token = await value(memory, "select token from notices limit 1")
    told = await explain_case(memory, str(alarm_id))
    kinds = {line.split()[0] for line in in_order(told)}
    assert kinds == {"event", "attempt", "session", "command", "notice", "message", "reply", "look"}
    assert "reply    of Patrull 1: free_text, 25 characters, not seen" in told
    assert "sent PERHAPS TWICE" in told
    for secret in ("Hemlig", "Hemliga", "+46", token, "natt.kommun.se"):
        assert secret not in told, secret


async def test_a_reused_case_number_means_the_newest_case(memory: Memory) -> None:
    await busy_town(memory, "vik")
    old = await value(memory, "select alarm_id from alarms order by opened_at limit 1")
    resident_id = await value(memory, "select resident_id from residents")
    await move(memory, timedelta(days=40))
    newer = await raise_manual_alarm(memory, resident_id, Priority.SECOND, actor="anna")
    await run(memory, "update alarms set case_no = 4900 where alarm_id = any ($1)", [old, newer.alarm_id])
    told = await explain_case(memory, "4900")
    if newer.alarm_id == old:
        pytest.fail("the test needs two cases")
    newest = await value(memory, "select alarm_id from alarms where case_no = 4900 order by opened_at desc limit 1")
    assert f"alarm {newest} in vik" in told
    assert "case number 4900: the newest; it was also" in told


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("1234", "there is no check or alarm with that id, and no case with that number"),
        ("0000beef", "there is no check or alarm with that id"),
        (str(UUID(int=7)), "there is no check or alarm with that id"),
        ("", "give an id, at least four characters of its beginning, or a case number"),
        ("abc", "at least four characters"),
        ("'; drop table checks", "no check, alarm or case number looks like that"),
        ("%%%%", "looks like that"),
        ("²³²³", "looks like that"),
        ("x" * 10_000, "looks like that"),
    ],
)
async def test_what_is_unknown_is_said_clearly(memory: Memory, asked: str, says: str) -> None:
    with pytest.raises(UnknownCase, match=re.escape(says)):
        await explain_case(memory, asked)


async def test_a_beginning_of_several_ids_names_them(memory: Memory) -> None:
    await a_town(memory, residents=1, at=NOON)
    ids = [UUID(f"beef0000-0000-4000-8000-00000000000{n}") for n in (1, 2)]
    both: list[Any] = await rows(memory, "select check_id from checks order by opens_at limit 2")
    for new, row in zip(ids, both, strict=True):
        await run(memory, "delete from attempts where check_id = $1", row["check_id"])
        await run(memory, "update checks set check_id = $2 where check_id = $1", row["check_id"], new)
    with pytest.raises(UnknownCase, match=f"several: check {ids[0]}, check {ids[1]}; give more of it"):
        await explain_case(memory, "beef")
    assert f"check {ids[0]}" in await explain_case(memory, str(ids[0]))


async def test_another_towns_case_is_unknown(memory: Memory, database: Database) -> None:
    check_id, alarm_id, case_no = await a_fall(memory)
    web = await Memory.open(database.web)
    try:
        assert str(check_id) in await explain_case(web, str(alarm_id), await viewer_in(memory, "vik"))
        for name in (str(check_id), str(alarm_id), str(case_no)):
            with pytest.raises(UnknownCase):
                await explain_case(web, name, await viewer_in(memory, "berg"))
    finally:
        await web.close()
