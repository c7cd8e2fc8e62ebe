"""Signs of a detector as an operator reads them: what was seen and where, in words."""

import pytest

from alarm_center.words.catalogues import SPEECHES
from alarm_center.words.code_words import SIDES, SIGNS, sign_words
from detector.together import AGAINST
from detector.whereabouts import OUT_OF_BED

SV, EN = SPEECHES["sv"], SPEECHES["en"]


@pytest.mark.parametrize(
    ("what", "zone", "swedish", "english"),
    [
        ("moves_on_floor", "right_of_bed", "Rör sig på golvet, till höger om sängen", "Moves on the floor, to the right of the bed"),
        ("moves_upright", "behind_bed", "Rör sig, står eller går, bakom sängen", "Moves, stands or walks, behind the bed"),
        ("moves_outside", None, "Rör sig utanför sängen", "Moves outside the bed"),
        ("moves", "bed_left", "Rörelse i sängen", "Movement in bed"),
        ("moves", "sofa", "Rörelse sofa", "Movement sofa"),
        ("new_sign", None, "new_sign", "new_sign"),
    ],
)  # fmt: skip
def test_a_sign_says_what_and_where(what: str, zone: str | None, swedish: str, english: str) -> None:
    assert (sign_words(what, zone, SV), sign_words(what, zone, EN)) == (swedish, english)


def test_every_sign_of_the_detector_has_words() -> None:
    assert {*OUT_OF_BED, *AGAINST} <= set(SIGNS)
    assert len(SIDES) == 5
