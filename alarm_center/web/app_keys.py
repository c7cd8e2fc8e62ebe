"""Typed keys under which the web application carries its parts, with the protocols of the demo's clock and phones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from aiohttp import web

from alarm_center.identity.passwords import PasswordCheck
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
        """True if the phone's own owner wrote it."""

    @property
    def ringing(self) -> bool:
        """True if it is a call that nobody has answered yet."""

    @property
    def missed(self) -> bool:
        """True if it is a call that rang out."""


class DemoClock(Protocol):
    """The demo's clock (fjarrtillsyn/demo/clock.py), as far as the sign-in page needs it."""

    @property
    def stands_at(self) -> datetime | None:
        """The time at which it stands until somebody signs in; ``None`` once time passes."""


class DemoCamera(Protocol):
    """The demo's camera that waits to be mounted (fjarrtillsyn/demo/waiting_camera.py), as far as a page shows its screen."""

    @property
    def code(self) -> str | None:
        """The code on its screen; ``None`` once it has been claimed."""


class Phones(Protocol):
    """The demo's phone simulator (providers/simulated_phones.py), as far as its page needs it."""

    def phones(self) -> Sequence[str]:
        """Return every number that has had a message, oldest first."""

    def messages(self, phone: str) -> Sequence[PhoneMessage]:
        """Return what is on one phone, oldest first."""

    def owner(self, phone: str) -> str:
        """Return whose phone it is, by the name that the town knows; empty when nobody's."""

    async def reply(self, phone: str, sender: str, text: str) -> None:
        """Answer from *phone* to *sender*; during a call *text* is the pressed key."""


MEMORY: Final = web.AppKey("memory", Memory)
"""The pages' database, as fjt_web."""
SIGN_IN_MEMORY: Final = web.AppKey("sign_in_memory", Memory)
"""The database as fjt_sign_in, which alone verifies passwords and begins sessions."""
PLANNER_MEMORY: Final = web.AppKey("planner_memory", Memory)
"""The database as fjt_planner, which alone changes what a town has decided by day: pauses, consents."""
PASSWORDS: Final = web.AppKey("passwords", PasswordCheck)
PICTURES: Final = web.AppKey("pictures", Pictures)
SETTINGS: Final = web.AppKey("settings", WebSettings)
PHONES: Final = web.AppKey("phones", Phones)
DEMO_CLOCK: Final = web.AppKey("demo_clock", DemoClock)
DEMO_CAMERA: Final = web.AppKey("demo_camera", DemoCamera)
ZONE: Final = "Europe/Stockholm"
"""The zone of the demo's clock and its phones: their pages are shown before anybody's town is known."""
