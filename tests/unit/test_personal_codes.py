"""Personal codes in a reply: five digits that are no case's number, at most two, and the rest of the words."""

import pytest

from alarm_center.core.replies.personal_codes import split_codes


@pytest.mark.parametrize(
    ("text", "codes", "rest"),
    [
        ("1 24680", ("24680",), "1 "),
        ("24680", ("24680",), ""),
        ("1 24680 13579", ("24680", "13579"), "1  "),
        ("1 24680 24680", ("24680",), "1  "),
        ("1 4821", (), "1 4821"),
        ("1 246801", (), "1 246801"),
        ("1 02468", (), "1 02468"),
        ("Ja", (), "Ja"),
    ],
)
def test_five_digits_are_a_code(text: str, codes: tuple[str, ...], rest: str) -> None:
    assert split_codes(text) == (codes, rest)


def test_a_number_of_a_case_is_no_code() -> None:
    assert split_codes("1 24680 13579", {24680}) == (("13579",), "1 24680 ")
