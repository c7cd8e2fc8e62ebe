"""The table of roles and rights, in core/roles.py and in the database's revision 0002_access."""

import pytest

from alarm_center.core.roles import HOME_CARE_RIGHTS, ROLE_RIGHTS, Right, rights_of
from schemas.vocabulary import HandledBy, Role


def test_every_role_has_its_row() -> None:
    assert set(ROLE_RIGHTS) == set(Role)


def test_a_carer_watches_only_where_the_home_care_answers() -> None:
    assert Right.WATCH not in rights_of({Role.CARER}, HandledBy.ALARM_CENTRE)
    assert Right.WATCH in rights_of({Role.CARER}, HandledBy.HOME_CARE)


def test_the_rights_of_several_roles_add_up() -> None:
    assert rights_of({Role.AUDITOR, Role.ADMIN}, HandledBy.ALARM_CENTRE) == {
        Right.REVIEW, Right.HAND_OUT, Right.USERS, Right.REPORT, Right.GROUP_SMS,
    }  # fmt: skip
    assert rights_of((), HandledBy.HOME_CARE) == frozenset()


@pytest.mark.parametrize(("stored", "role"), [("planner", Role.COORDINATOR), ("engineer", Role.INSTALLER)])
def test_roles_that_the_last_release_wrote_are_read(stored: str, role: Role) -> None:
    assert Role(stored) is role


def test_no_other_word_is_a_role() -> None:
    with pytest.raises(ValueError, match="king"):
        Role("king")


def test_home_care_repeats_no_right_of_the_table() -> None:
    for role, further in HOME_CARE_RIGHTS.items():
        assert not further & ROLE_RIGHTS[role]
