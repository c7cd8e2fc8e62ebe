"""The account of a faulty night finds each promise that broke, and its faults are the same for the same seed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from alarm_center.store.night_account import KeptAlarm, KeptMessage
from fjarrtillsyn.embedded.twilio_api import Item
from fjarrtillsyn.faulty_night.account import NightRecord, breaches, make_ledger
from fjarrtillsyn.faulty_night.carers import _ASKED, _BOTH
from fjarrtillsyn.faulty_night.faults import FaultPlan, NightFault, Report
from fjarrtillsyn.faulty_night.town import read_town
from schemas.vocabulary import Channel

_ONE, _TWO = UUID(int=1), UUID(int=2)
_PHONE: Final = "+46701740606"


def _sms(case: int, alarm: UUID, sid: str | None, body: str, **changed: Any) -> KeptMessage:
    kept = KeptMessage("sms", "delivered", _PHONE, body, "call_out", sid, False, None, case, alarm)
    return replace(kept, **changed)


def _item(sid: str, body: str | None = None) -> Item:
    return Item(sid, _PHONE, "+46701740605", body, {})


class SpoiltNight:
    """A night of two alarms in which all went well; a test spoils one thing."""

    def __init__(self) -> None:
        self.record = NightRecord(raised_at={_ONE: 10.0, _TWO: 20.0}, steps=10, covered=8)
        self.alarms = [KeptAlarm(each, 4800 + each.int, 1, "closed", "well_in_bed") for each in (_ONE, _TWO)]
        self.messages = [_sms(4801, _ONE, "a", "Larm 4801 PRIO 1"), _sms(4802, _TWO, "b", "Larm 4802 PRIO 1")]
        self.messages.append(_sms(4802, _TWO, "c", "", channel=Channel.CALL))
        self.sms = [_item("a", "Larm 4801 PRIO 1"), _item("b", "Larm 4802 PRIO 1")]
        self.calls = [_item("c")]

    def ledger(self) -> dict[str, Any]:
        """Return its account."""
        taken_at = {"a": 10.5, "b": 22.0}
        return make_ledger(self.record, self.alarms, self.messages, self.sms, self.calls, taken_at)


def test_a_good_night_breaks_nothing() -> None:
    ledger = SpoiltNight().ledger()
    assert breaches(ledger) == []
    assert (ledger["sms_wanted"], ledger["sms_at_provider"]) == (2, 2)
    assert (ledger["first_sms_p50_s"], ledger["first_sms_p99_s"]) == (0.5, 2.0)


def _open(night: SpoiltNight) -> None:
    night.alarms[0] = replace(night.alarms[0], state="accepted", outcome=None)


def _unsent(night: SpoiltNight) -> None:
    night.messages[0] = replace(night.messages[0], state="queued", provider_id=None)


def _gone(night: SpoiltNight) -> None:
    night.sms.pop(0)


def _again(night: SpoiltNight) -> None:
    night.sms.append(_item("x", "Larm 4801 PRIO 1"))


def _of_another(night: SpoiltNight) -> None:
    night.messages[0] = replace(night.messages[0], body="Larm 4802 PRIO 1")
    night.sms[0] = _item("a", "Larm 4802 PRIO 1")


def _called_unasked(night: SpoiltNight) -> None:
    night.calls.append(_item("y"))


def _late(night: SpoiltNight) -> None:
    night.record.late = 1


def _unwatched(night: SpoiltNight) -> None:
    night.record.covered = 5


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_open, "an alarm was not closed with an outcome"),
        (_unsent, "1 messages were lost"),
        (_gone, "1 messages were lost"),
        (_again, "1 messages went twice without a mark"),
        (_of_another, "1 texts name another case"),
        (_called_unasked, "2 calls were made, 1 are recorded"),
        (_late, "1 steps were late"),
        (_unwatched, "too few steps were watched with a replica up"),
    ],
)
def test_what_must_not_be_is_found(spoil: Callable[[SpoiltNight], None], words: str) -> None:
    night = SpoiltNight()
    spoil(night)
    assert words in breaches(night.ledger())


def test_a_second_sms_with_its_mark_is_allowed() -> None:
    night = SpoiltNight()
    _again(night)
    night.messages[0] = replace(night.messages[0], sent_twice=True)
    assert breaches(night.ledger()) == []


def test_a_call_in_doubt_may_have_been_made() -> None:
    night = SpoiltNight()
    _called_unasked(night)
    night.messages.append(_sms(4801, _ONE, None, "", channel=Channel.CALL, state="unknown"))
    assert breaches(night.ledger()) == []


def test_the_same_seed_is_the_same_night() -> None:
    def drawn(seed: int, *kinds: NightFault) -> list[object]:
        plan = FaultPlan(seed, frozenset(kinds))
        return [each for _ in range(50) for each in (plan.fate(), plan.report(), plan.kill_after(), plan.killed(2))]

    assert drawn(7, *NightFault) == drawn(7, *NightFault) != drawn(8, *NightFault)
    without = FaultPlan(7, frozenset())
    assert {without.fate() for _ in range(100)} == {None}
    assert {without.report() for _ in range(100)} == {Report.PLAIN}


def test_faults_stay_within_their_bounds() -> None:
    plan = FaultPlan(7, frozenset(NightFault))
    assert all(8 <= plan.kill_after() <= 16 for _ in range(100))
    jumps = [plan.jump() for _ in range(200)]
    assert min(jumps) >= timedelta(seconds=-2)
    assert max(jumps) <= timedelta(seconds=30)
    assert any(each < timedelta(0) for each in jumps)


def test_its_town_has_two_patrols_and_a_lead_in_each_area() -> None:
    town = read_town()
    roles = [shift.role for shift in town.shifts or () if shift.area == "1"]
    assert sorted(roles) == ["lead", "patrol", "patrol"]
    assert len({carer.phone for carer in town.carers or ()}) == 3 * len(town.areas or ())


def test_carers_read_a_question_about_two_cases() -> None:
    both = _BOTH.fullmatch("Du tog 4801 (prio 1). 4802 söker en annan patrull. Tar du båda: svara 1 4802.")
    assert both is not None
    assert both["other"] == "4802"
    asked = _ASKED.search("Patrull 1 behöver hjälp vid 4801. Ring 070-174 06 06. Svara 1=åker 2=kan inte.")
    assert asked is not None
    assert asked["case"] == "4801"
