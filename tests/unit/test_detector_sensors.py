"""Sensor sessions: each kind of channel, what breaks it, and what contradicts what."""

import itertools

import numpy as np
import pytest

from detector import thermal
from detector.judge import judge
from detector.sensors import LADDER, read_channels
from drawn_homes.thermal import draw_array as draw
from schemas.messages import Profile, SensorChannel
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_sessions import sensors

ROOM = Profile.model_validate({"zones": {"bed": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}})
TIMES = tuple(range(0, 10_000, 250))


def series(quantity: str, values: "list[float] | np.ndarray", name: str = "") -> SensorChannel:
    return SensorChannel.model_validate(
        {
            "name": name or quantity.split("_")[0],
            "quantity": quantity,
            "ms": TIMES,
            "values": [(float(v),) for v in values],
        }
    )


def load(kg: float = 71.0, stir: float = 0.3, *, until: float = 1.0, name: str = "load") -> SensorChannel:
    """Return a bed's load: *kg* with a sleeper's small movement, up to *until* of the time, then an empty bed."""
    rng = np.random.default_rng(2)
    values = kg + stir * np.sin(np.arange(len(TIMES)) / 3) + rng.normal(0, 0.01, len(TIMES))
    values[round(until * len(TIMES)) :] = 1.0 + rng.normal(0, 0.01, len(TIMES) - round(until * len(TIMES)))
    return series("bed_load_kg", values, name)


def comes(at: float) -> SensorChannel:
    """Return an empty bed's load, and from *at* of the time on a sleeper's."""
    values = np.asarray(load().values)[:, 0]
    values[: round(at * len(TIMES))] -= 70.0
    return series("bed_load_kg", values)


def steady(quantity: str, value: float) -> SensorChannel:
    return series(quantity, [value] * len(TIMES))


ARRAY: dict[str, tuple[Answer, Reason | None]] = {
    "asleep": (Answer.IN_BED, None),
    "empty": (Answer.NOT_SEEN, None),
    "just_left": (Answer.NOT_SEEN, None),
    "sitting_up": (Answer.SOMETHING_WRONG, Reason.AT_EDGE),
    "up": (Answer.SOMETHING_WRONG, Reason.UP),
    "fallen": (Answer.SOMETHING_WRONG, Reason.ON_FLOOR),
    "two": (Answer.CANNOT_TELL, Reason.COUNT),
}


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("posture", ARRAY)
def test_a_thermal_array(posture: str, seed: int) -> None:
    answer, reason = ARRAY[posture]
    found = judge(sensors(*draw(posture, seed, 10), room=ROOM))
    assert (found.answer, found.reasons) == (answer, (reason,) if reason else ())


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("a_minute", [0.3, 0.5, 0.7])
def test_a_bed_that_cools_is_not_somebody_who_lies_in_it(seed: int, a_minute: float) -> None:
    """Measured of a real bed: 0.7 of its warmth a minute at first, 0.3 after one, 0.17 after two and a half."""
    array, ambient = draw("asleep", seed, 10)
    values = np.asarray(array.values)
    warmth = np.median(values, axis=0) - np.quantile(values, 0.25)
    since = np.asarray(array.ms)[:, None] / 60_000
    cooling = array.model_copy(update={"values": tuple(map(tuple, values - a_minute * since * warmth))})
    found = judge(sensors(cooling, ambient, room=ROOM))
    assert (found.answer, found.reasons, found.detail) == (Answer.CANNOT_TELL, (Reason.STILL,), thermal.COOLS)
    assert "bed_cools" in {evidence.what for evidence in found.evidence}


def test_a_finer_array_says_the_same() -> None:
    for posture in ("asleep", "empty", "up"):
        coarse, ambient = draw(posture, 1, 10)
        cells = np.asarray(coarse.values).reshape(-1, 4, 4).repeat(2, 1).repeat(2, 2)
        noise = np.random.default_rng(1).normal(0, 0.05, cells.shape)
        values = [tuple(row) for row in (cells + noise).reshape(len(cells), 64)]
        fine = SensorChannel.model_validate(
            {"name": "fine", "quantity": "thermal_c", "rows": 8, "columns": 8, "ms": coarse.ms, "values": values}
        )
        assert judge(sensors(fine, ambient, room=ROOM)).answer is ARRAY[posture][0], posture


def test_without_a_bed_zone_an_array_cannot_tell_bed_from_floor() -> None:
    found = judge(sensors(*draw("asleep", 1, 10), room=Profile()))
    assert found.reasons == (Reason.OUT_OF_RANGE,)


def test_warmth_alone_is_not_the_resident_with_pets() -> None:
    found = judge(sensors(*draw("asleep", 1, 10), room=ROOM.model_copy(update={"pets": True})))
    assert found.reasons == (Reason.COUNT,)


