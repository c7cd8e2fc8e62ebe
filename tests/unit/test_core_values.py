"""Values of the core: frozen, typed down to their defaults, and stored under words and defaults that stay."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import timedelta
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from alarm_center import core
from alarm_center.core.alarm.alarm_change import AlarmChange
from alarm_center.core.alarm.alarm_kinds import POLICY, KindPolicy
from alarm_center.core.alarm.alarm_parts import Acceptance, Limits, ScreenClaim
from alarm_center.core.alarm.lease import Lease
from alarm_center.core.alarm.manual_alarm import Course, Forecast, MissingField
from alarm_center.core.alarm.state import (
    Alarm,
    AlarmState,
    Dispatch,
    DispatchPurpose,
    DispatchState,
    Notice,
    NoticeState,
)
from alarm_center.core.check.check_effects import CheckDecision, Clear
from alarm_center.core.check.check_events import Cancel, CheckTick, PersonSaid, SessionJudged
from alarm_center.core.check.state import Attempt, AttemptState, Check, CheckState
from alarm_center.core.decision import Raise
from alarm_center.core.messages.sms_words import Language
from alarm_center.core.plan import Plan, Step, Wording
from alarm_center.core.reason_table import Reaction
from alarm_center.core.replies.reply_parts import Standing
from alarm_center.core.roster import DutyShift, Roster
from schemas.vocabulary import Channel, Condition, HandledBy

WORKBENCH = {AlarmChange}
"""Values that live for one decision and change while it is made."""


def _values() -> Iterator[type[Any]]:
    for module in pkgutil.walk_packages(core.__path__, f"{core.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and is_dataclass(value) and value.__module__ == module.name:
                yield value


VALUES = list(_values())
"""Each class of values in the core."""


def defaults(value: type[Any]) -> dict[str, Any]:
    return {field.name: _default(field) for field in fields(value) if _default(field) is not MISSING}


def _default(field: "Field[Any]") -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def test_a_value_is_frozen() -> None:
    assert VALUES and {value for value in VALUES if not value.__dataclass_params__.frozen} == WORKBENCH


def test_a_default_is_of_its_fields_type() -> None:
    wrong: dict[str, Any] = {}
    for value in VALUES:
        hints = get_type_hints(value)
        wrong |= {
            f"{value.__qualname__}.{name}": default
            for name, default in defaults(value).items()
            if not _is_a(default, hints[name])
        }
    assert wrong == {}


def _is_a(default: Any, hint: Any) -> bool:
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    plain = tuple(get_origin(kind) or kind for kind in kinds)
    # Of Python's two classes of which one is the other's, no field here may have either.
    return type(default) in plain if isinstance(default, bool | NoneType) else isinstance(default, plain)


@pytest.mark.parametrize("policy", POLICY.values(), ids=[kind.value for kind in POLICY])
def test_a_policys_answers_are_of_their_types(policy: KindPolicy) -> None:
    hints = get_type_hints(KindPolicy)
    assert [f.name for f in fields(policy) if not _is_a(getattr(policy, f.name), hints[f.name])] == []


STORED_WORDS: tuple[type[StrEnum], ...] = (
    AlarmState, AttemptState, CheckState, Course, DispatchPurpose, DispatchState, MissingField, NoticeState, Reaction, Standing,
    Wording,
)  # fmt: skip


@pytest.mark.parametrize("words", STORED_WORDS, ids=lambda words: words.__name__)
def test_a_stored_word_is_its_name_in_small_letters(words: type[StrEnum]) -> None:
    assert [word.value for word in words] == [word.name.lower() for word in words]


def test_a_language_is_stored_by_its_code() -> None:
    assert [(language.name, language.value) for language in Language] == [("SV", "sv"), ("EN", "en")]


STORED_DEFAULTS: dict[type[Any], dict[str, Any]] = {
    Acceptance: {
        "on_site_at": None, "on_site_word_at": None, "on_site_asked": False, "staff_inside": False, "done_at": None,
        "late_until": None,
    },
    Alarm: {
        "visit": False, "state": AlarmState.OPEN, "condition": Condition.ACTIVE, "next_step_at": None,
        "claim": ScreenClaim(Lease(None, None), False, False), "acceptance": None, "limits": Limits(None, None, None),
        "dispatch": None, "incident_id": None, "outcome": None, "closed_by": None, "closed_at": None,
        "visit_overdue": False, "troubles": (), "hand_over": None,
    },
    Attempt: {"state": AttemptState.OWED, "session_id": None, "answer": None, "reason": None},
    Check: {
        "state": CheckState.PLANNED, "next_step_at": None, "deadline": None, "attempts": (), "rechecks_left": 0,
        "retries_left": 1, "answer": None, "reason": None, "seen_by": None, "alarm_id": None, "late": False,
        "staff_inside": False, "fault_known": False, "cancel_reason": None, "instead": None, "agreed_by": None, "visit_beside": False,
    },
    Dispatch: {
        "round": 1, "step": 0, "state": DispatchState.RUNNING, "notices": (), "last_round": 3, "needed": 1,
        "seeking": DispatchPurpose.CALL_OUT, "repeat_at": None, "on_duty_at": None, "replaced": (),
    },
    Lease: {"holder": None, "until": None},
    Limits: {"self_dispatch_at": None, "arrive_by": None, "limit_at": None},
    Notice: {"state": NoticeState.ASKED, "answered_at": None, "done_at": None},
    ScreenClaim: {"lease": Lease(None, None), "in_call": False, "moved": False},
    Step: {"channel": Channel.SMS, "wording": Wording.CALL_OUT},
}  # fmt: skip


@pytest.mark.parametrize("value", STORED_DEFAULTS, ids=lambda value: value.__name__)
def test_what_an_older_row_lacks_reads_as_ever(value: type[Any]) -> None:
    assert defaults(value) == STORED_DEFAULTS[value]


EVENT_DEFAULTS: dict[type[Any], dict[str, Any]] = {
    Cancel: {"person": False},
    CheckDecision: {"effects": ()},
    CheckTick: {"staff_on_site": False, "detectors_alive": True, "more_tonight": True},
    Clear: {"only": None},
    Forecast: {"seconds": 0, "case_no": 0, "priority_before": None, "area": None},
    PersonSaid: {"session_id": None, "reason": None, "more_tonight": True},
    Raise: {"late": False, "in_need": ()},
    Roster: {"fixed_phone": None, "busy": frozenset(), "whole": False},
    SessionJudged: {"reason": None, "started_at": None, "consented": True, "shown": True, "more_tonight": True},
    DutyShift: {"mustered": None, "muster_asked_at": None, "takes_sms": True},
}


@pytest.mark.parametrize("value", EVENT_DEFAULTS, ids=lambda value: value.__name__)
def test_what_is_not_said_means_the_usual(value: type[Any]) -> None:
    assert defaults(value) == EVENT_DEFAULTS[value]


SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TOWNS_OWN = {
    "recheck": 15 * MINUTE,
    "rechecks": 1,
    "phone_rings": 8,
    "phone_first": False,
    "two_carers": False,
    "visit_on_fault": True,
    "people_of_ten": 1,
    "run_in_nights": 3,
    "exact_window": 10 * MINUTE,
    "grace": 60 * SECOND,
    "retry_window": 2 * MINUTE,
    "recheck_window": 5 * MINUTE,
    "recheck_look": 10 * SECOND,
    "look_within": 10 * MINUTE,
    "fault_ahead": 60 * MINUTE,
    "handled_by": HandledBy.ALARM_CENTRE,
    "self_dispatch_first": 60 * SECOND,
    "self_dispatch": 120 * SECOND,
    "claim_lease": 90 * SECOND,
    "claim_extends": 3 * MINUTE,
    "call_extends": 5 * MINUTE,
    "technical_hold": 120 * SECOND,
    "arrive_within": 45 * MINUTE,
    "least_drive": 10 * MINUTE,
    "on_site_silence": 30 * MINUTE,
    "answer_within": 5 * MINUTE,
    "outcome_within": 10 * MINUTE,
    "exhausted_repeat": 5 * MINUTE,
    "nobody_home_within": 15 * MINUTE,
    "ring_back_within": 5 * MINUTE,
    "may_go_out": False,
    "visit_lead": 60 * MINUTE,
    "rounds": 3,
}


def test_a_town_that_says_nothing_has_the_agreed_times() -> None:
    plan = Plan()
    assert {name: getattr(plan, name) for name in TOWNS_OWN} == TOWNS_OWN
    assert {field.name for field in fields(Plan)} == {*TOWNS_OWN, "rules", "chains"}
