"""Text of an SMS to many: its length, its signs, and the words of it that may be a resident's name."""

import pytest

from alarm_center.core.group_sms import GroupSmsFault, check_text, possible_names


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("", GroupSmsFault.EMPTY),
        (" \n\t\0 ", GroupSmsFault.EMPTY),
        ("x" * 160, None),
        ("x" * 161, GroupSmsFault.LONG),
        ("[" * 81, GroupSmsFault.LONG),
        ("Nattmöte – kl 14", GroupSmsFault.ALPHABET),
        ("Möte 👍", GroupSmsFault.ALPHABET),
    ],
)
def test_one_segment_of_the_alphabet(written: str, fault: GroupSmsFault | None) -> None:
    assert check_text(written).fault is fault


def test_needless_spaces_are_left_out() -> None:
    checked = check_text("  Nattmöte\r\n  tisdag\0 ")
    assert (checked.text, checked.septets) == ("Nattmöte tisdag", 15)


def test_each_word_that_may_be_a_name() -> None:
    found = possible_names("Hos Karins granne, Mård-Ek: kör ej dit! 070-1")
    assert possible_names("En dag hos Dag") == ["hos", "dag"], "a word of any day, and a man"
    assert found == ["hos", "karins", "karin", "granne", "mård-ek", "kör", "dit"]
