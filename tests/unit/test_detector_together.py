"""Camera and sensor in one session: green takes both, an alarm stands, contradiction is doubt with both reasons."""

from itertools import product
from math import pi, sin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.judge import judge
from detector.together import combine
from schemas.messages import Evidence, Finding, SensorChannel, Session
from schemas.vocabulary import REASONS, Answer, Reason
from tests.unit.detector_sessions import night

WRONG, TELL, BED, NONE = Answer.SOMETHING_WRONG, Answer.CANNOT_TELL, Answer.IN_BED, Answer.NOT_SEEN


def found(answer: Answer, *reasons: Reason, people: int | None = None, what: str = "moves") -> Finding:
    return Finding(
        session_id="s1",
        org="ekby",
        device="b27",
        answer=answer,
        reasons=reasons,
        people=1 if answer is BED and people is None else people,
        evidence=(Evidence(what=what, zone="bed"),) if answer is BED else (),
        measures={what: 1.0},
    )


def load(*kilograms: float) -> SensorChannel:
    """Return ten seconds of a bed's load cell: these values over and over."""
    values = tuple((kilograms[n % len(kilograms)],) for n in range(50))
    return SensorChannel(name="load", quantity="bed_load_kg", ms=tuple(n * 200 for n in range(50)), values=values)


LIES = load(*(71.0 + 0.2 * sin(2 * pi * n / 20) for n in range(20)))
"""A sleeper: the weight comes and goes fifteen times a minute."""
GONE = load(0.3, 0.35, 0.25)
STUCK = load(71.0)


def home(scene: str, *channels: SensorChannel) -> Session:
    return night(scene).model_copy(update={"channels": channels})


@pytest.mark.parametrize(
    ("scene", "channel", "answer", "reasons"),
    [
        ("asleep", LIES, BED, ()),
        ("asleep", GONE, TELL, (Reason.CONTRADICTORY,)),
        ("asleep", STUCK, TELL, (Reason.FROZEN,)),
        ("empty", LIES, TELL, (Reason.CONTRADICTORY,)),
        ("empty", GONE, NONE, ()),
        ("empty", STUCK, TELL, (Reason.FROZEN,)),
        ("fallen", GONE, WRONG, (Reason.ON_FLOOR,)),
        ("fallen", LIES, TELL, (Reason.CONTRADICTORY, Reason.ON_FLOOR)),
        ("fallen", STUCK, WRONG, (Reason.ON_FLOOR, Reason.FROZEN)),
        ("covered", LIES, TELL, (Reason.COVERED,)),
        ("covered", GONE, TELL, (Reason.COVERED,)),
    ],
)
def test_a_home_with_a_camera_and_a_load_cell(
    scene: str, channel: SensorChannel, answer: Answer, reasons: tuple[Reason, ...]
) -> None:
    said = judge(home(scene, channel))
    assert (said.answer, said.reasons) == (answer, reasons)
    assert "bed_0" in said.measures or channel is STUCK


@pytest.mark.parametrize("quantity", ["door_open", "movement"])
def test_a_sensor_blind_to_sleepers_does_not_contradict(quantity: str) -> None:
    times = tuple(n * 200 for n in range(50))
    silent = SensorChannel.model_validate({"name": "hall", "quantity": quantity, "ms": times, "values": ((0.0,),) * 50})
    assert judge(home("asleep", silent)) == judge(night("asleep"))


def test_a_bed_that_only_cools_supports_no_camera() -> None:
    cooling = found(TELL, Reason.STILL).model_copy(update={"evidence": (Evidence(what="bed_cools", value=0.4),)})
    said = combine(found(BED), cooling)
    assert (said.answer, said.reasons) == (TELL, (Reason.STILL,))


