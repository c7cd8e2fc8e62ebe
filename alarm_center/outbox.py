"""Carries out what decisions want said: claims a row, sends it outside any transaction, and writes what came of it.

No double send, no lost send (design §8). A claim is committed before the POST, and only its holder can write what came
of it. A row whose holder was lost in between is looked for in the provider's own list, twice, before it is sent again.
The claims of a process that is killed are free at once; those behind a link that is half open when their lease lapses
(:mod:`alarm_center.keeper`).
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import structlog

from alarm_center import metrics
from alarm_center.keeper import Keeper
from alarm_center.providers import Provider, Refused, Seen, Sent, Unavailable, Unknown
from alarm_center.sms import delivery, replies_in
from alarm_center.sms.delivery import undelivered_due as undelivered_due
from alarm_center.store import claims, messages
from alarm_center.store.claims import Claim
from alarm_center.store.memory import AWAY, Memory, Tx, now
from alarm_center.store.messages import Message
from schemas.timeline import Payload
from schemas.vocabulary import Channel

log = structlog.get_logger()

LEASE_SECONDS: Final = 3.0
"""How long a claim holds that nobody renews, of real time. With the ten seconds of asking the provider, an SMS that was
claimed behind a half-open link is sent within 15 s."""
SETTLE: Final = timedelta(seconds=10)
"""How long the provider's list may take to show what it has taken, of the service's time."""

_POLL_SECONDS: Final = 0.5
_AT_ONCE, _URGENT_AT_ONCE = 8, 24
_LEAST_WAIT, _LONGEST_WAIT = timedelta(seconds=0.5), timedelta(seconds=10)
_CLOCKS_APART: Final = timedelta(minutes=5)
_TIDY_SECONDS: Final = 3600.0
_CATCH_UP_SECONDS: Final = 60.0


class _Lost(Exception):
    """The row is another worker's by now: what this one did to it does not count."""


class _Another(Exception):
    """What was found at the provider is another message of the same words, and that one has it now."""


