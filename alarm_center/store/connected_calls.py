"""Calls that connect an operator with a resident: the one that a page wants, and whom to call once the operator has answered."""

from dataclasses import dataclass
from uuid import UUID

from alarm_center.core.plan import Wording
from alarm_center.store import towns
from alarm_center.store.memory import Tx
from schemas.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class ResidentCall:
    """A call to a resident that an operator's call goes on to. ``phone`` is ``None`` where nobody is called."""

    alarm_id: UUID
    org: str
    area_id: UUID
    resident_id: UUID
    language: str
    phone: str | None
    rings: int
    operator: UUID | None
    """The person whose phone is connected."""


async def resident_call(tx: Tx, message_id: UUID) -> ResidentCall | None:
    """Return whom the operator's call *message_id* goes on to; ``None`` for any other message.

    Nobody is called who does not hear the phone, and nobody in a case that is closed by now.
    """
    row = await tx.fetchrow(
        """
        select a.alarm_id, a.org, a.area_id, a.resident_id, o.language, r.phone, a.state <> 'closed' as is_open,
            m.connects_user
        from messages m join alarms a using (alarm_id) join residents r on r.resident_id = a.resident_id
            join organisations o on o.org = a.org
        where m.message_id = $1 and m.wording = $2 and m.channel = $3
        """,
        message_id, Wording.VOICE_CONNECT, Channel.CALL,
    )  # fmt: skip
    if row is None:
        return None
    rings = (await towns.of_resident(tx, row["resident_id"])).plan.phone_rings
    return ResidentCall(
        row["alarm_id"], row["org"], row["area_id"], row["resident_id"], row["language"],
        row["phone"] if row["is_open"] and rings else None, rings, row["connects_user"],
    )  # fmt: skip
