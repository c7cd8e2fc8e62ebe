"""The form of a shift pattern, and the substitutes of a shift: every fault at once, overlaps, and what stands in means."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from alarm_center.core.pattern_form import (
    PatternFault,
    PatternForm,
    PatternIds,
    PatternRefused,
    fit_pattern,
    overlapping,
    parse_pattern,
    replaced_by,
    until_last_night,
)
from alarm_center.core.roster import DutyShift
from alarm_center.core.shift_patterns import DutyPost, ShiftPattern, ShiftRow, Substitute
from alarm_center.core.substitutes import SubstituteFault, SubstituteRefused, is_given_up_now, stand_in, substitute_for
from schemas.vocabulary import Duty, SubstituteReason

STOCKHOLM = ZoneInfo("Europe/Stockholm")
TONIGHT = date(2026, 11, 22)
AREA, ANNA, KIM = UUID(int=3), UUID(int=11), UUID(int=12)
IDS = PatternIds(UUID(int=8), UUID(int=9), [AREA], [ANNA, KIM])
FORM = PatternForm(area=str(AREA), carer=str(ANNA), patrol="Patrull 3", from_night="2026-11-22")
POST = DutyPost(AREA, ANNA, "Patrull 3", Duty.PATROL)
NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


def read(form: PatternForm, before: ShiftPattern | None = None) -> ShiftPattern:
    found = parse_pattern(form, IDS, TONIGHT, before)
    assert isinstance(found, ShiftPattern), found
    return found


def test_a_form_is_the_pattern_that_it_shows() -> None:
    pattern = read(FORM)
    assert (pattern.post, pattern.starts, pattern.ends, pattern.until_night) == (POST, time(21, 30), time(7), None)
    assert PatternForm.of(pattern, TONIGHT) == FORM


def test_every_fault_is_told_at_once() -> None:
    empty = PatternForm(area="x", starts="25:00", ends="7", weekdays=(), from_night="2026-11-01", until_night="snart")
    assert parse_pattern(empty, IDS, TONIGHT) == {
        "area": PatternFault.NO_AREA, "carer": PatternFault.NO_CARER, "patrol": PatternFault.NO_LABEL,
        "starts": PatternFault.UNREADABLE, "ends": PatternFault.UNREADABLE, "weekdays": PatternFault.NO_NIGHTS,
        "from_night": PatternFault.PAST, "until_night": PatternFault.NO_DATE,
    }  # fmt: skip
    assert parse_pattern(replace(FORM, ends="2130"), IDS, TONIGHT) == {"ends": PatternFault.EMPTY}
    assert parse_pattern(replace(FORM, until_night="2026-11-22"), IDS, TONIGHT) == {"until_night": PatternFault.ORDER}


def test_a_rotation_keeps_its_weeks_through_an_edit() -> None:
    before = read(replace(FORM, every_weeks="2"))
    assert before.week_of == TONIGHT
    later = read(replace(FORM, every_weeks="2", starts="22:00", from_night="2026-12-02"), before)
    assert later.week_of == TONIGHT
    assert parse_pattern(replace(FORM, every_weeks="2"), IDS, TONIGHT, before) == {"area": PatternFault.SAME}


def test_a_pattern_ends_where_the_next_begins() -> None:
    before, after = read(FORM), read(replace(FORM, from_night="2026-12-01"))
    assert replaced_by(before, after, TONIGHT).until_night == date(2026, 12, 1)
    assert replaced_by(before, None, TONIGHT - timedelta(days=9)).until_night == before.from_night


def test_a_pattern_ends_with_its_carers_last_night() -> None:
    pattern = read(FORM)
    assert until_last_night(pattern, None) is pattern
    ended = until_last_night(pattern, date(2026, 11, 30))
    assert isinstance(ended, ShiftPattern) and ended.until_night == date(2026, 12, 1)
    assert until_last_night(ended, date(2027, 1, 1)) is ended
    assert until_last_night(pattern, date(2026, 11, 21)) is PatternFault.LEFT


def test_a_carer_is_in_one_place_at_a_time() -> None:
    nightly = read(FORM)
    late = replace(nightly, pattern_id=UUID(int=7), starts=time(6), ends=time(14), weekdays=(6,))
    assert overlapping(late, [nightly], TONIGHT, STOCKHOLM) is nightly
    assert overlapping(replace(late, starts=time(7)), [nightly], TONIGHT, STOCKHOLM) is None
    other = replace(late, post=replace(POST, carer_id=KIM))
    assert overlapping(other, [nightly], TONIGHT, STOCKHOLM) is None


def test_a_pattern_fits_beside_the_towns() -> None:
    nightly = read(FORM)
    late = replace(nightly, pattern_id=UUID(int=7), starts=time(7), ends=time(14))
    assert fit_pattern(nightly, [nightly, late], None, TONIGHT, STOCKHOLM) is nightly
    assert fit_pattern(nightly, [], TONIGHT, TONIGHT, STOCKHOLM).until_night == TONIGHT + timedelta(days=1)
    with pytest.raises(PatternRefused) as refused:
        fit_pattern(nightly, [replace(late, starts=time(6))], None, TONIGHT, STOCKHOLM)
    assert refused.value.fault is PatternFault.OVERLAPS and refused.value.other is not None
    with pytest.raises(PatternRefused, match="left"):
        fit_pattern(nightly, [], TONIGHT - timedelta(days=1), TONIGHT, STOCKHOLM)


# ---- who stands in ----

SHIFT = DutyShift(
    UUID(int=1), AREA, "Patrull 3", Duty.PATROL, "+46700000001", NOW - timedelta(hours=4), NOW + timedelta(hours=6)
)
ROW = ShiftRow(SHIFT.shift_id, UUID(int=9), TONIGHT, POST, SHIFT.starts_at, SHIFT.ends_at, is_held=True)


def test_the_rest_of_a_shift_is_handed_over() -> None:
    theirs = replace(SHIFT, shift_id=UUID(int=2), phone="+46700000002", starts_at=NOW + timedelta(hours=1))
    found = stand_in(SHIFT, "+46700000002", [SHIFT, theirs], NOW)
    assert (found.from_at, found.until, found.begun, found.also) == (NOW, SHIFT.ends_at, True, (theirs,))
    assert substitute_for(ROW, KIM, NOW) == Substitute(UUID(int=9), TONIGHT, KIM, NOW, SHIFT.ends_at)


def test_a_shift_to_come_is_handed_over_whole() -> None:
    early = SHIFT.starts_at - timedelta(days=1)
    assert stand_in(SHIFT, None, [], early).begun is False
    assert substitute_for(ROW, None, early) == Substitute(UUID(int=9), TONIGHT, None, SHIFT.starts_at, SHIFT.ends_at)


@pytest.mark.parametrize(
    ("phone", "at", "fault"),
    [(SHIFT.phone, NOW, SubstituteFault.SAME), (None, SHIFT.ends_at, SubstituteFault.OVER)],
)
def test_some_cannot_stand_in(phone: str | None, at: datetime, fault: SubstituteFault) -> None:
    with pytest.raises(SubstituteRefused) as refused:
        stand_in(SHIFT, phone, [], at)
    assert refused.value.fault is fault
    with pytest.raises(SubstituteRefused):
        substitute_for(replace(ROW, line_id=None), KIM, NOW)


def test_only_who_goes_off_duty_now_hands_over() -> None:
    later = NOW + timedelta(hours=1)
    assert is_given_up_now(NOW, SubstituteReason.SWAP, NOW) and is_given_up_now(later, SubstituteReason.SICK, NOW)
    assert not is_given_up_now(later, SubstituteReason.SWAP, NOW)
    assert not is_given_up_now(later, SubstituteReason.PHONE, NOW)
