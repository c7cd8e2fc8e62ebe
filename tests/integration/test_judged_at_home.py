"""The belief rule: a finding counts where it comes from the judge that its device's row names, and nowhere else."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from alarm_center.casework import configs
from alarm_center.clockwork import Clockwork
from alarm_center.devices.last_heard import LastHeard
from alarm_center.inbox import Inbox
from alarm_center.store import detectors, devices, sessions
from alarm_center.store.memory import Memory
from schemas import topics, wire
from schemas.messages import Evidence, Finding, Frame, HomeFinding, HomeSession, Status
from schemas.vocabulary import Answer, DeviceKind, GreenBy, JudgePlace, LinkState, Reason
from tests.support import busy_town
from tests.support.postgres import Database
from tests.unit.golden_messages import GOLDEN

ORG, DEVICE = "ost", "ost-1"
HOME, CENTRE = JudgePlace.HOME, JudgePlace.CENTRE


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


class OneCheck:
    """One open check of a device, what comes for it from either side, and what has become of it."""

    def __init__(self, memory: Memory, check_id: UUID) -> None:
        self.memory, self.check_id = memory, check_id
        self.inbox = Inbox(memory, LastHeard(memory))

    async def found(
        self,
        by: JudgePlace,
        answer: Answer = Answer.IN_BED,
        *,
        other: bool = False,
        pictures: int = 0,
        attempt: int = 1,
    ) -> None:
        """A finding comes, by the topic of *by* and a profile *other* than the device's; a doubt is about the number of people."""
        fields = {
            "session_id": f"s{attempt}", "org": ORG, "device": DEVICE, "check_id": self.check_id, "attempt": attempt,
            "answer": answer, "reasons": (Reason.COUNT,) if answer is Answer.CANNOT_TELL else (), "people": 1, "evidence": (Evidence(what="small_movement", zone="bed"),),
            "started_at": await self.memory.now(), "pictures": pictures, "detector": "d1",
            "profile_version": await self.value(f"select coalesce((profile->>'version')::int, 1) + {int(other)} from devices"),
        }  # fmt: skip
        if by is HOME:
            payload = wire.encode(HomeFinding.model_validate({**fields, "frames_kept": 50}))
            await self.inbox.on_home_finding(topics.of(ORG, DEVICE, "home_finding"), payload)
        else:
            await self.inbox.on_finding(topics.of(ORG, DEVICE, "finding"), wire.encode(Finding.model_validate(fields)))

    async def says(self, *, judge_ok: bool) -> None:
        """The device's status comes."""
        status = Status(link=LinkState.UP, judge_ok=judge_ok, software="gateway")
        await self.inbox.on_status(topics.of(ORG, DEVICE, "status"), wire.encode(status))

    async def value(self, question: str) -> object:
        async with self.memory.transaction() as tx:
            return await tx.fetchval(question)

    @property
    async def state(self) -> object:
        return await self.value("select state from checks where state <> 'planned'")


@pytest.fixture
async def check(memory: Memory) -> OneCheck:
    """A check that the judge alone may turn green, opened."""
    resident_id = await busy_town.found(memory, ORG)
    async with memory.transaction() as tx:
        await tx.execute(
            "update plans set green_by = 'detector', show = 'deviation' where resident_id = $1", resident_id
        )
    return OneCheck(memory, await busy_town.open_check(memory, resident_id))


async def judged_at(memory: Memory, place: JudgePlace) -> None:
    async with memory.transaction() as tx:
        await configs.set_judge(tx, ORG, DEVICE, place)


@pytest.mark.parametrize("named", JudgePlace)
@pytest.mark.parametrize("by", JudgePlace)
async def test_only_the_named_judge_is_believed(
    memory: Memory, check: OneCheck, named: JudgePlace, by: JudgePlace
) -> None:
    await judged_at(memory, named)
    await check.found(by)
    if named is by:
        assert await check.state == "seen"
        return
    assert await check.state == "open"
    assert await check.value("select count(*) from sessions") == await check.value("select count(*) from receipts") == 0
    await check.found(named)
    assert await check.state == "seen", "what the other said first stands in nobody's way"


