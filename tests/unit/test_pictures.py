"""Pictures live in memory, only while a person may need them, and never longer than agreed (design §2.5, §9)."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from alarm_center.pictures import BLIND_SECONDS, KEPT_SECONDS, UNCOMMITTED_SECONDS, VIEWED_SECONDS, Pictures
from schemas.messages import Frame, Picture

ORG = "ost"


@dataclass
class Replica:
    """One replica's pictures, with a clock that the test moves and a timeline that is heard as it moves."""

    limit: int = 10_000
    now: float = 1000.0
    pictures: Pictures = field(init=False)

    def __post_init__(self) -> None:
        self.pictures = Pictures(self.limit, lambda: self.now)
        self.pictures.timeline_heard()

    def passes(self, seconds: float) -> None:
        while seconds > 0:
            step = min(seconds, BLIND_SECONDS / 2)
            self.now += step
            seconds -= step
            self.pictures.timeline_heard()
            self.pictures.sweep()

    def comes(self, session_id: str, size: int = 100) -> None:
        frames = (Frame(ms=0, jpeg=b"x" * size),)
        self.pictures.put(Picture(session_id=session_id, org=ORG, device="d1", frames=frames))

    def committed(
        self,
        session_id: str,
        *,
        needed: bool = True,
        alarm: UUID | None = None,
        check: UUID | None = None,
        priority: int = 2,
    ) -> None:
        self.pictures.committed(
            ORG, session_id, needed=needed, check_id=check, alarm_id=alarm, resident_id=RESIDENT, priority=priority
        )

    def there(self, session_id: str) -> bool:
        return self.pictures.frames(ORG, session_id) is not None


RESIDENT = uuid4()


@pytest.fixture
def replica() -> Replica:
    return Replica()


def test_nobody_sees_a_picture_before_its_finding_is_committed(replica: Replica) -> None:
    replica.comes("s1")
    assert not replica.there("s1")
    replica.committed("s1")
    assert replica.there("s1")


def test_a_commit_that_is_heard_before_its_picture_still_counts(replica: Replica) -> None:
    replica.committed("s1")
    replica.comes("s1")
    assert replica.there("s1")


def test_a_picture_that_nobody_needs_goes_at_the_commit(replica: Replica) -> None:
    replica.comes("s1")
    replica.committed("s1", needed=False)
    assert replica.pictures.size == 0


def test_a_picture_whose_commit_never_comes_goes_after_thirty_seconds(replica: Replica) -> None:
    replica.comes("s1")
    replica.passes(UNCOMMITTED_SECONDS + 1)
    assert replica.pictures.size == 0


def test_it_is_gone_ten_minutes_after_the_first_view(replica: Replica) -> None:
    replica.comes("s1")
    replica.committed("s1")
    assert replica.pictures.view(ORG, "s1") is not None
    replica.passes(VIEWED_SECONDS - 5)
    assert replica.pictures.view(ORG, "s1") is not None, "a second view does not move the end"
    replica.passes(10)
    assert not replica.there("s1")


def test_it_is_gone_after_thirty_minutes_though_nobody_looked(replica: Replica) -> None:
    replica.comes("s1")
    replica.committed("s1")
    replica.passes(KEPT_SECONDS + 5)
    assert not replica.there("s1")


def test_it_is_gone_when_the_alarm_closes(replica: Replica) -> None:
    alarm, other = uuid4(), uuid4()
    for name, case in (("s1", alarm), ("s2", alarm), ("s3", other)):
        replica.comes(name)
        replica.committed(name, alarm=case)
    replica.pictures.closed(alarm_id=alarm)
    assert [replica.there(name) for name in ("s1", "s2", "s3")] == [False, False, True]


def test_a_check_that_becomes_an_alarm_takes_its_pictures_along(replica: Replica) -> None:
    check, alarm = uuid4(), uuid4()
    replica.comes("s1")
    replica.committed("s1", check=check)
    replica.pictures.joined(check, alarm, 1)
    replica.pictures.closed(check_id=check)
    assert replica.there("s1"), "it is the alarm's now"
    replica.pictures.closed(alarm_id=alarm)
    assert not replica.there("s1")


def test_all_of_a_resident_are_gone_when_consent_is_withdrawn(replica: Replica) -> None:
    replica.comes("s1")
    replica.committed("s1", alarm=uuid4())
    replica.pictures.closed_of_resident(RESIDENT)
    assert not replica.there("s1")


def test_all_are_gone_when_the_timeline_has_been_silent_for_ten_seconds(replica: Replica) -> None:
    replica.comes("s1")
    replica.committed("s1")
    replica.now += BLIND_SECONDS + 1
    assert not replica.there("s1"), "who knows what has closed meanwhile"


def test_memory_is_bounded_and_the_least_urgent_oldest_goes_first() -> None:
    replica = Replica(limit=350)
    for name, priority in (("old_p3", 3), ("new_p3", 3), ("p1", 1)):
        replica.comes(name)
        replica.committed(name, priority=priority)
        replica.now += 1
    replica.comes("s4")
    replica.committed("s4", priority=1)
    assert [replica.there(n) for n in ("old_p3", "new_p3", "p1", "s4")] == [False, True, True, True]
    assert replica.pictures.size <= 350


def test_what_somebody_has_claimed_is_never_evicted() -> None:
    replica, alarm = Replica(limit=250), uuid4()
    replica.comes("mine")
    replica.committed("mine", alarm=alarm, priority=3)
    replica.pictures.claimed(alarm, True)
    for n in range(5):
        replica.comes(f"s{n}")
        replica.committed(f"s{n}", priority=1)
    assert replica.there("mine")


def test_a_picture_that_comes_after_the_claim_is_not_evicted_either() -> None:
    replica, alarm = Replica(limit=250), uuid4()
    replica.pictures.claimed(alarm, True)
    replica.comes("mine")
    replica.committed("mine", alarm=alarm, priority=3)
    for n in range(5):
        replica.comes(f"s{n}")
        replica.committed(f"s{n}", priority=1)
    assert replica.there("mine")


def test_one_towns_session_id_is_not_anothers(replica: Replica) -> None:
    replica.comes("s1")
    replica.committed("s1")
    assert replica.pictures.frames("vast", "s1") is None


def test_a_session_that_comes_again_does_not_make_its_picture_younger(replica: Replica) -> None:
    replica.comes("s1")
    replica.committed("s1")
    replica.passes(KEPT_SECONDS - 60)
    replica.comes("s1")
    replica.passes(120)
    assert not replica.there("s1")
    assert replica.pictures.size == 0
