"""A link in a carer's SMS opened for one browser: whose case it is, whether the address may be seen here, and its taps."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from alarm_center.casework import cases
from alarm_center.core.alarm import AlarmState, NoticeState
from alarm_center.core.roles import Right
from alarm_center.store import links
from alarm_center.store.links import CarerLink
from alarm_center.store.memory import Viewer
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import person_of
from alarm_center.web.client_address import client_address
from alarm_center.web.failed_tries import FailedTries
from alarm_center.web.page import set_cookie, text_for
from alarm_center.words import page_words
from schemas.vocabulary import TroubleKind

TRIES: Final = web.AppKey("link_tries", FailedTries)
"""Wrong links, by address.

Only wrong ones are counted, and only wrong ones are refused: a whole patrol may share one address behind a mobile
network, and nobody's mistyping may keep another from a home in the night. A guesser who is refused still learns of a
right token that it is right; that opens no door. A token has 48 random bits and some hundred belong to an open case:
a thousand guesses a second find one of them in about ninety years, and behind a closed case's there is nothing to see.
Each guess is one look-up in the index of ``notices.token``, before any page is drawn. The limit keeps the service calm;
what keeps the secret is its length.
"""

_A_DAY_S: Final = 24 * 3600
_TAP: Final = re.compile(r"[0-9a-f]{32}")
_LONGEST_WAIT_S: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A link that exists, and whether this browser may see what is behind it."""

    viewer: Viewer
    link: CarerLink
    browser: str
    may_see: bool
    elsewhere: bool
    """Another browser has it."""

    @property
    def had(self) -> bool:
        """True if the notice has taken the case, open or not."""
        return self.link.state == NoticeState.TOOK

    @property
    def theirs(self) -> bool:
        """True if the notice has taken the case, and the case is open."""
        return self.had and self.link.alarm.state is not AlarmState.CLOSED

    @property
    def nobody_home(self) -> bool:
        """True while somebody has found nobody home, and nobody knows where the person is."""
        return TroubleKind.NOBODY_HOME in {trouble.kind for trouble in self.link.alarm.troubles}


@dataclass(frozen=True, slots=True)
class Tap:
    """One press of a button: its key, the same each time that it is sent, and the seconds that it has waited for a network."""

    key: str | None
    waited_s: int


async def tap_of(request: web.Request) -> Tap:
    """Return the tap that the form brings; without a key where the page's script is not running."""
    form = await request.post()
    key, waited = str(form.get("tap", "")), str(form.get("waited", ""))
    seconds = int(waited) if waited.isascii() and waited.isdigit() and len(waited) < 6 else 0
    return Tap(key if _TAP.fullmatch(key) else None, min(seconds, _LONGEST_WAIT_S))


async def open_link(request: web.Request) -> OpenedLink:
    """Return the link in the path, opened for this browser.

    Raises:
        web.HTTPNotFound: no such link. web.HTTPTooManyRequests: no such link, and too many wrong ones from this address.
        cases.NotFound: its case is gone meanwhile.
    """
    token, memory = request.match_info["token"], request.app[MEMORY]
    async with memory.transaction() as tx:
        viewer = await links.viewer_of(tx, token)
        link = await links.carried(tx) if viewer is not None else None
    if viewer is None:
        raise _count_wrong(request)
    if link is None:
        raise cases.NotFound("no such link")
    browser = request.cookies.get(_cookie(token), "")
    has_it = link.browser
    mine = bool(browser) and has_it is not None and hmac.compare_digest(has_it, browser_hash(browser))
    person = await person_of(request)
    org = link.alarm.org
    signed_in = person is not None and person.user_id == link.user_id and person.may(Right.DRIVE, org)
    return OpenedLink(viewer, link, browser, mine or signed_in, has_it is not None and not (mine or signed_in))


def mark_browser(request: web.Request, response: web.StreamResponse, opened: OpenedLink) -> str:
    """Return the browser's mark for this link, and give it one if it has none. It opens nothing until it is bound to the link.

    It is there before the first tap: the answer to a tap may be lost on its way, and the same browser asks again.
    """
    browser = opened.browser or secrets.token_urlsafe(24)
    if not opened.browser:
        set_cookie(request, response, _cookie(request.match_info["token"]), browser, max_age=_A_DAY_S)
    return browser


def browser_hash(browser: str) -> str:
    """Return the mark of a browser as the notice keeps it."""
    return hashlib.sha256(browser.encode()).hexdigest()[:32]


def _cookie(token: str) -> str:
    return f"fjt_link_{hashlib.sha256(token.encode()).hexdigest()[:12]}"


def _count_wrong(request: web.Request) -> web.HTTPException:
    """Count a wrong token and return its refusal."""
    tries, address = request.app[TRIES], client_address(request)
    if tries.is_blocked("/u/", address):
        return web.HTTPTooManyRequests(text=text_for(request, page_words.TOO_MANY_TRIES))
    tries.count("/u/", address)
    return web.HTTPNotFound(text=text_for(request, page_words.LINK_INVALID))
