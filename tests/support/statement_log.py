"""The statements that the connections of a memory send, in their order and by transaction."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from alarm_center.store.memory import Memory


class StatementLog:
    """The first words of each statement of one connection, a list a transaction, without BEGIN and COMMIT."""

    def __init__(self) -> None:
        self.transactions: list[list[str]] = []
        self.outside: list[str] = []
        """Statements in no transaction."""
        self._open: list[str] | None = None

    @classmethod
    @asynccontextmanager
    async def memory(cls, dsn: str) -> AsyncIterator[tuple[Memory, Self]]:
        """Open a memory of one connection, and log what it sends."""
        memory, log = await Memory.open(dsn, size=1), cls()
        try:
            async with memory.transaction() as tx:
                tx.add_query_logger(log._add)  # type: ignore[attr-defined]  # the driver's own
            yield memory, log
        finally:
            await memory.close()

    def _add(self, record: Any) -> None:
        words = re.sub(r"\s+", " ", record.query).strip(" ;")
        if words.startswith("BEGIN"):
            self._open = []
        elif words == "COMMIT" and self._open is not None:
            self.transactions.append(self._open)
            self._open = None
        elif words == "ROLLBACK":
            self._open = None
        elif self._open is None:
            self.outside.append(words[:140])
        elif "pg_catalog.pg_type" not in words:
            self._open.append(words[:140])

    def clear(self) -> None:
        """Forget what was sent."""
        self.transactions, self.outside = [], []

    def changing(self, table: str) -> list[list[str]]:
        """Return the transactions that changed a table's rows."""
        return [each for each in self.transactions if any(re.search(rf"\bupdate {table}\b", words) for words in each)]
