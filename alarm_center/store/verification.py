"""Verification of a town: its chain is walked from the start, and the rows that are there are held against their last fact.

Each seal is checked against the one before it as it is stored, so that one change is one fault, at its place.
"""

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from alarm_center.store import facts, overlong, released_seals, seals
from alarm_center.store.dropped_lines import DroppedLines
from alarm_center.store.events import Cursor
from alarm_center.store.facts import RowMismatch
from alarm_center.store.memory import Memory, Tx
from alarm_center.store.seal_lines import (
    BOUND,
    ChainLine,
    ChainStart,
    Doubt,
    PairRow,
    chain_line,
    chain_start,
    clock_at,
    read_pairs,
)

_BATCH: Final = 10_000
_KEPT: Final = timedelta(days=5 * 365 + 1)
"""Five years, at least one leap day among them."""
MOST: Final = 100
"""Faults that are told. A database that was remade has one a line."""


class Fault(StrEnum):
    """Faults of a town's chain, or of a row that its facts tell of."""

    CHANGED = "the line is not the one that was sealed, or the seal before it is not"
    NO_LINE = "there is a seal, and its line is gone"
    NO_SEAL = "there is a line, and its seal is gone or was never made"
    NO_HEAD = (
        "this head is known from elsewhere, and is not in the chain: the newest lines are gone, or all was sealed anew"
    )
    BAD_SIGNATURE = "this head is not signed by the key that it was asked for"
    UNSIGNED = "the line was written past the triggers: nobody signed it"
    STRANGER = "the line was written by none of the service's roles"
    MOVED = "the line says another time than when it was written"
    BACK_DATED = "the line was written later than it says: the one before it is younger"
    DELETED = "the row was deleted, and the service deletes none of its kind"
    WORDS_CHANGED = "the words are not those that were sealed"
    WORDS_GONE = "the words are gone, and nobody erased them"
    EXPIRED = "the text of the fact is gone, and it was not five years old, or nobody erased it"
    NOT_DROPPED = "lines are gone, and no month that was dropped accounts for them"
    ROW_CHANGED = "the row is not as it was sealed last"
    ROW_GONE = "the row is gone"
    ROW_UNKNOWN = "the row was put in past the triggers: no fact tells of it"


_FAULT_OF: Final[Mapping[Doubt, Fault]] = MappingProxyType(
    {
        Doubt.UNSIGNED: Fault.UNSIGNED,
        Doubt.STRANGER: Fault.STRANGER,
        Doubt.MOVED: Fault.MOVED,
        Doubt.BACK_DATED: Fault.BACK_DATED,
        Doubt.DELETED: Fault.DELETED,
    }
)
_FAULT_OF_ROW: Final = MappingProxyType(
    {"changed": Fault.ROW_CHANGED, "gone": Fault.ROW_GONE, "unknown": Fault.ROW_UNKNOWN}
)


@dataclass(frozen=True, slots=True)
class FoundFault:
    """One place that does not hold: where it is in the chain, or the head; and the kind and key of the line or the row."""

    fault: Fault
    cursor: Cursor | None = None
    subject: str = ""
    head: str | None = None

    def __str__(self) -> str:
        place = " ".join(filter(None, (str(self.cursor or ""), self.head, self.subject)))
        return f"{place}: {self.fault}"


@dataclass(slots=True)
class ChainReport:
    """The result of a verification; the town is whole without ``faults``.

    ``erased`` counts rows whose words were erased, ``expired`` facts that were erased as they were five years old, and ``dropped``
    lines of months that were dropped: their digests are in the chain.
    """

    lines: int = 0
    erased: int = 0
    expired: int = 0
    dropped: int = 0
    faults: list[FoundFault] = field(default_factory=list)

    def add(self, *faults: FoundFault) -> None:
        """Add faults, each once: a line may stand in two chains. Past :data:`MOST` there is no more to be told."""
        self.faults += [found for found in faults if len(self.faults) < MOST and found not in self.faults]


