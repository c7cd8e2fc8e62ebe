"""A resident's own no to the camera, which a carer passes on by SMS from the home."""

from contextlib import suppress

from alarm_center.casework.withdrawals import NoneInForce, withdraw_consent
from alarm_center.core.pausing import HowSaid, SaidBy, Word
from alarm_center.store.memory import Tx
from alarm_center.store.replies import AskedNotice
from schemas.vocabulary import Instead


async def end_consent(tx: Tx, about: AskedNotice) -> None:
    """End the resident's consent on their own word, as the link's page does; again it changes nothing."""
    if about.resident_id is None:
        return
    word, actor = Word(SaidBy.RESIDENT, how=HowSaid.ON_SITE), str(about.notice_id)
    with suppress(NoneInForce):
        async with tx.transaction():
            await withdraw_consent(tx, about.resident_id, "resident", instead=Instead.VISIT, actor=actor, word=word)
