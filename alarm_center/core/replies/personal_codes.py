"""Personal codes in a carer's reply: five digits, since case numbers have four."""

import re
from collections.abc import Collection
from typing import Final

_CODE: Final = re.compile(r"(?<![0-9])[1-9][0-9]{4}(?![0-9])")
MOST_CODES: Final = 2
"""People in a car."""


def split_codes(text: str, case_numbers: Collection[int] = ()) -> tuple[tuple[str, ...], str]:
    """Return the personal codes in *text*, each once, and the text without them. One that is a case's number is none."""
    codes = [code for code in dict.fromkeys(_CODE.findall(text)) if int(code) not in case_numbers][:MOST_CODES]
    rest = _CODE.sub(lambda found: "" if found[0] in codes else found[0], text)
    return tuple(codes), rest
