"""Answers to the muster: whether the phone is held, and by whose personal codes."""

from collections.abc import Sequence
from datetime import datetime

from alarm_center.core.plan import Wording
from alarm_center.store import events
from alarm_center.store.memory import Tx
from alarm_center.store.musters import MusteredShift, record_people, set_mustered
from schemas import timeline


async def record_muster(tx: Tx, shifts: Sequence[MusteredShift], holds: bool, at: datetime) -> None:
    """Write for each shift whether its carer has the phone."""
    await set_mustered(tx, [shift.shift_id for shift in shifts], holds)
    for shift in shifts:
        mustered = timeline.Mustered(shift.shift_id, holds)
        actor = f"shift:{shift.shift_id}"
        await events.write(tx, at, events.NewEvent(shift.org, mustered, area_id=shift.area_id, actor=actor))


async def record_codes(tx: Tx, shifts: Sequence[MusteredShift], codes: Sequence[str], at: datetime) -> Wording:
    """Write that the phone of these shifts is held, and by whom; return the answer. An unknown code blocks nothing."""
    await record_muster(tx, [shift for shift in shifts if not shift.holds], True, at)
    unknown = await record_people(tx, shifts, codes, at)
    for shift in shifts if unknown else ():
        told = timeline.MusterCodeUnknown(shift.shift_id, unknown)
        actor = f"shift:{shift.shift_id}"
        await events.write(tx, at, events.NewEvent(shift.org, told, area_id=shift.area_id, actor=actor))
    return Wording.CODE_UNKNOWN if unknown else Wording.MUSTER_YES
