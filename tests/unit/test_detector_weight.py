"""A bed's weight: what turns back again and again lives; steps, creep, noise and a mat's one bit do not."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.judge import judge
from detector.weight import comes_again, is_switch
from schemas.messages import Finding, Profile, SensorChannel
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_sessions import sensors

ONE = Profile()
COUPLE = Profile(expected_people=2)
MORE = settings(max_examples=150, deadline=None, derandomize=True)
STILL = (Answer.CANNOT_TELL, (Reason.STILL,))


def times(fps: float = 4.0, seconds: float = 10.0) -> np.ndarray:
    return np.arange(0, seconds * 1000, 1000 / fps).round()


def bed(
    values: "Sequence[float] | np.ndarray", quantity: str = "bed_load_kg", *, fps: float = 4.0, name: str = "b"
) -> SensorChannel:
    made = {"name": name, "quantity": quantity, "ms": times(fps)[: len(values)].astype(int).tolist()}
    return SensorChannel.model_validate({**made, "values": [(float(value),) for value in values]})


def noise(seed: int, level: float, fps: float = 4.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, level, len(times(fps)))


def breath(amplitude: float, a_minute: float, fps: float = 4.0, phase: float = 0.0) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * a_minute / 60 * times(fps) / 1000 + phase)


def said(*channels: SensorChannel, room: Profile = ONE) -> tuple[Answer, tuple[Reason, ...]]:
    found: Finding = judge(sensors(*channels, room=room))
    return found.answer, found.reasons


@pytest.mark.parametrize("at", range(1, 40))
def test_a_weight_that_steps_once_is_still(at: int) -> None:
    assert said(bed([71.2] * at + [71.6] * (40 - at))) == STILL


@MORE
@given(
    steps=st.lists(st.tuples(st.floats(0.02, 0.98), st.floats(-5.0, 5.0)), max_size=4),
    creep=st.floats(-0.5, 0.5),
    settling_s=st.sampled_from([0.0, 0.3, 1.5]),
    level=st.sampled_from([0.002, 0.01, 0.05, 0.3]),
    scale=st.sampled_from([0.0, 0.01, 0.1, 0.5]),
    fps=st.sampled_from([2.0, 4.0, 10.0, 25.0]),
    seed=st.integers(0, 30),
)
def test_a_dead_weight_never_lives(
    steps: list[tuple[float, float]],
    creep: float,
    settling_s: float,
    level: float,
    scale: float,
    fps: float,
    seed: int,
) -> None:
    """Steps at any time, up to four sharp ones while a cell warms, or two that settle; noise, and a coarse scale."""
    t = times(fps) / 1000
    line = 71.0 + noise(seed, level, fps) + (0.0 if settling_s else creep * t / 10)
    for at, height in steps[: 2 if settling_s else 4]:
        since = np.clip(t - 10 * at, 0.0, None)
        line = line + height * (1 - np.exp(-since / max(settling_s, 1e-3)))
    if scale:
        line = np.round(line / scale) * scale
    assert said(bed(line, fps=fps))[0] is not Answer.IN_BED


@pytest.mark.parametrize("fps", [4.0, 10.0, 50.0])
@pytest.mark.parametrize("a_minute", [12, 16, 24, 32])
def test_a_weight_that_breathes_lives(a_minute: int, fps: float) -> None:
    found = [
        comes_again(times(fps), 71 + breath(0.3, a_minute, fps, phase) + noise(seed, 0.02, fps), 0.03)
        for seed, phase in enumerate(np.linspace(0, 6, 25))
    ]
    assert sum(found) >= 23


def test_who_moves_and_then_lies_dead_still_does_not_live() -> None:
    line = 71 + noise(1, 0.01)
    line[:16] += breath(2.0, 40)[:16]
    assert said(bed(line)) == STILL


def test_a_weight_that_went_silent_says_nothing_of_the_end() -> None:
    line = 71 + breath(0.3, 16) + noise(1, 0.01)
    assert said(bed(line))[0] is Answer.IN_BED
    assert said(bed(line[:20])) == (Answer.CANNOT_TELL, (Reason.TOO_SHORT,))


MAT_SAYS: dict[str, tuple[list[float], tuple[Answer, tuple[Reason, ...]]]] = {
    "occupied": ([1.0] * 40, STILL),
    "empty": ([0.0] * 40, (Answer.NOT_SEEN, ())),
    "left": ([1.0] * 15 + [0.0] * 25, (Answer.SOMETHING_WRONG, (Reason.UP,))),
    "come_to": ([0.0] * 15 + [1.0] * 25, STILL),
    "come_to_at_the_end": ([0.0] * 38 + [1.0] * 2, STILL),
    "a_loose_contact": ([1.0, 1.0, 0.0, 1.0] * 10, STILL),
    "turned_over_once": ([1.0] * 12 + [0.0] + [1.0] * 27, STILL),
}
"""Ten seconds of a mat that says on or off, and the most that it can say of them."""


@pytest.mark.parametrize("case", MAT_SAYS)
def test_a_mat_says_occupied_empty_or_left_and_never_green(case: str) -> None:
    values, right = MAT_SAYS[case]
    assert said(bed(values, "bed_pressure")) == right


@MORE
@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=30, max_size=60), st.sampled_from([1, 2]))
def test_no_mat_is_green_or_violent_whatever_it_says(values: list[float], expected: int) -> None:
    fps = len(values) / 10
    room = Profile(expected_people=expected)
    answer, reasons = said(*(bed(values, "bed_pressure", fps=fps, name=f"m{n}") for n in range(expected)), room=room)
    assert answer is not Answer.IN_BED
    assert reasons not in ((Reason.VIOLENT,), (Reason.FROZEN,))


def test_an_analogue_pressure_that_never_changes_is_stuck() -> None:
    assert said(bed([0.6] * 40, "bed_pressure")) == (Answer.CANNOT_TELL, (Reason.FROZEN,))
    assert not is_switch(bed([0.0, 1.0, 0.5], "bed_pressure"))
    assert not is_switch(bed([0.0, 1.0], "bed_load_kg"))


def test_a_weight_beside_a_sleeper_that_came_is_a_count() -> None:
    sleeper = bed(71 + breath(0.3, 16) + noise(1, 0.01), name="left")
    came = bed(np.where(times() < 5000, 0.5, 30.0) + noise(2, 0.01), name="right")
    assert said(sleeper, came) == (Answer.CANNOT_TELL, (Reason.COUNT,))


def test_who_rolls_over_to_the_other_side_has_not_left() -> None:
    here, there = (
        np.where(side, 71 + breath(0.3, 16), 0.5) + noise(3, 0.01) for side in (times() < 3000, times() >= 3000)
    )
    assert said(bed(here, name="left"), bed(there, name="right"))[0] is Answer.CANNOT_TELL


def test_a_couple_needs_two_who_live() -> None:
    sleeper = bed(71 + breath(0.3, 16) + noise(1, 0.01), name="left")
    suitcase = bed(np.where(times() < 5000, 30.0, 30.4) + noise(2, 0.003), name="right")
    assert said(sleeper, suitcase, room=COUPLE) == STILL


@MORE
@given(st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=60), st.floats(1e-6, 10.0))
def test_any_line_has_an_answer(values: list[float], life: float) -> None:
    ms = np.linspace(0.0, 9000.0, len(values))
    assert comes_again(ms, np.asarray(values), life) in (True, False)
