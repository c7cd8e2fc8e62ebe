"""Carers for a time from a table: each line, and everything that is wrong with it at once."""

from datetime import date

import pytest

from alarm_center.core.temps import MOST_TEMPS, NewTemp, TempFault, TempProblem, read_temps

TONIGHT = date(2026, 11, 22)


@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_a_table_is_read_with_any_mark(mark: str) -> None:
    lines = [["Namn", "Mobil", "Sista natten"], ["Kim Berg", "070-174 06 11", "2027-08-31"], ["", "", ""]]
    text = "\n".join(mark.join(line) for line in lines)
    assert read_temps(text, (), TONIGHT) == ([NewTemp("Kim Berg", "+46701740611", date(2027, 8, 31))], [])


def test_each_line_says_all_that_is_wrong() -> None:
    text = ";08-123;snart\nKim;070-174 06 11;2026-11-21\nBo;070-174 06 12;2026-11-22\nBoa;0701740612;2026-11-22\nC;070-174 06 13;2027-01-01"
    temps, problems = read_temps(text, {"+46701740613"}, TONIGHT)
    assert [temp.name for temp in temps] == ["Bo"]
    assert problems == [
        TempProblem(1, TempFault.NO_NAME), TempProblem(1, TempFault.NO_MOBILE, "08-123"), TempProblem(1, TempFault.NO_DATE, "snart"),
        TempProblem(2, TempFault.PAST, "2026-11-21"), TempProblem(4, TempFault.TWICE, "0701740612"),
        TempProblem(5, TempFault.KNOWN, "070-174 06 13"),
    ]  # fmt: skip


def test_an_empty_table_and_an_endless_one_are_refused() -> None:
    assert read_temps("Namn;Mobil;Sista\n", (), TONIGHT)[1] == [TempProblem(1, TempFault.NONE)]
    text = "\n".join(f"N{n};070-174 {n // 100:02} {n % 100:02};2027-01-01" for n in range(MOST_TEMPS + 1))
    assert read_temps(text, (), TONIGHT)[1] == [TempProblem(MOST_TEMPS + 1, TempFault.TOO_MANY)]


def test_a_name_that_somebody_has_is_refused() -> None:
    text = "kim berg;070-174 06 11;2027-01-01\nBo;070-174 06 12;2027-01-01\nBO;070-174 06 13;2027-01-01"
    temps, problems = read_temps(text, (), TONIGHT, ["Kim Berg"])
    assert [temp.name for temp in temps] == ["Bo"]
    assert problems == [TempProblem(1, TempFault.NAMED, "kim berg"), TempProblem(3, TempFault.NAMED, "BO")]
