"""Phone numbers as people write them, read as E.164, shown as in the country, and matched by their last digits.

The rules are those of the `phonenumbers` library: every dash and space of Unicode, ``(0)`` after a country's code, ``00``
for ``+``. The import, its cross-checks and the search by phone all read through here.
"""

import re
import unicodedata
from typing import Final

import phonenumbers

COUNTRY: Final = "SE"
"""The country of a number without its country's code, unless a town's file says otherwise."""

_SWEDEN: Final = 46
_MACHINE: Final = re.compile(r"71[09][0-9]{9}")
"""Sweden's numbers for machines, 0710 and 0719 with 13 digits: they exist, and the library does not know them yet."""
_ASKED: Final = re.compile(r"[\d\s+()./\u2010-\u2015\u2212-]{6,}")
"""Somebody searches for a phone number: nothing but digits and marks that stand between them."""
_DIGITS_AT_LEAST: Final = 6
_REACHED_BY_SMS: Final = frozenset(
    # In some countries a number does not say whether it is a mobile's.
    {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
)


class ImpossibleNumber(ValueError):
    """A text that is read as a phone number, of a length or series that its country does not have."""


def parse_phone_number(written: object, country: str = COUNTRY) -> str:
    """Return a phone number in E.164 form, ``+46701740611``. *country* is where one without a country's code is.

    Raises:
        ImpossibleNumber: it is one that cannot exist.
        ValueError: it is none; says what to write.
    """
    plain = unicodedata.normalize("NFKC", written) if isinstance(written, str) else ""  # the library knows fewer spaces
    try:
        number = phonenumbers.parse(plain, country)
    except phonenumbers.NumberParseException:
        raise ValueError(f"{written!s:.30} is no phone number; write it as +46701740605 or 070-174 06 05") from None
    if not phonenumbers.is_valid_number(number) and not _is_machine(number):
        raise ImpossibleNumber(f"{written!s:.30} is a phone number that cannot exist in {country}")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_fixed_line(number: str) -> bool:
    """Tell whether no SMS reaches *number*, which :func:`parse_phone_number` returned, because it is a fixed line's."""
    return phonenumbers.number_type(phonenumbers.parse(number)) == phonenumbers.PhoneNumberType.FIXED_LINE


def takes_sms(number: str) -> bool:
    """Tell whether an SMS can reach *number*, which :func:`parse_phone_number` returned: a mobile's, or a machine's."""
    parsed = phonenumbers.parse(number)
    return phonenumbers.number_type(parsed) in _REACHED_BY_SMS or _is_machine(parsed)


def is_machine(number: str) -> bool:
    """Tell whether *number*, which :func:`parse_phone_number` returned, is of Sweden's long series for machines."""
    return _is_machine(phonenumbers.parse(number))


def national(number: str, country: str = COUNTRY) -> str:
    """Return *number*, which :func:`parse_phone_number` returned, as people in *country* write it: ``070-174 06 11``.

    What is no number is returned as it is: a page shows what somebody wrote before it was asked for as a number.
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    at_home = parsed.country_code == phonenumbers.country_code_for_region(country)
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, form.NATIONAL if at_home else form.INTERNATIONAL)


def searched_endings(asked: str) -> tuple[str, ...]:
    """Return with which digits a number may end that somebody searches for by *asked*; none if that is no phone number.

    A whole number is read; of a part, ``174 06 11``, the digits are taken as they are.
    """
    digits = re.sub(r"\D", "", asked).lstrip("0")
    if not _ASKED.fullmatch(asked.strip()) or len(digits) < _DIGITS_AT_LEAST:
        return ()
    try:
        return parse_phone_number(asked), digits
    except ValueError:
        return (digits,)


def _is_machine(number: phonenumbers.PhoneNumber) -> bool:
    return number.country_code == _SWEDEN and bool(_MACHINE.fullmatch(str(number.national_number)))
