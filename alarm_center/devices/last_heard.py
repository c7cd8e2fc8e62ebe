"""Times at which devices were last heard, written in batches: a status without news costs no transaction of its own.

Thousands of devices say each minute that nothing has changed. Only the time at which each was heard is new then, and no
decision depends on seconds of it. So it is kept in memory and written once a second, all in one statement. A crash loses
at most that second, and a replica that has come back counts no device as lost for three minutes. The link, a fault and
the config that the device has are written at once, since decisions rest on them.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from alarm_center.store import devices
from alarm_center.store.devices import BoundDevice, DeviceHeard
from alarm_center.store.memory import AWAY, Memory, Tx
from schemas.limits import HEARD_WITHIN_SECONDS
from schemas.messages import Status
from schemas.vocabulary import LinkState

log = structlog.get_logger()

_NEARLY_LOST: Final = timedelta(seconds=HEARD_WITHIN_SECONDS / 2)
"""A device that was silent for so long is written at once: none may count as lost because we were about to write."""


def says_nothing_new(device: BoundDevice, said: Status, at: datetime) -> bool:
    """Return whether *said* only shows that the device is still there, as it was and as it is known to be."""
    same = (device.link, device.reported_version, device.camera_ok, device.fault, device.judge_ok) == (
        said.link, said.config_version, said.camera_ok, said.fault, said.judge_ok,
    )  # fmt: skip
    recent = device.last_heard_at is not None and at - device.last_heard_at < _NEARLY_LOST
    return said.link is LinkState.UP and same and recent and _follows_row(device, said)


def _follows_row(device: BoundDevice, said: Status) -> bool:
    """Return whether *said* is the next after the row's: nothing that was said before it can still be on its way.

    A status that outran another is written with its number at once, or the late one would be taken for the newer.
    """
    if said.boot is None:
        return device.boot is None
    return (device.boot, device.connection, device.sequence + 1) == (said.boot, said.connection, said.sequence)


@dataclass(slots=True)
class LastHeard:
    """The devices that were heard since the last :meth:`flush`, which :meth:`run` does each *seconds*."""

    memory: Memory
    seconds: float = 1.0
    _waiting: dict[tuple[str, str], DeviceHeard] = field(default_factory=dict)

    def record(self, org: str, device_id: str, said: Status, at: datetime) -> None:
        """Keep that the device was heard at *at*."""
        self._keep(
            DeviceHeard(
                org, device_id, at, said.wall_offset_s, said.software, said.boot, said.connection, said.sequence
            )
        )

    def _keep(self, heard: DeviceHeard) -> None:
        newer = self._waiting.get((heard.org, heard.device_id))
        if newer is None or newer.at < heard.at:
            self._waiting[heard.org, heard.device_id] = heard

    async def flush(self) -> int:
        """Write the devices that were heard; return how many. A locked row waits for the next flush."""
        taken, self._waiting = self._waiting, {}
        if not taken:
            return 0

        async def work(tx: Tx) -> set[tuple[str, str]]:
            return await devices.mark_many_heard(tx, list(taken.values()))

        written: set[tuple[str, str]] = set()
        try:
            written = await self.memory.attempt(work)
        finally:
            for name, heard in taken.items():
                if name not in written:
                    self._keep(heard)
        return len(written)

    async def run(self) -> None:
        """Flush each *seconds*, until cancelled; while the database is away what was heard is kept."""
        while True:
            await asyncio.sleep(self.seconds)
            try:
                await self.flush()
            except AWAY as error:
                log.warning("last_heard_delayed", devices=len(self._waiting), error=type(error).__name__)
