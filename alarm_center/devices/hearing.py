"""That devices are there, written in batches: a status that says nothing new costs no transaction of its own.

A town of thousands says each minute that all is as it was. Only when a device was last heard has changed then, and
nobody decides by seconds of that, so it is kept in memory and written once a second, all in one statement. A crash
loses no more than that second, and a replica that has come back counts nobody as lost for three minutes anyway. What a
decision may rest on (the link, a fault, the config that the device has) is written at once, and never waits here.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from alarm_center.store import devices
from alarm_center.store.devices import Device, Heard
from alarm_center.store.memory import AWAY, Memory, Tx
from schemas.limits import HEARD_WITHIN_SECONDS
from schemas.messages import Status
from schemas.vocabulary import Link

log = structlog.get_logger()

_NEARLY_LOST: Final = timedelta(seconds=HEARD_WITHIN_SECONDS / 2)
"""Who has not been heard for so long is written at once: nobody may count as lost because we were about to write."""


def nothing_new(device: Device, said: Status, at: datetime) -> bool:
    """Whether *said* only shows that the device is still there, as it was and as it is known to be."""
    same = (device.link, device.reported_version, device.camera_ok, device.fault) == (
        said.link, said.config_version, said.camera_ok, said.fault,
    )  # fmt: skip
    recent = device.last_heard_at is not None and at - device.last_heard_at < _NEARLY_LOST
    return said.link is Link.UP and same and recent and _follows(device, said)


def _follows(device: Device, said: Status) -> bool:
    """Whether nothing that the device said before *said* can still be on its way: it is the next after the row's.

    A status that outran another is written with its number at once, or the late one would be taken for the newer.
    """
    if said.boot is None:
        return device.boot is None
    return (device.boot, device.connection, device.sequence + 1) == (said.boot, said.connection, said.sequence)


@dataclass(slots=True)
class Hearing:
    """Keeps who was heard until :meth:`flush`, which :meth:`run` does each *seconds*."""

    memory: Memory
    seconds: float = 1.0
    _waiting: dict[tuple[str, str], Heard] = field(default_factory=dict)

    def note(self, org: str, device_id: str, said: Status, at: datetime) -> None:
        """Keep that the device was heard at *at*."""
        self._keep(
            Heard(org, device_id, at, said.wall_offset_s, said.software, said.boot, said.connection, said.sequence)
        )

    def _keep(self, heard: Heard) -> None:
        newer = self._waiting.get((heard.org, heard.device_id))
        if newer is None or newer.at < heard.at:
            self._waiting[heard.org, heard.device_id] = heard

    async def flush(self) -> int:
        """Write who was heard; return how many. A row that somebody holds waits for the next time."""
        taken, self._waiting = self._waiting, {}
        if not taken:
            return 0

        async def work(tx: "Tx[Any]") -> set[tuple[str, str]]:
            return await devices.heard_many(tx, list(taken.values()))

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
                log.warning("heard_not_written", devices=len(self._waiting), error=type(error).__name__)
