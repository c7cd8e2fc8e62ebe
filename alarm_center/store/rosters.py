"""Roster of a town, as a value for dispatches: its shifts around now, its fixed number, and the phones that are busy.

An alarm that opens is given its number by the same question.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.roster import DutyShift, Roster
from alarm_center.store.lost_phones import NOT_LOST
from alarm_center.store.memory import Row, Tx, is_page
from alarm_center.store.sms_stops import TAKES_NO_SMS
from alarm_center.store.towns import Town
from schemas.vocabulary import Duty

_AROUND: Final = timedelta(hours=1)
"""A shift that begins while an alarm is being decided counts as well; the core looks at the minute."""

# Busy are those of the whole town, whatever areas the viewer is limited to.
_SHIFT: Final = f"""
    s.shift_id, s.area_id, s.patrol, s.role, c.phone, s.starts_at, s.ends_at, s.mustered, s.muster_asked_at,
    s.shift_id in (select shift_id from busy_shifts($1, $3)) as busy,
    not {TAKES_NO_SMS.format(org="s.org", phone="c.phone")} as takes_sms,
    s.training
"""  # noqa: S608 -- our own constant
_SHIFTS: Final = "shifts s join carers c using (carer_id)"
_NOW: Final = f"s.org = $1 and s.starts_at < clock.now() + $2 and s.ends_at > clock.now() and {NOT_LOST}"


async def roster(tx: Tx, town: Town, alarm_id: UUID | None) -> Roster:
    """Return the town's roster around now. Busy are the shifts whose phone has taken an open alarm other than *alarm_id*."""
    rows = await tx.fetch(
        f"select {_SHIFT} from {_SHIFTS} where {_NOW} order by s.starts_at, s.shift_id",  # noqa: S608 -- our own constants
        town.org, _AROUND, alarm_id,
    )  # fmt: skip
    return _roster(town, rows, whole=not is_page(tx))


@dataclass(frozen=True, slots=True)
class CaseOpening:
    """All that the opening of an alarm asks for: a number that nobody has had for 24 h, the roster, and who is at the board."""

    case_no: int
    at: datetime
    """The service's time, read after the resident's turn was taken."""
    signed_in: bool
    paused_before: bool
    """A pause of the resident ended within two days, and nobody said whether another begins."""
    roster: Roster


_OPENING: Final = f"""
    with given as materialized (
        select next_case_no(o.sending_number, $4) as case_no, clock.now() as at, somebody_signed_in($1, clock.now()) as signed_in,
            exists (select from pauses p where p.resident_id = $5 and p.ended_at is null and p.answer is null and p.to_at < $4
                and p.to_at > $4::timestamptz - interval '2 days') as paused_before
        from organisations o where o.org = $1
    )
    select given.case_no, given.at, given.signed_in, given.paused_before, {_SHIFT} from given left join ({_SHIFTS}) on {_NOW} order by s.starts_at, s.shift_id
"""  # noqa: S608 -- our own constants


async def opening(tx: Tx, town: Town, alarm_id: UUID, resident_id: UUID | None, now: datetime) -> CaseOpening:
    """Draw a case number for an alarm that opens at *now*, and return it with the roster."""
    rows = await tx.fetch(_OPENING, town.org, _AROUND, alarm_id, now, resident_id)
    given = rows[0]
    there = _roster(town, [row for row in rows if row["shift_id"] is not None], whole=not is_page(tx))
    return CaseOpening(given["case_no"], given["at"], given["signed_in"], given["paused_before"], there)


def _roster(town: Town, rows: Sequence[Row], *, whole: bool) -> Roster:
    """Return the roster. An exercise asks those who take part and have no shift, and nobody else; a real alarm never asks them as such."""
    for_real = {row["phone"] for row in rows if not row["training"]}
    here = [
        row for row in rows if row["training"] is town.training and not (town.training and row["phone"] in for_real)
    ]
    return Roster(
        shifts=tuple(
            DutyShift(
                shift_id=row["shift_id"],
                area_id=row["area_id"],
                patrol=row["patrol"],
                duty=Duty(row["role"]),
                phone=row["phone"],
                starts_at=row["starts_at"],
                ends_at=row["ends_at"],
                mustered=row["mustered"],
                muster_asked_at=row["muster_asked_at"],
                takes_sms=row["takes_sms"],
            )
            for row in here
        ),
        fixed_phone=town.fixed_number,
        busy=frozenset(row["shift_id"] for row in here if row["busy"]),
        whole=whole,
    )
