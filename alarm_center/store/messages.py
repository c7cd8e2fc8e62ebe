"""The outbox: each SMS or call as a row, from the decision that wants it until the provider has said what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from alarm_center.store.memory import Tx
from schemas.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Draft:
    """An SMS or call as a decision wants it. ``rank`` 1 goes first; ``token`` is what it is recognised by."""

    org: str
    channel: Channel
    wording: str
    sender: str
    phone: str
    body: str
    token: str
    created_at: datetime
    valid_until: datetime
    rank: int = 5
    alarm_id: UUID | None = None
    notice_id: UUID | None = None


async def add(tx: "Tx[Any]", draft: Draft) -> UUID:
    """Queue *draft* in the decision's own transaction; return the message's id."""
    message_id: UUID = await tx.fetchval(
        """
        insert into messages (org, alarm_id, notice_id, channel, wording, sender, phone, body, token, rank, created_at,
            not_before, valid_until)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12) returning message_id
        """,
        draft.org, draft.alarm_id, draft.notice_id, draft.channel, draft.wording, draft.sender, draft.phone, draft.body,
        draft.token, draft.rank, draft.created_at, draft.valid_until,
    )  # fmt: skip
    return message_id
