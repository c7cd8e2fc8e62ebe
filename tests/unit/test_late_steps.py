"""Order of the steps that say in which circumstance a session comes: each stands before the next for a reason."""

from collections.abc import Callable

import pytest

from alarm_center.core.check import late_sessions
from alarm_center.core.check.check_events import Cancel, SessionJudged
from alarm_center.core.check.late_sessions import Circumstance, circumstance_of
from alarm_center.core.decision import IllegalMove
from schemas.vocabulary import CancelReason, Instead
from tests.unit.one_check import IN_BED, PLAN, CheckNight, at, found, opened, waiting

Case = tuple[Callable[[], CheckNight], SessionJudged, float, Circumstance | None]
REFUSED = None


def cancelled() -> CheckNight:
    return CheckNight()(-5, Cancel(CancelReason.PAUSE_AWAY, Instead.NOTHING, "planner-3"))


CASES: dict[str, Case] = {
    "without consent even a known session is dropped": (
        waiting, found(IN_BED, session="session-1", consented=False), 2, Circumstance.CONSENT_REVOKED,
    ),
    "a known session is not refused for its number": (
        waiting, found(IN_BED, attempt=9, session="session-1"), 2, Circumstance.SAME_SESSION,
    ),
    "a session before its time is refused, ended or not": (cancelled, found(IN_BED, session="early"), -4, REFUSED),
    "of an ended check nothing more is asked": (
        lambda: opened()(1, found(IN_BED)), found(IN_BED, session="second"), 2, Circumstance.SEEN,
    ),
    "an answered attempt is not called late": (waiting, found(IN_BED, session="second"), 30, Circumstance.ANSWERED),
}  # fmt: skip


def outcome(case: Case) -> Circumstance | None:
    night, session, minutes, _ = case
    try:
        return circumstance_of(night().check, session, PLAN, at(minutes))
    except IllegalMove:
        return REFUSED


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_step_that_stands_first_decides(case: Case) -> None:
    assert outcome(case) is case[3]


@pytest.mark.parametrize("place", range(len(late_sessions.STEPS) - 1))
def test_two_steps_that_change_places_are_noticed(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = list(late_sessions.STEPS)
    steps[place], steps[place + 1] = steps[place + 1], steps[place]
    monkeypatch.setattr(late_sessions, "STEPS", tuple(steps))
    assert [name for name, case in CASES.items() if outcome(case) is not case[3]] != []
