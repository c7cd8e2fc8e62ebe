"""Speech of texts, made by a server of the operator's own: POST of JSON ``{"text": …, "language": "sv"}``, answered with a WAV file.

A provider that reads no text out plays it. Texts name no person, and an address only where its carer has called for it; they stay with the operator.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final, Protocol

import aiohttp

_TIMEOUT: Final = aiohttp.ClientTimeout(total=5)
_KEPT: Final = 64
"""Sounds that are kept, some 200 KiB each: the provider fetches one just after the call asked for it."""
_LARGEST: Final = 8 * 1024 * 1024


class SpeechFailed(Exception):
    """There is no sound of the text just now."""


class SpeechMaker(Protocol):
    """A maker of sounds."""

    async def wav(self, text: str, language: str) -> bytes:
        """Return *text*, in ``sv`` or ``en``, as a WAV file.

        Raises:
            SpeechFailed: there is none.
        """


@dataclass(slots=True)
class SpeechServer:
    """The server at *url*. Each text is asked for once, within 5 s."""

    url: str
    _made: OrderedDict[tuple[str, str], bytes] = field(default_factory=OrderedDict)

    async def wav(self, text: str, language: str) -> bytes:
        """Return *text* as a WAV file: see :class:`SpeechMaker`."""
        said = (text, language)
        if said not in self._made:
            self._made[said] = await self._make(text, language)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return self._made[said]

    async def _make(self, text: str, language: str) -> bytes:
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.post(self.url, json={"text": text, "language": language}) as answer,
            ):
                sound = await answer.read()
                status = answer.status
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise SpeechFailed(type(error).__name__) from error
        if status != 200 or not sound.startswith(b"RIFF") or len(sound) > _LARGEST:
            raise SpeechFailed(f"status {status}, {len(sound)} bytes")
        return sound
