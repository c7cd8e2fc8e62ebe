"""Whom a dispatch asks: who is on duty and holds a phone, in which order, and that nobody waits for a busy patrol."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.roster import Person, Roster, Shift, mustered, to_muster, unanswered
from schemas.vocabulary import Duty, Priority, Who

EVENING = datetime(2026, 6, 10, 19, 30, tzinfo=UTC)
NOW = EVENING + timedelta(hours=4)
MORNING = datetime(2026, 6, 11, 5, 0, tzinfo=UTC)
HERE, NEXT, FAR = UUID(int=1), UUID(int=2), UUID(int=3)


def shift(number: int, area: UUID = HERE, *, patrol: str | None = None, duty: Duty = Duty.PATROL,
          held: bool | None = True, start: datetime = EVENING, end: datetime = MORNING) -> Shift:  # fmt: skip
    label = patrol if patrol is not None else f"Patrull {number}"
    return Shift(UUID(int=100 + number), area, label, duty, f"+4670000000{number}", start, end, held)


ONE, TWO, THREE, FOUR = shift(1), shift(2), shift(3, NEXT), shift(4, FAR)
LEAD, OTHER_LEAD = shift(8, duty=Duty.LEAD), shift(9, FAR, duty=Duty.LEAD)
TOWN = Roster((FOUR, OTHER_LEAD, TWO, LEAD, THREE, ONE), "010-1234567", near={HERE: (NEXT,)})


def labels(people: tuple[Person, ...]) -> list[str]:
    return [p.patrol for p in people]


def order(roster: Roster, who: Who, priority: int = 1, declined: set[str] | None = None,
          asked: set[str] | None = None) -> list[str]:  # fmt: skip
    people = roster.order_for(
        who, HERE, NOW, priority=Priority(priority), declined=declined or set(), asked=asked or set()
    )
    return labels(people)


def test_a_shift_counts_from_its_start_up_to_its_end() -> None:
    roster = Roster((ONE,))
    assert roster.on_duty(HERE, EVENING) == (ONE,)
    assert roster.on_duty(HERE, EVENING - timedelta(seconds=1)) == ()
    assert roster.on_duty(HERE, MORNING - timedelta(seconds=1)) == (ONE,)
    assert roster.on_duty(HERE, MORNING) == ()
    assert roster.on_duty(NEXT, NOW) == ()
    assert roster.on_duty(HERE, NOW, Duty.LEAD) == ()


def test_a_confirmed_phone_goes_before_a_silent_one_and_a_phone_that_nobody_holds_is_not_asked() -> None:
    silent, away = shift(1, held=None), shift(3, held=False)
    assert Roster((silent, away, TWO)).on_duty(HERE, NOW) == (TWO, silent)
    assert Roster((silent,)).on_duty(HERE, NOW) == (silent,), "silence is not absence"


def test_each_step_asks_its_own() -> None:
    assert order(TOWN, Who.PATROL) == ["Patrull 1", "Patrull 2"]
    assert order(TOWN, Who.SECOND_PATROL) == ["Patrull 2", "Patrull 3", "Patrull 4", "Patrull 1"]
    assert order(TOWN, Who.LEAD) == ["Patrull 8", "Patrull 9"]
    (fixed,) = TOWN.order_for(Who.FIXED, HERE, NOW, priority=Priority.FIRST)
    assert fixed == Person("010-1234567", "")


def test_the_second_patrol_is_not_the_one_that_was_asked() -> None:
    assert order(TOWN, Who.SECOND_PATROL, asked={ONE.phone}) == ["Patrull 2", "Patrull 3", "Patrull 4"]


def test_a_second_phone_of_the_first_patrol_comes_after_every_other_patrol() -> None:
    pair = shift(5, patrol="Patrull 1")
    people = Roster((ONE, pair, THREE)).people(Who.SECOND_PATROL, HERE, NOW)
    assert [p.phone for p in people] == [THREE.phone, ONE.phone, pair.phone]


def test_a_nearer_area_s_patrol_is_asked_before_a_farther_one() -> None:
    roster = replace(TOWN, near={HERE: (FAR, NEXT)})
    assert order(roster, Who.SECOND_PATROL, asked={ONE.phone, TWO.phone}) == ["Patrull 4", "Patrull 3"]


def test_priority_1_waits_for_no_busy_patrol() -> None:
    busy = replace(TOWN, busy=frozenset({ONE.shift_id}))
    assert order(busy, Who.PATROL, 1) == ["Patrull 2"]
    assert order(busy, Who.PATROL, 2) == ["Patrull 2", "Patrull 1"]
    all_out = replace(TOWN, busy=frozenset({ONE.shift_id, TWO.shift_id}))
    assert order(all_out, Who.PATROL, 1) == [], "the next step's time has come"
    assert order(all_out, Who.PATROL, 3) == ["Patrull 1", "Patrull 2"]
    assert not all_out.has_free_patrol(HERE, NOW)
    assert busy.has_free_patrol(HERE, NOW)


def test_with_one_of_its_phones_a_whole_patrol_is_out() -> None:
    pair = shift(5, patrol="Patrull 1")
    roster = Roster((ONE, pair, TWO), busy=frozenset({pair.shift_id}))
    assert [(p.patrol, p.busy) for p in roster.people(Who.PATROL, HERE, NOW)] == [
        ("Patrull 2", False),
        ("Patrull 1", True),
        ("Patrull 1", True),
    ]


def test_whoever_said_no_this_round_is_not_asked_again_but_the_fixed_number_always_is() -> None:
    assert order(TOWN, Who.PATROL, declined={ONE.phone}) == ["Patrull 2"]
    assert order(TOWN, Who.LEAD, declined={LEAD.phone}) == ["Patrull 9"]
    assert order(TOWN, Who.FIXED, declined={"010-1234567"}) == [""]


def test_a_busy_lead_is_asked_all_the_same() -> None:
    assert order(replace(TOWN, busy=frozenset({LEAD.shift_id})), Who.LEAD) == ["Patrull 8", "Patrull 9"]


def test_an_empty_roster_has_nobody_and_no_number() -> None:
    for who in Who:
        assert Roster(()).people(who, HERE, NOW) == ()


def test_a_muster_is_asked_once_when_the_shift_has_begun() -> None:
    fresh = shift(1, held=None)
    asked = replace(fresh, muster_asked_at=EVENING)
    assert to_muster([fresh], EVENING - timedelta(seconds=1)) == ()
    assert to_muster([fresh], EVENING) == (fresh,)
    assert to_muster([asked, TWO], NOW) == ()
    assert to_muster([fresh], MORNING) == ()


def test_a_muster_without_an_answer_is_told_after_a_while_and_a_no_at_once() -> None:
    asked = replace(shift(1, held=None), muster_asked_at=EVENING)
    assert unanswered([asked], EVENING + timedelta(minutes=14)) == ()
    assert unanswered([asked], EVENING + timedelta(minutes=15)) == (asked,)
    assert unanswered([mustered(asked, True)], NOW) == ()
    no = mustered(asked, False)
    assert unanswered([no], EVENING + timedelta(minutes=1)) == (no,)
    assert mustered(no, True).mustered is True, "the later answer counts"


def test_an_evening_s_gaps_are_found() -> None:
    early = shift(1, end=NOW)
    late = shift(2, start=NOW + timedelta(hours=1))
    assert Roster((early, late)).uncovered(HERE, EVENING, MORNING) == ((NOW, NOW + timedelta(hours=1)),)
    assert Roster((ONE,)).uncovered(HERE, EVENING, MORNING) == ()
    assert Roster((early, late)).uncovered(NEXT, EVENING, MORNING) == ((EVENING, MORNING),)


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
@given(shifts=SHIFTS, busy=st.frozensets(st.integers(101, 109)), priority=st.sampled_from(Priority))
def test_only_phones_on_duty_are_asked_each_once_in_an_order_that_does_not_hang_on_the_rows(
    who: Who, shifts: list[Shift], busy: frozenset[int], priority: Priority
) -> None:
    roster = Roster(tuple(shifts), busy=frozenset(UUID(int=b) for b in busy))
    people = roster.order_for(who, HERE, NOW, priority=priority)
    by_id = {s.shift_id: s for s in shifts}
    assert len({p.phone for p in people}) == len(people)
    for person in people:
        assert person.shift_id is not None
        theirs = by_id[person.shift_id]
        assert theirs.starts_at <= NOW < theirs.ends_at and theirs.mustered is not False
        assert theirs.duty is (Duty.LEAD if who is Who.LEAD else Duty.PATROL)
        assert not (person.busy and priority is Priority.FIRST and who is not Who.LEAD)
    turned = replace(roster, shifts=tuple(reversed(shifts)))
    assert turned.order_for(who, HERE, NOW, priority=priority) == people
