"""How far a decision sees that is taken under somebody's eyes who is limited to some areas."""

from typing import Any
from uuid import UUID

from alarm_center.store.memory import Tx


async def follow(tx: "Tx[Any]", resident_id: UUID) -> None:
    """See, until the transaction ends, also where the resident lives and where their cases lie.

    For decisions only: a resident has one open case and one camera, in whatever area they lived when it was opened. What
    such a transaction reads is not for showing. Who sees neither the resident nor a case of theirs sees no more than before.
    """
    await tx.execute(
        """
        select set_config('fjt.areas', array_to_string(areas() || areas_around($1), ','), true) where areas() is not null
        """,
        resident_id,
    )
