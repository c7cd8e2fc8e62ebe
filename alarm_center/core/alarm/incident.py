"""Rule of incidents: which of an area's alarms have one cause and join, and who is told of a list that is not ticked in time.

Something wrong with a person is never joined, held or throttled; neither is what a person raised.
`casework/incidents.py` opens and closes incidents.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.alarm.alarm_kinds import POLICY, Flood
from alarm_center.core.alarm.state import Alarm, AlarmState
from alarm_center.core.roster import Responder, Roster
from schemas.vocabulary import AlarmKind, Priority, Who

JOINED_KINDS: tuple[AlarmKind, ...] = tuple(kind for kind, policy in POLICY.items() if policy.flood is not None)
"""Kinds that machines raise about themselves, or about a look that showed nothing."""
OUR_ABSENCE: tuple[AlarmKind, ...] = tuple(kind for kind, policy in POLICY.items() if policy.of_our_absence)


@dataclass(frozen=True, slots=True)
class IncidentRule:
    """Limits from which many alarms are one incident (docs/alarm.md#incidents); a town may set each otherwise."""

    devices: int = 5
    share: float = 0.2
    """Of the area's devices."""
    within: timedelta = timedelta(minutes=5)
    times_usual: float = 10.0
    """So many times its usual rate is *far above* it, for a kind other than technical."""


def can_join(alarm: Alarm) -> bool:
    """Tell whether *alarm* may still join an incident: nobody has been sent for it, and nothing forbids it."""
    return (
        alarm.policy.flood is not None
        and alarm.priority is not Priority.FIRST
        and not alarm.visit
        and alarm.incident_id is None
        and alarm.state in (AlarmState.OPEN, AlarmState.CLAIMED)
    )


def can_be_listed(alarm: Alarm) -> bool:
    """Tell whether *alarm* is a visit that may stand on an incident's list: nobody has taken it. It goes out by itself all the same."""
    untaken = (AlarmState.OPEN, AlarmState.CLAIMED, AlarmState.DISPATCHED)
    return alarm.visit and alarm.incident_id is None and alarm.state in untaken


def alarms_to_join(
    alarms: Iterable[Alarm],
    devices_in_area: int,
    now: datetime,
    rule: IncidentRule = IncidentRule(),
    usual: Mapping[AlarmKind, float] | None = None,
) -> tuple[Alarm, ...]:
    """Return those of one area's *alarms* that are to join one incident now, the oldest first; empty means none.

    Technical alarms of the last ``rule.within`` count by device, the ones in an incident already included. Other
    kinds join where *usual* (expected alarms of that kind per ``rule.within`` in the area) is far exceeded.
    """
    recent = [
        a for a in alarms if now - rule.within <= a.opened_at <= now and a.policy.flood is not None and not a.visit
    ]
    found: list[Alarm] = []
    for kind in JOINED_KINDS:
        alike = [a for a in recent if a.kind is kind]
        devices = {a.device_id for a in alike if a.device_id is not None}
        enough = len(devices) >= rule.devices
        if POLICY[kind].flood is Flood.SHARE_OF_DEVICES:
            flood = enough and len(devices) >= rule.share * devices_in_area
        else:
            rate = (usual or {}).get(kind)
            flood = enough and rate is not None and len(alike) >= rule.times_usual * rate
        if flood:
            found += [a for a in alike if can_join(a)]
    return tuple(sorted(found, key=lambda a: (a.opened_at, a.case_no)))


def kind_of_incident(joining: Iterable[Alarm]) -> AlarmKind:
    """Return the kind that an incident of *joining* is named after: a fault of devices before what comes of it."""
    return min((a.kind for a in joining), key=lambda kind: POLICY[kind].flood is not Flood.SHARE_OF_DEVICES)


# ---- a list that is not ticked in time ----


@dataclass(frozen=True, slots=True)
class IncidentRung:
    """One step of an incident that is not ticked in time: *who* gets the list, and the *wait* until the next step."""

    who: tuple[Who, ...]
    wait: timedelta
    red: bool = False
    """The board is red and the outside heartbeat fails until a person has acknowledged it."""
    sees_to: bool = False
    """An SMS may be answered by who sees to it."""


INCIDENT_LADDER: Final = (
    IncidentRung((Who.SECOND_PATROL,), timedelta(minutes=5)),
    IncidentRung((Who.LEAD,), timedelta(minutes=5), sees_to=True),
    IncidentRung((Who.LEAD, Who.FIXED), timedelta(minutes=15), red=True, sees_to=True),
)
"""Steps of an incident that is not ticked in time, from its target on. The last step comes again until a person acknowledges it: at a
board, or a lead by SMS or on their page, who may do so before it is red."""
_GROWN: Final = 1.5
_AFTER_ACKNOWLEDGEMENT: Final = 1
"""The step that it goes on with then: the next patrol has the list already."""


@dataclass(frozen=True, slots=True)
class IncidentProgress:
    """Progress of an incident along its ladder. ``next_at`` is ``None`` while no place of it waits."""

    step: int = 0
    next_at: datetime | None = None
    red_at: datetime | None = None
    acknowledged_at: datetime | None = None

    @property
    def asks_lead(self) -> bool:
        """True since a lead was asked to see to it, until a person has said so after the last step; and as long as it is red."""
        if self.red_at is not None and (self.acknowledged_at is None or self.acknowledged_at < self.red_at):
            return True
        if self.step <= _AFTER_ACKNOWLEDGEMENT or self.next_at is None:
            return False
        told_at = self.next_at - INCIDENT_LADDER[min(self.step, len(INCIDENT_LADDER)) - 1].wait
        return self.acknowledged_at is None or self.acknowledged_at < told_at


def tell_on(
    progress: IncidentProgress, now: datetime, target: timedelta, *, waits: bool
) -> tuple[IncidentProgress, IncidentRung | None]:
    """Return the progress at *now*, and the step that is due, if one is.

    *target* is the time for its list, from its beginning and again from an acknowledgement. *waits* says whether places
    of it are still to be checked.
    """
    if not waits:
        return IncidentProgress(acknowledged_at=progress.acknowledged_at), None
    if progress.next_at is None:
        return replace(progress, next_at=now + target), None
    if progress.acknowledged_at is not None and progress.step > _AFTER_ACKNOWLEDGEMENT and not progress.asks_lead:
        return seen_to(progress.acknowledged_at, target), None
    if progress.next_at > now:
        return progress, None
    rung = INCIDENT_LADDER[min(progress.step, len(INCIDENT_LADDER) - 1)]
    red_at = progress.red_at or now if rung.red else progress.red_at
    return replace(progress, step=progress.step + 1, next_at=now + rung.wait, red_at=red_at), rung


def tell_on_at_once(
    progress: IncidentProgress, now: datetime, target: timedelta
) -> tuple[IncidentProgress, IncidentRung | None]:
    """Return the progress and the next step, where the one before it found nobody. No acknowledgement is of a step that nobody heard."""
    unheard = replace(progress, next_at=now, acknowledged_at=None)
    further, rung = tell_on(unheard, now, target, waits=True)
    return replace(further, acknowledged_at=progress.acknowledged_at), rung


def seen_to(at: datetime, target: timedelta) -> IncidentProgress:
    """Return the progress of an incident that a person has acknowledged at *at*: it is told on after *target*, if it is not ticked by then."""
    return IncidentProgress(_AFTER_ACKNOWLEDGEMENT, at + target, None, at)


def has_grown(places: int, told: int, told_of: int) -> bool:
    """Tell whether staff who were *told* of so many places are to be told again now that *places* are open, by half at least.

    *told_of* are those of the open ones that were there then: a place that has been ticked since makes room for none.
    """
    known = min(told, told_of)
    return places > known and places >= known * _GROWN


def phones_of_first_list(roster: Roster, area_id: UUID, now: datetime) -> tuple[str, ...]:
    """Return the phones that an incident's list goes to at first: the area's patrols, or the nearest one, and the lead.

    A list is an SMS: of those who take none the next one has it.
    """
    near = _takers_of_sms(roster.responders(Who.SECOND_PATROL, area_id, now))[:1]
    patrols = _takers_of_sms(roster.responders(Who.PATROL, area_id, now)) or near
    lead = _takers_of_sms(roster.responders(Who.LEAD, area_id, now))[:1]
    return tuple(dict.fromkeys(person.phone for person in (*patrols, *lead)))


def phones_of_rung(
    rung: IncidentRung, roster: Roster, area_id: UUID, now: datetime, told_at: datetime
) -> tuple[str, ...]:
    """Return the phones that *rung* tells by SMS: one of each role, of patrols one that has not had the list, the area's own first.

    The list went at *told_at* to those on duty then.
    """
    found: list[Responder] = []
    for who in rung.who:
        people = roster.responders(who, area_id, now)
        if who is Who.SECOND_PATROL:
            have_list = phones_of_first_list(roster, area_id, told_at)
            own = roster.responders(Who.PATROL, area_id, now)
            people = tuple(person for person in (*own, *people) if person.phone not in have_list)
        found += _takers_of_sms(people)[:1]
    return tuple(dict.fromkeys(person.phone for person in found))


def phones_to_call(rung: IncidentRung, roster: Roster, area_id: UUID, now: datetime) -> tuple[str, ...]:
    """Return the phones that a red *rung* calls too, one of each role: a lead may take no SMS, and a fixed number may be a landline."""
    people = (roster.responders(who, area_id, now)[:1] for who in rung.who if rung.red)
    return tuple(dict.fromkeys(person.phone for found in people for person in found))


def _takers_of_sms(people: Iterable[Responder]) -> tuple[Responder, ...]:
    return tuple(person for person in people if person.takes_sms)
