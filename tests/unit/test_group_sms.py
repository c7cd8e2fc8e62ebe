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


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("Hos 19400203-1234 i natt", GroupSmsFault.PERSONAL_NUMBER),
        ("Hos 400203-1234", GroupSmsFault.PERSONAL_NUMBER),
        ("Hos 4002031234", GroupSmsFault.PERSONAL_NUMBER),
        ("400263+1234", GroupSmsFault.PERSONAL_NUMBER),
        ("Ring 0701234567 eller 070-123 45 67", None),
        ("Möte 2026-11-28 kl 14, rum 1201", None),
        ("Kör till storgatan 4", GroupSmsFault.ADDRESS),
        ("Norra Vägen 12 B är stängd", GroupSmsFault.ADDRESS),
        ("Storgatan är avstängd från kl 4", None),
    ],
)
def test_no_number_of_a_person_and_no_address(written: str, fault: GroupSmsFault | None) -> None:
    assert check_text(written).fault is fault


def test_needless_spaces_are_left_out() -> None:
    checked = check_text("  Nattmöte\r\n  tisdag\0 ")
    assert (checked.text, checked.septets) == ("Nattmöte tisdag", 15)


def test_each_word_that_may_be_a_name() -> None:
    found = possible_names("Hos Karins granne, Mård-Ek: kör ej dit! 070-1")
    assert possible_names("En dag hos Dag") == ["en", "hos", "ho", "dag"], "a word of any day, and a man"
    assert found == ["hos", "ho", "karins", "karin", "granne", "mård", "ek", "kör", "ej", "dit"]
    assert possible_names("Hos bo, Bo och Ås") == ["hos", "ho", "bo", "och", "ås"]
