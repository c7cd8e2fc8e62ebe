"""Sessions that are asked for together: one statement, each one's own person, and no bad token spoils the others'."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import asyncpg
import pytest

from alarm_center.store import web_sessions
from alarm_center.store.memory import Memory, Tx
from alarm_center.web.asked_sessions import AskedSessions


class CountedMemory:
    """A memory that counts its statements; a token ``bad`` is one that no database reads."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def run_statement(self, statement: Callable[[Tx], Awaitable[Any]]) -> Any:
        await asyncio.sleep(0)
        return await statement(cast(Tx, self))

    async def people(self, _: Tx, tokens: Any) -> dict[str, str]:
        """Answer as `web_sessions.people_of_tokens` does, with the token's own name for a person."""
        self.asked.append(sorted(tokens))
        if "bad" in tokens:
            raise asyncpg.DataError("invalid byte sequence")
        return {token: token.upper() for token in tokens if token != "ended"}


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> CountedMemory:
    counted = CountedMemory()
    monkeypatch.setattr(web_sessions, "people_of_tokens", counted.people)
    return counted


async def test_who_asks_at_one_time_is_looked_up_at_one_time(memory: CountedMemory) -> None:
    sessions = AskedSessions(cast(Memory, memory))
    found: list[Any] = await asyncio.gather(*(sessions.person_of(token) for token in ("a", "b", "ended", "a")))
    assert found == ["A", "B", None, "A"]
    assert memory.asked == [["a", "b", "ended"]]
    assert cast(object, await sessions.person_of("a")) == "A" and len(memory.asked) == 2, "and anew for who asks later"


async def test_a_token_that_cannot_be_read_is_its_own_trouble(memory: CountedMemory) -> None:
    sessions = AskedSessions(cast(Memory, memory))
    asked = (sessions.person_of(token) for token in ("a", "bad", "b"))
    found: list[Any] = await asyncio.gather(*asked, return_exceptions=True)
    assert [found[0], found[2]] == ["A", "B"] and isinstance(found[1], asyncpg.DataError)
