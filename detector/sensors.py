"""The verdict on sensor channels (thermal array, load, pressure, presence, movement, door) by a ladder of rules."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from detector import thermal
from detector.thresholds import sensor_thresholds
from detector.verdict import Verdict
from detector.weight import BedReading, is_switch, read_bed
from schemas.messages import Evidence, Profile, SensorChannel, Session
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
"""Bounds of each quantity; a value outside is a broken sensor."""

_LEAST_SAMPLES = 5
_STUCK_BELOW = {"thermal_c": 1e-9, "bed_load_kg": 1e-9, "bed_pressure": 1e-9}
"""An analogue channel without the least change over the window is stuck. A mat of switches is none: it may well be unchanged."""
_WHOLE_LOOK = frozenset({"thermal_c", "bed_load_kg", "bed_pressure", "presence"})
"""Quantities that say where somebody is, and so have to be read to the end of the look."""


_ON_TIME: Final = 2 / 3
"""Share of the look that has to be over at the last reading: what went silent before says nothing of how it ended."""
_UNMOVED: Final = "a weight in bed that does not move, or only once"

_AGAINST = (
    (thermal.COOLS, "bed_cools", "cooling"),
    (thermal.BESIDE, "warm_outside", "warm_elsewhere_c"),
    (thermal.FAINT, "warm_outside", "warm_elsewhere_c"),
    (thermal.NOT_TO_THE_END, "bed_unsteady", "warm_bed_c"),
)
"""Evidence that an array's doubt gives, and the measure that goes with it."""


@dataclass(frozen=True, slots=True)
class SensorReadings:
    """All channels of one session, read: beds, thermal arrays, presence and movement in the room."""

    profile: Profile
    beds: tuple[BedReading, ...]
    arrays: tuple[thermal.ThermalAnswer, ...]
    present: tuple[bool, ...]
    moving: tuple[bool, ...]

    @property
    def occupied(self) -> list[BedReading]:
        """The beds that are occupied."""
        return [bed for bed in self.beds if bed.occupied]

    @property
    def unsure(self) -> list[BedReading]:
        """The beds that somebody came to during the look, or whose weight comes and goes."""
        return [bed for bed in self.beds if bed.unsure]

    @property
    def warm_in_bed(self) -> bool:
        """An array sees somebody in bed."""
        return any(array.answer is Answer.IN_BED for array in self.arrays)

    @property
    def warm_wrong(self) -> thermal.ThermalAnswer | None:
        """The first array that sees something wrong."""
        return next((array for array in self.arrays if array.answer is Answer.SOMETHING_WRONG), None)

    @property
    def somebody_in_room(self) -> bool:
        """Presence or movement was sensed; it says nothing of the place in the room."""
        return any(self.present) or any(self.moving)

    @property
    def warm_people(self) -> int:
        """The people whom an array sees in bed, the most of any array."""
        return max((array.people for array in self.arrays if array.answer is Answer.IN_BED), default=0)

    @property
    def people(self) -> int:
        """The people in bed, by weight or by warmth, whichever is more."""
        return max(len(self.occupied), self.warm_people)


@dataclass(frozen=True, slots=True)
class SensorAnswer:
    """An answer of one step of the ladder, with its reason, the people it counts and its words."""

    answer: Answer
    reason: Reason | None = None
    people: int | None = None
    detail: str = ""


def bed_unseen(seen: SensorReadings) -> SensorAnswer | None:
    """Answer where no channel sees a bed: presence and movement only say whether somebody is in the room."""
    if seen.arrays or seen.beds:
        return None
    if not seen.present and not seen.moving:
        return SensorAnswer(Answer.CANNOT_TELL, Reason.OUT_OF_RANGE, None, "no channel that sees a person")
    if seen.somebody_in_room:
        return SensorAnswer(Answer.CANNOT_TELL, Reason.STILL, None, "somebody is in the room; no sensor sees the bed")
    return SensorAnswer(Answer.NOT_SEEN, None, 0)


def array_against_bed(seen: SensorReadings) -> SensorAnswer | None:
    """Answer where weight and warmth contradict each other about the bed."""
    if not seen.beds or not seen.arrays:
        return None
    cold = all(array.answer is Answer.NOT_SEEN for array in seen.arrays)
    without_warmth = seen.occupied and (cold or (seen.warm_wrong and not seen.warm_in_bed))
    if without_warmth or (seen.warm_in_bed and not seen.occupied):
        return SensorAnswer(Answer.CANNOT_TELL, Reason.CONTRADICTORY, None, "the bed and the thermal array disagree")
    return None


