"""People in one bed, counted across it: one sleeper's head and legs are one, and two beside each other are two."""

import math

import cv2
import numpy as np
import pytest

from detector.bed_frame import frame_of
from detector.judge import judge
from schemas.messages import Profile, Session
from schemas.vocabulary import Answer, Reason
from tests.bench.difficult_kinds import chances_of, drawn_stage
from tests.bench.drawn_bedrooms import ROOMS
from tests.unit.detector_alterations import mirrored
from tests.unit.detector_difficulties import made_harder
from tests.unit.detector_sessions import jpeg, night, session
from tests.unit.test_detector_bed_sides import BLOCK, cloth

Box = tuple[int, int, int, int]
"""Blocks: top, left, bottom and right."""

BLOCKS = (30, 40)
BED = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]
"""A third longer than wide in the picture: 24 blocks by 18, from row 6 and column 8."""

HEAD_AND_LEGS: tuple[Box, ...] = ((13, 9, 17, 13), (11, 24, 19, 30))
SIDE_BY_SIDE: tuple[Box, ...] = ((8, 10, 22, 15), (8, 24, 22, 29))


def bed_with(head: tuple[float, float] | None) -> Profile:
    return Profile.model_validate({"zones": {"bed": {"polygon": BED, "head": head}}})


def stirring(room: Profile, bodies: tuple[Box, ...]) -> Session:
    """Return a lit room in which *bodies* sway, each at its own pace."""
    rng = np.random.default_rng(7)
    still = 110 + cloth(1, 480, 640, 2)
    for number, (y, x) in enumerate(((10, 20), (10, 520), (400, 60), (400, 420))):  # a picture, a shelf, two rugs
        still[y : y + 70, x : x + 100] += cloth(2 + number, 70, 100, 40)
    pictures = []
    for n in range(40):
        picture = still.copy()
        for number, (top, left, bottom, right) in enumerate(bodies):
            clothes = cloth(20 + number, (bottom - top) * BLOCK, (right - left) * BLOCK, 22)
            by = 1.2 * math.sin(2 * math.pi * n / (11 + 4 * number))
            moved = cv2.warpAffine(
                clothes,
                np.array([[1, 0, by], [0, 1, by]], np.float32),
                clothes.shape[::-1],
                borderMode=cv2.BORDER_REFLECT,
            )
            picture[top * BLOCK : bottom * BLOCK, left * BLOCK : right * BLOCK] = 110 + moved
        pictures.append(jpeg(picture + rng.normal(0, 2.0, picture.shape)))
    return session(pictures, room, fps=4.0)


@pytest.mark.parametrize("head", [(0.25, 0.5), (0.76, 0.5), None], ids=["left", "right", "unsaid"])
def test_head_and_legs_of_one_sleeper_are_one(head: tuple[float, float] | None) -> None:
    found = judge(stirring(bed_with(head), HEAD_AND_LEGS))
    assert (found.answer, found.people) == (Answer.IN_BED, 1)


@pytest.mark.parametrize("head", [(0.5, 0.25), (0.5, 0.76), None], ids=["above", "below", "unsaid"])
def test_two_across_the_beds_longer_side_are_two(head: tuple[float, float] | None) -> None:
    found = judge(stirring(bed_with(head), SIDE_BY_SIDE))
    assert (found.answer, found.reasons, found.people) == (Answer.CANNOT_TELL, (Reason.COUNT,), 2)


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize(("number", "names"), [(5, ("still",)), (6, ("blanket", "still")), (8, ("still",))])
def test_two_who_hold_still_for_half_the_look_are_two(number: int, names: tuple[str, ...], said: bool) -> None:
    asked = night("two", number, seconds=10.0, fps=5.0)
    if not said:
        zones = tuple(zone.model_copy(update={"head": None}) for zone in asked.profile.zones)
        asked = asked.model_copy(update={"profile": asked.profile.model_copy(update={"zones": zones})})
    found = judge(made_harder(asked, names, np.random.default_rng([number, len(names), 7])))
    assert (found.answer, found.reasons, found.people) == (Answer.CANNOT_TELL, (Reason.COUNT,), 2)


