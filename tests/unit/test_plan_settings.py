"""A plan's answers are read with their limits: what is out of them is said, with what would be right."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alarm_center.core.plan import CHAINS, Plan, Step, Wording
from alarm_center.core.reason_table import Reaction, Rule
from schemas.vocabulary import AlarmKind, Channel, HandledBy, Priority, Reason, Who


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


# ---- what a town may set ----


@pytest.mark.parametrize(
    ("settings", "field", "value"),
    [
        ({"recheck_minutes": 20}, "recheck", timedelta(minutes=20)),
        ({"grace_seconds": 90}, "grace", timedelta(seconds=90)),
        ({"grace_minutes": 0.5}, "grace", timedelta(seconds=30)),
        ({"recheck_minutes": 24 * 60}, "recheck", timedelta(days=1)),
        ({"recheck_look_seconds": 5}, "recheck_look", timedelta(seconds=5)),
        ({"recheck_look_seconds": 60}, "recheck_look", timedelta(seconds=60)),
        ({"claim_lease_seconds": 30}, "claim_lease", timedelta(seconds=30)),
        ({"answer_within_seconds": 60}, "answer_within", timedelta(minutes=1)),
        ({"phone_first": True}, "phone_first", True),
        ({"two_carers": True}, "two_carers", True),
        ({"visit_on_fault": False}, "visit_on_fault", False),
        ({"rechecks": 0}, "rechecks", 0),
        ({"rechecks": 10}, "rechecks", 10),
        ({"people_of_ten": 0}, "people_of_ten", 0),
        ({"run_in_nights": 0}, "run_in_nights", 0),
        ({"rounds": 10}, "rounds", 10),
        ({"handled_by": "home_care"}, "handled_by", HandledBy.HOME_CARE),
    ],
)
def test_a_setting_is_read(settings: dict[str, Any], field: str, value: Any) -> None:
    assert Plan.from_settings(settings) == replace(Plan(), **{field: value})


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"recheck_look_seconds": 4}, "plan recheck_look_seconds: 4; expected 0:00:05 to 0:01:00"),
        ({"recheck_look_seconds": 61}, "plan recheck_look_seconds: 61; expected 0:00:05 to 0:01:00"),
        ({"recheck_minutes": 24 * 60 + 1}, "plan recheck_minutes: 1441; expected 0:00:00 to 1 day, 0:00:00"),
        ({"claim_lease_seconds": 29}, "plan claim_lease_seconds: 29; expected 0:00:30 to"),
        ({"answer_within_seconds": 59}, "expected 0:01:00 to"),
        ({"recheck_minutes": -0.1}, "expected a number of minutes, 0 or more"),
        ({"grace_seconds": True}, "expected a number of seconds"),
        ({"two_carers": 1}, "plan two_carers: 1; expected true or false"),
        ({"rechecks": 11}, "plan rechecks: 11; expected a whole number from 0 to 10"),
        ({"rounds": -1}, "plan rounds: -1; expected a whole number"),
        ({"rounds": True}, "plan rounds: True; expected a whole number"),
        ({"rounds": 2.0}, "expected a whole number"),
        ({"recheck_hours": 1}, "plan recheck_hours: no such setting"),
        ({"recheck": 1}, "plan recheck: no such setting"),
        ({"rounds_minutes": 1}, "plan rounds_minutes: no such setting"),
    ],
)
def test_a_setting_out_of_its_limits_is_named(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Plan.from_settings(settings)


def test_a_later_layer_lies_over_an_earlier_one() -> None:
    town: dict[str, Any] = {"recheck_minutes": 20, "rounds": 2, "rules": {"up": {"reaction": "alarm"}}}
    resident: dict[str, Any] = {"recheck_minutes": 5, "rules": {"still": {"priority": 1}}}
    plan = Plan.from_settings(town, resident)
    assert (plan.recheck, plan.rounds) == (timedelta(minutes=5), 2)
    assert set(plan.rules) == {Reason.UP, Reason.STILL}


@pytest.mark.parametrize(
    ("key", "said", "rule"),
    [
        ("up", {}, Rule(Reaction.RECHECK, AlarmKind.NOT_SEEN, Priority.SECOND)),
        ("up", {"reaction": "alarm"}, Rule(Reaction.ALARM, AlarmKind.NOT_SEEN, Priority.SECOND)),
        ("up", {"kind": "cannot_tell"}, Rule(Reaction.RECHECK, AlarmKind.CANNOT_TELL, Priority.SECOND)),
        ("up", {"priority": 1}, Rule(Reaction.RECHECK, AlarmKind.NOT_SEEN, Priority.FIRST)),
        ("not_seen", {"priority": 3}, Rule(Reaction.RECHECK, AlarmKind.NOT_SEEN, Priority.THIRD)),
        ("in_bed", {}, Rule(Reaction.SEEN)),
    ],
)
def test_a_rule_keeps_what_it_does_not_change(key: str, said: dict[str, Any], rule: Rule) -> None:
    assert list(Plan.from_settings({"rules": {key: said}}).rules.values()) == [rule]


@pytest.mark.parametrize(("key", "reaction"), [("in_bed", "alarm"), ("up", "seen"), ("not_seen", "seen")])
def test_only_in_bed_may_lead_to_seen(key: str, reaction: str) -> None:
    with pytest.raises(ValueError, match=f"plan rules.{key}: only in_bed leads to seen"):
        Plan.from_settings({"rules": {key: {"reaction": reaction}}})


def test_a_chain_says_who_is_asked_when_and_how() -> None:
    said = [
        {"after_seconds": 0, "who": "patrol"},
        {"after_seconds": 90, "who": "lead", "channel": "call", "wording": "reminder"},
    ]
    plan = Plan.from_settings({"chains": {"2": said}})
    assert plan.chains[Priority.SECOND] == (
        Step(timedelta(0), Who.PATROL, Channel.SMS, Wording.CALL_OUT),
        Step(timedelta(seconds=90), Who.LEAD, Channel.CALL, Wording.REMINDER),
    )
    assert {p: plan.chains[p] for p in (Priority.FIRST, Priority.THIRD)} == {
        p: CHAINS[p] for p in (Priority.FIRST, Priority.THIRD)
    }
