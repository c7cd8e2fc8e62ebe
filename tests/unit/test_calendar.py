"""The calendar: nights from noon to noon, moved clocks right, no check lost or doubled."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.calendar import (
    OwedCheck,
    Slot,
    instant_of,
    local_clock,
    night_bounds,
    night_of,
    opening_of,
    owed_checks,
)
from schemas.vocabulary import Show

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SPRING = date(2026, 3, 28)  # 02:00 becomes 03:00 on Sunday 29 March
AUTUMN = date(2026, 10, 24)  # 03:00 becomes 02:00 on Sunday 25 October
RESIDENT = UUID(int=1)
EVERY_NIGHT = frozenset(range(7))


def slot(at: str = "02:00", *, number: int = 1, window: int = 0, weekdays: frozenset[int] = EVERY_NIGHT,
         first: date = date(2026, 1, 1), last: date | None = None) -> Slot:  # fmt: skip
    return Slot(UUID(int=number), RESIDENT, weekdays, time.fromisoformat(at), window, 10, first, last)


def test_the_same_time_in_one_bed_is_one_instant() -> None:
    bed, night = UUID(int=77), date(2026, 11, 22)
    anna = replace(slot(number=1), bed_id=bed)
    bertil = replace(slot(number=2), resident_id=UUID(int=2), bed_id=bed)
    assert {opening_of(each, night, STOCKHOLM, 3600) for each in (anna, bertil)} == {
        opening_of(anna, night, STOCKHOLM, 3600)
    }
    apart = {opening_of(replace(each, bed_id=None), night, STOCKHOLM, 3600) for each in (anna, bertil)}
    assert len(apart) == 2
    assert opening_of(replace(anna, local_time=time(3)), night, STOCKHOLM, 3600) > opening_of(
        anna, night, STOCKHOLM, 3600
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ---- the night ----


@pytest.mark.parametrize(
    ("instant", "night"),
    [
        ("2026-06-10 09:59:59", date(2026, 6, 9)),  # 11:59:59 in Stockholm
        ("2026-06-10 10:00:00", date(2026, 6, 10)),  # noon
        ("2026-06-10 22:30:00", date(2026, 6, 10)),  # half past midnight on the 11th
    ],
)
def test_a_night_is_noon_to_noon_named_by_its_first_date(instant: str, night: date) -> None:
    assert night_of(utc(instant), STOCKHOLM) == night


@pytest.mark.parametrize(
    ("night", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 6, 10), 24), (date(2027, 3, 27), 23)]
)
def test_a_night_is_as_long_as_it_really_is(night: date, hours: int) -> None:
    start, end = night_bounds(night, STOCKHOLM)
    assert end - start == timedelta(hours=hours)
    assert start.tzinfo is UTC and end.tzinfo is UTC


# ---- the two nights when the clock is moved ----


@pytest.mark.parametrize(
    ("night", "local", "instant"),
    [
        (SPRING, "01:59", "2026-03-29 00:59"),
        (SPRING, "02:00", "2026-03-29 01:00"),  # 03:00 summer time
        (SPRING, "02:30", "2026-03-29 01:00"),
        (SPRING, "02:59", "2026-03-29 01:00"),
        (SPRING, "03:00", "2026-03-29 01:00"),
        (SPRING, "03:01", "2026-03-29 01:01"),
        (SPRING, "22:00", "2026-03-28 21:00"),  # a time from noon on is on the night's own date
        (AUTUMN, "01:59", "2026-10-24 23:59"),
        (AUTUMN, "02:30", "2026-10-25 00:30"),  # the first of the two
        (AUTUMN, "03:00", "2026-10-25 02:00"),
    ],
)
def test_a_skipped_time_is_three_and_a_repeated_one_its_first(night: date, local: str, instant: str) -> None:
    assert instant_of(night, time.fromisoformat(local), STOCKHOLM) == utc(instant)


def test_a_wall_time_marked_as_the_second_is_still_the_first() -> None:
    assert instant_of(AUTUMN, time(2, 30, fold=1), STOCKHOLM) == utc("2026-10-25 00:30")


def test_a_wall_time_keeps_its_fraction_of_a_second() -> None:
    for zone in (STOCKHOLM, ZoneInfo("Australia/Lord_Howe")):  # one of them is not the machine's own
        instant = instant_of(date(2026, 6, 10), time(2, 30, 0, 500_000), zone)
        assert instant.astimezone(zone).time() == time(2, 30, 0, 500_000)


def test_a_gap_of_half_an_hour_ends_where_it_ends() -> None:
    # Lord Howe Island moves its clock by thirty minutes: 02:00 becomes 02:30 on Sunday 4 October 2026.
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    assert instant_of(date(2026, 10, 3), time(2, 10), lord_howe) == utc("2026-10-03 15:30")


def test_each_clock_change_night_owes_each_check_once() -> None:
    slots = [slot(at, number=i) for i, at in enumerate(["01:30", "02:00", "02:30", "03:00", "03:30"], 1)]
    for night in (SPRING, AUTUMN):
        owed = owed_checks(slots, STOCKHOLM, *night_bounds(night, STOCKHOLM))
        assert sorted(check.slot_id for check in owed) == [s.slot_id for s in slots]
        assert {check.night for check in owed} == {night}


def test_the_clock_says_which_of_two_equal_times_it_is() -> None:
    assert local_clock(utc("2026-10-25 00:30:59"), STOCKHOLM) == "02:30"
    assert local_clock(utc("2026-10-25 01:30"), STOCKHOLM) == "02:30 (andra)"
    assert local_clock(utc("2026-10-25 01:30"), STOCKHOLM, second="second") == "02:30 (second)"
    assert local_clock(utc("2026-10-25 02:00"), STOCKHOLM) == "03:00"


# ---- what is owed ----


def test_a_weekday_is_the_one_on_which_the_night_begins() -> None:
    friday = slot("02:00", weekdays=frozenset({4}))
    owed = owed_checks([friday], STOCKHOLM, utc("2026-06-08 00:00"), utc("2026-06-15 00:00"), 0)
    assert [(check.night, check.opens_at) for check in owed] == [(date(2026, 6, 12), utc("2026-06-13 00:00"))]


def test_an_exact_time_opens_within_the_spread_for_ten_minutes() -> None:
    (check,) = owed_checks([slot()], STOCKHOLM, *night_bounds(date(2026, 6, 10), STOCKHOLM))
    assert utc("2026-06-11 00:00") <= check.opens_at < utc("2026-06-11 00:01")
    assert check.closes_at - check.opens_at == timedelta(minutes=10)
    assert (check.resident_id, check.seconds, check.show) == (RESIDENT, 10, None)


def test_the_spread_is_the_same_in_every_process_and_release() -> None:
    assert opening_of(slot(), date(2026, 6, 10), STOCKHOLM) == utc("2026-06-11 00:00:16")
    assert opening_of(slot(window=120), date(2026, 6, 10), STOCKHOLM) == utc("2026-06-11 00:46:16")


def test_a_town_s_checks_do_not_all_open_in_the_same_second() -> None:
    slots = [slot(number=i) for i in range(1, 201)]
    opened = {opening_of(s, date(2026, 6, 10), STOCKHOLM) for s in slots}
    assert len(opened) > 50


def test_a_slot_and_its_successor_owe_one_check_a_night() -> None:
    changes_on = date(2026, 6, 10)
    old = replace(slot("02:00"), valid_until=changes_on)
    new = replace(slot("04:00", number=2), valid_from=changes_on)
    owed = owed_checks([old, new], STOCKHOLM, utc("2026-06-08 12:00"), utc("2026-06-12 10:00"))
    assert [(check.night, check.slot_id.int) for check in owed] == [
        (date(2026, 6, 8), 1),
        (date(2026, 6, 9), 1),
        (date(2026, 6, 10), 2),
        (date(2026, 6, 11), 2),
    ]


def test_a_window_opening_before_noon_is_of_the_night_before() -> None:
    late = slot("11:59", window=480)
    (check,) = owed_checks([late], STOCKHOLM, *night_bounds(date(2026, 6, 10), STOCKHOLM))
    assert check.night == night_of(check.opens_at, STOCKHOLM) - timedelta(days=1)


def test_a_slot_s_own_show_goes_with_its_check() -> None:
    always = Slot(UUID(int=1), RESIDENT, EVERY_NIGHT, time(2), 0, 10, date(2026, 1, 1), None, Show.ALWAYS)
    (check,) = owed_checks([always], STOCKHOLM, *night_bounds(date(2026, 6, 10), STOCKHOLM))
    assert check.show is Show.ALWAYS


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("weekdays", frozenset(), "weekdays"),
        ("weekdays", frozenset({7}), "0 .Monday. to 6"),
        ("local_time", time(2, tzinfo=UTC), "carries a zone"),
        ("window_minutes", -1, "window_minutes -1"),
        ("window_minutes", 481, "to 480"),
        ("seconds", 4, "seconds 4: use 5 to 60"),
        ("seconds", 61, "seconds 61"),
        ("valid_until", date(2025, 1, 1), "before valid_from"),
    ],
)
def test_a_refused_slot_is_named_with_its_limit(field: str, value: object, says: str) -> None:
    good: dict[str, object] = {
        "slot_id": UUID(int=7), "resident_id": RESIDENT, "weekdays": EVERY_NIGHT, "local_time": time(2),
        "window_minutes": 0, "seconds": 10, "valid_from": date(2026, 1, 1), "valid_until": None,
    }  # fmt: skip
    with pytest.raises(ValueError, match=f"slot 0+-.*{says}"):
        Slot(**{**good, field: value})  # type: ignore[arg-type]  # wrong values are the point


def test_a_spread_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="spread_seconds -1"):
        opening_of(slot(), date(2026, 6, 10), STOCKHOLM, -1)


# ---- for any slots, any zone, any range ----

ZONES = st.sampled_from(
    [ZoneInfo(n) for n in ("Europe/Stockholm", "Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "UTC")]
)
NIGHTS = st.one_of(st.sampled_from([SPRING, AUTUMN]), st.dates(date(2024, 1, 1), date(2032, 12, 31)))
INSTANTS = st.builds(
    lambda night, minutes: datetime.combine(night, time(12), tzinfo=UTC) + timedelta(minutes=minutes),
    NIGHTS,
    st.integers(0, 36 * 60),
)
SLOTS = st.builds(
    Slot,
    st.uuids(),
    st.uuids(),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.sampled_from([0, 0, 30, 120, 480]),
    st.integers(5, 60),
    st.dates(date(2023, 1, 1), date(2026, 3, 29)),
    st.one_of(st.none(), st.dates(date(2026, 3, 29), date(2033, 1, 1))),
)
HOURS = st.integers(0, 80 * 60).map(lambda minutes: timedelta(minutes=minutes))


def keys(owed: list[OwedCheck]) -> list[tuple[UUID, date, UUID]]:
    return [(check.resident_id, check.night, check.slot_id) for check in owed]


@given(st.lists(SLOTS, max_size=8), ZONES, INSTANTS, HOURS, HOURS, st.integers(0, 600))
def test_a_range_split_in_two_loses_and_doubles_nothing(
    slots: list[Slot], zone: ZoneInfo, start: datetime, first: timedelta, rest: timedelta, spread: int
) -> None:
    middle, end = start + first, start + first + rest
    whole = owed_checks(slots, zone, start, end, spread)
    assert whole == owed_checks(slots, zone, start, middle, spread) + owed_checks(slots, zone, middle, end, spread)
    assert len(set(keys(whole))) == len(whole)


@given(st.lists(SLOTS, max_size=8, unique_by=lambda s: s.slot_id), ZONES, NIGHTS)
def test_each_slot_in_force_owes_one_check_a_night(slots: list[Slot], zone: ZoneInfo, night: date) -> None:
    start, end = night_bounds(night, zone)
    owed = owed_checks(slots, zone, start, end + timedelta(hours=13))
    for s in slots:
        mine = [check for check in owed if check.slot_id == s.slot_id and check.night == night]
        assert len(mine) == s.holds_on(night)


@given(st.lists(SLOTS, max_size=8), ZONES, INSTANTS, st.randoms(use_true_random=False))
def test_the_order_of_the_slots_does_not_matter(
    slots: list[Slot], zone: ZoneInfo, start: datetime, dice: Random
) -> None:
    end = start + timedelta(hours=36)
    shuffled = list(slots)
    dice.shuffle(shuffled)
    assert owed_checks(slots, zone, start, end) == owed_checks(shuffled, zone, start, end)


@given(SLOTS, ZONES, NIGHTS, st.integers(0, 3600))
def test_the_spread_stays_inside_and_a_window_is_never_left(s: Slot, zone: ZoneInfo, night: date, spread: int) -> None:
    late = opening_of(s, night, zone, spread) - instant_of(night, s.local_time, zone)
    room = timedelta(minutes=s.window_minutes) if s.window_minutes else timedelta(seconds=spread)
    assert late == timedelta(0) if not room else timedelta(0) <= late < room


@given(st.times().map(lambda t: t.replace(second=0, microsecond=0)), ZONES, NIGHTS)
def test_a_local_time_reads_back_unless_the_clock_skips_it(t: time, zone: ZoneInfo, night: date) -> None:
    instant = instant_of(night, t, zone)
    assert night_of(instant, zone) == night
    back = instant.astimezone(zone)
    assert back.fold == 0
    skipped = (instant - timedelta(seconds=1)).astimezone(zone).utcoffset() != back.utcoffset()
    assert back.time() == t or (skipped and back.time() > t)


@given(INSTANTS, ZONES)
def test_nights_meet_without_gap_or_overlap(instant: datetime, zone: ZoneInfo) -> None:
    night = night_of(instant, zone)
    start, end = night_bounds(night, zone)
    assert start <= instant < end
    assert end == night_bounds(night + timedelta(days=1), zone)[0]
