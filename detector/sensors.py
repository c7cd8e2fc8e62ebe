"""Sensor sessions: a thermal array, a bed's load or pressure, presence, movement and a door, read into one verdict."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from detector import thermal
from detector.thresholds import of_sensors
from detector.verdict import Verdict
from schemas.messages import Channel, Evidence, Session
from schemas.vocabulary import Answer, Reason

_RANGE = {
    "thermal_c": (-20.0, 80.0),
    "ambient_c": (-20.0, 60.0),
    "bed_load_kg": (-5.0, 400.0),
    "bed_pressure": (-0.001, 1.001),
    "presence": (0.0, 1.0),
    "door_open": (0.0, 1.0),
    "movement": (0.0, 1.0),
}
"""What each quantity can be; a value outside is a broken sensor."""

_LEAST_SAMPLES = 5
_STUCK_BELOW = {"thermal_c": 1e-9, "bed_load_kg": 1e-9, "bed_pressure": 1e-9}
"""An analogue channel without the least change over the window is stuck."""


_AGAINST = (
    (thermal.COOLS, "bed_cools", "cooling"),
    (thermal.BESIDE, "warm_outside", "warm_elsewhere_c"),
)
"""What an array's doubt is evidence of, and the measure that goes with it."""


@dataclass(frozen=True, slots=True)
class _Bed:
    """What one load or pressure channel says of its bed."""

    quantity: str
    occupied: bool
    left: bool
    lively: bool
    violent: bool
    value: float


def decide(session: Session) -> Verdict:
    """Return the verdict on *session*'s channels; what breaks, sticks or disagrees is ``cannot_tell``."""
    channels, profile, limit = session.channels, session.profile, of_sensors(session.profile)
    broken = _broken(channels)
    if broken is not None:
        reason, detail = broken
        return Verdict(Answer.CANNOT_TELL, reason, None, (), {}, detail)
    by = {quantity: [c for c in channels if c.quantity == quantity] for quantity in _RANGE}
    arrays, ambient = by["thermal_c"], next(iter(by["ambient_c"]), None)
    warmth = [thermal.read(array, ambient, profile) for array in arrays]
    beds = [_bed(c, limit) for c in (*by["bed_load_kg"], *by["bed_pressure"])]
    present = [float(np.mean(c.values)) >= 0.5 for c in by["presence"]]
    moves = [float(np.max(c.values)) >= limit["movement"] for c in by["movement"]]
    measures = {name: value for w in warmth for name, value in w.measures.items()}
    measures |= {f"bed_{number}": bed.value for number, bed in enumerate(beds)}
    evidence = tuple(Evidence(what="bed_occupied", value=round(b.value, 2)) for b in beds if b.occupied)
    evidence += tuple(Evidence(what="warm", value=round(w.measures.get("warm_bed_c", 0), 2)) for w in warmth)
    for detail, what, measure in _AGAINST:
        evidence += tuple(
            Evidence(what=what, value=round(w.measures[measure], 2)) for w in warmth if w.detail == detail
        )

    def say(answer: Answer, reason: Reason | None = None, people: int | None = None, detail: str = "") -> Verdict:
        return Verdict(answer, reason, people, evidence, measures, detail)

    occupied = [b for b in beds if b.occupied]
    warm_in_bed = any(w.answer is Answer.IN_BED for w in warmth)
    warm_wrong = next((w for w in warmth if w.answer is Answer.SOMETHING_WRONG), None)
    seen_elsewhere = any(present) or any(moves)
    if not warmth and not beds:
        if by["presence"] or by["movement"]:
            return (
                say(Answer.CANNOT_TELL, Reason.STILL, None, "somebody is in the room; no sensor sees the bed")
                if seen_elsewhere
                else say(Answer.NOT_SEEN, None, 0)
            )
        return say(Answer.CANNOT_TELL, Reason.OUT_OF_RANGE, None, "no channel that sees a person")
    if beds and warmth:
        cold = all(w.answer is Answer.NOT_SEEN for w in warmth)
        if (occupied and (cold or (warm_wrong and not warm_in_bed))) or (warm_in_bed and not occupied):
            return say(Answer.CANNOT_TELL, Reason.CONTRADICTORY, None, "the bed and the thermal array disagree")
    if (occupied or warm_in_bed) and present and not any(present):
        return say(Answer.CANNOT_TELL, Reason.CONTRADICTORY, None, "the bed is occupied and nobody is present")
    if warm_wrong is not None:
        return say(Answer.SOMETHING_WRONG, warm_wrong.reason, 1, warm_wrong.detail)
    if any(b.violent for b in occupied):
        return say(Answer.SOMETHING_WRONG, Reason.VIOLENT, len(occupied))
    if any(b.left for b in beds) and not occupied:
        return say(Answer.SOMETHING_WRONG, Reason.UP, 1, "left the bed just now")
    if warm_in_bed and any(w.answer is not Answer.IN_BED for w in warmth):
        return say(Answer.CANNOT_TELL, Reason.CONTRADICTORY, None, "the thermal arrays disagree")
    warm = max((w.people for w in warmth if w.answer is Answer.IN_BED), default=0)
    people = max(len(occupied), warm)
    if people == 0:
        unsure = next((w for w in warmth if w.answer is Answer.CANNOT_TELL), None)
        if unsure is not None:
            return say(Answer.CANNOT_TELL, unsure.reason, None, unsure.detail)
        if seen_elsewhere:
            return say(Answer.SOMETHING_WRONG, Reason.UP, 1, "somebody is in the room, not in bed")
        return say(Answer.NOT_SEEN, None, 0)
    if people != profile.expected_people:
        return say(Answer.CANNOT_TELL, Reason.COUNT, people, f"{people} seen, {profile.expected_people} expected")
    if unsure_who := _counted_twice(beds, warm):
        return say(Answer.CANNOT_TELL, Reason.COUNT, people, unsure_who)
    if profile.pets and not beds:
        return say(Answer.CANNOT_TELL, Reason.COUNT, people, "warmth alone cannot tell a person from an animal")
    if not warm_in_bed and not all(b.lively for b in occupied):
        return say(Answer.CANNOT_TELL, Reason.STILL, people, "a weight in bed that does not move")
    return say(Answer.IN_BED, None, people)


