"""Open cases of a phone, in whatever area: what is to be handed over with its shift, its loss or its carer's leaving."""

from typing import NamedTuple
from uuid import UUID

from alarm_center.store.memory import Tx


class CaseOfPhone(NamedTuple):
    """An open case that a phone was asked about or has, without anything of whom it is about."""

    alarm_id: UUID
    notice_id: UUID
    case_no: int
    area_id: UUID
    area: str
    """The area's code."""
    shift_id: UUID | None
    took: bool
    is_over: bool
    """The shift that was asked has ended."""

    def goes_with(self, shift_id: UUID, *, at_once: bool) -> bool:
        """Tell whether it is handed over with that shift: it was asked or taken on it or, where that is given up *at_once*, on one that is over."""
        return self.shift_id == shift_id or (at_once and self.is_over)


async def of_phone(tx: Tx, org: str, phone: str) -> list[CaseOfPhone]:
    """Return the open cases of *phone* by number; a page's viewer is told of those in other areas too."""
    rows = await tx.fetch(
        """
        select alarm_id, notice_id, case_no, area_id, area, shift_id, took, is_over from open_cases_of_phone($1, $2)
        order by case_no, alarm_id, asked_at, notice_id
        """,
        org, phone,
    )  # fmt: skip
    return [CaseOfPhone(**row) for row in rows]
