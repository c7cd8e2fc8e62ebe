"""Pictures live in memory while a person may need them, and no longer (docs/pictures.md#how-long-one-is-kept)."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from alarm_center.pictures import (
    BLIND_SECONDS,
    KEPT_SECONDS,
    UNCOMMITTED_SECONDS,
    VIEWED_SECONDS,
    CommittedSession,
    Pictures,
)
from schemas.messages import Frame, Picture

ORG = "ost"


@dataclass
class PictureReplica:
    """One replica's pictures, with a clock that the test moves and a timeline that is heard as it moves."""

    limit: int = 10_000
    now: float = 1000.0
    pictures: Pictures = field(init=False)

    def __post_init__(self) -> None:
        self.pictures = Pictures(self.limit, lambda: self.now)
        self.pictures.note_timeline_read()

    def passes(self, seconds: float) -> None:
        while seconds > 0:
            step = min(seconds, BLIND_SECONDS / 2)
            self.now += step
            seconds -= step
            self.pictures.note_timeline_read()
            self.pictures.sweep()

    def comes(self, session_id: str, size: int = 100) -> None:
        frames = (Frame(ms=0, jpeg=b"x" * size),)
        self.pictures.keep_uncommitted(Picture(session_id=session_id, org=ORG, device="d1", frames=frames))

    def committed(
        self,
        session_id: str,
        *,
        needed: bool = True,
        alarm: UUID | None = None,
        check: UUID | None = None,
        priority: int = 2,
    ) -> None:
        self.pictures.apply_commit(CommittedSession(ORG, session_id, needed, priority, check, alarm, RESIDENT))

    def there(self, session_id: str) -> bool:
        return self.pictures.fetch_picture(ORG, session_id) is not None


RESIDENT = uuid4()


@pytest.fixture
def replica() -> PictureReplica:
    return PictureReplica()


def test_a_look_at_two_stays_until_both_cases_are_over(replica: PictureReplica) -> None:
    anna, bertil, alarm = uuid4(), uuid4(), uuid4()
    replica.comes("s1")
    replica.committed("s1", check=anna)
    replica.committed("s1", check=bertil)
    replica.pictures.drop_case(check_id=anna)
    assert replica.there("s1"), "Bertil's check waits for a look still"
    replica.pictures.move_to_alarm(bertil, alarm, 1)
    replica.pictures.drop_case(check_id=bertil)
    assert replica.there("s1")
    replica.pictures.drop_case(alarm_id=alarm)
    assert not replica.there("s1")


def test_one_who_needs_no_look_leaves_the_other_the_picture(replica: PictureReplica) -> None:
    replica.comes("s1")
    replica.committed("s1", check=uuid4())
    replica.committed("s1", check=uuid4(), needed=False)
    assert replica.there("s1")


def test_nobody_sees_a_picture_before_its_finding_is_committed(replica: PictureReplica) -> None:
    replica.comes("s1")
    assert not replica.there("s1")
    replica.committed("s1")
    assert replica.there("s1")


def test_a_commit_that_is_heard_before_its_picture_still_counts(replica: PictureReplica) -> None:
    replica.committed("s1")
    replica.comes("s1")
    assert replica.there("s1")


def test_a_picture_that_nobody_needs_goes_at_the_commit(replica: PictureReplica) -> None:
    replica.comes("s1")
    replica.committed("s1", needed=False)
    assert replica.pictures.size == 0


def test_a_picture_without_a_commit_goes_after_30_seconds(replica: PictureReplica) -> None:
    replica.comes("s1")
    replica.passes(UNCOMMITTED_SECONDS + 1)
    assert replica.pictures.size == 0


def test_it_is_gone_ten_minutes_after_the_first_view(replica: PictureReplica) -> None:
    replica.comes("s1")
    replica.committed("s1")
    assert replica.pictures.view_picture(ORG, "s1") is not None
    replica.passes(VIEWED_SECONDS - 5)
    assert replica.pictures.view_picture(ORG, "s1") is not None, "a second view does not move the end"
    replica.passes(10)
    assert not replica.there("s1")


def test_it_is_gone_after_thirty_minutes_though_nobody_looked(replica: PictureReplica) -> None:
    replica.comes("s1")
    replica.committed("s1")
    replica.passes(KEPT_SECONDS + 5)
    assert not replica.there("s1")


def test_it_is_gone_when_the_alarm_closes(replica: PictureReplica) -> None:
    alarm, other = uuid4(), uuid4()
    for name, case in (("s1", alarm), ("s2", alarm), ("s3", other)):
        replica.comes(name)
        replica.committed(name, alarm=case)
    replica.pictures.drop_case(alarm_id=alarm)
    assert [replica.there(name) for name in ("s1", "s2", "s3")] == [False, False, True]


def test_a_check_that_becomes_an_alarm_takes_its_pictures_along(replica: PictureReplica) -> None:
    check, alarm = uuid4(), uuid4()
    replica.comes("s1")
    replica.committed("s1", check=check)
    replica.pictures.move_to_alarm(check, alarm, 1)
    replica.pictures.drop_case(check_id=check)
    assert replica.there("s1"), "it is the alarm's now"
    replica.pictures.drop_case(alarm_id=alarm)
    assert not replica.there("s1")


def test_all_of_a_resident_are_gone_when_consent_is_withdrawn(replica: PictureReplica) -> None:
    replica.comes("s1")
    replica.committed("s1", alarm=uuid4())
    replica.pictures.drop_resident(RESIDENT)
    assert not replica.there("s1")


def test_all_pictures_go_10_s_after_the_timeline_is_lost(replica: PictureReplica) -> None:
    replica.comes("s1")
    replica.committed("s1")
    replica.now += BLIND_SECONDS + 1
    assert not replica.there("s1"), "who knows what has closed meanwhile"


def test_full_memory_drops_the_least_urgent_oldest_first() -> None:
    replica = PictureReplica(limit=350)
    for name, priority in (("old_p3", 3), ("new_p3", 3), ("p1", 1)):
        replica.comes(name)
        replica.committed(name, priority=priority)
        replica.now += 1
    replica.comes("s4")
    replica.committed("s4", priority=1)
    assert [replica.there(n) for n in ("old_p3", "new_p3", "p1", "s4")] == [False, True, True, True]
    assert replica.pictures.size <= 350


def test_what_somebody_has_claimed_is_never_evicted() -> None:
    replica, alarm = PictureReplica(limit=250), uuid4()
    replica.comes("mine")
    replica.committed("mine", alarm=alarm, priority=3)
    replica.pictures.set_claimed(alarm, True)
    for n in range(5):
        replica.comes(f"s{n}")
        replica.committed(f"s{n}", priority=1)
    assert replica.there("mine")


def test_a_picture_that_follows_its_claim_is_not_evicted() -> None:
    replica, alarm = PictureReplica(limit=250), uuid4()
    replica.pictures.set_claimed(alarm, True)
    replica.comes("mine")
    replica.committed("mine", alarm=alarm, priority=3)
    for n in range(5):
        replica.comes(f"s{n}")
        replica.committed(f"s{n}", priority=1)
    assert replica.there("mine")


def test_one_towns_session_id_is_not_anothers(replica: PictureReplica) -> None:
    replica.comes("s1")
    replica.committed("s1")
    assert replica.pictures.fetch_picture("vast", "s1") is None


def test_a_repeated_session_does_not_renew_its_picture(replica: PictureReplica) -> None:
    replica.comes("s1")
    replica.committed("s1")
    replica.passes(KEPT_SECONDS - 60)
    replica.comes("s1")
    replica.passes(120)
    assert not replica.there("s1")
    assert replica.pictures.size == 0
