"""Months of the timeline that are older than they are kept: dropped once every town's chain is whole (store/months.py)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from types import MappingProxyType

import structlog

from alarm_center.store import months, towns
from alarm_center.store.events import Cursor
from alarm_center.store.memory import Memory
from alarm_center.store.verification import ChainReport, verify

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DroppedMonth:
    """A month of which ``lines`` are gone; or none, as ``broken`` has towns whose chains are not whole, with their faults."""

    lines: int = 0
    broken: Mapping[str, ChainReport] = field(default_factory=lambda: MappingProxyType({}))


async def drop_month(memory: Memory, month: date, *, keep_table: bool = False) -> DroppedMonth:
    """Drop a month's lines of every town, if all of their chains are whole: what is wrong could not be seen afterwards.

    May be run again where it was interrupted. With *keep_table* the month's partition stays, as a table beside the timeline.

    Raises:
        asyncpg.InsufficientPrivilegeError: it is younger than five years, a night of it is held, or a line is not sealed yet.
        months.DifferentDigest: a seal has been given another digest than its line has.
    """
    async with memory.transaction() as tx:
        orgs = [town.org for town in await towns.towns(tx)]
    reports = {org: await verify(memory, org) for org in orgs}
    if broken := {org: report for org, report in reports.items() if report.faults}:
        return DroppedMonth(broken=broken)
    for org in orgs:
        await _keep_digests(memory, org, month)
    lines = await _drop(memory, month, keep_table=keep_table)
    log.info("month_dropped", month=f"{month:%Y-%m}", lines=lines)
    return DroppedMonth(lines)


async def _keep_digests(memory: Memory, org: str, month: date) -> None:
    place: Cursor | None = Cursor(0, 0)
    while place is not None:
        place = await memory.attempt(partial(months.keep_digests, org=org, month=month, after=place))


async def _drop(memory: Memory, month: date, *, keep_table: bool) -> int:
    lines = await memory.attempt(partial(months.drop_lines, month=month, keep_table=keep_table))
    # A month without a partition goes some lines at a time.
    while gone := await memory.attempt(partial(months.drop_lines, month=month)):
        lines += gone
    return lines
