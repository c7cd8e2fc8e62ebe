"""Facts that planning compares: residents' times, papers, pauses and the checks that are there, read for hundreds at a time.

Each kind is one statement, however many residents are asked about. The rows are read as they are; what follows of them is
`preparation/night_work.py`'s to say.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.calendar import Slot
from alarm_center.core.run_in import RunIn
from alarm_center.core.shared_bed import DARKENS_BOTH
from alarm_center.store import cancelled_checks, retirements
from alarm_center.store.cancelled_checks import RestorableCheck
from alarm_center.store.memory import Row, Tx
from alarm_center.store.plans import ClosedGate, ComingCheck, Pause
from schemas.vocabulary import CancelReason, Instead

CheckKey = tuple[date, UUID]
"""Key of a check: a night and a slot, of which a resident is owed one."""

_NIGHTS_BEFORE: Final = 2
"""A window that opens at 11:59 may be due long past noon: its check is of the night before."""


@dataclass(frozen=True, slots=True)
class PlanningFacts:
    """One resident's times, papers and pauses, and the checks that are there."""

    resident_id: UUID
    is_changed: bool
    """Somebody changed the times since checks were made of them."""
    slots: Sequence[Slot]
    visits: frozenset[UUID]
    """Slots at which somebody comes instead of looking from afar."""
    gates: Mapping[date, ClosedGate | None]
    """Gates by night, ``None`` where looks are owed; a night before the first decision begins is left out."""
    pauses: Sequence[Pause]
    beside: Sequence[Pause]
    """Pauses of the one who shares the bed, in which its camera is dark for both."""
    waits_for_camera: bool
    run_in: RunIn | None
    made: frozenset[CheckKey]
    coming: Sequence[ComingCheck]
    """Checks that are planned and have not opened."""
    restorable: Sequence[RestorableCheck]


async def read(tx: Tx, org: str, among: Sequence[UUID], first: date, last: date) -> list[PlanningFacts]:
    """Return the facts of those residents of *among* who live there, for the nights from *first* to *last*; always in one order."""
    people = await _residents(tx, org, among)
    ids = [row["resident_id"] for row in people]
    companions = {row["resident_id"]: row["companion"] for row in people if row["companion"] is not None}
    slots = await _slots(tx, ids)
    gates = await _gates(tx, ids, first, last)
    pauses = await _pauses(tx, [*ids, *companions.values()])
    waiting = await retirements.waiting_for_camera(tx, ids)
    made, coming = await _checks(tx, ids, first - timedelta(days=_NIGHTS_BEFORE))
    restorable = await cancelled_checks.restorable_checks(tx, ids)
    return [
        PlanningFacts(
            resident_id=each,
            is_changed=row["is_changed"],
            slots=[slot for slot, _ in slots[each]],
            visits=frozenset(slot.slot_id for slot, by_visit in slots[each] if by_visit),
            gates=gates[each],
            pauses=pauses[each],
            beside=_darkening(pauses[companions[each]]) if each in companions else (),
            waits_for_camera=each in waiting,
            run_in=_run_in(row),
            made=frozenset(made[each]),
            coming=coming[each],
            restorable=restorable.get(each, ()),
        )
        for row in people
        for each in [row["resident_id"]]
    ]


async def _residents(tx: Tx, org: str, among: Sequence[UUID]) -> list[Row]:
    return await tx.fetch(
        """
        select r.resident_id, r.unplanned_since is not null as is_changed, r.run_in_from, r.run_in_nights, looked.nights as looked,
            case when r.bed_id is not null then (bed_of(r.resident_id))[2] end as companion
        from residents r left join lateral (
            -- only so many as the run-in has: later ones end nothing more
            select array_agg(n.night) as nights from (
                select night from checks c
                where c.resident_id = r.resident_id and c.night >= r.run_in_from and c.state <> 'cancelled'
                group by night order by night limit r.run_in_nights) n
        ) looked on r.run_in_from is not null
        where r.org = $1 and r.resident_id = any ($2::uuid[]) and r.moved_at is null and r.died_at is null
        order by r.resident_id
        """,
        org, list(among),
    )  # fmt: skip


