"""Line of the patrols on duty above the queue: each one in trouble, on its way, on site, busy or free."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from alarm_center.core.alarm import Alarm, AlarmState
from alarm_center.store.duty_patrols import DutyPatrol

PatrolState = Literal["trouble", "driving", "there", "busy", "free"]
_ORDER: Final[Sequence[PatrolState]] = ("trouble", "driving", "there", "busy", "free")


@dataclass(frozen=True, slots=True)
class PatrolPlace:
    """A patrol with what it does now; ``case_no`` is that of its alarm, ``None`` where it is free or the alarm is not shown."""

    patrol: DutyPatrol
    state: PatrolState
    case_no: int | None


def patrol_places(patrols: Iterable[DutyPatrol], alarms: Iterable[Alarm]) -> list[PatrolPlace]:
    """Return the *patrols* with what each does in the open *alarms*, those in trouble first, the free ones last."""
    by_id = {alarm.alarm_id: alarm for alarm in alarms}
    places = []
    for patrol in patrols:
        own = [by_id[alarm_id] for alarm_id in patrol.alarm_ids if alarm_id in by_id]
        worst = next((alarm for alarm in own if alarm.unacknowledged), own[0] if own else None)
        places.append(PatrolPlace(patrol, _state(patrol, worst), worst.case_no if worst else None))
    return sorted(places, key=lambda place: _ORDER.index(place.state))


def _state(patrol: DutyPatrol, alarm: Alarm | None) -> PatrolState:
    if alarm is None:
        return "busy" if patrol.busy else "free"
    if alarm.unacknowledged:
        return "trouble"
    return "there" if alarm.state is AlarmState.ON_SITE else "driving"
