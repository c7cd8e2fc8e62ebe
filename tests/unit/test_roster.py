"""The roster: who is on duty and holds a phone, in which order they are asked, and no wait for a busy patrol."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.roster import DutyShift, Responder, Roster, shifts_to_muster, silent_shifts
from schemas.vocabulary import Duty, Who

EVENING = datetime(2026, 6, 10, 19, 30, tzinfo=UTC)
NOW = EVENING + timedelta(hours=4)
MORNING = datetime(2026, 6, 11, 5, 0, tzinfo=UTC)
HERE, NEXT, FAR = UUID(int=1), UUID(int=2), UUID(int=3)


def shift(number: int, area: UUID = HERE, *, patrol: str | None = None, duty: Duty = Duty.PATROL,
          held: bool | None = True, start: datetime = EVENING, end: datetime = MORNING) -> DutyShift:  # fmt: skip
    label = patrol if patrol is not None else f"Patrull {number}"
    return DutyShift(UUID(int=100 + number), area, label, duty, f"+4670000000{number}", start, end, held)


ONE, TWO, THREE, FOUR = shift(1), shift(2), shift(3, NEXT), shift(4, FAR)
LEAD, OTHER_LEAD = shift(8, duty=Duty.LEAD), shift(9, FAR, duty=Duty.LEAD)
TOWN = Roster((FOUR, OTHER_LEAD, TWO, LEAD, THREE, ONE), "010-1234567")


def labels(people: tuple[Responder, ...]) -> list[str]:
    return [p.patrol for p in people]


def order(roster: Roster, who: Who) -> list[str]:
    return labels(roster.responders(who, HERE, NOW))


def test_a_shift_counts_from_its_start_up_to_its_end() -> None:
    roster = Roster((ONE,))
    assert roster.shifts_on_duty(HERE, EVENING) == (ONE,)
    assert roster.shifts_on_duty(HERE, EVENING - timedelta(seconds=1)) == ()
    assert roster.shifts_on_duty(HERE, MORNING - timedelta(seconds=1)) == (ONE,)
    assert roster.shifts_on_duty(HERE, MORNING) == ()
    assert roster.shifts_on_duty(NEXT, NOW) == ()
    assert roster.shifts_on_duty(HERE, NOW, Duty.LEAD) == ()


def test_confirmed_phones_first_unheld_phones_never() -> None:
    silent, away = shift(1, held=None), shift(3, held=False)
    assert Roster((silent, away, TWO)).shifts_on_duty(HERE, NOW) == (TWO, silent)
    assert Roster((silent,)).shifts_on_duty(HERE, NOW) == (silent,), "silence is not absence"


def test_each_step_asks_its_own() -> None:
    assert order(TOWN, Who.PATROL) == ["Patrull 1", "Patrull 2"]
    assert order(TOWN, Who.SECOND_PATROL) == ["Patrull 2", "Patrull 3", "Patrull 4", "Patrull 1"]
    assert order(TOWN, Who.LEAD) == ["Patrull 8", "Patrull 9"]
    (fixed,) = TOWN.responders(Who.FIXED, HERE, NOW)
    assert fixed == Responder("010-1234567", "")


def test_a_patrols_second_phone_comes_after_other_patrols() -> None:
    pair = shift(5, patrol="Patrull 1")
    people = Roster((ONE, pair, THREE)).responders(Who.SECOND_PATROL, HERE, NOW)
    assert [p.phone for p in people] == [THREE.phone, ONE.phone, pair.phone]


def test_a_busy_patrol_comes_after_a_free_one() -> None:
    busy = replace(TOWN, busy=frozenset({ONE.shift_id}))
    assert order(busy, Who.PATROL) == ["Patrull 2", "Patrull 1"]


def test_two_patrols_of_one_name_are_two() -> None:
    alike = shift(5, patrol="Patrull 1")
    roster = Roster((ONE, alike, TWO), busy=frozenset({ONE.shift_id}))
    assert [(p.phone, p.busy) for p in roster.responders(Who.PATROL, HERE, NOW)] == [
        (alike.phone, False),
        (TWO.phone, False),
        (ONE.phone, True),
    ]


def test_a_phone_that_is_out_is_out_under_every_name() -> None:
    """The phone has a shift here and one in the next area, under another patrol's name."""
    there = replace(shift(5, area=NEXT, patrol="Patrull 5"), phone=ONE.phone)
    roster = Roster((ONE, TWO, there), busy=frozenset({there.shift_id}))
    assert [(p.phone, p.busy) for p in roster.responders(Who.PATROL, HERE, NOW)] == [
        (TWO.phone, False),
        (ONE.phone, True),
    ]


