"""A resident's supervision in one word: which fact decides, and which fault is named first."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from alarm_center.core.supervision import (
    DecisionFacts,
    LackingConsent,
    SupervisionFacts,
    SupervisionFault,
    SupervisionKind,
    SupervisionStatus,
    supervision_of,
)
from alarm_center.words import supervision_words
from alarm_center.words.catalogues import SPEECHES
from schemas.vocabulary import CancelReason, Instead

NIGHT = date(2026, 11, 25)
LATER = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
RUNNING = SupervisionFacts(
    decisions=DecisionFacts(begun=True, holds=True, tried=True, starts_on=date(2026, 1, 1)), paused_until=None, pause_reason=None, has_times=True, only_visits=False,
    has_device=True, camera_may_look=True, sensors_may_look=False,
)  # fmt: skip
ENDED = DecisionFacts(begun=True, starts_on=date(2026, 1, 1), ends_on=date(2026, 11, 24))
SAID_NO = LackingConsent("resident", LATER, Instead.NOTHING)


@pytest.mark.parametrize(
    ("said", "kind", "fault"),
    [
        ({}, SupervisionKind.CAMERA, None),
        ({"camera_may_look": False, "sensors_may_look": True}, SupervisionKind.SENSORS, None),
        ({"only_visits": True, "has_device": False}, SupervisionKind.VISITS, None),
        ({"paused_until": LATER}, SupervisionKind.PAUSED, None),
        ({"decisions": DecisionFacts()}, SupervisionKind.VISITS, SupervisionFault.NO_DECISION),
        ({"decisions": DecisionFacts(starts_on=NIGHT)}, SupervisionKind.NOT_RUNNING, SupervisionFault.NOT_BEGUN),
        ({"decisions": ENDED}, SupervisionKind.VISITS, SupervisionFault.DECISION_ENDED),
        ({"decisions": replace(ENDED, holds=True)}, SupervisionKind.VISITS, SupervisionFault.TRIAL_ENDED),
        ({"has_times": False}, SupervisionKind.NOT_RUNNING, SupervisionFault.NO_TIMES),
        ({"has_device": False}, SupervisionKind.NOT_RUNNING, SupervisionFault.NO_DEVICE),
        ({"camera_may_look": False}, SupervisionKind.VISITS, SupervisionFault.CONSENT_LIMITED),
        ({"lacking": (SAID_NO,)}, SupervisionKind.NOT_RUNNING, SupervisionFault.SAID_NO),
        ({"lacking": (LackingConsent("cohabitant"),)}, SupervisionKind.VISITS, SupervisionFault.CONSENT_MISSING),
    ],
)
def test_one_fact_decides(said: dict[str, object], kind: SupervisionKind, fault: SupervisionFault | None) -> None:
    found = supervision_of(replace(RUNNING, **said))  # type: ignore[arg-type]  # each row names its own fields
    assert (found.kind, found.fault) == (kind, fault)


def test_a_no_that_wants_a_visit_is_supervised_by_visits() -> None:
    found = supervision_of(replace(RUNNING, lacking=(replace(SAID_NO, instead=Instead.VISIT),)))
    assert (found.kind, found.fault) == (SupervisionKind.VISITS, SupervisionFault.CONSENT_WITHDRAWN)


def test_nothing_at_all_is_the_residents_own_to_say() -> None:
    found = supervision_of(replace(RUNNING, lacking=(replace(SAID_NO, who="cohabitant"),)))
    assert found.kind is SupervisionKind.VISITS


@pytest.mark.parametrize("fault", SupervisionFault)
@pytest.mark.parametrize("language", SPEECHES)
def test_every_fault_has_its_words(fault: SupervisionFault, language: str) -> None:
    facts = replace(RUNNING, decisions=replace(ENDED, trial_ends_on=NIGHT))
    supervision = SupervisionStatus(SupervisionKind.NOT_RUNNING, fault, SAID_NO)
    said = supervision_words.fault_words(supervision, facts, "Karl Mård", None, SPEECHES[language])
    assert said and "%" not in said


def test_the_one_who_lives_there_too_is_named() -> None:
    supervision = SupervisionStatus(
        SupervisionKind.NOT_RUNNING, SupervisionFault.CONSENT_MISSING, LackingConsent("cohabitant")
    )
    said = supervision_words.fault_words(supervision, RUNNING, "Karin Mård", "Karl Mård", SPEECHES["sv"])
    assert said == "Karl Mård har inte sagt ja"


def test_a_pause_says_how_long_and_why() -> None:
    facts = replace(RUNNING, paused_until=LATER, pause_reason=CancelReason.PAUSE_HOSPITAL)
    now = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
    assert supervision_words.pause_words_of(facts, now, "Europe/Stockholm", SPEECHES["sv"]) == (
        "till i morgon 16:00, sjukhus"
    )
