"""The length of a text in the GSM 7-bit alphabet, in which an SMS of 160 characters is one segment.

The alphabet and its extension table are those of 3GPP TS 23.038, 6.2.1 and 6.2.1.1, with no
national tables. A character of the extension table costs two septets. One segment holds 160 septets
(3GPP TS 23.040, 9.2.3.24).
"""

from typing import Final

SEGMENT_SEPTETS: Final = 160

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("\f^{}\\[~]|€")


class NotGsm7(ValueError):
    """A character is not in the alphabet; the message names it and where it stands."""


def septet_count(text: str) -> int:
    """Return how many septets *text* takes.

    Raises:
        NotGsm7: a character would turn the whole message into UCS-2, with 70 characters a segment.
    """
    count = 0
    for at, char in enumerate(text):
        if char in _BASIC:
            count += 1
        elif char in _EXTENSION:
            count += 2
        else:
            raise NotGsm7(f"U+{ord(char):04X} {char!r} at {at} is not in the GSM 7-bit alphabet: {text[:200]!r}")
    return count
