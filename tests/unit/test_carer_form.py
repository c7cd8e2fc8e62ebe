"""A carer as a form has them: what is refused, by field, and what is read."""

from datetime import date
from uuid import UUID

import pytest

from alarm_center.core.carer_form import CarerEdit, CarerFault, CarerFields, parse_carer
from alarm_center.core.temps import CarerRow

TONIGHT = date(2026, 11, 21)
KIM = CarerRow(UUID(int=1), "Kim", "+46701740601", next_phone="+46701740602")


def test_a_carer_is_read_with_one_space_between_names() -> None:
    read, wrong = parse_carer(CarerFields("  Bo \t Ek ", "070-174 06 05", "2026-11-21"), [KIM], TONIGHT)
    assert (read, wrong) == (CarerEdit("Bo Ek", "+46701740605", TONIGHT), {})


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        (CarerFields("", "112", "snart"), {"name": "no_name", "phone": "no_mobile", "last": "no_date"}),
        (CarerFields("KIM", "0701740601"), {"name": "named", "phone": "known"}),
        (CarerFields("Bo", "0701740602"), {"phone": "known"}),
        (CarerFields("Bo", "08-465 004 02", "2026-11-20"), {"phone": "no_mobile", "last": "past"}),
    ],
)
def test_what_is_wrong_is_told_by_field(fields: CarerFields, faults: dict[str, str]) -> None:
    read, wrong = parse_carer(fields, [KIM], TONIGHT)
    assert read is None
    assert {name: str(problem.fault) for name, problem in wrong.items()} == faults
    assert all(
        problem.who == "Kim" for problem in wrong.values() if problem.fault in (CarerFault.NAMED, CarerFault.KNOWN)
    )
