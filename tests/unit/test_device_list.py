"""A device is given a new list for what it cannot know: not for a look that opens, is made or ends."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.device_list import LISTED_BEFORE, DeviceList, has_to_be_written, key_of, lists_any
from schemas.messages import ScheduledAttempt
from schemas.vocabulary import Show

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def look(number: int, opens: int = 60, seconds: int = 10) -> ScheduledAttempt:
    """Return the look of check *number*, which opens in so many minutes and is open for ten."""
    opens_at = NOW + timedelta(minutes=opens)
    return ScheduledAttempt(
        check_id=UUID(int=number), attempt=1, opens_at=opens_at, closes_at=opens_at + timedelta(minutes=10),
        seconds=seconds, show=Show.DEVIATION,
    )  # fmt: skip


def made(*looks: ScheduledAttempt) -> frozenset[tuple[UUID, int]]:
    return frozenset(map(key_of, looks))


def test_a_look_that_is_over_by_time_is_nothing_to_tell() -> None:
    assert not has_to_be_written([look(1, -30), look(2)], DeviceList((look(2),)), NOW)


def test_a_look_that_was_made_is_nothing_to_tell() -> None:
    assert not has_to_be_written([look(1, -5), look(2)], DeviceList((look(2),), made(look(1))), NOW)
    assert lists_any([look(1, -5), look(2)], made(look(1))) and not lists_any([look(2)], made(look(1)))


def test_a_look_that_must_not_be_made_is_told() -> None:
    assert has_to_be_written([look(1), look(2)], DeviceList((look(2),)), NOW)
    assert has_to_be_written([look(1, -5)], DeviceList(), NOW), "it is open, and was not made"


def test_a_look_that_is_another_is_told() -> None:
    assert has_to_be_written([look(1)], DeviceList((look(1, seconds=20),)), NOW)
    assert has_to_be_written([look(1)], DeviceList((look(1, opens=61),)), NOW)


def test_a_look_far_ahead_is_told_with_the_whole_list() -> None:
    far = look(2, int(LISTED_BEFORE.total_seconds() / 60) + 1)
    assert not has_to_be_written([look(1)], DeviceList((look(1), far)), NOW)
    assert has_to_be_written([look(1)], DeviceList((look(1), far)), NOW, whole=True)
    assert has_to_be_written([look(1)], DeviceList((look(1), far)), NOW + timedelta(minutes=1))


_LOOKS = st.lists(st.builds(look, st.integers(1, 6), st.integers(-15, 3000)), max_size=6, unique_by=key_of)


@given(_LOOKS, _LOOKS, st.booleans())
def test_what_is_not_written_makes_no_look_that_is_not_owed(
    listed: list[ScheduledAttempt], owed: list[ScheduledAttempt], whole: bool
) -> None:
    wanted = DeviceList(tuple(each for each in owed if each.closes_at > NOW))
    if has_to_be_written(listed, wanted, NOW, whole=whole):
        return
    makes = [each for each in listed if each.closes_at > NOW]
    assert all(each in wanted.owed for each in makes)
    assert all(each in makes for each in wanted.owed if whole or each.opens_at <= NOW + LISTED_BEFORE)
