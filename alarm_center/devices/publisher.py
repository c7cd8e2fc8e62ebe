"""Messages to the devices: receipts, commands, configs and the pulse, published until each device has them.

Nothing is sent that is not a row first. A publish that the broker did not acknowledge leaves its row as it was, and is
made again; a broker that comes back may have forgotten everything, so every config is published to it anew.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final, Literal, get_args

import structlog

from alarm_center import metrics
from alarm_center.casework import configs, mountings
from alarm_center.store import commands, devices, sessions, waiting_work
from alarm_center.store.memory import Memory, now
from alarm_center.store.sessions import StoredReceipt
from runtime.mqtt import MqttClient, NotConnected
from schemas import topics, wire
from schemas.limits import PULSE_SECONDS
from schemas.messages import Command, Message, Pulse, Receipt
from schemas.vocabulary import Show

log = structlog.get_logger()

_POLL_SECONDS: Final = 1.0
_RECEIPTS: Final = 200
"""Most receipts that leave at once; fewer are all that wait."""
CommandKind = Literal["attempt", "live", "lamp", "empty", "trial"]
_KIND: Final[dict[str, CommandKind]] = {kind: kind for kind in get_args(CommandKind)}


@dataclass(slots=True)
class Publisher:
    """The loops that publish waiting rows, each second and at once after :meth:`wake`, and the pulse each 20 s."""

    memory: Memory
    broker: MqttClient
    pulse_seconds: float = PULSE_SECONDS
    on_connection: list[Callable[[datetime], None]] = field(default_factory=list)
    """Told the service's time at which the broker came back: nobody counts as lost for three minutes after."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _wake_receipts: asyncio.Event = field(default_factory=asyncio.Event)
    _connection: int = 0

    def wake(self) -> None:
        """Look for rows to publish at once."""
        self._wake.set()
        self._wake_receipts.set()

    async def run(self) -> None:
        """Publish commands and configs until cancelled."""
        await self._run(self.cycle, self._wake)

    async def run_receipts(self) -> None:
        """Publish receipts until cancelled: no home waits for its own behind the configs of others."""
        await self._run(self.publish_receipts, self._wake_receipts)

    async def _run(self, work: Callable[[], Awaitable[None]], wake: asyncio.Event) -> None:
        while True:
            await self.broker.connected.wait()
            try:
                await work()
            except NotConnected as error:
                log.info("publishing_delayed", why=str(error))
            except Exception:
                log.exception("publishing_failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await wake.wait()
            wake.clear()

    async def cycle(self) -> None:
        """Publish every command and config that waits now."""
        if self._connection != self.broker.connections:
            # Another connection, perhaps another broker process, with nothing retained.
            async with self.memory.transaction() as tx:
                await devices.mark_all_unpublished(tx)
                at = await now(tx)
            for tell in self.on_connection:
                tell(at)
            self._connection = self.broker.connections
        unsent = await self.memory.run_statement(waiting_work.unsent_to_devices)
        if unsent.mountings:
            await mountings.tell_devices(self.memory)
            unsent = await self.memory.run_statement(waiting_work.unsent_to_devices)
        for waits, part in ((unsent.commands, self._publish_commands), (unsent.configs, self._publish_configs)):
            if not waits:
                continue
            try:
                await part()
            except (ValueError, TypeError, LookupError):
                # A row that cannot be sent holds up its own kind until it is mended, and no other.
                log.exception("publishing_blocked", what=part.__name__.strip("_"))

    async def publish_pulse(self) -> None:
        """Publish the centre's clock, now."""
        at = await self.memory.now()
        await self.broker.publish(topics.PULSE, wire.encode(Pulse(now=at)), qos=0)
        metrics.PUBLISHED.labels("pulse").inc()

    async def run_pulse(self) -> None:
        """Publish the pulse each :attr:`pulse_seconds`, and at once when the broker comes back, until cancelled."""
        while True:
            await self.broker.connected.wait()
            try:
                await self.publish_pulse()
            except NotConnected:
                pass  # told where the connection is kept
            except Exception as error:
                # A database that is away for a moment must not end the whole replica with it.
                log.warning("pulse_failed", error=type(error).__name__)
            await asyncio.sleep(self.pulse_seconds)

    async def publish_receipts(self) -> None:
        """Publish every receipt that waits now, a batch at once; each that the broker has acknowledged is deleted.

        Raises:
            NotConnected: the broker is away; what it has not acknowledged waits.
        """
        while True:
            owed = await self.memory.run_statement(partial(sessions.queued_receipts, limit=_RECEIPTS))
            sent = await asyncio.gather(*map(self._publish_receipt, owed), return_exceptions=True)
            had = [receipt for receipt, error in zip(owed, sent, strict=True) if error is None]
            if had:
                await self.memory.run_statement(partial(sessions.delete_receipts, receipts=had))
            for error in sent:
                if error is not None:
                    raise error
            if len(owed) < _RECEIPTS:
                return

    async def _publish_receipt(self, receipt: StoredReceipt) -> None:
        message = Receipt(
            session_id=receipt.session_id, state=receipt.state, reason=receipt.reason,
            frames_wanted=receipt.frames_wanted or None,
        )  # fmt: skip
        await self._publish("receipt", receipt.org, receipt.device_id, message)

    async def _publish_commands(self) -> None:
        async with self.memory.transaction() as tx:
            at = await now(tx)
            await commands.end_expired(tx, at)
            due = await commands.claim_due(tx, at)
        for command in due:
            message = Command(
                command_id=command.command_id, kind=_KIND[command.kind], case=command.case_id, check_id=command.check_id,
                attempt=command.attempt, seconds=command.seconds, show=Show(command.show), expires_at=command.expires_at,
            )  # fmt: skip
            await self._publish("command", command.org, command.device_id, message)

    async def _publish_configs(self) -> None:
        async with self.memory.transaction() as tx:
            at = await now(tx)
            behind = await devices.unpublished_configs(tx, at)
        for device in behind:
            try:
                message = configs.config_message(device)
            except ValueError:
                log.exception("config_skipped", org=device.org, device=device.device_id)
                continue
            await self._publish("config", device.org, device.device_id, message, retain=True)
            async with self.memory.transaction() as tx:
                await devices.mark_published(tx, device.org, device.device_id, device.wanted_version, at)

    def _publish(self, kind: str, org: str, device: str, message: Message, *, retain: bool = False) -> Awaitable[None]:
        metrics.PUBLISHED.labels(kind).inc()
        return self.broker.publish(topics.of(org, device, kind), wire.encode(message), qos=1, retain=retain)
