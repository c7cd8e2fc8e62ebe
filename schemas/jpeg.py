"""Check of a JPEG by its header alone: sequential ones of at most four scans give width and height, others are refused."""

import re
from itertools import islice
from typing import Final

_START_OF_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL: Final = frozenset({0xC0, 0xC1})
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN: Final = re.compile(rb"\xff\xda")
_SCANS: Final = 4
"""One a colour component at most; each start of scan costs the decoder a whole pass over the picture."""


class NotJpeg(ValueError):
    """The bytes do not begin as a JPEG with a frame header; the message says where it went wrong."""


def size(data: bytes) -> tuple[int, int]:
    """Return ``(width, height)`` in pixels from the first frame header (ITU-T T.81, annex B).

    Reads markers only: nothing is decoded, and a header that lies about its own length ends the search. Takes
    only what a camera makes, sequential Huffman pictures: a progressive one can ask the decoder for thousands
    of passes (libjpeg-turbo's security notes, LJT-01-004).

    Raises:
        NotJpeg: *data* has no start of image, ends before a frame header, or is of a kind that no camera
            makes.
    """
    if data[:2] != b"\xff\xd8":
        raise NotJpeg("byte 0: no JPEG start of image (FF D8)")
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise NotJpeg(f"byte {at}: expected a marker (FF), found {data[at]:02X}")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _STANDALONE:
            at += 2
            continue
        if marker < 0xC0 or marker in (0xD8, 0xD9):
            # A decoder takes FF 00 for a stray byte and reads on right after it; a length read here would
            # lead past the frame header that the decoder will find.
            raise NotJpeg(f"byte {at}: marker {marker:02X} has no place before a frame header")
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:
            raise NotJpeg(f"byte {at}: segment {marker:02X} claims a length of {length}")
        if marker in _START_OF_FRAME:
            if at + 9 > len(data) or length < 8:
                raise NotJpeg(f"byte {at}: the frame header is cut short")
            height = int.from_bytes(data[at + 5 : at + 7], "big")
            width = int.from_bytes(data[at + 7 : at + 9], "big")
            if not width or not height:
                raise NotJpeg(f"byte {at}: the frame header says {width}x{height}")
            if marker not in _SEQUENTIAL:
                raise NotJpeg(f"byte {at}: frame kind {marker:02X}; send baseline JPEG, not progressive or arithmetic")
            if len(list(islice(_SCAN.finditer(data, at), _SCANS + 1))) > _SCANS:
                raise NotJpeg(f"byte {at}: more than {_SCANS} scans")
            return width, height
        if marker == 0xDA:
            raise NotJpeg(f"byte {at}: picture data before any frame header")
        at += 2 + length
    raise NotJpeg(f"no frame header in {len(data)} bytes")