def test_what_both_saw_is_kept() -> None:
    said = judge(home("asleep", LIES))
    assert {e.what for e in said.evidence} >= {"moves", "bed_occupied"}
    assert "strength_in_bed" in said.measures and "bed_0" in said.measures


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("one", "other", "answer", "reasons"),
    [
        (found(BED), found(TELL, Reason.STILL), BED, ()),
        (found(BED), found(TELL, Reason.COUNT), TELL, (Reason.COUNT,)),
        (found(BED), found(BED, people=2), TELL, (Reason.COUNT,)),
        (found(BED), found(NONE), TELL, (Reason.CONTRADICTORY,)),
        (found(BED), found(WRONG, Reason.UP), TELL, (Reason.CONTRADICTORY, Reason.UP)),
        (found(WRONG, Reason.UP), found(WRONG, Reason.ON_FLOOR), WRONG, (Reason.ON_FLOOR, Reason.UP)),
        (found(WRONG, Reason.UP), found(NONE), WRONG, (Reason.UP,)),
        (found(WRONG, Reason.VIOLENT), found(TELL, Reason.DARK), WRONG, (Reason.VIOLENT, Reason.DARK)),
        (found(NONE), found(TELL, Reason.STILL), TELL, (Reason.STILL,)),
        (found(NONE), found(NONE), NONE, ()),
    ],
)
def test_the_table_is_the_same_from_both_sides(
    one: Finding, other: Finding, answer: Answer, reasons: tuple[Reason, ...], turned: bool
) -> None:
    said = combine(other, one) if turned else combine(one, other)
    assert (said.answer, said.reasons) == (answer, reasons)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    scene=st.sampled_from(["empty", "fallen", "covered", "up", "still_duvet"]),
    quantity=st.sampled_from(["thermal_c", "bed_load_kg", "bed_pressure", "presence", "movement", "door_open"]),
    values=st.lists(st.floats(-10, 120), min_size=1, max_size=40),
    broken=st.booleans(),
)
def test_no_samples_make_a_green_of_frames_that_show_none(
    scene: str, quantity: str, values: list[float], broken: bool
) -> None:
    channel = SensorChannel.model_validate(
        {
            "name": "any",
            "quantity": quantity,
            "ms": [n * 250 for n in range(len(values))],
            "values": [(v,) for v in values],
        }
    )
    asked = home(scene, channel)
    if broken:
        asked = asked.model_copy(
            update={"frames": tuple(f.model_copy(update={"jpeg": f.jpeg[:99]}) for f in asked.frames)}
        )
    assert judge(asked).answer is not BED


@pytest.mark.parametrize(
    "doubt",
    [
        {"evidence": (Evidence(what="moves_outside", value=20.0),)},
        {"evidence": (Evidence(what="shape_outside", value=9.0),)},
        {"evidence": (Evidence(what="looks_empty", zone="bed"),)},
        {"evidence": (Evidence(what="stopped", value=0.6),)},
        {"evidence": (Evidence(what="warm_outside", value=1.4),)},
        {"evidence": (Evidence(what="same_grain", value=0.7),)},
        {"measures": {"strength_outside": 12.0}},
        {"measures": {"shaded_blocks": 30.0}},
    ],
)
def test_something_elsewhere_is_more_than_stillness(doubt: dict[str, object]) -> None:
    camera = found(TELL, Reason.STILL).model_copy(update=doubt)
    assert combine(camera, found(BED)).reasons == (Reason.STILL,)


def every() -> list[Finding]:
    made = [found(BED), found(BED, people=2), found(NONE)]
    made += [found(answer, reason) for answer in (WRONG, TELL) for reason in sorted(REASONS[answer])]
    return made


def test_every_pair_has_a_valid_finding_and_green_takes_both() -> None:
    for one, other in product(every(), repeat=2):
        said = combine(one, other)
        assert Finding.model_validate(said.model_dump()) == said
        if said.answer is BED:
            assert BED in (one.answer, other.answer)
            assert all(f.answer is BED or f.reasons == (Reason.STILL,) for f in (one, other))
        if WRONG in (one.answer, other.answer) and BED not in (one.answer, other.answer):
            assert said.answer is WRONG
