"""A recorded session's effects in the database: a look for people, an alarm, the pictures that are kept or go."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.check.check_events import PersonSaid
from alarm_center.core.decision import IllegalMove
from alarm_center.devices.last_heard import LastHeard
from alarm_center.inbox import Inbox
from alarm_center.pictures import Pictures
from alarm_center.store.events import Cursor
from alarm_center.store.memory import Memory
from alarm_center.timeline import TimelineReader
from drawn_homes import draw
from schemas import topics, wire
from schemas.messages import Evidence, Finding, Frame, Picture, Session
from schemas.vocabulary import Answer, DeviceKind, Outcome, Priority, Reason
from tests.support import busy_town
from tests.support.by_hand import raise_manual_alarm
from tests.support.postgres import Database

ORG = "ost"


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def _value(memory: Memory, question: str, *values: object) -> Any:
    async with memory.transaction() as tx:
        return await tx.fetchval(question, *values)


async def test_a_session_without_frames_cannot_be_confirmed(memory: Memory) -> None:
    check_id = await busy_town.open_check(memory, await busy_town.found(memory, ORG))
    await _value(memory, "delete from detectors returning 1")
    session = Session(
        session_id="s1", org=ORG, device="ost-1", kind=DeviceKind.CAMERA, check_id=check_id, attempt=1,
        started_at=await memory.now(), seconds=10, fault="the camera does not open",
    )  # fmt: skip
    await Inbox(memory, LastHeard(memory)).on_session(topics.of(ORG, "ost-1", "session", "s1"), wire.encode(session))
    assert await _value(memory, "select count(*) from attempts where cause = 'retry'") == 1
    with pytest.raises(IllegalMove):
        await cases.apply_to_check(memory, check_id, PersonSaid(Answer.IN_BED, "u", "s1"), actor="u")


async def _given_to_people(memory: Memory) -> UUID:
    """Take a session while no detector is alive; return the check, which then waits for a person."""
    check_id = await busy_town.open_check(memory, await busy_town.found(memory, ORG))
    await _value(memory, "delete from detectors returning 1")
    session = Session(
        session_id="s1", org=ORG, device="ost-1", kind=DeviceKind.CAMERA, check_id=check_id, attempt=1,
        started_at=await memory.now(), seconds=10, frames=(Frame(ms=0, jpeg=draw("asleep", 1, 1.0, 5.0)[0]),),
    )  # fmt: skip
    await Inbox(memory, LastHeard(memory)).on_session(topics.of(ORG, "ost-1", "session", "s1"), wire.encode(session))
    assert await _state(memory, check_id) == "to_look"
    return check_id


async def _state(memory: Memory, check_id: UUID) -> str:
    return str(await _value(memory, "select state from checks where check_id = $1", check_id))


async def test_a_fall_judged_after_people_were_asked_is_an_alarm(memory: Memory) -> None:
    check_id = await _given_to_people(memory)
    for _ in range(2):
        await busy_town.finds(memory, ORG, check_id, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    assert await _state(memory, check_id) == "alarmed"
    assert await _value(memory, "select kind || priority from alarms") == "something_wrong1"
    alarm = await _value(memory, "select alarm_id from alarms")
    row = await _value(
        memory, "select (count(*), min(answer), min(detector), bool_and(alarm_id = $1))::text from sessions", alarm
    )
    assert row == "(1,something_wrong,d1,t)"
    # The second time it was the same session again.
    assert await _value(memory, "select count(*) from events where kind = 'session_committed'") == 2


async def test_other_late_findings_leave_the_look_with_people(memory: Memory) -> None:
    check_id = await _given_to_people(memory)
    finding = Finding(
        session_id="s1", org=ORG, device="ost-1", check_id=check_id, attempt=1, answer=Answer.IN_BED, people=1,
        evidence=(Evidence(what="movement", zone="bed", value=1.0),), started_at=await memory.now(), detector="d1",
    )  # fmt: skip
    await Inbox(memory, LastHeard(memory)).on_finding(topics.of(ORG, "ost-1", "finding"), wire.encode(finding))
    assert await _state(memory, check_id) == "to_look"
    assert await _value(memory, "select (answer, needs_human)::text from sessions") == "(in_bed,t)"
    await cases.apply_to_check(memory, check_id, PersonSaid(Answer.IN_BED, "u", "s1"), actor="u")
    assert await _state(memory, check_id) == "seen"


async def test_withdrawn_consent_keeps_a_late_finding_out(memory: Memory) -> None:
    check_id = await _given_to_people(memory)
    await _value(memory, "update consents set state = 'revoked', revoked_at = now() returning 1")
    await busy_town.finds(memory, ORG, check_id, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    assert await _value(memory, "select count(*) from alarms") == 0
    assert await _value(memory, "select detector from sessions") == ""


async def test_pictures_of_a_late_fall_are_kept_for_its_alarm(memory: Memory) -> None:
    check_id = await busy_town.open_check(memory, await busy_town.found(memory, ORG))
    await _value(
        memory,
        """
        update checks set state = 'seen', answer = 'in_bed', seen_by = 'detector', next_step_at = null, ended_at = now()
        where check_id = $1 returning 1
        """,
        check_id,
    )
    await busy_town.finds(memory, ORG, check_id, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    assert await _value(memory, "select state from checks where check_id = $1", check_id) == "seen"
    assert await _value(memory, "select kind from alarms") == "something_wrong"
    assert await _value(memory, "select needs_human from sessions")


async def test_pictures_of_a_joined_check_go_when_the_case_closes(memory: Memory) -> None:
    resident_id = await busy_town.found(memory, ORG)
    await _value(memory, "update plans set green_by = 'operator' returning 1")
    check_id = await busy_town.open_check(memory, resident_id)
    pictures = Pictures(1_000_000, lambda: 0.0)
    timeline = TimelineReader(memory, pictures, cursor=Cursor(0, 0))
    pictures.keep_uncommitted(Picture(session_id="s1", org=ORG, device="ost-1", frames=(Frame(ms=0, jpeg=b"x"),)))
    await busy_town.finds(memory, ORG, check_id, Answer.NOT_SEEN)
    alarm = await raise_manual_alarm(memory, resident_id, Priority.SECOND, actor="test")
    await timeline.read_new()
    assert pictures.fetch_picture(ORG, "s1") is not None
    await cases.apply_to_check(memory, check_id, PersonSaid(Answer.SOMETHING_WRONG, "u", "s1"), actor="u")
    assert await _value(memory, "select alarm_id from checks where check_id = $1", check_id) == alarm.alarm_id
    await cases.apply_to_alarm(memory, alarm.alarm_id, alarm_events.Close(uuid4(), Outcome.WELL_IN_BED), actor="u")
    await timeline.read_new()
    assert pictures.size == 0


@pytest.mark.parametrize(
    ("changed", "state", "alarms"), [("expected_people", "open", 0), ("version", "alarmed", 1)],
)  # fmt: skip
async def test_a_finding_by_an_outdated_profile_is_not_green(
    memory: Memory, changed: str, state: str, alarms: int
) -> None:
    """Another number of people than is expected is looked at once more; anything else of an old profile is doubt."""
    check_id = await busy_town.open_check(memory, await busy_town.found(memory, ORG))
    await _value(memory, "update devices set profile = jsonb_set(profile, $1, '2') returning 1", [changed])
    finding = Finding(
        session_id="s1", org=ORG, device="ost-1", check_id=check_id, attempt=1, answer=Answer.IN_BED, people=1,
        evidence=(Evidence(what="movement", zone="bed", value=1.0),), started_at=await memory.now(), detector="d1",
    )  # fmt: skip
    await Inbox(memory, LastHeard(memory)).on_finding(topics.of(ORG, "ost-1", "finding"), wire.encode(finding))
    assert await _value(memory, "select state from checks where check_id = $1", check_id) == state
    assert await _value(memory, "select count(*) from alarms where kind = 'cannot_tell'") == alarms
