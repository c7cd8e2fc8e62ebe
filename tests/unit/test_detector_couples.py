"""A couple's bed: two are two when there is a gap between them."""

import numpy as np
import pytest

from detector.judge import judge
from schemas.messages import Session, Zone
from schemas.vocabulary import Answer, Reason
from tests.unit.detector_sessions import night


def as_a_couples(asked: Session) -> Session:
    """Return *asked* with its one bed drawn as the two sides of a couple's, its sleeper on the border."""
    (bed,) = (zone for zone in asked.profile.zones if zone.kind == "bed")
    head_left, head_right, foot_right, foot_left = np.array(bed.polygon)
    head, foot = (head_left + head_right) / 2, (foot_left + foot_right) / 2
    sides = {"bed_left": (head_left, head, foot, foot_left), "bed_right": (head, head_right, foot_right, foot)}
    zones = tuple(
        Zone(name=name, kind="bed", polygon=tuple((float(x), float(y)) for x, y in corners))
        for name, corners in sides.items()
    )
    room = asked.profile.model_copy(update={"zones": zones, "expected_people": 2})
    return asked.model_copy(update={"profile": room})


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_one_sleeper_in_the_middle_is_not_a_couple(seed: int) -> None:
    found = judge(as_a_couples(night("asleep", seed)))
    assert (found.answer, found.reasons, found.people) == (Answer.CANNOT_TELL, (Reason.COUNT,), 1)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_couple_is_two(seed: int) -> None:
    found = judge(night("asleep_couple", seed))
    assert (found.answer, found.people) == (Answer.IN_BED, 2)
