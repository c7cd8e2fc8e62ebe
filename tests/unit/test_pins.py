"""Digits that may be a PIN at a shared desk."""

import pytest

from alarm_center.identity.pins import is_pin


@pytest.mark.parametrize("pin", ["4821", "90417", "73019264"])
def test_four_to_eight_digits_are_a_pin(pin: str) -> None:
    assert is_pin(pin)


@pytest.mark.parametrize("pin", ["", "482", "482190417", "48a1", " 4821", "4821\n", "٤٨٢١"])
def test_other_text_is_no_pin(pin: str) -> None:
    assert not is_pin(pin)


@pytest.mark.parametrize("pin", ["0000", "1212", "1234", "4321", "7890", "0987", "1957", "2003"])
def test_digits_that_are_soon_guessed_are_refused(pin: str) -> None:
    assert not is_pin(pin)
