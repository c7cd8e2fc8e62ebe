"""The typed keys that the web application carries its parts under."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from aiohttp import web

from alarm_center.pictures import Pictures
from alarm_center.store.memory import Memory
from alarm_center.web.settings import WebSettings


class PhoneMessage(Protocol):
    """One SMS or call on a simulated phone."""

    @property
    def message_id(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def channel(self) -> str:
        """``sms`` or ``call``."""

    @property
    def outgoing(self) -> bool:
        """Whether the phone's own owner wrote it."""

    @property
    def ringing(self) -> bool:
        """Whether it is a call that nobody has answered yet."""


class Phones(Protocol):
    """The demo's phone simulator (providers/phone.py), as far as its page needs it."""

    def phones(self) -> Sequence[str]:
        """Return every number that has had a message, oldest first."""

    def messages(self, phone: str) -> Sequence[PhoneMessage]:
        """Return what is on one phone, oldest first."""

    async def reply(self, phone: str, sender: str, text: str) -> None:
        """Answer from *phone* to *sender*; during a call *text* is the pressed key."""


MEMORY: Final = web.AppKey("memory", Memory)
PICTURES: Final = web.AppKey("pictures", Pictures)
SETTINGS: Final = web.AppKey("settings", WebSettings)
PHONES: Final = web.AppKey("phones", Phones)