def presence_against_bed(seen: SensorReadings) -> SensorAnswer | None:
    """Answer where the bed is occupied and the room is said to be empty."""
    if (seen.occupied or seen.warm_in_bed) and seen.present and not any(seen.present):
        return SensorAnswer(Answer.CANNOT_TELL, Reason.CONTRADICTORY, None, "the bed is occupied and nobody is present")
    return None


def warmth_out_of_place(seen: SensorReadings) -> SensorAnswer | None:
    """Answer where an array sees something wrong."""
    if (wrong := seen.warm_wrong) is not None:
        return SensorAnswer(Answer.SOMETHING_WRONG, wrong.reason, 1, wrong.detail)
    return None


def violent_movement(seen: SensorReadings) -> SensorAnswer | None:
    """Answer where somebody in bed moves violently."""
    if any(bed.violent for bed in seen.occupied):
        return SensorAnswer(Answer.SOMETHING_WRONG, Reason.VIOLENT, len(seen.occupied))
    return None


def bed_left(seen: SensorReadings) -> SensorAnswer | None:
    """Answer where the last bed that was occupied has just been left."""
    if any(bed.left for bed in seen.beds) and not seen.occupied and not seen.unsure:
        return SensorAnswer(Answer.SOMETHING_WRONG, Reason.UP, 1, "left the bed just now")
    return None


def bed_unsure(seen: SensorReadings) -> SensorAnswer | None:
    """Answer where a weight came to a bed during the look, or comes and goes: it is neither an empty bed nor a sleeper."""
    if not seen.unsure:
        return None
    reason = Reason.COUNT if seen.people else Reason.STILL
    people = seen.people + len(seen.unsure) if seen.people else None
    return SensorAnswer(Answer.CANNOT_TELL, reason, people, "a weight was in the bed for a part of the look")


def arrays_apart(seen: SensorReadings) -> SensorAnswer | None:
    """Answer where one array sees somebody in bed and another does not."""
    if seen.warm_in_bed and any(array.answer is not Answer.IN_BED for array in seen.arrays):
        return SensorAnswer(Answer.CANNOT_TELL, Reason.CONTRADICTORY, None, "the thermal arrays disagree")
    return None


def bed_empty(seen: SensorReadings) -> SensorAnswer | None:
    """Answer where nobody is in bed: an array that cannot tell, somebody elsewhere in the room, or nobody."""
    if seen.people:
        return None
    unsure = next((array for array in seen.arrays if array.answer is Answer.CANNOT_TELL), None)
    if unsure is not None:
        return SensorAnswer(Answer.CANNOT_TELL, unsure.reason, None, unsure.detail)
    if seen.somebody_in_room:
        return SensorAnswer(Answer.SOMETHING_WRONG, Reason.UP, 1, "somebody is in the room, not in bed")
    return SensorAnswer(Answer.NOT_SEEN, None, 0)


def other_count(seen: SensorReadings) -> SensorAnswer | None:
    """Answer where more or fewer people are in bed than sleep here."""
    expected = seen.profile.expected_people
    if seen.people == expected:
        return None
    return SensorAnswer(Answer.CANNOT_TELL, Reason.COUNT, seen.people, f"{seen.people} seen, {expected} expected")


def counted_twice(seen: SensorReadings) -> SensorAnswer | None:
    """Answer where one person may have been counted as two: by two kinds of sensors, or as a weight without warmth."""
    occupied, warm = [bed.quantity for bed in seen.occupied], seen.warm_people
    if len(set(occupied)) > 1:
        why = "a weight and a pressure may be of one bed"
    elif warm and len(occupied) > warm:
        why = f"{len(occupied)} sides of the bed are occupied, and the array sees {warm}"
    elif warm > len(occupied) and len(seen.beds) > len(occupied):
        why = f"the array sees {warm}, and a side of the bed is empty"
    else:
        return None
    return SensorAnswer(Answer.CANNOT_TELL, Reason.COUNT, seen.people, why)


def maybe_animal(seen: SensorReadings) -> SensorAnswer | None:
    """Answer where there are pets, and warmth is all that there is."""
    if seen.profile.pets and not seen.beds:
        detail = "warmth alone cannot tell a person from an animal"
        return SensorAnswer(Answer.CANNOT_TELL, Reason.COUNT, seen.people, detail)
    return None


def still_weight(seen: SensorReadings) -> SensorAnswer | None:
    """Answer where a weight without warmth does not live: it may be a suitcase. A mat of switches never says more."""
    still = [bed for bed in seen.occupied if not bed.lively]
    if seen.warm_in_bed or not still:
        return None
    mat = any(bed.switch for bed in still)
    detail = "a mat says that the bed is occupied, not that somebody lives there" if mat else _UNMOVED
    return SensorAnswer(Answer.CANNOT_TELL, Reason.STILL, seen.people, detail)


