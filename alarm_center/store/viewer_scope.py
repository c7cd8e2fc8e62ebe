"""Widening of a transaction's viewer scope, so that a decision reads a case beyond the viewer's areas.

`fjt.case_of()` (revision 0003_writes) lets a viewer who sees one of its areas read that resident's rows, and no others there. `web_sessions.py` has the scope of each right.
"""

from uuid import UUID

from alarm_center.store.memory import Tx


async def widen_scope(tx: Tx, resident_id: UUID) -> None:
    """Let this transaction read the resident's whole case, also outside the viewer's areas.

    For decisions only: a resident has one open case and one camera, in whatever area they lived when it was opened. What
    such a transaction reads is not for showing. Who sees neither the resident nor a case of theirs sees no more than before.
    """
    await tx.execute("select set_config('fjt.case', $1, true)", str(resident_id))


async def widen_to_handover(tx: Tx, alarm_id: UUID) -> None:
    """Let this transaction read an alarm that a carer on duty in the viewer's areas was asked about, wherever it is.

    For handing it over only (`fjt.handed_over()`): what such a transaction reads of it is not for showing.
    """
    await tx.execute("select set_config('fjt.handover', $1, true)", str(alarm_id))
