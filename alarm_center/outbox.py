"""The outbox: each queued SMS or call is claimed, sent outside any transaction, and its outcome written.

No message is sent twice, and none is lost (docs/sms.md#the-way-out). A claim is committed before the POST; only its holder can write what came
of it. A row whose holder was lost in between is looked for in the provider's own list, twice, before it is sent again.
The claims of a process that is killed are free at once; those behind a link that is half open when their lease lapses
(:mod:`alarm_center.claim_keeper`).

Where a second provider is set up, a claim says which one a message goes through: its town's own, or the other while that one
is away (:mod:`alarm_center.sms.provider_health`). A message in doubt is looked for at the provider that may have it first.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

import structlog

from alarm_center import metrics
from alarm_center.casework import wording
from alarm_center.claim_keeper import ClaimKeeper
from alarm_center.providers import (
    Provider,
    ProviderAccepted,
    ProviderBusy,
    ProviderMessage,
    ProviderRefused,
    ProviderUnavailable,
    ProviderUnknown,
)
from alarm_center.sms import delivery, missed_replies, provider_health
from alarm_center.store import claims, messages, waiting_work
from alarm_center.store.claims import CalledBack, MessageClaim, ProviderNames
from alarm_center.store.memory import AWAY, Memory, Tx, now
from alarm_center.store.messages import OutboxMessage
from schemas.vocabulary import Channel

log = structlog.get_logger()

LEASE_SECONDS: Final = 3.0
"""A claim that nobody renews holds for so long, of real time. With the ten seconds of asking the provider, an SMS that was
claimed behind a half-open link is sent within 15 s."""
SETTLE: Final = timedelta(seconds=10)
"""The time that the provider's list may take to show what it has taken, of the service's time."""

_POLL_SECONDS: Final = 0.5
_AT_ONCE, _URGENT_AT_ONCE = 8, 24
_LEAST_WAIT, _LONGEST_WAIT = timedelta(seconds=0.5), timedelta(seconds=10)
_CLOCKS_APART: Final = timedelta(minutes=5)
_TIDY_SECONDS: Final = 3600.0
_CATCH_UP_SECONDS: Final = 60.0


class _ClaimLost(Exception):
    """The row is claimed by another worker by now: nothing that this one did to it counts."""


class _FoundIsAnother(Exception):
    """The provider's message belongs to another row of the same words."""


