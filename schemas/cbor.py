"""Limits on CBOR bytes, checked before anything is decoded: one plain item, 8 containers deep, at most 250 000 values.

A well-formed item of four megabytes can stand for hundreds of megabytes of objects, a number of a billion
digits, or a list that holds itself (RFC 8949 §10). The contract needs none of the features that make this possible, so
they are refused: tags, indefinite lengths, keys that are no text, and deep nesting.
"""

from typing import Final

DEPTH: Final = 8
"""Containers within containers, counting the outermost; the deepest of ours is a zone's point, at 5."""
ITEMS: Final = 250_000
"""Values, keys and containers; the largest honest session (50 000 samples, each with its time) has under 160 000."""

_TEXT, _BYTES, _LIST, _MAP, _TAG, _SIMPLE = 3, 2, 4, 5, 6, 7
_SIMPLE_ALLOWED: Final = frozenset({20, 21, 22, 25, 26, 27})
"""false, true, null and the three lengths of floats."""


class BadCbor(ValueError):
    """The bytes are not CBOR of the plain kind; the message says at which byte, and why."""


class TooManyItems(BadCbor):
    """More items than any honest message has, of CBOR that is plain so far."""


def require_plain(data: bytes) -> None:
    """Refuse *data* unless it is exactly one plain item, within the limits.

    Raises:
        BadCbor: cut short, trailing bytes, a tag, an indefinite length, a key that is no text, or nested too
            deep.
        TooManyItems: more than ``ITEMS``.
    """
    at, items, end = 0, 0, len(data)
    left = [1]
    is_map = [False]
    while left:
        if not left[-1]:
            left.pop()
            is_map.pop()
            continue
        left[-1] -= 1
        items += 1
        if items > ITEMS:
            raise TooManyItems(f"byte {at}: more than {ITEMS} items")
        if at >= end:
            raise BadCbor(f"byte {at}: cut short")
        start = at
        major, info = data[at] >> 5, data[at] & 31
        at += 1
        value = info
        if info >= 24:
            if info >= 28:
                raise BadCbor(f"byte {start}: an indefinite or reserved length")
            width = 1 << (info - 24)
            value = int.from_bytes(data[at : at + width], "big")
            at += width
        if is_map[-1] and left[-1] % 2 and major != _TEXT:
            raise BadCbor(f"byte {start}: a key that is no text")
        if major in (_BYTES, _TEXT):
            at += value
        elif major in (_LIST, _MAP):
            if len(left) > DEPTH:
                raise BadCbor(f"byte {start}: more than {DEPTH} containers deep")
            count = value * 2 if major == _MAP else value
            if count > end - at:
                raise BadCbor(f"byte {start}: {count} items claimed in {end - at} bytes")
            left.append(count)
            is_map.append(major == _MAP)
        elif major == _TAG:
            raise BadCbor(f"byte {start}: tag {value}; no tags are used")
        elif major == _SIMPLE and info not in _SIMPLE_ALLOWED:
            raise BadCbor(f"byte {start}: simple value {value}")
        if at > end:
            raise BadCbor(f"byte {start}: cut short")
    if at != end:
        raise BadCbor(f"byte {at}: {end - at} bytes after the end")
