"""Limits of a file that a person brings in by a page: by role, by the whole town or a part of it, and by whose resident."""

import pytest

from alarm_center.core.uploaded_file import FileLimit, limit_of
from schemas.vocabulary import Role

COORDINATOR, OFFICER, LEAD = {Role.COORDINATOR}, {Role.CASE_OFFICER}, {Role.LEAD}


@pytest.mark.parametrize(
    ("what", "roles", "whole", "theirs", "limit"),
    [
        ("slot", COORDINATOR, True, False, None),
        ("slot", COORDINATOR, False, True, None),
        ("slot", COORDINATOR, False, False, FileLimit.OTHERS_RESIDENT),
        ("shift", COORDINATOR, True, False, None),
        ("shift", COORDINATOR, False, True, FileLimit.WHOLE_TOWN),
        ("slot", OFFICER, True, True, FileLimit.COORDINATOR),
        ("carer", OFFICER, True, True, FileLimit.COORDINATOR),
        ("decision", OFFICER, True, True, None),
        ("consent", OFFICER, False, False, FileLimit.OTHERS_RESIDENT),
        ("resident", LEAD, True, True, FileLimit.COORDINATOR),
        ("slot", COORDINATOR | OFFICER, True, True, None),
        ("user", COORDINATOR, True, True, FileLimit.PEOPLE),
        ("organisation", COORDINATOR, True, True, FileLimit.BY_COMMAND),
        ("something new", COORDINATOR, True, True, FileLimit.COORDINATOR),
    ],
)
def test_a_change_is_the_persons_or_says_whose(
    what: str, roles: set[Role], whole: bool, theirs: bool, limit: FileLimit | None
) -> None:
    assert limit_of(what, roles, whole=whole, theirs=theirs) is limit
