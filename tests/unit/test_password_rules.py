"""Rules of a password that somebody chooses."""

import pytest

from alarm_center.identity.password_rules import PasswordFault, password_fault
from alarm_center.identity.passwords import hash_password

PERSONAL = ("olle.op", "Olle Operatör", "storstad")


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("elva tecken", PasswordFault.SHORT),
        ("tolv tecken är", None),
        ("correct horse battery staple", None),
        ("nattens-lösenord", PasswordFault.COMMON),
        ("kanel grus månsken", None),
        ("1234567890123456", PasswordFault.COMMON),
        ("passwordpassword", PasswordFault.COMMON),
        ("Sommaren2026!", PasswordFault.COMMON),
        ("qwertyuiop12345", PasswordFault.COMMON),
        ("Lösenord1234!", PasswordFault.COMMON),
        ("aaaaaaaaaaaaaaaa", PasswordFault.COMMON),
        ("abababababababab", PasswordFault.COMMON),
        ("Storstad-Olle-1", PasswordFault.PERSONAL),
        ("operatör operatör", PasswordFault.PERSONAL),
        ("operatören kanelgrus", None),
        ("            ", PasswordFault.COMMON),
    ],
)
def test_a_password_is_long_and_no_word_that_others_try(password: str, fault: PasswordFault | None) -> None:
    assert password_fault(password, PERSONAL) is fault


def test_a_kept_hash_costs_a_guesser_64_mib_each() -> None:
    assert hash_password("kanel grus månsken").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
