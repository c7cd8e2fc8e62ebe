"""The reader of phone numbers: however one is written, the same number comes out."""

import pytest

from alarm_center.core.phone_numbers import is_fixed_line, national, parse_phone_number, searched_endings

ANNA = "+46701740611"


@pytest.mark.parametrize(
    "written",
    [
        "+46701740611",
        "070-174 06 11",
        "0701740611",
        "+46 (0)70-174 06 11",
        "+46(0)701740611",
        "0046 70 174 06 11",
        "070\u2013174 06 11",
        "070\u2011174\u00a006\u202f11",
        "070\u2212174\u201006\u201411",
        "(070) 174.06.11",
        "070/174 06 11",
    ],
)
def test_every_dash_space_and_prefix_is_read(written: str) -> None:
    assert parse_phone_number(written) == ANNA
    assert ANNA in searched_endings(written), "and found by the same"


@pytest.mark.parametrize("written", ["", "soon", "12", "070-174 06", "070-174 06 111", None, 701740611, ["070"]])
def test_what_can_be_no_number_is_refused_in_words(written: object) -> None:
    with pytest.raises(ValueError, match=r"is no phone number; write it as|cannot exist in SE"):
        parse_phone_number(written)


@pytest.mark.parametrize(
    ("written", "number"),
    [("0719123456789", "+46719123456789"), ("+46 710 123 456 789", "+46710123456789")],
)
def test_swedens_long_machine_numbers_exist(written: str, number: str) -> None:
    assert parse_phone_number(written) == number
    assert not is_fixed_line(number)


@pytest.mark.parametrize("written", ["0718123456789", "+4571912345678", "071912345678"])
def test_no_other_number_is_taken_for_a_machines(written: str) -> None:
    with pytest.raises(ValueError, match="cannot exist"):
        parse_phone_number(written)


def test_a_number_is_read_where_the_town_is() -> None:
    assert parse_phone_number("406 12 345", "NO") == "+4740612345"


def test_a_part_of_a_number_is_searched_for_as_it_is() -> None:
    assert searched_endings("174 06 11") == ("1740611",)


@pytest.mark.parametrize("asked", ["", "12", "17 B", "Storgatan 12", "070-1", "\u2013\u2013\u2013\u2013\u2013\u2013"])
def test_what_is_no_number_is_searched_for_as_words(asked: str) -> None:
    assert searched_endings(asked) == ()


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+46701740611", "070-174 06 11"), ("+4684650040", "08-465 00 40"), ("+4793210000", "+47 93 21 00 00")],
)
def test_a_number_is_shown_as_people_write_it(number: str, shown: str) -> None:
    assert national(number) == shown


def test_what_is_no_number_is_shown_as_it_was_written() -> None:
    assert national("ring Åsa") == "ring Åsa"
