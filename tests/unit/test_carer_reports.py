"""Reports of carers as a form says them."""

import pytest

from alarm_center.core.carer_reports import NOTE_MOST, Mismatch, NewReport, parse_report


@pytest.mark.parametrize("what", Mismatch)
def test_a_mismatch_has_no_note(what: Mismatch) -> None:
    assert parse_report(what, "Anna bor på 7") == NewReport(what)


def test_a_deviation_has_a_note_of_one_line() -> None:
    assert parse_report("deviation", "") == NewReport(None)
    assert parse_report("deviation", " Fel medicin\n framme ") == NewReport(None, "Fel medicin framme")
    assert len(parse_report("deviation", "x" * 9999).note) == NOTE_MOST  # type: ignore[union-attr]


@pytest.mark.parametrize("rubbish", ["", "KEY", "keys", "'; drop", "None"])
def test_rubbish_is_no_report(rubbish: str) -> None:
    assert parse_report(rubbish, "") is None