def _counted_twice(beds: list[_Bed], warm: int) -> str:
    """Return why *beds*, and an array that sees *warm* people in them, may have counted one as two; else nothing."""
    occupied = [bed.quantity for bed in beds if bed.occupied]
    if len(set(occupied)) > 1:
        return "a weight and a pressure may be of one bed"
    if warm and len(occupied) > warm:
        return f"{len(occupied)} sides of the bed are occupied, and the array sees {warm}"
    if warm > len(occupied) and len(beds) > len(occupied):
        return f"the array sees {warm}, and a side of the bed is empty"
    return ""


def _broken(channels: tuple[Channel, ...]) -> tuple[Reason, str] | None:
    """Return why the channels cannot be trusted, or None."""
    for channel in channels:
        if len(channel.ms) < _LEAST_SAMPLES or channel.ms[-1] - channel.ms[0] < 2000:
            return Reason.TOO_SHORT, f"{channel.name}: {len(channel.ms)} samples; at least {_LEAST_SAMPLES} over 2 s"
        if any(b <= a for a, b in zip(channel.ms, channel.ms[1:], strict=False)):
            return Reason.CONTRADICTORY, f"{channel.name}: its times do not increase"
        low, high = _RANGE[channel.quantity]
        flat = [value for row in channel.values for value in row]
        if any(not math.isfinite(value) or not low <= value <= high for value in flat):
            return Reason.OUT_OF_RANGE, f"{channel.name}: outside {low:g} to {high:g}"
        least = _STUCK_BELOW.get(channel.quantity)
        if least is not None and float(np.ptp(np.asarray(channel.values), axis=0).max()) <= least:
            return Reason.FROZEN, f"{channel.name}: not the least change; stuck"
    return None


def _bed(channel: Channel, limit: Mapping[str, float]) -> _Bed:
    """Return what a load (kg) or pressure (0-1) channel says; a cell's values are summed, or averaged for pressure."""
    values = np.asarray(channel.values, float)
    load = channel.quantity == "bed_load_kg"
    line = values.sum(axis=1) if load else values.mean(axis=1)
    on = limit["bed_load_kg"] if load else limit["bed_pressure"]
    life = limit["bed_load_life_kg"] if load else limit["bed_pressure_life"]
    violent = limit["bed_load_violent_kg"] if load else limit["bed_pressure_violent"]
    there = line >= on
    late = there[int(len(there) * 0.6) :]
    return _Bed(
        quantity=channel.quantity,
        occupied=bool(there.mean() >= 0.8 and late.all()),
        left=bool(there[: max(1, len(there) // 3)].any() and not late.any()),
        lively=bool(line.std() >= life),
        violent=bool(line.std() >= violent),
        value=float(np.median(line)),
    )
