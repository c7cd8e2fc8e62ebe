"""Answers to a code that is given by keys: right, wrong, the last wrong one, refused."""

import pytest

from alarm_center.core.replies.ring_in import MOST_WRONG, CodeAnswer, judge_code


@pytest.mark.parametrize(
    ("before", "known", "answer"),
    [
        (0, True, CodeAnswer.RIGHT),
        (0, False, CodeAnswer.WRONG),
        (1, False, CodeAnswer.WRONG),
        (2, True, CodeAnswer.RIGHT),
        (2, False, CodeAnswer.LAST_WRONG),
        (3, True, CodeAnswer.REFUSED),
        (3, False, CodeAnswer.REFUSED),
        (90_000, True, CodeAnswer.REFUSED),
    ],
)
def test_the_third_wrong_code_ends_it(before: int, known: bool, answer: CodeAnswer) -> None:
    assert judge_code(before, is_right=known) is answer


def test_the_lead_is_told_once() -> None:
    told = [judge_code(before, is_right=False) for before in range(10)].count(CodeAnswer.LAST_WRONG)
    assert (told, MOST_WRONG) == (1, 3)


def test_a_stranger_leaves_room_for_another() -> None:
    said = [judge_code(before, is_right=False, is_stranger=True) for before in range(8)]
    once = [CodeAnswer.WRONG, CodeAnswer.WRONG, CodeAnswer.LAST_WRONG]
    assert said == [*once, *once, CodeAnswer.REFUSED, CodeAnswer.REFUSED]
    right = [judge_code(before, is_right=True, is_stranger=True) for before in (0, 3, 5, 6)]
    assert right == [CodeAnswer.RIGHT] * 3 + [CodeAnswer.REFUSED]
