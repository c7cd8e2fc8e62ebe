"""Sessions that are asked for at one time, looked up in one statement: fifty boards that hear of a change come back together."""

from typing import Final

import asyncpg
from aiohttp import web

from alarm_center.store import web_sessions
from alarm_center.store.memory import Memory
from alarm_center.store.web_sessions import SignedIn
from alarm_center.web.shared_reads import SharedReads


class AskedSessions:
    """Sessions by token. At most one statement runs at a time, and those who ask meanwhile share the next."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._reads = SharedReads()
        self._asked: set[str] = set()

    async def person_of(self, token: str) -> SignedIn | None:
        """Return the person behind the session of that raw *token*, looked up after this call; ``None`` for nobody."""
        self._asked.add(token)
        try:
            found = await self._reads.get("sessions", self._look_up)
        except asyncpg.DataError:
            # A token that no database reads, perhaps another one's: our own alone says what is wrong with it.
            return await self._memory.run_statement(lambda tx: web_sessions.person_of(tx, token))
        return found.get(token)

    async def _look_up(self) -> dict[str, SignedIn]:
        # Between the end of the asking and here nothing else runs: whoever shares this read has put their token down.
        tokens, self._asked = self._asked, set()
        return await self._memory.run_statement(lambda tx: web_sessions.people_of_tokens(tx, tokens))


SESSIONS: Final = web.AppKey("asked_sessions", AskedSessions)
