"""The care record's decisions as a table: what a line says, and each mistake with its line and remedy."""

from datetime import date

import pytest

from alarm_center.store.record_decisions import RecordDecision
from alarm_center.town.problems import TownErrors
from alarm_center.town.record_reader import read_record
from schemas.vocabulary import DecisionKind


def test_a_line_is_a_decision() -> None:
    table = "Beslut;Nummer;Sort;Från;Till\nB1;1;;2026-09-15;\nB2;2;Erbjudande;15/9-2026;2027-09-14\n"
    assert read_record(table.encode("cp1252"), "sv") == [
        RecordDecision("B1", 1, DecisionKind.DECISION, date(2026, 9, 15), None),
        RecordDecision("B2", 2, DecisionKind.OFFER_WITHOUT_TEST, date(2026, 9, 15), date(2027, 9, 14)),
    ]


def test_each_mistake_is_told_with_line_and_remedy() -> None:
    table = "beslut;nummer;sort;från;till\n;1;;2026-09-15;\nB2;x;;2026-09-15;\nB3;3;nej;2026-09-15;\nB4;4;;i höstas;\nB5;5;;2026-09-15;2026-09-14\nB6;6;;2026-09-15;\nB6;6;;2026-09-15;\n"
    with pytest.raises(TownErrors) as caught:
        read_record(table.encode(), "sv")
    assert [problem.words() for problem in caught.value.problems] == [
        "rad 2: reference: rutan är tom; skriv till exempel B-2026-114",
        "rad 3: number: skriv ett tal från 1 till 999999",
        "rad 4: kind: skriv något av: beslut, erbjudande",
        "rad 5: starts_on: skriv datumet som år-månad-dag: 2026-09-15",
        "rad 6: ends_on: 2026-09-14 är före från 2026-09-15",
        "rad 8: reference: beslutet B6 står två gånger; ta bort den ena raden",
    ]


def test_a_table_without_its_headings_is_told_once_each() -> None:
    with pytest.raises(TownErrors) as caught:
        read_record(b"beslut;nummer\nB1;1\n", "sv")
    assert [problem.words() for problem in caught.value.problems] == [
        "rad 1: från: kolumnen saknas; tabellen behöver beslut, nummer och från"
    ]
