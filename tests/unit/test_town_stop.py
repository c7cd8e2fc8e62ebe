"""A town's stop: two people, a word that waits a quarter of an hour, a last hour, and what the patrols on duty have time for."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from alarm_center.core.town_stop import (
    VISIT,
    Patrol,
    Round,
    StopDeed,
    StopFault,
    StopState,
    TownStop,
    fault_of,
    foresee,
    last_end,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
AT = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TARGET = timedelta(minutes=45)


def a_stop(**changes: object) -> TownStop:
    fields = dict.fromkeys(TownStop.__dataclass_fields__) | {"proposed_by": "olle", "proposed_at": AT} | changes
    return TownStop(**fields)  # type: ignore[arg-type]


def test_a_proposal_waits_a_quarter_of_an_hour() -> None:
    assert a_stop().state_at(AT + timedelta(minutes=15)) is StopState.PROPOSED
    assert a_stop().state_at(AT + timedelta(minutes=15, seconds=1)) is StopState.NONE


def test_a_stop_holds_until_it_is_ended() -> None:
    holds = {"confirmed_by": "siv", "confirmed_at": AT}
    assert a_stop(**holds).state_at(AT + 9 * HOUR) is StopState.HOLDS
    assert a_stop(**holds, back_by="siv", back_at=AT).state_at(AT) is StopState.RETURN_PROPOSED
    assert a_stop(**holds, back_by="siv", back_at=AT).state_at(AT + HOUR) is StopState.HOLDS
    assert a_stop(**holds, ended_by="olle", ended_at=AT).state_at(AT) is StopState.NONE


@pytest.mark.parametrize("deed", [StopDeed.CONFIRM, StopDeed.CONFIRM_RETURN])
def test_nobody_confirms_their_own_word(deed: StopDeed) -> None:
    state = StopState.PROPOSED if deed is StopDeed.CONFIRM else StopState.RETURN_PROPOSED
    assert fault_of(deed, state, "olle", "olle") is StopFault.SAME_PERSON
    assert fault_of(deed, state, "olle", "siv") is None
    assert fault_of(deed, StopState.NONE, "olle", "siv") is StopFault.OTHERWISE_NOW


def test_who_proposes_the_return_may_have_proposed_the_stop() -> None:
    assert fault_of(StopDeed.PROPOSE_RETURN, StopState.HOLDS, None, "olle") is None
    assert fault_of(StopDeed.PROPOSE, StopState.HOLDS, None, "olle") is StopFault.OTHERWISE_NOW


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ("2026-11-22 23:04", "2026-11-23 16:00"),
        ("2026-11-23 03:10", "2026-11-23 16:00"),
        ("2026-11-23 07:30", "2026-11-24 16:00"),
        ("2026-10-24 20:00", "2026-10-25 16:00"),
    ],
)
def test_a_stop_ends_on_the_day_after_its_night(begins: str, ends: str) -> None:
    at, end = (datetime.fromisoformat(each).replace(tzinfo=STOCKHOLM) for each in (begins, ends))
    assert last_end(at, STOCKHOLM) == end


def a_round(number: int, minutes: int = 0, *, risk: int = 2, area: str = "3") -> Round:
    return Round(UUID(int=number), area, AT + timedelta(minutes=minutes), risk, False)


def a_patrol(area: str = "3", patrol: str = "Patrull 1", hours: float = 9) -> Patrol:
    return Patrol(area, patrol, AT - HOUR, AT + hours * HOUR)


def begun(rounds: list[Round], patrols: list[Patrol]) -> list[tuple[int, float | None]]:
    return [
        (each.round.case_id.int, None if each.begins_at is None else (each.begins_at - AT) / timedelta(minutes=1))
        for each in foresee(rounds, patrols, AT, TARGET)
    ]


def test_of_visits_that_are_due_the_gravest_comes_first() -> None:
    assert begun([a_round(1, risk=3), a_round(2, risk=1), a_round(3, 30, risk=1)], [a_patrol()]) == [
        (2, 0), (1, 23), (3, 46)
    ]  # fmt: skip


def test_what_is_not_begun_within_the_target_is_beyond() -> None:
    assert begun([a_round(n) for n in range(1, 4)], [a_patrol()]) == [(1, 0), (2, 23), (3, None)]
    assert begun([a_round(n) for n in range(1, 4)], [a_patrol(), a_patrol(patrol="Patrull 2")]) == [
        (1, 0), (2, 0), (3, 23)
    ]  # fmt: skip


def test_two_phones_of_a_patrol_are_one_car() -> None:
    assert begun([a_round(1), a_round(2)], [a_patrol(), a_patrol(hours=8)]) == [(1, 0), (2, 23)]


def test_a_patrol_waits_for_the_hour_and_goes_home() -> None:
    assert begun([a_round(1, 60), a_round(2, 100)], [a_patrol(hours=2)]) == [(1, 60), (2, None)]
    assert timedelta(minutes=20) < VISIT < timedelta(minutes=30)


def test_each_area_has_its_own_patrols() -> None:
    assert begun([a_round(1), a_round(2, area="9")], [a_patrol()]) == [(1, 0), (2, None)]
