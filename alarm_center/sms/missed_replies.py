"""Replies that a provider has and that never reached us, fetched from its list: it tells of a reply once, or for some hours."""

from datetime import timedelta
from typing import Final

import structlog

from alarm_center.providers import Provider
from alarm_center.sms.incoming_replies import ReceivedReply, receive_reply
from alarm_center.store import replies, towns
from alarm_center.store.claims import ProviderNames
from alarm_center.store.memory import Memory, real_now

log = structlog.get_logger()

CATCH_UP: Final = timedelta(minutes=15)
"""The provider is asked so far back, of real time."""


async def fetch_missed_replies(
    memory: Memory, provider: Provider, names: ProviderNames | None = None, back: timedelta = CATCH_UP
) -> int:
    """Receive the replies that the provider has and that never reached us; return how many there were.

    *names* are the providers that are set up, *provider* among them; without them it is alone.

    A provider tells of a reply once; while we are being restarted there is nobody to tell.
    """
    async with memory.transaction() as tx:
        numbers, at = (
            await towns.numbers_at(tx, provider.name, names or ProviderNames(provider.name)),
            await real_now(tx),
        )
    count = 0
    for number in numbers:
        heard = await provider.recent_replies(number, at - back)
        if not heard:
            continue
        async with memory.transaction() as tx:
            missed = await replies.unknown_ids(tx, provider.name, [reply.provider_id for reply in heard])
        for reply in heard:
            if reply.provider_id in missed:
                log.warning("missed_reply_fetched", reply=reply.provider_id)
                missing = ReceivedReply.of_body(provider.name, reply.provider_id, reply.phone, number, reply.body)
                await receive_reply(memory, missing)
                count += 1
    return count