async def verify(memory: Memory, org: str, heads: Collection[str] = (), since: str | None = None) -> ChainReport:
    """Walk the town's chain from its start and compare its rows with their facts; return what was found.

    *heads* are digests, in hex, that were this chain's head once: each has to be in it still. So has *since*, a head that was
    verified before: what was written before it is not read again, nor before the oldest of *heads*. All is read where one of them
    is not in the chain, or a line is dropped that is the oldest one's own or came later. Rows are compared all the same.

    The rows are compared on another connection meanwhile, where *memory* has two. Each of the two transactions ends with its own work:
    the server ends one that waits for the other.
    """
    if memory.size < 2:
        async with memory.transaction() as tx:
            await overlong.lift_limit(tx)
            return await verify_in(tx, org, heads, since)
    comparing = asyncio.ensure_future(_compare(memory, org))
    try:
        async with memory.transaction() as tx:
            await overlong.lift_limit(tx)
            report, unmet = await _walk(tx, org, heads, since)
    finally:
        # It is at work on its connection until it has answered.
        await asyncio.wait([comparing])
    return _complete(report, await comparing, unmet)


async def verify_in(tx: Tx, org: str, heads: Collection[str] = (), since: str | None = None) -> ChainReport:
    """Verify as :func:`verify` does, in a transaction that is there already."""
    report, unmet = await _walk(tx, org, heads, since)
    return _complete(report, await facts.mismatches(tx, org), unmet)


async def _compare(memory: Memory, org: str) -> list[RowMismatch]:
    async with memory.transaction() as tx:
        await overlong.lift_limit(tx)
        return await facts.mismatches(tx, org)


def _complete(report: ChainReport, mismatches: Sequence[RowMismatch], unmet: Collection[str]) -> ChainReport:
    for row in mismatches:
        report.add(FoundFault(_FAULT_OF_ROW[row.what], row.cursor, " ".join((row.kind, row.key, *row.columns))))
    report.faults += [FoundFault(Fault.NO_HEAD, head=head) for head in sorted(unmet)]
    return report


async def _walk(tx: Tx, org: str, heads: Collection[str], since: str | None) -> tuple[ChainReport, set[str]]:
    """Walk the town's chain; return what was found, and the heads that were not met."""
    known = {*heads, *([since] if since else [])}
    start = await chain_start(tx, org)
    # Read first: the sealer goes on while we walk.
    sealed_until = await seals.sealed_until(tx, org)
    if since and (before := await seals.before_heads(tx, org, start, known)):
        report, unmet = ChainReport(), set(known)
        clock = await clock_at(tx, org, before.cursor)
        walk = _Walk(report, unmet, bytes.fromhex(before.digest), clock, from_head=True)
        await read_pairs(tx, org, start, before.cursor, walk.take)
        if not walk.dropped.count:
            walk.end(sealed_until)
            return report, unmet
        # Which lines were dropped is said of all of the chain's.
    report, unmet = ChainReport(), known
    gone = await _walk_released(tx, org, start, report, unmet)
    walk = _Walk(report, unmet, await seals.first_digest(tx, org, start))
    for at, before_gone in gone:
        walk.dropped.add(at, before_gone)
    await read_pairs(tx, org, start, Cursor(0, 0), walk.take)
    walk.end(sealed_until)
    return report, unmet


