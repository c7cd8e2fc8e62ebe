"""HTML that many people are sent: as bytes, compressed once, with each person's own form token in it uncompressed.

What is compressed together with a text tells, by its length, which of its parts are alike (BREACH): a form's token stands in no compressed
text. In the gzip of an answer it is a block of its own, stored as it is, and nothing is compressed across it
(docs/adr/0066-boards-fetch-what-changed.md).
"""

import secrets
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from aiohttp import hdrs, web

TOKEN_PLACE: Final = secrets.token_urlsafe(24)
"""Stands in shared HTML where each person's own form token goes. Nobody knows it outside of this process."""

_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""A gzip member without name and time."""
_LAST: Final = b"\x03\x00"
"""A last block with nothing in it."""
_LEVEL: Final = 6
_SMALL: Final = 1000
"""Bytes that fit into one packet with their head, and are sent as they are."""


@dataclass(frozen=True)
class SharedHtml:
    """HTML in the pieces that stand around a person's form token."""

    pieces: tuple[bytes, ...]

    @classmethod
    def split(cls, html: str, token: str = TOKEN_PLACE) -> Self:
        """Return *html* without the *token*, each of whose places is where a person's own goes."""
        return cls(tuple(html.encode().split(token.encode())))

    def plain(self, token: str) -> bytes:
        """Return the HTML with the person's *token*."""
        return token.encode().join(self.pieces)

    def gzipped(self, token: str) -> bytes:
        """Return the same as gzip; what the pieces compress to is worked out once."""
        plain, between = self.plain(token), _stored(token.encode())
        return b"".join(
            (_HEAD, between.join(self._deflated), _LAST, struct.pack("<LL", zlib.crc32(plain), len(plain) & 0xFFFFFFFF))
        )

    @cached_property
    def _deflated(self) -> tuple[bytes, ...]:
        return tuple(map(_deflated, self.pieces))


def answer_html(request: web.Request, html: SharedHtml, token: str) -> web.Response:
    """Return the answer with *html* and the person's form *token*, compressed where the browser takes that."""
    response = web.Response(content_type="text/html", charset="utf-8")
    _fill(request, response, html, token)
    return response


def compress(request: web.Request, response: web.Response, token: str) -> web.Response:
    """Compress the page that was drawn for one person, all but their form *token*, where the browser takes that; return it."""
    _fill(request, response, SharedHtml.split(response.text or "", token), token)
    return response


def _fill(request: web.Request, response: web.Response, html: SharedHtml, token: str) -> None:
    response.headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
    plain = sum(map(len, html.pieces)) < _SMALL or not _takes_gzip(request)
    response.body = html.plain(token) if plain else html.gzipped(token)
    if not plain:
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"


def _takes_gzip(request: web.Request) -> bool:
    """Return whether the browser names gzip and does not refuse it."""
    for named in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower().split(","):
        coding, *settings = (part.strip() for part in named.split(";"))
        if coding == "gzip":
            return not any(each.replace(" ", "").rstrip("0") in ("q=", "q=0.") for each in settings)
    return False


def _deflated(piece: bytes) -> bytes:
    """Return blocks that end at a whole byte and refer to nothing before them."""
    if not piece:
        return b""
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(piece) + deflate.flush(zlib.Z_FULL_FLUSH)


def _stored(secret: bytes) -> bytes:
    """Return a block that holds *secret* as it is."""
    return b"\x00" + struct.pack("<HH", len(secret), len(secret) ^ 0xFFFF) + secret
