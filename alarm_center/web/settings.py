"""What the pages have to know of how they are run."""

from dataclasses import dataclass
from typing import Self

from alarm_center.settings import Settings


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the pages are served.

    ``https`` makes cookies ``Secure`` and asks browsers to stay on https. ``behind_proxy``: a proxy of our own stands in
    front and says the caller's address last in ``X-Forwarded-For``. ``training`` shows the banner that nobody is real.
    ``session_hours`` is how long a sign-in lasts, ``tick_s`` how often a page hears the server's clock.
    """

    https: bool = False
    behind_proxy: bool = False
    training: bool = False
    session_hours: float = 12.0
    tick_s: float = 1.0

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what follows from the service's own settings.

        Without an SMS provider nobody is real; the service's clock may then run fast, so that a night is no session's length.
        """
        return cls(
            https=settings.public_url.startswith("https://"),
            behind_proxy=settings.behind_proxy,
            training=settings.training,
            session_hours=24 * 365 if settings.training else 12,
        )