class _Walk:
    """A walk along the chain: where it is, and what it has met."""

    def __init__(
        self,
        report: ChainReport,
        unmet: set[str],
        before: bytes,
        clock: float | None = None,
        *,
        from_head: bool = False,
    ) -> None:
        self._report, self._unmet = report, unmet
        self._before, self._clock = before, clock
        self._words, self._expired = _Words(), _Expired()
        # The line that a head's own is chained to may be dropped.
        self.dropped, self._after_dropped = DroppedLines(), from_head
        self._clock_before_dropped: float | None = None
        self._unsealed: list[FoundFault] = []
        self._heads = {head: bytes.fromhex(head) for head in unmet if seals.IN_HEX.fullmatch(head)}

    def take(self, rows: Sequence[PairRow]) -> None:
        """Go past these places. A line that is sealed, with nothing to be said of it, is most of them, and costs two digests."""
        sha256, bound = hashlib.sha256, BOUND.total_seconds()
        before, clock = self._before, self._clock
        for row in rows:
            text, sealed, at = row[2], row[3], row[4]
            if (
                text is not None and sealed is not None and not row[6] and not self._unsealed and not self._after_dropped
                and clock is not None and at is not None and at >= clock - bound
                and sha256(before + sha256(text).digest()).digest() == sealed
            ):  # fmt: skip
                before, clock = sealed, at
                self._report.lines += 1
            else:
                self._before, self._clock = before, clock
                self._look_closer(row)
                before, clock = self._before, self._clock
        self._before, self._clock = before, clock
        for head, made in list(self._heads.items()):
            if any(row[3] == made for row in rows):
                self._unmet.discard(head)
                del self._heads[head]

    def _look_closer(self, row: PairRow) -> None:
        """Go past a place where there is something to be said."""
        line, sealed = chain_line(row), row[3]
        if line is not None:
            self._report.add(*self._words.faults_of(line), *self._expired.faults_of(line))
            if row[14] is not None:
                self.dropped.account(row[14], line.expires_before)
        if sealed is None:
            if line is not None and len(self._unsealed) < MOST:
                self._unsealed.append(FoundFault(Fault.NO_SEAL, line.cursor, line.subject))
            return
        self._report.lines += line is not None
        # The sealer was here, so it was past them.
        self._report.add(*self._unsealed)
        self._unsealed.clear()
        place, subject, kept, kept_doubt = Cursor(row[0], row[1]), row[5] or "", row[15], row[16]
        doubt: str | None
        made: bytes | None
        if line is not None:
            doubt, made = line.doubt_after(self._clock), line.digest
            if doubt is None and self._after_dropped and kept_doubt == Doubt.BACK_DATED:
                # The line before it is dropped, and its time. A seal's doubt is in its digest: it is neither added nor taken back.
                doubt = kept_doubt
            self._clock = line.clock
        else:
            doubt, made = kept_doubt if kept else None, kept
            self._clock_before_dropped = self._clock or self._clock_before_dropped
            # The time of the line ahead of the next one is gone, and no other stands for it.
            self._clock = None
        if doubt is not None and doubt in _FAULT_OF:
            self._report.add(FoundFault(_FAULT_OF[Doubt(doubt)], place, subject))
        if made is None:
            self._report.add(FoundFault(Fault.NO_LINE, place))
        elif sealed != seals.digest(self._before, made, doubt):
            self._report.add(FoundFault(Fault.CHANGED, place, subject))
        elif line is None:
            self.dropped.add(place, self._clock_before_dropped)
        self._after_dropped = line is None and kept is not None
        self._before = sealed

    def end(self, sealed_until: int) -> None:
        """Say what is missing after the last place: seals of lines before *sealed_until*, and whoever erased what is gone."""
        self._report.add(*(found for found in self._unsealed if found.cursor and found.cursor.tx < sealed_until))
        self._report.add(*self._words.faults_at_end(), *self._expired.faults_at_end())
        missing = [FoundFault(Fault.NO_LINE, place) for place in self.dropped.missing()]
        self._report.add(*missing)
        if not missing and (beside := self.dropped.contradiction()):
            self._report.add(FoundFault(Fault.NOT_DROPPED, *beside))
        self._report.erased, self._report.expired = self._words.erased, self._expired.count
        self._report.dropped = self.dropped.count