@dataclass(slots=True)
class Outbox:
    """Sends what is due each half second, and at once after :meth:`wake`. Any number of them share one database."""

    memory: Memory
    provider: Provider
    lease_seconds: float = LEASE_SECONDS
    settle: timedelta = SETTLE
    monotonic: Callable[[], float] = time.monotonic
    drain_seconds: float = 15.0
    """How long, when stopped, to wait for what is being sent."""
    last_cycle: float = 0.0
    """Monotonic time of the last whole cycle; readiness and the heartbeat look at it."""
    keeper: Keeper = field(init=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _at_work: set[asyncio.Task[None]] = field(default_factory=set)
    _tidied_at: float | None = None

    def __post_init__(self) -> None:
        self.keeper = Keeper(self.memory.dsn, self.lease_seconds, self.monotonic)

    def wake(self) -> None:
        """Something may be waiting to go out."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled; what is being sent then may still end. Beside it, replies that we missed are fetched."""
        keeping = asyncio.create_task(self.keeper.run())
        catching_up = asyncio.create_task(self._catch_up())
        try:
            while True:
                wait = _POLL_SECONDS
                try:
                    wait = min(wait, await self.cycle())
                    self.last_cycle = self.monotonic()
                except AWAY as error:
                    log.warning("outbox_waits", error=type(error).__name__)
                except Exception:
                    log.exception("outbox_failed")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            catching_up.cancel()
            if self._at_work:
                _, unfinished = await asyncio.wait(self._at_work, timeout=self.drain_seconds)
                for task in unfinished:
                    task.cancel()
            # Last: its claims are free for others as soon as it ends.
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def cycle(self) -> float:
        """Begin to send all that may go now; return how many seconds until more may."""
        wait = _POLL_SECONDS
        while len(self._at_work) < _URGENT_AT_ONCE:
            claim = await self._claim(urgent_only=len(self._at_work) >= _AT_ONCE)
            if claim is None:
                wait = await self._until_next_turn()
                break
            task = asyncio.create_task(self._carry(claim))
            self._at_work.add(task)
            task.add_done_callback(self._done)
        await delivery.undelivered_due(self.memory)
        if self._tidied_at is None or self.monotonic() > self._tidied_at + _TIDY_SECONDS:
            await delivery.forget_parked(self.memory)
            self._tidied_at = self.monotonic()
        return wait

    async def _catch_up(self) -> None:
        while True:
            try:
                await replies_in.catch_up(self.memory, self.provider)
            except (Unavailable, Unknown, *AWAY) as error:
                log.warning("catch_up_waits", error=type(error).__name__)
            except Exception:
                log.exception("catch_up_failed")
            await asyncio.sleep(_CATCH_UP_SECONDS)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._at_work.discard(task)
        self._wake.set()

    async def _claim(self, *, urgent_only: bool) -> Claim | None:
        """Return the next row, this worker's now."""
        rate = self.provider.per_second
        every = timedelta(seconds=1 / rate) if rate else None
        token, lease = uuid4(), timedelta(seconds=self.lease_seconds)
        began = self.monotonic()
        claim = await self.memory.at_once(
            lambda tx: claims.claim_next(tx, token, lease, self.keeper.session, every, urgent_only=urgent_only)
        )
        if claim is not None:
            self.keeper.take(token, began)
        return claim

    async def _until_next_turn(self) -> float:
        if not self.provider.per_second:
            return _POLL_SECONDS
        wait = await self.memory.at_once(claims.next_turn_in)
        return min(_POLL_SECONDS, max(0.001, wait.total_seconds())) if wait is not None else _POLL_SECONDS

    # ---- one row ----

    async def _carry(self, claim: Claim) -> None:
        try:
            await self._send(claim)
        except _Lost:
            log.warning("outbox_zombie", message_id=str(claim.message.message_id))
        except AWAY as error:
            # Its lease lapses, and the next claim asks the provider.
            log.warning("outbox_lost", message_id=str(claim.message.message_id), error=type(error).__name__)
        except Exception:
            log.exception("outbox_failed", message_id=str(claim.message.message_id))
        finally:
            self.keeper.drop(claim.token)

    async def _send(self, claim: Claim) -> None:
        message, doubt = claim.message, False
        if claim.lost:
            found, doubt = await self._look_for(claim)
            if found is not None:
                try:
                    await self._sent(claim, Sent(found.provider_id), twice=False)
                except _Another:
                    await self._give_up(claim)
                return
        if claim.expired or claim.needless:
            await self._end(claim, "failed", "expired" if claim.expired else "not_needed")
            return
        if doubt and message.sent_twice:
            await self._end(claim, "unknown", "nobody_can_say")
            return
        while not self.keeper.holds(claim.token):
            # Paused for too long: the row may be another worker's by now.
            await self._renew(claim)
        try:
            sent = await self._hand_over(claim)
        except Refused as refused:
            await self._end(claim, "failed", refused.code)
        except Unavailable as error:
            log.warning("sms_waits", message_id=str(message.message_id), why=str(error))
            await self._later(claim)
        except Unknown as error:
            log.warning("sms_in_doubt", message_id=str(message.message_id), why=str(error))
            if doubt:
                await self._end(claim, "unknown", "nobody_can_say")
            else:
                await self._give_up(claim)
        else:
            await self._sent(claim, sent, twice=doubt)

    async def _hand_over(self, claim: Claim) -> Sent:
        message = claim.message
        seconds = max(1, int((message.valid_until - claim.now).total_seconds()))
        send = self.provider.call if message.channel is Channel.CALL else self.provider.send_sms
        return await send(message.phone, message.sender, message.body, seconds, message.message_id)

    async def _look_for(self, claim: Claim) -> tuple[Seen | None, bool]:
        """Ask the provider twice whether it has the message; the second value says that it could not tell."""
        again_at = await self.memory.now() + self.settle
        found, told = await self._ask(claim)
        if found is None:
            await self._settled(again_at)
            found, told = await self._ask(claim)
        return found, not told

    async def _ask(self, claim: Claim) -> tuple[Seen | None, bool]:
        message = claim.message
        # By the database's clock: this replica's own may be minutes ahead, and would skip what it looks for.
        since = claim.real_now - max(claim.queued_for, timedelta(0)) - _CLOCKS_APART
        try:
            if message.channel is Channel.CALL:
                listed = await self.provider.recent_calls(message.phone, since)
            else:
                listed = await self.provider.recent_sms(message.phone, since)
        except (Unavailable, Unknown) as error:
            log.warning("provider_cannot_say", message_id=str(message.message_id), why=str(error))
            return None, False
        async with self.memory.transaction() as tx:
            ours = await messages.known_ids(tx, self.provider.name, [seen.provider_id for seen in listed])
        return next((seen for seen in listed if _is(seen, message) and seen.provider_id not in ours), None), True

    async def _settled(self, until: datetime) -> None:
        """Wait until the provider's list has had its time, by the service's clock."""
        while True:
            if await self.memory.now() >= until:
                return
            await asyncio.sleep(0.2)

    # ---- what came of it ----

    async def _sent(self, claim: Claim, sent: Sent, *, twice: bool) -> None:
        message = claim.message

        async def work(tx: "Tx[Any]") -> tuple[float, list[str]]:
            # The lock of its statuses first: one that comes now finds the row, or is found by it.
            other = await messages.by_provider_id(tx, self.provider.name, sent.provider_id)
            at = await now(tx)
            if other is not None and other.message_id != message.message_id:
                raise _Another
            if other is not None or not await messages.sent(
                tx, message.message_id, claim.token, self.provider.name, sent.provider_id, at, twice=twice
            ):
                raise _Lost
            seconds = (at - message.created_at).total_seconds()
            await delivery.write(tx, at, message, delivery.sent(message, seconds, twice))
            fresh = await messages.get(tx, message.message_id)
            assert fresh is not None
            return seconds, await delivery.take_parked(tx, fresh, self.provider.name, sent.provider_id, at)

        seconds, became = await self.memory.attempt(work)
        metrics.SMS_SECONDS.observe(seconds)
        metrics.SMS.labels("sent").inc()
        delivery.count(became)
        self.memory.hint()

    async def _end(self, claim: Claim, state: str, error: str) -> None:
        message = claim.message

        async def work(tx: "Tx[Any]") -> None:
            # The alarm before the message, as everywhere; a zombie's half is rolled back with it.
            if error != "not_needed":
                await delivery.tell_undelivered(tx, message)
            if not await messages.end(tx, message.message_id, claim.token, state, error):
                raise _Lost
            await delivery.write(tx, await now(tx), message, _ended(message, state, error))

        await self.memory.attempt(work)
        metrics.SMS.labels(state).inc()
        self.memory.hint()

    async def _later(self, claim: Claim) -> None:
        """The provider did not take it: wait a little longer each time. What may have been taken before stays in doubt."""
        wait = min(max(claim.queued_for / 2, _LEAST_WAIT), _LONGEST_WAIT)
        if claim.lost:
            await self._let_go(claim, wait)
            return

        async def work(tx: "Tx[Any]") -> bool:
            not_before = await now(tx) + wait
            return await messages.queue_again(tx, claim.message.message_id, claim.token, not_before, "unavailable")

        if not await self.memory.attempt(work):
            raise _Lost

    async def _give_up(self, claim: Claim) -> None:
        """Let the claim go now: the next one asks the provider."""
        await self._let_go(claim, timedelta(0))
        self._wake.set()

    async def _let_go(self, claim: Claim, wait: timedelta) -> None:
        if not await self.memory.at_once(lambda tx: claims.let_go(tx, claim.message.message_id, claim.token, wait)):
            raise _Lost

    async def _renew(self, claim: Claim) -> None:
        lease, began = timedelta(seconds=self.lease_seconds), self.monotonic()
        if not await self.memory.at_once(lambda tx: claims.renew(tx, claim.message.message_id, claim.token, lease)):
            raise _Lost
        self.keeper.take(claim.token, began)


def _ended(message: Message, state: str, error: str) -> Payload:
    if error == "not_needed":
        return delivery.not_needed(message)
    return delivery.unknown(message, error) if state == "unknown" else delivery.failed(message, error)


def _is(seen: Seen, message: Message) -> bool:
    """Whether the provider's *seen* can be *message*: every word of an SMS (its link is new each time), or a call at all."""
    return seen.sender == message.sender and (seen.body is None or seen.body == message.body)