@dataclass(slots=True)
class Outbox:
    """The loop that sends due messages each half second, and at once after :meth:`wake`. Any number share one database."""

    memory: Memory
    provider: Provider
    second: Provider | None = None
    lease_seconds: float = LEASE_SECONDS
    settle: timedelta = SETTLE
    monotonic: Callable[[], float] = time.monotonic
    drain_seconds: float = 15.0
    """The wait for messages that are being sent, once told to stop."""
    last_cycle: float = 0.0
    """Monotonic time of the last whole cycle; readiness and the heartbeat look at it."""
    keeper: ClaimKeeper = field(init=False)
    names: ProviderNames = field(init=False)
    _providers: dict[str, Provider] = field(init=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _at_work: set[asyncio.Task[None]] = field(default_factory=set)
    _tidied_at: float | None = None

    def __post_init__(self) -> None:
        self.keeper = ClaimKeeper(self.memory.dsn, self.lease_seconds, self.monotonic)
        both = [each for each in (self.provider, self.second) if each is not None]
        self._providers = {each.name: each for each in both}
        self.names = ProviderNames(*self._providers)

    def wake(self) -> None:
        """Look for messages to send at once."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled, and fetch missed replies beside it; a message that is being sent then may still end."""
        keeping = asyncio.create_task(self.keeper.run())
        beside = [asyncio.create_task(self._fetch_missed(each)) for each in self._providers.values()]
        beside.append(asyncio.create_task(provider_health.watch(self.memory, self._providers, self.names)))
        try:
            while True:
                wait = _POLL_SECONDS
                try:
                    wait = min(wait, await self.cycle())
                    self.last_cycle = self.monotonic()
                except AWAY as error:
                    log.warning("outbox_delayed", error=type(error).__name__)
                except Exception:
                    log.exception("outbox_failed")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            for task in beside:
                task.cancel()
            if self._at_work:
                _, unfinished = await asyncio.wait(self._at_work, timeout=self.drain_seconds)
                for task in unfinished:
                    task.cancel()
            # Last: its claims are free for others as soon as it ends.
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def cycle(self) -> float:
        """Begin to send every message that may go now; return the seconds until more may."""
        wait = _POLL_SECONDS
        waits = await self.memory.run_statement(waiting_work.has_unsent_messages)
        if waits:
            await wording.word_messages(self.memory)
        while waits and len(self._at_work) < _URGENT_AT_ONCE:
            claim = await self._claim_next(urgent_only=len(self._at_work) >= _AT_ONCE)
            if claim is None:
                wait = await self._until_next_turn()
                break
            task = asyncio.create_task(self._process(claim))
            self._at_work.add(task)
            task.add_done_callback(self._end_task)
        await delivery.expire_undelivered(self.memory)
        if self._tidied_at is None or self.monotonic() > self._tidied_at + _TIDY_SECONDS:
            await delivery.drop_parked(self.memory)
            self._tidied_at = self.monotonic()
        return wait

    async def _fetch_missed(self, provider: Provider) -> None:
        while True:
            try:
                await missed_replies.fetch_missed_replies(self.memory, provider, self.names)
            except (ProviderUnavailable, ProviderUnknown, *AWAY) as error:
                log.warning("missed_replies_delayed", error=type(error).__name__)
            except Exception:
                log.exception("missed_replies_failed")
            await asyncio.sleep(_CATCH_UP_SECONDS)

    def _end_task(self, task: asyncio.Task[None]) -> None:
        self._at_work.discard(task)
        self._wake.set()

    async def _claim_next(self, *, urgent_only: bool) -> MessageClaim | None:
        """Claim the next row for this worker; ``None`` when nothing is due."""
        rate = self.provider.per_second
        every = timedelta(seconds=1 / rate) if rate else None
        token, lease = uuid4(), timedelta(seconds=self.lease_seconds)
        began = self.monotonic()
        claim = await self.memory.run_statement(
            lambda tx: claims.claim_next(
                tx, token, lease, self.keeper.session, every, self.names, urgent_only=urgent_only
            )
        )
        if claim is not None:
            self.keeper.add_claim(token, began)
        return claim

    async def _until_next_turn(self) -> float:
        if not self.provider.per_second:
            return _POLL_SECONDS
        wait = await self.memory.run_statement(claims.next_turn_in)
        return min(_POLL_SECONDS, max(0.001, wait.total_seconds())) if wait is not None else _POLL_SECONDS

    # ---- one row ----

    async def _process(self, claim: MessageClaim) -> None:
        try:
            await self._send_claimed(claim)
        except _ClaimLost:
            log.warning("claim_lost", message_id=str(claim.message.message_id))
        except AWAY as error:
            # Its lease lapses, and the next claim asks the provider.
            log.warning("sending_interrupted", message_id=str(claim.message.message_id), error=type(error).__name__)
        except Exception:
            log.exception("outbox_failed", message_id=str(claim.message.message_id))
        finally:
            self.keeper.drop_claim(claim.token)

    async def _send_claimed(self, claim: MessageClaim) -> None:
        message, doubt = claim.message, False
        if claim.lost and await self._is_one_call_of_several(claim):
            # No list says which of them was made. Its own callback does; the next step does not wait for that.
            await self._record_end(claim, "unknown", "calls_in_doubt")
            return
        if claim.lost:
            found, doubt = await self._find_at_provider(claim)
            if found is not None:
                try:
                    accepted = ProviderAccepted(found.provider_id)
                    await self._record_sent(claim, claim.providers.via, accepted, twice=False)
                except _FoundIsAnother:
                    await self._release_at_once(claim)
                return
        if claim.expired or claim.needless:
            await self._record_end(claim, "failed", "expired" if claim.expired else "not_needed")
            return
        if doubt and message.sent_twice:
            await self._record_end(claim, "unknown", "nobody_can_say")
            return
        provider = claim.providers.now
        if claim.lost:
            # Asking has taken its time, and may have been in vain.
            provider = await self.memory.run_statement(lambda tx: claims.provider_now(tx, message.org, self.names))
        if provider != claim.providers.via:
            # Written before it is sent: a crash from now on is asked about at the provider that may have it last.
            await self._hand_to(claim, provider, in_doubt=doubt)
        while not self.keeper.is_surely_ours(claim.token):
            # Paused for too long: the row may be another worker's by now.
            await self._renew_claim(claim)
        try:
            sent = await self._hand_over(claim, provider)
        except ProviderRefused as refused:
            await self._record_end(claim, "failed", refused.code)
            await self._note_answer(claim, provider)
        except ProviderUnavailable as error:
            log.warning("sms_delayed", message_id=str(message.message_id), why=str(error))
            await self._note_failure(provider, error)
            await self._queue_again(claim)
        except ProviderUnknown as error:
            log.warning("sms_doubted", message_id=str(message.message_id), why=str(error))
            await self._note_failure(provider, error)
            if doubt:
                await self._record_end(claim, "unknown", "nobody_can_say")
            else:
                await self._release_at_once(claim)
        else:
            await self._record_sent(claim, provider, sent, twice=doubt)
            await self._note_answer(claim, provider)

    async def _hand_over(self, claim: MessageClaim, provider: str) -> ProviderAccepted:
        message, through = claim.message, self._providers[provider]
        seconds = max(1, int((message.valid_until - claim.now).total_seconds()))
        send = through.call if message.channel is Channel.CALL else through.send_sms
        return await send(message.phone, claim.number_at(provider), message.body, seconds, message.message_id)

    async def _note_failure(self, provider: str, error: ConnectionError) -> None:
        if self.second is not None and not isinstance(error, ProviderBusy):  # alone, nobody would go by it
            await provider_health.record_failure(self.memory, provider)

    async def _note_answer(self, claim: MessageClaim, provider: str) -> None:
        """End a row of failures; nothing is written where there is none."""
        if self.second is not None and provider in claim.providers.failing:
            await provider_health.record_success(self.memory, provider)

    async def _find_at_provider(self, claim: MessageClaim) -> tuple[ProviderMessage | None, bool]:
        """Ask the provider twice whether it has the message; the second value says that it could not tell."""
        again_at = await self.memory.now() + self.settle
        found, told = await self._ask_provider(claim)
        if found is None:
            await self._wait_until(again_at)
            found, told = await self._ask_provider(claim)
        return found, not told

    async def _is_one_call_of_several(self, claim: MessageClaim) -> bool:
        """Tell whether more calls than this one to its phone are in doubt."""
        phone, via = claim.message.phone, claim.providers.via
        is_call = claim.message.channel is Channel.CALL
        return is_call and await self.memory.run_statement(lambda tx: claims.calls_in_doubt(tx, phone, via)) > 1

    async def _ask_provider(self, claim: MessageClaim) -> tuple[ProviderMessage | None, bool]:
        message, name = claim.message, claim.providers.via
        asked = self._providers.get(name)
        if asked is None:
            log.warning("provider_lookup_failed", message_id=str(message.message_id), why=f"{name} is not set up")
            return None, False
        # By the database's clock: this replica's own may be minutes ahead, and would skip what it looks for.
        since = claim.real_now - max(claim.queued_for, timedelta(0)) - _CLOCKS_APART
        try:
            if message.channel is Channel.CALL:
                listed = await asked.recent_calls(message.phone, since)
            else:
                listed = await asked.recent_sms(message.phone, since)
        except (ProviderUnavailable, ProviderUnknown) as error:
            log.warning("provider_lookup_failed", message_id=str(message.message_id), why=str(error))
            await self._note_failure(name, error)
            return None, False
        async with self.memory.transaction() as tx:
            ours = await messages.known_ids(tx, name, [seen.provider_id for seen in listed])
        sender = claim.number_at(name)
        return next((s for s in listed if _may_be(s, sender, message) and s.provider_id not in ours), None), True

    async def _wait_until(self, until: datetime) -> None:
        """Wait until the provider's list has had its time, by the service's clock."""
        while True:
            if await self.memory.now() >= until:
                return
            await asyncio.sleep(0.2)

    # ---- what came of it ----

    async def _record_sent(self, claim: MessageClaim, provider: str, sent: ProviderAccepted, *, twice: bool) -> None:
        message = claim.message

        async def work(tx: Tx) -> tuple[float, list[str]]:
            # The lock of its statuses first: one that comes now finds the row, or is found by it.
            other = await messages.lock_by_provider_id(tx, provider, sent.provider_id)
            at = await now(tx)
            if other is not None and other.message_id != message.message_id:
                raise _FoundIsAnother
            if other is not None or not await messages.mark_sent(
                tx, message.message_id, claim.token, provider, sent.provider_id, at, twice=twice
            ):
                raise _ClaimLost
            seconds = (at - message.created_at).total_seconds()
            await delivery.write_line(tx, at, message, delivery.sent_line(message, seconds, twice))
            fresh = await messages.get(tx, message.message_id)
            assert fresh is not None
            return seconds, await delivery.apply_parked(tx, fresh, provider, sent.provider_id, at)

        seconds, became = await self.memory.attempt(work)
        metrics.SMS_SECONDS.observe(seconds)
        metrics.SMS.labels("sent").inc()
        delivery.count_ended(became)
        self.memory.hint()

    async def _record_end(self, claim: MessageClaim, state: str, error: str) -> None:
        message = claim.message

        async def work(tx: Tx) -> CalledBack | None:
            if state == "unknown" and (made := await claims.called_back(tx, message.message_id)) is not None:
                return made
            # The alarm before the message, as everywhere; a zombie's half is rolled back with it.
            await delivery.note_opt_out(tx, message, error, await now(tx))
            if error != "not_needed":
                await delivery.report_undelivered(tx, message)
            if not await messages.mark_ended(tx, message.message_id, claim.token, state, error):
                raise _ClaimLost
            await delivery.write_line(tx, await now(tx), message, delivery.end_line(message, state, error))
            return None

        made = await self.memory.attempt(work)
        if made is not None:
            await self._record_sent(claim, made.provider, ProviderAccepted(made.provider_id), twice=False)
            return
        metrics.SMS.labels(state).inc()
        self.memory.hint()

    async def _queue_again(self, claim: MessageClaim) -> None:
        """Queue a message again that the provider did not accept, a little later each time. A doubt from before stays."""
        wait = min(max(claim.queued_for / 2, _LEAST_WAIT), _LONGEST_WAIT)
        if claim.lost:
            await self._release(claim, wait)
            return

        async def work(tx: Tx) -> bool:
            not_before = await now(tx) + wait
            return await messages.queue_again(tx, claim.message.message_id, claim.token, not_before, "unavailable")

        if not await self.memory.attempt(work):
            raise _ClaimLost

    async def _release_at_once(self, claim: MessageClaim) -> None:
        """Release the claim now: the next claim asks the provider."""
        await self._release(claim, timedelta(0))
        self._wake.set()

    async def _release(self, claim: MessageClaim, wait: timedelta) -> None:
        if not await self.memory.run_statement(
            lambda tx: claims.release(tx, claim.message.message_id, claim.token, wait)
        ):
            raise _ClaimLost

    async def _hand_to(self, claim: MessageClaim, provider: str, *, in_doubt: bool) -> None:
        message_id = claim.message.message_id
        if not await self.memory.run_statement(
            lambda tx: claims.hand_to(tx, message_id, claim.token, provider, in_doubt=in_doubt)
        ):
            raise _ClaimLost

    async def _renew_claim(self, claim: MessageClaim) -> None:
        lease, began = timedelta(seconds=self.lease_seconds), self.monotonic()
        if not await self.memory.run_statement(
            lambda tx: claims.extend(tx, claim.message.message_id, claim.token, lease)
        ):
            raise _ClaimLost
        self.keeper.add_claim(claim.token, began)


def _may_be(seen: ProviderMessage, sender: str, message: OutboxMessage) -> bool:
    """Return whether the provider's *seen* can be *message*: each word of an SMS (its link is always new), or any call."""
    return seen.sender == sender and (seen.body is None or seen.body == message.body)
