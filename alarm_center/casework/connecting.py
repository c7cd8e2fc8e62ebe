"""Calls from the board: the operator's own phone rings, and is then connected with the resident's."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.decision import IllegalMove
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.store import messages, residents, screen_taps, towns
from alarm_center.store.memory import Memory, Tx, Viewer, now
from schemas.vocabulary import Channel

_RINGS_FOR: Final = timedelta(minutes=1)
"""Later than that the operator is at something else."""
_FIRST: Final = 1


async def call_resident(
    memory: Memory, alarm_id: UUID, phone: str, *, user: UUID, viewer: Viewer, tap: str | None = None
) -> None:
    """Queue the call to *phone* (E.164), the operator's, that goes on to the resident; the case is in a call from now on.

    A *tap* (`store.screen_taps`) that was applied before rings nobody again.

    Raises:
        NotFound: there is no such alarm that the viewer may see.
        IllegalMove: the resident is not to be called or has no phone, or the case is not *user*'s.
    """

    async def work(tx: Tx) -> None:
        if tap is not None and not await screen_taps.take(tx, tap):
            return
        alarm = await cases.lock_and_step_alarm(tx, alarm_id, alarm_events.InCall(user, True), str(user))
        at, card = await now(tx), await residents.card(tx, alarm.resident_id) if alarm.resident_id else None
        if card is None or card.phone is None:
            raise IllegalMove(f"alarm {alarm_id}: nobody to call")
        home = await towns.of_resident(tx, card.resident_id)
        if home.plan.phone_rings == 0:
            raise IllegalMove(f"alarm {alarm_id}: the resident does not hear the phone")
        draft = messages.MessageDraft(
            org=alarm.org, channel=Channel.CALL, wording=Wording.VOICE_CONNECT, sender="", phone=phone, created_at=at,
            valid_until=at + _RINGS_FOR, rank=_FIRST, alarm_id=alarm_id,
        )  # fmt: skip
        code, _ = await towns.area(tx, alarm.area_id)
        await messages.queue_unworded(tx, draft, TextFacts(case_no=alarm.case_no, area=code, phone=phone))

    await memory.attempt(work, viewer)
    memory.hint()