def _run_in(row: Row) -> RunIn | None:
    if row["run_in_from"] is None:
        return None
    return RunIn(row["run_in_from"], row["run_in_nights"], frozenset(row["looked"] or ()))


async def _slots(tx: Tx, among: Sequence[UUID]) -> Mapping[UUID, list[tuple[Slot, bool]]]:
    rows = await tx.fetch(
        """
        select s.slot_id, s.resident_id, s.weekdays, s.local_time, s.window_minutes, s.seconds, s.valid_from, s.valid_until, s.by_visit,
            case when r.bed_id is not null and cardinality(bed_of(r.resident_id)) = 2 then r.bed_id end as bed_id
        from slots s join residents r using (resident_id) where s.resident_id = any ($1::uuid[])
        """,
        list(among),
    )
    found = defaultdict(list)
    for row in map(dict, rows):
        by_visit = row.pop("by_visit")
        found[row["resident_id"]].append((Slot(**{**row, "weekdays": frozenset(row["weekdays"])}), by_visit))
    return found


async def _gates(
    tx: Tx, among: Sequence[UUID], first: date, last: date
) -> Mapping[UUID, dict[date, ClosedGate | None]]:
    rows = await tx.fetch(
        "select resident_id, night, owed, reason, agreed_by from gates($1, $2, $3)", list(among), first, last
    )
    found: Mapping[UUID, dict[date, ClosedGate | None]] = defaultdict(dict)
    for row in rows:
        found[row["resident_id"]][row["night"]] = _gate_of(row)
    return found


def _gate_of(row: Row) -> ClosedGate | None:
    if row["owed"] == "look":
        return None
    return ClosedGate(CancelReason(row["reason"]), Instead(row["owed"]), row["agreed_by"])


async def _pauses(tx: Tx, among: Sequence[UUID]) -> Mapping[UUID, list[Pause]]:
    """Return the pauses that have not ended; one that is ended early lasts only until then."""
    rows = await tx.fetch(
        """
        select resident_id, reason, from_at, least(to_at, ended_at) as to_at, said_by, instead from pauses
        where resident_id = any ($1::uuid[]) and to_at > clock.now() and least(to_at, ended_at) > clock.now() order by from_at
        """,
        list(among),
    )
    found = defaultdict(list)
    for row in map(dict, rows):
        whose = row.pop("resident_id")
        found[whose].append(Pause(**{**row, "reason": CancelReason(row["reason"]), "instead": Instead(row["instead"])}))
    return found


def _darkening(pauses: Sequence[Pause]) -> list[Pause]:
    """Return the pauses in which the bed's camera is dark for both: the other is visited."""
    return [
        Pause(each.reason, each.from_at, each.to_at, each.said_by, Instead.VISIT)
        for each in pauses
        if each.reason in DARKENS_BOTH
    ]


async def _checks(
    tx: Tx, among: Sequence[UUID], first: date
) -> tuple[Mapping[UUID, set[CheckKey]], Mapping[UUID, list[ComingCheck]]]:
    """Return the checks from the night *first* on: what is there, and what is planned and has not opened, in the order in which they do."""
    rows = await tx.fetch(
        """
        select resident_id, check_id, night, slot_id, opens_at, visit_beside,
            state = 'planned' and next_step_at is not null and opens_at > clock.now() as is_coming
        from checks where resident_id = any ($1::uuid[]) and night >= $2 order by opens_at, check_id
        """,
        list(among), first,
    )  # fmt: skip
    made, coming = defaultdict(set), defaultdict(list)
    for row in map(dict, rows):
        whose, is_coming = row.pop("resident_id"), row.pop("is_coming")
        made[whose].add((row["night"], row["slot_id"]))
        if is_coming:
            coming[whose].append(ComingCheck(**row))
    return made, coming
