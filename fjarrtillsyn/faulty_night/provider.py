"""The provider of a faulty night: Twilio's dialect, with what the plan of faults draws for each message."""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from fjarrtillsyn.embedded.twilio_api import Item, TwilioApi
from fjarrtillsyn.faulty_night.faults import FaultPlan, Report


@dataclass(slots=True, kw_only=True)
class FaultyTwilio(TwilioApi):
    """It takes, loses and reports messages as *plan* draws. ``taken_at`` is by message id the monotonic second."""

    plan: FaultPlan
    taken_at: dict[str, float] = field(default_factory=dict)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def _take(self, request: web.Request, into: list[Item], prefix: str) -> web.StreamResponse:
        fate = self.plan.fate()
        if fate is not None:
            self.next_posts.append(fate)
        return await TwilioApi._take(self, request, into, prefix)

    async def took(self, item: Item) -> None:
        self.taken_at[item.sid] = time.monotonic()
        if item.body is not None:
            await self._report(item)
        await TwilioApi.took(self, item)

    async def _report(self, item: Item) -> None:
        match self.plan.report():
            case Report.EARLY:
                await self._once(item, "delivered")
            case Report.PLAIN:
                self.spawn(self.delivered(item))
            case Report.TWICE:
                self.spawn(self._in_order(item, "delivered", "delivered"))
            case Report.REORDERED:
                self.spawn(self._in_order(item, "delivered", "sent"))
            case Report.NEVER:
                pass

    async def _in_order(self, item: Item, *statuses: str) -> None:
        for status in statuses:
            await self._once(item, status)

    async def _once(self, item: Item, status: str) -> None:
        with suppress(aiohttp.ClientError):
            await self.status(item, status)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start *work* beside what the provider serves."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """End what is still under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
