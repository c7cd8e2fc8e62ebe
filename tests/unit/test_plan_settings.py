"""A plan's answers are read with their limits: what is out of them is said, with what would be right."""

from datetime import timedelta

import pytest

from alarm_center.core.plan import Plan


@pytest.mark.parametrize(
    "name", ["exhausted_repeat", "on_site_silence", "answer_within", "outcome_within", "claim_lease"]
)
def test_what_is_done_again_and_again_has_a_pause(name: str) -> None:
    """Without one, the clockwork called the lead as fast as it could, all night."""
    with pytest.raises(ValueError, match=f"{name}_minutes"):
        Plan.from_settings({f"{name}_minutes": 0})
    with pytest.raises(ValueError, match=f"{name}_seconds"):
        Plan.from_settings({f"{name}_seconds": 5})
    assert getattr(Plan.from_settings({f"{name}_minutes": 2}), name) == timedelta(minutes=2)


@pytest.mark.parametrize("minutes", [1e300, float("inf"), float("nan"), 10_000, -1, True, "15", None])
def test_a_duration_is_a_number_of_minutes_within_a_day(minutes: object) -> None:
    with pytest.raises(ValueError, match="recheck_minutes"):
        Plan.from_settings({"recheck_minutes": minutes})


def test_a_wait_that_is_nothing_is_allowed_where_it_happens_once() -> None:
    plan = Plan.from_settings({"recheck_minutes": 0, "self_dispatch_seconds": 0})
    assert plan.recheck == plan.self_dispatch == timedelta(0)
