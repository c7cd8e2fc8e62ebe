"""Settings of the pages, derived from the service's own: cookies, proxy, training, session length, tick."""

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network
from typing import Final, Self

from alarm_center.identity.passkeys import RelyingParty, relying_party
from alarm_center.oidc_settings import OidcProvider
from alarm_center.settings import CentreSettings

_YEAR_HOURS: Final = 24 * 365.0


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Settings of the pages.

    ``https`` makes cookies ``Secure`` and asks browsers to stay on https. ``proxies`` are our own in front, which say the
    caller's address in ``X-Forwarded-For``. ``training`` shows the banner that nobody is real.
    ``session_hours`` is how long a sign-in lasts, ``idle_limits`` whether it ends earlier when it is not used, and ``tick_s``
    how often a page hears the server's clock. ``providers`` are those of identity, which send browsers back to ``public_url``,
    and are waited for ``provider_seconds``; their people are known by hashes that ``subject_key`` makes.
    ``second_factor`` lets nobody in without one, and asks again before lists of door codes. ``party`` is the service as passkeys know
    it; ``None`` where its address can have none.
    """

    https: bool = False
    rollout: bool = False
    """Replicas of the release before still run, and share the browsers' cookies."""
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    training: bool = False
    session_hours: float = 12.0
    idle_limits: bool = True
    tick_s: float = 1.0
    public_url: str = ""
    providers: tuple[OidcProvider, ...] = ()
    provider_seconds: float = 5.0
    subject_key: str = field(default="", repr=False)
    cover_after_s: int = 300
    """Seconds without a hand on mouse or keyboard, after which a board covers its names and pictures; 0: never."""
    undo_s: int = 5
    """Seconds for which an operator's answer can be undone before it is sent; 0: none."""
    second_factor: bool = False
    party: RelyingParty | None = None

    @classmethod
    def of(cls, settings: CentreSettings) -> Self:
        """Return the pages' settings that follow from the service's own."""
        return cls(
            https=settings.public_url.startswith("https://"),
            rollout=settings.rollout,
            proxies=settings.proxies,
            session_hours=settings.session_hours,
            public_url=settings.public_url.rstrip("/"),
            providers=settings.oidc,
            subject_key=settings.subject_key,
            second_factor=True,
            party=relying_party(settings.public_url),
        )

    def of_demo(self) -> Self:
        """Return them for the demo: nobody is real, and its clock runs fast: neither a night nor a minute is a session's length."""
        return replace(
            self, training=True, cover_after_s=0, session_hours=_YEAR_HOURS, idle_limits=False, second_factor=False
        )