class _Words:
    """Free text of the facts met so far: what is gone has to be erased by a fact that comes later."""

    def __init__(self) -> None:
        self.erased = 0
        self._gone: dict[str, list[Cursor]] = {}

    def faults_of(self, line: ChainLine) -> list[FoundFault]:
        """Return what is wrong with the line's own words."""
        if line.erased:
            self.erased += len(self._gone.pop(line.subject, ()))
        elif line.words == "gone":
            self._gone.setdefault(line.subject, []).append(line.cursor)
        elif line.words == "changed":
            return [FoundFault(Fault.WORDS_CHANGED, line.cursor, line.subject)]
        return []

    def faults_at_end(self) -> list[FoundFault]:
        """Return the words that are gone without a fact that says so."""
        return [FoundFault(Fault.WORDS_GONE, at, subject) for subject, places in self._gone.items() for at in places]


class _Expired:
    """Facts met so far of which only a digest is left: a later fact of their kind has to say so, of rows as old as they."""

    def __init__(self) -> None:
        self.count = 0
        self._gone: dict[str, list[ChainLine]] = {}
        self._before: dict[str, datetime] = {}

    def faults_of(self, line: ChainLine) -> list[FoundFault]:
        """Return what is wrong with a line that says that facts have expired."""
        kind = line.subject.split(" ")[0]
        if line.expired:
            self.count += 1
            self._gone.setdefault(kind, []).append(line)
        elif line.expires_before is not None:
            if line.written_at is None or line.expires_before > line.written_at - _KEPT:
                return [FoundFault(Fault.EXPIRED, line.cursor, line.subject)]
            self._before[kind] = max(line.expires_before, self._before.get(kind, line.expires_before))
        return []

    def faults_at_end(self) -> list[FoundFault]:
        """Return the facts that are gone and that no fact accounts for."""
        return [
            FoundFault(Fault.EXPIRED, line.cursor, line.subject)
            for kind, lines in self._gone.items()
            for line in lines
            if kind not in self._before or line.written_at is None or line.written_at >= self._before[kind]
        ]


async def _walk_released(
    tx: Tx, org: str, start: ChainStart, report: ChainReport, unmet: set[str]
) -> list[tuple[Cursor, float | None]]:
    """Walk the chain of the release before, as far as it goes: every line up to its last seal has to be in it, or dropped.

    Returns the places of those that are gone and stand in no other chain: what they are chained to goes on from their seals. With
    each comes the time, in seconds since 1970, of the newest line before it that is there.
    """
    gone: list[tuple[Cursor, float | None]] = []
    clock: float | None = None
    cursor, before = Cursor(0, 0), released_seals.FIRST
    while sealed := await released_seals.seals_after(tx, org, cursor, _BATCH):
        end = max(sealed)
        lines = {event.cursor: event for event in await released_seals.events_between(tx, org, cursor, end)}
        # One that stands in the chain that came after is missed there.
        own_gone = {at for at in sealed.keys() - lines.keys() if at.tx < start.tx}
        missed_there = await seals.sealed_places(tx, org, sealed.keys() - lines.keys() - own_gone)
        for at in sorted(sealed.keys() | lines.keys()):
            event, made = lines.get(at), sealed.get(at)
            subject = event.kind if event else ""
            # The lines of this chain are counted, and their faults told, where they stand in it.
            report.lines += event is not None and at.tx < start.tx
            if event is not None:
                clock = event.at.timestamp()
            if at in own_gone:
                gone.append((at, clock))
            elif event is None:
                report.add(*([] if at in missed_there else [FoundFault(Fault.NO_LINE, at)]))
            elif made is None:
                report.add(FoundFault(Fault.NO_SEAL, at, subject))
            elif made != released_seals.digest(before, event):
                report.add(FoundFault(Fault.CHANGED, at, subject))
            if made is not None:
                before = made
                unmet.discard(made.hex())
        cursor = end
    # The chain that came after it begins when every older line is in this one.
    if await seals.head(tx, org) is not None:
        for event in await released_seals.events_between(tx, org, cursor, start.end_of_older, MOST):
            report.lines += 1
            report.add(FoundFault(Fault.NO_SEAL, event.cursor, event.kind))
    return gone