def in_bed(seen: SensorReadings) -> SensorAnswer:
    """Answer that as many people as sleep here are in bed: nothing above has spoken against it."""
    return SensorAnswer(Answer.IN_BED, None, seen.people)


LADDER: Final[tuple[Callable[[SensorReadings], SensorAnswer | None], ...]] = (
    bed_unseen,
    array_against_bed,
    presence_against_bed,
    warmth_out_of_place,
    violent_movement,
    bed_left,
    bed_unsure,
    arrays_apart,
    bed_empty,
    other_count,
    counted_twice,
    maybe_animal,
    still_weight,
    in_bed,
)
"""The steps in order: the first that answers decides.

Contradictions stand first, for nothing can be concluded from sensors that disagree. Danger stands before every doubt about
who or how many are in bed. Each doubt stands before ``in_bed``, which alone is green.
"""


def decide(session: Session) -> Verdict:
    """Return the verdict on *session*'s channels; what breaks, sticks or disagrees is ``cannot_tell``."""
    broken = _broken(session)
    if broken is not None:
        reason, detail = broken
        return Verdict(Answer.CANNOT_TELL, reason, None, (), {}, detail)
    seen = read_channels(session.channels, session.profile)
    said = next(answer for step in LADDER if (answer := step(seen)) is not None)
    return Verdict(said.answer, said.reason, said.people, _evidence(seen), _measures(seen), said.detail)


def read_channels(channels: tuple[SensorChannel, ...], profile: Profile) -> SensorReadings:
    """Return what *channels*, of which none is broken, show of the room of *profile*."""
    limit = sensor_thresholds(profile)
    by = {quantity: [c for c in channels if c.quantity == quantity] for quantity in _RANGE}
    ambient = next(iter(by["ambient_c"]), None)
    return SensorReadings(
        profile=profile,
        beds=tuple(read_bed(channel, limit) for channel in (*by["bed_load_kg"], *by["bed_pressure"])),
        arrays=tuple(thermal.read_array(array, ambient, profile) for array in by["thermal_c"]),
        present=tuple(float(np.mean(channel.values)) >= 0.5 for channel in by["presence"]),
        moving=tuple(float(np.max(channel.values)) >= limit["movement"] for channel in by["movement"]),
    )


def _measures(seen: SensorReadings) -> dict[str, float]:
    measures = {name: value for array in seen.arrays for name, value in array.measures.items()}
    return measures | {f"bed_{number}": bed.value for number, bed in enumerate(seen.beds)}


def _evidence(seen: SensorReadings) -> tuple[Evidence, ...]:
    found = [Evidence(what="bed_occupied", value=round(bed.value, 2)) for bed in seen.occupied]
    found += [Evidence(what="bed_unsteady", value=round(bed.value, 2)) for bed in seen.unsure]
    found += [Evidence(what="warm", value=round(array.measures.get("warm_bed_c", 0), 2)) for array in seen.arrays]
    for detail, what, measure in _AGAINST:
        doubted = [array for array in seen.arrays if array.detail == detail]
        found += [Evidence(what=what, value=round(array.measures[measure], 2)) for array in doubted]
    return tuple(found)


def _broken(session: Session) -> tuple[Reason, str] | None:
    """Return why the channels cannot be trusted, or None."""
    for channel in session.channels:
        if len(channel.ms) < _LEAST_SAMPLES or channel.ms[-1] - channel.ms[0] < 2000:
            return Reason.TOO_SHORT, f"{channel.name}: {len(channel.ms)} samples; at least {_LEAST_SAMPLES} over 2 s"
        if any(b <= a for a, b in zip(channel.ms, channel.ms[1:], strict=False)):
            return Reason.CONTRADICTORY, f"{channel.name}: its times do not increase"
        low, high = _RANGE[channel.quantity]
        flat = [value for row in channel.values for value in row]
        if any(not math.isfinite(value) or not low <= value <= high for value in flat):
            return Reason.OUT_OF_RANGE, f"{channel.name}: outside {low:g} to {high:g}"
        if channel.quantity in _WHOLE_LOOK and channel.ms[-1] < _ON_TIME * session.seconds * 1000:
            return Reason.TOO_SHORT, f"{channel.name}: silent from {channel.ms[-1]} ms on, of {session.seconds} s"
        least = _STUCK_BELOW.get(channel.quantity)
        if (
            least is not None
            and not is_switch(channel)
            and float(np.ptp(np.asarray(channel.values), axis=0).max()) <= least
        ):
            return Reason.FROZEN, f"{channel.name}: not the least change; stuck"
    return None