@pytest.mark.parametrize(
    ("channels", "answer", "reason"),
    [
        ([load()], Answer.IN_BED, None),
        ([load(stir=0.0)], Answer.CANNOT_TELL, Reason.STILL),
        ([load(until=0.5)], Answer.SOMETHING_WRONG, Reason.UP),
        ([load(stir=20.0)], Answer.SOMETHING_WRONG, Reason.VIOLENT),
        ([load(kg=4.0)], Answer.NOT_SEEN, None),
        ([load(kg=4.0), steady("presence", 1)], Answer.SOMETHING_WRONG, Reason.UP),
        ([load(kg=4.0), steady("presence", 0)], Answer.NOT_SEEN, None),
        ([load(), steady("presence", 1)], Answer.IN_BED, None),
        ([load(), steady("presence", 0)], Answer.CANNOT_TELL, Reason.CONTRADICTORY),
        ([load(), load(name="other")], Answer.CANNOT_TELL, Reason.COUNT),
        ([load(), *draw("asleep", 1, 10)], Answer.IN_BED, None),
        ([load(), *draw("fallen", 1, 10)], Answer.CANNOT_TELL, Reason.CONTRADICTORY),
        ([load(kg=4.0), *draw("asleep", 1, 10)], Answer.CANNOT_TELL, Reason.CONTRADICTORY),
        ([*draw("asleep", 1, 10), steady("presence", 1)], Answer.IN_BED, None),
        ([*draw("asleep", 1, 10), steady("presence", 0)], Answer.CANNOT_TELL, Reason.CONTRADICTORY),
        ([*draw("asleep", 1, 10), *draw("empty", 1, 10)], Answer.CANNOT_TELL, Reason.CONTRADICTORY),
        ([steady("presence", 1)], Answer.CANNOT_TELL, Reason.STILL),
        ([steady("presence", 0), steady("movement", 0)], Answer.NOT_SEEN, None),
        ([steady("door_open", 1)], Answer.CANNOT_TELL, Reason.OUT_OF_RANGE),
        ([steady("bed_load_kg", 70)], Answer.CANNOT_TELL, Reason.FROZEN),
        ([load(kg=900.0)], Answer.CANNOT_TELL, Reason.OUT_OF_RANGE),
    ],
)
def test_what_a_bed_sensor_says(channels: list[SensorChannel], answer: Answer, reason: Reason | None) -> None:
    found = judge(sensors(*channels, room=ROOM))
    assert (found.answer, found.reasons) == (answer, (reason,) if reason else ())


def test_a_couples_bed_needs_both_sides() -> None:
    two = ROOM.model_copy(update={"expected_people": 2})
    assert judge(sensors(load(name="left"), load(name="right"), room=two)).answer is Answer.IN_BED
    assert judge(sensors(load(name="left"), load(kg=2.0, name="right"), room=two)).reasons == (Reason.COUNT,)


@pytest.mark.parametrize(
    "channels",
    [
        [load(), series("bed_pressure", 0.5 + 0.02 * np.sin(np.arange(len(TIMES)) / 3))],
        [load(name="left"), load(stir=0.0, name="suitcase"), *draw("asleep", 1, 10)],
        [load(name="left"), load(kg=12.0, name="dog"), *draw("two", 1, 10)],
    ],
    ids=["one_bed_measured_twice", "a_suitcase_on_the_other_side", "a_dog_on_the_other_side"],
)
def test_one_who_is_measured_twice_is_no_couple(channels: list[SensorChannel]) -> None:
    two = ROOM.model_copy(update={"expected_people": 2})
    assert judge(sensors(*channels, room=two)).reasons == (Reason.COUNT,)


def test_a_couple_is_two_by_weight_and_by_warmth() -> None:
    two = ROOM.model_copy(update={"expected_people": 2})
    assert judge(sensors(load(name="left"), load(name="right"), *draw("two", 1, 10), room=two)).answer is Answer.IN_BED
    assert judge(sensors(load(name="both"), *draw("two", 1, 10), room=two)).answer is Answer.IN_BED


def test_an_array_whose_warm_cells_are_stuck_is_not_trusted() -> None:
    array, ambient = draw("asleep", 1, 10)
    values = np.asarray(array.values)
    values[:, 8:] = values[0, 8:]
    stuck = array.model_copy(update={"values": tuple(map(tuple, values))})
    assert judge(sensors(stuck, ambient, room=ROOM)).reasons == (Reason.FROZEN,)


def test_a_series_too_short_or_constant_is_not_trusted() -> None:
    array, ambient = draw("asleep", 1, 10)
    short = array.model_copy(update={"ms": array.ms[:3], "values": array.values[:3]})
    assert judge(sensors(short, ambient, room=ROOM)).reasons == (Reason.TOO_SHORT,)
    stuck = array.model_copy(update={"values": array.values[:1] * len(array.ms)})
    assert judge(sensors(stuck, ambient, room=ROOM)).reasons == (Reason.FROZEN,)
    hot = array.model_copy(update={"values": tuple(tuple(v + 300 for v in row) for row in array.values)})
    assert judge(sensors(hot, ambient, room=ROOM)).reasons == (Reason.OUT_OF_RANGE,)


