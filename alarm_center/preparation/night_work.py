"""Work that planning has with one resident: the checks to make, cancel and restore, and the patrols to send beside a look.

Pure: compares the facts that `store/planning_facts.py` read with what the resident's times owe. Nothing to do is said without a statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

from alarm_center.core import calendar
from alarm_center.core.calendar import OwedCheck
from alarm_center.core.check import Cancel, Check, NewCheck, plan_check
from alarm_center.core.look_share import is_for_people
from alarm_center.core.plan import Plan
from alarm_center.core.town_stop import TownStop
from alarm_center.store import retirements
from alarm_center.store.cancelled_checks import RestorableCheck
from alarm_center.store.planning_facts import PlanningFacts
from alarm_center.store.plans import ClosedGate, ComingCheck, Pause, SupervisedResident
from alarm_center.store.towns import Town
from schemas.vocabulary import CancelReason, GreenBy, Instead, Show


class PlannedTime(Protocol):
    """A check that is there, or one that is owed: the night, the slot and the instant of it."""

    @property
    def night(self) -> date: ...
    @property
    def slot_id(self) -> UUID: ...
    @property
    def opens_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class StandingReasons:
    """Reasons that hold for a resident's coming nights: pauses, times at which somebody comes anyway, each night's gate, a town's stop.

    ``beside`` are pauses of the one who shares the bed, in which its camera is dark for both.
    """

    pauses: Sequence[Pause]
    visits: frozenset[UUID]
    gates: Mapping[date, ClosedGate | None]
    stop: TownStop | None = None
    beside: Sequence[Pause] = ()
    waits_for_camera: bool = False
    """The camera is broken and its exchange is booked, or two people have taken it down."""

    def cancellation(self, check: PlannedTime) -> Cancel | None:
        """Return why the check is not to be made, and what comes instead; ``None`` if it is."""
        for pause in self.pauses:
            if pause.from_at <= check.opens_at < pause.to_at:
                return Cancel(pause.reason, pause.instead, pause.said_by)
        if check.slot_id in self.visits:
            # Somebody comes at this time whether or not a camera may be used.
            return Cancel(CancelReason.REPLANNED, Instead.VISIT, "schedule")
        closed = self.gates.get(check.night)
        if closed:
            return Cancel(closed.reason, closed.instead, closed.agreed_by)
        for pause in self.beside:
            if pause.from_at <= check.opens_at < pause.to_at:
                return Cancel(pause.reason, pause.instead, pause.said_by)
        if self.waits_for_camera:
            return Cancel(CancelReason.REPLANNED, Instead.VISIT, retirements.NO_DEVICE)
        if self.stop is not None and self.stop.to_at is not None and check.opens_at < self.stop.to_at:
            return Cancel(CancelReason.TOWN_STOP, Instead.VISIT, self.stop.confirmed_by or "town")
        return None


@dataclass(frozen=True, slots=True)
class NightWork:
    """Everything that planning has to do for one resident, as the facts were read."""

    facts: PlanningFacts
    missing: Sequence[OwedCheck] = ()
    """Owed, and not there yet."""
    is_cancelling: bool = False
    """Some of them, or of those that are there, are not to be made."""
    restorable: Sequence[RestorableCheck] = ()
    sends_patrols: bool = False
    """Looks of a run-in may need a patrol beside them, or need none any longer."""

    @property
    def has_steps(self) -> bool:
        """Some check has to be stepped; the others are just inserted."""
        return self.is_cancelling or bool(self.restorable) or self.sends_patrols

    @property
    def to_step(self) -> list[UUID]:
        """Checks that are there, and some of which may be stepped."""
        return [*(each.check_id for each in self.facts.coming), *(each.check_id for each in self.restorable)]

    @property
    def is_any(self) -> bool:
        return self.facts.is_changed or bool(self.missing) or self.has_steps


def standing_reasons(facts: PlanningFacts, stop: TownStop | None) -> StandingReasons:
    return StandingReasons(
        facts.pauses, facts.visits, facts.gates, stop, facts.beside, waits_for_camera=facts.waits_for_camera
    )


def owed_checks(facts: PlanningFacts, town: Town, from_: datetime, until: datetime) -> list[OwedCheck]:
    """Return the checks that the resident's slots owe between two instants, but those of nights before the first decision."""
    owed = calendar.owed_checks(facts.slots, town.zone, from_, until, town.spread_seconds)
    return [each for each in owed if each.night in facts.gates]


def night_work(facts: PlanningFacts, owed: Sequence[OwedCheck], stop: TownStop | None, at: datetime) -> NightWork:
    """Return the work with one resident, of whom *owed* is owed."""
    standing = standing_reasons(facts, stop)
    missing = [each for each in owed if (each.night, each.slot_id) not in facts.made]
    times: list[PlannedTime] = [*facts.coming, *(each for each in missing if each.opens_at > at)]
    return NightWork(
        facts,
        missing,
        is_cancelling=any(standing.cancellation(each) is not None for each in times),
        restorable=restorable_now(facts, owed, standing),
        sends_patrols=_sends_patrols(facts, missing),
    )


def restorable_now(facts: PlanningFacts, owed: Sequence[OwedCheck], standing: StandingReasons) -> list[RestorableCheck]:
    """Return the cancelled checks that are owed again, or cancelled with something else in their stead."""
    wanted = {(each.night, each.slot_id) for each in owed}
    return [
        each
        for each in facts.restorable
        if (each.night, each.slot_id) in wanted
        and ((cancel := standing.cancellation(each)) is None or cancel.instead is not each.instead)
    ]


def planned_check(org: str, resident: SupervisedResident, owed: OwedCheck, plan: Plan) -> Check:
    """Return the check that is owed, with the resident's device and rule as they are now."""
    sampled = is_for_people(resident.resident_id, owed.night, owed.slot_id, plan.people_of_ten)
    whole_minutes = timedelta(minutes=plan.exact_window // timedelta(minutes=1))
    new = NewCheck(
        check_id=uuid4(), org=org, resident_id=resident.resident_id, device_id=resident.device_id, night=owed.night,
        slot_id=owed.slot_id, opens_at=owed.opens_at, closes_at=owed.opens_at + whole_minutes, seconds=owed.seconds,
        green_by=GreenBy.OPERATOR if sampled else GreenBy(resident.green_by), show=Show(resident.show),
    )  # fmt: skip
    return plan_check(new, plan)


def _sends_patrols(facts: PlanningFacts, missing: Sequence[OwedCheck]) -> bool:
    if facts.run_in is None:
        return any(each.visit_beside for each in facts.coming)
    # The nights of those that are missing are not counted yet: at most too many are said to be of the run-in, and asked again when they are there.
    return any(facts.run_in.holds_on(each.night) for each in missing) or any(
        _is_otherwise(each, facts) for each in facts.coming
    )


def _is_otherwise(check: ComingCheck, facts: PlanningFacts) -> bool:
    return facts.run_in is not None and check.visit_beside is not facts.run_in.holds_on(check.night)
