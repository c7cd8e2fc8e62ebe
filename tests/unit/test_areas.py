"""A town's areas: which codes may be, and why one cannot be closed or merged."""

from uuid import UUID, uuid4

import pytest

from alarm_center.core.areas import (
    AreaFault,
    LimitedPerson,
    TownArea,
    parse_code,
    refuse_closing,
    refuse_merging,
    widened,
)

THREE, FIVE = TownArea(UUID(int=3), "3"), TownArea(UUID(int=5), "5")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (" n2 ", "N2"), ("ÅÄÖ1", "ÅÄÖ1"), ("", AreaFault.NO_CODE), ("12345", AreaFault.NO_CODE), ("3 4", AreaFault.NO_CODE),
        ("4\n", "4"), ("5", AreaFault.TAKEN), ("3", AreaFault.SAME), ("é", AreaFault.NO_CODE), ("٣", AreaFault.NO_CODE),
    ],
)  # fmt: skip
def test_a_code_is_short_and_nobody_elses(said: str, code: str | AreaFault) -> None:
    assert parse_code(said, ["5", "7"], "3") == code


def test_an_area_closes_when_nothing_is_left_in_it() -> None:
    assert refuse_closing(THREE, 1) == []
    assert refuse_closing(THREE, 0) == [AreaFault.LAST]
    full = TownArea(uuid4(), "9", 1, 1, 1, 1, 1, 1, night_begun=True)
    assert refuse_closing(full, 1) == [
        AreaFault.RESIDENTS, AreaFault.DRAFTS, AreaFault.CASES, AreaFault.SHIFTS, AreaFault.NIGHT,
    ]  # fmt: skip
    assert refuse_closing(TownArea(uuid4(), "9", ombudsmen=2), 1) == []


def test_an_area_merges_by_day_without_open_cases() -> None:
    assert refuse_merging(TownArea(THREE.area_id, "3", 9, 1, patterns=2, shifts=9, ombudsmen=2), FIVE, []) == []
    assert refuse_merging(THREE, THREE, []) == [AreaFault.NO_OTHER]
    assert refuse_merging(TownArea(THREE.area_id, "3", open_cases=1), FIVE, []) == [AreaFault.CASES]
    assert refuse_merging(THREE, TownArea(FIVE.area_id, "5", night_begun=True), []) == [AreaFault.NIGHT]


def test_a_merger_widens_people_and_no_alarm_centre() -> None:
    limited = [
        LimitedPerson("member", "Lena", (THREE.area_id,)),
        LimitedPerson("member", "Bo", (THREE.area_id, FIVE.area_id)),
        LimitedPerson("deputy", "Lena", (THREE.area_id,)),
        LimitedPerson("agreement", "Nord", (THREE.area_id, FIVE.area_id)),
    ]
    assert widened(limited, FIVE.area_id) == ["Lena"]
    assert refuse_merging(THREE, FIVE, limited) == []
    nord = LimitedPerson("agreement", "Nord", (THREE.area_id,))
    assert refuse_merging(THREE, FIVE, [nord]) == [AreaFault.AGREEMENT]
