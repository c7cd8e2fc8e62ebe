"""The bare SMS, sent where a town's own words cannot be: never without the case's number."""

import pytest

from alarm_center.casework.wording import bare_text
from alarm_center.core.messages.sms_words import Language
from alarm_center.core.plan import Wording
from schemas.vocabulary import Priority


@pytest.mark.parametrize(
    ("text", "swedish"),
    [
        (Wording.CALL_OUT, "Larm 4801 PRIO 1: 1 / 2"),
        (Wording.ON_SITE_CHECK, "Larm 4801 PRIO 1: 4 / 6 / 9"),
        (Wording.ALSO_SEEKS, "Larm 4801 PRIO 1: 1 4801 / 2 4801"),
        (Wording.GRANTED, "Larm 4801: ring 010-1234567: 3 / 4 / 5 / 9"),
        (Wording.STOOD_DOWN, "Larm 4801: ring 010-1234567"),
    ],
)
def test_what_is_left_says_what_can_be_answered_or_whom_to_call(text: Wording, swedish: str) -> None:
    assert bare_text(Language.SV, 4801, Priority.FIRST, text, "010-1234567") == swedish


@pytest.mark.parametrize("text", list(Wording))
def test_no_bare_text_is_without_its_case_number(text: Wording) -> None:
    assert bare_text(Language.EN, 4801, Priority.SECOND, text, "010-1234567").startswith("Alarm 4801")
