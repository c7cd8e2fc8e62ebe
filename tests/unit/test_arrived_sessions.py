"""The table of ways for an arrived session: the rule that decides where several could."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import combinations, product
from uuid import uuid4

import pytest

from alarm_center.casework import arrived_sessions
from alarm_center.casework.arrived_sessions import WAY_RULES, ArrivedSession, SessionWay, WayRule, way_of
from alarm_center.store.devices import BoundDevice
from alarm_center.store.sessions import StoredReceipt
from schemas.messages import Finding
from schemas.vocabulary import Answer, LinkState, Reason, ReceiptState
from tests.unit.one_check import planned

NIGHT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
CANNOT_TELL, WRONG = Answer.CANNOT_TELL, Answer.SOMETHING_WRONG


def session(
    answer: Answer = CANNOT_TELL,
    *,
    consented: bool = True,
    asked: bool = True,
    taken: bool = False,
    unjudged: bool = False,
    judged_now: bool = True,
    bound: bool = True,
) -> ArrivedSession:
    """A session of device vik-1; *taken* before, perhaps *unjudged* then."""
    device = BoundDevice(
        org="vik", device_id="vik-1", resident_id=uuid4() if bound else None, area_id=None, kind="camera", profile={},
        capture={}, config=None, wanted_version=1, published_version=1, reported_version=1, link=LinkState.UP,
        last_heard_at=NIGHT, gone_at=None, camera_ok=True, fault=None, boot=None, connection=0, sequence=0,
        other_boots=(), consented=consented, shown=True, companion=None, at_home=None, judge="centre", judge_ok=None,
    )  # fmt: skip
    reason = Reason.ON_FLOOR if answer is WRONG else Reason.PERSON_UNSURE
    finding = Finding(
        session_id="s1", org="vik", device="vik-1", answer=answer, reasons=(reason,), started_at=NIGHT, detector="d1"
    )
    receipt = StoredReceipt("vik", "vik-1", "s1", ReceiptState.COMMITTED, None, unjudged) if taken else None
    check = planned() if asked else None
    return ArrivedSession(finding, answer if judged_now else None, device, check, receipt, NIGHT)


def every_session() -> Iterator[ArrivedSession]:
    names = ("consented", "asked", "taken", "unjudged", "judged_now", "bound")
    for answer in (CANNOT_TELL, WRONG):
        for flags in product((False, True), repeat=len(names)):
            yield session(answer, **dict(zip(names, flags, strict=True)))


CONTESTED = [
    (session(taken=True, consented=False), SessionWay.REPEATED),
    (session(taken=True, asked=False), SessionWay.REPEATED),
    (session(WRONG, taken=True, asked=False), SessionWay.REPEATED),
    (session(taken=True), SessionWay.REPEATED),
    (session(consented=False, asked=False), SessionWay.CONSENT_REVOKED),
    (session(WRONG, consented=False, asked=False), SessionWay.CONSENT_REVOKED),
    (session(consented=False), SessionWay.CONSENT_REVOKED),
]
"""Sessions that more than one rule applies to, with the way that each has to go."""


@pytest.mark.parametrize(("arrived", "way"), CONTESTED)
def test_the_first_rule_that_applies_decides(arrived: ArrivedSession, way: SessionWay) -> None:
    assert way_of(arrived) is way


def overlapping(sessions: Iterable[ArrivedSession]) -> list[tuple[WayRule, WayRule]]:
    """Return the pairs of rules that both apply to one of *sessions*."""
    several = list(sessions)
    return [
        (one, other)
        for one, other in combinations(WAY_RULES, 2)
        if any(one.applies(arrived) and other.applies(arrived) for arrived in several)
    ]


@pytest.mark.parametrize(
    ("one", "other"), overlapping(arrived for arrived, _ in CONTESTED), ids=lambda rule: rule.way.value
)
def test_no_two_overlapping_rules_can_change_places(
    monkeypatch: pytest.MonkeyPatch, one: WayRule, other: WayRule
) -> None:
    swapped = {one: other, other: one}
    monkeypatch.setattr(arrived_sessions, "WAY_RULES", tuple(swapped.get(rule, rule) for rule in WAY_RULES))
    assert any(way_of(arrived) is not way for arrived, way in CONTESTED)


def test_every_overlap_of_rules_is_contested() -> None:
    assert overlapping(every_session()) == overlapping(arrived for arrived, _ in CONTESTED)


def test_every_session_has_a_way() -> None:
    assert {way_of(arrived) for arrived in every_session()} == set(SessionWay)


@pytest.mark.parametrize(
    ("arrived", "way"),
    [
        (session(), SessionWay.DECIDED),
        (session(WRONG, asked=False), SessionWay.RAISED),
        (session(asked=False), SessionWay.UNASKED),
        (session(WRONG, asked=False, bound=False), SessionWay.UNASKED),
        (session(taken=True, unjudged=True), SessionWay.DECIDED),
        (session(taken=True, unjudged=True, judged_now=False), SessionWay.REPEATED),
        (session(taken=True, unjudged=True, asked=False), SessionWay.REPEATED),
        (session(taken=True, unjudged=True, consented=False), SessionWay.CONSENT_REVOKED),
    ],
)
def test_each_way_has_its_sessions(arrived: ArrivedSession, way: SessionWay) -> None:
    assert way_of(arrived) is way
