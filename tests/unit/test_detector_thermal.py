"""Thermal arrays: who walks is warm nowhere for long, a head lies at the bed's end, and green holds to the end."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector import thermal
from detector.judge import judge
from drawn_homes.thermal import draw_array
from schemas.messages import Finding, Profile, SensorChannel
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_sessions import sensors

BED_BELOW = [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]
ROOM = Profile.model_validate({"zones": {"bed": BED_BELOW}})
TIMES = tuple(range(0, 10_000, 330))
AMBIENT = 22.0
Cells = np.ndarray


def array(warmth: Callable[[float], Cells], seed: int = 1, side: int = 4) -> SensorChannel:
    """Return ten seconds over a room of 22 °C whose cells are *warmth* of the time (s) warmer, with an array's noise."""
    chance = np.random.default_rng(seed)
    values = [
        tuple(np.round(AMBIENT + warmth(ms / 1000) + chance.normal(0, 0.06, (side, side)), 1).ravel().tolist())
        for ms in TIMES
    ]
    return SensorChannel(name="array", quantity="thermal_c", rows=side, columns=side, ms=TIMES, values=tuple(values))


def found(made: SensorChannel, room: Profile = ROOM) -> Finding:
    own = SensorChannel(name="own", quantity="ambient_c", ms=TIMES, values=((AMBIENT + 0.3,),) * len(TIMES))
    return judge(sensors(made, own, room=room))


def spot(row: float, column: float, degrees: float, tall: float = 0.6, wide: float = 0.0) -> Cells:
    """Return a warm place with its middle at *row*, *column*, that reaches *tall* and *wide* cells; round when not said."""
    rows, columns = np.mgrid[0:4, 0:4].astype(float)
    return np.asarray(degrees * np.exp(-(((rows - row) / tall) ** 2) - ((columns - column) / (wide or tall)) ** 2))


def trail(degrees: float) -> Cells:
    made = np.zeros((4, 4))
    made[2, :3] = degrees
    return made


def passing(degrees: float, seconds: float) -> Callable[[float], Cells]:
    """Return somebody who walks to and fro over the floor beside the bed, each way in *seconds*."""
    return lambda t: spot(0.4, 1.5 + 2.5 * np.sin(np.pi * t / seconds), degrees)


@pytest.mark.parametrize("degrees", [3.5, 4.5, 6.0])
@pytest.mark.parametrize("seconds", [2.0, 4.0, 7.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_who_walks_is_up_though_no_cell_is_warm_for_long(degrees: float, seconds: float, seed: int) -> None:
    said = found(array(passing(degrees, seconds), seed))
    assert (said.answer, said.reasons) == (Answer.SOMETHING_WRONG, (Reason.UP,))


@pytest.mark.parametrize("seconds", [2.0, 4.0, 7.0])
def test_who_walks_faintly_is_not_nobody(seconds: float) -> None:
    assert found(array(passing(1.8, seconds))).answer in (Answer.CANNOT_TELL, Answer.SOMETHING_WRONG)


def test_who_walks_beside_a_bed_just_left_is_up() -> None:
    warm_bed = spot(2, 1.2, 2.4)
    said = found(array(lambda t: warm_bed + passing(3.5, 4.0)(t)))
    assert (said.answer, said.reasons) == (Answer.SOMETHING_WRONG, (Reason.UP,))


def test_who_walks_beside_a_sleeper_is_a_doubt() -> None:
    sleeper = spot(2.6, 1.5, 3.6, 0.8, 3.0)
    assert found(array(lambda t: sleeper)).answer is Answer.IN_BED
    assert found(array(lambda t: sleeper + passing(3.0, 4.0)(t))).answer is Answer.CANNOT_TELL


def test_faint_warmth_that_stays_on_the_floor_is_not_nobody() -> None:
    said = found(array(lambda t: spot(0, 2, 1.35)))
    assert (said.answer, said.reasons, said.detail) == (Answer.CANNOT_TELL, (Reason.STILL,), thermal.FAINT)
    assert "warm_outside" in {evidence.what for evidence in said.evidence}


def stirring(t: float) -> float:
    return 0.5 * float(np.sin(2.1 * t)) + 0.3 * float(np.sin(5.3 * t))


@pytest.mark.parametrize("end", [0, 3])
def test_a_head_that_stirs_at_the_beds_end_lies_in_it(end: int) -> None:
    body = trail(1.1) if end == 0 else trail(1.1)[:, ::-1]
    said = found(array(lambda t: body + spot(2, end, 2.6 + stirring(t))))
    assert (said.answer, said.people) == (Answer.IN_BED, 1)


NO_HEAD: dict[str, Callable[[float], Cells]] = {
    "a_bottle_does_not_stir": lambda t: trail(1.1) + spot(2, 0, 2.6),
    "no_body_behind_it": lambda t: spot(2, 0, 3.7 + stirring(t)),
    "in_the_middle_it_sits": lambda t: np.roll(trail(1.1), 1, 1) + spot(2, 1, 3.0 + stirring(t), 0.4),
    "warm_outside_the_bed_too": lambda t: trail(1.1) + spot(2, 0, 2.6 + stirring(t)) + spot(0, 3, 1.2),
}


@pytest.mark.parametrize("case", NO_HEAD)
def test_a_warm_place_at_the_end_is_not_always_a_head(case: str) -> None:
    assert found(array(NO_HEAD[case])).answer is not Answer.IN_BED


def test_who_sits_and_reaches_over_the_edge_is_at_it() -> None:
    said = found(array(lambda t: spot(2, 1.5, 5.0, 1.1) + spot(1, 1.5, 1.6, 1.1)))
    assert (said.answer, said.reasons) == (Answer.SOMETHING_WRONG, (Reason.AT_EDGE,))


def test_a_warm_place_that_touches_no_bed_is_another() -> None:
    said = found(array(lambda t: spot(3, 1.5, 4.5, 0.8, 2.1) + spot(0, 3, 2.6, 0.5)))
    assert (said.answer, said.detail) == (Answer.CANNOT_TELL, thermal.BESIDE)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    after=st.sampled_from(["empty", "up", "sitting_up", "fallen"]),
    share=st.floats(0.05, 0.75),
    seed=st.integers(1, 40),
)
def test_who_leaves_during_the_look_is_not_in_bed(after: str, share: float, seed: int) -> None:
    lay, own = draw_array("asleep", seed, 10)
    then, _ = draw_array(after, seed, 10)
    cut = round(share * len(lay.ms))
    both = lay.model_copy(update={"values": lay.values[:cut] + then.values[cut:]})
    assert judge(sensors(both, own, room=ROOM)).answer is not Answer.IN_BED


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    cells=st.lists(st.floats(-15, 70), min_size=16, max_size=16),
    seed=st.integers(0, 99),
    side=st.sampled_from([1, 2, 4]),
)
def test_any_array_has_an_answer(cells: list[float], seed: int, side: int) -> None:
    warm = np.resize(np.asarray(cells), (side, side)) - AMBIENT
    said = found(array(lambda t: warm, seed, side))
    assert Finding.model_validate(said.model_dump()) == said