@pytest.mark.parametrize("answer", [Answer.SOMETHING_WRONG, Answer.NOT_SEEN])
async def test_nothing_else_is_believed_of_another_judge(memory: Memory, check: OneCheck, answer: Answer) -> None:
    other = HomeFinding(
        session_id="s1", org=ORG, device=DEVICE, check_id=check.check_id, attempt=1, answer=answer,
        reasons=(Reason.ON_FLOOR,) if answer is Answer.SOMETHING_WRONG else (),
    )  # fmt: skip
    await check.inbox.on_home_finding(topics.of(ORG, DEVICE, "home_finding"), wire.encode(other))
    assert await check.state == "open" and await check.value("select count(*) from alarms") == 0


async def test_a_session_that_no_home_judged_goes_to_a_person(memory: Memory, check: OneCheck) -> None:
    """Although detectors are alive: this device's are not."""
    await judged_at(memory, HOME)
    session = HomeSession(
        session_id="s1", org=ORG, device=DEVICE, kind=DeviceKind.CAMERA, check_id=check.check_id, attempt=1,
        started_at=await memory.now(), seconds=10, frames=(Frame(ms=0, jpeg=(GOLDEN / "frames" / "a.jpg").read_bytes()),),
    )  # fmt: skip
    await check.inbox.on_home_session(topics.of(ORG, DEVICE, "home_session", "s1"), wire.encode(session))
    assert await check.state == "to_look"
    assert await check.value("select needs_human and detector = '' from sessions") is True


@pytest.mark.parametrize(("alive", "becomes"), [(True, "open"), (False, "to_look")])
async def test_each_device_is_asked_whether_its_judge_lives(
    memory: Memory, check: OneCheck, alive: bool, becomes: str
) -> None:
    """No session has come, and a detector of the centre is alive throughout."""
    await judged_at(memory, HOME)
    await busy_town.move(memory, timedelta(minutes=12))
    await busy_town.heard(memory)
    await check.says(judge_ok=alive)
    await Clockwork(memory).cycle()
    assert await check.state == becomes, "one immediate new attempt with a judge, a person without"


@pytest.mark.parametrize(("other", "pictures", "wanted"), [(True, 0, True), (True, 50, False), (False, 0, False)])
async def test_a_home_is_asked_for_frames_that_a_person_needs(
    memory: Memory, check: OneCheck, other: bool, pictures: int, wanted: bool
) -> None:
    """A green by another profile than the device's is not believed: a person has to look."""
    await judged_at(memory, HOME)
    for _ in range(2):  # the second time it is a repeat
        await check.found(HOME, other=other, pictures=pictures)
        async with memory.transaction() as tx:
            [receipt] = await sessions.queued_receipts(tx)
            assert receipt.frames_wanted is wanted
            await sessions.delete_receipts(tx, [receipt])
    assert await check.value("select pictures from sessions") == (50 if wanted or pictures else 0)
    assert await check.value("select needs_human from sessions") is other


@pytest.mark.parametrize("green_by", GreenBy)
async def test_a_home_is_asked_after_the_second_wrong_number(
    memory: Memory, check: OneCheck, green_by: GreenBy
) -> None:
    await judged_at(memory, HOME)
    async with memory.transaction() as tx:
        await tx.execute("update checks set green_by = $1 where check_id = $2", green_by, check.check_id)
    for attempt, becomes in (1, "open"), (2, "alarmed"):
        await check.found(HOME, Answer.CANNOT_TELL, attempt=attempt)
        async with memory.transaction() as tx:
            [receipt] = await sessions.queued_receipts(tx)
            await sessions.delete_receipts(tx, [receipt])
        assert (await check.state, receipt.frames_wanted) == (becomes, attempt == 2)


async def test_a_device_is_told_where_it_is_judged(memory: Memory, check: OneCheck) -> None:
    async with memory.transaction() as tx:
        before = await devices.get(tx, ORG, DEVICE)
        assert before is not None and before.config is not None and "judge" not in before.config
        assert await configs.set_judge(tx, ORG, DEVICE, HOME)
        after = await devices.get(tx, ORG, DEVICE)
        assert after is not None and configs.config_message(after).judge is HOME
        assert after.wanted_version == before.wanted_version + 1
        assert not await configs.set_judge(tx, ORG, DEVICE, HOME)
    assert await check.value("select count(*) from events where kind = 'judge_moved'") == 1


async def test_no_detector_is_missed_where_homes_judge(memory: Memory, check: OneCheck) -> None:
    async with memory.transaction() as tx:
        assert not await detectors.are_missed(tx), "one is alive"
        await tx.execute("update detectors set link = 'gone'")
        assert await detectors.are_missed(tx)
        await configs.set_judge(tx, ORG, DEVICE, HOME)
        assert not await detectors.are_missed(tx)
