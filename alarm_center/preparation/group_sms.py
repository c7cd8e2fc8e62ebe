"""SMS to many carers: one that a person writes, and its messages, a few at a time and behind every other of the town."""

from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.core.group_sms import MOST, GroupSmsFault, check_text, possible_names
from alarm_center.store import group_sms, messages, towns
from alarm_center.store.group_sms import GroupSms
from alarm_center.store.memory import Memory, Tx, Viewer, now
from alarm_center.store.messages import MessageDraft
from schemas.vocabulary import Channel

log = structlog.get_logger()

UNDER_WAY: Final = 3
"""SMS to many, of all towns, that wait or are being sent at once: the outbox sends eight at once, and an alarm's must find room."""
_VALID: Final = timedelta(hours=12)
WORDING: Final = "group_sms"
"""Its messages have this in the place of a wording: their words are a person's own."""


class GroupSmsRefused(Exception):
    """The SMS is not sent; nothing has changed."""

    def __init__(self, fault: GroupSmsFault) -> None:
        super().__init__(fault)
        self.fault = fault


async def find_fault(tx: Tx, sms: GroupSms) -> GroupSmsFault | None:
    """Return what is wrong with an SMS; ``None`` where it can be sent."""
    checked = check_text(sms.body)
    if checked.fault is not None:
        return checked.fault
    if await group_sms.names_resident(tx, sms.org, possible_names(checked.text)):
        return GroupSmsFault.NAME
    count = len(await group_sms.receivers(tx, sms.org, sms.audience, sms.area_id))
    return GroupSmsFault.NOBODY if count == 0 else GroupSmsFault.MANY if count > MOST else None


async def send(memory: Memory, sms: GroupSms, *, viewer: Viewer) -> int:
    """Write the SMS to the carers who are its audience now; return how many. The same again within ten minutes is none.

    Raises:
        GroupSmsRefused: it has a fault.
    """

    async def work(tx: Tx) -> int:
        await group_sms.lock_writers(tx, sms.org)
        fault, at = await find_fault(tx, sms), await now(tx)
        if fault is not None:
            raise GroupSmsRefused(fault)
        if await group_sms.was_just_written(tx, sms, at):
            return 0
        to = await group_sms.receivers(tx, sms.org, sms.audience, sms.area_id)
        await group_sms.add(tx, sms, to, at)
        return len(to)

    return await memory.attempt(work, viewer)


async def send_under_way(memory: Memory) -> int:
    """Queue the next messages of each town's SMS to many, and take over how those before have fared; return how many were queued.

    Raises:
        ExceptionGroup: it failed in some towns; those of the others are queued.
    """
    orgs = await memory.run_statement(group_sms.orgs_under_way)
    queued = await do_in_towns(memory, "group sms", orgs, lambda org: memory.attempt(partial(_send_of_town, org)))
    if queued:
        memory.hint()
    return queued


async def _send_of_town(org: str, tx: Tx) -> int:
    await group_sms.take_states(tx, org)
    await group_sms.lock_senders(tx)
    waiting = await group_sms.lock_next(tx, org, UNDER_WAY)
    town, at = await towns.town(tx, org), await now(tx)
    for each in waiting:
        draft = MessageDraft(
            org=org, channel=Channel.SMS, wording=WORDING, sender=town.sending_number, phone=each.phone, created_at=at,
            valid_until=at + _VALID, rank=group_sms.RANK,
        )  # fmt: skip
        await group_sms.mark_queued(tx, each, await messages.queue(tx, draft, each.body))
    return len(waiting)