def test_a_busy_lead_is_asked_all_the_same() -> None:
    assert order(replace(TOWN, busy=frozenset({LEAD.shift_id})), Who.LEAD) == ["Patrull 8", "Patrull 9"]


def test_an_empty_roster_has_nobody_and_no_number() -> None:
    for who in Who:
        assert Roster(()).responders(who, HERE, NOW) == ()


def test_a_muster_is_asked_once_when_the_shift_has_begun() -> None:
    fresh = shift(1, held=None)
    asked = replace(fresh, muster_asked_at=EVENING)
    assert shifts_to_muster([fresh], EVENING - timedelta(seconds=1)) == ()
    assert shifts_to_muster([fresh], EVENING) == (fresh,)
    assert shifts_to_muster([asked, TWO], NOW) == ()
    assert shifts_to_muster([fresh], MORNING) == ()


def test_musters_are_asked_in_the_order_of_the_shifts() -> None:
    first, later = shift(2, held=None), shift(1, held=None, start=EVENING + timedelta(hours=1))
    assert shifts_to_muster([later, first], NOW) == (first, later)


def test_an_unanswered_muster_is_told_later_and_a_no_at_once() -> None:
    asked = replace(shift(1, held=None), muster_asked_at=EVENING)
    assert silent_shifts([asked], EVENING + timedelta(minutes=14)) == ()
    assert silent_shifts([asked], EVENING + timedelta(minutes=15)) == (asked,)
    assert silent_shifts([replace(asked, mustered=True)], NOW) == ()
    no = replace(asked, mustered=False)
    assert silent_shifts([no], EVENING + timedelta(minutes=1)) == (no,)


def test_an_evening_s_gaps_are_found() -> None:
    early = shift(1, end=NOW)
    late = shift(2, start=NOW + timedelta(hours=1))
    assert Roster((early, late)).uncovered_stretches(HERE, EVENING, MORNING) == ((NOW, NOW + timedelta(hours=1)),)
    assert Roster((ONE,)).uncovered_stretches(HERE, EVENING, MORNING) == ()
    assert Roster((early, late)).uncovered_stretches(NEXT, EVENING, MORNING) == ((EVENING, MORNING),)


SHIFTS = st.lists(
    st.builds(
        lambda n, area, duty, held, start, hours: shift(
            n, area, duty=duty, held=held, start=EVENING + timedelta(hours=start),
            end=EVENING + timedelta(hours=start + hours),
        ),
        st.integers(1, 9), st.sampled_from([HERE, NEXT, FAR]), st.sampled_from(Duty),
        st.sampled_from([True, False, None]), st.integers(-2, 6), st.integers(1, 10),
    ),
    max_size=9, unique_by=lambda s: s.shift_id,
)  # fmt: skip


@pytest.mark.parametrize("who", [Who.PATROL, Who.SECOND_PATROL, Who.LEAD])
@given(shifts=SHIFTS, busy=st.frozensets(st.integers(101, 109)))
def test_phones_on_duty_are_asked_once_in_a_stable_order(
    who: Who, shifts: list[DutyShift], busy: frozenset[int]
) -> None:
    roster = Roster(tuple(shifts), busy=frozenset(UUID(int=b) for b in busy))
    people = roster.responders(who, HERE, NOW)
    by_id = {s.shift_id: s for s in shifts}
    assert len({p.phone for p in people}) == len(people)
    for person in people:
        assert person.shift_id is not None
        theirs = by_id[person.shift_id]
        assert theirs.starts_at <= NOW < theirs.ends_at and theirs.mustered is not False
        assert theirs.duty is (Duty.LEAD if who is Who.LEAD else Duty.PATROL)
    turned = replace(roster, shifts=tuple(reversed(shifts)))
    assert turned.responders(who, HERE, NOW) == people
