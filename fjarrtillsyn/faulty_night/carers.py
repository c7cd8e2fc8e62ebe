"""Carers of a faulty night: they take, decline, do not answer, answer twice, drive, stand before locked doors, and say how it went."""

import asyncio
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final

import aiohttp

from alarm_center.core.messages import Language, template
from alarm_center.core.plan import Wording
from alarm_center.core.replies.carer_actions import CANNOT, CANNOT_GET_IN, DONE, ON_SITE, STAYING, TAKE
from fjarrtillsyn.demo.carers import recognise
from fjarrtillsyn.embedded.twilio_api import Item
from fjarrtillsyn.faulty_night.provider import FaultyTwilio
from schemas.vocabulary import Outcome

_LINK: Final = re.compile(r"https?://\S+?(/u/[A-Za-z0-9_-]{6,24})")
_BOTH: Final = re.compile(
    re.escape(template(Wording.ALSO_SEEKS, Language.SV)).replace(r"\{take\}", r"\d")
    .replace(r"\{other\}", r"(?P<other>\d+)", 1).replace(r"\{other\}", r"\d+").replace(r"\{case\}", r"\d+")
    .replace(r"\{priority\}", r"\d")
)  # fmt: skip
_ASKS: Final = (Wording.CALL_OUT, Wording.VISIT, Wording.REMINDER, Wording.ESCALATION, Wording.ESCALATION_LATE)
_ASKED: Final = re.compile(r"\b(?P<case>\d{4})\b.*Svara 1=")
"""A question in other words, as about a colleague in need."""
_ANSWERS_S: Final = (0.3, 3.0)
_DRIVES_S: Final = (0.5, 3.0)
_HELPS_S: Final = (0.5, 3.0)
_AGAIN_S: Final = 0.5
_TRIES: Final = 120
_SERVER: Final = 500


@dataclass(slots=True)
class Carers:
    """Everybody's phone. What each does is drawn from *seed* and the message."""

    provider: FaultyTwilio
    address: str
    """The pages' base address."""
    seed: int
    answered: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Answer whatever comes, until cancelled."""
        while True:
            async with self.provider.changed:
                await self.provider.changed.wait_for(self._unread)
            for item in self._unread():
                self.answered.add(item.sid)
                self.provider.spawn(self._answer(item, Random(f"{self.seed} {item.to} {item.body}")))  # noqa: S311

    def _unread(self) -> list[Item]:
        return [item for item in (*self.provider.messages, *self.provider.calls) if item.sid not in self.answered]

    async def _answer(self, item: Item, chance: Random) -> None:
        await asyncio.sleep(chance.uniform(*_ANSWERS_S))
        if item.body is None:
            await self._answer_call(item, chance)
            return
        wording, case = recognise(item.body)
        link = _LINK.search(item.body)
        if wording is Wording.MUSTER:
            await self._says(item, TAKE.digit or "", chance)
        elif wording in _ASKS:
            await self._answer_question(item, case, chance)
        elif (both := _BOTH.fullmatch(item.body)) is not None:
            await self._says(item, f"{(TAKE if chance.random() < 0.5 else CANNOT).digit} {both['other']}", chance)
        elif wording is Wording.GRANTED and link is not None:
            await self._go(item, case, link[1], chance)
        elif wording is Wording.ON_SITE_CHECK:
            await self._says(item, f"{STAYING.digit} {case}", chance)
        elif wording is None and (asked := _ASKED.search(item.body)) is not None:
            await self._says(item, f"{TAKE.digit} {asked['case']}", chance)
        elif wording in (Wording.DONE, None) and link is not None:
            await self._says_how_it_went(link[1], chance)

    async def _answer_question(self, item: Item, case: int | None, chance: Random) -> None:
        drawn = chance.random()
        if drawn < 0.76:
            await self._says(item, f"{TAKE.digit} {case}", chance)
        elif drawn < 0.9:
            await self._says(item, f"{CANNOT.digit} {case}", chance)

    async def _go(self, item: Item, case: int | None, link: str, chance: Random) -> None:
        await asyncio.sleep(chance.uniform(*_DRIVES_S))
        if chance.random() < 0.06:
            await self._says(item, f"{CANNOT_GET_IN.digit} {case}", chance)
            await asyncio.sleep(chance.uniform(*_HELPS_S))
        await self._says(item, f"{ON_SITE.digit} {case}", chance)
        await asyncio.sleep(chance.uniform(*_HELPS_S))
        if chance.random() < 0.3:
            await self._says(item, f"{DONE.digit} {case}", chance)
        await self._says_how_it_went(link, chance)

    async def _answer_call(self, call: Item, chance: Random) -> None:
        with suppress(aiohttp.ClientError, AssertionError):
            if chance.random() < 0.6:
                twiml = await self.provider.pick_up(call)
                await self.provider.press(call, twiml, TAKE.digit or "")
                await self.provider.status(call, "completed")
            else:
                await self.provider.status(call, "no-answer")

    async def _says(self, item: Item, words: str, chance: Random) -> None:
        sid = f"SM{secrets.token_hex(16)}"
        for _ in range(2 if chance.random() < 0.1 else 1):
            with suppress(aiohttp.ClientError, AssertionError):
                await self.provider.reply(item.to, item.sender, words, sid=sid)

    async def _says_how_it_went(self, link: str, chance: Random) -> None:
        """Write it on the page, again while nobody answers there."""
        outcome = chance.choice((Outcome.HELPED_UP, Outcome.WELL_IN_BED, Outcome.WELL_ELSEWHERE, Outcome.FALSE_ALARM))
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"Sec-Fetch-Site": "same-origin"}) as session:
            for path, form in ((f"{link}/open", {}), (f"{link}/done", {"outcome": str(outcome)})):
                for _ in range(_TRIES):
                    with suppress(aiohttp.ClientError):
                        async with session.post(self.address + path, data=form, allow_redirects=False) as answer:
                            if answer.status < _SERVER:
                                break
                    await asyncio.sleep(_AGAIN_S)
