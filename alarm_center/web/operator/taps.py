"""Taps at a board: the key that the page makes for each, the same however often it has to send the tap (ADR 0089)."""

import re
from typing import Final

from aiohttp import web

from alarm_center.store import screen_taps
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.page import PERSON

_KEY: Final = re.compile(r"[0-9a-f]{32}")


async def tap_of(request: web.Request) -> str | None:
    """Return the key of the tap that the form brings; ``None`` where the page's script is not running."""
    key = str((await request.post()).get("tap", ""))
    return key if _KEY.fullmatch(key) else None


async def is_repeat(request: web.Request) -> bool:
    """Tell whether the form's tap was applied before: its answer was lost on the way to the page."""
    key = await tap_of(request)
    if key is None:
        return False
    async with request.app[MEMORY].transaction(request[PERSON].board_viewer) as tx:
        return await screen_taps.has(tx, key)