def drawn_row(scene: str, tree: str, row: int) -> Session:
    return drawn_stage(scene, row % ROOMS, chances_of(tree, scene, row)).session()


def of_two(asked: Session) -> Session:
    return asked.model_copy(update={"profile": asked.profile.model_copy(update={"expected_people": 2})})


@pytest.mark.parametrize("row", [81, 102, 138])
def test_who_only_breathes_beside_a_restless_one_is_counted(row: int) -> None:
    """Far from the light they stir in three blocks' width, two from the other: nothing may be pooled over the gap."""
    found = judge(drawn_row("pair", "dev1aaaa", row))
    assert (found.answer, found.reasons, found.people) == (Answer.CANNOT_TELL, (Reason.COUNT,), 2)


@pytest.mark.parametrize("row", [7, 56])
def test_one_of_two_whose_head_and_legs_seem_two_is_not_green(row: int) -> None:
    """One is there, two are expected, and nobody says which way they lie: counted as two they would have been green."""
    lonely = of_two(drawn_row("restless_in_double", "dev1aaaa", row))
    found = judge(lonely)
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.COUNT,))


@pytest.mark.parametrize(
    ("head", "answer"), [((0.5, 0.25), Answer.IN_BED), (None, Answer.CANNOT_TELL)], ids=["said", "unsaid"]
)
def test_two_in_one_zone_are_green_where_its_head_end_is_said(head: tuple[float, float] | None, answer: Answer) -> None:
    assert judge(of_two(stirring(bed_with(head), SIDE_BY_SIDE))).answer is answer


def test_a_couple_of_whom_one_stirs_less_is_two() -> None:
    asked = night("asleep_couple", 8, seconds=10.0, fps=5.0)
    found = judge(made_harder(asked, ("still",), np.random.default_rng([8, 1, 7])))
    assert (found.answer, found.people) == (Answer.IN_BED, 2)


def test_a_bed_is_laid_out_with_its_head_end_first() -> None:
    """Seen from its side and narrow, its pillow is near to both of its long sides: shares of the bed are compared."""
    narrow = [(0.1, 0.5), (0.9, 0.5), (0.9, 0.6), (0.1, 0.6)]
    frame = frame_of(narrow, (0.18, 0.55), BLOCKS)
    assert frame is not None and frame.said
    assert (frame.across, frame.along) == (3, 32)
    there = np.zeros(BLOCKS, np.float32)
    there[15:18, 4:8] = 1.0  # the pillow
    laid = frame.laid_out(there)
    assert laid.shape == (32, 3)
    assert laid[:4].min() > 0.99 and laid[5:].max() < 0.01


@pytest.mark.parametrize("head", [None, (0.5, 0.55)], ids=["unsaid", "in the middle"])
def test_a_bed_without_a_head_end_lies_along_its_longer_sides(head: tuple[float, float] | None) -> None:
    tall = [(0.4, 0.1), (0.6, 0.1), (0.6, 1.0), (0.4, 1.0)]
    frame = frame_of(tall, head, BLOCKS)
    assert frame is not None and not frame.said
    assert (frame.across, frame.along) == (8, 27)
    assert (frame.turned().across, frame.turned().along) == (27, 8)


def test_a_bed_of_more_corners_is_the_rectangle_around_it() -> None:
    cut = [(0.2, 0.3), (0.3, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]
    frame = frame_of(cut, (0.75, 0.5), BLOCKS)
    assert frame is not None and (frame.across, frame.along) == (18, 24)


def test_a_bed_of_a_block_is_not_laid_out() -> None:
    assert frame_of([(0.1, 0.1), (0.9, 0.1), (0.9, 0.12), (0.1, 0.12)], None, BLOCKS) is None


def test_a_mirrored_bed_has_its_head_end_on_the_other_side() -> None:
    assert mirrored(bed_with((0.25, 0.5))).zones[0].head == (0.75, 0.5)