COUPLE = ROOM.model_copy(update={"expected_people": 2})
PETS = ROOM.model_copy(update={"pets": True})
COUPLE_WITH_PETS = COUPLE.model_copy(update={"pets": True})
PRESSURE = series("bed_pressure", 0.5 + 0.02 * np.sin(np.arange(len(TIMES)) / 3))
ASLEEP, FALLEN, EMPTY = draw("asleep", 1, 10), draw("fallen", 1, 10), draw("empty", 1, 10)
NOBODY = steady("presence", 0)

STEPS: list[tuple[str, list[SensorChannel], Profile]] = [
    ("bed_unseen bed_empty other_count in_bed", [NOBODY], ROOM),
    ("bed_unseen bed_empty other_count maybe_animal in_bed", [steady("presence", 1)], PETS),
    ("array_against_bed presence_against_bed warmth_out_of_place in_bed", [load(), *FALLEN, NOBODY], ROOM),
    ("array_against_bed presence_against_bed violent_movement in_bed", [load(stir=20.0), *EMPTY, NOBODY], ROOM),
    ("presence_against_bed warmth_out_of_place arrays_apart in_bed", [*ASLEEP, *FALLEN, NOBODY], ROOM),
    ("warmth_out_of_place violent_movement arrays_apart in_bed", [*ASLEEP, *FALLEN, load(stir=20.0)], ROOM),
    ("violent_movement other_count still_weight in_bed", [load(stir=20.0), load(stir=0.0, name="other")], ROOM),
    ("violent_movement other_count counted_twice in_bed", [load(stir=20.0), PRESSURE], ROOM),
    ("bed_left bed_empty other_count in_bed", [load(until=0.5)], ROOM),
    ("array_against_bed bed_unsure arrays_apart counted_twice in_bed", [comes(0.4), *ASLEEP, *EMPTY], ROOM),
    ("bed_unsure bed_empty other_count in_bed", [comes(0.4)], ROOM),
    ("arrays_apart other_count in_bed", [*ASLEEP, *EMPTY], COUPLE),
    ("arrays_apart maybe_animal in_bed", [*ASLEEP, *EMPTY], PETS),
    ("bed_empty other_count maybe_animal in_bed", [*EMPTY], PETS),
    ("other_count counted_twice in_bed", [load(), PRESSURE], ROOM),
    ("other_count maybe_animal in_bed", [*ASLEEP], COUPLE_WITH_PETS),
    ("other_count still_weight in_bed", [load(stir=0.0), load(stir=0.0, name="other")], ROOM),
    ("counted_twice still_weight in_bed", [load(stir=0.0), PRESSURE], COUPLE),
    ("maybe_animal in_bed", [*ASLEEP], PETS),
    ("still_weight in_bed", [load(stir=0.0)], ROOM),
    ("in_bed", [load()], ROOM),
]
"""Sessions, each with the names of all steps that would answer, in the ladder's order."""

NEVER_BOTH = {
    ("bed_unseen", "array_against_bed"): "no bed is seen, or one is",
    ("violent_movement", "bed_left"): "a bed is occupied, or none is",
    ("bed_left", "bed_unsure"): "where a weight came to one side, nobody has left the bed",
    ("arrays_apart", "bed_empty"): "an array sees somebody in bed, or nobody is",
    ("counted_twice", "maybe_animal"): "a bed is weighed, or none is",
    ("maybe_animal", "still_weight"): "warmth is all that there is, or there is none",
}
"""Neighbours in the ladder that no session brings both to answer, so that their order means nothing."""


def applying(channels: list[SensorChannel], profile: Profile) -> list[str]:
    """Return the names of the steps that would answer, in the ladder's order; the first decides."""
    seen = read_channels(tuple(channels), profile)
    return [step.__name__ for step in LADDER if step(seen) is not None]


@pytest.mark.parametrize(("steps", "channels", "profile"), STEPS)
def test_the_ladder_stands_in_its_order(steps: str, channels: list[SensorChannel], profile: Profile) -> None:
    assert applying(channels, profile) == steps.split()


@pytest.mark.parametrize(("steps", "channels", "profile"), STEPS)
def test_the_first_step_that_answers_decides(steps: str, channels: list[SensorChannel], profile: Profile) -> None:
    first = next(step for step in LADDER if step.__name__ == steps.split()[0])
    said, found = first(read_channels(tuple(channels), profile)), judge(sensors(*channels, room=profile))
    assert said is not None
    assert (found.answer, found.detail) == (said.answer, said.detail)
    assert found.reasons == ((said.reason,) if said.reason else ())


def test_a_session_tells_every_two_neighbours_apart() -> None:
    names = [step.__name__ for step in LADDER]
    told = {pair for steps, _, _ in STEPS for pair in itertools.combinations(steps.split(), 2)}
    assert set(itertools.pairwise(names)) - told == set(NEVER_BOTH)
